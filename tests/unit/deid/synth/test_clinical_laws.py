"""What a clinician asks of a record: nothing without its reason, its sign and what follows it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import duckdb
import pytest

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses.control import is_dangerous
from deid.synth.courses.evaluation import ANSWER_OF
from deid.synth.courses.sites import words
from deid.synth.courses.treatment import COMPLICATIONS
from deid.synth.parameters import value
from deid.synth.physiology import is_beyond_asking
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.physiology.lipids import STRUCK, statin_age, takes_statin
from deid.vocabulary import names
from tests.unit.deid.synth.conftest import Population
from tests.unit.deid.synth.lives import all_lives, forms_of

ANTI_INFLAMMATORY = ("IBUPROFEN", "NAPROXEN", "DICLOFENAC", "CELECOXIB")
LOWERS_PRESSURE = {"ccb", "ace_inhibitor", "arb", "thiazide", "beta_blocker"}
OPERATIONS = ("ECTOMY", "FIXATION", "REPLACEMENT", "SURGERY", "SECTION", "SUTURE")


def test_a_new_complication_is_shown_by_what_is_felt_measured_or_seen() -> None:
    new = Counter[str]()
    for life, _, form in forms_of("hypertension", "diabetes"):
        complications = (*COMPLICATIONS[HYPERTENSION], *COMPLICATIONS[DIABETES])
        if form.event in complications:
            said = words(life.household.locale, f"shown.{form.event}")
            assert said in form.texts["ABNORMALITY"]
            new[form.event] += 1
        if form.event == "DIABETIC_NEPHROPATHY":
            assert form.readings["URINE_ACR"] >= 30
        if form.event == "CHRONIC_KIDNEY_DISEASE":
            assert form.readings["EGFR"] < 60
    assert len(new) > 2


def test_who_has_overcome_drinking_drinks_no_more_by_the_day() -> None:
    over = 0
    for life, visit, form in forms_of("examination", "hypertension"):
        ended = life.resident.resolved.get("HAZARDOUS_DRINKING", date.max)
        if ended <= visit.day:
            assert form.answers.get("ALCOHOL_USE") != "DRINKS_DAILY"
            assert not form.amounts.get("ALCOHOL_LIANG_PER_DAY")
            over += 1
    assert over > 0


def test_what_is_felt_at_an_examination_is_answered() -> None:
    answered = 0
    for life, visit, form in forms_of("examination"):
        locale, said = life.household.locale, form.texts.get("ABNORMALITY", "")
        answers = dict.fromkeys(ANSWER_OF[s] for s in form.symptoms if s in ANSWER_OF)
        if not life.resident.has("COPD", visit.day):
            answers.pop("lungs", None)
        assert all(words(locale, f"felt.{key}") in said for key in list(answers)[:3])
        answered += bool(answers)
    assert answered > 50


def test_a_picture_that_is_changed_says_what_it_shows() -> None:
    seen = 0
    for _, _, form in forms_of("examination"):
        for question in ("CHEST_XRAY_RESULT", "ABDOMINAL_ULTRASOUND_RESULT"):
            if form.answers.get(question) == "ABNORMAL":
                said = form.texts["ABNORMALITY"]
                assert any(word in said for word in ("film", "ultrasound", "胸片", "超声"))
                seen += 1
    assert seen > 20


def test_nobody_with_hypertension_is_given_what_works_against_its_drugs() -> None:
    treated = 0
    for life in all_lives():
        for visit in life.visits:
            if not life.resident.has(HYPERTENSION, visit.day):
                continue
            for form in visit.forms:
                assert not any(d.drug.startswith(ANTI_INFLAMMATORY) for d in form.drugs)
                treated += bool(form.drugs)
    assert treated > 500


def test_a_heart_is_irregular_where_it_fibrillates_and_nowhere_else() -> None:
    irregular = 0
    for life in all_lives():
        for visit in life.visits:
            fibrillates = life.resident.has("ATRIAL_FIBRILLATION", visit.day)
            for form in visit.forms:
                rhythm = form.answers.get("HEART_RHYTHM", "RHYTHM_REGULAR")
                assert fibrillates or rhythm == "RHYTHM_REGULAR"
                irregular += rhythm != "RHYTHM_REGULAR"
                found = form.texts.get("PHYSICAL_FINDING", "")
                assert not (fibrillates and ("heart sounds regular" in found or "律齐" in found))
    assert irregular > 0


def test_nobody_who_cannot_answer_is_asked_a_questionnaire_or_speaks_of_reasons() -> None:
    beyond = 0
    for life in all_lives():
        for visit in life.visits:
            if not is_beyond_asking(life.resident, visit.day):
                continue
            for form in visit.forms:
                asked = {"PHQ_9", "GAD_7", "GDS"} & form.amounts.keys()
                assert form.event is not None or not asked or form.kind in _TALKS
                if form.kind == "contact" and form.diagnoses[:1] == ("DEPRESSIVE_DISORDER",):
                    assert "IDEAS_OF_PATIENT" not in form.texts
                beyond += 1
    assert beyond > 20


_TALKS = {"telephone", "home visit", "contact"}
"""Forms of talks after a death, whose scores are those of the family doctor's impression."""


