"""The elements of a chart: text, lines, bars, marks and axes on a canvas of fixed width.

Class names are few, so that a page can give every chart its own colours: ``ink`` and ``soft`` for
text, ``rule`` and ``axis`` for lines, ``mark`` and ``quiet`` for what is drawn, ``ground`` for the
ground.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 760
FONT: Final = 12
BOLD: Final = 13
"""The size of plain text that is as wide as bold text of the usual size."""
_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_INK: Final = {
    "ink": "#17242b",
    "soft": "#4a5a63",
    "rule": "#d5dde0",
    "axis": "#6f7f87",
    "mark": "#0b5f59",
    "quiet": "#9cc4bf",
    "ground": "#ffffff",
}
DASHES: Final = ("", "7 4", "2 3", "9 3 2 3", "12 4", "4 2 1 2")


@dataclass
class Canvas:
    """Collects the elements of one chart. ``prefix`` makes its ids unique on a page.

    Raises:
        ValueError: if ``prefix`` is no identifier.
    """

    title: str
    description: str
    prefix: str = "chart"
    parts: list[str] = field(default_factory=list)
    bottom: float = 0.0

    def __post_init__(self) -> None:
        if not _IDENTIFIER.fullmatch(self.prefix):
            raise ValueError("an SVG identifier has letters, digits and '-'")

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        anchor: str = "start",
        size: int = FONT,
        bold: bool = False,
        soft: bool = False,
        room: float | None = None,
    ) -> None:
        """Words on the line ``y``, cut with an ellipsis if they need more than ``room``."""
        shown = words if room is None else fitted(words, room, size + (BOLD - FONT) * bold)
        whole = f"<title>{escape(words)}</title>" if shown != words else ""
        kind = "soft" if soft else "ink"
        weight = ' font-weight="600"' if bold else ""
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        sized = "" if size == FONT else f' font-size="{size}"'
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" fill="{_INK[kind]}"{where}{sized}'
            f"{weight}>{whole}{escape(shown)}</text>"
        )
        self._reach(y + 4)

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        kind: str = "rule",
        *,
        width: float = 1,
        dash: str = "",
    ) -> None:
        """A straight line."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}-line" '
            f'stroke="{_INK[kind]}" stroke-width="{width:g}"{dashed}/>'
        )
        self._reach(max(y1, y2))

    def bar(
        self, x: float, y: float, width: float, height: float, words: str, kind: str = "mark"
    ) -> None:
        """A filled rectangle that says ``words``."""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
            f'class="{kind}" fill="{_INK[kind]}"><title>{escape(words)}</title></rect>'
        )
        self._reach(y + height)

    def dot(
        self, x: float, y: float, words: str, *, filled: bool = True, radius: float = 4
    ) -> None:
        """A round mark; one that is not filled is a ring."""
        kind = "mark" if filled else "ground"
        self.parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{kind} mark-line" '
            f'fill="{_INK[kind]}" stroke="{_INK["mark"]}" stroke-width="1.5">'
            f"<title>{escape(words)}</title></circle>"
        )
        self._reach(y + radius)

    def path(self, commands: str, *, dash: str = "", width: float = 2, words: str = "") -> None:
        """An open line along path commands."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        said = f"<title>{escape(words)}</title>" if words else ""
        self.parts.append(
            f'<path d="{commands}" class="mark-line" fill="none" stroke="{_INK["mark"]}" '
            f'stroke-width="{width:g}" stroke-linejoin="round"{dashed}>{said}</path>'
        )

    def area(self, commands: str, words: str = "", *, opacity: float = 0.3) -> None:
        """A closed, pale area."""
        said = f"<title>{escape(words)}</title>" if words else ""
        self.parts.append(
            f'<path d="{commands}" class="quiet" fill="{_INK["quiet"]}" '
            f'fill-opacity="{opacity:g}">{said}</path>'
        )

    def svg(self) -> str:
        """The whole document."""
        height = self.bottom + 10
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'width="{WIDTH}" height="{height:.0f}" role="img" class="chart" '
            f'aria-labelledby="{self.prefix}-title {self.prefix}-desc" '
            f'font-family="system-ui, sans-serif" font-size="{FONT}">'
            f'<title id="{self.prefix}-title">{escape(self.title)}</title>'
            f'<desc id="{self.prefix}-desc">{escape(self.description)}</desc>'
            f'<rect width="{WIDTH}" height="{height:.0f}" class="ground" fill="{_INK["ground"]}"/>'
            + "".join(self.parts)
            + "</svg>"
        )

    def _reach(self, y: float) -> None:
        self.bottom = max(self.bottom, y)


@dataclass(frozen=True)
class Scale:
    """Maps values from ``low`` to ``high`` on positions from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Position of a value, held inside the scale."""
        span = self.high - self.low or 1.0
        share = (min(max(value, self.low), self.high) - self.low) / span
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """At most so many round values inside."""
        span = self.high - self.low or 1.0
        step = 10.0 ** math.floor(math.log10(span / most))
        step *= next(m for m in (1, 2, 2.5, 5, 10) if span / (step * m) <= most)
        first = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def below_axis(canvas: Canvas, scale: Scale, top: float, y: float, label: str,
               written: Sequence[tuple[float, str]] | None = None) -> None:  # fmt: skip
    """A horizontal axis at ``y`` with its label, and thin lines up to ``top`` behind all else."""
    drawn = len(canvas.parts)
    for value, words in written or [(tick, f"{tick:g}") for tick in scale.ticks()]:
        x = scale(value)
        canvas.line(x, top, x, y, "rule")
        canvas.text(x, y + 16, words, anchor="middle", size=11, soft=True)
    canvas.line(scale.start, y, scale.end, y, "axis")
    canvas.text((scale.start + scale.end) / 2, y + 34, label, anchor="middle", soft=True)
    canvas.parts = [*canvas.parts[drawn:], *canvas.parts[:drawn]]


def text_width(words: str, size: int = FONT) -> float:
    """Estimated width; East Asian characters are as wide as high."""
    units = sum(1.0 if ord(character) > 0x2E80 else 0.56 for character in words)
    return units * size


def fitted(words: str, room: float, size: int = FONT) -> str:
    """Words cut with an ellipsis so that they need at most ``room``."""
    if text_width(words, size) <= room:
        return words
    kept = ""
    for character in words:
        if text_width(kept + character + "…", size) > room:
            break
        kept += character
    return kept.rstrip() + "…"
