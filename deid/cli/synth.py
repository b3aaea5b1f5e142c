"""``carecommons synth``: put synthetic residents into the vault."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

import click

from deid.settings import EngineSettings
from deid.synth import LOCALES, Locale
from deid.synth.filling import fill_vault, write_dataset
from deid.vault.loading import LoadOptions

LAST_DAY = date(2025, 12, 31)
"""Fixed, so that the same seed makes the same people whenever the command is run."""


@click.command()
@click.option(
    "--residents",
    type=click.IntRange(min=2),
    default=1000,
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
def synth(
    residents: int,
    seed: int,
    locales: tuple[Locale, ...],
    until: datetime,
    gold: Path | None,
    folder: Path | None,
) -> None:
    """Put synthetic residents into the vault, which is created if there is none.

    They are invented: families in a fictional county with years of visits, measurements,
    prescriptions and notes in English and Chinese. Running it twice with the same options changes
    nothing; a vault that holds another synthetic population refuses this one.
    """
    if until.date() > LoadOptions().last_day:
        raise click.BadParameter("records cannot go beyond today", param_hint="--until")
    chosen: tuple[Locale, ...] = tuple(name for name in LOCALES if name in locales)
    if folder is not None:
        if gold is not None:
            raise click.UsageError("--to writes gold.jsonl itself; leave out --gold")
        population = write_dataset(folder, residents, seed, chosen, until.date())
        click.echo(f"{len(population.tables)} tables and {population.notes:,} notes in {folder}")
        return
    settings = EngineSettings.from_environ(os.environ)
    report, notes = fill_vault(settings.vault_url, residents, seed, chosen, until.date(), gold=gold)
    click.echo(report.render())
    if gold is not None:
        click.echo(f"\n{notes:,} notes with their identifiers in {gold}")
