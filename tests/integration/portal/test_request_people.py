"""Training, agreement, ethics approval: without them nobody reaches data; lapsing ends it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.agreements import agreement
from app.audit import verify_chain
from app.db.models import AuditRow, DataRequest, Notification, TrainingCertificate
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.services.agreements import sign
from app.services.lab import lab_of
from app.services.projects import add_member, get_project
from app.services.readiness import can_use
from app.services.requests import ethics_document
from app.services.training import add_certificate, decide_certificate
from app.services.transitions import transition
from app.services.workflow import State
from app.worker.loop import run_once
from app.worker.workshop import Workshop
from cohorts import open_project
from cohorts.errors import AccessExpired
from deid.keys import Keyring
from tests.integration.portal.test_worker import extract_folder, workshop_of
from tests.integration.portal.world import (
    DOCUMENT,
    PASSWORD,
    World,
    copy_world,
    make_world,
    post,
    take_file,
)

DELIVERED = 1


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("people"))
    with made.database.writing() as session:
        session.query(TrainingCertificate).update(
            {"expires_on": made.surroundings.today + timedelta(days=50)}
        )
    assert made.request_in(State.APPROVED) == DELIVERED
    run_once(workshop_of(made))
    made.database.close()
    return made


@pytest.fixture
def delivered(pattern: World, tmp_path: Path) -> World:
    """A world with a delivered request, whose researcher's training ends in 50 days."""
    return copy_world(pattern, tmp_path)


def worker(world: World, days: int = 0) -> Workshop:
    """The worker, so many days from now."""
    root = world.settings.project_root.parent
    day = world.surroundings.today + timedelta(days=days)
    return Workshop(
        world.database,
        Keyring.load(root / "keys" / "keyring.json"),
        world.settings.release_root,
        world.settings.project_root,
        world.settings.minimum_cell,
        today=lambda: day,
    )


def state_of(world: World, request_id: int = DELIVERED) -> str:
    return world.read_request(request_id).state


def usable(world: World, days: int = 0, who: str = "researcher") -> tuple[bool, bool]:
    """What the one answer says, and whether the lab offers the extract."""
    today = world.surroundings.today + timedelta(days=days)
    with world.database.reading() as session:
        actor = world.actors[who]
        request = session.get_one(DataRequest, DELIVERED)
        project = get_project(session, world.actors["researcher"], world.project_id)
        lab = lab_of(session, actor, project, today)
        return can_use(actor, request, today), bool(lab.extracts) and not lab.refusal


def test_lapsed_training_suspends_at_once_everywhere_and_a_new_certificate_opens_again(
    delivered: World,
) -> None:
    folder = delivered.settings.project_root / "pressure"
    run_once(worker(delivered, 50))
    assert state_of(delivered) == State.ACTIVE
    assert usable(delivered, 50) == (True, True)
    assert usable(delivered, 51) == (False, False)  # also before a worker has come by
    run_once(worker(delivered, 51))
    assert state_of(delivered) == State.SUSPENDED
    assert not extract_folder(delivered, DELIVERED).exists()
    with pytest.raises(AccessExpired, match="suspended"):
        open_project(folder, f"request-{DELIVERED}")

    delivered.train("researcher")
    run_once(worker(delivered, 52))
    assert state_of(delivered) == State.ACTIVE
    assert usable(delivered, 52) == (True, True)
    assert len(open_project(folder).table("person")) == 30
    with delivered.database.reading() as session:
        assert verify_chain(session).intact
        rows = session.scalars(
            select(AuditRow.action).where(AuditRow.object_kind == "request").order_by(AuditRow.id)
        ).all()
    assert rows[-4:] == [
        "request.suspend",
        "extract.hidden",
        "request.resume",
        "extract.opened",
    ]


