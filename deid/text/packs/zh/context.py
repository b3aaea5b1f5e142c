"""Decides by context whether a Chinese word is somebody's name at this place."""

from __future__ import annotations

import re

from deid.text.document import SpanType
from deid.text.packs.base import Form
from deid.text.packs.zh.lexicon import JOINING, KIN, LABELS, STRONG_TITLES, has_han
from deid.text.words import longest_first

_LABEL_BEFORE = re.compile(
    r"(?:"
    + "|".join(longest_first({*LABELS, *KIN}))
    + r")(?:[（(][^）)\n]{1,8}[）)])?[姓名]*[::]?[ \"“]*$"
)
_AFTER = re.compile(
    r"^(?:$|[,,。.;;、()（）\s::!?？！\"”]|男|女|的|之|\d|今年|自述|诉|说|表示|要求|来诊|陪|能|会|已|想|要|不肯|不愿|不想|没来|未来|在家|"
    r"清醒|挺|很|本人|一家|家|他|她|及|与|于|由|因|为|患|服|吃|用药|住|来|去|到|神志|情绪|精神|夜间|今|昨|昏|突|曾|坚持|拒|同意|体检|血压|血糖|复|"
    + "|".join(STRONG_TITLES)
    + ")"
)
# 老 and 小 before a surname that begins another word, or after a word that ends with them.
_NOT_BEFORE_PREFIX = frozenset("大中最很从缩减变年偏较稍古衰")
_WORD_WITH = re.compile(
    r"高[血脂龄低烧热压]|[黄白][疸内天斑带蛋细]|年|时候|水[平泡肿]|马桶|石头|[温牛包方常车江路房]"
)
_SEPARATORS = re.compile(
    r"(?:(?:^|次日|当日|术后|今日|昨日|只有|找|问|请|让|叫|跟|和|对|给|劝|嘱|予|告知|通知|关于|陪)|[\n、,,。;;::\s(（\"“])$"
)


def name_fits(text: str, start: int, end: int, form: Form) -> bool:
    """Whether an uncertain form of a known name is that name here."""
    if form.type is not SpanType.NAME:
        return True
    found = text[start:end]
    if form.lead:
        return text[start - 1 : start] not in _NOT_BEFORE_PREFIX and not _WORD_WITH.match(
            text[end - 1 : end + 2]
        )
    if form.canonical.startswith("zhgiven:") and found[0] in JOINING and len(found) == 2:
        return text[start - 1 : start] not in JOINING[found[0]]
    before, after = text[max(0, start - 20) : start], text[end : end + 6]
    if not has_han(found):
        return found[:1].isupper() and not (before[-1:].isalnum() and before[-1:].isascii())
    if _LABEL_BEFORE.search(before) and _AFTER.match(after):
        return True
    if len(found) == 2 and (found[0] in "小阿" or found[0] == found[1]):
        return not re.match(r"[腿腹便时心叶脑]", found[1]) and bool(
            _SEPARATORS.search(before) or before[-1:] not in "大中"
        )
    return bool(_SEPARATORS.search(before)) and bool(_AFTER.match(after))
