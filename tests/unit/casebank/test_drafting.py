"""A released person becomes a case: what is in it, where it came from, and what is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from casebank import (
    Case,
    RecordNotFound,
    RecordUnusable,
    draft_case,
    read_record,
)
from casebank.relative import without_dates_and_ages
from deid.release import Release
from tests.builders import build_release
from tests.unit.casebank import residents


def titles(case: Case) -> list[str]:
    return [problem.title for problem in case.problems]


def all_texts(case: Case) -> list[str]:
    return [item.text for item in case.statements()]


def test_a_case_has_background_problems_contacts_flow_sheets_timeline_and_outcome(
    farmer: Case,
) -> None:
    assert farmer.title == "A man of 55–59 with dizziness"
    assert titles(farmer) == [
        "Essential hypertension",
        "Smoking",
        "Acute bronchitis",
        "Type 2 diabetes mellitus",
        "Disorder of kidney due to diabetes mellitus",
        "Limited social contact",
    ]
    assert [contact.day for contact in farmer.contacts] == [0, 91, 245, 343, 616, 980, 1099, 1463]
    assert {sheet.key for sheet in farmer.flow_sheets} == {"blood-pressure", "hba1c"}
    assert [lane.kind for lane in farmer.timeline.lanes] == [
        "visits",
        "problems",
        "drugs",
        "measurements",
    ]
    assert farmer.outcome.last_day == 1463
    assert not farmer.outcome.died


def test_the_background_tells_family_home_and_habits(farmer: Case) -> None:
    background = farmer.background
    assert [s.text for s in background.family] == [
        "Wife, 80+: Essential hypertension",
        "Wife: died (by year 2 of the record)",
        "Daughter, 30–39: Type 2 diabetes mellitus",
    ]
    assert [s.text for s in background.living_environment] == ["Household fuel: Firewood"]
    assert [s.text for s in background.lifestyle] == [
        "Tobacco smoking status: Current every day smoker"
    ]


def test_a_chinese_case_uses_the_releases_chinese_names(teacher: Case, release: Release) -> None:
    assert teacher.title == "90+岁女性，头晕"
    assert titles(teacher) == ["原发性高血压", "抑郁症状（PHQ-9≥10分）"]
    assert teacher.outcome.died
    assert teacher.contacts[0].setting == "门诊"
    farmer = draft_case(release, residents.FARMER, case_id="x", language="zh")
    drugs = next(lane for lane in farmer.timeline.lanes if lane.kind == "drugs")
    assert {item.label for item in drugs.items} == {"氨氯地平", "二甲双胍", "阿莫西林"}
    # The links do not depend on the language that is shown.
    metformin = next(item for item in drugs.items if item.label == "二甲双胍")
    assert titles(farmer)[metformin.problems[0] - 1] == "2型糖尿病"


def test_a_case_is_in_the_language_of_its_notes_unless_one_is_asked_for(
    release: Release, teacher: Case
) -> None:
    assert draft_case(release, residents.TEACHER, case_id="old-teacher") == teacher
    assert draft_case(release, residents.FARMER, case_id="x").language == "en"
    assert draft_case(release, residents.IMPORTED, case_id="x").language == "en"


def test_names_come_from_the_source_concept_when_there_is_no_standard_one(
    release: Release,
) -> None:
    case = draft_case(release, residents.IMPORTED, case_id="x")
    assert titles(case) == ["Asthma"]
    assert case.left_out == {"rows of condition_occurrence without a name": 1}
    assert case.sources is not None
    evidence = case.problems[0].evidence[0]
    columns = {source.column for source in case.sources.data[evidence.id]}
    assert "condition_source_concept_id" in columns


def test_contacts_are_derived_from_dates_when_the_release_has_no_visit(release: Release) -> None:
    case = draft_case(release, residents.UNVISITED, case_id="x")
    assert [contact.derived for contact in case.contacts] == [True] * 4
    assert [contact.day for contact in case.contacts] == [0, 364, 735, 1099]


def test_every_statement_has_a_source_that_exists_in_the_release(release: Release) -> None:
    for person in (residents.FARMER, residents.TEACHER, residents.UNVISITED):
        case = draft_case(release, person, case_id="x")
        assert case.sources is not None
        assert case.sources.person_id == person
        with release.connect() as connection:
            for statement in case.statements():
                sources = case.sources.data[statement.id]
                assert sources
                for source in sources:
                    key = (
                        "person_id" if source.table in {"person", "death"} else f"{source.table}_id"
                    )
                    found = connection.execute(
                        f'SELECT "{source.column}" FROM "{source.table}" WHERE "{key}" = ?',
                        [source.row_id],
                    ).fetchall()
                    assert len(found) == 1, source
                    assert found[0][0] is not None


def test_a_sentence_is_a_stretch_of_its_note_with_only_dates_and_ages_changed(
    release: Release,
) -> None:
    record = read_record(release, residents.FARMER)
    notes = {note.note_id: note for note in record.notes}
    case = draft_case(release, residents.FARMER, case_id="x")
    assert case.sources is not None
    sentences = 0
    for statement in case.statements():
        source = case.sources.data[statement.id][0]
        if source.table == "note" and source.start is not None:
            note = notes[source.row_id]
            stretch = note.text[source.start : source.end]
            assert statement.text == without_dates_and_ages(
                stretch, record.first_day, note.day, "en"
            )
            sentences += 1
    assert sentences >= 40


def test_a_student_sees_no_date_no_exact_age_no_ids_and_no_identity_line(
    farmer: Case, teacher: Case
) -> None:
    for case, person in ((farmer, residents.FARMER), (teacher, residents.TEACHER)):
        text = case.for_student().to_json().decode()
        assert not re.search(r"\b(19|20)\d\d\b", text)
        assert str(person) not in re.findall(r"\d+", text)
        assert "tiny-v1" not in text
        for leaked in (
            "Voss",
            "448120",
            "Varga",
            "57-year",
            "王秀兰",
            "97110300",
            "张某",
            "2012年",
        ):
            assert leaked not in text
    assert "57" not in " ".join(all_texts(farmer))


def test_the_title_never_names_a_problem(farmer: Case, teacher: Case) -> None:
    for case in (farmer, teacher):
        for problem in case.problems:
            assert problem.title.casefold() not in case.title.casefold()


def test_a_denied_complaint_does_not_become_the_title(farmer: Case, teacher: Case) -> None:
    assert "chest pain" not in farmer.title
    assert "胸痛" not in teacher.title


def test_equal_records_give_equal_cases(release: Release, farmer: Case) -> None:
    again = draft_case(release, residents.FARMER, case_id="dizzy-farmer")
    assert again.to_json() == farmer.to_json()


def test_a_person_who_is_not_in_the_release_is_not_found(release: Release) -> None:
    with pytest.raises(RecordNotFound) as refusal:
        draft_case(release, 424242, case_id="x")
    assert "424242" not in str(refusal.value)


def test_a_record_with_nothing_dated_is_unusable(release: Release) -> None:
    with pytest.raises(RecordUnusable):
        draft_case(release, residents.EMPTY, case_id="x")


def test_a_release_without_a_needed_column_is_refused_by_its_name(tmp_path: Path) -> None:
    tables = residents.tables()
    for row in tables["note"]:
        del row["note_text"]
    release = build_release(tmp_path, tables)
    with pytest.raises(RecordUnusable, match=r"table note has no column note_text"):
        draft_case(release, residents.FARMER, case_id="x")


def test_a_release_with_people_and_conditions_alone_is_enough(tmp_path: Path) -> None:
    tables = residents.tables()
    few = {name: tables[name] for name in ("person", "condition_occurrence", "concept")}
    case = draft_case(build_release(tmp_path, few), residents.FARMER, case_id="x")
    assert len(case.contacts) == 7
    assert case.flow_sheets == ()


def test_questions_without_an_answer_are_counted_and_not_shown(farmer: Case) -> None:
    assert farmer.left_out["questions without an answer"] == 1
    assert not any("Housing status" in text for text in all_texts(farmer))


def test_a_drug_belongs_to_a_problem_only_from_its_onset(farmer: Case) -> None:
    drugs = next(lane for lane in farmer.timeline.lanes if lane.kind == "drugs")
    assert {item.label: item.problems for item in drugs.items} == {
        "amlodipine": (1,),
        "amoxicillin": (3,),
        "metformin": (4,),
    }
    plans = [item for contact in farmer.contacts for item in contact.soap.plan]
    assert [item.problems for item in plans if item.text == "Echocardiography"] == [()]
    # Before the diagnosis of diabetes, "Add metformin" in a note belongs to nothing.
    assert [c.day for c in farmer.contacts_of(4) if c.day < farmer.problem(4).onset_day] == []
