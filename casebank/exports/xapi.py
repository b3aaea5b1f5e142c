"""What was done in attempts as xAPI 1.0.3 statements, for a learning record store.

Actors are accounts under a pseudonym, never a name or an address. Statement ids are made from what
they tell, so that importing twice adds nothing. Verbs and types of activities are ADL's; what they
stand for:

======================  ==============================================  ==========================
in the attempt          verb                                            object
======================  ==============================================  ==========================
begun                   http://adlnet.gov/expapi/verbs/initialized      the case
an order opened         http://adlnet.gov/expapi/verbs/experienced      the order
an answer committed     http://adlnet.gov/expapi/verbs/answered         the exercise
the next stage entered  http://adlnet.gov/expapi/verbs/progressed       the stage
ended                   http://adlnet.gov/expapi/verbs/completed        the case
======================  ==============================================  ==========================
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from casebank.lesson import Lesson
from casebank.model import Language

VERSION: Final = "1.0.3"
EXTENSION: Final = "urn:carecommons:xapi:"
_VERBS: Final = {
    "begin": "initialized",
    "open": "experienced",
    "commit": "answered",
    "advance": "progressed",
    "end": "completed",
}
_TYPES: Final = {
    "case": "assessment",
    "exercise": "cmi.interaction",
    "order": "interaction",
    "stage": "module",
}
_NAMESPACE: Final = uuid.UUID("b3b1a6f2-2d0f-5b5e-8a9c-7c9d2f6f4e11")


@dataclass(frozen=True)
class RecordedEvent:
    """One event of an attempt, as the portal keeps it; ``at`` is aware."""

    sequence: int
    kind: Literal["open", "commit", "advance"]
    subject: str
    answer: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class RecordedAttempt:
    """One attempt. ``learner`` is a pseudonym; scores are 0 to 1, by exercise and of the whole."""

    key: str
    learner: str
    version: int
    mode: str
    started_at: datetime
    finished_at: datetime | None
    events: Sequence[RecordedEvent]
    scores: Mapping[str, float | None] = field(default_factory=dict)
    score: float | None = None


def to_xapi(
    attempts: Iterable[tuple[Lesson, RecordedAttempt]], home: str, language: Language
) -> bytes:
    """Statements in the order of time, as a JSON array.

    Each attempt comes with the lesson of its version; ``home`` is the portal's address.
    """
    statements = [
        one
        for lesson, attempt in attempts
        for one in _Writer(lesson, home.rstrip("/"), language).statements(attempt)
    ]
    statements.sort(key=lambda one: str(one["timestamp"]))
    text = json.dumps(statements, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8")


class _Writer:
    def __init__(self, lesson: Lesson, home: str, language: Language) -> None:
        self.lesson, self.home, self.language = lesson, home, language
        self.tag = "zh-CN" if language == "zh" else "en"

    def statements(self, attempt: RecordedAttempt) -> list[dict[str, Any]]:
        """All statements of one attempt."""
        said = [self._statement(attempt, "begin", "", "case", "", attempt.started_at)]
        for event in attempt.events:
            what = {"open": "order", "commit": "exercise", "advance": "stage"}[event.kind]
            result: dict[str, Any] = {}
            if event.kind == "commit":
                answer = json.dumps(dict(event.answer), ensure_ascii=False, sort_keys=True)
                result = {"response": answer}
                score = attempt.scores.get(event.subject)
                if score is not None:
                    result["score"] = _score(score)
            said.append(
                self._statement(
                    attempt,
                    event.kind,
                    str(event.sequence),
                    what,
                    event.subject,
                    event.at,
                    result,
                )
            )
        if attempt.finished_at is not None:
            seconds = max(0, round((attempt.finished_at - attempt.started_at).total_seconds()))
            result = {"completion": True, "duration": f"PT{seconds}S"}
            if attempt.score is not None:
                result["score"] = _score(attempt.score)
            at = attempt.finished_at
            said.append(self._statement(attempt, "end", "", "case", "", at, result))
        return said

    def _statement(
        self,
        attempt: RecordedAttempt,
        kind: str,
        number: str,
        what: str,
        subject: str,
        at: datetime,
        result: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        identity = f"{self.home}/{attempt.key}/{kind}/{number}"
        verb = _VERBS[kind]
        made: dict[str, Any] = {
            "id": str(uuid.uuid5(_NAMESPACE, identity)),
            "version": VERSION,
            "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "actor": {
                "objectType": "Agent",
                "account": {"homePage": self.home, "name": attempt.learner},
            },
            "verb": {
                "id": f"http://adlnet.gov/expapi/verbs/{verb}",
                "display": {"en": verb},
            },
            "object": self._activity(what, subject),
            "context": {
                "registration": str(uuid.uuid5(_NAMESPACE, f"{self.home}/{attempt.key}")),
                "language": self.tag,
                "platform": "Care Commons",
                "contextActivities": {"grouping": [self._activity("case", "")]},
                "extensions": {
                    f"{EXTENSION}case-version": attempt.version,
                    f"{EXTENSION}mode": attempt.mode,
                },
            },
        }
        if result:
            made["result"] = dict(result)
        return made

    def _activity(self, what: str, subject: str) -> dict[str, Any]:
        case = f"{self.home}/cases/{self.lesson.case_id}"
        address = case if what == "case" else f"{case}/{what}/{subject}"
        definition: dict[str, Any] = {
            "type": f"http://adlnet.gov/expapi/activities/{_TYPES[what]}",
            "name": {self.tag: self._name(what, subject)},
        }
        if what == "exercise":
            # A response is JSON of ours, none of the patterns that SCORM has for its own kinds.
            definition["interactionType"] = "other"
        return {"objectType": "Activity", "id": address, "definition": definition}

    def _name(self, what: str, subject: str) -> str:
        lesson = self.lesson
        if what == "exercise" and any(one.name == subject for one in lesson.exercises):
            return lesson.exercise(subject).prompt.text(self.language)
        if what == "stage" and subject.isdigit() and 1 <= int(subject) <= len(lesson.stages):
            return lesson.stages[int(subject) - 1].title.text(self.language)
        if what == "order":
            for stage in lesson.stages:
                for order in stage.orders:
                    if order.name == subject:
                        return order.label.text(self.language)
        return lesson.title.text(self.language)


def _score(score: float) -> dict[str, float]:
    return {"scaled": round(score, 6), "raw": round(100 * score, 4), "min": 0, "max": 100}
