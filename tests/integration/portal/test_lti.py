"""LTI 1.3: a course opens a case, chooses one, gets the mark; without trust nothing is opened."""

from __future__ import annotations

import html
import json
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.cli.lti import lti as lti_command
from app.db.models import AttemptEvent, AuditRow, LtiAccount, LtiGrade, LtiLink, LtiLogin, User
from app.errors import BadInput, PermissionDenied
from app.portal import create_app
from app.services import accounts, lti_grades, lti_platforms
from app.services.lti_platforms import PatientSession, PlatformFields, SigningKey
from app.worker.loop import run_once
from app.worker.workshop import Workshop
from casebank.attempt import mark_attempt
from deid.keys import Keyring
from tests.integration.portal.learning_platform import (
    AGS,
    CLAIM,
    CLIENT,
    INSTRUCTOR,
    Platform,
    running_platform,
)
from tests.integration.portal.published_case import add_attempt, add_case, farmer
from tests.integration.portal.world import World, post, sign_in

SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"


@pytest.fixture(scope="module")
def server() -> Iterator[Platform]:
    with running_platform() as platform:
        yield platform


@cache
def tool_key() -> SigningKey:
    with tempfile.TemporaryDirectory() as folder:
        return SigningKey.beside(Path(folder) / "secret")


@pytest.fixture
def platform(server: Platform, world: World) -> Platform:
    """The platform, registered, in a world with one published case."""
    server.down, server.scores, server.kid = False, [], "key-1"
    key = world.settings.secret_file.with_name(lti_platforms.KEY_FILE)
    key.write_text(tool_key().private)  # a new one for each world would take a tenth of a second
    key.chmod(0o600)
    with world.database.writing() as session:
        lti_platforms.add_platform(
            session, world.actors["administrator"], PlatformFields(**server.fields())
        )
    add_case(world)
    return server


def browser(world: World) -> FlaskClient:
    """A browser of its own at the one portal of this world."""
    return _portal(str(world.settings.secret_file), world).test_client()


_portals: dict[str, Flask] = {}


def _portal(place: str, world: World) -> Flask:
    if place not in _portals:
        _portals.clear()
        _portals[place] = create_app(world.settings, world.database)
    return _portals[place]


def begin(client: FlaskClient, platform: Platform, **hints: str) -> str:
    """The address that the browser is sent to."""
    answer = client.post("/lti/login", data=platform.hints(**hints))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def state_of(redirected: str) -> str:
    found = re.search(r"state=([\w-]+)", redirected)
    assert found
    return found.group(1)


def launch(client: FlaskClient, platform: Platform, **claims: Any) -> TestResponse:
    """A whole launch, with the claims changed."""
    redirected = begin(client, platform)
    token = platform.sign(platform.claims(redirected, **claims))
    return client.post("/lti/launch", data={"state": state_of(redirected), "id_token": token})


def people(world: World) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


def test_a_launch_makes_a_student_without_name_or_password_and_opens_the_case(
    world: World, platform: Platform
) -> None:
    client = browser(world)
    answer = launch(client, platform)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert answer.headers["Location"] == "/attempts/cases/1"
    assert client.get("/cases/1", follow_redirects=True).status_code == 200
    assert client.get("/teaching/").status_code == 403

    with world.database.reading() as session:
        account = session.scalars(select(LtiAccount)).one()
        user = session.get_one(User, account.user_id)
        assert (account.subject, user.password) == ("user-1", None)
        assert [role.name for role in user.roles] == ["student"]
        assert "Real" not in user.name
        assert user.email.endswith("@learner.invalid")
        kept = session.scalars(select(AuditRow).where(AuditRow.action == "lti.launched")).one()
        assert kept.detail == {"case": 1, "marks": True}
        stored = " ".join(str(row) for row in session.execute(select(AuditRow.detail)))
        assert "Real Name" not in stored
    assert sign_in(browser(world), user.email, "").status_code == 200  # the form again
    assert sign_in(browser(world), user.email, "None").status_code == 200


