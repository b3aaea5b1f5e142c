"""An attempt is the fold of its events: opened, committed, entered; and what may follow.

Commits are irrevocable, stages are entered in order and only when everything asked for before is
committed, and after the end nothing happens any more. An event that happened already changes
nothing, so that a form sent twice counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from casebank.attempt.modes import MODES, Mode
from casebank.errors import StepRefused
from casebank.lesson import Exercise, Lesson, Order, Progress

EventKind = Literal["open", "commit", "advance"]
END: Final = "end"
"""Subject of the ``advance`` that ends an attempt."""
ENDED_EARLY: Final = frozenset({"time", "due", "given up"})
"""Reasons for which an attempt ends although something is not committed."""


@dataclass(frozen=True)
class Event:
    """``subject`` names an order, an exercise, or the stage entered ("2", "3", ... , "end")."""

    kind: EventKind
    subject: str
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AttemptState:
    """``opened`` and ``committed`` give the place of each event in the sequence, from 1."""

    mode: Mode
    stage: int
    done: bool = False
    ended_by: str = ""
    opened: Mapping[str, int] = field(default_factory=dict)
    committed: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    events: int = 0


def begin(lesson: Lesson, mode: Mode) -> AttemptState:
    """The state before the first event; reading is done as soon as it begins."""
    stage = 1 if MODES[mode].staged else len(lesson.stages)
    return AttemptState(mode, stage, done=mode == "reading")


def fold(lesson: Lesson, mode: Mode, events: Iterable[Event]) -> AttemptState:
    """The state after ``events``.

    Raises:
        StepRefused: if an event was not allowed when it came.
    """
    state = begin(lesson, mode)
    for event in events:
        state = advance(lesson, state, event)
    return state


def happened(state: AttemptState, event: Event) -> bool:
    """Whether an event of this kind and subject is already a part of the state."""
    if event.kind == "open":
        return event.subject in state.opened
    if event.kind == "commit":
        return event.subject in state.committed
    if event.subject == END:
        return state.done
    return event.subject.isascii() and event.subject.isdigit() and int(event.subject) <= state.stage


def advance(lesson: Lesson, state: AttemptState, event: Event) -> AttemptState:
    """The state after one more event; the same state if it happened already.

    Raises:
        StepRefused: if it is not allowed now, saying what to do instead.
    """
    if happened(state, event):
        return state
    if state.done:
        raise StepRefused("This attempt has ended; nothing can be added to it.")
    after = replace(state, events=state.events + 1)
    if event.kind == "open":
        _check_open(lesson, state, event.subject)
        return replace(after, opened={**state.opened, event.subject: after.events})
    if event.kind == "commit":
        _check_commit(lesson, state, event.subject)
        return replace(
            after,
            committed={**state.committed, event.subject: after.events},
            answers={**state.answers, event.subject: event.answer},
        )
    reason = str(event.answer.get("reason", ""))
    if event.subject == END and reason in ENDED_EARLY:
        return replace(after, done=True, ended_by=reason)
    _check_advance(lesson, state, event.subject)
    if event.subject == END:
        return replace(after, done=True, ended_by="student")
    return replace(after, stage=state.stage + 1)


def exercise_due(lesson: Lesson, state: AttemptState) -> Exercise | None:
    """The one exercise that is asked now; None if the stage asks for nothing more.

    One after the other: what a later question offers to choose from may answer an earlier one.
    """
    if state.done or not MODES[state.mode].answers:
        return None
    for exercise in in_order(lesson):
        if exercise.stage <= state.stage and exercise.name not in state.committed:
            return exercise
    return None


def in_order(lesson: Lesson) -> tuple[Exercise, ...]:
    """All exercises in the order in which they are asked."""
    stages = range(1, len(lesson.stages) + 1)
    return tuple(exercise for stage in stages for exercise in lesson.at(stage))


def next_step(lesson: Lesson, state: AttemptState) -> str | None:
    """Subject of the ``advance`` that is allowed now; None if something is to be done first."""
    if state.done or exercise_due(lesson, state) is not None:
        return None
    return str(state.stage + 1) if state.stage < len(lesson.stages) else END


def orders_offered(lesson: Lesson, state: AttemptState) -> tuple[tuple[int, Order], ...]:
    """Orders that may be opened now, each with its stage."""
    if state.done or not MODES[state.mode].orders:
        return ()
    return tuple(
        (number, order)
        for number, stage in enumerate(lesson.stages[: state.stage], 1)
        for order in stage.orders
        if order.name not in state.opened
    )


def shown_progress(lesson: Lesson, state: AttemptState) -> Progress:
    """What :func:`casebank.lesson.disclose` is asked for: the state as far as data go."""
    opened = frozenset(state.opened)
    if not MODES[state.mode].orders:
        stages = lesson.stages[: state.stage]
        opened = frozenset(order.name for stage in stages for order in stage.orders)
    return Progress(state.stage, opened, state.done)


def _check_open(lesson: Lesson, state: AttemptState, name: str) -> None:
    if all(order.name != name for _, order in orders_offered(lesson, state)):
        raise StepRefused("This cannot be opened now. Go on with what the page offers.")


def _check_commit(lesson: Lesson, state: AttemptState, name: str) -> None:
    due = exercise_due(lesson, state)
    if due is None or due.name != name:
        raise StepRefused("This question is not asked now. Answer the one that the page shows.")


def _check_advance(lesson: Lesson, state: AttemptState, subject: str) -> None:
    if exercise_due(lesson, state) is not None:
        raise StepRefused("Commit an answer to the open question first; then you can go on.")
    if subject != next_step(lesson, state):
        raise StepRefused("Stages are entered one after the other. Go on with the next one.")
