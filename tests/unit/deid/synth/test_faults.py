"""Faults are planted at the rates of the parameter table, and the ledger says where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest

from deid.synth.parameters import value
from deid.synth.population import Batch, generate_batches
from deid.synth.visits import Fault
from tests.unit.deid.synth.conftest import TODAY


@pytest.fixture(scope="module")
def county() -> Batch:
    """400 residents in one batch."""
    (batch,) = generate_batches(400, 77, today=TODAY, size=10_000)
    return batch


@pytest.fixture(scope="module")
def rows(county: Batch) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, table in county.tables.items():
            connection.register(name, table)
        yield connection


def _of(county: Batch, kind: str) -> list[Fault]:
    return [fault for fault in county.faults if fault.kind == kind]


def _ids(county: Batch, kind: str) -> list[int]:
    return [row for fault in _of(county, kind) for row in fault.row_ids]


def test_every_fault_names_rows_of_its_person_and_visit(
    county: Batch, rows: duckdb.DuckDBPyConnection
) -> None:
    assert len(county.faults) > 300
    for table in {fault.table for fault in county.faults}:
        owners = {
            row: (person, visit)
            for row, person, visit in rows.execute(
                f"SELECT {table}_id, person_id, visit_occurrence_id FROM {table}"
            ).fetchall()
        }
        for fault in county.faults:
            if fault.table == table:
                assert fault.row_ids
                for row in fault.row_ids:
                    assert owners[row] == (fault.person_id, fault.visit_occurrence_id)


@pytest.mark.parametrize(
    ("kind", "rate", "denominator"),
    [
        (
            "duplicate visit",
            "fault.duplicate_visit",
            "SELECT count(*) FROM visit_occurrence",
        ),
        (
            "wrong unit",
            "fault.wrong_unit",
            "SELECT count(DISTINCT visit_occurrence_id) FROM measurement "
            "WHERE measurement_source_value SIMILAR TO "
            "'(FASTING_GLUCOSE|CHOLESTEROL|CREATININE|LDL)(_MASS)?'",
        ),
        (
            "implausible value",
            "fault.implausible_value",
            "SELECT count(*) FROM note WHERE visit_occurrence_id IN (SELECT visit_occurrence_id "
            "FROM measurement WHERE measurement_source_value IN ('SYSTOLIC_BP', 'HEART_RATE'))",
        ),
        (
            "swapped pressure",
            "fault.swapped_pressure",
            "SELECT count(*) FROM note JOIN measurement USING (visit_occurrence_id) "
            "WHERE measurement_source_value = 'SYSTOLIC_BP'",
        ),
        (
            "missing mandatory",
            "fault.missing_mandatory",
            "SELECT count(*) FROM note "
            "WHERE note_source_value IN ('hypertension', 'diabetes', 'examination')",
        ),
        (
            "unmapped code",
            "fault.unmapped_code",
            "SELECT count(*) FROM note "
            "WHERE note_source_value IN ('hypertension', 'diabetes', 'contact')",
        ),
        (
            "class contradicts",
            "class.contradicts",
            "SELECT count(*) FROM note WHERE note_source_value IN ('hypertension', 'diabetes')",
        ),
    ],
)
def test_a_fault_comes_at_its_rate(
    county: Batch, rows: duckdb.DuckDBPyConnection, kind: str, rate: str, denominator: str
) -> None:
    (chances,) = rows.execute(denominator).fetchall()[0]
    expected = value(rate) * chances
    # Four standard deviations of rare independent events, and a tenth for what excludes it.
    assert abs(len(_of(county, kind)) - expected) <= 4 * expected**0.5 + 0.1 * expected
    assert expected > 10


def test_swapped_pressures_are_those_with_the_higher_number_below(
    county: Batch, rows: duckdb.DuckDBPyConnection
) -> None:
    swapped = rows.execute(
        """
        SELECT high.measurement_id FROM measurement high JOIN measurement low
          USING (visit_occurrence_id)
        WHERE high.measurement_source_value = 'SYSTOLIC_BP'
          AND low.measurement_source_value = 'DIASTOLIC_BP'
          AND high.value_as_number < low.value_as_number AND low.value_as_number < 400
        """
    ).fetchall()
    # A duplicate repeats the faults of its visit without planting them once more.
    planted = set(_ids(county, "swapped pressure"))
    repeated = len(_of(county, "duplicate visit"))
    found = {row for (row,) in swapped}
    assert len(planted & found) >= 0.8 * len(planted) / 2
    assert len(found - planted) <= repeated


def test_only_unmapped_codes_are_without_a_concept_and_they_keep_their_words(
    county: Batch, rows: duckdb.DuckDBPyConnection
) -> None:
    for table, concept in (("condition_occurrence", "condition"), ("drug_exposure", "drug")):
        bare = rows.execute(
            f"SELECT {table}_id, {concept}_source_value FROM {table} WHERE {concept}_concept_id = 0"
        ).fetchall()
        assert {row for row, _ in bare} == {
            row
            for fault in _of(county, "unmapped code")
            if fault.table == table
            for row in fault.row_ids
        }
        assert all(words for _, words in bare)


def test_only_planted_visits_lie_before_birth_or_after_death(
    county: Batch, rows: duckdb.DuckDBPyConnection
) -> None:
    early = rows.execute(
        "SELECT visit_occurrence_id FROM visit_occurrence JOIN person USING (person_id) "
        "WHERE visit_start_date < birth_datetime::DATE"
    ).fetchall()
    late = rows.execute(
        "SELECT visit_occurrence_id FROM visit_occurrence JOIN death USING (person_id) "
        "WHERE visit_start_date > death_date"
    ).fetchall()
    assert sorted(row for (row,) in early) == sorted(_ids(county, "before birth"))
    assert sorted(row for (row,) in late) == sorted(_ids(county, "after death"))


def test_a_duplicate_repeats_the_readings_of_another_visit_of_that_day(
    county: Batch, rows: duckdb.DuckDBPyConnection
) -> None:
    content: dict[int, Counter[tuple[object, ...]]] = {}
    for visit, *what in rows.execute(
        "SELECT visit_occurrence_id, person_id, measurement_date, measurement_source_value, "
        "value_as_number FROM measurement"
    ).fetchall():
        content.setdefault(visit, Counter())[tuple(what)] += 1
    for visit in _ids(county, "duplicate visit"):
        if visit in content:
            assert content[visit] == content[visit - 1]


def test_about_one_follow_up_in_ten_contradicts_itself(
    county: Batch, rows: duckdb.DuckDBPyConnection
) -> None:
    (forms,) = rows.execute(
        "SELECT count(*) FROM note WHERE note_source_value IN ('hypertension', 'diabetes')"
    ).fetchall()[0]
    kinds = {"class contradicts", "wrong unit", "implausible value", "swapped pressure"}
    share = sum(fault.kind in kinds for fault in county.faults) / forms
    assert 0.08 < share < 0.16
