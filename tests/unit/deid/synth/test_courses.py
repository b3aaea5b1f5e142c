"""The courses of chronic illness follow the national rules, form by form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from statistics import mean

import pytest

from deid.synth.courses import Life
from deid.synth.courses.chronic import GAP_DAYS
from deid.synth.courses.control import is_dangerous
from deid.synth.courses.elderly import SELF_CARE, level_of
from deid.synth.courses.ladders import DOSES, LADDERS, LAST_STEP
from deid.synth.courses.mental_illness import INTERVALS, SOCIAL, class_of, mental_illness
from deid.synth.courses.tuberculosis import (
    REGIMENS,
    drugs_in_month,
    months_of,
    tuberculosis,
)
from deid.synth.parameters import value
from deid.synth.physiology import draw_body, egfr_of
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import NOT_IN_PREGNANCY, is_contraindicated, pregnancy_on
from deid.synth.visits import Form, Visit
from tests.unit.deid.synth.conftest import TODAY
from tests.unit.deid.synth.lives import all_lives, forms_of

HYPERTENSION = "hypertension"


def _followed() -> Iterator[list[tuple[Visit, Form]]]:
    """The hypertension forms of each resident, in the order of their days."""
    for life in all_lives():
        forms = [(v, f) for v in life.visits for f in v.forms if f.kind == HYPERTENSION]
        if forms:
            yield forms


# Hypertension and diabetes


def test_every_target_stands_beside_its_present_value() -> None:
    for _, _, form in forms_of("hypertension", "diabetes"):
        amounts = form.amounts
        for now, target in (
            ("CIGARETTES_PER_DAY", "CIGARETTES_TARGET"),
            ("ALCOHOL_LIANG_PER_DAY", "ALCOHOL_TARGET"),
        ):
            assert 0 <= amounts[target] <= amounts[now]
        assert amounts["EXERCISE_TARGET"] >= amounts["EXERCISE_PER_WEEK"]
        if form.kind == "diabetes":
            assert amounts["STAPLE_FOOD_TARGET"] <= amounts["STAPLE_FOOD"]
        else:
            assert {"SALT_INTAKE", "SALT_TARGET"} <= form.answers.keys()


def test_the_next_date_is_in_a_quarter_or_after_two_weeks_when_control_is_lost() -> None:
    quarter, fortnight = (
        round(value(f"follow_up.{name}")) for name in ("interval", "after_uncontrolled")
    )
    for _, visit, form in forms_of("hypertension", "diabetes"):
        assert form.next_day is not None
        days = (form.next_day - visit.day).days
        assert days == form.amounts["NEXT_FOLLOW_UP"]
        assert days in {quarter, fortnight}
        both = [f for f in visit.forms if f.kind in {"hypertension", "diabetes"}]
        assert {f.next_day for f in both} == {form.next_day}  # one visit, one appointment
        controlled = all(f.answers["FOLLOW_UP_CLASS"] == "CLASS_CONTROLLED" for f in both)
        assert days == (quarter if controlled else fortnight)


def test_a_referral_has_a_reason_and_follows_loss_of_control_or_a_complication() -> None:
    referred = [form for _, _, form in forms_of("hypertension") if form.change == "referred"]
    assert len(referred) > 20
    for form in referred:
        assert form.texts["REFERRAL_REASON"]
        lost = form.answers["FOLLOW_UP_CLASS"] != "CLASS_CONTROLLED"
        assert lost or form.hints["referred_for"] == "symptoms"
    stays = [(life.resident, v.day) for life, v, _ in forms_of("discharge")]
    for forms in _followed():
        for (seen, before), (visit, form) in pairwise(forms):
            if any(r is visit.resident and seen.day < d < visit.day for r, d in stays):
                continue  # a follow-up that fell into the stay was left out
            other = form.hints.get("referred_for") in {"symptoms", "complication"}
            if form.change == "referred" and form.event is None and not other:
                first_failure = before.answers["FOLLOW_UP_CLASS"] == "CLASS_CONTROLLED"
                assert not first_failure or is_dangerous(form.readings)


def test_a_complication_is_reported_once_at_the_visit_after_its_onset() -> None:
    reported = Counter(
        (id(life), form.kind, form.event)
        for life, _, form in forms_of("hypertension", "diabetes")
        if form.event
    )
    assert len(reported) > 5
    assert set(reported.values()) == {1}
    for life, visit, form in forms_of("hypertension", "diabetes"):
        if form.event is not None:
            assert life.resident.problems[form.event] <= visit.day
            assert form.answers["FOLLOW_UP_CLASS"] == "CLASS_COMPLICATION"


def _is_forbidden(visit: Visit, drug: str) -> bool:
    """Whether a disease or a pregnancy speaks against the drug on the day of the visit."""
    pregnant = pregnancy_on(visit.resident, visit.day) is not None
    harms = pregnant and drug.startswith(NOT_IN_PREGNANCY)
    return harms or is_contraindicated(visit.resident, drug, visit.day)


def test_drugs_are_added_in_the_order_of_a_ladder_and_a_switch_stops_one() -> None:
    drugs = {drug for ladders in LADDERS.values() for steps in ladders for drug, _, _ in steps}
    drugs |= {drug for drug, _, _ in LAST_STEP.values()}
    assert drugs == CLASS_OF.keys()
    assert {drug for _, drug in DOSES} == drugs
    changes = Counter[str]()
    for forms in _followed():
        for (_, before), (visit, form) in pairwise(forms):
            old, new = ([d.drug for d in one.drugs] for one in (before, form))
            changes[form.change] += 1
            if form.change == "added" and old:
                assert new[: len(old)] == old
                assert len(new) == len(old) + 1
            if "stopped" in form.hints:
                assert form.change == "switched"
                assert form.hints["stopped"] not in new
                if form.answers["FOLLOW_UP_CLASS"] != "CLASS_ADVERSE_REACTION":
                    assert _is_forbidden(visit, form.hints["stopped"])
    assert min(changes["kept"], changes["added"], changes["switched"]) > 5


def test_the_treated_are_controlled_more_often_when_they_take_their_drugs() -> None:
    shares = {}
    for taken in ("ADHERENCE_REGULAR", "ADHERENCE_NONE"):
        systolic = [
            form.readings["SYSTOLIC_BP"]
            for _, _, form in forms_of("hypertension")
            if form.answers["DRUG_ADHERENCE"] == taken
        ]
        shares[taken] = mean(pressure < 140 for pressure in systolic)
    assert shares["ADHERENCE_REGULAR"] > shares["ADHERENCE_NONE"] + 0.3


def test_pressure_falls_in_the_first_year_of_treatment() -> None:
    first: list[float] = []
    later: list[float] = []
    for forms in _followed():
        onset = forms[0][0].resident.problems["ESSENTIAL_HYPERTENSION"]
        for visit, form in forms:
            if (forms[0][0].day - onset).days < 90:
                new = (visit.day - forms[0][0].day).days
                (first if new == 0 else later if 365 < new < 1500 else []).append(
                    form.readings["SYSTOLIC_BP"]
                )
    assert mean(first) - mean(later) > 4


def test_copied_vitals_are_those_of_the_visit_before_at_the_rate_of_the_table() -> None:
    chances = copies = same = 0
    for forms in _followed():
        for (_, before), (_, form) in pairwise(forms):
            chances += 1
            if any(fault.kind == "copied forward" for fault in form.faults):
                copies += 1
                same += all(
                    form.readings[key] == before.readings[key]
                    for key in ("SYSTOLIC_BP", "DIASTOLIC_BP", "BODY_WEIGHT", "HEART_RATE")
                )
    expected = value("record.copied_forward") * chances
    assert abs(copies - expected) < 4 * expected**0.5
    assert same >= 0.95 * copies  # a stay in hospital may leave out the visit copied from


def test_a_gap_is_marked_at_the_visit_before_it() -> None:
    marked = found = 0
    for life in all_lives():
        visits = [v for v in life.visits if v.forms[0].kind in {"hypertension", "diabetes"}]
        for visit, after in pairwise(visits):
            gap = any(fault.kind == "gap in follow-up" for fault in visit.faults)
            marked += gap
            found += (after.day - visit.day).days > GAP_DAYS
            assert not gap or (after.day - visit.day).days > GAP_DAYS
    assert marked > 50
    assert marked >= 0.9 * found  # absence from home leaves out visits that were planned


# The yearly examination, and older people


def test_the_examination_fills_every_block_of_the_form() -> None:
    blocks = {"SMOKING_STATUS", "ALCOHOL_USE", "EXERCISE_FREQUENCY", "DIET_HABIT", "LIPS", "TEETH",
              "PHARYNX", "HEARING", "MOTOR_FUNCTION", "SKIN", "SCLERA", "LYMPH_NODES", "RALES",
              "HEART_RHYTHM", "ABDOMINAL_TENDERNESS", "LEG_OEDEMA", "DORSALIS_PEDIS_PULSE",
              "URINE_PROTEIN", "ECG_RESULT", "HEALTH_EVALUATION", "HOSPITAL_HISTORY"}  # fmt: skip
    examined = forms_of("examination")
    assert len(examined) > 300
    for _, _, form in examined:
        assert blocks <= form.answers.keys()
        assert {"SYSTOLIC_BP", "BP_LEFT_SYSTOLIC", "BODY_HEIGHT", "VISION_LEFT"} <= (
            form.readings.keys()
        )


def test_what_is_seen_agrees_with_the_problems() -> None:
    for life, visit, form in forms_of("examination"):
        if form.answers["HEART_RHYTHM"] == "RHYTHM_ABSOLUTELY_IRREGULAR":
            assert life.resident.has("ATRIAL_FIBRILLATION", visit.day)
        if form.answers.get("FUNDUS") == "ABNORMAL":
            assert life.resident.has("T2DM_RETINOPATHY", visit.day)
        if form.answers["BARREL_CHEST"] == "YES":
            assert life.resident.has("COPD", visit.day)


def test_the_filtration_rate_in_the_form_is_that_of_its_creatinine() -> None:
    compared = 0
    for life, visit, form in forms_of("examination"):
        creatinine = form.readings.get("CREATININE")
        if creatinine is not None:
            compared += 1
            rate = egfr_of(creatinine, life.resident.sex, life.resident.age_on(visit.day))
            assert form.readings["EGFR"] == round(rate)
    assert compared > 100


def test_some_tests_are_missing_at_the_rate_of_the_table() -> None:
    examined = [form for _, _, form in forms_of("examination")]
    missing = mean("PLATELETS" not in form.readings for form in examined)
    assert missing == pytest.approx(value("record.missing_laboratory") / 4, abs=0.025)


def test_the_self_care_score_is_the_sum_of_five_items_and_gives_the_level() -> None:
    assessed = forms_of("elderly")
    assert len(assessed) > 150
    for life, visit, form in assessed:
        assert life.resident.age_on(visit.day) >= 65
        score = sum(form.amounts[item] for item in SELF_CARE)
        assert form.amounts["SELF_CARE_SCORE"] == score
        assert form.answers["SELF_CARE_LEVEL"] == level_of(int(score))
        for item, points in SELF_CARE.items():
            assert form.amounts[item] in points


def test_independence_is_lost_with_age() -> None:
    means = {
        old: mean(
            form.amounts["SELF_CARE_SCORE"]
            for life, visit, form in forms_of("elderly")
            if (life.resident.age_on(visit.day) >= 80) is old
        )
        for old in (False, True)
    }
    assert means[False] < 3
    assert means[True] > means[False] + 1


@pytest.mark.parametrize(
    ("score", "level"),
    [(0, "INDEPENDENT"), (3, "INDEPENDENT"), (4, "MILD"), (8, "MILD"), (9, "MODERATE"),
     (18, "MODERATE"), (19, "DEPENDENT")],
)  # fmt: skip
def test_the_levels_of_self_care_are_those_of_the_form(score: int, level: str) -> None:
    assert level_of(score) == f"SELF_CARE_{level}"


# Severe mental disorders and tuberculosis


@cache
def _patients(problem: str, count: int = 60) -> tuple[Life, ...]:
    """Grown residents to whom a problem came in their second recorded year."""
    lives = []
    for number, life in enumerate(one for one in all_lives() if _is_grown(one)):
        onset = life.first + timedelta(days=400)
        resident = replace(life.resident, problems={problem: onset}, resolved={})
        if number % 10:
            resident.resolved[problem] = onset + timedelta(days=270 if number % 10 == 1 else 183)
        if problem == "SCHIZOPHRENIA":
            resident.resolved = {}
        lives.append(Life(life.household, draw_body(Random(number), resident), TODAY))
        if len(lives) == count:
            break
    return tuple(lives)


def _is_grown(life: Life) -> bool:
    return 20 <= life.resident.age_on(life.first) < 70 and (life.last - life.first).days > 2000


def _mental() -> Iterator[tuple[list[Visit], Form, Visit]]:
    for number, life in enumerate(_patients("SCHIZOPHRENIA")):
        visits = mental_illness(Random(number), life)
        for visit in visits:
            yield visits, visit.forms[0], visit


def test_mental_illness_is_followed_by_class() -> None:
    classes = Counter[str]()
    for visits, form, visit in _mental():
        written = form.answers["FOLLOW_UP_CLASS"]
        classes[written] += 1
        assert form.next_day is not None
        days = (form.next_day - visit.day).days
        if written == "CLASS_BASICALLY_STABLE" and days == INTERVALS["CLASS_UNSTABLE"]:
            before = visits[visits.index(visit) - 1] if visit is not visits[0] else None
            assert before is None or before.forms[0].answers["FOLLOW_UP_CLASS"] != written
        else:
            assert days == INTERVALS[written]
        if written == "CLASS_UNSTABLE":
            assert form.change == "referred"
            assert form.answers["REFERRAL"] == "YES"
    assert classes["CLASS_STABLE"] > classes["CLASS_BASICALLY_STABLE"] > 0
    assert classes["CLASS_UNSTABLE"] > 20


def test_the_class_of_mental_illness_is_that_of_danger_symptoms_and_functions() -> None:
    for _, form, _ in _mental():
        danger = int(form.answers["DANGER_LEVEL"][-1])
        told = form.answers["MENTAL_SYMPTOM"]
        symptoms = 0 if told == "NONE" else len(told.split("|"))
        poor = sum(form.answers[key] == "POOR" for key in SOCIAL)
        reaction = form.answers["ADVERSE_REACTION"] == "PRESENT"
        assert form.answers["FOLLOW_UP_CLASS"] == class_of(
            danger, symptoms, form.answers["INSIGHT"], poor, reaction
        )


@pytest.mark.parametrize("danger", [3, 4, 5])
def test_danger_of_three_and_more_is_never_stable(danger: int) -> None:
    assert class_of(danger, 0, "INSIGHT_FULL", 0, False) == "CLASS_UNSTABLE"


def test_relapse_is_more_frequent_without_drugs() -> None:
    relapses: dict[str, list[bool]] = {"ADHERENCE_REGULAR": [], "ADHERENCE_NONE": []}
    for visits, form, visit in _mental():
        position = visits.index(visit)
        stable = form.answers["FOLLOW_UP_CLASS"] == "CLASS_STABLE"
        taken = form.answers["DRUG_ADHERENCE"]
        if stable and taken in relapses and position + 1 < len(visits):
            after = visits[position + 1].forms[0]
            relapses[taken].append(after.answers["DANGER_LEVEL"] != "DANGER_0")
    assert mean(relapses["ADHERENCE_NONE"]) > 1.5 * mean(relapses["ADHERENCE_REGULAR"])


def _treated() -> Iterator[tuple[Life, list[Visit]]]:
    for number, life in enumerate(_patients("PULMONARY_TUBERCULOSIS")):
        yield life, tuberculosis(Random(number), life)


def test_tuberculosis_begins_with_a_visit_at_home_within_three_days() -> None:
    for life, visits in _treated():
        notice = life.resident.problems["PULMONARY_TUBERCULOSIS"]
        assert 1 <= (visits[0].day - notice).days <= 3
        assert visits[0].mode == "home"
        first = visits[0].forms[0]
        assert {"TB_PATIENT_TYPE", "TB_SUPERVISOR", "TB_OWN_ROOM", "TB_EDUCATION"} <= (
            first.answers.keys()
        )


def test_four_drugs_come_before_two_and_the_course_takes_its_months() -> None:
    for _, visits in _treated():
        numbers = [len(visit.forms[0].drugs) for visit in visits if visit.forms[0].drugs]
        assert numbers == sorted(numbers, reverse=True)
        assert numbers[0] == 4
        months = [visit.forms[0].amounts["TB_MONTH"] for visit in visits]
        assert months == sorted(months)
        assert months[-1] <= months_of(visits[0].forms[0].texts["TB_REGIMEN"])
    new = "2HRZE/4HR"
    assert [len(drugs_in_month(new, month)) for month in range(1, 8)] == [4, 4, 2, 2, 2, 2, 0]
    assert set(REGIMENS) == {new, "3HRZE/6HRE"}


def test_the_intensive_phase_is_visited_every_ten_days_under_relatives_eyes() -> None:
    counts: dict[str, list[int]] = {"SUPERVISED_BY_FAMILY": [], "SUPERVISED_BY_DOCTOR": []}
    for life, visits in _treated():
        notice = life.resident.problems["PULMONARY_TUBERCULOSIS"]
        early = [v for v in visits if (v.day - notice).days <= 62]
        counts[visits[0].forms[0].answers["TB_SUPERVISOR"]].append(len(early))
    assert mean(counts["SUPERVISED_BY_FAMILY"]) > 5 > 3.5 > mean(counts["SUPERVISED_BY_DOCTOR"])


def test_a_finished_course_closes_the_case() -> None:
    ends = Counter[str]()
    for life, visits in _treated():
        closing = visits[-1].forms[0]
        ends[closing.answers["TB_STOP_REASON"]] += 1
        stop = date.fromisoformat(closing.texts["TB_STOP_DATE"])
        assert stop <= life.last
        assert closing.drugs == ()
        assert all("TB_STOP_REASON" not in v.forms[0].answers for v in visits[:-1])
        if closing.answers["TB_STOP_REASON"] == "TB_END_COMPLETED":
            assert closing.amounts["TB_TAKEN_DOSES"] <= closing.amounts["TB_DUE_DOSES"]
    assert ends["TB_END_COMPLETED"] > 40
    assert ends["TB_END_LOST"] + ends["TB_END_RESISTANT"] > 0
