"""People who are invited choose their password; lost second factors are taken away."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.db.models import AuditRow, Invitation, User
from app.db.types import utc_now
from app.services.accounts import get_user
from tests.integration.portal.test_second_factor import mails, set_up
from tests.integration.portal.world import World, post, sign_in

NEW = "nora@example.org"
CHOSEN = "four invented words together"


def invite(administrator: FlaskClient) -> TestResponse:
    return post(
        administrator, "/users", "/users", name="Nora New", email=NEW, role="student",
        way="invitation",
    )  # fmt: skip


def link_of(world: World, which: int = 0) -> str:
    found = re.search(r"/invitation/\S+", mails(world)[which])
    assert found
    return found.group()


def accept(client: FlaskClient, link: str, password: str = CHOSEN, again: str = "") -> TestResponse:
    return post(client, link, link, password=password, again=again or password)


def test_an_invited_person_chooses_the_password_and_the_administrator_never_sees_one(
    world: World,
) -> None:
    administrator = world.client("administrator")
    page = invite(administrator)
    assert page.status_code == 302
    assert "invited until" in administrator.get("/users").get_data(as_text=True)
    link = link_of(world)
    with world.database.reading() as session:
        assert get_user(session, NEW).password is None
        assert link.rpartition("/")[2] not in str(session.query(Invitation.token_sha256).all())
    client = world.client()
    assert client.get(link).status_code == 200  # a mail's scanner opens it too
    assert accept(client, link, "short").status_code == 400
    assert accept(client, link, CHOSEN, "another long password here").status_code == 400
    assert accept(client, link).location == "/sign-in"
    assert client.get(link).status_code == 404
    assert sign_in(client, NEW, CHOSEN).status_code == 302
    assert client.get("/cases/").status_code == 200
    log = world.client("auditor").get("/audit?action=invit").get_data(as_text=True)
    assert "user.invited" in log
    assert "user.invitation_accepted" in log


def test_of_two_invitations_the_newer_one_is_good(world: World) -> None:
    administrator = world.client("administrator")
    invite(administrator)
    with world.database.reading() as session:
        number = get_user(session, NEW).id
    post(administrator, f"/users/{number}/invitation", "/users")
    links = sorted({link_of(world, 0), link_of(world, 1)})
    assert len(links) == 2
    assert sorted(world.client().get(link).status_code for link in links) == [200, 404]


@pytest.mark.parametrize("what", ["old", "closed", "not whole"])
def test_an_invitation_that_is_over_opens_nothing(world: World, what: str) -> None:
    administrator = world.client("administrator")
    invite(administrator)
    link = link_of(world)
    client = world.client()
    shown = client.get(link).get_data(as_text=True)
    with world.database.writing() as session:
        if what == "old":
            past = utc_now() - timedelta(seconds=1)
            session.execute(update(Invitation).values(expires_at=past))
        number = get_user(session, NEW).id
    if what == "closed":
        for active in ("no", "yes"):
            post(administrator, f"/users/{number}/account", "/users", active=active)
    if what == "not whole":
        link = link[:-1]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown)
    assert token
    data = {"csrf_token": token.group(1), "password": CHOSEN, "again": CHOSEN}
    assert client.post(link, data=data).status_code == 404
    with world.database.reading() as session:
        assert session.get_one(User, number).password is None


def test_who_has_a_password_is_not_invited_over_it(world: World) -> None:
    administrator = world.client("administrator")
    with world.database.reading() as session:
        number = get_user(session, "student@example.org").id
    post(administrator, f"/users/{number}/invitation", "/users")
    assert mails(world) == []
    assert sign_in(world.client(), "student@example.org").status_code == 302


def test_a_lost_second_factor_is_taken_away_by_an_administrator_and_its_owner_told(
    world: World,
) -> None:
    student, administrator = world.client("student"), world.client("administrator")
    set_up(student)
    with world.database.reading() as session:
        number = get_user(session, "student@example.org").id
    assert "Second factor lost" in administrator.get("/users").get_data(as_text=True)
    where = f"/users/{number}/second-factor"
    for proof in ({}, {"proof": "I believe it"}):
        post(administrator, where, "/users", **proof)
        shown = administrator.get("/users").get_data(as_text=True)
        assert "Say how you made sure who asks." in shown
        assert "Second factor lost" in shown
    post(administrator, where, "/users", proof="in person")
    assert "took the second factor" in mails(world)[0]
    with world.database.reading() as session:
        removed = select(AuditRow.detail).where(AuditRow.action == "user.second_factor_removed")
        assert session.scalars(removed).all() == [{"proof": "in person"}]
    assert student.get("/cases/").status_code == 302  # that session ended
    client = world.client()
    sign_in(client, "student@example.org")
    assert client.get("/cases/").status_code == 200


def test_nobody_takes_the_own_second_factor_away_there(world: World) -> None:
    administrator = world.client("administrator")
    set_up(administrator)
    with world.database.reading() as session:
        number = get_user(session, "administrator@example.org").id
    post(administrator, f"/users/{number}/second-factor", "/users", proof="in person")
    with world.database.reading() as session:
        assert get_user(session, "administrator@example.org").tf_totp_secret
