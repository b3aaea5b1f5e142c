# ruff: noqa: E501 -- an expression or a word list is read whole
"""Finds names in Chinese notes without knowing the patient: labels, kin words, titles, surnames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs.zh.lexicon import (
    COMMON,
    KIN,
    LABELS,
    ORDINARY,
    PACKAGE,
    STRONG_TITLES,
    given_characters,
    is_eponym,
    surname_class,
    surnames,
)
from deid.text.words import alternation, longest_first, read_words

_FOREIGN = r"[\u4e00-\u9fff]{1,6}(?:·[\u4e00-\u9fff]{1,7}){1,3}"
_END = r"(?:$|[,，。.;；、()（）\s:：!?？！\"”|=┃〖【]|[^\u4e00-\u9fff])"
# What follows a name in running text: verbs and roles, so that the name does not swallow them.
_FOLLOWERS = read_words(PACKAGE, "followers.txt")
_BAD_SECOND = set(
    "者员人科室院诊床号区县市省镇乡村路楼层组班级型期度位次日月年天时分秒的了着过是有在和与及或"
)
_NOT_NAMES = read_words(PACKAGE, "not_names.txt")


@cache
def _expressions() -> dict[str, re.Pattern[str]]:
    surname = surname_class()
    han = r"[\u4e00-\u9fff]"
    titles = alternation(STRONG_TITLES)
    kin = alternation(k for k in KIN if len(k) > 1)
    labels = alternation(LABELS)
    called = alternation({*(k for k in KIN if len(k) > 1), *LABELS, "人员"})
    followers = alternation(_FOLLOWERS)
    after = rf"(?=$|[^\u4e00-\u9fff]|{followers}|{titles})"
    full = rf"(?:{_FOREIGN}|{surname} ?{han} ?{han}?)"
    return {
        # 姓名：王秀兰 — a label with a colon takes what stands there, surname or not.
        "zh.name.label": re.compile(
            rf"(?:姓 {{0,4}}名|签 {{0,2}}名|签字|(?:{labels}))(?:[（(][^）)\n]{{1,8}}[）)])?[:：;；|=┃〗】]\s*(?P<n>{_FOREIGN}|{full}(?={_END})|{surname}{han}{{1,2}}?{after}|{surname}(?={_END})|{surname}(?={titles}))"
        ),
        "zh.name.role": re.compile(
            rf"{called}(?:[（(][^）)\n]{{1,6}}[）)])?[ \"“]?(?P<n>{_FOREIGN}|{surname}{han}{{1,2}}?{after}|{surname}(?={titles}))"
        ),
        "titles": re.compile(
            alternation({*STRONG_TITLES, *(f"副{title}" for title in STRONG_TITLES)})
        ),
        "zh.name.prefix": re.compile(
            rf"(?<![大中最很从缩减变年])(?:小|老|阿)(?P<n>{surname})(?=$|[^\u4e00-\u9fff]|头|{followers})"
        ),
        "zh.name.before_bracket": re.compile(
            rf"(?<![\u4e00-\u9fff])(?P<n>{surname}{han}{{1,2}})(?=[（(](?:{kin}|女|男|妻|夫|父|母|子|兄|弟|姐|妹|配偶|电话|\d{{7,}}|\d{{1,3}}[,，岁)）]|[高初大][一二三四]|小学|\d年级))"
        ),
        "zh.name.broken": re.compile(
            rf"(?:姓名|患者|配偶|丈夫|妻子)[:：]?(?P<n>{surname}\n{han}{{1,2}}|{surname}{han}\n{han})(?={_END}|性别|男|女)"
        ),
        "zh.name.in_bracket": re.compile(rf"{called}[（(](?P<n>{full})[）)]"),
        "zh.name.sex": re.compile(
            rf"(?<![\u4e00-\u9fff])(?P<n>{full})(?=[,，、\s　]{{1,3}}[男女](?:[,，。\s　]|$))"
        ),
        "zh.name.foreign": re.compile(rf"(?P<n>{_FOREIGN})"),
        "zh.name.listed": re.compile(rf"(?<=[、，：,:])(?P<n>{full})(?=[、（(]|等)"),
        "zh.name.nickname": re.compile(
            rf"(?:小名|乳名|昵称|绰号|外号|人称)[:：\"“]?(?P<n>{han}{{2,3}})(?={_END})"
        ),
        "zh.name.line_start": re.compile(
            rf"(?m)^(?P<n>{full})(?=[,，\s　]{{1,3}}(?:[男女]|\d{{1,3}}岁))"
        ),
        "zh.name.pinyin_label": re.compile(
            r"(?:姓名|拼音|患者)[:：]?\s?(?P<n>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){1,2})"
        ),
    }


class NameAnnotator:
    """Names by label, kin word, title and prefix; names so found are looked for again."""

    name = "zh.names"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of people; titles and kin words stay outside."""
        plain = document.plain
        found: list[Mention] = []
        for detector, expression in _expressions().items():
            if detector == "titles":
                found.extend(_titled(plain, expression))
                continue
            for match in expression.finditer(plain):
                start, end = match.span("n")
                start, end = _without_words(plain, start, end)
                if (
                    start < end
                    and _is_name(plain, start, end, detector)
                    and not is_eponym(plain, start, end)
                ):
                    found.append(Mention(start, end, SpanType.NAME, Strength.LABELLED, detector))
        yield from found
        yield from _repeated(plain, found)


