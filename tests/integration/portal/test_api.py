"""The API: tokens and nothing else, scopes, what others see, edits, limits, recorded views."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from app.db.models import AuditRow
from app.permissions import COMMAND_LINE, Role
from app.portal import protection
from app.portal.api.description import address_of, description
from app.portal.api.operations import OPERATIONS
from app.services import accounts, case_sets
from app.services.workflow import State
from tests.integration.portal.api_calls import call, token
from tests.integration.portal.published_case import add_case
from tests.integration.portal.world import EXPRESSION, RELEASE, World, make_world

DEFINITION = json.loads(EXPRESSION)
PROBLEM = "application/problem+json"
# No scope is open to administrators, so that they have no token; the things are the researcher's.
OTHERS = ["outsider", *sorted({role.value for role in Role} - {"administrator", "researcher"})]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that no test of this module changes: a draft, two requests, a hidden set.

    Its first three tokens are the researcher's, whichever test makes others first.
    """
    world = make_world(tmp_path_factory.mktemp("api"))
    for scope in ("catalogue:read", "cohorts:read", "requests:read"):
        token(world, "researcher", scope)
    world.request_in(State.DRAFT)
    world.request_in(State.SUBMITTED)
    with world.database.writing() as session:
        case_sets.create_set(session, world.actors["instructor"], "A hidden set", "")
    body = {"project_id": world.project_id, "name": "A draft of mine", "expression": DEFINITION}
    made = call(world, token(world, "researcher"), "drafts", "POST", json=body)
    assert made.status_code == 201
    return world


def test_a_cookie_alone_is_refused(shared: World) -> None:
    client = shared.client("researcher")
    for one in OPERATIONS.values():
        address = "/api/v1" + re.sub(r"\{\w+\}", "1", address_of(one))
        answer = client.open(address, method=one.method)
        assert (answer.status_code, answer.content_type) == (401, PROBLEM), address
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_opens_no_page(shared: World) -> None:
    secret = token(shared, "researcher")
    headers = {"Authorization": f"Bearer {secret}"}
    assert shared.client().get("/cohorts/", headers=headers).status_code == 302


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer cct_unknown", "Basic abc", "Bearer \xff"])
def test_what_is_no_token_is_refused(shared: World, said: str) -> None:
    answer = shared.client().get("/api/v1/me", headers={"Authorization": said})
    assert answer.status_code == 401


def test_each_operation_opens_for_its_scope_and_no_other(shared: World) -> None:
    by_scope = {}
    for scope in {one.access.scope for one in OPERATIONS.values() if one.access.scope}:
        who = next(name for name in ("researcher", "student") if ("cases" not in scope
                   and "sets" not in scope) or name == "student")  # fmt: skip
        by_scope[scope] = token(shared, who, scope)
    for one in OPERATIONS.values():
        if one.method == "DELETE":
            continue
        address = re.sub(r"\{\w+\}", "999999", address_of(one))[1:]
        for scope, secret in by_scope.items():
            status = call(shared, secret, address, one.method).status_code
            refused = one.access.scope not in (None, scope)
            assert (status == 403) == refused, (one.name, scope, status)


def test_two_scopes_do_not_add_up_to_a_third(shared: World) -> None:
    secret = token(shared, "researcher", "cohorts:read", "requests:read")
    body = {"project_id": shared.project_id, "name": "x", "expression": DEFINITION}
    assert call(shared, secret, "drafts", "POST", json=body).status_code == 403


def test_a_token_ends_with_the_right_of_its_owner(world: World) -> None:
    secret = token(world, "researcher", "catalogue:read")
    assert call(world, secret, "releases").status_code == 200
    with world.database.writing() as session:
        user = accounts.get_user(session, "researcher@example.org")
        accounts.set_roles(session, COMMAND_LINE, user, [Role.STUDENT])
    assert call(world, secret, "releases").status_code == 403


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_sees_by_an_id_what_is_not_theirs(shared: World, who: str) -> None:
    secret = token(shared, who)
    for one in OPERATIONS.values():
        if "<int:" not in one.rule:
            continue
        for number in range(1, 4):
            address = re.sub(r"\{release\}", RELEASE, address_of(one)[1:])
            address = re.sub(r"\{\w+\}", str(number), address)
            more = {"headers": {"If-Match": '"1"'}, "json": {}} if one.matched else {}
            if one.body is not None:
                more["json"] = (
                    {"name": "x", "expression": DEFINITION} if one.method == "PUT" else {}
                )
            answer = call(shared, secret, address, one.method, **more)
            asked = who == "steward" and address == "requests/2"  # it was submitted
            assert asked or answer.status_code in (403, 404), (address, answer.status_code)
            text = answer.get_data(as_text=True)
            assert asked or not re.search("A draft of mine|Hypertension|hidden set", text)


