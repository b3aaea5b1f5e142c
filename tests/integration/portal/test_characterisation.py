"""Characterisation in the portal: six pages, their downloads, and what the ledgers hide."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.dom.minidom import parseString

import numpy as np
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db.models import CohortVersion, ShownLines
from app.portal.wiring import EXTENSION
from app.services.characterisation import Characteriser
from app.services.cohorts import create_cohort
from app.services.count_ledger import Scope
from app.services.line_ledger import LineLedger, ShownLine
from app.services.projects import create_project
from cohorts.differencing import Bits, bits_of
from deid.errors import ConfigurationError
from tests.integration.portal.test_count_ledger import (
    ADULTS,
    NOT_THE_YOUNGEST,
    OLDEST_TWO_YEARS,
    aged,
    asked,
)
from tests.integration.portal.world import EXPRESSION, RELEASE, World, make_world, post

PEOPLE = 60
AT_RISK = "&first_day=1&limit_days=&until=observation&washout_days="


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """45 of 60 people are ill; a second cohort of the project are the 20 oldest of them."""
    world = make_world(tmp_path_factory.mktemp("world"), people=PEOPLE, ill=45)
    with world.database.writing() as session:
        create_cohort(
            session, world.actors["researcher"], world.project_id, "Oldest <b>", "",
            aged(OLDEST_TWO_YEARS),
        )  # fmt: skip
    return world


@pytest.fixture(scope="module")
def client(world: World) -> FlaskClient:
    return world.client("researcher")


def version_of(world: World, name: str) -> int:
    with world.database.reading() as session:
        versions = session.scalars(select(CohortVersion))
        return next(one.id for one in versions if one.cohort.name == name)


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_each_analysis_has_its_page_with_a_chart_tables_and_downloads(
    world: World, client: FlaskClient
) -> None:
    other = version_of(world, "Oldest <b>")
    base = f"/cohorts/{world.cohort_id}/characterise"
    addresses = {
        f"{base}?release={RELEASE}": "45 people at their index date",
        f"{base}/incidence?release={RELEASE}&outcome={other}{AT_RISK}": "per 1,000",
        f"{base}/survival?release={RELEASE}&outcome=death{AT_RISK}&by=nothing": "People at risk",
        f"{base}/survival?release={RELEASE}&outcome=death{AT_RISK}&by=nothing&other={other}": (
            "Oldest"
        ),
        f"{base}/pathways?release={RELEASE}&max_steps=2": "Treatments after the index date",
        f"{base}/overlap?release={RELEASE}&with1={other}": "People of each combination",
        f"{base}/comparison?release={RELEASE}&other={other}": "SMD",
    }
    for address, words in addresses.items():
        answer = client.get(address)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200, address
        assert words in words_of(page), address
        assert "<svg" in page
        assert "style=" not in page
        for link in re.findall(r'href="([^"]*download=[^"]*)"', page):
            file = client.get(unescape(link))
            assert file.headers["Content-Disposition"].startswith("attachment; filename=")
            text = file.get_data(as_text=True)
            assert parseString(text) if "download=svg" in link else text.count("\r\n") > 1
    log = world.client("steward").get("/audit?action=characterised").get_data(as_text=True)
    assert "cohort.characterised" in log


def test_a_table_downloaded_is_the_table_shown(world: World, client: FlaskClient) -> None:
    address = f"/cohorts/{world.cohort_id}/characterise?release={RELEASE}&download=condition"
    assert client.get(address).get_data(as_text=True).splitlines() == [
        "Conditions in the baseline,People,Share",
        "Hypertensive disorder,45,100.0 %",
    ]
    assert client.get(address.replace("condition", "nothing")).status_code == 404


def test_a_cohort_whose_count_is_refused_is_not_characterised(tmp_path: Path) -> None:
    world = make_world(tmp_path, people=PEOPLE, ill=45)
    client = world.client("researcher")
    asked(client, world, aged(ADULTS))
    asked(client, world, aged(NOT_THE_YOUNGEST))
    for analysis in ("", "/incidence", "/pathways"):
        where = f"/cohorts/{world.cohort_id}/characterise{analysis}"
        page = client.get(f"{where}?release={RELEASE}&outcome=death&max_steps=3").get_data(True)
        refused = words_of(page.split('role="alert"')[1].split("</div>")[0])
        assert "fewer than 11 people" in refused.lower()
        assert "<svg" not in page
        assert "<table" not in page


def test_what_cannot_be_asked_is_told_and_what_was_typed_stays(
    world: World, client: FlaskClient
) -> None:
    told = {
        "/incidence?outcome=": "Choose an outcome.",
        "/incidence?outcome=death&first_day=soon": "“soon” is not a number of days.",
        "/incidence?outcome=death&first_day=9&limit_days=3": "time at risk ends before it begins",
        "/survival?outcome=death&by=name": "Curves are divided by nothing, sex or age.",
        f"/survival?outcome=death&by=sex&other={version_of(world, 'Oldest <b>')}": (
            "Curves of two cohorts are not divided"
        ),
        "/pathways?max_steps=9": "a pathway has from 1 to 6 steps",
        "/pathways?drug_class=7": "Choose a class of drugs of this release.",
        "/overlap?with1=": "Choose at least one more cohort.",
        "/comparison?other=999": "Choose a cohort of this project.",
        "?baseline_days=99999": "The baseline is from 0 to 36,525 days.",
    }
    for query, words in told.items():
        address = f"/cohorts/{world.cohort_id}/characterise{query}&release={RELEASE}"
        page = client.get(address).get_data(as_text=True)
        assert words in words_of(page), query
        assert "soon" not in query or 'value="soon"' in page


def test_cohorts_of_other_projects_can_neither_be_seen_nor_compared_with(
    world: World, client: FlaskClient
) -> None:
    outsider = world.actors["outsider"]
    with world.database.writing() as session:
        theirs = create_project(session, outsider, "elsewhere", "Elsewhere")
        cohort = create_cohort(session, outsider, theirs.id, "Theirs", "", EXPRESSION)
    base = f"/cohorts/{world.cohort_id}/characterise/comparison?release={RELEASE}"
    page = client.get(f"{base}&other={version_of(world, 'Theirs')}")
    assert "Choose a cohort of this project." in page.get_data(as_text=True)
    for analysis in ("", "/overlap"):
        address = f"/cohorts/{cohort.id}/characterise{analysis}?release={RELEASE}"
        assert client.get(address).status_code == 404


def test_stopping_goes_back_to_the_form_with_what_was_typed(
    world: World, client: FlaskClient
) -> None:
    where = f"/cohorts/{world.cohort_id}"
    answer = post(client, f"{where}/characterise/stop", where, analysis="survival", token="x",
                  outcome="death", by="sex")  # fmt: skip
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert '<option value="death" selected>' in page
    assert '<option value="sex" selected>' in page


def test_what_takes_long_is_waited_for_by_a_page_that_asks_again(world: World) -> None:
    client = world.client("researcher")
    wired = client.application.extensions[EXTENSION]
    ledger = LineLedger(world.settings.secret_file.parent, 11)
    impatient = Characteriser(wired.answers, ledger, patience_seconds=0)
    client.application.extensions[EXTENSION] = replace(wired, characteriser=impatient)
    address = f"/cohorts/{world.cohort_id}/characterise/survival?release={RELEASE}&outcome=death"
    answer = client.get(address)
    page = answer.get_data(as_text=True)
    assert "This is being computed" in page
    assert int(answer.headers["Refresh"]) > 0
    assert re.search(r'name="token" value="[0-9a-f]{64}"', page)
    for _ in range(200):
        page = client.get(address).get_data(as_text=True)
        if "This is being computed" not in page:
            break
        time.sleep(0.1)
    assert "People at risk" in page


# The ledger of lines, on sets of people of its own.


def people(*ranges: range) -> Bits:
    return bits_of(np.array([p for one in ranges for p in one]), 600)


@pytest.fixture
def ledger(world: World) -> LineLedger:
    return LineLedger(world.settings.secret_file.parent, 11)


_projects = iter(range(1000))


@pytest.fixture
def scope(world: World) -> Scope:
    user = world.actors["researcher"].user_id
    assert user is not None
    return Scope(user, None, f"release-{next(_projects)}", 600)


def shown(world: World, ledger: LineLedger, scope: Scope, *lines: ShownLine) -> list[bool]:
    with world.database.writing() as session:
        return ledger.admit(session, scope, lines)


def test_a_line_that_differs_by_a_few_from_one_of_the_same_aspect_is_hidden(
    world: World, ledger: LineLedger, scope: Scope
) -> None:
    first = ShownLine("q1", "drug:1", people(range(100)))
    assert shown(world, ledger, scope, first) == [True]
    near, equal = people(range(95)), people(range(100))
    far, elsewhere = people(range(80)), people(range(200, 300))
    lines = [ShownLine("q2", "drug:1", one) for one in (near, equal, far, elsewhere)]
    assert shown(world, ledger, scope, *lines) == [False, False, True, True]
    assert shown(world, ledger, scope, first) == [True]
    assert shown(world, ledger, scope, ShownLine("q2", "drug:2", near)) == [True]
    # What is hidden once stays hidden, also when it is asked beside others.
    assert shown(world, ledger, scope, *lines) == [False, False, True, True]


def test_a_line_close_to_two_others_added_up_is_hidden_and_their_sum_is_not(
    world: World, ledger: LineLedger, scope: Scope
) -> None:
    women, men = people(range(100)), people(range(100, 180))
    assert shown(world, ledger, scope, ShownLine("w", "a", women), ShownLine("m", "a", men)) == [
        True,
        True,
    ]
    both, nearly = people(range(180)), people(range(183))
    assert shown(world, ledger, scope, ShownLine("n", "a", nearly)) == [False]
    assert shown(world, ledger, scope, ShownLine("b", "a", both)) == [True]


def test_lines_below_the_minimum_are_not_kept(
    world: World, ledger: LineLedger, scope: Scope
) -> None:
    assert shown(world, ledger, scope, ShownLine("q", "a", people(range(9)))) == [True]
    with world.database.reading() as session:
        kept = select(ShownLines).where(ShownLines.release == scope.release)
        assert list(session.scalars(kept)) == []


def test_combinations_of_an_overlap_may_equal_but_not_nearly_equal_earlier_ones(
    world: World, ledger: LineLedger, scope: Scope
) -> None:
    def part(*ranges: range) -> ShownLine:
        return ShownLine("overlap", "overlap", people(*ranges), may_equal=True)

    # All three of one answer: the union differs from a part by the other part.
    assert (
        shown(world, ledger, scope, part(range(60)), part(range(60, 65)), part(range(65)))
        == [True] * 3
    )
    assert shown(world, ledger, scope, part(range(60)), part(range(57))) == [True, False]


def test_kept_lines_are_encrypted_and_read_with_their_key_alone(
    world: World, ledger: LineLedger, scope: Scope, tmp_path: Path
) -> None:
    line = ShownLine("question-of-mine", "drug:1", people(range(100)))
    shown(world, ledger, scope, line)
    with world.database.reading() as session:
        kept = select(ShownLines).where(ShownLines.release == scope.release)
        (row,) = session.scalars(kept)
    assert b"question-of-mine" not in row.lines
    assert json.dumps("drug:1").encode() not in row.lines
    with pytest.raises(ConfigurationError, match="count-ledger-key"):
        shown(world, LineLedger(tmp_path, 11), scope, line)


def test_members_of_a_project_share_what_was_shown_to_one_and_others_do_not(
    world: World, ledger: LineLedger, scope: Scope
) -> None:
    outsider = world.actors["outsider"].user_id
    assert outsider is not None
    mine = Scope(scope.user_id, world.project_id, scope.release, 600)
    colleague = Scope(outsider, world.project_id, scope.release, 600)
    stranger = Scope(outsider, None, scope.release, 600)
    shown(world, ledger, mine, ShownLine("q1", "a", people(range(100))))
    near = ShownLine("q2", "a", people(range(95)))
    assert shown(world, ledger, colleague, near) == [False]
    assert shown(world, ledger, stranger, near) == [True]
