"""Patterns of what must not stand in a case: who the person and the author are, and when exactly.

A release's notes are scrubbed, so that what still matches is a surrogate or a miss. Neither teaches
anything: a draft leaves the sentence out, and the check before publishing refuses it.
"""

from __future__ import annotations

import re
from functools import cache

IDENTIFIERS: dict[str, str] = {
    "an e-mail address": r"[\w.+-]+@[\w-]+\.[\w.]+",
    "a web address": r"\bhttps?://|\bwww\.\w",
    "a Chinese identity number": r"(?<!\d)\d{17}[\dXx](?!\d)",
    "a Chinese mobile number": r"(?<!\d)1[3-9]\d{9}(?!\d)",
    "a telephone number": r"(?<!\d)(\(\d{3}\)\s?|\d{3}[-. ])?\d{3}[-.]\d{4}(?!\d)|"
    r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)",
    "a social security number": r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)",
    "a resident record number": r"(?<!\d)\d{6}-?\d{3}-?\d{3}-?\d{5}(?!\d)|(?<!\d)\d{3}-\d{5}(?!\d)",
    "an account of a messenger": r"(微信|qq|wechat)(号|\s?id)?\s*[:：]?\s*[a-z0-9_-]{5,}",
    "an address of a computer": r"(?<![\d.])\d{1,3}(\.\d{1,3}){3}(?![\d.])",
    "an address": r"\d+\s*(号|栋|幢|单元)\S{0,8}\d+\s*(室|号)|\d+栋\d+|住址\s*[:：]|"
    r"(?<!\d)\d{1,5}\s+(?-i:([A-Z][a-z]+\s){1,3}(Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Court|Blvd)\b)",
    "a record number": r"\b(mrn|record no\.?|病历号|档案编号|住院号|门诊号)\s*[:：#]?\s*\w*\d{4,}",
    "a calendar date": r"(?<!\d)(19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|"
    r"(?<![\d/])\d{1,2}/\d{1,2}/(19|20)?\d\d(?![\d/])|(?<!\d)\d{4}-\d\d-\d\d(?!\d)|"
    r"[一二][〇零九][〇零一二三四五六七八九]{2}年|[一二三四五六七八九十]{1,2}月[一二三四五六七八九十廿]{1,3}[日号]|"
    r"\b(january|february|march|april|june|july|august|september|october|november|december)"
    r"\s+\d{1,2}(st|nd|rd|th)?\b",
    "an age over 89": r"(?<![\d.])(9\d|1[01]\d)([- ]years?[- ]old|\s*y/?o\b|\s*岁)",
}

SEASON = re.compile(
    # A month or a feast beside a day that is counted gives the calendar back.
    r"\b(?-i:January|February|March|April|June|July|August|September|October|November|December)\b|"
    r"\b(in|since|last|of|until|early|late|mid)\s+(?-i:May)\b|"
    r"\b(this|last|next|since|until|before)\s+(spring|summer|autumn|winter|christmas|easter)\b|"
    r"\b(christmas|new year's|thanksgiving|spring festival|mid-autumn)\b|"
    r"\d+\s*年\s*(1[0-2]|0?[1-9])月|(?<!\d)(1[0-2]|[1-9])月(份|初|底|[上中下]旬)|[正腊]月|[一二三四五六七八九十]月份|"
    r"(今|去|上|前|入|开|立)年?个?[春夏秋冬]|[春夏秋冬]节|中秋|端午|元旦|清明|国庆|重阳|除夕|元宵|过年",
    re.IGNORECASE,
)
EXACT_AGE = re.compile(
    r"(?<![\d–~-])\d{1,3}[- ]years?[- ]old\b|(?<![\d–~-])\d{1,3}\s*(y/?o)\b|"
    r"\baged\s+\d{1,3}(?![\d–])\b",
    re.IGNORECASE,
)


def tells_season(text: str) -> bool:
    """Whether a text names a month, a season or a feast, so that a day of the case has a date.

    >>> tells_season("Since last winter."), tells_season("Worse in cold weather.")
    (True, False)
    """
    return SEASON.search(text) is not None


def tells_exact_age(text: str) -> bool:
    """Whether a text tells an age to the year.

    >>> tells_exact_age("A 57-year-old farmer"), tells_exact_age("A 55–59-year-old farmer")
    (True, False)
    """
    return EXACT_AGE.search(text) is not None


