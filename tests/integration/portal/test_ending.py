"""The end of access, seen from the portal, from the folder and from the lab, by a clock."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.audit import verify_chain
from app.db.models import AuditRow, Job, Notification
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.services.renewals import ask_renewal, refuse_renewal
from app.services.transitions import transition
from app.services.workflow import State
from app.worker.loop import run_once
from app.worker.queue import take_job
from app.worker.workshop import Workshop
from cohorts import open_project
from cohorts.access import ENDED_FOLDER
from cohorts.errors import AccessExpired
from cohorts.project import list_projects
from tests.integration.portal.test_worker import extract_folder
from tests.integration.portal.world import LATER, World, copy_world, make_world, post, workshop_of

DELIVERED = 1


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with one request whose extract was delivered, to be used until LATER."""
    made = make_world(tmp_path_factory.mktemp("delivered"))
    assert made.request_in(State.APPROVED) == DELIVERED
    run_once(workshop_of(made))
    made.database.close()
    return made


@pytest.fixture
def world(pattern: World, tmp_path: Path) -> World:
    """A copy of that world."""
    return copy_world(pattern, tmp_path)


@pytest.fixture
def workshop(world: World) -> Workshop:
    """A worker's tools for the world."""
    return workshop_of(world)


@pytest.fixture
def delivered(world: World) -> int:
    """Id of the request."""
    return DELIVERED


def on(workshop: Workshop, day: date) -> Workshop:
    """The same worker on another day."""
    return replace(workshop, today=lambda: day)


def project_folder(world: World) -> Path:
    return world.settings.project_root / "pressure"


def actions(world: World) -> list[str]:
    with world.database.reading() as session:
        assert verify_chain(session).intact
        rows = select(AuditRow.action).where(AuditRow.object_kind == "request")
        return list(session.scalars(rows.order_by(AuditRow.id)))


def ask(world: World, request_id: int, until: date, reason: str = "Reviewers ask more.") -> None:
    version = world.read_request(request_id).version
    with world.database.writing() as session:
        who, today = world.actors["researcher"], world.surroundings.today
        ask_renewal(session, who, request_id, version, until, reason, today)


def step(world: World, request_id: int, name: str, reason: str = "", who: str = "steward") -> None:
    version = world.read_request(request_id).version
    with world.database.writing() as session:
        around = world.surroundings
        transition(session, world.actors[who], request_id, name, version, around, reason)


def test_the_last_day_is_open_and_the_day_after_closed_everywhere(
    world: World, workshop: Workshop, delivered: int
) -> None:
    folder = project_folder(world)
    run_once(on(workshop, LATER))
    assert world.read_request(delivered).state == State.ACTIVE
    project = open_project(folder)
    assert len(project.table("person")) == 30

    run_once(on(workshop, LATER + timedelta(days=1)))
    assert world.read_request(delivered).state == State.EXPIRED
    assert not extract_folder(world, delivered).exists()
    with pytest.raises(AccessExpired, match=f"ended on {LATER}; ask for a renewal"):
        project.table("person")  # opened before
    with pytest.raises(AccessExpired, match=f"ended on {LATER}"):
        open_project(folder)
    with pytest.raises(AccessExpired, match=f"ended on {LATER}"):
        open_project(folder, f"request-{delivered}")
    page = world.client("researcher").get(f"/requests/{delivered}").get_data(as_text=True)
    assert "carecommons lab" not in page
    assert actions(world)[-2:] == ["request.expire", "extract.hidden"]


def test_what_has_ended_lies_outside_the_project_where_only_its_owner_can_enter(
    world: World, workshop: Workshop, delivered: int
) -> None:
    run_once(on(workshop, LATER + timedelta(days=1)))
    ended = world.settings.project_root / ENDED_FOLDER
    assert stat.S_IMODE(ended.stat().st_mode) == 0o700
    assert (ended / "pressure" / f"request-{delivered}" / "manifest.json").exists()
    assert list((project_folder(world) / "extracts").iterdir()) == []
    assert list_projects(world.settings.project_root) == []


def test_what_is_not_renewed_in_time_is_deleted_and_the_log_has_its_hash(
    world: World, workshop: Workshop, delivered: int
) -> None:
    run_once(on(workshop, LATER + timedelta(days=1)))
    run_once(on(workshop, LATER + timedelta(days=30)))
    assert world.read_request(delivered).state == State.EXPIRED
    run_once(on(workshop, LATER + timedelta(days=31)))
    assert world.read_request(delivered).state == State.CLOSED
    ended = world.settings.project_root / ENDED_FOLDER / "pressure"
    assert list(ended.iterdir()) == []
    with world.database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.object_id == str(delivered))).all()
    details = {row.action: row.detail for row in rows}
    assert details["extract.deleted"] == details["extract.hidden"]
    assert len(details["extract.deleted"]["manifest_sha256"]) == 64


def test_a_revoked_extract_is_deleted_at_once_and_the_lab_says_so(
    world: World, workshop: Workshop, delivered: int
) -> None:
    project = open_project(project_folder(world))
    step(world, delivered, "revoke", "The ethics vote ended.")
    run_once(workshop)
    assert world.read_request(delivered).state == State.REVOKED
    assert list((project_folder(world) / "extracts").iterdir()) == []
    with pytest.raises(AccessExpired, match="was revoked"):
        project.sql("SELECT 1")
    with pytest.raises(AccessExpired, match="was revoked"):
        open_project(project_folder(world))
    assert actions(world)[-2:] == ["request.revoke", "extract.deleted"]
    with pytest.raises(TransitionRefused, match="no extract that could be renewed"):
        ask(world, delivered, LATER + timedelta(days=9))


