"""DuckDB, PostgreSQL and Apache Spark give the same people, days and attrition."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from app.cli.cohort import cohort
from cohorts import CohortResult, load, open_cdm_folder
from cohorts.engines import postgresql, spark
from cohorts.engines.spark import local_spark
from cohorts.errors import (
    DataSourceError,
    EngineError,
    EngineUnavailable,
    QueryCancelled,
    QueryTimeout,
)
from cohorts.result import COHORT_SCHEMA
from deid.local_spark import running_spark
from tests.conftest import SHARED
from tests.integration.cohorts.engines import Duckdb, Postgresql, Spark
from tests.unit.cohorts.definitions import (
    condition,
    correlated,
    definition,
    drug,
    expression,
    person_number,
    rule,
    tiny_world,
)

ROOT = Path(__file__).resolve().parents[3]
ODD = "it's 5 \\ 6, \\' ${user.home} {0 == 1}?{x} @y; :z ?\n-- 中文"
SHARED_SAMPLE = ("001", "019", "028", "040", "070")
"""Rules and attrition, a text filter, censoring, nested groups, and a custom era."""

Engine = Duckdb | Postgresql | Spark


@pytest.fixture(scope="module")
def cdm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the OMOP tables of twelve people with asthma; the even ones are treated."""
    events = []
    for person in range(1, 13):
        first = dt.date(2020, 1, 1) + dt.timedelta(days=person)
        for repeat in range(person % 3 + 1):
            day = first + dt.timedelta(days=40 * repeat)
            events.append({"person": person, "concept": "asthma", "day": day})
        if person % 2 == 0:
            for repeat in range(3):
                day = first + dt.timedelta(days=5 + 20 * repeat)
                until = day + dt.timedelta(days=7)
                row = {"person": person, "domain": "drug", "concept": "salbutamol"}
                events.append({**row, "day": day, "until": until})
        if person % 3 == 0:
            day = first + dt.timedelta(days=2)
            row = {"person": person, "domain": "measurement", "concept": "peak flow"}
            events.append({**row, "day": day, "value": 200 + 20 * person})
        if person == 4:
            day = first + dt.timedelta(days=30)
            events.append({"person": person, "concept": "angina", "day": day})
    drawn = [{name: str(value) for name, value in event.items()} for event in events]
    folder = tmp_path_factory.mktemp("engines")
    release = tiny_world(folder / "releases", drawn)
    (folder / "cdm").mkdir()
    for table in release.tables:
        rows = release.read(table)
        if table == "condition_occurrence":
            texts = [ODD if n % 5 == 0 else "it is 5" for n in range(rows.num_rows)]
            rows = rows.append_column("stop_reason", pa.array(texts))
        pq.write_table(rows, folder / "cdm" / f"{table}.parquet")
    return folder / "cdm"


def rows_of(result: CohortResult) -> list[tuple[int, str, str]]:
    columns = (column.to_pylist() for column in result.rows.columns)
    return [(person, str(start), str(end)) for person, start, end in zip(*columns, strict=True)]


def periods(result: CohortResult) -> list[tuple[int, str, str]]:
    return [(person_number(person), start, end) for person, start, end in rows_of(result)]


def test_rules_narrow_and_periods_collapse(engine: Engine, cdm: Path) -> None:
    high = {"Measurement": {"CodesetId": 3, "ValueAsNumber": {"Value": 300.5, "Op": "gte"}}}
    document = expression(
        condition(),
        InclusionRules=[
            rule("treated", correlated(drug(), 0, 30, at_least=1)),
            rule("measured high", correlated(high, -30, 30, at_least=1)),
            rule("no angina before", correlated(condition(1), None, 0, exactly=0)),
        ],
        EndStrategy={"DateOffset": {"DateField": "StartDate", "Offset": 10}},
        CollapseSettings={"CollapseType": "ERA", "EraPad": 60},
    )
    result = engine.run(definition(document), cdm)
    assert periods(result) == [(6, "2020-01-07", "2020-01-17"), (12, "2020-01-13", "2020-01-23")]
    attrition = result.attrition
    assert (attrition.entry_persons, attrition.entry_events) == (12, 24)
    assert [(s.meeting, s.remaining) for s in attrition.steps] == [(6, 6), (3, 2), (12, 2)]
    assert [count for mode, mask, count in attrition.masks if (mode, mask) == (1, 0b111)] == [2]
    assert result.rows.schema.equals(COHORT_SCHEMA)


