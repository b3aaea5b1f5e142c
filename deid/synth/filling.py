"""Puts a synthetic population into a vault: whole, once, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from deid.errors import ImportRefused
from deid.synth.guard import COMPARED, check_same_population
from deid.synth.notes import GoldNote
from deid.synth.people import Locale
from deid.synth.population import generate_with_gold
from deid.vault.loading import LoadOptions, import_transaction, load_within
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
        source = f"{residents} residents, seed {seed}, {'+'.join(locales)}, until {until}"
        with import_transaction(engine) as connection:
            report = load_within(
                connection, tables, source, "synth", options=LoadOptions(today=until)
            )
            if report.refused:
                raise ImportRefused(
                    f"{report.refused} rows do not fit this vault ({_first_refusal(report)}); "
                    "nothing was loaded"
                )
    finally:
        engine.dispose()
    return report, notes


def _first_refusal(report: ImportReport) -> str:
    return next(f"{t.table}, {r.reason}" for t in report.tables for r in t.refusals)
