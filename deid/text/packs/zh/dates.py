# ruff: noqa: E501 -- an expression or a word list is read whole
"""Chinese patterns of dates: 年月日, short forms in figures, lunar dates, feasts, weekdays."""

from __future__ import annotations

import re
from functools import lru_cache

from deid.text.document import SpanType, Strength
from deid.text.packs.zh.patterns import is_lot
from deid.text.patterns import Pattern, not_inside_number

_NUM = "〇零○一二三四五六七八九十廿卅"
_FORMAL = "[零壹贰叁肆伍陆柒捌玖拾]"
_LUNAR_MONTH = r"(?:闰)?(?:正|冬|腊|十[一二]?|[一二三四五六七八九])月"
_LUNAR_DAY = r"(?:初[一二三四五六七八九十]|十[一二三四五六七八九]?|廿[一二三四五六七八九]?|二十[一二三四五六七八九]?|三十)"
_FEAST = (
    r"(?:元旦|除夕|年三十|平安夜|肉孜节|那达慕|万圣节|感恩节|情人节|母亲节|父亲节|护士节|医师节|五一|五四|小年夜|六一|五四青年节|三八节|三八妇女节|建军节|大年(?:初[一二三四五六七]|三十)|正月十五|春节|元宵节|元宵|清明节|清明|劳动节|五一节|端午节|端午|中秋节|中秋|国庆节|国庆|重阳节|重阳|腊八节?|小年夜?|"
    r"圣诞节|妇女节|儿童节|教师节|七夕节?|中元节|立春|惊蛰|春分|谷雨|立夏|小满|芒种|夏至|小暑|大暑|立秋|处暑|白露|秋分|寒露|霜降|立冬|小雪|大雪|冬至|小寒|大寒|"
    r"(?:世界|全国|联合国|国际|中国)[一-鿿]{2,8}[日节]|古尔邦节|诺鲁孜节|努鲁孜节|圣纪节|斋月|彝族年|苗年|侗年|水族端节|雪顿节|望果节|萨嘎达瓦节?|花山节|盘王节|目瑙纵歌节?|刀杆节|阔时节|三月街|歌圩节|查干萨日|祭敖包|敖包节|麦西热甫|库扎扎节|绕三灵|浴佛节|佛诞节?|盂兰盆节?|龙抬头|开海节|丰收节|拉木鼓节|新米节|尝新节|牯藏节|巴罗提节|仙女节|开斋节|火把节|泼水节|藏历新年|三月三)"
)


def _date(text: str, start: int, end: int) -> bool:
    numbers = [int(n) for n in re.findall(r"\d+", text[start:end])]
    if start and (text[start - 1].isdigit() or text[start - 1] == "."):
        return False
    if len(numbers) == 3:
        year, month, day = numbers
        return (1900 <= year <= 2100 or year < 100) and 1 <= month <= 12 and 1 <= day <= 31
    return True


def _dashed(text: str, start: int, end: int) -> bool:
    if not not_inside_number(text, start, end):
        return False
    year, month, day = (int(n) for n in re.findall(r"\d+", text[start:end]))
    return 1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31


def _year_month(text: str, start: int, end: int) -> bool:
    numbers = [int(n) for n in re.findall(r"\d+", text[start:end])]
    return (
        _date(text, start, end)
        and 1 <= numbers[-1] <= 12
        and text[end : end + 1] not in {"龄", "末", "后", "余"}
    )


def _month(text: str, start: int, end: int) -> bool:
    """A month alone: not a duration (3月后), not an age (18月龄), not of a treatment (2月末)."""
    if start and (text[start - 1].isdigit() or text[start - 1] in "第每个约近共满.-~～"):
        return False
    number = int(re.findall(r"\d+", text[start:end])[-1])
    before = text[max(0, start - 3) : start]
    after = text[end : end + 2]
    if not 1 <= number <= 12 or re.match(r"[龄末后余来大前内]|经|\d", after):
        return False
    return (
        bool(
            re.search(r"(?:年|于|在|自|从|至|到|今年|去年|上年|前年|明年|[,，。（(\n：:])$", before)
        )
        and not re.search(r"(?:病程|月龄|孕期?|术后|持续|历时|共计?|已|达)[:：]? ?$", before)
        and bool(
            re.match(
                r"$|[,，。;；、)）\s]|份|初|中|底|上旬|中旬|下旬|因|起|开|至|到|在|曾|来|复|住|行|做|出|入|确|发|体|查|手|抽|验|停|改|加|门|拆|拍|随|产检|化疗",
                after,
            )
        )
    )


