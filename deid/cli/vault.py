"""``carecommons vault``: create, fill and check the vault."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from deid.build.quality import examine_vault
from deid.errors import ImportRefused
from deid.exporters.fhir import export_fhir
from deid.forms import describe_form, describe_forms, find_form, write_template
from deid.forms.model import LANGUAGES, Language
from deid.importers.athena import load_athena
from deid.importers.fhir import import_fhir
from deid.importers.forms import import_forms
from deid.importers.omop import read_omop_database, read_omop_directory
from deid.quality import render
from deid.settings import EngineSettings
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.report import ImportReport
from deid.vault.store import create_vault, open_vault, upgrade_vault

JSON = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
CONCEPTS = click.option(
    "--unknown-concepts",
    type=click.Choice(["refuse", "keep"]),
    default="refuse",
    show_default=True,
    help="What to do with a row whose main concept (condition_concept_id of a condition, and so "
    "on) is neither in the vault's vocabulary nor in the imported one. Unknown source, type, unit "
    "and value concepts are always kept and reported.",
)
DUPLICATES = click.option(
    "--duplicate-keys",
    type=click.Choice(["refuse", "renumber"]),
    default="refuse",
    show_default=True,
    help="What to do with different rows of one key. 'renumber' gives records that nothing refers "
    "to (drug exposures, measurements...) a new number drawn from their content; persons, visits "
    "and the like are refused always.",
)


@click.group()
def vault() -> None:
    """Create the vault, import records, check their quality.

    The vault holds identified records. It is a SQLite file under CARECOMMONS_HOME, or any database
    by CARECOMMONS_ENGINE_VAULT_URL.
    """


@vault.command()
def create() -> None:
    """Create the vault with the shipped base vocabulary; an existing one is left as it is."""
    url = _url()
    create_vault(url).dispose()
    click.echo(f"vault ready: {_shown(url)}")


@vault.command()
def upgrade() -> None:
    """Bring an existing vault to this program's schema version."""
    url = _url()
    upgrade_vault(url).dispose()
    click.echo(f"vault ready: {_shown(url)}")


@vault.group("import")
def import_() -> None:
    """Import records: all or nothing, with a report of every row.

    Importing the same records twice changes nothing. Rows with a fault are refused with a reason;
    a damaged file refuses the whole import and leaves the vault as it was.
    """


@import_.command()
@click.argument("source", metavar="PATH_OR_URL")
@click.option("--schema", help="Schema of the source database.")
@click.option("--name", help="Name of the source in the report; its path or URL by default.")
@CONCEPTS
@DUPLICATES
@JSON
def omop(
    source: str,
    schema: str | None,
    name: str | None,
    unknown_concepts: Literal["refuse", "keep"],
    duplicate_keys: Literal["refuse", "renumber"],
    as_json: bool,
) -> None:
    """Import an OMOP CDM v5.4 (or v5.3) dataset.

    PATH_OR_URL is a folder of CSV or Parquet files named as the tables, or the SQLAlchemy URL of
    a database. Identity tables (person_identity, identifier, contact, address, relative,
    household) in the same place are imported too.

    A row is refused when a required column is missing, a value has not the column's type, a date
    is in the future, a start is after its end, its person is unknown or refused, or its key is
    taken by another row. An optional reference (a visit, a provider) to a row that is not there is
    emptied, and the row kept.
    """
    engine = open_vault(_url())
    dataset = (
        read_omop_database(source, schema) if "://" in source else read_omop_directory(Path(source))
    )
    with _Progress() as progress:
        report = load_dataset(
            engine,
            dataset.tables,
            name or _shown(source),
            "omop",
            options=LoadOptions(unknown_concepts=unknown_concepts, duplicate_keys=duplicate_keys),
            remarks=dataset.remarks,
            progress=progress,
        )
    _print(report, as_json)


@import_.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--source",
    default="fhir",
    show_default=True,
    help="Name of the system the records come from; ids of resources are unique within it.",
)
@click.option(
    "--update",
    is_flag=True,
    help="Let a resource that the vault holds in another version replace that one: its rows are "
    "changed, and rows that it no longer gives are removed. Without it such resources are refused.",
)
@CONCEPTS
@JSON
def fhir(
    path: Path,
    source: str,
    update: bool,
    unknown_concepts: Literal["refuse", "keep"],
    as_json: bool,
) -> None:
    """Import FHIR R4: bundles or Bulk Data, a file (.json, .ndjson, also with .gz) or a folder.

    Names, numbers, addresses and contacts go to the identity tables. A code that leads to no
    standard concept becomes concept 0 with its source code; one that the vocabulary lacks keeps
    its name as a local concept that is not standard (2,100,000,000 and above). The report says of
    each resource type how many were added, changed and unchanged, and the share of mapped codes;
    every element and resource that is not imported is counted with its reason.
    """
    engine = open_vault(_url())
    with _Progress() as progress:
        report = import_fhir(
            engine,
            path,
            source,
            update=update,
            options=LoadOptions(unknown_concepts=unknown_concepts),
            progress=progress,
        )
    _print(report, as_json)


