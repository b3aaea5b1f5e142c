"""What a key asks for, element by element, and which elements an answer missed; confidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from casebank.lesson import Exercise, Lesson, Wording


@dataclass(frozen=True)
class Element:
    """One thing that a key asks for. ``must``: a diagnosis that must not be missed."""

    exercise: str
    code: str
    text: Wording
    must: bool = False


@dataclass(frozen=True)
class Forecast:
    """The confidence (0 to 1) that a diagnosis is right, and whether it was."""

    confidence: float
    right: bool


def elements_of(exercise: Exercise) -> Iterator[Element]:
    """What an answer should hold; nothing for a summary or script concordance."""
    name = exercise.name
    if exercise.problem_list is not None:
        for problem in exercise.problem_list.problems:
            yield Element(name, problem.code, problem.title)
    if exercise.differential is not None:
        for one in exercise.differential.diagnoses:
            if one.relevance == 3 or one.must_not_miss:
                yield Element(name, one.code, one.title, one.must_not_miss)
    if exercise.reflection is not None:
        hypotheses = {one.code: one.text for one in exercise.reflection.hypotheses}
        findings = {one.code: one.text for one in exercise.reflection.findings}
        for link in exercise.reflection.links:
            finding, hypothesis = findings[link.finding], hypotheses[link.hypothesis]
            yield Element(
                name,
                f"{link.finding}|{link.stance}|{link.hypothesis}",
                _joined(finding, link.stance, hypothesis),
            )
    if exercise.key_features is not None:
        for option in exercise.key_features.options:
            if option.code in exercise.key_features.right:
                yield Element(name, option.code, option.text)
    if exercise.management is not None:
        for option in exercise.management.options:
            if option.code in exercise.management.asked:
                yield Element(name, option.code, option.text)
    if exercise.errors is not None:
        for wrong in exercise.errors.wrong:
            yield Element(name, wrong.code, wrong.text)


def given_codes(exercise: Exercise, answer: Mapping[str, Any]) -> frozenset[str]:
    """Codes that an answer holds, as :func:`elements_of` writes them.

    A synonym of a problem, and what is near to it, counts as the problem.
    """
    if exercise.problem_list is not None:
        named = {one["code"] for one in answer["problems"]}
        return frozenset(
            one.code
            for one in exercise.problem_list.problems
            if named & {one.code, *one.synonyms, *one.near}
        )
    if exercise.differential is not None:
        return frozenset(one["code"] for one in answer["guesses"])
    if exercise.reflection is not None:
        return frozenset(
            f"{one['finding']}|{one['stance']}|{one['hypothesis']}" for one in answer["links"]
        )
    if exercise.key_features is not None or exercise.management is not None:
        return frozenset(answer["chosen"])
    if exercise.errors is not None:
        return frozenset(answer["wrong"])
    return frozenset()


def missed(exercise: Exercise, answer: Mapping[str, Any] | None) -> tuple[Element, ...]:
    """Elements of a key that an answer does not hold; all of them if nothing was committed."""
    given = frozenset() if answer is None else given_codes(exercise, answer)
    return tuple(one for one in elements_of(exercise) if one.code not in given)


def forecasts(lesson: Lesson, answers: Mapping[str, Mapping[str, Any]]) -> tuple[Forecast, ...]:
    """Each diagnosis of the last differential that was committed, with its confidence."""
    asked = [one for one in lesson.exercises if one.differential is not None]
    last = max(
        (one for one in asked if one.name in answers), key=lambda one: one.stage, default=None
    )
    if last is None or last.differential is None:
        return ()
    leading = {one.code for one in last.differential.diagnoses if one.relevance == 3}
    return tuple(
        Forecast(guess["confidence"] / 100, guess["code"] in leading)
        for guess in answers[last.name]["guesses"]
        if guess["confidence"] is not None
    )


_STANCE_WORDS = {
    "for": ("speaks for", "支持"),
    "against": ("speaks against", "不支持"),
    "absent": ("is expected and absent with", "应有而无："),
}


def _joined(finding: Wording, stance: str, hypothesis: Wording) -> Wording:
    en, zh = _STANCE_WORDS.get(stance, (stance, stance))
    return Wording(
        f"{finding.text('en')} {en} {hypothesis.text('en')}",
        f"{finding.text('zh')}{zh}{hypothesis.text('zh')}",
    )
