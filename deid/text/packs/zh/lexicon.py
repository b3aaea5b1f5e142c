"""Word lists of Chinese: surnames and given names from Faker, titles, kin and place words."""

from __future__ import annotations

import importlib
import re
from functools import cache

from deid.text.document import Document
from deid.text.words import longest_first, read_words

PACKAGE = "deid.text.packs.zh"

_EXTRA_SURNAMES = read_words(PACKAGE, "extra_surnames.txt")
# Characters that are surnames but far more often something else; kept out of bare matching.
_WEAK_SURNAMES = set("于有时年一多少大小从经能对无和后双次便水生平日月心手口血气天")


@cache
def _people() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    provider = importlib.import_module("faker.providers.person.zh_CN").Provider
    return (
        tuple(dict.fromkeys(provider.last_names)),
        tuple(provider.first_names_male),
        tuple(provider.first_names_female),
    )


@cache
def surnames() -> frozenset[str]:
    """Single and compound surnames."""
    return frozenset(_people()[0]) | frozenset(_EXTRA_SURNAMES)


@cache
def common_surnames() -> tuple[str, ...]:
    """The most frequent single surnames, for surrogates."""
    return tuple(name for name in _people()[0][:90] if len(name) == 1 and name not in "于余高")


@cache
def compound_surnames() -> tuple[str, ...]:
    """Surnames of two characters."""
    return tuple(sorted(name for name in surnames() if len(name) == 2))


@cache
def given_characters() -> frozenset[str]:
    """Characters that given names are made of."""
    _, male, female = _people()
    extra = (
        "国建志文明军平华伟强磊洋勇杰娟艳涛超刚辉鹏飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢佳阳成峰"
        "兰英珍梅凤玉桂秀红霞芳丽敏静慧雪琴云莲香萍莉玲芬翠淑美春秋菊荣花巧月娥燕彩娜颖婷雅"
        "德福贵财寿喜庆祥瑞吉义仁礼信忠孝良善广永长海山河江湖川泉石金银铁钢铜宝珠世家祖宗先"
        "大小二三柱栓根锁牛虎豹狗娃妞丫子梓轩涵诗诺依欣怡思雨琪然晨曦皓睿泽铭昊博瑶嘉一可心"
        "薇诺宜设壮霞瑾萱芸琳珊婉娴淼焱楠枫柏松竹桐杉榕毅恒刚勤朴敦厚诚谦逊睦慈祺祯禄康泰亨彦硕博弘鸿鹤凌霄翔翰逸轩昂骏驰腾飒爽朗晴岚屹岳嵩崇峻峦巍璐璇珂玥琦瑜璟琼瑗珑玲钰铮锐锋钧锦绣绮丝缘纯素洁皎皓晗昕昱暄煜炜炎烨燃灿辉耀曜星辰宸宏伟坤乾震巽坎离艮兑元亨贞香桃杏李莲菲蓉莹蔓芝苗茵茹荷蕾蕊薪聚会改变来弟招娣盼换引领小妹幺满囤粮仓丰收跃进援朝抗美卫红兵团结劳动模范新生民权利胜全得厚来有余立群洪亮东西南北中正清源远达安康乐晓振启兴旺发起学才智聪彬"
    )
    return frozenset("".join(male) + "".join(female) + extra)


def given_pool(length: int, sex: str | None) -> tuple[str, ...]:
    """Given names of ``length`` characters for surrogates."""
    _, male, female = _people()
    pool = {"M": male, "F": female}.get(sex or "", male + female)
    return tuple(sorted({name for name in pool if len(name) == length}))


def is_surname(text: str) -> bool:
    """Whether ``text`` is a surname that may be matched without a label beside it."""
    return text in surnames() and text not in _WEAK_SURNAMES


def split_full_name(name: str) -> tuple[str, str]:
    """Surname and given name of a Chinese full name; names with a middle dot are all given."""
    if "·" in name:
        head, _, tail = name.partition("·")
        return tail, head
    length = 2 if name[:2] in surnames() and len(name) > 2 else 1
    return name[:length], name[length:]


def has_han(text: str) -> bool:
    """Whether any character is a CJK ideograph."""
    return any("\u3400" <= c <= "\u9fff" for c in text)


def is_chinese(document: Document) -> bool:
    """Whether the note, or some of it, is Chinese."""
    return document.language == "zh" or has_han(document.text)


TITLES = read_words(PACKAGE, "titles.txt")
# One-character titles join too many words; they count only after 小/老 forms or at a clause's end.
STRONG_TITLES = tuple(longest_first(t for t in TITLES if len(t) > 1 and t != "某某"))
KIN = read_words(PACKAGE, "kin.txt")

# Full names that are ordinary words of everyday or clinical Chinese; context decides.
ORDINARY = read_words(PACKAGE, "ordinary.txt")
# Second characters of common words: 神志清 is no 志清.
JOINING = {"志": "神意同标斗", "清": "神澄", "平": "水和公", "明": "说证查声", "安": "不治公"}
LABELS = read_words(PACKAGE, "labels.txt")

_MALE_KIN = re.compile("父|爸|夫|子|兄|弟|哥|爷|公|叔|伯|舅|侄子|男|婿")
_FEMALE_KIN = re.compile("母|妈|妻|女|姐|妹|奶|婆|姨|姑|婶|嫂|媳|侄女")


def sex_of_kin(relationship: str) -> str | None:
    """``M`` or ``F`` by the last character of a relationship that tells it: 妻子 is a woman."""
    if re.search("妻|孙女|外甥女|儿媳|弟媳", relationship):
        return "F"
    male = [m.start() for m in _MALE_KIN.finditer(relationship)]
    female = [m.start() for m in _FEMALE_KIN.finditer(relationship)]
    if not male and not female:
        return None
    return "M" if max(male, default=-1) > max(female, default=-1) else "F"