def test_what_an_upgrade_left_open_stays_so_for_its_grace_and_everybody_is_told_once(
    delivered: World,
) -> None:
    """Training ends after fifty days here; the grace of an upgrade lasts for sixty."""
    until = delivered.surroundings.today + timedelta(days=60)
    with delivered.database.writing() as session:
        session.get_one(DataRequest, DELIVERED).grace_until = until
    for day in (51, 55, 60):
        run_once(worker(delivered, day))
        assert state_of(delivered) == State.ACTIVE
        assert usable(delivered, day) == (True, True)
    with delivered.database.reading() as session:
        events = session.scalars(select(AuditRow).where(AuditRow.action == "request.grace_given"))
        assert [row.object_id for row in events] == [str(DELIVERED)]
        told = [one.text for one in session.scalars(select(Notification))]
        assert len([text for text in told if f"stays open until {until}" in text]) == 2
        assert verify_chain(session).intact
    assert usable(delivered, 61) == (False, False)
    run_once(worker(delivered, 61))
    assert state_of(delivered) == State.SUSPENDED


def test_what_is_suspended_expires_by_its_date_and_no_clock_opens_it(delivered: World) -> None:
    run_once(worker(delivered, 60))
    run_once(worker(delivered, 201))
    assert state_of(delivered) == State.EXPIRED
    delivered.train("researcher")
    run_once(worker(delivered, 0))
    assert state_of(delivered) == State.EXPIRED
    assert usable(delivered) == (False, False)


def test_who_joins_later_reaches_nothing_and_holds_up_nobody(delivered: World) -> None:
    with delivered.database.writing() as session:
        add_member(session, delivered.actors["researcher"], 1, "outsider@example.org")
    run_once(worker(delivered))
    assert state_of(delivered) == State.ACTIVE
    assert usable(delivered) == (True, True)
    assert usable(delivered, who="outsider") == (False, False)
    delivered.train("outsider")
    delivered.bind(DELIVERED, "outsider")
    assert usable(delivered, who="outsider") == (True, True)


def test_an_approval_waits_for_everybody_and_goes_on_by_itself(world: World) -> None:
    request_id = world.request_in(State.IN_REVIEW)
    with world.database.writing() as session:
        add_member(session, world.actors["researcher"], 1, "outsider@example.org")
        version = session.get_one(DataRequest, request_id).version
        steward, around = world.actors["steward"], world.surroundings
        transition(session, steward, request_id, "approve", version, around)
    workshop = workshop_of(world)
    assert run_once(workshop) == 0
    assert state_of(world, request_id) == State.APPROVED
    world.train("outsider")
    world.bind(request_id, "outsider")
    assert run_once(workshop) == 1
    assert state_of(world, request_id) == State.ACTIVE


def test_training_that_lapses_before_the_worker_begins_delivers_nothing(world: World) -> None:
    request_id = world.request_in(State.APPROVED)
    with world.database.writing() as session:
        session.query(TrainingCertificate).update({"state": "refused"})
    workshop = workshop_of(world)
    run_once(workshop)
    assert state_of(world, request_id) == State.APPROVED
    assert not extract_folder(world, request_id).exists()
    world.train("researcher")
    run_once(workshop)
    assert state_of(world, request_id) == State.ACTIVE


def test_a_certificate_is_given_verified_and_refused_in_the_pages(world: World) -> None:
    outsider, steward = world.client("outsider"), world.client("steward")
    today = world.surroundings.today
    form = {
        "kind": "privacy",
        "issuer": "A university",
        "issued_on": (today - timedelta(days=3)).isoformat(),
        "expires_on": (today + timedelta(days=300)).isoformat(),
    }
    wrong = post(
        outsider, "/training/", "/training/", **form, document=(io.BytesIO(b"<html>"), "a.pdf")
    )
    assert wrong.status_code == 400
    assert 'value="A university"' in wrong.get_data(as_text=True)
    for reason in ("verify", "refuse"):
        given = post(
            outsider, "/training/", "/training/", **form, document=(io.BytesIO(DOCUMENT), "a.pdf")
        )
        assert given.status_code == 302
        number = world_certificate(world)
        assert "Otto Outside" in steward.get("/training/review").get_data(as_text=True)
        answer = take_file(steward, "/training/review", f"/training/{number}/document")
        where = f"/training/{number}/decision"
        post(steward, where, "/training/review", decision=reason, reason="The name differs.")
    page = outsider.get("/training/").get_data(as_text=True)
    assert "verified" in page
    assert "The name differs." in page
    assert answer.data == DOCUMENT
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    stolen = answer.request.url
    assert world.client("researcher").get(stolen).headers["Location"] == "/training/"


