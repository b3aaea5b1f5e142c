# ruff: noqa: E501 -- an expression or a word list is read whole
"""Numbers, addresses of machines and handles in their own format.

A number keeps its length, its separators and the class of every character. Where a format has a
check digit, the surrogate's is right, so that nothing tells it from a real one.
"""

from __future__ import annotations

import datetime
import re

from deid.text.surrogates.checksums import like_original
from deid.text.surrogates.dates import pool_old_birth
from deid.text.surrogates.seed import Scene, Seed

CHINESE_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHINESE_ID_CHECKS = "10X98765432"
_SSN = re.compile(r"\d{3}([- ]?)\d{2}\1\d{4}")
_CHINESE_ID = re.compile(r"\d{17}[\dXx]")
_OLD_CHINESE_ID = re.compile(r"\d{15}")
_REGIONS = ("11", "12", "13", "14", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37",
            "41", "42", "43", "44", "45", "50", "51", "52", "53", "61", "62")  # fmt: skip
_PLATE_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_AREA_CODES = ("202", "206", "215", "303", "312", "404", "415", "503", "602", "617", "702", "808")
_MOBILE_PREFIXES = ("130", "131", "133", "135", "136", "137", "138", "139", "150", "151", "152",
                    "158", "159", "180", "186", "187", "188", "189")  # fmt: skip
_REFORMED = 50
"""Tries at a number that can carry a right check character."""
_HOSTS = ("example.org", "example.com", "example.net")


def chinese_id_check(digits: str) -> str:
    """Check character of a Chinese identity number (GB 11643-1999) for its first 17 digits."""
    total = sum(int(d) * w for d, w in zip(digits, CHINESE_ID_WEIGHTS, strict=True))
    return CHINESE_ID_CHECKS[total % 11]


def is_chinese_id(text: str) -> bool:
    """Whether 18 characters are an identity number with a right check digit."""
    return bool(_CHINESE_ID.fullmatch(text)) and chinese_id_check(text[:17]) == text[17].upper()


def identifier(text: str, scene: Scene) -> str | None:
    """A number of the same form."""
    digits = re.sub(r"[\s-]", "", text)
    seed = scene.seed("id", scene.canonical or text)
    if is_chinese_id(digits) or (_CHINESE_ID.fullmatch(digits) and _lived(digits[6:14])):
        return scene.first_free(
            text, lambda n: _refill(text, _new_chinese_id(digits, scene, seed, n))
        )
    if _OLD_CHINESE_ID.fullmatch(digits) and _birth(f"19{digits[6:12]}") is not None:
        return scene.first_free(text, lambda n: _refill(text, _new_old_id(digits, scene, seed, n)))
    if _SSN.fullmatch(text):
        return scene.first_free(text, lambda n: _refill(text, _new_ssn(seed, n)))
    return scene.first_free(text, lambda n: _same_kind(text, seed, n))


def phone(text: str, scene: Scene) -> str | None:
    """A telephone number of the same grouping.

    North American numbers become numbers reserved for fiction (555-0100 to 555-0199); others keep
    their length and a prefix of their kind.
    """
    extension = _EXTENSION.search(text)
    if extension is not None:
        line = phone(text[: extension.start()], scene)
        return line and line + _other_digits(extension.group(), scene.seed("extension", text))
    digits = "".join(c for c in text if c.isdigit())
    if not digits:
        return _spoken(text, scene)
    seed = scene.seed("phone", scene.canonical or digits)
    return scene.first_free(text, lambda n: _refill(text, _new_phone(digits, seed, n)))


_EXTENSION = re.compile(r"(?<=\d),?\s?(?i:x|ext\.?|extension)\s?\d{1,6}$")
_DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def _other_digits(text: str, seed: Seed) -> str:
    return "".join(str(seed.number(10, i)) if c.isdigit() else c for i, c in enumerate(text))


def _spoken(text: str, scene: Scene) -> str | None:
    """A dictated number: ``five five five oh one four``."""
    words = text.split()
    if not words or any(w.casefold() not in (*_DIGIT_WORDS, "oh", "o") for w in words):
        return None
    seed = scene.seed("phone", text)
    return scene.first_free(
        text, lambda n: " ".join(seed.pick(_DIGIT_WORDS, n, i) for i in range(len(words)))
    )


def email(text: str, scene: Scene) -> str | None:
    """An address at a domain reserved for examples (RFC 2606)."""
    seed = scene.seed("email", text)
    local, _, _ = text.partition("@")
    return scene.first_free(
        text, lambda n: f"{_letters(local, seed, n)}@{seed.pick(_HOSTS, 'host')}"
    )


def url(text: str, scene: Scene) -> str | None:
    """An address of the same scheme at a host reserved for examples; its path is replaced."""
    seed = scene.seed("url", text)
    match = re.match(r"([a-z]+://)?(www\.)?([^/?#]*)(.*)", text, re.IGNORECASE | re.DOTALL)
    if match is None:
        return None
    scheme, www, _, rest = match.groups()
    return scene.first_free(
        text,
        lambda n: (
            f"{scheme or ''}{www or ''}{_letters('abcdefgh', seed, n)}."
            f"{seed.pick(_HOSTS, 'host')}{_same_classes(rest, seed, n)}"
        ),
    )


