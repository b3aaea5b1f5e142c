"""The events of a life that people tell of, read from the marks that the years left on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from deid.synth.people import Household, LifeEvent, Resident

SERIOUS = frozenset(
    {"CEREBRAL_INFARCTION", "DEMENTIA", "PARKINSON_DISEASE", "LUNG_CANCER", "COLON_CANCER",
     "BREAST_CANCER", "SCHIZOPHRENIA", "HEART_FAILURE"}
)  # fmt: skip
"""Diagnoses that the whole family speaks of."""


class Kin:
    """Who descends from whom, over the households of a neighbourhood."""

    def __init__(self, residents: Iterable[Resident]) -> None:
        self._children: dict[int, list[Resident]] = {}
        self._grandchildren: dict[int, list[Resident]] = {}
        for resident in residents:
            for parent in self.parents(resident):
                self._children.setdefault(id(parent), []).append(resident)
            for old in resident.grandparents:
                self._grandchildren.setdefault(id(old), []).append(resident)

    @staticmethod
    def parents(resident: Resident) -> list[Resident]:
        """Father and mother, as far as they are residents."""
        return [p for p in (resident.father, resident.mother) if p is not None]

    def children(self, resident: Resident) -> list[Resident]:
        """Sons and daughters by age."""
        return sorted(self._children.get(id(resident), []), key=lambda child: child.birth)

    def siblings(self, resident: Resident) -> list[Resident]:
        """Brothers and sisters, by one parent at least, by age."""
        found = [
            child
            for parent in self.parents(resident)
            for child in self._children[id(parent)]
            if child is not resident
        ]
        return sorted(dict.fromkeys(found), key=lambda sibling: sibling.birth)

    def grandparents(self, resident: Resident) -> list[Resident]:
        """Parents of father and mother."""
        known = [old for parent in self.parents(resident) for old in self.parents(parent)]
        return [*known, *resident.grandparents]

    def grandchildren(self, resident: Resident) -> list[Resident]:
        """Children of sons and daughters."""
        known = [young for child in self.children(resident) for young in self.children(child)]
        return [*known, *self._grandchildren.get(id(resident), [])]


def tell(resident: Resident, kind: str, day: date, start: date, today: date,
         about: Resident | None = None) -> None:  # fmt: skip
    """Note an event if it lies within the person's record."""
    if resident.first_day(start) < day <= resident.last_day(today):
        resident.events.append(LifeEvent(kind, day, about))


def tell_of_family(household: Household, kin: Kin, today: date) -> None:
    """Marriages, births, deaths, partings and moves, as each member lives through them."""
    start = household.record_start
    for member in household.members:
        told: list[tuple[str, date | None, Resident | None]] = [
            ("EVENT_MARRIED", member.married_on, member.spouse),
            ("EVENT_DIVORCED", member.divorced_on, member.spouse),
            ("EVENT_WIDOWED", member.widowed_on, member.spouse),
        ]
        told += [("EVENT_PARENT_DIED", p.death, p) for p in kin.parents(member)]
        told += [("EVENT_SIBLING_DIED", s.death, s) for s in kin.siblings(member)]
        for child in kin.children(member):
            told.append(("EVENT_CHILD_BORN", child.birth, child))
            told.append(("EVENT_CHILD_DIED", child.death, child))
            told.append(("EVENT_CHILD_LEFT", leaving_day(child), child))
        for pregnancy in member.pregnancies:
            if pregnancy.outcome in {"stillbirth", "miscarriage"}:
                told.append(("EVENT_PREGNANCY_LOSS", pregnancy.delivered, None))
        told += _journeys(member, today)
        told += [("EVENT_MOVED", day, None) for day, _ in household.former_homes]
        for kind, day, about in told:
            # An event of a small child is told by the parents.
            if day is not None and member.age_on(day) >= 7:
                tell(member, kind, day, start, today, about)


def tell_of_illness(household: Household, kin: Kin, today: date) -> None:
    """A serious diagnosis of the spouse, a parent or a child."""
    for member in household.members:
        spouse = [member.spouse] if member.spouse is not None else []
        for relative in [*spouse, *kin.parents(member), *kin.children(member)]:
            for problem in sorted(SERIOUS & relative.problems.keys()):
                day = relative.problems[problem]
                parted = member.divorced_on is not None and relative is member.spouse
                if member.age_on(day) >= 15 and not parted:
                    start = household.record_start
                    tell(member, "EVENT_RELATIVE_ILL", day, start, today, relative)


def leaving_day(child: Resident) -> date | None:
    """When a grown child left home for the first time."""
    days = [first for first, _ in child.away] + [child.moved_out or date.max]
    day = min(days)
    return None if day == date.max or child.role != "child" else day


def studies_away(member: Resident) -> bool:
    """Do the absences of a grown child begin with a term of a university?"""
    return bool(member.away) and member.role == "child" and member.away[0][0].month == 9


def _journeys(member: Resident, today: date) -> list[tuple[str, date | None, Resident | None]]:
    if not member.away:
        return []
    first, last = member.away[0][0], member.away[-1][1]
    studies = studies_away(member)
    told: list[tuple[str, date | None, Resident | None]] = [
        ("EVENT_LEFT_FOR_STUDY" if studies else "EVENT_LEFT_FOR_WORK", first, None)
    ]
    if last < member.last_day(today):
        told.append(("EVENT_CAME_HOME", last, None))
    return told


def sort_events(members: Sequence[Resident]) -> None:
    """Put everybody's events into the order of their days."""
    for member in members:
        member.events.sort(key=lambda event: (event.day, event.kind))
