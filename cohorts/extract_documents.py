"""The documents of an extract: dictionary as JSON, CSV and page, cohort, and what to read first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from cohorts.extract_files import (
    COHORT_FILE,
    CSV_FOLDER,
    DICTIONARY_FILE,
    ExtractManifest,
    canonical_json,
)
from cohorts.frozen import FROZEN_FILE, Frozen
from cohorts.identifiers import VOCABULARY_TABLES, entity_of
from cohorts.model import CohortDefinition
from cohorts.plain_language import describe
from cohorts.result import COHORT_SCHEMA, CohortResult
from cohorts.row_limits import RowLimit
from cohorts.selection import COHORT_TABLE
from cohorts.spreadsheets import harmless
from cohorts.window import TimeWindow
from deid.release import ColumnEntry, Dictionary, Release

DICTIONARY_CSV: Final = "dictionary.csv"
DICTIONARY_PAGE: Final = "dictionary.html"
_PROJECT_PSEUDONYM: Final = "project pseudonym"
_COHORT_MEANINGS: Final = {
    "subject_id": "the person, as person_id in the other tables",
    "cohort_start_date": "first day of a period in the cohort",
    "cohort_end_date": "last day of a period in the cohort",
}
_COLUMNS: Final = ("table", "name", "type", "meaning", "treatment", "rule", "unit", "completeness")
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "th,td{border:1px solid #bbb;padding:.35rem .6rem;text-align:left;vertical-align:top}"
    "th{background:#f1f3f5}code{font-family:ui-monospace,monospace}"
)


def dictionary_of(
    release: Release,
    tables: Mapping[str, pa.Table],
    limits: Mapping[str, RowLimit] = MappingProxyType({}),
) -> Dictionary:
    """The release's dictionary for the delivered columns, with the completeness found here.

    Of a table in ``limits`` its meaning says which rows are there.
    """
    source = {(entry.table, entry.name): entry for entry in release.dictionary.columns}
    meanings = {name: release.dictionary.tables.get(name, "") for name in tables}
    for name, limit in limits.items():
        meanings[name] = f"{meanings[name]} ({limit})".strip()
    if COHORT_TABLE in tables:
        meanings[COHORT_TABLE] = "periods in which a person is in the approved cohort"
    entries = []
    for name, rows in sorted(tables.items()):
        for field in rows.schema:
            entry = source.get((name, field.name))
            if name == COHORT_TABLE or entry is None:
                meaning = _COHORT_MEANINGS.get(field.name, "") if name == COHORT_TABLE else ""
                entry = ColumnEntry(name, field.name, str(field.type), meaning, "keep")
            if name not in VOCABULARY_TABLES and entity_of(name, field.name):
                entry = replace(entry, treatment=_PROJECT_PSEUDONYM, rule="")
            complete = 1 - rows[field.name].null_count / rows.num_rows if rows.num_rows else None
            entries.append(replace(entry, type=str(field.type), completeness=complete))
    return Dictionary(meanings, tuple(entries))


def dictionary_csv(dictionary: Dictionary) -> bytes:
    """One line a column."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in dictionary.columns:
        writer.writerow([harmless(getattr(entry, name)) for name in _COLUMNS])
    return text.getvalue().encode("utf-8")


