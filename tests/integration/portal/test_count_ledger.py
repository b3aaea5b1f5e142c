"""Similar questions for counts: the second is answered as the first, and a steward sees it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db.models import CountedSet
from app.services.cohorts import add_version
from tests.integration.portal.world import EXPRESSION, RELEASE, World, make_world

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


NEARLY_THE_SAME = "Fewer than 11 people tell this definition"


def asked(client: FlaskClient, world: World, expression: str) -> str:
    with world.database.writing() as session:
        add_version(session, world.actors["researcher"], world.cohort_id, expression, "")
    return shown(client, world)


def shown(client: FlaskClient, world: World) -> str:
    page = client.get(f"/cohorts/{world.cohort_id}?release={RELEASE}").get_data(as_text=True)
    counts = page.split("People in a release")[1].split("In words")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", counts))


def test_a_question_that_leaves_out_a_few_of_an_earlier_one_gets_the_earlier_number(
    world: World,
) -> None:
    client = world.client("researcher")
    assert re.search(r"People 45 ", asked(client, world, aged(ADULTS)))
    near = asked(client, world, aged(NOT_THE_YOUNGEST))
    assert NEARLY_THE_SAME in near
    assert "People about 45 " in near
    assert not re.search(r"\b(35|40)\b", near)
    assert "Who they are" not in near
    assert re.search(r"People 20 ", asked(client, world, aged(OLDEST_TWO_YEARS)))
    # Nor does the way back, or a browser that starts anew, give the number.
    again = asked(world.client("researcher"), world, aged(NOT_THE_YOUNGEST))
    assert "People about 45 " in again
    log = world.client("steward").get("/audit?action=count_refused").get_data(as_text=True)
    assert "2 events, newest first" in log


def test_the_same_question_is_answered_the_same_however_it_is_written(world: World) -> None:
    client = world.client("researcher")
    first = asked(client, world, aged(ADULTS))
    again = asked(client, world, json.dumps(json.loads(aged(ADULTS, "grown up")), indent=3))
    assert re.findall(r"\b\d+\b", first)[-2:] == re.findall(r"\b\d+\b", again)[-2:]
    assert NEARLY_THE_SAME not in again


def test_a_rule_that_leaves_out_nobody_is_not_told_from_one_that_leaves_out_a_few(
    world: World,
) -> None:
    client = world.client("researcher")
    asked(client, world, aged(ADULTS))
    nobody = asked(client, world, aged(ADULTS + 1, "older"))
    few = asked(client, world, aged(NOT_THE_YOUNGEST, "older"))
    assert NEARLY_THE_SAME in nobody
    assert nobody == few


def test_what_a_steward_saw_does_not_bind_the_project(world: World) -> None:
    researcher = world.client("researcher")
    asked(researcher, world, aged(ADULTS))
    assert NEARLY_THE_SAME in asked(researcher, world, aged(NOT_THE_YOUNGEST))
    assert NEARLY_THE_SAME not in shown(world.client("steward"), world)
    assert NEARLY_THE_SAME in shown(researcher, world)


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
    world.restart()
    page = world.client("researcher").get(f"/cohorts/{world.cohort_id}?release={RELEASE}")
    assert page.status_code == 500
