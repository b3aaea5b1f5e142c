"""Draws a reliability diagram: stated confidence across, the share that was right upwards.

Bands are told apart by place and number, never by colour; the table beside it says the same.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from casebank.scoring import Calibration

WIDTH, HEIGHT = 480, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 460, 16, 290
_LARGEST, _SMALLEST = 14.0, 4.0


def draw_reliability(found: Calibration, title: str = "Confidence and what was right") -> str:
    """SVG with classes of the portal's charts; the area of a mark grows with its answers."""
    parts = [
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'role="img" aria-labelledby="reliability-title reliability-desc">',
        f'<title id="reliability-title">{escape(title)}</title>',
        '<desc id="reliability-desc">Points on the dashed line are well calibrated; below it '
        "confidence was too high, above it too low. The table has every number.</desc>",
    ]
    for step in range(6):
        share = step / 5
        x, y = _x(share), _y(share)
        parts += [
            f'<line class="rule-line" x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}"/>',
            f'<text class="soft" font-size="12" text-anchor="end" x="{_LEFT - 6}" '
            f'y="{y + 4:.1f}">{share:.0%}</text>',
            f'<text class="soft" font-size="12" text-anchor="middle" x="{x:.1f}" '
            f'y="{_BOTTOM + 18}">{share:.0%}</text>',
        ]
    parts += [
        f'<line class="axis-line" stroke-dasharray="5 4" x1="{_x(0):.1f}" y1="{_y(0):.1f}" '
        f'x2="{_x(1):.1f}" y2="{_y(1):.1f}"/>',
        f'<text class="ink" font-size="13" text-anchor="middle" x="{(_LEFT + _RIGHT) / 2}" '
        f'y="{HEIGHT - 8}">Confidence stated</text>',
        f'<text class="ink" font-size="13" text-anchor="middle" '
        f'transform="translate(14 {(_TOP + _BOTTOM) / 2}) rotate(-90)">Share that was right</text>',
    ]
    most = max(band.count for band in found.bands)
    for band in found.bands:
        if band.stated is None or band.observed is None:
            continue
        radius = max(_LARGEST * (band.count / most) ** 0.5, _SMALLEST)
        x, y = _x(band.stated), _y(band.observed)
        parts += [
            f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>',
            f'<text class="ink" font-size="12" x="{min(x + radius + 3, _RIGHT - 14):.1f}" '
            f'y="{max(y - radius, 12):.1f}">{band.count}</text>',
        ]
    return "".join([*parts, "</svg>"])


def _x(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)
