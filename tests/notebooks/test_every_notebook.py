"""What holds for each notebook: it has all parts, runs from clean, and gives nobody away."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cohorts.identifiers import VOCABULARY_TABLES, entity_of
from tests.notebooks.conftest import Executed
from tests.notebooks.reading import FOLDER, NOTEBOOKS, in_words, source_of

# Whatever makes it a page of a textbook.
PARTS = ("**Question", "**Result in words", "Before ", "## Exercises")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_kept_without_outputs_and_has_all_parts(name: str) -> None:
    cells = json.loads((FOLDER / f"{name}.ipynb").read_text())["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    text = "\n".join(source_of(cell) for cell in cells)
    assert [part for part in PARTS if part not in text.replace("## Result", "**Result")] == []
    assert text.startswith("# ")
    assert f"`{name}.ipynb`" in (FOLDER / "README.md").read_text()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_from_top_to_bottom(name: str, executed: Executed, county: Path) -> None:
    notebook = executed(name)
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    warned = [o["text"] for o in outputs if o.output_type == "stream" and o["name"] == "stderr"]
    assert warned == []
    pictures = [o["data"]["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    assert pictures
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    assert in_words(notebook)
    assert not re.search(r"\bnan\b", in_words(notebook))
    shown = {
        int(digits)
        for digits in re.findall(
            r"\d{9,}",
            json.dumps(
                [{**o.get("data", {}), "image/png": "", "text": o.get("text", "")} for o in outputs]
            ),
        )
    }
    assert not shown & _ids(county)
    checked = [o["data"]["text/html"] for o in outputs if "What was found" in str(o.get("data"))]
    assert all(">fail<" not in page for page in checked)
    offered = "check_output" in "".join(source_of(cell) for cell in notebook.cells)
    assert bool(checked) == (offered and name != "01_release_tour")


def _ids(project: Path) -> set[int]:
    """All pseudonyms of the extract."""
    found: set[int] = set()
    for path in (project / "extracts" / "e1").glob("*.parquet"):
        if path.stem in VOCABULARY_TABLES:
            continue
        for field in pq.read_schema(path):
            if entity_of(path.stem, field.name):
                column = pq.read_table(path, columns=[field.name])[field.name]
                found.update(column.drop_null().to_pylist())
    assert len(found) > 10_000
    return found


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_was_not_delivered_ends_it_in_words(
    name: str, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project that was given the table ``person`` alone."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    monkeypatch.setenv("CARECOMMONS_LAB_PROJECT", str(world / "projects" / "bare"))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    shell = InteractiveShell()
    for cell in json.loads((FOLDER / f"{name}.ipynb").read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        with capture_output() as shown:
            done = shell.run_cell(source_of(cell))
        if not done.success:
            break
    assert not done.success
    told = re.sub(r"\s+", " ", io.StringIO(shown.stdout).read()).strip()
    if name == "01_release_tour":
        assert told.startswith("This section needs at least 1 person with dated rows")
    else:
        assert told.startswith("This analysis needs ")
        assert "What a study needs is asked for in a data request." in told
    assert "Traceback" not in shown.stdout
    assert ".py" not in shown.stdout