def dictionary_page(title: str, dictionary: Dictionary) -> bytes:
    """A page that needs nothing else, one table of columns for each table."""
    parts = [f"<h1>Data dictionary: {escape(title)}</h1>"]
    for table in sorted(dictionary.tables):
        parts.append(
            f"<h2><code>{escape(table)}</code></h2><p>{escape(dictionary.tables[table])}</p>"
        )
        parts.append(
            '<table><thead><tr><th scope="col">Column</th><th scope="col">Type</th>'
            '<th scope="col">Meaning</th><th scope="col">Treatment</th><th scope="col">Unit</th>'
            '<th scope="col">Filled</th></tr></thead><tbody>'
        )
        for entry in dictionary.of_table(table):
            filled = "no rows" if entry.completeness is None else f"{entry.completeness:.1%}"
            treatment = f"{entry.treatment} {entry.rule}".strip()
            cells = (entry.type, entry.meaning, treatment, entry.unit, filled)
            parts.append(
                f'<tr><th scope="row"><code>{escape(entry.name)}</code></th>'
                + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
                + "</tr>"
            )
        parts.append("</tbody></table>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Data dictionary: {escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    ).encode()


def cohort_document(
    definition: CohortDefinition | None, people: object, notes: Mapping[str, object]
) -> bytes:
    """The definition with its plain words; ``notes`` are further entries."""
    document: dict[str, object] = {"definition": None, "description": "", "sha256": "", **notes}
    if definition is not None:
        document["definition"] = json.loads(definition.source.decode("utf-8-sig"))
        document["description"] = describe(definition)
        document["sha256"] = definition.sha256
    if isinstance(people, CohortResult):
        document["compiler"] = people.compiler
        document["columns"] = [field.name for field in COHORT_SCHEMA]
    return canonical_json(document)


def citation(release: Release, manifest: ExtractManifest) -> str:
    """How to cite the data in one line: release, its version, and the definition."""
    title = release.manifest.title or release.name
    cohort = (
        f"; cohort definition sha256:{manifest.cohort_sha256}" if manifest.cohort_sha256 else ""
    )
    return (
        f"{title}. Release {release.name}, OMOP CDM v{release.manifest.cdm_version}, "
        f"manifest sha256:{manifest.release_manifest_sha256}{cohort}; "
        f"extract {manifest.project}/{manifest.extract}."
    )


def readme(
    release: Release,
    manifest: ExtractManifest,
    rows: Mapping[str, int],
    dictionary: Dictionary,
    frozen: Frozen | None,
    notes: tuple[str, ...] = (),
) -> bytes:
    """What to read first. ``rows`` has the number of rows of each table."""
    window = TimeWindow(*manifest.window)
    lines = [
        f"# {manifest.title or manifest.extract}",
        "",
        f"Extract `{manifest.extract}` of project `{manifest.project}`.",
        "",
        f"- Purpose: {_line(manifest.purpose) or 'not stated'}",
        f"- Ethics approval: {_line(manifest.ethics_number) or 'not stated'}",
        f"- Access ends: {manifest.expires_on or 'not set'}",
        f"- Release: `{release.name}` ({_line(release.manifest.title) or 'untitled'}), "
        f"OMOP CDM v{release.manifest.cdm_version}, "
        f"policy {release.manifest.policy.get('name', '')} "
        f"{release.manifest.policy.get('version', '')}",
        f"- Time: {window}",
    ]
    if manifest.continues:
        lines.append(
            f"- Continues `{manifest.continues}` with the same pseudonyms; "
            "`changes.html` tells what is new, changed and gone"
        )
    lines += ["", "## How to cite", "", f"> {citation(release, manifest)}", ""]
    lines += [
        "## Open it",
        "",
        "```python",
        "from cohorts import open_project",
        "",
        f'project = open_project(extract="{manifest.extract}")',
        f'person = project.table("{"person" if "person" in rows else sorted(rows)[0]}")',
        "```",
        "",
        "Each table is there twice with the same rows: as Parquet (`TABLE.parquet`) and, for other "
        f"programs, as CSV (`{CSV_FOLDER}/TABLE.csv`, UTF-8, a missing value is nothing between "
        "the commas, text stands in quotation marks).",
        "",
        "## Tables",
        "",
        "| table | rows | meaning |",
        "|---|---:|---|",
        *(
            f"| `{name}` | {count:,} | {_line(dictionary.tables.get(name, ''))} |"
            for name, count in sorted(rows.items())
        ),
        "",
        "## Documents",
        "",
        f"- `{DICTIONARY_FILE}`, `{DICTIONARY_CSV}`, `{DICTIONARY_PAGE}`: meaning, type and "
        "treatment of every column, and how far it is filled here",
        f"- `{COHORT_FILE}`: the cohort definition, and what it says in words",
        "- `risk.json`, `risk.html`: the measured risk of this extract and its limits",
        f"- `{FROZEN_FILE}`: what the people followed from, so that the run can be repeated",
        "- `manifest.json`: every file with its SHA-256",
        "",
        "## What to know",
        "",
        "- People, visits and all other rows have ids that only this project has.",
        "- Dates are shifted by whole weeks, the same for all of a household. Intervals, order and "
        "weekdays are true; seasons and calendar years are not.",
    ]
    if manifest.shifted_days_max:
        lines.append(
            f"- On top of the release's, this project's dates have a shift of their own of at most "
            f"{manifest.shifted_days_max} days."
        )
    lines += [f"- {note}" for note in notes]
    if frozen is not None:
        lines.append(
            f"- Run with {frozen.engine}, {frozen.compiler}; "
            f"vocabulary {frozen.vocabulary_version}; cohort rows sha256:{frozen.rows_sha256}."
        )
    lines += [
        "- Trying to find out whose record it is breaks the rules of use. Results leave the "
        "workspace by an output check only.",
        "",
    ]
    return "\n".join(lines).encode("utf-8")


def _line(text: str) -> str:
    """Text on one line that opens no table, link or heading of Markdown."""
    return " ".join(text.split()).replace("|", "/").replace("[", "(").replace("]", ")")
