"""Walks over all addresses: headers, form tokens, and objects of somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.db.models import Base
from app.portal import create_app
from app.portal.static_files import STATIC_ENDPOINTS
from app.services import case_sets
from app.services.workflow import State
from tests.integration.portal.test_access import SIGNS_IN_OR_OUT, routes
from tests.integration.portal.world import World, make_world, sign_in, token_of

SECURE = "https://localhost"
MARK = "Zebrafinch"
"""A word in the title of every object that is not the visitor's."""
# What a visit writes about the visitor and not about the object.
OF_THE_VISITOR = {"sign_in_session", "portal_user", "audit_event"}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One object of each kind, whose number is 1 and whose title holds the mark."""
    world = make_world(tmp_path_factory.mktemp("walk"), people=20, ill=12)
    with world.database.writing() as session:
        rows = {table.name: table for table in Base.metadata.sorted_tables}
        session.execute(rows["project"].update().values(title=f"{MARK} project"))
        session.execute(rows["cohort_definition"].update().values(name=f"{MARK} cohort"))
        case_sets.create_set(session, world.actors["instructor"], f"{MARK} set", "")
    number = world.request_in(State.SUBMITTED)
    with world.database.writing() as session:
        session.execute(rows["data_request"].update().values(title=f"{MARK} request"))
    assert number == world.project_id == world.cohort_id == 1
    yield world
    world.database.close()


def test_every_answer_carries_the_headers_and_only_static_files_are_kept(walked: World) -> None:
    client = walked.client("administrator")
    wrong = []
    for endpoint, method, address in routes(client.application):
        if endpoint in SIGNS_IN_OR_OUT:
            continue
        headers = client.open(address, method=method, base_url=SECURE).headers
        policy = headers.get("Content-Security-Policy", "")
        kept = {
            "policy": "default-src 'none'" in policy and "unsafe" not in policy,
            "nosniff": headers.get("X-Content-Type-Options") == "nosniff",
            "referrer": headers.get("Referrer-Policy") == "same-origin",
            "tls": headers.get("Strict-Transport-Security")
            == "max-age=31536000; includeSubDomains",
            "cache": endpoint in STATIC_ENDPOINTS or headers.get("Cache-Control") == "no-store",
            "type": "text/" not in headers["Content-Type"] or "charset" in headers["Content-Type"],
            "no other origin": "Access-Control-Allow-Origin" not in headers,
        }
        wrong += [(endpoint, method, name) for name, holds in kept.items() if not holds]
    assert wrong == []


def test_no_form_is_taken_without_its_token(walked: World) -> None:
    client = walked.client("administrator")
    before = _rows(walked)
    taken = [
        (endpoint, status)
        for endpoint, method, address in routes(client.application)
        if method == "POST" and not endpoint.startswith("lti.")
        if (status := client.post(address, data={"name": "forged"}).status_code) not in (400, 401)
    ]
    assert taken == []
    assert _rows(walked) == before


def test_the_owners_see_the_marked_objects(walked: World) -> None:
    seen = {role: _where_the_mark_is_seen(walked, role) for role in ("researcher", "instructor")}
    assert {"projects.show", "cohorts.show", "requests.show"} <= seen["researcher"]
    assert seen["instructor"]


@pytest.mark.parametrize("role", ["outsider", "student"])
def test_no_address_shows_somebody_elses_object(walked: World, role: str) -> None:
    assert _where_the_mark_is_seen(walked, role) == set()


def test_no_form_changes_somebody_elses_object(walked: World) -> None:
    client = walked.client("outsider")
    before = _rows(walked)
    token = token_of(client.get("/").get_data(as_text=True))
    sent = 0
    for endpoint, method, address in routes(client.application):
        if method == "POST" and "/1" in address and endpoint not in SIGNS_IN_OR_OUT:
            client.post(address, data={"csrf_token": token, "title": "taken", "name": "taken"})
            sent += 1
    assert sent > 50
    after = _rows(walked)
    assert {name: rows - after[name] for name, rows in before.items() if rows - after[name]} == {}


def test_where_people_come_from_elsewhere_the_cookie_is_of_this_host_by_tls_alone(
    walked: World,
) -> None:
    public = replace(walked.settings, public_address=SECURE)
    app = create_app(public, walked.database)
    cookie = app.test_client().get("/sign-in", base_url=SECURE).headers["Set-Cookie"]
    assert cookie.startswith("__Host-care_commons=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_signing_out_clears_what_the_browser_kept(walked: World) -> None:
    client = walked.client("student")
    token = token_of(client.get("/").get_data(as_text=True))
    answer = client.post("/sign-out", data={"csrf_token": token})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_trace_is_answered_by_no_page(walked: World) -> None:
    assert walked.client().open("/sign-in", method="TRACE").status_code == 405


def _where_the_mark_is_seen(world: World, who: str) -> set[str]:
    client = world.client()
    sign_in(client, f"{who}@example.org")
    return {
        endpoint
        for endpoint, method, address in routes(client.application)
        if method == "GET" and "/1" in address and endpoint not in SIGNS_IN_OR_OUT
        if MARK in client.get(address).get_data(as_text=True)
    }


def _rows(world: World) -> dict[str, set[str]]:
    with world.database.reading() as session:
        return {
            table.name: {repr(row) for row in session.execute(select(table))}
            for table in Base.metadata.sorted_tables
            if table.name not in OF_THE_VISITOR
        }
