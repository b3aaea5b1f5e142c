"""Kaplan-Meier curves with limits, direct labels and numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cohorts.characterisation.survival import Curve, Survival
from cohorts.charts.drawing import BOLD, DASHES, FONT, WIDTH, Canvas, Scale, below_axis, text_width

_TOP = 34
_HEIGHT = 300
_LABEL_ROOM = 150.0
"""Of a name beside its curve; a longer one is cut there and stands whole below."""


def draw_survival(found: Survival, title: str, prefix: str = "survival") -> str:
    """Share without the outcome over days; groups differ by dashes and are named at their end."""
    canvas = Canvas(
        title,
        f"Share of people without {found.outcome} by days at risk, as steps with pale bands for "
        "the 95 % limits. The tables beside it have every step and the numbers at risk.",
        prefix,
    )
    curves = _numbered(found.curves)
    shown = [curve for curve in curves if curve.steps]
    labels = max([text_width(curve.label, BOLD) for curve in curves] + [40.0])
    left = min(190.0, labels + 76)
    labels = min(labels, _LABEL_ROOM)
    last = max([curve.last_day for curve in shown] + [found.ticks[-1], 1])
    lowest = min([step.low for curve in shown for step in curve.steps] + [1.0])
    low = max(0.0, (int(lowest * 20) - 1) / 20) if lowest < 1 else 0.0
    x = Scale(0, last, left, WIDTH - 20 - labels)
    y = Scale(low, 1, _TOP + _HEIGHT, _TOP)
    canvas.text(12, 18, f"Share without {found.outcome}", soft=True)
    for tick in y.ticks():
        canvas.line(x.start, y(tick), x.end, y(tick), "rule")
        canvas.text(x.start - 8, y(tick) + 4, f"{100 * tick:g} %", anchor="end", size=11, soft=True)
    if low > 0:
        canvas.text(12, _TOP + _HEIGHT + 34, f"from {100 * low:g} %", size=11, soft=True)
    below_axis(canvas, x, _TOP, _TOP + _HEIGHT, "days since the first day at risk",
               [(tick, f"{tick:,}") for tick in found.ticks])  # fmt: skip
    places = _label_places(shown, y)
    for curve in shown:
        canvas.area(_band(curve, x, y), opacity=0.45 if len(shown) == 1 else 0.25)
    for number, curve in enumerate(shown):
        dash = DASHES[number % len(DASHES)]
        canvas.path(_steps(curve, x, y), dash=dash, words=curve.label)
    for number, curve in enumerate(shown):
        end = y(curve.steps[-1].survival)
        canvas.line(x(curve.last_day), end, x.end + 6, places[number], "rule")
        canvas.text(x.end + 10, places[number] + 4, curve.label, bold=True, room=labels)
    unseen = [curve for curve in curves if not curve.steps]
    top = _TOP + _HEIGHT + 62
    for curve in unseen:
        words = f"{curve.label}: no curve, {curve.events} with the outcome"
        canvas.text(12, top, words, size=11, soft=True)
        top += 18
    top += 8 if unseen else 0
    canvas.text(12, top, "People at risk", bold=True)
    for curve in curves:
        top += 20
        number = shown.index(curve) if curve in shown else -1
        if number >= 0:
            canvas.path(f"M12 {top - 4}h26", dash=DASHES[number % len(DASHES)])
        canvas.text(44, top, curve.label, room=WIDTH - 64)
        if text_width(curve.label) > left - 64:
            top += 16
        for tick, count in zip(found.ticks, curve.at_risk, strict=True):
            canvas.text(x(tick), top, str(count), anchor="middle", size=11)
    return canvas.svg()


def _numbered(curves: Sequence[Curve]) -> list[Curve]:
    """The curves, with numbers before their names if one of these may have to be cut."""
    if all(text_width(curve.label, BOLD) <= _LABEL_ROOM for curve in curves):
        return list(curves)
    return [
        replace(curve, label=f"{number}: {curve.label}") for number, curve in enumerate(curves, 1)
    ]


def _steps(curve: Curve, x: Scale, y: Scale) -> str:
    commands = f"M{x(0):.1f} {y(1):.1f}"
    for step in curve.steps:
        commands += f"H{x(step.day):.1f}V{y(step.survival):.1f}"
    return commands + f"H{x(curve.last_day):.1f}"


def _band(curve: Curve, x: Scale, y: Scale) -> str:
    first = curve.steps[0]
    commands = f"M{x(first.day):.1f} {y(first.high):.1f}"
    for step in curve.steps[1:]:
        commands += f"H{x(step.day):.1f}V{y(step.high):.1f}"
    commands += f"H{x(curve.last_day):.1f}V{y(curve.steps[-1].low):.1f}"
    for earlier, later in zip(reversed(curve.steps[:-1]), reversed(curve.steps[1:]), strict=True):
        commands += f"H{x(later.day):.1f}V{y(earlier.low):.1f}"
    return commands + f"H{x(first.day):.1f}z"


def _label_places(curves: list[Curve], y: Scale) -> dict[int, float]:
    """Heights of the labels at the ends of the curves, so far apart that all can be read."""
    ends = []
    for number, curve in enumerate(curves):
        ends.append((y(curve.steps[-1].survival), number))
    places: dict[int, float] = {}
    before = float("-inf")
    for height, number in sorted(ends):
        before = max(height, before + FONT + 4)
        places[number] = before
    return places