def _month_day(text: str, start: int, end: int) -> bool:
    month, day = (int(n) for n in re.findall(r"\d+", text[start:end])[-2:])
    if start and text[start - 1].isdigit():
        return False
    return 1 <= month <= 12 and 1 <= day <= 31


def _short(text: str, start: int, end: int) -> bool:
    """``02-12 07:00``, ``3.15``: a month and day without marks, if a time or a date word says so."""
    if not not_inside_number(text, start, end):
        return False
    month, day = (int(n) for n in re.findall(r"\d+", text[start:end]))
    after, before = text[end : end + 8], text[max(0, start - 8) : start]
    if not (1 <= month <= 12 and 1 <= day <= 31) or _UNIT.match(after) or _SCORE.search(before):
        return False
    if _APPOINTED.search(before):
        return True
    if "/" in text[start:end] and month in _months_told(text) and day > 6:
        return True
    if re.match(r"[ \u3000]*[夜白早中晚大小]班", after) or re.search(
        r"\d[/.]\d{1,2}[、,，]$", before
    ):
        return True
    if "/" in text[start:end] and (
        re.search(r"(?:尿检|抽血|化验|拍片|彩超|查血|产检)$", before)
        or (before[-1:] in ("(", "（") and after[:1] in (")", "）") and (month > day or day > 12))
    ):
        return True
    if before[-1:] in (")", "）") and re.match(r"[ \u3000]*(?:\n|$)", after):
        return True
    line = not before or before[-1] == "\n"
    if (
        re.match(r"[\s　|┃]*\d{1,2}[:：点]\d{0,2}", after)
        or re.match(r"[\s　]*[（(]?(?:周|星期|礼拜)[一二三四五六日天]", after)
        or re.match(r"(?:日|号)?[上下]午|[早中晚]上", after)
        or (line and re.match(r"[\s　]", after))
        or re.search(
            r"(?:日期|时间|体检日|出院|入院|随访|复诊|检查|生日|末次月经|预产期|LMP|EDC)[:：]?\s?$",
            before,
        )
    ):
        return True
    if re.search(r"(?:出生|复查|复诊|生于|手术|确诊|预约|定位|接种|采样|送检|报告|录入)$", before):
        return True
    if "/" in text[start:end] and day > 12 and re.match(r"[,，。;；、）)\s]|$", after):
        return True
    if re.search(r"[ \u3000]$", before) and re.match(r"[ \u3000]*(?:\n|$)", after):
        return True
    # 2.26急诊, 你9.21化验, 比3/10缩小: a date begins its clause or follows a preposition, and
    # something happens on it.
    bounded = not before or bool(_CLAUSE.search(before))
    return bounded and bool(_HAPPENS.match(after)) and day > (5 if "/" in text[start:end] else 0)


_APPOINTED = re.compile(r"(?:下次|下回|复诊|复查|随访|预约|随诊)[^\d\n。,，;；]{0,5}$")
_TOLD = re.compile(
    r"(?:19|20)\d\d ?[-./年] ?(\d{1,2}) ?[-./月]|(?<!\d)(\d{1,2}) ?月 ?\d{1,2} ?[日号]"
)


@lru_cache(maxsize=4)
def _months_told(text: str) -> frozenset[int]:
    """Months of the note's whole dates and those beside them."""
    told = {int(whole or short) for whole, short in _TOLD.findall(text)}
    return frozenset((month + step - 1) % 12 + 1 for month in told for step in (-1, 0, 1))


_SCORE = re.compile(
    r"(?:MMSE|MoCA|ADL|IADL|Berg|Barthel|NRS|VAS|GCS|PHQ-?9|GAD-?7|Apgar|评分|得分|量表|视力|肌力|血压|BP)[:：为 ]{0,2}$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[ \t]?(?:[a-zA-Z%％℃°×*+/\-~～]|级|分|度|厘米|毫米|公斤|千克|克|斤|两|元|万|倍|次|支|片|粒|岁|个|小时|天|周|月|年|以|左右|至\d|个?百分|毫升|升|米|cm)"
)
_CLAUSE = re.compile(r"(?:[\n,，。;；:：（(、 \u3000]|[于自至到从比在你我他她]|截止|今日|昨日)$")
_HAPPENS = re.compile(
    r"(?:急诊|化验|检|查|拔|行|入|出|复|手术|术|做|转|停|开始|予|测|拍|拆|换|来|去|到|起|缩|增|因|在|我院|于|外院|门诊|住|死亡|分娩|生|顺产|剖|产|确诊|诊|补|接种|打|送|签|已|已经|晨|晚|夜|日|发|突|再|又|单孔|CT|MRI|B超|超声|胃镜|肠镜|病理|结果|报告|的|前|后|之|才|还|就|跌|摔|骨折|停经)"
)


