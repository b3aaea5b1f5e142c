"""What a language pack gives to the engine. A new language is a new object of this shape."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from deid.text.document import Document, Mention, SpanType
from deid.text.normalise import fold, fold_parts
from deid.text.people import AddressParts, PersonName
from deid.text.surrogates.seed import Scene


class Form(NamedTuple):
    """One way in which a known value may be written.

    ``certain`` is false for a form that is also an ordinary word: then the pack decides by context.
    ``canonical`` is the value whose surrogate it takes. Where ``loose``, separators may stand
    anywhere in it (numbers); else only where ``text`` itself has them;
    ``lead`` letters at its head are looked for and left outside (老 in 老王);
    ``separated`` asks for two at least, so that six digits of a birth date are no result.
    A pack that knows ``folded`` (letters and digits of ``text``) and ``breaks`` (places in it
    before which ``text`` has a separator) saves the engine from finding them.
    """

    text: str
    type: SpanType
    canonical: str
    certain: bool = True
    loose: bool = False
    separated: bool = False
    lead: int = 0
    folded: str | None = None
    breaks: frozenset[int] = frozenset()

    def __repr__(self) -> str:
        return f"Form({self.type})"


class DateShape(NamedTuple):
    """A form of a date around its year; ``year`` is the number of a way to write the year."""

    head: str
    year: int
    tail: str
    folded_head: str
    folded_tail: str
    breaks: frozenset[int]
    loose: bool
    separated: bool


def date_shape(
    head: str, year: int, tail: str, digits: int, loose: bool = False, separated: bool = False
) -> DateShape:
    """A shape whose year has ``digits`` letters or digits."""
    _, breaks = fold_parts(head + digits * "0" + tail)
    return DateShape(head, year, tail, fold(head), fold(tail), breaks, loose, separated)


@dataclass(frozen=True)
class DateForms:
    """All forms of one date: shapes that its day of the year decides, and ways to write its year.

    Each of ``years`` is written without separators.
    """

    canonical: str
    years: tuple[str, ...]
    shapes: tuple[DateShape, ...]

    def __repr__(self) -> str:
        return f"DateForms({len(self.shapes)})"

    def __iter__(self) -> Iterator[Form]:
        return self._forms(self.shapes)

    def within(self, folded: str) -> Iterator[Form]:
        """Those of the forms that a folded text has, without making the others."""
        years = [fold(year) for year in self.years]
        there = [year in folded for year in years]
        if not any(there):
            return iter(())
        return self._forms(
            shape
            for shape in self.shapes
            if there[shape.year]
            and shape.folded_head + years[shape.year] + shape.folded_tail in folded
        )

    def folded(self) -> Iterator[str]:
        """Letters and digits of all forms."""
        years = [fold(year) for year in self.years]
        return (shape.folded_head + years[shape.year] + shape.folded_tail for shape in self.shapes)

    def _forms(self, shapes: Iterable[DateShape]) -> Iterator[Form]:
        for shape in shapes:
            year = self.years[shape.year]
            folded = shape.folded_head + fold(year) + shape.folded_tail
            yield Form(
                shape.head + year + shape.tail, SpanType.DATE, self.canonical,
                True, shape.loose, shape.separated, 0, folded, shape.breaks,
            )  # fmt: skip


class Annotator(Protocol):
    """Finds mentions in a note: patterns, lexicons, or a statistical model."""

    name: str
    # An annotator may also have `version` (text, for the manifest), `languages` (tags of the notes
    # it reads; None for all) and `seconds_a_character` (computing time it may take).

    def annotate(self, document: Document) -> Iterable[Mention]:
        """Mentions in any order; they may overlap."""
        ...


class Reviewer(Protocol):
    """Reads a note together with what annotators found: a statistical model."""

    name: str

    @property
    def version(self) -> str:
        """Changes with everything that changes its answers."""
        ...

    def review(self, document: Document, mentions: Sequence[Mention]) -> Iterable[Mention]:
        """The mentions that stand, and further ones; known values always stand."""
        ...


class LanguagePack(Protocol):
    """Everything the engine needs of one language."""

    tag: str
    version: str

    @property
    def annotators(self) -> Sequence[Annotator]:
        """Annotators for notes of this language."""
        ...

    @property
    def birth_years(self) -> Sequence[Annotator]:
        """Finds years of birth that stand alone; used where a released year is known."""
        ...

    @property
    def ages(self) -> Sequence[Annotator]:
        """Finds ages of the patient under 90; used where a policy asks for bands."""
        ...

    def says_birth(self, plain: str, start: int, end: int) -> bool:
        """Whether the words around a date say that it is the patient's birth date."""
        ...

    def applies(self, document: Document) -> bool:
        """Whether the note, or a part of it, is in this language."""
        ...

    def name_forms(self, name: PersonName) -> Iterable[Form]:
        """Ways in which notes of this language write a person's name; none if it is foreign."""
        ...

    def combinations(self, name: str) -> Iterable[str]:
        """Orders in which the parts of a full name may be written; none if it is foreign."""
        ...

    def date_forms(self, date: datetime.date) -> Iterable[Form]:
        """Ways to write a birth date; as :class:`DateForms` they are made where a note has them."""
        ...

    def address_forms(self, address: AddressParts) -> Iterable[Form]:
        """Ways to write an address and its parts."""
        ...

    def fits(self, document: Document, start: int, end: int, form: Form) -> bool:
        """Whether an uncertain form at this place is the identifier and not an ordinary word."""
        ...

    def is_ordinary(self, word: str) -> bool:
        """Whether a folded word belongs to the language, so that it is no misspelt name."""
        ...

    def sex_of_kin(self, relationship: str) -> str | None:
        """``M`` or ``F`` if a relationship's word tells it."""
        ...

    def surrogate(self, text: str, kind: SpanType, scene: Scene) -> str | None:
        """A replacement in this language's forms, or ``None`` to leave it to another pack."""
        ...
