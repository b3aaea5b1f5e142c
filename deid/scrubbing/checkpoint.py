"""The staging folder of a run over a file of notes: what is done survives a killed process.

``.NAME.scrubbing/`` beside the output holds the files as far as they are written, and how many
bytes of each belong to lines that are wholly done. It is removed when the run is complete.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from deid.errors import TextRefused

_RUN = "run.json"
_DONE = "done.json"


@dataclass(frozen=True)
class Done:
    """How far a run has come, in lines of the input and of what they became."""

    lines: int = 0
    scrubbed: int = 0
    withheld: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """Open files of a run, by name; ``done`` is what an earlier process finished."""

    folder: Path
    files: Mapping[str, BinaryIO]
    done: Done
    key: bytes = field(repr=False)

    def append(self, name: str, data: bytes) -> None:
        """Add to a file; it counts from the next :meth:`save` on."""
        self.files[name].write(data)

    def save(self, done: Done) -> None:
        """All that was written so far belongs to ``done``."""
        for file in self.files.values():
            file.flush()
            os.fsync(file.fileno())
        sizes = {name: file.tell() for name, file in self.files.items()}
        _write(self.folder / _DONE, {**asdict(done), "bytes": sizes})

    def publish(self, places: Mapping[str, Path]) -> None:
        """Move the finished files to their places, in the order given, and forget the run."""
        for file in self.files.values():
            file.flush()
            os.fsync(file.fileno())
        for name, place in places.items():
            (self.folder / name).replace(place)
        shutil.rmtree(self.folder)


@contextmanager
def checkpoint(
    out: Path, run: Mapping[str, Any], key: bytes, keep_key: bool, names: tuple[str, ...]
) -> Iterator[Checkpoint]:
    """The staging folder for ``out``; where an equal ``run`` was cut off, as it left it.

    ``run`` says everything that decides the result (input, options, versions); a run that differs
    starts afresh. With ``keep_key`` the run's random key is kept in the folder, mode 0600, since a
    person's surrogates must agree over both parts of it; ``key`` is the one to begin with.

    Raises:
        TextRefused: if another process is writing ``out``.
    """
    folder = out.parent / f".{out.name}.scrubbing"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink():
        raise TextRefused(f"{folder} is a link; remove it")
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TextRefused(f"another run is writing {out}") from None
        held = _resume(folder, run, names)
        if held is None:
            for path in folder.iterdir():
                path.unlink()
            document = {"run": dict(run), "key": key.hex() if keep_key else None}
            _write(folder / _RUN, document)
            held = (key, Done())
        elif not keep_key:
            held = (key, held[1])
        files = {name: _open_private(folder / name) for name in names}
        try:
            yield Checkpoint(folder, files, held[1], held[0])
        finally:
            for file in files.values():
                file.close()
    finally:
        os.close(lock)


def _resume(
    folder: Path, run: Mapping[str, Any], names: tuple[str, ...]
) -> tuple[bytes, Done] | None:
    """Key and finished lines of an equal run, its files cut to those lines."""
    try:
        held = json.loads((folder / _RUN).read_text("utf-8"))
        done = json.loads((folder / _DONE).read_text("utf-8"))
        sizes = done.pop("bytes")
        if held["run"] != json.loads(json.dumps(dict(run))) or set(sizes) != set(names):
            return None
        for name, size in sizes.items():
            if (folder / name).stat().st_size < size:
                return None
            os.truncate(folder / name, size)
        return bytes.fromhex(held["key"] or ""), Done(**done)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _open_private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _write(path: Path, document: object) -> None:
    staged = path.with_name(f"{path.name}.new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