def ip_address(text: str, scene: Scene) -> str | None:
    """An address of the blocks reserved for documentation (RFC 5737, RFC 3849)."""
    seed = scene.seed("ip", text)
    if ":" in text:
        return scene.first_free(
            text, lambda n: f"2001:db8::{seed.number(65535, n) + 1:x}:{seed.number(65535, n, 2):x}"
        )
    blocks = ("192.0.2", "198.51.100", "203.0.113")
    return scene.first_free(
        text, lambda n: f"{seed.pick(blocks, n)}.{seed.number(254, 'host', n) + 1}"
    )


def _refill(text: str, digits: str) -> str:
    """Put ``digits`` (or a final X) into the places of letters and digits of ``text``."""
    supply = iter(digits)
    return "".join(
        next(supply, "0") if c.isdigit() or (c in "Xx" and i == len(text) - 1) else c
        for i, c in enumerate(text)
    )


def _same_classes(text: str, seed: Seed, attempt: int) -> str:
    out = []
    for i, c in enumerate(text):
        if c.isdigit():
            # A leading zero and a leading non-zero are both part of a number's form.
            low = 1 if c != "0" and (i == 0 or not text[i - 1].isalnum()) else 0
            out.append(str(low + seed.number(10 - low, attempt, i)))
        elif c in _PLATE_PROVINCES and i == 0:
            out.append(seed.pick(_PLATE_PROVINCES, attempt, i))
        elif c.isalpha() and c.isascii():
            letter = "ABCDEFGHJKLMNPQRSTUVWXYZ"[seed.number(24, attempt, i)]
            out.append(letter if c.isupper() else letter.lower())
        else:
            out.append(c)
    return "".join(out)


def _same_kind(text: str, seed: Seed, attempt: int) -> str:
    """Of the same form, and passing the check that the original passes."""
    for further in range(_REFORMED):
        made = like_original(text, _same_classes(text, seed, attempt + 1000 * further))
        if made is not None:
            return made
    return text  # none was found; the caller refuses the original and the tag stands


def _letters(text: str, seed: Seed, attempt: int) -> str:
    consonants, vowels = "bcdfghjklmnprstvw", "aeiou"
    out = []
    for i, c in enumerate(text):
        if c.isalpha():
            out.append(seed.pick(vowels if i % 2 else consonants, attempt, i))
        elif c.isdigit():
            out.append(str(seed.number(10, attempt, i)))
        else:
            out.append(c)
    return "".join(out)


def _birth(text: str) -> datetime.date | None:
    try:
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def _lived(text: str) -> bool:
    birth = _birth(text)
    return birth is not None and 1850 <= birth.year <= 2100


def _region(seed: Seed, attempt: int) -> str:
    return f"{seed.pick(_REGIONS, attempt)}{seed.number(9, 'c', attempt) + 1:02d}{seed.number(28, 'd', attempt) + 1:02d}"


def _moved_birth(text: str, scene: Scene, seed: Seed) -> datetime.date:
    birth = _birth(text)
    if birth is None or not 1900 <= birth.year <= 2100:
        return datetime.date(1950 + seed.number(50, "y"), 1 + seed.number(12, "m"), 15)
    if scene.birth is not None and birth == scene.real_birth:
        return scene.birth
    return pool_old_birth(birth + datetime.timedelta(days=scene.shift_days), scene.reference)


def _new_chinese_id(digits: str, scene: Scene, seed: Seed, attempt: int) -> str:
    birth = _moved_birth(digits[6:14], scene, seed)
    parity = int(digits[16]) % 2
    serial = f"{seed.number(100, 's', attempt):02d}{2 * seed.number(5, 'p', attempt) + parity}"
    body = f"{_region(seed, attempt)}{birth:%Y%m%d}{serial}"
    return body + chinese_id_check(body)


def _new_old_id(digits: str, scene: Scene, seed: Seed, attempt: int) -> str:
    birth = _moved_birth(f"19{digits[6:12]}", scene, seed)
    parity = int(digits[14]) % 2
    serial = f"{seed.number(100, 's', attempt):02d}{2 * seed.number(5, 'p', attempt) + parity}"
    return f"{_region(seed, attempt)}{birth:%y%m%d}{serial}"


def _new_ssn(seed: Seed, attempt: int) -> str:
    area = 1 + seed.number(899, "area", attempt)
    area = 667 if area == 666 else area
    group, serial = 1 + seed.number(99, "g", attempt), 1 + seed.number(9999, "s", attempt)
    return f"{area:03d}{group:02d}{serial:04d}"


def _new_phone(digits: str, seed: Seed, attempt: int) -> str:
    country = ""
    if len(digits) == 13 and digits.startswith("86"):
        country, digits = "86", digits[2:]
    elif len(digits) == 11 and digits[0] == "1" and digits[1] in "02":
        country, digits = "1", digits[1:]
    if len(digits) == 11 and digits[0] == "1":
        body = seed.pick(_MOBILE_PREFIXES, attempt) + _random_digits(8, seed, attempt)
    elif len(digits) == 10 and digits[0] in "23456789":
        line = f"555{100 + seed.number(100, attempt):04d}"
        body = seed.pick(_AREA_CODES, attempt) + line
    elif len(digits) == 7:
        body = f"555{100 + seed.number(100, attempt):04d}"
    else:
        # An area code (0515, 020) is a place: only its leading zero is kept.
        lead = digits[0] if digits[0] == "0" else str(2 + seed.number(8, "lead", attempt))
        body = lead + _random_digits(len(digits) - 1, seed, attempt)
    return country + body


def _random_digits(count: int, seed: Seed, attempt: int) -> str:
    return "".join(str(seed.number(10, "digit", attempt, i)) for i in range(count))
