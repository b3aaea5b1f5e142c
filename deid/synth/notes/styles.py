"""How authors write: each clinician has a way of their own, and bad days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from random import Random

from deid.synth.notes.facts import STYLES
from deid.synth.notes.text import Mark
from deid.synth.notes.words import misspelt
from deid.synth.people import Clinician, Locale
from deid.synth.streams import happens, one_of, open_stream, weighted

Piece = str | Mark
SURFACES = ("plain", "lower", "upper", "misspelt", "punctuated aloud")
_USUAL = {"soap": 3.0, "prose": 3.0, "fields": 2.0, "terse": 3.0, "bullets": 2.0, "dictated": 1.0}
_USUAL_ZH = {
    "soap": 3.0,
    "prose": 3.0,
    "fields": 3.5,
    "terse": 2.5,
    "bullets": 1.5,
    "dictated": 0.4,
}
_FAVOURED = 4.0
_WORD = re.compile(r"[a-z]{5,}")
_STOP = re.compile(r"\.(?=\s|$)")
_COMMA = re.compile(r",(?=\s)")
_ZH_SLIPS = (
    ("症状", "证状"), ("复查", "复察"), ("控制", "空制"), ("头晕", "头昏"), ("按时", "按是"),
    ("规律", "归律"), ("继续", "继绪"), ("饮食", "饮时"), ("不适", "不是"), ("随访", "遂访"),
    ("坚持", "间持"), ("睡眠", "睡棉"), ("建议", "建义"), ("注意", "主意"),
)  # fmt: skip
_MISSPELT_WORD = 0.09


@dataclass(frozen=True)
class Author:
    """The weights of styles and of surfaces of one clinician."""

    styles: dict[str, float]
    surfaces: dict[str, float]


@cache
def author_of(clinician: Clinician, locale: Locale) -> Author:
    """A clinician's habits: the same in every note and every population of that clinician."""
    stream = open_stream("author", locale, clinician.provider_id, clinician.full_name)
    styles = dict(_USUAL_ZH if locale == "zh_CN" else _USUAL)
    styles[one_of(stream, STYLES[:5])] *= _FAVOURED
    surfaces = {"plain": 10.0, "lower": 0.4, "upper": 0.25, "misspelt": 0.8,
                "punctuated aloud": 0.1}  # fmt: skip
    draw = stream.random()
    if draw < 0.16:
        surfaces["lower"] = 8.0
    elif draw < 0.24:
        surfaces["upper"] = 6.0
    elif draw < 0.4:
        surfaces["misspelt"] = 9.0
    return Author(styles, surfaces)


def draw_style(stream: Random, author: Author) -> str:
    """The style of one note."""
    return weighted(stream, author.styles)


def draw_surface(stream: Random, author: Author, style: str, chinese: bool) -> str:
    """What haste makes of one note."""
    if style == "dictated":
        return "punctuated aloud" if not chinese and happens(stream, 0.4) else "plain"
    surface = weighted(stream, author.surfaces)
    if chinese and surface in {"lower", "upper", "punctuated aloud"}:
        return "plain"
    return surface


def written(stream: Random, pieces: Iterable[Piece], surface: str, chinese: bool) -> list[Piece]:
    """The pieces as they end up on the page; what was an identifier stays one."""
    if surface == "lower":
        return [_changed(piece, str.lower) for piece in pieces]
    if surface == "upper":
        return [_changed(piece, str.upper) for piece in pieces]
    if surface == "misspelt":
        slip = _slip_zh if chinese else _slip
        return [piece if isinstance(piece, Mark) else slip(stream, piece) for piece in pieces]
    if surface == "punctuated aloud":
        return [piece if isinstance(piece, Mark) else _aloud(piece) for piece in pieces]
    return list(pieces)


def _changed(piece: Piece, change: Callable[[str], str]) -> Piece:
    if isinstance(piece, Mark):
        kept = piece.type in {"EMAIL", "URL"}
        return piece if kept else Mark(change(piece.text), piece.type, piece.role)
    return change(piece)


def _slip(stream: Random, text: str) -> str:
    if len(text) < 5:
        return text
    return _WORD.sub(
        lambda m: misspelt(stream, m[0]) if stream.random() < _MISSPELT_WORD else m[0], text
    )


def _slip_zh(stream: Random, text: str) -> str:
    for right, wrong in _ZH_SLIPS:
        if right in text and stream.random() < 0.2:
            return text.replace(right, wrong, 1)
    return text


def _aloud(text: str) -> str:
    return _COMMA.sub(" comma", _STOP.sub(" period", text)).replace("\n", " new line ")
