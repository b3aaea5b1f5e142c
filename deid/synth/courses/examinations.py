"""The personal basic information form, which opens a record."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from deid.synth.courses.life import Life
from deid.synth.habits import answers_on
from deid.synth.kin import has_history
from deid.synth.safety import allergies_of
from deid.synth.society.heredity import HEREDITY
from deid.synth.visits import Form, Visit


def basic_information(stream: Random, life: Life) -> list[Visit]:
    """The form that opens a record; children of six or less do not fill it in."""
    household, resident = life.household, life.resident
    day = max(life.first, resident.birth + timedelta(days=40))
    if resident.age_on(day) <= 6 or day > life.last:
        return []
    form = Form(kind="basic information")
    form.answers = {
        **answers_on(resident, day),
        "MARITAL_STATUS": resident.marital_on(day),
        "PRIMARY_INSURANCE": resident.insurance,
        "RESIDENCE_KIND": "URBAN" if household.area == "urban" else "RURAL",
        "BLOOD_GROUP": resident.blood_group,
        "RH_FACTOR": resident.rhesus,
        **household.environment,
    }
    form.amounts = {
        "HOUSEHOLD_SIZE": household.size_on(day),
        "FAMILY_APGAR": household.family_apgar,
    }
    form.answers |= dict.fromkeys(allergies_of(resident), "PRESENT")
    form.diagnoses = tuple(p for p in resident.problems if resident.has(p, day))
    if resident.age_on(day) >= 18:
        form.readings = {"BODY_HEIGHT": resident.height_cm, "BODY_WEIGHT": resident.weight_kg}
    for problem in HEREDITY:
        ill = [kin for kin in ("father", "mother") if has_history(resident, kin, problem, day)]
        if ill:
            form.texts[f"FAMILY_HISTORY:{problem}"] = ", ".join(ill)
    return [Visit(resident, day, "clinic", household.doctor, [form])]
