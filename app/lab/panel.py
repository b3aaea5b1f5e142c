"""What the panel "Project data" shows and sends, as plain data. No web framework is needed here."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cohorts.errors import OutputRefused
from cohorts.extract_files import DICTIONARY_FILE, EXTRACTS, MANIFEST_FILE, WORKSPACE
from cohorts.outputs.accepted import accepted_extensions
from cohorts.outputs.report import Report
from cohorts.project import Project, check_access, open_project
from deid.release import Dictionary

_MOST_FILES_LISTED: Final = 200
_MOST_CONCEPTS: Final = 25
# In which table and column a concept of a domain stands.
_DOMAINS: Final = {
    "Condition": ("condition_occurrence", "condition_concept_id"),
    "Device": ("device_exposure", "device_concept_id"),
    "Drug": ("drug_exposure", "drug_concept_id"),
    "Measurement": ("measurement", "measurement_concept_id"),
    "Observation": ("observation", "observation_concept_id"),
    "Procedure": ("procedure_occurrence", "procedure_concept_id"),
    "Visit": ("visit_occurrence", "visit_concept_id"),
}


def describe_project(folder: Path) -> dict[str, Any]:
    """The newest extract: purpose, end of access, and every table with its columns.

    Raises:
        ProjectError, AccessExpired, ExtractChanged: as :func:`cohorts.open_project`.
    """
    project = _project(folder)
    about = project.about
    dictionary = Dictionary.from_json((project.path / DICTIONARY_FILE).read_bytes())
    rows = project.rows
    return {
        "project": about.project,
        "title": about.title,
        "purpose": about.purpose,
        "extract": about.extract,
        "extracts": list(project.extracts),
        "release": about.release,
        "persons": about.persons,
        "expires_on": check_access(folder, project.manifest),
        "days_left": about.days_left(),
        "citation": about.citation,
        "cohort": about.cohort,
        "tables": [
            {
                "name": name,
                "meaning": dictionary.tables.get(name, ""),
                "rows": rows.get(name, 0),
                "columns": [
                    {
                        "name": entry.name,
                        "type": entry.type,
                        "meaning": entry.meaning,
                        "unit": entry.unit or "",
                        "completeness": entry.completeness,
                    }
                    for entry in dictionary.columns
                    if entry.table == name
                ],
            }
            for name in project.tables
        ],
    }


def find_concepts(folder: Path, words: str) -> dict[str, Any]:
    """Delivered concepts whose name or code holds all ``words``, with code that reads their rows.

    Raises:
        ProjectError, AccessExpired, ExtractChanged: as :func:`cohorts.open_project`.
    """
    project = _project(folder)
    wanted = [word.replace("'", "''") for word in words.casefold().split()[:8]]
    if not wanted or "concept" not in project.tables:
        return {"concepts": []}
    held = " AND ".join(
        f"contains(lower(concept_name || ' ' || concept_code), '{word}')" for word in wanted
    )
    rows = project.sql(
        "SELECT concept_id, concept_name, domain_id, vocabulary_id, concept_code FROM concept "
        f"WHERE {held} ORDER BY length(concept_name), concept_id LIMIT {_MOST_CONCEPTS}"
    )
    return {
        "concepts": [
            {
                "name": str(row.concept_name),
                "about": f"{row.domain_id}, {row.vocabulary_id} {row.concept_code}",
                "code": _reading(project, int(row.concept_id), row.domain_id),
            }
            for row in rows.itertuples()
        ]
    }


def _reading(project: Project, concept_id: int, domain: str) -> str:
    table, column = _DOMAINS.get(domain, ("", ""))
    if column not in project.manifest.tables.get(table, ()):
        return f'project.sql("SELECT * FROM concept WHERE concept_id = {concept_id}")'
    return f'rows = project.sql("SELECT * FROM {table} WHERE {column} = {concept_id}")\nrows.head()'


def files_to_send(folder: Path) -> dict[str, Any]:
    """Files of the workspace of a kind that may leave, by their paths in it, newest first."""
    workspace = folder / WORKSPACE
    found = [
        path
        for path in workspace.rglob("*")
        if path.suffix.casefold() in accepted_extensions()
        and path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(workspace).parts)
    ]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return {"files": [str(path.relative_to(workspace)) for path in found[:_MOST_FILES_LISTED]]}


def check_request(folder: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """What the check says of the files named in ``asked["files"]``.

    Raises:
        OutputRefused: naming a file that does not leave in this form.
    """
    return _document(_project(folder).check_output(_paths(folder, asked)))


def send_request(folder: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Lay the files into the outbox, with ``asked["title"]`` and ``asked["note"]``.

    Raises:
        OutputRefused: naming what does not leave in this form, or if the note says too little.
    """
    report = _project(folder).request_release(
        _paths(folder, asked), str(asked.get("note", "")), str(asked.get("title", ""))
    )
    return _document(report)


def _project(folder: Path) -> Project:
    """The newest extract. Its files are compared with their hashes once, its end each time."""
    manifests = sorted((folder / EXTRACTS).glob(f"*/{MANIFEST_FILE}"))
    project = _opened(folder, tuple((str(path), path.stat().st_mtime_ns) for path in manifests))
    check_access(folder, project.manifest)
    return project


@lru_cache(maxsize=1)
def _opened(folder: Path, stamp: tuple[tuple[str, int], ...]) -> Project:
    return open_project(folder)


def _paths(folder: Path, asked: dict[str, Any]) -> list[Path]:
    """The files asked for; each has to lie in the workspace, also behind a link."""
    names = asked.get("files")
    workspace = (folder / WORKSPACE).resolve()
    paths = [(workspace / str(name)).resolve() for name in names] if isinstance(names, list) else []
    if not all(path.is_relative_to(workspace) for path in paths):
        raise OutputRefused("only files of the workspace are sent")
    return paths


def _document(report: Report) -> dict[str, Any]:
    return {
        "files": [file.to_dict() | {"outcome": file.outcome.value} for file in report.files],
        "hint": report.hint,
    }
