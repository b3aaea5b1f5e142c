# ruff: noqa: E501 -- an expression is read whole
"""Names in Chinese notes as people call each other: 赵姐, 阿珍, 闫二嫂, 姓孟, 有财爷, 佟家, 冉某.

Titles, kin words and the prefix before a surname stay outside; 阿 or 小 before a given name belongs
to it.
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
    ORDINARY,
    PACKAGE,
    STRONG_TITLES,
    given_characters,
    is_eponym,
    is_surname,
    surname_class,
    surnames,
)
from deid.text.words import alternation, read_words

_FOLLOWERS = read_words(PACKAGE, "followers.txt")
_NOT_NAMES = read_words(PACKAGE, "not_names.txt")
_RELATIONS = read_words(PACKAGE, "relations.txt") | frozenset(k for k in KIN if len(k) > 1)

_HAN = r"[\u4e00-\u9fff]"
_LEADS = "哥弟姐妹家叫让请给跟找说问和与向由被是到送同对托把替陪据经为但而就还也又都等有"
_SHORT_KIN = frozenset("哥嫂姐弟妹父母夫妻子女兄孙甥婿媳") | {"外孙", "孙女", "外孙女", "侄女"}
_KIN = "[姐哥嫂婶姨叔伯爷奶妈爸爹娘婆公妹弟]"
_ELDER_KIN = "[叔婶爷奶姨伯嫂哥姐娘]"
# Surnames that with a kin word behind them are words of their own: 干妈, 老公, 大哥.
_KIN_WORD_HEADS = frozenset("干后亲老大小二三阿公姑姨舅表堂养继单花师管冷能帅单时家外祖叔伯")
_HOUSE_WORDS = frozenset("国专全居公东管农商成安到在回王干大人同自皇厂本离")
_NOT_AFTER_A = (
    "司匹", "莫西", "托", "奇霉", "卡波", "立哌", "普唑", "替", "昔洛", "尔", "片", "胶", "姨", "婆", "公", "米", "斯",
    "哌", "那", "仑", "糖", "德", "伐", "魏", "维", "帕", "比", "柏", "布", "是", "加", "里", "富", "拉", "姆", "苯",
    "司", "罗", "扎", "曲", "巴", "贝", "法", "格", "奴", "弗", "达", "利", "佐", "美", "塞", "坝", "城", "Q",
)  # fmt: skip
_BY_TRADE = (
    "瘸子", "麻子", "拐子", "瞎子", "聋子", "哑巴", "结巴", "胖子", "驼子", "木匠",
    "裁缝", "铁匠", "瓦匠", "篾匠", "石匠", "漆匠", "屠夫", "货郎", "半仙", "掌柜",
    "支书", "文书", "婶子", "师奶", "护长", "sir", "Sir", "SIR",
)  # fmt: skip
"""What people of a village or a ward are told apart by, behind their surname."""
_BEFORE = r"(?:^|(?<=[\s,，。;；、:：!！?？（(\"“”'》】\]→—\-/~～])|(?<=[叫让请给跟找说问和与向由被是到送同对托把替陪据经为但而就还也又都等有]))"


@cache
def _expressions() -> tuple[tuple[str, int, re.Pattern[str]], ...]:
    surname = surname_class()
    titles = alternation(STRONG_TITLES)
    followers = alternation(_FOLLOWERS)
    minority = alternation(read_words(PACKAGE, "minority_names.txt"))
    relations = alternation(_RELATIONS)
    relatives = alternation({*_RELATIONS, *_SHORT_KIN})
    next_ = rf"$|[^\u4e00-\u9fff]|{followers}|{titles}|上|下|她|他|我|你|那|这|没|不|来|把|早|晚|当|过|了|家|打|带|帮|问|回|送|才|就|还|要|想|会|能|坚"
    after = rf"(?={next_})"
    return (
        ("zh.called.surname", Strength.LABELLED, re.compile(rf"(?<![百同随母父夫本改])姓(?P<n>{surname})(?![名氏])")),
        ("zh.called.a", Strength.LISTED, re.compile(rf"(?<![东中南北西拉])(?P<n>阿{_HAN}){after}")),
        ("zh.called.kin", Strength.LABELLED, re.compile(rf"(?m){_BEFORE}(?:小|老)?(?P<n>{surname}){_KIN}(?!{_KIN}|[夫孙婿会司里共斤斗藤征])")),
        ("zh.called.kin_of_role", Strength.LABELLED, re.compile(rf"(?<={_HAN})(?P<n>{surname})(?=[姐哥婶姨叔嫂](?:[\s,，。;；、:：（(]|$|说|问|在|来))")),
        ("zh.called.given_kin", Strength.LISTED, re.compile(rf"(?m)(?:{_BEFORE}|隔壁|邻居|对门|村里|同村)(?P<n>{_HAN}{{2}})(?={_ELDER_KIN}(?:{next_}|初|配))")),
        ("zh.called.order", Strength.LABELLED, re.compile(rf"(?P<n>{surname})(?=(?:老[大二三四五六七八幺]|[大二三四五六七八九幺](?:{_KIN}|娃|子|家)))")),
        ("zh.called.house", Strength.LISTED, re.compile(rf"(?m){_BEFORE}(?P<n>{surname}{_HAN}?)(?=家(?:那位|的|媳|老|大|小|二|三|娶|办|里|院|属|长子|闺女|姑娘|儿子))")),
        ("zh.called.somebody", Strength.LABELLED, re.compile(rf"(?P<n>{surname})(?=某(?![些年月日一个种处地人院科部时次天])|氏(?:[,，。（(]|$|之[子女]|在|说|陪|也|今))")),
        ("zh.called.relation", Strength.LISTED, re.compile(rf"(?:{relations})[叫名]?(?P<n>{_HAN}{{2}}){after}")),
        ("zh.called.relation_full", Strength.LABELLED, re.compile(rf"(?:{relations})[叫名]?(?P<n>{surname}{_HAN}{{1,2}}){after}")),
        ("zh.called.relation_run", Strength.LISTED, re.compile(rf"{relatives}[叫名]?(?P<n>{surname}?{surname}{_HAN}{{2}})")),
        ("zh.called.speaker", Strength.LISTED, re.compile(rf"(?m)^(?P<n>{_HAN}{{2,4}}) ?\d{{1,2}}:\d{{2}}:")),
        ("zh.called.minority", Strength.LISTED, re.compile(rf"(?P<n>{minority}(?:{minority})*[措吉毛草加本杰]?)")),
        ("zh.called.kin_full", Strength.LABELLED, re.compile(rf"(?m){_BEFORE}(?:外孙女?|孙女?|侄女?|甥|婿|媳|姑|姨|舅|叔|[哥嫂姐弟妹父母夫妻子女兄])(?P<n>{surname}{_HAN}{{1,2}}){after}")),
        ("zh.called.relation_a", Strength.LISTED, re.compile(rf"(?:{relations})(?P<n>阿{_HAN})")),
        ("zh.called.elder", Strength.LISTED, re.compile(rf"(?m){_BEFORE}(?P<n>{surname})(?=老(?:[,，。:：、\s云曰说诉称谓师自]|先生|太太|爷子|$))")),
        ("zh.called.little_title", Strength.LISTED, re.compile(rf"(?P<n>小{_HAN})(?={titles})")),
        ("zh.called.old", Strength.LISTED, re.compile(rf"(?m)(?:^|(?<=[\s,，。;；、:：(（\"“]))[老小](?P<n>{surname})(?={_HAN})")),
        ("zh.called.relation_little", Strength.LISTED, re.compile(rf"(?:{relations})[小老阿](?P<n>{surname}){after}")),
        ("zh.called.one_of", Strength.LISTED, re.compile(rf"(?:其中|首例|首发病例|指示病例|病例|第\d+例|例\d+|接触者)[:：是为]?(?P<n>{surname}{_HAN}{{1,2}})(?=[与、,，和及为（(]|系)")),
        ("zh.called.written", Strength.LISTED, re.compile(rf"(?:误?[录写登印][成为作]|写作|又写|登记[成为]|显示[为成]|叫[成作]|听[成作])[\"“「](?P<n>{_HAN}{{2,3}})[\"”」]")),
        ("zh.called.little", Strength.LISTED, re.compile(rf"(?m){_BEFORE}(?P<n>[小]{_HAN}|{_HAN}(?:娃子|妞|伢|仔|囡|妹子))(?={titles}|[,，。;；、\s:：（(]|$)")),
        ("zh.called.chinese_name", Strength.LABELLED, re.compile(rf"(?:中文名|汉名|本名|原名|又名|艺名|法名|学名|大名|真名|化名)(?:字)?(?:叫|是|为)?[:：]?[ \"“]?(?P<n>{_HAN}{{2,4}})(?=$|[^\u4e00-\u9fff])")),
        ("zh.called.relation_surname", Strength.LISTED, re.compile(rf"(?:{relations})(?P<n>{surname})(?=[,，。;；、)）\s]|$)")),
        ("zh.called.neighbours", Strength.LISTED, re.compile(rf"(?:邻居|隔壁|亲戚|对门|对面|楼上|楼下)(?P<n>{surname})(?=家(?!族|人|庭|里人))")),
        ("zh.called.surnamed", Strength.LABELLED, re.compile(rf"(?<!{_HAN})(?P<n>{_HAN})(?=姓(?:村民|男子|女子|患者|老人|司机|学生|居民|工人|员工|男童|女童))")),
        ("zh.called.old_behind", Strength.LISTED, re.compile(rf"(?:[过叫找给跟被骂打问见]|包工头|司机|保姆|师傅)[老小](?P<n>{surname})(?=[一两几那这说的,，。;；、)）\s]|$)")),
        ("zh.called.by_trade", Strength.LISTED, re.compile(rf"(?P<n>{surname})(?={alternation(_BY_TRADE)})")),
        ("zh.called.old_man", Strength.LABELLED, re.compile(rf"老(?P<n>{surname})(?=头(?![痛疼晕昏发上顶皮颅部]))")),
        ("zh.called.house_order", Strength.LABELLED, re.compile(rf"(?m){_BEFORE}(?P<n>{surname})(?=家老[大二三四五六七八幺])")),
        ("zh.called.mother_of", Strength.LISTED, re.compile(rf"(?m){_BEFORE}(?P<n>{_HAN}{{2}})(?=[他她](?:娘|爹|妈|爸|哥|姐|嫂|奶|爷)(?:[说讲来问抱背送带]|在|也|,|，))")),
        ("zh.called.nth_child", Strength.LISTED, re.compile(rf"(?m){_BEFORE}(?P<n>[大二三四五六][娃狗牛妞丫蛋柱栓虎毛嘎愣猫]子?)(?=[打来去说哭闹发吃又也在今昨,，。、\s]|$)")),
        ("zh.called.asked", Strength.LISTED, re.compile(rf"(?m)(?:^|[,，。;；\s])(?:问|找|喊|劝|碰到|碰见|遇到|遇见)(?P<n>{_HAN}{{2}})(?=[,，。;；])")),
        ("zh.called.dictates", Strength.LISTED, re.compile(rf"(?:住院医|主治|规培|实习生|打字员|录入员|记录员)(?P<n>{surname})(?=口述|录入|记录|报告|汇报|查房|代)")),
        ("zh.called.bed", Strength.LISTED, re.compile(rf"(?m){_BEFORE}(?P<n>{surname})(?=床(?:已|欠|今|要|转|出|的|家属|病人|患者|术|夜))")),
        ("zh.called.pair", Strength.LABELLED, re.compile(rf"(?P<n>{surname})(?=[、和与]{surname}(?:二|两)[人位])")),
        ("zh.called.pair_end", Strength.LABELLED, re.compile(rf"(?<=[、和与])(?P<n>{surname})(?=(?:二|两)[人位])")),
        ("zh.called.what", Strength.LISTED, re.compile(rf"(?:叫|姓)(?P<n>{surname})(?=什么)")),
        ("zh.called.signs", Strength.LISTED, re.compile(rf"(?m){_BEFORE}(?P<n>{surname})(?=(?:代)?签[名字收认]|代签|按手印)")),
        ("zh.called.relative", Strength.LABELLED, re.compile(rf"(?:监护人|家属|联系人|陪护|代述人|委托人|照料者|督导员)[:：]?(?P<n>{surname})(?=[（(](?:{relatives}|父|母|配偶|爱人)[)）])")),
        ("zh.called.latin_role", Strength.LISTED, re.compile(rf"(?<![A-Za-z])(?:PT|OT|ST|RN|NP)[ :：](?P<n>{surname}{_HAN}?)(?=[、,，。/;；\s]|$)")),
        ("zh.called.born", Strength.LABELLED, re.compile(rf"(?<=[（(,，])(?P<n>{surname})(?=姓[,，。）)])")),
        ("zh.called.bracket", Strength.LABELLED, re.compile(rf"[A-Z][A-Za-z.'\u2019]{{0,30}}[ .]?[ ]?[（(](?P<n>{surname}{_HAN}{{1,2}})[）)]")),
    )  # fmt: skip


class CallAnnotator:
    """Names by the way in which people are called."""

    name = "zh.called"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of people."""
        plain = document.plain
        for detector, strength, expression in _expressions():
            for match in expression.finditer(plain):
                start, end = match.span("n")
                found = _CHECKS.get(detector, _anything)(plain, start, end)
                if found is not None and not is_eponym(plain, *found):
                    yield Mention(*found, SpanType.NAME, strength, detector)


