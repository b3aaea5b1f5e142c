"""Secrets in private files that are made at the first start."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from deid.errors import ConfigurationError

SECRET_BYTES = 48


def load_or_create_secret(path: Path) -> str:
    """Read the secret, or write a new one with mode 0600.

    Raises:
        ConfigurationError: if others can read the file, or it is too short to be one of ours.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load(path)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return _load(path)


def _load(path: Path) -> str:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigurationError(f"{path}: mode is {mode:04o}, others can read the secret")
    secret = path.read_text().strip()
    if len(secret) < 2 * SECRET_BYTES:
        raise ConfigurationError(f"{path}: damaged secret; put back a copy of it")
    return secret
