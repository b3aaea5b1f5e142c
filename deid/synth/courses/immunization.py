"""Vaccines by the schedule of the place, with doses that come late and doses that never come.

zh_CN: the national programme of 2021 (doses without charge); en_US: the schedule of the Centers for
Disease Control. A dose is never given before its least age nor sooner after the last dose of its
series than the least interval; a late child keeps its intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deid.synth.births import birth_of, nights_after
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import department, hospital_of, words
from deid.synth.growth import DAYS_A_MONTH
from deid.synth.parameters import value
from deid.synth.people import Locale
from deid.synth.streams import happens, weighted
from deid.synth.visits import Form, Visit


@dataclass(frozen=True)
class Series:
    """One vaccine's doses: months of age at which each is due.

    ``apart`` is the least number of days between two doses, ``booster`` that before the last one
    of three or more.
    """

    vaccine: str
    months: tuple[float, ...]
    apart: int = 28
    booster: int = 28
    site: str = "left upper arm"
    latest: float = 216
    """Months of age after which a missed dose is not caught up."""
    after: str = ""
    """Another vaccine whose doses come before this one's."""


SCHEDULES: dict[Locale, tuple[Series, ...]] = {
    "zh_CN": (
        Series("HEPATITIS_B_VACCINE", (0, 1, 6), booster=60, site="right upper arm"),
        Series("BCG_VACCINE", (0,), latest=47),
        Series("IPV_VACCINE", (2, 3)),
        Series("OPV_VACCINE", (4, 48), site="mouth", after="IPV_VACCINE"),
        Series("DTAP_VACCINE", (3, 4, 5, 18), booster=180),
        Series("MMR_VACCINE", (8, 18)),
        Series("JE_VACCINE", (8, 24)),
        Series("MENA_VACCINE", (6, 9), apart=84),
        Series("HEPATITIS_A_LIVE_VACCINE", (18,)),
        Series("MENAC_VACCINE", (36, 72), apart=1000),
        Series("DT_VACCINE", (72,)),
    ),
    "en_US": (
        Series("HEPATITIS_B_VACCINE", (0, 1.5, 6), booster=56, site="thigh"),
        Series("ROTAVIRUS_VACCINE", (2, 4), site="mouth", latest=8),
        Series("DTAP_VACCINE", (2, 4, 6, 15, 48), booster=180, site="thigh"),
        Series("HIB_VACCINE", (2, 4, 12), booster=56, site="thigh", latest=60),
        Series("PCV13_VACCINE", (2, 4, 6, 12), booster=56, site="thigh", latest=60),
        Series("IPV_VACCINE", (2, 4, 6, 48), booster=180, site="thigh"),
        Series("MMR_VACCINE", (12, 48)),
        Series("VARICELLA_VACCINE", (12, 48), apart=84),
        Series("HEPATITIS_A_VACCINE", (12, 18.5), apart=182),
        Series("TDAP_VACCINE", (132,)),
        Series("HPV_VACCINE", (133, 139), apart=150),
        Series("MENACWY_VACCINE", (133, 193), apart=56),
    ),
}
"""The order within a schedule is that in which doses of one day are written down."""


ILL_DAYS = 3
"""So long after a visit for an illness nobody is vaccinated."""


def immunization(stream: Random, life: Life) -> list[Visit]:
    """All doses of one resident within the record; those of one day are one visit."""
    doses: dict[date, list[tuple[Series, int]]] = {}
    checks = {v.day: v for v in life.visits if v.forms[0].kind == "child"}
    chances = set(checks)
    lasts: dict[str, date] = {}
    for series in SCHEDULES[life.household.locale]:
        last = _plan(stream, life, series, doses, chances, lasts.get(series.after))
        if last is not None:
            lasts[series.vaccine] = last
    visits = []
    for day, given in sorted(doses.items()):
        vaccines = tuple(series.vaccine for series, _ in given)
        visit = _visit(stream, life, day, vaccines, given)
        if day in checks:
            checks[day].forms += visit.forms
        else:
            visits.append(visit)
    visits += _influenza(stream, life)
    return sorted(visits, key=lambda visit: visit.day)


