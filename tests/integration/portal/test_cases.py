"""Teaching cases in the portal: drafted, reviewed by somebody else, published, read."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from app.db.models import AuditRow
from app.errors import PermissionDenied
from app.errors import TransitionRefused as NotNow
from app.permissions import COMMAND_LINE, Role
from app.services import case_review, case_sets, case_versions
from app.services import cases as case_service
from app.services.accounts import actor_of, create_user
from casebank import CaseCheckFailed, TransitionRefused
from casebank.gate import ATTRIBUTES, SENSITIVE
from deid.release import Release, open_release
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
ALONE, HIV, SYSTOLIC = 4053087, 439727, 3004249


# Three visits and HIV; the same and living alone; one visit only.
POSITIVE, HOLISTIC, SEEN_ONCE = 14, 18, 16


@pytest.fixture
def clinic(tmp_path: Path) -> World:
    return make_clinic(tmp_path)


def make_clinic(tmp_path: Path) -> World:
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
    tables["condition_occurrence"] += [
        {
            **tables["condition_occurrence"][person],
            "condition_occurrence_id": 9050 + person,
            "condition_concept_id": HIV if person == POSITIVE else ALONE,
        }
        for person in range(20)
    ]
    tables["condition_occurrence"].append(
        {
            **tables["condition_occurrence"][HOLISTIC],
            "condition_occurrence_id": 9080,
            "condition_concept_id": HIV,
        }
    )
    tables["measurement"] = [
        {
            "measurement_id": 6000 + visit["visit_occurrence_id"],
            "person_id": visit["person_id"],
            "measurement_concept_id": SYSTOLIC,
            "measurement_date": visit["visit_start_date"],
            "value_as_number": 152.0,
            "unit_concept_id": 8876,
            "visit_occurrence_id": visit["visit_occurrence_id"],
        }
        for visit in tables["visit_occurrence"]
    ]
    tables["concept"] += [
        {**tables["concept"][0], "concept_id": SYSTOLIC, "concept_name": "Systolic blood pressure"},
        {
            **tables["concept"][0],
            "concept_id": 8876,
            "concept_name": "millimeter mercury column",
            "vocabulary_id": "UCUM",
            "concept_code": "mm[Hg]",
        },
        {**tables["concept"][0], "concept_id": ALONE, "concept_name": "Living alone"},
        {**tables["concept"][0], "concept_id": HIV, "concept_name": "HIV infection"},
        {**tables["concept"][0], "concept_id": OUTPATIENT, "concept_name": "Outpatient Visit"},
        {**tables["concept"][0], "concept_id": 8507, "concept_name": "MALE"},
        {**tables["concept"][0], "concept_id": 8532, "concept_name": "FEMALE"},
    ]
    build_release(
        world.settings.release_root,
        tables,
        CLINIC,
        statement={"purpose": "teaching cases", "quasi_identifiers": []},
        # In twenty people a disease of two is not rare.
        risk={"rare": [{"below": 2}]},
    )
    with world.database.writing() as session:
        colleague = create_user(
            session, COMMAND_LINE, "colleague@example.org", "Cleo", [Role.INSTRUCTOR], PASSWORD
        )
        world.actors["colleague"] = actor_of(colleague)
        guardian = create_user(
            session, COMMAND_LINE, "guardian@example.org", "Gus", [Role.STEWARD], PASSWORD
        )
        world.actors["guardian"] = actor_of(guardian)
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
        case_review.submit(session, world.actors["instructor"], case_id)
    signed_by_two(world, case_id)
    with world.database.writing() as session:
        case_review.publish(session, world.actors["colleague"], case_id, release_of(world))
    return case_id


def release_of(world: World) -> Release:
    return open_release(world.settings.release_root, CLINIC)


def signed_by_two(world: World, case_id: int, rating: int = 3) -> None:
    """The colleague signs as clinical, the guardian as privacy reviewer."""
    with world.database.writing() as session:
        case_review.sign(
            session,
            world.actors["colleague"],
            case_id,
            "clinical",
            release_of(world),
            ratings=dict.fromkeys(ATTRIBUTES, rating),
        )
        case_review.sign(session, world.actors["guardian"], case_id, "privacy", release_of(world))


def shown(world: World, case_id: int) -> None:
    """Put a case into a set that students see."""
    actor = world.actors["instructor"]
    with world.database.writing() as session:
        made = case_sets.create_set(session, actor, "Week 1", "")
        case_sets.add_to_set(session, actor, made.id, case_id)
        case_sets.show_set(session, actor, made.id, True)


def draft_of(world: World, person: int) -> int:
    """Id of a case drafted from one person's record and handed over for review."""
    client = world.client("instructor")
    candidates = f"/teaching/candidates/{CLINIC}"
    answer = post(client, "/teaching/drafts", candidates, release=CLINIC, person=1000 + person)
    case_id = int(answer.headers["Location"].rsplit("/", 1)[1])
    with world.database.writing() as session:
        case_review.submit(session, world.actors["instructor"], case_id)
    return case_id


