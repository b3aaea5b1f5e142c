# ruff: noqa: E501 -- an expression or a word list is read whole
"""Chinese patterns: ages over 89, telephones and numbered identifiers."""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.packs.zh.lexicon import surnames
from deid.text.patterns import Pattern, not_inside_number


def _old(text: str, start: int, end: int) -> bool:
    number = re.search(r"\d+", text[start:end])
    return number is None or 90 <= int(number[0]) <= 125


def _age_in_bracket(text: str, start: int, end: int) -> bool:
    """``佟玉兰（97，老院民）``: behind a name, not behind a finding (血氧（97）)."""
    head = text[max(0, start - 4) : start - 1]
    return any(
        head[-length:] and head[-length] in surnames() for length in (2, 3)
    ) and not head.endswith(
        ("氧", "压", "率", "糖", "重", "高", "分", "值", "度", "数", "酐", "蛋白")
    )


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


def is_lot(text: str, start: int) -> bool:
    """Whether a label of lots of vaccines, drugs or controls stands before: they point to nobody."""
    return (
        re.search(r"(?:批号?|批次号?|LOT|Lot)(?:为|是)?[:：]? ?$", text[max(0, start - 6) : start])
        is not None
    )


_LABEL = (
    r"(?:档案编?号|档案|编号|身份证件?号?码?|证件号?码?|病案号|病历号|住院号|门诊号|急诊号|就诊号|登记号|医保卡?号?|医保编号|社保卡?号?|社保号|农合证?号|新农合号|医疗证号|"
    r"残疾人?证号?|工号|学号|学籍号|警号|护照号?|军官证号?|驾驶证号?|房产证号|执业证号|证书号|准考证号|银行卡号?|卡号|账号|合同号|保单号|参合号|条码号?|条形码|样本号|标本号|检验号|"
    r"检查号|影像号|放射号|病理号|超声号|CT号|X线号|设备号|序列号|车架号|会员号|订单号|快递单号|申请单号|流水号|处方号|家庭编号|户号|孕册号|保健册号|接种证号|出生证号|出生医学证明编?号|准生证号|健康卡号?|诊疗卡号?|就诊卡号?|ID号?|MRN|SN)"
)
_LABEL = re.sub(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", " {0,4}", _LABEL)
_SOCIAL = r"(?:微信号?|WeChat|QQ号?|QQ群|微博号?|抖音号?|支付宝账?号?|快手号?|小红书号?|陌陌号?|钉钉号?|网名|账号|[wWvV][xX]号?|V信|[他她娘爹妈爸我]的号)"

PATTERNS = (
    Pattern("zh.age", SpanType.AGE_OVER_89, r"(?:虚岁|实岁|周岁)?(?:9\d|1[01]\d)(?:周?岁|虚岁)(?:高龄)?", Strength.CHECKED,
            lambda text, start, end: _after_no_digit(text, start, end) and not text.startswith("以上", end)),
    Pattern("zh.age.words", SpanType.AGE_OVER_89, r"(?:虚岁|实岁)?(?:九十有?[一二三四五六七八九]?|一百(?:零?[一二三四五六七八九]|一十[一二三四五六七八九]?)?|百零[一二三四五六七八九]|百)(?:余|多|来)?(?:周?岁|高龄)", Strength.CHECKED),
    Pattern("zh.age.words_labelled", SpanType.AGE_OVER_89, r"(?:年龄|现年|行年|[,，。]年|享年|享寿|高寿|今年|寿至|活到|年届|年近|年过)[:：]?((?:虚岁|实岁)?(?:九十有?[一二三四五六七八九]?|一百(?:零[一二三四五六七八九])?))", Strength.LABELLED),
    Pattern("zh.age.nominal", SpanType.AGE_OVER_89, r"虚岁(?:九十[一二三四五六七八九]?|一百(?:零[一二三四五六七八九])?|9\d|1[01]\d)", Strength.LABELLED),
    Pattern("zh.age.words_alone", SpanType.AGE_OVER_89, r"[,，（(没了](九十有?[一二三四五六七八九]|一百零[一二三四五六七八九])(?:[,，。）)；;]|$)", Strength.LISTED),
    Pattern("zh.age.after_name", SpanType.AGE_OVER_89, r"[\x{4e00}-\x{9fff}][（(](9\d|1[01]\d)[,，、）)]", Strength.SHAPED,
            lambda text, start, end: _age_in_bracket(text, start, end)),
    Pattern("zh.age.labelled", SpanType.AGE_OVER_89, r"(?:年龄|现年|享年|虚岁|高寿)[:：]?\s?(9\d|1[01]\d)", Strength.LABELLED, _old),
    Pattern("zh.phone.mobile", SpanType.PHONE, r"(?:\+?(?:00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}", Strength.CHECKED, _phone),
    Pattern("zh.phone.mobile334", SpanType.PHONE, r"1[3-9]\d[- ]\d{3}[- ]\d{5}|1[3-9]\d{2}[- ]\d{3}[- ]\d{4}|1[3-9]\d{2}[- ]\d{4}[- ]\d{3}", Strength.CHECKED, _phone),
    Pattern("zh.phone.abroad", SpanType.PHONE, r"\+\d{1,3}(?:[- ]?\d{1,4}){2,5}", Strength.LABELLED, lambda text, start, end: 8 <= sum(c.isdigit() for c in text[start:end]) <= 15 and _phone(text, start, end)),
    Pattern("zh.phone.landline", SpanType.PHONE, r"[（(]?0\d{2,3}[)）]?[- ]?\d{3,4}[- ]?\d{3,4}(?:(?:[-转 ]|分机| ?[eE]xt\.? ?){1,2}\d{1,5})?", Strength.LABELLED, _phone),
    Pattern("zh.phone.labelled", SpanType.PHONE, r"(?:电话|手机|座机|热线|传真|联系方式|号码|短号|分机|家电)[:：]?\s?(?:是|为)?\s?(\+?[\d][\d -]{3,16}\d(?:转\d{1,5})?)", Strength.LISTED, _phone),
    Pattern("zh.phone.400", SpanType.PHONE, r"[48]00[- ]\d{3,4}[- ]\d{3,4}", Strength.LABELLED, _phone),
    Pattern("zh.id.labelled", SpanType.ID, _LABEL + r"(?:为|是)?[:：;；|=┃〗】]?\s{0,3}(?:为)?([A-Za-z]{0,6}[-]?\d[\dA-Za-z*]*(?:[- ./]?[\dA-Za-z]+)*)", Strength.LABELLED, _value),
    Pattern("zh.id.social", SpanType.ID, _SOCIAL + r"(?:为|是)?[:：]?\s?([A-Za-z0-9_][A-Za-z0-9_.-]{3,}[A-Za-z0-9_])", Strength.LABELLED),
    Pattern("zh.id.plate", SpanType.ID, r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. -]?(?:[A-HJ-NP-Z0-9]{5,6}(?:挂|学|警|港|澳)?|[A-HJ-NP-Z0-9]{4}[挂学警港澳])", Strength.CHECKED),
    Pattern("zh.id.spaced18", SpanType.ID, r"\d{6}[ -]\d{4}[ -]?\d{4}[ -]\d{3}[\dXx]|\d{6}[ -]\d{8}[ -]\d{3}[\dXx]", Strength.CHECKED),
    Pattern("zh.id.coded", SpanType.ID, r"(?:号|单|证|卡|牌|码|标本|样本|仪|流水|编码|系统)[:：]?\s?([A-Z]{1,4}[A-Z0-9]*(?:-[A-Z0-9]+)+|[A-Z]{1,3}\d{4,})", Strength.LABELLED,
            lambda text, start, end: sum(c.isdigit() for c in text[start:end]) >= 3 and "批号" not in text[max(0, start - 4) : start]),
    Pattern("zh.id.card_number", SpanType.ID, r"(?:工牌|胸牌|台胞证|回乡证|通行证|居住证|居留证|病案|病历|案号|卷宗号?|房号|会员|船员证|老年证|优待证|军人证|退役证|教师证|医师证|护士证|执照|营业执照|税号|车票|机票|挂号单)(?:号码?)?[:：]?\s?([A-Za-z]{0,3}-?\d[\d-]{3,})", Strength.LABELLED),
    Pattern("zh.id.record_dashed", SpanType.ID, r"\d{6}-\d{3}-\d{3}-\d{5}", Strength.CHECKED, not_inside_number),
    Pattern("zh.id.document", SpanType.ID, r"[\x{4e00}-\x{9fff}]{1,6}字[〔［(（\[]?(?:19|20)\d{2}[〕］)）\]]?(?:年)?第?\d{1,6}号", Strength.CHECKED),
    Pattern("zh.id.number_sign", SpanType.ID, r"(?:No|NO|no|№)[.:：]? ?([A-Z]{0,3}\d{5,})", Strength.LABELLED),
    Pattern("zh.id.card", SpanType.ID, r"\d{4}(?: \d{4}){2,3}(?: \d{1,4})?", Strength.CHECKED, not_inside_number),
    Pattern("zh.id.registration", SpanType.ID, r"(?:挂号|门诊|住院|就诊|登记|体检|取药|排队)号?[:：]?\s?([甲乙丙丁A-Z]{1,3}-?\d{3,}[\d-]*)", Strength.LABELLED),
    Pattern("zh.phone.inside", SpanType.PHONE, r"(?:内线|分机|短号|院内电话|小号)[:：]?\s?(\d{3,6})", Strength.LABELLED, _phone),
    Pattern("zh.id.long", SpanType.ID, r"\d{9,20}[Xx]?", Strength.LISTED, lambda text, start, end: not_inside_number(text, start, end) and not is_lot(text, start)),
    Pattern("zh.id.code", SpanType.ID, r"[A-Z]{1,4}[-]?\d{2,}[-]?\d{2,}[-\d]*", Strength.SHAPED,
            lambda text, start, end: sum(c.isdigit() for c in text[start:end]) >= 6 and _after_no_digit(text, start, end) and not text[start:end].startswith(("COVID", "ICD", "QQ", "ID")) and text[max(0, start - 2) : start] not in ("批号", "号为")),
)  # fmt: skip
