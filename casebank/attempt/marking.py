"""From answers and keys to marks, by ``casebank.scoring``; a mark depends on nothing else.

A summary statement and script concordance have parts but no score: they are formative. Every other
exercise scores 0 to 1 and counts alike; what was asked and not committed scores 0. Management and
the record's errors score the harmonic mean of precision and recall, as problem lists and links do;
the verdict on a decision stands beside its score.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from casebank import scoring
from casebank.lesson import Exercise, ExerciseKind, Lesson

Answers = Mapping[str, Mapping[str, Any]]
"""Committed answers, by exercise."""
FORMATIVE: Final[frozenset[ExerciseKind]] = frozenset({"summary", "script concordance"})


@dataclass(frozen=True)
class Mark:
    """``score`` is None for what is formative; ``parts`` are figures by the names of the scores,
    between 0 and 1 but for ``first_stable_stage``, and None where there is nothing to measure.

    ``verdict`` is that on a decision; ``answered`` tells whether anything was committed.
    """

    exercise: str
    kind: ExerciseKind
    score: float | None
    parts: Mapping[str, float | None] = field(default_factory=dict)
    verdict: str = ""
    answered: bool = True


@dataclass(frozen=True)
class AttemptMark:
    """``score`` is the mean over the exercises that are scored, None if there is none.

    ``concordance`` is the script concordance test as a whole, with what empty strategies earn.
    """

    score: float | None
    marks: tuple[Mark, ...]
    concordance: scoring.ConcordanceScore | None = None


def mark_attempt(lesson: Lesson, answers: Answers) -> AttemptMark:
    """Marks of all exercises of a lesson, in their order."""
    marks = tuple(mark_answer(lesson, exercise, answers) for exercise in lesson.exercises)
    scores = [mark.score for mark in marks if mark.score is not None]
    return AttemptMark(
        sum(scores) / len(scores) if scores else None, marks, _concordance_test(lesson, answers)
    )


def mark_answer(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    """The mark of one exercise; a differential also looks at those committed before it."""
    if exercise.name not in answers:
        score = None if exercise.kind in FORMATIVE else 0.0
        return Mark(exercise.name, exercise.kind, score, answered=False)
    try:
        return _MARKERS[exercise.kind](lesson, exercise, answers)
    except ValueError:
        # A key that scores nothing: the gate refuses it, and a student shall not pay for it.
        return Mark(exercise.name, exercise.kind, None)


def _mark(
    exercise: Exercise,
    score: float | None,
    parts: Mapping[str, float | bool | None],
    verdict: str = "",
) -> Mark:
    figures = {name: None if part is None else float(part) for name, part in parts.items()}
    return Mark(exercise.name, exercise.kind, score, figures, verdict)


def _summary(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    assert exercise.summary is not None
    found = scoring.check_statement(answers[exercise.name]["text"], exercise.summary.rule)
    return _mark(exercise, None, {str(part): has for part, has in found.items()})


def _problem_list(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    score = problem_score(exercise, answers[exercise.name])
    parts = {"recall": score.recall, "precision": score.precision, "order": score.order}
    return _mark(exercise, score.f, parts)


def problem_score(exercise: Exercise, answer: Mapping[str, Any]) -> scoring.ProblemListScore:
    """The comparison of a problem list with its consensus."""
    assert exercise.problem_list is not None
    consensus = [
        scoring.ConsensusProblem(one.code, one.weight, frozenset(one.synonyms), frozenset(one.near))
        for one in exercise.problem_list.problems
    ]
    return scoring.score_problem_list([one["code"] for one in answer["problems"]], consensus)


def _differential(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    key = exercise.differential
    assert key is not None
    stages: list[list[scoring.Guess]] = [[] for _ in range(exercise.stage)]
    for one in lesson.exercises:
        if one.kind != "differential" or one.stage > exercise.stage or one.name not in answers:
            continue
        if one.stage == exercise.stage and one.name != exercise.name:
            continue
        stages[one.stage - 1] = [
            scoring.Guess(guess["code"], guess["confidence"] / 100)
            for guess in answers[one.name]["guesses"]
        ]
    score = scoring.score_differential(
        stages,
        scoring.DifferentialKey(
            {one.code: one.relevance for one in key.diagnoses},
            frozenset(one.code for one in key.diagnoses if one.must_not_miss),
        ),
        key.discriminating_stage,
    )
    parts = asdict(score)
    first = parts.pop("first_stable_stage")
    parts["first_stable_stage"] = None if first is None else float(first)
    return _mark(exercise, parts.pop("ndcg"), parts)


def _reflection(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    assert exercise.reflection is not None
    given = [
        (one["hypothesis"], one["stance"], one["finding"])
        for one in answers[exercise.name]["links"]
    ]
    key = [(one.hypothesis, one.stance, one.finding) for one in exercise.reflection.links]
    score = scoring.score_links(given, key)
    return _mark(exercise, score.f, {"precision": score.precision, "recall": score.recall})


def _key_features(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    key = exercise.key_features
    assert key is not None
    feature = scoring.KeyFeature(
        exercise.name, frozenset(key.right), key.most, frozenset(key.harmful)
    )
    return _mark(exercise, feature.score(answers[exercise.name]["chosen"]), {})


def _management(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    key = exercise.management
    assert key is not None
    chosen = answers[exercise.name]["chosen"]
    outcome = scoring.judge_management(chosen, key.asked, key.happened)
    score, precision, recall = _overlap(chosen, key.asked)
    parts = {"precision": precision, "recall": recall}
    return _mark(exercise, score, parts, outcome.verdict)


def _errors(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    assert exercise.errors is not None
    wrong = [one.code for one in exercise.errors.wrong]
    score, precision, recall = _overlap(answers[exercise.name]["wrong"], wrong)
    return _mark(exercise, score, {"precision": precision, "recall": recall})


def _overlap(given: Collection[str], key: Collection[str]) -> tuple[float, float, float]:
    """Harmonic mean, precision and recall; nothing given where nothing is asked is all right."""
    made, expected = set(given), set(key)
    if not made and not expected:
        return 1.0, 1.0, 1.0
    right = len(made & expected)
    precision = right / len(made) if made else 0.0
    recall = right / len(expected) if expected else 0.0
    return (2 * right / (len(made) + len(expected))), precision, recall


def _concordance(lesson: Lesson, exercise: Exercise, answers: Answers) -> Mark:
    item = concordance_item(exercise)
    if item.item in scoring.refusals([item]):
        return _mark(exercise, None, {})
    credit = scoring.item_credits(item)[answers[exercise.name]["value"]]
    return _mark(exercise, None, {"credit": credit})


def concordance_item(exercise: Exercise) -> scoring.ConcordanceItem:
    """A script concordance question with its panel."""
    assert exercise.script_concordance is not None
    panel = {int(option): count for option, count in exercise.script_concordance.panel.items()}
    return scoring.ConcordanceItem(exercise.name, panel)


def _concordance_test(lesson: Lesson, answers: Answers) -> scoring.ConcordanceScore | None:
    asked = [one for one in lesson.exercises if one.kind == "script concordance"]
    given = {one.name: answers[one.name]["value"] for one in asked if one.name in answers}
    items = [concordance_item(one) for one in asked]
    refused = scoring.refusals(items)
    if not given or all(item.item in refused for item in items):
        return None
    return scoring.score_concordance(given, items)


_MARKERS: Final[Mapping[str, Callable[[Lesson, Exercise, Answers], Mark]]] = {
    "summary": _summary,
    "problem list": _problem_list,
    "differential": _differential,
    "reflection": _reflection,
    "key features": _key_features,
    "script concordance": _concordance,
    "management": _management,
    "errors": _errors,
}
