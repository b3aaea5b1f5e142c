"""Complaints fit who has them, and no drug is given that age, allergy or pregnancy forbid."""

from __future__ import annotations

import pytest

from deid.synth.courses.complaints import COMPLAINTS, SEASONS, VOICES
from deid.synth.growth import age_in_months, reference
from deid.synth.recording.terms import TERMS
from deid.synth.safety import ALLERGIES, allergies_of
from tests.unit.deid.synth.lives import all_lives, forms_of

FROM_AGE = {"J01MA": 18, "N02BA": 16, "B01AC06": 16, "J01AA": 8, "N05CF": 18, "M01AH": 18}
"""ATC groups and the age from which they are given."""


@pytest.mark.parametrize("complaint", COMPLAINTS, ids=lambda complaint: complaint.diagnosis)
def test_complaints_name_what_the_vocabulary_has(complaint) -> None:  # type: ignore[no-untyped-def]
    assert TERMS[complaint.diagnosis].domain_id == "Condition"
    assert all(remedy.drug in TERMS for remedy in complaint.remedies)
    assert all(procedure in TERMS for procedure in complaint.procedures)
    assert not complaint.needs or TERMS[complaint.needs].domain_id == "Condition"
    assert complaint.season in SEASONS
    assert complaint.about in VOICES
    assert complaint.youngest < complaint.oldest


def test_children_and_adults_come_with_complaints_of_their_age() -> None:
    young: set[str] = set()
    old: set[str] = set()
    by_name = {complaint.diagnosis: complaint for complaint in COMPLAINTS}
    for life, visit, form in forms_of("contact"):
        age = (visit.day - life.resident.birth).days / 365.25
        for diagnosis in form.diagnoses:
            if diagnosis in by_name and visit.site is None and form.symptoms:
                assert by_name[diagnosis].youngest <= age < by_name[diagnosis].oldest
            (young if age < 6 else old).add(diagnosis)
    assert {"OTITIS_MEDIA", "HAND_FOOT_MOUTH"} & young
    assert not {"SHINGLES", "CYSTITIS", "SHOULDER_PERIARTHRITIS"} & young
    assert len(old) > 30


def test_no_drug_is_given_before_its_age() -> None:
    for life in all_lives():
        for visit in life.visits:
            age = life.resident.age_on(visit.day)
            for form in visit.forms:
                for drug in form.drugs:
                    atc = TERMS[drug.drug].atc or ""
                    for group, least in FROM_AGE.items():
                        assert not (atc.startswith(group) and age < least), drug.drug


def test_nobody_gets_a_drug_that_the_record_says_they_are_allergic_to() -> None:
    allergic = 0
    for life in all_lives():
        allergies = allergies_of(life.resident)
        allergic += bool(allergies)
        told = {question for visit in life.visits for form in visit.forms
                for question in form.answers if question in ALLERGIES}  # fmt: skip
        assert told <= set(allergies)
        for allergy in allergies:
            for visit in life.visits:
                if visit.site is None and any(f.kind == "contact" for f in visit.forms):
                    for form in visit.forms:
                        assert not any(d.drug.startswith(ALLERGIES[allergy]) for d in form.drugs)
    assert 0.02 < allergic / len(all_lives()) < 0.12


def test_childrens_doses_are_by_weight() -> None:
    seen = 0
    for life, visit, form in forms_of("contact"):
        months = age_in_months(life.resident.birth, visit.day)
        for drug in form.drugs:
            if drug.drug == "ACETAMINOPHEN" and 3 <= months <= 72:
                weight = reference("weight", life.resident.sex, months).median
                assert 8 <= float(drug.dose.removesuffix(" mg")) / weight <= 15
                seen += 1
    assert seen >= 20


def test_contacts_are_more_frequent_in_early_childhood_and_with_chronic_problems() -> None:
    years: dict[bool, float] = {True: 0.0, False: 0.0}
    visits: dict[bool, int] = {True: 0, False: 0}
    for life in all_lives():
        if life.resident.age_on(life.last) >= 40 or not life.resident.problems:
            small = life.resident.age_on(life.last) < 6
            years[small] += (life.last - life.first).days / 365.25
            visits[small] += sum(v.forms[0].kind == "contact" for v in life.visits)
    assert visits[True] / years[True] > 0.8


def test_what_people_think_and_fear_is_heard_in_many_contacts() -> None:
    contacts = [form for _, visit, form in forms_of("contact") if visit.site is None]
    voiced = [form for form in contacts if "IDEAS_OF_PATIENT" in form.texts]
    assert 0.1 < len(voiced) / len(contacts) < 0.5