def world_certificate(world: World) -> int:
    with world.database.reading() as session:
        query = select(TrainingCertificate.id).order_by(TrainingCertificate.id.desc())
        return session.scalars(query).first() or 0


def test_nobody_verifies_a_certificate_of_their_own_and_none_is_decided_twice(
    world: World,
) -> None:
    actor = world.actors["researcher"]
    both = replace(actor, roles=actor.roles | world.actors["steward"].roles)
    today = world.surroundings.today
    days = (today - timedelta(days=1), today + timedelta(days=1))
    with world.database.writing() as session:
        given = add_certificate(session, both, "privacy", "A", *days, DOCUMENT, today).id
        with pytest.raises(PermissionDenied):
            decide_certificate(session, both, given, True, "")
        decide_certificate(session, world.actors["steward"], given, True, "")
        with pytest.raises(TransitionRefused):
            decide_certificate(session, world.actors["steward"], given, False, "late")


@pytest.mark.parametrize(
    ("name", "password"), [("Somebody Else", PASSWORD), ("Otto Outside", "wrong"), ("", "")]
)
def test_a_signature_needs_the_persons_own_name_and_password(
    world: World, name: str, password: str
) -> None:
    request_id = world.request_in(State.DRAFT)
    today, actor = world.surroundings.today, world.actors["outsider"]
    with world.database.writing() as session:
        add_member(session, world.actors["researcher"], 1, "outsider@example.org")
        with pytest.raises(BadInput):
            sign(session, actor, request_id, agreement("1", "zh"), name, password, today)


def test_the_agreement_is_signed_in_the_page_once_and_by_members_only(world: World) -> None:
    where = f"/requests/{world.request_in(State.SUBMITTED)}/agreement"
    with world.database.writing() as session:
        add_member(session, world.actors["researcher"], 1, "outsider@example.org")
    client = world.client("outsider")
    page = client.get(f"{where}?language=zh").get_data(as_text=True)
    assert "数据使用协议" in page
    fields = {"agreement_version": "1", "language": "zh", "name": "otto  outside"}
    post(client, where, where, **fields, password=PASSWORD)
    request = where.removesuffix("/agreement")
    assert "version 1, zh" in client.get(request).get_data(as_text=True)
    assert "You signed version 1" in client.get(where).get_data(as_text=True)
    steward = world.client("steward")
    assert post(steward, where, request, **fields, password=PASSWORD).status_code == 403


def test_the_ethics_approval_is_opened_by_who_may_see_the_request_and_nobody_else(
    world: World,
) -> None:
    shown = f"/requests/{world.request_in(State.SUBMITTED)}"
    answer = take_file(world.client("steward"), shown, f"{shown}/ethics-approval")
    assert answer.data == DOCUMENT
    assert answer.headers["Content-Disposition"].startswith("attachment")
    outsider = world.client("outsider")
    assert outsider.get(answer.request.url).headers["Location"] == shown
    assert outsider.get(shown).status_code == 404
    draft = world.request_in(State.DRAFT)
    with world.database.writing() as session, pytest.raises(NotFound):
        ethics_document(session, world.actors["steward"], draft)


def test_an_unusable_file_is_told_and_everything_else_is_kept(world: World) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form = f"/requests/{request_id}/edit"
    post(
        researcher,
        form,
        form,
        purpose="Typed with care.",
        ethics_document=(io.BytesIO(b"GIF89a"), "approval.pdf"),
        then="submit",
    )
    page = researcher.get(form).get_data(as_text=True)
    assert "Only PDF and PNG" in page
    assert "Typed with care." in page


def test_the_form_is_kept_while_one_types_and_two_tabs_do_not_overwrite_each_other(
    world: World,
) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form, keep = f"/requests/{request_id}/edit", f"/requests/{request_id}/autosave"
    version = world.read_request(request_id).version
    kept = post(researcher, keep, form, purpose="Half a sen", ethics_expires="soon")
    assert kept.json is not None
    assert kept.json["version"] == version + 1
    assert kept.json["missing"]["part-ethics"] > 0
    assert "was not saved" in kept.json["problems"][0]
    late = post(researcher, keep, form, purpose="The other tab", version=version)
    assert late.status_code == 409
    assert world.read_request(request_id).purpose == "Half a sen"
