"""A notebook opens its project's extract, verified, within its time, and nothing else."""

from __future__ import annotations

import datetime
import hashlib
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from cohorts import open_project, run, set_access, write_extract
from cohorts.errors import AccessExpired, ExtractChanged, ProjectError
from cohorts.project import PROJECT_VARIABLE, check_access, list_projects
from deid.pseudonyms import Pseudonymiser
from tests.unit.cohorts.definitions import (
    condition,
    definition,
    expression,
    person_id,
    tiny_world,
)

MAPPER = Pseudonymiser(hashlib.sha256(b"project").digest()).ids
ASTHMA = definition(expression(condition()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    events = [
        {"person": str(p), "concept": "asthma", "day": "2020-01-01", "until": "2020-02-01"}
        for p in range(1, 13)
    ]
    release = tiny_world(tmp_path / "releases", events)
    write_extract(
        release,
        run(ASTHMA, release),
        {"person": None, "condition_occurrence": None},
        MAPPER,
        tmp_path / "projects",
        project="breath",
        extract="first",
        definition=ASTHMA,
        title="Asthma",
        purpose="to learn",
        ethics_number="E-1",
        expires_on="2999-12-31",
    )
    return tmp_path / "projects" / "breath"


def test_tables_are_data_frames_with_exact_63_bit_ids(folder: Path) -> None:
    people = open_project(folder).table("person")
    expected = MAPPER("person", np.array([person_id(p) for p in range(1, 13)]))
    assert sorted(people["person_id"].tolist()) == sorted(expected.tolist())
    assert people["person_id"].max() > 2**53
    assert str(people["person_id"].dtype) == "Int64"


def test_dates_are_dates(folder: Path) -> None:
    project = open_project(folder)
    days = project.table("condition_occurrence")["condition_start_date"]
    assert pd.api.types.is_datetime64_any_dtype(days)


def test_sql_runs_over_the_extract(folder: Path) -> None:
    counted = open_project(folder).sql("SELECT count(*) AS n FROM person JOIN cohort "
                                       "ON subject_id = person_id")  # fmt: skip
    assert counted["n"].item() == 12


def test_sql_cannot_reach_other_files(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    project = open_project(folder)
    for query in (
        f"SELECT * FROM read_csv('{secret}')",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        "SET enable_external_access = true",
        f"ATTACH '{tmp_path / 'other.db'}'",
    ):
        with pytest.raises(duckdb.Error):
            project.sql(query)
    assert not (tmp_path / "out.csv").exists()


def test_the_extract_says_what_it_is_for(folder: Path) -> None:
    about = open_project(folder).about
    assert (about.title, about.purpose, about.ethics_number) == ("Asthma", "to learn", "E-1")
    assert about.cohort_sha256 == ASTHMA.sha256
    for said in ("breath", "E-1", "2999-12-31", "12 people", 'condition occurrence of "asthma"'):
        assert said in str(about)
    assert open_project(folder).definition is not None


def test_the_dictionary_lists_every_delivered_column(folder: Path) -> None:
    project = open_project(folder)
    listed = set(zip(project.dictionary["table"], project.dictionary["name"], strict=True))
    assert listed == {(t, c) for t in project.tables for c in project.table(t).columns}


def test_a_project_is_found_from_its_workspace_or_by_the_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = folder / "workspace" / "deep"
    workspace.mkdir(parents=True)
    monkeypatch.delenv(PROJECT_VARIABLE, raising=False)
    monkeypatch.chdir(workspace)
    assert open_project().folder == folder
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError, match=PROJECT_VARIABLE):
        open_project()
    monkeypatch.setenv(PROJECT_VARIABLE, str(folder))
    assert open_project().folder == folder


def test_the_last_day_of_access_is_still_open(folder: Path) -> None:
    manifest = open_project(folder).manifest
    last = datetime.date(2999, 12, 31)
    assert check_access(folder, manifest, last) == "2999-12-31"
    with pytest.raises(AccessExpired, match="ended on 2999-12-31"):
        check_access(folder, manifest, last + datetime.timedelta(days=1))


def test_access_that_ended_closes_open_projects_too(folder: Path) -> None:
    project = open_project(folder)
    set_access(folder.parent, "breath", expires_on="2001-01-01")
    for ask in (lambda: open_project(folder), lambda: project.table("person")):
        with pytest.raises(AccessExpired, match="ended on 2001-01-01"):
            ask()
    set_access(folder.parent, "breath", expires_on="2999-01-01")
    assert open_project(folder).about.expires_on == "2999-01-01"


def test_revoked_access_is_closed_whatever_the_date(folder: Path) -> None:
    set_access(folder.parent, "breath", expires_on="2999-01-01", revoked=True)
    with pytest.raises(AccessExpired, match="revoked"):
        open_project(folder)


def test_an_unreadable_access_record_closes(folder: Path) -> None:
    (folder / "access.json").write_text("{")
    with pytest.raises(AccessExpired, match="unreadable"):
        open_project(folder)


@pytest.mark.parametrize("name", ["person.parquet", "dictionary.json", "cohort.json"])
def test_a_changed_file_is_named(folder: Path, name: str) -> None:
    path = folder / "extracts" / "first" / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ExtractChanged, match=f"{name} was changed"):
        open_project(folder)


def test_a_missing_or_added_file_is_named(folder: Path) -> None:
    location = folder / "extracts" / "first"
    (location / "extra.parquet").write_bytes(b"")
    with pytest.raises(ExtractChanged, match=r"extra\.parquet is not in the manifest"):
        open_project(folder)
    (location / "extra.parquet").unlink()
    (location / "person.parquet").unlink()
    with pytest.raises(ExtractChanged, match=r"person\.parquet is missing"):
        open_project(folder)


def test_an_extract_of_another_project_is_not_opened(folder: Path) -> None:
    other = folder.parent / "other"
    folder.rename(other)
    with pytest.raises(ExtractChanged, match="another project"):
        open_project(other)


def test_unknown_names_are_answered_with_the_known_ones(folder: Path) -> None:
    project = open_project(folder)
    with pytest.raises(ProjectError, match="condition_occurrence"):
        project.table("shoes")
    with pytest.raises(ProjectError, match="it has first"):
        open_project(folder, "second")


def test_projects_are_listed_and_what_is_staged_is_not(folder: Path) -> None:
    (folder.parent / "empty" / "extracts" / ".staging-x").mkdir(parents=True)
    assert list_projects(folder.parent) == ["breath"]
    assert list_projects(folder.parent / "nowhere") == []


def test_the_client_needs_neither_compiler_nor_engine() -> None:
    program = (
        "import sys, cohorts; cohorts.open_project, cohorts.safe_table\n"
        "heavy = {'duckcdm', 'sqlalchemy', 'flask', 'cryptography', 'deid.vault', 'deid.keys'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_relation_is_read_when_needed_and_cannot_write(folder: Path) -> None:
    project = open_project(folder)
    before = {path.name for path in project.path.iterdir()}
    relation = project.relation("person").filter("gender_concept_id IS NOT NULL")
    assert relation.count("*").fetchall() == [(12,)]
    assert project.relation("SELECT 1 AS one").fetchall() == [(1,)]
    for target in ("person.parquet", "more.parquet"):
        with pytest.raises(duckdb.Error):
            project.relation("person").write_parquet(str(project.path / target))
    with pytest.raises(ProjectError, match="did you mean person"):
        project.relation("persn")
    assert {path.name for path in project.path.iterdir()} == before
    open_project(folder)


def test_sqlalchemy_reads_the_same_rows_with_dates_and_refuses_every_change(folder: Path) -> None:
    from sqlalchemy import MetaData, inspect, select, text
    from sqlalchemy.exc import DatabaseError

    project = open_project(folder)
    engine = project.sqlalchemy()
    assert set(inspect(engine).get_table_names()) == set(project.tables)
    metadata = MetaData()
    metadata.reflect(engine)
    events = metadata.tables["condition_occurrence"]
    with engine.connect() as connection:
        rows = connection.execute(select(events.c.person_id, events.c.condition_start_date)).all()
        for change in ("DELETE FROM person", "DROP TABLE person", "ATTACH ':memory:' AS x",
                       "PRAGMA query_only = 0", "CREATE TABLE t (a)"):  # fmt: skip
            with pytest.raises(DatabaseError):
                connection.execute(text(change))
    frame = project.table("condition_occurrence")
    assert {person for person, _ in rows} == set(frame["person_id"])
    assert {day for _, day in rows} == {d.date() for d in frame["condition_start_date"]}
    assert inspect(project.sqlalchemy(["person"])).get_table_names() == ["person"]


def test_a_notebook_shows_what_there_is(folder: Path) -> None:
    project = open_project(folder)
    assert project._ipython_key_completions_() == list(project.tables)
    assert project["person"].shape == project.table("person").shape
    shown = project._repr_html_()
    for said in ("Asthma", "2999-12-31", "request_release", project.citation):
        assert said in shown
    assert project.about.cohort_sha256 in project.citation
    assert project.expires_on == datetime.date(2999, 12, 31)
    assert project.describe("person").loc["person_id", "treatment"] == "project pseudonym"
    with pytest.raises(ProjectError, match=r"did you mean person\?"):
        project.table("persons")


def test_the_citation_of_a_delivery_is_kept(folder: Path) -> None:
    from cohorts.project import _cited

    assert _cited(folder) == ""
    (folder / "README.md").write_text(
        "# Extract\n\n## How to cite\n\n> County v1, 2026.\n\nMore.\n"
    )
    assert _cited(folder) == "County v1, 2026."


def test_the_tenth_request_is_newer_than_the_ninth(folder: Path) -> None:
    from cohorts.project import _natural

    assert sorted(["request-10", "request-9", "b2", "b1x"], key=_natural) == [
        "b1x", "b2", "request-9", "request-10"
    ]  # fmt: skip


def test_the_end_of_access_is_told_in_days_and_warned_of(folder: Path) -> None:
    about = open_project(folder).about
    assert about.days_left(datetime.date(2999, 12, 30)) == 1
    last = datetime.datetime.now().date() + datetime.timedelta(days=5)
    set_access(folder.parent, "breath", expires_on=last.isoformat())
    assert "5 days left" in open_project(folder)._repr_html_()


def test_results_are_checked_and_laid_into_the_outbox(folder: Path, tmp_path: Path) -> None:
    from cohorts.errors import OutputRefused
    from cohorts.outputs.parcel import read_parcel

    project = open_project(folder)
    result, drawing = tmp_path / "t.csv", tmp_path / "f.svg"
    result.write_text("area,n\nnorth,20\nsouth,3\n")
    drawing.write_text("<svg/>")
    for shown in (str(project.check_output([result])), project.check_output(result)._repr_html_()):
        assert "fewer than 11" in shown
        assert "south × n" in shown
    with pytest.raises(OutputRefused, match="20 characters"):
        project.request_release([result], "short")
    with pytest.raises(OutputRefused, match="PNG"):
        project.request_release([drawing], "A figure for the paper, as drawn.")
    report = project.request_release([result], "Table 2 of the paper, by area of residence.")
    parcel = read_parcel(folder, report.parcel)
    assert parcel.files[0].content == result.read_bytes()
    assert parcel.extract == "first"
    set_access(folder.parent, "breath", revoked=True)
    with pytest.raises(AccessExpired):
        project.request_release([result], "Table 2 of the paper, by area of residence.")
