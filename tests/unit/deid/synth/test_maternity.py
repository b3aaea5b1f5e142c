"""Pregnancies are followed as the national rules ask, and mother and child tell one story."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deid.forms import find_form
from deid.synth.courses.antenatal import WINDOWS
from deid.synth.courses.pregnancy import fundal_height
from deid.synth.people import Pregnancy, Resident
from deid.synth.physiology import weight_gained
from deid.synth.recording.terms import TERMS
from deid.synth.visits import Form, Visit
from tests.unit.deid.synth.lives import all_lives, forms_of

HARMFUL = ("C09", "C10AA", "J01MA", "J01A", "M01AE", "M01AB", "M01AH", "B01AA03", "N05BA", "A10BB")
"""ATC groups that are not given in pregnancy."""

Antenatal = tuple[Pregnancy, Visit, Form]


def pregnancy_at(resident: Resident, visit: Visit) -> Pregnancy:
    return max((p for p in resident.pregnancies if p.lmp <= visit.day), key=lambda p: p.lmp)


@pytest.fixture(scope="module")
def antenatal() -> list[Antenatal]:
    return [
        (pregnancy_at(life.resident, visit), visit, form)
        for life, visit, form in forms_of("antenatal first", "antenatal")
    ]


def test_most_women_come_first_by_week_13_and_every_week_is_counted_from_the_last_period(
    antenatal: list[Antenatal],
) -> None:
    first = [form for _, _, form in antenatal if form.kind == "antenatal first"]
    early = [form for form in first if form.amounts["GESTATIONAL_WEEK"] <= 13]
    assert len(first) >= 15
    assert len(early) / len(first) > 0.7
    for pregnancy, visit, form in antenatal:
        assert form.amounts["GESTATIONAL_WEEK"] == (visit.day - pregnancy.lmp).days // 7


def test_later_visits_lie_within_the_windows_of_the_place() -> None:
    for life, visit, form in forms_of("antenatal"):
        week = form.amounts["GESTATIONAL_WEEK"]
        pregnancy = pregnancy_at(life.resident, visit)
        windows = WINDOWS[life.household.locale]
        assert any(low <= week <= high for low, high in windows)
        if pregnancy.delivered is not None:
            assert visit.day < pregnancy.delivered


def test_the_womb_grows_with_the_weeks(antenatal: list[Antenatal]) -> None:
    for _, _, form in antenatal:
        if form.kind == "antenatal":
            expected = fundal_height(int(form.amounts["GESTATIONAL_WEEK"]))
            assert abs(form.readings["FUNDAL_HEIGHT"] - expected) <= 4
            assert 110 <= form.readings["FETAL_HEART_RATE"] <= 165


def test_weight_gain_at_term_is_that_of_the_institute_of_medicine() -> None:
    assert 11.5 <= weight_gained(40, 22) <= 16
    assert 5 <= weight_gained(40, 32) <= 9
    assert weight_gained(40, 17) > weight_gained(40, 22) > weight_gained(40, 27)


def test_diabetes_of_pregnancy_is_in_the_tolerance_test_that_found_it(
    antenatal: list[Antenatal],
) -> None:
    tested = [form for _, _, form in antenatal
              if {"GLUCOSE_2H", "GLUCOSE_2H_MASS"} & form.readings.keys()]  # fmt: skip
    assert tested
    for form in tested:
        after = form.readings.get("GLUCOSE_2H") or form.readings["GLUCOSE_2H_MASS"] / 18.016
        assert ("GESTATIONAL_DIABETES" in form.diagnoses) == (after >= 8.45)


def test_high_pressure_and_protein_go_with_preeclampsia(antenatal: list[Antenatal]) -> None:
    for _, _, form in antenatal:
        if "PREECLAMPSIA" in form.diagnoses:
            assert form.change == "referred"
            assert form.readings["SYSTOLIC_BP"] >= 126
        if form.readings["SYSTOLIC_BP"] >= 160:
            assert form.change == "referred"


def test_every_recorded_birth_is_one_stay_in_hospital_from_that_day(
    antenatal: list[Antenatal],
) -> None:
    for life in all_lives():
        births = [p for p in life.resident.pregnancies if p.outcome in {"live birth", "stillbirth"}]
        for pregnancy in births:
            assert pregnancy.delivered is not None
            stays = [
                visit for visit in life.visits
                if visit.forms[0].event == "BIRTH" and visit.day == pregnancy.delivered
            ]  # fmt: skip
            if pregnancy.delivered + timedelta(days=6) < life.last:
                assert len(stays) == 1
            for stay in stays:
                assert stay.mode == "hospital"
                assert stay.end is not None
                assert stay.end > stay.day
                caesarean = "CESAREAN_SECTION" in stay.forms[0].procedures
                assert caesarean == (pregnancy.mode == "caesarean")


def test_after_birth_the_nurse_comes_within_a_week_and_the_record_closes_at_six_weeks() -> None:
    for life, visit, form in forms_of("postpartum", "postpartum 42 days"):
        pregnancy = pregnancy_at(life.resident, visit)
        assert pregnancy.delivered is not None
        days = (visit.day - pregnancy.delivered).days
        if form.kind == "postpartum":
            stay = next(v for v in life.visits if v.day == pregnancy.delivered and v.end)
            assert stay.end is not None
            assert 0 < (visit.day - stay.end).days <= 7
        else:
            assert 40 <= days <= 50
        low = form.amounts["EPDS"] >= 13
        assert low == (form.answers["GENERAL_PSYCHOLOGY"] == "POOR")


def test_mother_and_child_tell_of_the_same_birth() -> None:
    newborns = {life.resident.person_id: form for life, _, form in forms_of("newborn")}
    told = 0
    for life in all_lives():
        for pregnancy in life.resident.pregnancies:
            child = pregnancy.child
            stay = next((v for v in life.visits if v.day == pregnancy.delivered and v.end), None)
            if child is None or stay is None or child.person_id not in newborns:
                continue
            form = newborns[child.person_id]
            assert form.answers["DELIVERY_MODE"] == stay.forms[0].answers["DELIVERY_MODE"]
            assert form.amounts["GESTATIONAL_WEEK_AT_BIRTH"] == pregnancy.weeks
            told += 1
    assert told >= 10


def test_mother_and_child_go_home_on_the_same_day() -> None:
    homes = {
        life.resident.person_id: life.visits[0].end
        for life, visit, _ in forms_of("immunization")
        if visit is life.visits[0] and visit.mode == "hospital"
    }
    both = [
        (stay.end, homes[pregnancy.child.person_id])
        for life in all_lives()
        for pregnancy in life.resident.pregnancies
        for stay in life.visits
        if pregnancy.child is not None
        and pregnancy.child.person_id in homes
        and stay.day == pregnancy.delivered
        and stay.mode == "hospital"
    ]
    assert len(both) >= 10
    assert all(mother == child for mother, child in both)


def test_nobody_who_is_known_to_be_pregnant_gets_a_drug_that_harms_the_child() -> None:
    for life in all_lives():
        for pregnancy in life.resident.pregnancies:
            known, end = pregnancy.lmp + timedelta(days=42), pregnancy.delivered or life.last
            for visit in life.visits:
                if known <= visit.day < end:
                    for form in visit.forms:
                        for drug in form.drugs:
                            assert not (TERMS[drug.drug].atc or "").startswith(HARMFUL), drug.drug


MINE = ("antenatal first", "antenatal", "postpartum", "postpartum 42 days", "newborn", "child",
        "immunization", "referral out", "referral back", "consultation", "discharge", "telephone",
        "home visit")  # fmt: skip


@pytest.mark.parametrize("kind", MINE)
def test_answers_are_those_that_the_catalogue_of_forms_offers(kind: str) -> None:
    sheet = find_form(kind)
    assert sheet is not None
    filled = forms_of(kind)
    assert filled
    asked = 0
    for _, _, form in filled:
        for question, answer in form.answers.items():
            field = sheet.by_key.get(question)
            if field is None:
                continue
            asked += 1
            for one in answer.split("|"):
                assert field.choice(one) is not None, (question, one)
    assert asked or not any(form.answers for _, _, form in filled)
