"""The faults that the generator plants are found, at the rates at which they were planted."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import duckdb
import pytest

from deid.quality import QualityAssessment, assess
from deid.synth import generate_batches
from deid.vault.schema import IDENTITY_TABLES
from deid.vocabulary import load_base_vocabulary

Ledger = dict[tuple[str, str], set[int]]
ALL = 1_000_000

CHECKS: dict[tuple[str, str], tuple[str, ...]] = {
    ("class contradicts", "observation"): ("classAgreesWithReading",),
    ("missing mandatory", "visit_occurrence"): ("mandatoryField",),
    ("implausible value", "measurement"): ("plausibleValueLow", "plausibleValueHigh"),
    ("wrong unit", "measurement"): ("plausibleValueLow", "plausibleValueHigh"),
    ("duplicate visit", "visit_occurrence"): ("duplicateVisit",),
    ("unmapped code", "drug_exposure"): ("standardConceptRecordCompleteness",),
    ("unmapped code", "condition_occurrence"): ("standardConceptRecordCompleteness",),
    ("drug without indication", "drug_exposure"): ("drugHasIndication",),
    ("wrong sex", "condition_occurrence"): ("plausibleGender",),
    ("after death", "visit_occurrence"): ("plausibleBeforeDeath",),
    ("before birth", "visit_occurrence"): ("plausibleAfterBirth",),
    ("note disagrees", "note"): ("noteAgreesWithReading",),
}
"""Kind of fault and table of its rows, and the checks that are for it."""


@pytest.fixture(scope="module")
def county() -> tuple[QualityAssessment, Ledger]:
    """700 residents: what was found in their records, and what had been planted."""
    planted: Ledger = defaultdict(set)
    with duckdb.connect() as connection:
        columns = {}
        for batch in generate_batches(700, 31, today=date(2025, 6, 30), size=ALL):
            for fault in batch.faults:
                planted[fault.kind, fault.table].update(fault.row_ids)
            for name, rows in (batch.tables | load_base_vocabulary()).items():
                if name not in IDENTITY_TABLES:
                    connection.register(name, rows)
                    columns[name] = rows.column_names
        return assess(connection, columns, examples=ALL), planted


def found_by(assessment: QualityAssessment, names: tuple[str, ...], table: str) -> set[int]:
    """Keys of all rows that these checks complain of."""
    return {
        key for name in names for result in assessment.of(name, table) for key in result.examples
    }


@pytest.mark.parametrize(("kind", "table"), CHECKS, ids=lambda part: part)
def test_planted_faults_are_found(
    county: tuple[QualityAssessment, Ledger], kind: str, table: str
) -> None:
    assessment, planted = county
    wanted = planted[kind, table]
    assert wanted, "none was planted; take more residents"
    hit = found_by(assessment, CHECKS[kind, table], table) & wanted
    # Urea of 15 is high in mmol/L and ordinary in mg/dL: no limit tells these units apart.
    least = 0.75 if kind == "wrong unit" else 0.9
    assert len(hit) >= least * len(wanted), f"{len(hit)} of {len(wanted)}"


@pytest.mark.parametrize("name", ["classAgreesWithReading", "mandatoryField", "duplicateVisit"])
def test_little_else_is_found(county: tuple[QualityAssessment, Ledger], name: str) -> None:
    assessment, planted = county
    kinds = [key for key, checks in CHECKS.items() if name in checks]
    wanted = set().union(*(planted[key] for key in kinds))
    found = found_by(assessment, (name,), kinds[0][1])
    assert len(found - wanted) <= 0.1 * len(found), f"{len(found - wanted)} of {len(found)}"


def test_swapped_pressures_are_found(county: tuple[QualityAssessment, Ledger]) -> None:
    assessment, planted = county
    wanted = planted["swapped pressure", "measurement"]
    (result,) = assessment.of("systolicAboveDiastolic")
    # Two rows were swapped; the check names the systolic one.
    assert len(set(result.examples) & wanted) >= 0.9 * len(wanted) / 2


def test_every_kind_that_was_planted_has_its_check(
    county: tuple[QualityAssessment, Ledger],
) -> None:
    gaps_and_copies = {"gap in follow-up", "copied forward", "swapped pressure"}
    assert {kind for kind, _ in county[1]} - {kind for kind, _ in CHECKS} <= gaps_and_copies
