"""Reads ``data/terms/<area>.csv``, the one kind of file that the shipped vocabulary is written in.

Each line is a concept with its key for program code, its English and Chinese name, its ICD-10 or
ATC code, its parents (keys separated by ``|``), and for a measurement its unit and the reference
range in that unit. All files of the folder together are the vocabulary; which file a concept stands
in has no meaning but for those who keep it.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import TypeVar

from deid.errors import VocabularyError

LOCAL_VOCABULARY = "CareCommons"
LOCAL_IDS = range(2_000_000_000, 2_147_483_648)
"""Concept ids that OHDSI leaves to sites, as far as 32-bit readers can follow."""

SHIPPED_IDS = range(2_000_000_000, 2_100_000_000)
"""The part of them for shipped concepts; above, importers number the codes of sources."""

COLUMNS = (
    "concept_id",
    "key",
    "en",
    "zh",
    "domain_id",
    "vocabulary_id",
    "concept_class_id",
    "concept_code",
    "standard_concept",
    "parents",
    "icd10",
    "atc",
    "unit_concept_id",
    "range_low",
    "range_high",
)
REQUIRED = ("key", "en", "zh", "domain_id", "vocabulary_id", "concept_class_id", "concept_code")
ANSWER = "Answer"
"""Class of concepts whose parents are the questions they answer."""

KEY = re.compile(r"[A-Z][A-Z0-9_]*")

K = TypeVar("K")


@dataclass(frozen=True)
class SourceTerm:
    """One line of a term file; ``place`` names file and line for messages."""

    place: str
    concept_id: int
    key: str
    en: str
    zh: str
    domain_id: str
    vocabulary_id: str
    concept_class_id: str
    concept_code: str
    standard_concept: str | None
    parents: tuple[str, ...]
    icd10: str | None
    atc: str | None
    unit_concept_id: int | None
    range_low: float | None
    range_high: float | None


def read_terms(folder: Traversable) -> tuple[SourceTerm, ...]:
    """All terms of all CSV files of a folder, by concept id, checked against each other.

    Raises:
        VocabularyError: for the first fault, with file and line: a wrong header, a missing or
            malformed value, an id or key or code used twice, an id outside its range, an unknown
            parent, a cycle of parents, an unknown unit.
    """
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".csv")), key=lambda f: f.name
    )
    if not files:
        raise VocabularyError(f"{folder}: no term files there")
    terms = sorted(
        (term for file in files for term in _read_file(file)), key=lambda term: term.concept_id
    )
    check_terms(terms)
    return tuple(terms)


def check_terms(terms: Iterable[SourceTerm]) -> None:
    """Refuse terms that contradict each other; see :func:`read_terms`."""
    terms = list(terms)
    by_key: dict[str, SourceTerm] = {}
    by_id: dict[int, SourceTerm] = {}
    by_code: dict[tuple[str, str], SourceTerm] = {}
    for term in terms:
        _unique(by_id, term.concept_id, term, "concept_id")
        _unique(by_key, term.key, term, "key")
        if term.concept_code != "OMOP generated":
            _unique(by_code, (term.vocabulary_id, term.concept_code), term, "concept_code")
        _check_range(term)
    for term in terms:
        _check_parents(term, by_key)
        if term.unit_concept_id is not None:
            unit = by_id.get(term.unit_concept_id)
            if unit is None or unit.domain_id != "Unit":
                raise VocabularyError(f"{term.place}: unknown unit {term.unit_concept_id}")
    _check_cycles(terms, by_key)


def _read_file(file: Traversable) -> Iterator[SourceTerm]:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise VocabularyError(f"{file.name}: not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        raise VocabularyError(f"{file.name} line 1: the header is not {','.join(COLUMNS)}")
    for values in reader:
        place = f"{file.name} line {reader.line_num}"
        if len(values) != len(COLUMNS):
            raise VocabularyError(f"{place}: {len(values)} values, {len(COLUMNS)} columns")
        if any(value != value.strip() for value in values):
            raise VocabularyError(f"{place}: blanks around a value")
        yield _term(place, dict(zip(COLUMNS, values, strict=True)))


def _term(place: str, row: dict[str, str]) -> SourceTerm:
    for column in REQUIRED:
        if not row[column]:
            raise VocabularyError(f"{place}: {column} is empty")
    if not KEY.fullmatch(row["key"]):
        raise VocabularyError(f"{place}: key is not in capitals, digits and underscores")
    if row["standard_concept"] not in {"", "S", "C"}:
        raise VocabularyError(f"{place}: standard_concept is not S, C or empty")
    low, high = _number(place, row, "range_low"), _number(place, row, "range_high")
    if low is not None and high is not None and low >= high:
        raise VocabularyError(f"{place}: range_low is not below range_high")
    return SourceTerm(
        place=place,
        concept_id=_id(place, row, "concept_id"),
        key=row["key"],
        en=row["en"],
        zh=row["zh"],
        domain_id=row["domain_id"],
        vocabulary_id=row["vocabulary_id"],
        concept_class_id=row["concept_class_id"],
        concept_code=row["concept_code"],
        standard_concept=row["standard_concept"] or None,
        parents=tuple(row["parents"].split("|")) if row["parents"] else (),
        icd10=row["icd10"] or None,
        atc=row["atc"] or None,
        unit_concept_id=_id(place, row, "unit_concept_id") if row["unit_concept_id"] else None,
        range_low=low,
        range_high=high,
    )


def _id(place: str, row: dict[str, str], column: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]*", row[column]):
        raise VocabularyError(f"{place}: {column} is not a number")
    return int(row[column])


def _number(place: str, row: dict[str, str], column: str) -> float | None:
    if not row[column]:
        return None
    try:
        number = float(row[column])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise VocabularyError(f"{place}: {column} is not a number")
    return number


def _unique(seen: dict[K, SourceTerm], value: K, term: SourceTerm, column: str) -> None:
    first = seen.setdefault(value, term)
    if first is not term:
        raise VocabularyError(f"{term.place}: {column} {value} is used in {first.place}")


def _check_range(term: SourceTerm) -> None:
    if term.vocabulary_id == LOCAL_VOCABULARY:
        if term.concept_id not in SHIPPED_IDS:
            raise VocabularyError(
                f"{term.place}: a concept of {LOCAL_VOCABULARY} has an id of "
                f"{SHIPPED_IDS.start} to {SHIPPED_IDS.stop - 1}"
            )
        if term.concept_code != term.key:
            raise VocabularyError(f"{term.place}: the code of a local concept is its key")
    elif term.concept_id >= LOCAL_IDS.start:
        raise VocabularyError(
            f"{term.place}: ids from {LOCAL_IDS.start} on are for {LOCAL_VOCABULARY} only"
        )


def _check_parents(term: SourceTerm, by_key: dict[str, SourceTerm]) -> None:
    if len(set(term.parents)) != len(term.parents):
        raise VocabularyError(f"{term.place}: a parent is named twice")
    for key in term.parents:
        parent = by_key.get(key)
        if parent is None:
            raise VocabularyError(f"{term.place}: unknown parent {key}")
        if parent.standard_concept is None or term.standard_concept is None:
            raise VocabularyError(
                f"{term.place}: parent {key} or the concept itself is neither standard nor a "
                "class, and has no place in a hierarchy"
            )


def _check_cycles(terms: list[SourceTerm], by_key: dict[str, SourceTerm]) -> None:
    done: set[str] = set()
    for term in terms:
        path: dict[str, None] = {}
        _walk(term, by_key, path, done)


def _walk(
    term: SourceTerm, by_key: dict[str, SourceTerm], path: dict[str, None], done: set[str]
) -> None:
    if term.key in done:
        return
    if term.key in path:
        raise VocabularyError(f"{term.place}: {term.key} is an ancestor of itself")
    path[term.key] = None
    for parent in term.parents:
        _walk(by_key[parent], by_key, path, done)
    del path[term.key]
    done.add(term.key)