def as_colleague(world: World) -> FlaskClient:
    client = world.client()
    sign_in(client, "colleague@example.org")
    return client


def state_of(world: World, case_id: int) -> str:
    with world.database.reading() as session:
        return case_service.get_case(session, world.actors["colleague"], case_id).state


def test_the_most_teachable_records_are_offered_first_with_the_reasons(clinic: World) -> None:
    client = clinic.client("instructor")
    page = client.get(f"/teaching/candidates/{CLINIC}").get_data(as_text=True)
    scores = [int(score) for score in re.findall(r"<strong>(\d+)</strong> of 100", page)]
    assert len(scores) == 18
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]
    assert "20/20 contacts: 4 (days on which something was recorded; 4 are enough)" in page
    assert "What a score is made of" in page


def test_records_with_a_sensitive_condition_are_offered_only_when_asked_for(clinic: World) -> None:
    client = clinic.client("instructor")
    where = f"/teaching/candidates/{CLINIC}"
    offered = f'name="person" value="{1000 + POSITIVE}"'
    assert offered not in client.get(where).get_data(as_text=True)
    asked = client.get(f"{where}?sensitive=yes").get_data(as_text=True)
    assert offered in asked
    assert ">HIV<" in asked


def test_author_and_reviewer_see_what_stops_publication(clinic: World) -> None:
    case_id = draft_of(clinic, SEEN_ONCE)
    for client in (clinic.client("instructor"), as_colleague(clinic)):
        assert "Stops publication" in client.get(f"/cases/{case_id}").get_data(as_text=True)
        page = client.get(f"/teaching/cases/{case_id}/gate").get_data(as_text=True)
        assert "fewer than 3 dated contacts" in page
        assert "Choose a record that goes on for longer" in page


def test_a_case_that_something_stops_is_not_published_and_stays_in_review(clinic: World) -> None:
    case_id = draft_of(clinic, SEEN_ONCE)
    colleague = as_colleague(clinic)
    where = f"/teaching/cases/{case_id}/gate"
    assert "Nobody signs what the program stops" in colleague.get(where).get_data(as_text=True)
    rated = dict.fromkeys(ATTRIBUTES, 4)
    post(colleague, f"{where}/sign", where, kind="clinical", **rated)
    assert "B4-contacts at contacts" in colleague.get(where).get_data(as_text=True)
    post(colleague, f"{where}/publish", where)
    assert state_of(clinic, case_id) == "review"


def test_a_title_that_names_the_diagnosis_stops_publication(clinic: World) -> None:
    case_id = draft_first(clinic)
    author = clinic.actors["instructor"]
    with clinic.database.writing() as session:
        case_service.rename(session, author, case_id, "A man with hypertensive disorder")
        case_review.submit(session, author, case_id)
    with pytest.raises(CaseCheckFailed, match="B3-title"), clinic.database.writing() as session:
        case_review.publish(session, clinic.actors["colleague"], case_id, release_of(clinic))
    assert state_of(clinic, case_id) == "review"