def test_the_same_person_comes_back_to_the_same_account(world: World, platform: Platform) -> None:
    before = people(world)
    for _ in range(2):
        assert launch(browser(world), platform).status_code == 303
    assert people(world) == before + 1
    assert launch(browser(world), platform, sub="user-2").status_code == 303
    assert people(world) == before + 2


def test_a_closed_account_is_not_opened_by_a_launch(world: World, platform: Platform) -> None:
    launch(browser(world), platform)
    with world.database.writing() as session:
        user = session.get_one(User, session.scalars(select(LtiAccount.user_id)).one())
        accounts.set_active(session, world.actors["administrator"], user, False)
    answer = launch(browser(world), platform)
    assert answer.status_code == 400
    assert "account here is closed" in answer.get_data(as_text=True)


def test_a_launch_is_good_once(world: World, platform: Platform) -> None:
    client = browser(world)
    redirected = begin(client, platform)
    form = {
        "state": state_of(redirected),
        "id_token": platform.sign(platform.claims(redirected)),
    }
    assert client.post("/lti/launch", data=form).status_code == 303
    client.set_cookie("care_commons_lti", form["state"])
    again = client.post("/lti/launch", data=form)
    assert again.status_code == 400
    assert "used already" in again.get_data(as_text=True)


def _now() -> int:
    return int(time.time())


UNTRUSTED: list[tuple[dict[str, Any], str]] = [
    ({"nonce": "another"}, "Invalid Nonce"),
    ({"nonce": None}, "nonce"),
    ({"aud": "another-tool"}, "Registration not found"),
    ({"aud": [CLIENT, "other"], "azp": "other"}, "meant for another tool"),
    ({"iss": "https://else.example"}, "Registration not found"),
    ({"exp": _now() - 150}, "expired; open the case from the course again"),
    ({"exp": "soon"}, "times cannot be read"),
    ({"exp": None}, "exp"),
    ({"iat": _now() + 86_400}, "minutes ahead of ours"),
    ({"nbf": _now() + 3_600}, "minutes ahead of ours"),
    ({"sub": None}, "sub"),
    ({f"{CLAIM}deployment_id": "2"}, "deployment that is not registered here"),
    ({f"{CLAIM}version": "1.1"}, "Incorrect version"),
    ({f"{CLAIM}message_type": "Something"}, "message type"),
    ({f"{CLAIM}resource_link": {}}, "Resource Link"),
]


def test_a_launch_that_cannot_be_trusted_is_refused(world: World, platform: Platform) -> None:
    before = people(world)
    client = browser(world)
    for claims, said in UNTRUSTED:
        answer = launch(client, platform, **claims)
        assert answer.status_code == 400, claims
        assert said in html.unescape(answer.get_data(as_text=True)), claims
        assert client.get("/attempts/cases/1").status_code == 302
    assert people(world) == before


def test_clocks_may_differ_by_two_minutes(world: World, platform: Platform) -> None:
    for off in (-60, 110):
        issued = _now() + off
        answer = launch(browser(world), platform, iat=issued, nbf=issued, exp=issued + 1)
        assert answer.status_code == 303, off


def test_a_token_that_another_key_signed_is_refused(world: World, platform: Platform) -> None:
    strange = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for token in ("sign", "none", "shape"):
        client = browser(world)
        redirected = begin(client, platform)
        claims = platform.claims(redirected)
        sent = {
            "sign": platform.sign(claims, key=strange),
            "none": jwt.encode(claims, None, "none", headers={"kid": platform.kid}),
            "shape": "no token",
        }[token]
        answer = client.post("/lti/launch", data={"state": state_of(redirected), "id_token": sent})
        assert answer.status_code == 400, token


