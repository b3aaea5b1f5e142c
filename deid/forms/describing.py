"""Renders the forms' documentation, and empty files to fill in."""

from __future__ import annotations

import csv
from pathlib import Path

from deid.forms.catalogue import load_forms
from deid.forms.model import KINDS, Column, Language, ResidentForm


def describe_forms(language: Language) -> str:
    """The list of the forms for a terminal."""
    lines = [
        f"{form.file_name:<24}{form.name(language)} ({len(form.fields)} fields)"
        for form in load_forms()
    ]
    return "\n".join(lines)


def describe_form(form: ResidentForm, language: Language) -> str:
    """The columns of one form for a terminal: header, what a cell holds, limits and choices."""
    head = f"{form.file_name}.csv  {form.zh} / {form.en}"
    lines = [head, f"standard: {form.chapter}", ""]
    lines += [
        f"{column.header(language)}: {cell_of(column, language)}"
        for column in form.columns
        if column.line == 1
    ]
    return "\n".join(lines)


def cell_of(column: Column, language: Language) -> str:
    """What a cell of the column holds."""
    field = column.field
    if column.part:
        return f"{KINDS[field.kind]} ({field.lines} lines)" if column.part == "drug" else "so"
    text = KINDS[field.kind]
    if column.own and field.low is not None and field.high is not None:
        text += f", {field.low:g} to {field.high:g}"
    if field.choices:
        text += ": " + ", ".join(f"{c.number} {c.name(language)}" for c in field.choices)
    return text


def write_template(form: ResidentForm, language: Language, path: Path) -> None:
    """Write an empty file with the form's headers.

    Raises:
        FileExistsError: if there is a file already.
    """
    with path.open("x", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerow([c.header(language) for c in form.columns if c.own])


def render_page() -> str:
    """The tables of ``docs/forms.md``: forms, and the fields of each."""
    lines = ["| file | form | 表单 | chapter of the standard | fields |", "|---|---|---|---|---|"]
    lines += [
        f"| `{f.file_name}.csv` | {f.en} | {f.zh} | {f.chapter} | {len(f.fields)} |"
        for f in load_forms()
    ]
    return "\n".join(lines) + "\n"
