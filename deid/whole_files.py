"""Writes a file that is seen whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a private file beside ``path``, then put it there by one rename.

    The file is readable by its owner alone (mode 0600).

    Raises:
        FileNotFoundError: naming the folder that is not there.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(folder))
    handle, name = tempfile.mkstemp(prefix=".staged-", dir=folder)
    os.close(handle)
    staged = Path(name)
    try:
        write(staged)
        with staged.open("rb") as file:
            os.fsync(file.fileno())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
