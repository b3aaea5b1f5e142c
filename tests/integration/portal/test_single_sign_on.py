"""Single sign-on: whose word is believed, which account it opens, and that nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.permissions import COMMAND_LINE
from app.portal import create_app
from app.services.accounts import get_user, set_active
from deid.errors import ConfigurationError
from tests.integration.portal.identity_provider import (
    CLIENT,
    SECRET,
    Provider,
    running_provider,
)
from tests.integration.portal.test_second_factor import code_of, mails, say_code, set_up
from tests.integration.portal.world import World

STUDENT = {"sub": "s-1", "email": "student@example.org", "email_verified": True}
NEW = {"sub": "n-1", "email": "new@example.org", "email_verified": True, "name": "Nora New"}


@pytest.fixture(scope="module")
def listening() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(listening: Provider) -> Provider:
    listening.person, listening.changes, listening.described = {}, {}, {}
    listening.signed_by, listening.down = None, False
    return listening


def portal(world: World, provider: Provider, **settings: Any) -> World:
    """The world with single sign-on."""
    file = world.settings.secret_file.with_name("oidc-secret")
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    world.settings = replace(
        world.settings,
        oidc_issuer=provider.address,
        oidc_client_id=CLIENT,
        oidc_client_secret_file=file,
        **settings,
    )
    return world


def come(
    client: FlaskClient, provider: Provider, start: str = "/sign-in/institution"
) -> TestResponse:
    """To the provider and back."""
    sent = client.get(start)
    assert sent.status_code == 302, sent.get_data(as_text=True)
    assert sent.location.startswith(f"{provider.address}/authorize?")
    return client.get(provider.answer_to(sent.location))


def is_in(client: FlaskClient) -> bool:
    return client.get("/").status_code == 200


def test_a_verified_address_opens_its_account_only_where_the_installation_says_so(
    world: World, provider: Provider
) -> None:
    provider.person = STUDENT
    client = portal(world, provider).client()
    assert come(client, provider).status_code == 403
    assert not is_in(client)
    client = portal(world, provider, oidc_link_by_mail=True).client()
    assert "Sign in by your institution" in client.get("/sign-in").get_data(as_text=True)
    assert come(client, provider).status_code == 302
    assert "student@example.org" in client.get("/account/").get_data(as_text=True)
    assert "can now be signed in to" in mails(world)[0]
    # From now on the subject is who it is, whatever its address says.
    provider.person = STUDENT | {"email": "steward@example.org"}
    again = world.client()
    come(again, provider)
    assert "student@example.org" in again.get("/account/").get_data(as_text=True)
    # And another subject does not take the account over by getting the address.
    provider.person = STUDENT | {"sub": "s-2"}
    assert come(world.client(), provider).status_code == 403


def test_an_address_that_the_provider_has_not_verified_opens_and_makes_nothing(
    world: World, provider: Provider
) -> None:
    portal(world, provider, oidc_link_by_mail=True, oidc_new_accounts=True)
    for claims in (STUDENT | {"email_verified": "true"}, NEW | {"email_verified": False}):
        provider.person = claims
        client = world.client()
        assert come(client, provider).status_code == 403
        assert not is_in(client)


def test_a_new_account_is_made_only_where_allowed_and_has_no_role(
    world: World, provider: Provider
) -> None:
    provider.person = NEW
    assert come(portal(world, provider).client(), provider).status_code == 403
    client = portal(world, provider, oidc_new_accounts=True).client()
    assert come(client, provider).status_code == 302
    assert "no role yet" in client.get("/account/").get_data(as_text=True)
    assert client.get("/projects/").status_code == 403
    provider.person = STUDENT  # somebody's address already, and not tied by it
    assert come(world.client(), provider).status_code == 403


def test_who_is_signed_in_ties_the_own_account(world: World, provider: Provider) -> None:
    provider.person = {"sub": "only a subject"}
    client = portal(world, provider).client("student")
    assert come(client, provider, "/account/institution").location == "/account/security"
    other = world.client()
    assert come(other, provider).status_code == 302
    assert "student@example.org" in other.get("/account/").get_data(as_text=True)
    thief = world.client("researcher")
    assert come(thief, provider, "/account/institution").status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1_600_000_000},
        {"sub": None},
        {"sub": "x" * 256},
        {"alg": "none"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    small_portal: World, provider: Provider, changes: dict[str, Any]
) -> None:
    provider.person, provider.changes = STUDENT, changes
    client = small_portal.client()
    assert come(client, provider).status_code == 403
    assert not is_in(client)


def test_a_token_that_somebody_else_signed_opens_nothing(
    small_portal: World, provider: Provider
) -> None:
    provider.person = STUDENT
    provider.signed_by = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert come(small_portal.client(), provider).status_code == 403


def test_an_answer_is_good_once_and_in_the_browser_that_asked(
    small_portal: World, provider: Provider
) -> None:
    provider.person = STUDENT
    mine, thief = small_portal.client(), small_portal.client()
    back = provider.answer_to(mine.get("/sign-in/institution").location)
    assert thief.get(back).status_code == 403
    assert mine.get(back).status_code == 302
    assert mine.get(back).status_code == 403


def test_a_provider_that_is_silent_or_another_one_is_told_plainly(
    world: World, provider: Provider
) -> None:
    client = portal(world, provider).client()
    provider.down = True
    silent = client.get("/sign-in/institution")
    assert silent.status_code == 403
    assert "does not answer" in silent.get_data(as_text=True)
    provider.down, provider.described = False, {"issuer": "https://elsewhere.example"}
    assert client.get("/sign-in/institution").status_code == 403
    provider.described = {"token_endpoint": "http://elsewhere.example/token"}
    assert client.get("/sign-in/institution").status_code == 403
    provider.described = {}
    assert client.get("/sign-in/institution").status_code == 302


def test_a_second_factor_is_asked_for_after_the_provider_too(
    world: World, provider: Provider
) -> None:
    provider.person = STUDENT
    secret = set_up(world.client("student"))
    client = portal(world, provider, oidc_link_by_mail=True).client()
    assert "/sign-in/code" in come(client, provider).location
    assert not is_in(client)
    assert say_code(client, code_of(secret, later=1)) == 302
    assert is_in(client)


def test_a_closed_account_stays_closed(world: World, provider: Provider) -> None:
    provider.person = STUDENT
    portal(world, provider, oidc_link_by_mail=True)
    assert come(world.client(), provider).status_code == 302
    with world.database.writing() as session:
        set_active(session, COMMAND_LINE, get_user(session, "student@example.org"), False)
    assert come(world.client(), provider).status_code == 403


@pytest.mark.parametrize(
    "settings",
    [
        {"oidc_issuer": "http://elsewhere.example", "oidc_client_id": "x"},
        {"oidc_issuer": "https://login.example"},
    ],
)
def test_a_provider_without_tls_or_client_id_stops_the_start(
    world: World, settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError):
        create_app(replace(world.settings, **settings), world.database)


def test_without_a_provider_nothing_speaks_of_one(world: World) -> None:
    client = world.client("student")
    assert client.get("/sign-in/institution").status_code == 404
    assert "institution</a>" not in world.client().get("/sign-in").get_data(as_text=True)
    assert "/account/institution" not in client.get("/account/security").get_data(as_text=True)


@pytest.fixture(scope="module")
def small_portal(tmp_path_factory: pytest.TempPathFactory, listening: Provider) -> World:
    """One portal for tokens that are refused."""
    from tests.integration.portal.world import make_world

    world = make_world(tmp_path_factory.mktemp("sso"))
    return portal(world, listening, oidc_link_by_mail=True, oidc_new_accounts=True)
