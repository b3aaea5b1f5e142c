"""Draws a family as a genogram with the symbols of McGoldrick, its own legend and an equal table.

Generations are rows, the oldest above. Ages stand inside the symbols, as bands; diseases fill
quarters of a symbol with one pattern each and are named by code beneath it, so that nothing hangs
on colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from casebank.family.diseases import QUARTERS, disease
from casebank.family_model import INDEX, Family
from casebank.model import Case, Language
from casebank.pictures.canvas import (
    WIDTH,
    check_identifier,
    document,
    label_at,
    line,
    text_width,
    wrapped,
)
from casebank.pictures.genogram_shapes import INK, RADIUS, legend, patterns, quarter_mark, shape
from casebank.pictures.genogram_symbols import (
    Symbol,
    disease_text,
    generations,
    has_children_alone,
    pairs_of,
    partner_of,
    symbols_of,
)
from casebank.pictures.genogram_words import HEADERS, TEXT
from casebank.timeline import Table

_SLOT = 92.0
_LEADING = 10.5
_MARGIN = 12.0
_GAP = 34.0


def draw_genogram(case: Case, language: Language, identifier: str = "genogram") -> str:
    """The family of ``case`` as an SVG fragment; ``identifier`` must be unique on the page.

    The index person's own diseases are those of the case's problem list: while that is not
    disclosed, neither are they.

    Raises:
        ValueError: for a malformed ``identifier``.
    """
    prefix = check_identifier(identifier)
    symbols = symbols_of(case, language)
    rows = generations(symbols)
    placed: dict[str, tuple[float, float]] = {}
    top = 10.0
    # At the left edge, where a narrow screen begins to show a picture that is wider than itself.
    middle = _MARGIN + max(_slot(row) * len(row) for row in rows) / 2
    for row in rows:
        top += _GAP
        slot = _slot(row)
        left = middle - slot * (len(row) - 1) / 2
        for place, symbol in enumerate(row):
            placed[symbol.key] = (left + place * slot, top + RADIUS)
        deepest = max(
            len(_lines(symbol, slot, has_children_alone(symbol, symbols), language))
            for symbol in row
        )
        top += 2 * RADIUS + deepest * _LEADING + 8
    parts = [*_loop(rows, placed, case.background.family_tree), *_descent(symbols, rows, placed)]
    parts += _couples(symbols, placed)
    for row in rows:
        for symbol in row:
            parts.append(
                _draw(
                    symbol,
                    placed[symbol.key],
                    _slot(row),
                    has_children_alone(symbol, symbols),
                    prefix,
                    language,
                )
            )
    explained, height = legend(symbols, top + 14, prefix, language)
    description = TEXT["desc"][language].format(
        people=sum(s.count for s in symbols if s.key != INDEX and s.relation != "pregnancy"),
        rows=len(rows),
    )
    return document(
        prefix, TEXT["title"][language], description, height, [*parts, *explained], patterns(prefix)
    )


def genogram_table(case: Case, language: Language) -> Table:
    """All that the genogram shows, one row a person."""
    symbols = symbols_of(case, language)
    names = {symbol.key: symbol.name for symbol in symbols}
    names[INDEX] = TEXT["this person"][language]
    rows = []
    for row in generations(symbols):
        for one in row:
            parents = " + ".join(names[key] for key in one.parents)
            rows.append(
                (
                    one.name,
                    TEXT[one.sex][language] if one.relation != "pregnancy" else "–",
                    one.age or "–",
                    TEXT["dead" if one.dead else "alive"][language]
                    if one.relation != "pregnancy"
                    else "–",
                    "; ".join(disease_text(p, language) for p in one.problems) or "–",
                    parents or TEXT["nobody"][language],
                    TEXT["yes" if one.in_household else "no"][language],
                )
            )
    return Table(TEXT["caption"][language], HEADERS[language], tuple(rows))


def _slot(row: Sequence[Symbol]) -> float:
    """How wide the place of each in a row is."""
    return min(_SLOT, (WIDTH - 2 * _MARGIN) / len(row))


def _couples(symbols: Sequence[Symbol], placed: dict[str, tuple[float, float]]) -> list[str]:
    partner = partner_of(symbols)
    parts = []
    for one, two in pairs_of(symbols):
        (x1, y), (x2, _) = sorted((placed[one], placed[two]))
        parts.append(line(x1 + RADIUS, y, x2 - RADIUS, y, INK, 1.6))
        if partner is not None and partner.relation == "former spouse" and INDEX in {one, two}:
            middle = (x1 + x2) / 2
            for at in (middle - 10, middle - 4):
                parts.append(line(at - 3, y + 7, at + 3, y - 7, INK, 1.6))
    return parts


def _descent(
    symbols: Sequence[Symbol],
    rows: Sequence[Sequence[Symbol]],
    placed: dict[str, tuple[float, float]],
) -> list[str]:
    """Lines from parents to children: down from the couple, along, and down to each child."""
    groups: dict[tuple[str, ...], list[Symbol]] = {}
    for symbol in symbols:
        if symbol.parents:
            groups.setdefault(tuple(sorted(symbol.parents)), []).append(symbol)
    parts = []
    used: dict[float, int] = {}
    for parents, children in sorted(groups.items(), key=lambda group: placed[group[1][0].key]):
        spots = [placed[key] for key in parents]
        x = sum(spot[0] for spot in spots) / len(spots)
        y = spots[0][1] + (RADIUS if len(parents) == 1 else 0)
        row = placed[children[0].key][1] - RADIUS
        level = row - 12 - 5 * (used.get(row, 0) % 3)
        used[row] = used.get(row, 0) + 1
        for dash in ("", "3 3"):
            ends = [placed[c.key][0] for c in children if c.parents_said == (not dash)]
            if not ends:
                continue
            parts.append(line(x, y, x, level, INK, 1.2, dash))
            parts.append(line(min(x, *ends), level, max(x, *ends), level, INK, 1.2, dash))
            parts += [line(end, level, end, row, INK, 1.2, dash) for end in ends]
    return [*parts, *_loose(symbols, placed)]


def _loose(symbols: Sequence[Symbol], placed: dict[str, tuple[float, float]]) -> list[str]:
    """Dashed: grandparents and grandchildren of whom it is not told through whom they are so."""
    parents_told = {key for one in symbols for key in one.parents}
    parts = []
    for relation, between in (("grandparent", "parent"), ("grandchild", "child")):
        older = relation == "grandparent"
        loose = [
            placed[one.key]
            for one in symbols
            if one.relation == relation and not (one.key in parents_told if older else one.parents)
        ]
        nearer = [placed[one.key] for one in symbols if one.relation == between]
        nearer = nearer or [placed[INDEX]]
        if not loose:
            continue
        upper, lower = (loose, nearer) if older else (nearer, loose)
        row = lower[0][1] - RADIUS
        level = row - 10
        xs = [x for x, _ in (*upper, *lower)]
        parts.append(line(min(xs), level, max(xs), level, INK, 1.2, "3 3"))
        parts += [line(x, level, x, row, INK, 1.2, "3 3") for x, _ in lower]
        parts += [line(x, level - 9, x, level, INK, 1.2, "3 3") for x, _ in upper]
    return parts


def _loop(
    rows: Sequence[Sequence[Symbol]], placed: dict[str, tuple[float, float]], family: Family
) -> list[str]:
    """A dashed loop around those who live together."""
    if not family.index_in_household:
        return []
    boxes = []
    for row in rows:
        inside = [placed[one.key] for one in row if one.in_household]
        if inside:
            xs = [x for x, _ in inside]
            boxes.append((min(xs) - RADIUS - 9, inside[0][1], max(xs) + RADIUS + 9))
    (left, y, right) = boxes[0]
    if len(boxes) == 1:
        path = f"M{left:.1f} {y - RADIUS - 7:.1f}H{right:.1f}V{y + RADIUS + 7:.1f}H{left:.1f}z"
    else:
        low_left, low, low_right = boxes[-1]
        middle = (y + low) / 2
        path = (
            f"M{left:.1f} {y - RADIUS - 7:.1f}H{right:.1f}V{middle:.1f}H{low_right:.1f}"
            f"V{low + RADIUS + 7:.1f}H{low_left:.1f}V{middle:.1f}H{left:.1f}z"
        )
    return [
        f'<path d="{path}" fill="none" stroke="#777" stroke-width="1.5" stroke-dasharray="7 4" '
        'stroke-linejoin="round"/>'
    ]


def _lines(symbol: Symbol, slot: float, alone: bool, language: Language) -> list[str]:
    """What stands beneath a symbol: who it is, and codes of diseases."""
    width = int((slot / 2 - 5 if alone else slot - 8) / 4.9)
    lines = wrapped(symbol.name, max(8, width))
    if symbol.count > 1 and symbol.age:
        lines.append(symbol.age)
    codes = [p.code + (f" y{p.year}" if p.year else "") for p in symbol.problems]
    text = ""
    for code in codes:
        longer = f"{text}, {code}" if text else code
        if text and text_width(longer) > width:
            lines.append(text + ",")
            text = code
        else:
            text = longer
    return [*lines, text] if text else lines


def _draw(
    symbol: Symbol,
    at: tuple[float, float],
    slot: float,
    alone: bool,
    prefix: str,
    language: Language,
) -> str:
    x, y = at
    words = [symbol.name]
    if symbol.relation != "pregnancy":
        words += [w for w in (symbol.age, TEXT["dead"][language] if symbol.dead else "") if w]
    title = ", ".join(words)
    if symbol.problems:
        title += ": " + ", ".join(disease_text(p, language) for p in symbol.problems)
    parts = [f"<g><title>{escape(title)}</title>"]
    quarters = {disease(p.code).quarter for p in symbol.problems}
    parts.append(shape(symbol, x, y, RADIUS, "#fff"))
    parts += [quarter_mark(quarter, symbol.sex, x, y, prefix) for quarter in QUARTERS
              if quarter in quarters]  # fmt: skip
    parts.append(shape(symbol, x, y, RADIUS, "none"))
    if symbol.key == INDEX:
        parts.append(shape(symbol, x, y, RADIUS + 3.5, "none"))
    if symbol.dead:
        reach = RADIUS * {"male": 1.0, "female": 0.72, "unknown": 0.85}[symbol.sex]
        parts.append(line(x - reach, y - reach, x + reach, y + reach, INK, 1.2))
        parts.append(line(x - reach, y + reach, x + reach, y - reach, INK, 1.2))
    inside = f"{symbol.count}+" if symbol.count > 1 else symbol.age
    if inside:
        half = text_width(inside) * 2.4 + 1
        parts.append(
            f'<rect x="{x - half:.1f}" y="{y - 5.5:.1f}" width="{2 * half:.1f}" height="11" '
            'fill="#fff"/>'
        )
        parts.append(label_at(x, y + 3, inside, small=True, middle=True))
    for number, text in enumerate(_lines(symbol, slot, alone, language)):
        down = y + RADIUS + 12 + number * _LEADING
        parts.append(label_at(x + 4 if alone else x, down, text, small=True, middle=not alone))
    return "".join([*parts, "</g>"])