def identifiers_in(text: str) -> tuple[str, ...]:
    """What a text looks as if it held: names of patterns, never the text."""
    return tuple(what for what in IDENTIFIERS if _compiled(what).search(text))


@cache
def _compiled(what: str) -> re.Pattern[str]:
    return re.compile(IDENTIFIERS[what], re.IGNORECASE)


# Lines that hold who the person and the author are: surrogates in a release, noise in a case.
IDENTITY_LINE = re.compile(
    # a label at the beginning of the line
    r"^\s*(patient( name| id)?|name|pt|re|dob|date of birth|mrn|record (no|number)|ssn|phone|tel|"
    r"(new )?address|e-?mail|insurance( id)?|signed( by)?|author|provider|physician|clinician|"
    r"visit|date|"
    r"姓名|患者|编号|档案(编号|号)|身份证号?|出生日期|联系电话|电话|现?住址|地址|联系人|医保卡?号?|"
    r"就诊日期|随访日期|接诊日期|日期|(随访|接诊|责任)?医[生师](签名)?|签名|记录人|居民签名)"
    r"\s*(\([^)]*\))?[:：]"
    # a label with its number anywhere
    r"|\b(mrn|ssn|dob|d\.o\.b)\b|\bcc: chart|\bchart (no\.? ?)?\S*\d{4,}|"
    r"身份证号|医保卡号|档案编号|病历号"
    r"|(电话|手机|微信|\b(phone|call|tel)\b)\D{0,6}\+?\d[\d\s()-]{6,}"
    # when somebody was born, in whatever form
    r"|\b(born|date of birth|birth ?date|birthday)\b.{0,12}\d|(出生(?![体身评])|生于|生日).{0,6}\d|"
    r"\d\s*[年月日]\s*出?生(?![命活理化长产])"
    # mail through a portal, whoever writes
    r"|\b(portal|e-?)\s?mail\b[^.]{0,12}@"
    # a number that is too long to be a measurement, also in groups within brackets
    r"|(?<![\d.])\d{8,}(?!\d)|\b[a-z]{1,3}-?\d{6,}\b|[（(]\+?\d[\d\s-]{6,}[）)]"
    # where somebody lives or works
    r"|[，,]住.{4,}(号|室|组|村|弄)|^家住|^(患者)?\S{2,4}[，,][男女][，,].*(号|室|组|村|弄|镇|街道|社区)[。.]?$"
    r"|^still at \d|^(drove in from|works at)\s+\S|^lives (at|in)\s+\d"
    # name, sex and age alone
    r"|^(患者)?\S{2,4}[，,][男女][，,][^，,]{1,8}[。.]?$"
    r"|^this is .{3,40}\b(man|woman|boy|girl|person)\b(, seen .{2,20})?\.?$"
    # a name alone, as generators of synthetic records write it
    r"|^[^\W\d_]{2,}\d{2,4}(\s+[^\W\d_]{2,}\d{2,4})*$"
    # the place of care
    r"|^[^:：。，,]{2,30}(clinic|hospital|health center|medical center)\.?$"
    # who signed
    r"|\b(electronically )?signed\b|^\s*[-–—]{2,}\s*\w"
    r"|^[\w.'’-]+(\s+[\w.'’-]+){0,3},?\s+(MD|DO|RN|NP|PA-C|PA|MBBS|PhD)\b"
    r"|^-*\s*(Dr|Nurse)\.?\s+[^.;:]{1,30}\.?$|^(?-i:[a-z]{1,2}|[A-Z])\.?$"
    r"|^(责任|接诊|随访)?医[生师]\S{0,6}$|(卫生院|卫生服务中心|医院|卫生室)[　 ]+\S{1,5}$",
    re.IGNORECASE,
)
_DAY_ALONE = re.compile(r"^(\[day -?\d+\]|〔第-?\d+天〕)[.。]?$")
_PLACE_OF_TITLE = re.compile(
    r"^\S{2,24}(卫生院|服务中心|医院|卫生室)\S{0,14}(表|记录|小结|随访|档案)$"
)


def says_who_only(sentence: str, shown: str) -> bool:
    """Whether a sentence of a note tells who or where, which no case needs.

    ``shown`` is the sentence as the case would show it: dates and ages are replaced in it.
    """
    return (
        IDENTITY_LINE.search(sentence) is not None
        or _PLACE_OF_TITLE.search(sentence) is not None
        or _DAY_ALONE.search(shown) is not None
        or bool(identifiers_in(shown))
        or tells_season(shown)
        or tells_exact_age(shown)
    )
