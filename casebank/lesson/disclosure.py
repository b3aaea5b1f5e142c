"""What a student may see of a case now: the only way from a lesson's progress to a page.

Everything a response holds during an attempt is made from :func:`disclose`'s result, so that a
datum that no stage has revealed is in no page, address, alternative text or picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from casebank.lesson.model import Lesson
from casebank.model import (
    Background,
    Case,
    Contact,
    FlowSheet,
    Lane,
    Outcome,
    Soap,
    Statement,
    Timeline,
    TimelineItem,
)


@dataclass(frozen=True)
class Progress:
    """How far an attempt has come. ``stage`` is the last one entered, from 1.

    ``opened`` names orders; ``done`` says that every exercise is committed.
    """

    stage: int
    opened: frozenset[str] = frozenset()
    done: bool = False


def revealed(lesson: Lesson, progress: Progress) -> frozenset[str]:
    """Ids of the statements that the stages entered and the orders opened so far reveal."""
    seen: set[str] = set()
    for stage in lesson.stages[: progress.stage]:
        seen.update(stage.reveals)
        for order in stage.orders:
            if order.name in progress.opened:
                seen.update(order.data)
    return frozenset(seen)


def disclose(case: Case, lesson: Lesson, progress: Progress) -> Case:
    """The case as far as it is revealed; the whole of it, without sources, when all is done.

    Until then the problem list, links to it, the outcome, the author's title and the targets of
    flow sheets, which name the disease that they are for, are left out: they would give the answer
    away.
    """
    if progress.done:
        return case.for_student()
    seen = revealed(lesson, progress)
    contacts = tuple(
        replace(contact, number=number, end_day=contact.day, soap=_soap(contact.soap, seen))
        for number, contact in enumerate(
            (one for one in case.contacts if any(s.id in seen for s in one.soap.statements)), 1
        )
    )
    last = max((contact.day for contact in contacts), default=0)
    return replace(
        case.for_student(),
        title=lesson.title.text(case.language),
        background=_background(case.background, seen),
        problems=(),
        contacts=contacts,
        flow_sheets=_flow_sheets(case.flow_sheets, seen),
        timeline=_timeline(case.timeline, contacts, seen, last),
        outcome=Outcome(last_day=last, died=False),
        sensitive=(),
    )


def _background(background: Background, seen: frozenset[str]) -> Background:
    return Background(
        profile=_kept(background.profile, seen),
        past_history=_kept(background.past_history, seen),
        family=_kept(background.family, seen),
        living_environment=_kept(background.living_environment, seen),
        lifestyle=_kept(background.lifestyle, seen),
        family_tree=background.family_tree.disclosed(seen),
    )


def _soap(soap: Soap, seen: frozenset[str]) -> Soap:
    return Soap(
        subjective=_kept(soap.subjective, seen),
        objective=_kept(soap.objective, seen),
        assessment=_kept(soap.assessment, seen),
        plan=_kept(soap.plan, seen),
        other=_kept(soap.other, seen),
    )


def _kept(statements: tuple[Statement, ...], seen: frozenset[str]) -> tuple[Statement, ...]:
    return tuple(replace(one, problems=()) for one in statements if one.id in seen)


def _flow_sheets(sheets: tuple[FlowSheet, ...], seen: frozenset[str]) -> tuple[FlowSheet, ...]:
    kept = []
    for sheet in sheets:
        series = tuple(
            replace(one, target=None, points=points)
            for one in sheet.series
            if (
                points := tuple(
                    replace(point, state="no target") for point in one.points if point.id in seen
                )
            )
        )
        if series:
            kept.append(replace(sheet, series=series, drugs=_items(sheet.drugs, seen), problems=()))
    return tuple(kept)


def _timeline(
    timeline: Timeline, contacts: tuple[Contact, ...], seen: frozenset[str], last: int
) -> Timeline:
    days = {contact.day for contact in contacts}
    lanes: list[Lane] = []
    for lane in timeline.lanes:
        if lane.kind == "problems":
            continue
        items = (
            tuple(
                replace(item, end_day=None, problems=(), data=())
                for item in lane.items
                if item.start_day in days
            )
            if lane.kind == "visits"
            else _items(lane.items, seen)
        )
        if items:
            lanes.append(replace(lane, items=items))
    starts = [item.start_day for lane in lanes for item in lane.items]
    return Timeline(min([0, *starts]), max([last, *starts]), tuple(lanes))


def _items(items: tuple[TimelineItem, ...], seen: frozenset[str]) -> tuple[TimelineItem, ...]:
    """Items whose every datum is revealed; a bar has no end yet, as the end lies ahead."""
    return tuple(
        replace(item, end_day=None, open_ended=False, problems=())
        for item in items
        if item.data and set(item.data) <= seen
    )
