"""Attempts that have ended, put into the portal tests' world with their committed answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.db.models import Attempt, AttemptEvent
from tests.integration.portal.lessons import NOW
from tests.integration.portal.world import World
from tests.unit.casebank.attempt.given import GOOD


def attempt(
    world: World,
    who: str,
    answers: Mapping[str, Mapping[str, Any]],
    *,
    assignment: int | None = None,
    number: int = 1,
    mode: str = "learn",
    ended: bool = True,
    at: datetime = NOW,
) -> int:
    """Id of an attempt at version 1 with these answers, a minute apart."""
    with world.database.writing() as session:
        row = Attempt(
            version_id=1,
            user_id=world.actors[who].user_id,
            assignment_id=assignment,
            mode=mode,
            number=number,
            started_at=at,
            finished_at=at + timedelta(minutes=len(answers) + 1) if ended else None,
        )
        session.add(row)
        session.flush()
        steps: list[tuple[str, str, Mapping[str, Any]]] = []
        stage = 1
        stages = {"ranked": 2, "weigh": 2, "treat": 2, "list": 3, "panel": 3, "mistakes": 3}
        for name, answer in answers.items():
            if stages.get(name, 1) > stage:
                stage += 1
                steps.append(("advance", str(stage), {}))
            steps.append(("commit", name, answer))
        if ended:
            early = {} if len(answers) == len(GOOD) else {"reason": "given up"}
            steps.append(("advance", "end", early))
        for place, (kind, subject, answer) in enumerate(steps, 1):
            session.add(
                AttemptEvent(
                    attempt_id=row.id,
                    sequence=place,
                    kind=kind,
                    subject=subject,
                    answer=dict(answer),
                    at=at + timedelta(minutes=place),
                )
            )
        return row.id
