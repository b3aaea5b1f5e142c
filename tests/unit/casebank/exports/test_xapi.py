"""Attempts as xAPI statements: one a step, under a pseudonym, the same whenever they are made."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casebank.exports.xapi import RecordedAttempt, RecordedEvent, to_xapi
from casebank.lesson import Lesson

START = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
HOME = "https://cases.example.org/"


def _attempt(**changes: Any) -> RecordedAttempt:
    events = (
        RecordedEvent(1, "commit", "summary", {"text": "A farmer."}, START + timedelta(minutes=2)),
        RecordedEvent(2, "advance", "2", {}, START + timedelta(minutes=3)),
        RecordedEvent(3, "open", "look-again", {}, START + timedelta(minutes=4)),
        RecordedEvent(4, "commit", "first-step", {"chosen": ["a"]}, START + timedelta(minutes=5)),
    )
    given: dict[str, Any] = {
        "key": "attempt-7",
        "learner": "p-1a2b",
        "version": 1,
        "mode": "learn",
        "started_at": START,
        "finished_at": START + timedelta(minutes=9),
        "events": events,
        "scores": {"summary": None, "first-step": 0.5},
        "score": 0.625,
    }
    return RecordedAttempt(**(given | changes))


@pytest.fixture(scope="module")
def statements(farmer_lesson: Lesson) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(to_xapi([(farmer_lesson, _attempt())], HOME, "en"))
    return found


def test_each_step_is_a_statement_in_the_order_of_time(statements: list[dict[str, Any]]) -> None:
    verbs = [one["verb"]["id"].rsplit("/", 1)[1] for one in statements]
    assert verbs == [
        "initialized",
        "answered",
        "progressed",
        "experienced",
        "answered",
        "completed",
    ]
    times = [one["timestamp"] for one in statements]
    assert times == sorted(times)
    names = [one["object"]["definition"]["name"]["en"] for one in statements]
    assert names == [
        "Dizzy on rising",
        "Sum up in one sentence.",
        "Three months later",
        "Ask again",
        "What comes first?",
        "Dizzy on rising",
    ]


def test_a_statement_has_what_the_specification_demands(statements: list[dict[str, Any]]) -> None:
    for one in statements:
        assert {"id", "actor", "verb", "object", "timestamp", "version"} <= set(one)
        uuid.UUID(one["id"])
        uuid.UUID(one["context"]["registration"])
        assert set(one["actor"]) == {"objectType", "account"}
        for address in (
            one["verb"]["id"],
            one["object"]["id"],
            one["object"]["definition"]["type"],
        ):
            assert re.match(r"https?://", address)
        assert all(key.startswith("urn:") for key in one["context"]["extensions"])
        asked = one["object"]["definition"]["type"].endswith("/cmi.interaction")
        assert one["object"]["definition"].get("interactionType") == ("other" if asked else None)
        score = one.get("result", {}).get("score", {"raw": 0, "min": 0, "max": 0, "scaled": 0})
        assert score["min"] <= score["raw"] <= score["max"]
        assert -1 <= score["scaled"] <= 1
    assert len({one["id"] for one in statements}) == len(statements)
    assert len({one["context"]["registration"] for one in statements}) == 1


def test_scores_are_told_where_there_are_any(statements: list[dict[str, Any]]) -> None:
    summary, step, end = (statements[place].get("result", {}) for place in (1, 4, 5))
    assert "score" not in summary
    assert json.loads(summary["response"]) == {"text": "A farmer."}
    assert step["score"]["scaled"] == 0.5
    assert end == {
        "completion": True,
        "duration": "PT540S",
        "score": {"scaled": 0.625, "raw": 62.5, "min": 0, "max": 100},
    }


def test_the_same_attempt_gives_the_same_statements_again(
    farmer_lesson: Lesson, statements: list[dict[str, Any]]
) -> None:
    again = json.loads(to_xapi([(farmer_lesson, _attempt())], HOME, "en"))
    assert again == statements
    other = json.loads(to_xapi([(farmer_lesson, _attempt(key="attempt-8"))], HOME, "en"))
    assert not {one["id"] for one in other} & {one["id"] for one in statements}


def test_an_attempt_that_runs_has_no_end(farmer_lesson: Lesson) -> None:
    said = json.loads(to_xapi([(farmer_lesson, _attempt(finished_at=None))], HOME, "zh"))
    assert [one["verb"]["id"].rsplit("/", 1)[1] for one in said][-1] == "answered"
    assert said[0]["object"]["definition"]["name"] == {"zh-CN": "起立时头晕"}
