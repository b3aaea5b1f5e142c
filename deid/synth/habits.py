"""Education, work, habits and build of each adult; the home's environment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any

from deid.synth.people import Household, Locale, Resident
from deid.synth.streams import happens, one_of, weighted

_EMPLOYERS_ZH = ("石门镇竹器厂", "青溪县印染厂", "云州第二棉纺厂", "东湖农贸市场", "青溪县运输公司",
                 "青溪县第三中学", "青溪茶厂", "双桥水泥厂")  # fmt: skip
_EMPLOYERS_EN = ("Tamarack Feed & Grain", "Marrow County Road Department", "Pellworth Lumber",
                 "Granite Siding Creamery", "Alder Crossing School District", "Depot Street Diner",
                 "Kestrel Machine Works", "Sorrel Creek Ranch")  # fmt: skip


EMPLOYERS: Mapping[Locale, tuple[str, ...]] = {"zh_CN": _EMPLOYERS_ZH, "en_US": _EMPLOYERS_EN}


def draw_habits(stream: Random, household: Household, today: date) -> None:
    """Fill in what the personal basic information form asks. Shares are assumptions."""
    rural, chinese = household.area == "rural", household.locale == "zh_CN"
    for member in household.members:
        age = member.age_on(today)
        if age < 15:
            member.height_cm, member.weight_kg = _child_build(stream, age)
            member.insurance = "INSURANCE_RESIDENT"
            continue
        member.education = _education(stream, age, rural, chinese)
        member.occupation = _occupation(stream, age, member, rural)
        working = member.occupation != "OCCUPATION_OTHER"
        if working and member.occupation != "OCCUPATION_FARMING" and happens(stream, 0.5):
            member.employer = one_of(stream, EMPLOYERS[household.locale])
        member.insurance = weighted(
            stream,
            {"INSURANCE_RESIDENT": 0.85, "INSURANCE_EMPLOYEE": 0.15}
            if rural
            else {
                "INSURANCE_EMPLOYEE": 0.6,
                "INSURANCE_RESIDENT": 0.3,
                "INSURANCE_COMMERCIAL": 0.1,
            },
        )
        _smoking(stream, member, age, chinese)
        _drinking(stream, member, chinese)
        _build(stream, member, chinese)
        member.salt = weighted(stream, {"LIGHT": 0.25, "MEDIUM": 0.45, "HEAVY": 0.30})
        member.exercise = one_of(stream, (0, 1, 2, 3, 3, 5, 7))
    household.family_apgar = max(0, min(10, round(stream.gauss(8, 1.8))))
    household.environment = _environment(stream, rural, chinese)


def _education(stream: Random, age: int, rural: bool, chinese: bool) -> str:
    if chinese and age >= 60:
        weights = {"EDUCATION_NONE": 0.25, "EDUCATION_PRIMARY": 0.42, "EDUCATION_JUNIOR": 0.23,
                   "EDUCATION_SENIOR": 0.08, "EDUCATION_COLLEGE": 0.02}  # fmt: skip
    elif chinese:
        weights = {"EDUCATION_PRIMARY": 0.12, "EDUCATION_JUNIOR": 0.40, "EDUCATION_SENIOR": 0.27,
                   "EDUCATION_COLLEGE": 0.21}  # fmt: skip
    else:
        weights = {"EDUCATION_PRIMARY": 0.02, "EDUCATION_JUNIOR": 0.08, "EDUCATION_SENIOR": 0.55,
                   "EDUCATION_COLLEGE": 0.35}  # fmt: skip
    if not rural and "EDUCATION_COLLEGE" in weights:
        weights["EDUCATION_COLLEGE"] *= 1.8
    return weighted(stream, weights)


def _occupation(stream: Random, age: int, member: Resident, rural: bool) -> str:
    if age < 18 or (age >= 62 and happens(stream, 0.3 if rural else 0.9)):
        return "OCCUPATION_OTHER"
    if rural:
        return weighted(
            stream,
            {"OCCUPATION_FARMING": 0.55, "OCCUPATION_PRODUCTION": 0.2, "OCCUPATION_SERVICE": 0.15,
             "OCCUPATION_PROFESSIONAL": 0.04, "OCCUPATION_OTHER": 0.06},
        )  # fmt: skip
    return weighted(
        stream,
        {"OCCUPATION_SERVICE": 0.32, "OCCUPATION_PRODUCTION": 0.24, "OCCUPATION_CLERICAL": 0.16,
         "OCCUPATION_PROFESSIONAL": 0.16, "OCCUPATION_HEAD": 0.03, "OCCUPATION_OTHER": 0.09},
    )  # fmt: skip


def _smoking(stream: Random, member: Resident, age: int, chinese: bool) -> None:
    current = (0.45 if member.sex == "M" else 0.02) if chinese else 0.14
    former = (0.15 if member.sex == "M" else 0.01) if chinese else 0.22
    member.smoking = weighted(
        stream,
        {"CURRENT_SMOKER": current if age >= 18 else 0.0,
         "FORMER_SMOKER": former if age >= 30 else 0.0,
         "NEVER_SMOKER": max(1 - current - former, 0.05)},
    )  # fmt: skip
    if member.smoking == "CURRENT_SMOKER":
        member.cigarettes = one_of(stream, (3, 5, 8, 10, 10, 15, 20, 20, 30))


def _drinking(stream: Random, member: Resident, chinese: bool) -> None:
    men = member.sex == "M"
    daily = 0.13 if men else 0.02
    sometimes = (0.35 if men else 0.10) if chinese else 0.45
    member.alcohol = weighted(
        stream,
        {"DRINKS_DAILY": daily, "DRINKS_OCCASIONALLY": sometimes,
         "DRINKS_NEVER": 1 - daily - sometimes},
    )  # fmt: skip
    if member.alcohol == "DRINKS_DAILY":
        member.liang = one_of(stream, (1.0, 1.0, 2.0, 2.0, 3.0, 4.0))


def _build(stream: Random, member: Resident, chinese: bool) -> None:
    men = member.sex == "M"
    tall = (168 if men else 157) if chinese else (176 if men else 162)
    member.height_cm = round(stream.gauss(tall, 6), 1)
    bmi = min(max(stream.gauss(24.2 if chinese else 28.4, 3.2 if chinese else 4.8), 16.5), 45)
    member.weight_kg = round(bmi * (member.height_cm / 100) ** 2, 1)


def _child_build(stream: Random, age: int) -> tuple[float, float]:
    height = 50 + 25 * min(age, 1) + 8.5 * min(max(age - 1, 0), 2) + 6 * max(age - 3, 0)
    weight = 3.4 + 6.2 * min(age, 1) + 2.3 * min(max(age - 1, 0), 8) + 3.8 * max(age - 9, 0)
    return round(height * stream.gauss(1, 0.03), 1), round(weight * stream.gauss(1, 0.1), 1)


def _environment(stream: Random, rural: bool, chinese: bool) -> dict[str, str]:
    if not chinese:
        return {"DRINKING_WATER": "WELL_WATER" if rural and happens(stream, 0.6) else "TAP_WATER"}
    draw: dict[str, dict[Any, float]] = {
        "KITCHEN_EXHAUST": {"EXHAUST_HOOD": 0.5, "EXHAUST_CHIMNEY": 0.4, "NONE": 0.1},
        "FUEL_TYPE": {"FUEL_GAS": 0.45, "FUEL_WOOD": 0.3, "FUEL_COAL": 0.1, "FUEL_ELECTRIC": 0.15},
        "DRINKING_WATER": {"TAP_WATER": 0.8, "WELL_WATER": 0.2},
        "TOILET_TYPE": {"TOILET_SANITARY": 0.75, "TOILET_PIT": 0.25},
        "LIVESTOCK_PEN": {"LIVESTOCK_NONE": 0.6, "LIVESTOCK_SEPARATE": 0.4},
    }
    return {name: weighted(stream, weights) for name, weights in draw.items()} if rural else {}
