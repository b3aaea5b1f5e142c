"""Walks over all addresses: headers, form tokens, sessions that last, steps that ask again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import app.portal
from app.permissions import COMMAND_LINE, Role
from app.portal import create_app
from app.portal.freshness import steps_that_ask_again
from app.portal.static_files import STATIC_ENDPOINTS
from app.services.accounts import get_user, set_roles
from tests.integration.portal.addresses import (
    SIGNS_IN_OR_OUT,
    Furnished,
    addresses,
    furnished,
    routes,
    rows_of,
)
from tests.integration.portal.test_tokens_and_sessions import stale
from tests.integration.portal.world import World, token_of

SECURE = "https://localhost"
ASKS_AGAIN: dict[str, set[str]] = {
    "account.end_other_sessions": set(),
    "account.end_session": set(),
    "account.make_token": set(),
    "administration.add": set(),
    "administration.invite": set(),
    "administration.set_active": set(),
    "administration.set_roles": set(),
    "administration.take_second_factor": set(),
    "outputs.decide": set(),
    "outputs.take": set(),
    "requests.step": {"approve", "renew"},
    "single_sign_on.begin_tie": set(),
}
"""Steps for which one shows again who one is; where only some steps do, these."""
LIBRARY_ASKS_AGAIN = {
    "security.mf_recovery_codes",
    "security.two_factor_setup",
    "security.wan_delete",
    "security.wan_register",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A world with an object of each kind, in which somebody has every role."""
    place = furnished(tmp_path_factory.mktemp("walk"))
    with place.world.database.writing() as session:
        set_roles(session, COMMAND_LINE, get_user(session, "outsider@example.org"), list(Role))
    with closing(place.world.database):
        yield place


@pytest.fixture(scope="module")
def walked(place: Furnished) -> World:
    """The same, for walks over addresses of what has number 1."""
    return place.world


def test_every_answer_carries_the_headers_and_only_static_files_are_kept(walked: World) -> None:
    client = walked.client("administrator")
    wrong = []
    for endpoint, method, address in routes(client.application):
        if endpoint in SIGNS_IN_OR_OUT:
            continue
        headers = client.open(address, method=method, base_url=SECURE).headers
        policy = headers.get("Content-Security-Policy", "")
        kept = {
            # A report of the engine, with styles of its own, is shown where nothing can run.
            "policy": "default-src 'none'" in policy
            and ("unsafe" not in policy or policy.endswith("; sandbox")),
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


def test_no_page_but_sign_out_ends_the_session_one_is_in(walked: World) -> None:
    client = walked.client("student")
    token = token_of(client.get("/account/").get_data(as_text=True))
    ended_by = []
    for endpoint, method, address in routes(client.application):
        if (
            endpoint.startswith(("security.", "single_sign_on."))
            and endpoint not in SIGNS_IN_OR_OUT
        ):
            client.open(address, method=method, data={"csrf_token": token})
            if client.get("/account/").status_code != 200:
                ended_by.append((endpoint, method))
                client = walked.client("student")
                token = token_of(client.get("/account/").get_data(as_text=True))
    assert ended_by == []


def test_no_form_is_taken_without_its_token(walked: World) -> None:
    client = walked.client("administrator")
    before = rows_of(walked)
    taken = [
        (endpoint, status)
        for endpoint, method, address in routes(client.application)
        if method == "POST" and not endpoint.startswith("lti.")
        if (status := client.post(address, data={"name": "forged"}).status_code) not in (400, 401)
    ]
    assert taken == []
    assert rows_of(walked) == before


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


def test_every_cookie_is_of_this_host_by_tls_alone_where_people_come_from_elsewhere(
    walked: World,
) -> None:
    """With that prefix a browser takes a cookie that is ``Secure`` and of all paths only."""
    client = create_app(replace(walked.settings, public_address=SECURE), walked.database)
    browser = client.test_client()
    token = token_of(browser.get("/sign-in", base_url=SECURE).get_data(as_text=True))
    choice = {"language": "zh", "theme": "dark", "csrf_token": token}
    answer = browser.post(
        "/preferences", data=choice, base_url=SECURE, headers={"Referer": f"{SECURE}/sign-in"}
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 3
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    page = browser.get("/sign-in", base_url=SECURE).get_data(as_text=True)
    assert '<html lang="zh-CN">' in page


def test_what_stands_in_the_address_is_never_taken_for_what_a_form_says(walked: World) -> None:
    client = walked.client("researcher")
    token = token_of(client.get("/projects/").get_data(as_text=True))
    before = rows_of(walked)
    client.post("/projects/?code=polluted&title=Polluted", data={"csrf_token": token})
    client.post(f"/projects/?csrf_token={token}", data={"code": "polluted", "title": "Polluted"})
    assert rows_of(walked) == before
    both = [
        str(path.name)
        for path in Path(app.portal.__file__).parent.rglob("*.py")
        if "request.values" in path.read_text(encoding="utf-8")
    ]
    assert both == ["lti.py"]  # a beginning of a launch comes either way, by its standard


def test_signing_out_clears_what_the_browser_kept(walked: World) -> None:
    client = walked.client("student")
    token = token_of(client.get("/").get_data(as_text=True))
    answer = client.post("/sign-out", data={"csrf_token": token})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_trace_is_answered_by_no_page(walked: World) -> None:
    assert walked.client().open("/sign-in", method="TRACE").status_code == 405


def test_the_steps_that_ask_again_are_these(walked: World) -> None:
    views = walked.client().application.view_functions
    marked = {name: steps_that_ask_again(view) for name, view in views.items()}
    assert {name: steps for name, steps in marked.items() if steps is not None} == ASKS_AGAIN


def test_each_of_them_asks_and_does_nothing_before_it_is_answered(place: Furnished) -> None:
    client = place.world.client("outsider")
    token = token_of(client.get("/account/security").get_data(as_text=True))
    stale(client)
    before, silent, asked = rows_of(place.world, but=()), [], set()
    for one in addresses(client.application, place.objects):
        if one.endpoint not in ASKS_AGAIN.keys() | LIBRARY_ASKS_AGAIN:
            continue
        asked.add(one.endpoint)
        paths = [one.path]
        if ASKS_AGAIN.get(one.endpoint):
            paths = [f"{one.path.rpartition('/')[0]}/{step}" for step in ASKS_AGAIN[one.endpoint]]
        for path in paths:
            if not _asks(client, path, one.method, token):
                silent.append((path, one.method))
    assert silent == []
    assert asked == ASKS_AGAIN.keys() | LIBRARY_ASKS_AGAIN
    assert rows_of(place.world, but=()) == before


def _asks(client: FlaskClient, path: str, method: str, token: str) -> bool:
    answer = client.open(path, method=method, data={"csrf_token": token, "role": "student"})
    page = answer.get_data(as_text=True)
    return "/account/confirm" in answer.headers.get("Location", "") or (
        "Confirm that it is you" in page
    )
