"""The faults that the generator plants are found, kind by kind, at the rates of its ledger.

Every kind has its checks, the least share of its faults that they find (sensitivity) and the
greatest share of what they find that nobody planted (false discoveries).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import duckdb
import pytest

from deid.quality import QualityAssessment, assess
from deid.quality.digits import estimate_rounding
from deid.synth import generate_batches
from deid.synth.parameters import value
from deid.synth.visits import Fault
from deid.vault.schema import IDENTITY_TABLES
from deid.vocabulary import load_base_vocabulary, names

ALL = 1_000_000
RANGES = ("plausibleValueLow", "plausibleValueHigh")


@dataclass(frozen=True)
class Expected:
    """Checks that are for one kind of fault, as shown by rows of one table."""

    kind: str
    table: str
    checks: tuple[str, ...]
    sensitivity: float = 0.95
    false_discoveries: float = 0.1
    column: str = ""
    beside: tuple[str, ...] = ()
    """Other kinds that these checks are for as well."""


EXPECTED = (
    # A class is judged by the pressure of its visit; that may be spoilt itself.
    Expected("class contradicts", "observation", ("classAgreesWithReading",)),
    Expected("missing mandatory", "visit_occurrence", ("mandatoryField",)),
    Expected("missing laboratory", "visit_occurrence", ("laboratoryCompleteness",)),
    Expected(
        "implausible value", "measurement", (*RANGES, "suddenChange"),
        column="value_as_number", beside=("wrong unit", "swapped pressure"),
    ),
    # Limits alone found three in four: urea of 15 is high in mmol/L and ordinary in mg/dL.
    Expected(
        "wrong unit", "measurement", ("valueOfOtherUnit", *RANGES), sensitivity=0.9,
        false_discoveries=0.2, column="value_as_number",
        beside=("implausible value", "swapped pressure"),
    ),
    Expected("swapped pressure", "measurement", ("systolicAboveDiastolic",)),
    # A copy that is spoilt by another fault is no longer one.
    Expected("copied forward", "measurement", ("copyForward",), sensitivity=0.9,
             false_discoveries=0.15),
    Expected("duplicate visit", "visit_occurrence", ("duplicateVisit",)),
    Expected("unmapped code", "drug_exposure", ("standardConceptRecordCompleteness",),
             column="drug_concept_id"),
    Expected("unmapped code", "condition_occurrence", ("standardConceptRecordCompleteness",),
             column="condition_concept_id"),
    Expected("drug without indication", "drug_exposure", ("drugHasIndication",),
             false_discoveries=0.2),
    Expected("wrong sex", "condition_occurrence", ("plausibleGenderUseDescendants",)),
    Expected("after death", "visit_occurrence", ("plausibleBeforeDeath",)),
    Expected("before birth", "visit_occurrence", ("plausibleAfterBirth",)),
    # A wrong pressure that is also one of an earlier visit cannot be told from a quotation.
    Expected("note disagrees", "note", ("noteAgreesWithReading",), sensitivity=0.85),
)  # fmt: skip


@dataclass(frozen=True)
class County:
    """500 residents: what was found in their records, and what had been planted."""

    assessment: QualityAssessment
    faults: tuple[Fault, ...]
    chinese: frozenset[int]
    digits: tuple[int, ...]

    def found(self, expected: Expected) -> set[int]:
        """Keys of all rows that the checks of a kind complain of."""
        return {
            key
            for name in expected.checks
            for result in self.assessment.of(name, expected.table, expected.column)
            for key in result.examples
        }

    def planted(self, kind: str, table: str) -> list[Fault]:
        return [fault for fault in self.faults if (fault.kind, fault.table) == (kind, table)]

    def follow_up(self, name: str, schedules: str) -> set[int]:
        """Examples of one check of continuity, of the schedules with these words in the title."""
        return {
            key
            for result in self.assessment.of(name)
            if schedules in result.check.concept and "mental" not in result.check.concept
            for key in result.examples
        }


@pytest.fixture(scope="module")
def county() -> Iterator[County]:
    with duckdb.connect() as connection:
        (batch,) = generate_batches(500, 31, today=date(2025, 6, 30), size=ALL)
        columns = {}
        for name, rows in (batch.tables | load_base_vocabulary()).items():
            if name not in IDENTITY_TABLES:
                connection.register(name, rows)
                columns[name] = rows.column_names
        chinese = connection.execute(
            "SELECT person_id FROM person JOIN location USING (location_id) "
            "WHERE country_source_value = 'CN'"
        ).fetchall()
        digits = dict(
            connection.execute(
                "SELECT CAST(value_as_number AS INTEGER) % 10, count(*) FROM measurement "
                f"WHERE measurement_concept_id = {names.SYSTOLIC_BP} AND value_as_number < 270 "
                "GROUP BY 1"
            ).fetchall()
        )
        yield County(
            assess(connection, columns, examples=ALL),
            tuple(batch.faults),
            frozenset(row[0] for row in chinese),
            tuple(digits[digit] for digit in range(10)),
        )


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda e: f"{e.kind} in {e.table}")
def test_planted_faults_are_found_and_little_else(county: County, expected: Expected) -> None:
    planted = county.planted(expected.kind, expected.table)
    assert planted, "none was planted; take more residents"
    found = county.found(expected)
    # One fault may show in several rows, as both swapped pressures; a check names one of them.
    hits = sum(not found.isdisjoint(fault.row_ids) for fault in planted)
    assert hits >= expected.sensitivity * len(planted), f"{hits} of {len(planted)}"
    explained = {
        row
        for kind in (expected.kind, *expected.beside)
        for fault in county.planted(kind, expected.table)
        for row in fault.row_ids
    }
    false = len(found - explained)
    assert false <= expected.false_discoveries * len(found), f"{false} of {len(found)}"


def test_gaps_are_found_by_the_visit_that_they_follow(county: County) -> None:
    planted = {
        fault.visit_occurrence_id
        for fault in county.planted("gap in follow-up", "visit_occurrence")
        if fault.person_id in county.chinese
    }
    last = {f.visit_occurrence_id for f in county.planted("lost to follow-up", "visit_occurrence")}
    found = county.follow_up("dueVisitKept", "four visits a year")
    assert len(found & planted) >= 0.95 * len(planted) > 0
    assert len(found - planted - last) <= 0.1 * len(found)


def test_who_drops_out_is_found_as_lost(county: County) -> None:
    planted = {f.person_id for f in county.planted("lost to follow-up", "visit_occurrence")}
    found = county.follow_up("lostToFollowUp", "")
    assert len(found & planted) >= 0.9 * len(planted) > 0
    assert len(found - planted) <= 0.1 * len(found)


def test_digit_preference_is_found_at_every_provider_and_at_its_rate(county: County) -> None:
    (result,) = county.assessment.of("digitPreference")
    assert result.violated >= 0.9 * result.rows > 0
    rounding = estimate_rounding(county.digits)
    assert rounding.to_ten == pytest.approx(value("digits.ten"), abs=0.05)
    assert rounding.to_five == pytest.approx(value("digits.five"), abs=0.05)
    assert rounding.to_two == pytest.approx(value("digits.even"), abs=0.05)


def test_every_kind_that_was_planted_has_its_check(county: County) -> None:
    elsewhere = {"gap in follow-up", "lost to follow-up"}
    assert {fault.kind for fault in county.faults} == {e.kind for e in EXPECTED} | elsewhere


def test_found_at_the_rate_that_was_planted(county: County) -> None:
    """What an administrator reads, the number found, is the number planted, within a fifth."""
    rates: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for expected in EXPECTED:
        if not expected.beside:
            rates[expected.kind][0] += len(county.planted(expected.kind, expected.table))
            rates[expected.kind][1] += len(county.found(expected))
    assert {
        kind: (planted, found)
        for kind, (planted, found) in rates.items()
        if not 0.8 * planted <= found <= 1.2 * planted
    } == {}
