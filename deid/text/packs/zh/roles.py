# ruff: noqa: E501 -- an expression is read whole
"""Names in Chinese notes behind the role of their bearer, and in signatures.

``复核蒲大明``, ``交：小雯　接：宫丽``, ``主治:廖伟民 住院:小邱``, ``吴小满 / Tenzin``, ``——段``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs.zh.lexicon import (
    COMMON,
    LABELS,
    PACKAGE,
    STRONG_TITLES,
    given_characters,
    is_eponym,
    surname_class,
    surnames,
)
from deid.text.words import alternation, read_words

_ROLES = read_words(PACKAGE, "roles.txt")
_WITH_COLON = read_words(PACKAGE, "roles_with_colon.txt") | _ROLES | LABELS
_NOT_NAMES = read_words(PACKAGE, "not_names.txt")

_HAN = r"[\u4e00-\u9fff]"
_LATIN = r"[A-Z][A-Za-z'\u2019-]*\.?(?: [A-Z][A-Za-z'\u2019-]*\.?){0,2}"
# Where a signed name ends: at a gap, a mark, the end, or before another role.
_STOP = r"(?=$|[\s,，。;；、()（）/／|=┃〖【→\"”:：]|代|审|核)"


@cache
def _expressions() -> tuple[tuple[str, int, re.Pattern[str]], ...]:
    roles = alternation(_ROLES)
    announced = alternation(_WITH_COLON, " {0,4}")
    surname = surname_class()
    titles = alternation(STRONG_TITLES)
    full = rf"(?:{surname}{_HAN}{{1,2}}|{surname} {_HAN}(?: {_HAN})?(?!{_HAN}))"
    return (
        (
            "zh.name.announced",
            Strength.LABELLED,
            re.compile(
                rf"(?:{announced}|{_HAN}[员人者师生士长])(?:[（(][^）)\n]{{1,8}}[）)])?(?:[:：;；|=┃〗】][ \u3000]*|[ \u3000]+)(?P<n>{full}{_STOP}|{_HAN}{{2,3}}{_STOP}|{surname}{_STOP}|{_LATIN}|[a-z]{{4,16}}(?=$|[\s,，。;；、）)/]))"
            ),
        ),
        (
            "zh.name.of_role",
            Strength.LABELLED,
            re.compile(
                rf"(?:{roles})(?P<n>{full}{_STOP}|{_HAN}{{2,3}}{_STOP}|{surname}{_STOP}|{_LATIN}|[a-z]{{4,16}}(?=$|[\s,，。;；、）)/→]))"
            ),
        ),
        (
            "zh.name.unit",
            Strength.LISTED,
            re.compile(
                rf"(?m)(?:[院科室所站队办]|中心|ICU|儿保|妇保|门诊|急诊|公卫)[ \u3000]+(?P<n>{full}|{surname}|{_LATIN})(?=[ \u3000]*(?:$|[/／、，。]))"
            ),
        ),
        (
            "zh.name.handed_over",
            Strength.LISTED,
            re.compile(
                rf"(?:→|->)[ \u3000]*[A-Z\u4e00-\u9fff]{{2,5}}[ \u3000](?P<n>{full}){_STOP}"
            ),
        ),
        (
            "zh.name.dash",
            Strength.LABELLED,
            re.compile(
                rf"(?m)(?:(?<!—)—++|(?<!-)-{{2,}}+|(?<!－)－++)[ \u3000]*(?P<n>{full}|{surname})[ \u3000]*$"
            ),
        ),
        (
            "zh.name.alone",
            Strength.LISTED,
            re.compile(
                rf"(?m)^[ \u3000]*(?:\d[\d./-]*[日号]?[ \u3000]+)?(?P<n>{full}|{surname})[ \u3000]*$"
            ),
        ),
        (
            "zh.name.date_before",
            Strength.LISTED,
            re.compile(
                rf"(?m)(?:\d{{1,2}}[/.-]\d{{1,2}}|\d{{1,2}}[日号])[ \u3000]+(?P<n>{full}|{surname})[ \u3000]*$"
            ),
        ),
        (
            "zh.name.title_after",
            Strength.LABELLED,
            re.compile(rf"(?<!{_HAN})(?P<n>[小大阿]?{_HAN}{{1,2}})(?={titles})"),
        ),
    )


class RoleAnnotator:
    """Names behind roles, and who signs beside them."""

    name = "zh.roles"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of people; the role stays outside."""
        plain = document.plain
        for detector, strength, expression in _expressions():
            for match in expression.finditer(plain):
                start, end = match.span("n")
                if not _may_be_name(plain, start, end, detector):
                    # 医师 古 徒: what follows the gap is no given name.
                    end = start + max(1, (plain[start:end] + " ").find(" "))
                    if plain[start:end] not in surnames() or plain[end : end + 1] != " ":
                        continue
                start, end = name_alone(plain, start, end)
                if is_eponym(plain, start, end):
                    continue
                yield Mention(start, end, SpanType.NAME, strength, detector)
                if detector in {"zh.name.announced", "zh.name.of_role", "zh.name.unit"}:
                    yield from _beside(plain, end, detector)


