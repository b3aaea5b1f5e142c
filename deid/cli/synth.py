"""``carecommons synth``: put synthetic residents into the vault."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

import click

from deid.forms.model import LANGUAGES, Language
from deid.settings import EngineSettings
from deid.synth import LOCALES, Locale
from deid.synth.catalogue import as_csv
from deid.synth.corpus import write_corpus
from deid.synth.filling import fill_vault, write_dataset
from deid.synth.form_files import write_forms
from deid.vault.loading import LoadOptions

LAST_DAY = date(2025, 12, 31)
"""Fixed, so that the same seed makes the same people whenever the command is run."""


def _print_parameters(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(as_csv(), nl=False)
        context.exit()


@click.command()
@click.option(
    "--parameters",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_parameters,
    help="Print every number of the model with unit and source as CSV, and do nothing else.",
)
@click.option(
    "--residents",
    type=click.IntRange(min=2),
    default=600,
    show_default=True,
    help="How many people.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed makes the same people."
)
@click.option(
    "--locale",
    "locales",
    type=click.Choice(LOCALES),
    multiple=True,
    default=LOCALES,
    show_default="all",
    help="Where they live; several times for several, each with an equal share.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    default=LAST_DAY.isoformat(),
    show_default=True,
    help="Last day of their records, which go back 8 to 10 years.",
)
@click.option(
    "--gold",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write each note with the place and type of every identifier in it, one JSON object "
    "a line. A file of that name is replaced.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    help="Write the rows to this new folder instead, one Parquet file a table, as `carecommons "
    "vault import omop` reads them; gold.jsonl lies beside them. No vault is touched.",
)
@click.option(
    "--forms",
    type=click.Path(path_type=Path),
    help="Write filled resident-record forms to this folder instead, one CSV file a form, as "
    "`carecommons vault import forms` reads them. No vault is touched.",
)
@click.option(
    "--notes",
    "corpus",
    type=click.Path(path_type=Path),
    help="Write an annotated corpus for training a scrubber to this new folder instead: en.jsonl "
    "and zh.jsonl, one note or query a line with the place, type and role of every identifier. "
    "No vault is touched.",
)
@click.option(
    "--headers",
    type=click.Choice(LANGUAGES),
    default="zh",
    show_default=True,
    help="Language of the forms' column names and words.",
)
def synth(
    residents: int,
    seed: int,
    locales: tuple[Locale, ...],
    until: datetime,
    gold: Path | None,
    folder: Path | None,
    forms: Path | None,
    corpus: Path | None,
    headers: Language,
) -> None:
    """Put synthetic residents into the vault, which is created if there is none.

    They are invented: families in a fictional county with years of visits, measurements,
    prescriptions and notes in English and Chinese. Running it twice with the same options changes
    nothing; a vault that holds another synthetic population refuses this one.
    """
    if until.date() > LoadOptions().last_day:
        raise click.BadParameter("records cannot go beyond today", param_hint="--until")
    chosen: tuple[Locale, ...] = tuple(name for name in LOCALES if name in locales)
    if sum(option is not None for option in (folder, forms, corpus, gold)) > 1:
        raise click.UsageError(
            "take one of --to (which writes gold.jsonl itself), --forms, --notes, --gold"
        )
    if corpus is not None:
        for name, number in write_corpus(
            corpus, residents, seed, chosen, until=until.date()
        ).items():
            click.echo(f"{number:>9,}  {corpus / name}")
        return
    if forms is not None:
        written = write_forms(forms, residents, seed, chosen, today=until.date(), language=headers)
        click.echo("\n".join(f"{rows:>9,}  {form}" for form, rows in written.items()))
        click.echo(f"{sum(written.values()):,} forms in {forms}")
        return
    if folder is not None:
        population = write_dataset(folder, residents, seed, chosen, until.date())
        click.echo(f"{len(population.tables)} tables and {population.notes:,} notes in {folder}")
        return
    settings = EngineSettings.from_environ(os.environ)
    report, notes = fill_vault(settings.vault_url, residents, seed, chosen, until.date(), gold=gold)
    click.echo(report.render())
    if gold is not None:
        click.echo(f"\n{notes:,} notes with their identifiers in {gold}")