def test_an_era_of_a_drug_ends_a_period_and_a_censoring_event_cuts_it(
    engine: Engine, cdm: Path
) -> None:
    document = expression(
        drug(First=True),
        EndStrategy={"CustomEra": {"DrugCodesetId": 2, "GapDays": 15, "Offset": 3}},
        CensoringCriteria=[condition(1)],
    )
    found = periods(engine.run(definition(document), cdm))
    assert [person for person, _, _ in found] == [2, 4, 6, 8, 10, 12]
    # Three times seven days, thirteen days apart, and three days more.
    assert found[0] == (2, "2020-01-08", "2020-02-27")
    assert found[1] == (4, "2020-01-10", "2020-02-04")


def test_a_text_is_compared_as_it_is_written_whatever_the_engine_reads_in_it(
    engine: Engine, cdm: Path
) -> None:
    document = expression(condition(StopReason={"Text": ODD, "Op": "contains"}))
    assert [person for person, _, _ in periods(engine.run(definition(document), cdm))] == [
        *(1, 3, 5, 8, 10)
    ]


@pytest.mark.postgres
@pytest.mark.spark
def test_a_cancelled_query_stops(
    postgresql_engine: Postgresql, spark_engine: Spark, cdm: Path
) -> None:
    cancel = threading.Event()
    cancel.set()
    asthma = definition(expression(condition()))
    database = postgresql.PostgresCdm(postgresql_engine.url, postgresql_engine.schema(cdm))
    with pytest.raises(QueryCancelled):
        postgresql.run(asthma, database, cancel=cancel)
    with pytest.raises(QueryCancelled):
        spark.run(asthma, open_cdm_folder(cdm), cancel=cancel, session=spark_engine.session)
    with pytest.raises(QueryTimeout, match=r"its limit of 0\.01 seconds"):
        spark.run(asthma, open_cdm_folder(cdm), 0.01, session=spark_engine.session)


