"""Charts as SVG text for pages that are read and printed without a network.

Every series has its own hatching beside its shade, every bar its number, so that a chart is read
without colour. A chart never stands alone: the page has the same numbers in a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LABEL, _END, _BAR, _GAP = 740, 270, 70, 18, 10
_PLOT = _WIDTH - _LABEL - _END
_FILLS = ("#1f4e79", "url(#stripes)", "url(#dots)", "#ffffff")

_HALO = 'stroke="#fff" stroke-width="3" paint-order="stroke"'
"""Keeps a number readable where a line passes behind it."""

PATTERNS = (
    '<svg width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/>'
    '<rect width="3" height="6" fill="#b45f06"/></pattern>'
    '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect width="6" height="6" fill="#fff"/><circle cx="3" cy="3" r="1.6" fill="#444"/></pattern>'
    "</defs></svg>"
)
"""Stands once in a page, before its charts."""


@dataclass(frozen=True)
class Mark:
    """A line across a chart: a threshold, with its name."""

    value: float
    label: str


@dataclass(frozen=True)
class Row:
    """One label with a value for each series; None is drawn as *hidden*."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Spread:
    """A measured share with its interval, beside what chance gives."""

    label: str
    value: float
    low: float
    high: float
    chance: float


def bars(
    title: str,
    series: Sequence[str],
    rows: Sequence[Row],
    marks: Sequence[Mark] = (),
    top: float | None = None,
) -> str:
    """Horizontal bars, one group a row; values from 0 to ``top`` (the greatest if not given)."""
    greatest = max((v for row in rows for v in row.values if v is not None), default=0.0)
    scale = _PLOT / (top or max(greatest, *(mark.value for mark in marks), 1e-9))
    head = 44 if marks else 30
    step = _BAR * len(series) + _GAP
    height = head + step * len(rows) + 26
    parts = _open(title, height)
    parts += _marks(marks, scale, head, height)
    for number, name in enumerate(series if len(series) > 1 else ()):
        x = _LABEL + 170 * number
        parts.append(
            f'<rect x="{x}" y="2" width="14" height="12" fill="{_FILLS[number]}" stroke="#222"/>'
            f'<text x="{x + 20}" y="13">{escape(name)}</text>'
        )
    for index, row in enumerate(rows):
        y = head + index * step
        parts.append(_label(row.label, y + _BAR * len(series) / 2 + 5))
        for number, value in enumerate(row.values):
            at = y + number * _BAR
            width = 0.0 if value is None else min(value * scale, _PLOT)
            parts.append(
                f'<rect x="{_LABEL}" y="{at + 2}" width="{width:.1f}" height="{_BAR - 4}" '
                f'fill="{_FILLS[number]}" stroke="#222" stroke-width="0.7"/>'
                f'<text x="{_LABEL + width + 5:.1f}" y="{at + 14}" {_HALO}>{_text(value)}</text>'
            )
    return _close(parts)


def intervals(title: str, rows: Sequence[Spread]) -> str:
    """A dot with its interval for each row, 0 to 1, and an open square where chance lies."""
    head, step = 30, _BAR + _GAP
    height = head + step * len(rows) + 26
    parts = _open(title, height)
    parts += _marks((Mark(0.0, "0"), Mark(0.5, "0.5"), Mark(1.0, "1")), _PLOT, head, height)
    parts.append(
        f'<circle cx="{_LABEL + 7}" cy="8" r="5" fill="#1f4e79"/>'
        f'<text x="{_LABEL + 18}" y="13">measured, with 95 % interval</text>'
        f'<rect x="{_LABEL + 230}" y="3" width="10" height="10" fill="#fff" stroke="#222"/>'
        f'<text x="{_LABEL + 246}" y="13">by chance</text>'
    )
    for index, row in enumerate(rows):
        y = head + index * step + step / 2
        low, high, value, chance = (
            _LABEL + _PLOT * min(max(v, 0.0), 1.0)
            for v in (row.low, row.high, row.value, row.chance)
        )
        parts.append(
            _label(row.label, y + 5)
            + f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="#1f4e79" '
            f'stroke-width="2"/><circle cx="{value:.1f}" cy="{y}" r="5" fill="#1f4e79"/>'
            f'<rect x="{chance - 5:.1f}" y="{y - 5}" width="10" height="10" fill="none" '
            f'stroke="#222"/><text x="{max(high, chance) + 10:.1f}" y="{y + 5}" {_HALO}>'
            f"{_text(row.value)}</text>"
        )
    return _close(parts)


def _open(title: str, height: float) -> list[str]:
    return [
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}" '
        'font-family="system-ui,sans-serif" font-size="13" fill="#222">'
    ]


def _close(parts: list[str]) -> str:
    return "".join([*parts, "</svg>"])


def _label(text: str, y: float) -> str:
    shown = text if len(text) <= 38 else text[:37] + "…"
    return f'<text x="{_LABEL - 8}" y="{y:.1f}" text-anchor="end">{escape(shown)}</text>'


def _marks(marks: Sequence[Mark], scale: float, head: float, height: float) -> list[str]:
    parts = []
    for mark in marks:
        x = _LABEL + mark.value * scale
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{head - 4}" y2="{height - 18:.0f}" '
            'stroke="#a40000" stroke-dasharray="5 3"/>'
            f'<text x="{x:.1f}" y="{height - 4:.0f}" text-anchor="middle">'
            f"{escape(mark.label)}</text>"
        )
    return parts


def _text(value: float | None) -> str:
    if value is None:
        return "hidden"
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.3f}".rstrip("0")