def test_a_sensitive_category_needs_the_reviewers_opt_in_with_a_reason(clinic: World) -> None:
    case_id = draft_of(clinic, POSITIVE)
    with clinic.database.writing() as session:
        row = case_service.get_case(session, clinic.actors["colleague"], case_id)
        stops = case_service.findings(clinic.actors["colleague"], row)
    assert "HIV" in {one.where for one in stops if one.code == SENSITIVE}
    others = {one.code for one in stops if one.severity == "stop"} - {SENSITIVE}
    assert others == {"C1-holism"}


def test_an_opt_in_is_of_the_privacy_reviewer_and_is_audited_with_its_category(
    clinic: World,
) -> None:
    case_id = draft_of(clinic, HOLISTIC)
    guardian = clinic.client()
    sign_in(guardian, "guardian@example.org")
    where = f"/teaching/cases/{case_id}/gate"
    assert 'value="HIV"' in guardian.get(where).get_data(as_text=True)
    post(guardian, f"{where}/sign", where, kind="privacy")
    assert "F2-sensitive at HIV" in guardian.get(where).get_data(as_text=True)
    answer = post(guardian, f"{where}/sign", where, kind="privacy", opted_in="HIV", note="kept")
    assert answer.status_code == 400
    assert "Give the reason" in answer.get_data(as_text=True)
    assert ">kept</textarea>" in answer.get_data(as_text=True)
    reason = "The module is about living with HIV."
    post(guardian, f"{where}/sign", where, kind="privacy", opted_in="HIV", reason=reason)
    colleague = as_colleague(clinic)
    post(colleague, f"{where}/sign", where, kind="clinical", **dict.fromkeys(ATTRIBUTES, 3))
    post(colleague, f"{where}/publish", where)
    assert state_of(clinic, case_id) == "published"
    with clinic.database.reading() as session:
        query = select(AuditRow).where(AuditRow.action == "case.published")
        assert session.scalars(query).one().detail["opted_in"] == ["HIV"]
        version = case_versions.version(session, clinic.actors["colleague"], case_id, 1)
        kept = {one["kind"]: one["opted_in"] for one in version.report["signatures"]}
        assert kept == {"clinical": {}, "privacy": {"HIV": reason}}


def test_two_people_sign_and_neither_is_the_author(clinic: World) -> None:
    case_id = draft_of(clinic, 3)
    release, people = release_of(clinic), clinic.actors
    rated = dict.fromkeys(ATTRIBUTES, 3)

    def sign(who: str, kind: str) -> None:
        with clinic.database.writing() as session:
            case_review.sign(session, people[who], case_id, kind, release, ratings=rated)

    with pytest.raises(CaseCheckFailed, match="F1-measured"), clinic.database.writing() as session:
        case_review.publish(session, people["colleague"], case_id, None)
    with pytest.raises(PermissionDenied):
        sign("instructor", "clinical")
    sign("colleague", "clinical")
    with pytest.raises(PermissionDenied):
        sign("colleague", "privacy")
    with pytest.raises(NotNow):
        sign("guardian", "clinical")
    with pytest.raises(CaseCheckFailed, match="F3-privacy"), clinic.database.writing() as session:
        case_review.publish(session, people["colleague"], case_id, release)
    sign("guardian", "privacy")
    with clinic.database.writing() as session:
        case_review.publish(session, people["guardian"], case_id, release)
    assert state_of(clinic, case_id) == "published"


def test_a_low_rating_stops_a_case_and_a_change_voids_the_signatures(clinic: World) -> None:
    case_id = draft_of(clinic, 3)
    signed_by_two(clinic, case_id, rating=2)
    author, colleague = clinic.actors["instructor"], clinic.actors["colleague"]
    with pytest.raises(CaseCheckFailed, match="H1-rating"), clinic.database.writing() as session:
        case_review.publish(session, colleague, case_id, release_of(clinic))
    with clinic.database.writing() as session:
        case_review.send_back(session, author, case_id, "one more word")
        case_service.rename(session, author, case_id, "A man who came often")
        case_review.submit(session, author, case_id)
    refused = pytest.raises(CaseCheckFailed, match="F3-clinical at clinical reviewer; F3-privacy")
    with refused, clinic.database.writing() as session:
        case_review.publish(session, colleague, case_id, release_of(clinic))
    page = as_colleague(clinic).get(f"/teaching/cases/{case_id}/gate").get_data(as_text=True)
    assert "the signature is void: the case was changed after it" in page