_NOT_NUMBERED = re.compile(
    r"[\u4e00-\u9fff](?<![楼栋床房室座门路弄组型编排桌机台站线厅窗区园院幢巷街小大单病])$"
)


def _day(text: str, start: int, end: int) -> bool:
    """``本月5号``, ``16号住院``: not a house or a bed (5号楼, 3号床)."""
    day = int(re.match(r"\d+", text[start:end])[0])  # type: ignore[index]
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if not 1 <= day <= 31 or before[-1:].isdigit() or before[-1:] in ".-/第":
        return False
    if re.search(
        r"(?:[本上下当这]个?月|随诊|复诊|复查|下次|预约|随访)$", text[max(0, start - 3) : start]
    ):
        return re.match(r"[内后前余均间]", after) is None
    if text[end - 1] == "日":
        # Of days that are counted there are few: 3日未解大便.
        opens = re.search(r"(?:^|\n)$", before) and day > 10
        if (opens or before[-1:] in "于至") and re.match(r"[\u4e00-\u9fff]", after):
            return re.match(r"[内后前余均间龄]", after) is None
    elif _NOT_NUMBERED.search(before) and re.match(
        r"要|说|会|发|给|送|退|死|电话|转|换|停|报|开始|那天|回家|下午|晚上|早上|夜里|才|就", after
    ):
        return True
    return bool(
        re.search(r"(?:^|[\n,，。;；:：（( ]|[于自至到从在定约等嘱让她他]|今天|每月)$", before)
    ) and bool(
        re.match(
            r"来|去|到|复|抽|住|出|入|上午|下午|晚|早|前|做|手术|开|拿|取|再|又|没|回|打|查|就|请|的",
            after,
        )
    )


def _word_day(text: str, start: int, end: int) -> bool:
    """``十六号来抽血``: a day in words, but no number of something."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if re.search(r"[本上下当这]月$", before):
        return True
    return not re.search(r"[第月年一二三四五六七八九十百]$", before) and not re.match(
        r"[楼床线病房桌院店车机井厅门窗]|公里|公路", after
    )


def _lunar_day(text: str, start: int, end: int) -> bool:
    """``初九没了``: not 初一年级, 年初三次."""
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    return before not in {
        "年",
        "月",
        "当",
        "最",
        "起",
        "期",
        "中",
        "校",
        "学",
        "读",
        "念",
    } and not re.match(r"年级|[次步诊筛中班学期个代]|高中", after)


def _year_first(text: str, start: int, end: int) -> bool:
    if not not_inside_number(text, start, end):
        return False
    year, month, day = (int(n) for n in re.findall(r"\d+", text[start:end]))
    return 0 <= year <= 39 and 1 <= month <= 12 and 1 <= day <= 31


def _year_month_dashed(text: str, start: int, end: int) -> bool:
    after = text[end : end + 2]
    return not_inside_number(text, start, end) and not re.match(r"[-./年]\d?|[a-zA-Z%]", after)


def _bare_weekday(text: str, start: int, end: int) -> bool:
    """``周五上午带身份证到``: an appointment, not a rhythm (每周三次, 周一至周五)."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if re.search(r"[\d日号) ]$", before) and re.match(r"[\s,，。)）]|$", after):
        return True
    if before in {"下次", "约于", "定于"} or (before[-1:] == "约" and after[:1].isdigit()):
        return True
    return before[-1:] not in "每隔逢上下本这至到-~～、一二三四五六日" and bool(
        re.match(
            r"[上下]午|早上|晚上|中午|凌晨|来|去|到|复|前|之前|再|做|手术|出院|查|抽|取|拿|门诊|我|拟|行|约|[（(]\d",
            after,
        )
    )


