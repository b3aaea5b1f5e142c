"""What a physician who reads whole records must not find: plans, places, words, drugs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from deid.synth.constitution import DIABETES
from deid.synth.courses import Life
from deid.synth.courses.aftermath import stop_sulfonylurea
from deid.synth.courses.child_growth import UNDERFED
from deid.synth.courses.diagnosis import FOUND
from deid.synth.courses.referral import DEPARTMENT_OF
from deid.synth.notes import Chart, Note, load_grammar
from deid.synth.notes import surroundings as around
from deid.synth.physiology import Regimen
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import NOT_WHILE_FERTILE, may_conceive
from deid.synth.streams import open_stream
from deid.synth.visits import Form, Prescription, Visit
from tests.unit.deid.synth.lives import all_lives, forms_of

NOTES_OF = 60
"""So many American residents' notes are read."""
BRITISH = re.compile(
    r"\b(?!haemophilus)(colour\w*|\w*(?:haem|oedem|paedi|anaem|diarrhoea|spnoea|apnoea|glycaem)\w*"
    r"|neighbour\w*|behaviour\w*|tumour\w*|centre\w*|fibre\w*|counsell\w+|travell\w+|shovell\w+"
    r"|labour|favour\w*|ageing|whilst|fortnight|programme\w*|caesarean|orthopaed\w+|gynaec\w+"
    r"|(?:nebul|hospital|organ|recogn|immun|general)is(?:e|ation)\w*"
    r"|autumn|nappy|nappies|mould|yours aye)\b",
    re.IGNORECASE,
)
"""Spellings and words that nobody writes in the United States."""


@cache
def american_notes() -> tuple[tuple[Life, Visit, Form, Note], ...]:
    lives = [life for life in all_lives() if life.household.locale == "en_US"][:NOTES_OF]
    told = []
    for life in lives:
        chart = Chart(open_stream("reader", life.resident.person_id), life.household)
        for visit in life.visits:
            for form in visit.forms:
                told.append((life, visit, form, chart.write(visit, form)))
    return tuple(told)


def test_no_sulfonylurea_comes_back_after_a_stay_for_hypoglycemia() -> None:
    for life, stay, form in forms_of("discharge"):
        if form.diagnoses[0] != "HYPOGLYCEMIA":
            continue
        for visit in life.visits:
            if visit.day > stay.day:
                taken = {CLASS_OF.get(d.drug) for f in visit.forms for d in f.drugs}
                assert "sulfonylurea" not in taken


def test_another_class_takes_the_place_of_a_sulfonylurea_that_is_stopped() -> None:
    """On a life made for it, since few people are in hospital for low sugar."""
    life = next(life for life, _, _ in forms_of("diabetes"))
    days = [visit.day for visit in life.visits if visit.forms[0].kind != "basic information"]
    stay = days[0]
    kept = life.body.regimens[DIABETES]
    made = Life(life.household, life.body, life.today)
    form = Form(kind="diabetes", drugs=(Prescription("GLIPIZIDE", "5 mg", 1, 90),))
    made.visits = [Visit(life.resident, stay + timedelta(days=40), "clinic",
                         life.household.doctor, [form])]  # fmt: skip
    life.body.regimens[DIABETES] = [
        Regimen(stay - timedelta(days=90), ("METFORMIN_500MG", "GLIPIZIDE"), "ADHERENCE_REGULAR")
    ]
    try:
        stop_sulfonylurea(made, stay)
        before = life.body.treatment_on(DIABETES, stay)
        after = life.body.treatment_on(DIABETES, stay + timedelta(days=1))
    finally:
        life.body.regimens[DIABETES] = kept
    assert "GLIPIZIDE" in before.drugs
    assert {CLASS_OF[drug] for drug in after.drugs}.isdisjoint({"sulfonylurea", "insulin"})
    assert [drug.drug for drug in form.drugs] == [d for d in after.drugs if d != "METFORMIN_500MG"]


def test_a_child_that_weighs_too_little_has_a_diagnosis_a_plan_and_a_date() -> None:
    found = 0
    for _, visit, form in forms_of("child"):
        if form.answers["CHILD_GROWTH"] == "UNDERWEIGHT_CHILD":
            assert UNDERFED & set(form.diagnoses)
        if UNDERFED & set(form.diagnoses):
            assert "DIET_EDUCATION" in form.procedures
            assert form.next_day is None or (form.next_day - visit.day).days <= 50
            found += 1
    assert found > 0


def test_who_comes_from_a_stay_for_a_complication_is_not_sent_to_hospital_for_it() -> None:
    for life, visit, form in forms_of("hypertension", "diabetes"):
        if form.change == "referred" and form.event is not None:
            assert not any(
                stay.mode == "hospital" and stay.end is not None and stay.end <= visit.day
                and stay.forms[0].diagnoses[:1] == (form.event,)
                for stay in life.visits
            )  # fmt: skip


