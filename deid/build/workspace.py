"""The private folder of one build: identified intermediate files live here and nowhere else."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deid.errors import ReleaseError

_PREFIX = "build-"
_LOCK_SUFFIX = ".lock"


@contextmanager
def private_folder(work_root: Path, name: str) -> Iterator[Path]:
    """A new empty folder, mode 0700, removed at the end whatever happens.

    What killed builds left behind is removed first: a folder whose lock nobody holds.

    Raises:
        ReleaseError: if another build of this name is running.
    """
    work_root.mkdir(parents=True, exist_ok=True, mode=0o700)
    work_root.chmod(0o700)
    with exclusive(
        work_root / f"{_PREFIX}{name}{_LOCK_SUFFIX}", f"release {name} is being built already"
    ):
        _remove_abandoned(work_root)
        folder = work_root / f"{_PREFIX}{name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def exclusive(path: Path, refusal: str) -> Iterator[None]:
    """Hold an advisory lock on ``path``; the kernel frees it when the process dies.

    Raises:
        ReleaseError: with ``refusal`` if another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReleaseError(refusal) from None
        yield
    finally:
        os.close(descriptor)


def _remove_abandoned(work_root: Path) -> None:
    for folder in sorted(work_root.glob(f"{_PREFIX}*")):
        if not folder.is_dir():
            continue
        lock = folder.with_name(folder.name + _LOCK_SUFFIX)
        try:
            with exclusive(lock, ""):
                shutil.rmtree(folder, ignore_errors=True)
        except ReleaseError:
            continue  # its build is alive
