"""Surrogates of names, places and organisations in Chinese notes."""

from __future__ import annotations

import importlib
import re
from functools import cache

from deid.text.document import SpanType
from deid.text.normalise import fold, to_plain
from deid.text.packs.zh.lexicon import (
    common_surnames,
    compound_surnames,
    given_pool,
    has_han,
    split_full_name,
    surnames,
)
from deid.text.packs.zh.pinyin import syllables_of
from deid.text.surrogates.common import make_common
from deid.text.surrogates.seed import Scene, Seed

_PLACE_FIRST = (
    "安宝长昌德东丰福富广海和恒华吉建江金锦康乐临隆梅明南宁平庆荣瑞三绍顺泰天文武新兴永玉远云泽中"
)
_PLACE_SECOND = "安昌城川德丰关海河湖华江康乐陵隆梅门宁平浦泉山水泰塘田溪阳邑源原泽洲"
_UNIT = re.compile(
    r"特别行政区|自治区|自治州|自治县|街道|社区|居委会|村委会|新村|小区|公寓|花园|家园|家属院|大道|胡同|"
    r"人民医院|中医院|妇幼保健院|中心卫生院|卫生院|卫生室|卫生服务中心|卫生服务站|医院|防治所|诊所|"
    r"疾控中心|保健院|养老院|敬老院|福利院|有限责任公司|有限公司|股份|集团|公司|工厂|厂|职业技术学院|"
    r"大学|学院|中学|小学|幼儿园|学校|合作社|超市|商店|饭店|酒店|药店|药房|银行|邮局|派出所|法院|"
    r"第[一二三四五六七八九十]|中心|省|市|县|区|旗|镇|乡|村|路|街|巷|弄|里|组|号|栋|幢|楼|单元|室|排|附|院|"
    r"残联|队|站|部|局|所"
)
_PROVINCE = re.compile(r"省|自治区|特别行政区")
_FOREIGN = (
    "艾",
    "古",
    "丽",
    "娜",
    "尔",
    "提",
    "买",
    "力",
    "江",
    "热",
    "依",
    "帕",
    "阿",
    "吐",
    "木",
    "拉",
)
_DIGIT_WORDS = "一二三四五六七八九"


def make(text: str, kind: SpanType, scene: Scene) -> str | None:
    """A replacement in Chinese forms, or in pinyin for a Chinese name written so."""
    if kind is SpanType.NAME:
        if has_han(text):
            return scene.first_free(text, lambda n: _name(text, scene, n))
        canonical = scene.aliases.get(fold(text)) or scene.canonical or ""
        if canonical.startswith("zh"):
            return scene.first_free(text, lambda n: _pinyin_name(text, canonical, scene, n))
        return None
    if not has_han(text):
        return None
    if kind is SpanType.AGE_OVER_89:
        return "90岁以上" if "岁" in text or "歲" in text else "90以上"
    if kind in (SpanType.LOCATION, SpanType.ORGANIZATION):
        if not any(c.isalnum() for c in _UNIT.sub("", to_plain(text))):
            return None  # kinds alone, as 医院 or 第一小学: nothing of it can be replaced
        return scene.first_free(text, lambda n: _place(text, scene, n))
    if kind is SpanType.PROFESSION:
        return "当地工作人员"
    return make_common(text, kind, scene)


def _name(text: str, scene: Scene, attempt: int) -> str:
    plain = to_plain(text).replace(" ", "").replace("\n", "")
    canonical = scene.aliases.get(fold(plain)) or scene.canonical or _guess(plain)
    role, _, rest = canonical.partition(":")
    if not role.startswith("zh"):
        canonical = _guess(plain)
        role, _, rest = canonical.partition(":")
    if "·" in plain:
        return "·".join(_foreign(part, scene, attempt) for part in plain.split("·"))
    if role == "zhfull":
        family, _, given = rest.partition(":")
        return _family(family, scene, attempt) + _given(given, scene, attempt, len(given))
    if role == "zhfamily":
        return _family(rest, scene, attempt)
    if len(plain) == 2 and plain[0] in "小阿老":
        return plain[0] + _given(rest, scene, attempt, len(rest))[-1]
    if len(plain) == 2 and plain[0] == plain[1]:
        return _given(rest, scene, attempt, len(rest))[-1] * 2
    return _given(rest, scene, attempt, len(plain))


