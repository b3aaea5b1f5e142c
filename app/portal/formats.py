"""How numbers, shares, dates and states are written on pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date as babel_date
from flask import Flask
from markupsafe import Markup, escape

from app.languages import LOCALES, say_day
from app.portal.translation import language

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
    """``0.987`` as ``98.7 %`` (in Chinese ``98.7%``); never rounded up to a full hundred."""
    if value is None:
        return "–"
    space = "" if language() == "zh" else " "
    return f"{min(value * 100, 99.9):.1f}{space}%" if value < 1 else f"100{space}%"


def format_day(value: date | None) -> str:
    """``2026-11-22`` as ``22 Nov 2026``, in Chinese ``2026年11月22日``."""
    return "–" if value is None else say_day(value, language())


def format_moment(value: datetime | None) -> str:
    """A moment to the minute, in UTC."""
    if value is None:
        return "–"
    moment = value.astimezone(UTC)
    comma = ", " if _english() else " "
    return f"{format_day(moment)}{comma}{moment:%H:%M} UTC"


def format_local_moment(value: datetime | None) -> str:
    """A moment in UTC and, as most classes are there, in China."""
    if value is None:
        return "–"
    there = value.astimezone(CHINA)
    day = ""
    if there.date() != value.astimezone(UTC).date():
        day = babel_date(there, "d MMM, " if _english() else "M月d日 ", _locale())
    if _english():
        return f"{format_moment(value)} ({day}{there:%H:%M} in China)"
    return f"{format_moment(value)}（北京时间{day}{there:%H:%M}）"


def _english() -> bool:
    return language() == "en"


def _locale() -> str:
    return LOCALES[language()]


def format_breakable(name: str) -> Markup:
    """A column's name that may be broken after its underscores and dots, and nowhere else."""
    parts = name.replace("_", "_\n").replace(".", ".\n").split("\n")
    return Markup("<wbr>").join(escape(part) for part in parts)
