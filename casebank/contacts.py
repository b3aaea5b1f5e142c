"""Puts every datum of a record into the contact at which it was recorded.

A datum goes to its visit if the release holds that visit, else to a visit whose days cover its
date, else to a contact derived from its date: many sources write no visits at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from casebank.record import Event, Note, Record, Visit


@dataclass(frozen=True)
class Meeting:
    """A contact before it is written up: the visits of one time, with what was recorded then."""

    start: date
    end: date
    visits: tuple[Visit, ...]
    events: tuple[Event, ...]
    notes: tuple[Note, ...]

    @property
    def derived(self) -> bool:
        """Whether the release holds no visit for it."""
        return not self.visits


def find_meetings(record: Record, background: frozenset[tuple[str, int]]) -> tuple[Meeting, ...]:
    """Contacts in order of time. Rows in ``background`` (table, row id) are left out of them.

    Visits that begin on the same day are one contact; a visit with nothing recorded stays one.
    """
    by_day: dict[date, list[Visit]] = {}
    for visit in record.visits:
        by_day.setdefault(visit.start, []).append(visit)
    day_of_visit = {visit.visit_id: visit.start for visit in record.visits}
    stays = sorted(
        (visit for visit in record.visits if visit.end > visit.start),
        key=lambda visit: (visit.start, visit.visit_id),
    )
    events: dict[date, list[Event]] = {}
    notes: dict[date, list[Note]] = {}
    for event in record.events:
        if (event.table, event.row_id) in background:
            continue
        day = _day(event.start, event.visit_id, day_of_visit, by_day, stays)
        events.setdefault(day, []).append(event)
    for note in record.notes:
        day = _day(note.day, note.visit_id, day_of_visit, by_day, stays)
        notes.setdefault(day, []).append(note)
    meetings = []
    for day in sorted({*by_day, *events, *notes}):
        visits = tuple(by_day.get(day, ()))
        meetings.append(
            Meeting(
                start=day,
                end=max([day, *(visit.end for visit in visits)]),
                visits=visits,
                events=tuple(events.get(day, ())),
                notes=tuple(notes.get(day, ())),
            )
        )
    return tuple(meetings)


def _day(
    moment: date,
    visit_id: int | None,
    day_of_visit: dict[int, date],
    by_day: dict[date, list[Visit]],
    stays: list[Visit],
) -> date:
    if visit_id is not None and visit_id in day_of_visit:
        return day_of_visit[visit_id]
    if moment in by_day:
        return moment
    return next((stay.start for stay in stays if stay.start <= moment <= stay.end), moment)
