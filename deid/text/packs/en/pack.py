"""The English pack."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence

from deid.text.document import Document, SpanType
from deid.text.packs.base import Annotator, Form
from deid.text.packs.en import forms, personal, surrogates
from deid.text.packs.en.context import name_fits
from deid.text.packs.en.establishments import EstablishmentAnnotator
from deid.text.packs.en.lexicon import is_word, sex_of_kin
from deid.text.packs.en.names import NameAnnotator
from deid.text.packs.en.old_ages import OLD_AGES
from deid.text.packs.en.patterns import PATTERNS
from deid.text.packs.en.places import PlaceAnnotator
from deid.text.packs.en.questions import QuestionAnnotator
from deid.text.packs.en.runs import RunAnnotator
from deid.text.packs.en.spoken import SPOKEN_NUMBERS
from deid.text.packs.shared import machine_annotator
from deid.text.patterns import PatternAnnotator
from deid.text.people import AddressParts, PersonName
from deid.text.surrogates.seed import Scene

_OTHER = re.compile("[^A-Za-z]+")
_SENTENCE = re.compile(r"[A-Z][a-z']*(?:,? [A-Za-z'-]+){5,}[.!?,;:\s]")


class EnglishPack:
    """English notes, and everything Latin-script in notes of other languages."""

    tag = "en"
    version = "2"

    def __init__(self) -> None:
        self._annotators: tuple[Annotator, ...] = (
            machine_annotator(),
            PatternAnnotator("en.patterns", PATTERNS + OLD_AGES + SPOKEN_NUMBERS),
            NameAnnotator(),
            PlaceAnnotator(),
            QuestionAnnotator(),
            EstablishmentAnnotator(),
            RunAnnotator(),
        )

    @property
    def annotators(self) -> Sequence[Annotator]:
        """Machine addresses, patterns, names by context and lexicon, places by their kind words."""
        return self._annotators

    @property
    def birth_years(self) -> Sequence[Annotator]:
        """A year beside a word of birth."""
        return (personal.BIRTH_YEARS,)

    @property
    def ages(self) -> Sequence[Annotator]:
        """Ages in digits and words, not those of relatives."""
        return (personal.AGES,)

    def says_birth(self, plain: str, start: int, end: int) -> bool:
        """Labels of birth dates."""
        return personal.says_birth(plain, start, end)

    def applies(self, document: Document) -> bool:
        """A third of its letters are Latin, or it has a sentence of six Latin words."""
        if document.language is not None and document.language.partition("-")[0] == self.tag:
            return True
        if document.text.isascii():
            return True
        letters = len(_OTHER.sub("", document.text))
        if letters * 3 >= sum(map(str.isalpha, document.text)):
            return True
        return _SENTENCE.search(document.plain) is not None

    def name_forms(self, name: PersonName) -> Iterable[Form]:
        """Forms of Latin-script names."""
        return forms.name_forms(name)

    def combinations(self, name: str) -> Iterable[str]:
        """Orders of the parts of a full name."""
        return forms.combinations(name)

    def date_forms(self, date: datetime.date) -> Iterable[Form]:
        """A birth date in digits and month names."""
        return forms.date_forms(date)

    def address_forms(self, address: AddressParts) -> Iterable[Form]:
        """Parts and abbreviations of an address."""
        return forms.address_forms(address)

    def fits(self, document: Document, start: int, end: int, form: Form) -> bool:
        """Context decides words that are also names."""
        return name_fits(document.plain, start, end, form)

    def is_ordinary(self, word: str) -> bool:
        """Whether it is a word of everyday or clinical English."""
        return is_word(word)

    def sex_of_kin(self, relationship: str) -> str | None:
        """``M`` for a husband, ``F`` for an aunt."""
        return sex_of_kin(relationship)

    def surrogate(self, text: str, kind: SpanType, scene: Scene) -> str | None:
        """A replacement in English forms."""
        return surrogates.make(text, kind, scene)
