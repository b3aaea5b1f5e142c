"""Education, work, insurance, habits and build of each person; the home's environment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from random import Random

from deid.synth.parameters import value
from deid.synth.people import Household, Locale, Resident
from deid.synth.society.life_events import studies_away
from deid.synth.society.shares import draw_answer
from deid.synth.streams import happens, one_of

_EMPLOYERS_ZH = ("石门镇竹器厂", "青溪县印染厂", "云州第二棉纺厂", "东湖农贸市场", "青溪县运输公司",
                 "青溪县第三中学", "青溪茶厂", "双桥水泥厂")  # fmt: skip
_EMPLOYERS_EN = ("Tamarack Feed & Grain", "Marrow County Road Department", "Pellworth Lumber",
                 "Granite Siding Creamery", "Alder Crossing School District", "Depot Street Diner",
                 "Kestrel Machine Works", "Sorrel Creek Ranch")  # fmt: skip


EMPLOYERS: Mapping[Locale, tuple[str, ...]] = {"zh_CN": _EMPLOYERS_ZH, "en_US": _EMPLOYERS_EN}


_SCHOOLED = frozenset({"EDUCATION_SENIOR", "EDUCATION_COLLEGE"})
_ASKS: Mapping[str, tuple[frozenset[str], int]] = {
    "OCCUPATION_HEAD": (_SCHOOLED, 28),
    "OCCUPATION_PROFESSIONAL": (_SCHOOLED, 22),
    "OCCUPATION_CLERICAL": (_SCHOOLED, 19),
}
"""Schooling and age without which an occupation is out of reach."""

_WITHOUT_EMPLOYER = frozenset({"OCCUPATION_OTHER", "OCCUPATION_FARMING"})
_HOME = ("KITCHEN_EXHAUST", "FUEL_TYPE", "DRINKING_WATER", "TOILET_TYPE", "LIVESTOCK_PEN")


def draw_habits(stream: Random, household: Household, today: date) -> None:
    """Fill in what the personal basic information form asks; shares are those of ``shares.csv``."""
    household.closeness = stream.gauss(value("apgar.closeness.mean"), value("apgar.closeness.sd"))
    household.family_apgar = max(0, min(10, round(8.3 + 2 * (household.closeness - 0.35))))
    for member in household.members:
        _draw_person(stream, household, member, today)
    home = household.locale, household.area
    household.environment = {q: draw_answer(stream, q, *home, "F", 0) for q in _HOME}


def _draw_person(stream: Random, household: Household, member: Resident, today: date) -> None:
    age, sex = member.age_on(today), member.sex
    place = household.locale, household.area
    member.insurance = draw_answer(stream, "PRIMARY_INSURANCE", *place, sex, age)
    if age < 15:
        member.height_cm, member.weight_kg = _child_build(stream, age)
        return
    member.education = draw_answer(stream, "EDUCATION_LEVEL", *place, sex, member.birth.year)
    if age < 19:  # still at school
        member.education = "EDUCATION_JUNIOR" if age < 16 else "EDUCATION_SENIOR"
    member.exercise = one_of(stream, (0, 1, 2, 3, 3, 5, 7))
    member.salt = draw_answer(stream, "SALT_INTAKE", *place, sex, age)
    _build(stream, member, household.locale)
    if age < 18:
        return
    if studies_away(member):
        member.education = "EDUCATION_COLLEGE"
    member.occupation = _draw_occupation(stream, household, member, age)
    if studies_away(member) and member.away[-1][1] >= today:
        member.occupation = "OCCUPATION_OTHER"
    if member.occupation not in _WITHOUT_EMPLOYER and happens(stream, 0.5):
        member.employer = one_of(stream, EMPLOYERS[household.locale])
    smokers = value("mortality.smoker")
    tilt = {"CURRENT_SMOKER": smokers, "FORMER_SMOKER": smokers**0.5}
    member.smoking = draw_answer(
        stream, "SMOKING_STATUS", *place, sex, age, tilt if member.death is not None else {}
    )
    if member.smoking == "CURRENT_SMOKER":
        member.cigarettes = one_of(stream, (3, 5, 8, 10, 10, 15, 20, 20, 30))
    member.alcohol = draw_answer(stream, "ALCOHOL_USE", *place, sex, age)
    if member.alcohol == "DRINKS_DAILY":
        member.liang = one_of(stream, (1.0, 1.0, 2.0, 2.0, 3.0, 4.0))


def _draw_occupation(stream: Random, household: Household, member: Resident, age: int) -> str:
    """Work that asks for no more years and schooling than the person has."""
    place = household.locale, household.area
    for _ in range(8):
        drawn = draw_answer(stream, "OCCUPATION_GROUP", *place, member.sex, age)
        education, years = _ASKS.get(drawn, (frozenset(), 0))
        if age >= years and (not education or member.education in education):
            return drawn
    return "OCCUPATION_OTHER"


def answers_on(resident: Resident, day: date) -> dict[str, str]:
    """Schooling, work and habits on a day; as drawn they are those of the last day."""
    age = resident.age_on(day)
    if age >= 19:
        education = resident.education
    elif age >= 16:
        education = "EDUCATION_SENIOR" if resident.education in _SCHOOLED else resident.education
    else:
        education = "EDUCATION_JUNIOR" if age >= 13 else "EDUCATION_PRIMARY"
    grown = age >= 18
    return {
        "EDUCATION_LEVEL": education,
        "OCCUPATION_GROUP": resident.occupation if grown else "OCCUPATION_OTHER",
        "SMOKING_STATUS": resident.smoking if grown else "NEVER_SMOKER",
        "ALCOHOL_USE": resident.drinking_on(day)[0] if grown else "DRINKS_NEVER",
    }


def _build(stream: Random, member: Resident, locale: Locale) -> None:
    place = locale.lower()
    tall = value(f"height.{'men' if member.sex == 'M' else 'women'}.{place}")
    member.height_cm = round(stream.gauss(tall, value("height.sd")), 1)
    bmi = stream.gauss(value(f"bmi.mean.{place}"), value(f"bmi.sd.{place}"))
    bmi = min(max(bmi, 16.5), 45)
    member.weight_kg = round(bmi * (member.height_cm / 100) ** 2, 1)


def _child_build(stream: Random, age: int) -> tuple[float, float]:
    height = 50 + 25 * min(age, 1) + 8.5 * min(max(age - 1, 0), 2) + 6 * max(age - 3, 0)
    weight = 3.4 + 6.2 * min(age, 1) + 2.3 * min(max(age - 1, 0), 8) + 3.8 * max(age - 9, 0)
    return round(height * stream.gauss(1, 0.03), 1), round(weight * stream.gauss(1, 0.1), 1)
