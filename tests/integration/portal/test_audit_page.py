"""The audit log as auditors read it: filters, order, export, each export an event itself."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from app.audit import AuditEvent, record
from app.permissions import COMMAND_LINE
from app.services.audit_log import AuditFilter, export_audit, read_audit
from app.services.workflow import State
from tests.integration.portal.world import World, make_world, post


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world in which a request was approved and something has the name of a formula."""
    world = make_world(tmp_path_factory.mktemp("audit"))
    world.request_in(State.APPROVED)
    with world.database.writing() as session:
        record(session, COMMAND_LINE, AuditEvent("thing.done", "thing", "=1+1"))
    return world


def found(world: World, **wanted: object) -> list[tuple[str, str, str]]:
    with world.database.reading() as session:
        log = read_audit(session, world.actors["steward"], AuditFilter(**wanted))  # type: ignore[arg-type]
    return [(row.actor_name, row.action, row.object_id) for row in log.rows]


def test_events_are_found_by_who_what_and_about_what(busy: World) -> None:
    assert {who for who, _, _ in found(busy, who="steward ex")} == {"Steward Example"}
    assert {what for _, what, _ in found(busy, action="request.approve")} == {"request.approve"}
    about = found(busy, kind="request", object_id="1")
    assert "request.submit" in {what for _, what, _ in about}
    assert {number for _, _, number in about} == {"1"}


def test_events_of_a_project_are_its_own_and_those_of_what_it_holds(busy: World) -> None:
    actions = {what for _, what, _ in found(busy, project=busy.project_id)}
    assert {"project.created", "request.approve", "cohort.version_added"} <= actions
    assert "user.created" not in actions
    assert found(busy, project=99) == []


def test_events_are_found_by_day(busy: World) -> None:
    today = busy.surroundings.today
    assert found(busy, since=today, until=today)
    assert found(busy, until=today.replace(year=today.year - 1)) == []


def test_a_day_that_is_none_is_told_beside_the_form_and_the_rest_is_kept(busy: World) -> None:
    page = busy.client("steward").get("/audit?since=yesterday&who=Rita").get_data(as_text=True)
    assert "A day looks like" in page
    assert 'value="Rita"' in page


def test_the_log_is_shown_in_the_order_asked_for(busy: World) -> None:
    client = busy.client("steward")
    oldest = client.get("/audit?sort=oldest").get_data(as_text=True)
    newest = client.get("/audit").get_data(as_text=True)
    first = '<th scope="row" class="num">1</th>'
    assert (first in oldest, first in newest) == (True, first in newest)
    assert oldest.index(first) < oldest.index('<th scope="row" class="num">2</th>')


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_export_holds_what_was_found_and_is_an_event_itself(busy: World, form: str) -> None:
    client = busy.client("steward")
    answer = post(client, "/audit/export", "/audit", format=form, action="request.")
    text = answer.get_data(as_text=True)
    if form == "csv":
        actions = [line["action"] for line in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))]
    else:
        actions = [json.loads(line)["action"] for line in text.splitlines()]
    assert "request.approve" in actions
    assert all(action.startswith("request.") for action in actions)
    who, what, _ = found(busy, action="audit.exported")[0]
    assert (who, what) == ("Steward Example", "audit.exported")


def test_no_cell_of_an_export_is_run_as_a_formula(busy: World) -> None:
    with busy.database.writing() as session:
        made = export_audit(session, busy.actors["steward"], AuditFilter(kind="thing"), "csv")
    (line,) = csv.DictReader(io.StringIO(made.lstrip("\ufeff")))
    assert line["object"] == "'=1+1"


def test_the_log_is_for_those_who_read_it(busy: World) -> None:
    for role in ("researcher", "student", "instructor"):
        client = busy.client(role)
        assert client.get("/audit").status_code == 403
        assert post(client, "/audit/export", "/notices/choice", format="csv").status_code == 403


def test_a_log_too_long_for_every_look_is_checked_from_its_end_and_whole_if_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path)
    monkeypatch.setattr("app.services.audit_log.CHECKED_AT_ONCE", 3)
    client = world.client("steward")
    assert "Check all events" in client.get("/audit").get_data(as_text=True)
    whole = client.get("/audit?check=whole").get_data(as_text=True)
    assert "no event was changed" in whole
