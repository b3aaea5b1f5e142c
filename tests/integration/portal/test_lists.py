"""Long tables: found, sorted and turned over at the server, and all of it stands in the address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from flask.testing import FlaskClient

from app.db.models import DataRequest, Job, User
from app.db.types import utc_now
from app.services.listing import PAGE
from tests.integration.portal.addresses import Furnished, furnished

HEAD = re.compile(r'aria-sort="(\w+)"><a class="sorter" href="[^"]*[?&;]sort=-?(\w+)')
LISTS = {
    "/users": ("administrator", {"name", "email", "account"}),
    "/requests/": ("researcher", {"title", "project", "state", "changed"}),
    "/outputs/": ("researcher", {"title", "state", "changed"}),
    "/jobs/": ("administrator", {"number", "kind", "state", "tries"}),
    "/mails/": ("administrator", {"number", "to", "state", "tries"}),
    "/cohorts/": ("researcher", {"name", "project"}),
    "/teaching/": ("instructor", {"title", "author", "state"}),
    "/review/": ("steward", {"title", "state", "changed"}),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A world with more requests than one page holds."""
    place = furnished(tmp_path_factory.mktemp("lists"))
    researcher = place.world.actors["researcher"].user_id
    assert researcher is not None
    with place.world.database.writing() as session:
        session.add_all(
            DataRequest(
                project_id=place.world.project_id,
                requester_id=researcher,
                title=f"Question {number:03} of 100%",
                state="draft",
            )
            for number in range(PAGE + 7)
        )
        session.add(
            DataRequest(
                project_id=place.world.project_id,
                requester_id=researcher,
                title="Refused",
                state="rejected",
                submitted_at=utc_now(),
            )
        )
        session.add_all(
            User(email=f"{name}@example.org", name=name, active=True, fs_uniquifier=name)
            for name in ("ann_a", "Ann b")
        )
        session.add(Job(kind="removal", payload={}, state="done", outcome="taken away"))
    with closing(place.world.database):
        yield place


def titles(client: FlaskClient, address: str) -> list[str]:
    page = client.get(address).get_data(as_text=True)
    return re.findall(r'<tr><th scope="row"><a href="/requests/\d+">([^<]+)</a>', page)


def test_a_list_is_shown_a_page_at_a_time_in_one_definite_order(place: Furnished) -> None:
    client = place.world.client("researcher")
    first = titles(client, "/requests/?find=question&sort=title")
    second = titles(client, "/requests/?find=question&sort=title&page=2")
    assert len(first) == PAGE
    assert first + second == [f"Question {number:03} of 100%" for number in range(PAGE + 7)]
    assert titles(client, "/requests/?find=question&sort=title&page=99") == second
    assert titles(client, "/requests/?find=question&sort=-title")[0] == second[-1]


def test_words_are_found_as_they_are_in_any_of_the_columns(place: Furnished) -> None:
    client = place.world.client("researcher")
    assert titles(client, "/requests/?find=007+QUESTION") == ["Question 007 of 100%"]
    assert titles(client, "/requests/?find=%25+012") == ["Question 012 of 100%"]
    assert titles(client, "/requests/?find=0_2") == []  # a sign that means any other one in SQL
    page = client.get("/requests/?find=nothing+like+it").get_data(as_text=True)
    assert "No request has these words" in page
    assert 'value="nothing like it"' in page
    users = place.world.client("administrator").get("/users?find=n_a").get_data(as_text=True)
    assert "ann_a" in users
    assert "Ann b" not in users
    students = place.world.client("administrator").get("/users?find=student").get_data(as_text=True)
    assert "Classmate" in students
    assert "Rita" not in students


@pytest.mark.parametrize("address", LISTS)
def test_heads_that_sort_are_links_and_say_how_it_is_sorted(place: Furnished, address: str) -> None:
    who, columns = LISTS[address]
    client = place.world.client(who)
    for key in sorted(columns):
        page = client.get(f"{address}?sort={key}").get_data(as_text=True)
        heads = {name: way for way, name in HEAD.findall(page)}
        assert heads.keys() == columns
        assert heads[key] == "ascending"
        assert f"sort=-{key}" in page
    down = client.get(f"{address}?sort=-{min(columns)}").get_data(as_text=True)
    assert 'aria-sort="descending"' in down
    assert client.get(f"{address}?sort=nothing&page=-3").status_code == 200
