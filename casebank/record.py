"""One released person as frozen data, each with the table, row and column it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from casebank.errors import RecordUnusable
from casebank.model import Language

MALE, FEMALE = 8507, 8532
ONE_IN_EARLIER = 5
"""Visits are the contacts there were if at most one in so many data lies before the first."""


@dataclass(frozen=True)
class BirthYears:
    """Years between which somebody was born, as far as the release tells."""

    first: int
    last: int

    def ages(self, year: int) -> tuple[int, int]:
        """Youngest and oldest age that may be reached in a year."""
        return max(0, year - self.last), max(0, year - self.first)


@dataclass(frozen=True)
class Event:
    """One row of a clinical table.

    ``name`` and ``value_text`` (a coded or written value) are as the release names them, for rules;
    ``shown_name`` and ``shown_value`` are the same in the language asked for, for people;
    ``other_name`` and ``other_value`` are the same in the other language, where the release has it;
    ``names`` are all its names in the release. ``name_column`` and ``value_column`` are the columns
    that name and value came from. ``value`` is in ``unit``.
    """

    table: str
    row_id: int
    concept_id: int
    name: str
    name_column: str
    start: date
    start_column: str
    end: date | None = None
    visit_id: int | None = None
    value: float | None = None
    unit: str = ""
    value_text: str = ""
    value_column: str = ""
    vocabulary: str = ""
    shown_name: str = ""
    names: tuple[str, ...] = ()
    shown_value: str = ""
    detail: str = ""
    other_name: str = ""
    other_value: str = ""

    @property
    def unanswered(self) -> bool:
        """Whether it is a question or test (LOINC) of which no value was kept."""
        return self.vocabulary == "LOINC" and self.value is None and not self.value_text


@dataclass(frozen=True)
class Visit:
    """One row of visit_occurrence."""

    visit_id: int
    start: date
    end: date
    name: str


@dataclass(frozen=True)
class Note:
    """One note, with the text as it was released."""

    note_id: int
    day: date
    title: str
    text: str = field(repr=False)
    visit_id: int | None = None


@dataclass(frozen=True)
class Relative:
    """Another person of the release who is related, with the names of that person's conditions.

    ``relationship`` says what the relative is to the person ("Parent of"); ``inverse`` is true
    where the release records only what the person is to the relative. ``named`` is the same as the
    release names it. ``parents`` are row ids of relatives, or the person's, whose child this is.
    """

    relationship: str
    inverse: bool
    row_id: int
    sex_concept_id: int
    born: BirthYears | None
    conditions: tuple[Event, ...]
    named: str = ""
    death: date | None = None
    parents: tuple[int, ...] = ()


@dataclass(frozen=True)
class Record:
    """All that a release holds of one person, in order of date."""

    release: str
    person_id: int
    language: Language
    sex_concept_id: int
    born: BirthYears | None
    visits: tuple[Visit, ...]
    events: tuple[Event, ...]
    notes: tuple[Note, ...]
    relatives: tuple[Relative, ...]
    death: date | None
    death_cause: str
    unnamed: dict[str, int]

    def of(self, table: str) -> tuple[Event, ...]:
        """Events of one table."""
        return tuple(event for event in self.events if event.table == table)

    @cached_property
    def follows_visits(self) -> bool:
        """Whether the record's visits are the contacts there were.

        Some sources keep only a few visits: then over a fifth of the data lie before the first.
        Conditions do not count, as a diagnosis is often dated long before anybody was seen.
        """
        if not self.visits:
            return False
        first = self.visits[0].start
        dated = [e.start for e in self.events if e.table != "condition_occurrence"]
        dated += [note.day for note in self.notes]
        return sum(1 for day in dated if day < first) * ONE_IN_EARLIER <= len(dated)

    @cached_property
    def first_day(self) -> date:
        """Date of the first contact, which is day 0 of a case.

        It is the first visit where the record follows visits, else the first dated thing.

        Raises:
            RecordUnusable: if nothing in the record has a date.
        """
        if self.follows_visits:
            return self.visits[0].start
        dates = [event.start for event in self.events] + [note.day for note in self.notes]
        if not dates:
            raise RecordUnusable("the record holds nothing that has a date")
        return min(dates)

    @cached_property
    def last_day(self) -> date:
        """Last day on which the person was seen: no recorded end of a drug or problem counts.

        Raises:
            RecordUnusable: if nothing in the record has a date.
        """
        days = [event.start for event in self.events]
        days += [visit.end for visit in self.visits]
        days += [note.day for note in self.notes]
        if not days:
            raise RecordUnusable("the record holds nothing that has a date")
        last = max(days)
        return min(last, self.death) if self.death is not None else last
