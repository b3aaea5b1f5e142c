"""Spaced return: a case that was finished comes back after a while, its earlier result hidden.

Retrieval after growing pauses is what makes learning last (Cepeda et al. 2006, Psychological
Bulletin 132:354); the pauses themselves are a choice of ours and stand here as data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Attempt, CaseVersion, TeachingCase
from app.permissions import Actor
from app.services.cases import PUBLISHED
from app.services.marks import MARKED_MODES

RETURN_AFTER: Final = (timedelta(days=7), timedelta(days=21), timedelta(days=60))
"""Pause after the first, second and third time that a case was finished."""


@dataclass(frozen=True)
class Return:
    """A case that comes back at ``at``; ``times`` is how often it was finished."""

    case: TeachingCase
    at: datetime
    times: int


def returns_of(session: Session, actor: Actor) -> list[Return]:
    """All cases of the actor that come back, the soonest first; none that runs now."""
    rows: dict[int, list[Attempt]] = {}
    for row, case_id in _attempts(session, actor):
        rows.setdefault(case_id, []).append(row)
    found = []
    for case_id, mine in rows.items():
        at = next_return(mine)
        case = session.get_one(TeachingCase, case_id)
        if at is not None and case.state == PUBLISHED:
            found.append(Return(case, at, len(mine)))
    return sorted(found, key=lambda one: (one.at, one.case.id))


def next_return(attempts: Sequence[Attempt]) -> datetime | None:
    """When a case comes back after these attempts at it; None if one runs or no pause is left."""
    ended = [one.finished_at for one in attempts if one.finished_at is not None]
    if len(ended) < len(attempts) or not 0 < len(ended) <= len(RETURN_AFTER):
        return None
    return max(ended) + RETURN_AFTER[len(ended) - 1]


def finished_before(session: Session, actor: Actor, case_id: int) -> bool:
    """Whether the actor has gone through a case with answers to the end."""
    return any(
        row.finished_at is not None for row, found in _attempts(session, actor) if found == case_id
    )


def hides(session: Session, actor: Actor, row: Attempt, now: datetime) -> str:
    """Why the result of an attempt is hidden: "running" or "due"; "" if it is not.

    While a later attempt runs there is no way around it; a case that has come back only warns.
    """
    if row.finished_at is None or row.mode not in MARKED_MODES:
        return ""
    case_id = row.version.case_id
    mine = [one for one, found in _attempts(session, actor) if found == case_id]
    if any(one.finished_at is None for one in mine):
        return "running"
    at = next_return(mine)
    return "due" if at is not None and at <= now else ""


def _attempts(session: Session, actor: Actor) -> list[tuple[Attempt, int]]:
    query = (
        select(Attempt, CaseVersion.case_id)
        .join(CaseVersion, CaseVersion.id == Attempt.version_id)
        .where(Attempt.user_id == actor.user_id, Attempt.mode.in_(MARKED_MODES))
        .order_by(Attempt.id)
    )
    return [(row, case_id) for row, case_id in session.execute(query)]
