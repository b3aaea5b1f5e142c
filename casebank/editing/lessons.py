"""Edits of a lesson's words: heading, objectives, exercises with their keys, expert view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from casebank.editing.fields import Flat, flatten, parse
from casebank.editing.forms import (
    KEYS,
    Heading,
    Judgement,
    Objectives,
    Question,
    StageForm,
    key_of,
)
from casebank.editing.stages import save_stage
from casebank.editing.work import Edit, Work
from casebank.errors import EditRefused
from casebank.lesson import ConcordanceKey, Exercise, ExerciseKind, ExpertView, Lesson

EXERCISE_KINDS: tuple[ExerciseKind, ...] = get_args(ExerciseKind)


def heading_of(lesson: Lesson) -> Heading:
    """What stands above the lesson."""
    return Heading(
        lesson.title, lesson.setting, lesson.minutes, lesson.perspectives, lesson.community
    )


def save_heading(work: Work, flat: Flat) -> Edit:
    """Title, setting, minutes, perspectives, community.

    Raises:
        EditRefused: if a field cannot be read.
    """
    lesson, form = work.taught, parse(Heading, flat)
    if form.minutes < 1:
        raise EditRefused("Minutes: give a number above 0.")
    made = replace(lesson, **{name: getattr(form, name) for name in form.__dataclass_fields__})
    return _kept(work, lesson, made, "heading")


def save_objectives(work: Work, flat: Flat) -> Edit:
    """All objectives.

    Raises:
        EditRefused: if a field cannot be read, or an objective names no exercise there is.
    """
    lesson, form = work.taught, parse(Objectives, flat)
    names = {one.name for one in lesson.exercises}
    for number, one in enumerate(form.objectives, 1):
        unknown = sorted(set(one.exercises) - names)
        if unknown:
            raise EditRefused(
                f"Objective {number} names “{unknown[0]}”, and there is no such exercise. There "
                f"are: {', '.join(sorted(names)) or 'none yet'}."
            )
    made = replace(lesson, objectives=form.objectives)
    return _kept(work, lesson, made, f"{len(form.objectives)} objectives")


def save_expert(work: Work, flat: Flat) -> Edit:
    """The expert's view.

    Raises:
        EditRefused: if a field cannot be read.
    """
    lesson = work.taught
    return _kept(work, lesson, replace(lesson, expert=parse(ExpertView, flat)), "expert view")


def save_stage_form(work: Work, number: int, flat: Flat) -> Edit:
    """A stage's title and orders.

    Raises:
        EditRefused: if a field cannot be read, or there is no such stage.
    """
    form = parse(StageForm, flat)
    return save_stage(work, number, form.title, form.orders)


def exercise_texts(exercise: Exercise) -> dict[str, str]:
    """An exercise as texts by name: ``question.`` and ``key.``."""
    question = Question(
        exercise.stage,
        exercise.prompt,
        exercise.explanation,
        exercise.source,
        exercise.origin,
    )
    return flatten(question, "question.") | flatten(key_of(exercise), "key.")


def save_exercise(work: Work, name: str, kind: str, flat: Flat, *, new: bool) -> Edit:
    """An exercise with its key; a ``new`` one comes last of its stage.

    Raises:
        EditRefused: if a field cannot be read, the name is taken, or there is no such exercise.
    """
    lesson = work.taught
    held = {one.name: one for one in lesson.exercises}
    if new and name in held:
        raise EditRefused(f"There is an exercise “{name}” already. Choose another name.")
    if not new and name not in held:
        raise EditRefused("There is no such exercise.")
    kind = kind if new else held[name].kind
    wanted = next((one for one in EXERCISE_KINDS if one == kind), None)
    if wanted is None:
        raise EditRefused("Choose a kind of exercise.")
    question = parse(Question, flat, "question.")
    key: Any = parse(KEYS[wanted], flat, "key.")
    if isinstance(key, Judgement):
        before = held[name].script_concordance if not new else None
        panel: Mapping[str, int] = before.panel if before is not None else {}
        key = ConcordanceKey(key.hypothesis, key.finding, panel, key.data)
    try:
        made = Exercise(
            name=name,
            kind=wanted,
            stage=question.stage,
            prompt=question.prompt,
            explanation=question.explanation,
            source=question.source,
            origin=question.origin,
            **{wanted.replace(" ", "_"): key},
        )
    except ValueError as error:
        raise EditRefused(f"That was not kept: {error}.") from None
    if not 1 <= made.stage <= len(lesson.stages):
        raise EditRefused(f"There is no stage {made.stage}; there are {len(lesson.stages)}.")
    exercises = (
        (*lesson.exercises, made)
        if new
        else tuple(made if one.name == name else one for one in lesson.exercises)
    )
    said = f"{'new ' if new else ''}exercise “{name}” ({wanted})"
    return _kept(work, lesson, replace(lesson, exercises=exercises), said)


def remove_exercise(work: Work, name: str) -> Edit:
    """Take an exercise away, and its name out of the objectives.

    Raises:
        EditRefused: if there is none of that name.
    """
    lesson = work.taught
    if all(one.name != name for one in lesson.exercises):
        raise EditRefused("There is no such exercise.")
    objectives = tuple(
        replace(one, exercises=tuple(other for other in one.exercises if other != name))
        for one in lesson.objectives
    )
    exercises = tuple(one for one in lesson.exercises if one.name != name)
    made = replace(lesson, objectives=objectives, exercises=exercises)
    return _kept(work, lesson, made, f"exercise “{name}” taken away")


def move_exercise(work: Work, name: str, by: int) -> Edit:
    """Put an exercise earlier (below 0) or later in the list.

    Raises:
        EditRefused: if there is none of that name.
    """
    lesson = work.taught
    names = [one.name for one in lesson.exercises]
    if name not in names:
        raise EditRefused("There is no such exercise.")
    place = names.index(name)
    to = min(max(place + by, 0), len(names) - 1)
    exercises = list(lesson.exercises)
    exercises.insert(to, exercises.pop(place))
    word = "earlier" if by < 0 else "later"
    return _kept(work, lesson, replace(lesson, exercises=tuple(exercises)), f"“{name}” {word}")


def set_panel(work: Work, name: str, panel: Mapping[str, int]) -> Edit:
    """Take over the answers of the panel into a script concordance item's key.

    Raises:
        EditRefused: if there is no such item.
    """
    lesson = work.taught
    held = next((one for one in lesson.exercises if one.name == name), None)
    if held is None or held.script_concordance is None:
        raise EditRefused("There is no such script concordance item.")
    counts = {option: n for option, n in sorted(panel.items()) if n}
    key = replace(held.script_concordance, panel=counts)
    changed = replace(held, script_concordance=key)
    exercises = tuple(changed if one.name == name else one for one in lesson.exercises)
    said = f"panel of {sum(counts.values())} for “{name}”"
    return _kept(work, lesson, replace(lesson, exercises=exercises), said)


def _kept(work: Work, before: Lesson, made: Lesson, said: str) -> Edit:
    return Edit(work, "") if made == before else Edit(replace(work, lesson=made), said)
