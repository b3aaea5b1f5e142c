"""The portal without vault, keys and engine; and what its pages must never show."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import DatabaseError

from app.db.models import RequestEvent
from app.services.catalogue import safe_share
from app.services.cohort_drafts import open_draft
from app.services.workflow import State
from cohorts.disclosure import DisclosureRule
from tests.integration.portal.world import RELEASE, World, make_world

ROOT = Path(__file__).parents[3]
PROGRAM = """
import importlib.abc, sys

class Absent(importlib.abc.MetaPathFinder):
    names = (
        "deid.vault", "deid.keys", "deid.pseudonyms", "deid.build", "deid.importers", "deid.text",
        "deid.synth", "deid.settings", "deid.cli", "deid.risk", "deid.policy", "omop_cdm", "faker",
        "fhir", "re2", "ahocorasick_rs", "pypinyin", "sklearn", "pandas", "app.worker",
    )
    def find_spec(self, name, path=None, target=None):
        if any(name == one or name.startswith(one + ".") for one in self.names):
            raise ModuleNotFoundError(f"{name} is not on this machine", name=name)

sys.meta_path.insert(0, Absent())

from pathlib import Path
from app.portal import create_app
from app.settings import PortalSettings

root = Path(sys.argv[1])
app = create_app(PortalSettings.from_environ({"CARECOMMONS_HOME": str(root)}))
client = app.test_client()
import re

def page(address):
    answer = client.get(address)
    print(address, answer.status_code)
    return answer.get_data(as_text=True)

token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page("/sign-in")).group(1)
client.post("/sign-in", data={"email": sys.argv[2], "password": sys.argv[3], "csrf_token": token})
for address in sys.argv[4:]:
    page(address)
"""


def test_the_portal_runs_where_vault_keys_and_engine_are_absent(world: World) -> None:
    from tests.integration.portal.world import PASSWORD

    request_id = world.request_in(State.SUBMITTED)
    root = world.settings.project_root.parent
    pages = [
        "/",
        "/releases/",
        f"/releases/{RELEASE}",
        f"/releases/{RELEASE}/dictionary?q=birth",
        f"/cohorts/{world.cohort_id}?release={RELEASE}",
        f"/requests/{request_id}",
        "/health",
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(root), "researcher@example.org", PASSWORD, *pages],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["200"] * (len(pages) + 1)
    assert not (root / "keys").exists()
    assert not (root / "vault").exists()


def test_a_cohort_of_three_people_is_never_shown_as_a_number(tmp_path: Path) -> None:
    world = make_world(tmp_path, people=60, ill=3)
    for role in ("researcher", "steward"):
        page = world.client(role).get(f"/cohorts/{world.cohort_id}?release={RELEASE}")
        text = _visible(page.get_data(as_text=True))
        assert "&lt;11" in text
        assert not re.search(r"\b3\b", text.split("In words")[0].split("People in a release")[1])
        assert "Who they are" not in text


def test_a_table_of_three_rows_is_never_shown_as_a_number(tmp_path: Path) -> None:
    world = make_world(tmp_path, people=61, ill=3)
    request_id = world.request_in(State.SUBMITTED)
    for role in ("researcher", "steward"):
        client = world.client(role)
        page = client.get(f"/releases/{RELEASE}").get_data(as_text=True)
        row = re.search(r"table=condition_occurrence.*?</tr>", page, re.DOTALL)
        assert row is not None
        assert "&lt;11" in row[0]
        assert not re.search(r"\b3\b", _visible(row[0]))
        assert not re.search(r"\b61\b", _visible(page))
        asked = _visible(client.get(f"/requests/{request_id}").get_data(as_text=True))
        assert "&lt;11 rows in the release" in asked
        assert "60 rows in the release" in asked


@given(rows=st.integers(0, 500), filled=st.integers(0, 500), minimum=st.integers(3, 40))
def test_a_shown_completeness_stands_for_the_minimum_of_rows_on_either_side(
    rows: int, filled: int, minimum: int
) -> None:
    rule = DisclosureRule.with_minimum(minimum)
    if 0 < filled < rows:
        shown = safe_share(filled / rows, rows, rule)
        if rows < 2 * rule.smallest_shown:
            assert shown is None
        else:
            assert shown is not None
            count = round(shown * rows)
            assert minimum <= count <= rows - minimum
            assert abs(count - filled) <= rule.smallest_shown
    assert safe_share(0.0, rows, rule) == 0.0
    assert safe_share(1.0, rows, rule) == 1.0
    assert safe_share(None, rows, rule) is None


def test_a_cohort_of_thirty_people_is_shown_rounded(tmp_path: Path) -> None:
    world = make_world(tmp_path, people=60, ill=32)
    page = world.client("researcher").get(f"/cohorts/{world.cohort_id}?release={RELEASE}")
    shown = _visible(page.get_data(as_text=True)).split("In words")[0]
    assert re.search(r"\b30\b", shown)
    assert not re.search(r"\b32\b", shown)


def test_no_release_id_of_a_person_stands_on_a_researchers_page(world: World) -> None:
    client = world.client("researcher")
    for address in (f"/releases/{RELEASE}", f"/cohorts/{world.cohort_id}?release={RELEASE}"):
        text = _visible(client.get(address).get_data(as_text=True))
        assert not re.search(r"\b10[0-5]\d\b", text), address


def test_every_question_for_counts_is_audited(world: World) -> None:
    world.client("researcher").get(f"/cohorts/{world.cohort_id}?release={RELEASE}")
    page = world.client("steward").get("/audit?action=cohort.counted").get_data(as_text=True)
    assert "cohort.counted" in page
    assert "1 event, newest first" in page


def test_the_database_refuses_to_change_the_history_of_a_request(world: World) -> None:
    world.request_in(State.SUBMITTED)
    with pytest.raises(DatabaseError, match="append-only"), world.database.writing() as session:
        session.execute(update(RequestEvent).values(comment="never said"))


def test_a_cohort_definition_that_is_no_circe_comes_back_with_the_place_of_the_fault(
    world: World,
) -> None:
    from tests.integration.portal.world import post

    client = world.client("researcher")
    answer = post(
        client,
        "/cohorts/new",
        "/cohorts/new",
        project=world.project_id,
        start="import",
        text='{"PrimaryCriteria": 7}',
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "$.PrimaryCriteria" in text
    assert "{&#34;PrimaryCriteria&#34;: 7}" in text


def _visible(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", page)


def test_questions_for_counts_are_throttled_and_reading_a_cohort_is_not(world: World) -> None:
    client = world.client("researcher")
    where = f"/cohorts/{world.cohort_id}"
    statuses = [client.get(f"{where}?release={RELEASE}").status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert client.get(where).status_code == 200


def test_counts_of_a_draft_are_throttled_with_the_others(world: World) -> None:
    client = world.client("researcher")
    with world.database.writing() as session:
        draft = open_draft(session, world.actors["researcher"], world.cohort_id).id
    counts = f"/cohorts/drafts/{draft}/counts?release={RELEASE}"
    statuses = [client.get(counts).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert client.get(f"/cohorts/{world.cohort_id}?release={RELEASE}").status_code == 429
    assert client.get(f"/cohorts/drafts/{draft}").status_code == 200
