"""A parcel: files on their way from a workspace to the portal, through the project's outbox.

The workspace writes it, the portal reads it, and neither trusts the other's program: the reader
follows no link, opens plain files only, never reads more than the limit, and compares every hash.

    outbox/<id>/request.json
    outbox/<id>/files/<name>
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cohorts.errors import OutputRefused
from cohorts.extract_files import canonical_json, flush
from cohorts.outputs.accepted import MOST_BYTES, MOST_FILES, check_name, most_bytes

OUTBOX: Final = "outbox"
FORMAT: Final = "care-commons-outputs/1"
_REQUEST: Final = "request.json"
_FILES: Final = "files"
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_MOST_REQUEST_BYTES: Final = 2 << 20
_MOST_PARCELS: Final = 200
_MOST_TEXT: Final = 5_000


@dataclass(frozen=True)
class ParcelFile:
    """One file; ``acro`` is what that library recorded of it."""

    name: str
    content: bytes = field(repr=False)
    acro: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Parcel:
    """Files with what was said of them."""

    id: str
    extract: str
    title: str
    note: str
    files: tuple[ParcelFile, ...]


def write_parcel(
    project_folder: Path, extract: str, title: str, note: str, files: Sequence[ParcelFile]
) -> Parcel:
    """Lay a parcel into the outbox; it is there whole or not at all.

    Raises:
        OutputRefused: if there are no files, too many, or too much.
    """
    check_amount([(file.name, len(file.content)) for file in files])
    parcel_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    outbox = project_folder / OUTBOX
    outbox.mkdir(exist_ok=True)
    staging = outbox / f".staging-{parcel_id}"
    (staging / _FILES).mkdir(parents=True)
    try:
        for file in files:
            (staging / _FILES / file.name).write_bytes(file.content)
            flush(staging / _FILES / file.name)
        document = {
            "format": FORMAT,
            "extract": extract,
            "title": title[:200],
            "note": note[:_MOST_TEXT],
            "files": [
                {"name": file.name, "sha256": file.sha256, "acro": file.acro} for file in files
            ],
        }
        (staging / _REQUEST).write_bytes(canonical_json(document))
        flush(staging / _REQUEST)
        staging.rename(outbox / parcel_id)
        flush(outbox)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return Parcel(parcel_id, extract, title, note, tuple(files))


def list_parcels(project_folder: Path) -> list[str]:
    """Ids of the parcels in a project's outbox, newest first."""
    try:
        with ExitStack() as opened:
            outbox = _open_outbox(opened, project_folder)
            names = [name for name in os.listdir(outbox) if _ID.fullmatch(name)]
    except OutputRefused:
        return []
    return sorted(names, reverse=True)[:_MOST_PARCELS]


def parcel_title(project_folder: Path, parcel_id: str) -> str:
    """What a parcel was called by whoever laid it; empty if that cannot be read."""
    try:
        with ExitStack() as opened:
            folder = _open_folder(opened, parcel_id, _open_outbox(opened, project_folder))
            return str(_document(_read(_REQUEST, folder, _MOST_REQUEST_BYTES))["title"])[:200]
    except OutputRefused:
        return ""


def read_parcel(project_folder: Path, parcel_id: str) -> Parcel:
    """Read a parcel that somebody else's program wrote.

    Raises:
        OutputRefused: if there is none, or anything in it is not as it must be.
    """
    if not _ID.fullmatch(parcel_id):
        raise OutputRefused("there is no such parcel in the outbox")
    with ExitStack() as opened:
        folder = _open_folder(opened, parcel_id, _open_outbox(opened, project_folder))
        document = _document(_read(_REQUEST, folder, _MOST_REQUEST_BYTES))
        inside = _open_folder(opened, _FILES, folder)
        found = set(os.listdir(inside))
        entries = document["files"]
        if found != {name for name, _, _ in entries}:
            raise OutputRefused("the parcel's files are not those that its list names")
        files, total = [], 0
        check_amount([(name, 0) for name, _, _ in entries])
        for name, sha256, acro in entries:
            content = _read(name, inside, most_bytes(name))
            total += len(content)
            file = ParcelFile(name, content, acro)
            if total > MOST_BYTES or file.sha256 != sha256:
                raise OutputRefused(f"{name}: too much together, or changed since it was sent")
            files.append(file)
    return Parcel(parcel_id, document["extract"], document["title"], document["note"], tuple(files))


def remove_parcel(project_folder: Path, parcel_id: str) -> None:
    """Take a parcel out of the outbox; nothing happens if it is not there or may not be removed."""
    if _ID.fullmatch(parcel_id) and not (project_folder / OUTBOX).is_symlink():
        shutil.rmtree(project_folder / OUTBOX / parcel_id, ignore_errors=True)


def check_amount(files: Sequence[tuple[str, int]]) -> None:
    """Refuse no files, too many, a name twice, or too many bytes together.

    Raises:
        OutputRefused: saying which.
    """
    if not files:
        raise OutputRefused("name at least one file")
    if len(files) > MOST_FILES:
        raise OutputRefused(f"at most {MOST_FILES} files at once; results are few")
    names = [name.casefold() for name, _ in files]
    for name, _ in files:
        check_name(name)
        if names.count(name.casefold()) > 1:
            raise OutputRefused(f"{name}: two files have this name")
    if sum(size for _, size in files) > MOST_BYTES:
        raise OutputRefused(f"more than {MOST_BYTES // (1 << 20)} MB together")


def _document(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise OutputRefused(f"the parcel is not of format {FORMAT}")
        return {
            **{name: _storable(document[name]) for name in ("extract", "title", "note")},
            "files": [
                (
                    str(entry["name"]),
                    str(entry["sha256"]),
                    entry["acro"] if isinstance(entry["acro"], dict) else None,
                )
                for entry in document["files"]
            ],
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        raise OutputRefused("the parcel's list cannot be read") from None


def _storable(text: Any) -> str:
    """Text that every database keeps: no half of a character, no NUL."""
    whole = str(text)[:_MOST_TEXT].encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\0", "")


def _open_outbox(opened: ExitStack, project_folder: Path) -> int:
    root = _open_folder(opened, str(project_folder.parent), None, follow=True)
    return _open_folder(opened, OUTBOX, _open_folder(opened, project_folder.name, root))


def _open_folder(opened: ExitStack, name: str, inside: int | None, follow: bool = False) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(name, flags, dir_fd=inside)
    except OSError:
        raise OutputRefused("there is no such parcel in the outbox") from None
    opened.callback(os.close, descriptor)
    return descriptor


def _read(name: str, folder: int, most: int) -> bytes:
    """A plain file with no other name, up to ``most`` bytes."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError:
        raise OutputRefused(f"{name[:100]}: cannot be read, or is a link") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise OutputRefused(f"{name[:100]}: not a plain file of its own")
        content = file.read(most + 1)
    if len(content) > most:
        raise OutputRefused(f"{name[:100]}: larger than {most:,} bytes")
    return content
