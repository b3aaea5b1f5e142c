"""A contact says everything once, in groups, and what precedes the first contact is history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank import (
    Case,
    Record,
    Statement,
    draft_from_record,
    draw_timeline,
    group_findings,
    timeline_table,
)
from casebank.background import age_band_at_first_contact
from casebank.reader import RecordReader
from casebank.record import BirthYears, Event, Note, Visit
from casebank.repeats import repeats_values, says
from tests.builders import build_release

START = date(2015, 3, 2)


def event(table: str, name: str, day: int, row: int, value: float | None = None) -> Event:
    return Event(
        table=table,
        row_id=row,
        concept_id=row,
        name=name,
        name_column="condition_concept_id",
        start=START + timedelta(days=day),
        start_column="condition_start_date",
        value=value,
    )


def visit(number: int, day: int) -> Visit:
    moment = START + timedelta(days=day)
    return Visit(number, moment, moment, "Outpatient Visit")


def draft(*events: Event, visits: tuple[Visit, ...] = (), note: str = "") -> Case:
    notes = (Note(1, START, "", note),) if note else ()
    record = Record(
        release="tiny-v1",
        person_id=1,
        language="en",
        sex_concept_id=8532,
        born=BirthYears(1950, 1950),
        visits=visits,
        events=tuple(sorted(events, key=lambda one: (one.start, one.row_id))),
        notes=notes,
        relatives=(),
        death=None,
        death_cause="",
        unnamed={},
    )
    return draft_from_record(record, case_id="x")


def test_what_is_dated_before_the_first_visit_is_past_history_with_its_time() -> None:
    case = draft(
        event("condition_occurrence", "Gout", -4000, 1),
        event("condition_occurrence", "Asthma", -900, 2),
        event("drug_exposure", "salbutamol", -900, 3),
        *(event("measurement", "Body weight", day, 10 + day, 70.0) for day in (0, 90, 180, 270)),
        visits=(visit(1, 0), visit(2, 90), visit(3, 180), visit(4, 270)),
    )
    assert [contact.day for contact in case.contacts] == [0, 90, 180, 270]
    assert [(one.day, one.text) for one in case.background.past_history] == [
        (-4000, "Gout"),
        (-900, "Asthma"),
        (-900, "salbutamol"),
    ]
    assert [problem.onset_day for problem in case.problems] == [-4000, -900]


def test_many_old_diagnoses_do_not_move_the_first_contact() -> None:
    old = [event("condition_occurrence", f"Chronic illness {n}", -1000 - n, n) for n in range(1, 9)]
    case = draft(*old, event("measurement", "Body weight", 0, 90, 70.0), visits=(visit(1, 0),))
    assert [contact.day for contact in case.contacts] == [0]
    # They are drawn from the edge, so that what was seen keeps its room.
    assert case.timeline.first_day == 0
    assert "◂ 2 years 9 months before first contact" in draw_timeline(case.timeline, "en")
    assert "2 years 9 months before first contact" in str(timeline_table(case.timeline, "en").rows)


def test_a_diagnosis_dated_between_visits_is_on_the_problem_list_and_is_no_contact() -> None:
    case = draft(
        event("measurement", "Body weight", 0, 1, 70.0),
        event("condition_occurrence", "Hearing loss", 40, 2),
        visits=(visit(1, 0), visit(2, 90)),
    )
    assert [contact.day for contact in case.contacts] == [0, 90]
    assert [(problem.title, problem.onset_day) for problem in case.problems] == [
        ("Hearing loss", 40)
    ]


@pytest.mark.parametrize("name", ["Life event", "生活事件"])
def test_a_life_event_between_visits_stands_in_the_timeline_and_is_no_contact(name: str) -> None:
    case = draft(
        event("measurement", "Body weight", 0, 1, 70.0),
        replace(
            event("observation", name, 40, 2), value_text="Retirement", shown_value="Retirement"
        ),
        visits=(visit(1, 0), visit(2, 90)),
    )
    assert [contact.day for contact in case.contacts] == [0, 90]
    (lane,) = (lane for lane in case.timeline.lanes if lane.kind == "life")
    assert [(item.start_day, "Retirement" in item.label) for item in lane.items] == [(40, True)]


def test_a_record_without_visits_keeps_its_dated_entries_as_contacts() -> None:
    case = draft(
        event("condition_occurrence", "Gout", 0, 1), event("condition_occurrence", "Asthma", 90, 2)
    )
    assert [(contact.day, contact.derived) for contact in case.contacts] == [(0, True), (90, True)]


def test_a_note_and_its_rows_say_everything_once() -> None:
    case = draft(
        event("measurement", "Systolic blood pressure", 0, 1, 152.0),
        event("measurement", "Diastolic blood pressure", 0, 2, 94.0),
        event("measurement", "Body weight", 0, 3, 78.5),
        event("condition_occurrence", "Essential hypertension", 0, 4),
        event("drug_exposure", "amlodipine 5 MG Oral Tablet", 0, 5),
        event("drug_exposure", "metformin 500 MG Oral Tablet", 0, 6),
        visits=(visit(1, 0),),
        note=(
            "S: dizzy.\nO: BP 152/94, wt 78.5 kg. BP 160/94 at home. Lungs clear.\n"
            "A: Essential hypertension, above goal.\nP: amlodipine 5 mg daily."
        ),
    )
    soap = case.contacts[0].soap
    texts = [statement.text for statement in soap.statements]
    assert "BP 152/94, wt 78.5 kg." not in texts
    assert "BP 160/94 at home." in texts
    assert [one.text for one in soap.assessment] == ["Essential hypertension, above goal."]
    assert [one.text for one in soap.plan] == [
        "amlodipine 5 mg daily.",
        "metformin 500 MG Oral Tablet",
    ]
    assert case.left_out == {
        "sentences of notes that repeat measured values": 1,
        "rows that a note of the day puts into words": 2,
    }


@pytest.mark.parametrize(
    ("sentence", "repeats"),
    [
        ("BP 152/94, T 36.6 C.", True),
        ("血压152/94mmHg，体温36.6℃。", True),
        ("PHQ-9 7, BP 152/94", True),
        ("BP 152/94, T 38.6 C.", False),
        ("BP 152/94, lungs clear.", False),
        ("BP 152/94 after a walk up the stairs.", False),
        ("Lungs clear.", False),
    ],
)
def test_a_sentence_repeats_values_if_it_holds_nothing_else(sentence: str, repeats: bool) -> None:
    assert repeats_values(sentence, frozenset({152.0, 94.0, 36.6, 7.0})) is repeats


@pytest.mark.parametrize(
    ("product", "sentence", "place"),
    [
        ("metformin 500 MG Oral Tablet", "metformin 500 mg bid.", 0),
        ("metformin 500 MG Oral Tablet", "metformin 850 mg bid.", None),
        ("metformin 500 MG Oral Tablet", "Stop it.", None),
        ("对乙酰氨基酚片500mg", "用药：对乙酰氨基酚500mg bid。", 0),
        ("硝苯地平缓释片10mg", "硝苯地平20mg qd；", None),
    ],
)
def test_a_sentence_says_a_drug_by_ingredient_and_strength(
    product: str, sentence: str, place: int | None
) -> None:
    drug = event("drug_exposure", product, 0, 1)
    assert says(drug, product, [sentence]) == place


def statements(*texts: str) -> tuple[Statement, ...]:
    return tuple(Statement(f"d{n}", 0, text) for n, text in enumerate(texts, 1))


def test_findings_are_grouped_in_the_order_in_which_they_are_read() -> None:
    groups = group_findings(
        statements(
            "PHQ-9 total score: 7",
            "Triglyceride: 233 mg/dL",
            "Diastolic blood pressure: 68 mmHg",
            "Body weight: 62.7 kg",
            "Heart rate: 62 /min",
            "Systolic blood pressure: 117 mmHg",
            "Lungs clear.",
        ),
        "en",
    )
    assert [(group.label, [one.text for one in group.statements]) for group in groups] == [
        ("Examination and other findings", ["Lungs clear."]),
        (
            "Vital signs",
            [
                "Systolic blood pressure: 117 mmHg",
                "Diastolic blood pressure: 68 mmHg",
                "Heart rate: 62 /min",
            ],
        ),
        ("Body measures", ["Body weight: 62.7 kg"]),
        ("Laboratory", ["Triglyceride: 233 mg/dL"]),
        ("Scores", ["PHQ-9 total score: 7"]),
    ]


@given(
    st.lists(
        st.sampled_from(
            ["收缩压：150 mmHg", "体重：61 kg", "甘油三酯：1.2", "双肺清", "PHQ-9总分：3"]
        )
    )
)
def test_every_finding_is_in_exactly_one_group(texts: list[str]) -> None:
    given_ones = statements(*texts)
    grouped = [one for group in group_findings(given_ones, "zh") for one in group.statements]
    assert sorted(one.id for one in grouped) == sorted(one.id for one in given_ones)


@pytest.mark.parametrize(
    ("band", "shown"),
    [
        (None, "60–64"),
        ((1950, 1950), "60–64"),
        ((1950, 1959), "50–64"),
        ((1930, 1969), "40–84"),
        ((1900, 2020), ""),  # nothing worth telling
    ],
)
def test_an_age_is_as_wide_as_the_band_of_birth(
    tmp_path: Path, band: tuple[int, int] | None, shown: str
) -> None:
    tables: dict[str, Any] = {
        "person": [{"person_id": 1, "gender_concept_id": 8532, "year_of_birth": 1950}],
        "note": [
            {
                "note_id": 1,
                "person_id": 1,
                "note_date": date(2011, 5, 1),
                "note_title": "Visit",
                "note_text": "Feels well.",
                "visit_occurrence_id": None,
            }
        ],
    }
    if band is not None:
        first, last = band
        tables["person_birth_years"] = [{"person_id": 1, "first_year": first, "last_year": last}]
    with RecordReader(build_release(tmp_path, tables)) as reader:
        assert age_band_at_first_contact(reader.read(1, "en")) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Essential hypertension (mother)", True),
        ("mother", False),
        ("father, mother", False),
        ("兄弟姐妹", False),
        ("mother had diabetes", True),
    ],
)
def test_a_family_history_of_nothing_is_not_told(value: str, shown: bool) -> None:
    asked = replace(
        event("observation", "Family history of a condition", 0, 5),
        value_text=value,
        shown_value=value,
        value_column="value_as_string",
    )
    told = [item.text for item in draft(asked).background.family]
    assert any(value in text for text in told) is shown
