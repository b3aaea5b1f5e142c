"""What the editor of a case shows: its parts as forms, the record with places, one datum's source.

Computed from a work and from where in it the author is; nothing here reads a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from casebank import Case, Statement, day_text
from casebank.editing import (
    KEYS,
    NOT_SHOWN,
    Objectives,
    Part,
    Question,
    StageForm,
    Work,
    exercise_texts,
    flatten,
    heading_of,
    layout,
    place_words,
    places_of,
)
from casebank.editing.forms import Heading
from casebank.lesson import Exercise, ExpertView, Lesson

PARTS: tuple[tuple[str, str], ...] = (
    ("overview", "Overview"),
    ("problems", "Problem list"),
    ("stages", "Stages"),
    ("heading", "Heading and voices"),
    ("exercises", "Exercises"),
    ("objectives", "Objectives"),
    ("expert", "Expert view"),
    ("deid", "De-identification"),
    ("preview", "As a student"),
    ("panel", "Panel"),
    ("history", "History"),
)
PLACES = ("part", "name", "kind", "stage", "problem", "datum", "q", "group", "language", "opened")
"""What an address of the editor may say."""

_MENDED_IN = {
    "objective": "objectives",
    "expert": "expert",
    "perspective": "heading",
    "lesson": "heading",
    "title": "overview",
}
MOST_WORDS, MOST_CHARACTERS, MOST_DATA = 350, 700, 15
"""Limits of a stage's load (checklist D2)."""


@dataclass(frozen=True)
class Datum:
    """A statement with where it stands in the record and where in the lesson."""

    id: str
    text: str
    section: str
    when: str
    problems: tuple[int, ...]
    place: str
    other: str = ""


@dataclass(frozen=True)
class Group:
    """Data of one part of the record: a contact, or a section of the background.

    Only what is ``open`` is written out: a long record would make a page of megabytes.
    """

    title: str
    key: str
    data: tuple[Datum, ...]
    open: bool


@dataclass(frozen=True)
class Load:
    """How much a stage gives to read; ``heavy`` says that it is over a limit."""

    data: int
    words: int
    characters: int

    @property
    def heavy(self) -> bool:
        """Whether it is more than a student should be given at once."""
        return self.data > MOST_DATA or self.words > MOST_WORDS or self.characters > MOST_CHARACTERS


