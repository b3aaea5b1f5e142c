"""The installation's keyring and the sub-keys drawn from it.

One random 256-bit master key per generation; every use has a sub-key of its own by HKDF-SHA256
(RFC 5869) with the use's name as ``info``, so that two releases or two projects cannot be joined.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from deid.errors import KeyUnavailable

KEY_BYTES = 32
KEYRING_FORMAT = "care-commons-keyring/1"


@dataclass(frozen=True)
class Keyring:
    """One master key generation. The key never appears in ``repr``, logs or errors."""

    key_id: str
    _master: bytes = field(repr=False)

    @classmethod
    def create(cls, path: Path) -> Keyring:
        """Write a new keyring with mode 0600; an existing file is never overwritten.

        Raises:
            KeyUnavailable: if a keyring is there already.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key_id, master = secrets.token_hex(8), secrets.token_bytes(KEY_BYTES)
        document = {
            "format": KEYRING_FORMAT,
            "key_id": key_id,
            "master": base64.b64encode(master).decode("ascii"),
        }
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyUnavailable(f"{path}: a keyring exists already and is kept") from None
        with os.fdopen(descriptor, "w") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        return cls(key_id, master)

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """Read a keyring that only its owner can read.

        Raises:
            KeyUnavailable: if it is absent, open to others, unreadable or malformed.
        """
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except FileNotFoundError:
            raise KeyUnavailable(
                f"{path}: no keyring; create one with `carecommons keys create`"
            ) from None
        except OSError as error:
            raise KeyUnavailable(f"{path}: {error.strerror}") from None
        if mode & 0o077:
            raise KeyUnavailable(
                f"{path}: mode is {mode:04o}, others can read the key; run `chmod 600 {path}`"
            )
        try:
            document = json.loads(path.read_text())
            if document["format"] != KEYRING_FORMAT:
                raise KeyUnavailable(f"{path}: not a keyring of format {KEYRING_FORMAT}")
            master = base64.b64decode(document["master"], validate=True)
            key_id = str(document["key_id"])
        except (OSError, ValueError, KeyError, TypeError):
            # The cause is dropped on purpose: a decoding error quotes the text it read.
            raise KeyUnavailable(f"{path}: unreadable or damaged keyring") from None
        if len(master) != KEY_BYTES:
            raise KeyUnavailable(f"{path}: the master key must have {KEY_BYTES} bytes")
        return cls(key_id, master)

    def derive(self, *use: str) -> bytes:
        """A 32-byte sub-key for one use: ``derive("release", "county-v1", "dates")``."""
        if not use or any(not part or "\x1f" in part for part in use):
            raise ValueError("a use is one or more non-empty names")
        info = "\x1f".join(("care-commons", *use)).encode("utf-8")
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(
            self._master
        )
