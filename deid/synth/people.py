"""Who lives where: the facts of one household, before anything happens to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Locale = Literal["en_US", "zh_CN"]
Area = Literal["urban", "rural"]
Sex = Literal["M", "F"]
LOCALES: tuple[Locale, ...] = ("en_US", "zh_CN")
BirthMode = Literal["vaginal", "caesarean"]
Outcome = Literal["live birth", "stillbirth", "miscarriage", "ongoing"]


@dataclass(frozen=True)
class Address:
    """A home. ``full_text`` is how it is written on a letter."""

    line: str
    village: str
    township: str
    district: str
    city: str
    state: str
    postal_code: str
    country: str
    full_text: str


@dataclass(frozen=True)
class Centre:
    """A health centre and the neighbourhoods or villages it serves."""

    name: str
    area: Area
    town: str
    neighbourhoods: tuple[str, ...]
    postal_code: str


@dataclass(frozen=True)
class Clinician:
    """A doctor or public health nurse of a care site."""

    provider_id: int
    full_name: str
    family_name: str
    sex: Sex
    is_doctor: bool


@dataclass(frozen=True)
class CareSite:
    """A health centre, or the county hospital that the health centres send people to."""

    care_site_id: int
    centre: Centre
    locale: Locale
    address: Address
    phone: str
    region_code: str
    staff: tuple[Clinician, ...]
    hospital: CareSite | None = None


@dataclass(frozen=True)
class Relative:
    """A relative or contact; ``person`` and ``person_id`` if a resident of the county too.

    ``relationship`` is one of spouse, father, mother, son, daughter, brother, sister, grandfather,
    grandmother, grandson and granddaughter.
    """

    relationship: str
    full_name: str
    phone: str | None
    person_id: int | None
    person: Resident | None = None


@dataclass(frozen=True)
class Pregnancy:
    """One pregnancy within the recorded years.

    ``lmp`` is the first day of the last menstrual period, ``weeks`` the completed weeks from it to
    the end or, while ongoing, to the last day of the records. ``delivered`` is the day of birth or
    of the loss. ``child`` is a resident of the household whose record begins on that day.
    """

    lmp: date
    outcome: Outcome
    weeks: int
    delivered: date | None = None
    child: Resident | None = None
    mode: BirthMode | None = None

    def __repr__(self) -> str:
        return f"Pregnancy({self.outcome})"


@dataclass(frozen=True)
class LifeEvent:
    """Something that changes a life: ``kind`` is a key of the vocabulary, ``about`` whom it hit."""

    kind: str
    day: date
    about: Resident | None = None

    def __repr__(self) -> str:
        return f"LifeEvent({self.kind})"


@dataclass(eq=False)
class Resident:
    """One resident. Filled in order by identities, households, problems and follow-up."""

    sex: Sex
    birth: date
    role: str
    person_id: int = 0
    family_name: str = ""
    given_name: str = ""
    full_name: str = ""
    other_names: tuple[str, ...] = ()
    phone: str | None = None
    email: str | None = None
    numbers: dict[str, str] = field(default_factory=dict)
    race: str = ""
    ethnicity: str = ""
    father: Resident | None = None
    mother: Resident | None = None
    spouse: Resident | None = None
    grandparents: tuple[Resident, ...] = ()
    """Those who bring the person up in place of parents who are no residents."""
    relatives: list[Relative] = field(default_factory=list)
    education: str = "EDUCATION_NONE"
    occupation: str = "OCCUPATION_OTHER"
    employer: str | None = None
    insurance: str = "INSURANCE_RESIDENT"
    marital: str = "SINGLE"
    smoking: str = "NEVER_SMOKER"
    cigarettes: int = 0
    alcohol: str = "DRINKS_NEVER"
    liang: float = 0.0
    height_cm: float = 165.0
    weight_kg: float = 62.0
    salt: str = "MEDIUM"
    exercise: int = 3
    death: date | None = None
    death_cause: str | None = None
    widowed_on: date | None = None
    problems: dict[str, date] = field(default_factory=dict)
    resolved: dict[str, date] = field(default_factory=dict)
    parity: int = 0
    """Children born before the records."""
    pregnancies: list[Pregnancy] = field(default_factory=list)
    events: list[LifeEvent] = field(default_factory=list)
    blood_group: str = "BLOOD_O"
    genes: dict[str, float] = field(default_factory=dict)
    constitution: dict[str, float] = field(default_factory=dict)
    blood_genes: tuple[str, str] = ("O", "O")
    rhesus_genes: tuple[str, str] = ("D", "d")
    family_history: dict[str, tuple[str, ...]] = field(default_factory=dict)
    married_on: date | None = None
    divorced_on: date | None = None
    moved_in: date | None = None
    moved_out: date | None = None
    away: list[tuple[date, date]] = field(default_factory=list)
    doubled: dict[str, date] = field(default_factory=dict)
    """Drugs taken for years whose dose was doubled, and since when."""

    def __repr__(self) -> str:
        return f"Resident({self.person_id})"

    def age_on(self, day: date) -> int:
        """Completed years on a day."""
        had = (day.month, day.day) >= (self.birth.month, self.birth.day)
        return day.year - self.birth.year - (0 if had else 1)

    def has(self, problem: str, day: date) -> bool:
        """Has the problem begun by this day, and not ended?"""
        onset, end = self.problems.get(problem), self.resolved.get(problem)
        return onset is not None and onset <= day and (end is None or day < end)

    @property
    def rhesus(self) -> str:
        """The Rh factor; negative only for those who have it from both parents."""
        return "RH_NEGATIVE" if self.rhesus_genes == ("d", "d") else "RH_POSITIVE"

    def drinking_on(self, day: date) -> tuple[str, float]:
        """What is answered about alcohol on a day, and liang of spirits a day; who has overcome
        harmful drinking drinks on occasions at most."""
        over = self.resolved.get("HAZARDOUS_DRINKING")
        if over is not None and over <= day:
            return "DRINKS_OCCASIONALLY", 0.0
        return self.alcohol, self.liang

    def marital_on(self, day: date) -> str:
        """Marital status on a day; ``marital`` holds that before the records."""
        if self.divorced_on is not None and self.divorced_on <= day:
            return "DIVORCED"
        if self.widowed_on is not None and self.widowed_on <= day:
            return "WIDOWED"
        if self.spouse is not None and (self.married_on is None or self.married_on <= day):
            return "MARRIED"
        return "SINGLE" if self.spouse is not None else self.marital

    def first_day(self, start: date) -> date:
        """First day of the record, when those of the household begin at ``start``."""
        return max(start, self.birth, self.moved_in or start)

    def last_day(self, today: date) -> date:
        """Last day of the record: death, moving out, or the end of all records."""
        return min(today, self.death or today, self.moved_out or today)

    def lives_here(self, day: date) -> bool:
        """Belongs to the household on a day, even if away at work or at school."""
        return (
            self.birth <= day
            and (self.moved_in is None or self.moved_in <= day)
            and (self.moved_out is None or day < self.moved_out)
            and (self.death is None or day < self.death)
        )

    def is_away(self, day: date) -> bool:
        """Working or studying elsewhere on this day, though the record stays open."""
        return any(first <= day <= last for first, last in self.away)


@dataclass(eq=False)
class Household:
    """People under one roof, their home, and the staff who look after them."""

    household_id: int
    code: str
    locale: Locale
    area: Area
    kind: str
    address: Address
    site: CareSite
    doctor: Clinician
    nurse: Clinician
    members: list[Resident]
    record_start: date
    environment: dict[str, str] = field(default_factory=dict)
    family_apgar: int = 8
    closeness: float = 0.35
    """How well the family holds together, as a standard score."""
    former_homes: list[tuple[date, Address]] = field(default_factory=list)
    """Earlier homes with the day on which each was left, in their order."""

    def __repr__(self) -> str:
        return f"Household({self.household_id})"

    def home_on(self, day: date) -> Address:
        """Where the household lived on a day."""
        return next((home for left, home in self.former_homes if day < left), self.address)

    def size_on(self, day: date) -> int:
        """People who belonged to the household on a day."""
        return sum(member.lives_here(day) for member in self.members)
