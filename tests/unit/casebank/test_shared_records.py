"""Whole published OMOP data sets: every person becomes a case that keeps the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from casebank import Case, draft_from_record, draw_timeline, find_candidates, find_findings
from casebank.reader import RecordReader
from deid.release import Release
from tests.builders import build_release

pytestmark = pytest.mark.shared

TABLES = (
    "person",
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "measurement",
    "observation",
    "procedure_occurrence",
    "note",
    "death",
    "concept",
)


def release_of(folder: Path, root: Path, name: str) -> Release:
    tables = {}
    for table in TABLES:
        path = folder / f"{table}.parquet"
        if path.is_file():
            rows = pq.read_table(path)
            tables[table] = rows.rename_columns([column.lower() for column in rows.column_names])
    return build_release(root, tables, name)


@pytest.fixture(scope="module")
def gibleed(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release_of(shared / "omop_gibleed", tmp_path_factory.mktemp("g"), "gibleed")


@pytest.fixture(scope="module")
def synthea(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release_of(shared / "omop_synthea27nj", tmp_path_factory.mktemp("s"), "synthea")


def check_rules(case: Case) -> None:
    """Laws that hold for every case, whatever the record."""
    codes = {finding.code for finding in find_findings(case)}
    assert not codes & {"B1-provenance", "B3-title", "B4-order", "G2-round-trip"}
    assert [contact.day for contact in case.contacts] == sorted(c.day for c in case.contacts)
    numbers = [problem.onset_day for problem in case.problems]
    assert numbers == sorted(numbers)
    student = case.for_student().to_json().decode()
    assert not re.search(r"(?<!\d)(19|20)\d\d-\d\d-\d\d", student)
    assert draw_timeline(case.timeline, case.language)


def test_people_of_a_small_data_set_become_cases(synthea: Release) -> None:
    people = synthea.read("person")["person_id"].to_pylist()
    assert len(people) == 28
    conditions = 0
    with RecordReader(synthea) as reader:
        for person in people[::4]:
            record = reader.read(person)
            case = draft_from_record(record, case_id="case")
            check_rules(case)
            evidence = {item.id for problem in case.problems for item in problem.evidence}
            conditions += len(evidence)
    assert conditions > 100


def test_records_without_visits_and_values_become_cases(gibleed: Release) -> None:
    people = gibleed.read("person")["person_id"].to_pylist()[::90]
    with RecordReader(gibleed) as reader:
        for person in people:
            case = draft_from_record(reader.read(person), case_id="case")
            check_rules(case)
            assert case.contacts
            assert case.problems


def test_the_best_candidates_of_a_data_set_have_what_the_score_says(gibleed: Release) -> None:
    best = find_candidates(gibleed, 5)
    assert [one.score for one in best] == sorted((one.score for one in best), reverse=True)
    with RecordReader(gibleed) as reader:
        for one in best:
            case = draft_from_record(reader.read(one.person_id), case_id="case")
            assert dict(one.amounts)["psychosocial"] >= 1
            assert any(problem.kind == "psychological" for problem in case.problems)
            assert case.sensitive == ()
