"""A key corrected after publication: what counts as right changes, what was asked never does.

Prompts, options, stages and data stay as they were attempted, so that every committed answer can be
marked by the new key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from casebank import rules, terms
from casebank.errors import KeyRefused
from casebank.lesson.model import Exercise, KeyDiagnosis, KeyProblem, Lesson, Wording


@dataclass(frozen=True)
class Correction:
    """What shall count in one exercise; None leaves a part as it is.

    ``right`` are codes of options (key features), of what is asked (management) or of statements
    that are wrong (errors); ``grades`` are relevance of diagnoses or weights of problems, by code.
    """

    right: frozenset[str] | None = None
    harmful: frozenset[str] | None = None
    grades: Mapping[str, float] | None = None
    must_not_miss: frozenset[str] | None = None
    added: Mapping[str, float] = field(default_factory=dict)
    """Grades of diagnoses, or weights of problems, that the key forgot, by code."""
    links: frozenset[int] | None = None
    """Places of the links of a reflection that stay, from 0."""


@dataclass(frozen=True)
class Corrected:
    """The lesson with its new keys, and a line on each exercise that changed."""

    lesson: Lesson
    changed: Mapping[str, str] = field(default_factory=dict)


def correct(lesson: Lesson, corrections: Mapping[str, Correction]) -> Corrected:
    """The lesson with corrected keys.

    Raises:
        KeyRefused: naming the exercise and what its key lacks.
    """
    changed: dict[str, str] = {}
    exercises = []
    for exercise in lesson.exercises:
        after = exercise
        if exercise.name in corrections:
            try:
                after = _corrected(exercise, corrections[exercise.name])
            except ValueError as error:
                raise KeyRefused(f"Question “{exercise.name}”: {error}.") from None
        if after != exercise:
            changed[exercise.name] = exercise.kind
        exercises.append(after)
    return Corrected(replace(lesson, exercises=tuple(exercises)), changed)


def _corrected(exercise: Exercise, wanted: Correction) -> Exercise:
    change: dict[str, Any] = {}
    if exercise.key_features is not None:
        features = exercise.key_features
        right = features.right if wanted.right is None else _of(features.options, wanted.right)
        harmful = (
            features.harmful if wanted.harmful is None else _of(features.options, wanted.harmful)
        )
        if not right:
            raise ValueError("at least one option is right; leave the question out instead")
        if set(right) & set(harmful):
            raise ValueError("an option is not right and harmful at once")
        most = max(features.most, len(right))
        change["key_features"] = replace(features, right=right, harmful=harmful, most=most)
    elif exercise.management is not None and wanted.right is not None:
        asked = _of(exercise.management.options, wanted.right)
        if not asked:
            raise ValueError("at least one action is asked for; leave the question out instead")
        change["management"] = replace(exercise.management, asked=asked)
    elif exercise.errors is not None and wanted.right is not None:
        wrong = tuple(one for one in exercise.errors.wrong if one.code in wanted.right)
        change["errors"] = replace(exercise.errors, wrong=wrong)
    elif exercise.reflection is not None and wanted.links is not None:
        links = tuple(
            one for place, one in enumerate(exercise.reflection.links) if place in wanted.links
        )
        if not links:
            raise ValueError("at least one link is right; leave the question out instead")
        change["reflection"] = replace(exercise.reflection, links=links)
    elif exercise.differential is not None:
        change["differential"] = _differential(exercise, wanted)
    elif exercise.problem_list is not None:
        grades = wanted.grades or {}
        if any(not 0 < weight <= 1 for weight in (*grades.values(), *wanted.added.values())):
            raise ValueError("a problem has a weight above 0 and up to 1")
        problems = tuple(
            replace(one, weight=grades.get(one.code, one.weight))
            for one in exercise.problem_list.problems
        )
        new = _added(wanted, (one.code for one in problems))
        problems += tuple(
            KeyProblem(code, title, rules.kind_of(title.en)[0], weight, near=_near(code))
            for code, title, weight in new
        )
        change["problem_list"] = replace(exercise.problem_list, problems=problems)
    return replace(exercise, **change)


def _differential(exercise: Exercise, wanted: Correction) -> Any:
    key = exercise.differential
    assert key is not None
    grades = wanted.grades or {}
    if any(grade not in (1, 2, 3) for grade in (*grades.values(), *wanted.added.values())):
        raise ValueError("a diagnosis is 3 leading, 2 plausible or 1 acceptable")
    diagnoses = tuple(
        replace(
            one,
            relevance=int(grades.get(one.code, one.relevance)),
            must_not_miss=(
                one.must_not_miss
                if wanted.must_not_miss is None
                else one.code in wanted.must_not_miss
            ),
        )
        for one in key.diagnoses
    )
    diagnoses += tuple(
        KeyDiagnosis(code, title, int(grade))
        for code, title, grade in _added(wanted, (one.code for one in diagnoses))
    )
    if all(one.relevance < 3 for one in diagnoses):
        raise ValueError("at least one diagnosis is leading")
    return replace(key, diagnoses=diagnoses)


def _added(wanted: Correction, there: Iterable[str]) -> list[tuple[str, Wording, float]]:
    known = set(there)
    found = []
    for code, grade in wanted.added.items():
        if code in known:
            raise ValueError("what is added stands in the key already")
        if code not in terms.all_terms():
            raise ValueError("what is added is no term of the list")
        named = terms.term(code)
        found.append((code, Wording(named.en, named.zh), grade))
    return found


def _near(code: str) -> tuple[str, ...]:
    return tuple(sorted(terms.near(code)))


def _of(options: tuple[Any, ...], codes: frozenset[str]) -> tuple[str, ...]:
    return tuple(one.code for one in options if one.code in codes)
