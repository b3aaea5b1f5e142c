"""Draws timeline and flow sheets as SVG for screen readers, print, phones and black-and-white.

Each picture has a title and a description, tells states apart by pattern, shape and words and never
by colour alone, holds no script and refers to nothing outside itself. Labels stand above their row,
so that the drawing stays readable at the width of a phone. Equal data give equal bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from casebank.model import FlowSeries, FlowSheet, Language, Timeline, TimelineItem
from casebank.pictures.canvas import check_identifier, cut, document, label_at, line, text_width
from casebank.relative import day_text, span_text
from casebank.timeline import target_text

_LEFT, _RIGHT = 12, 468
_FLOW_LEFT = 48
_ROW = 26

_TEXT = {
    "timeline": {"en": "Timeline", "zh": "时间线"},
    "covers": {
        "en": "{lanes} lanes from {start} to {end}; the table beside it says the same in words.",
        "zh": "{lanes}类内容，从{start}到{end}；旁边的表格内容相同。",
    },
    "flow": {
        "en": "{title}: {series}. Target: {target}. The table beside it has every value.",
        "zh": "{title}：{series}。目标：{target}。旁边的表格列出全部数值。",
    },
    "series": {
        "en": "{name} {count} values, {low} to {high} {unit}, last {last}",
        "zh": "{name}{count}次，{low}至{high} {unit}，末次{last}",
    },
    "no target": {"en": "none set", "zh": "未设"},
    "legend": {
        "en": "Solid bar: with an end · hatched bar: goes on · diamond: on one day",
        "zh": "实心条：有结束 · 斜纹条：仍持续 · 菱形：单日",
    },
    "target": {"en": "target", "zh": "目标"},
    "filled": {"en": "filled mark: off target", "zh": "实心点：未达标"},
}


@dataclass(frozen=True)
class Axis:
    """Maps days to horizontal positions; a record of one day still has a width."""

    first: int
    last: int
    left: int = _LEFT

    def x(self, day: int) -> float:
        """Position of ``day``, held inside the drawing."""
        span = max(1, self.last - self.first)
        share = (min(max(day, self.first), self.last) - self.first) / span
        return self.left + share * (_RIGHT - self.left)

    def ticks(self) -> list[int]:
        """At most seven days to mark: whole years from day 0 if the span has years, else months."""
        span = max(1, self.last - self.first)
        unit = 365.25 if span > 730 else 30.4375 if span > 60 else 1
        step = unit * max(1, math.ceil(span / unit / 6))
        first = math.ceil(self.first / step)
        return [round(k * step) for k in range(first, math.floor(self.last / step) + 1)]


def draw_timeline(timeline: Timeline, language: Language, identifier: str = "timeline") -> str:
    """The timeline as an SVG document fragment; ``identifier`` must be unique on the page."""
    prefix = check_identifier(identifier)
    axis = Axis(timeline.first_day, timeline.last_day)
    parts: list[str] = []
    top = 20
    parts.append(label_at(_LEFT, top - 6, _TEXT["legend"][language], small=True))
    for lane in timeline.lanes:
        top += 10
        parts.append(line(_LEFT, top, _RIGHT, top, "#333", 1))
        parts.append(label_at(_LEFT, top + 14, lane.label, bold=True))
        top += 20
        for label, items in _grouped(lane.items):
            parts.append(_row(label, items, axis, top, language, prefix))
            top += _ROW
    height = top + 34
    parts.append(_axis(axis, top + 4, language, from_top=24))
    title = _TEXT["timeline"][language]
    description = _TEXT["covers"][language].format(
        lanes=len(timeline.lanes),
        start=day_text(timeline.first_day, language),
        end=day_text(timeline.last_day, language),
    )
    return _document(prefix, title, description, height, parts)


def draw_flow_sheet(sheet: FlowSheet, language: Language, identifier: str | None = None) -> str:
    """A flow sheet as SVG: values with their target band, and drugs as bars on the same axis."""
    prefix = check_identifier(identifier or f"flow-{sheet.key}")
    days = [point.day for series in sheet.series for point in series.points]
    axis = Axis(min(days), max(days))
    values = [point.value for series in sheet.series for point in series.points]
    bounds = [
        bound
        for series in sheet.series
        if series.target is not None
        for bound in (series.target.low, series.target.high)
        if bound is not None
    ]
    head = 22 + 15 * len(sheet.series)
    axis = Axis(axis.first, axis.last, left=_FLOW_LEFT)
    scale = _Scale(min([*values, *bounds]), max([*values, *bounds]), head + 12, head + 182)
    parts: list[str] = [label_at(_LEFT, 14, sheet.title, bold=True)]
    if bounds:
        parts.append(label_at(_RIGHT, 14, _TEXT["filled"][language], small=True, end=True))
    for number, series in enumerate(sheet.series):
        parts.append(_legend(series, number, 29 + 15 * number, language))
        parts.append(_band(series, scale, prefix, language))
    for number, series in enumerate(sheet.series):
        parts.append(_course(series, number, axis, scale))
    for value in scale.ticks():
        y = scale.y(value)
        parts.append(line(_FLOW_LEFT - 4, y, _FLOW_LEFT, y, "#333", 1))
        parts.append(label_at(_FLOW_LEFT - 6, y + 3, _number(value), small=True, end=True))
    top = head + 194.0
    for label, items in _grouped(sheet.drugs):
        parts.append(_row(label, items, axis, top, language, prefix))
        top += _ROW
    parts.append(_axis(axis, top + 4, language, from_top=head + 8))
    description = _TEXT["flow"][language].format(
        title=sheet.title,
        series="; ".join(_describe(series, language) for series in sheet.series),
        target="; ".join(_target_text(series, language) for series in sheet.series),
    )
    return _document(prefix, sheet.title, description, top + 34, parts)


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return self.bottom - (value - self.low) / span * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        span = self.high - self.low or 1.0
        step = 10.0 ** math.floor(math.log10(span / 3))
        step *= next(m for m in (1, 2, 5, 10) if span / (step * m) <= 5)
        first = math.ceil(self.low / step)
        return [k * step for k in range(first, math.floor(self.high / step) + 1)]


def _grouped(items: Iterable[TimelineItem]) -> list[tuple[str, list[TimelineItem]]]:
    """Items of one label share a row; rows by their first day."""
    rows: dict[str, list[TimelineItem]] = {}
    for item in items:
        rows.setdefault(item.label, []).append(item)
    return sorted(rows.items(), key=lambda row: (min(i.start_day for i in row[1]), row[0]))


def _row(
    label: str,
    items: list[TimelineItem],
    axis: Axis,
    top: float,
    language: Language,
    prefix: str,
) -> str:
    shown = label if text_width(label) <= 62 else cut(label, 60) + "…"
    # What begins before the drawing is drawn from its edge, with its beginning in words.
    before = [item.start_day for item in items if item.start_day < axis.first]
    if before:
        shown += f" ◂ {day_text(min(before), language)}"
    parts = [f"<g><title>{escape(label)}</title>", label_at(_LEFT, top + 9, shown)]
    y = top + 13
    parts.append(line(_LEFT, y + 4, _RIGHT, y + 4, "#bbb", 0.5))
    for item in items:
        x = axis.x(item.start_day)
        words = f"{label}: {day_text(item.start_day, language)}"
        if item.open_ended or item.end_day is not None:
            end = axis.last if item.end_day is None else item.end_day
            words += f" – {'…' if item.open_ended else day_text(end, language)}"
            fill = f"url(#{prefix}-open)" if item.open_ended else "#456"
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(2.0, axis.x(end) - x):.1f}" '
                f'height="8" fill="{fill}" stroke="#234" stroke-width="1">'
                f"<title>{escape(words)}</title></rect>"
            )
        else:
            parts.append(
                f'<path d="M{x:.1f} {y:.1f}l4 4l-4 4l-4 -4z" fill="#fff" stroke="#234" '
                f'stroke-width="1.5"><title>{escape(words)}</title></path>'
            )
    return "".join([*parts, "</g>"])


def _band(series: FlowSeries, scale: _Scale, prefix: str, language: Language) -> str:
    if series.target is None:
        return ""
    low = scale.low if series.target.low is None else series.target.low
    high = scale.high if series.target.high is None else series.target.high
    top, bottom = scale.y(high), scale.y(low)
    words = f"{series.name} {_TEXT['target'][language]} {_target_text(series, language)}"
    return (
        f'<rect x="{_FLOW_LEFT}" y="{top:.1f}" width="{_RIGHT - _FLOW_LEFT}" '
        f'height="{bottom - top:.1f}" fill="url(#{prefix}-target)" stroke="#586" '
        f'stroke-dasharray="4 3"><title>{escape(words)}</title></rect>'
    )


def _legend(series: FlowSeries, number: int, y: float, language: Language) -> str:
    """The series' line and mark, its name with unit, and its target, in words."""
    words = f"{series.name} ({series.unit})" if series.unit else series.name
    words += f" · {_TEXT['target'][language]}: {_target_text(series, language)}"
    return (
        f'<path d="M{_LEFT} {y - 4:.1f}h30" fill="none" stroke="#234" stroke-width="1.5" '
        f'stroke-dasharray="{_dash(number)}"/>'
        + _mark(number, _LEFT + 15, y - 4, "#fff", "")
        + label_at(_LEFT + 36, y, words)
    )


