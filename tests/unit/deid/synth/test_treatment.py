"""What is given, what is measured for it, and what is said where it is not given."""

from __future__ import annotations

from collections.abc import Iterator

from deid.synth.constitution import DIABETES
from deid.synth.courses import Life
from deid.synth.courses.sites import words
from deid.synth.parameters import value
from deid.synth.physiology import GIVEN_FOR
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.physiology.lipids import statin_age
from deid.synth.safety import is_contraindicated
from deid.synth.visits import Form, Visit
from tests.unit.deid.synth.lives import all_lives

INFARCTION = "ACUTE_MYOCARDIAL_INFARCTION"
FOR_A_YEAR = "CLOPIDOGREL_75MG"


def _forms(kind: str) -> Iterator[tuple[Life, Visit, Form]]:
    for life in all_lives():
        for visit in life.visits:
            for form in visit.forms:
                if form.kind == kind:
                    yield life, visit, form


def _names(form: Form) -> set[str]:
    return {CLASS_OF.get(drug.drug, drug.drug) for drug in form.drugs}


def test_what_an_infarction_is_discharged_with_stands_in_every_later_list() -> None:
    checked = 0
    for life, stay, discharge in _forms("discharge"):
        if discharge.diagnoses[0] != INFARCTION or stay.end is None:
            continue
        lasting = {
            CLASS_OF.get(drug.drug, drug.drug)
            for drug in discharge.drugs
            if drug.drug in GIVEN_FOR[INFARCTION] and drug.drug != FOR_A_YEAR
        }
        for visit in life.visits:
            for form in visit.forms:
                later = form.kind == "examination" and visit.day > stay.end
                spared = any(is_contraindicated(life.resident, d, visit.day) for d in lasting)
                if later and not spared:
                    assert lasting <= _names(form)
                    checked += 1
    assert checked


def test_nobody_is_given_two_drugs_of_one_class_or_metformin_when_the_kidneys_fail() -> None:
    for life, visit, form in _forms("examination"):
        classes = [CLASS_OF[drug.drug] for drug in form.drugs if drug.drug in CLASS_OF]
        assert len(classes) == len(set(classes))
        for drug in form.drugs:
            assert not is_contraindicated(life.resident, drug.drug, visit.day)


def test_warfarin_is_not_taken_without_an_inr() -> None:
    taken = [f for _, _, f in _forms("examination") if "WARFARIN" in _names(f)]
    assert taken
    assert all("INR" in form.readings for form in taken)


def test_raised_ldl_in_diabetes_is_treated_or_the_form_says_why_not() -> None:
    limit = value("ldl.goal.diabetes")
    for life, visit, form in _forms("examination"):
        resident, american = life.resident, life.household.locale == "en_US"
        ldl = form.readings["LDL_MASS"] / 38.67 if american and "LDL_MASS" in form.readings else 0
        ldl = form.readings.get("LDL", ldl)
        asked = resident.has(DIABETES, visit.day) and visit.day >= statin_age(resident)
        if asked and ldl > limit + 0.02 and "ATORVASTATIN" not in _names(form):
            assert words(life.household.locale, "answer.statin") in form.texts["ABNORMALITY"]


def test_who_cannot_care_for_themselves_neither_exercise_nor_move_freely() -> None:
    for _, visit, form in _forms("elderly"):
        examination = visit.forms[0]
        if form.amounts["SELF_CARE_ACTIVITY"] >= 5:
            assert examination.answers["MOTOR_FUNCTION"] == "CANNOT_MOVE"
        if form.answers["SELF_CARE_LEVEL"] == "SELF_CARE_DEPENDENT":
            assert examination.answers["EXERCISE_FREQUENCY"] == "NEVER"


def test_a_fever_of_the_first_three_months_is_not_sent_home() -> None:
    for life, visit, form in _forms("contact"):
        young = (visit.day - life.resident.birth).days < 90
        at_the_centre = visit.site is None and visit.mode == "clinic"
        if young and at_the_centre:
            assert form.readings.get("BODY_TEMPERATURE", 36.5) < 38


def test_a_child_that_does_not_hear_is_referred() -> None:
    for _, _, form in _forms("child"):
        if form.answers.get("HEARING") == "NOT_PASSED":
            assert form.change == "referred"
