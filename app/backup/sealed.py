"""A stream sealed with a passphrase: what is changed, cut off or reordered is not opened.

Layout: magic, salt, nonce prefix, then chunks of at most a mebibyte, each behind its length in four
bytes. Every chunk is AES-256-GCM under a key of scrypt (RFC 7914); its nonce is the prefix with the
chunk's number, and whether it is the last is authenticated too, so that a shorter file is told from
a whole one.
"""

from __future__ import annotations

import io
import os
import struct
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.errors import BackupRefused

MAGIC: Final = b"care commons backup 1\n"
CHUNK: Final = 1 << 20
_TAG: Final = 16
_SALT: Final = 16
_PREFIX: Final = 8
_LENGTH: Final = struct.Struct(">I")


class SealedWriter(io.RawIOBase):
    """Seals what is written to it; :meth:`close` ends the stream, without it none is whole."""

    def __init__(self, target: IO[bytes], passphrase: str) -> None:
        salt, prefix = os.urandom(_SALT), os.urandom(_PREFIX)
        self._target, self._prefix, self._number = target, prefix, 0
        self._cipher = AESGCM(_key(passphrase, salt))
        self._waiting = bytearray()
        target.write(MAGIC + salt + prefix)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: object) -> int:
        """Take bytes; they leave in whole chunks."""
        view = memoryview(data)  # type: ignore[arg-type]
        self._waiting += view
        while len(self._waiting) > CHUNK:
            self._leave(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return view.nbytes

    def close(self) -> None:
        """Write the last chunk. A stream that is left by an error has none, and is not opened."""
        if not self.closed:
            self._leave(bytes(self._waiting), last=True)
        super().close()

    def _leave(self, chunk: bytes, last: bool) -> None:
        nonce = self._prefix + self._number.to_bytes(4, "big")
        sealed = self._cipher.encrypt(nonce, chunk, b"last" if last else b"more")
        self._target.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Opens what :class:`SealedWriter` sealed.

    Raises:
        BackupRefused: at the first byte that is not as it was written, or under another passphrase.
    """

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        if source.read(len(MAGIC)) != MAGIC:
            raise BackupRefused("This file is no backup of Care Commons.")
        salt, prefix = source.read(_SALT), source.read(_PREFIX)
        self._source, self._prefix, self._number = source, prefix, 0
        self._cipher = AESGCM(_key(passphrase, salt))
        self._opened = b""
        self._ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, fewer only at the end."""
        parts, wanted = [], size
        while wanted and (self._opened or self._next()):
            part = self._opened if wanted < 0 else self._opened[:wanted]
            self._opened = self._opened[len(part) :]
            parts.append(part)
            wanted -= len(part) if wanted > 0 else 0
        return b"".join(parts)

    def _next(self) -> bool:
        if self._ended:
            return False
        length = self._source.read(_LENGTH.size)
        if len(length) != _LENGTH.size or _LENGTH.unpack(length)[0] > CHUNK + _TAG:
            raise BackupRefused("The backup is cut off or damaged; take another copy of it.")
        sealed = self._source.read(_LENGTH.unpack(length)[0])
        nonce = self._prefix + self._number.to_bytes(4, "big")
        self._number += 1
        for note, ended in ((b"more", False), (b"last", True)):
            try:
                self._opened, self._ended = self._cipher.decrypt(nonce, sealed, note), ended
            except InvalidTag:
                continue
            return bool(self._opened) or self._next()
        raise BackupRefused(
            "The passphrase is not the one of this backup, or the backup is damaged."
        )


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=1 << 16, r=8, p=1).derive(passphrase.encode("utf-8"))
