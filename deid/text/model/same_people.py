"""Other ways in which a Chinese note speaks of people whose full names it tells.

Behind 路远山 the note may say 路老, 老路, 路医生 or 远山; behind a name and 、 stands another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from deid.text.document import Mention, SpanType, Strength
from deid.text.packs.zh.lexicon import (
    COMMON,
    STRONG_TITLES,
    given_characters,
    has_han,
    surname_class,
    surnames,
)

_LONGEST = 4
_BEFORE = frozenset(' \n,，。.;；、:：!！?？()（）"“”→/|—-找请跟叫让问给对和与由')
_KIN_AFTER = (
    "老",
    "家",
    "某",
    "叔",
    "婶",
    "姨",
    "哥",
    "姐",
    "嫂",
    "爷",
    "奶",
    "伯",
    "妈",
    "爸",
    "生",
)
_NOT_OLD = (
    "老年",
    "老师",
    "老板",
    "老人",
    "老家",
    "家庭",
    "家属",
    "家具",
    "生活",
    "生化",
    "生长",
    "生育",
)


def same_people(plain: str, mentions: Sequence[Mention], detector: str) -> Iterator[Mention]:
    """Surnames with a title or 老 beside them, given names, and names in a row with others."""
    families, given = set(), set()
    ends = set()
    for mention in mentions:
        if mention.type is not SpanType.NAME:
            continue
        ends.add(mention.end)
        text = plain[mention.start : mention.end]
        if mention.strength < Strength.LISTED or not 2 <= len(text) <= _LONGEST:
            continue
        family = text[:2] if len(text) > 2 and text[:2] in surnames() else text[:1]
        if family not in surnames() or not all(map(has_han, text)):
            continue
        families.add(family)
        rest = text[len(family) :]
        if len(rest) == 2 and rest not in COMMON and set(rest) <= given_characters():
            given.add(rest)
    for family in sorted(families):
        for start, end in _places(plain, family):
            if _called(plain, start, end):
                yield Mention(start, end, SpanType.NAME, Strength.MODELLED, detector)
    for name in sorted(given):
        for start, end in _places(plain, name):
            around = plain[max(0, start - 1) : start + 1], plain[end - 1 : end + 1]
            if not COMMON.intersection(around):
                yield Mention(start, end, SpanType.NAME, Strength.MODELLED, detector)
    for match in _next_in_row().finditer(plain):
        if match.start() in ends:
            start, end = match.span("n")
            text = plain[start:end]
            titled = text[1:].startswith(STRONG_TITLES)
            if text not in COMMON and not titled and set(text[1:]) <= given_characters():
                yield Mention(start, end, SpanType.NAME, Strength.MODELLED, detector)


def _places(plain: str, word: str) -> Iterator[tuple[int, int]]:
    place = plain.find(word)
    while place >= 0:
        yield place, place + len(word)
        place = plain.find(word, place + 1)


def _called(plain: str, start: int, end: int) -> bool:
    """路老, 路医生, 老路: at the head of a clause, and no word."""
    if COMMON.intersection(
        (plain[start - 1 : end], plain[start : end + 1], plain[start : end + 2])
    ):
        return False
    before = plain[start - 1 : start]
    if before and before in "老小":
        head = plain[start - 2 : start - 1]
        return (not head or head in _BEFORE) and plain[start : end + 1] not in COMMON
    if before and before not in _BEFORE:
        return False
    after = plain[end : end + 2]
    if after in _NOT_OLD:
        return False
    return plain.startswith(_KIN_AFTER, end) or plain.startswith(STRONG_TITLES, end)


@cache
def _next_in_row() -> re.Pattern[str]:
    return re.compile(
        rf"、(?P<n>{surname_class()}[\u4e00-\u9fff]{{1,2}})(?=$|[^\u4e00-\u9fff]|[两三四等均都和及])"
    )
