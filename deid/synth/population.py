"""Puts a population together: households, their years, and the rows of both, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import pyarrow as pa
from faker import Factory

from deid.synth.care_sites import build_care_sites
from deid.synth.courses import COURSES, Life
from deid.synth.eras import EraWriter
from deid.synth.families import draw_household
from deid.synth.faults import plant
from deid.synth.habits import draw_habits
from deid.synth.identities import name_members, number_members
from deid.synth.kin import list_relatives
from deid.synth.notes import GoldNote, write_note
from deid.synth.people import LOCALES, CareSite, Household, Locale, Resident
from deid.synth.physiology import draw_body
from deid.synth.places import draw_address
from deid.synth.problems import draw_deaths, draw_problems
from deid.synth.recording import record_household, record_source, record_visit
from deid.synth.rows import RowStore
from deid.synth.streams import happens, one_of, open_stream
from deid.synth.visits import Fault, Visit

RURAL = 0.5
"""Share of households in villages (assumption)."""

BATCH_RESIDENTS = 500
"""Residents held in memory at once; a household is never cut in two."""


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
        for household in households(share, seed, locale, sites, store, today):
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
    surface = Factory.create(locale)
    remaining, index = residents, 0
    while remaining:
        stream = open_stream(seed, locale, "household", index)
        site = sites[1] if happens(stream, RURAL) else sites[0]
        kind, members = draw_household(stream, locale, site.centre.area, today)
        while len(members) > remaining:
            kind, members = draw_household(stream, locale, site.centre.area, today)
        for member in members:
            member.person_id = store.number("person")
        household_id = store.number("household")
        surface.random = stream
        household = _settle(stream, household_id, kind, members, site, today)
        name_members(stream, surface, household)
        number_members(stream, household)
        draw_habits(stream, household, today)
        draw_deaths(stream, household, today)
        draw_problems(stream, household, today)
        list_relatives(stream, surface, household)
        yield household
        remaining -= len(members)
        index += 1


def _settle(
    stream: Random,
    household_id: int,
    kind: str,
    members: list[Resident],
    site: CareSite,
    today: date,
) -> Household:
    neighbourhood = one_of(stream, site.centre.neighbourhoods)
    return Household(
        household_id=household_id,
        code=f"{site.region_code}-F{household_id % 1_000_000:06d}",
        locale=site.locale,
        area=site.centre.area,
        kind=kind,
        address=draw_address(stream, site.locale, site.centre, neighbourhood),
        site=site,
        doctor=one_of(stream, site.staff[:4]),
        nurse=one_of(stream, site.staff[4:]),
        members=members,
        record_start=today - timedelta(days=stream.randrange(8 * 365, 10 * 365)),
    )


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
        for visit in _visits(household, member, seed, today, spoil):
            record = record_visit(store, household, visit, today)
            for form in visit.forms:
                note = write_note(words, household, visit, form)
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
    if life.first > life.last:
        return []
    for name, course in COURSES:
        life.visits = sorted([*life.visits, *course(stream_of(name), life)], key=lambda v: v.day)
    return plant(stream_of("faults"), life) if spoil else life.visits
