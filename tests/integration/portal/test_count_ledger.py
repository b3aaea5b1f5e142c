"""Similar questions for counts: the second is refused, with reasons, and a steward sees it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db.models import CountedSet
from tests.integration.portal.world import EXPRESSION, RELEASE, World, make_world, post

# 45 of 60 people are ill; of those 10 were born in each of 1950 to 1953, and 5 in 1954.
ADULTS, NOT_THE_YOUNGEST, OLDEST_TWO_YEARS = 18, 67, 69


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, people=60, ill=45)


def aged(at_least: int, title: str = "") -> str:
    document: dict[str, Any] = json.loads(EXPRESSION)
    rule = document["InclusionRules"][0]
    rule["expression"]["DemographicCriteriaList"][0]["Age"]["Value"] = at_least
    rule["name"] = title or f"{at_least} years or older"
    return json.dumps(document)


def asked(client: FlaskClient, world: World, expression: str) -> str:
    where = f"/cohorts/{world.cohort_id}"
    answer = post(client, f"{where}/versions", where, expression=expression, note="")
    assert answer.status_code == 302
    page = client.get(f"{where}?release={RELEASE}").get_data(as_text=True)
    return re.sub(r"<[^>]+>", " ", page.split("In words")[0])


def test_a_question_that_leaves_out_a_few_of_an_earlier_one_is_refused_and_a_steward_sees_it(
    world: World,
) -> None:
    client = world.client("researcher")
    assert "45" in asked(client, world, aged(ADULTS))
    refused = asked(client, world, aged(NOT_THE_YOUNGEST))
    assert "not answered" in refused
    assert "ask a steward" in refused
    assert not re.search(r"\b(35|40|45)\b", refused)
    assert re.search(r"\b20\b", asked(client, world, aged(OLDEST_TWO_YEARS)))
    # Nor does the way back, or a browser that starts anew, give the number.
    assert "not answered" in asked(world.client("researcher"), world, aged(NOT_THE_YOUNGEST))
    log = world.client("steward").get("/audit?action=count_refused").get_data(as_text=True)
    assert "2 events, newest first" in log


def test_the_same_question_is_answered_the_same_however_it_is_written(world: World) -> None:
    client = world.client("researcher")
    first = asked(client, world, aged(ADULTS))
    again = asked(client, world, json.dumps(json.loads(aged(ADULTS, "grown up")), indent=3))
    assert re.findall(r"\b\d+\b", first)[-2:] == re.findall(r"\b\d+\b", again)[-2:]
    assert "not answered" not in again


def test_a_rule_that_leaves_out_nobody_is_not_told_from_one_that_leaves_out_a_few(
    world: World,
) -> None:
    client = world.client("researcher")
    asked(client, world, aged(ADULTS))
    assert "not answered" in asked(client, world, aged(ADULTS + 1))


def test_what_a_steward_saw_does_not_bind_the_project(world: World) -> None:
    where = f"/cohorts/{world.cohort_id}?release={RELEASE}"
    researcher = world.client("researcher")
    asked(researcher, world, aged(ADULTS))
    assert "not answered" in asked(researcher, world, aged(NOT_THE_YOUNGEST))
    assert "not answered" not in world.client("steward").get(where).get_data(as_text=True)
    assert "not answered" in researcher.get(where).get_data(as_text=True)


def test_the_database_holds_no_readable_set_and_without_its_key_nothing_is_counted(
    world: World,
) -> None:
    asked(world.client("researcher"), world, aged(ADULTS))
    with world.database.reading() as session:
        kept = list(session.scalars(select(CountedSet)))
    assert len({one.people for one in kept}) == len(kept) > 0
    key = world.settings.secret_file.with_name("count-ledger-key")
    assert key.stat().st_mode & 0o077 == 0
    key.unlink()
    page = world.client("researcher").get(f"/cohorts/{world.cohort_id}?release={RELEASE}")
    assert page.status_code == 500
