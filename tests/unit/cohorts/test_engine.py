"""Running: within a time limit, on sources as they come, and without a value in any error."""

from __future__ import annotations

import datetime
import threading
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohorts import open_cdm_folder, run
from cohorts.engines.duckdb import watched
from cohorts.errors import DataSourceError, EngineError, QueryCancelled, QueryTimeout
from tests.unit.cohorts.definitions import condition, definition, expression, tiny_world

ASTHMA = definition(expression(condition()))
ENDLESS = (
    "SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range + b.range = 7"
)
DAY = datetime.date(2020, 1, 1)


def folder_of(root: Path, upper: bool = False, csv: bool = False) -> Path:
    """A CDM folder with two people, one with asthma, and no other table but the vocabulary's."""
    tables = {
        "person": {"person_id": [1, 2], "year_of_birth": [1980, 1990], "gender_concept_id": [0, 0]},
        "observation_period": {
            "observation_period_id": [1, 2],
            "person_id": [1, 2],
            "observation_period_start_date": [DAY] * 2,
            "observation_period_end_date": [datetime.date(2021, 1, 1)] * 2,
        },
        "condition_occurrence": {
            "condition_occurrence_id": [1],
            "person_id": [1],
            "condition_concept_id": [101],
            "condition_start_date": [datetime.date(2020, 3, 1)],
        },
        "concept": {"concept_id": [101], "concept_name": ["asthma"], "invalid_reason": [""]},
    }
    root.mkdir()
    for name, columns in tables.items():
        if upper:
            columns = {column.upper(): values for column, values in columns.items()}
        rows = pa.table(columns)
        stem = name.upper() if upper else name
        if csv:
            rows.to_pandas().to_csv(root / f"{stem}.csv", index=False)
        else:
            pq.write_table(rows, root / f"{stem}.parquet")
    return root


@pytest.mark.parametrize(("upper", "csv"), [(False, False), (True, False), (False, True)])
def test_a_folder_in_any_case_and_format_runs_with_tables_missing(
    tmp_path: Path, upper: bool, csv: bool
) -> None:
    result = run(ASTHMA, open_cdm_folder(folder_of(tmp_path / "cdm", upper, csv)))
    assert result.rows.to_pylist() == [
        {
            "subject_id": 1,
            "cohort_start_date": datetime.date(2020, 3, 1),
            "cohort_end_date": datetime.date(2020, 3, 2),
        }
    ]
    assert result.missing_tables == ("concept_ancestor",)


def test_a_table_that_the_definition_needs_and_the_source_lacks_is_named(tmp_path: Path) -> None:
    source = open_cdm_folder(folder_of(tmp_path / "cdm"))
    result = run(definition(expression({"DrugExposure": {}})), source)
    assert result.entries == 0
    assert "drug_exposure" in result.missing_tables


def test_a_table_without_a_date_is_refused_and_not_taken_as_empty(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "cdm")
    path = folder / "condition_occurrence.parquet"
    pq.write_table(pq.read_table(path).drop_columns("condition_start_date"), path)
    with pytest.raises(DataSourceError, match="condition_occurrence has no column condition_start"):
        run(ASTHMA, open_cdm_folder(folder))


def test_tables_may_be_links_to_files_elsewhere(tmp_path: Path) -> None:
    held, folder = folder_of(tmp_path / "held"), tmp_path / "cdm"
    folder.mkdir()
    for path in held.iterdir():
        (folder / path.name).symlink_to(path)
    assert run(ASTHMA, open_cdm_folder(folder)).entries == 1


def test_a_folder_without_people_is_no_cdm(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match="no table person"):
        open_cdm_folder(tmp_path)


def test_a_corrupt_file_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "cdm")
    (folder / "measurement.parquet").write_bytes(b"PAR1 not at all")
    with pytest.raises(DataSourceError, match=r"measurement\.parquet"):
        run(ASTHMA, open_cdm_folder(folder))


def test_an_error_in_the_data_names_no_value(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "cdm")
    rows = pa.table(
        {
            "condition_occurrence_id": [1],
            "person_id": [1],
            "condition_concept_id": [101],
            "condition_start_date": ["Zhang San"],
        }
    )
    pq.write_table(rows, folder / "condition_occurrence.parquet")
    with pytest.raises(EngineError) as failed:
        run(ASTHMA, open_cdm_folder(folder))
    assert "Zhang" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


def test_a_query_is_stopped_at_its_limit() -> None:
    started = time.monotonic()
    with (
        duckdb.connect() as connection,
        pytest.raises(QueryTimeout, match=r"0\.2 seconds"),
        watched(connection, 0.2),
    ):
        connection.execute(ENDLESS)
    assert time.monotonic() - started < 30


def test_a_query_is_stopped_when_it_is_cancelled() -> None:
    cancel = threading.Event()
    timer = threading.Timer(0.2, cancel.set)
    timer.start()
    with (
        duckdb.connect() as connection,
        pytest.raises(QueryCancelled),
        watched(connection, 60, cancel),
    ):
        connection.execute(ENDLESS)
    timer.join()


def test_a_run_that_is_cancelled_beforehand_gives_no_result(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    release = tiny_world(tmp_path, [{"person": "1", "concept": "asthma", "day": "2020-01-01"}])
    with pytest.raises(QueryCancelled):
        run(ASTHMA, release, cancel=cancel)


def test_a_run_leaves_nothing_behind_in_the_source(tmp_path: Path) -> None:
    release = tiny_world(tmp_path, [{"person": "1", "concept": "asthma", "day": "2020-01-01"}])
    before = sorted(path for path in tmp_path.rglob("*"))
    run(ASTHMA, release)
    assert sorted(path for path in tmp_path.rglob("*")) == before
    release.check_files()


def test_a_result_does_not_print_its_people(tmp_path: Path) -> None:
    release = tiny_world(tmp_path, [{"person": "1", "concept": "asthma", "day": "2020-01-01"}])
    result = run(ASTHMA, release)
    assert str(result.person_ids[0].as_py()) not in repr(result)
    assert "2020" not in repr(result)
