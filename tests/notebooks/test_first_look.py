"""The first notebook runs from clean on a small project, and its numbers are right."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import statistics
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from app.lab.workspace import prepare_session
from cohorts import run, write_extract
from cohorts.identifiers import entity_of
from deid.pseudonyms import Pseudonymiser
from tests.unit.cohorts.definitions import condition, definition, expression, tiny_world

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "01_first_look.ipynb"
AGES = {p: 20 + 3 * (p % 17) for p in range(1, 61)}
SEXES = {p: "female" if p % 3 else "male" for p in AGES}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 people with asthma in 2020, of known ages, with p % 5 visits each."""
    root = tmp_path_factory.mktemp("world")
    people = [
        {"person": str(p), "born": str(2020 - age), "sex": SEXES[p]} for p, age in AGES.items()
    ]
    events = [{"person": str(p), "concept": "asthma", "day": "2020-06-01"} for p in AGES]
    events += [
        {"person": str(p), "domain": "visit", "concept": "-", "day": f"2020-07-{visit + 1:02d}"}
        for p in AGES
        for visit in range(p % 5)
    ]
    events.append({"person": "61", "concept": "angina", "day": "2020-06-01"})
    release = tiny_world(root / "releases", events, people=people)
    asthma = definition(expression(condition(), Title="Asthma"))
    write_extract(
        release,
        run(asthma, release),
        {"person": None, "visit_occurrence": None, "condition_occurrence": None},
        Pseudonymiser(hashlib.sha256(b"breath").digest()).ids,
        root / "projects",
        project="breath",
        extract="e1",
        definition=asthma,
        title="Asthma",
        purpose="to test the notebook",
    )
    return root / "projects" / "breath"


@pytest.fixture(scope="module")
def executed(project: Path) -> Any:
    """The notebook as the lab gives it to a researcher, run in the lab's environment."""
    session = prepare_session(
        project.parent, "breath", dict(os.environ), "127.0.0.1", 8888, browser=False
    )
    notebook = nbformat.read(session.workspace / NOTEBOOK.name, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(session.workspace)}}
    )
    repository = str(NOTEBOOK.parents[1])
    client.execute(env=dict(session.environment) | {"PYTHONPATH": repository})
    return notebook


def output_of(notebook: Any, words: str, kind: str = "text/plain") -> str:
    """The output of the cell whose source holds ``words``."""
    (cell,) = (c for c in notebook.cells if c.cell_type == "code" and words in c.source)
    texts = [output.get("text") or output.get("data", {}).get(kind, "") for output in cell.outputs]
    return "\n".join(texts)


def test_it_is_committed_without_outputs() -> None:
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


def test_it_opens_the_extract_and_says_what_it_is_for(executed: Any) -> None:
    said = output_of(executed, "project = open_project()")
    assert "to test the notebook" in said
    assert "60 people" in said


def test_the_delivered_tables_are_counted(executed: Any) -> None:
    counts = dict(re.findall(r"^(\w+) +(\d+) +\d+$", output_of(executed, "tables = "), re.M))
    assert counts["person"] == counts["cohort"] == counts["condition_occurrence"] == "60"
    assert int(counts["visit_occurrence"]) == sum(p % 5 for p in AGES)


def test_table_1_equals_a_computation_of_our_own(executed: Any) -> None:
    table = output_of(executed, "TableOne(\n")

    def numbers(start: str) -> list[str]:
        (line,) = (line for line in table.splitlines() if line.startswith(start))
        return re.findall(r"\d+\.\d \(\d+\.\d\)", line)

    def summary(values: list[float]) -> str:
        return f"{statistics.mean(values):.1f} ({statistics.stdev(values):.1f})"

    groups = [list(AGES), *([p for p in AGES if SEXES[p] == sex] for sex in ("female", "male"))]
    assert numbers("Age at index, years") == [summary([AGES[p] for p in g]) for g in groups]
    assert numbers("Visits on record") == [summary([p % 5 for p in g]) for g in groups]
    middle = [p for p in AGES if 40 <= AGES[p] < 65]
    assert re.search(rf"40-64 +{len(middle)} \({100 * len(middle) / 60:.1f}\)", table)


def test_the_plot_is_a_picture(executed: Any) -> None:
    picture = base64.b64decode(output_of(executed, "axes.hist(", "image/png").strip())
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 5000


def test_the_protected_table_shows_no_small_count(executed: Any) -> None:
    shown = output_of(executed, "safe_table(counts")
    young, middle = (
        sum(low <= a < high for a in AGES.values()) for low, high in ((18, 40), (40, 65))
    )
    assert re.search(rf"^18-39 +{round(young / 5) * 5}$", shown, re.M)
    assert re.search(rf"^40-64 +{round(middle / 5) * 5}$", shown, re.M)
    assert re.search(r"^80 and over +<11$", shown, re.M)


def test_no_output_holds_an_id_of_a_person(executed: Any, project: Path) -> None:
    import pyarrow.parquet as pq

    everything = json.dumps(executed)
    for path in (project / "extracts" / "e1").glob("*.parquet"):
        rows = pq.read_table(path)
        for column in rows.column_names:
            if path.stem != "concept" and entity_of(path.stem, column):
                for value in rows[column].drop_null().to_pylist():
                    assert str(value) not in everything
