"""What may be a password, and its hash.

Length is what helps; beyond it the estimate of zxcvbn refuses what is on lists of common passwords,
or made of keyboard rows, dates and repetitions. The lists come with the library: nothing leaves.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from app.errors import BadInput

PASSWORD_MINIMUM: Final = 12
PASSWORD_MAXIMUM: Final = 256
_GUESSED: Final = 72
"""Characters that the estimate looks at; its time grows with the square of them."""
_SCORE: Final = 3
_SHORTEST_PART: Final = 4
_hasher = PasswordHasher()


def normalise(password: str) -> str:
    """The form that is hashed: the same signs typed on two keyboards are one password (NFKD)."""
    return unicodedata.normalize("NFKD", password)


def what_is_wrong(password: str, about: Iterable[str] = ()) -> str | None:
    """Why this cannot be the password of somebody with these names and addresses; or ``None``."""
    normal = normalise(password)
    if len(normal) < PASSWORD_MINIMUM:
        return f"A password has at least {PASSWORD_MINIMUM} characters."
    if len(normal) > PASSWORD_MAXIMUM:
        return f"A password has at most {PASSWORD_MAXIMUM} characters."
    parts = _parts(about)
    if any(part in normal.casefold() for part in parts):
        return "A password does not contain your name or your address. Choose other words."
    if zxcvbn(normal[:_GUESSED], user_inputs=[*parts, "care", "commons"])["score"] < _SCORE:
        return (
            "This password is on lists of common ones, or is easily guessed. "
            "Take four or five words that do not belong together."
        )
    return None


def hash_password(password: str, about: Iterable[str] = ()) -> str:
    """Argon2id hash.

    Raises:
        BadInput: saying what is wrong with the password.
    """
    wrong = what_is_wrong(password, about)
    if wrong:
        raise BadInput(wrong)
    return _hasher.hash(normalise(password))


def is_hash_of(digest: str | None, password: str) -> bool:
    """Whether ``digest`` was made of this password."""
    try:
        return digest is not None and _hasher.verify(digest, normalise(password))
    except (VerificationError, InvalidHashError):
        return False


def generate_password() -> str:
    """A random password of 128 bits that can be read out loud."""
    return "-".join(secrets.token_hex(2) for _ in range(8))


def _parts(about: Iterable[str]) -> list[str]:
    """Words of names and the part of addresses before the @, long enough to mean somebody."""
    words: set[str] = set()
    for text in about:
        plain = normalise(text).casefold().partition("@")[0]
        for sign in "._-+":
            plain = plain.replace(sign, " ")
        words.update(word for word in plain.split() if len(word) >= _SHORTEST_PART)
    return sorted(words)
