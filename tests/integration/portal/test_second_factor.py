"""One-time codes, recovery codes, who has to have them, and passwords recovered by mail."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from passlib.totp import TOTP

from app.db.models import User
from app.portal import create_app
from app.services import accounts
from tests.integration.portal.world import PASSWORD, World, post, sign_in, token_of


def set_up(client: FlaskClient) -> str:
    """Set up one-time codes; the key."""
    address = "/account/second-factor"
    shown = post(client, address, address, setup="authenticator").get_data(as_text=True)
    key = re.search(r'Key: <span class="code">([^<]+)<', shown)
    action = re.search(r'action="(/account/second-factor/[^"]+|/sign-in/code)"', shown)
    assert key
    assert action
    secret = key.group(1).replace("-", "").replace(" ", "")
    data = {"csrf_token": token_of(shown), "code": code_of(secret)}
    assert client.post(action.group(1), data=data).status_code == 302
    return secret


def code_of(secret: str, later: int = 0) -> str:
    totp = TOTP(key=secret)
    return str(totp.generate(totp.now() + 30 * later).token)


def say_code(client: FlaskClient, code: str, where: str = "/sign-in/code") -> int:
    return post(client, where, where, code=code).status_code


def test_after_the_password_a_code_is_asked_for_and_is_good_once(world: World) -> None:
    secret = set_up(world.client("student"))
    client = world.client()
    assert "/sign-in/code" in sign_in(client, "student@example.org").headers["Location"]
    assert client.get("/cases/").status_code == 302  # the password alone opens nothing
    assert say_code(client, "000000") == 200
    code = code_of(secret, later=1)
    assert say_code(client, code) == 302
    assert client.get("/cases/").status_code == 200
    thief = world.client()
    sign_in(thief, "student@example.org")
    assert say_code(thief, code) == 200
    assert thief.get("/cases/").status_code == 302


def test_of_two_who_say_one_code_at_once_only_the_first_gets_in(world: World) -> None:
    """Both have read the account before either wrote: on PostgreSQL nothing keeps them apart."""
    secret = set_up(world.client("student"))
    app = world.client().application
    totp, code = TOTP(key=secret), code_of(secret, later=1)
    counter = totp.now() // 30 + 1
    with app.test_request_context():
        library = app.extensions["security"]
        late = library.datastore.find_user(email="student@example.org")
        assert late.tf_counter < counter
        library.datastore.commit()  # what was read stays as it was read
        with world.database.writing() as session:
            session.get_one(User, late.id).tf_counter = counter
        assert not library.totp_factory.verify_totp(code, late.tf_totp_secret, late, window=60)
        library.datastore.db.session.rollback()


def test_wrong_codes_pause_sign_in_like_wrong_passwords(world: World) -> None:
    set_up(world.client("student"))
    client = world.client()
    sign_in(client, "student@example.org")
    assert [say_code(client, "000000") for _ in range(6)] == [200] * 6
    page = client.get("/sign-in/code").get_data(as_text=True)
    answer = client.post("/sign-in/code", data={"csrf_token": token_of(page), "code": "000000"})
    assert answer.status_code == 429
    assert sign_in(world.client(), "student@example.org").status_code == 429


def test_a_recovery_code_signs_in_once(world: World) -> None:
    client = world.client("student")
    set_up(client)
    address = "/account/recovery-codes"
    page = post(client, address, address, generate_new_codes="yes").get_data(as_text=True)
    codes = re.findall(r"<li>([a-z2-7-]{32})</li>", page)
    assert len(set(codes)) == 10  # 26 letters of five bits each
    with world.database.reading() as session:
        kept = accounts.get_user(session, "student@example.org").mf_recovery_codes
    assert kept is not None
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in kept)
    assert codes[0] not in client.get(f"{address}?show_codes=yes").get_data(as_text=True)
    for expected in (302, 200):
        other = world.client()
        sign_in(other, "student@example.org")
        assert say_code(other, codes[0], "/sign-in/recovery-code") == expected


def test_a_recovery_code_of_before_they_were_hashed_signs_in_once(world: World) -> None:
    client = world.client("student")
    set_up(client)
    code = "0a1b-2c3d-4e5f"
    with client.application.app_context(), world.database.writing() as session:
        library = client.application.extensions["security"].mf_recovery_codes_util
        user = session.get_one(User, world.actors["student"].user_id)
        user.mf_recovery_codes = library._encrypt_codes([code])
    for expected in (302, 200):
        other = world.client()
        sign_in(other, "student@example.org")
        assert say_code(other, code, "/sign-in/recovery-code") == expected


def test_where_others_reach_the_portal_privileged_people_set_one_up_before_anything_else(
    world: World,
) -> None:
    settings = replace(world.settings, second_factor="privileged")
    client = create_app(settings, world.database).test_client()
    answer = sign_in(client, "steward@example.org")
    assert "/account/second-factor" in answer.headers["Location"]
    assert client.get("/review/").status_code == 302
    set_up(client)
    assert client.get("/review/").status_code == 200
    student = create_app(settings, world.database).test_client()
    sign_in(student, "student@example.org")
    assert student.get("/cases/").status_code == 200


def test_who_becomes_privileged_while_signed_in_goes_nowhere_without_one(world: World) -> None:
    from app.permissions import COMMAND_LINE, Role

    settings = replace(world.settings, second_factor="privileged")
    client = create_app(settings, world.database).test_client()
    sign_in(client, "student@example.org")
    with world.database.writing() as session:
        student = accounts.get_user(session, "student@example.org")
        accounts.set_roles(session, COMMAND_LINE, student, [Role.STEWARD])
    assert "/account/second-factor" in client.get("/review/").headers["Location"]
    assert client.get("/account/security").status_code == 200


def mails(world: World) -> list[str]:
    folder = world.settings.secret_file.parent / "mail"
    found = sorted(Path(folder).glob("*.eml"))
    return [
        email.message_from_bytes(one.read_bytes()).get_payload(decode=True).decode()
        for one in found
    ]  # type: ignore[union-attr]


@pytest.mark.parametrize("public", ["", "https://cases.example.org"])
def test_a_forgotten_password_is_set_anew_by_a_link_that_is_good_once(
    world: World, public: str
) -> None:
    settings = replace(world.settings, public_address=public, second_factor="nobody")
    signed_in = world.client("student")
    client = create_app(settings, world.database).test_client()
    address = "/sign-in/forgotten"
    said = [
        re.sub(
            r'value="[^"]*"',
            "",
            post(client, address, address, email=who).get_data(as_text=True).replace(who, "X"),
        )
        for who in ("student@example.org", "nobody@example.org")
    ]
    assert said[0] == said[1]
    (text,) = mails(world)
    link = re.search(r"(https?://\S+)(/sign-in/forgotten/\S+)", text)
    assert link
    assert link.group(1) == (public or "http://localhost")
    new = "another invented password"
    path = link.group(2)
    assert post(client, path, path, password=new, password_confirm=new).status_code == 302
    assert signed_in.get("/cases/").status_code == 302
    assert client.get(path).status_code == 302  # good once
    assert sign_in(world.client(), "student@example.org").status_code == 200
    assert sign_in(world.client(), "student@example.org", new).status_code == 302


def test_recovering_a_password_does_not_drop_the_second_factor(world: World) -> None:
    set_up(world.client("student"))
    client = world.client()
    address = "/sign-in/forgotten"
    post(client, address, address, email="student@example.org")
    link = re.search(r"/sign-in/forgotten/\S+", mails(world)[0])
    assert link
    new = "another invented password"
    post(client, link.group(), link.group(), password=new, password_confirm=new)
    assert "/sign-in/code" in sign_in(client, "student@example.org", new).headers["Location"]


def test_who_has_no_password_gains_none_by_mail(world: World) -> None:
    with world.database.writing() as session:
        user = session.get(User, accounts.get_user(session, "student@example.org").id)
        assert user is not None
        user.password = None
    post(world.client(), "/sign-in/forgotten", "/sign-in/forgotten", email="student@example.org")
    assert mails(world) == []
    assert sign_in(world.client(), "student@example.org", PASSWORD).status_code == 200
