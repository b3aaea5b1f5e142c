"""The shared definitions give the reference implementation's rows and attrition, exactly."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cohorts import load, open_cdm_folder, run
from cohorts.cdm import CdmFolder
from tests.conftest import SHARED

DEFINITIONS = sorted((SHARED / "circe" / "definitions").glob("*.json"))

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def cdm(shared: Path) -> CdmFolder:
    return open_cdm_folder(shared / "circe" / "cdm")


def _numbers(path: Path) -> list[tuple[int, ...]]:
    with path.open(newline="") as file:
        return sorted(tuple(map(int, row)) for row in list(csv.reader(file))[1:])


def test_all_shared_definitions_are_there(shared: Path) -> None:
    assert len(DEFINITIONS) == 43


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_rows_and_attrition_equal_those_of_the_reference(path: Path, cdm: CdmFolder) -> None:
    result = run(load(path.read_bytes()), cdm)
    with path.with_suffix(".expected.csv").open(newline="") as file:
        expected = [(int(s), a, b) for s, a, b in list(csv.reader(file))[1:]]
    columns = (column.to_pylist() for column in result.rows.columns)
    found = [(s, a.isoformat(), b.isoformat()) for s, a, b in zip(*columns, strict=True)]
    assert found == sorted(expected)
    attrition = path.with_suffix(".attrition.csv")
    assert list(result.attrition.masks) == (_numbers(attrition) if attrition.exists() else [])
