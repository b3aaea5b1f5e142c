"""A teaching case after Weed: database, numbered problem list, SOAP notes, flow sheets, outcome.

Everything is frozen and validates when it is built. Days are counted from the person's first
contact (day 0); there is no calendar date in a case. Every shown datum has an ``id`` ("d17");
where it came from stands in ``Case.sources`` only, which :meth:`Case.for_student` leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from casebank import documents
from casebank.errors import CaseFormatError
from casebank.family_model import Family

SCHEMA = "care-commons-case/2"
SCHEMA_BEFORE = "care-commons-case/1"
"""Without ``Statement.other``; still read."""
CASE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

ProblemKind = Literal["biological", "psychological", "social", "family", "risk"]
ProblemStatus = Literal["active", "inactive", "resolved"]
ProblemList = Literal["master", "temporary"]
Level = Literal["preclinical", "clerkship", "residency"]
Language = Literal["en", "zh"]
LaneKind = Literal["visits", "problems", "drugs", "measurements", "life"]


@dataclass(frozen=True)
class Source:
    """Where a datum stands in a release; ``start`` and ``end`` are half-open offsets in a text."""

    table: str
    row_id: int
    column: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Statement:
    """One datum or one sentence of the record.

    ``day`` is None where the record gives no date; ``problems`` are numbers of the problem list.
    ``other`` is the same datum in the case's other language; empty where the release has no name
    in it, and for sentences, which stay as they were written.
    """

    id: str
    day: int | None
    text: str
    problems: tuple[int, ...] = ()
    other: str = ""

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a statement has a text")


@dataclass(frozen=True)
class Background:
    """Weed's database: what is known of the person apart from any one contact.

    ``family_tree`` orders what ``family`` states, for genogram and text twin.
    """

    profile: tuple[Statement, ...] = ()
    past_history: tuple[Statement, ...] = ()
    family: tuple[Statement, ...] = ()
    living_environment: tuple[Statement, ...] = ()
    lifestyle: tuple[Statement, ...] = ()
    family_tree: Family = field(default=Family(), metadata={"added": True})


@dataclass(frozen=True)
class Occurrence:
    """One episode of a problem, in days; ``end_day`` is None while none is recorded."""

    start_day: int
    end_day: int | None
    evidence: tuple[Statement, ...]

    def __post_init__(self) -> None:
        if self.end_day is not None and self.end_day < self.start_day:
            raise ValueError("an occurrence ends before it begins")


@dataclass(frozen=True)
class Problem:
    """One line of the problem list.

    ``status_rule`` and ``kind_rule`` say which rule decided; ``see`` is the number of the problem
    that this one is a part of (Weed's arrow); ``promoted`` marks a self-limited problem that came
    back so often that it moved to the master list.
    """

    number: int
    title: str
    kind: ProblemKind
    kind_rule: str
    status: ProblemStatus
    status_rule: str
    listed: ProblemList
    promoted: bool
    onset_day: int
    resolved_day: int | None
    occurrences: tuple[Occurrence, ...]
    see: int | None = None

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise ValueError("a problem has a title")
        if not self.occurrences:
            raise ValueError("a problem rests on evidence")
        if (self.resolved_day is not None) != (self.status == "resolved"):
            raise ValueError("a problem has a day of resolution if and only if it is resolved")
        if self.see == self.number:
            raise ValueError("a problem cannot be part of itself")

    @property
    def evidence(self) -> tuple[Statement, ...]:
        """The data that the problem rests on, over all its occurrences."""
        return tuple(item for one in self.occurrences for item in one.evidence)


@dataclass(frozen=True)
class Soap:
    """A progress note. ``other`` holds sentences of a note that stand under no heading."""

    subjective: tuple[Statement, ...] = ()
    objective: tuple[Statement, ...] = ()
    assessment: tuple[Statement, ...] = ()
    plan: tuple[Statement, ...] = ()
    other: tuple[Statement, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements, in the order S, O, A, P, other."""
        return (
            *self.subjective,
            *self.objective,
            *self.assessment,
            *self.plan,
            *self.other,
        )


@dataclass(frozen=True)
class Contact:
    """One meeting with the health service.

    ``end_day`` differs from ``day`` for a stay. ``derived`` tells that the release holds no visit
    here: the contact was inferred from data that share a date. ``id`` is a datum id.
    """

    id: str
    number: int
    day: int
    end_day: int
    setting: str
    derived: bool
    soap: Soap

    @property
    def problems(self) -> tuple[int, ...]:
        """Numbers of the problems that something at this contact belongs to."""
        return tuple(sorted({n for item in self.soap.statements for n in item.problems}))


@dataclass(frozen=True)
class Target:
    """A band to hold a value in, with the rule or guide that it comes from."""

    low: float | None
    high: float | None
    origin: str


@dataclass(frozen=True)
class FlowPoint:
    """A value on a day. ``state`` compares it with the series' target."""

    id: str
    day: int
    value: float
    state: Literal["below", "within", "above", "no target"]


@dataclass(frozen=True)
class FlowSeries:
    """Values of one measurement in one unit, by day."""

    name: str
    unit: str
    target: Target | None
    points: tuple[FlowPoint, ...]


@dataclass(frozen=True)
class TimelineItem:
    """A mark (``end_day`` None) or a bar of a lane. ``data`` are ids of statements."""

    label: str
    start_day: int
    end_day: int | None
    open_ended: bool = False
    problems: tuple[int, ...] = ()
    data: tuple[str, ...] = ()


@dataclass(frozen=True)
class FlowSheet:
    """Serial numbers against time, with the drugs given for the same problems as bars."""

    key: str
    title: str
    series: tuple[FlowSeries, ...]
    drugs: tuple[TimelineItem, ...] = ()
    problems: tuple[int, ...] = ()


@dataclass(frozen=True)
class Lane:
    """One row of the timeline."""

    kind: LaneKind
    label: str
    items: tuple[TimelineItem, ...]


@dataclass(frozen=True)
class Timeline:
    """All lanes, over the days ``first_day`` to ``last_day``."""

    first_day: int
    last_day: int
    lanes: tuple[Lane, ...]

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError("a timeline ends before it begins")


@dataclass(frozen=True)
class Outcome:
    """How it ended: the last day of the record, death if recorded, and each problem's state."""

    last_day: int
    died: bool
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Sources:
    """For instructors only: the release, its person id, and the source of every datum."""

    release: str
    person_id: int
    data: Mapping[str, tuple[Source, ...]]


@dataclass(frozen=True)
class Case:
    """A whole case. ``sensitive`` names categories that need an opt-in before teaching."""

    case_id: str
    title: str
    level: Level
    language: Language
    background: Background
    problems: tuple[Problem, ...]
    contacts: tuple[Contact, ...]
    flow_sheets: tuple[FlowSheet, ...]
    timeline: Timeline
    outcome: Outcome
    sensitive: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    sources: Sources | None = None
    schema: str = SCHEMA

    def __post_init__(self) -> None:
        if not CASE_ID.fullmatch(self.case_id):
            raise ValueError("a case id has 1 to 64 small letters, digits or '-'")
        if not self.title.strip():
            raise ValueError("a case has a title")
        if self.schema != SCHEMA:
            raise ValueError(f"the schema is {SCHEMA}")
        numbers = [problem.number for problem in self.problems]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError("problems are numbered 1, 2, 3 ...")
        if [contact.number for contact in self.contacts] != list(range(1, len(self.contacts) + 1)):
            raise ValueError("contacts are numbered 1, 2, 3 ...")
        known = set(numbers)
        if any(not set(item.problems) <= known for item in self.statements()):
            raise ValueError("a statement belongs to a problem that is not on the list")
        if any(p.see is not None and p.see not in known for p in self.problems):
            raise ValueError("a problem points to one that is not on the list")

    def statements(self) -> Iterator[Statement]:
        """Every statement of background, problems, contacts and outcome; some occur twice."""
        background = self.background
        for section in (
            background.profile,
            background.past_history,
            background.family,
            background.living_environment,
            background.lifestyle,
        ):
            yield from section
        for problem in self.problems:
            yield from problem.evidence
        for contact in self.contacts:
            yield from contact.soap.statements
        yield from self.outcome.statements

    def problem(self, number: int) -> Problem:
        """The problem of that number.

        Raises:
            KeyError: if there is none.
        """
        for problem in self.problems:
            if problem.number == number:
                return problem
        raise KeyError(number)

    def contacts_of(self, number: int) -> tuple[Contact, ...]:
        """Contacts with only what belongs to problem ``number``; contacts without any left out."""
        found = []
        for contact in self.contacts:
            if number in contact.problems:
                found.append(replace(contact, soap=_only(contact.soap, number)))
        return tuple(found)

    def for_student(self) -> Case:
        """The same case without release name, person id, row ids and what was left out."""
        return replace(self, sources=None, left_out={})

    def to_json(self) -> bytes:
        """Canonical JSON in UTF-8."""
        return self._written

    @cached_property
    def _written(self) -> bytes:
        """Written once, as a case never changes and is hashed at each signature."""
        return documents.to_bytes(documents.encode(self))

    @classmethod
    def from_json(cls, data: bytes) -> Case:
        """Parse what :meth:`to_json` wrote.

        Raises:
            CaseFormatError: if a field is missing, unknown, of another type or contradictory.
        """
        document = documents.from_bytes(data)
        if isinstance(document, dict) and document.get("schema") == SCHEMA_BEFORE:
            document = {**_with_other(document), "schema": SCHEMA}
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise CaseFormatError(f"the document is not of schema {SCHEMA}")
        return documents.decode(cls, document)


def _with_other(value: Any) -> Any:
    """A document of the schema before, in which no statement has its other language."""
    if isinstance(value, list):
        return [_with_other(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _with_other(item) for key, item in value.items()}
    return {**found, "other": ""} if set(found) == {"id", "day", "text", "problems"} else found


def _only(soap: Soap, number: int) -> Soap:
    def keep(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(item for item in statements if number in item.problems)

    return Soap(
        keep(soap.subjective),
        keep(soap.objective),
        keep(soap.assessment),
        keep(soap.plan),
        keep(soap.other),
    )