def _dash(number: int) -> str:
    return ("0", "6 3", "2 2", "8 2 2 2")[number % 4]


def _mark(number: int, x: float, y: float, fill: str, words: str) -> str:
    style = f'fill="{fill}" stroke="#234" stroke-width="1.2">'
    title = f"<title>{escape(words)}</title>" if words else ""
    if number % 2:
        return f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" {style}{title}</rect>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" {style}{title}</circle>'


def _course(series: FlowSeries, number: int, axis: Axis, scale: _Scale) -> str:
    """Line and marks; series differ by dash and shape, and a mark off its target is filled."""
    places = [(axis.x(p.day), scale.y(p.value), p) for p in series.points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in places)
    parts = [
        f'<path d="{path}" fill="none" stroke="#234" stroke-width="1.5" '
        f'stroke-dasharray="{_dash(number)}"/>'
    ]
    for x, y, point in places:
        fill = "#234" if point.state in {"above", "below"} else "#fff"
        words = f"{series.name} {_number(point.value)} {series.unit} ({point.state})"
        parts.append(_mark(number, x, y, fill, words))
    return "".join(parts)


def _axis(axis: Axis, y: float, language: Language, from_top: float) -> str:
    parts = [line(axis.left, y, _RIGHT, y, "#333", 1)]
    for day in axis.ticks():
        x = axis.x(day)
        words = "0" if day == 0 else ("−" if day < 0 else "+") + span_text(day, language)
        anchor = "start" if x < axis.left + 20 else "end" if x > _RIGHT - 20 else "middle"
        parts.append(line(x, from_top, x, y, "#ddd", 0.5))
        parts.append(
            f'<text x="{x:.1f}" y="{y + 14:.1f}" text-anchor="{anchor}" font-size="9">'
            f"{escape(words)}</text>"
        )
    return "".join(parts)


def _describe(series: FlowSeries, language: Language) -> str:
    values = [point.value for point in series.points]
    return _TEXT["series"][language].format(
        name=series.name,
        count=len(values),
        low=_number(min(values)),
        high=_number(max(values)),
        unit=series.unit,
        last=_number(values[-1]),
    )


def _target_text(series: FlowSeries, language: Language) -> str:
    return target_text(series) or _TEXT["no target"][language]


def _document(
    prefix: str, title: str, description: str, height: float, parts: Iterable[str]
) -> str:
    patterns = (
        f'<pattern id="{prefix}-open" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/>'
        '<rect width="3" height="6" fill="#678"/></pattern>'
        f'<pattern id="{prefix}-target" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<rect width="8" height="8" fill="#f3f8f3"/>'
        '<circle cx="4" cy="4" r="0.8" fill="#7a9"/></pattern>'
    )
    return document(prefix, title, description, height, parts, patterns)


def _number(value: float) -> str:
    return f"{value:.4g}"
