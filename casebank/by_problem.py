"""Everything of a case that belongs to one problem, and only that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from casebank.course import ListChange, list_history
from casebank.model import Case, Contact, FlowSheet, Problem, Timeline
from casebank.plans import ProblemPlan, plans_by_problem


@dataclass(frozen=True)
class ProblemFile:
    """One problem with its contacts, plan, timeline, flow sheets and changes of the list.

    ``parts`` are problems that point to this one (Weed's arrow).
    """

    problem: Problem
    parts: tuple[Problem, ...]
    history: tuple[ListChange, ...]
    plan: ProblemPlan | None
    contacts: tuple[Contact, ...]
    timeline: Timeline
    flow_sheets: tuple[FlowSheet, ...]


def problem_file(case: Case, number: int) -> ProblemFile:
    """The file of problem ``number``.

    Raises:
        KeyError: if there is no such problem.
    """
    problem = case.problem(number)
    contacts = case.contacts_of(number)
    # Plans are read from these contacts alone: a long record has hundreds of others.
    narrowed = replace(case, contacts=_renumbered(contacts))
    return ProblemFile(
        problem=problem,
        parts=tuple(one for one in case.problems if one.see == number),
        history=tuple(one for one in list_history(case) if number in {one.number, one.see}),
        plan=next((one for one in plans_by_problem(narrowed) if one.number == number), None),
        contacts=contacts,
        timeline=_timeline(case.timeline, number),
        flow_sheets=tuple(one for one in case.flow_sheets if number in one.problems),
    )


def _renumbered(contacts: tuple[Contact, ...]) -> tuple[Contact, ...]:
    return tuple(replace(one, number=number) for number, one in enumerate(contacts, 1))


def _timeline(timeline: Timeline, number: int) -> Timeline:
    lanes = tuple(
        replace(lane, items=items)
        for lane in timeline.lanes
        if (items := tuple(item for item in lane.items if number in item.problems))
    )
    days = [day for lane in lanes for item in lane.items for day in (item.start_day, item.end_day)]
    known = [day for day in days if day is not None]
    if not known:
        return Timeline(timeline.first_day, timeline.last_day, ())
    last = timeline.last_day if any(i.open_ended for lane in lanes for i in lane.items) else 0
    return Timeline(min(known), max(*known, last), lanes)
