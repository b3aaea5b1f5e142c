"""``carecommons case``: find teachable records, draft a case from one, show a case."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import click

from app.settings import PortalSettings
from casebank import (
    Case,
    RecordNotFound,
    draft_case,
    find_candidates,
    find_findings,
    render_text,
)
from deid.release import Release, open_release

_RELEASE = click.option(
    "--release", "release_name", metavar="NAME", required=True, help="a published release"
)


@click.group()
def case() -> None:
    """Draft and show problem-oriented teaching cases."""


@case.command("candidates")
@_RELEASE
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True)
@click.option("--reasons", is_flag=True, help="print what each score is made of")
@click.option(
    "--with-sensitive", is_flag=True, help="include people with a sensitive category of condition"
)
def candidates_command(release_name: str, limit: int, reasons: bool, with_sensitive: bool) -> None:
    """List the most teachable people of a release, best first."""
    found = find_candidates(_open(release_name), limit, with_sensitive=with_sensitive)
    for candidate in found:
        click.echo(f"{candidate.score:5.1f}  person {candidate.person_id}")
        if reasons:
            for line in candidate.reasons():
                click.echo(f"       {line}")
    if not found:
        click.echo("no candidate: the release holds nobody without a sensitive category", err=True)


@case.command("draft")
@_RELEASE
@click.option("--person", type=int, metavar="ID", help="default: the best candidate")
@click.option("--case-id", default="draft", show_default=True, metavar="ID")
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    help="default: the one that most of the person's notes are written in",
)
@click.option("--student", is_flag=True, help="leave out the sources: what a student may see")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="the case as JSON; an existing file is replaced",
)
def draft_command(
    release_name: str,
    person: int | None,
    case_id: str,
    language: Literal["en", "zh"] | None,
    student: bool,
    output: Path,
) -> None:
    """Draft a case from one person of a release."""
    release = _open(release_name)
    if person is None:
        best = find_candidates(release, 1)
        if not best:
            raise RecordNotFound("the release holds nobody without a sensitive category")
        person = best[0].person_id
    try:
        draft = draft_case(release, person, case_id=case_id, language=language)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    _write(output, (draft.for_student() if student else draft).to_json())
    click.echo(
        f"{output}: {len(draft.contacts)} contacts, {len(draft.problems)} problems, "
        f"{len(draft.flow_sheets)} flow sheets"
    )
    for reason, count in sorted(draft.left_out.items()):
        click.echo(f"left out: {count} {reason}")
    for finding in find_findings(draft):
        click.echo(f"{finding.severity}: {finding.code} at {finding.where}: {finding.text}")


@case.command("show")
@click.argument("case_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def show_command(case_file: Path) -> None:
    """Print a case as a student reads it."""
    click.echo(render_text(Case.from_json(case_file.read_bytes())), nl=False)


def _open(name: str) -> Release:
    return open_release(PortalSettings.from_environ(os.environ).release_root, name)


def _write(path: Path, data: bytes) -> None:
    """Write beside and rename, so that no half-written case is ever seen."""
    staged = path.with_name(f".{path.name}.part")
    try:
        staged.write_bytes(data)
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)
