"""Tokens for programs, sessions that can be ended, pauses after failures, fresh sign-in."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.db.models import ApiToken, SignInSession
from app.errors import BadInput, NotFound, PermissionDenied
from app.permissions import COMMAND_LINE, Permission, Role
from app.services import accounts, tokens
from app.services.tokens import Scope, TokenRefused
from app.services.workflow import State
from tests.integration.portal.world import PASSWORD, World, post, sign_in, token_of

SOON = datetime.now(UTC).date() + timedelta(days=30)


def make(world: World, who: str, *scopes: str) -> str:
    with world.database.writing() as session:
        return tokens.make_token(session, world.actors[who], "notebook", scopes, SOON).secret


def test_a_token_does_what_its_owner_may_do_within_its_scopes(world: World) -> None:
    secret = make(world, "researcher", "catalogue:read")
    actor, scopes = tokens.actor_for(world.database, secret)
    assert scopes == {Scope.READ_CATALOGUE}
    assert actor.user_id == world.actors["researcher"].user_id
    assert actor.permissions == {Permission.SEE_CATALOGUE}
    with world.database.writing() as session:
        user = accounts.get_user(session, "researcher@example.org")
        accounts.set_roles(session, COMMAND_LINE, user, [Role.STUDENT])
    assert tokens.actor_for(world.database, secret)[0].permissions == frozenset()


def test_a_token_is_kept_as_a_hash_and_its_use_is_noted(world: World) -> None:
    secret = make(world, "researcher", "cohorts:read")
    tokens.actor_for(world.database, secret)
    with world.database.reading() as session:
        row = session.scalars(select(ApiToken)).one()
        assert secret not in {row.prefix, row.token_sha256}
        assert secret.startswith(row.prefix)
        assert row.used_at is not None


def test_a_token_that_ended_in_any_way_is_refused_in_the_same_words(world: World) -> None:
    closed, revoked, past = (make(world, "student", "cases:read") for _ in range(3))
    with world.database.writing() as session:
        rows = session.scalars(select(ApiToken).order_by(ApiToken.id)).all()
        tokens.revoke(session, world.actors["student"], rows[1].id)
        rows[2].expires_at = datetime.now(UTC) - timedelta(seconds=1)
        student = accounts.get_user(session, "student@example.org")
    said = set()
    for secret in (revoked, past, "cct_unknown", "", "\ud800"):
        with pytest.raises(TokenRefused) as refused:
            tokens.actor_for(world.database, secret)
        said.add(str(refused.value))
    tokens.actor_for(world.database, closed)
    with world.database.writing() as session:
        accounts.set_active(session, COMMAND_LINE, session.merge(student), False)
        accounts.set_active(session, COMMAND_LINE, session.merge(student), True)
    with pytest.raises(TokenRefused) as refused:
        tokens.actor_for(world.database, closed)  # opening the account again revives nothing
    assert said | {str(refused.value)} == said


@pytest.mark.parametrize(
    ("scopes", "days", "name"),
    [
        ([], 30, "a"),
        (["everything"], 30, "a"),
        (["audit:read"], 30, "a"),
        (["cases:read"], 367, "a"),
        (["cases:read"], -1, "a"),
        (["cases:read"], 30, "  "),
    ],
)
def test_a_token_beyond_rights_or_a_year_is_not_made(
    world: World, scopes: list[str], days: int, name: str
) -> None:
    last = datetime.now(UTC).date() + timedelta(days=days)
    with world.database.writing() as session, pytest.raises(BadInput):
        tokens.make_token(session, world.actors["student"], name, scopes, last)


def test_a_token_neither_makes_nor_ends_tokens_of_others(world: World) -> None:
    actor, _ = tokens.actor_for(world.database, make(world, "student", "cases:read"))
    with world.database.writing() as session:
        with pytest.raises(PermissionDenied):
            tokens.make_token(session, actor, "child", ["cases:read"], SOON)
        with pytest.raises(NotFound):
            tokens.revoke(session, world.actors["researcher"], 1)


def test_the_page_shows_a_token_once_and_keeps_what_was_typed(world: World) -> None:
    client = world.client("researcher")
    page = "/account/tokens"
    kept = post(client, page, page, name="my notebook", until="never", scope="catalogue:read")
    assert kept.status_code == 400
    assert 'value="my notebook"' in kept.get_data(as_text=True)
    shown = post(client, page, page, name="mine", until=SOON.isoformat(), scope="catalogue:read")
    secret = shown.get_data(as_text=True).split('value="cct_')[1].split('"')[0]
    listed = client.get(page).get_data(as_text=True)
    assert secret not in listed
    assert "mine" in listed
    post(client, "/account/tokens/1/revoke", page)
    with pytest.raises(TokenRefused):
        tokens.actor_for(world.database, "cct_" + secret)


def test_a_session_that_is_ended_elsewhere_dies_at_the_next_request(world: World) -> None:
    here, there = world.client("student"), world.client("student")
    page = here.get("/account/security").get_data(as_text=True)
    assert page.count("this one") == 1
    post(here, "/account/sessions/end-others", "/account/security")
    assert there.get("/cases/").status_code == 302
    assert here.get("/cases/").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(world: World) -> None:
    student, researcher = world.client("student"), world.client("researcher")
    assert post(researcher, "/account/sessions/1/end", "/account/security").status_code == 404
    assert student.get("/cases/").status_code == 200


def test_a_session_ends_twelve_hours_after_signing_in_however_it_is_used(world: World) -> None:
    client = world.client("student")
    with world.database.writing() as session:
        long_ago = datetime.now(UTC) - timedelta(hours=12, minutes=1)
        session.execute(update(SignInSession).values(began_at=long_ago))
    assert client.get("/cases/").status_code == 302


def test_changing_the_password_ends_all_other_sessions(world: World) -> None:
    here, there = world.client("student"), world.client("student")
    new = "another invented password"
    fields = {"password": PASSWORD, "new_password": new, "new_password_confirm": new}
    post(here, "/account/password", "/account/password", **fields)
    assert there.get("/cases/").status_code == 302
    assert here.get("/cases/").status_code == 200


def test_a_pause_is_the_same_for_known_and_unknown_addresses_and_survives_a_restart(
    world: World,
) -> None:
    pages = []
    for email in ("student@example.org", "nobody@example.org"):
        client = world.client()
        for _ in range(6):
            assert sign_in(client, email, "not the right password").status_code == 200
        again = sign_in(world.client(), email, PASSWORD)  # another process, and even the right one
        assert again.status_code == 429
        shown = again.get_data(as_text=True)
        pages.append(shown.replace(token_of(shown), "the form's token"))
    assert pages[0] == pages[1]
    assert "5 minutes" in pages[0]


def stale(client: FlaskClient) -> None:
    """As if signing in were an hour ago."""
    with client.session_transaction() as cookie:
        cookie["fs_paa"] = time.time() - 3600


def test_a_delicate_step_asks_for_the_password_and_keeps_the_form(world: World) -> None:
    client = world.client("administrator")
    stale(client)
    asked = post(client, "/users/1/roles", "/users", role=["researcher", "student"])
    page = asked.get_data(as_text=True)
    assert "Confirm that it is you" in page
    assert page.count('name="role"') == 2
    fields = {"role": ["researcher", "student"], "csrf_token": token_of(page)}
    wrong = client.post("/users/1/roles", data=fields | {"confirm_password": "wrong"})
    assert "not right" in wrong.get_data(as_text=True)
    done = client.post("/users/1/roles", data=fields | {"confirm_password": PASSWORD})
    assert done.status_code == 302
    with world.database.reading() as session:
        roles = accounts.get_user(session, "researcher@example.org").roles
        assert {role.name for role in roles} == {"researcher", "student"}


@pytest.mark.parametrize(
    "password", ["short", "password1234", "qwertyuiop12", "student secret words here"]
)
def test_a_short_common_or_own_name_is_no_password(world: World, password: str) -> None:
    client = world.client("student")
    fields = {"password": PASSWORD, "new_password": password, "new_password_confirm": password}
    answer = post(client, "/account/password", "/account/password", **fields)
    assert answer.status_code == 200
    assert sign_in(world.client(), "student@example.org").status_code == 302


def test_approving_a_request_asks_who_sits_there_and_goes_on_with_the_password(
    world: World,
) -> None:
    number = world.request_in(State.IN_REVIEW)
    steward = world.client("steward")
    page, step = f"/requests/{number}", f"/requests/{number}/steps/approve"
    with steward.session_transaction() as cookie:
        cookie["fs_paa"] = 0
    version = str(world.read_request(number).version)
    asked = post(steward, step, page, version=version).get_data(as_text=True)
    assert "Confirm that it is you" in asked
    assert world.read_request(number).state == State.IN_REVIEW
    data = {"csrf_token": token_of(asked), "version": version, "confirm_password": PASSWORD}
    assert steward.post(step, data=data).status_code == 302
    assert world.read_request(number).state == State.APPROVED
