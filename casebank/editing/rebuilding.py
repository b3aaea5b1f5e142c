"""Rebuilds a case after its statements or problem numbers changed, so that its parts stay one.

A datum occurs at several places (contact, evidence, flow sheet, timeline) and problems are named by
number in all of them. :func:`rebuild` carries a change to every place; what is computed from
others (the lane of problems, the outcome's lines on problems) is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from casebank import documents
from casebank.drafting import problem_outcomes
from casebank.lesson import Lesson
from casebank.model import (
    Background,
    Case,
    FlowSheet,
    Lane,
    Problem,
    Soap,
    Statement,
    TimelineItem,
)
from casebank.timeline import problem_items

Change = Callable[[Statement], Statement]


def unchanged(statement: Statement) -> Statement:
    """The statement as it is."""
    return statement


def rebuild(
    case: Case,
    *,
    change: Change = unchanged,
    gone: Collection[str] = (),
    vague: Collection[str] = (),
    problems: tuple[Problem, ...] | None = None,
    numbers: Mapping[int, int] | None = None,
    left_out: Mapping[str, int] | None = None,
) -> Case:
    """The case with every statement changed, data ``gone`` taken out and problems renumbered.

    ``problems`` is the new list, under the old numbers; a problem that loses all its evidence goes
    too. ``numbers`` maps old to new numbers and leaves out those that end; without it, the problems
    that stay are numbered 1, 2, 3 ... in their order. Data that became ``vague`` stay as statements
    only: flow sheet, timeline and genogram would still show them exactly.
    """
    listed = case.problems if problems is None else problems
    kept = tuple(one for one in (_without(problem, gone) for problem in listed) if one is not None)
    mapping = numbers or {problem.number: place for place, problem in enumerate(kept, 1)}

    def all_of(statements: Iterable[Statement]) -> tuple[Statement, ...]:
        return tuple(_mapped(change(one), mapping) for one in statements if one.id not in gone)

    renumbered = tuple(
        replace(
            problem,
            number=mapping[problem.number],
            see=mapping.get(problem.see) if problem.see is not None else None,
            occurrences=tuple(
                replace(one, evidence=all_of(one.evidence)) for one in problem.occurrences
            ),
        )
        for problem in kept
    )
    contacts = tuple(
        replace(
            contact,
            soap=Soap(
                all_of(contact.soap.subjective),
                all_of(contact.soap.objective),
                all_of(contact.soap.assessment),
                all_of(contact.soap.plan),
                all_of(contact.soap.other),
            ),
        )
        for contact in case.contacts
    )
    background = case.background
    linked = {contact.id: contact.problems for contact in contacts}
    links = _links_of(case, change, mapping)
    spoken = tuple(one for one in case.outcome.statements if not one.problems)
    hidden = {*gone, *vague}
    family = background.family_tree
    if hidden:
        family = family.disclosed({one.id for one in case.statements()} - hidden)
    sources = case.sources
    if sources is not None and gone:
        data = {key: value for key, value in sources.data.items() if key not in gone}
        sources = replace(sources, data=data)
    return replace(
        case,
        background=Background(
            all_of(background.profile),
            all_of(background.past_history),
            all_of(background.family),
            all_of(background.living_environment),
            all_of(background.lifestyle),
            family,
        ),
        problems=renumbered,
        contacts=contacts,
        flow_sheets=_flow_sheets(case.flow_sheets, hidden, links, mapping),
        timeline=replace(
            case.timeline,
            lanes=tuple(
                lane
                for lane in (
                    _lane(one, renumbered, hidden, links, linked, mapping)
                    for one in case.timeline.lanes
                )
                if lane.items
            ),
        ),
        outcome=replace(
            case.outcome,
            statements=(*all_of(spoken), *problem_outcomes(renumbered, case.language)),
        ),
        left_out=case.left_out if left_out is None else left_out,
        sources=sources,
    )


def lesson_without(lesson: Lesson, gone: Collection[str]) -> Lesson:
    """The lesson without data that the case no longer has; an order that opens nothing goes too."""
    document = _strip(documents.encode(lesson), frozenset(gone))
    return documents.decode(Lesson, document, "lesson")


_ID_LISTS = frozenset({"data", "reveals", "happened_data", "candidates"})


def _strip(value: Any, gone: frozenset[str]) -> Any:
    if isinstance(value, dict):
        stripped = {
            key: [one for one in item if one not in gone]
            if key in _ID_LISTS
            else _strip(item, gone)
            for key, item in value.items()
        }
        if "orders" in stripped:
            stripped["orders"] = [one for one in stripped["orders"] if one["data"]]
        if "wrong" in stripped:
            stripped["wrong"] = [one for one in stripped["wrong"] if one["code"] not in gone]
        return stripped
    if isinstance(value, list):
        return [_strip(item, gone) for item in value]
    return value


def _mapped(statement: Statement, mapping: Mapping[int, int]) -> Statement:
    numbers = tuple(sorted({mapping[n] for n in statement.problems if n in mapping}))
    return statement if numbers == statement.problems else replace(statement, problems=numbers)


def _without(problem: Problem, gone: Collection[str]) -> Problem | None:
    occurrences = tuple(
        replace(one, evidence=tuple(item for item in one.evidence if item.id not in gone))
        for one in problem.occurrences
    )
    left = tuple(one for one in occurrences if one.evidence)
    return replace(problem, occurrences=left) if left else None


def _links_of(
    case: Case, change: Change, mapping: Mapping[int, int]
) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Numbers that each datum belonged to and belongs to now, both in new numbers."""
    links: dict[str, tuple[set[int], set[int]]] = {}
    for statement in case.statements():
        before, after = links.setdefault(statement.id, (set(), set()))
        before.update(mapping[n] for n in statement.problems if n in mapping)
        after.update(_mapped(change(statement), mapping).problems)
    return {key: (tuple(before), tuple(after)) for key, (before, after) in links.items()}