DATES = (
    Pattern("zh.date.full", SpanType.DATE, r"(?:\d{4}|\d{2}) ?年 ?\d{1,2} ?月 ?\d{1,2} ?[日号]?", Strength.CHECKED, _date),
    Pattern("zh.date.year_month", SpanType.DATE, r"(?:\d{4}|\d{2}) ?年 ?\d{1,2} ?月(?:份|初|中旬|上旬|下旬|底)?", Strength.LABELLED, _year_month),
    Pattern("zh.date.month_day", SpanType.DATE, r"\d{1,2} ?月 ?\d{1,2} ?[日号](?:[-~～至到—] ?\d{1,2} ?[日号])?", Strength.LABELLED, _month_day),
    Pattern("zh.date.month_range", SpanType.DATE, r"\d{1,2} ?月 ?\d{1,2}[-~～至—]\d{1,2} ?[日号]", Strength.LABELLED),
    Pattern("zh.date.month", SpanType.DATE, r"\d{1,2} ?月", Strength.SHAPED, _month),
    Pattern("zh.date.dashed", SpanType.DATE, r"\d{4} ?[-./] ?\d{1,2} ?[-./] ?\d{1,2}", Strength.CHECKED, _dashed),
    Pattern("zh.date.before_clock", SpanType.DATE, r"((?:19|20)\d\d[-./][01]\d[-./][0-3]\d)[0-2]\d[:：][0-5]\d", Strength.CHECKED),
    Pattern("zh.date.range_end", SpanType.DATE, r"(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2} ?[-~～至到—] ?(\d{1,2}[./]\d{1,2})(?:[^\d./]|$)", Strength.CHECKED),
    Pattern("zh.date.after_label", SpanType.DATE, r"(?:LMP|EDC|EDD)((?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2})", Strength.CHECKED),
    Pattern("zh.date.short", SpanType.DATE, r"\d{1,2}[-./]\d{1,2}", Strength.LISTED, _short),
    Pattern("zh.date.day", SpanType.DATE, r"\d{1,2}[日号]", Strength.LISTED, _day),
    Pattern("zh.date.compact", SpanType.DATE, r"(?:日期|时间|生日|出生)[:：]?\s?((?:19|20)\d{2}[01]\d[0-3]\d)\b", Strength.LABELLED),
    Pattern(
        "zh.date.lunar", SpanType.DATE,
        rf"(?:农历|阴历|旧历|藏历|彝历|傣历|回历)(?:[{_NUM}]{{4}}年|\d{{4}}年|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年)?(?:{_LUNAR_MONTH}(?:{_LUNAR_DAY})?|\d{{1,2}}月(?:\d{{1,2}}日?|初[{_NUM}])?|{_FEAST})[日号]?", Strength.CHECKED,
    ),
    Pattern("zh.date.lunar_bare", SpanType.DATE, rf"{_LUNAR_MONTH}(?:初[一二三四五六七八九十]|廿[一二三四五六七八九]?|十[一二三四五六七八九]|二十[一二三四五六七八九]?|三十)", Strength.LABELLED, lambda text, start, end: text[end : end + 1] not in {"天", "个", "余", "多", "几", "日", "号", "次"} and text[start - 1 : start] not in set("年一二三四五六七八九十第每孕满")),
    Pattern(
        "zh.date.words", SpanType.DATE,
        rf"(?:[{_NUM}]{{4}}年)?(?:十[一二]|[一二三四五六七八九十])月(?:二十[一二三四五六七八九]?|三十一?|十[一二三四五六七八九]?|[一二三四五六七八九])[日号]", Strength.LABELLED,
    ),
    Pattern("zh.date.formal", SpanType.DATE, rf"(?:{_FORMAL}{{2,4}}年)?{_FORMAL}{{1,2}}月{_FORMAL}{{1,3}}[日号]", Strength.CHECKED),
    Pattern("zh.date.short_lunar_year", SpanType.DATE, rf"[{_NUM}]{{2}}年(?:农历|阴历)?{_LUNAR_MONTH}(?:{_LUNAR_DAY}|[初底里])?", Strength.LISTED, lambda text, start, end: text[start - 1 : start] not in set(_NUM)),
    Pattern("zh.date.words_lunar_day", SpanType.DATE, rf"[{_NUM}]{{4}}年(?:十[一二]|[一二三四五六七八九十])月{_LUNAR_DAY}[日号]?", Strength.LABELLED),
    Pattern("zh.date.nth_weekday", SpanType.DATE, r"\d{1,2}月(?:份?的?)?第[一二三四]个(?:周|星期|礼拜)[一二三四五六日天]", Strength.LABELLED),
    Pattern("zh.date.first_month", SpanType.DATE, r"元月(?:\d{1,2}[日号]|二十[一二三四五六七八九]?[日号]|三十一?[日号]|十[一二三四五六七八九]?[日号]|[一二三四五六七八九][日号])", Strength.LABELLED),
    Pattern("zh.date.english", SpanType.DATE, r"\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? (?:19|20)\d{2}", Strength.CHECKED, not_inside_number),
    Pattern("zh.date.words_month", SpanType.DATE, rf"[{_NUM}]{{4}}年(?:十[一二]|[一二三四五六七八九十])月(?:份)?", Strength.LABELLED),
    Pattern("zh.date.weekday", SpanType.DATE, r"(?:[上下]个?|[本这])(?:周|星期|礼拜)[一二三四五六日天]", Strength.LISTED),
    Pattern("zh.date.weekday_paren", SpanType.DATE, r"\d{1,2}日?[（(]((?:周|星期|礼拜)[一二三四五六日天])[）)]", Strength.LISTED),
    Pattern("zh.date.year_month_dashed", SpanType.DATE, r"(?:19|20)\d{2}[-./](?:1[0-2]|0?[1-9])", Strength.LISTED, _year_month_dashed),
    Pattern("zh.date.day_first", SpanType.DATE, r"(?:3[01]|[12]\d|0?[1-9])[-./](?:1[0-2]|0?[1-9])[-./](?:19|20)\d{2}", Strength.CHECKED, not_inside_number),
    Pattern("zh.date.month_first", SpanType.DATE, r"(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9])/(?:19|20)\d{2}", Strength.CHECKED, not_inside_number),
    Pattern("zh.date.feast", SpanType.DATE, rf"(?:(?:\d{{4}}|[{_NUM}]{{4}})年)?(?:{_FEAST})", Strength.CHECKED, lambda text, start, end: text[end : end + 1] not in {"支", "不"} ),
    Pattern("zh.date.year_first", SpanType.DATE, r"\d{2}[-./]\d{1,2}[-./]\d{1,2}", Strength.LISTED, _year_first),
    Pattern("zh.date.lunar_month", SpanType.DATE, rf"(?:\d{{4}}|[{_NUM}]{{4}}|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥])年(?:农历|阴历)?{_LUNAR_MONTH}(?:{_LUNAR_DAY}|[初底]|[上中下]旬)?", Strength.LABELLED),
    Pattern("zh.date.cycle_year", SpanType.DATE, rf"[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年(?:{_LUNAR_MONTH}{_LUNAR_DAY}[日]?)", Strength.CHECKED),
    Pattern("zh.date.first_lunar", SpanType.DATE, rf"(?:正|冬|腊)月(?:{_LUNAR_DAY}|[里底初]|[上中下]旬)?", Strength.LABELLED),
    Pattern("zh.date.lunar_day", SpanType.DATE, r"(?:大?年)?初[一二三四五六七八九十]", Strength.LISTED, _lunar_day),
    Pattern("zh.date.tenths", SpanType.DATE, r"(?:\d{1,2}|十[一二]|[一二三四五六七八九十]) ?月(?:份)?(?:[初底]|[上中下]旬)", Strength.LISTED, lambda text, start, end: not re.search(r"[\d第每个满共孕]$", text[max(0, start - 1) : start])),
    Pattern("zh.date.word_day", SpanType.DATE, r"(?:二十[一二三四五六七八九]?|三十一?|十[一二三四五六七八九]?|廿[一二三四五六七八九]?)[号日]", Strength.LISTED, _word_day),
    Pattern("zh.date.eight", SpanType.DATE, r"(?:19[3-9]\d|20[0-3]\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", Strength.LISTED, lambda text, start, end: not_inside_number(text, start, end) and not is_lot(text, start)),
    Pattern("zh.date.word_month", SpanType.DATE, r"(?:今年|去年|前年|明年|当年|上年|年|[于在从自到至,，。（(])((?:十[一二]|[一二三四五六七八九十])月份)", Strength.LISTED),
    Pattern("zh.date.months_run", SpanType.DATE, r"\d{4}年\d{1,2}[-~～至—]\d{1,2}月", Strength.LABELLED),
    Pattern("zh.date.double", SpanType.DATE, r"二月二|三月三|六月六|七月半|九月九|腊月廿[一二三四五六七八九]", Strength.LISTED, _word_day),
    Pattern("zh.date.bare_weekday", SpanType.DATE, r"(?:周|星期|礼拜)[一二三四五六日天]", Strength.SHAPED, _bare_weekday),
)  # fmt: skip