def _without_words(plain: str, start: int, end: int) -> tuple[int, int]:
    """Leave out a title at the end (张医生) and a kin word before a foreign name."""
    text = plain[start:end]
    if len(text) > 3 and text[-2] == " " and text[-1] in "男女":
        return start, end - 2
    if "·" in text:
        for word in _LEADING:
            if text.startswith(word) and len(text.partition("·")[0]) > len(word):
                return start + len(word), end
        return start, end
    for length in (1, 2):
        rest = plain[start + length : end + 3]
        if rest.startswith(STRONG_TITLES) and text[:length] in surnames():
            return start, start + length
    return start, end


_LEADING = tuple(longest_first({*(k for k in KIN if len(k) > 1), *LABELS}))
_BEFORE_NAME = frozenset(
    '由请经与和及向到同对给让被找跟是为的小老阿、，。；：:,;（( \n\t“"村务警班校接主护'
)
_NEVER_SURNAME = frozenset("主任副总全专首责师班时年人科院长员级者")


def _titled(plain: str, titles: re.Pattern[str]) -> Iterator[Mention]:
    """徐主任, 欧阳静宜医生: the name before a title, as long as its characters allow."""
    for match in titles.finditer(plain):
        place = match.start()
        for length in (4, 3, 2, 1):
            start = place - length
            text = plain[max(0, start) : place]
            if start < 0 or not _looks_like_name(text):
                continue
            before = plain[start - 1 : start]
            # Three characters that are a surname and a given name need nothing more: 外科孟庆余主任.
            whole = len(text) == 3 and text[:1] in surnames() and text[1:] not in COMMON
            whole = whole and plain[start - 1 : start + 1] not in COMMON
            if length == 1 and plain[start - 1 : place] in COMMON:
                continue  # 调查医师
            if len(text) > 1 and text[-1] in "说问叫让请找":
                continue  # 小甄说婆婆
            free = (
                whole or not before or not "\u4e00" <= before <= "\u9fff" or before in _BEFORE_NAME
            )
            # A surname alone needs no more than its title, unless the title begins another word.
            if free or (
                length == 1 and text not in _NEVER_SURNAME and before not in "主副总全专住首"
            ):
                detector = "zh.name.title"
                yield Mention(start, place, SpanType.NAME, Strength.LABELLED, detector)
                break


def _looks_like_name(text: str) -> bool:
    if not "\u4e00" <= text[0] <= "\u9fff" or text in _NOT_NAMES or text in ORDINARY:
        return False
    family = 2 if len(text) > 1 and text[:2] in surnames() else 1
    given = text[family:]
    if text[:family] not in surnames() or text[:family] in _NEVER_SURNAME or len(given) > 2:
        return False
    return all(c in given_characters() for c in given)


_SURE = frozenset(
    {
        "zh.name.label",
        "zh.name.nickname",
        "zh.name.role",
        "zh.name.sex",
        "zh.name.line_start",
        "zh.name.in_bracket",
    }
)
"""Detectors whose context outweighs that a name is also a word."""


def _is_name(plain: str, start: int, end: int, detector: str) -> bool:
    text = plain[start:end].replace(" ", "")
    if "·" in text or text.isascii():
        return True
    if len(text) == 2 and text[1] == "家":
        return False  # 邻居赖家的狗
    if text in _NOT_NAMES or (detector != "zh.name.nickname" and len(text) > 4):
        return False
    if len(text) > 1 and any(c in _BAD_SECOND for c in text[1:]):
        return False
    if detector == "zh.name.prefix":
        return text not in _NEVER_SURNAME
    if text in COMMON and detector not in _SURE:
        return False
    after = plain[end : end + 1]
    bounded = not "\u4e00" <= after <= "\u9fff"
    if len(text) > 1 and (detector == "zh.name.listed" or not bounded):
        # In running text only characters of given names may follow the surname.
        given = text[2:] if text[:2] in surnames() and len(text) > 2 else text[1:]
        if text in (COMMON if detector == "zh.name.role" else ORDINARY):
            return False
        return all(c in given_characters() for c in given)
    return True


def _repeated(plain: str, found: list[Mention]) -> Iterator[Mention]:
    values = {plain[m.start : m.end] for m in found}
    for value in sorted(values):
        if len(value) < 2 or value in COMMON:
            continue
        place = plain.find(value)
        while place >= 0:
            yield Mention(
                place, place + len(value), SpanType.NAME, Strength.LISTED, "zh.name.repeated"
            )
            place = plain.find(value, place + 1)
