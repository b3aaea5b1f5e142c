# ruff: noqa: E501 -- an expression or a word list is read whole
"""Word lists of Chinese: surnames and given names from Faker, titles, kin and place words."""

from __future__ import annotations

import importlib
from functools import cache

from deid.text.document import Document

_EXTRA_SURNAMES = ["欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "司徒", "司空", "东方", "端木", "南宫", "独孤", "西门", "轩辕", "呼延", "万俟", "赫连", "澹台", "淳于", "单于", "申屠", "仲孙", "闻人", "拓跋", "百里", "东郭"]
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
        "新生民权利胜全得厚来有余立群洪亮东西南北中正清源远达安康乐晓振启兴旺发起学才智聪彬"
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


TITLES = ["副主任医师", "主任医师", "主治医师", "住院医师", "副主任护师", "主任护师", "主管护师", "医师", "医生", "大夫", "主任", "护士长", "护士", "护师", "药师", "技师", "治疗师", "营养师", "康复师", "助产士", "先生", "女士", "小姐", "太太", "夫人", "老师", "教授", "校长", "院长", "所长", "站长", "科长", "处长", "局长", "经理", "主管", "队长", "班长", "书记", "村长", "镇长", "县长", "市长", "支书", "会计", "师傅", "警官", "民警", "法官", "律师", "同志", "大爷", "大妈", "大娘", "大叔", "大伯", "大哥", "大姐", "大嫂", "奶奶", "爷爷", "阿姨", "阿婆", "阿公", "叔叔", "伯伯", "婶婶", "婆婆", "公公", "姥姥", "姥爷", "外婆", "外公", "老太太", "老太", "老汉", "老伯", "老人", "老头", "某某", "某", "总", "工", "董", "医", "姐", "哥", "嫂", "婶", "姨", "叔", "伯", "爷", "奶", "氏"]
# One-character titles join too many words; they count only after 小/老 forms or at a clause's end.
STRONG_TITLES = tuple(title for title in TITLES if len(title) > 1 and title != "某某")
KIN = ["父亲", "母亲", "爸爸", "妈妈", "丈夫", "妻子", "配偶", "爱人", "老公", "老婆", "老伴", "儿子", "女儿", "长子", "次子", "三子", "长女", "次女", "三女", "大儿子", "二儿子", "小儿子", "大女儿", "二女儿", "小女儿", "独子", "独女", "儿媳", "女婿", "孙子", "孙女", "外孙", "外孙女", "外孙子", "哥哥", "弟弟", "姐姐", "妹妹", "兄长", "大哥", "二哥", "大姐", "二姐", "嫂子", "弟媳", "姐夫", "妹夫", "爷爷", "奶奶", "外公", "外婆", "姥姥", "姥爷", "祖父", "祖母", "外祖父", "外祖母", "叔叔", "伯父", "伯母", "舅舅", "舅妈", "姑姑", "姑妈", "姨妈", "阿姨", "侄子", "侄女", "外甥", "外甥女", "表哥", "表弟", "表姐", "表妹", "堂哥", "堂弟", "堂姐", "堂妹", "继父", "继母", "养父", "养母", "岳父", "岳母", "公公", "婆婆", "邻居", "朋友", "同事", "同学", "工友", "室友", "保姆", "护工", "男友", "女友", "未婚夫", "未婚妻", "监护人", "联系人", "家属", "陪护人", "其子", "其女", "其妻", "其夫", "其父", "其母", "其兄", "其弟", "其姐", "其妹", "子", "女", "夫", "妻", "父", "母", "兄", "弟", "姐", "妹"]
