"""Renders the forms' documentation, and empty files to fill in."""

from __future__ import annotations

import csv
from pathlib import Path

from deid.errors import FormError
from deid.forms.catalogue import load_forms
from deid.forms.model import KINDS, Column, Kind, Language, ResidentForm

_EXAMPLES: dict[Kind, str] = {
    "identifier": "`61011200100100001`, with or without hyphens",
    "date": "`2024-05-06`, `2024/5/6`, `20240506`, `2024年5月6日`",
    "end": "a date",
    "mode": "`1`, `门诊`, `clinic`",
    "doctor": "as written",
    "institution": "as written",
    "person": "as written",
    "reading": "`138`",
    "amount": "`2.5`",
    "answer": "`1`, `规律`, `regular`",
    "answers": "`2/5`, `2,5`, `嗜盐；嗜油`, `salty; oily`",
    "findings": "`2/3`, `青霉素；磺胺`, `1` (none)",
    "symptoms": "`2/3`, `多饮；多尿`",
    "problems": "`2`, `脑出血`",
    "text": "as written, a few words",
    "day": "a date",
    "due": "a date",
    "family": "`高血压；I63`, `无`",
    "history": "`高血压 2015-03-01；肺结核 2001-02~2001-09`",
    "diagnoses": "`原发性高血压；E11.9`, `无`",
    "procedures": "`心电图检查`",
    "vaccines": "`流感疫苗`",
    "drugs": "`苯磺酸氨氯地平片` or `C08CA01`; `5mg`; `1`; `30`",
    "items": "`2276-4=120；PHQ_9=6；尿蛋白=2+`",
    "narrative": "as written",
}


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
    lines = [head, form.chapter, ""]
    lines += [
        f"{column.header(language)}: {cell_of(column, language)}"
        for column in form.columns
        if column.line == 1
    ]
    return "\n".join(lines)


def cell_of(column: Column, language: Language) -> str:
    """What a cell of the column holds."""
    field = column.field
    text = KINDS[field.kind][0 if language == "zh" else 1]
    if column.part:
        text += f" (×{field.lines})"
    if column.own and field.low is not None and field.high is not None:
        text += f", {field.low:g} {'至' if language == 'zh' else 'to'} {field.high:g}"
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


def render_page(page: str) -> str:
    """``docs/forms.md`` with its tables brought up to date.

    Raises:
        FormError: if the page lacks the marks between which the tables stand.
    """
    for name, table in (("forms", _forms_table()), ("cells", _cells_table())):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        head, found, rest = page.partition(begin)
        _, closed, tail = rest.partition(end)
        if not found or not closed:
            raise FormError(f"the page has no marks {begin.strip()} and {end}")
        page = head + begin + table + end + tail
    return page


def _forms_table() -> str:
    lines = ["| file | form | 表单 | chapter of the standard | fields |", "|---|---|---|---|---|"]
    lines += [
        f"| `{f.file_name}.csv` | {f.en} | {f.zh} | {f.chapter} | {len(f.fields)} |"
        for f in load_forms()
    ]
    return "\n".join(lines) + "\n"


def _cells_table() -> str:
    """What a cell of each kind holds, with a field of that kind as an example."""
    lines = ["| a cell holds | for example | written as |", "|---|---|---|"]
    for kind, (_, meaning) in KINDS.items():
        found = next(
            ((form, field) for form in load_forms() for field in form.fields if field.kind == kind),
            None,
        )
        if found:
            form, field = found
            lines.append(f"| {meaning} | {field.zh} ({form.zh}) | {_EXAMPLES[kind]} |")
    return "\n".join(lines) + "\n"
