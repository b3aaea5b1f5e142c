"""What happens to a household while its records run: deaths, marriages, partings, journeys, births.

The years are gone through once, from the day the records begin. Each step leaves its marks on the
residents (``death``, ``married_on``, ``moved_out``, ``away``...); the events that people tell of
are read from these marks by :mod:`deid.synth.society.life_events`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deid.synth.parameters import value
from deid.synth.people import Area, Locale, Resident, Sex
from deid.synth.society.mortality import age_at_death
from deid.synth.society.pregnancies import draw_pregnancies
from deid.synth.society.structure import DAYS_A_YEAR, marry
from deid.synth.streams import happens

SETTLED_DAYS = 120
"""Nobody dies, moves or parts within the first days of a record."""


@dataclass(frozen=True)
class Setting:
    """Where and when a household lives."""

    locale: Locale
    area: Area
    start: date
    today: date

    @property
    def chinese(self) -> bool:
        """Customs of China rather than of the United States."""
        return self.locale == "zh_CN"

    def years(self) -> Iterator[int]:
        """Calendar years of the record."""
        return iter(range(self.start.year, self.today.year + 1))

    def day_in(self, stream: Random, year: int) -> date | None:
        """A day of a year, or nothing if it lies outside of the settled record."""
        day = date(year, 1, 1) + timedelta(days=stream.randrange(365))
        return day if self.start + timedelta(days=SETTLED_DAYS) < day < self.today else None


def live(stream: Random, kind: str, members: list[Resident], setting: Setting) -> None:
    """Let the years pass; people who are born or marry into the household are appended."""
    for member in members:
        member.death = draw_death(stream, member, setting)
    for member in [m for m in members if m.role == "child"]:
        _grow_up(stream, members, member, setting)
    _part(stream, members, setting)
    _work_far_away(stream, kind, members, setting)
    widow(members)
    for mother in [m for m in members if m.sex == "F"]:
        members += draw_pregnancies(
            stream, mother, setting.locale, max(setting.start, mother.moved_in or setting.start),
            mother.last_day(setting.today), setting.today,
        )  # fmt: skip
    for member in members:
        if member.birth > setting.start and member.role == "child":
            member.death = draw_death(stream, member, setting)


def draw_death(stream: Random, member: Resident, setting: Setting) -> date | None:
    """Day of death within the record, by the life table of place and sex."""
    first = max(setting.start, member.birth)
    if member.birth > setting.start and happens(stream, value("mortality.infant")):
        day = member.birth + timedelta(days=int(stream.expovariate(1 / 40)) + 1)
        return day if day < min(setting.today, member.birth + timedelta(days=365)) else None
    settled = first + timedelta(days=SETTLED_DAYS)
    age = max((settled - member.birth).days / DAYS_A_YEAR, 1.0)
    years = age_at_death(setting.locale, member.sex, age, stream.random()) - age
    day = settled + timedelta(days=1 + int(years * DAYS_A_YEAR))
    return day if day < setting.today else None


def widow(members: list[Resident]) -> None:
    """Whoever survives a spouse is widowed on the day after the death."""
    for member in members:
        spouse = member.spouse
        if spouse is None or spouse.death is None or member.divorced_on is not None:
            continue
        if member.married_on is not None and member.married_on > spouse.death:
            continue
        if member.death is None or spouse.death < member.death:
            member.widowed_on = spouse.death


def _grow_up(stream: Random, members: list[Resident], child: Resident, setting: Setting) -> None:
    """A child of the house studies, works elsewhere, marries or moves out when grown."""
    study = value(f"leaving.study.{setting.locale.lower()}.{setting.area}")
    for year in setting.years():
        age = year - child.birth.year
        if age < 18 or not _at_home(child, date(year, 7, 1)):
            continue
        if age == 18 and happens(stream, study):
            child.away += _terms(year, 4, setting)
            continue
        if any(last >= date(year, 9, 1) for _, last in child.away):
            continue
        migrates = setting.chinese and setting.area == "rural" and age < 24
        if migrates and happens(stream, value("leaving.migrant_work")):
            child.away += _seasons(year, 2 + int(stream.random() * 4), setting)
        elif age >= 21 and happens(stream, value(f"leaving.marriage.{setting.locale.lower()}")):
            day = setting.day_in(stream, year)
            if day is None or child.is_away(day):
                continue
            brings = value(f"leaving.spouse_moves_in.{setting.locale.lower()}")
            if child.sex == "M" and happens(stream, brings):
                members.append(_bring_home(stream, child, day, setting))
                return
            child.moved_out = day
        elif age >= 19 and happens(stream, value(f"leaving.moves_out.{setting.locale.lower()}")):
            child.moved_out = setting.day_in(stream, year)


def _at_home(member: Resident, day: date) -> bool:
    return member.moved_out is None and (member.death is None or day < member.death)


def _bring_home(stream: Random, child: Resident, day: date, setting: Setting) -> Resident:
    sex: Sex = "F" if child.sex == "M" else "M"
    age = (day - child.birth).days / DAYS_A_YEAR + stream.gauss(-1.5, 2)
    birth = day - timedelta(days=int(max(age, 20.1) * DAYS_A_YEAR))
    partner = Resident(sex=sex, birth=birth, role="heir's spouse", moved_in=day)
    marry(child, partner)
    child.role = "heir"
    child.married_on = partner.married_on = day
    partner.death = draw_death(stream, partner, setting)
    if partner.death is not None and partner.death <= day + timedelta(days=SETTLED_DAYS):
        partner.death = None
    return partner


def _part(stream: Random, members: list[Resident], setting: Setting) -> None:
    """Couples of working age divorce; one of the two moves out and leaves the records."""
    for husband in [m for m in members if m.sex == "M" and m.spouse is not None]:
        wife = husband.spouse
        assert wife is not None
        for year in setting.years():
            age = year - husband.birth.year
            rate = value(f"divorce.{setting.locale.lower()}") * (1.5 if age < 40 else 1.0)
            if not 22 <= age < 65 or not happens(stream, rate):
                continue
            day = setting.day_in(stream, year)
            married = husband.married_on or setting.start
            if day is None or day < married + timedelta(days=300):
                continue
            if any(p.death is not None and p.death <= day for p in (husband, wife)):
                break
            goes = husband
            if husband.role == "heir" or (wife.role != "heir" and happens(stream, 0.4)):
                goes = wife
            if goes.moved_out is None:
                goes.moved_out = day
            husband.divorced_on = wife.divorced_on = day
            break


def _work_far_away(stream: Random, kind: str, members: list[Resident], setting: Setting) -> None:
    """Villagers of China work in the cities for some years and come home for the New Year."""
    if not setting.chinese or setting.area != "rural" or kind == "elder couple":
        return
    for member in members:
        age = setting.start.year - member.birth.year
        if member.role == "child" or not 20 <= age < 50 or member.moved_in is not None:
            continue
        share = value("migrant.men" if member.sex == "M" else "migrant.women")
        if happens(stream, share):
            first = setting.start.year + int(stream.random() * 7)
            member.away += _seasons(first, 2 + int(stream.random() * 5), setting)


def _terms(year: int, years: int, setting: Setting) -> list[tuple[date, date]]:
    """Terms of a university; the holidays are spent at home."""
    spells = []
    for current in range(year, year + years):
        spells.append((date(current, 9, 1), date(current + 1, 1, 14)))
        spells.append((date(current + 1, 2, 22), date(current + 1, 7, 4)))
    return _within(spells, setting)


def _seasons(year: int, years: int, setting: Setting) -> list[tuple[date, date]]:
    """Working years from after the Spring Festival to before the next one."""
    spells = [
        (date(current, 2, 25), date(current + 1, 1, 20)) for current in range(year, year + years)
    ]
    return _within(spells, setting)


def _within(spells: list[tuple[date, date]], setting: Setting) -> list[tuple[date, date]]:
    return [
        (max(first, setting.start), min(last, setting.today))
        for first, last in spells
        if last > setting.start and first < setting.today
    ]