def test_the_appointment_of_a_discharge_is_kept_more_often_than_not() -> None:
    kept = []
    for life, stay, form in forms_of("discharge"):
        due = form.next_day
        if due is None or due > life.last - timedelta(days=20) or "cycle" in form.hints:
            continue
        window = timedelta(days=11)
        kept.append(
            any(
                stay.end is not None and stay.end < visit.day <= due + window
                and visit.mode in {"clinic", "home", "hospital", "telephone"}
                for visit in life.visits
            )
        )  # fmt: skip
    assert len(kept) > 20
    assert sum(kept) / len(kept) > 0.6


def test_a_lasting_disease_is_found_by_the_value_that_shows_it() -> None:
    seen = 0
    for life, visit, form in forms_of("contact"):
        found = FOUND.get(form.event or "")
        if found is None or life.household.locale != "zh_CN":
            continue
        for limit in found.limits:
            assert limit.low <= form.readings[limit.key] <= limit.high
            seen += 1
        assert visit.day >= life.resident.problems[found.problem]
    assert seen > 5


def test_dementia_is_counted_in_points_that_fall() -> None:
    first, last = [], []
    for life in all_lives():
        points = [
            form.amounts["MMSE"]
            for visit in life.visits
            for form in visit.forms
            if form.diagnoses[:1] == ("DEMENTIA",) and "MMSE" in form.amounts
        ]
        if len(points) > 3:
            first.append(points[0])
            last.append(points[-1])
    assert first
    assert sum(last) / len(last) < sum(first) / len(first) - 2


def test_american_notes_are_spelt_as_in_america() -> None:
    grammar = load_grammar("en_US")
    words = " ".join(sorted(grammar.wordings(("",))))
    notes = [note for *_, form, note in american_notes() if form.kind != "immunization"]
    texts = [words, *(note.text for note in notes)]
    for text in texts:
        found = {match[0].lower() for match in BRITISH.finditer(text)}
        assert not found


def test_nobody_is_admitted_to_a_place_without_beds() -> None:
    here = Path(around.__file__).with_name("around") / "en.txt"
    lines = dict(
        line.split(": ", 1)
        for line in here.read_text(encoding="utf-8").splitlines()
        if ": " in line and not line.startswith("#")
    )
    beds, by_day, homes = (
        set(lines[key].split("|")) for key in ("hospital", "clinic", "nursing_home")
    )
    assert not beds & by_day
    assert not beds & homes
    assert all(any(word in kind for word in ("Hospital", "Center", "Infirmary")) for kind in beds)


def _eponyms() -> Iterator[str]:
    names = load_grammar("en_US").names_in_words
    return iter(sorted(names & {"Murphy", "Romberg", "Babinski", "Heberden", "Janeway"}))


@pytest.mark.parametrize("name", list(_eponyms()))
def test_an_eponym_is_never_the_family_name_of_the_resident(name: str) -> None:
    life = next(
        life
        for life in all_lives()
        if life.household.locale == "en_US" and len(life.visits) > 25
        and life.resident.age_on(life.last) > 40
    )  # fmt: skip
    resident = life.resident
    kept = resident.family_name, resident.full_name
    resident.family_name, resident.full_name = name, f"{resident.given_name} {name}"
    try:
        chart = Chart(open_stream("eponym", name), life.household)
        notes = [chart.write(visit, form) for visit in life.visits for form in visit.forms]
    finally:
        resident.family_name, resident.full_name = kept
    for note in notes:
        for match in re.finditer(rf"\b{name}\b", note.text):
            assert any(s.start <= match.start() and match.end() <= s.end for s in note.spans)


def test_no_woman_who_may_conceive_is_given_valproate() -> None:
    for life in all_lives():
        for visit in life.visits:
            if may_conceive(life.resident, visit.day):
                drugs = {drug.drug for form in visit.forms for drug in form.drugs}
                assert not drugs & {*NOT_WHILE_FERTILE}, visit.day


def test_who_comes_after_a_stay_does_not_come_without_a_word_of_it() -> None:
    for _, visit, form, note in american_notes():
        if "after_stay" in form.hints:
            assert "symptomatic" not in note.text, visit.day
            assert "Acute visit" not in note.text, visit.day


def test_times_of_day_run_forward_in_a_note_of_entries() -> None:
    entry = re.compile(r"^(\d{1,2}):(\d{2}) \S", re.MULTILINE)
    for *_, note in american_notes():
        minutes = [60 * int(h) + int(m) for h, m in entry.findall(note.text)]
        assert minutes == sorted(minutes)


def test_letters_about_complications_go_to_departments_that_write_back() -> None:
    for life, visit, form in forms_of("referral out"):
        assert form.texts["REFERRED_TO"], (life.resident.person_id, visit.day)
    assert {"DEMENTIA", "ACUTE_MYOCARDIAL_INFARCTION"} <= DEPARTMENT_OF.keys()


def test_who_died_in_hospital_is_given_no_advice() -> None:
    for _, _, form, note in american_notes():
        if form.answers.get("DISCHARGE_OUTCOME") == "OUTCOME_DIED":
            assert not re.search(
                r"\b(rest advised|call if|return if|RTC|fluids)\b", note.text, re.I
            )
