"""Access to single extracts: a record that goes before what the extract's manifest says.

``<project>/access/<extract>.json`` tells whether access is open and until when. It is written
before the extract's folder is taken away and after it was put back, so that whatever stops in
between, the lab refuses. An extract whose access has ended lies outside of all projects, in
``<project root>/.ended/``, which only its owner can enter and the lab's confinement does not hold.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from cohorts.errors import AccessExpired, ExtractError
from cohorts.extract_files import EXTRACTS, canonical_json, check_folder_name, flush

ACCESS_FOLDER: Final = "access"
ENDED_FOLDER: Final = ".ended"


class Access(StrEnum):
    """Whether an extract may be used, and if not, why."""

    OPEN = "open"
    ENDED = "ended"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPLACED = "replaced"


_REFUSALS: Final = {
    Access.ENDED: "access to extract {extract} of project {project} ended on {expires_on}; "
    "ask for a renewal in the portal",
    Access.SUSPENDED: "access to extract {extract} of project {project} is suspended until "
    "everybody's training and signature hold again; the portal says whose",
    Access.REVOKED: "access to extract {extract} of project {project} was revoked",
    Access.REPLACED: "extract {extract} of project {project} was replaced by a newer delivery",
}


@dataclass(frozen=True)
class AccessRecord:
    """What is recorded of one extract; ``expires_on`` is the last day, as an ISO date or empty."""

    state: Access
    expires_on: str = ""


def read_record(project_folder: Path, extract: str) -> AccessRecord | None:
    """The record of an extract; ``None`` if there is none, then its manifest holds.

    Raises:
        AccessExpired: if the record cannot be read.
    """
    path = project_folder / ACCESS_FOLDER / f"{check_folder_name('extract', extract)}.json"
    try:
        document = json.loads(path.read_bytes())
        return AccessRecord(Access(document["state"]), str(document["expires_on"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise AccessExpired(
            f"the access record of extract {extract} of project {project_folder.name} is unreadable"
        ) from None


def open_until(project_folder: Path, extract: str, otherwise: str) -> str:
    """The last day of access by the extract's record, or ``otherwise`` if there is none.

    Raises:
        AccessExpired: with the reason, if access has ended.
    """
    record = read_record(project_folder, extract)
    if record is None:
        return otherwise
    if record.state is not Access.OPEN:
        raise AccessExpired(
            _REFUSALS[record.state].format(
                extract=extract, project=project_folder.name, expires_on=record.expires_on
            )
        )
    return record.expires_on


def refuse_ended(project_folder: Path, extract: str | None = None) -> None:
    """Say why an extract (or, without one, any of the project) is not there, if that is recorded.

    Raises:
        AccessExpired: with the reason.
    """
    folder = project_folder / ACCESS_FOLDER
    names = [extract] if extract else sorted(path.stem for path in folder.glob("*.json"))
    for name in reversed(names):
        open_until(project_folder, name, "")


def close_extract(
    project_root: Path, project: str, extract: str, state: Access, expires_on: str
) -> Path:
    """Take an extract out of sight: first its record, then its folder; a second call does no harm.

    Returns the hidden folder, which may be absent.

    Raises:
        ExtractError: if a link stands in the place of a folder.
    """
    folder = _project_folder(project_root, project)
    open_folder, hidden = _folders(folder, extract)
    _write_record(folder, extract, AccessRecord(state, expires_on))
    if open_folder.exists():
        hidden.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for private in (hidden.parent, hidden.parent.parent):
            private.chmod(0o700)
        os.rename(open_folder, hidden)
        flush(hidden.parent)
        flush(open_folder.parent)
    return hidden


def open_extract(project_root: Path, project: str, extract: str, expires_on: str) -> bool:
    """Open an extract until a day, and put it back if it was hidden; whether it is there.

    Raises:
        ExtractError: if a link stands in the place of a folder.
        ValueError: if ``expires_on`` is no ISO date.
    """
    datetime.date.fromisoformat(expires_on)
    folder = _project_folder(project_root, project)
    open_folder, hidden = _folders(folder, extract)
    if hidden.exists() and not open_folder.exists():
        open_folder.parent.mkdir(parents=True, exist_ok=True)
        os.rename(hidden, open_folder)
        flush(hidden.parent)
        flush(open_folder.parent)
    if open_folder.exists():
        _write_record(folder, extract, AccessRecord(Access.OPEN, expires_on))
    return open_folder.exists()


def remove_extract(project_root: Path, project: str, extract: str) -> None:
    """Delete an extract that was taken out of sight."""
    _, hidden = _folders(_project_folder(project_root, project), extract)
    shutil.rmtree(hidden, ignore_errors=True)


def hidden_folder(project_root: Path, project: str, extract: str) -> Path:
    """Where an extract lies whose access has ended."""
    return _folders(_project_folder(project_root, project), extract)[1]


def _project_folder(project_root: Path, project: str) -> Path:
    return Path(project_root).absolute() / check_folder_name("project", project)


def _folders(project_folder: Path, extract: str) -> tuple[Path, Path]:
    """The open and the hidden folder; a link on the way could lead a removal out of the root."""
    folder = project_folder / EXTRACTS
    ended = project_folder.parent / ENDED_FOLDER
    name = check_folder_name("extract", extract)
    both = folder / name, ended / project_folder.name / name
    if any(path.is_symlink() for path in (project_folder, folder, ended, both[1].parent, *both)):
        raise ExtractError("a link stands in the place of the project's folder")
    return both


def _write_record(project_folder: Path, extract: str, record: AccessRecord) -> None:
    folder = project_folder / ACCESS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / f".{extract}.json"
    staged.write_bytes(canonical_json(asdict(record)))
    flush(staged)
    staged.replace(folder / f"{extract}.json")
    flush(folder)
