"""Folders that one build holds alone: its private working folder and its staging folder.

A folder is claimed by an advisory lock on the folder itself, which the kernel frees when the
process dies, however it dies. So a folder that nobody holds was abandoned and may be removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from deid.errors import ReleaseError

_PREFIX = "build-"
MEMORY_LIMIT = "1200MB"
"""Of DuckDB alone; docs/benchmarks.md says what a whole process takes."""


@contextmanager
def private_folder(work_root: Path, name: str) -> Iterator[Path]:
    """A new empty folder, mode 0700, for identified intermediate files; removed in every case.

    What killed builds left behind is removed first.

    Raises:
        ReleaseError: if another build of this name is running.
    """
    work_root.mkdir(parents=True, exist_ok=True, mode=0o700)
    work_root.chmod(0o700)
    remove_abandoned(work_root, f"{_PREFIX}*")
    with claimed_folder(work_root / f"{_PREFIX}{name}", f"release {name} is being built already"):
        yield work_root / f"{_PREFIX}{name}"


@contextmanager
def working_database(folder: Path, processes: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB database in the private folder, with bounded memory; it spills there too."""
    connection = duckdb.connect(str(folder / "working.duckdb"))
    try:
        connection.execute(f"SET threads = {max(1, int(processes))}")
        connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("SET temp_directory = $1", [str(folder / "spill")])
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextmanager
def claimed_folder(path: Path, refusal: str) -> Iterator[None]:
    """Make ``path`` an empty folder that this process holds alone; it is removed at the end.

    A link in its place is refused: what it leads to would be emptied.

    If the folder was renamed meanwhile (a release that was published), nothing is removed.

    Raises:
        ReleaseError: with ``refusal`` if another process holds it.
    """
    descriptor = _claim(path, refusal)
    try:
        for entry in path.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        yield
    finally:
        if _is_still(descriptor, path):
            shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def _claim(path: Path, refusal: str) -> int:
    while True:
        try:
            path.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise ReleaseError(f"{path} is in the way and is no folder") from None
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            raise ReleaseError(f"{path} is in the way and is no folder") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise ReleaseError(refusal) from None
        try:
            os.fchmod(descriptor, 0o700)
        except PermissionError:
            os.close(descriptor)
            raise ReleaseError(f"{path} is in the way and belongs to somebody else") from None
        # Its holder may have removed or renamed it between our opening and locking it.
        if _is_still(descriptor, path):
            return descriptor
        os.close(descriptor)


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether the folder that was opened is the one that has this name now."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def remove_abandoned(root: Path, pattern: str) -> None:
    """Remove the folders that killed builds left behind; those of living builds stay."""
    for folder in sorted(path for path in root.glob(pattern) if path.is_dir()):
        try:
            with claimed_folder(folder, "its build is alive"):
                pass
        except ReleaseError:
            continue