def test_an_unknown_or_closed_platform_is_refused(world: World, platform: Platform) -> None:
    client = browser(world)
    assert (
        client.post("/lti/login", data=platform.hints(iss="https://x.example")).status_code == 400
    )
    assert client.post("/lti/login", data=platform.hints(client_id="other")).status_code == 400
    redirected = begin(client, platform)
    with world.database.writing() as session:
        lti_platforms.set_active(session, world.actors["administrator"], 1, False)
    assert client.post("/lti/login", data=platform.hints()).status_code == 400
    token = platform.sign(platform.claims(redirected))
    form = {"state": state_of(redirected), "id_token": token}
    assert client.post("/lti/launch", data=form).status_code == 400


def test_a_launch_that_took_too_long_is_refused(world: World, platform: Platform) -> None:
    client = browser(world)
    redirected = begin(client, platform)
    with world.database.writing() as session:
        login = session.scalars(select(LtiLogin)).one()
        login.made_at -= timedelta(minutes=11)
    form = {"state": state_of(redirected), "id_token": platform.sign(platform.claims(redirected))}
    assert client.post("/lti/launch", data=form).status_code == 400


def test_a_new_key_of_the_platform_is_fetched_when_it_is_first_used(
    world: World, platform: Platform
) -> None:
    client = browser(world)
    assert launch(client, platform).status_code == 303
    fetched = platform.keys_fetched
    assert launch(client, platform).status_code == 303
    assert platform.keys_fetched == fetched
    platform.kid = "key-2"
    assert launch(client, platform).status_code == 303
    assert platform.keys_fetched == fetched + 1


