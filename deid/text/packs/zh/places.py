# ruff: noqa: E501 -- an expression or a word list is read whole
"""Places and organisations in Chinese notes: addresses by division, facilities by their kind word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs.zh.lexicon import PACKAGE
from deid.text.words import alternation, read_words

_PROVINCES = read_words(PACKAGE, "provinces.txt")
_CITIES = read_words(PACKAGE, "cities.txt")
_AMBIGUOUS_CITIES = read_words(PACKAGE, "ambiguous_cities.txt")
_WORD = r"[\u4e00-\u9fff]"
# Characters at which a run of Chinese leaves the name of a place: particles, verbs, prepositions.
_CUT = re.compile(
    r".*(?:门牌|存根留|复片|拍片|打|接|坐|自(?![贡治由然])|陪|现住址|家庭住址|住址|地址|户籍|籍贯|家住|住在|居住于|现居|位于|转入|转至|转往|转|送至|送往|送|来自|前往|回到|赶到|到达|出生于|就诊于|就职于|就职|就读于|就读|任职于|毕业于|工作于|供职于|"
    r"住院于|收住|入住|拟入|念叨|曾在|并在|现在|均在|又在|在|于|至|到|由|从|往|经|去|回|赴|来|系|是|为|与|和|及|向|请|曾|原单位|用人单位|报告单位|工作单位|有个|就打|口信|捎|委托|寄至|寄往|寄到|寄|发放|厂名|那天|住|读|趁|搁|念|转告|告|劝|开了?[个家]|单位|机构|地点|学校|医院名称|来源|因|被|的|了|后|即|外|我院|建议|约|预约|患者|家属|以|已)"
)
_GENERIC_HEAD = re.compile(
    r"^(?:慎用|同|在|精神障碍|严重精神障碍|文化程度|文化|照常|上|能|走|跑|绕|念|读|批发|农贸|人才|转诊至|诊至|至|本|该|我|贵|外|当地|上级|下级|各|某|县|市|区|乡|镇|村|省|省级|市级|县级|区级|乡镇|三甲|二甲|大|小|定点|指定|综合|专科|社区|中心|基层|附近|乡村|农村|学校|医|住|出|入|转|来|门诊|急诊|第一|第二|全科|康复|儿童|妇产|精神|传染病|中医|人民|诊疗|医疗|民营|私人|公司|工厂|单位|家|两|一|几|多|每|同|有限|原|老|新|这|那|个体|公立|市区|城|城区|全|任|民|公办|大型|小型|私立|国有|国营|外地|外省|外院|地方|卫生|体检|乡镇卫生|社区卫生服务|社区卫生)+$"
)
_FACILITY_KINDS = alternation(read_words(PACKAGE, "facility_kinds.txt"))
_FACILITY = (
    r"(?:第[一二三四五六七八九十]+)?(?:人民|中心|中医|中西医结合|妇幼保健|妇产|儿童|肿瘤|精神卫生|精神病|传染病|口腔|眼科|胸科|骨科|康复|职业病|协同|仁和|附属|总|民族|红十字|军区|武警|铁路|职工|同仁|协和|结核病)*"
    + _FACILITY_KINDS
)
_ORGANISATION = alternation(read_words(PACKAGE, "organisation_kinds.txt"))
_TRADES = alternation(read_words(PACKAGE, "trades.txt"))
_NEXT_PART = r"(?:\d{1,5}(?:号楼|号院|号|弄|巷|组|幢|栋|楼|室|单元|层|院|队|排|社|屯|委|附)?|[\u4e00-\u9fff]{1,6}?(?:省|市|州|盟|地区|区|县|旗|街道|镇|乡|苏木|村|屯|寨|庄|社区|小区|新村|花园|公寓|苑|家园|家属院|大厦|广场|路|街|大街|大道|巷|弄|胡同|组|号|幢|栋|楼|单元|室|层|院|队|排)|之[一二三四五六七八九\d]|[\u4e00-\u9fff]{1,6}?\d{1,4}(?:组|社|队|号|栋|幢|楼|排)|[一二三四五六七八九十]{1,3}(?:组|队|号|楼|单元|排|社)|附\d+号|[A-Z]座?)"


@cache
def _expressions() -> tuple[tuple[str, SpanType, int, re.Pattern[str]], ...]:
    regions = alternation({*_PROVINCES, *(f"{city}市" for city in _CITIES)})
    return (
        (
            "zh.place.address",
            SpanType.LOCATION,
            Strength.LABELLED,
            re.compile(
                rf"{regions}(?!降压|白药|红药|阿胶|药膏)(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区)?(?:{_NEXT_PART})*"
            ),
        ),
        (
            "zh.place.labelled",
            SpanType.LOCATION,
            Strength.LABELLED,
            re.compile(
                rf"(?:住址|地址|家住|住在|居住于|现居|户籍地?|籍贯|地点|现居住地)(?:为|是|在)?[:：]?\s?(?P<p>(?:{_NEXT_PART})+)"
            ),
        ),
        (
            "zh.place.numbered",
            SpanType.LOCATION,
            Strength.LABELLED,
            re.compile(
                rf"(?P<c>[\u4e00-\u9fff]{{2,8}}(?:路|街|大街|大道|巷|弄|胡同|村|社区|小区|新村|花园|公寓|家园|家属院|庄|屯))(?=\d|附|[一二三四五六七八九十]+(?:组|号|队))(?:{_NEXT_PART})+"
            ),
        ),
        (
            "zh.place.division",
            SpanType.LOCATION,
            Strength.LISTED,
            re.compile(
                r"(?P<c>(?:[\u4e00-\u9fff]{1,6}(?:县|市|区|旗))?[\u4e00-\u9fff]{1,4}(?:街道|镇|乡)(?:[\u4e00-\u9fff]{1,6}(?:村|社区|庄|屯|寨))?)"
            ),
        ),
        (
            "zh.place.village",
            SpanType.LOCATION,
            Strength.LISTED,
            re.compile(
                r"(?P<c>[\u4e00-\u9fff]{2,4}(?:村|屯|寨|自然村|社区))(?!干部|医|民|委会|村委|长|卫生|组织|里|口|支书|庄)"
            ),
        ),
        (
            "zh.place.city",
            SpanType.LOCATION,
            Strength.LISTED,
            re.compile(rf"(?:{alternation(_CITIES - _AMBIGUOUS_CITIES)})(?:市)?"),
        ),
        (
            "zh.place.city_in",
            SpanType.LOCATION,
            Strength.LISTED,
            re.compile(
                r"(?:在|到|去|赴|回|来自|往|从|于|现居|居住)(?P<p>[\u4e00-\u9fff]{2,3}(?:市|自治州|盟|县))(?![场区民政级一二三四五六人中医里疾妇])"
            ),
        ),
        (
            "zh.place.numbered_hospital",
            SpanType.LOCATION,
            Strength.LISTED,
            re.compile(
                r"(?P<c>[\u4e00-\u9fff]{1,6}?(?:市|区|县|州|盟|旗)[一二三四五六七八九十]院)(?!内|外|前|后|长|校)"
            ),
        ),
        (
            "zh.place.landmark",
            SpanType.LOCATION,
            Strength.LISTED,
            re.compile(
                r"(?P<c>[\u4e00-\u9fff]{2,8}?(?:清真寺|天主堂|基督堂|教堂|寺|庙|庵|祠堂|牌坊|公园|广场|批发市场|农贸市场|菜市场|市场|菜场|集市|火车站|高铁站|汽车站|客运站|公交站|地铁站|机场|大桥|[一二三四五六]桥|立交桥|立交|隧道|服务区|渡口|水库|景区|度假村|陵园|公墓))(?!上|里面)"
            ),
        ),
        (
            "zh.org.trade",
            SpanType.ORGANIZATION,
            Strength.SHAPED,
            re.compile(
                rf"(?:在|就职于|任职于|供职于|受雇于|单位[:：]|到|给|原在?|转去|票据交|考上|就读)(?P<p>[\u4e00-\u9fff]{{2,4}}(?:{_TRADES}))(?=$|[^\u4e00-\u9fff]|上班|上夜班|做|当|打工|烧|学徒|的|工作|务工|退休|下岗|员工|职工|担任|任|洗|端|跑|搬|开|兼|送|出)"
            ),
        ),
        (
            "zh.place.hamlet",
            SpanType.LOCATION,
            Strength.SHAPED,
            re.compile(
                r"(?:老家|娘家|婆家|家住|住在?|回|返|在|到|从|由|自|去)(?P<p>[\u4e00-\u9fff]{1,6}?(?:坳|垭|坎子|沟|湾|坪|坝|岭|岗子?|洼|峪|屯|堡子?|营子?|圩|墟|寨|浜|泾|埭|塘|台子|梁|塬|庄子|窝棚))(?=老家|娘家|$|[^\u4e00-\u9fff]|接|来|的|住|人|那|村|乡|镇|派出所|小学|卫生)"
            ),
        ),
    )


_SHORT_HEAD = 6
_IN_NAMES = "和来里海上以外"
"""Characters that end a phrase (和) and stand in names (嘉和): a short name is left whole."""

_KIND_AT_END = re.compile(
    rf"(?:{_FACILITY}|{_ORGANISATION}|街道|镇|乡|村|屯|寨|社区|路|街|大道|巷|小区|花园|公寓)$"
)


_BY_KIND = (
    ("zh.place.facility", SpanType.LOCATION, re.compile(_FACILITY_KINDS), 18),
    ("zh.org", SpanType.ORGANIZATION, re.compile(_ORGANISATION), 16),
)
# 没上医院, 劝去县人民医院: what stands before the kind word leads to it.
_LEADS_TO = re.compile(r"(?:在|到|去|来|上|往|送|的)(?:[县村镇乡市区]|当地|县级|乡镇)?$")
_BRANCH = re.compile(
    r"[（(][\u4e00-\u9fff]{2,8}(?:院区|分院|校区|总院|门诊部)[）)]|[\u4e00-\u9fff]{2,4}(?:院区|分院|校区)"
)


def _named_by_kind(plain: str, kind: re.Pattern[str], longest: int) -> Iterator[tuple[int, int]]:
    """Runs of at least two and at most ``longest`` Chinese characters before a kind word.

    The kind word is looked for first: a search for names that end in one would try every place.
    """
    reach = 0
    for match in kind.finditer(plain):
        start, end = match.span()
        lowest = max(reach, start - longest)
        while start > lowest and "\u4e00" <= plain[start - 1] <= "\u9fff":
            start -= 1
        if match.start() - start >= 2:
            reach = end
            yield start, end


class PlaceAnnotator:
    """Addresses, facilities and organisations."""

    name = "zh.places"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of places and organisations; generic ones (县医院) are left alone."""
        plain = document.plain
        for name, kind, strength, expression in _expressions():
            groups = expression.groupindex
            for match in expression.finditer(plain):
                start, end = match.span("p") if "p" in groups else match.span()
                if plain[start] in "年月日号" and plain[start - 1 : start].isdigit():
                    start += 1
                if "c" in groups:
                    start = _cut(plain, start, match.end("c"))
                    head = _KIND_AT_END.sub("", plain[start : match.end("c")])
                    if len(head) < (
                        1 if name in {"zh.place.division"} else 2
                    ) or _GENERIC_HEAD.match(head):
                        continue
                if end - start < 2 or plain.endswith("同村", start, end):
                    continue
                yield Mention(start, end, kind, strength, name)
        for name, kind, expression, longest in _BY_KIND:
            for start, end in _named_by_kind(plain, expression, longest):
                start = _cut(plain, start, end)
                head = _KIND_AT_END.sub("", plain[start:end])
                if len(head) < 2 or _GENERIC_HEAD.match(head) or _LEADS_TO.search(head):
                    continue
                if plain[end - 1] in "厂矿" and plain[end : end + 1] in {"长", "上", "里"}:
                    continue
                branch = _BRANCH.match(plain, end)
                yield Mention(start, branch.end() if branch else end, kind, Strength.LISTED, name)


_LINE_OR_MARK = frozenset(("", "\n", " ", "】", "]", "。", "，", ","))


def _cut(plain: str, start: int, end: int) -> int:
    """Drop the words before a place that only lead to it, unless they are part of its name."""
    if plain[start] == "致" and plain[start - 1 : start] in _LINE_OR_MARK:
        start += 1  # the address of a letter
    text = plain[start:end]
    kind = _KIND_AT_END.search(text)
    head = kind.start() if kind else len(text)
    reach = head
    while reach > 0:
        match = _CUT.match(text[:reach])
        if match is None:
            return start
        in_name = head <= _SHORT_HEAD and text[match.end() - 1] in _IN_NAMES
        if head - match.end() >= 2 and not in_name:
            return start + match.end()
        reach = match.end() - 1
    return start
