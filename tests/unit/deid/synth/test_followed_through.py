"""What was said, felt or advised is followed by what it asks for."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.courses import Life
from deid.synth.courses.complaints import COMPLAINTS, SEASONS, TUMOURS, VOICES
from deid.synth.courses.ladders import DOSES, HIGHER
from deid.synth.courses.sites import words
from deid.synth.parameters import value
from deid.synth.physiology import decline, is_treated
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import may_take
from deid.synth.visits import Form, Visit
from tests.unit.deid.synth.lives import all_lives, forms_of

FOLLOWED = {"hypertension": HYPERTENSION, "diabetes": DIABETES}
ON_MEDICINES = {
    phrase.say(locale)
    for person in VOICES["chronic.treated"]
    for part, phrase in person.items()
    if part != "CONCERNS_OF_PATIENT"
    for locale in ("en_US", "zh_CN")
}


def _followed(life: Life, kind: str) -> list[tuple[Visit, Form]]:
    return [(v, f) for v in life.visits for f in v.forms if f.kind == kind]


def _classes(form: Form) -> set[str]:
    return {CLASS_OF[drug.drug] for drug in form.drugs if drug.drug in CLASS_OF}


def test_what_was_not_borne_is_never_given_again_for_the_same_disease() -> None:
    stopped = Counter[str]()
    for life in all_lives():
        for kind in FOLLOWED:
            gone: set[str] = set()
            for visit, form in _followed(life, kind):
                expecting = any(p.lmp <= visit.day for p in life.resident.pregnancies)
                assert expecting or not gone & _classes(form)
                if form.answers["ADVERSE_REACTION"] == "PRESENT" and "stopped" in form.hints:
                    gone.add(CLASS_OF[form.hints["stopped"]])
                    stopped[kind] += 1
    assert stopped["hypertension"] > 10
    assert stopped["diabetes"] > 0


def test_the_hospital_is_quoted_only_by_those_whom_it_has_seen() -> None:
    quoted = 0
    for life in all_lives():
        there = [visit.day for visit in life.visits if visit.site is not None]
        for kind in FOLLOWED:
            for visit, form in _followed(life, kind):
                if form.hints.get("unchanged") == "advised":
                    assert any(0 <= (visit.day - day).days <= 370 for day in there)
                    quoted += 1
                if form.hints.get("referral") == "seen":
                    assert any(0 <= (visit.day - day).days <= 60 for day in there)
                    quoted += 1
    assert quoted > 20


def test_glucose_drugs_are_not_added_at_the_goal_or_before_the_last_one_can_work() -> None:
    added = 0
    for life in all_lives():
        begun, tested, long_term = date.min, date.min, 9.9
        for visit, form in _followed(life, "diabetes"):
            if "HBA1C" in form.readings:
                tested, long_term = visit.day, form.readings["HBA1C"]
            if form.change == "added":
                assert (visit.day - begun).days >= 60
                assert long_term >= value("hba1c.goal") or (visit.day - tested).days > 120
                added += 1
            if form.change == "added" or "begun" in form.hints or "replaced" in form.hints:
                begun = visit.day
    assert added > 10


def test_a_tight_chest_of_coronary_disease_is_answered_and_shown_if_it_comes_back() -> None:
    answered = shown = 0
    for life, _visit, form in forms_of("hypertension"):
        if "chest tightness" in form.symptoms and form.event is None:
            locale = life.household.locale
            assert words(locale, "symptom.heart") in form.texts["ABNORMALITY"]
            answered += 1
            shown += form.change == "referred"
    assert answered > shown > 0


def test_whoever_has_coronary_disease_takes_something_against_clots() -> None:
    against = {"ASPIRIN_81MG", "CLOPIDOGREL_75MG", "WARFARIN"}
    taken = Counter[bool]()
    for life, visit, form in forms_of("examination"):
        resident = life.resident
        if not resident.has("CORONARY_ARTERIOSCLEROSIS", visit.day):
            continue
        regimens = [life.body.treatment_on(problem, visit.day) for problem in FOLLOWED.values()]
        leaves = any(r.drugs and r.adherence == "ADHERENCE_NONE" for r in regimens)
        may = any(may_take(resident, drug, visit.day) for drug in against)
        if may and not leaves:
            taken[bool(against & {drug.drug for drug in form.drugs})] += 1
    assert taken[True] > 20
    assert not taken[False]


def test_only_who_takes_medicines_speaks_of_them_and_others_were_offered_one() -> None:
    spoken = untreated = 0
    for life, visit, form in forms_of("contact"):
        locale = life.household.locale
        if ON_MEDICINES & set(form.texts.values()):
            assert form.drugs
            spoken += 1
        lasting = form.diagnoses[:1] and visit.site is None and form.symptoms and not form.drugs
        lasting = lasting and form.diagnoses[0] != "DEMENTIA"
        if lasting and not is_treated(life.resident, form.diagnoses[0], locale, visit.day):
            assert words(locale, "answer.offered") in form.texts["ABNORMALITY"]
            untreated += 1
    assert spoken > 3
    assert untreated > 10


def test_a_new_diabetes_is_followed_up_while_somebody_is_there() -> None:
    new = 0
    for life in all_lives():
        onset = life.resident.problems.get(DIABETES)
        if onset is None or onset <= life.first or (life.last - onset).days < 200:
            continue
        away = any((last - first).days > 90 for first, last in life.resident.away)
        if not away:
            forms = [v for v, _ in _followed(life, "diabetes")]
            assert forms
            assert (forms[0].day - onset).days < 460
            new += 1
    assert new > 3


def test_a_tumour_that_does_not_waste_brings_no_loss_of_weight_and_is_shown_to_oncology() -> None:
    shown = checked = 0
    for life, visit, form in forms_of("contact"):
        if visit.site is None and form.diagnoses[:1] and form.diagnoses[0] in TUMOURS:
            wastes = decline(life.resident, visit.day) > 0
            assert wastes or "weight loss" not in form.symptoms
            shown += form.change == "referred"
            checked += not form.symptoms
    assert shown
    assert checked


def test_influenza_is_a_disease_of_the_winter() -> None:
    months = Counter(
        visit.day.month in SEASONS["winter"]
        for _, visit, form in forms_of("contact")
        if form.diagnoses[:1] == ("INFLUENZA",)
    )
    assert months[True] > 4 * months[False]
    assert any(complaint.diagnosis == "INFLUENZA" for complaint in COMPLAINTS)


def test_an_electrocardiogram_that_was_changed_stays_changed_and_is_told() -> None:
    for life in all_lives():
        found = [(v.day, f) for v in life.visits for f in v.forms if f.kind == "examination"]
        for (_, before), (_, form) in pairwise(found):
            was = before.answers["ECG_RESULT"] == "ABNORMAL"
            assert not was or form.answers["ECG_RESULT"] == "ABNORMAL"
        for _, form in found:
            if form.answers["ECG_RESULT"] == "ABNORMAL":
                assert "ECG" in form.texts["ABNORMALITY"] or "心电图" in form.texts["ABNORMALITY"]


def test_swelling_of_a_drug_needs_the_drug() -> None:
    explained = 0
    for life in all_lives():
        phrase = words(life.household.locale, "symptom.ccb")
        for kind in FOLLOWED:
            for _, form in _followed(life, kind):
                if phrase in form.texts.get("ABNORMALITY", ""):
                    assert form.answers["DRUG_ADHERENCE"] != "ADHERENCE_NONE"
                    explained += 1
    assert explained > 0


def test_dangerous_pressure_at_the_hospital_is_answered() -> None:
    for life in all_lives():
        for visit in life.visits:
            for form in visit.forms:
                if not any(other.kind == "referral back" for other in visit.forms):
                    continue
                if visit.mode != "clinic" or form.kind != "contact":
                    continue
                if form.readings.get("SYSTOLIC_BP", 0) >= 180:
                    assert words(life.household.locale, "seen.danger") in form.texts["ABNORMALITY"]


def test_nobody_with_dementia_is_written_down_as_newly_living_alone() -> None:
    for life in all_lives():
        alone, demented = (life.resident.problems.get(p) for p in ("LIVING_ALONE", "DEMENTIA"))
        if alone is None or demented is None:
            continue
        assert alone < demented
        last = life.resident.resolved.get("LIVING_ALONE", life.last)
        assert (last - demented).days <= 365 or last <= life.last


def test_gastritis_is_treated_and_the_thyroid_measured() -> None:
    treated = measured = 0
    for life in all_lives():
        for visit in life.visits:
            for form in visit.forms:
                if form.kind == "contact" and form.diagnoses[:1] == ("CHRONIC_GASTRITIS",):
                    given = {drug.drug for drug in form.drugs}
                    allowed = may_take(life.resident, "OMEPRAZOLE", visit.day)
                    goes_on = "after_stay" in form.hints or form.change == "referred"
                    assert given or not allowed or goes_on
                    treated += bool(given)
                if form.kind == "examination" and life.resident.has("HYPOTHYROIDISM", visit.day):
                    measured += "TSH" in form.readings
    assert treated > 0
    assert measured > 0


def test_fasting_glucose_between_normal_and_diabetes_is_spoken_of() -> None:
    spoken = 0
    for life in all_lives():
        american = life.household.locale == "en_US"
        for visit, form in _followed(life, "examination"):
            glucose = form.readings.get("FASTING_GLUCOSE", 0) / (18.016 if american else 1)
            if life.resident.has(DIABETES, visit.day) or not 6.2 <= glucose < 6.9:
                continue
            assert "ABNORMALITY" in form.texts
            spoken += 1
    assert spoken > 0


def test_a_dose_goes_up_by_a_step_of_its_drug_and_stays_up_until_the_drug_is_changed() -> None:
    raised = 0
    for life in all_lives():
        locale = life.household.locale
        for kind in FOLLOWED:
            for (_, before), (_, form) in pairwise(_followed(life, kind)):
                old = {drug.drug: drug.dose for drug in before.drugs}
                new = {drug.drug: drug.dose for drug in form.drugs}
                higher = {drug for drug in old.keys() & new.keys() if old[drug] != new[drug]}
                if before.drugs and form.drugs and not life.resident.pregnancies:
                    assert higher <= {form.hints.get("raised")}
                for drug in higher if not life.resident.pregnancies else ():
                    steps = (DOSES[locale, drug][0], *HIGHER[locale, drug])
                    assert steps.index(new[drug]) == steps.index(old[drug]) + 1
                    raised += 1
    assert raised > 20


def test_nobody_has_taken_what_is_only_begun_or_what_ran_out_long_ago() -> None:
    begun = lost = 0
    for life in all_lives():
        forms = sorted(
            (pair for kind in FOLLOWED for pair in _followed(life, kind)), key=lambda p: p[0].day
        )
        if not forms:
            continue
        first, form = forms[0]
        if "begun" in form.hints and all("begun" in f.hints for v, f in forms if v is first):
            assert form.answers["DRUG_ADHERENCE"] == "ADHERENCE_NONE"
            begun += 1
        if any(fault.kind == "lost to follow-up" for fault in forms[-1][0].faults):
            for visit, form in _followed(life, "examination"):
                if (visit.day - forms[-1][0].day).days > 91:
                    lasting = {"beta_blocker", "arb", "aldosterone_antagonist"}
                    assert not _classes(form) - lasting
                    lost += 1
    assert begun > 5
    assert lost > 5


def test_a_value_above_the_goal_at_the_outpatients_is_answered() -> None:
    answered = 0
    for life, visit, form in forms_of("contact"):
        if visit.site is None or not any(f.kind == "referral back" for f in visit.forms):
            continue
        high = form.readings.get("SYSTOLIC_BP", 0) >= 150
        if visit.mode == "clinic" and high and life.resident.has(HYPERTENSION, visit.day):
            assert form.texts["ABNORMALITY"]
            answered += 1
    assert answered > 5


def test_blood_that_is_to_be_taken_again_is_taken_again() -> None:
    again = Counter[str]()
    for life in all_lives():
        locale = life.household.locale
        for visit in life.visits:
            for form in visit.forms:
                said = form.texts.get("ABNORMALITY", "")
                iron = form.kind == "child" and any(d.drug == "FERROUS_SULFATE" for d in form.drugs)
                low = words(locale, "hemoglobin.low") in said and form.event != "DEATH"
                doubled = words(locale, "statin.doubled") in said
                if not (iron or low or doubled):
                    continue
                until = (visit.end or visit.day) + timedelta(days=90)
                gone = until > life.last or life.resident.is_away(until) or life.resident.away
                keys = {"LDL", "LDL_MASS"} if doubled and not low else {"HEMOGLOBIN"}
                later = (v for v in life.visits if visit.day < v.day <= until)
                taken = any(keys & f.readings.keys() for v in later for f in v.forms)
                if not gone:
                    assert taken or _in_hospital(life, visit.day, until)
                    again["iron" if iron else "low" if low else "statin"] += 1
    assert again["statin"] > 5
    assert again["iron"] + again["low"] > 0


def _in_hospital(life: Life, first: date, last: date) -> bool:
    return any(first < v.day <= last and v.mode == "hospital" for v in life.visits)


def test_hba1c_moves_no_faster_than_blood_is_renewed() -> None:
    moved = 0
    for life in all_lives():
        found = [
            (visit.day, form.readings["HBA1C"])
            for visit in life.visits
            for form in visit.forms
            if "HBA1C" in form.readings and visit.mode == "clinic" and form.event is None
        ]
        for (before, old), (day, new) in pairwise(found):
            if (day - before).days <= 21:
                assert abs(new - old) < 1.6
                moved += 1
    assert moved > 20


def test_lasting_trouble_of_the_lungs_is_looked_at_within_two_years() -> None:
    looked = 0
    for life in all_lives():
        for problem in ("COPD", "ASTHMA"):
            onset = life.resident.problems.get(problem)
            if onset is None or life.resident.away or (life.last - life.first).days < 1500:
                continue
            about = (problem, "COPD_EXACERBATION")
            days = [
                v.day for v in life.visits for f in v.forms
                if f.kind in {"contact", "discharge"} and set(f.diagnoses[:1]) & set(about)
            ]  # fmt: skip
            if life.resident.age_on(max(onset, life.first)) >= 30 and onset < life.first:
                assert len(days) >= (life.last - life.first).days // 900
                looked += 1
    assert looked > 5
