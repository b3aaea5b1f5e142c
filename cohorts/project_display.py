"""How a project shows itself in a notebook: HTML that follows JupyterLab's light or dark theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from cohorts.about import About

WARN_DAYS: Final = 30
"""From this many days before its end, the end of access is shown as a warning."""
_HELP: Final = (
    ("project.table('person')", "a table as a pandas data frame; project['…'] + Tab lists them"),
    ("project.sql('SELECT …')", "a DuckDB query as a data frame"),
    ("project.relation('person')", "a DuckDB relation, read when needed"),
    ("project.sqlalchemy()", "a read-only SQLAlchemy engine"),
    ("project.describe('person')", "columns with meaning and completeness"),
    ("project.request_release([...], note='…')", "ask for results to leave"),
)


def project_html(
    about: About,
    rows: Mapping[str, int],
    tables: Mapping[str, Sequence[str]],
    extracts: Sequence[str],
) -> str:
    """A card with purpose, end of access, tables and what one can do."""
    left = about.days_left()
    end = about.expires_on or "not set"
    if left is not None and left <= WARN_DAYS:
        end += f" <strong>({left} day{'' if left == 1 else 's'} left)</strong>"
    facts = [
        ("Extract", escape(about.extract) + _others(about.extract, extracts)),
        ("Purpose", escape(about.purpose or "not stated")),
        ("People", f"{about.persons:,}"),
        ("From release", escape(about.release)),
        ("Access ends", end),
        ("Cite as", escape(about.citation)),
    ]
    lines = "".join(
        f"<tr><th style='text-align:left;vertical-align:top'>{name}</th>"
        f"<td style='text-align:left'>{value}</td></tr>"
        for name, value in facts
    )
    listed = "".join(
        f"<tr><td style='text-align:left'><code>{escape(name)}</code></td>"
        f"<td>{rows.get(name, 0):,}</td><td>{len(tables[name])}</td></tr>"
        for name in sorted(tables)
    )
    helped = "".join(
        f"<li><code>{escape(code)}</code> – {escape(text)}</li>" for code, text in _HELP
    )
    return (
        f"<div><h3>{escape(about.title or 'Untitled')}</h3>"
        f"<table>{lines}</table>"
        "<table><thead><tr><th style='text-align:left'>Table</th><th>Rows</th><th>Columns</th>"
        f"</tr></thead><tbody>{listed}</tbody></table>"
        f"<details><summary>What one can do</summary><ul>{helped}</ul></details></div>"
    )


def _others(current: str, extracts: Sequence[str]) -> str:
    others = [name for name in extracts if name != current]
    if not others:
        return ""
    return (
        f" (also: {escape(', '.join(others))}; <code>project.open('{escape(others[-1])}')</code>)"
    )
