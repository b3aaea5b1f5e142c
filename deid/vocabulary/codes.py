"""Codes of other classifications as source concepts: ICD-10, ICPC-2 and ATC beside the terms.

The codes of the terms themselves, and what ``data/codes/<vocabulary>.csv`` adds to them: names,
more codes of one term, and the classes of ATC. As in OMOP, a code of ICD-10 or ICPC-2 is no
standard concept and ``Maps to`` one; ATC is a classification above the drugs, whose fifth level
maps to the ingredient.

A code has OHDSI's own concept id where the file gives it, else one that is counted from the code:
the same code has the same id in every version, and no table of ids needs keeping.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from deid.errors import VocabularyError
from deid.vocabulary.source import SourceTerm

ICD10, ICPC, ATC = "ICD10", "ICPC", "ATC"
CODE_COLUMNS = ("code", "en", "zh", "maps_to", "concept_id")
CODE_IDS: Mapping[str, range] = {
    ICD10: range(2_030_000_000, 2_031_000_000),
    ICPC: range(2_031_000_000, 2_031_100_000),
    ATC: range(2_035_000_000, 2_097_000_000),
}
"""Local concept ids of codes without one of OHDSI, by vocabulary."""

_FORMS = {
    ICD10: re.compile(r"([A-Z])(\d\d)(?:\.(\d)(\d)?)?"),
    ICPC: re.compile(r"([A-Z])(\d\d)"),
    ATC: re.compile(r"([A-Z])(?:([0-2]\d)(?:([A-Z])(?:([A-Z])(\d\d)?)?)?)?"),
}
_ATC_LEVELS = {1: "1st", 3: "2nd", 4: "3rd", 5: "4th", 7: "5th"}


@dataclass(frozen=True)
class SourceCode:
    """One code: its concept, what it maps to (concept ids), the codes above and the drugs below."""

    concept_id: int
    vocabulary_id: str
    code: str
    en: str
    zh: str
    domain_id: str
    concept_class_id: str
    standard_concept: str | None
    maps_to: tuple[int, ...]
    parent: str | None
    members: tuple[int, ...]


@dataclass(frozen=True)
class _Line:
    place: str
    code: str
    en: str
    zh: str
    maps_to: tuple[str, ...]
    concept_id: int | None


def local_id(vocabulary: str, code: str) -> int:
    """The concept id that this installation gives to a code without one of OHDSI.

    Raises:
        VocabularyError: if the code has not the form of its vocabulary.
    """
    match = _FORMS[vocabulary].fullmatch(code)
    if match is None:
        raise VocabularyError(f"{code}: not a code of {vocabulary}")
    number = 0
    for part, size in zip(match.groups(), _SIZES[vocabulary], strict=True):
        # 0 is a part that the code has not.
        if part is None:
            value = 0
        elif part.isdecimal():
            value = int(part) + 1
        else:
            value = ord(part) - ord("A") + 1
        number = number * size + value
    return CODE_IDS[vocabulary].start + number


_SIZES = {ICD10: (27, 101, 11, 11), ICPC: (27, 101), ATC: (27, 31, 27, 27, 101)}


def read_codes(folder: Traversable, terms: Iterable[SourceTerm]) -> tuple[SourceCode, ...]:
    """All codes of the terms and of the files ``<vocabulary>.csv``, by vocabulary and code.

    A code maps to what its line in the file names, and to nothing if that is empty: a term may be
    filed under a code that means more. Without a line it maps to the term that bears it, of several
    to the narrowest, and of a drug to its ingredient; then the lowest id decides.

    Raises:
        VocabularyError: for a faulty line, with file and line.
    """
    terms = sorted(terms, key=lambda term: term.concept_id)
    by_key = {term.key: term for term in terms}
    found: list[SourceCode] = []
    for vocabulary in (ICD10, ICPC, ATC):
        lines = _read(folder / f"{vocabulary.lower()}.csv", vocabulary)
        for line in lines.values():
            for key in line.maps_to:
                if key not in by_key or by_key[key].standard_concept != "S":
                    raise VocabularyError(f"{line.place}: {key} is no standard term")
        bearing = _bearing(vocabulary, terms)
        codes = {*lines, *bearing}
        found += [
            _source_code(vocabulary, code, lines.get(code), bearing.get(code, []), by_key, codes)
            for code in sorted(codes)
        ]
    return tuple(found)


def _bearing(vocabulary: str, terms: list[SourceTerm]) -> dict[str, list[SourceTerm]]:
    """Standard terms by the code that their own line gives, the best first."""
    found: dict[str, list[SourceTerm]] = {}
    above = {parent for term in terms for parent in term.parents}
    for term in terms:
        code = {ICD10: term.icd10, ATC: term.atc}.get(vocabulary)
        if code and term.standard_concept == "S":
            if not _FORMS[vocabulary].fullmatch(code):
                raise VocabularyError(f"{term.place}: {code} is not a code of {vocabulary}")
            found.setdefault(code, []).append(term)
    for code, bearers in found.items():
        if vocabulary == ATC:
            bearers.sort(key=lambda term: term.concept_class_id == "Clinical Drug")
        else:
            keys = {term.key for term in bearers}
            wide = {parent for term in bearers for parent in term.parents} & keys & above
            found[code] = [t for t in bearers if t.key not in wide] + [
                t for t in bearers if t.key in wide
            ]
    return found


def _source_code(
    vocabulary: str,
    code: str,
    line: _Line | None,
    bearers: list[SourceTerm],
    by_key: Mapping[str, SourceTerm],
    codes: set[str],
) -> SourceCode:
    # What the file says is the last word: a code of "other diseases of the liver" is no cyst.
    targets = [by_key[key] for key in line.maps_to] if line else bearers[:1]
    first = targets[0] if targets else bearers[0] if bearers else None
    is_atc = vocabulary == ATC
    named = line or first
    assert named is not None
    members = {term.concept_id for term in (*targets, *bearers)} if is_atc else set()
    return SourceCode(
        concept_id=(line and line.concept_id) or local_id(vocabulary, code),
        vocabulary_id=vocabulary,
        code=code,
        en=named.en,
        zh=named.zh,
        domain_id="Drug" if is_atc else first.domain_id if first else "Condition",
        concept_class_id=_class(vocabulary, code),
        standard_concept="C" if is_atc else None,
        maps_to=tuple(term.concept_id for term in targets),
        parent=_parent(vocabulary, code, codes),
        members=tuple(sorted(members)),
    )


def _class(vocabulary: str, code: str) -> str:
    if vocabulary == ATC:
        return f"ATC {_ATC_LEVELS[len(code)]}"
    if vocabulary == ICD10:
        return "ICD10 Hierarchy" if len(code) == 3 else "ICD10 code"
    return "Clinical Finding"


def _parent(vocabulary: str, code: str, known: set[str]) -> str | None:
    """The nearest code above that is known; a level of ATC without a line is passed over."""
    lengths = (5, 4, 3, 1) if vocabulary == ATC else (5, 3)
    above = (code[:length] for length in lengths if length < len(code))
    return next((wider for wider in above if wider in known), None)


def _read(file: Traversable, vocabulary: str) -> dict[str, _Line]:
    reader = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))
    if tuple(reader.fieldnames or ()) != CODE_COLUMNS:
        raise VocabularyError(f"{file.name} line 1: the header is not {','.join(CODE_COLUMNS)}")
    lines: dict[str, _Line] = {}
    for row in reader:
        place = f"{file.name} line {reader.line_num}"
        if None in row or None in row.values():
            raise VocabularyError(f"{place}: not {len(CODE_COLUMNS)} values")
        if not _FORMS[vocabulary].fullmatch(row["code"]):
            raise VocabularyError(f"{place}: not a code of {vocabulary}")
        if not row["en"].strip() or not row["zh"].strip():
            raise VocabularyError(f"{place}: a name is empty")
        if row["code"] in lines:
            raise VocabularyError(f"{place}: code {row['code']} comes twice")
        lines[row["code"]] = _Line(
            place,
            row["code"],
            row["en"],
            row["zh"],
            tuple(row["maps_to"].split("|")) if row["maps_to"] else (),
            int(row["concept_id"]) if row["concept_id"] else None,
        )
    return lines
