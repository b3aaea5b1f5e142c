"""Synthetic forms written as CSV and imported into an empty vault tell what the generator told."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from deid.errors import FormError
from deid.forms import FormFiles
from deid.forms.model import Language
from deid.importers.forms import import_forms
from deid.synth import generate
from deid.synth.form_files import write_forms
from deid.vault.loading import LoadOptions
from deid.vault.reading import read_tables
from deid.vault.report import ImportReport
from deid.vault.store import create_vault

TODAY = date(2025, 6, 30)
RESIDENTS, SEED = 30, 3
CLINICAL = {
    "measurement": "measurement_concept_id AS concept, measurement_date, value_as_number, "
    "value_as_concept_id, "
    "unit_concept_id, range_low, range_high, measurement_type_concept_id",
    "observation": "observation_concept_id AS concept, observation_date, value_as_number, "
    "value_as_string, value_as_concept_id, unit_concept_id, qualifier_concept_id",
    "condition_occurrence": "condition_concept_id AS concept, condition_start_date, "
    "condition_end_date, condition_type_concept_id",
    "drug_exposure": "drug_concept_id AS concept, drug_exposure_start_date, "
    "drug_exposure_end_date, quantity, days_supply, sig, drug_type_concept_id",
    "procedure_occurrence": "procedure_concept_id AS concept, procedure_date",
    "person": "gender_concept_id AS concept, race_concept_id, year_of_birth, month_of_birth, "
    "day_of_birth",
    "death": "death_date AS concept",
}
IDENTITY = {
    "person_identity": "full_name, family_name, given_name, other_names, birth_date, language",
    "identifier": "kind, value",
    "contact": "kind, use, value",
    "address": "line, village, township, district, city, state, postal_code, country, full_text",
}
# What no form asks for: events of a life beside its visits, and former addresses.
OF_FORMS = {"observation": "visit_occurrence_id IS NOT NULL", "address": "use = 'home'"}


@pytest.fixture(scope="module")
def generated() -> dict[str, pa.Table]:
    return generate(RESIDENTS, SEED, today=TODAY, faults=False)


@pytest.fixture(scope="module", params=["zh", "en"])
def came_back(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    generated: dict[str, pa.Table],
) -> Iterator[tuple[duckdb.DuckDBPyConnection, ImportReport]]:
    """What was generated (``made_*``) and what the import made of the files (``got_*``)."""
    folder = tmp_path_factory.mktemp(request.param)
    language: Language = request.param
    write_forms(folder / "forms", RESIDENTS, SEED, today=TODAY, language=language, faults=False)
    engine = create_vault(f"sqlite:///{folder / 'vault.db'}")
    report = import_forms(engine, folder / "forms", options=LoadOptions(today=TODAY))
    sql = duckdb.connect()
    with read_tables(engine) as vault:
        for table in (*CLINICAL, *IDENTITY, "visit_occurrence"):
            for side, rows in (("got", vault.read(table)), ("made", generated[table])):
                sql.register(f"{side}_{table}_rows", rows)
                sql.execute(
                    f"CREATE TEMP VIEW {side}_{table} AS SELECT * FROM {side}_{table}_rows "
                    f"WHERE {OF_FORMS.get(table, 'true')}"
                )
    for side in ("got", "made"):
        sql.execute(
            f"CREATE TEMP VIEW {side}_who AS SELECT person_id, coalesce(min(value) FILTER "
            f"(kind = 'RECORD_NO'), min(value) FILTER (kind = 'MRN')) AS who "
            f"FROM {side}_identifier GROUP BY person_id"
        )
    yield sql, report
    sql.close()
    engine.dispose()


def differences(
    sql: duckdb.DuckDBPyConnection, table: str, columns: str, one: str, other: str
) -> list[tuple[object, ...]]:
    """Rows of one side that the other lacks, people known by their numbers."""
    rows = "SELECT DISTINCT who, {columns} FROM {side}_{table} JOIN {side}_who USING (person_id)"
    return sql.execute(
        f"SELECT * FROM ({rows.format(columns=columns, side=one, table=table)} EXCEPT "
        f"{rows.format(columns=columns, side=other, table=table)})"
    ).fetchall()


def test_every_row_of_the_files_is_used(
    came_back: tuple[duckdb.DuckDBPyConnection, ImportReport],
) -> None:
    _, report = came_back
    assert report.refused == 0
    assert report.skipped == ()
    assert not [note for note in report.notes if "17 digits" in note or "ID card" in note]


@pytest.mark.parametrize("table", CLINICAL)
def test_no_clinical_row_is_lost(
    came_back: tuple[duckdb.DuckDBPyConnection, ImportReport], table: str
) -> None:
    sql, _ = came_back
    assert differences(sql, table, CLINICAL[table], "made", "got") == []


@pytest.mark.parametrize("table", sorted(CLINICAL.keys() - {"observation", "measurement"}))
def test_no_clinical_row_is_invented(
    came_back: tuple[duckdb.DuckDBPyConnection, ImportReport], table: str
) -> None:
    sql, _ = came_back
    assert differences(sql, table, CLINICAL[table], "got", "made") == []


@pytest.mark.parametrize("table", ["observation", "measurement"])
def test_only_symptoms_and_second_answers_of_a_visit_are_more(
    came_back: tuple[duckdb.DuckDBPyConnection, ImportReport], table: str
) -> None:
    """The generator keeps symptoms for the note, and the first of two answers at one visit."""
    sql, _ = came_back
    day = f"{table}_date"
    more = differences(sql, table, CLINICAL[table], "got", "made")
    asked = {
        tuple(row)
        for row in sql.execute(
            f"SELECT who, {table}_concept_id, {day} FROM made_{table} "
            "JOIN made_who USING (person_id)"
        ).fetchall()
    }
    symptom = 46234710
    assert [row for row in more if row[1] != symptom and row[:3] not in asked] == []


@pytest.mark.parametrize("table", IDENTITY)
def test_people_keep_their_particulars(
    came_back: tuple[duckdb.DuckDBPyConnection, ImportReport], table: str
) -> None:
    sql, _ = came_back
    assert differences(sql, table, IDENTITY[table], "made", "got") == []


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_forms(tmp_path / name, 6, SEED, ("zh_CN",), today=TODAY)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "basic_information.csv" in files
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_every_resident_is_in_the_file_of_persons_once(tmp_path: Path) -> None:
    write_forms(tmp_path / "forms", 12, SEED, ("zh_CN",), today=TODAY)
    with (tmp_path / "forms" / "basic_information.csv").open(encoding="utf-8-sig") as file:
        codes = [row["档案编号"] for row in csv.DictReader(file)]
    assert len(set(codes)) == len(codes) == 12


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "contact.csv").write_text("")
    with pytest.raises(FormError, match="CSV files already"):
        FormFiles(tmp_path)
