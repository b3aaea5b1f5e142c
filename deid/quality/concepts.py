"""Checks at concept level: values, units and sexes that can be, from the shipped bilingual table.

The limits of ``data/plausible.csv`` are those of life, in the unit of the term, not reference
ranges: a value outside them was written wrongly or belongs to another unit. ``other_units`` are
units that the term is also measured in; their values are not judged.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files

from deid.quality.model import CheckResult
from deid.quality.tables import Records, check
from deid.vocabulary import Term, load_terms, names

SEXES = {"M": names.MALE, "F": names.FEMALE}


@cache
def terms() -> dict[str, Term]:
    """Terms of the shipped vocabulary by key."""
    return {term.key: term for term in load_terms()}


def ids_in(keys: Iterable[str]) -> str:
    """Concept ids of vocabulary keys, as a list for SQL."""
    return ", ".join(str(terms()[key].concept_id) for key in keys)


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Rows of one of this package's data files."""
    with (files("deid.quality") / "data" / name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def concept_checks(records: Records, tables: list[str]) -> list[CheckResult]:
    """All checks at concept level of the ``tables`` that are there."""
    results: list[CheckResult] = []
    if "measurement" in tables:
        used = _used(records, "measurement", "measurement_concept_id")
        for row in rows_of("plausible.csv"):
            term = terms()[row["key"]]
            if term.concept_id in used:
                others = [int(unit) for unit in row["other_units"].split("|") if unit]
                limits = float(row["low"]), float(row["high"])
                results += _values(records, term, limits, others)
    if {"condition_occurrence", "person", "concept_ancestor"} <= set(tables):
        results += [_sex(records, terms()[row["key"]], row["sex"]) for row in rows_of("sex.csv")]
    return [result for result in results if result.rows]


def _used(records: Records, table: str, column: str) -> set[int]:
    return {
        row[0]
        for row in records.connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
    }


def _values(
    records: Records,
    term: Term,
    limits: tuple[float, float],
    other_units: Sequence[int],
) -> Iterator[CheckResult]:
    low, high = limits
    unit = term.unit_concept_id or 0
    # A value in another unit is the unit check's; NULL is the term's own unit left unsaid.
    of_term = f"FROM measurement WHERE measurement_concept_id = {term.concept_id}"
    in_unit = (
        f"{of_term} AND value_as_number IS NOT NULL AND coalesce(unit_concept_id, 0) IN (0, {unit})"
    )
    for name, words, outside in (
        ("plausibleValueLow", f"below {low:g}", f"value_as_number < {low}"),
        ("plausibleValueHigh", f"above {high:g}", f"value_as_number > {high}"),
    ):
        asked = check(name, "CONCEPT", "Plausibility", "Atemporal", "measurement", words,
                      "value_as_number", term.en)  # fmt: skip
        yield records.count(asked, f"SELECT measurement_id AS id, {outside} AS violated {in_unit}")
    if unit:
        asked = check("plausibleUnitConceptIds", "CONCEPT", "Plausibility", "Atemporal",
                      "measurement", "a unit that the term is not measured in", "unit_concept_id",
                      term.en)  # fmt: skip
        yield records.count(
            asked,
            "SELECT measurement_id AS id, unit_concept_id NOT IN "
            f"({', '.join(map(str, (unit, *other_units)))}) AS violated {of_term} "
            "AND coalesce(unit_concept_id, 0) <> 0",
        )


def _sex(records: Records, term: Term, sex: str) -> CheckResult:
    asked = check("plausibleGenderUseDescendants", "CONCEPT", "Plausibility", "Atemporal",
                  "condition_occurrence", "it or a kind of it in a person of the other sex",
                  "condition_concept_id", term.en)  # fmt: skip
    return records.count(
        asked,
        "SELECT condition_occurrence_id AS id, gender_concept_id <> "
        f"{SEXES[sex]} AS violated FROM condition_occurrence JOIN person USING (person_id) "
        "WHERE condition_concept_id IN (SELECT descendant_concept_id FROM concept_ancestor "
        f"WHERE ancestor_concept_id = {term.concept_id}) "
        f"AND gender_concept_id IN ({SEXES['M']}, {SEXES['F']})",
    )
