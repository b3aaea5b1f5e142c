"""A synthetic population is whole, repeatable, and agrees with itself."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.synth import FIRST_ID, generate, generate_batches
from deid.vault.arrow import arrow_schema
from deid.vocabulary import load_base_vocabulary
from tests.unit.deid.synth.conftest import TODAY, Population

DATED = {
    "visit_occurrence": ("visit_start_date", "visit_end_date"),
    "condition_occurrence": ("condition_start_date", "condition_end_date"),
    "drug_exposure": ("drug_exposure_start_date", "drug_exposure_end_date"),
    "measurement": ("measurement_date",),
    "observation": ("observation_date",),
    "procedure_occurrence": ("procedure_date",),
    "note": ("note_date",),
    "death": ("death_date",),
    "observation_period": ("observation_period_start_date", "observation_period_end_date"),
    "condition_era": ("condition_era_start_date", "condition_era_end_date"),
    "drug_era": ("drug_era_start_date", "drug_era_end_date"),
}


def test_the_same_seed_makes_the_same_rows() -> None:
    assert generate(30, 7, today=TODAY) == generate(30, 7, today=TODAY)


def test_another_seed_makes_other_people() -> None:
    one, other = (generate(30, seed, today=TODAY)["person_identity"] for seed in (7, 8))
    assert not one.equals(other)


@settings(max_examples=12, deadline=None)
@given(residents=st.integers(2, 25), seed=st.integers(0, 10_000))
def test_there_are_exactly_as_many_residents_as_asked_for(residents: int, seed: int) -> None:
    tables = generate(residents, seed, today=TODAY)
    assert tables["person"].num_rows == residents
    languages = pc.value_counts(tables["person_identity"]["language"]).to_pylist()
    assert {row["values"] for row in languages} == {"en-US", "zh-CN"}
    assert max(row["counts"] for row in languages) - min(row["counts"] for row in languages) <= 1


def test_one_locale_can_be_asked_for_alone() -> None:
    tables = generate(12, 3, ("en_US",), today=TODAY)
    assert set(tables["person_identity"]["language"].to_pylist()) == {"en-US"}


@pytest.mark.parametrize("locales", [(), ("de_DE",), ("en_US", "en_US")])
def test_an_impossible_choice_of_locales_is_refused(locales: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="locales are"):
        generate(10, 1, locales, today=TODAY)  # type: ignore[arg-type]


def test_every_table_has_the_columns_of_the_vault(population: Population) -> None:
    for name, rows in population[0].items():
        assert rows.schema == arrow_schema(name)
        for column in rows.schema:
            assert column.nullable or rows[column.name].null_count == 0, (name, column.name)


def test_all_ids_begin_at_the_documented_base(population: Population) -> None:
    for name, rows in population[0].items():
        key = f"{name}_id"
        if key in rows.schema.names:
            assert pc.min(rows[key]).as_py() >= FIRST_ID
            assert pc.count_distinct(rows[key]).as_py() == rows.num_rows


def test_every_concept_is_in_the_shipped_vocabulary(population: Population) -> None:
    known = load_base_vocabulary()["concept"]["concept_id"]
    for name, rows in population[0].items():
        for column in rows.schema.names:
            if "concept_id" in column:
                used = pc.drop_null(pc.unique(rows[column].combine_chunks()))
                unknown = pc.filter(used, pc.invert(pc.is_in(used, known.combine_chunks())))
                assert unknown.to_pylist() == [], (name, column)


def test_every_concept_is_of_the_domain_of_its_table(sql: duckdb.DuckDBPyConnection) -> None:
    for table, column, domain in (
        ("condition_occurrence", "condition_concept_id", "Condition"),
        ("drug_exposure", "drug_concept_id", "Drug"),
        ("measurement", "measurement_concept_id", "Measurement"),
        ("observation", "observation_concept_id", "Observation"),
        ("procedure_occurrence", "procedure_concept_id", "Procedure"),
        ("visit_occurrence", "visit_concept_id", "Visit"),
        ("measurement", "unit_concept_id", "Unit"),
    ):
        strays = sql.execute(
            f"SELECT DISTINCT {column} FROM {table} JOIN concept ON {column} = concept_id "
            f"WHERE domain_id <> '{domain}'"
        ).fetchall()
        assert strays == [], (table, column)


@pytest.mark.parametrize("table", DATED)
def test_nothing_happens_before_birth_after_death_or_after_the_last_day(
    sql: duckdb.DuckDBPyConnection, table: str
) -> None:
    for column in DATED[table]:
        wrong = sql.execute(
            f"""
            SELECT count(*) FROM {table} t
            JOIN person_identity p USING (person_id) LEFT JOIN death d USING (person_id)
            WHERE t.{column} < birth_date OR t.{column} > ? OR t.{column} > d.death_date
            """,
            [TODAY],
        ).fetchone()
        assert wrong == (0,), column


def test_visits_lie_within_the_observation_period(sql: duckdb.DuckDBPyConnection) -> None:
    outside = sql.execute(
        """
        SELECT count(*) FROM visit_occurrence JOIN observation_period USING (person_id)
        WHERE visit_start_date NOT BETWEEN observation_period_start_date
                                       AND observation_period_end_date
        """
    ).fetchone()
    assert outside == (0,)


def test_records_go_back_eight_to_ten_years(sql: duckdb.DuckDBPyConnection) -> None:
    years = sql.execute(
        """
        -- Some marry into a household later.
        SELECT quantile_disc(date_diff('day', observation_period_start_date, ?::DATE), 0.02) / 365,
               max(date_diff('day', observation_period_start_date, ?::DATE)) / 365
        FROM observation_period JOIN person_identity USING (person_id)
        WHERE birth_date < ?::DATE - INTERVAL 11 YEAR
        """,
        [TODAY, TODAY, TODAY],
    ).fetchone()
    assert years is not None
    assert years[0] >= 8
    assert years[1] <= 10


def test_everybody_of_a_visit_and_a_row_of_it_is_the_same_person(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    for table in ("measurement", "observation", "drug_exposure", "note", "procedure_occurrence"):
        mixed = sql.execute(
            f"SELECT count(*) FROM {table} t JOIN visit_occurrence v USING (visit_occurrence_id) "
            "WHERE t.person_id <> v.person_id"
        ).fetchone()
        assert mixed == (0,), table


def test_the_data_say_that_they_are_synthetic(population: Population) -> None:
    (source,) = population[0]["cdm_source"].to_pylist()
    assert "no real person" in source["source_description"]


def test_drugs_count_as_eras_of_their_ingredient_with_gaps_of_thirty_days_closed() -> None:
    from deid.synth.eras import EraWriter
    from deid.vocabulary import names

    days = [  # (first day, last day) of one person's tablets
        (date(2024, 1, 1), date(2024, 1, 30)),
        (date(2024, 2, 29), date(2024, 3, 10)),  # 30 days after the last: the same era
        (date(2024, 4, 10), date(2024, 4, 20)),  # 31 days after: a new era
    ]
    exposures = pa.Table.from_pylist(
        [
            {
                "drug_exposure_id": index,
                "person_id": 1,
                "drug_concept_id": names.AMLODIPINE_5MG,
                "drug_exposure_start_date": first,
                "drug_exposure_end_date": last,
                "drug_type_concept_id": names.EHR_PRESCRIPTION,
            }
            for index, (first, last) in enumerate(days)
        ],
        schema=arrow_schema("drug_exposure"),
    )
    eras = EraWriter().add_to({"drug_exposure": exposures})["drug_era"].to_pylist()
    assert [
        (e["drug_concept_id"], e["drug_era_start_date"], e["drug_era_end_date"]) for e in eras
    ] == [
        (names.AMLODIPINE, date(2024, 1, 1), date(2024, 3, 10)),
        (names.AMLODIPINE, date(2024, 4, 10), date(2024, 4, 20)),
    ]
    assert [(e["drug_exposure_count"], e["gap_days"]) for e in eras] == [(2, 29), (1, 0)]


@settings(max_examples=4, deadline=None)
@given(size=st.integers(1, 40), seed=st.integers(0, 100))
def test_the_size_of_a_batch_changes_no_row(size: int, seed: int) -> None:
    whole = generate(26, seed, today=TODAY)
    batches = list(generate_batches(26, seed, today=TODAY, size=size))
    for name, rows in whole.items():
        parts = [batch.tables[name] for batch in batches if name in batch.tables]
        assert pa.concat_tables(parts).combine_chunks().equals(rows), name
