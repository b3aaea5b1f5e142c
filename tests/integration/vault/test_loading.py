"""What is loaded, what is refused and why. All or nothing, and twice is once."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow as pa
import pytest
from sqlalchemy import Engine, select

from deid.errors import ImportRefused
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.report import ImportReport
from deid.vault.schema import metadata
from deid.vault.store import read_tables
from tests.integration.vault.records import (
    HYPERTENSION,
    TODAY,
    concept,
    condition,
    dataset,
    note,
    person,
    visit,
    vocabulary,
)


def load(vault: Engine, tables: dict[str, pa.Table], **options: object) -> ImportReport:
    return load_dataset(
        vault,
        tables,
        "test",
        "omop",
        options=LoadOptions(today=TODAY, **options),  # type: ignore[arg-type]
    )


def reasons(report: ImportReport, table: str) -> dict[str, int]:
    return {refusal.reason: refusal.rows for refusal in report.table(table).refusals}


def ids(vault: Engine, table: str) -> list[int]:
    with read_tables(vault) as snapshot:
        return snapshot.read(table).column(0).to_pylist()


def test_good_rows_are_loaded_and_counted(vault: Engine) -> None:
    report = load(vault, dataset())
    assert (report.read, report.loaded, report.refused) == (10, 10, 0)
    with read_tables(vault) as snapshot:
        assert snapshot.read("condition_occurrence").to_pylist()[0] == {
            **dict.fromkeys(snapshot.columns("condition_occurrence").names),
            **condition(21, 1, visit_occurrence_id=11),
        }


def test_importing_twice_changes_nothing(vault: Engine) -> None:
    load(vault, dataset())
    with read_tables(vault) as snapshot:
        before = snapshot.snapshot_id
    again = load(vault, dataset())
    assert (again.loaded, again.updated, again.refused) == (0, 0, 0)
    assert again.already_there == again.read == 10
    with read_tables(vault) as snapshot:
        assert snapshot.snapshot_id == before


def test_every_row_read_is_accounted_for(sqlite_vault: Engine) -> None:
    people = [person(1), person(2), person(2), person(3, year_of_birth=None)]
    report = load(sqlite_vault, dataset(person=people))
    for table in report.tables:
        assert table.read == table.loaded + table.updated + table.already_there + table.refused


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (person(3, year_of_birth=None), "the person has no year of birth"),
        (person(3, year_of_birth=1722), "year_of_birth is before 1850 or in the future"),
        (person(3, year_of_birth=2025), "year_of_birth is before 1850 or in the future"),
        (person(3, gender_concept_id=None), "gender_concept_id is missing"),
        (
            person(3, birth_datetime=dt.datetime(2024, 6, 2)),
            "birth_datetime is in the future",
        ),
    ],
)
def test_a_faulty_person_is_refused(
    sqlite_vault: Engine, row: dict[str, object], reason: str
) -> None:
    report = load(sqlite_vault, dataset(person=[person(1), person(2), row]))
    assert reasons(report, "person") == {reason: 1}
    assert ids(sqlite_vault, "person") == [1, 2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (condition(23, 1, "2024-06-02"), "condition_start_date is in the future"),
        (
            condition(23, 1, "2020-03-01", condition_end_date=dt.date(2020, 2, 29)),
            "condition_start_date is after condition_end_date",
        ),
        (condition(23, 77), "person_id is of an unknown person"),
        (
            condition(23, 1, condition_concept_id=999_999),
            "condition_concept_id is of an unknown concept",
        ),
        (
            condition(23, 1, condition_source_value="a\0b"),
            "condition_source_value holds a character of code 0",
        ),
    ],
)
def test_a_faulty_event_is_refused(
    sqlite_vault: Engine, row: dict[str, object], reason: str
) -> None:
    report = load(sqlite_vault, dataset(condition_occurrence=[condition(21, 1), row]))
    assert reasons(report, "condition_occurrence") == {reason: 1}
    (refusal,) = report.table("condition_occurrence").refusals
    assert refusal.examples == ("row 2",)
    assert ids(sqlite_vault, "condition_occurrence") == [21]


def test_an_event_today_is_not_in_the_future(sqlite_vault: Engine) -> None:
    report = load(sqlite_vault, dataset(condition_occurrence=[condition(21, 1, TODAY.isoformat())]))
    assert report.refused == 0


def test_a_note_without_a_person_is_refused(sqlite_vault: Engine) -> None:
    report = load(sqlite_vault, dataset(note=[note(1, 1), note(2, None), note(3, 77)]))
    assert reasons(report, "note") == {
        "person_id is missing": 1,
        "person_id is of an unknown person": 1,
    }


def test_a_refused_person_takes_all_their_records_along(sqlite_vault: Engine) -> None:
    report = load(sqlite_vault, dataset(person=[person(1, year_of_birth=None), person(2)]))
    assert reasons(report, "visit_occurrence") == {"person_id is of a refused person": 1}
    assert reasons(report, "condition_occurrence") == {"person_id is of a refused person": 1}
    assert ids(sqlite_vault, "condition_occurrence") == [22]


def test_an_optional_reference_to_nothing_is_emptied_and_the_row_kept(vault: Engine) -> None:
    rows = [condition(21, 1, visit_occurrence_id=404), condition(22, 2, visit_occurrence_id=0)]
    report = load(vault, dataset(condition_occurrence=rows))
    assert report.table("condition_occurrence").warnings == {
        "visit_occurrence_id emptied, it is of an unknown or refused visit_occurrence": 1
    }
    with read_tables(vault) as snapshot:
        found = snapshot.read("condition_occurrence")["visit_occurrence_id"].to_pylist()
    assert found == [None, None]
    assert load(vault, dataset(condition_occurrence=rows)).loaded == 0


def test_rows_may_refer_to_later_rows_of_their_own_table(vault: Engine) -> None:
    visits = [
        visit(11, 1, preceding_visit_occurrence_id=12),
        visit(12, 1, preceding_visit_occurrence_id=99),
        visit(13, 1, "2030-01-01"),
        visit(14, 1, preceding_visit_occurrence_id=13),
    ]
    report = load(vault, dataset(visit_occurrence=visits, condition_occurrence=[condition(21, 1)]))
    assert reasons(report, "visit_occurrence") == {"visit_start_date is in the future": 1}
    with read_tables(vault) as snapshot:
        rows = snapshot.read("visit_occurrence").to_pylist()
    preceding = {r["visit_occurrence_id"]: r["preceding_visit_occurrence_id"] for r in rows}
    assert preceding == {11: 12, 12: None, 14: None}


def test_different_rows_of_one_key_are_all_refused(sqlite_vault: Engine) -> None:
    rows = [condition(21, 1), condition(21, 2), condition(22, 2)]
    report = load(sqlite_vault, dataset(condition_occurrence=rows))
    assert reasons(report, "condition_occurrence") == {
        "several different rows have one key (condition_occurrence_id)": 2
    }
    assert ids(sqlite_vault, "condition_occurrence") == [22]


def test_the_same_row_twice_is_loaded_once(sqlite_vault: Engine) -> None:
    report = load(sqlite_vault, dataset(condition_occurrence=[condition(21, 1), condition(21, 1)]))
    assert reasons(report, "condition_occurrence") == {"the same row came before": 1}
    assert ids(sqlite_vault, "condition_occurrence") == [21]


def test_on_request_different_records_of_one_key_are_both_kept(sqlite_vault: Engine) -> None:
    rows = [condition(21, 1), condition(21, 2), condition(21, 2)]
    tables = dataset(condition_occurrence=rows, person=[person(1), person(2), person(2)])
    report = load(sqlite_vault, tables, duplicate_keys="renumber")
    assert report.table("condition_occurrence").loaded == 2
    assert reasons(report, "condition_occurrence") == {"the same row came before": 1}
    again = load(sqlite_vault, tables, duplicate_keys="renumber")
    assert again.loaded == 0
    assert again.table("condition_occurrence").already_there == 2


def test_another_row_under_a_key_of_the_vault_is_refused_with_its_records(vault: Engine) -> None:
    load(vault, dataset())
    report = load(
        vault,
        dataset(
            person=[person(1, year_of_birth=1990)],
            visit_occurrence=[visit(31, 1)],
            condition_occurrence=[condition(32, 2)],
        ),
    )
    assert reasons(report, "person") == {"the vault holds another row of this key": 1}
    assert reasons(report, "visit_occurrence") == {"person_id is of a refused person": 1}
    assert report.table("condition_occurrence").loaded == 1
    with read_tables(vault) as snapshot:
        assert snapshot.read("person")["year_of_birth"].to_pylist() == [1951, 1952]


def test_a_newer_vocabulary_replaces_what_differs(vault: Engine) -> None:
    load(vault, dataset())
    renamed = [*vocabulary()[:2], concept(HYPERTENSION, "Hypertension", "Condition", "SNOMED", "x")]
    report = load(vault, dataset(concept=renamed))
    assert (report.table("concept").updated, report.table("concept").already_there) == (1, 2)
    with read_tables(vault) as snapshot:
        found = dict(zip(*snapshot.read("concept", ["concept_id", "concept_name"]), strict=True))
        _ = snapshot.snapshot_id
    assert {k.as_py(): v.as_py() for k, v in found.items()}[HYPERTENSION] == "Hypertension"


def test_unknown_concepts_are_kept_on_request(sqlite_vault: Engine) -> None:
    rows = [condition(21, 1, condition_concept_id=999_999)]
    report = load(sqlite_vault, dataset(condition_occurrence=rows), unknown_concepts="keep")
    assert report.refused == 0
    assert report.table("condition_occurrence").warnings == {
        "condition_concept_id is of a concept that the vocabulary lacks": 1
    }


def test_an_unknown_concept_beside_the_main_one_is_a_warning(sqlite_vault: Engine) -> None:
    rows = [condition(21, 1, condition_type_concept_id=999_999)]
    report = load(sqlite_vault, dataset(condition_occurrence=rows))
    assert report.refused == 0
    assert report.table("condition_occurrence").warnings == {
        "condition_type_concept_id is of a concept that the vocabulary lacks": 1
    }


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"persons": [person(1)]}, "persons: no such table"),
        ({"import_batch": [{"import_batch_id": 1}]}, "import_batch: no such table"),
        ({"person": [{**person(1), "shoe_size": 43}]}, "no column shoe_size"),
        ({"person": [{"person_id": 1}]}, "required column gender_concept_id"),
        ({"person": [{**person(1), "PERSON_ID": 1}]}, "column person_id comes twice"),
    ],
)
def test_a_wrong_structure_refuses_the_whole_import(
    sqlite_vault: Engine, tables: dict[str, list[dict[str, object]]], message: str
) -> None:
    with pytest.raises(ImportRefused, match=message):
        load(sqlite_vault, {**dataset(), **{t: pa.Table.from_pylist(r) for t, r in tables.items()}})
    assert ids(sqlite_vault, "concept") == []
    with sqlite_vault.connect() as connection:
        assert connection.execute(select(metadata.tables["import_batch"])).all() == []


def test_a_source_that_breaks_half_way_leaves_nothing(vault: Engine) -> None:
    def breaking() -> object:
        yield from dataset()["condition_occurrence"].to_batches()
        raise ImportRefused("condition_occurrence.parquet: row group 2 is damaged")

    tables = {**dataset(), "condition_occurrence": breaking()}
    with pytest.raises(ImportRefused, match="row group 2"):
        load(vault, tables)  # type: ignore[arg-type]
    assert ids(vault, "person") == []


def test_the_report_is_kept_in_the_vault_with_its_refusals(vault: Engine) -> None:
    report = load(vault, dataset(note=[note(2, None)]))
    batch, refusal = metadata.tables["import_batch"], metadata.tables["import_refusal"]
    with vault.connect() as connection:
        stored = connection.execute(select(batch)).one()
        refused = connection.execute(select(refusal)).one()
    assert (stored.rows_read, stored.rows_loaded, stored.rows_refused) == (11, 10, 1)
    assert json.loads(stored.report) == json.loads(report.to_json())
    assert (refused.table_name, refused.reason, refused.rows) == ("note", "person_id is missing", 1)


def test_no_value_of_a_record_shows_in_report_or_error(sqlite_vault: Engine) -> None:
    secret = "Quillfeather"
    bad = [note(1, None, secret), {**note(2, 1, secret), "note_date": dt.date(2030, 1, 1)}]
    report = load(sqlite_vault, dataset(note=bad))
    assert secret not in report.render() + report.to_json()
    text = {"person": pa.Table.from_pylist([{**person(1), "year_of_birth": secret}])}
    report = load(sqlite_vault, text)
    assert reasons(report, "person") == {"year_of_birth is not a whole number": 1}
    assert secret not in report.render() + report.to_json()


def test_places_given_by_the_importer_are_used_as_examples(sqlite_vault: Engine) -> None:
    rows = {"person": pa.Table.from_pylist([{**person(1, year_of_birth=None), "_place": "line 7"}])}
    assert load(sqlite_vault, rows).table("person").refusals[0].examples == ("line 7",)


def test_sequences_of_batches_and_empty_tables_are_taken_too(sqlite_vault: Engine) -> None:
    tables = dataset()
    tables["person"] = iter(tables["person"].to_batches(max_chunksize=1))  # type: ignore[assignment]
    tables["death"] = iter(())  # type: ignore[assignment]
    report = load(sqlite_vault, tables)
    assert report.table("person").loaded == 2
    assert report.table("death").read == 0
