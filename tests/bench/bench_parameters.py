"""The count of the model's numbers and sources in docs/synthetic-county.md; takes a second."""

from __future__ import annotations

from pathlib import Path

from deid.synth.catalogue import render_page

PAGE = Path(__file__).parents[2] / "docs" / "synthetic-county.md"


def main() -> None:
    """Write the part of the page between its marks."""
    PAGE.write_text(render_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
