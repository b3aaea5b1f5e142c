"""``carecommons case``: find teachable records, draft, show, export and import cases."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
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
from casebank.exports.formats import FORMATS, ExportOrder, export_case
from casebank.exports.package import Package, read_package
from casebank.exports.printed import Exporter
from casebank.lesson import Lesson
from casebank.lesson.drafting import draft_lesson_from_release
from deid.release import Release, open_release

_RELEASE = click.option(
    "--release", "release_name", metavar="NAME", required=True, help="a published release"
)


@click.group()
def case() -> None:
    """Draft, show, export and import problem-oriented teaching cases."""


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


@case.command("lesson")
@_RELEASE
@click.argument("case_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--with-concordance",
    is_flag=True,
    help="draft script concordance questions too; they need a panel of ten before publication",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="the lesson as JSON; an existing file is replaced",
)
def lesson_command(
    release_name: str, case_file: Path, with_concordance: bool, output: Path
) -> None:
    """Draft stages, exercises and keys over a case that was drafted from the release."""
    drafted = Case.from_json(case_file.read_bytes())
    lesson = draft_lesson_from_release(
        drafted, _open(release_name), with_concordance=with_concordance
    )
    _write(output, lesson.to_json())
    click.echo(
        f"{output}: {len(lesson.stages)} stages, {len(lesson.exercises)} exercises, "
        f"about {lesson.minutes} minutes"
    )
    for number in range(1, len(lesson.stages) + 1):
        kinds = ", ".join(one.kind for one in lesson.at(number)) or "reading only"
        click.echo(f"stage {number}: {len(lesson.stages[number - 1].reveals)} data; {kinds}")


@case.command("show")
@click.argument("case_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def show_command(case_file: Path) -> None:
    """Print a case as a student reads it."""
    click.echo(render_text(Case.from_json(case_file.read_bytes())), nl=False)


@case.command("export")
@click.argument("case_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--lesson",
    "lesson_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="the lesson as JSON, where the case is not a package that has one",
)
@click.option("--format", "name", type=click.Choice(list(FORMATS)), default="package")
@click.option("--language", type=click.Choice(["en", "zh"]), help="default: the record's own")
@click.option(
    "--by", default="", metavar="NAME", help="who exports: printed on every page of a PDF"
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE"
)
def export_command(
    case_file: Path,
    lesson_file: Path | None,
    name: str,
    language: Literal["en", "zh"] | None,
    by: str,
    output: Path,
) -> None:
    """Write a case (JSON or .ccase) in another format; by default as a package without sources."""
    content = case_file.read_bytes()
    if content.startswith(b"PK"):
        package = read_package(content)
    else:
        lesson = Lesson.from_json(lesson_file.read_bytes()) if lesson_file else None
        package = Package(Case.from_json(content), lesson)
    order = ExportOrder(Exporter(by or getpass.getuser(), datetime.now(UTC)), language)
    _write(output, export_case(package, name, order))
    click.echo(f"{output}: {FORMATS[name].label}")


@case.command("import")
@click.argument("package_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="the case as JSON; an existing file is replaced",
)
@click.option(
    "--lesson",
    "lesson_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="where to write the lesson, if the package has one",
)
def import_command(package_file: Path, output: Path, lesson_file: Path | None) -> None:
    """Check a package (.ccase) and take case and lesson out of it."""
    package = read_package(package_file.read_bytes())
    _write(output, package.case.to_json())
    if package.lesson is not None and lesson_file is not None:
        _write(lesson_file, package.lesson.to_json())
    has = "a lesson" if package.lesson is not None else "no lesson"
    click.echo(f"{output}: {len(package.case.contacts)} contacts, {has}")
    click.echo(f"licence: {package.licence}")
    for line in package.terms:
        click.echo(f"terms: {line}")


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
