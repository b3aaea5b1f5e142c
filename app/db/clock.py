"""Moments that the database keeps, after the clock was set back.

Whoever waits for a moment waits at most so long. A moment that lies further ahead than anybody ever
waits was written before the clock went back; to wait for it would hold the work up for as long as
the clock was wrong.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute


def is_due(
    column: InstrumentedAttribute[Any], now: datetime, longest: timedelta
) -> ColumnElement[bool]:
    """Whether the moment in ``column`` has come, or is further ahead than the ``longest`` wait."""
    return or_(column <= now, column > now + longest)
