"""Horizontal bars of shares: Table 1."""

from __future__ import annotations

from cohorts.characterisation.table_one import TableOne
from cohorts.charts.drawing import WIDTH, Canvas, Scale, below_axis

_LEFT = 270
_ROW = 20


def draw_table_one(table: TableOne, title: str, prefix: str = "table-one") -> str:
    """Shares of the cohort by age, sex and area, and of the listed records."""
    canvas = Canvas(
        title,
        f"Bars of the share of people with each characteristic, of {table.people} people. "
        "The tables beside it have every number.",
        prefix,
    )
    scale = Scale(0, 100, _LEFT, WIDTH - 90)
    y = 14.0
    for section in table.sections:
        if not section.rows:
            continue
        y += 12
        canvas.text(12, y, section.title, bold=True)
        y += 8
        for row in section.rows:
            y += _ROW
            canvas.text(_LEFT - 10, y - 5, row.label, anchor="end", room=_LEFT - 22)
            share = float(row.percent.split()[0]) if row.percent else None
            words = f"{row.label}: {row.people} people {row.percent}"
            if share is None:
                canvas.text(_LEFT + 4, y - 5, f"{row.people} people", soft=True, size=11)
                continue
            canvas.bar(_LEFT, y - 16, scale(share) - _LEFT, 14, words)
            canvas.text(scale(share) + 6, y - 5, row.percent, size=11)
        y += 10
    below_axis(canvas, scale, y - 4, y, "percent of the cohort")
    return canvas.svg()
