"""Draws what stands around a family: a circle for it, one for each system, lines by strength.

A strength is a kind of line and a word under the system's name: never the line alone.
"""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from casebank.family.surroundings import (
    STRENGTHS,
    Link,
    Strength,
    find_links,
    strength_text,
    system_text,
)
from casebank.model import Case, Language
from casebank.pictures.canvas import (
    check_identifier,
    document,
    label_at,
    line,
    wrapped,
)
from casebank.timeline import Table

_INK = "#234"
_CENTRE_R, _NODE_R = 40.0, 34.0
_MIDDLE, _MARGIN = 178.0, 30.0
_AWAY_X, _AWAY_Y = 188.0, 130.0
_TEXT = {
    "title": {"en": "Ecomap", "zh": "家庭生态图"},
    "desc": {
        "en": "{count} systems around the family: {systems}. The table beside it says the same.",
        "zh": "家庭周围的{count}个系统：{systems}。旁边的表格内容相同。",
    },
    "family": {"en": "Index person and family", "zh": "本人及家庭"},
    "legend": {"en": "Strength of a tie", "zh": "联系强度"},
    "caption": {
        "en": "What stands around the family, and what in the record says so",
        "zh": "家庭周围的系统及记录依据",
    },
    "none": {
        "en": "The record says nothing of what stands around the family.",
        "zh": "记录中没有家庭周围系统的内容。",
    },
}
_HEADERS = {
    "en": ("System", "Tie", "What the record says"),
    "zh": ("系统", "联系", "记录内容"),
}


def draw_ecomap(case: Case, language: Language, identifier: str = "ecomap") -> str:
    """The ecomap as an SVG fragment; ``identifier`` must be unique on the page.

    Raises:
        ValueError: for a malformed ``identifier``.
    """
    prefix = check_identifier(identifier)
    links = find_links(case, language)
    angles = [2 * math.pi * n / len(links) - math.pi / 2 for n in range(len(links))]
    # At the left edge, where a narrow screen begins to show a picture that is wider than itself.
    reach = max([_CENTRE_R, *(_NODE_R - _AWAY_X * math.cos(angle) for angle in angles)])
    centre = (_MARGIN + reach, _MIDDLE)
    parts: list[str] = []
    for link, angle in zip(links, angles, strict=True):
        x = centre[0] + _AWAY_X * math.cos(angle)
        y = centre[1] + _AWAY_Y * math.sin(angle)
        parts.append(_tie(centre, (x, y), link.strength))
        parts.append(_node(link, x, y, language))
    parts.append(
        f'<circle cx="{centre[0]}" cy="{centre[1]}" r="{_CENTRE_R}" fill="#fff" stroke="{_INK}" '
        'stroke-width="2.2"/>'
    )
    parts += _words(_TEXT["family"][language], *centre, 12)
    if not links:
        parts.append(label_at(12, 30, _TEXT["none"][language]))
    bottom = _MIDDLE + _AWAY_Y + _NODE_R + 26
    parts.append(label_at(12, bottom, _TEXT["legend"][language], bold=True))
    for number, strength in enumerate(STRENGTHS):
        x = 14 + 118 * number
        parts.append(_stroke((x, bottom + 18), (x + 40, bottom + 18), strength))
        parts.append(label_at(x + 46, bottom + 21, strength_text(strength, language), small=True))
    description = _TEXT["desc"][language].format(
        count=len(links),
        systems="; ".join(
            f"{system_text(one.system, language)}, {strength_text(one.strength, language)}"
            for one in links
        ),
    )
    return document(prefix, _TEXT["title"][language], description, bottom + 34, parts)


def ecomap_table(case: Case, language: Language) -> Table:
    """All that the ecomap shows, with what says it; no rows where the record says nothing."""
    return Table(
        _TEXT["caption"][language],
        _HEADERS[language],
        tuple(
            (
                system_text(link.system, language),
                strength_text(link.strength, language),
                "; ".join(link.says),
            )
            for link in find_links(case, language)
        ),
    )


def _node(link: Link, x: float, y: float, language: Language) -> str:
    name, strength = system_text(link.system, language), strength_text(link.strength, language)
    title = f"{name}, {strength}: {'; '.join(link.says)}"
    lines = [*wrapped(name, 12), f"({strength})"]
    top = y - (len(lines) - 1) * 5.5 + 3
    return (
        f"<g><title>{escape(title)}</title>"
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_NODE_R}" fill="#fff" stroke="{_INK}" '
        'stroke-width="1.4"/>'
        + "".join(
            label_at(x, top + 11 * n, text, small=True, middle=True) for n, text in enumerate(lines)
        )
        + "</g>"
    )


def _words(text: str, x: float, y: float, width: int) -> list[str]:
    lines = wrapped(text, width)
    top = y - (len(lines) - 1) * 6 + 4
    return [label_at(x, top + 12 * n, one, middle=True) for n, one in enumerate(lines)]


def _tie(centre: tuple[float, float], node: tuple[float, float], strength: Strength) -> str:
    """The line between the edges of two circles."""
    across, down = node[0] - centre[0], node[1] - centre[1]
    away = math.hypot(across, down)
    begin, end = _CENTRE_R / away, 1 - _NODE_R / away
    return _stroke(
        (centre[0] + across * begin, centre[1] + down * begin),
        (centre[0] + across * end, centre[1] + down * end),
        strength,
    )


def _stroke(one: tuple[float, float], two: tuple[float, float], strength: Strength) -> str:
    """Strong: three lines' width; weak: dashed; stressful: a zigzag."""
    if strength == "stressful":
        across, down = two[0] - one[0], two[1] - one[1]
        away = math.hypot(across, down)
        steps = max(4, round(away / 6))
        points = [f"M{one[0]:.1f} {one[1]:.1f}"]
        for step in range(1, steps):
            side = (4 if step % 2 else -4) / away
            x = one[0] + across * step / steps - down * side
            y = one[1] + down * step / steps + across * side
            points.append(f"L{x:.1f} {y:.1f}")
        points.append(f"L{two[0]:.1f} {two[1]:.1f}")
        return f'<path d="{"".join(points)}" fill="none" stroke="{_INK}" stroke-width="1.3"/>'
    width = 4.5 if strength == "strong" else 1.6
    return line(*one, *two, _INK, width, "5 4" if strength == "weak" else "")
