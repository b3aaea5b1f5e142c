"""What a clinician asks of a record: nothing without its reason, its sign and what follows it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import duckdb
import pytest

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses.control import is_dangerous
from deid.synth.courses.diagnosis import FOUND, found_at
from deid.synth.courses.evaluation import ANSWER_OF
from deid.synth.courses.sites import words
from deid.synth.courses.treatment import COMPLICATIONS
from deid.synth.courses.yearly import current_drugs
from deid.synth.parameters import value
from deid.synth.people import LOCALES
from deid.synth.physiology import is_beyond_asking
from deid.synth.physiology.drugs import BLOCKERS, CLASS_OF
from deid.synth.physiology.lipids import STRUCK, statin_age, takes_statin
from deid.synth.safety import NSAIDS
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


_CLOTS = ("answer.fibrillation", "answer.fibrillation.young")
_SEEN_HERE = {"contact", "home visit", "examination"}


def test_a_dangerous_pressure_at_the_health_centre_is_taken_again_within_days() -> None:
    dangerous = 0
    for life in all_lives():
        days = sorted(visit.day for visit in life.visits)
        for visit in life.visits:
            form = visit.forms[0] if visit.forms else None
            if form is None or visit.site is not None or form.kind not in _SEEN_HERE:
                continue
            followed = form.kind != "examination" and HYPERTENSION in form.diagnoses
            pressures = {k: v for k, v in form.readings.items() if k.endswith("BP")}
            if followed or not is_dangerous(pressures):
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
            begun = begun or before.answers["DRUG_ADHERENCE"] != "ADHERENCE_REGULAR"
            if form.change == "added" and begun:
                assert (after.day - visit.day).days >= 20
            added += form.change == "added"
    assert added > 20


def test_a_complication_is_new_only_once() -> None:
    lasting = {p for problems in COMPLICATIONS.values() for p in problems if "INFARCTION" not in p}
    found = 0
    for life in all_lives():
        days: dict[str, set[date]] = {}
        for visit in life.visits:
            for form in visit.forms:
                if visit.site is None and form.event in lasting:
                    days.setdefault(form.event, set()).add(visit.day)
        assert all(len(when) == 1 for when in days.values())
        found += len(days)
    assert found > 5


def test_kidneys_that_lose_albumin_are_protected_or_the_form_says_why_not() -> None:
    protected = Counter[bool]()
    for life, visit, form in forms_of("examination"):
        if not life.resident.has("DIABETIC_NEPHROPATHY", visit.day):
            continue
        blocks = any(CLASS_OF.get(drug.drug) in BLOCKERS for drug in form.drugs)
        told = words(life.household.locale, "answer.blocker") in form.texts["ABNORMALITY"]
        assert blocks != told
        protected[blocks] += 1
    assert protected[True] > 0


def test_pre_eclampsia_is_not_carried_for_weeks() -> None:
    births = {
        (id(life), pregnancy.delivered)
        for life in all_lives()
        for pregnancy in life.resident.pregnancies
        if pregnancy.delivered is not None
    }
    for life, visit, form in forms_of("antenatal"):
        if "PREECLAMPSIA" in form.diagnoses:
            ends = [day for owner, day in births if owner == id(life) and day > visit.day]
            assert not ends or (min(ends) - visit.day).days <= 14


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
        if form.readings.get("PLATELETS", 200) < 125:
            assert "platelets low" in said or "血小板偏低" in said
        if form.readings.get("LEUKOCYTES", 6.0) < 3.5:
            assert "white cells low" in said or "白细胞偏低" in said
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


def test_a_new_fibrillation_says_what_is_done_against_clots() -> None:
    said = set()
    for life in all_lives():
        if (
            life.resident.has("ATRIAL_FIBRILLATION", life.last)
            or life.resident.age_on(life.last) < 40
        ):
            continue
        visit = found_at(Random(1), life, FOUND["ATRIAL_FIBRILLATION"], life.last)
        said.add(visit.forms[0].texts["ABNORMALITY"])
    assert len(said) == 4  # young and old, in both languages


def test_a_heart_that_fibrillates_leaves_the_hospital_with_a_word_about_clots() -> None:
    asked = 0
    for life, visit, form in forms_of("discharge"):
        left = form.answers["DISCHARGE_OUTCOME"] != "OUTCOME_DIED" and "cycle" not in form.hints
        heart = form.texts.get("DEPARTMENT") in {words(w, "CARDIOLOGY") for w in LOCALES}
        if left and heart and life.resident.has("ATRIAL_FIBRILLATION", visit.day):
            known = {words(w, k) for w in LOCALES for k in _CLOTS}
            said = set(form.texts.get("ABNORMALITY", "").split("; "))
            assert said & known or any(drug.drug == "WARFARIN" for drug in form.drugs)
            asked += 1
    assert asked > 0


def test_a_raised_scale_is_spoken_of_at_the_examination() -> None:
    raised = 0
    for life, _, form in forms_of("examination"):
        for scale, key in (("PHQ_9", "phq"), ("GAD_7", "gad")):
            if form.amounts.get(scale, 0) >= 10:
                said = words(life.household.locale, f"answer.{key}")
                assert said in form.texts["ABNORMALITY"]
                raised += 1
    assert raised > 0


def test_blood_that_was_lost_is_looked_after_when_the_patient_goes_home() -> None:
    lost = 0
    for life, _, form in forms_of("discharge"):
        left = form.answers["DISCHARGE_OUTCOME"] != "OUTCOME_DIED" and "cycle" not in form.hints
        if left and form.readings.get("HEMOGLOBIN", 150) < 100:
            said = form.texts.get("ABNORMALITY", "").split("; ")
            named = "ANEMIA_IN_PREGNANCY" in form.diagnoses
            assert named or words(life.household.locale, "hemoglobin.low") in said
            lost += 1
    assert lost > 0


def test_a_sore_stomach_is_given_nothing_that_makes_it_bleed() -> None:
    for life, visit, form in forms_of("contact", "discharge"):
        if any(life.resident.has(p, visit.day) for p in ("CHRONIC_GASTRITIS", "GERD")):
            given = {drug.drug.split("_")[0] for drug in form.drugs}
            assert not given & {"IBUPROFEN", "NAPROXEN", "DICLOFENAC"}


def test_decayed_teeth_are_never_fewer_and_are_sent_to_the_dentist() -> None:
    decayed = 0
    for life in all_lives():
        before = 0.0
        for visit in life.visits:
            for form in visit.forms:
                if form.kind == "child" and "CARIES" in form.amounts:
                    assert form.amounts["CARIES"] >= before
                    if form.amounts["CARIES"] > before:
                        said = form.texts["ABNORMALITY"].split("; ")
                        assert words(life.household.locale, "caries.found") in said
                        decayed += 1
                    before = form.amounts["CARIES"]
    assert decayed > 5


def test_who_comes_with_the_heart_or_the_lipids_hears_what_to_do() -> None:
    came = Counter[str]()
    for _, visit, form in forms_of("contact"):
        here = visit.site is None and visit.mode == "clinic" and not form.hints
        if here and not form.change.startswith(("referred", "kept")) and form.event is None:
            for problem in ("CORONARY_ARTERIOSCLEROSIS", "HEART_FAILURE", "HYPERLIPIDEMIA"):
                if form.diagnoses[:1] == (problem,):
                    assert form.drugs or form.texts.get("ABNORMALITY")
                    came[problem] += 1
    assert len(came) > 1


def test_who_comes_for_loss_of_weight_weighs_less() -> None:
    for life, visit, form in forms_of("discharge"):
        if "weight loss" in form.symptoms:
            assert life.resident.death is not None
            assert (life.resident.death - visit.day).days < 2 * 365


def test_medicines_are_looked_through_where_there_are_some() -> None:
    looked = 0
    for life, visit, form in forms_of("telephone", "home visit"):
        if form.hints.get("purpose") == "medicines":
            assert current_drugs(life, visit.day)
            looked += 1
    assert looked > 5


def test_a_creatinine_that_rose_in_a_stay_is_taken_again() -> None:
    rose = 0
    for life, visit, form in forms_of("discharge"):
        high = form.readings.get("CREATININE", 0) > 130
        high = high or form.readings.get("CREATININE_MASS", 0) > 1.5
        left = form.answers["DISCHARGE_OUTCOME"] != "OUTCOME_DIED"
        if left and high and not life.resident.has("CHRONIC_KIDNEY_DISEASE", visit.day):
            said = form.texts["ABNORMALITY"].split("; ")
            assert words(life.household.locale, "creatinine.raised") in said
            rose += 1
    assert rose > 0


def test_nobody_after_a_stroke_or_with_narrow_vessels_is_given_what_harms_them() -> None:
    for life, visit, form in forms_of("contact"):
        if any(life.resident.has(p, visit.day) for p in STRUCK):
            assert not any(drug.drug.startswith(NSAIDS) for drug in form.drugs)


def test_nothing_is_given_to_a_stomach_that_has_bled_that_makes_it_bleed() -> None:
    for life in all_lives():
        bled = False
        for visit in life.visits:
            bled = bled or any("GI_HEMORRHAGE" in form.diagnoses for form in visit.forms)
            for form in visit.forms if bled else ():
                assert not any(drug.drug.startswith(NSAIDS) for drug in form.drugs)


def test_a_depression_that_was_found_is_asked_after_within_weeks() -> None:
    asked = 0
    for life, visit, form in forms_of("contact"):
        if form.event == "DEPRESSIVE_DISORDER" and visit.day + timedelta(days=40) < life.last:
            soon = [other for other in life.visits if 14 < (other.day - visit.day).days < 45]
            asked += any("DEPRESSIVE_DISORDER" in f.diagnoses for v in soon for f in v.forms)
    assert asked > 2


def test_a_yellow_newborn_is_measured_and_looked_at_again() -> None:
    yellow = [f for _, _, f in forms_of("newborn") if "NEONATAL_JAUNDICE" in f.diagnoses]
    assert yellow
    assert all("ABNORMALITY" in form.texts for form in yellow)


def test_a_letter_about_a_dangerous_pressure_names_it() -> None:
    sent = 0
    for life, visit, form in forms_of("examination"):
        if form.hints.get("referred_for") == "dangerous pressure" and form.change == "referred":
            letter = next(f for f in visit.forms if f.kind == "referral out")
            locale = life.household.locale
            assert letter.texts["REFERRAL_REASON"] == words(locale, "reason.danger")
            if life.resident.has(HYPERTENSION, visit.day):
                assert letter.texts["REFERRAL_IMPRESSION"] == words(locale, HYPERTENSION)
            sent += 1
    assert sent > 0


def test_a_reaction_to_a_vaccine_is_told_of_after_it_came() -> None:
    told = [form for _, _, form in forms_of("immunization") if "ABNORMALITY" in form.texts]
    assert told
    assert all(re.search("added|补记", form.texts["ABNORMALITY"]) for form in told)


def test_notes_speak_of_drugs_only_where_there_are_some(population: Population) -> None:
    """What is said of drugs in general is not said of those who take none."""
    for note in population[1]:
        text = note.text
        cured = "未见复发征象" in text
        assert not (cured and ("治疗中" in text or "维持原治疗" in text))


def test_no_child_is_sent_home_weeks_too_early_or_loses_weight() -> None:
    weighed = 0
    for life in all_lives():
        ours = [p for p in life.resident.pregnancies if p.outcome == "live birth"]
        assert all(pregnancy.weeks >= 34 for pregnancy in ours)
        weights = [
            form.readings["BODY_WEIGHT"]
            for visit in life.visits
            for form in visit.forms
            if form.kind == "child" and (visit.day - life.resident.birth).days < 365
        ]
        assert weights == sorted(weights)
        weighed += len(weights)
    assert weighed > 100


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