def _plan(
    stream: Random,
    life: Life,
    series: Series,
    doses: dict[date, list[tuple[Series, int]]],
    chances: set[date],
    before: date | None,
) -> date | None:
    """Adds the doses of a series to those of each day and gives the day of the last one.

    ``before`` is the last dose of the series that comes first.
    """
    child = life.resident
    previous = before
    slow = happens(stream, value("vaccine.child.slow"))
    for number, month in enumerate(series.months, start=1):
        due = child.birth + timedelta(days=round(month * DAYS_A_MONTH) + (2 if month else 0))
        if previous is not None:
            last = number == len(series.months) and number > 2
            due = max(due, previous + timedelta(days=series.booster if last else series.apart))
        wait = stream.randrange(8) if month else 0
        if month and (slow or happens(stream, value("child.vaccine_late"))):
            wait += stream.randrange(10, 90)
        given = working_day(due + timedelta(days=wait)) if month else child.birth
        missed = happens(stream, value("child.vaccine_missed")) and number > 1
        if missed or (given - child.birth).days > series.latest * DAYS_A_MONTH:
            return previous
        # Doses before the record are on another card, but count for the intervals.
        previous = given
        if life.first <= given <= life.last and not child.is_away(given):
            day = _free(life, _together(due, given, chances)) if month else given
            if day > life.last:
                return previous
            previous = day
            doses.setdefault(day, []).append((series, number))
            chances.add(day)
    return previous


def _together(due: date, day: date, chances: set[date]) -> date:
    """A day from the due one to three weeks late on which the child comes anyway."""
    least = due + timedelta(days=1)
    return next((d for d in sorted(chances) if least <= d <= day + timedelta(days=21)), day)


def _free(life: Life, day: date) -> date:
    """The day, or one a week after the stay in hospital or the illness that it falls into."""
    for visit in life.visits:
        end = visit.end or visit.day
        ill = visit.end is not None or visit.forms[0].kind == "contact"
        if ill and visit.day <= day <= end + timedelta(days=ILL_DAYS if visit.end is None else 0):
            day = working_day(end + timedelta(days=7))
    return day


def _visit(
    stream: Random,
    life: Life,
    day: date,
    vaccines: tuple[str, ...],
    given: list[tuple[Series, int]],
) -> Visit:
    child, household = life.resident, life.household
    form = Form(kind="immunization", vaccines=vaccines)
    form.amounts = {f"VACCINE_DOSE:{series.vaccine}": number for series, number in given}
    form.hints = {f"site:{series.vaccine}": series.site for series, _ in given}
    form.readings["BODY_TEMPERATURE"] = round(min(max(stream.gauss(36.6, 0.2), 36.0), 37.2), 1)
    reacts = day != child.birth and happens(stream, value("child.vaccine_reaction"))
    form.answers["VACCINE_REACTION"] = "PRESENT" if reacts else "NONE"
    if reacts:
        kind = weighted(stream, {"fever": 0.6, "swelling": 0.4})
        form.texts["ABNORMALITY"] = words(household.locale, f"vaccine.{kind}")
    form.texts["VACCINATION_SITE"] = words(household.locale, f"site.{given[0][0].site}")
    if day == child.birth:
        birth = birth_of(child, household)
        nights = nights_after(household.locale, birth.mode == "BIRTH_CESAREAN")
        hospital = hospital_of(household)
        clinician = department(hospital, "PAEDIATRICS", stream)
        end = min(day + timedelta(days=nights), life.last)
        form.procedures = ("NEWBORN_BLOOD_SCREENING",)
        form.diagnoses = ("PRETERM_BIRTH" if birth.preterm else "NEWBORN",)
        form.readings |= {"BIRTH_WEIGHT": birth.weight_kg, "BIRTH_LENGTH": birth.length_cm}
        form.amounts |= {"APGAR_1_MINUTE": birth.apgar_1, "APGAR_5_MINUTE": birth.apgar_5}
        return Visit(child, day, "hospital", clinician, [form], end=end, site=hospital)
    return Visit(child, day, "clinic", household.nurse, [form])


def _influenza(stream: Random, life: Life) -> list[Visit]:
    """The seasonal vaccine, in October or November, of young children and of the old."""
    resident, household = life.resident, life.household
    share = value(f"vaccine.influenza.child.{household.locale.lower()}")
    had = [v.day for v in life.visits for f in v.forms if "INFLUENZA_VACCINE" in f.vaccines]
    keeps = happens(stream, min(2 * share, 0.9))
    visits = []
    for year in range(life.first.year, life.last.year + 1):
        day = _free(life, working_day(date(year, 10, 1) + timedelta(days=stream.randrange(56))))
        old = (day - resident.birth).days / 365.25
        wanted = 0.5 <= old < 6 or old >= 65
        wanted = wanted and not any(abs((day - other).days) < 180 for other in had)
        taken = happens(
            stream, value("vaccine.influenza.keeps" if keeps else "vaccine.influenza.others")
        )
        if wanted and taken and life.first < day <= life.last and not resident.is_away(day):
            form = Form(kind="immunization", vaccines=("INFLUENZA_VACCINE",))
            form.hints = {"site:INFLUENZA_VACCINE": "left upper arm"}
            form.answers["VACCINE_REACTION"] = "NONE"
            form.readings["BODY_TEMPERATURE"] = round(
                min(max(stream.gauss(36.5, 0.2), 36.0), 37.2), 1
            )
            visits.append(Visit(resident, day, "clinic", household.nurse, [form]))
    return visits
