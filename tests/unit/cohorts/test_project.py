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
