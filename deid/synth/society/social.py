"""Problems of life with others: when they begin under their influences, and when they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import exp
from random import Random

from deid.synth.parameters import value
from deid.synth.people import Household, LifeEvent, Resident
from deid.synth.society.influences import draw_onset, find_spells, mean_ratio
from deid.synth.society.life_events import Kin, leaving_day, studies_away, tell
from deid.synth.society.published import read_table
from deid.synth.streams import happens

NEED_CARE = ("DEMENTIA", "CEREBRAL_INFARCTION", "PARKINSON_DISEASE")
WORKLESS = frozenset({"OCCUPATION_OTHER", "OCCUPATION_FARMING"})
ADULT, ELDER = 18, 60
_ALONE_DAYS = 365
"""So long after dementia was found somebody lives alone at the most (assumption)."""


@dataclass(frozen=True)
class Remission:
    """Share of a problem that ends at all, and the median time until then."""

    problem: str
    ends: float
    median_days: float
    source: str


REMISSIONS = {
    row["problem"]: Remission(
        row["problem"], float(row["ends"]), float(row["median_days"]), row["source"]
    )
    for row in read_table("remission")
}


def begin(
    stream: Random, member: Resident, problem: str, onset: date, today: date,
    ends: date | None = None,
) -> bool:  # fmt: skip
    """Note a problem unless it lies outside of the life or record; draw when it ends.

    ``ends`` is a day on which it ends at the latest, for whatever reason.
    """
    last = member.last_day(today)
    if not member.birth < onset <= last or (member.death is not None and onset >= member.death):
        return False
    if problem in member.problems:
        return False
    member.problems[problem] = onset
    remission = REMISSIONS.get(problem)
    days = [] if ends is None else [ends]
    if remission is not None and happens(stream, remission.ends):
        length = remission.median_days * exp(stream.gauss(0, 0.6))
        days.append(onset + timedelta(days=max(round(length), 14)))
    day = min(days, default=last)
    if onset < day < last:
        member.resolved[problem] = day
    return True


class SocialLife:
    """Draws the problems of one household, in the order in which they bring on each other."""

    def __init__(self, stream: Random, household: Household, kin: Kin, today: date) -> None:
        self._stream, self._household, self._kin, self._today = stream, household, kin, today
        self._start = household.record_start

    def draw_work(self, closures: dict[str, date]) -> None:
        """Loss of work, retirement and drinking."""
        for member in self._adults():
            self._retire(member)
            if member.occupation not in WORKLESS:
                self._lose_work(member, closures)
            if member.liang >= 2:
                self._begin_at_rate(member, "HAZARDOUS_DRINKING", value("incidence.drinking"))

    def draw_burdens(self, crop_failures: list[date]) -> None:
        """Caring, hardship, conflict, and being alone or left behind; after the body's illness."""
        for member in self._adults():
            if member.education == "EDUCATION_NONE" and happens(self._stream, 0.3):
                begin(self._stream, member, "HEALTH_LITERACY_PROBLEM",
                      member.first_day(self._start), self._today)  # fmt: skip
            self._grieve(member)
            self._care(member)
            self._accident(member)
        self._crops(crop_failures)
        self._household_problem("FINANCIAL_HARDSHIP",
                                value(f"incidence.hardship.{self._household.area}"))  # fmt: skip
        if self._household.size_on(self._start) > 1:
            self._household_problem("FAMILY_CONFLICT", value("incidence.conflict"))
        self._solitude()
        for member in self._adults():
            self._empty_nest(member)
            if member.age_on(self._today) >= ELDER:
                self._begin_at_rate(member, "LONELINESS", value("incidence.loneliness"), ELDER)

    def draw_distress(self) -> None:
        """What living with diabetes does to the mind."""
        for member in self._adults():
            onset = member.problems.get("TYPE_2_DIABETES")
            if onset is None:
                continue
            first = max(onset, member.first_day(self._start))
            last = min(first + timedelta(days=3 * 365), member.last_day(self._today))
            rate = value("incidence.diabetes_distress") / mean_ratio("DIABETES_DISTRESS")
            spells = find_spells([member], "DIABETES_DISTRESS", self._today)
            day = draw_onset(self._stream, rate, spells, first, last) if first < last else None
            if day is not None:
                begin(self._stream, member, "DIABETES_DISTRESS", day, self._today)

    def _adults(self) -> list[Resident]:
        return [
            m
            for m in self._household.members
            if m.age_on(m.last_day(self._today)) >= ADULT
            and m.first_day(self._start) < m.last_day(self._today)
        ]

    def _begin_at_rate(self, member: Resident, problem: str, rate: float, age: int = ADULT) -> None:
        first = max(member.first_day(self._start), birthday(member, age))
        last = member.last_day(self._today)
        if first >= last:
            return
        spells = find_spells([member], problem, self._today)
        day = draw_onset(self._stream, rate / mean_ratio(problem), spells, first, last)
        if day is not None:
            begin(self._stream, member, problem, day, self._today)

    def _household_problem(self, problem: str, rate: float) -> None:
        """A problem of all that is written down for one of them."""
        adults = self._adults()
        if not adults:
            return
        spells = find_spells(adults, problem, self._today)
        rate /= mean_ratio(problem)
        day = draw_onset(self._stream, rate, spells, self._start, self._today)
        if day is None:
            return
        here = [m for m in adults if m.lives_here(day) and m.age_on(day) >= ADULT]
        if not here or (problem == "FAMILY_CONFLICT" and self._household.size_on(day) < 2):
            return
        bearer = here[-1] if problem == "FAMILY_CONFLICT" and len(here) < 3 else here[0]
        begin(self._stream, bearer, problem, day, self._today)

    def _retire(self, member: Resident) -> None:
        if member.occupation in WORKLESS:
            return
        chinese = self._household.locale == "zh_CN"
        age = (60 if member.sex == "M" else 55) if chinese else 64 + int(self._stream.random() * 4)
        day = birthday(member, age) + timedelta(days=30)
        tell(member, "EVENT_RETIRED", day, self._start, self._today)

    def _lose_work(self, member: Resident, closures: dict[str, date]) -> None:
        retired = [e.day for e in member.events if e.kind == "EVENT_RETIRED"]
        last = min([*retired, member.last_day(self._today), birthday(member, 62)])
        first = max(member.first_day(self._start), birthday(member, 20))
        if studies_away(member):
            first = max(first, member.away[-1][1])
        if first >= last:
            return
        closed = closures.get(member.employer or "")
        spells = find_spells([member], "UNEMPLOYMENT_PROBLEM", self._today)
        day = draw_onset(self._stream, value("incidence.unemployment"), spells, first, last)
        if closed is not None and first < closed < last and (day is None or closed < day):
            member.events.append(LifeEvent("EVENT_PLANT_CLOSURE", closed))
            day = closed + timedelta(days=1) if happens(self._stream, 0.5) else None
        if day is not None and day < last:
            tell(member, "EVENT_JOB_LOSS", day, self._start, self._today)
            worked = min(retired, default=None)
            begin(self._stream, member, "UNEMPLOYMENT_PROBLEM", day, self._today, worked)

    def _grieve(self, member: Resident) -> None:
        if member.widowed_on is not None:
            day = member.widowed_on + timedelta(days=1)
            begin(self._stream, member, "BEREAVEMENT_SPOUSE", day, self._today)
        for event in member.events:
            if event.kind == "EVENT_CHILD_DIED":
                day = event.day + timedelta(days=1)
                begin(self._stream, member, "BEREAVEMENT_CHILD", day, self._today)

    def _care(self, member: Resident) -> None:
        """Caring for the spouse, a parent or a parent-in-law, under one roof or near by."""
        spouse = member.spouse if member.divorced_on is None else None
        kin = [spouse, *self._kin.parents(member), *(self._kin.parents(spouse) if spouse else ())]
        near = [m for m in self._household.members if m is not member]
        candidates = dict.fromkeys([k for k in kin if k is not None] + near)
        for ill in candidates:
            onsets = [ill.problems[p] for p in NEED_CARE if p in ill.problems]
            if not onsets:
                continue
            share = value("caring.burden") * (1.15 if member.sex == "F" else 0.8)
            if not happens(self._stream, share if ill in near else share / 2):
                continue
            day = max(min(onsets) + timedelta(days=60), birthday(member, ADULT))
            # Who needs care gives none.
            own = [member.problems[p] for p in NEED_CARE if p in member.problems]
            end = min([ill.last_day(self._today), *own])
            if day < end:
                ends = end if end < self._today else None
                begin(self._stream, member, "CAREGIVER_BURDEN", day, self._today, ends)
            return

    def _accident(self, member: Resident) -> None:
        first = max(member.first_day(self._start), birthday(member, ADULT))
        last = member.last_day(self._today)
        if first >= last:
            return
        spells = find_spells([member], "EVENT_ACCIDENT", self._today)
        rate = value("incidence.accident") / mean_ratio("EVENT_ACCIDENT")
        day = draw_onset(self._stream, rate, spells, first, last)
        if day is not None:
            tell(member, "EVENT_ACCIDENT", day, self._start, self._today)

    def _crops(self, failures: list[date]) -> None:
        farmers = [m for m in self._adults() if m.occupation == "OCCUPATION_FARMING"]
        for day in failures:
            if farmers and happens(self._stream, value("county.crop_failure.hit")):
                for farmer in farmers:
                    tell(farmer, "EVENT_CROP_FAILURE", day, self._start, self._today)

    def _solitude(self) -> None:
        """Elders alone; elders and children of villages in China whom the others left behind."""
        household = self._household
        village = household.area == "rural" and household.locale == "zh_CN"
        for member in household.members:
            first, last = member.first_day(self._start), member.last_day(self._today)
            if first >= last:
                continue
            if member.age_on(last) >= ELDER:
                day = self._alone_from(member)
                # Who is demented does not stay alone for long.
                if day is not None and not member.has("DEMENTIA", day):
                    onset = member.problems.get("DEMENTIA")
                    cared = None if onset is None else onset + timedelta(days=_ALONE_DAYS)
                    begin(self._stream, member, "LIVING_ALONE", day, self._today, cared)
                left = household.kind in {"elder couple", "elder alone",
                                          "grandparents and grandchild"}  # fmt: skip
                if village and left and happens(self._stream, value("left_behind.elder")):
                    day = max(first, birthday(member, ELDER))
                    begin(self._stream, member, "LEFT_BEHIND_ELDER", day, self._today)
            elif village and member.age_on(first) < 15:
                self._left_behind_child(member, first)

    def _alone_from(self, member: Resident) -> date | None:
        """The day from which nobody else lives in the household until the end."""
        last = member.last_day(self._today)
        start = max(member.first_day(self._start), birthday(member, ELDER))
        for other in self._household.members:
            if other is member or other.birth > last:
                continue
            gone = min(other.death or date.max, other.moved_out or date.max)
            if gone > last:
                return None
            start = max(start, gone + timedelta(days=1))
        return start if start < last else None

    def _left_behind_child(self, child: Resident, first: date) -> None:
        grown = birthday(child, 16)
        if self._household.kind == "grandparents and grandchild":
            begin(self._stream, child, "LEFT_BEHIND_CHILD", first + timedelta(days=1), self._today,
                  grown)  # fmt: skip
            return
        for parent in self._kin.parents(child):
            if parent.away and parent.away[0][0] < grown:
                day = max(parent.away[0][0], first) + timedelta(days=1)
                end = min(parent.away[-1][1], grown)
                if day < end:
                    begin(self._stream, child, "LEFT_BEHIND_CHILD", day, self._today, end)
                return

    def _empty_nest(self, member: Resident) -> None:
        children = [c for c in self._kin.children(member) if c in self._household.members]
        days = [leaving_day(child) for child in children]
        if not days or any(day is None for day in days):
            return
        day = max(day for day in days if day is not None)
        if self._start < day and happens(self._stream, value("empty_nest.problem")):
            begin(self._stream, member, "EMPTY_NEST", day + timedelta(days=30), self._today)


def birthday(member: Resident, age: int) -> date:
    """The day on which a person reaches an age; 1 March for those born on 29 February."""
    year = member.birth.year + age
    leap = (member.birth.month, member.birth.day) == (2, 29)
    return date(year, 3, 1) if leap else member.birth.replace(year=year)
