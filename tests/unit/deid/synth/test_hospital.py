"""Stays in hospital are whole, alone, and told alike by visits, letters and deaths."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from deid.synth.care_sites import DEPARTMENTS, doctors_of
from deid.synth.courses.aftermath import without_outpatients
from deid.synth.courses.stays import STAYS
from deid.synth.parameters import PARAMETERS
from deid.synth.people import LOCALES
from deid.synth.recording.terms import TERMS
from deid.synth.visits import Form, Visit
from tests.unit.deid.synth.lives import all_lives, forms_of


def stays_of(visits: list[Visit]) -> list[Visit]:
    return [v for v in visits if v.mode == "hospital"]


def test_the_county_hospital_has_doctors_of_every_department() -> None:
    for life in all_lives()[:40]:
        hospital = life.household.site.hospital
        assert hospital is not None
        assert hospital.care_site_id != life.household.site.care_site_id
        found = [doctor for name in DEPARTMENTS for doctor in doctors_of(hospital, name)]
        assert found == list(hospital.staff)
        assert all(doctor.is_doctor for doctor in found)


def test_a_stay_ends_after_it_began_within_the_record_and_at_the_hospital() -> None:
    count = 0
    for life in all_lives():
        for stay in stays_of(life.visits):
            assert stay.end is not None
            assert life.first <= stay.day < stay.end <= life.last
            assert stay.site is life.household.site.hospital
            assert stay.clinician in stay.site.staff  # type: ignore[union-attr]
            count += 1
    assert count >= 40


def test_stays_of_one_person_never_overlap_and_nobody_is_an_outpatient_during_one() -> None:
    for life in all_lives():
        stays = stays_of(life.visits)
        for one, other in pairwise(stays):
            assert one.end is not None
            assert one.end < other.day
        for stay in stays:
            for visit in life.visits:
                if visit is not stay and visit.mode != "emergency":
                    assert not stay.day <= visit.day <= (stay.end or stay.day), visit.mode


def test_a_visit_that_would_fall_into_a_stay_is_left_out() -> None:
    life = next(life for life in all_lives() if stays_of(life.visits))
    stay = stays_of(life.visits)[0]
    inside = Visit(life.resident, stay.day + timedelta(days=1), "clinic", stay.clinician,
                   [Form(kind="contact")])  # fmt: skip
    emergency = Visit(life.resident, stay.day, "emergency", stay.clinician, [Form(kind="contact")])
    assert without_outpatients([emergency, stay, inside], life.last) == [emergency, stay]


def test_follow_up_is_put_off_until_a_week_after_a_stay() -> None:
    life = next(life for life in all_lives() if stays_of(life.visits))
    stay = stays_of(life.visits)[0]
    assert stay.end is not None
    due = Visit(life.resident, stay.day + timedelta(days=1), "clinic", stay.clinician,
                [Form(kind="hypertension")])  # fmt: skip
    assert without_outpatients([stay, due], stay.end) == [stay]
    assert without_outpatients([stay, due], stay.end + timedelta(days=30)) == [stay, due]
    assert 7 <= (due.day - stay.end).days <= 9


def test_a_discharge_says_its_days_department_and_outcome() -> None:
    for _, visit, form in forms_of("discharge"):
        assert form.texts["ADMISSION_DATE"] == visit.day.isoformat()
        assert visit.end is not None
        assert form.texts["DISCHARGE_DATE"] == visit.end.isoformat()
        assert form.texts["DEPARTMENT"]
        assert {"admission_number", "hospital"} <= form.identifiers.keys()
        assert TERMS[form.diagnoses[0]].domain_id == "Condition"


def test_who_dies_in_hospital_dies_on_the_last_day_of_the_stay() -> None:
    dead = 0
    for life in all_lives():
        for stay in stays_of(life.visits):
            died = stay.forms[0].answers.get("DISCHARGE_OUTCOME") == "OUTCOME_DIED"
            assert died == (life.resident.death is not None and stay.end == life.resident.death)
            if died:
                assert stay is life.visits[-1]
                assert not stay.forms[0].drugs
                cause = life.resident.death_cause
                assert cause is None or cause in stay.forms[0].diagnoses
                dead += 1
    assert dead >= 1


def test_every_kind_of_stay_has_its_rate_and_befalls_only_whom_it_can() -> None:
    kinds = {stay.diagnosis: stay for stay in STAYS}
    for stay in STAYS:
        named = {f"stay.{stay.name}", f"stay.{stay.name}.zh_cn"} & PARAMETERS.keys()
        assert named or stay.when == "terminal"
        assert stay.department in DEPARTMENTS
        assert all(stay.nights[locale][0] <= stay.nights[locale][1] for locale in LOCALES)
    for life, visit, form in forms_of("discharge"):
        if form.event == "BIRTH":
            assert life.resident.sex == "F"
            continue
        kind = kinds[form.diagnoses[0]]
        if kind.when == "yearly" and kind.problem and kind.problem in life.resident.problems:
            assert life.resident.problems[kind.problem] <= visit.day
        if form.diagnoses[0] == "HIP_FRACTURE" and form.event != "DEATH":
            assert life.resident.age_on(visit.day) >= 65


def test_letters_leave_with_a_referral_and_the_answer_follows_it() -> None:
    for life in all_lives():
        sent = [v for v in life.visits if any(f.kind == "referral out" for f in v.forms)]
        for visit in sent:
            assert any(form.change == "referred" for form in visit.forms)
        for visit in life.visits:
            if visit.site is None or visit.mode != "clinic":
                continue
            assert any(0 < (visit.day - letter.day).days <= 24 for letter in sent)
            assert any(form.kind == "referral back" for form in visit.forms)


def test_calls_and_home_visits_have_a_purpose_and_follow_what_they_are_about() -> None:
    for life, visit, form in forms_of("telephone", "home visit"):
        purpose = form.hints.get("purpose")
        if purpose is None:  # a talk about a problem of life
            continue
        assert form.texts["VISIT_PURPOSE"]
        if purpose == "discharge":
            ends = [stay.end for stay in stays_of(life.visits) if stay.end is not None]
            assert any(0 < (visit.day - end).days <= 17 for end in ends)
        assert visit.mode == ("telephone" if form.kind == "telephone" else "home")
