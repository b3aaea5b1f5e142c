"""Who may open what: every route is declared, and every role gets what its table says."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.permissions import Actor, Permission, Role
from app.portal import create_app
from app.portal.access import Open, declared_access, may_use
from tests.integration.portal.addresses import SIGNS_IN_OR_OUT, furnished, routes
from tests.integration.portal.world import (
    PASSWORD,
    RELEASE,
    World,
    post,
    sign_in,
    token_of,
)

# Pages between password and second factor: the library sends whoever is not there to sign-in.
BETWEEN_FACTORS = {
    f"security.{name}"
    for name in (
        "two_factor_setup",
        "two_factor_token_validation",
        "two_factor_rescue",
        "tf_select",
        "mf_recovery",
        "reset_password",  # with a link that opens nothing
    )
}
PUBLIC_FILES = {"catalogue.citation"}
"""Files about a release, that hold nobody's data; every other one is reached by a signed link."""
ROLES = [None, *(role.value for role in Role)]


@pytest.fixture(scope="module")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One world for the whole matrix, with an object of each kind."""
    return furnished(tmp_path_factory.mktemp("matrix")).world


def test_every_route_says_who_may_use_it(small_world: World) -> None:
    app = create_app(small_world.settings, small_world.database)
    silent = [
        endpoint
        for endpoint, _, _ in routes(app)
        if declared_access(endpoint) is None and endpoint != "security.static"
    ]
    assert silent == []


def test_a_route_that_says_nothing_is_closed_to_everybody(small_world: World) -> None:
    app = create_app(small_world.settings, small_world.database)
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    client = app.test_client()
    sign_in(client, "administrator@example.org")
    assert client.get("/forgotten").status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_every_route_opens_for_the_roles_that_it_names_and_no_other(
    small_world: World, role: str | None
) -> None:
    client = small_world.client(role)
    actor = small_world.actors[role] if role else None
    token = token_of(client.get("/account/" if role else "/sign-in").get_data(as_text=True))
    wrong = []
    for endpoint, method, address in routes(client.application):
        if endpoint in SIGNS_IN_OR_OUT:
            continue
        answer = client.open(address, method=method, data={"csrf_token": token})
        allowed = may_use(actor, declared_access(endpoint))
        refused = answer.status_code in (401, 403) or (
            answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
        )
        # A page that the role may open can still refuse one object to it; never the other way.
        if not allowed and not refused:
            wrong.append((endpoint, method, answer.status_code))
        if allowed and method == "GET" and answer.status_code >= 500:
            wrong.append((endpoint, method, answer.status_code))
        kept = "attachment" in answer.headers.get("Content-Disposition", "")
        if kept and method == "GET" and endpoint not in PUBLIC_FILES:
            wrong.append((endpoint, "file without a signed link", answer.status_code))
        if allowed and method == "GET" and refused and endpoint not in BETWEEN_FACTORS:
            wrong.append((endpoint, method, answer.status_code))
    assert wrong == []


def test_no_permission_is_without_a_role() -> None:
    from app.permissions import ROLE_PERMISSIONS

    assert frozenset().union(*ROLE_PERMISSIONS.values()) == frozenset(Permission)


def test_an_actor_without_roles_may_open_only_what_needs_none() -> None:
    nobody = Actor(7, "Nobody", frozenset())
    assert may_use(nobody, Open.SIGNED_IN)
    assert not any(may_use(nobody, permission) for permission in Permission)


def test_a_role_taken_away_counts_at_the_next_request(world: World) -> None:
    from app.permissions import COMMAND_LINE
    from app.services.accounts import get_user, set_roles

    steward = world.client("steward")
    assert steward.get("/review/").status_code == 200
    with world.database.writing() as session:
        set_roles(session, COMMAND_LINE, get_user(session, "steward@example.org"), [])
    assert steward.get("/review/").status_code == 403


def test_a_closed_account_is_signed_out_at_the_next_request(world: World) -> None:
    from app.permissions import COMMAND_LINE
    from app.services.accounts import get_user, set_active

    student = world.client("student")
    assert student.get("/cases/").status_code == 200
    with world.database.writing() as session:
        set_active(session, COMMAND_LINE, get_user(session, "student@example.org"), False)
    assert student.get("/cases/").status_code == 302
    assert sign_in(student, "student@example.org").status_code == 200  # the form again


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(world: World) -> None:
    answers = []
    for email in ("student@example.org", "nobody@example.org"):
        client = world.client()
        page = sign_in(client, email, "not the right password").get_data(as_text=True)
        answers.append(re.sub(r'value="[^"]*"', "", page))
    assert answers[0] == answers[1]


def test_sign_in_pauses_after_repeated_wrong_passwords(world: World) -> None:
    client = world.client()
    statuses = [
        sign_in(client, "student@example.org", "not the right password").status_code
        for _ in range(8)
    ]
    assert statuses[:6] == [200] * 6
    assert statuses[6:] == [429, 429]


def test_a_post_without_the_forms_token_is_refused(world: World) -> None:
    client = world.client("researcher")
    answer = client.post("/projects/", data={"code": "forged", "title": "Forged"})
    assert answer.status_code == 400
    assert "forged" not in client.get("/projects/").get_data(as_text=True)


def test_signing_out_ends_the_session(world: World) -> None:
    client = world.client("student")
    token = token_of(client.get("/").get_data(as_text=True))
    client.post("/sign-out", data={"csrf_token": token})
    assert client.get("/").status_code == 302


def test_a_copied_cookie_opens_nothing_after_signing_out(world: World) -> None:
    client, thief = world.client("student"), world.client()
    cookie = client.get_cookie("care_commons")
    assert cookie is not None
    thief.set_cookie("care_commons", cookie.value)
    assert thief.get("/").status_code == 200
    token = token_of(client.get("/").get_data(as_text=True))
    client.post("/sign-out", data={"csrf_token": token})
    assert thief.get("/").status_code == 302
    assert sign_in(client, "student@example.org").status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/cohorts/99999999999999999999",
        "/requests/9223372036854775808",
        "/releases/%2e%2e",
        "/releases/a%00b",
        "/releases/" + "a" * 3000,
        "/cohorts/1?release=a%00b",
    ],
)
def test_an_address_of_nothing_is_no_unforeseen_error(small_world: World, address: str) -> None:
    assert small_world.client("steward").get(address).status_code == 404


def test_the_audit_log_ends_where_its_pages_end(small_world: World) -> None:
    page = small_world.client("steward").get("/audit?page=99999999999999999999")
    assert page.status_code == 200


def test_an_idle_session_ends(world: World) -> None:
    client = world.client("student")
    client.application.config["PERMANENT_SESSION_LIFETIME"] = timedelta(seconds=1)
    assert client.get("/").status_code == 200
    time.sleep(2.1)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(("host", "secure"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_cookies_ask_for_tls_unless_only_this_machine_is_served(
    world: World, host: str, secure: bool
) -> None:
    app = create_app(replace(world.settings, host=host), world.database)
    cookie = sign_in_cookie(app)
    assert ("Secure" in cookie) == secure
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def sign_in_cookie(app: Flask) -> str:
    """The session cookie that the sign-in page sets."""
    return app.test_client().get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]


def test_signing_in_never_leads_to_another_site(world: World) -> None:
    client = world.client()
    token = token_of(client.get("/sign-in").get_data(as_text=True))
    data = {"email": "student@example.org", "password": PASSWORD, "csrf_token": token}
    answer = client.post("/sign-in?next=https://elsewhere.example/", data=data)
    assert "elsewhere" not in answer.headers.get("Location", "/")


def test_a_changed_password_works_and_the_old_one_does_not(world: World) -> None:
    client = world.client("student")
    new = "another invented password"
    post(
        client,
        "/account/password",
        "/account/password",
        password=PASSWORD,
        new_password=new,
        new_password_confirm=new,
    )
    assert sign_in(world.client(), "student@example.org").status_code == 200
    assert sign_in(world.client(), "student@example.org", new).status_code == 302
    log = world.client("auditor").get("/audit?action=password").get_data(as_text=True)
    assert "user.password_changed" in log


def test_pages_with_data_are_never_cached_and_carry_the_headers(world: World) -> None:
    client = world.client("researcher")
    for address in ("/", f"/releases/{RELEASE}", "/nowhere"):
        headers = client.get(address).headers
        assert headers["Cache-Control"] == "no-store", address
        policy = headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_no_template_holds_an_inline_style_or_script() -> None:
    folder = Path(__file__).parents[3] / "app" / "portal" / "templates"
    # A block of data is no script: the browser runs nothing in it.
    allowed = r"src=|type=\"application/ld\+json\""
    pattern = re.compile(
        rf"<script(?![^>]*(?:{allowed}))|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
    )
    guilty = [str(path.name) for path in folder.rglob("*.html") if pattern.search(path.read_text())]
    assert guilty == []


def test_pages_load_nothing_from_elsewhere(world: World) -> None:
    page = world.client("researcher").get("/").get_data(as_text=True)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_an_unforeseen_error_shows_a_number_and_nothing_of_its_text(world: World) -> None:
    app = create_app(world.settings, world.database)

    def fails() -> str:
        raise RuntimeError("Mary Planted, 12 Canary Road")

    app.add_url_rule("/fails", "system.fails", fails)
    from app.portal import access

    access._declared["system.fails"] = Open.EVERYBODY
    try:
        page = app.test_client().get("/fails")
    finally:
        del access._declared["system.fails"]
    assert page.status_code == 500
    assert "Planted" not in page.get_data(as_text=True)
    assert "Canary" not in page.get_data(as_text=True)
