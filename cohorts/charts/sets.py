"""Overlap of cohorts: combinations as columns of dots with bars above (an UpSet plot).

Lex A et al. UpSet: visualization of intersecting sets. IEEE Trans Vis Comput Graph
2014;20:1983-1992.
"""

from __future__ import annotations

from cohorts.characterisation.overlap import Overlap
from cohorts.charts.drawing import WIDTH, Canvas, Scale

_LEFT = 250
_TOP = 30
_HEIGHT = 190
_ROW = 26


def draw_overlap(found: Overlap, title: str, prefix: str = "overlap") -> str:
    """Every combination that may be shown, largest first; the others stand after them as words."""
    shown = sorted(
        (one for one in found.combinations if one.people.shown is not None),
        key=lambda one: (-(one.people.shown or 0), one.members),
    )
    canvas = Canvas(
        title,
        "Bars of the people in each exclusive combination of cohorts; the filled dots below a bar "
        "are the cohorts of its combination. The tables beside it have every number.",
        prefix,
    )
    highest = max([one.people.shown or 0 for one in shown] + [1])
    y = Scale(0, highest, _TOP + _HEIGHT, _TOP)
    column = min(44.0, (WIDTH - _LEFT - 20) / max(1, len(shown)))
    base = _TOP + _HEIGHT
    canvas.text(_LEFT - 14, 18, "people in exactly this combination", anchor="end", size=11,
                soft=True)  # fmt: skip
    canvas.line(_LEFT - 6, base, _LEFT + column * max(1, len(shown)), base, "axis")
    widest = max([count.shown or 0 for count in found.cohorts] + [1])
    for place, (name, count) in enumerate(zip(found.names, found.cohorts, strict=True)):
        row = base + 26 + place * _ROW
        if place % 2 == 0:
            canvas.bar(12, row - 13, WIDTH - 24, _ROW, name, "ground")
        canvas.text(_LEFT - 70, row + 4, name, anchor="end", room=_LEFT - 90)
        canvas.bar(_LEFT - 62, row + 7, 46 * (count.shown or 0) / widest, 3, f"{name}: {count}")
        canvas.text(_LEFT - 16, row + 4, str(count), anchor="end", size=11)
    for number, one in enumerate(shown):
        x = _LEFT + column * (number + 0.5)
        words = f"{found.label(one)}: {one.people}"
        width = min(24.0, column * 0.6)
        top = y(one.people.shown or 0)
        canvas.bar(x - width / 2, top, width, base - top, words)
        canvas.text(x, top - 5, str(one.people), anchor="middle", size=10 if column < 36 else 11)
        rows = [base + 26 + place * _ROW for place in one.members]
        canvas.line(x, rows[0], x, rows[-1], "mark", width=3)
        for place in range(len(found.names)):
            inside = place in one.members
            canvas.dot(x, base + 26 + place * _ROW, words if inside else "not in",
                       filled=inside, radius=6 if inside else 4)  # fmt: skip
    withheld = len(found.combinations) - len(shown)
    if withheld:
        what = "combination is" if withheld == 1 else "combinations are"
        row = base + 26 + len(found.names) * _ROW + 10
        canvas.text(12, row, f"{withheld} more {what} not shown.", size=11, soft=True)
    return canvas.svg()
