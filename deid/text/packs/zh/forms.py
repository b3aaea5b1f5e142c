"""The ways in which notes write a known Chinese name, birth date or address."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache

from deid.text.document import SpanType
from deid.text.normalise import fold, to_plain
from deid.text.packs.base import DateForms, DateShape, Form, date_shape
from deid.text.packs.zh.lexicon import JOINING, ORDINARY, has_han, split_full_name
from deid.text.packs.zh.pinyin import numbered, syllables_of
from deid.text.people import AddressParts, PersonName

_LONGEST_NAME = 12
_DIGITS = "〇一二三四五六七八九"
_PIECES = re.compile(
    r".+?(?:特别行政区|自治区|自治州|自治县|省|地区|盟|市|新区|区|县|旗|街道|乡|镇|社区|村委会|居委会|村|小区|新村|公寓|花园|路|街|巷|弄|胡同|大道)"
)
_GENERAL = re.compile(r"^(?:.{0,1}|中国|中华人民共和国)$")


def name_forms(name: PersonName) -> Iterator[Form]:
    """Hanzi forms, and pinyin in both orders with initials; none for names without Hanzi."""
    full = to_plain(name.full or "").replace(" ", "")
    if not full and name.family and name.given:
        full = f"{name.family}{name.given}".replace(" ", "")
    if not has_han(full):
        return
    family, given = split_full_name(full)
    if name.family and name.given and has_han(name.family):
        family, given = name.family, name.given
    whole = f"zhfull:{fold(family)}:{fold(given)}"
    ordinary = full in ORDINARY
    yield Form(full, SpanType.NAME, whole, certain=not ordinary and len(full) > 1)
    if given and family and has_han(given):
        alone = len(given) >= 2 and given not in ORDINARY and given[0] not in JOINING
        yield Form(given, SpanType.NAME, f"zhgiven:{fold(given)}", certain=alone and len(given) > 1)
        for syllable in {given[-1], given[0]}:
            for form in (f"小{syllable}", f"阿{syllable}", syllable * 2):
                yield Form(form, SpanType.NAME, f"zhgiven:{fold(given)}", certain=False)
        if len(family) == 1:
            for form in (f"老{family}", f"小{family}"):
                yield Form(form, SpanType.NAME, f"zhfamily:{fold(family)}", certain=False, lead=1)
        if len(family) == 2:
            yield Form(family, SpanType.NAME, f"zhfamily:{fold(family)}", certain=True)
    yield from _pinyin_forms(family, given, whole)


def combinations(name: str) -> Iterator[str]:
    """The name in Hanzi, and its pinyin in both orders."""
    full = to_plain(name).replace(" ", "")
    if not has_han(full) or len(full) > _LONGEST_NAME:
        return
    yield full
    family, given = split_full_name(full)
    left, right = "".join(syllables_of(family)), "".join(syllables_of(given))
    yield f"{left} {right}"
    yield f"{right} {left}"


def _pinyin_forms(family: str, given: str, canonical: str) -> Iterator[Form]:
    if not family or not given:
        return
    for spell in (syllables_of, numbered):
        left = "".join(spell(family))
        syllables = spell(given)
        right = "".join(syllables)
        if not (left.isascii() and right.isascii()):
            return
        for text in (f"{left} {right}", f"{right} {left}"):
            spaced = text if len(syllables) == 1 else text.replace(right, " ".join(syllables))
            yield Form(text, SpanType.NAME, canonical, certain=len(fold(text)) > 4)
            yield Form(spaced, SpanType.NAME, canonical, certain=len(fold(text)) > 4)
            if "v" in text:
                yield Form(text.replace("v", "u"), SpanType.NAME, canonical)
        if len(right) >= 5 and len(syllables) > 1:
            yield Form(right, SpanType.NAME, canonical, certain=True)


def date_forms(date: datetime.date) -> DateForms:
    """Arabic and Chinese numerals with 年月日."""
    year = str(date.year)
    read = "".join(_DIGITS[int(c)] for c in year)
    years = (year, year[2:], *(read.replace("〇", zero) for zero in ("〇", "零", "○")))
    return DateForms(date.isoformat(), years, _dated(date.month, date.day))


@lru_cache(maxsize=366)
def _dated(month: int, day: int) -> tuple[DateShape, ...]:
    arabic = [
        f"年{m}月{d}{end}"
        for m in dict.fromkeys((f"{month}", f"{month:02d}"))
        for d in dict.fromkeys((f"{day}", f"{day:02d}"))
        for end in ("日", "号", "")
    ]
    spoken = [f"年{_number(month)}月{_number(day)}{end}" for end in ("日", "号")]
    return (
        *(date_shape("", year, tail, 4, loose=True) for tail in arabic for year in (0, 1)),
        *(date_shape("", year, tail, 4, loose=True) for tail in spoken for year in (2, 3, 4)),
    )


def _number(value: int) -> str:
    tens, ones = divmod(value, 10)
    head = {0: "", 1: "十"}.get(tens, _DIGITS[tens] + "十")
    return head + (_DIGITS[ones] if ones else "")


def address_forms(address: AddressParts) -> Iterator[Form]:
    """The whole address, every suffix of it that begins at a division, and each part."""
    texts = [
        address.full_text, address.line, address.village, address.township, address.district,
        address.city,
    ]  # fmt: skip
    for text in texts:
        if not text or not has_han(text):
            continue
        plain = to_plain(text).replace(" ", "")
        starts = [0]
        for match in _PIECES.finditer(plain):
            piece = match[0]
            if len(piece) >= 3 and not _GENERAL.match(piece):
                yield Form(piece, SpanType.LOCATION, fold(piece))
            starts.append(match.end())
        for start in starts:
            rest = plain[start:]
            if len(rest) >= 4 and has_han(rest):
                yield Form(rest, SpanType.LOCATION, fold(rest))
