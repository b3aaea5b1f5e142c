"""A summary statement checked for its parts: feedback, never a grade without the instructor.

The parts are those of a problem representation (Bordage 1994, Academic Medicine 69:883): who, what
matters of the background, how it came, semantic qualifiers, the syndrome. Words are sought from
lists, in English and Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Part = Literal["age", "sex", "context", "tempo", "qualifiers", "syndrome", "length"]
MOST_WORDS: Final = 60
MOST_CHARACTERS: Final = 120
LEAST_QUALIFIERS: Final = 2

_AGE = re.compile(
    r"\b\d{1,3}[- ]?(?:year|yr|y/?o|month|week|day)"
    r"|\b(?:elderly|middle-aged|young|teenage|infant)\b"
    r"|\b(?:in (?:his|her|their) [a-z]+(?:ies|teens))|\d{1,3}\s*(?:多|余)?\s*(?:岁|月龄|个月|天)"
    r"|老年|中年|青年|青少年|儿童|婴儿|幼儿|[二三四五六七八九]十(?:多|余)?岁",
    re.IGNORECASE,
)
_SEX = re.compile(
    r"\b(?:man|woman|male|female|boy|girl|gentleman|lady)\b|男|女|妇|老汉|大爷|大妈", re.IGNORECASE
)
_TEMPO = re.compile(
    r"\b(?:acute|subacute|chronic|sudden|gradual|progressive|recurrent|intermittent|constant|"
    r"worsening|relapsing)(?:ly)?\b|\b\d+[- ]?(?:hour|day|week|month|year)s?\b|\bfor (?:\w+ )?"
    r"(?:hours|days|weeks|months|years)\b|急性|亚急性|慢性|突发|逐渐|进行性|反复|间断|持续|加重|"
    r"\d+\s*(?:小时|天|周|月|年)|[一二两三四五六七八九十半数]+(?:小时|天|周|个月|年)",
    re.IGNORECASE,
)
QUALIFIERS: Final = (
    ("acute", "chronic", "急性", "慢性"),
    ("sudden", "gradual", "突发", "逐渐"),
    ("unilateral", "bilateral", "单侧", "双侧"),
    ("proximal", "distal", "近端", "远端"),
    ("mild", "moderate", "severe", "轻度", "中度", "重度"),
    ("constant", "intermittent", "持续", "间断"),
    ("productive", "dry", "有痰", "干咳"),
    ("exertional", "at rest", "劳力", "静息"),
    ("localized", "localised", "diffuse", "局限", "弥漫"),
    ("progressive", "stable", "improving", "进行性", "稳定", "好转"),
    ("recurrent", "first", "反复", "首次"),
    ("controlled", "uncontrolled", "控制满意", "控制不满意", "未达标", "达标"),
    ("adherent", "nonadherent", "non-adherent", "规律服药", "不规律服药", "漏服"),
)
"""Opposites; two words of one line say one thing."""
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True)
class StatementRule:
    """Words of the case itself that stand for its context and for its syndrome."""

    context: tuple[str, ...]
    syndrome: tuple[str, ...]


def check_statement(text: str, rule: StatementRule) -> Mapping[Part, bool]:
    """Which parts a statement has; ``length`` is true within 60 words, or 120 characters."""
    lowered = text.lower()
    chinese = len(_CHINESE.findall(text))
    words = len(_WORD.findall(_CHINESE.sub(" ", text)))
    named = sum(any(_has(lowered, word) for word in line) for line in QUALIFIERS)
    return {
        "age": _AGE.search(text) is not None,
        "sex": _SEX.search(text) is not None,
        "context": _any(lowered, rule.context),
        "tempo": _TEMPO.search(text) is not None,
        "qualifiers": named >= LEAST_QUALIFIERS,
        "syndrome": _any(lowered, rule.syndrome),
        "length": chinese + words > 0
        and (chinese <= MOST_CHARACTERS if chinese > words else words <= MOST_WORDS),
    }


def _any(lowered: str, words: Iterable[str]) -> bool:
    return any(_has(lowered, word.lower()) for word in words)


def _has(lowered: str, word: str) -> bool:
    if _CHINESE.search(word):
        return word in lowered
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", lowered) is not None