def test_a_value_that_is_no_date_is_an_error_that_does_not_quote_it(
    engine: Engine, cdm: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(cdm, broken)
    rows = pq.read_table(broken / "condition_occurrence.parquet")
    index = rows.schema.get_field_index("condition_start_date")
    texts = pa.array(["Marigold Abernathy"] * rows.num_rows)
    rows = rows.set_column(index, "condition_start_date", texts)
    pq.write_table(rows, broken / "condition_occurrence.parquet")
    with pytest.raises(EngineError, match="the query failed in the data") as failure:
        engine.run(definition(expression(condition())), broken)
    assert "Marigold" not in "".join(traceback.format_exception(failure.value))


@pytest.mark.postgres
def test_postgresql_keeps_nothing_of_a_run(postgresql_engine: Postgresql, cdm: Path) -> None:
    source = postgresql.PostgresCdm(postgresql_engine.url, postgresql_engine.schema(cdm))
    query = "SELECT oid, relname FROM pg_class ORDER BY oid"
    with psycopg.connect(postgresql_engine.url) as connection:
        before = connection.execute(query).fetchall()
    assert postgresql.run(definition(expression(condition())), source).entries == 24
    with psycopg.connect(postgresql_engine.url) as connection:
        assert connection.execute(query).fetchall() == before


@pytest.mark.postgres
def test_a_database_that_is_absent_or_without_tables_is_told_without_its_url(
    postgresql_engine: Postgresql,
) -> None:
    asthma = definition(expression(condition()))
    with pytest.raises(DataSourceError, match=r"nowhere: the schema has no table person"):
        postgresql.run(asthma, postgresql.PostgresCdm(postgresql_engine.url, "nowhere"))
    absent = postgresql.PostgresCdm("postgresql://someone:secret@127.0.0.1:1/cdm")
    with pytest.raises(DataSourceError, match="cannot be reached") as refusal:
        postgresql.run(asthma, absent)
    assert "secret" not in "".join(traceback.format_exception(refusal.value))
    assert "secret" not in repr(absent)


def carecommons(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
    )


@pytest.fixture
def asthma(tmp_path: Path) -> Path:
    (tmp_path / "asthma.json").write_text(json.dumps(expression(condition())))
    return tmp_path / "asthma.json"


@pytest.mark.postgres
def test_the_command_prints_the_rows_of_a_database_as_those_of_a_folder(
    postgresql_engine: Postgresql, cdm: Path, asthma: Path
) -> None:
    of_folder = carecommons("cohort", "run", asthma, "--cdm", cdm)
    schema = postgresql_engine.schema(cdm)
    of_database = carecommons(
        "cohort", "run", asthma, "--cdm", postgresql_engine.url, "--schema", schema
    )
    assert len(of_folder.stdout.splitlines()) == 25
    assert of_database.stdout == of_folder.stdout


@pytest.mark.spark
def test_the_command_prints_the_rows_of_spark_as_those_of_duckdb(
    spark_engine: Spark, cdm: Path, asthma: Path
) -> None:
    """In this process, so that the Spark that runs is used and left running."""
    arguments = ["run", str(asthma), "--cdm", str(cdm), "--limit-seconds", "600"]
    with_spark = CliRunner().invoke(cohort, [*arguments, "--engine", "spark"])
    assert with_spark.exit_code == 0
    assert len(with_spark.stdout.splitlines()) == 25
    assert with_spark.stdout == CliRunner().invoke(cohort, arguments).stdout
    assert running_spark() is not None
    with pytest.raises(EngineUnavailable, match="runs in this process already"), local_spark():
        pass


@pytest.mark.spark
def test_csv_is_told_to_be_for_duckdb(spark_engine: Spark, cdm: Path, tmp_path: Path) -> None:
    for table in ("person", "observation_period"):
        pq.read_table(cdm / f"{table}.parquet").to_pandas().to_csv(tmp_path / f"{table}.csv")
    with pytest.raises(DataSourceError, match=r"observation_period\.csv: only DuckDB reads CSV"):
        spark_engine.run(definition(expression(condition())), tmp_path)


@pytest.mark.parametrize("absent", [pytest.param("java", marks=pytest.mark.spark), "pyspark"])
def test_an_absent_part_of_spark_is_named(
    cdm: Path, asthma: Path, tmp_path: Path, absent: str
) -> None:
    (tmp_path / "pyspark.py").write_text("raise ModuleNotFoundError(name='pyspark')\n")
    environment = {"PATH": "", "JAVA_HOME": str(tmp_path)}
    if absent == "pyspark":
        environment = {"PYTHONPATH": str(tmp_path)}
    done = carecommons("cohort", "run", asthma, "--cdm", cdm, "--engine", "spark", **environment)
    advice = {"java": "install a JRE", "pyspark": "install carecommons[spark]"}
    assert (done.returncode, done.stdout, advice[absent] in done.stderr) == (1, "", True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--cdm", "postgresql://h/d", "--engine", "spark"), "a database runs the query itself"),
        (("--cdm", ".", "--engine", "postgresql"), "need --cdm postgresql://"),
        (("--cdm", ".", "--schema", "cdm"), "need --cdm postgresql://"),
        (("--cdm", ".", "--engine", "sqlite"), "'sqlite' is not one of"),
    ],
)
def test_an_engine_that_does_not_fit_the_source_is_refused(
    asthma: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = carecommons("cohort", "run", asthma, *arguments)
    assert (done.returncode, said in done.stderr) == (2, True)


@pytest.mark.shared
@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("spark", marks=pytest.mark.spark),
    ],
    indirect=True,
)
@pytest.mark.parametrize("name", SHARED_SAMPLE)
def test_shared_definitions_give_the_rows_and_attrition_of_the_reference(
    engine: Postgresql | Spark, name: str
) -> None:
    path = SHARED / "circe" / "definitions" / f"{name}.json"
    result = engine.run(load(path.read_bytes()), SHARED / "circe" / "cdm")
    rows, attrition = path.with_suffix(".expected.csv"), path.with_suffix(".attrition.csv")
    expected = [(int(person), start, end) for person, start, end in read(rows)]
    assert rows_of(result) == sorted(expected)
    masks = sorted(tuple(map(int, row)) for row in read(attrition)) if attrition.exists() else []
    assert list(result.attrition.masks) == masks


def read(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]
