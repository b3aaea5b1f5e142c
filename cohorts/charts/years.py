"""Shares over calendar years, one line a group, told apart by dashes and named at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cohorts.charts.drawing import DASHES, WIDTH, Canvas, Scale, below_axis, text_width

_TOP: Final = 34.0
_HEIGHT: Final = 240.0
_GAP: Final = 16.0


def draw_shares(
    shares: Mapping[str, Sequence[float | None]],
    years: Sequence[int],
    title: str,
    prefix: str = "shares",
) -> str:
    """Percentages by group and year; a year without one leaves a gap in its line."""
    canvas = Canvas(
        title,
        "Lines of percentages by year, one for each group. The table beside it has every number; "
        "years whose number is withheld have no mark.",
        prefix,
    )
    drawn = {name: line for name, line in shares.items() if any(one is not None for one in line)}
    room = max([text_width(name) for name in drawn] + [40])
    first, last = min(years), max(years)
    x = Scale(first, max(last, first + 1), 60, WIDTH - 30 - room)
    highest = max([one for line in drawn.values() for one in line if one is not None] + [5.0])
    y = Scale(0, min(100.0, highest * 1.1), _TOP + _HEIGHT, _TOP)
    canvas.text(12, 18, "percent", soft=True)
    for tick in y.ticks():
        canvas.line(x.start, y(tick), x.end, y(tick), "rule")
        canvas.text(x.start - 8, y(tick) + 4, f"{tick:g}", anchor="end", size=11, soft=True)
    below_axis(canvas, x, _TOP, _TOP + _HEIGHT, "year", [(year, str(year)) for year in years])
    ends: list[tuple[float, float, str]] = []
    for number, (name, line) in enumerate(drawn.items()):
        points = [(year, one) for year, one in zip(years, line, strict=True) if one is not None]
        path = ""
        for place, (year, share) in enumerate(points):
            joined = place and points[place - 1][0] == year - 1
            path += f"{'L' if joined else 'M'}{x(year):.1f} {y(share):.1f}"
        canvas.path(path, dash=DASHES[number % len(DASHES)], words=name)
        for year, share in points:
            canvas.dot(x(year), y(share), f"{name}, {year}: {share:g} %", filled=number == 0)
        ends.append((y(points[-1][1]), x(points[-1][0]), name))
    below = float("-inf")
    for height, end, name in sorted(ends):
        below = max(height, below + _GAP)
        canvas.line(end + 6, height, x.end + 10, below, "rule")
        canvas.text(x.end + 14, below + 4, name)
    return canvas.svg()
