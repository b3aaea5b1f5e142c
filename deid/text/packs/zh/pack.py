"""The Chinese pack."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from deid.text.document import Document, SpanType
from deid.text.packs.base import Annotator, Form
from deid.text.packs.shared import machine_annotator
from deid.text.packs.zh import forms, personal, surrogates
from deid.text.packs.zh.bounded import BoundedNameAnnotator
from deid.text.packs.zh.called import CallAnnotator
from deid.text.packs.zh.codes import CODES
from deid.text.packs.zh.context import name_fits
from deid.text.packs.zh.dates import DATES
from deid.text.packs.zh.latin import PinyinAnnotator
from deid.text.packs.zh.lexicon import is_chinese, sex_of_kin
from deid.text.packs.zh.names import NameAnnotator
from deid.text.packs.zh.patterns import PATTERNS
from deid.text.packs.zh.places import PlaceAnnotator
from deid.text.packs.zh.roles import RoleAnnotator
from deid.text.patterns import PatternAnnotator
from deid.text.people import AddressParts, PersonName
from deid.text.surrogates.seed import Scene


class ChinesePack:
    """Notes in Chinese, also where mixed with Latin letters."""

    tag = "zh"
    version = "4"

    def __init__(self) -> None:
        self._annotators: tuple[Annotator, ...] = (
            machine_annotator(),
            PatternAnnotator("zh.patterns", PATTERNS + DATES + CODES),
            NameAnnotator(),
            RoleAnnotator(),
            CallAnnotator(),
            BoundedNameAnnotator(),
            PinyinAnnotator(),
            PlaceAnnotator(),
        )

    @property
    def annotators(self) -> Sequence[Annotator]:
        """Machine addresses, patterns, names by context and surname, places by their kind words."""
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
        """A note is Chinese in part if it has a Chinese character."""
        return is_chinese(document)

    def name_forms(self, name: PersonName) -> Iterable[Form]:
        """Forms of names in Chinese characters."""
        return forms.name_forms(name)

    def combinations(self, name: str) -> Iterable[str]:
        """Orders of the parts of a full name."""
        return forms.combinations(name)

    def date_forms(self, date: datetime.date) -> Iterable[Form]:
        """A birth date with 年月日."""
        return forms.date_forms(date)

    def address_forms(self, address: AddressParts) -> Iterable[Form]:
        """Divisions of an address."""
        return forms.address_forms(address)

    def fits(self, document: Document, start: int, end: int, form: Form) -> bool:
        """Context decides words that are also names."""
        return name_fits(document.plain, start, end, form)

    def is_ordinary(self, word: str) -> bool:
        """Latin words are the English pack's to judge."""
        return False

    def sex_of_kin(self, relationship: str) -> str | None:
        """``M`` for 丈夫, ``F`` for 女儿."""
        return sex_of_kin(relationship)

    def surrogate(self, text: str, kind: SpanType, scene: Scene) -> str | None:
        """A replacement in Chinese forms."""
        return surrogates.make(text, kind, scene)
