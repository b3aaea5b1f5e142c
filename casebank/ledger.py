"""Gives every datum its id and its sources, so that nothing enters a case without one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from casebank.kinship import in_chinese
from casebank.model import Language, Source, Sources, Statement
from casebank.names import Names
from casebank.record import Event, Note, Record
from casebank.relative import without_dates_and_ages

# Units as people write them, for those that UCUM or OMOP's concept names write otherwise.
UNITS = {
    "mm[Hg]": "mmHg",
    "millimeter mercury column": "mmHg",
    "Cel": "°C",
    "mL/min/(173.10*-2.m2)": "mL/min/1.73 m²",
    "degree Celsius": "°C",
    "[degF]": "°F",
    "percent": "%",
    "kilogram": "kg",
    "kg/m2": "kg/m²",
    "kilogram per square meter": "kg/m²",
    "centimeter": "cm",
    "milligram per deciliter": "mg/dL",
    "millimole per liter": "mmol/L",
    "gram per deciliter": "g/dL",
    "gram per liter": "g/L",
    "per minute": "/min",
    "{beats}/min": "/min",
    "{score}": "",
    "[score]": "",
    "score": "",
    "umol/L": "µmol/L",
    "micromole per liter": "µmol/L",
    "[U]/L": "U/L",
    "unit per liter": "U/L",
    "10*9/L": "×10⁹/L",
    "10*3/uL": "×10³/µL",
    "10*6/uL": "×10⁶/µL",
    "10*12/L": "×10¹²/L",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "No matching concept": "",
    "{nominal}": "",
}
_YEARS: Mapping[Language, str] = {"en": "years", "zh": "年"}
_SEMANTIC_TAG = re.compile(
    r"\s*\((disorder|finding|situation|procedure|regime/therapy|event|observable entity|"
    r"morphologic abnormality|person|substance|context-dependent category)\)$"
)
_LOINC_PARTS = re.compile(
    r"\s*\[(?!MMSE)[^\]]*\]|\s+in (Serum or Plasma|Serum, Plasma or Blood|Blood|Serum|Plasma)\b|"
    r"\s+by (Automated count|Tape measure|Estimated|calculation)\b",
    re.IGNORECASE,
)

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_WORDS = re.compile(r"[A-Za-z]{3,}\W+[A-Za-z]{2,}")


def shown_unit(unit: str) -> str:
    """A unit as people write it."""
    return UNITS.get(unit, unit)


def shown_number(value: float) -> str:
    """A number without a meaningless tail: 140, 6.8, 0.04.

    >>> shown_number(140.0), shown_number(6.84999)
    ('140', '6.85')
    """
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def _in_other_words(value: str, language: Language) -> bool:
    """Whether a value is written in another language than ``language``."""
    chinese = _CHINESE.search(value) is not None
    return chinese if language == "en" else not chinese and _WORDS.search(value) is not None


class Ledger:
    """Hands out statements of one record; equal data get equal ids."""

    def __init__(self, record: Record, language: Language) -> None:
        self._record = record
        self._language = language
        self._ids: dict[tuple[Source, ...], str] = {}
        self._names = Names(note.text for note in record.notes)

    def day(self, moment: date) -> int:
        """Days from the first contact to ``moment``."""
        return (moment - self._record.first_day).days

    @property
    def other_language(self) -> Language:
        """The language that the case is not in."""
        return "en" if self._language == "zh" else "zh"

    def name(self, event: Event) -> str:
        """An event's name for people: without SNOMED's tag, and without LOINC's parts of method.

        A LOINC name gives property, specimen and method; the unit beside the value says as much.
        """
        return self._plain(event.shown_name or event.name, event)

    def other_name(self, event: Event) -> str:
        """The name in the other language; empty if the release has none."""
        return self._plain(event.other_name, event)

    def _plain(self, name: str, event: Event) -> str:
        if event.vocabulary == "LOINC":
            if name.startswith("Glomerular filtration rate"):
                return "Estimated glomerular filtration rate"
            return _LOINC_PARTS.sub("", name) or name
        return _SEMANTIC_TAG.sub("", name)

    def text(self, event: Event) -> str:
        """An event in words: its name, and its value with the unit if it has one."""
        return self._text(event, self.name(event), event.shown_value, self._language)

    def other_text(self, event: Event) -> str:
        """The same in the other language; empty if the release has no name or value in it."""
        name = self.other_name(event)
        if not name or (event.value_text and not event.other_value):
            return ""
        # Somebody's own words stay in the language that they were said in.
        if event.value_text and _in_other_words(event.other_value, self.other_language):
            return ""
        return self._text(event, name, event.other_value, self.other_language)

    def _text(self, event: Event, name: str, value: str, language: Language) -> str:
        colon = "：" if language == "zh" else ": "
        if event.value is not None:
            unit = _YEARS[language] if event.unit == "a" else shown_unit(event.unit)
            return f"{name}{colon}{shown_number(event.value)} {unit}".rstrip()
        if event.value_text:
            written = in_chinese(value) if language == "zh" else value
            return f"{name}{colon}{self._relative(written, event.start, language)}"
        if event.detail:
            return f"{name}{colon}{self._relative(event.detail, event.start, language)}"
        if event.unanswered:
            return f"{name}（无结果记录）" if language == "zh" else f"{name} (no value recorded)"
        return name

    def event(self, event: Event, problems: tuple[int, ...] = ()) -> Statement:
        """A row of a clinical table as a statement."""
        columns = [event.name_column, event.start_column]
        if event.value_column:
            columns.append(event.value_column)
        if event.detail:
            columns.append("sig")
        sources = tuple(Source(event.table, event.row_id, column) for column in columns)
        return self.statement(
            self.text(event), self.day(event.start), sources, problems, self.other_text(event)
        )

    def sentence(
        self, note: Note, start: int, end: int, problems: tuple[int, ...] = ()
    ) -> Statement:
        """Part ``[start, end)`` of a note as a statement, without dates and ages."""
        text = self.sentence_text(note, start, end)
        source = Source("note", note.note_id, "note_text", start, end)
        return self.statement(text, self.day(note.day), (source,), problems)

    def sentence_text(self, note: Note, start: int, end: int) -> str:
        """Part ``[start, end)`` of a note without dates, ages and the person's names; no id yet."""
        own = self._names.without(note.text[start:end])
        return self._relative(own, note.day, self._language)

    def statement(
        self,
        text: str,
        day: int | None,
        sources: tuple[Source, ...],
        problems: tuple[int, ...] = (),
        other: str = "",
    ) -> Statement:
        """A statement that rests on ``sources``; ``other`` is its text in the other language."""
        return Statement(self.id(sources), day, text, problems, other)

    def id(self, sources: tuple[Source, ...]) -> str:
        """The id of what stands at ``sources``; there must be at least one."""
        if not sources:
            raise ValueError("a datum has a source")
        return self._ids.setdefault(sources, f"d{len(self._ids) + 1}")

    def sources(self) -> Sources:
        """All sources so far, for instructors."""
        data: Mapping[str, tuple[Source, ...]] = {
            identifier: sources for sources, identifier in self._ids.items()
        }
        return Sources(self._record.release, self._record.person_id, data)

    def _relative(self, text: str, moment: date, language: Language) -> str:
        return without_dates_and_ages(text, self._record.first_day, moment, language)
