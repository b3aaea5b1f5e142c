"""``carecommons extract``: looks at delivered extracts, where they lie."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.settings import LabSettings
from cohorts.access import read_record
from cohorts.changes import Changes, compare_deliveries
from cohorts.errors import ExtractError
from cohorts.extract_files import EXTRACTS, MANIFEST_FILE, ExtractManifest
from cohorts.project import PROJECT_VARIABLE, list_projects, open_project
from cohorts.window import TimeWindow


@click.group()
def extract() -> None:
    """List, verify and compare delivered extracts."""


@extract.command("list")
def list_() -> None:
    """List the extracts of all projects, with release, window and last day of access."""
    root = _project_root()
    for project in list_projects(root):
        for path in sorted((root / project / EXTRACTS).glob(f"[!.]*/{MANIFEST_FILE}")):
            manifest = ExtractManifest.from_json(path.read_bytes())
            record = read_record(root / project, manifest.extract)
            until = (record.expires_on if record else manifest.expires_on) or "no set day"
            click.echo(
                f"{project}/{manifest.extract}: release {manifest.release}, "
                f"{TimeWindow(*manifest.window)}, until {until}"
            )


@extract.command()
@click.argument("project")
@click.argument("name", required=False)
def verify(project: str, name: str | None) -> None:
    """Verify extract NAME of PROJECT: access is open, and every file is as it was delivered."""
    opened = open_project(_project_root() / project, name)
    files = len(opened.manifest.files)
    click.echo(f"{project}/{opened.manifest.extract}: {files} files are as they were delivered")
    click.echo(f"until {opened.about.expires_on or 'no set day'}")


@extract.command()
@click.argument("project")
@click.argument("earlier")
@click.argument("later")
def changes(project: str, earlier: str, later: str) -> None:
    """Tell what LATER has beside EARLIER, two deliveries of one series of PROJECT.

    Small counts are not shown, others are rounded.
    """
    both = [open_project(_project_root() / project, name) for name in (earlier, later)]
    if both[0].manifest.pseudonym_series != both[1].manifest.pseudonym_series:
        raise ExtractError(f"{earlier} and {later} have other pseudonyms; rows cannot be compared")
    for line in _lines(compare_deliveries(both[0].path, both[1].path, (earlier, later))):
        click.echo(line)


def _lines(found: Changes) -> list[str]:
    lines = [f"people who entered: {found.entered}; who left: {found.left}"]
    lines += [
        f"{table.table}: {table.added} rows added, {table.changed} changed, {table.gone} gone"
        for table in found.tables
    ]
    lines += [f"{table}: new" for table in found.new_tables]
    return lines + [f"{table}: gone" for table in found.gone_tables]


def _project_root() -> Path:
    environ = {name: value for name, value in os.environ.items() if name != PROJECT_VARIABLE}
    return LabSettings.from_environ(environ).project_root