def test_without_the_cookie_nothing_is_opened_but_a_window_of_its_own_is_offered(
    world: World, platform: Platform
) -> None:
    redirected = begin(browser(world), platform, lti_message_hint="m-1")
    form = {"state": state_of(redirected), "id_token": platform.sign(platform.claims(redirected))}
    stranger = browser(world)
    before = people(world)
    answer = stranger.post("/lti/launch", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'target="_blank"' in page
    assert 'value="m-1"' in page
    assert f"frame-ancestors {platform.address}" in answer.headers["Content-Security-Policy"]
    assert people(world) == before
    assert stranger.get("/attempts/cases/1").status_code == 302


def test_in_a_frame_a_window_of_its_own_is_offered_before_anything_else(
    world: World, platform: Platform
) -> None:
    client = browser(world)
    answer = client.post("/lti/login", data=platform.hints(), headers={"Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == 200
    assert "Open in a new window" in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert f"form-action 'self' {platform.address};" in policy


def test_a_case_that_students_do_not_see_is_not_opened(world: World, platform: Platform) -> None:
    hidden = add_case(world, published=False)
    for number in (str(hidden), "999", "x", ""):
        answer = launch(browser(world), platform, **{f"{CLAIM}custom": {"case": number}})
        assert answer.status_code == 404, number


def test_the_case_may_also_be_named_in_the_address_of_the_link(
    world: World, platform: Platform
) -> None:
    address = "http://localhost/lti/launch?case=1"
    answer = launch(
        browser(world),
        platform,
        **{f"{CLAIM}custom": None, f"{CLAIM}target_link_uri": address},
    )
    assert answer.headers["Location"] == "/attempts/cases/1"


def _choose(world: World, platform: Platform, **claims: Any) -> TestResponse:
    back = f"{platform.address}/deep-link-return"
    settings = {
        "deep_link_return_url": back,
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["window"],
        "data": "opaque",
    }
    changes = {
        f"{CLAIM}message_type": "LtiDeepLinkingRequest",
        f"{CLAIM}resource_link": None,
        f"{CLAIM}roles": [INSTRUCTOR],
        SETTINGS: settings,
    }
    return launch(browser(world), platform, **(changes | claims))


def test_a_teacher_chooses_a_case_for_a_course(world: World, platform: Platform) -> None:
    before = people(world)
    shown = _choose(world, platform).get_data(as_text=True)
    assert "Dizzy on rising" in shown
    token = re.search(r'name="token" value="([^"]+)"', shown)
    assert token
    client = browser(world)

    nothing = client.post("/lti/choice", data={"token": token.group(1)})
    assert nothing.status_code == 400
    assert "Choose a case." in nothing.get_data(as_text=True)

    chosen = client.post("/lti/choice", data={"token": token.group(1), "case": "1"})
    page = chosen.get_data(as_text=True)
    assert f'action="{platform.address}/deep-link-return"' in page
    message = re.search(r'name="JWT" value="([^"]+)"', page)
    assert message
    keys = client.get("/lti/keys").get_json()
    said = jwt.decode(
        message.group(1), jwt.PyJWK(keys["keys"][0]).key, ["RS256"], audience=platform.address
    )
    (item,) = said["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
    assert item["custom"] == {"case": "1"}
    assert item["url"] == "http://localhost/lti/launch"
    assert item["lineItem"]["scoreMaximum"] == 100
    assert said["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "opaque"
    assert people(world) == before

    forged = client.post("/lti/choice", data={"token": token.group(1) + "x", "case": "1"})
    assert forged.status_code == 400


def test_a_learner_does_not_choose(world: World, platform: Platform) -> None:
    answer = _choose(world, platform, **{f"{CLAIM}roles": []})
    assert answer.status_code == 400
    assert "Only those who teach" in answer.get_data(as_text=True)


def test_a_choice_goes_back_to_a_safe_address_only(world: World, platform: Platform) -> None:
    for address in ("http://else.example/x", "javascript:alert(1)", "https://a.b/ ; script-src *"):
        settings = {
            "deep_link_return_url": address,
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["window"],
        }
        assert _choose(world, platform, **{SETTINGS: settings}).status_code == 400


def _finished(world: World, case_id: int = 1) -> int:
    """Id of a finished attempt by the person who came from the course."""
    with world.database.reading() as session:
        user = session.get_one(User, session.scalars(select(LtiAccount.user_id)).one())
        world.actors["learner"] = accounts.actor_of(user)
    return add_attempt(world, case_id, finished=True, user="learner")


def _send(world: World, platform: Platform, mark: float | None = 0.625) -> int:
    lti_grades.collect(world.database, lambda session, attempt: mark)
    key = tool_key()
    platform.tool_keys = key.key_set()
    return lti_grades.send_due(world.database, lambda: key, PatientSession)


def _grade(world: World) -> LtiGrade:
    with world.database.reading() as session:
        return session.scalars(select(LtiGrade)).one()


def test_the_mark_of_a_finished_attempt_goes_back_to_the_course_once(
    world: World, platform: Platform
) -> None:
    launch(browser(world), platform)
    assert _send(world, platform) == 0
    _finished(world)
    assert _send(world, platform) == 1
    (score,) = platform.scores
    assert (score["userId"], score["scoreGiven"], score["scoreMaximum"]) == ("user-1", 62.5, 100)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
    assert _grade(world).state == "sent"
    assert _send(world, platform) == 0


def test_the_worker_marks_and_sends_what_was_answered(world: World, platform: Platform) -> None:
    launch(browser(world), platform)
    attempt_id = _finished(world)
    answers = {
        "summary": {"text": "A farmer with dizziness."},
        "problems": {"problems": [{"code": "hypertension", "kind": "biological"}]},
    }
    with world.database.writing() as session:
        for place, (name, answer) in enumerate(answers.items(), 1):
            session.add(
                AttemptEvent(
                    attempt_id=attempt_id,
                    sequence=place,
                    kind="commit",
                    subject=name,
                    answer=answer,
                )
            )
    keys = Keyring.create(world.settings.secret_file.with_name("keyring.json"))
    key = tool_key()
    platform.tool_keys = key.key_set()
    workshop = Workshop(
        world.database,
        keys,
        world.settings.release_root,
        world.settings.project_root,
        11,
        signing_key=lambda: key,
    )
    run_once(workshop)
    expected = mark_attempt(farmer()[1], answers).score
    assert expected is not None
    assert 0 < expected < 1
    assert [one["scoreGiven"] for one in platform.scores] == [round(100 * expected, 2)]


def test_an_attempt_without_a_mark_or_a_link_without_a_place_for_it_sends_nothing(
    world: World, platform: Platform
) -> None:
    launch(browser(world), platform, **{AGS: None})
    _finished(world)
    assert _send(world, platform) == 0
    launch(browser(world), platform)
    assert _send(world, platform, mark=None) == 0
    assert _grade(world).state == "no mark"
    _finished(world)
    assert _send(world, platform, mark=1.0) == 1


def test_a_worse_attempt_later_does_not_lower_the_mark(world: World, platform: Platform) -> None:
    launch(browser(world), platform)
    for mark in (0.5, 0.25, 0.75):
        _finished(world)
        assert _send(world, platform, mark=mark) == 1
    assert [one["scoreGiven"] for one in platform.scores] == [50, 50, 75]


def test_after_a_corrected_key_the_mark_is_sent_again_where_it_changed(
    world: World, platform: Platform
) -> None:
    launch(browser(world), platform)
    attempt_id = _finished(world)
    assert _send(world, platform, mark=0.5) == 1
    for corrected, sent in ((0.5, 0), (0.25, 1)):
        with world.database.writing() as session:
            lti_grades.send_regraded(
                session, [attempt_id], lambda session, attempt, mark=corrected: mark
            )
        assert _send(world, platform) == sent
    assert [one["scoreGiven"] for one in platform.scores] == [50, 25]


def test_a_platform_that_is_down_loses_no_mark(world: World, platform: Platform) -> None:
    launch(browser(world), platform)
    _finished(world)
    platform.down = True
    assert _send(world, platform) == 1
    waits = _grade(world)
    assert (waits.state, waits.tries) == ("waiting", 1)
    assert "503" in waits.error
    assert _send(world, platform) == 0  # its time has not come

    platform.down = False
    with world.database.writing() as session:
        session.get_one(LtiGrade, waits.id).next_try_at = waits.created_at
    assert _send(world, platform) == 1
    assert [one["scoreGiven"] for one in platform.scores] == [62.5]
    assert (_grade(world).state, _grade(world).tries) == ("sent", 2)


def test_a_platform_that_is_down_is_tried_once_a_round(world: World, platform: Platform) -> None:
    launch(browser(world), platform)
    for _ in range(3):
        _finished(world)
    platform.down = True
    assert _send(world, platform) == 1
    platform.down = False
    assert _send(world, platform) == 2
    assert len(platform.scores) == 2


def test_a_worker_that_was_killed_while_sending_is_followed_by_another(
    world: World, platform: Platform
) -> None:
    launch(browser(world), platform)
    _finished(world)

    class Killed(BaseException):
        pass

    def dies() -> requests.Session:
        raise Killed

    lti_grades.collect(world.database, lambda session, attempt: 0.5)
    key = tool_key()
    with pytest.raises(Killed):
        lti_grades.send_due(world.database, lambda: key, dies)
    held = _grade(world)
    assert held.state == "waiting"
    assert held.next_try_at > held.created_at
    with world.database.writing() as session:
        session.get_one(LtiGrade, held.id).next_try_at = held.created_at
    assert _send(world, platform) == 1
    assert _grade(world).state == "sent"


def test_after_thirty_days_a_grade_waits_for_an_administrator(
    world: World, platform: Platform
) -> None:
    launch(browser(world), platform)
    _finished(world)
    platform.down = True
    _send(world, platform)
    with world.database.writing() as session:
        grade = session.scalars(select(LtiGrade)).one()
        grade.created_at -= timedelta(days=31)
        grade.next_try_at -= timedelta(days=31)
    _send(world, platform)
    assert _grade(world).state == "given up"

    platform.down = False
    admin = world.client("administrator")
    page = "/learning-platforms/"
    assert "given up" in admin.get(page).get_data(as_text=True)
    assert post(admin, f"/learning-platforms/grades/{grade.id}", page).status_code == 302
    assert _send(world, platform) == 1
    assert _grade(world).state == "sent"


def test_an_administrator_registers_a_platform_and_keeps_what_was_typed(world: World) -> None:
    client = world.client("administrator")
    page = "/learning-platforms/"
    typed = {
        "title": "Moodle",
        "issuer": "https://moodle.example.org",
        "client_id": "abc",
        "login_url": "https://moodle.example.org/auth",
        "token_url": "http://moodle.example.org/token",
        "keys_url": "https://moodle.example.org/keys",
        "deployments": "1\n2\n",
    }
    refused = post(client, page, page, **typed)
    assert refused.status_code == 400
    text = refused.get_data(as_text=True)
    assert "access token URL is an address that begins with https://" in text
    assert 'value="https://moodle.example.org/auth"' in text
    typed["token_url"] = "https://moodle.example.org/token"
    assert post(client, page, page, **typed).status_code == 302
    shown = client.get(page).get_data(as_text=True)
    assert "1, 2" in shown
    assert "http://localhost/lti/login" in shown
    again = post(client, page, page, **typed)
    assert "registered already" in again.get_data(as_text=True)
    for role in ("instructor", "steward", "student"):
        with world.database.writing() as session, pytest.raises(PermissionDenied):
            lti_platforms.list_platforms(session, world.actors[role])


def test_an_address_that_is_not_https_is_refused(world: World) -> None:
    for address in (
        "ftp://x.y/z",
        "http://x.y/z",
        "https://u@x.y/z",
        "https://",
        "https://x.y/a b",
        "//x.y",
    ):
        fields = PlatformFields(**Platform("https://p.example").fields(keys_url=address))
        with world.database.writing() as session, pytest.raises(BadInput, match="public keyset"):
            lti_platforms.add_platform(session, world.actors["administrator"], fields)


def test_a_platform_is_registered_and_closed_from_the_command_line(world: World) -> None:
    given = Platform("https://p.example").fields()
    words = [
        word
        for name in ("title", "issuer", "client_id", "login_url", "token_url", "keys_url")
        for word in (f"--{name.replace('_', '-')}", given[name])
    ]
    environment = {"CARECOMMONS_PORTAL_DATABASE_URL": world.settings.database_url}
    for line, said in (
        (["add", *words, "--deployment", "1"], "registered as platform 1"),
        (["close", "1"], "refused"),
        (["list"], "1\tTest course\thttps://p.example\tclient-7\trefused"),
        (["open", "1"], "trusted"),
    ):
        result = CliRunner().invoke(lti_command, line, env=environment)
        assert said in result.output, result.output


def test_the_signing_key_is_private_and_only_its_public_half_is_shown(world: World) -> None:
    shown = browser(world).get("/lti/keys").get_json()
    (key,) = shown["keys"]
    assert key["kty"] == "RSA"
    assert key["kid"]
    assert not {"d", "p", "q"} & set(key)
    file = world.settings.secret_file.with_name(lti_platforms.KEY_FILE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert browser(world).get("/lti/keys").get_json() == shown


def test_a_link_is_kept_once_for_each_person_and_place(world: World, platform: Platform) -> None:
    for _ in range(2):
        launch(browser(world), platform)
    launch(browser(world), platform, **{f"{CLAIM}resource_link": {"id": "link-2"}})
    with world.database.reading() as session:
        links = session.scalars(select(LtiLink.resource_link)).all()
    assert sorted(links) == ["link-1", "link-2"]


def test_nothing_of_a_person_stands_in_what_is_kept_of_a_login(
    world: World, platform: Platform
) -> None:
    launch(browser(world), platform)
    with world.database.reading() as session:
        login = session.scalars(select(LtiLogin)).one()
    assert set(login.hints) <= {"iss", "login_hint", "target_link_uri", "client_id"}
    assert "Real" not in json.dumps(login.hints)
