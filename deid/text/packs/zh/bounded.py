# ruff: noqa: E501 -- an expression is read whole
"""Names in Chinese notes that stand alone between two marks, whatever their characters.

``姓　名｜成长｜``, ``来医生``, ``。龙开秀`` at the end of a note, ``外婆喊她幺妹崽``, ``Karen 冼``. What bounds
them tells them, so that a surname of no list and a name that is also a word are found as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs.zh.lexicon import (
    COMMON,
    KIN,
    LABELS,
    PACKAGE,
    TITLES,
    given_characters,
    is_eponym,
    is_surname,
    surname_class,
    surnames,
)
from deid.text.packs.zh.roles import name_alone
from deid.text.words import alternation, read_words

_HAN = r"[\u4e00-\u9fff]"
_NOT_NAMES = read_words(PACKAGE, "not_names.txt")
_ROLES = read_words(PACKAGE, "roles.txt")
_RELATIONS = read_words(PACKAGE, "relations.txt") | KIN
_CLINICAL_TITLES = ("医生", "医师", "大夫", "护士", "护士长", "主任", "老师", "院长", "所长", "站长", "村医", "师傅", "书记", "警官", "主任医师", "副主任", "女士", "先生", "老先生", "科长", "教授")  # fmt: skip
_FIELD = r"(?:姓 {0,4}名|称 {0,4}谓|患者姓名|病员|曾用名|签 {0,4}名|签字|申请医生|送检人|术者|主刀|一助|二助|经治|审签|记录|经办|质控|专家[一二三四])"
_CELL = r"(?:[:;|=┃〖〗】]| {2,}| ?[|┃] ?)"


@cache
def _expressions() -> tuple[tuple[str, int, re.Pattern[str]], ...]:
    titles = alternation(_CLINICAL_TITLES)
    surname = surname_class()
    return (
        ("zh.bounded.cell", Strength.LABELLED, re.compile(rf"{_FIELD}(?:{_CELL}|(?<=[者刀助]))[ ]*(?P<n>{_HAN}{{2,4}})(?= ?(?:[|;=┃〖】\n/]| {{2,}}|$|[,，、/]))")),
        ("zh.bounded.before_title", Strength.LISTED, re.compile(rf"(?m)(?:^|(?<=[\s,，。;；、:：!？?（(|┃\"“”'》】→/—-]))(?P<n>{_HAN}{{1,4}}?)(?={titles})")),
        ("zh.bounded.signed", Strength.SHAPED, re.compile(rf"(?:[。;；!！?？）)\n] *| {{1,}})(?P<n>{_HAN}{{2,4}}){_END_OF_NOTE}")),
        ("zh.bounded.spoken", Strength.LISTED, re.compile(rf"(?:[喊叫唤]作?[她他它娃]|(?:家里|大家|人家|都|村里人?|平时|小名也?|小名还有个|奶奶|外婆|阿公|阿婆)[喊叫唤]作?)(?P<n>{_HAN}{{2,3}})(?=[,，。;；、)）\s\"”]|$)")),
        ("zh.bounded.latin_first", Strength.LISTED, re.compile(rf"(?<![A-Za-z])[A-Z][a-z]{{2,11}} ?(?P<n>{surname}{_HAN}?{_HAN}?)(?=$|[^\u4e00-\u9fff]|出诊|医生|老师|女士|护士)")),
    )  # fmt: skip


_END_OF_NOTE = r" *(?:\d{1,4}[./-]\d{1,2}(?:[./-]\d{1,2})?)?\s{0,9}\Z"


class BoundedNameAnnotator:
    """Names by what bounds them."""

    name = "zh.bounded"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of people."""
        plain = document.plain
        for detector, strength, expression in _expressions():
            for match in expression.finditer(plain):
                start, end = match.span("n")
                if detector == "zh.bounded.cell":
                    start, end = name_alone(plain, start, end)
                if _CHECKS[detector](plain, start, end) and not is_eponym(plain, start, end):
                    yield Mention(start, end, SpanType.NAME, strength, detector)


def _plausible(text: str) -> bool:
    words = text in _NOT_NAMES or text in LABELS or text in _ROLES or text in _RELATIONS
    return not words and text not in TITLES and not set(text) & _NEVER


_NEVER = frozenset("的了着过是有在和与及或不无未已科室院楼床号区县市省镇乡村岁月日年")


def _cell(plain: str, start: int, end: int) -> bool:
    """A field of names holds a name, even if it is a word as well."""
    text = plain[start:end]
    if not _plausible(text):
        return False
    return text not in COMMON or is_surname(text[0]) or text[0] in given_characters()


def _before_title(plain: str, start: int, end: int) -> bool:
    """``来医生``, ``卓尕医生``: no place, rank or kind of doctor."""
    text = plain[start:end]
    if (
        not _plausible(text)
        or text in _KINDS_OF_DOCTORS
        or text[-1] in _BEFORE_TITLES
        or text[0] in _VERBS
    ):
        return False
    if len(text) == 1:
        return text in surnames() or plain.startswith(_DOCTORS, end)
    family = 2 if text[:2] in surnames() else 1
    rest = text[family:]
    if text in COMMON or rest in COMMON or len(rest) > 2:
        return False
    return all(c in given_characters() for c in text[1:])


_KINDS_OF_DOCTORS = read_words(PACKAGE, "before_titles.txt")
_BEFORE_TITLES = frozenset("科室院楼床号区县市省镇乡村组班队部处股所站的请由经问找叫")
_VERBS = frozenset("请找挂把由经问叫让给跟和与对向转告小老大这那")
_DOCTORS = ("医生", "大夫", "护士", "主任", "医师")


def _signed(plain: str, start: int, end: int) -> bool:
    """Who ends a note: a surname and a given name that are no words."""
    text = plain[start:end]
    family = 2 if text[:2] in surnames() else 1
    given = text[family:]
    if not _plausible(text) or text in COMMON or not given or len(given) > 2:
        return False
    if plain[:start].rstrip()[-1:] in _OPEN:
        return False
    return text[:family] in surnames() and given not in COMMON


_OPEN = frozenset(":、")


def _spoken(plain: str, start: int, end: int) -> bool:
    text = plain[start:end]
    return (
        _plausible(text) and (text not in COMMON or text[0] == text[1]) and text[0] not in _SPOKEN
    )


_SPOKEN = frozenset("来去到回起醒上下要别就快过吃喝他她我你人救车")


def _latin_first(plain: str, start: int, end: int) -> bool:
    text = plain[start:end]
    first = plain[max(0, start - 13) : start].rstrip().rpartition(" ")[2]
    given = text[1:]
    return (
        is_surname(text[0])
        and text not in COMMON
        and re.fullmatch(r"(?:[^A-Za-z]*)([A-Z][a-z]{2,11})", first) is not None
        and all(c in given_characters() for c in given)
        and (bool(given) or plain[start - 1] == " ")
    )


_CHECKS = {
    "zh.bounded.cell": _cell,
    "zh.bounded.before_title": _before_title,
    "zh.bounded.signed": _signed,
    "zh.bounded.spoken": _spoken,
    "zh.bounded.latin_first": _latin_first,
}
