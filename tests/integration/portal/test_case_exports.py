"""Cases leave through the export page, each time audited, and come back through the import page."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import Assignment, Attempt, AuditRow, TeachingCase, TeachingClass
from app.db.types import utc_now
from app.errors import BadInput, PermissionDenied
from app.permissions import Actor
from app.services import case_exports
from app.services import cases as case_service
from casebank.exports.package import Package, read_package, write_package
from tests.integration.portal.published_case import REPORT, add_attempt, add_case, farmer
from tests.integration.portal.world import World, post, token_of


def _send(client: FlaskClient, data: bytes, name: str = "x.ccase") -> TestResponse:
    page = client.get("/teaching/import").get_data(as_text=True)
    return client.post(
        "/teaching/import",
        data={"csrf_token": token_of(page), "package": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def _audited(world: World, action: str) -> list[dict[str, Any]]:
    with world.database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == action))
        return [row.detail for row in rows]


def test_an_instructor_exports_a_published_case_and_the_export_is_audited(world: World) -> None:
    case_id = add_case(world)
    client = world.client("instructor")
    page = f"/teaching/cases/{case_id}/export"
    assert "Care Commons case (.ccase)" in client.get(page).get_data(as_text=True)

    answer = post(client, page, page, format="package", language="")
    assert answer.status_code == 200
    assert (
        answer.headers["Content-Disposition"] == f'attachment; filename="case-{case_id}-v1.ccase"'
    )
    package = read_package(answer.data)
    case, lesson = farmer()
    assert package.lesson == lesson
    assert package.case == replace(case, title="Dizzy on rising").for_student()
    assert package.report == {"findings": [], "risk": {"k": 5}}

    inside = read_package(post(client, page, page, format="package-inside").data)
    assert inside.case.sources == case.sources
    assert inside.report == REPORT
    first, second = _audited(world, "case.exported")
    assert (first["format"], first["with_sources"]) == ("package", False)
    assert (second["format"], second["with_sources"]) == ("package-inside", True)


def test_a_draft_is_printed_but_does_not_leave(world: World) -> None:
    case_id = add_case(world, published=False)
    instructor = world.actors["instructor"]
    with world.database.reading() as session:
        offered = case_exports.offered(session, instructor, case_id)
    assert "pdf-teacher" in offered
    assert "package-inside" in offered
    assert "package" not in offered
    with pytest.raises(BadInput, match="formats that the page offers"):
        case_exports.export(world.database, instructor, case_id, "package")


def test_a_case_without_a_lesson_offers_no_stages(world: World) -> None:
    case_id = add_case(world, with_lesson=False)
    with world.database.reading() as session:
        offered = case_exports.offered(session, world.actors["instructor"], case_id)
    assert "pdf-student" not in offered
    assert "pdf-reading" in offered


def test_a_withdrawn_case_does_not_leave(world: World) -> None:
    case_id = add_case(world)
    with world.database.writing() as session:
        session.get_one(TeachingCase, case_id).state = case_service.WITHDRAWN
    page = world.client("instructor").get(f"/teaching/cases/{case_id}/export")
    assert page.status_code == 400
    assert "withdrawn case does not leave" in page.get_data(as_text=True)


def test_only_instructors_export_and_import(world: World) -> None:
    case_id = add_case(world)
    for role in ("student", "steward", "researcher", "administrator"):
        client = world.client(role)
        assert client.get(f"/teaching/cases/{case_id}/export").status_code == 403
        assert client.get("/teaching/import").status_code == 403
        with pytest.raises(PermissionDenied):
            case_exports.export(world.database, world.actors[role], case_id, "package")
        with world.database.writing() as session, pytest.raises(PermissionDenied):
            case_exports.import_case(session, world.actors[role], b"")


def test_an_imported_case_is_a_draft_equal_to_what_was_exported(world: World) -> None:
    case, lesson = farmer()
    package = Package(case, lesson, {}).for_outside()
    client = world.client("instructor")
    answer = _send(client, write_package(package))
    assert answer.status_code == 302, answer.get_data(as_text=True)

    with world.database.reading() as session:
        row = session.scalars(select(TeachingCase)).one()
        assert (row.state, row.release) == ("draft", case_exports.IMPORTED)
        assert row.document == package.case.to_json().decode()
        assert row.lesson == lesson.to_json().decode()
    assert client.get(answer.headers["Location"]).status_code == 200
    assert [one["lesson"] for one in _audited(world, "case.imported")] == [True]

    again = _send(client, write_package(package))
    assert again.status_code == 400
    assert "here already, as case 1" in again.get_data(as_text=True)


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [(b"not a zip", "x.ccase", "not a zip"), (b"", "", "Choose a file that ends in .ccase")],
)
def test_a_file_that_is_no_package_is_refused_beside_the_form(
    world: World, data: bytes, name: str, said: str
) -> None:
    answer = _send(world.client("instructor"), data, name)
    assert answer.status_code == 400
    text = answer.get_data(as_text=True)
    assert said in text
    assert 'type="file"' in text


def test_a_student_prints_a_finished_case_of_their_own_and_no_other(world: World) -> None:
    case_id = add_case(world)
    open_, done = (add_attempt(world, case_id, finished=f) for f in (False, True))
    others = add_attempt(world, case_id, finished=True, user="instructor")
    exam = add_attempt(world, case_id, finished=True, mode="exam")
    client = world.client("student")

    def printed(attempt: int) -> TestResponse:
        return post(client, f"/cases/attempts/{attempt}/print", "/")

    answer = printed(done)
    assert answer.status_code == 200
    reader = PdfReader(io.BytesIO(answer.data))
    assert "Exported by Student Example" in reader.pages[0].extract_text()
    assert printed(open_).status_code == 403
    assert printed(others).status_code == 404
    assert printed(exam).status_code == 200
    assert [one["attempt"] for one in _audited(world, "case.printed")] == [done, exam]


def test_an_exam_that_others_may_still_sit_is_not_printed(world: World) -> None:
    case_id = add_case(world)
    attempt_id = add_attempt(world, case_id, finished=True, mode="exam")
    with world.database.writing() as session:
        given = _assign(session, attempt_id, world.actors["instructor"], mode="exam")
        given.due_at = utc_now() + timedelta(hours=1)
    student = world.actors["student"]
    with pytest.raises(PermissionDenied, match="over for everybody"):
        case_exports.own_print(world.database, student, attempt_id)
    with world.database.writing() as session:
        session.get_one(Assignment, given.id).closed_at = utc_now()
    assert case_exports.own_print(world.database, student, attempt_id).data.startswith(b"%PDF")


def _assign(session: Session, attempt_id: int, teacher: Actor, mode: str) -> Assignment:
    """Make an attempt one of an assignment in a class of that teacher's."""
    assert teacher.user_id is not None
    taught = TeachingClass(title="Class", created_by=teacher.user_id)
    session.add(taught)
    session.flush()
    given = Assignment(
        class_id=taught.id,
        set_id=1,
        title="Work",
        mode=mode,
        opens_at=utc_now(),
        created_by=teacher.user_id,
    )
    session.add(given)
    session.flush()
    session.get_one(Attempt, attempt_id).assignment_id = given.id
    return given


def test_a_teacher_exports_what_students_of_their_own_classes_did(world: World) -> None:
    case_id = add_case(world)
    mine, others = (add_attempt(world, case_id, finished=True) for _ in range(2))
    with world.database.writing() as session:
        for attempt_id, teacher in ((mine, "instructor"), (others, "steward")):
            _assign(session, attempt_id, world.actors[teacher], mode="learn")
    page = f"/teaching/cases/{case_id}/export"
    answer = post(world.client("instructor"), f"{page}/attempts", page)
    assert answer.status_code == 200
    said = json.loads(answer.data)
    assert [one["verb"]["id"].rsplit("/", 1)[1] for one in said] == ["initialized", "completed"]
    assert said[0]["actor"]["account"]["name"].startswith("learner-")
    assert "Student Example" not in answer.get_data(as_text=True)
    assert "student@example.org" not in answer.get_data(as_text=True)
    assert _audited(world, "case.attempts_exported") == [{"format": "xapi", "attempts": 1}]
