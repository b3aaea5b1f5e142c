"""Draws the county's households: a neighbourhood at a time, so that families can be related.

A neighbourhood is a few households drawn independently of each other; grown children who live on
their own are then given parents in another household of it where the ages fit. No household is
changed by this, and so the published age and sex stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from faker import Factory

from deid.synth.complications import draw_complications, draw_operations
from deid.synth.constitution import draw_constitution
from deid.synth.habits import EMPLOYERS, draw_habits
from deid.synth.identities import name_members, number_members
from deid.synth.kin import list_relatives
from deid.synth.parameters import value
from deid.synth.people import CareSite, Household, Locale, Resident
from deid.synth.places import draw_address
from deid.synth.problems import draw_habits_as_problems, draw_problems
from deid.synth.rows import RowStore
from deid.synth.society.causes import draw_cause
from deid.synth.society.heredity import draw_shared, inherit, remember_parents
from deid.synth.society.life_events import Kin, sort_events, tell_of_family, tell_of_illness
from deid.synth.society.lives import Setting, live
from deid.synth.society.origins import draw_origins
from deid.synth.society.social import SocialLife
from deid.synth.society.structure import (
    DAYS_A_YEAR,
    MOTHERS_AGE,
    OF_AGE,
    draw_structure,
    household_kinds,
)
from deid.synth.streams import happens, one_of, open_stream, weighted

RURAL = 0.5
"""Share of households in villages (assumption)."""

NEIGHBOURS = 8
"""Households drawn together, among which parents and grown children are found."""

_TRIES = 100
_PARENTS = {"elder alone", "elder couple", "grandparents and grandchild", "couple",
            "three generations"}  # fmt: skip
_CHILDREN = {"couple", "nuclear", "single parent", "adult alone"}


@dataclass
class Draft:
    """A household before it has a name and a number."""

    kind: str
    members: list[Resident]
    site: CareSite
    setting: Setting
    linked: int = 0


@dataclass(frozen=True)
class Happenings:
    """What befalls many at once."""

    crop_failures: list[date]
    closures: dict[str, date]


def neighbourhoods(
    residents: int,
    seed: int,
    locale: Locale,
    sites: Sequence[CareSite],
    store: RowStore,
    today: date,
) -> Iterator[list[Household]]:
    """Related households, some at a time, until together they have ``residents`` members."""
    surface = Factory.create(locale)
    happenings = draw_happenings(seed, locale, today)
    remaining, index = residents, 0
    while remaining:
        stream = open_stream(seed, locale, "neighbourhood", index)
        drafts: list[Draft] = []
        while remaining and len(drafts) < NEIGHBOURS:
            draft = _draft(stream, locale, sites, remaining, today)
            drafts.append(draft)
            remaining -= len(draft.members)
        # Parents come before their children in every list.
        drafts.sort(key=lambda draft: min(member.birth for member in draft.members))
        relate(stream, drafts)
        yield _settle_all(stream, surface, drafts, store, happenings, today)
        index += 1


def draw_happenings(seed: int, locale: Locale, today: date) -> Happenings:
    """Failed harvests and closed employers of the county in the last eleven years."""
    stream = open_stream(seed, locale, "happenings")
    failures = []
    closures: dict[str, date] = {}
    for year in range(today.year - 10, today.year + 1):
        day = date(year, 6, 1) + timedelta(days=stream.randrange(100))
        if happens(stream, value("county.crop_failure")) and day < today:
            failures.append(day)
        for employer in EMPLOYERS[locale]:
            day = date(year, 1, 1) + timedelta(days=stream.randrange(365))
            if happens(stream, value("county.plant_closure")) and day < today:
                closures.setdefault(employer, day)
    return Happenings(failures, closures)


def relate(stream: Random, drafts: Sequence[Draft]) -> None:
    """Give grown people who live on their own parents in another household, where ages fit."""
    for elders in drafts:
        if elders.kind not in _PARENTS:
            continue
        for others in drafts:
            fits = others is not elders and others.kind in _CHILDREN and elders.linked < 2
            if not fits or others.linked:
                continue
            couple = [m for m in others.members if m.role in {"head", "spouse"}]
            for person in couple:
                if _may_descend(person, elders) and happens(stream, value("family.linked")):
                    _adopt(person, elders)
                    elders.linked += 1
                    others.linked = 2  # neither a second pair of parents nor a third generation
                    break


def _may_descend(person: Resident, elders: Draft) -> bool:
    parents = [m for m in elders.members if m.role in {"head", "spouse"}]
    mother = next((p for p in parents if p.sex == "F"), parents[0])
    years = (person.birth - mother.birth).days / DAYS_A_YEAR
    youngest = max(p.birth for p in parents)
    return (
        person.father is person.mother is None
        and MOTHERS_AGE[0] <= years <= MOTHERS_AGE[1]
        and (person.birth - youngest).days / DAYS_A_YEAR > OF_AGE
    )


def _adopt(person: Resident, elders: Draft) -> None:
    for parent in elders.members:
        if parent.role in {"head", "spouse"}:
            if parent.sex == "M":
                person.father = parent
            else:
                person.mother = parent


def _draft(
    stream: Random, locale: Locale, sites: Sequence[CareSite], room: int, today: date
) -> Draft:
    """A household with its years, of not more members than there is room for."""
    for attempt in range(_TRIES + 1):
        site = sites[1] if happens(stream, RURAL) else sites[0]
        area = site.centre.area
        kind = weighted(stream, household_kinds(locale, area))
        if attempt == _TRIES:
            kind = ("adult alone", 50)
        start = today - timedelta(days=stream.randrange(8 * 365, 10 * 365))
        setting = Setting(locale, area, start, today)
        name, members = draw_structure(stream, locale, kind, start)
        live(stream, name, members, setting)
        if len(members) <= room:
            break
    return Draft(name, members[:room], site, setting)


def _settle_all(
    stream: Random,
    surface: Any,
    drafts: Sequence[Draft],
    store: RowStore,
    happenings: Happenings,
    today: date,
) -> list[Household]:
    surface.random = stream
    residents = sorted((m for d in drafts for m in d.members), key=lambda member: member.birth)
    locale = drafts[0].setting.locale
    inherit(stream, residents, locale)
    draw_origins(stream, residents, locale)
    kin = Kin(residents)
    households = []
    for draft in drafts:
        for member in draft.members:
            member.person_id = store.number("person")
        household = _settle(stream, draft, store.number("household"))
        name_members(stream, surface, household)
        number_members(stream, household)
        draw_habits(stream, household, today)
        draw_habits_as_problems(stream, household, today)
        households.append(household)
    for household in households:
        tell_of_family(household, kin, today)
    _befall(stream, households, kin, happenings, today)
    for household in households:
        for member in household.members:
            remember_parents(stream, member, household.locale)
            member.death_cause = draw_cause(stream, member, household.locale)
        list_relatives(stream, surface, household, kin)
        sort_events(household.members)
    return households


def _befall(
    stream: Random,
    households: Sequence[Household],
    kin: Kin,
    happenings: Happenings,
    today: date,
) -> None:
    """Problems, in the order in which they can bring on each other, over all households."""
    lives = [SocialLife(stream, household, kin, today) for household in households]
    shared = [draw_shared(stream) for _ in households]
    for household, life, liability in zip(households, lives, shared, strict=True):
        life.draw_work(happenings.closures)
        for member in household.members:
            draw_constitution(stream, member)
        draw_problems(stream, household, liability, today, mind=False)
        draw_complications(stream, household.members, today)
        draw_operations(stream, household, today)
    for household, life in zip(households, lives, strict=True):
        tell_of_illness(household, kin, today)
        life.draw_burdens(happenings.crop_failures)
    for household, life, liability in zip(households, lives, shared, strict=True):
        draw_problems(stream, household, liability, today, mind=True)
        life.draw_distress()


def _settle(stream: Random, draft: Draft, household_id: int) -> Household:
    site, setting = draft.site, draft.setting
    household = Household(
        household_id=household_id,
        code=f"{site.region_code}-F{household_id % 1_000_000:06d}",
        locale=setting.locale,
        area=setting.area,
        kind=draft.kind,
        address=draw_address(
            stream, setting.locale, site.centre, one_of(stream, site.centre.neighbourhoods)
        ),
        site=site,
        doctor=one_of(stream, [person for person in site.staff if person.is_doctor]),
        nurse=one_of(stream, [person for person in site.staff if not person.is_doctor]),
        members=draft.members,
        record_start=setting.start,
    )
    _move(stream, household, setting)
    return household


def _move(stream: Random, household: Household, setting: Setting) -> None:
    """Now and then a household moves within the area of its health centre."""
    rate = value(f"move.{setting.locale.lower()}")
    for year in setting.years():
        if not happens(stream, rate):
            continue
        day = setting.day_in(stream, year)
        left = household.former_homes[-1][0] if household.former_homes else setting.start
        if day is None or day < left + timedelta(days=400) or household.size_on(day) == 0:
            continue
        centre = household.site.centre
        household.former_homes.append((day, household.address))
        household.address = draw_address(
            stream, setting.locale, centre, one_of(stream, centre.neighbourhoods)
        )
