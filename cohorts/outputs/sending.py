"""The workspace's side: gathers files, checks them as the portal will, and lays down a parcel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cohorts.errors import OutputRefused
from cohorts.outputs.accepted import Kind, accepted_extensions, check_file, most_bytes
from cohorts.outputs.acro_session import RESULTS_FILE, read_records
from cohorts.outputs.parcel import ParcelFile, check_amount, write_parcel
from cohorts.outputs.report import FileReport, Level, Report
from cohorts.outputs.tables import parse_table

NOTE_MINIMUM: Final = 20
"""Characters of a note; fewer say nothing."""
_PLACES: Final = 4


def check_files(files: Sequence[Path | str] | Path | str) -> Report:
    """What the portal's check will say, by the usual limits; tables that left before are not known.

    Raises:
        OutputRefused: naming a file that does not leave in this form.
    """
    return _report(_gather(files))


def send(
    project_folder: Path,
    extract: str,
    files: Sequence[Path | str] | Path | str,
    note: str,
    title: str,
) -> Report:
    """Check files and lay copies of them into the project's outbox.

    Raises:
        OutputRefused: naming what does not leave in this form, or if the note says too little.
    """
    if len(note.strip()) < NOTE_MINIMUM:
        raise OutputRefused(
            f"say in the note, in {NOTE_MINIMUM} characters or more, what the files show and where "
            "they are to go: a steward decides by it"
        )
    gathered = _gather(files)
    report = _report(gathered)
    title = title.strip() or gathered[0].name
    parcel = write_parcel(project_folder, extract, title, note.strip(), gathered)
    hint = (
        f"In the outbox as {parcel.id}. Now sign in to the portal, open Outputs and send it on; a "
        "steward decides."
    )
    if report.outcome is Level.FAIL:
        hint += " The check found something: it is better mended before it is sent on."
    return Report(report.files, parcel.id, hint)


def _report(files: Sequence[ParcelFile]) -> Report:
    return Report(
        tuple(
            _with_places(file, check_file(file.name, file.content, acro=file.acro))
            for file in files
        )
    )


def _with_places(file: ParcelFile, report: FileReport) -> FileReport:
    """The findings with the first cells by name; in the workspace a table may be quoted."""
    if report.kind != Kind.TABLE:
        return report
    table = parse_table(file.name, file.content)
    findings = []
    for finding in report.findings:
        inside = [(r, c) for r, c in finding.cells if r < len(table.rows) and c < len(table.header)]
        named = [f"{table.labels[r] or f'row {r + 1}'} × {table.header[c]}" for r, c in inside]
        more = ["…"] if len(named) > _PLACES else []
        places = f" ({'; '.join([*named[:_PLACES], *more])})" if named else ""
        findings.append(replace(finding, text=finding.text + places))
    return replace(report, findings=tuple(findings))


def _gather(files: Sequence[Path | str] | Path | str) -> list[ParcelFile]:
    if isinstance(files, str | Path):
        files = [files]
    gathered: list[ParcelFile] = []
    for given in files:
        path = Path(given)
        if path.is_dir():
            gathered += _from_acro(path)
        else:
            gathered.append(ParcelFile(path.name, _content(path)))
    check_amount([(file.name, len(file.content)) for file in gathered])
    for file in gathered:
        if len(file.content) > most_bytes(file.name):
            raise OutputRefused(f"{file.name}: larger than {most_bytes(file.name):,} bytes")
    return gathered


def _from_acro(folder: Path) -> list[ParcelFile]:
    if not (folder / RESULTS_FILE).is_file():
        raise OutputRefused(
            f"{folder.name}: a folder is sent only if acro finalised it; name the files instead"
        )
    records = read_records(folder)
    return [
        ParcelFile(name, _content(folder / name), record)
        for name, record in records.items()
        if Path(name).suffix.casefold() in accepted_extensions()
    ]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most_bytes(path.name) + 1)
    except OSError as error:
        raise OutputRefused(f"{path.name}: cannot be read ({error.strerror})") from None