def _relinked(
    problems: tuple[int, ...],
    data: Iterable[str],
    links: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]],
    mapping: Mapping[int, int],
) -> tuple[int, ...]:
    """An item's problems after its data were linked to others."""
    numbers = {mapping[n] for n in problems if n in mapping}
    for identifier in data:
        before, after = links.get(identifier, ((), ()))
        numbers = (numbers - (set(before) - set(after))) | (set(after) - set(before))
    return tuple(sorted(numbers))


def _lane(
    lane: Lane,
    problems: tuple[Problem, ...],
    gone: Collection[str],
    links: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]],
    linked: Mapping[str, tuple[int, ...]],
    mapping: Mapping[int, int],
) -> Lane:
    if lane.kind == "problems":
        return replace(lane, items=problem_items(problems))
    if lane.kind == "visits":
        return replace(
            lane,
            items=tuple(
                replace(item, problems=linked.get(item.data[0], ()) if item.data else ())
                for item in lane.items
            ),
        )
    return replace(lane, items=_items(lane.items, gone, links, mapping))


def _items(
    items: tuple[TimelineItem, ...],
    gone: Collection[str],
    links: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]],
    mapping: Mapping[int, int],
) -> tuple[TimelineItem, ...]:
    kept = []
    for item in items:
        data = tuple(one for one in item.data if one not in gone)
        if data or not item.data:
            numbers = _relinked(item.problems, data, links, mapping)
            kept.append(replace(item, data=data, problems=numbers))
    return tuple(kept)


def _flow_sheets(
    sheets: tuple[FlowSheet, ...],
    gone: Collection[str],
    links: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]],
    mapping: Mapping[int, int],
) -> tuple[FlowSheet, ...]:
    kept = []
    for sheet in sheets:
        series = tuple(
            replace(one, points=points)
            for one in sheet.series
            if (points := tuple(point for point in one.points if point.id not in gone))
        )
        if series:
            problems = tuple(sorted({mapping[n] for n in sheet.problems if n in mapping}))
            drugs = _items(sheet.drugs, gone, links, mapping)
            kept.append(replace(sheet, series=series, drugs=drugs, problems=problems))
    return tuple(kept)
