"""Brings the tables of ``docs/forms.md`` up to date: ``python -m deid.forms``."""

from __future__ import annotations

from pathlib import Path

from deid.forms.describing import render_page

PAGE = Path(__file__).parents[2] / "docs" / "forms.md"


def main() -> None:
    """Rewrite the page in place."""
    PAGE.write_text(render_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