@cache
def _next_name() -> re.Pattern[str]:
    surname = surname_class()
    return re.compile(
        rf"(?:[ \u3000]*[/／、,，&][ \u3000]*|代)(?P<n>{surname}{_HAN}{{1,2}}{_STOP}|{surname}{_STOP}|[小老]?{surname}{_STOP}|{_LATIN})"
    )


def _beside(plain: str, place: int, detector: str) -> Iterator[Mention]:
    """Further names of a list of signatures."""
    while match := _next_name().match(plain, place):
        start, place = match.span("n")
        if not _may_be_name(plain, start, place, detector):
            return
        found = name_alone(plain, start, place)
        yield Mention(*found, SpanType.NAME, Strength.LISTED, "zh.name.beside")


def name_alone(plain: str, start: int, end: int) -> tuple[int, int]:
    """Without a title behind it (徐科长) or a prefix before a surname (小田)."""
    text = plain[start:end]
    if len(text) > 3 and text[-2] == " " and text[-1] in "男女":
        return start, end - 2
    for title in STRONG_TITLES:
        if text.endswith(title) and len(text) > len(title):
            return start, end - len(title)
    if len(text) == 2 and text[0] in "小老" and text[1] in surnames():
        return start + 1, end
    return start, end


def _may_be_name(plain: str, start: int, end: int, detector: str) -> bool:
    text = plain[start:end].replace(" ", "").replace("\u3000", "")
    if text.isascii():
        return (text.lower() not in _LATIN_WORDS and not text.isupper()) or len(text) > 6
    if text in _NOT_NAMES or text in LABELS or text in _WITH_COLON:
        return False
    if any(text.endswith(word) for word in _ENDS) or any(text.startswith(w) for w in _STARTS):
        return False
    family = 2 if text[:2] in surnames() else 1
    if detector == "zh.name.title_after":
        return (
            text[0] in "小大阿"
            and len(text) == 2
            and text[1] in given_characters()
            and (text not in COMMON and text[1] not in surnames())
        )
    if text[:family] in surnames():
        if text == "单":  # 记录单, a form
            return False
        if len(text) == family:
            return detector != "zh.name.alone" or end == len(plain.rstrip())
        given = text[family:]
        known = all(c in given_characters() for c in given)
        if detector in {"zh.name.alone", "zh.name.date_before", "zh.name.unit"}:
            return known and text not in COMMON
        gap = plain[start - 1 : start] in {":", "\uff1a"} and plain[end : end + 1] in {
            "",
            "\n",
            " ",
        }
        if gap and known and detector == "zh.name.announced":
            return True
        if len(text) == 2 or detector != "zh.name.announced":
            return known and text not in COMMON
        return known or text not in COMMON
    return text not in COMMON and all(c in given_characters() | set("小阿老") for c in text)


_ENDS = (
    "医生", "医师", "护士", "主任", "老师", "大夫", "病史", "记录", "意见", "时间", "日期", "单位", "科室", "电话",
    "结果", "情况", "方式", "地点", "内容", "人员", "建议", "诊断", "检查", "治疗", "登记", "完成", "正常", "异常",
    "不详", "良好", "阳性", "阴性", "门诊", "病房", "医院", "中心", "手术", "麻醉", "报告", "标本", "家属", "患者", "本人",
)  # fmt: skip
_STARTS = (
    "无",
    "已",
    "未",
    "有",
    "见",
    "请",
    "予",
    "因",
    "同",
    "待",
    "经",
    "于",
    "在",
    "后",
    "前",
    "每",
    "第",
)
_LATIN_WORDS = read_words(PACKAGE, "latin_words.txt")