@import_.command("forms")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--source",
    default="forms",
    show_default=True,
    help="Name of the system the forms come from; its new people are numbered within it.",
)
@CONCEPTS
@JSON
def forms_(
    folder: Path, source: str, unknown_concepts: Literal["refuse", "keep"], as_json: bool
) -> None:
    """Import resident-record forms: a folder of CSV files, one a form.

    A file is named as its form, in English or Chinese (`carecommons vault forms` lists them), in
    UTF-8 or GB18030, separated by commas or tabs, with the form's headers in either language.
    Each row is one filled form and names its person by record code, ID card or medical record
    number. basic_information.csv brings new people. A cell that cannot be read is left out and
    reported; a row without person or date is; a file with an unknown column or a broken line
    refuses the whole import.
    """
    engine = open_vault(_url())
    with _Progress() as progress:
        report = import_forms(
            engine,
            folder,
            source,
            options=LoadOptions(unknown_concepts=unknown_concepts),
            progress=progress,
        )
    _print(report, as_json)


@vault.group()
def export() -> None:
    """Export identified records to another system of the same house; researchers get releases."""


@export.command("fhir")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "bundle"]),
    default="ndjson",
    show_default=True,
    help="Bulk Data files, one a resource type, or Bundles of at most 1,000 resources.",
)
def export_fhir_(folder: Path, form: Literal["ndjson", "bundle"]) -> None:
    """Write the whole vault as FHIR R4 into the new folder DIR, names and numbers included.

    Files can be read by their owner alone. `carecommons vault import fhir` reads them back
    without loss; docs/fhir.md says how.
    """
    engine = open_vault(_url())
    with _Progress() as progress:
        report = export_fhir(engine, folder, form, progress=progress)
    click.echo(report.render())


@vault.command("forms")
@click.argument("form", required=False)
@click.option(
    "--headers",
    type=click.Choice(LANGUAGES),
    default="zh",
    show_default=True,
    help="Language of the headers and choices.",
)
@click.option(
    "--template",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write an empty CSV file of the form; an existing file is left alone.",
)
def list_forms(form: str | None, headers: Language, template: Path | None) -> None:
    """List the resident-record forms, or the columns of one FORM.

    FORM is its file name without .csv, or its title in either language.
    """
    if form is None:
        if template is not None:
            raise click.UsageError("--template needs the name of a form")
        click.echo(describe_forms(headers))
        return
    found = find_form(form)
    if found is None:
        raise click.BadParameter(
            "there is no such form; `carecommons vault forms` lists them", param_hint="FORM"
        )
    if template is not None:
        try:
            write_template(found, headers, template)
        except FileExistsError:
            raise click.BadParameter("there is a file already", param_hint="--template") from None
    click.echo(describe_form(found, headers))


@vault.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--work",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder for temporary files, with room for about twice the download.",
)
@JSON
def vocabulary(folder: Path, work: Path | None, as_json: bool) -> None:
    """Bring the vocabulary to an Athena download: DIR holds its unpacked files.

    The nine files (CONCEPT.csv and so on) are those that athena.ohdsi.org delivers. Only what
    differs is written, all or nothing: a newer download adds, changes and invalidates rows. The
    installation's own concepts (ids from 2,000,000,000 on) are kept, and people's records are not
    touched.
    """
    engine = open_vault(_url())
    with _Progress() as progress:
        report = load_athena(engine, folder, work=work, progress=progress)
    click.echo(report.to_json() if as_json else report.render())


@vault.command()
@JSON
def check(as_json: bool) -> None:
    """Report the quality of what the vault holds; exit code 1 if there are errors.

    Errors are rows that an import would refuse, or that were changed by something else than an
    import. The quality checks follow: conformance, completeness and plausibility as the OHDSI Data
    Quality Dashboard asks for them, gaps in follow-up, codes that are not mapped, and records that
    contradict themselves, each with its threshold, count and rows as examples. They do not change
    the exit code: real records are imperfect.
    """
    settings = EngineSettings.from_environ(os.environ)
    engine = open_vault(settings.vault_url)
    with _Progress() as progress:
        report, quality = examine_vault(engine, settings.work_root, settings.processes, progress)
    if as_json:
        click.echo(json.dumps(asdict(report) | {"quality": quality.to_dict()}, indent=1))
    else:
        click.echo(f"{report.render()}\n\n{render(quality)}")
    if report.errors:
        sys.exit(1)


class _Progress:
    """One line on a terminal that names the table at work; nothing where output is piped."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._rows = 0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> _Progress:
        return self

    def __call__(self, table: str, rows: int) -> None:
        self._rows += rows
        if self._shown:
            seconds = time.monotonic() - self._started
            click.echo(f"\r\x1b[K{table}  {self._rows:,} rows, {seconds:.0f} s", nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def _print(report: ImportReport, as_json: bool) -> None:
    """Print the report; an import of which nothing could be used has failed."""
    click.echo(report.to_json() if as_json else report.render())
    if report.refused and report.refused == report.read:
        raise ImportRefused("every row was refused; see the report")


def _url() -> str:
    return EngineSettings.from_environ(os.environ).vault_url


def _shown(source: str) -> str:
    """A path as it is, a URL without its password."""
    if "://" not in source:
        return source
    try:
        return make_url(source).render_as_string(hide_password=True)
    except ArgumentError:
        return "a URL"