def test_a_published_case_is_revised_by_a_draft_that_becomes_its_next_version(
    clinic: World,
) -> None:
    case_id = published(clinic)
    shown(clinic, case_id)
    author, colleague = clinic.actors["instructor"], clinic.actors["colleague"]
    client = clinic.client("instructor")
    history = f"/teaching/cases/{case_id}/versions"
    answer = post(client, f"/teaching/cases/{case_id}/revise", history)
    draft_id = int(answer.headers["Location"].rsplit("/", 1)[1])
    with pytest.raises(NotNow), clinic.database.writing() as session:
        case_versions.revise(session, author, case_id)
    with clinic.database.writing() as session:
        before = case_service.get_case(session, author, case_id).title
        case_service.rename(session, author, draft_id, "Seen again and again")
        case_review.submit(session, author, draft_id)
    # Students keep what is published until the draft has passed.
    student = clinic.client("student")
    assert before in student.get(f"/cases/{case_id}").get_data(as_text=True)
    assert student.get(f"/cases/{draft_id}").status_code == 404
    signed_by_two(clinic, draft_id)
    with clinic.database.writing() as session:
        case_review.publish(session, colleague, draft_id, release_of(clinic))
    assert "Seen again and again" in student.get(f"/cases/{case_id}").get_data(as_text=True)
    with clinic.database.reading() as session:
        newer, older = case_versions.versions(session, colleague, case_id)
        assert (older.number, older.title) == (1, before)
        assert (newer.number, newer.title) == (2, "Seen again and again")
        assert [one.part for one in case_versions.compare(older, newer)] == ["title"]
    assert state_of(clinic, draft_id) == "merged"
    page = client.get(f"{history}?from=1&to=2").get_data(as_text=True)
    assert "What differs between version 1 and version 2" in page


def test_a_version_keeps_its_report_with_the_risk_sheet_and_cannot_be_changed(
    clinic: World,
) -> None:
    case_id = published(clinic)
    with clinic.database.reading() as session:
        version = case_versions.version(session, clinic.actors["colleague"], case_id, 1)
        report = version.report
    assert report["gate"]["risk"]["people"] == 20
    assert {row["status"] for row in report["gate"]["rows"]} <= {"passed", "not asked"}
    page = clinic.client("instructor").get(f"/teaching/cases/{case_id}/versions/1")
    assert "Counted over the whole release" in page.get_data(as_text=True)
    assert "Gus" in page.get_data(as_text=True)
    with pytest.raises(DatabaseError), clinic.database.writing() as session:
        session.execute(text("UPDATE case_version SET title = 'x'"))
    with pytest.raises(DatabaseError), clinic.database.writing() as session:
        session.execute(text("DELETE FROM case_signature"))


def test_a_withdrawal_hides_a_set_that_is_left_empty_and_tells_its_owner(clinic: World) -> None:
    case_id = published(clinic)
    shown(clinic, case_id)
    with clinic.database.writing() as session:
        case_versions.withdraw(session, clinic.actors["colleague"], case_id, "consent withdrawn")
    page = clinic.client("instructor").get("/teaching/").get_data(as_text=True)
    assert "This set has lost 1 case" in page
    assert "consent withdrawn" in page
    assert clinic.client("student").get("/cases/sets/1").status_code == 404


def test_an_author_may_take_a_case_back_and_says_why(clinic: World) -> None:
    case_id = draft_of(clinic, 3)
    author = clinic.actors["instructor"]
    with pytest.raises(TransitionRefused), clinic.database.writing() as session:
        case_review.send_back(session, author, case_id, " ")
    with clinic.database.writing() as session:
        case_review.send_back(session, author, case_id, "the title gives it away")
    assert state_of(clinic, case_id) == "draft"


def test_a_withdrawal_has_a_reason_and_is_for_good(clinic: World) -> None:
    case_id = published(clinic)
    colleague = clinic.actors["colleague"]
    with pytest.raises(TransitionRefused), clinic.database.writing() as session:
        case_versions.withdraw(session, colleague, case_id, "")
    with clinic.database.writing() as session:
        case_versions.withdraw(session, colleague, case_id, "consent withdrawn")
    with clinic.database.reading() as session:
        row = case_service.get_case(session, colleague, case_id)
        assert case_service.actions(colleague, row) == ()


