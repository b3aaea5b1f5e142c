"""Puts a population together: households, their years, and the rows of both, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

import pyarrow as pa

from deid.synth.care_sites import build_care_sites
from deid.synth.county import neighbourhoods
from deid.synth.courses import COURSES, Life
from deid.synth.courses.aftermath import without_outpatients
from deid.synth.courses.life import join_same_day
from deid.synth.eras import EraWriter
from deid.synth.faults import plant
from deid.synth.notes import Chart, GoldNote
from deid.synth.people import LOCALES, CareSite, Household, Locale, Resident
from deid.synth.physiology import draw_body
from deid.synth.recording import record_household, record_source, record_visit
from deid.synth.rows import RowStore
from deid.synth.streams import open_stream
from deid.synth.visits import Fault, Visit

BATCH_RESIDENTS = 500
"""Residents held in memory at once; a neighbourhood is never cut in two."""


@dataclass(frozen=True)
class Batch:
    """Households with all that happened to them. ``tables`` are rows of vault tables.

    ``faults`` is the ledger of what was spoilt on purpose.
    """

    tables: dict[str, pa.Table]
    notes: list[GoldNote] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"Batch({sum(table.num_rows for table in self.tables.values())} rows)"


def generate(
    residents: int,
    seed: int,
    locales: Sequence[Locale] = LOCALES,
    *,
    today: date,
    faults: bool = True,
) -> dict[str, pa.Table]:
    """A population of exactly ``residents`` people as a dataset of vault tables, all in memory.

    The same arguments give the same rows. Follow-up takes 8 to 10 years and ends at ``today``;
    nothing lies after it. Residents are shared out evenly among ``locales``. Without ``faults``
    the finished visits are not spoilt (:func:`deid.synth.faults.plant`).

    Raises:
        ValueError: for fewer residents than locales, or a locale that there is not.
    """
    return generate_with_gold(residents, seed, locales, today=today, faults=faults)[0]


def generate_with_gold(
    residents: int,
    seed: int,
    locales: Sequence[Locale] = LOCALES,
    *,
    today: date,
    faults: bool = True,
) -> tuple[dict[str, pa.Table], list[GoldNote]]:
    """As :func:`generate`, and for each note the spans of all identifiers in it."""
    parts: dict[str, list[pa.Table]] = {}
    gold: list[GoldNote] = []
    for batch in generate_batches(residents, seed, locales, today=today, faults=faults):
        for name, table in batch.tables.items():
            parts.setdefault(name, []).append(table)
        gold += batch.notes
    tables = {name: pa.concat_tables(parts[name]).combine_chunks() for name in sorted(parts)}
    return tables, gold


def generate_batches(
    residents: int,
    seed: int,
    locales: Sequence[Locale] = LOCALES,
    *,
    today: date,
    size: int = BATCH_RESIDENTS,
    faults: bool = True,
) -> Iterator[Batch]:
    """The same rows as :func:`generate`, a batch of about ``size`` residents at a time.

    Memory holds one batch. The batches' rows do not depend on ``size``.

    Raises:
        ValueError: as :func:`generate`.
    """
    check_arguments(residents, locales)
    store = RowStore()
    eras = EraWriter()
    record_source(store, residents, seed, locales, today)
    gold: list[GoldNote] = []
    ledger: list[Fault] = []
    people = 0
    for position, locale in enumerate(locales):
        share = residents // len(locales) + (position < residents % len(locales))
        sites = build_care_sites(seed, locale, store)
        for neighbours in neighbourhoods(share, seed, locale, sites, store, today):
            for household in neighbours:
                _live(household, seed, store, today, gold, ledger, spoil=faults)
                people += len(household.members)
            if people >= size:
                yield Batch(eras.add_to(store.take()), gold, ledger)
                gold, ledger, people = [], [], 0
    if people:
        yield Batch(eras.add_to(store.take()), gold, ledger)


def check_arguments(residents: int, locales: Sequence[Locale]) -> None:
    """Refuse what no population can be made of.

    Raises:
        ValueError: for fewer residents than locales, or a locale that there is not.
    """
    unknown = sorted(set(locales) - set(LOCALES))
    if unknown or not locales or len(set(locales)) != len(locales):
        raise ValueError(f"locales are one or more of {', '.join(LOCALES)}, each once")
    if residents < len(locales):
        raise ValueError("there must be at least one resident for each locale")


def households(
    residents: int,
    seed: int,
    locale: Locale,
    sites: Sequence[CareSite],
    store: RowStore,
    today: date,
) -> Iterator[Household]:
    """Households, one after the other, until together they have ``residents`` members."""
    for neighbours in neighbourhoods(residents, seed, locale, sites, store, today):
        yield from neighbours


def _live(
    household: Household,
    seed: int,
    store: RowStore,
    today: date,
    gold: list[GoldNote],
    ledger: list[Fault],
    *,
    spoil: bool,
) -> None:
    """The years of one household: visits, their rows, their notes, and what was spoilt."""
    record_household(store, household, today)
    for member in household.members:
        words = open_stream(seed, household.locale, "words", member.person_id)
        chart = Chart(words, household)
        for visit in _visits(household, member, seed, today, spoil):
            record = record_visit(store, household, visit, today)
            for form in visit.forms:
                note = chart.write(visit, form)
                note_id = record.add_note(form, note)
                gold.append(GoldNote(note_id, note.text, note.spans))
            ledger += record.faults


def _visits(
    household: Household, member: Resident, seed: int, today: date, spoil: bool
) -> list[Visit]:
    """All visits of one resident, by day; of one day in the order of the courses.

    With ``spoil`` some of them are spoilt in the end.
    """

    def stream_of(course: str) -> Random:
        return open_stream(seed, household.locale, course, member.person_id)

    life = Life(household, draw_body(stream_of("body"), member), today)
    if life.first >= life.last:
        return []
    for name, course in COURSES:
        visits = [*life.visits, *(v for v in course(stream_of(name), life) if _is_kept(v))]
        life.visits = sorted(without_outpatients(visits, life.last), key=lambda visit: visit.day)
    life.visits = join_same_day(life.visits)
    return plant(stream_of("faults"), life) if spoil else life.visits


def _is_kept(visit: Visit) -> bool:
    """People who are away, at work or at school, come to no appointment."""
    return visit.mode == "telephone" or not visit.resident.is_away(visit.day)
