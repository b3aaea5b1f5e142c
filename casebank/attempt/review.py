"""What the whole attempt shows: cues missed or seen late, cost, changes of lists, the peers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final, Literal

from casebank.attempt.modes import MODES
from casebank.attempt.progress import AttemptState, in_order
from casebank.lesson import Exercise, Lesson

FEWEST_PEERS: Final = 5
"""Finished attempts of others before anything is told of them."""

CueState = Literal["seen", "late", "not opened", "not used"]
Change = Literal["new", "up", "down", "same", "dropped"]


@dataclass(frozen=True)
class Cue:
    """A datum that a key rests on, and what the student made of it.

    ``late``: opened after an answer that it belongs to. ``not used``: seen, but neither pinned as a
    key finding nor linked to a hypothesis. ``exercises`` name whose keys rest on it.
    """

    datum: str
    state: CueState
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Peers:
    """Others' answers. ``shares`` gives the share of attempts with each code, commonest first."""

    attempts: int
    score: float | None
    shares: tuple[tuple[str, float], ...]


def find_cues(lesson: Lesson, state: AttemptState, pinned: Mapping[str, str]) -> tuple[Cue, ...]:
    """Every datum that a key rests on and that a stage or an order reveals, in their order."""
    opens = {
        datum: order.name
        for stage in lesson.stages
        for order in stage.orders
        for datum in order.data
    }
    shown = {datum for stage in lesson.stages for datum in stage.reveals}
    chooses = MODES[state.mode].orders
    rests: dict[str, list[str]] = {}
    for exercise in in_order(lesson):
        for datum in dict.fromkeys(_key_data(exercise)):
            if datum in shown or datum in opens:
                rests.setdefault(datum, []).append(exercise.name)
    used = set(pinned) | set(_linked(lesson, state))
    cues = []
    for datum, exercises in rests.items():
        how: CueState = "seen" if datum in used else "not used"
        if chooses and datum not in shown:
            opened = state.opened.get(opens[datum])
            commits = [state.committed[name] for name in exercises if name in state.committed]
            if opened is None:
                how = "not opened"
            elif commits and opened > min(commits):
                how = "late"
        cues.append(Cue(datum, how, tuple(exercises)))
    return tuple(cues)


def cost(lesson: Lesson, state: AttemptState) -> tuple[int, int]:
    """Points spent on orders, and how many of them went for data that no key rests on."""
    matter = {datum for exercise in lesson.exercises for datum in _key_data(exercise)}
    orders = {order.name: order for stage in lesson.stages for order in stage.orders}
    opened = [orders[name] for name in state.opened]
    spent = sum(order.cost for order in opened)
    return spent, sum(order.cost for order in opened if not set(order.data) & matter)


def changes(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, Change], ...]:
    """How each line of an earlier differential or problem list stands in a later one, by code."""
    old = {one["code"]: place for place, one in enumerate(before)}
    said: list[tuple[str, Change]] = []
    for place, one in enumerate(after):
        was = old.pop(one["code"], None)
        how: Change = (
            "new" if was is None else "up" if was > place else "down" if was < place else "same"
        )
        said.append((one["code"], how))
    return (*said, *((code, "dropped") for code in old))


def see_peers(
    exercise: Exercise, answers: Sequence[Mapping[str, Any]], scores: Sequence[float]
) -> Peers | None:
    """What others answered; None while they are fewer than :data:`FEWEST_PEERS`."""
    if len(answers) < FEWEST_PEERS:
        return None
    counted: Counter[str] = Counter()
    for answer in answers:
        counted.update(set(_codes(exercise, answer)))
    shares = [(code, n / len(answers)) for code, n in counted.items()]
    shares.sort(key=lambda one: (-one[1], one[0]))
    return Peers(len(answers), fmean(scores) if scores else None, tuple(shares))


def _codes(exercise: Exercise, answer: Mapping[str, Any]) -> Iterator[str]:
    if exercise.kind == "differential":
        yield from (one["code"] for one in answer["guesses"])
    elif exercise.kind == "problem list":
        yield from (one["code"] for one in answer["problems"])
    elif exercise.kind in {"key features", "management"}:
        yield from answer["chosen"]
    elif exercise.kind == "script concordance":
        yield str(answer["value"])
    elif exercise.kind == "errors":
        yield from answer["wrong"]


def _key_data(exercise: Exercise) -> Iterator[str]:
    """Ids of the data that the right answer rests on."""
    if exercise.problem_list is not None:
        for problem in exercise.problem_list.problems:
            yield from problem.data
    if exercise.reflection is not None:
        linked = {link.finding for link in exercise.reflection.links}
        for finding in exercise.reflection.findings:
            if finding.code in linked:
                yield from finding.data
    if exercise.key_features is not None:
        for option in exercise.key_features.options:
            if option.code in exercise.key_features.right:
                yield from option.data
    if exercise.management is not None:
        for option in exercise.management.options:
            if option.code in exercise.management.asked:
                yield from option.data
    if exercise.script_concordance is not None:
        yield from exercise.script_concordance.data
    if exercise.errors is not None:
        yield from (one.code for one in exercise.errors.wrong)


def _linked(lesson: Lesson, state: AttemptState) -> Iterator[str]:
    """Data of the findings that the student linked, and statements marked as wrong."""
    for exercise in lesson.exercises:
        answer = state.answers.get(exercise.name)
        if answer is None:
            continue
        if exercise.reflection is not None:
            named = {one["finding"] for one in answer["links"]}
            for finding in exercise.reflection.findings:
                if finding.code in named:
                    yield from finding.data
        if exercise.errors is not None:
            yield from answer["wrong"]
