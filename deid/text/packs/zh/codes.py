# ruff: noqa: E501 -- an expression is read whole
"""Numbers behind any word that ends as labels of numbers do, and codes of courts and machines."""

from __future__ import annotations

import re

from deid.text.document import SpanType, Strength
from deid.text.patterns import Pattern, not_inside_number

# Numbers of goods, rooms and measures point to nobody.
_OF_THINGS = re.compile(
    r"(?:批|批准文|国药准字|床|房|房间|型|楼|门|座|孔|针|序|排|第|几|多少|小|大|中|特|几|挂|信|符|记|编组|版本|频道|诊室|台|站|车间|品|期|票根|口令)号$"
)


def _labelled(text: str, start: int, end: int) -> bool:
    label = re.search(
        r"[\u4e00-\u9fff]{1,8}(?=(?:码|为|是|[:：])?\s?$)", text[max(0, start - 14) : start]
    )
    digits = sum(c.isdigit() for c in text[start:end])
    return label is not None and _OF_THINGS.search(label[0]) is None and 3 <= digits <= 20


def _mixed(text: str, start: int, end: int) -> bool:
    """``协议号TPX-签-0316``, ``函号桂公估23-1172``: no date and no count behind a number."""
    found = text[start:end]
    digits = sum(c.isdigit() for c in found)
    return (
        4 <= digits <= 20
        and found[0] not in "是为在的约共于了和住有头号码"
        and text[end : end + 1] not in set("年月日元岁次例人个")
        and _OF_THINGS.search(text[max(0, start - 4) : start].rstrip(":： ")) is None
    )


def _dashed(text: str, start: int, end: int) -> bool:
    """``XZ-HL-2231``, ``2023-B-20886``: letters and figures in groups; no lot, model or strain."""
    found = text[start:end]
    if sum(c.isdigit() for c in found) < 4 or text[start - 1 : start] in _INSIDE:
        return False
    if re.match(r"P\d|LMP|EDC|EDD|HLA|CD\d|IL-|PD-|SARS|CYP|COVID|ICD|HPV|FDA|GB|ISO|YY", found):
        return False
    if re.match(r"(?:19|20)\d\d-\d{1,2}-\d{2}[0-2]\d[:：]", text[start : end + 1]):
        return False  # `2022-11-1122:10`: a day and an hour
    before = text[max(0, start - 5) : start]
    return not re.search(r"(?:批号?|LOT|Lot|型号?|机型|[A-Za-z0-9])[:：]? ?$", before)


_INSIDE = frozenset("-._/")

CODES = (
    Pattern(
        "zh.id.any_label",
        SpanType.ID,
        r"(?:号码?|编码|代码|证号|单号|卡号|编号)(?:为|是|[:：])?\s?"
        r"((?:[甲乙丙丁戊己]-|[A-Za-z]{0,6}[-]?)\d[\dA-Za-z]*(?:[- ./][\dA-Za-z]{2,})*)",
        Strength.LISTED,
        _labelled,
    ),
    Pattern(
        "zh.id.case",
        SpanType.ID,
        r"[（(](?:19|20)\d{2}[）)][\x{4e00}-\x{9fff}]\d{0,4}[\x{4e00}-\x{9fff}]{1,4}\d{1,6}号",
        Strength.CHECKED,
    ),
    Pattern(
        "zh.id.mixed",
        SpanType.ID,
        r"(?:编号|[会函议案理诊受协件票单证卡][号码]|[号码]上写的是|[低残退优待疾休军保]{2}证|№)[:：]?[ \x{3000}]*"
        r"((?:[A-Z]{1,4}-)?[\x{4e00}-\x{9fff}]{1,4}[-〔\[（(]?\d{2,6}[-〕\]）)第]*\d{0,8}|\d{2}-\d{4,6})|(?:病理|流水|超声|影像|放射|标本|样本|片号)(?:号|[:：])?[:： ]?(\d{2,6}-\d{2,8})",
        Strength.LISTED,
        _mixed,
    ),
    Pattern(
        "zh.id.dashed",
        SpanType.ID,
        r"(?:[A-Z]{1,5}\d{0,6}(?:-[A-Z0-9]{1,10})+|(?:19|20)?\d{2,4}-[A-Z0-9]{1,3}-\d{3,8}|[A-Z]{2,4}-[A-Z]{2} \d{5,8})",
        Strength.SHAPED,
        _dashed,
    ),
    Pattern(
        "zh.id.card_groups",
        SpanType.ID,
        r"(?:[\x{4e00}-\x{9fff}][卡证码簿折库]|登记|[透析病]析?号)[:：]?[ ]{0,2}"
        r"([A-Z]{0,3}\d{3,4}(?: \d{3,4}){1,4}(?: \d{1,3})?|[A-Z]{1,4}-?\d{3,}|\d{5,}|\d-\d-\d{4})",
        Strength.LISTED,
        _labelled,
    ),
    Pattern(
        "zh.id.paper",
        SpanType.ID,
        r"(?:[\x{4e00}-\x{9fff}]{1,2}[（(][\x{4e00}-\x{9fff}]{1,4}[)）][\x{4e00}-\x{9fff}]{0,4}|[\x{4e00}-\x{9fff}]{3,4})"
        r"[（(〔\[](?:19|20)\d{2}[)）〕\]]第?\d{1,6}号",
        Strength.CHECKED,
    ),
    Pattern("zh.id.boat", SpanType.ID, r"[沪津冀辽鲁苏浙闽粤桂琼皖赣湘鄂川渝][\x{4e00}-\x{9fff}]{1,2}[渔运货客]\d{4,6}|[沪津冀辽鲁苏浙闽粤桂琼皖赣湘鄂川渝][\x{4e00}-\x{9fff}]{1,2}渔运\d{4,6}", Strength.LABELLED),
    Pattern("zh.id.spoken", SpanType.ID, r"(?:[卡证编病住门账单学工]号码?|尾[数号]|后[三四五六]位|号码)(?:是|为)?[:：]?([零〇一二三四五六七八九幺]{4,19})", Strength.LABELLED),
    Pattern("zh.id.added", SpanType.ID, r"(?:加[我他她](?:微信|好友)?[:：]?|[^A-Za-z0-9][vV][:：]) ?([A-Za-z0-9_-]*[A-Za-z_][A-Za-z0-9_-]*\d[A-Za-z0-9_]*|\d+[A-Za-z_][A-Za-z0-9_]+)", Strength.LABELLED),
    Pattern("zh.id.of_user", SpanType.ID, r"(?:UID|uid|Line|LINE|line ?ID|网名|昵称|游戏ID|游戏名|B站|ins|INS)(?:ID|UID|号|名|叫|为|是)?[:：]? ?([A-Za-z0-9_\x{4e00}-\x{9fff}]*[A-Za-z0-9_.]{2,}[A-Za-z0-9])", Strength.LISTED, lambda text, start, end: any(c.isdigit() or c == "_" for c in text[start:end])),
    Pattern("zh.id.word_number", SpanType.ID, r"[\x{4e00}-\x{9fff}]字第\d{4,}号", Strength.LABELLED),
    Pattern("zh.id.last_digits", SpanType.ID, r"[后末][三四五六]位(?:数|号)?[:：是为]{0,2}(\d{3,6}[Xx]?)", Strength.LABELLED),
    Pattern("zh.id.mac", SpanType.ID, r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", Strength.CHECKED, not_inside_number),
)  # fmt: skip
