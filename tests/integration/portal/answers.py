"""Attempts that have ended, put into the portal tests' world with their committed answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.db.models import Attempt, AttemptEvent
from tests.integration.portal.lessons import NOW
from tests.integration.portal.world import World


def guesses(*stated: tuple[str, int]) -> dict[str, Any]:
    return {
        "guesses": [
            {"code": code, "text": code, "confidence": confidence, "guard": False}
            for code, confidence in stated
        ]
    }


GOOD: dict[str, dict[str, Any]] = {
    "say-it": {"text": "A farmer with dizziness."},
    "first-thoughts": guesses(("A", 70), ("B", 20), ("D", 10)),
    "now": {"chosen": ["x", "y"]},
    "ranked": guesses(("A", 90), ("B", 5), ("C", 5), ("D", 0)),
    "weigh": {
        "links": [
            {"hypothesis": "A", "stance": "for", "finding": "high"},
            {"hypothesis": "C", "stance": "for", "finding": "rising"},
        ]
    },
    "treat": {"chosen": ["adjust", "soon"]},
    "list": {"problems": [{"code": code, "text": code} for code in ("A", "K", "L")]},
    "panel": {"value": 1},
    "mistakes": {"wrong": ["d65"], "why": ""},
}
POOR: dict[str, dict[str, Any]] = GOOD | {
    "now": {"chosen": ["z"]},
    "ranked": guesses(("C", 80), ("B", 15), ("A", 5)),
    "weigh": {"links": [{"hypothesis": "C", "stance": "against", "finding": "high"}]},
    "treat": {"chosen": ["refer"]},
    "list": {"problems": [{"code": "L", "text": "L"}]},
    "mistakes": {"wrong": [], "why": ""},
}


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
