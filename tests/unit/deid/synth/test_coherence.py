"""What a clinician who reads whole records would stumble over: laws of one person's record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest

from deid.synth.constitution import hba1c_of
from deid.synth.courses import Life
from deid.synth.courses.complaints import BY_PROBLEM
from deid.synth.courses.ladders import LADDERS
from deid.synth.courses.mental_illness import UNSTABLE
from deid.synth.courses.tuberculosis import drugs_in_month
from deid.synth.physiology import decline, glucose_level
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import NOT_SOLD, is_contraindicated, may_take, pregnancy_on
from deid.synth.society.mortality import LETHAL
from deid.synth.visits import Form, Visit
from tests.unit.deid.synth.lives import all_lives, forms_of

TUMOURS = {p for p, lethality in LETHAL.items() if lethality.excess} - {"CIRRHOSIS"}
OF_THE_MIND = {("SCHIZOPHRENIA_RELAPSE",), ("BIPOLAR_DISORDER",)}
FOLLOWED = ("hypertension", "diabetes")


def every_form() -> Iterator[tuple[Life, Visit, Form]]:
    for life in all_lives():
        for visit in life.visits:
            for form in visit.forms:
                yield life, visit, form


def readings(life: Life, key: str) -> list[tuple[date, float]]:
    """A test of one person over the years, one result a day, none that was copied forward."""
    found = {
        visit.day: form.readings[key]
        for visit in life.visits
        for form in visit.forms
        if key in form.readings and form.kind != "newborn" and not _is_copied(visit)
    }
    return sorted(found.items())


def _is_copied(visit: Visit) -> bool:
    return any(fault.kind == "copied forward" for form in visit.forms for fault in form.faults)


def test_nobody_is_given_what_age_disease_pregnancy_or_allergy_speaks_against() -> None:
    given = 0
    for life, visit, form in every_form():
        for drug in form.drugs:
            day = visit.end or visit.day
            assert not is_contraindicated(life.resident, drug.drug, day), (drug.drug, form.kind)
            if form.kind in {"contact", "discharge", "examination"}:
                assert may_take(life.resident, drug.drug, day), (drug.drug, form.kind, day)
            given += 1
    assert given > 1000


def test_no_list_of_drugs_names_a_class_twice() -> None:
    for _, _, form in every_form():
        classes = Counter(CLASS_OF.get(drug.drug, drug.drug) for drug in form.drugs)
        assert not classes or max(classes.values()) == 1, (form.kind, form.drugs)


def test_untreated_people_begin_with_the_first_drug_and_are_not_given_two_at_once() -> None:
    first = 0
    for life in all_lives():
        for kind, problem in zip(FOLLOWED, ("ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES"),
                                 strict=True):  # fmt: skip
            forms = [(v, f) for v in life.visits for f in v.forms if f.kind == kind]
            if forms and (forms[0][0].day - life.resident.problems[problem]).days < 180:
                assert len(forms[0][1].drugs) <= 1
                first += 1
    assert first > 10


def test_treatment_is_stepped_up_only_for_numbers_that_are_out_of_control() -> None:
    for _, _, form in forms_of(*FOLLOWED):
        if form.change == "added":
            assert form.answers["FOLLOW_UP_CLASS"] != "CLASS_CONTROLLED"
            assert form.answers["DRUG_ADHERENCE"] != "ADHERENCE_NONE"
            planted = any(fault.kind == "class contradicts" for fault in form.faults)
            assert not planted


def test_forms_of_one_visit_agree_about_the_way_of_life() -> None:
    shared = ("PSYCHOLOGICAL_ADJUSTMENT", "COMPLIANCE_BEHAVIOUR", "DRUG_ADHERENCE")
    both = 0
    for life in all_lives():
        for visit in life.visits:
            forms = [form for form in visit.forms if form.kind in FOLLOWED]
            for one, other in pairwise(forms):
                assert all(one.answers[key] == other.answers[key] for key in shared)
                assert one.amounts["EXERCISE_MINUTES"] == other.amounts["EXERCISE_MINUTES"]
                both += 1
    assert both > 30


def test_who_takes_no_exercise_spends_no_minutes_on_it_and_others_always_as_many() -> None:
    for life in all_lives():
        minutes = {
            form.amounts["EXERCISE_MINUTES"]
            for visit in life.visits
            for form in visit.forms
            if "EXERCISE_MINUTES" in form.amounts
        }
        assert len(minutes - {0}) <= 1
        if life.resident.exercise == 0:
            assert minutes <= {0}
        elif minutes == {0}:  # too frail for it
            assert life.resident.age_on(life.last) >= 65


def test_the_weight_of_a_grown_person_moves_slowly() -> None:
    pairs = 0
    for life in all_lives():
        for (before, one), (day, other) in pairwise(readings(life, "BODY_WEIGHT")):
            grown = life.resident.age_on(before) >= 18
            if not grown or (day - before).days > 100:
                continue
            expecting = any(0 <= (day - p.lmp).days < 500 for p in life.resident.pregnancies)
            wasting = decline(life.resident, day) > 0
            assert abs(other / one - 1) < (0.2 if expecting else 0.12 if wasting else 0.075)
            pairs += 1
    assert pairs > 500


def test_long_term_sugar_goes_with_the_fasting_sugar_of_the_day() -> None:
    apart = []
    for _, _, form in forms_of("diabetes", "examination"):
        if "HBA1C" in form.readings:
            local = "FASTING_GLUCOSE" if "FASTING_GLUCOSE" in form.readings else None
            fasting = (
                form.readings.get("FASTING_GLUCOSE_MASS", 0) / 18.016
                if local is None
                else form.readings[local]
            )
            if fasting:
                apart.append(form.readings["HBA1C"] - hba1c_of(fasting))
    assert len(apart) > 100
    # It follows a change of treatment within three months.
    assert max(map(abs, apart)) < 4.5
    assert abs(sum(apart) / len(apart)) < 0.25


def test_sugar_is_in_the_urine_only_when_it_is_high_in_the_blood() -> None:
    for _, _, form in forms_of("examination"):
        fasting = form.readings.get("FASTING_GLUCOSE")
        if fasting is None and "FASTING_GLUCOSE_MASS" in form.readings:
            fasting = form.readings["FASTING_GLUCOSE_MASS"] / 18.016
        if fasting is not None and form.answers["URINE_GLUCOSE"] != "NEGATIVE":
            assert fasting > 7.8


@pytest.mark.parametrize(("key", "most"), [("HEMOGLOBIN", 26), ("PLATELETS", 110), ("ALT", 34)])
def test_a_grown_persons_blood_stays_its_own_from_year_to_year(key: str, most: float) -> None:
    seen = 0
    for life in all_lives():
        tests = [
            (visit.day, form.readings[key])
            for visit in life.visits
            for form in visit.forms
            if form.kind == "examination" and key in form.readings
        ]
        for (before, one), (day, other) in pairwise(tests):
            ill = any(before < onset <= day for onset in life.resident.problems.values())
            if not ill and not decline(life.resident, day) and (day - before).days < 800:
                assert abs(one - other) < most, (one, other)
                seen += 1
    assert seen > 50


@pytest.mark.parametrize("question", ["BARREL_CHEST", "HEART_MURMUR", "HEARING", "MOTOR_FUNCTION"])
def test_a_lasting_sign_that_was_seen_is_seen_again(question: str) -> None:
    normal = {"NO", "NONE", "HEARS", "MOVES_FREELY"}
    for life in all_lives():
        answers = [form.answers[question] not in normal for visit in life.visits
                   for form in visit.forms if form.kind == "examination"]  # fmt: skip
        assert answers == sorted(answers)


def test_an_infant_that_is_weaned_does_not_go_back_to_the_breast() -> None:
    order = ["BREAST_FED", "MIXED_FED", "FORMULA_FED"]
    fed = 0
    for life in all_lives():
        steps = [order.index(form.answers["FEEDING"]) for visit in life.visits
                 for form in visit.forms if "FEEDING" in form.answers]  # fmt: skip
        assert steps == sorted(steps)
        fed += len(steps)
    assert fed > 30


def test_a_problem_that_an_operation_ended_is_named_no_more() -> None:
    ended = 0
    for life, visit, form in every_form():
        for problem in ("GALLSTONE", "CATARACT"):
            day = life.resident.resolved.get(problem)
            if day is not None and visit.day > day and form.kind == "examination":
                assert problem not in form.diagnoses
                ended += 1
    assert ended > 0


def test_stays_for_a_severe_mental_illness_follow_a_relapse_and_are_remembered() -> None:
    for life in all_lives():
        stays = [
            v
            for v in life.visits
            if v.mode == "hospital" and v.forms[0].diagnoses[:1] in OF_THE_MIND
        ]
        for stay in stays:
            found = [
                visit
                for visit in life.visits
                if 0 < (stay.day - visit.day).days <= 7 and visit.forms[0].kind == "mental illness"
            ]
            assert any(v.forms[0].answers["FOLLOW_UP_CLASS"] == UNSTABLE for v in found)
            for visit in life.visits:
                if visit.forms[0].kind == "mental illness" and visit.day >= (stay.end or stay.day):
                    assert visit.forms[0].answers["MENTAL_HOSPITALISATION"] == "HOSPITAL_PAST"


def test_a_reaction_in_tuberculosis_is_one_to_a_drug_that_is_taken() -> None:
    culprits = {"TB_EYES": "ETHAMBUTOL", "TB_JOINTS": "PYRAZINAMIDE"}
    for _, _, form in forms_of("tuberculosis"):
        if "TB_REGIMEN" not in form.texts or "TB_MONTH" not in form.amounts:
            continue
        month = int(form.amounts["TB_MONTH"])
        taken = {drug for drug, _ in drugs_in_month(form.texts["TB_REGIMEN"], month)}
        for symptom in form.answers["TB_SYMPTOM"].split("|"):
            assert symptom not in culprits or culprits[symptom] in taken


def test_low_sugar_brings_to_hospital_only_whose_drugs_can_bring_it_down() -> None:
    for life, visit, form in forms_of("discharge"):
        if form.diagnoses[0] == "HYPOGLYCEMIA":
            regimen = life.body.treatment_on("TYPE_2_DIABETES", visit.day)
            assert {CLASS_OF[d] for d in regimen.drugs} & {"insulin", "sulfonylurea"}


def test_a_pregnant_woman_is_not_told_to_lose_weight() -> None:
    for life, visit, form in forms_of(*FOLLOWED):
        if pregnancy_on(life.resident, visit.day) is not None:
            assert form.amounts["WEIGHT_TARGET"] == form.readings["BODY_WEIGHT"]


def test_a_death_that_wastes_is_seen_coming_on_the_scales() -> None:
    lost = []
    for life in all_lives():
        weights = readings(life, "BODY_WEIGHT")
        if life.resident.death is None or not weights:
            continue
        day, weight = weights[-1]
        if decline(life.resident, day) > 0.5:
            lost.append(weight / life.resident.weight_kg)
    assert all(share < 0.99 for share in lost)


def test_a_diagnosis_that_kills_comes_before_the_death_it_brings() -> None:
    for life in all_lives():
        cause, death = life.resident.death_cause, life.resident.death
        if cause in life.resident.problems and death is not None:
            assert life.resident.problems[cause] <= death


def test_one_drug_has_one_dose_in_one_place() -> None:
    doses: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for (_, locale), ladders in LADDERS.items():
        for ladder in ladders:
            for drug, dose, times in ladder:
                doses.setdefault((locale, drug), set()).add((dose, times))
    assert all(len(found) == 1 for found in doses.values())


def test_high_sugar_brings_to_hospital_only_whose_sugar_is_high() -> None:
    for life, visit, form in forms_of("discharge"):
        if form.diagnoses[0] == "TYPE_2_DIABETES":
            assert glucose_level(life.body, visit.day) >= 8


def test_whoever_has_a_tumour_is_seen_for_it() -> None:
    """Somebody looks after most of those who live half a year with one."""
    seen = Counter[bool]()
    for life in all_lives():
        for problem in TUMOURS & life.resident.problems.keys():
            since = max(life.resident.problems[problem], life.first)
            if (life.last - since).days > 180:
                seen[any(problem in f.diagnoses for v in life.visits for f in v.forms
                         if f.kind in {"contact", "discharge"})] += 1  # fmt: skip
    assert seen[True] > 2 * seen[False]


def test_nobody_comes_for_the_same_lasting_disease_twice_in_a_fortnight() -> None:
    for life in all_lives():
        days: dict[str, date] = {}
        for visit in life.visits:
            form = visit.forms[0]
            lasting = form.kind == "contact" and form.diagnoses[:1] and visit.site is None
            if lasting and form.diagnoses[0] in BY_PROBLEM and form.change != "kept":
                before = days.get(form.diagnoses[0], date.min)
                assert (visit.day - before).days > 14
                days[form.diagnoses[0]] = visit.day


def test_blood_has_one_rhesus_factor_all_life_long() -> None:
    factors = 0
    for life, _, form in forms_of("basic information", "antenatal first"):
        assert form.answers["RH_FACTOR"] == life.resident.rhesus
        factors += form.kind == "antenatal first"
    assert factors > 5


def test_who_expects_a_child_is_not_called_to_the_yearly_examination() -> None:
    for life, visit, _ in forms_of("examination"):
        assert pregnancy_on(life.resident, visit.day) is None


def test_anemia_of_a_pregnancy_is_named_when_and_only_when_the_hemoglobin_is_low() -> None:
    for _, _, form in forms_of("antenatal"):
        assert (form.readings["HEMOGLOBIN"] < 110) == ("ANEMIA_IN_PREGNANCY" in form.diagnoses)


def test_an_examination_remembers_the_stays_of_the_year_before() -> None:
    remembered = 0
    for life in all_lives():
        ends = [v.end for v in life.visits if v.mode == "hospital" and v.end and v.end > v.day]
        for visit in life.visits:
            for form in visit.forms:
                if form.kind == "examination":
                    stayed = any(0 <= (visit.day - end).days < 365 for end in ends)
                    assert (form.answers["HOSPITAL_HISTORY"] == "YES") == stayed
                    remembered += stayed
    assert remembered > 20


def test_nothing_is_examined_over_the_telephone() -> None:
    for life in all_lives():
        for visit in life.visits:
            for form in visit.forms if visit.mode == "telephone" else ():
                assert not form.readings
                assert not {"LOCHIA", "WOUND", "UTERUS", "BREAST"} & form.answers.keys()


def test_what_is_known_for_long_is_no_news() -> None:
    for life, visit, form in every_form():
        onset = life.resident.problems.get(form.event or "")
        if onset is not None and form.kind == "discharge":
            assert (visit.day - onset).days <= 60
    for life in all_lives():
        news = Counter(f.event for v in life.visits for f in v.forms if f.kind == "child")
        assert all(times == 1 for event, times in news.items() if event is not None)


def test_only_smokers_are_told_to_stop() -> None:
    for life, _, form in forms_of("discharge"):
        advice = form.texts.get("DISCHARGE_ADVICE", "")
        if "戒烟" in advice or "o smoking" in advice:
            assert life.resident.smoking == "CURRENT_SMOKER"


def test_nobody_is_vaccinated_when_ill() -> None:
    for life in all_lives():
        sick = {v.day for v in life.visits if v.forms[0].kind == "contact"}
        for visit in life.visits:
            for form in visit.forms:
                assert form.kind != "immunization" or visit.day not in sick


def test_one_visit_ends_with_one_appointment() -> None:
    for life in all_lives():
        for visit in life.visits:
            days = {form.next_day for form in visit.forms if form.kind in FOLLOWED}
            assert len(days) <= 1


def test_nobody_gets_what_is_not_sold_in_the_country() -> None:
    for life, _, form in every_form():
        assert not {drug.drug for drug in form.drugs} & NOT_SOLD[life.household.locale]


def test_american_infants_are_vaccinated_at_their_checks() -> None:
    at_a_check = Counter[bool]()
    for life in all_lives():
        if life.household.locale != "en_US":
            continue
        for visit in life.visits:
            given = any(f.kind == "immunization" for f in visit.forms)
            months = (visit.day - life.resident.birth).days / 30.4375
            if given and 1.5 <= months < 20 and "INFLUENZA_VACCINE" not in visit.forms[0].vaccines:
                at_a_check["child" in {f.kind for f in visit.forms}] += 1
    assert at_a_check[True] > 2 * at_a_check[False]


def test_what_an_infarction_asks_for_is_taken_after_the_stay_as_well() -> None:
    kept = Counter[bool]()
    for life in all_lives():
        onset = life.resident.problems.get("ACUTE_MYOCARDIAL_INFARCTION")
        for visit in life.visits if onset is not None else ():
            for form in visit.forms:
                if form.kind == "examination" and onset and 0 < (visit.day - onset).days < 365:
                    kept[any(drug.drug == "CLOPIDOGREL_75MG" for drug in form.drugs)] += 1
    assert kept[True] >= kept[False]
