"""The installation's keyring and the sub-keys drawn from it.

One random 256-bit master key per generation; every use has a sub-key of its own by HKDF-SHA256
(RFC 5869) with the use's name as ``info``, so that two releases or two projects cannot be joined.
A new generation serves new releases; older ones stay, so that what was built with them can still be
verified, until they are destroyed: then nobody can.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from deid.errors import KeyDestroyed, KeyUnavailable

KEY_BYTES = 32
KEYRING_FORMAT = "care-commons-keyring/2"
_FIRST_FORMAT = "care-commons-keyring/1"
"""One key and no generations; read as the only generation, and written anew by a rotation."""


@dataclass(frozen=True)
class Generation:
    """One master key. ``made`` and ``destroyed`` are UTC days; a destroyed one has no key."""

    key_id: str
    made: str = ""
    destroyed: str = ""
    _master: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Keyring:
    """The current generation, and those before it, oldest first.

    No key ever appears in ``repr``, logs or errors.
    """

    key_id: str
    _master: bytes = field(repr=False)
    earlier: tuple[Generation, ...] = ()
    made: str = ""

    @classmethod
    def create(cls, path: Path) -> Keyring:
        """Write a new keyring with mode 0600; an existing file is never overwritten.

        Raises:
            KeyUnavailable: if a keyring is there already.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keyring = _fresh(())
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyUnavailable(f"{path}: a keyring exists already and is kept") from None
        _write(descriptor, keyring)
        return keyring

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
            if document["format"] not in {KEYRING_FORMAT, _FIRST_FORMAT}:
                raise KeyUnavailable(f"{path}: not a keyring of format {KEYRING_FORMAT}")
            *earlier, current = map(_generation, document.get("generations", [document]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # The cause is dropped on purpose: a decoding error quotes the text it read.
            raise KeyUnavailable(f"{path}: unreadable or damaged keyring") from None
        if current._master is None:
            raise KeyUnavailable(f"{path}: the newest key is missing from the keyring")
        if any(g._master is not None and len(g._master) != KEY_BYTES for g in (*earlier, current)):
            raise KeyUnavailable(f"{path}: a master key must have {KEY_BYTES} bytes")
        return cls(current.key_id, current._master, tuple(earlier), current.made)

    @property
    def generations(self) -> tuple[Generation, ...]:
        """All generations, the oldest first and the current one last."""
        return (*self.earlier, Generation(self.key_id, self.made, "", self._master))

    def of(self, key_id: str) -> Keyring:
        """This keyring as it was when ``key_id`` was its current generation.

        Raises:
            KeyDestroyed: if that key was destroyed; then nothing can bring it back.
            KeyUnavailable: if this keyring never had it.
        """
        for number, generation in enumerate(self.generations):
            if generation.key_id == key_id:
                if generation._master is None:
                    raise KeyDestroyed(
                        f"key {key_id} was destroyed on {generation.destroyed}: what was built "
                        "with it can be read, and no longer be compared with the vault"
                    )
                return Keyring(
                    key_id, generation._master, self.generations[:number], generation.made
                )
        raise KeyUnavailable(f"this keyring has no key {key_id}; is it the right keyring?")

    def derive(self, *use: str) -> bytes:
        """A 32-byte sub-key for one use: ``derive("release", "county-v1", "dates")``."""
        if not use or any(not part or "\x1f" in part for part in use):
            raise ValueError("a use is one or more non-empty names")
        info = "\x1f".join(("care-commons", *use)).encode("utf-8")
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(
            self._master
        )


def rotate(path: Path) -> Keyring:
    """Add a new generation, which is the current one from then on; the others stay.

    Raises:
        KeyUnavailable: as :meth:`Keyring.load`.
    """
    with _alone(path):
        keyring = _fresh(Keyring.load(path).generations)
        _replace(path, keyring)
        return keyring


def destroy(path: Path, key_id: str) -> Keyring:
    """Take the key of an earlier generation out of the keyring, for good; its id stays.

    Copies of the file, and of the disk under it, are somebody else's to destroy.

    Raises:
        KeyDestroyed: if that was done before.
        KeyUnavailable: if there is no such key, or it is the current one.
    """
    with _alone(path):
        keyring = Keyring.load(path)
        keyring.of(key_id)
        if key_id == keyring.key_id:
            raise KeyUnavailable(
                f"key {key_id} is the current one; run `carecommons keys rotate` first"
            )
        earlier = tuple(
            replace(g, destroyed=_today(), _master=None) if g.key_id == key_id else g
            for g in keyring.earlier
        )
        keyring = replace(keyring, earlier=earlier)
        _replace(path, keyring)
        return keyring


def _fresh(earlier: Sequence[Generation]) -> Keyring:
    return Keyring(secrets.token_hex(8), secrets.token_bytes(KEY_BYTES), tuple(earlier), _today())


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _generation(entry: dict[str, Any]) -> Generation:
    master = entry["master"]
    return Generation(
        str(entry["key_id"]),
        str(entry.get("made", "")),
        str(entry.get("destroyed", "")),
        None if master is None else base64.b64decode(master, validate=True),
    )


def _write(descriptor: int, keyring: Keyring) -> None:
    document = {
        "format": KEYRING_FORMAT,
        "generations": [
            {
                "key_id": g.key_id,
                "made": g.made,
                "destroyed": g.destroyed,
                "master": base64.b64encode(g._master).decode("ascii") if g._master else None,
            }
            for g in keyring.generations
        ],
    }
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, keyring: Keyring) -> None:
    """Put a new file in the place of the old one; at no moment is there none, or half of one."""
    staged = path.with_name(f".{path.name}.new")
    staged.unlink(missing_ok=True)
    _write(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), keyring)
    os.rename(staged, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No two processes change a keyring at once; a dead one's lock is freed by the kernel."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError:
        raise KeyUnavailable(
            f"{path}: no keyring; create one with `carecommons keys create`"
        ) from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
