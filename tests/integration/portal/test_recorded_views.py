"""Every view of data writes an event, and every transaction that changes something governed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

import app
from app.db.models import AuditRow, Base
from app.portal import create_app
from app.portal.recording import IN_SERVICE, NO_DATA, RECORDED, Seen
from app.services.released import released
from app.services.workflow import State
from app.worker.loop import run_once
from cohorts.disclosure import DEFAULT_RULE
from tests.integration.portal.test_worker import workshop_of
from tests.integration.portal.world import RELEASE, World, post, take_file

SOURCES = Path(app.__file__).parent
EXEMPT = {
    "annotation": "a student's own notes",
    "attempt": "begun and ended with an event; in between its own history counts",
    "attempt_draft": "what is typed and not given",
    "attempt_event": "a history of its own that only grows",
    "audit_event": "the log",
    "audit_head": "what binds the log",
    "case_read": "a student's own mark",
    "cohort_draft": "one person's draft",
    "cohort_draft_step": "one person's draft",
    "counted_set": "the ledger behind cohort.counted",
    "job": "its wishes to cancel and to retry write events; how far it is does not",
    "lti_account": "made with the account, which writes user.created",
    "lti_grade": "sent, given up and requeued with an event",
    "lti_link": "made with the launch, which writes lti.launched",
    "lti_login": "a beginning of a launch, minutes long",
    "mail": "delivery of notices",
    "mail_choice": "one's own choice",
    "notification": "told with the change that it tells of",
    "role": "names of roles",
    "shown_lines": "the ledger behind cohort.characterised",
    "throttle": "counts of what is throttled",
    "worker_seen": "signs of life",
}
"""Tables that may change without an event, and why; every other one may not."""


def test_every_page_that_can_be_opened_says_whether_its_views_are_recorded(world: World) -> None:
    opened = {
        rule.endpoint
        for rule in create_app(world.settings, world.database).url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint != "security.static"
    }
    tables = (set(RECORDED), set(IN_SERVICE), set(NO_DATA))
    assert opened - set().union(*tables) == set()
    assert sum(map(len, tables)) == len(set().union(*tables))


def test_every_page_named_is_there(world: World) -> None:
    opened = {rule.endpoint for rule in create_app(world.settings).url_map.iter_rules()}
    assert {*RECORDED, *IN_SERVICE, *NO_DATA} - opened == set()


def test_the_events_that_services_write_are_written_somewhere() -> None:
    text = "".join(path.read_text() for path in SOURCES.glob("services/*.py"))
    for said in IN_SERVICE.values():
        action = said.split(" ")[0]
        kind, _, act = action.partition(".")
        assert f'"{action}"' in text or f'f"{kind}.' in text or f'"{act}"' in text, action


def views(world: World) -> list[tuple[str, str, str]]:
    with world.database.reading() as session:
        rows = session.execute(
            select(AuditRow.actor_name, AuditRow.action, AuditRow.object_id).order_by(AuditRow.id)
        )
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.mark.parametrize(
    ("role", "path", "action", "which"),
    [
        ("researcher", f"/releases/{RELEASE}", "release.viewed", RELEASE),
        ("instructor", f"/teaching/candidates/{RELEASE}", "release.records_searched", RELEASE),
        ("administrator", "/users", "user.listed", ""),
        ("steward", "/audit", "audit.viewed", ""),
    ],
)
def test_a_view_is_one_event_for_half_an_hour(
    world: World, role: str, path: str, action: str, which: str
) -> None:
    client = world.client(role)
    assert [client.get(path).status_code for _ in range(2)] == [200, 200]
    assert views(world).count((world.actors[role].name, action, which)) == 1


def test_a_definition_that_leaves_is_an_event_of_its_cohort(world: World) -> None:
    client, where = world.client("researcher"), "/cohorts/1/versions/1.json"
    for _ in range(2):
        assert take_file(client, "/cohorts/1", where).status_code == 200
    assert views(world).count((world.actors["researcher"].name, "cohort.exported", "1")) == 1


def test_what_was_refused_is_no_view(world: World) -> None:
    world.client("student").get(f"/releases/{RELEASE}")
    world.client("researcher").get("/releases/nowhere-v1")
    assert not [what for _, what, _ in views(world) if what == "release.viewed"]


def test_a_page_whose_view_cannot_be_recorded_is_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client("researcher")

    def fail(*given: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("app.portal.recording.record", fail)
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.get(f"/releases/{RELEASE}")
    assert answer.status_code == 500
    assert "person" not in answer.get_data(as_text=True)


def test_a_later_view_is_a_new_event_and_not_everything_is_remembered() -> None:
    seen = Seen(again_after=60)
    seen.keep((1, "a", "1"), 0)
    assert not seen.is_new((1, "a", "1"), 59)
    assert seen.is_new((1, "a", "1"), 60)
    assert seen.is_new((2, "a", "1"), 1)


def test_tables_that_need_no_event_are_named_with_a_reason_and_exist() -> None:
    assert set(EXEMPT) <= set(Base.metadata.tables)


@pytest.fixture
def silent_changes() -> Iterator[list[str]]:
    """Tables that a transaction of ours changed without an event; every commit is looked at."""
    found: list[str] = []

    def flushed(session: Session, context: object) -> None:
        changed = session.info.setdefault("changed", set())
        for thing in (*session.new, *session.dirty, *session.deleted):
            if session.is_modified(thing) or thing in session.deleted:
                changed.add(thing.__tablename__)

    def committed(session: Session) -> None:
        changed = session.info.pop("changed", set())
        governed = changed - set(EXEMPT)
        if governed and "audit_event" not in changed:
            found.extend(sorted(governed))

    event.listen(Session, "after_flush", flushed)
    event.listen(Session, "after_commit", committed)
    yield found
    event.remove(Session, "after_flush", flushed)
    event.remove(Session, "after_commit", committed)


def test_no_transaction_on_the_way_of_a_request_changes_anything_without_an_event(
    world: World, silent_changes: list[str]
) -> None:
    request_id = world.request_in(State.SUBMITTED)
    where = f"/requests/{request_id}"
    steward, researcher = world.client("steward"), world.client("researcher")
    administrator = world.client("administrator")
    post(researcher, f"{where}/comments", where, comment="Thank you.")
    post(steward, f"{where}/steps/start", where)
    post(steward, f"{where}/steps/approve", where)
    workshop = workshop_of(world)
    run_once(workshop)
    post(researcher, f"{where}/renewal", where, until="2031-01-01", reason="Longer.")
    post(steward, f"{where}/steps/revoke", where, reason="The ethics vote ended.")
    run_once(workshop)
    post(researcher, "/projects/", "/projects/", code="further", title="Further")
    post(administrator, "/users/1/roles", "/users", role=["researcher", "student"])
    post(administrator, "/users/1/account", "/users", active="no")
    assert silent_changes == []


def test_what_was_released_is_told_in_counts_and_names_nobody(world: World) -> None:
    request_id = world.request_in(State.APPROVED)
    run_once(workshop_of(world))
    page = world.client("instructor").get("/released").get_data(as_text=True)
    assert "1 project received data of this release" in page
    assert "Hypertension" in page
    assert "health or medical or biomedical research" in page
    rows = world.read_request(request_id).extract_rows
    assert not re.search(rf">\s*{rows}\s*<", page)
    assert "50+" in page
    assert "Rita" not in page
    assert world.client("student").get("/released").status_code == 403


def test_before_the_first_delivery_nothing_was_released(world: World) -> None:
    world.request_in(State.APPROVED)
    with world.database.reading() as session:
        assert released(session, world.actors["steward"], DEFAULT_RULE) == []
