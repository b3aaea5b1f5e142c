# ruff: noqa: E501 -- an expression or a word list is read whole
"""Chinese patterns: dates with 年月日, lunar dates, ages over 89, telephones and numbered identifiers."""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.patterns import Pattern, not_inside_number

_NUM = "〇零○一二三四五六七八九十廿卅"
_LUNAR_MONTH = r"(?:闰)?(?:正|冬|腊|十[一二]?|[一二三四五六七八九])月"
_LUNAR_DAY = r"(?:初[一二三四五六七八九十]|十[一二三四五六七八九]?|廿[一二三四五六七八九]?|二十[一二三四五六七八九]?|三十)"
_FEAST = (
    r"(?:元旦|除夕|大年(?:初[一二三四五六七]|三十)|正月十五|春节|元宵节|元宵|清明节|清明|劳动节|五一节|端午节|端午|中秋节|中秋|国庆节|国庆|重阳节|腊八节?|小年夜?|"
    r"圣诞节|妇女节|儿童节|教师节|七夕节?|中元节|立春|惊蛰|春分|谷雨|立夏|小满|芒种|夏至|小暑|大暑|立秋|处暑|白露|秋分|寒露|霜降|立冬|小雪|大雪|冬至|小寒|大寒|"
    r"世界[一-鿿]{2,6}日|全国[一-鿿]{2,6}日|古尔邦节|开斋节|火把节|泼水节|藏历新年|三月三)"
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
    return bool(
        re.search(r"(?:年|于|在|自|从|至|到|今年|去年|上年|前年|明年|[,，。（(\n：:])$", before)
    ) and bool(
        re.match(
            r"$|[,，。;；、)）\s]|份|初|中|底|上旬|中旬|下旬|因|起|开|至|到|在|曾|来|复|住|行|做|出|入|确|发|体|查|手",
            after,
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
    after, before = text[end : end + 8], text[max(0, start - 6) : start]
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    line = not before or before[-1] == "\n"
    return (
        bool(re.match(r"\s+\d{1,2}[:：]\d{2}", after))
        or (line and bool(re.match(r"[\s　]", after)) and text[start : start + 1] == "0")
        or bool(re.search(r"(?:日期|时间)[:：]?\s?$", before))
    )


def _day(text: str, start: int, end: int) -> bool:
    day = int(re.match(r"\d+", text[start:end])[0])  # type: ignore[index]
    before = text[max(0, start - 2) : start]
    return 1 <= day <= 31 and bool(re.search(r"[本上下当]月$", before))


def _old(text: str, start: int, end: int) -> bool:
    number = re.search(r"\d+", text[start:end])
    return number is None or 90 <= int(number[0]) <= 125


def _after_no_digit(text: str, start: int, end: int) -> bool:
    return not_inside_number(text, start, end) or (
        text[start - 1 : start].isalpha() and not text[start - 1].isdigit()
    )


def _phone(text: str, start: int, end: int) -> bool:
    if start and (text[start - 1].isdigit() or text[start - 1] in ".-"):
        return False
    return not (end < len(text) and text[end].isdigit())


def _value(text: str, start: int, end: int) -> bool:
    found = text[start:end]
    return sum(c.isdigit() for c in found) >= 3 and not re.match(
        r"(?:mg|ml|g|mm|cm|支|片|次)", text[end : end + 2]
    )


_LABEL = (
    r"(?:档案编?号|档案|编号|身份证件?号?码?|证件号?码?|病案号|病历号|住院号|门诊号|急诊号|就诊号|登记号|医保卡?号?|医保编号|社保卡?号?|社保号|农合证?号|新农合号|医疗证号|"
    r"残疾证号?|工号|学号|学籍号|警号|护照号?|军官证号?|驾驶证号?|房产证号|执业证号|证书号|准考证号|银行卡号?|卡号|账号|合同号|保单号|参合号|条码号?|条形码|样本号|标本号|检验号|"
    r"检查号|影像号|放射号|病理号|超声号|CT号|X线号|设备号|序列号|车架号|会员号|订单号|快递单号|申请单号|流水号|处方号|家庭编号|户号|孕册号|保健册号|接种证号|出生证号|出生医学证明编?号|准生证号|健康卡号|ID号?|MRN|SN)"
)
_SOCIAL = r"(?:微信号?|WeChat|QQ号?|QQ群|微博号?|抖音号?|支付宝账?号?|快手号?|钉钉号?|网名|账号)"

PATTERNS = (
    Pattern("zh.date.full", SpanType.DATE, r"(?:\d{4}|\d{2}) ?年 ?\d{1,2} ?月 ?\d{1,2} ?[日号]?", Strength.CHECKED, _date),
    Pattern("zh.date.year_month", SpanType.DATE, r"(?:\d{4}|\d{2}) ?年 ?\d{1,2} ?月(?:份|初|中旬|上旬|下旬|底)?", Strength.LABELLED, _year_month),
    Pattern("zh.date.month_day", SpanType.DATE, r"\d{1,2} ?月 ?\d{1,2} ?[日号](?:[-~～至到—] ?\d{1,2} ?[日号])?", Strength.LABELLED, _month_day),
    Pattern("zh.date.month_range", SpanType.DATE, r"\d{1,2} ?月 ?\d{1,2}[-~～至—]\d{1,2} ?[日号]", Strength.LABELLED),
    Pattern("zh.date.month", SpanType.DATE, r"\d{1,2} ?月", Strength.SHAPED, _month),
    Pattern("zh.date.dashed", SpanType.DATE, r"\d{4} ?[-./] ?\d{1,2} ?[-./] ?\d{1,2}", Strength.CHECKED, _dashed),
    Pattern("zh.date.short", SpanType.DATE, r"\d{1,2}[-./]\d{1,2}", Strength.LISTED, _short),
    Pattern("zh.date.day", SpanType.DATE, r"\d{1,2}[日号]", Strength.LISTED, _day),
    Pattern("zh.date.compact", SpanType.DATE, r"(?:日期|时间|生日|出生)[:：]?\s?((?:19|20)\d{2}[01]\d[0-3]\d)\b", Strength.LABELLED),
    Pattern(
        "zh.date.lunar", SpanType.DATE,
        rf"(?:农历|阴历|旧历|藏历|彝历|傣历|回历)(?:[{_NUM}]{{4}}年|\d{{4}}年|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年)?(?:{_LUNAR_MONTH}(?:{_LUNAR_DAY})?|\d{{1,2}}月(?:\d{{1,2}}日?|初[{_NUM}])?|{_FEAST})[日号]?", Strength.CHECKED,
    ),
    Pattern("zh.date.lunar_bare", SpanType.DATE, rf"{_LUNAR_MONTH}(?:初[一二三四五六七八九十]|廿[一二三四五六七八九]?|十[五六]|三十)", Strength.LABELLED),
    Pattern(
        "zh.date.words", SpanType.DATE,
        rf"(?:[{_NUM}]{{4}}年)?(?:十[一二]|[一二三四五六七八九十])月(?:二十[一二三四五六七八九]?|三十一?|十[一二三四五六七八九]?|[一二三四五六七八九])[日号]", Strength.LABELLED,
    ),
    Pattern("zh.date.words_month", SpanType.DATE, rf"[{_NUM}]{{4}}年(?:十[一二]|[一二三四五六七八九十])月(?:份)?", Strength.LABELLED),
    Pattern("zh.date.weekday", SpanType.DATE, r"(?:[上下]个?|本)(?:周|星期|礼拜)[一二三四五六日天]", Strength.LISTED),
    Pattern("zh.date.weekday_paren", SpanType.DATE, r"\d{1,2}日?[（(]((?:周|星期|礼拜)[一二三四五六日天])[）)]", Strength.LISTED),
    Pattern("zh.date.feast", SpanType.DATE, _FEAST, Strength.LISTED, lambda text, start, end: text[end : end + 1] not in {"支", "不"} ),
    Pattern("zh.age", SpanType.AGE_OVER_89, r"(?:虚岁|实岁|周岁)?(?:9\d|1[01]\d)(?:周?岁|虚岁)(?:高龄)?", Strength.CHECKED,
            lambda text, start, end: _after_no_digit(text, start, end) and not text.startswith("以上", end)),
    Pattern("zh.age.words", SpanType.AGE_OVER_89, r"(?:虚岁)?(?:九十[一二三四五六七八九]?|一百(?:零?[一二三四五六七八九])?|百)(?:余|多|来)?(?:周?岁|高龄)", Strength.CHECKED),
    Pattern("zh.age.labelled", SpanType.AGE_OVER_89, r"(?:年龄|现年|享年|虚岁|高寿)[:：]?\s?(9\d|1[01]\d)", Strength.LABELLED, _old),
    Pattern("zh.phone.mobile", SpanType.PHONE, r"(?:\+?(?:00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}", Strength.CHECKED, _phone),
    Pattern("zh.phone.mobile334", SpanType.PHONE, r"1[3-9]\d[- ]\d{3}[- ]\d{5}|1[3-9]\d{2}[- ]\d{3}[- ]\d{4}", Strength.CHECKED, _phone),
    Pattern("zh.phone.landline", SpanType.PHONE, r"[（(]?0\d{2,3}[)）]?[- ]?\d{3,4}[- ]?\d{3,4}(?:(?:[-转 ]|分机){1,2}\d{1,5})?", Strength.LABELLED, _phone),
    Pattern("zh.phone.labelled", SpanType.PHONE, r"(?:电话|手机|座机|热线|传真|联系方式|号码|短号|分机|家电)[:：]?\s?(?:是|为)?\s?(\+?[\d][\d -]{3,16}\d(?:转\d{1,5})?)", Strength.LISTED, _phone),
    Pattern("zh.phone.400", SpanType.PHONE, r"[48]00[- ]\d{3,4}[- ]\d{3,4}", Strength.LABELLED, _phone),
    Pattern("zh.id.labelled", SpanType.ID, _LABEL + r"(?:为|是)?[:：]?\s?(?:为)?([A-Za-z]{0,6}[-]?\d[\dA-Za-z*]*(?:[- ./]?[\dA-Za-z]+)*)", Strength.LABELLED, _value),
    Pattern("zh.id.social", SpanType.ID, _SOCIAL + r"(?:为|是)?[:：]?\s?([A-Za-z0-9_][A-Za-z0-9_.-]{3,}[A-Za-z0-9_])", Strength.LABELLED),
    Pattern("zh.id.plate", SpanType.ID, r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. -]?[A-HJ-NP-Z0-9]{5,6}", Strength.CHECKED),
    Pattern("zh.id.spaced18", SpanType.ID, r"\d{6}[ -]\d{4}[ -]?\d{4}[ -]\d{3}[\dXx]|\d{6}[ -]\d{8}[ -]\d{3}[\dXx]", Strength.CHECKED),
    Pattern("zh.id.long", SpanType.ID, r"\d{9,20}[Xx]?", Strength.LISTED, not_inside_number),
    Pattern("zh.id.code", SpanType.ID, r"[A-Z]{1,4}[-]?\d{2,}[-]?\d{2,}[-\d]*", Strength.SHAPED,
            lambda text, start, end: sum(c.isdigit() for c in text[start:end]) >= 6 and _after_no_digit(text, start, end) and not text[start:end].startswith(("COVID", "ICD")) and text[max(0, start - 2) : start] not in ("批号", "号为")),
)  # fmt: skip