def test_a_renewal_is_asked_granted_and_opens_the_hidden_extract_again(
    world: World, workshop: Workshop, delivered: int
) -> None:
    run_once(on(workshop, LATER + timedelta(days=1)))
    later = LATER + timedelta(days=100)
    where = f"/requests/{delivered}"
    post(
        world.client("researcher"),
        f"{where}/renewal",
        where,
        until=later.isoformat(),
        reason="Reviewers ask more.",
    )
    steward = world.client("steward")
    assert "Reviewers ask more." in steward.get(where).get_data(as_text=True)
    assert "Renewal asked" in steward.get("/review/").get_data(as_text=True)
    post(steward, f"{where}/steps/renew", where)
    run_once(on(workshop, LATER + timedelta(days=2)))
    renewed = world.read_request(delivered)
    assert (renewed.state, renewed.end_date) == (State.ACTIVE, later)
    assert open_project(project_folder(world)).about.expires_on == later.isoformat()
    assert actions(world)[-2:] == ["request.renew", "extract.opened"]
    run_once(on(workshop, later + timedelta(days=1)))
    assert world.read_request(delivered).state == State.EXPIRED


def test_a_renewal_in_time_leaves_no_gap(world: World, workshop: Workshop, delivered: int) -> None:
    later = LATER + timedelta(days=100)
    ask(world, delivered, later)
    step(world, delivered, "renew")
    run_once(on(workshop, LATER + timedelta(days=50)))
    assert open_project(project_folder(world)).about.expires_on == later.isoformat()


def test_a_refused_renewal_changes_nothing_and_tells_why(
    world: World, workshop: Workshop, delivered: int
) -> None:
    ask(world, delivered, LATER + timedelta(days=100))
    where = f"/requests/{delivered}"
    post(world.client("steward"), f"{where}/renewal/refuse", where, reason="The paper is out.")
    kept = world.read_request(delivered)
    assert (kept.end_date, kept.renewal_until, kept.state) == (LATER, None, State.ACTIVE)
    page = world.client("researcher").get(where).get_data(as_text=True)
    assert "The paper is out." in page


@pytest.mark.parametrize(
    ("until", "reason"),
    [(LATER, "x"), (LATER - timedelta(days=3), "x"), (LATER + timedelta(days=9), " ")],
)
def test_a_renewal_to_no_later_day_or_without_a_reason_is_not_taken(
    world: World, delivered: int, until: date, reason: str
) -> None:
    with pytest.raises(BadInput):
        ask(world, delivered, until, reason)
    assert world.read_request(delivered).renewal_until is None


def test_nobody_renews_for_their_own_project(world: World, delivered: int) -> None:
    ask(world, delivered, LATER + timedelta(days=9))
    with pytest.raises(PermissionDenied):
        step(world, delivered, "renew", who="researcher")
    version = world.read_request(delivered).version
    with pytest.raises(PermissionDenied), world.database.writing() as session:
        refuse_renewal(session, world.actors["researcher"], delivered, version, "x")
    with pytest.raises(NotFound):
        step(world, delivered, "renew", who="outsider")


def test_the_project_is_reminded_once_for_each_mark(
    world: World, workshop: Workshop, delivered: int
) -> None:
    for left in (40, 30, 29, 14, 3, 0):
        run_once(on(workshop, LATER - timedelta(days=left)))
    with world.database.reading() as session:
        texts = session.scalars(
            select(Notification.text).where(Notification.text.contains("reminder"))
        ).all()
    assert [text.split("reminder ")[1].split(" days")[0] for text in texts] == ["30", "14", "3"]


def test_a_removal_that_was_cut_off_is_finished_and_refused_meanwhile(
    world: World, workshop: Workshop, delivered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    step(world, delivered, "revoke", "The ethics vote ended.")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cohorts.access.os.rename", stop)
        with pytest.raises(KeyboardInterrupt):
            run_once(workshop)
    assert extract_folder(world, delivered).exists()
    with pytest.raises(AccessExpired, match="was revoked"):
        open_project(project_folder(world))
    with world.database.writing() as session:
        for job in session.scalars(select(Job).where(Job.state == "running")):
            job.lease_until = utc_now() - timedelta(seconds=1)
    run_once(workshop)
    assert not extract_folder(world, delivered).exists()


def test_an_unreadable_access_record_refuses(world: World, delivered: int) -> None:
    folder = project_folder(world)
    (folder / "access").mkdir()
    record = folder / "access" / f"request-{delivered}.json"
    for damaged in ("", "{}", json.dumps({"state": "forgotten", "expires_on": ""})):
        record.write_text(damaged)
        with pytest.raises(AccessExpired, match="unreadable"):
            open_project(folder)


def test_a_job_for_a_request_that_was_renewed_meanwhile_hides_nothing(
    world: World, workshop: Workshop, delivered: int
) -> None:
    with world.database.writing() as session:
        session.add(Job(kind="remove_extract", payload={"request": delivered}))
    run_once(workshop)
    assert extract_folder(world, delivered).exists()
    assert take_job(world.database, "anybody") is None
