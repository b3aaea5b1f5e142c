"""What all pictures share: one document frame, text that is escaped, lines, identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

WIDTH = 480
FONT = 11
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


def document(
    prefix: str,
    title: str,
    description: str,
    height: float,
    parts: Iterable[str],
    definitions: str = "",
) -> str:
    """An SVG fragment that is named and described for a screen reader, on white."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" class="case-drawing" '
        f'font-family="sans-serif" font-size="{FONT}" fill="#111">'
        f'<title id="{prefix}-title">{escape(title)}</title>'
        f'<desc id="{prefix}-desc">{escape(description)}</desc>'
        f"<defs>{definitions}</defs>"
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>' + "".join(parts) + "</svg>"
    )


def label_at(
    x: float,
    y: float,
    text: str,
    *,
    bold: bool = False,
    small: bool = False,
    end: bool = False,
    middle: bool = False,
) -> str:
    """Text at a place: from there on, up to there, or around it."""
    style = (' font-weight="bold"' if bold else "") + (' font-size="9"' if small else "")
    anchor = "end" if end else "middle" if middle else ""
    style += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{style}>{escape(text)}</text>'


def line(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float, dash: str = ""
) -> str:
    """A straight line; ``dash`` as SVG's stroke-dasharray."""
    dashed = f" stroke-dasharray={quoteattr(dash)}" if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f"stroke={quoteattr(colour)} stroke-width={quoteattr(str(width))}{dashed}/>"
    )


def text_width(text: str) -> int:
    """Width in halves of a Chinese character."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


def cut(text: str, width: int) -> str:
    """The beginning of ``text`` that is at most ``width`` wide."""
    taken = 0
    for place, character in enumerate(text):
        taken += 2 if ord(character) > 0x2E80 else 1
        if taken > width:
            return text[:place]
    return text


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width``, broken at spaces, or between Chinese characters."""
    lines: list[str] = []
    for word in re.findall(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*", text):
        if lines and text_width((lines[-1] + word).rstrip()) <= width:
            lines[-1] += word
        else:
            lines.append(word)
    return [one.rstrip() for one in lines]


def check_identifier(identifier: str) -> str:
    """``identifier`` itself.

    Raises:
        ValueError: if it cannot stand in an SVG.
    """
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValueError("an SVG identifier has letters, digits and '-', and begins with a letter")
    return identifier
