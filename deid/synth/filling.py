"""Puts a synthetic population into a vault: whole, once, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from deid.errors import ImportRefused
from deid.synth.guard import check_same_population
from deid.synth.people import Locale
from deid.synth.population import check_arguments
from deid.synth.spool import Spool, spool_population
from deid.vault.loading import LoadOptions, import_transaction, load_within
from deid.vault.reading import read_tables
from deid.vault.report import ImportReport
from deid.vault.store import create_vault


def fill_vault(
    url: str,
    residents: int,
    seed: int,
    locales: Sequence[Locale],
    until: date,
    *,
    gold: Path | None = None,
) -> tuple[ImportReport, int]:
    """Generate residents and load them; the vault is created if there is none.

    The rows wait in a temporary folder, so that memory does not grow with the population. Gives
    the import report and the number of notes; ``gold`` receives the notes with the places of
    their identifiers, once the rows are in.

    Raises:
        ImportRefused: if the vault holds another synthetic population, or a row does not fit.
        ValueError: for an impossible number of residents or choice of locales.
    """
    check_arguments(residents, locales)
    engine = create_vault(url)
    try:
        with tempfile.TemporaryDirectory(prefix="carecommons-synth-") as folder:
            population = spool_population(Path(folder), residents, seed, locales, until=until)
            with read_tables(engine) as snapshot:
                check_same_population(population, snapshot)
            source = f"{residents} residents, seed {seed}, {'+'.join(locales)}, until {until}"
            with import_transaction(engine) as connection:
                report = load_within(
                    connection,
                    {table: population.batches(table) for table in population.tables},
                    source,
                    "synth",
                    options=LoadOptions(today=until),
                )
                if report.refused:
                    raise ImportRefused(
                        f"{report.refused} rows do not fit this vault ({_first_refusal(report)}); "
                        "nothing was loaded"
                    )
            if gold is not None:
                _publish(population.gold, gold)
    finally:
        engine.dispose()
    return report, population.notes


def write_dataset(
    folder: Path, residents: int, seed: int, locales: Sequence[Locale], until: date
) -> Spool:
    """Generate residents into a new folder that ``vault import omop`` reads: whole or not at all.

    Raises:
        ImportRefused: if the folder exists already.
        ValueError: for an impossible number of residents or choice of locales.
    """
    if folder.exists():
        raise ImportRefused(f"{folder} exists already; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        population = spool_population(partial, residents, seed, locales, until=until)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Spool(folder, population.tables, population.notes)


def _publish(source: Path, target: Path) -> None:
    """Move a finished file to its place in one step, readable by its owner alone."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    with source.open("rb") as content:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file)
            file.flush()
            os.fsync(file.fileno())
    partial.replace(target)


def _first_refusal(report: ImportReport) -> str:
    return next(f"{t.table}, {r.reason}" for t in report.tables for r in t.refusals)
