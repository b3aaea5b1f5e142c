"""What an executed notebook shows, as text and numbers."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def source_of(cell: Any) -> str:
    """A cell's text, however the file holds it."""
    return "".join(cell["source"])


def outputs_of(notebook: Any, words: str) -> list[Any]:
    """Outputs of the one code cell whose source holds ``words``."""
    (cell,) = (c for c in notebook.cells if c.cell_type == "code" and words in c.source)
    return list(cell.outputs)


def printed(notebook: Any, words: str) -> str:
    """What that cell printed."""
    return "".join(output.get("text", "") for output in outputs_of(notebook, words))


def table(notebook: Any, words: str, index: int | list[int] = 0) -> pd.DataFrame:
    """The last table that the cell shows."""
    pages = [
        output["data"]["text/html"]
        for output in outputs_of(notebook, words)
        if "text/html" in output.get("data", {})
    ]
    found = pd.read_html(io.StringIO(pages[-1]), index_col=index)[0]
    if isinstance(found.columns, pd.MultiIndex):  # a second line of the head names the index
        found.columns = found.columns.get_level_values(0)
    return found


def in_words(notebook: Any) -> str:
    """All results that the notebook puts in words."""
    told = [
        output["data"]["text/markdown"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/markdown" in output.get("data", {})
    ]
    return "\n".join(told)


def number_after(text: str, words: str) -> float:
    """The first number after ``words``."""
    match = re.search(re.escape(words) + r"[^0-9+-]*([+-]?[\d,]+(?:\.\d+)?)", text)
    assert match, f"{words!r} is not followed by a number"
    return float(match.group(1).replace(",", ""))