@pytest.mark.parametrize("listed", ["cohorts", "drafts", "requests", "projects", "sets"])
def test_lists_hold_ones_own_only(shared: World, listed: str) -> None:
    who = "student" if listed == "sets" else "outsider"
    assert call(shared, token(shared, who), listed).json == {
        "items": [],
        "total": 0,
        "page": 1,
        "pages": 1,
    }


def test_a_case_with_a_lesson_is_met_in_an_attempt_only(world: World) -> None:
    case_id = add_case(world)
    secret = token(world, "instructor", "cases:read")
    assert [one["attempted"] for one in call(world, secret, "cases").json["items"]] == [True]
    answer = call(world, secret, f"cases/{case_id}")
    assert (answer.status_code, "case" in answer.json) == (409, False)


def test_a_draft_is_changed_in_the_state_that_was_read_and_becomes_a_version(world: World) -> None:
    secret = token(world, "researcher", "cohorts:write")
    began = call(world, secret, f"cohorts/{world.cohort_id}/draft", "POST")
    address = f"drafts/{began.json['id']}"
    changed = DEFINITION | {"InclusionRules": []}
    body = {"name": "Hypertension at any age", "expression": changed}
    assert call(world, secret, address, "PUT", json=body).status_code == 428
    seen = {"If-Match": began.headers["ETag"]}
    done = call(world, secret, address, "PUT", json=body, headers=seen)
    assert done.json["expression"] == changed
    late = call(world, secret, address, "PUT", json=body, headers=seen)
    assert (late.status_code, late.content_type) == (412, PROBLEM)
    now = {"If-Match": done.headers["ETag"]}
    kept = call(world, secret, f"{address}/version", "POST", json={"note": "all"}, headers=now)
    assert (kept.status_code, len(kept.json["versions"])) == (201, 2)
    assert kept.json["cohort"]["name"] == "Hypertension at any age"
    assert call(world, secret, address).status_code == 404


def test_counts_come_through_the_ledger_and_the_limit_of_the_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protection, "COUNTS_PER_PERSON", "3 per minute")
    secret = token(world, "researcher", "cohorts:read")
    address = f"cohorts/{world.cohort_id}/versions/1/counts/{RELEASE}"
    answer = call(world, secret, address, "POST")
    assert answer.json["people"] == {
        "shown": 30,
        "small": False,
        "minimum_cell": 11,
        "about": False,
    }
    page = f"/cohorts/{world.cohort_id}?release={RELEASE}"
    client = world.client("researcher")
    assert client.get(page).status_code == 200
    statuses = [call(world, secret, address, "POST").status_code for _ in range(2)]
    assert statuses == [200, 429]
    late = call(world, secret, address, "POST")
    assert 0 < int(late.headers["Retry-After"]) <= 60
    assert late.content_type == PROBLEM
    assert client.get(page).status_code == 429
    with world.database.reading() as session:
        counted = select(AuditRow.id).where(AuditRow.action == "cohort.counted")
        assert len(session.scalars(counted).all()) == 3


def test_views_of_programs_are_recorded_as_those_of_pages(world: World) -> None:
    secret = token(world, "researcher")
    for _ in range(2):
        assert call(world, secret, f"releases/{RELEASE}").status_code == 200
    with world.database.reading() as session:
        views = select(AuditRow.actor_name).where(AuditRow.action == "release.viewed")
        assert session.scalars(views).all() == [world.actors["researcher"].name]


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "nowhere", 404),
        ("GET", "cohorts/99999999999999999999", 404),
        ("PATCH", "cohorts", 405),
        ("GET", "cohorts?page=0", 400),
        ("GET", "cohorts?page=1&page=2", 400),
        ("GET", "cohorts?colour=red", 400),
    ],
)
def test_failures_are_problems_that_say_what_to_do(
    shared: World, method: str, address: str, status: int
) -> None:
    answer = call(shared, token(shared, "researcher", "cohorts:read"), address, method)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert answer.json["status"] == status
    assert answer.json["to_do"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"project_id": NaN}',
        b"[" * 5000,
        b'{"project_id": 1, "name": "\\u0000", "expression": {}}',
        b'{"project_id": 1, "name": "\\ud800", "expression": {}}',
        b'{"project_id": true, "name": "x", "expression": {}}',
        b'{"project_id": 1, "name": "x", "expression": {}, "owner": 2}',
    ],
)
def test_a_body_that_is_not_of_its_kind_changes_nothing(shared: World, body: bytes) -> None:
    secret = token(shared, "researcher", "cohorts:write")
    sent = {"data": body, "content_type": "application/json"}
    assert call(shared, secret, "drafts", "POST", **sent).status_code == 400
    assert call(shared, secret, "drafts").json["total"] == 1


def test_the_page_and_the_description_tell_every_operation(shared: World) -> None:
    page = shared.client().get("/api/").get_data(as_text=True)
    described = shared.client().get("/api/v1/openapi.json").json
    assert described == json.loads(json.dumps(description()))
    told = {one["operationId"] for path in described["paths"].values() for one in path.values()}
    assert told == set(OPERATIONS)
    assert all(f'id="{name}"' in page for name in OPERATIONS)
