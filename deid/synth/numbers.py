"""Identification numbers of the right shape that nobody can hold.

Sources: US SSA, area numbers 900-999 were never issued as social security numbers and groups
01-49 of them never as taxpayer numbers (IRS Publication 1915); 555-0100 to 555-0199 are fictional
(NANPA); GB 11643-1999 for the 18-digit number and its ISO 7064 MOD 11-2 check character;
Chinese record code of 6 + 3 + 3 + 5 digits (national rules for resident health records, 2009).
County codes are unassigned ones; mobile prefixes are ones that, as far as is known, no Chinese
operator serves the public with (an assumption).
"""

from __future__ import annotations

import random
from datetime import date

from deid.synth.people import Sex

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
UNUSED_MOBILE_PREFIXES = ("142", "143", "154", "160", "161", "163", "164", "168", "169", "179")
_SPREAD = 15_485_863
"""A prime, so that neighbours in a family have numbers far from each other."""
_US_AREA_CODES = ("207", "218", "308", "406", "417", "541", "605", "620", "712", "814", "928")


def check_character(first_seventeen: str) -> str:
    """The 18th character of a Chinese identity number."""
    total = sum(
        int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True)
    )
    return _CHECK[total % 11]


def chinese_identity_number(region_code: str, birth: date, sex: Sex, serial: int) -> str:
    """18 characters; the 17th digit is odd for men. Serials below 500 differ within a birthday."""
    order = serial % 500 * 2 + (1 if sex == "M" else 0)
    body = f"{region_code}{birth:%Y%m%d}{order:03d}"
    return body + check_character(body)


def record_code(region_code: str, township: int, neighbourhood: int, serial: int) -> str:
    """17 digits: county, township, village or neighbourhood committee, resident."""
    return f"{region_code}{township:03d}{neighbourhood:03d}{serial % 100_000:05d}"


def social_security_number(serial: int) -> str:
    """``9xx-gg-ssss`` with a group below 50: issued to nobody; serials below 49 million differ."""
    area, rest = divmod(serial * _SPREAD % (100 * 49 * 9999), 49 * 9999)
    group, last = divmod(rest, 9999)
    return f"{900 + area}-{group + 1:02d}-{last + 1:04d}"


def us_phone(stream: random.Random) -> str:
    """A number of the fictional range."""
    area = _US_AREA_CODES[stream.randrange(len(_US_AREA_CODES))]
    return f"({area}) 555-01{stream.randrange(100):02d}"


def chinese_mobile(stream: random.Random) -> str:
    """11 digits with a prefix that is not in public service."""
    prefix = UNUSED_MOBILE_PREFIXES[stream.randrange(len(UNUSED_MOBILE_PREFIXES))]
    return f"{prefix}{stream.randrange(100_000_000):08d}"


def chinese_landline(stream: random.Random) -> str:
    """Area code of the fictional prefecture and eight digits beginning 555."""
    return f"0599-555{stream.randrange(100_000):05d}"
