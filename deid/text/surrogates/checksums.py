"""Check digits of numbers, so that a surrogate passes every check that its original passes.

A number that fails the check of its kind would be known for a surrogate, and with it everything
beside it. Identity numbers of China have rules of their own in
:mod:`deid.text.surrogates.numbers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_CREDIT_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_NPI_PREFIX = "80840"


@dataclass(frozen=True)
class Checksum:
    """A kind of number: its form without separators, its check, and the character that serves it.

    ``place`` is the index of the check character, ``alphabet`` what it may be.
    """

    form: re.Pattern[str]
    passes: Callable[[str], bool]
    place: int = -1
    alphabet: str = "0123456789"

    def holds(self, compact: str) -> bool:
        """Whether a number without separators, in capitals, is of this kind and passes."""
        return bool(self.form.fullmatch(compact)) and self.passes(compact)


def luhn(digits: str) -> bool:
    """Payment cards, IMEI (ISO/IEC 7812-1 annex B)."""
    total = 0
    for i, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + i % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _npi(digits: str) -> bool:
    """US National Provider Identifier (45 CFR 162.406): Luhn with the prefix 80840."""
    return luhn(_NPI_PREFIX + digits)


def _nhs(digits: str) -> bool:
    """NHS number of England: modulus 11."""
    check = 11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check != 10 and check % 11 == int(digits[9])


def _dea(text: str) -> bool:
    """Registration number of the US Drug Enforcement Administration."""
    digits = [int(d) for d in text[2:]]
    total = sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])
    return total % 10 == digits[6]


def _vin(text: str) -> bool:
    """Vehicle identification number (49 CFR 565.15): the ninth character checks the others."""
    total = sum(int(_VIN_VALUES.get(c, c)) * w for c, w in zip(text, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11] == text[8]


def _credit_code(text: str) -> bool:
    """Unified social credit identifier of Chinese organisations (GB 32100-2015)."""
    total = sum(_CREDIT_CODE.index(c) * pow(3, i, 31) for i, c in enumerate(text[:17]))
    return _CREDIT_CODE[-total % 31] == text[17]


CHECKSUMS = (
    Checksum(re.compile(r"[0-9]{13,19}"), luhn),
    Checksum(re.compile(r"[12][0-9]{9}"), _npi),
    Checksum(re.compile(r"[0-9]{10}"), _nhs),
    Checksum(re.compile(r"[A-Z]{2}[0-9]{7}"), _dea),
    Checksum(re.compile(r"[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{8}"), _vin, 8, "0123456789X"),
    Checksum(re.compile(rf"[{_CREDIT_CODE}]{{18}}"), _credit_code, -1, _CREDIT_CODE),
)


def like_original(original: str, made: str) -> str | None:
    """``made``, written as ``original`` is, with the check character that ``original``'s kind asks.

    ``None`` if ``made`` cannot be of that kind; ``made`` itself if the original passes no check.
    """
    before = _compact(original)
    kind = next((kind for kind in CHECKSUMS if kind.holds(before)), None)
    if kind is None:
        return made
    places = [i for i, c in enumerate(made) if c.isalnum()]
    at = places[kind.place]
    for character in kind.alphabet:
        letter = character.lower() if original.islower() else character
        candidate = made[:at] + letter + made[at + 1 :]
        if kind.holds(_compact(candidate)):
            return candidate
    return None


def _compact(text: str) -> str:
    return "".join(c for c in text if c.isalnum()).upper()
