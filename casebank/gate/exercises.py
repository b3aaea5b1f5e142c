"""D1, E1 and E2: exercises ask something hard, can be marked, and are explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casebank.documents import encode
from casebank.gate.model import Finding, Submission
from casebank.lesson.model import Exercise, Lesson
from casebank.scoring.script_concordance import MINIMUM_PANEL

MINIMUM_DIAGNOSES = 4
MINIMUM_PLAUSIBLE = 2
PLAUSIBLE = 2
GUESSED = 0.75
"""A key feature where this share of the options is right is answered by choosing anything."""
ABOVE_CHANCE = 0.10
BLIND_TRIES = 10
TAKE_HOME = 3


def challenge(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """D1: a graded differential with a diagnosis not to be missed; no answer without the case."""
    keys = [(one.name, one.differential) for one in lesson.exercises if one.differential]
    if not keys:
        yield Finding(
            "D1-differential",
            "stop",
            "exercises",
            "no differential is asked for",
            "ask for the diagnoses to think of",
        )
    for name, key in keys:
        where = f"exercise {name}"
        grades = [one.relevance for one in key.diagnoses]
        if len(grades) < MINIMUM_DIAGNOSES:
            yield Finding(
                "D1-diagnoses",
                "stop",
                where,
                f"the key has {len(grades)} diagnoses",
                f"name {MINIMUM_DIAGNOSES} at least",
            )
        elif len(set(grades)) < 2 or sum(g >= PLAUSIBLE for g in grades) < MINIMUM_PLAUSIBLE:
            yield Finding(
                "D1-grades",
                "stop",
                where,
                "the key is not graded, or fewer than two diagnoses are plausible",
                "grade them: 3 leading, 2 plausible, 1 acceptable",
            )
        if not any(one.must_not_miss for one in key.diagnoses):
            yield Finding(
                "D1-must-not-miss",
                "stop",
                where,
                "nothing in the key must not be missed",
                "mark the diagnosis that would do harm if it were missed",
            )
    for one in lesson.exercises:
        feature = one.key_features
        if feature and feature.options and len(feature.right) / len(feature.options) >= GUESSED:
            yield Finding(
                "D1-guessed",
                "stop",
                f"exercise {one.name}",
                "whoever chooses anything is right",
                "add wrong options that a beginner would choose",
            )
    blind = submission.blind
    if blind and blind.tries >= BLIND_TRIES and blind.mean > blind.chance + ABOVE_CHANCE:
        yield Finding(
            "D1-blind",
            "stop",
            "exercises",
            f"{blind.tries} people answered without the case and earned {blind.mean:.2f}, "
            f"by chance it is {blind.chance:.2f}",
            "ask what can only be known from this record",
        )


def questions(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """E1: every question has a key, an explanation and a source."""
    if not lesson.exercises:
        yield Finding("E1-exercises", "stop", "exercises", "nothing is asked", "add exercises")
    for one in lesson.exercises:
        where = f"exercise {one.name}"
        if not _has_key(one):
            yield Finding("E1-key", "stop", where, "the key is empty", "give the right answer")
        if not (one.explanation.en.strip() and one.explanation.zh.strip()):
            yield Finding(
                "E1-explanation",
                "stop",
                where,
                "it is not explained in both languages",
                "explain the answer in English and Chinese",
            )
        if not one.source.strip():
            yield Finding(
                "E1-source",
                "stop",
                where,
                "no source is named",
                "name the rule, guide or datum that the key rests on",
            )
        key = one.script_concordance
        if key is not None and sum(key.panel.values()) < MINIMUM_PANEL:
            yield Finding(
                "E1-panel",
                "stop",
                where,
                f"{sum(key.panel.values())} of {MINIMUM_PANEL} panellists have answered",
                "invite more, or leave the question out",
            )


def expert_view(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """E2: summary, script and three points to take home; everything in both languages."""
    if len(lesson.expert.take_home) < TAKE_HOME:
        yield Finding(
            "E2-take-home",
            "stop",
            "expert",
            f"{len(lesson.expert.take_home)} points to take home",
            f"write {TAKE_HOME}",
        )
    for where in dict.fromkeys(_in_one_language(encode(lesson), "")):
        yield Finding(
            "E2-language",
            "stop",
            where,
            "is in one language only",
            "write it in English and Chinese",
        )


def _has_key(one: Exercise) -> bool:
    key: Any = getattr(one, one.kind.replace(" ", "_"))
    needed = {
        "summary": ("syndrome", "experts"),
        "problem list": ("problems",),
        "differential": ("diagnoses",),
        "reflection": ("links",),
        "key features": ("right",),
        "script concordance": (),
        "management": ("asked",),
        "errors": ("wrong",),
    }[one.kind]
    return all(getattr(key, name) for name in needed)


def _in_one_language(value: object, where: str) -> Iterator[str]:
    """Parts of the lesson, by name, with a wording that lacks a language."""
    if isinstance(value, dict):
        if set(value) == {"en", "zh"}:
            # An explanation has a row of its own.
            if not (value["en"].strip() and value["zh"].strip()) and "explanation" not in where:
                yield where.split("/")[0] if "/" in where else where
            return
        for key, item in value.items():
            named = value.get("name") if isinstance(value.get("name"), str) else ""
            base = f"exercise {named}" if named and "kind" in value and "prompt" in value else ""
            yield from _in_one_language(item, f"{base or where or key}/{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _in_one_language(item, where)