def test_a_dangerous_pressure_at_the_health_centre_is_taken_again_within_days() -> None:
    dangerous = 0
    for life in all_lives():
        days = sorted(visit.day for visit in life.visits)
        for visit in life.visits:
            form = visit.forms[0] if visit.forms else None
            if form is None or visit.site is not None or form.kind not in {"contact", "home visit"}:
                continue
            if HYPERTENSION in form.diagnoses or not is_dangerous(form.readings):
                continue
            until = visit.day + timedelta(days=7)
            gone = until > life.last or any(
                life.resident.is_away(visit.day + timedelta(days=n)) for n in range(8)
            )
            assert gone or any(visit.day < day <= until for day in days)
            dangerous += 1
    assert dangerous > 0


def test_nobody_lean_old_or_dependent_is_told_to_lose_weight() -> None:
    for life, visit, form in forms_of("examination"):
        if "WEIGHT_GOAL" in form.amounts:
            assert life.resident.age_on(visit.day) < 80
    lean = 0
    for _, _, form in forms_of("hypertension", "diabetes"):
        if form.readings["BMI"] < 24:
            assert form.amounts["WEIGHT_TARGET"] == form.readings["BODY_WEIGHT"]
            lean += 1
    assert lean > 50


def test_what_is_missing_at_discharge_is_spoken_of() -> None:
    said_why = Counter[str]()
    for life, visit, form in forms_of("discharge"):
        if form.event in {"BIRTH", "DEATH"} or "cycle" in form.hints:
            continue
        locale, said = life.household.locale, form.texts.get("ABNORMALITY", "")
        taken = {drug.drug for drug in form.drugs}
        treated = any(CLASS_OF.get(drug) in LOWERS_PRESSURE for drug in taken)
        if life.resident.has(HYPERTENSION, visit.day) and not treated:
            assert words(locale, "answer.pressure.left") in said
            said_why["pressure"] += 1
        if form.diagnoses[0] == "CORONARY_ARTERIOSCLEROSIS" and "ATORVASTATIN" not in taken:
            assert words(locale, "answer.statin.heart") in said
            said_why["statin"] += 1
        if form.diagnoses[0] == "ATRIAL_FIBRILLATION" and "WARFARIN" not in taken:
            assert "fibrillation" in said or "房颤" in said
        if not 3.5 <= form.readings.get("POTASSIUM", 4.0) <= 5.5:
            assert "potassium" in said or "血钾" in said
            said_why["potassium"] += 1
    assert len(said_why) == 3


def test_an_injury_that_brings_to_hospital_has_a_cause() -> None:
    injured = 0
    for _, _, form in forms_of("discharge"):
        name = form.diagnoses[0] if form.diagnoses else ""
        if any(word in name for word in ("CONCUSSION", "CONTUSION", "RIB_FRACTURE", "LACERATION")):
            assert form.texts["INJURY_CAUSE"]
            injured += 1
    assert injured > 0


def test_lipids_alone_ask_for_a_statin_from_an_age_on() -> None:
    young = 0
    for life in all_lives():
        resident = life.resident
        heart = ("CORONARY_ARTERIOSCLEROSIS", *STRUCK)
        if resident.problems.keys() & set(heart) or life.last >= statin_age(resident):
            continue
        assert not takes_statin(resident, life.last)
        young += "HYPERLIPIDEMIA" in resident.problems
    assert young > 0


def test_a_new_hypertension_is_treated_within_weeks() -> None:
    new = 0
    for life in all_lives():
        resident = life.resident
        onset = resident.problems.get(HYPERTENSION, date.max)
        near = any(  # who is with child, in hospital or away is seen later
            visit.day - timedelta(days=1) <= onset + timedelta(days=30) and visit.mode == "hospital"
            for visit in life.visits
            if visit.day >= onset
        )
        if not life.first < onset < life.last - timedelta(days=60):
            continue
        if near or resident.pregnancies or resident.away:
            continue
        days = [v.day for v in life.visits if any(f.kind == "hypertension" for f in v.forms)]
        assert (min(days) - onset).days <= 30
        new += 1
    assert new > 10


def test_no_drug_for_pressure_is_added_before_the_last_one_can_work() -> None:
    added = 0
    for life in all_lives():
        followed = [(v, f) for v in life.visits for f in v.forms if f.kind == "hypertension"]
        for (visit, before), (after, form) in pairwise(followed):
            begun = before.change == "added" or "begun" in before.hints
            if form.change == "added" and begun:
                assert (after.day - visit.day).days >= 20
            added += form.change == "added"
    assert added > 20


