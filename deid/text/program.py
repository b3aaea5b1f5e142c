"""Names the program that scrubs notes: equal names, equal output for equal input."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = ("ahocorasick-rs", "english-words", "google-re2", "numpy", "pypinyin")
"""What the engine, its packs and its models compute with; recognisers name their own versions."""


@cache
def program_fingerprint() -> str:
    """SHA-256 of the engine's own files, word lists and models, and of what they run on.

    Versions that people raise by hand say what was meant to change; this says whether anything did.
    """
    digest = hashlib.sha256()
    digest.update(f"python {platform.python_version()}\n".encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {_version(library)}\n".encode())
    root = Path(__file__).parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"
