"""Puts a synthetic population into a vault, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from deid.errors import ImportRefused
from deid.synth.guard import COMPARED, check_same_population
from deid.synth.notes import GoldNote
from deid.synth.people import Locale
from deid.synth.population import generate_with_gold
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.reading import read_tables
from deid.vault.report import ImportReport
from deid.vault.store import create_vault


def fill_vault(
    url: str, residents: int, seed: int, locales: Sequence[Locale], until: date
) -> tuple[ImportReport, list[GoldNote]]:
    """Generate residents and load them; the vault is created if there is none.

    Returns the import report and the notes with the places of their identifiers.

    Raises:
        ImportRefused: if the vault holds another synthetic population, or a row does not fit.
    """
    engine = create_vault(url)
    try:
        tables, notes = generate_with_gold(residents, seed, tuple(locales), today=until)
        with read_tables(engine) as snapshot:
            present = {table: snapshot.read(table) for table in COMPARED}
        check_same_population(tables, present)
        # What has happened must not lie ahead of the clock, nor of the records' own last day.
        last_day = min(until, LoadOptions().last_day)
        source = f"{residents} residents, seed {seed}, {'+'.join(locales)}, until {until}"
        report = load_dataset(engine, tables, source, "synth", options=LoadOptions(today=last_day))
    finally:
        engine.dispose()
    if report.refused:
        raise ImportRefused(
            f"{report.refused} rows were refused; the vault's vocabulary or clock does not fit"
        )
    return report, notes