def _anything(plain: str, start: int, end: int) -> tuple[int, int] | None:
    return None if plain[start:end] in _NOT_NAMES else (start, end)


def _after_a(plain: str, start: int, end: int) -> tuple[int, int] | None:
    rest = plain[start + 1 : end + 1]
    if rest.startswith(_NOT_AFTER_A):
        return None
    character = plain[start + 1]
    if character in surnames() and character not in _GIVEN_RATHER:
        return start + 1, end
    alone = not "\u4e00" <= plain[end : end + 1] <= "\u9fff"
    return (start, end) if alone or character in given_characters() else None


def _kin(plain: str, start: int, end: int) -> tuple[int, int] | None:
    word = plain[start : end + 1]
    if plain[start:end] in _KIN_WORD_HEADS or word in KIN or word in ORDINARY:
        return None
    return start, end


def _surname_behind(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """``师傅邱，``: not 孩子安。, where the two are a word, nor what is no surname by itself."""
    if not is_surname(plain[start:end]) or plain[start - 1 : end] in COMMON:
        return None
    return start, end


def _kin_of_role(plain: str, start: int, end: int) -> tuple[int, int] | None:
    if plain[start - 1] in _KIN_WORD_HEADS or plain[start - 1 : end] in _NOT_NAMES:
        return None
    return _kin(plain, start, end)


def _given(plain: str, start: int, end: int) -> tuple[int, int] | None:
    text = plain[start:end]
    if text in _NOT_NAMES or text in _RELATIONS or text[0] in "大二三四小老这那他她我你各每有没":
        return None
    if any(text.endswith(k) for k in "父母夫妻儿女子") or text in COMMON:
        return None
    return (start, end) if all(c in given_characters() for c in text) else None


def _given_of_kin(plain: str, start: int, end: int) -> tuple[int, int] | None:
    text = plain[start:end]
    if (
        text in _RELATIONS
        or text[1] in "父母夫妻儿女子家的"
        or text[0] in "大二三四小老这那他她我你各每没"
    ):
        return None
    family = text[0] in surnames() and text[0] not in given_characters()
    if family:
        return None
    return (start, end) if all(c in given_characters() for c in text) else None


def _by_trade(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """胡裁缝: not 老木匠, nor a surname that ends a word (家里麻子)."""
    words = {plain[start - 1 : end], plain[start : end + 1]}
    return None if words & COMMON or plain[start:end] in _KIN_WORD_HEADS else (start, end)


def _of_village(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """狗剩他娘, 问大奎: given names of the village, and no word of the dictionary."""
    text = plain[start:end]
    if text in COMMON or text in _NOT_NAMES or text in _RELATIONS or text in LABELS:
        return None
    return (start, end) if all(c in given_characters() or c in _VILLAGE for c in text) else None


_VILLAGE = frozenset("狗剩铁蛋栓柱锁丑妮娃奎猫牛虎拴囤仓粮收顺庆旺财发根墩毛蛮")


def _order(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """闫二嫂, 莫老六: at the head of a clause, or behind who they are."""
    before = plain[max(0, start - 4) : start]
    led = not before or not "\u4e00" <= before[-1] <= "\u9fff" or before[-1] in _LEADS
    if not (led or any(before.endswith(word) for word in _RELATIONS)):
        return None
    if plain[start : end + 2] in COMMON or plain[start:end] in "一二三十":
        return None
    # 莫老六 is what he is called; of 闫二嫂 only the surname is hers.
    return start, end + 2 if plain[end] == "老" else end


def _house(plain: str, start: int, end: int) -> tuple[int, int] | None:
    text = plain[start:end]
    if text[0] in _HOUSE_WORDS or text in _NOT_NAMES:
        return None
    if len(text) == 2 and text[1] not in "一二三四五六七八九十老大幺":
        return (start, end) if all(c in given_characters() for c in text[1:]) else None
    return start, start + 1


def _somebody(plain: str, start: int, end: int) -> tuple[int, int] | None:
    if plain[start:end] in "在有于是时从能对给让向到同一":
        return None
    if plain[end] == "氏" and plain[start:end] in "罗唐巴墨马麦柯史华肖苏何革吉":
        return None
    return start, end


def _full(plain: str, start: int, end: int) -> tuple[int, int] | None:
    if (
        end - start > 2
        and plain[end - 1] in _VERBS
        and "\u4e00" <= plain[end : end + 1] <= "\u9fff"
    ):
        end -= 1
    text = plain[start:end]
    family = 2 if text[:2] in surnames() and len(text) > 2 else 1
    if text in _NOT_NAMES or text in COMMON or text[family:] == "家":
        return None
    if text[family:] in KIN or text[family:] in STRONG_TITLES:
        return start, start + family  # 介绍人芮阿姨
    hard = not "\u4e00" <= plain[end : end + 1] <= "\u9fff"
    if hard and len(text) == 3 and text[1:] not in COMMON and text[:2] not in COMMON:
        return start, end
    return (start, end) if all(c in given_characters() for c in text[family:]) else None


def _run(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """Behind a relation a name may run on into the sentence: 儿媳阎爱民推着, 妈妈雷蕾填的.

    A kin word of one character counts at the head of a clause only.
    """
    short = plain[start - 1 : start] in _SHORT_KIN and plain[start - 2 : start] not in _RELATIONS
    head = plain[max(0, start - 2) : start - 1]
    if short and head and "\u4e00" <= head <= "\u9fff":
        return None
    for stop in (end, end - 1, end - 2):
        text = plain[start:stop]
        family = 2 if text[:2] in surnames() and len(text) > 2 else 1
        given = text[family:]
        if not given or len(given) > 2 + (len(text) == 4) or text in COMMON or text in _NOT_NAMES:
            continue
        if given in COMMON and len(given) == 2 and text[0] not in surnames():
            continue
        if (len(text) > 2 and text[-1] in _VERBS) or "家" in given:
            continue
        if len(text) == 4 and text[2:] in COMMON:
            continue  # 女儿国英轮流陪护
        if all(c in given_characters() for c in given) and plain[stop - 1 : stop + 1] not in COMMON:
            return start, stop
    return None


_VERBS = frozenset("说收叫问讲记喊端接")
"""What a relative does, behind the name: no given name ends so."""


def _speaker(plain: str, start: int, end: int) -> tuple[int, int] | None:
    text = plain[start:end]
    known = text in COMMON or text in _NOT_NAMES or text in _RELATIONS or text in LABELS
    return None if known or text.endswith(STRONG_TITLES) else (start, end)


def _minority(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """One element alone may be part of a place or a word: 乌云密布, 塔拉乡."""
    if end - start >= 4:
        return start, end
    after, before = plain[end : end + 1], plain[start - 1 : start]
    inside = (
        "\u4e00" <= after <= "\u9fff"
        and after not in "说诉和与及的在是来去到也家警医老同陪因阿大叔爷奶妈爸姐哥"
    )
    led = (
        "\u4e00" <= before <= "\u9fff"
        and before not in "姐哥妹弟妈爸父母子女夫妻所长医警人患叫和与由居请找让跟给"
    )
    return None if inside or led else (start, end)


def _old(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """老安耳背: a prefix and a surname at the head of a clause, and no word (老家, 小时)."""
    words = {plain[start - 1 : end], plain[start - 1 : end + 1], plain[start : end + 1]}
    if words & COMMON or plain[start - 1 : end] in _LITTLE_WORDS or plain[start] in "年人师家龄":
        return None
    return start, end


def _little(plain: str, start: int, end: int) -> tuple[int, int] | None:
    text = plain[start:end]
    if text[0] == "小":
        if text[1] in surnames() and text[1] not in _GIVEN_RATHER:
            return (start + 1, end) if plain[end : end + 1] not in "肠" else None
        if text in _LITTLE_WORDS or text[1] not in given_characters():
            return None
        return start, end
    return (start, end) if text[0] in given_characters() and text not in _RELATIONS else None


_GIVEN_RATHER = frozenset("兰明珍安宁强和云文平成林凤国元华芳")
_LITTLE_WORDS = frozenset(
    (
        "小时", "小学", "小便", "小腿", "小脑", "小肠", "小心", "小儿", "小区", "小组", "小孩", "小叶",
        "小结", "小量", "小剂", "小中", "小年", "小满", "小雪", "小暑", "小寒", "小子", "小女", "小二",
        "小三", "小大", "小口", "小于", "小米", "小麦", "小菜", "小鱼", "小坐", "小号", "小型", "小声",
        "小吃", "小产", "小名", "小字", "小计", "小数", "小动", "小气", "小伙", "小店", "小路", "小河",
        "小山",
    )
)  # fmt: skip
_CHECKS = {
    "zh.called.a": _after_a,
    "zh.called.order": _order,
    "zh.called.old": _old,
    "zh.called.old_behind": _old,
    "zh.called.relation_surname": _surname_behind,
    "zh.called.relation_run": _run,
    "zh.called.speaker": _speaker,
    "zh.called.minority": _minority,
    "zh.called.relation_a": _after_a,
    "zh.called.kin_full": _full,
    "zh.called.one_of": _full,
    "zh.called.little_title": _little,
    "zh.called.kin": _kin,
    "zh.called.kin_of_role": _kin_of_role,
    "zh.called.given_kin": _given_of_kin,
    "zh.called.house": _house,
    "zh.called.somebody": _somebody,
    "zh.called.relation": _given,
    "zh.called.by_trade": _by_trade,
    "zh.called.mother_of": _of_village,
    "zh.called.asked": _of_village,
    "zh.called.relation_full": _full,
    "zh.called.little": _little,
}
