"""A long record in stretches: so many contacts after one another, with what was measured then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from casebank.model import Case, Contact, FlowSheet, Lane, Timeline, TimelineItem

CONTACTS = 40
"""More than most records have; a page of so many is read without waiting."""


@dataclass(frozen=True)
class Stretch:
    """Contacts of a stretch, by number from 1, and the timeline and flow sheets of its days."""

    number: int
    total: int
    contacts: tuple[Contact, ...]
    timeline: Timeline
    flow_sheets: tuple[FlowSheet, ...]


def stretches(case: Case) -> int:
    """How many stretches a record has; a short one is one."""
    return max(1, -(-len(case.contacts) // CONTACTS))


def nearest(case: Case, number: int) -> int:
    """Stretch ``number``, or the nearest there is."""
    return min(max(1, number), stretches(case))


def stretch_of(case: Case, number: int) -> Stretch:
    """Stretch ``number`` of a case, or the nearest there is.

    A bar of the timeline that only reaches into the stretch is shown as long as it is.
    """
    total = stretches(case)
    number = nearest(case, number)
    if total == 1:
        return Stretch(1, 1, case.contacts, case.timeline, case.flow_sheets)
    begin = (number - 1) * CONTACTS
    contacts = case.contacts[begin : begin + CONTACTS]
    first = contacts[0].day if number > 1 else min(case.timeline.first_day, contacts[0].day)
    after = begin + CONTACTS
    last = case.contacts[after].day - 1 if number < total else case.timeline.last_day
    return Stretch(
        number,
        total,
        contacts,
        _timeline(case.timeline, first, max(first, last)),
        tuple(_sheets(case.flow_sheets, first, max(first, last))),
    )


def _timeline(timeline: Timeline, first: int, last: int) -> Timeline:
    lanes: list[Lane] = []
    for lane in timeline.lanes:
        items = tuple(item for item in lane.items if _meets(item, first, last))
        if items:
            lanes.append(replace(lane, items=items))
    days = [item.start_day for lane in lanes for item in lane.items]
    ends = [item.end_day for lane in lanes for item in lane.items if item.end_day is not None]
    return Timeline(min([first, *days]), max([last, *days, *ends]), tuple(lanes))


def _sheets(sheets: tuple[FlowSheet, ...], first: int, last: int) -> Iterator[FlowSheet]:
    for sheet in sheets:
        series = tuple(
            replace(one, points=points)
            for one in sheet.series
            if (points := tuple(point for point in one.points if first <= point.day <= last))
        )
        if series:
            drugs = tuple(item for item in sheet.drugs if _meets(item, first, last))
            yield replace(sheet, series=series, drugs=drugs)


def _meets(item: TimelineItem, first: int, last: int) -> bool:
    end = item.start_day if item.end_day is None else item.end_day
    return item.start_day <= last and (end >= first or item.open_ended)
