"""Shapes, patterns and legend of the genogram.

Published legends differ, so that ours is printed with every picture.
"""

from __future__ import annotations

from collections.abc import Sequence

from casebank.family.diseases import QUARTERS, Quarter, disease
from casebank.family_model import Relation, Sex
from casebank.model import Language
from casebank.pictures.canvas import WIDTH, label_at, line, wrapped
from casebank.pictures.genogram_symbols import Symbol
from casebank.pictures.genogram_words import TEXT

RADIUS = 17.0
INK = "#234"


def shape(symbol: Symbol, x: float, y: float, r: float, fill: str) -> str:
    style = f'fill="{fill}" stroke="{INK}" stroke-width="1.6"'
    if symbol.relation == "pregnancy":
        return f'<path d="M{x:.1f} {y - r:.1f}l{r:.1f} {2 * r:.1f}h{-2 * r:.1f}z" {style}/>'
    if symbol.sex == "male":
        return (
            f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" '
            f"{style}/>"
        )
    if symbol.sex == "female":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" {style}/>'
    path = f"M{x:.1f} {y - r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}l{-r:.1f} {-r:.1f}z"
    return f'<path d="{path}" {style}/>'


_SIDES: dict[Quarter, tuple[int, int]] = {
    "circulation": (-1, -1),
    "metabolism": (1, -1),
    "lungs, kidneys, growths": (-1, 1),
    "mind and nerves": (1, 1),
}


def quarter_mark(quarter: Quarter, sex: Sex, x: float, y: float, prefix: str) -> str:
    """A quarter of a symbol in its pattern: left or right, upper or lower."""
    across, down = _SIDES[quarter]
    to = f"{x + across * RADIUS:.1f} {y:.1f}"
    up = f"{x:.1f} {y + down * RADIUS:.1f}"
    if sex == "male":
        edge = f"L{x + across * RADIUS:.1f} {y + down * RADIUS:.1f}L{up}"
    elif sex == "female":
        sweep = 1 if across * down > 0 else 0
        edge = f"A{RADIUS} {RADIUS} 0 0 {sweep} {up}"
    else:
        edge = f"L{up}"
    fill = f"url(#{prefix}-q{QUARTERS.index(quarter)})"
    return (
        f'<path d="M{x:.1f} {y:.1f}L{to}{edge}z" fill="{fill}" stroke="{INK}" stroke-width="0.8"/>'
    )


def patterns(prefix: str) -> str:
    marks = (
        '<path d="M0 4L4 0" stroke="#234" stroke-width="1.1"/>',
        '<circle cx="2" cy="2" r="1.1" fill="#234"/>',
        '<path d="M0 2H4" stroke="#234" stroke-width="1.1"/>',
        '<rect width="4" height="4" fill="#9aa8b5"/>'
        '<path d="M0 0L4 4M0 4L4 0" stroke="#234" stroke-width="0.8"/>',
    )
    return "".join(
        f'<pattern id="{prefix}-q{n}" width="4" height="4" patternUnits="userSpaceOnUse">'
        f'<rect width="4" height="4" fill="#fff"/>{mark}</pattern>'
        for n, mark in enumerate(marks)
    )


def legend(
    symbols: Sequence[Symbol], top: float, prefix: str, language: Language
) -> tuple[list[str], float]:
    """The whole legend, and how high the picture is with it."""
    parts = [
        line(12, top - 6, WIDTH - 12, top - 6, "#999", 0.8),
        label_at(12, top + 9, TEXT["legend"][language], bold=True),
    ]
    column, y = 0, top + 26

    def put(drawing: str, words: str) -> None:
        nonlocal column, y
        x = 12 + column * 152
        parts.append(f'<g transform="translate({x + 12} {y})">{drawing}</g>')
        parts.append(label_at(x + 30, y + 3, words, small=True))
        column = (column + 1) % 3
        if column == 0:
            y += 22

    def small(key: str, sex: Sex, relation: Relation | None = None) -> Symbol:
        return Symbol(key, "", sex, "", False, (), 0, (), relation)

    r = 7.0
    unknown = shape(small("x", "unknown"), 0, 0, r, "#fff")
    put(shape(small("x", "male"), 0, 0, r, "#fff"), TEXT["male"][language])
    put(shape(small("x", "female"), 0, 0, r, "#fff"), TEXT["female"][language])
    put(unknown, TEXT["unknown"][language])
    put(unknown + shape(small("x", "unknown"), 0, 0, r + 3, "none"), TEXT["double"][language])
    put(
        unknown + line(-r, -r, r, r, INK, 1.2) + line(-r, r, r, -r, INK, 1.2),
        TEXT["x"][language],
    )
    put(unknown + label_at(0, 3, "4+", small=True, middle=True), TEXT["many"][language])
    put(shape(small("x", "unknown", "pregnancy"), 0, 0, r, "#fff"), TEXT["pregnancy"][language])
    put(line(-12, 0, 12, 0, INK, 1.6), TEXT["couple"][language])
    put(
        line(-12, 0, 12, 0, INK, 1.6) + line(-4, 6, 1, -6, INK, 1.6) + line(1, 6, 6, -6, INK, 1.6),
        TEXT["parted"][language],
    )
    put(line(0, -8, 0, 8, INK, 1.2), TEXT["descent"][language])
    put(line(0, -8, 0, 8, INK, 1.2, "3 3"), TEXT["unclear"][language])
    put(
        '<rect x="-12" y="-7" width="24" height="14" fill="none" stroke="#777" '
        'stroke-width="1.5" stroke-dasharray="7 4"/>',
        TEXT["loop"][language],
    )
    for number, quarter in enumerate(QUARTERS):
        across, down = _SIDES[quarter]
        box = (
            f'<rect x="{-8 if across < 0 else 0}" y="{-8 if down < 0 else 0}" width="8" height="8" '
            f'fill="url(#{prefix}-q{number})" stroke="{INK}" stroke-width="0.8"/>'
            f'<rect x="-8" y="-8" width="16" height="16" fill="none" stroke="{INK}"/>'
        )
        put(box, TEXT[quarter][language])
    y += 22 if column else 0
    codes = sorted({p.code for one in symbols for p in one.problems})
    words = "; ".join(f"{code} {disease(code).name(language)}" for code in codes)
    for text in [*wrapped(words, 92), *wrapped(TEXT["later"][language], 92)]:
        parts.append(label_at(12, y + 2, text, small=True))
        y += 12
    return parts, y + 4