def test_objective_findings_are_shown_in_groups(clinic: World) -> None:
    case_id = published(clinic)
    page = clinic.client("instructor").get(f"/cases/{case_id}").get_data(as_text=True)
    assert "<strong>Vital signs</strong>" in page
    assert '<span class="finding">Systolic blood pressure: 152 mmHg' in page


def test_a_case_goes_from_a_record_to_a_student(clinic: World) -> None:
    case_id = draft_first(clinic)
    where = f"/cases/{case_id}"
    instructor = clinic.client("instructor")
    post(instructor, f"/teaching/cases/{case_id}/submit", where)
    colleague = clinic.client()
    sign_in(colleague, "colleague@example.org")
    gate = f"/teaching/cases/{case_id}/gate"
    post(colleague, f"{gate}/sign", gate, kind="clinical", **dict.fromkeys(ATTRIBUTES, 3))
    guardian = clinic.client()
    sign_in(guardian, "guardian@example.org")
    post(guardian, f"{gate}/sign", gate, kind="privacy")
    post(colleague, f"{gate}/publish", gate)
    post(instructor, "/teaching/sets", "/teaching/", title="Week 1")
    post(instructor, "/teaching/sets/1/cases", "/teaching/", case=case_id)
    post(instructor, "/teaching/sets/1/visibility", "/teaching/", visible="yes")

    student = clinic.client("student")
    assert where in student.get("/cases/").get_data(as_text=True)
    page = student.get(where).get_data(as_text=True)
    for part in ("Background", "Problem list", "Hypertensive disorder", "Contacts", "Timeline"):
        assert part in page
    assert "<svg" in page
    assert "Timeline as a table" in page


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
    one = student.get(f"/cases/{case_id}?problem=2").get_data(as_text=True)
    assert one.count('class="panel contact"') < everything.count('class="panel contact"')
    assert "Only what belongs to this problem" in one
    assert student.get(f"/cases/{case_id}?problem=99").status_code == 404


@pytest.mark.parametrize("state", ["draft", "review", "published but in no set"])
def test_students_see_only_what_is_published_and_shown(clinic: World, state: str) -> None:
    case_id = published(clinic) if "published" in state else draft_first(clinic)
    if state == "review":
        with clinic.database.writing() as session:
            case_review.submit(session, clinic.actors["instructor"], case_id)
    student = clinic.client("student")
    assert student.get(f"/cases/{case_id}").status_code == 404
    assert f"/cases/{case_id}" not in student.get("/cases/").get_data(as_text=True)


def test_nobody_publishes_a_case_of_their_own(clinic: World) -> None:
    case_id = draft_first(clinic)
    author = clinic.actors["instructor"]
    with clinic.database.writing() as session:
        case_review.submit(session, author, case_id)
    with pytest.raises(PermissionDenied), clinic.database.writing() as session:
        case_review.publish(session, author, case_id, release_of(clinic))


def test_a_withdrawn_case_is_gone_from_the_students_set(clinic: World) -> None:
    case_id = published(clinic)
    shown(clinic, case_id)
    with clinic.database.writing() as session:
        case_versions.withdraw(session, clinic.actors["colleague"], case_id, "consent withdrawn")
    student = clinic.client("student")
    assert student.get(f"/cases/{case_id}").status_code == 404
    assert f"/cases/{case_id}" not in student.get("/cases/").get_data(as_text=True)


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


def test_the_desk_offers_each_person_their_own_next_step(clinic: World) -> None:
    handed_over = draft_of(clinic, 3)
    mine = clinic.client("instructor").get("/teaching/").get_data(as_text=True)
    assert "waits for a colleague" in mine
    theirs = as_colleague(clinic).get("/teaching/").get_data(as_text=True)
    assert (
        f'<a class="btn btn-sm btn-primary" href="/teaching/cases/{handed_over}/gate">Review'
        in theirs
    )
