"""What a page shows of an attempt: everything here is made from what is disclosed, and from keys
whose time has come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Attempt, CaseVersion
from app.permissions import Role
from app.services.attempt_state import Receipt, Running, receipt_of, running
from app.services.case_documents import lexicon_of
from app.services.marks import keys_of
from casebank import Case, Contact, Soap, Statement
from casebank.attempt import (
    FEWEST_PEERS,
    MODES,
    AttemptMark,
    Cue,
    Feedback,
    Mark,
    Peers,
    changes,
    cost,
    exercise_due,
    find_cues,
    give_feedback,
    hint,
    in_order,
    is_held,
    is_shown,
    next_step,
    orders_offered,
    see_peers,
    shown_options,
)
from casebank.lesson import Exercise, Lesson, Option, Order, Wording
from casebank.model import Language


@dataclass(frozen=True)
class ExerciseView:
    """A question that is asked or answered. ``number`` is its place in the lesson, from 1.

    ``held``: the key waits for a later question. ``moved`` tells how a list differs from the one
    before. ``options`` and ``findings`` are in the order in which a form names them.
    """

    number: int
    exercise: Exercise
    due: bool
    answer: Mapping[str, Any] | None
    receipt: Receipt | None
    feedback: Feedback | None
    held: bool
    hint: str
    options: tuple[Option, ...] = ()
    findings: tuple[Option, ...] = ()
    candidates: tuple[Statement, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenedOrder:
    """An order and the data that it gave."""

    order: Order
    data: tuple[Statement, ...]


@dataclass(frozen=True)
class StageView:
    """A stage that was entered, with only its own data. ``places`` names orders in forms."""

    number: int
    title: Wording
    places: Mapping[str, str]
    contacts: tuple[Contact, ...]
    opened: tuple[OpenedOrder, ...]
    offered: tuple[tuple[str, Order], ...]
    exercises: tuple[ExerciseView, ...]


@dataclass(frozen=True)
class Ending:
    """What is told at the end only.

    ``published`` is the score by the key as published; ``corrections`` are reasons for later keys.
    """

    mark: AttemptMark
    published: float | None
    corrections: tuple[str, ...]
    cues: tuple[tuple[Cue, str], ...]
    spent: int
    wasted: int
    peers: Mapping[int, Peers]
    peer_attempts: int
    peer_score: float | None


@dataclass(frozen=True)
class AttemptView:
    """All that the page of an attempt shows.

    ``before`` is the list that a new differential or problem list begins with; ``problems`` and
    ``differential`` are those committed last.
    """

    running: Running
    seen: Case
    stages: tuple[StageView, ...]
    questions: tuple[ExerciseView, ...]
    due: ExerciseView | None
    next: str | None
    terms: tuple[str, ...]
    pins: Mapping[str, str]
    pinned: tuple[tuple[str, Statement], ...]
    before: Sequence[Mapping[str, Any]]
    problems: Sequence[Mapping[str, Any]]
    differential: Sequence[Mapping[str, Any]]
    spent: int
    ending: Ending | None

    @property
    def marked(self) -> list[tuple[ExerciseView, Mark]]:
        """Each question with its mark, once the attempt has ended."""
        if self.ending is None:
            return []
        marks = {mark.exercise: mark for mark in self.ending.mark.marks}
        questions = [*self.questions, *(one for stage in self.stages for one in stage.exercises)]
        return [(one, marks[one.exercise.name]) for one in questions]


def view(
    session: Session, found: Running, pins: Mapping[str, str], language: Language
) -> AttemptView:
    """The page of an attempt in a language."""
    lesson, seen = found.lesson, found.seen
    state = found.shown_state
    exercises = _exercises(found, seen, language)
    due = next((one for one in exercises if one.due), None)
    staged = MODES[state.mode].staged
    entered = range(1, state.stage + 1) if state.mode != "reading" else ()
    stages = tuple(_stage(found, seen, number, exercises if staged else ()) for number in entered)
    asks_terms = due is not None and due.exercise.kind in {"differential", "problem list"}
    return AttemptView(
        running=found,
        seen=seen,
        stages=stages,
        questions=() if staged else exercises,
        due=due,
        next=next_step(lesson, found.state),
        terms=tuple(lexicon_of(lesson).names(language)) if asks_terms else (),
        pins=pins,
        pinned=tuple(
            (pins[one.id], one)
            for one in {one.id: one for one in seen.statements()}.values()
            if one.id in pins
        ),
        before=_last_list(exercises, due.exercise.kind) if due is not None else (),
        problems=_last_list(exercises, "problem list"),
        differential=_last_list(exercises, "differential"),
        spent=cost(lesson, state)[0],
        ending=_ending(session, found, pins, language) if state.done else None,
    )


def _exercises(found: Running, seen: Case, language: Language) -> tuple[ExerciseView, ...]:
    state, lesson = found.shown_state, found.lesson
    if state.mode == "reading":
        return ()
    asked = exercise_due(lesson, found.state)
    receipts = {one.subject: receipt_of(one) for one in found.events if one.kind == "commit"}
    lexicon = lexicon_of(lesson)
    lists: dict[str, Sequence[Mapping[str, Any]]] = {}
    views = []
    for number, exercise in enumerate(in_order(lesson), 1):
        shown = is_shown(lesson, state, exercise)
        answer = state.answers.get(exercise.name)
        due = asked is not None and asked.name == exercise.name
        if not (due or shown or answer is not None):
            continue
        view = ExerciseView(
            number=number,
            exercise=exercise,
            due=due,
            answer=answer,
            receipt=receipts.get(exercise.name),
            feedback=(
                give_feedback(lesson, exercise, state, seen, lexicon, language) if shown else None
            ),
            held=(
                answer is not None
                and not shown
                and MODES[state.mode].feedback
                and is_held(lesson, state, exercise)
            ),
            hint=hint(exercise, language) if due and state.mode == "learn" else "",
        )
        views.append(_with_lists(_with_options(view, seen), lists))
    return tuple(views)


def _with_options(view: ExerciseView, seen: Case) -> ExerciseView:
    exercise = view.exercise
    if exercise.reflection is not None:
        return replace(
            view,
            options=shown_options(exercise, exercise.reflection.hypotheses),
            findings=shown_options(exercise, exercise.reflection.findings),
        )
    key = exercise.key_features or exercise.management
    if key is not None:
        return replace(view, options=shown_options(exercise, key.options))
    if exercise.errors is not None:
        known = {one.id: one for one in seen.statements()}
        wanted = [known[one] for one in exercise.errors.candidates if one in known]
        return replace(view, candidates=tuple(wanted))
    return view


def _last_list(exercises: Sequence[ExerciseView], kind: str) -> Sequence[Mapping[str, Any]]:
    answers = [one.answer for one in exercises if one.exercise.kind == kind and one.answer]
    name = "guesses" if kind == "differential" else "problems"
    return answers[-1].get(name, ()) if answers else ()


def _with_lists(view: ExerciseView, lists: dict[str, Sequence[Mapping[str, Any]]]) -> ExerciseView:
    """How a differential or a problem list changed since the one before."""
    kind = view.exercise.kind
    name = {"differential": "guesses", "problem list": "problems"}.get(kind)
    if name is None or view.answer is None:
        return view
    now = view.answer[name]
    before = lists.get(kind)
    lists[kind] = now
    if before is None:
        return view
    texts = {one["code"]: one["text"] for one in before}
    said = changes(before, now)
    return replace(
        view,
        moved={code: how for code, how in said if how not in {"same", "dropped"}},
        dropped=tuple(texts[code] for code, how in said if how == "dropped"),
    )


def _stage(
    found: Running, seen: Case, number: int, exercises: tuple[ExerciseView, ...]
) -> StageView:
    stage = found.lesson.stages[number - 1]
    known = {one.id: one for one in seen.statements()}
    orders = {order.name: order for order in stage.orders}
    wanted = set(stage.reveals)
    free = () if MODES[found.state.mode].orders else tuple(orders)
    opened = [name for name in orders if name in found.state.opened or name in free]
    places = {order.name: f"{number}-{index}" for index, order in enumerate(stage.orders, 1)}
    return StageView(
        number=number,
        title=stage.title,
        places=places,
        contacts=tuple(
            replace(contact, soap=kept)
            for contact in seen.contacts
            if (kept := _only(contact.soap, wanted)).statements
        ),
        opened=tuple(
            OpenedOrder(
                orders[name], tuple(known[one] for one in orders[name].data if one in known)
            )
            for name in opened
        ),
        offered=tuple(
            (places[order.name], order)
            for at, order in orders_offered(found.lesson, found.state)
            if at == number
        ),
        exercises=tuple(one for one in exercises if one.exercise.stage == number),
    )


def _only(soap: Soap, wanted: set[str]) -> Soap:
    def kept(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(one for one in statements if one.id in wanted)

    return Soap(
        kept(soap.subjective),
        kept(soap.objective),
        kept(soap.assessment),
        kept(soap.plan),
        kept(soap.other),
    )


def _ending(
    session: Session, found: Running, pins: Mapping[str, str], language: Language
) -> Ending:
    lesson, state = found.lesson, found.state
    texts = {one.id: one.text for one in found.case.statements()}
    series = {
        point.id: f"{one.name}: {point.value:g} {one.unit}"
        for sheet in found.case.flow_sheets
        for one in sheet.series
        for point in one.points
    }
    spent, wasted = cost(lesson, state)
    others = peers_of(session, found.row.version, besides=found.row.user_id)
    keys = keys_of(session, found.row.version)
    marks = [keys[-1].mark(answers) for answers in others]
    scores = [mark.score for mark in marks if mark.score is not None]
    peers: dict[int, Peers] = {}
    for number, exercise in enumerate(in_order(lesson), 1):
        answered = [one for one in others if exercise.name in one]
        known = see_peers(exercise, [one[exercise.name] for one in answered], [])
        if known is not None:
            peers[number] = replace(known, shares=_named(exercise, known.shares, lesson, language))
    return Ending(
        mark=keys[-1].mark(state.answers),
        published=keys[0].mark(state.answers).score,
        corrections=tuple(key.reason for key in keys if key.reason),
        cues=tuple(
            (cue, texts.get(cue.datum) or series.get(cue.datum, ""))
            for cue in (find_cues(lesson, state, pins) if MODES[state.mode].answers else ())
        ),
        spent=spent,
        wasted=wasted,
        peers=peers,
        peer_attempts=len(others),
        peer_score=sum(scores) / len(scores) if len(scores) >= FEWEST_PEERS else None,
    )


def _named(
    exercise: Exercise, shares: Sequence[tuple[str, float]], lesson: Lesson, language: Language
) -> tuple[tuple[str, float], ...]:
    lexicon = lexicon_of(lesson)
    key = exercise.key_features or exercise.management
    texts = {one.code: one.text.text(language) for one in key.options} if key else {}
    return tuple((texts.get(code) or lexicon.label(code, language), n) for code, n in shares)


def peers_of(
    session: Session, version: CaseVersion, besides: int
) -> list[Mapping[str, Mapping[str, Any]]]:
    """Answers of others: of each student the first attempt at a version that ended with answers.

    Those who teach are not counted, nor is the student who asks.
    """
    query = (
        select(Attempt)
        .where(
            Attempt.version_id == version.id,
            Attempt.user_id != besides,
            Attempt.finished_at.is_not(None),
            Attempt.mode.in_(("learn", "exam", "whole")),
        )
        .order_by(Attempt.id)
    )
    first: dict[int, Mapping[str, Mapping[str, Any]]] = {}
    for row in session.scalars(query):
        roles = {role.name for role in row.user.roles}
        if row.user_id in first or roles & {Role.INSTRUCTOR.value, Role.STEWARD.value}:
            continue
        answers = running(session, row).state.answers
        if answers:
            first[row.user_id] = answers
    return list(first.values())
