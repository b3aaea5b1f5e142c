"""Every picture is shown by a document, is there if a document shows it, and is small."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
SCREENSHOTS = ROOT / "docs" / "screenshots"
PICTURE = re.compile(r"""(?:!\[[^\]]*\]\(|<img src=")([^)"\s]+\.(?:png|svg))""")
LARGEST = 150_000
WIDTHS = {1280, 390}
"""Of a desk and of a telephone."""
OTHER_WINDOWS = {"lab-launcher.png", "lab-panel.png"}
"""JupyterLab's own."""


def _shown() -> set[Path]:
    found = set()
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for target in PICTURE.findall(text):
            found.add((document.parent / target).resolve())
    return found


def test_every_picture_that_a_document_shows_is_there() -> None:
    assert sorted(str(path) for path in _shown() if not path.is_file()) == []


def test_every_picture_is_shown_by_a_document() -> None:
    kept = {*SCREENSHOTS.iterdir(), *(ROOT / "docs" / "images").iterdir()}
    assert sorted(path.name for path in kept - _shown()) == []


def test_screenshots_are_small_and_of_one_width() -> None:
    for path in SCREENSHOTS.iterdir():
        assert path.stat().st_size < LARGEST, path.name
        if path.name not in OTHER_WINDOWS:
            with Image.open(path) as picture:
                assert picture.width in WIDTHS, path.name
