"""How authors write: each clinician has a way of their own, and bad days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from random import Random

from deid.synth.notes.facts import STYLES
from deid.synth.notes.grammar import Habit
from deid.synth.notes.text import Mark
from deid.synth.notes.words import misspelt
from deid.synth.people import Clinician, Locale
from deid.synth.streams import happens, one_of, open_stream, weighted

Piece = str | Mark
SURFACES = ("plain", "lower", "upper", "misspelt", "punctuated aloud", "clipped", "glued",
            "wrapped", "misheard")  # fmt: skip
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
_MISSPELT_WORD, _MISSPELT_NAME = 0.09, 0.08
_PAST = re.compile(r"(?<=[a-z]{3})ed\b")
_GOING = re.compile(r"(?<=[a-z]{3})ing\b")
_GLUE = re.compile(r"(?<=[a-z0-9)])([,;]) (?=[A-Za-z])")
_MISHEARD = (("there", "their"), ("affect", "effect"), ("ileum", "ilium"), ("two", "to"),
             ("than", "then"), ("mucous", "mucus"), ("discreet", "discrete"), ("heel", "heal"),
             ("for ", "four "), ("oral", "aural"), ("weight", "wait"), ("week", "weak"),
             ("feet", "feat"), ("pain", "pane"), ("site", "sight"), ("knee", "nee"),
             ("brought", "bought"), ("worse", "worst"), ("past", "passed"))  # fmt: skip
"""What a machine that takes dictation hears instead."""
_WIDTHS = (58, 64, 72)
_WIDTHS_ZH = (28, 34, 40)
_BREAKABLE = {"NAME", "LOCATION", "ORGANIZATION"}


@dataclass(frozen=True)
class Author:
    """The weights of styles and of surfaces of one clinician, and the habit of words."""

    styles: dict[str, float]
    surfaces: dict[str, float]
    habit: Habit


@cache
def author_of(clinician: Clinician, locale: Locale) -> Author:
    """A clinician's habits: the same in every note and every population of that clinician."""
    stream = open_stream("author", locale, clinician.provider_id, clinician.full_name)
    styles = dict(_USUAL_ZH if locale == "zh_CN" else _USUAL)
    styles[one_of(stream, STYLES[:5])] *= _FAVOURED
    surfaces = {"plain": 10.0, "lower": 0.4, "upper": 0.25, "misspelt": 0.8,
                "punctuated aloud": 0.1, "clipped": 0.3, "glued": 0.5, "wrapped": 0.5,
                "misheard": 0.1}  # fmt: skip
    draw = stream.random()
    if draw < 0.16:
        surfaces["lower"] = 8.0
    elif draw < 0.24:
        surfaces["upper"] = 6.0
    elif draw < 0.4:
        surfaces["misspelt"] = 9.0
    elif draw < 0.5:
        surfaces["clipped"] = 6.0
    elif draw < 0.58:
        surfaces["glued"] = 6.0
    return Author(styles, surfaces, stream.randrange(1 << 30))


def draw_style(stream: Random, author: Author) -> str:
    """The style of one note."""
    return weighted(stream, author.styles)


def draw_surface(stream: Random, author: Author, style: str, chinese: bool) -> str:
    """What haste makes of one note."""
    if style == "dictated":
        heard = {"plain": 4.0, "punctuated aloud": 3.0, "misheard": 3.0, "wrapped": 1.0}
        return weighted(stream, heard) if not chinese else "plain"
    surface = weighted(stream, author.surfaces)
    return surface if not chinese or surface in {"misspelt", "wrapped"} else "plain"


def written(stream: Random, pieces: Iterable[Piece], surface: str, chinese: bool) -> list[Piece]:
    """The pieces as they end up on the page; what was an identifier stays one."""
    if surface == "lower":
        return [_changed(piece, str.lower) for piece in pieces]
    if surface == "upper":
        return [_changed(piece, str.upper) for piece in pieces]
    if surface == "misspelt":
        slip = _slip_zh if chinese else _slip
        return [
            _slipped_name(stream, piece, chinese)
            if isinstance(piece, Mark)
            else slip(stream, piece)
            for piece in pieces
        ]
    if surface == "wrapped":
        return _wrapped(stream, pieces, chinese)
    change = {"clipped": _clipped, "glued": _glued}.get(surface)
    if surface == "misheard":
        change = partial(_misheard, stream)
    if change is not None:
        return [piece if isinstance(piece, Mark) else change(piece) for piece in pieces]
    if surface == "punctuated aloud":
        return [piece if isinstance(piece, Mark) else _aloud(piece) for piece in pieces]
    return list(pieces)


def _changed(piece: Piece, change: Callable[[str], str]) -> Piece:
    if isinstance(piece, Mark):
        kept = piece.type in {"EMAIL", "URL"}
        return piece if kept else Mark(change(piece.text), piece.type, piece.role)
    return change(piece)


def _slipped_name(stream: Random, mark: Mark, chinese: bool) -> Mark:
    if mark.type != "NAME" or chinese or len(mark.text) < 6 or not mark.text.isalpha():
        return mark
    if not happens(stream, _MISSPELT_NAME):
        return mark
    return Mark(misspelt(stream, mark.text), mark.type, mark.role)


def _clipped(text: str) -> str:
    return _GOING.sub("ng", _PAST.sub("d", text))


def _glued(text: str) -> str:
    return _GLUE.sub(r"\1", text)


def _misheard(stream: Random, text: str) -> str:
    for right, wrong in _MISHEARD:
        if right in text and happens(stream, 0.3):
            return text.replace(right, wrong, 1)
    return text


def _wrapped(stream: Random, pieces: Iterable[Piece], chinese: bool) -> list[Piece]:
    """Lines of one length, as a printer or a mail programme breaks them: also within a name."""
    width = one_of(stream, _WIDTHS_ZH if chinese else _WIDTHS)
    out: list[Piece] = []
    column = 0
    for piece in pieces:
        text = piece.text if isinstance(piece, Mark) else piece
        if isinstance(piece, Mark) and piece.type not in _BREAKABLE:
            column += len(text)
            out.append(piece)
            continue
        broken = []
        for place, character in enumerate(text):
            column = 0 if character == "\n" else column + 1
            inside = 0 < place < len(text) - 1
            if column > width and character == " " and inside:
                broken.append("\n")
                column = 0
                continue
            broken.append(character)
            if chinese and column >= width and inside and _within(text, place):
                broken.append("\n")
                column = 0
        changed = "".join(broken)
        out.append(Mark(changed, piece.type, piece.role) if isinstance(piece, Mark) else changed)
    return out


def _within(text: str, place: int) -> bool:
    """May a line end after this character: between two Chinese ones?"""
    return "\u4e00" <= text[place] <= "\u9fff" and "\u4e00" <= text[place + 1] <= "\u9fff"


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
