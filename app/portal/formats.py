"""How numbers, shares, dates and states are written on pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup, escape

CHINA = ZoneInfo("Asia/Shanghai")


def init_formats(app: Flask) -> None:
    """Register the template filters."""
    app.jinja_env.filters.update(
        number=format_number,
        share=format_share,
        day=format_day,
        moment=format_moment,
        local_moment=format_local_moment,
        breakable=format_breakable,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def format_number(value: int | None) -> str:
    """``12345`` as ``12,345``."""
    return "–" if value is None else f"{value:,}"


def format_share(value: float | None) -> str:
    """``0.987`` as ``98.7 %``; never rounded up to a full hundred."""
    if value is None:
        return "–"
    if value < 1:
        return f"{min(value * 100, 99.9):.1f} %"
    return "100 %"


def format_day(value: date | None) -> str:
    """``2026-11-22`` as ``22 Nov 2026``."""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def format_moment(value: datetime | None) -> str:
    """A moment to the minute, in UTC."""
    if value is None:
        return "–"
    moment = value.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def format_local_moment(value: datetime | None) -> str:
    """A moment in UTC and, as most classes are there, in China."""
    if value is None:
        return "–"
    there = value.astimezone(CHINA)
    day = "" if there.date() == value.astimezone(UTC).date() else f"{there.day} {there:%b}, "
    return f"{format_moment(value)} ({day}{there:%H:%M} in China)"


def format_breakable(name: str) -> Markup:
    """A column's name that may be broken after its underscores and dots, and nowhere else."""
    parts = name.replace("_", "_\n").replace(".", ".\n").split("\n")
    return Markup("<wbr>").join(escape(part) for part in parts)
