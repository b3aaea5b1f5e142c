"""``carecommons synth``: put synthetic residents into the vault."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click

from deid.settings import EngineSettings
from deid.synth import LOCALES, GoldNote, Locale
from deid.synth.filling import fill_vault
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
def synth(
    residents: int, seed: int, locales: tuple[Locale, ...], until: datetime, gold: Path | None
) -> None:
    """Put synthetic residents into the vault, which is created if there is none.

    They are invented: families in a fictional county with years of visits, measurements,
    prescriptions and notes in English and Chinese. Running it twice with the same options changes
    nothing; a vault that holds another synthetic population refuses this one.
    """
    settings = EngineSettings.from_environ(os.environ)
    if until.date() > LoadOptions().last_day:
        raise click.BadParameter("records cannot go beyond today", param_hint="--until")
    chosen: tuple[Locale, ...] = tuple(name for name in LOCALES if name in locales)
    report, notes = fill_vault(settings.vault_url, residents, seed, chosen, until.date())
    click.echo(report.render())
    if gold is not None:
        write_gold(gold, notes)
        click.echo(f"\n{len(notes):,} notes with their identifiers in {gold}")


def write_gold(path: Path, notes: Iterable[GoldNote]) -> None:
    """JSON Lines, mode 0600, complete or not there at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for note in notes:
            file.write(json.dumps(note.as_json(), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
