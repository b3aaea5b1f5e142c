"""Points with their intervals, one row each: rates, and differences of two cohorts."""

from __future__ import annotations

from cohorts.characterisation.comparison import Comparison
from cohorts.characterisation.differences import NOTEWORTHY
from cohorts.characterisation.incidence import Incidence, Rate
from cohorts.charts.drawing import WIDTH, Canvas, Scale, below_axis

_LEFT = 250
_RIGHT = WIDTH - 150
_ROW = 21


def draw_incidence(found: Incidence, title: str, prefix: str = "incidence") -> str:
    """Rates per 1,000 person-years with their 95 % intervals."""
    groups: list[tuple[str, list[tuple[str, Rate]]]] = [
        ("Everybody at risk", [("", found.overall)]),
        ("By sex", [(one.columns, one) for one in found.by_age_and_sex[1:] if one.rows == "all"]),
        ("By age", [(one.rows, one) for one in found.by_age_and_sex[1:] if one.columns == "all"]),
        ("By age and sex", [
            (f"{one.rows}, {one.columns}", one)
            for one in found.by_age_and_sex
            if "all" not in (one.rows, one.columns) and one.rate is not None
        ]),
        ("By year", [(one.rows, one) for one in found.by_year if one.columns == "all"]),
    ]  # fmt: skip
    highest = max(
        (one.high for _, rows in groups for _, one in rows if one.high is not None), default=1.0
    )
    canvas = Canvas(
        title,
        f"Rates of {found.outcome} per 1,000 person-years as points with 95 % intervals as lines. "
        "The table beside it has every number.",
        prefix,
    )
    scale = Scale(0, highest * 1.02, _LEFT, _RIGHT)
    y = 10.0
    for heading, rows in groups:
        if not rows:
            continue
        y += 14
        canvas.text(12, y, heading, bold=True)
        y += 2 if heading != "Everybody at risk" else -_ROW + 1
        for label, one in rows:
            y += _ROW
            canvas.text(_LEFT - 12, y - 1, label, anchor="end", room=_LEFT - 24)
            if one.rate is None or one.low is None or one.high is None:
                canvas.text(_LEFT + 4, y - 1, f"{one.events} with the outcome", soft=True, size=11)
                continue
            words = f"{one.rate:g} ({one.low:g} to {one.high:g})"
            canvas.line(scale(one.low), y - 5, scale(one.high), y - 5, "mark", width=2)
            canvas.dot(scale(one.rate), y - 5, f"{label or 'everybody'}: {words}")
            canvas.text(WIDTH - 12, y - 1, words, anchor="end", size=11)
        y += 6
    below_axis(canvas, scale, 14, y + 4, "per 1,000 person-years")
    return canvas.svg()


def draw_comparison(found: Comparison, title: str, prefix: str = "comparison") -> str:
    """Standardised mean differences with the range that rounding leaves them (a love plot)."""
    rows = [one for one in found.differences() if one.low is not None and one.high is not None]
    ends = [abs(end) for one in rows for end in (one.low or 0.0, one.high or 0.0)]
    reach = min(2.0, max([0.25, *ends])) * 1.05
    canvas = Canvas(
        title,
        f"Standardised mean differences of {found.names[0]} from {found.names[1]}: points, with "
        "lines for the range that rounded counts leave. Filled points are beyond 0.1 in any case. "
        "The table beside it has every number.",
        prefix,
    )
    scale = Scale(-reach, reach, _LEFT + 20, WIDTH - 70)
    canvas.text(scale(0), 18, f"← more in {found.names[1]}", anchor="end", size=11, soft=True,
                room=scale(0) - scale.start)  # fmt: skip
    canvas.text(scale(0) + 8, 18, f"more in {found.names[0]} →", size=11, soft=True,
                room=scale.end - scale(0))  # fmt: skip
    y, heading = 26.0, ""
    for one in rows:
        if one.section != heading:
            heading = one.section
            y += 22
            canvas.text(12, y, heading, bold=True)
        y += _ROW
        canvas.text(_LEFT + 8, y - 1, one.label, anchor="end", room=_LEFT - 4)
        assert one.low is not None
        assert one.high is not None
        if one.high - one.low > 1e-9:
            canvas.line(scale(one.low), y - 5, scale(one.high), y - 5, "mark", width=2)
        if one.smd is None:
            continue
        words = f"{round(one.smd, 2) + 0.0:.2f}"
        canvas.dot(scale(one.smd), y - 5, f"{one.label}: {words}", filled=one.noteworthy)
        canvas.text(WIDTH - 12, y - 1, words, anchor="end", size=11)
    drawn = len(canvas.parts)
    for value, dash in ((0.0, ""), (NOTEWORTHY, "3 3"), (-NOTEWORTHY, "3 3")):
        canvas.line(scale(value), 26, scale(value), y + 8, "axis", dash=dash)
    canvas.parts = [*canvas.parts[drawn:], *canvas.parts[:drawn]]
    below_axis(canvas, scale, 26, y + 8, "standardised mean difference")
    return canvas.svg()