def test_a_mother_without_the_rhesus_factor_is_given_what_protects_the_child() -> None:
    given = 0
    for life in all_lives():
        resident, locale = life.resident, life.household.locale
        if resident.rhesus != "RH_NEGATIVE":
            continue
        for pregnancy in resident.pregnancies:
            late = [
                form
                for visit in life.visits
                for form in visit.forms
                if form.kind == "antenatal"
                and pregnancy.lmp <= visit.day < pregnancy.lmp + timedelta(days=300)
                and form.amounts["GESTATIONAL_WEEK"] >= 28
            ]
            told = words(locale, "rhesus.pregnant")
            assert not late or any(told in f.texts.get("ABNORMALITY", "") for f in late)
            given += bool(late)
    assert given > 0


def test_advice_about_wounds_and_casts_goes_with_an_operation_or_a_cast() -> None:
    for life, _, form in forms_of("discharge"):
        locale, advice = life.household.locale, form.texts.get("DISCHARGE_ADVICE", "")
        if advice == words(locale, "advice.surgery"):
            assert any(word in p for word in OPERATIONS for p in form.procedures)
        if advice == words(locale, "advice.cast"):
            assert "PLASTER_CAST" in form.procedures
        if advice == words(locale, "advice.rest"):
            assert form.drugs or form.event == "BIRTH"


def test_blood_that_lies_outside_the_range_is_named() -> None:
    named = 0
    for life, _, form in forms_of("examination"):
        chinese = life.household.locale == "zh_CN"
        least = {"F": 110, "M": 120} if chinese else {"F": 120, "M": 130}
        said = form.texts.get("ABNORMALITY", "")
        if form.readings.get("HEMOGLOBIN", 150) < least[life.resident.sex]:
            assert "hemoglobin low" in said or "血红蛋白偏低" in said
            named += 1
        if not 3.5 <= form.readings.get("POTASSIUM", 4.0) <= 5.3:
            assert "potassium" in said or "血钾" in said
            named += 1
        if form.readings.get("URINE_ACR", 0) >= 30:
            assert "albumin in the urine" in said or "尿白蛋白" in said
    assert named > 5


def test_memory_fails_by_and_by() -> None:
    falls = []
    for life in all_lives():
        tested = [
            (visit.day, form.amounts["MMSE"])
            for visit in life.visits
            for form in visit.forms
            if "MMSE" in form.amounts
        ]
        for (first, before), (then, after) in pairwise(tested):
            months = max((then - first).days / 30.4, 1)
            falls.append((before - after) - 0.6 * months)
    assert len(falls) > 100
    assert max(falls) <= 6


def test_a_low_mood_after_childbirth_is_spoken_of_and_followed() -> None:
    for life, visit, form in forms_of("postpartum", "postpartum 42 days"):
        if form.amounts.get("EPDS", 0) >= 13:
            told = words(life.household.locale, "mood.low") in form.texts.get("ABNORMALITY", "")
            assert told or form.change == "referred"
            if form.change == "referred" and (life.last - visit.day).days > 60:
                assert any(
                    "POSTPARTUM_DEPRESSION" in f.diagnoses
                    for v in life.visits
                    for f in v.forms
                    if v.day > visit.day
                )


def test_sugar_that_was_at_its_goal_lately_brings_no_drug() -> None:
    """HbA1c of the last half year outweighs one high morning."""
    waited = 0
    for _, _, form in forms_of("diabetes"):
        if form.hints.get("unchanged") == "long_term":
            assert form.change in {"kept", "none", "referred"}
            waited += 1
    assert waited > 0
    assert value("hba1c.goal") == pytest.approx(7.0, abs=0.5)


def test_the_left_arm_is_near_the_right_one(sql: duckdb.DuckDBPyConnection) -> None:
    far = sql.execute(
        """
        SELECT count(*), max(abs(l.value_as_number - r.value_as_number))
        FROM measurement l JOIN measurement r USING (visit_occurrence_id)
        WHERE l.measurement_concept_id = ? AND r.measurement_concept_id = ?
        """,
        [names.BP_LEFT_SYSTOLIC, names.SYSTOLIC_BP],
    ).fetchone()
    assert far is not None
    assert far[0] > 50
    assert far[1] <= 6


_DENIAL = re.compile(
    r"nkda|allergies: (none|no)\b|no known (drug )?allerg|过敏史[：:]?(否认|无)|否认(药物)?过敏",
    re.I,
)


def test_no_note_of_somebody_with_an_allergy_denies_it(population: Population) -> None:
    tables, notes = population
    answers = zip(
        *(
            tables["observation"][column].to_pylist()
            for column in ("person_id", "observation_source_value")
        ),
        strict=True,
    )
    allergic = {person for person, asked in answers if "ALLERGY" in (asked or "").upper()}
    assert allergic
    ids = (tables["note"][column].to_pylist() for column in ("note_id", "person_id"))
    person_of = dict(zip(*ids, strict=True))
    denied = [note for note in notes if _DENIAL.search(note.text)]
    assert denied
    assert not [note for note in denied if person_of[note.note_id] in allergic]
