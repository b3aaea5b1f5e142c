"""The client of notebooks, over a portal that listens."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from cohorts import connect
from cohorts.client import PortalProblem
from tests.integration.portal.api_calls import token
from tests.integration.portal.world import EXPRESSION, RELEASE, World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    """Where the world's portal listens."""
    server = make_server("127.0.0.1", 0, world.client().application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_notebook_reads_the_catalogue_and_counts_a_cohort(world: World, address: str) -> None:
    portal = connect(address, token(world, "researcher"))
    assert portal.me()["name"] == world.actors["researcher"].name
    releases = portal.releases()
    assert (releases["name"].tolist(), releases["people"].tolist()) == ([RELEASE], [60])
    columns = portal.dictionary(RELEASE, table="person")
    assert set(columns["table"]) == {"person"}
    assert portal.count(world.cohort_id, RELEASE)["people"]["shown"] == 30
    steps = portal.attrition(world.cohort_id, RELEASE)
    assert steps["rule"].tolist() == ["enter the cohort", "18 years or older"]
    assert steps["remains"].tolist() == [30, 30]


def test_a_definition_is_begun_changed_counted_and_kept(world: World, address: str) -> None:
    portal = connect(address, token(world, "researcher"))
    project = int(portal.projects()["id"][0])
    draft = portal.begin_draft(project, "By a notebook", json.loads(EXPRESSION))
    changed = portal.change_draft(draft, draft.expression | {"InclusionRules": []})
    with pytest.raises(PortalProblem) as late:
        portal.change_draft(draft, draft.expression)
    assert late.value.status == 412
    assert portal.count_draft(changed, RELEASE)["people"]["about"]
    kept = portal.keep_draft(changed, "the first")
    number = kept["cohort"]["id"]
    assert portal.definition(number)["expression"] == changed.expression
    assert portal.drafts().empty
    again = portal.edit_cohort(number)
    portal.discard_draft(again)
    with pytest.raises(PortalProblem, match="no such draft"):
        portal.draft(again.id)


def test_every_list_is_read_to_its_end(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cohorts.client._PER_PAGE", 3)
    portal = connect(address, token(world, "researcher"))
    columns = portal.dictionary(RELEASE)
    assert len(columns) > 6
    assert not columns.duplicated(["table", "name"]).any()


def test_a_token_that_was_revoked_says_so(world: World, address: str) -> None:
    portal = connect(address, token(world, "student"))
    assert portal.cases().empty
    portal.revoke_token(int(portal.tokens()["id"][0]))
    with pytest.raises(PortalProblem) as refused:
        portal.sets()
    assert refused.value.status == 401


@pytest.mark.parametrize("where", ["", "http://portal.example", "ftp://portal.example"])
def test_a_token_is_not_sent_where_others_read_it(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARECOMMONS_API", raising=False)
    with pytest.raises(PortalProblem):
        connect(where, "cct_invented")


def test_no_redirect_carries_the_token_elsewhere() -> None:
    told: list[str] = []

    def elsewhere(environ: dict[str, str], start_response: Any) -> list[bytes]:
        told.append(environ["PATH_INFO"])
        start_response("302 Found", [("Location", "/stolen")])
        return []

    server = make_server("127.0.0.1", 0, elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with pytest.raises(PortalProblem) as refused:
        connect(f"http://127.0.0.1:{server.server_port}", "cct_invented")
    server.shutdown()
    thread.join()
    server.server_close()
    assert (refused.value.status, told) == (302, ["/api/v1/me"])


def test_the_client_needs_no_web_framework_and_no_table_library_to_connect() -> None:
    code = (
        "import sys; from cohorts import connect; "
        "print([name for name in ('flask', 'sqlalchemy', 'duckdb', 'pandas', 'requests')"
        " if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
