# ruff: noqa: E501 -- an expression is read whole
"""Months of other languages and calendars, and feasts that name a day."""

from __future__ import annotations

import re

OTHER_MONTH = (
    r"(?:muharram|safar|rabi[ '](?:al-|ul-)?(?:awwal|thani)|jumada[ '](?:al-|ul-)?\w+|rajab"
    r"|sha'?ban|ramadan|shawwal|dhu[ '](?:al-|l-)?\w+|tishrei|nisan|adar|sivan|elul|kislev|tevet)"
)
FOREIGN_MONTH = (
    r"(?:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre|enero|febrero|marzo|abril|mayo"
    r"|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre|januar|februar|m[äa]rz|juni|juli|oktober|dezember"
    r"|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|janeiro|fevereiro|março|junho|julho|setembro|outubro|dezembro)"
)
FEAST = (
    r"(?:(?:(?:(?:ukrainian|orthodox|coptic|serbian|russian|greek)\s+)?(?:x-?mas|christmas|thanksgiving|easter)(?:\s+(?:eve|day|monday|sunday|friday|weekend|wk(?:end|nd)?|morning|dinner))?|thxgiving|t-?giving|turkey\s+day|july\s+4th|4th\s+july"
    r"|new\s+year'?s?(?:\s+(?:eve|day))?|christmas(?:\s+(?:eve|day))?|xmas|(?:greek\s+|orthodox\s+|coptic\s+)?easter"
    r"(?:\s+(?:sunday|monday))?|good\s+friday|thanksgiving(?:\s+day)?|hallowe'?en|independence\s+day"
    r"|(?:fourth|4th)\s+of\s+july|labou?r\s+day|memorial\s+day|veterans'?\s+day|presidents?'?s?\s+day|mlk\s+day"
    r"|martin\s+luther\s+king\s+day|columbus\s+day|juneteenth|groundhog\s+day|valentine'?s?(?:\s+day)?"
    r"|(?:st\.?|saint)\s+patrick'?s(?:\s+day)?|mother'?s\s+day|father'?s\s+day|boxing\s+day|hanukkah|passover"
    r"|yom\s+kippur|rosh\s+hashanah|eid\s+al-(?:fitr|adha)|ramadan|diwali|deepavali|holi|pongal|epiphany"
    r"|cinco\s+de\s+mayo|chinese\s+new\s+year|lunar\s+new\s+year|tet|ash\s+wednesday|palm\s+sunday|mardi\s+gras"
    r"|all\s+(?:saints|souls)'?(?:\s+day)?|(?:(?:early|late)\s+)?(?:may|spring|summer|august|easter)\s+bank\s+holiday|bank\s+holiday\s+monday"
    r"|shrove\s+tuesday|pancake\s+(?:day|tuesday)|holy\s+(?:week|saturday|thursday)|maundy\s+thursday|ascension\s+day|trinity\s+sunday|corpus\s+christi|advent\s+sunday|whit\s+(?:sunday|monday)"
    r"|victoria\s+day|melbourne\s+cup(?:\s+day)?|queen'?s\s+birthday|king'?s\s+birthday|family\s+day|civic\s+holiday|heritage\s+day|patriots'?\s+day|pi\s+day|twelfth\s+night|burns\s+night|hogmanay|halloween\s+night|leap\s+day"
    r"|(?:st\.?|saint|la\s+st)[ -](?:john|jean|lucia|joseph|brigid|swithin|valentine|crispin|martin)(?:'?s)?(?:[ -](?:day|baptiste|eve))|la\s+st-jean|san\s+juan\s+day|three\s+kings'?\s+(?:day)?|d[ií]a\s+de\s+reyes|nochebuena|semana\s+santa"
    r"|eid(?:\s+(?:ul|al)[ -](?:fitr|adha))?|ashura|mawlid|laylat\s+al-qadr|arafat\s+day|tisha\s+b'?av|lag\s+b'?omer|tu\s+bishvat|dashain|tihar|durga\s+puja|ganesh\s+chaturthi|raksha\s+bandhan|makar\s+sankranti|ugadi|baisakhi|losar|obon|chuseok|seollal|mid-?autumn(?:\s+festival)?|qingming|dragon\s+boat(?:\s+festival)?|loy\s+krathong|thaipusam|wesak|timkat|enkutatash|umuganura|carnival\s+(?:monday|tuesday|sunday)"
    r"|navidad|d[ií]a\s+de\s+(?:los\s+)?muertos|las\s+posadas|kwanzaa|nowruz|songkran|vesak|purim|sukkot|shavuot|simchat\s+torah|navratri|dussehra|onam|vaisakhi|michaelmas|whitsun|pentecost|candlemas|lammas|martinmas|imbolc|samhain|la\s+candelaria|candelaria|galungan|songkran|tsagaan\s+sar|matariki|king'?s\s+day|d[ií]a\s+de\s+la\s+candelaria"
    r"|black\s+(?:friday|saturday|monday|wednesday)|election\s+day|super\s+bowl\s+sunday|st\.?\s+(?:david|andrew|george|stephen|nicholas)'?s\s+day|earth\s+day|flag\s+day|indigenous\s+peoples'?\s+day|remembrance\s+day|armistice\s+day|waitangi\s+day"
    r"|anzac\s+day|australia\s+day|canada\s+day|bastille\s+day|guy\s+fawkes\s+night|bonfire\s+night))"
)

_NO_FEAST = re.compile(
    r"(?i)\b(?:hospital|post|op|postop|day|next|last|every|each|this|that|on|since|by|until|full|half|rest|sick|treatment|cycle|per|study|first|second|third|one|all|the|mid|late|early|past|same|other"
    r"|clinic|visit|ward|duty|shift|bed|saturday|sunday|monday|tuesday|wednesday|thursday|friday|adult|senior|care|pediatric|holter|seen|returns?|discharge[ds]?|admit(?:ted)?|wound|follow|recheck|out|in|at|to|for|he|she|we|they|and|or|a|an)\b"
)


_WEEKDAY_OF_A_DATE = re.compile(r",? (?:\d|[A-Z][a-z]+\.? \d)")
"""After a weekday; what stands before such a one is no name of a day, but may be a person's."""


def is_named_day(text: str, start: int, end: int) -> bool:
    """``Vaisakhi Eve``, ``Feast of the Assumption``: not ``Hospital Day 3`` nor ``Every Sunday``.

    Nor ``Ann Lee Sunday, May 3`` or ``Ann Lee Sunday``: two words before a weekday are a person's.
    """
    if (
        text[start : start + 5].casefold() in {"first", "secon", "third", "fourt", "last "}
        or " of " in text[start:end]
    ):
        return True
    head, last = text[start:end].rsplit(" ", 1)
    if last.endswith("day") and last != "Day":
        if " " in head and not head.startswith(("St", "Saint", "Super Bowl")):
            return False
        if _WEEKDAY_OF_A_DATE.match(text, end):
            return False
    return not _NO_FEAST.search(head) and not re.match(
        r" ?\d|[ -](?:[Cc]are|[Pp]rogram|[Ss]urgery|[Cc]enter|[Hh]ospital|[Ss]chool|[Ss]hift|[Nn]urse)",
        text[end : end + 12],
    )
