"""Every number in every address, tried by everybody whose object it is not: pages, forms, API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.portal.access import declared_access, may_use
from tests.integration.portal.addresses import (
    MARK,
    PLAIN,
    SIGNS_IN_OR_OUT,
    Address,
    Furnished,
    addresses,
    furnished,
    rows_of,
)
from tests.integration.portal.world import token_of

TEACH = frozenset({"instructor", "colleague", "steward"})
SEEN_BY: dict[str, frozenset[str]] = {
    "project_id": frozenset({"researcher", "steward"}),
    "request_id": frozenset({"researcher", "steward"}),
    "certificate_id": frozenset({"researcher", "steward"}),
    "output_id": frozenset({"researcher", "steward"}),
    "file_id": frozenset({"researcher", "steward"}),
    "cohort_id": frozenset({"researcher", "steward"}),
    "draft_id": frozenset({"researcher"}),
    "share_id": frozenset({"researcher"}),
    "parcel": frozenset({"researcher"}),
    "token_id": frozenset({"researcher"}),
    "session_id": frozenset({"researcher"}),
    # A draft is the workbench's; what is published is for everybody who reads cases.
    "case_id": TEACH,
    "set_id": TEACH,
    "version_id": TEACH | {"student"},
    "post_id": TEACH | {"student"},
    "attempt_id": frozenset({"student"}),
    "class_id": frozenset({"instructor"}),
    "assignment_id": frozenset({"instructor"}),
    "platform_id": frozenset({"administrator"}),
    "grade_id": frozenset({"administrator"}),
    "job_id": frozenset({"administrator"}),
    "mail_id": frozenset({"administrator"}),
    "user_id": frozenset({"administrator"}),
}
"""Who may see the object that a part of an address names in the furnished world."""
PEOPLE = (
    "outsider", "classmate", "colleague", "student", "instructor", "researcher", "steward",
    "auditor", "administrator",
)  # fmt: skip
ABSENT = 987654
"""A number that names nothing."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A world with an object of each kind."""
    place = furnished(tmp_path_factory.mktemp("others"))
    with closing(place.world.database):
        yield place


def of_others(place: Furnished, who: str) -> list[Address]:
    """Addresses that this person's role may open, with an object that is not theirs to see.

    That a role opens no other address is the matrix of ``test_access``.
    """
    app, actor = place.world.client().application, place.world.actors[who]
    return [
        one
        for one in addresses(app, place.objects)
        if one.endpoint not in SIGNS_IN_OR_OUT
        and (one.is_api or may_use(actor, declared_access(one.endpoint)))
        and any(who not in SEEN_BY[name] for name in one.objects)
    ]


def test_every_part_of_an_address_that_names_an_object_has_one_here(place: Furnished) -> None:
    found = addresses(place.world.client().application)
    named = frozenset().union(*(one.objects for one in found))
    assert named == SEEN_BY.keys() == place.objects.keys()
    assert not named & PLAIN.keys()


def ask(place: Furnished, client: FlaskClient, who: str, token: str, one: Address) -> TestResponse:
    """Open the address, or send its form with little in it."""
    headers = {"Referer": "http://localhost/"}
    if one.is_api:
        headers["Authorization"] = f"Bearer {place.secrets.get(who, '')}"
    data = None if one.method in ("GET", "DELETE") else {"csrf_token": token, "title": "taken"}
    return client.open(one.path, method=one.method, headers=headers, data=data)


def said(answer: TestResponse) -> tuple[int, str, str]:
    """The answer without the numbers of addresses in it."""
    leads_to = re.sub(r"/\d+", "/N", answer.headers.get("Location", ""))
    text = re.sub(r"/\d+", "/N", answer.get_data(as_text=True))
    return answer.status_code, leads_to, text


@pytest.mark.parametrize("who", [who for who in PEOPLE if who != "administrator"])
def test_whose_it_is_not_sees_nothing_of_it_and_changes_nothing(place: Furnished, who: str) -> None:
    client = place.world.client(who)
    token = token_of(client.get("/").get_data(as_text=True))
    nowhere = {
        (one.endpoint, one.method): one
        for one in addresses(client.application, dict.fromkeys(place.objects, ABSENT))
    }
    before, wrong, tried = rows_of(place.world), [], of_others(place, who)
    for one in tried:
        answer = ask(place, client, who, token, one)
        if answer.status_code in (401, 403, 404) and MARK not in answer.get_data(as_text=True):
            continue
        # Turned away for another reason: then in the words in which one hears of no object at all.
        absent = nowhere[one.endpoint, one.method]
        if said(answer) != said(ask(place, client, who, token, absent)):
            wrong.append((one.endpoint, one.method, answer.status_code))
    assert tried
    assert wrong == []
    after = rows_of(place.world)
    assert {name for name in before if before[name] != after[name]} == set()


def test_whose_it_is_sees_the_marked_objects(place: Furnished) -> None:
    """The same addresses show the mark to somebody, so that its absence means something."""
    seen: set[str] = set()
    for who in ("researcher", "student", "instructor", "administrator"):
        client = place.world.client(who)
        for one in addresses(client.application, place.objects):
            if one.method != "GET" or one.objects <= seen or one.is_api:
                continue
            theirs = all(who in SEEN_BY[name] for name in one.objects)
            if theirs and MARK in client.get(one.path).get_data(as_text=True):
                seen |= one.objects
    named_by_forms_only = {
        "platform_id", "grade_id", "job_id", "mail_id", "user_id", "token_id", "session_id",
        "certificate_id", "file_id", "share_id", "attempt_id", "post_id",
    }  # fmt: skip
    assert SEEN_BY.keys() - seen == named_by_forms_only
