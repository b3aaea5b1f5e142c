"""Secrets in private files that are made when they are first needed."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from deid.errors import ConfigurationError

SECRET_BYTES = 48
KEY_BITS = 2048


def load_or_create_secret(path: Path) -> str:
    """Read the secret, or write a new one with mode 0600.

    Raises:
        ConfigurationError: if others can read the file, or it is too short to be one of ours.
    """
    secret = _load_or_create(path, lambda: secrets.token_hex(SECRET_BYTES)).strip()
    if len(secret) < 2 * SECRET_BYTES:
        raise ConfigurationError(f"{path}: damaged secret; put back a copy of it")
    return secret


def load_or_create_signing_key(path: Path) -> rsa.RSAPrivateKey:
    """Read the RSA private key (a file in PEM, PKCS #8), or write a new one with mode 0600.

    Raises:
        ConfigurationError: if others can read the file, or it holds no such key.
    """
    pem = _load_or_create(path, _new_key).encode("utf-8")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except ValueError:
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(f"{path}: damaged signing key; put back a copy of it")
    return key


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def _load_or_create(path: Path, content: Callable[[], str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        # Written whole under another name, so that no other process ever reads half of it.
        staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(content())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(staged, path)  # fails where another process was first, whose file then counts
        except FileExistsError:
            pass
        finally:
            staged.unlink()
    return read_private(path)


def read_private(path: Path) -> str:
    """Text of a private file.

    Raises:
        ConfigurationError: if others can read the file.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigurationError(f"{path}: mode is {mode:04o}, others can read the secret")
    return path.read_text()