@dataclass(frozen=True)
class EditorView:
    """One page of the editor. ``typed`` is what was sent and could not be kept."""

    work: Work
    where: Mapping[str, str]
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        """The case."""
        return self.work.case

    @property
    def lesson(self) -> Lesson | None:
        """The lesson, if there is one."""
        return self.work.lesson

    @property
    def part(self) -> str:
        """Which part is open."""
        asked = self.where.get("part", "")
        return asked if asked in dict(PARTS) else "overview"

    @property
    def stage(self) -> int:
        """The stage that is open, from 1; 0 for none."""
        text = self.where.get("stage", "")
        number = int(text) if text.isdigit() and len(text) < 4 else 0
        return number if self.lesson and 1 <= number <= len(self.lesson.stages) else 0

    @cached_property
    def exercise(self) -> Exercise | None:
        """The exercise that is open."""
        name = self.where.get("name", "")
        found = self.lesson.exercises if self.lesson else ()
        return next((one for one in found if one.name == name), None)

    @cached_property
    def places(self) -> dict[str, str]:
        """Where each datum is shown."""
        return places_of(self.lesson) if self.lesson is not None else {}

    @cached_property
    def data(self) -> dict[str, Datum]:
        """Every datum of the record once, by id, as it first occurs."""
        found: dict[str, Datum] = {}
        for section, statements in self._sections():
            for one in statements:
                found.setdefault(one.id, self._datum(one, section))
        return found

    @cached_property
    def groups(self) -> list[Group]:
        """The record in the order of reading; only data that hold every word of ``q``."""
        words = self.where.get("q", "").casefold().split()
        groups = []
        for index, (section, statements) in enumerate(self._sections()):
            data = tuple(
                self._datum(one, section)
                for one in statements
                if all(word in one.text.casefold() or word == one.id for word in words)
            )
            if data:
                chosen = self.where.get("group", "") or "0"
                open_ = bool(words) or chosen == str(index) or self.datum in data
                groups.append(Group(section, str(index), data, open_))
        return groups

    @property
    def datum(self) -> Datum | None:
        """The datum whose source is open."""
        return self.data.get(self.where.get("datum", ""))

    def at(self, place: str) -> list[Datum]:
        """Data that a place shows, in the order of the record."""
        return [one for one in self.data.values() if one.place == place]

    @property
    def unplaced(self) -> list[Datum]:
        """Data that nothing shows before the end, of the parts of the record that are open."""
        return [
            one
            for group in self.groups
            if group.open
            for one in group.data
            if one.place == NOT_SHOWN
        ]

    @property
    def unplaced_number(self) -> int:
        """How many data nothing shows before the end."""
        return len(self.at(NOT_SHOWN))

    @cached_property
    def targets(self) -> list[tuple[str, str]]:
        """Where a datum may be moved, as (place, words)."""
        if self.lesson is None:
            return []
        found = []
        for number, stage in enumerate(self.lesson.stages, 1):
            title = stage.title.text(self.case.language)
            found.append((f"stage:{number}", f"{number}. {title}"))
            found += [
                (f"order:{order.name}", f"{number}. … when “{order.label.text('en')}” is opened")
                for order in stage.orders
            ]
        return [*found, (NOT_SHOWN, "not before the end")]

    def place_of(self, where: str) -> dict[str, str]:
        """The part of the editor in which a finding of the gate can be mended."""
        first, _, rest = where.partition(" ")
        first = first.rstrip(",s")
        if where in self.data:
            return {"datum": where}
        if first == "exercise":
            named = rest in {one.name for one in self.lesson.exercises} if self.lesson else False
            return {"part": "exercises", "name": rest} if named else {"part": "exercises"}
        if first == "stage":
            number = rest.rstrip(",").split()[0] if rest else ""
            return {"part": "stages", "stage": number} if number.isdigit() else {"part": "stages"}
        if first == "problem":
            return {"part": "problems", "problem": rest} if rest.isdigit() else {"part": "problems"}
        return {"part": _MENDED_IN[first]} if first in _MENDED_IN else {}

    def load(self, number: int) -> Load:
        """What a stage gives to read, without what its orders open."""
        assert self.lesson is not None
        texts = [
            self.data[one].text
            for one in self.lesson.stages[number - 1].reveals
            if one in self.data
        ]
        joined = " ".join(texts)
        chinese = sum(1 for letter in joined if "\u4e00" <= letter <= "\u9fff")
        words = len(joined.split()) if not chinese else 0
        return Load(len(texts), words, chinese)

    def words_of(self, place: str) -> str:
        """A place in words."""
        return place_words(self.lesson, place) if self.lesson is not None else ""

    def form(self) -> list[Part]:
        """The fields of the open part, filled from what was typed, or from the lesson."""
        lesson = self.lesson
        if lesson is None:
            return []
        if self.part == "heading":
            return layout(Heading, self._flat(flatten(heading_of(lesson))))
        if self.part == "objectives":
            return layout(Objectives, self._flat(flatten(Objectives(lesson.objectives))))
        if self.part == "expert":
            return layout(ExpertView, self._flat(flatten(lesson.expert)))
        if self.part == "stages" and self.stage:
            stage = lesson.stages[self.stage - 1]
            return layout(StageForm, self._flat(flatten(StageForm(stage.title, stage.orders))))
        if self.part == "exercises":
            return self._exercise_form()
        return []

    @property
    def kind(self) -> str:
        """Kind of the exercise that is open or being made."""
        if self.exercise is not None:
            return self.exercise.kind
        asked = self.where.get("kind", "")
        return asked if asked in KEYS else ""

    def _exercise_form(self) -> list[Part]:
        if not self.kind:
            return []
        held = exercise_texts(self.exercise) if self.exercise is not None else {}
        flat = self._flat(held or {"question.stage": "1", "question.origin": "author"})
        rows = 2 if self.exercise is not None else 4
        return [
            *layout(Question, flat, "question.", rows),
            *layout(KEYS[self.kind], flat, "key.", rows),
        ]

    def _flat(self, held: dict[str, str]) -> dict[str, str]:
        return {name: texts[-1] for name, texts in self.typed.items() if texts} or held

    def _datum(self, one: Statement, section: str) -> Datum:
        when = day_text(one.day, self.case.language) if one.day is not None else ""
        place = self.places.get(one.id, NOT_SHOWN)
        return Datum(one.id, one.text, section, when, one.problems, place, one.other)

    def _sections(self) -> list[tuple[str, tuple[Statement, ...]]]:
        background = self.case.background
        parts = [
            ("Person", background.profile),
            ("Past history", background.past_history),
            ("Family", background.family),
            ("Living environment", background.living_environment),
            ("Habits", background.lifestyle),
        ]
        parts += [
            (
                f"Contact {contact.number}: {contact.setting}, "
                f"{day_text(contact.day, self.case.language)}",
                contact.soap.statements,
            )
            for contact in self.case.contacts
        ]
        spoken = {one.id for _, statements in parts for one in statements}
        evidence: dict[str, Statement] = {}
        for problem in self.case.problems:
            for one in problem.evidence:
                if one.id not in spoken:
                    evidence.setdefault(one.id, one)
        parts.append(("Evidence of problems, at no contact", tuple(evidence.values())))
        last = tuple(
            one
            for one in self.case.outcome.statements
            if one.id not in spoken and one.id not in evidence
        )
        parts.append(("Outcome", last))
        return [(title, statements) for title, statements in parts if statements]
