"""``carecommons cohort``: run, count, check and describe cohort definitions."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.csv as pa_csv

from app.cli.characterise import ANALYSES, DEATH, Named, characterise, write
from app.settings import PortalSettings
from cohorts import check, describe, load, open_cdm_folder, run, safe_attrition, safe_count
from cohorts.age_margins import age_bands, check_ages
from cohorts.cdm import CdmFolder
from cohorts.disclosure import DisclosureRule
from cohorts.engines import DEFAULT_LIMIT_SECONDS
from cohorts.model import CohortDefinition
from cohorts.result import CohortResult
from cohorts.vocabulary_checks import check_concepts
from deid.release import Release, open_release
from deid.whole_files import write_whole

_DEFINITION = click.argument(
    "definition", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
_RELEASE = click.option("--release", metavar="NAME", help="a published release")
_CDM = click.option(
    "--cdm",
    metavar="DIR|URL",
    help="a folder of OMOP tables (Parquet or CSV), or a PostgreSQL database that holds them, "
    "postgresql://USER@HOST/DATABASE (a password comes from PGPASSWORD or ~/.pgpass)",
)
_SCHEMA = click.option(
    "--schema",
    metavar="NAME",
    help="with a database: the schema of its OMOP tables  [default: public]",
)
_ENGINE = click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark", "postgresql"]),
    help="what runs the query: for files duckdb, or spark, which needs carecommons[spark], Java 17 "
    "and Parquet; for a database postgresql  [default: duckdb or postgresql]",
)
_LIMIT = click.option(
    "--limit-seconds",
    type=click.FloatRange(min=0.1),
    default=DEFAULT_LIMIT_SECONDS,
    show_default=True,
    help="stop the query after this long",
)


@click.group()
def cohort() -> None:
    """Run a cohort definition (OHDSI Circe JSON) over a release, a CDM folder or a database."""


@cohort.command("run")
@_DEFINITION
@_RELEASE
@_CDM
@_SCHEMA
@_ENGINE
@_LIMIT
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="write the csv to this file instead of printing it",
)
@click.option(
    "--attrition",
    type=click.Path(dir_okay=False, path_type=Path),
    help="write the inclusion rules' masks to this file as csv: mode_id (0 by event, 1 by person), "
    "inclusion_rule_mask (bit i is set if rule i is met), person_count",
)
def run_command(
    definition: Path,
    release: str | None,
    cdm: str | None,
    schema: str | None,
    engine: str | None,
    limit_seconds: float,
    output: Path | None,
    attrition: Path | None,
) -> None:
    """Print the cohort's rows as csv, sorted.

    Columns: subject_id, cohort_start_date, cohort_end_date. Person ids are those of the source, a
    release's pseudonyms. All engines print the same rows.
    """
    result = _result(definition, release, cdm, schema, engine, limit_seconds)
    _tell_missing_tables(result)
    if attrition is not None:
        _write_csv(_masks(result), attrition)
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(_csv(result.rows))
        sys.stdout.flush()
        return
    _write_csv(result.rows, output)
    click.echo(f"wrote {output} in {result.seconds:.1f} s", err=True)


def _masks(result: CohortResult) -> pa.Table:
    names = ["mode_id", "inclusion_rule_mask", "person_count"]
    columns = list(zip(*result.attrition.masks, strict=True)) or [()] * len(names)
    return pa.table([pa.array(column, pa.int64()) for column in columns], names=names)


def _csv(rows: pa.Table) -> bytes:
    options = pa_csv.WriteOptions(include_header=False, quoting_style="none")
    written = pa.BufferOutputStream()
    pa_csv.write_csv(rows, written, options)
    return (",".join(rows.column_names) + "\n").encode() + written.getvalue().to_pybytes()


def _write_csv(rows: pa.Table, path: Path) -> None:
    write_whole(path, lambda staged: staged.write_bytes(_csv(rows)))


@cohort.command("count")
@_DEFINITION
@_RELEASE
@_CDM
@_SCHEMA
@_ENGINE
@_LIMIT
def count_command(
    definition: Path,
    release: str | None,
    cdm: str | None,
    schema: str | None,
    engine: str | None,
    limit_seconds: float,
) -> None:
    """Print how many people a definition finds, rule by rule, with small counts suppressed."""
    result = _result(definition, release, cdm, schema, engine, limit_seconds)
    _tell_faults(_read(definition), release, cdm)
    rule = DisclosureRule.with_minimum(PortalSettings.from_environ(os.environ).minimum_cell)
    table = safe_attrition(result.attrition, result.persons, rule)
    lines = [("People with an entry event", table.entry)]
    lines += [(f"  after: {step.rule}", step.remaining) for step in table.steps]
    lines += [("People in the cohort", table.final)]
    if table.final.shown is not None:
        lines += [("Periods of the cohort", safe_count(result.entries, rule))]
    width = max(len(text) for text, _ in lines)
    for text, count in lines:
        click.echo(f"{text:<{width}}  {count!s:>12}")
    click.echo(
        f"Counts are rounded to {rule.base}; below {rule.minimum_cell} they are not shown. "
        f"{result.seconds:.1f} s.",
        err=True,
    )
    _tell_missing_tables(result)


@cohort.command("characterise")
@_DEFINITION
@click.argument("analysis", type=click.Choice(ANALYSES))
@_RELEASE
@_CDM
@_LIMIT
@click.option(
    "--outcome",
    metavar="JSON",
    default=DEATH,
    show_default=True,
    help="incidence and survival: the definition of the outcome",
)
@click.option(
    "--with",
    "others",
    metavar="JSON",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="comparison, overlap and survival: a further definition; may be given again",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="write the chart as SVG and the tables as CSV into this folder",
)
def characterise_command(
    definition: Path,
    analysis: str,
    release: str | None,
    cdm: str | None,
    limit_seconds: float,
    outcome: str,
    others: tuple[Path, ...],
    output: Path | None,
) -> None:
    """Print a characterisation of a cohort: safe counts, rates and shares.

    Settings are those that the portal begins with. Like count, it is for operators: nothing
    compares its numbers with those of other questions.
    """
    if (release is None) == (cdm is None):
        raise click.UsageError("give either --release NAME or --cdm DIR")
    rule = DisclosureRule.with_minimum(PortalSettings.from_environ(os.environ).minimum_cell)
    asked = [_named(path) for path in (definition, *others)]
    waited_for = None if outcome == DEATH else _named(Path(outcome))
    result, svg = characterise(
        _files(release, cdm), analysis, asked, waited_for, rule, limit_seconds
    )
    for table in result.tables():
        click.echo(table.to_text() + "\n")
    if not result.tables():
        click.echo("There are too few people to show anything of them.")
    if output is not None:
        for path in write(output, analysis, result, svg):
            click.echo(f"wrote {path}", err=True)


@cohort.command("check")
@_DEFINITION
@_RELEASE
@click.option("--cdm", metavar="DIR", help="a folder of OMOP tables (Parquet or CSV)")
def check_command(definition: Path, release: str | None, cdm: str | None) -> None:
    """Validate a definition and print what may not mean what its author meant.

    With --release or --cdm the concepts are looked up in that vocabulary, too, and age limits are
    held beside how exactly ages are known. Exit code 1 if it is
    invalid or if a finding is an error; warnings and notes alone give 0.
    """
    if release is not None and cdm is not None:
        raise click.UsageError("give either --release NAME or --cdm DIR")
    read = _read(definition)
    findings = check(read)
    if release is not None or cdm is not None:
        files = _files(release, cdm)
        findings += [*check_concepts(read, files), *check_ages(read, age_bands(files))]
    for finding in findings:
        click.echo(f"{finding.severity}: {finding.where}: {finding.text} [{finding.code}]")
    if not findings:
        click.echo("valid; nothing to remark")
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)


@cohort.command("describe")
@_DEFINITION
def describe_command(definition: Path) -> None:
    """Print a definition in plain English."""
    click.echo(describe(_read(definition)))


def _result(
    path: Path,
    release: str | None,
    cdm: str | None,
    schema: str | None,
    engine: str | None,
    limit_seconds: float,
) -> CohortResult:
    if (release is None) == (cdm is None):
        raise click.UsageError("give either --release NAME or --cdm DIR")
    definition = _read(path)
    if cdm is not None and cdm.split("://")[0] in ("postgresql", "postgres"):
        if engine not in (None, "postgresql"):
            raise click.UsageError(f"a database runs the query itself, not {engine}")
        from cohorts.engines import postgresql

        return postgresql.run(
            definition, postgresql.PostgresCdm(cdm, schema or "public"), limit_seconds
        )
    if schema is not None or engine == "postgresql":
        raise click.UsageError("--schema and --engine postgresql need --cdm postgresql://...")
    files = _files(release, cdm)
    if engine == "spark":
        from cohorts.engines import spark

        return spark.run(definition, files, limit_seconds)
    return run(definition, files, limit_seconds)


def _tell_missing_tables(result: CohortResult) -> None:
    """Say which tables that the definition asks for were taken as empty."""
    if result.missing_tables:
        tables = ", ".join(result.missing_tables)
        click.echo(f"warning: the source has no table {tables}; it counts as empty", err=True)


def _tell_faults(definition: CohortDefinition, release: str | None, cdm: str | None) -> None:
    """Say why a definition can find nobody, or fewer than meant."""
    found = [finding for finding in check(definition) if finding.severity == "error"]
    if release is not None or "://" not in (cdm or ""):
        found += check_concepts(definition, _files(release, cdm))
    for finding in found:
        click.echo(
            f"{finding.severity}: {finding.where}: {finding.text} [{finding.code}]", err=True
        )


def _named(path: Path) -> Named:
    try:
        definition = _read(path)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file {path}") from None
    return Named(definition.title or path.stem, definition)


def _read(path: Path) -> CohortDefinition:
    return load(path.read_bytes())


def _files(release: str | None, cdm: str | None) -> Release | CdmFolder:
    if cdm is not None:
        return open_cdm_folder(Path(cdm))
    assert release is not None
    found = open_release(PortalSettings.from_environ(os.environ).release_root, release)
    if found.manifest.date_resolution == "year":
        click.echo(
            f"release {release} shows years only: each date is 1 January, so windows in days mean "
            "nothing finer than the same year or a number of years",
            err=True,
        )
    return found
