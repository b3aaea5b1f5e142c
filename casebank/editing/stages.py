"""Edits of stages: what is shown when, and what a student may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from casebank.editing.problems import short
from casebank.editing.work import Edit, Work
from casebank.errors import EditRefused
from casebank.lesson import DifferentialKey, Exercise, Lesson, Order, Stage, Wording

NOT_SHOWN = "end"
"""Place of data that no stage reveals: they are shown when everything is committed."""


def places_of(lesson: Lesson) -> dict[str, str]:
    """Where each datum is shown: ``stage:2``, ``order:look``; absent if not before the end."""
    places: dict[str, str] = {}
    for stage in lesson.stages:
        for order in stage.orders:
            for datum in order.data:
                places.setdefault(datum, f"order:{order.name}")
    for number, stage in reversed(list(enumerate(lesson.stages, 1))):
        for datum in stage.reveals:
            places[datum] = f"stage:{number}"
    return places


def move_data(work: Work, data: Sequence[str], to: str) -> Edit:
    """Show data at a stage, when an order is opened, or not before the end; nowhere else.

    An order that opens nothing any more goes.

    Raises:
        EditRefused: if there is no such place, or nothing was chosen.
    """
    lesson = work.taught
    known = {one.id: one.text for one in work.case.statements()}
    chosen = [one for one in dict.fromkeys(data) if one in known]
    if not chosen:
        raise EditRefused("Tick the data to move.")
    kind, _, name = to.partition(":")
    numbers = {str(number) for number in range(1, len(lesson.stages) + 1)}
    orders = {order.name: order for stage in lesson.stages for order in stage.orders}
    if not (
        to == NOT_SHOWN
        or (kind == "stage" and name in numbers)
        or (kind == "order" and name in orders)
    ):
        raise EditRefused("There is no such stage or order. Choose where the data should be shown.")
    taken = frozenset(chosen)
    emptied = []
    stages = []
    for number, stage in enumerate(lesson.stages, 1):
        reveals = tuple(one for one in stage.reveals if one not in taken)
        if to == f"stage:{number}":
            reveals += tuple(chosen)
        kept: list[Order] = []
        for order in stage.orders:
            left = tuple(one for one in order.data if one not in taken)
            if to == f"order:{order.name}":
                left += tuple(chosen)
            if left:
                kept.append(replace(order, data=left))
            else:
                emptied.append(order.name)
        stages.append(Stage(stage.title, reveals, tuple(kept)))
    what = f"“{short(known[chosen[0]])}”" if len(chosen) == 1 else f"{len(chosen)} data"
    said = f"{what} → {place_words(lesson, to)}"
    if emptied:
        said += f"; the order {', '.join(emptied)} opened nothing any more and went"
    return Edit(replace(work, lesson=replace(lesson, stages=tuple(stages))), said)


def add_stage(work: Work, after: int, title: Wording) -> Edit:
    """An empty stage after stage ``after`` (0 for the beginning); later exercises move along.

    Raises:
        EditRefused: if there is no such stage.
    """
    lesson = work.taught
    if not 0 <= after <= len(lesson.stages):
        raise EditRefused("There is no such stage.")
    stages = (*lesson.stages[:after], Stage(title, ()), *lesson.stages[after:])
    moved = _renumbered(lesson, {n: n + (n > after) for n in range(1, len(lesson.stages) + 1)})
    made = replace(lesson, stages=stages, exercises=moved)
    return Edit(replace(work, lesson=made), f"new stage {after + 1} “{_words(title)}”")


def move_stage(work: Work, number: int, by: int) -> Edit:
    """Put a stage one earlier (below 0) or later; its exercises go with it.

    Raises:
        EditRefused: if there is no such stage.
    """
    lesson = work.taught
    stage = _stage(lesson, number)
    to = number - 1 if by < 0 else number + 1
    if not 1 <= to <= len(lesson.stages):
        return Edit(work, "")
    mapping = {n: n for n in range(1, len(lesson.stages) + 1)} | {number: to, to: number}
    stages = list(lesson.stages)
    stages[number - 1], stages[to - 1] = stages[to - 1], stages[number - 1]
    made = replace(lesson, stages=tuple(stages), exercises=_renumbered(lesson, mapping))
    said = f"stage {number} “{_words(stage.title)}” is now stage {to}"
    return Edit(replace(work, lesson=made), said)


def remove_stage(work: Work, number: int) -> Edit:
    """Take a stage away; its data are not shown before the end, its exercises move one up.

    Raises:
        EditRefused: if there is no such stage, or it is the only one.
    """
    lesson = work.taught
    stage = _stage(lesson, number)
    if len(lesson.stages) == 1:
        raise EditRefused("A lesson has at least one stage.")
    stages = tuple(one for place, one in enumerate(lesson.stages, 1) if place != number)
    mapping = {n: max(1, n - 1) if n >= number else n for n in range(1, len(lesson.stages) + 1)}
    made = replace(lesson, stages=stages, exercises=_renumbered(lesson, mapping))
    count = len(stage.reveals) + sum(len(order.data) for order in stage.orders)
    said = f"stage {number} “{_words(stage.title)}” taken away, with its {count} data"
    return Edit(replace(work, lesson=made), said)


def save_stage(work: Work, number: int, title: Wording, orders: tuple[Order, ...]) -> Edit:
    """Give a stage another title and other orders; what an order opens, no stage reveals itself.

    Raises:
        EditRefused: if there is no such stage.
    """
    lesson = work.taught
    stage = _stage(lesson, number)
    ordered = {datum for order in orders for datum in order.data}
    stages = []
    for place, one in enumerate(lesson.stages, 1):
        reveals = tuple(datum for datum in one.reveals if datum not in ordered)
        if place == number:
            stages.append(Stage(title, reveals, orders))
        else:
            others = tuple(
                replace(order, data=left)
                for order in one.orders
                if (left := tuple(datum for datum in order.data if datum not in ordered))
            )
            stages.append(Stage(one.title, reveals, others))
    made = replace(lesson, stages=tuple(stages))
    if made == lesson:
        return Edit(work, "")
    done = []
    if title != stage.title:
        done.append(f"title “{_words(title)}”")
    if orders != stage.orders:
        done.append(f"{len(orders)} orders")
    return Edit(replace(work, lesson=made), f"stage {number}: {', '.join(done) or 'data'}")


def place_words(lesson: Lesson, place: str) -> str:
    """A place in words."""
    kind, _, name = place.partition(":")
    if kind == "stage":
        return f"stage {name}"
    if kind == "order":
        return f"order “{name}”"
    return "not before the end"


def _renumbered(lesson: Lesson, mapping: dict[int, int]) -> tuple[Exercise, ...]:
    moved = []
    for one in lesson.exercises:
        key = one.differential
        if key is not None and key.discriminating_stage is not None:
            stage = mapping.get(key.discriminating_stage)
            key = DifferentialKey(key.diagnoses, stage)
        moved.append(replace(one, stage=mapping[one.stage], differential=key))
    return tuple(moved)


def _stage(lesson: Lesson, number: int) -> Stage:
    if not 1 <= number <= len(lesson.stages):
        raise EditRefused(f"There is no stage {number}.")
    return lesson.stages[number - 1]


def _words(wording: Wording) -> str:
    return wording.en or wording.zh
