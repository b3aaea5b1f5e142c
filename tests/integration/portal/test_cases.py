"""Teaching cases in the portal: drafted, reviewed by somebody else, published, read."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.errors import PermissionDenied
from app.permissions import COMMAND_LINE, Role
from app.services import cases as case_service
from app.services.accounts import actor_of, create_user
from tests.builders import build_release
from tests.integration.portal.world import (
    PASSWORD,
    World,
    make_world,
    post,
    release_tables,
    sign_in,
)

CLINIC = "clinic-v1"
OUTPATIENT = 9202


@pytest.fixture
def clinic(tmp_path: Path) -> World:
    """The world with a second instructor and a release in which people visit a doctor."""
    world = make_world(tmp_path)
    tables = release_tables(people=20, ill=20)
    first = date(2020, 3, 2)
    tables["visit_occurrence"] = [
        {
            "visit_occurrence_id": 7000 + 10 * person + visit,
            "person_id": 1000 + person,
            "visit_concept_id": OUTPATIENT,
            "visit_start_date": first + timedelta(days=person + 30 * visit),
            "visit_end_date": first + timedelta(days=person + 30 * visit),
            "visit_type_concept_id": 0,
        }
        for person in range(20)
        for visit in range(1 + person % 4)
    ]
    tables["concept"] += [
        {**tables["concept"][0], "concept_id": OUTPATIENT, "concept_name": "Outpatient Visit"},
        {**tables["concept"][0], "concept_id": 8507, "concept_name": "MALE"},
        {**tables["concept"][0], "concept_id": 8532, "concept_name": "FEMALE"},
    ]
    build_release(world.settings.release_root, tables, CLINIC)
    with world.database.writing() as session:
        colleague = create_user(
            session, COMMAND_LINE, "colleague@example.org", "Cleo", [Role.INSTRUCTOR], PASSWORD
        )
        world.actors["colleague"] = actor_of(colleague)
    return world


def draft_first(world: World) -> int:
    """Id of a case drafted from the richest record, through the pages."""
    client = world.client("instructor")
    candidates = f"/teaching/candidates/{CLINIC}"
    person = re.search(r'name="person" value="(\d+)"', client.get(candidates).get_data(True))
    assert person
    answer = post(client, "/teaching/drafts", candidates, release=CLINIC, person=person.group(1))
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def published(world: World) -> int:
    """Id of a case that a colleague has published."""
    case_id = draft_first(world)
    with world.database.writing() as session:
        case_service.submit(session, world.actors["instructor"], case_id)
        case_service.publish(session, world.actors["colleague"], case_id)
    return case_id


def shown(world: World, case_id: int) -> None:
    """Put a case into a set that students see."""
    actor = world.actors["instructor"]
    with world.database.writing() as session:
        made = case_service.create_set(session, actor, "Week 1", "")
        case_service.add_to_set(session, actor, made.id, case_id)
        case_service.show_set(session, actor, made.id, True)


def test_the_richest_records_are_offered_first(clinic: World) -> None:
    release = (
        clinic.client("instructor")
        .application.extensions["care_commons"]
        .catalogue.get(clinic.actors["instructor"], CLINIC)
    )
    found = case_service.find_candidates(clinic.actors["instructor"], release)
    assert [one.contacts for one in found] == sorted((o.contacts for o in found), reverse=True)


def test_a_case_goes_from_a_record_to_a_student(clinic: World) -> None:
    case_id = draft_first(clinic)
    where = f"/cases/{case_id}"
    instructor = clinic.client("instructor")
    post(instructor, f"/teaching/cases/{case_id}/submit", where)
    colleague = clinic.client()
    sign_in(colleague, "colleague@example.org")
    post(colleague, f"/teaching/cases/{case_id}/publish", where)
    post(instructor, "/teaching/sets", "/teaching/", title="Week 1")
    post(instructor, "/teaching/sets/1/cases", "/teaching/", case=case_id)
    post(instructor, "/teaching/sets/1/visibility", "/teaching/", visible="yes")

    student = clinic.client("student")
    assert where in student.get("/cases/").get_data(as_text=True)
    page = student.get(where).get_data(as_text=True)
    for part in ("Background", "Problem list", "Hypertensive disorder", "Contacts", "Timeline"):
        assert part in page
    assert "<svg" in page
    assert "The timeline as a table" in page


def test_a_student_sees_neither_release_nor_person_nor_row_ids(clinic: World) -> None:
    case_id = published(clinic)
    shown(clinic, case_id)
    page = clinic.client("student").get(f"/cases/{case_id}").get_data(as_text=True)
    assert CLINIC not in page
    assert not re.search(r"\b(10[01]\d|70\d\d|90[0-9]{2})\b", re.sub(r"<svg.*?</svg>", "", page))


def test_choosing_a_problem_shows_only_its_contacts(clinic: World) -> None:
    case_id = published(clinic)
    shown(clinic, case_id)
    student = clinic.client("student")
    everything = student.get(f"/cases/{case_id}").get_data(as_text=True)
    one = student.get(f"/cases/{case_id}?problem=1").get_data(as_text=True)
    assert one.count('class="panel contact"') < everything.count('class="panel contact"')
    assert "Only what belongs to this problem" in one
    assert student.get(f"/cases/{case_id}?problem=99").status_code == 404


@pytest.mark.parametrize("state", ["draft", "review", "published but in no set"])
def test_students_see_only_what_is_published_and_shown(clinic: World, state: str) -> None:
    case_id = published(clinic) if "published" in state else draft_first(clinic)
    if state == "review":
        with clinic.database.writing() as session:
            case_service.submit(session, clinic.actors["instructor"], case_id)
    student = clinic.client("student")
    assert student.get(f"/cases/{case_id}").status_code == 404
    assert f"/cases/{case_id}" not in student.get("/cases/").get_data(as_text=True)


def test_nobody_publishes_a_case_of_their_own(clinic: World) -> None:
    case_id = draft_first(clinic)
    author = clinic.actors["instructor"]
    with clinic.database.writing() as session:
        case_service.submit(session, author, case_id)
    with pytest.raises(PermissionDenied), clinic.database.writing() as session:
        case_service.publish(session, author, case_id)


def test_a_withdrawn_case_is_gone_from_the_students_set(clinic: World) -> None:
    case_id = published(clinic)
    shown(clinic, case_id)
    with clinic.database.writing() as session:
        case_service.withdraw(session, clinic.actors["colleague"], case_id)
    student = clinic.client("student")
    assert student.get(f"/cases/{case_id}").status_code == 404
    assert f"/cases/{case_id}" not in student.get("/cases/sets/1").get_data(as_text=True)


def test_the_first_page_counts_what_a_student_has_not_read(clinic: World) -> None:
    case_id = published(clinic)
    shown(clinic, case_id)
    student = clinic.client("student")
    assert "not read yet" in student.get("/").get_data(as_text=True)
    student.get(f"/cases/{case_id}")
    assert "not read yet" not in student.get("/").get_data(as_text=True)


def test_the_library_finds_cases_by_their_problems(clinic: World) -> None:
    shown(clinic, published(clinic))
    student = clinic.client("student")
    assert 'class="panel"' in student.get("/cases/?q=hypertensive").get_data(as_text=True)
    assert "No case holds all these words" in student.get("/cases/?q=zebra").get_data(as_text=True)