def _guess(plain: str) -> str:
    if len(plain) == 1 or plain in surnames():
        return f"zhfamily:{plain}"
    if plain[0] in "小阿老" or plain[:1] == plain[1:]:
        return f"zhgiven:{plain[1:]}"
    family, given = split_full_name(plain)
    if family in surnames() and given:
        return f"zhfull:{family}:{given}"
    return f"zhgiven:{plain}"


def _family(family: str, scene: Scene, attempt: int) -> str:
    pool = compound_surnames() if len(family) == 2 else common_surnames()
    seed = scene.seed("name", "zhfamily:" + family)
    choice = seed.pick(pool, attempt)
    return choice if choice != family else seed.pick(pool, attempt, "other")


def _given(given: str, scene: Scene, attempt: int, length: int) -> str:
    seed = scene.seed("name", "zhgiven:" + given)
    sex = scene.sexes.get("zhgiven:" + given) or _sex_of(given)
    pool = given_pool(1 if length == 1 else 2, sex)
    return seed.pick(pool, attempt)


@cache
def _sex_marks() -> tuple[frozenset[str], frozenset[str]]:
    provider = importlib.import_module("faker.providers.person.zh_CN").Provider
    male = frozenset("".join(provider.first_names_male))
    female = frozenset("".join(provider.first_names_female))
    return male - female, female - male


def _sex_of(given: str) -> str | None:
    male, female = _sex_marks()
    score = sum((c in male) - (c in female) for c in given)
    return "M" if score > 0 else "F" if score < 0 else None


def _foreign(part: str, scene: Scene, attempt: int) -> str:
    seed = scene.seed("name", "zhforeign:" + part)
    return "".join(seed.pick(_FOREIGN, attempt, i) for i in range(len(part)))


def _pinyin_name(text: str, canonical: str, scene: Scene, attempt: int) -> str:
    role, _, rest = canonical.partition(":")
    family, _, given = rest.partition(":") if role == "zhfull" else ("", "", rest)
    new_given = "".join(syllables_of(_given(given, scene, attempt, len(given))))
    parts = [new_given]
    if family and len(fold(text)) > len(fold("".join(syllables_of(given)))):
        new_family = "".join(syllables_of(_family(family, scene, attempt)))
        first = fold(text).startswith(fold("".join(syllables_of(family))))
        parts = [new_family, new_given] if first else [new_given, new_family]
    if text.isupper():
        return " ".join(parts).upper()
    if text[:1].isupper():
        return " ".join(p.capitalize() for p in parts)
    return (" " if " " in text else "").join(parts)


@cache
def _provinces() -> tuple[str, ...]:
    provider = importlib.import_module("faker.providers.address.zh_CN").Provider
    return tuple(p for p in provider.provinces if p.endswith("省"))


def _place(text: str, scene: Scene, attempt: int) -> str:
    """Keep kinds (省 市 路 医院) and shape; replace the proper parts and the numbers between."""
    plain = to_plain(text)
    seed = scene.seed("place", plain)
    out, place = [], 0
    for i, match in enumerate(_UNIT.finditer(plain)):
        proper = plain[place : match.start()]
        if match[0] == "省" and proper:
            province = seed.pick(_provinces(), attempt, i)
            out.append(province)
        else:
            out.append(_proper(proper, seed, attempt, i))
            out.append(match[0])
        place = match.end()
    out.append(_proper(plain[place:], seed, attempt, 999))
    return "".join(out)


def _proper(text: str, seed: Seed, attempt: int, place: int) -> str:
    out = []
    letters = 0
    for i, c in enumerate(text):
        if c.isdigit():
            out.append(str(1 + seed.number(9, attempt, place, i)))
        elif c in _DIGIT_WORDS and len(text) == 1:
            out.append(seed.pick(_DIGIT_WORDS, attempt, place, i))
        elif has_han(c):
            pool = _PLACE_FIRST if letters % 2 == 0 else _PLACE_SECOND
            out.append(seed.pick(pool, attempt, place, i))
            letters += 1
        elif c.isalpha():
            out.append("ABCDEFGH"[seed.number(8, attempt, place, i)])
        else:
            out.append(c)
    return "".join(out)
