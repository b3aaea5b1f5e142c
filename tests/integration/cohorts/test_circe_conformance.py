"""The shared definitions give the reference implementation's rows and attrition, exactly.

So do definitions made of their parts, by the reference's SQL; ``make campaign`` asks for more of
them: CARECOMMONS_RECOMBINED_DEFINITIONS says how many.
"""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from cohorts import load, open_cdm_folder, run
from cohorts.cdm import CdmFolder
from tests.conftest import SHARED
from tests.generation import recombined
from tests.oracle import Outcome
from tests.oracle.reference import Reference

DEFINITIONS = sorted((SHARED / "circe" / "definitions").glob("*.json"))
RECOMBINED = int(os.environ.get("CARECOMMONS_RECOMBINED_DEFINITIONS", "4"))

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


@pytest.fixture(scope="module")
def reference(shared: Path) -> Reference:
    return Reference(shared / "circe" / "cdm")


@pytest.mark.parametrize("seed", range(RECOMBINED))
def test_definitions_made_of_their_parts_have_the_rows_and_attrition_of_the_references_sql(
    seed: int, cdm: CdmFolder, reference: Reference
) -> None:
    document = recombined(seed, [json.loads(path.read_bytes()) for path in DEFINITIONS])
    result = run(load(json.dumps(document)), cdm)
    columns = (column.to_pylist() for column in result.rows.columns)
    found = Outcome(
        tuple(zip(*columns, strict=True)), result.attrition.masks, result.attrition.entry_events
    )
    assert found == reference.outcome(document)
