"""Which problems each resident gets and when: of the body, of the mind and of life with others.

Problems are drawn in the order of :data:`deid.synth.parameters.DISEASES`, so that a later one can
depend on an earlier one; social problems of the household come between body and mind.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import exp
from random import Random

from deid.synth.families import DAYS_A_YEAR
from deid.synth.parameters import DISEASES, DiseaseModel, value
from deid.synth.people import Household, Resident
from deid.synth.streams import happens

OBESE = {"en_US": 30.0, "zh_CN": 28.0}
"""Body mass index from which a person is obese: WHO; Chinese guideline of 2003."""

FAMILIAL = frozenset(
    {
        "ESSENTIAL_HYPERTENSION",
        "TYPE_2_DIABETES",
        "CORONARY_ARTERIOSCLEROSIS",
        "CEREBRAL_INFARCTION",
    }
)
_OF_THE_MIND = frozenset({"DEPRESSIVE_DISORDER", "ANXIETY_DISORDER", "INSOMNIA"})
_NEED_CARE = ("DEMENTIA", "CEREBRAL_INFARCTION", "PARKINSON_DISEASE")


def draw_deaths(stream: Random, household: Household, today: date) -> None:
    """Who dies within the recorded years, by a Gompertz law; marks widowhood too."""
    for member in household.members:
        first = household.record_start.year
        for year in range(first, today.year + 1):
            age = year - member.birth.year
            if age < 18 or member.death is not None:
                continue
            rate = exp(value("mortality.log_rate_at_0") + value("mortality.slope") * age)
            if happens(stream, rate):
                day = date(year, 1, 1) + timedelta(days=stream.randrange(365))
                if household.record_start + timedelta(days=120) < day < today:
                    member.death = day
    for member in household.members:
        spouse = member.spouse
        if spouse is None or spouse.death is None:
            continue
        if member.death is None or spouse.death < member.death:
            member.widowed_on, member.marital = spouse.death, "WIDOWED"


def draw_problems(stream: Random, household: Household, today: date) -> None:
    """Onset date of every problem of every member; none lies after death or ``today``."""
    for member in household.members:
        _habits_as_problems(stream, household, member, today)
    _draw(stream, household, today, [d for d in DISEASES if d.problem not in _OF_THE_MIND])
    _social_problems(stream, household, today)
    _draw(stream, household, today, [d for d in DISEASES if d.problem in _OF_THE_MIND])


def risk_ratio(model: DiseaseModel, household: Household, member: Resident) -> float:
    """What multiplies the prevalence curve for this person."""
    ratio = model.men if member.sex == "M" else model.women
    ratio *= model.area.get(household.area, 1.0) * model.locale.get(household.locale, 1.0)
    for name, times in model.after.items():
        if name == "SMOKER":
            ratio *= times if member.smoking != "NEVER_SMOKER" else 1.0
        elif name in member.problems:
            ratio *= times
    if model.problem in FAMILIAL and any(
        parent is not None and model.problem in parent.problems
        for parent in (member.father, member.mother)
    ):
        ratio *= value("family_history.risk")
    return ratio


def _draw(stream: Random, household: Household, today: date, models: list[DiseaseModel]) -> None:
    for model in models:
        for member in household.members:
            age = model.onset_age(stream.random(), risk_ratio(model, household, member))
            if age is None:
                continue
            onset = member.birth + timedelta(days=int(age * DAYS_A_YEAR) + stream.randrange(90))
            _begin(member, model.problem, onset, today)
        if model.problem == "DEPRESSIVE_DISORDER":
            _grief(stream, household, model, today)


def _grief(stream: Random, household: Household, model: DiseaseModel, today: date) -> None:
    extra = value("widowhood.depression") - 1
    for member in household.members:
        if member.widowed_on is None or model.problem in member.problems:
            continue
        risk = model.prevalence(member.age_on(member.widowed_on)) * extra
        if happens(stream, risk * risk_ratio(model, household, member)):
            onset = member.widowed_on + timedelta(days=stream.randrange(30, 300))
            _begin(member, model.problem, onset, today)


def _begin(member: Resident, problem: str, onset: date, today: date) -> None:
    if member.birth < onset <= today and (member.death is None or onset < member.death):
        member.problems.setdefault(problem, onset)


def _within(stream: Random, household: Household, today: date) -> date:
    days = (today - household.record_start).days
    return household.record_start + timedelta(days=stream.randrange(max(days, 1)))


def _habits_as_problems(
    stream: Random, household: Household, member: Resident, today: date
) -> None:
    if member.age_on(today) < 18:
        return
    start = max(household.record_start, member.birth + timedelta(days=18 * 366))
    bmi = member.weight_kg / (member.height_cm / 100) ** 2
    if bmi >= OBESE[household.locale]:
        _begin(member, "OBESITY", start - timedelta(days=stream.randrange(400)), today)
    if member.smoking == "CURRENT_SMOKER" and member.cigarettes >= 15:
        _begin(member, "TOBACCO_DEPENDENCE", start, today)


def _social_problems(stream: Random, household: Household, today: date) -> None:
    adults = [m for m in household.members if m.age_on(today) >= 18]
    elders = [m for m in adults if m.age_on(today) >= 60]
    hardship = value(f"problem.hardship.{household.area}")
    if happens(stream, hardship) and adults:
        _begin(adults[0], "FINANCIAL_HARDSHIP", _within(stream, household, today), today)
    if len(adults) > 1 and happens(stream, value("problem.conflict")):
        _begin(adults[1], "FAMILY_CONFLICT", _within(stream, household, today), today)
        household.family_apgar = min(household.family_apgar, 5)
    for member in adults:
        works = member.occupation not in {"OCCUPATION_OTHER", "OCCUPATION_FARMING"}
        if works and happens(stream, value("problem.unemployment")):
            _begin(member, "UNEMPLOYMENT_PROBLEM", _within(stream, household, today), today)
        drinking = 0.3 * (
            value("unemployment.drinking") if "UNEMPLOYMENT_PROBLEM" in member.problems else 1.0
        )
        if member.liang >= 2 and happens(stream, drinking):
            _begin(member, "HAZARDOUS_DRINKING", _within(stream, household, today), today)
        if member.education == "EDUCATION_NONE" and happens(stream, 0.3):
            _begin(member, "HEALTH_LITERACY_PROBLEM", household.record_start, today)
        if member.widowed_on is not None:
            _begin(member, "BEREAVEMENT_SPOUSE", member.widowed_on + timedelta(days=1), today)
        ill = next((m for m in adults if m is not member and _cared_for(m)), None)
        if ill is not None and happens(stream, 0.45):
            onset = min(ill.problems[p] for p in _NEED_CARE if p in ill.problems)
            _begin(member, "CAREGIVER_BURDEN", onset + timedelta(days=60), today)
    left_behind = (
        household.kind in {"elder couple", "grandparents and grandchild"}
        and household.area == "rural"
        and household.locale == "zh_CN"
    )
    alone = household.kind == "elder alone" or len(household.members) == 1
    for member in elders:
        if alone:
            _begin(member, "LIVING_ALONE", household.record_start, today)
        elif household.kind == "elder couple" and member.widowed_on is not None:
            _begin(member, "LIVING_ALONE", member.widowed_on + timedelta(days=1), today)
        elif left_behind and happens(stream, 0.5):
            _begin(member, "LEFT_BEHIND_ELDER", household.record_start, today)


def _cared_for(member: Resident) -> bool:
    return any(problem in member.problems for problem in _NEED_CARE)
