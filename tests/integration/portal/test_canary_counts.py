"""Every page for every role, over a release whose counts are numbers found nowhere else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from app.db.models import DataRequest
from app.permissions import Role
from app.portal import create_app
from app.services.cohort_drafts import open_draft
from app.services.workflow import State
from tests.integration.portal.world import HYPERTENSION, RELEASE, World, make_world

PEOPLE, ILL = 613, 347
DELIVERED = 9437
# People, those who are ill and who are not, women and men among the ill and among all, and rows.
CANARIES = {PEOPLE, ILL, PEOPLE - ILL, ILL // 2, ILL - ILL // 2, PEOPLE // 2, DELIVERED}
FINISHED_REPORTS = {"catalogue.risk_report", "catalogue.quality_report"}


def addresses(world: World, request_id: int) -> list[str]:
    """Every page that is read, with the arguments that this world has."""
    app = create_app(world.settings, world.database)
    with world.database.writing() as session:
        draft_id = open_draft(session, world.actors["researcher"], world.cohort_id).id
    arguments = {
        "name": RELEASE,
        "cohort_id": world.cohort_id,
        "request_id": request_id,
        "draft_id": draft_id,
        "number": 1,
    }
    adapter = app.url_map.bind("localhost")
    found = [
        adapter.build(rule.endpoint, {name: arguments[name] for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.arguments <= set(arguments)
        # Steps of signing in end the session that they are opened in.
        if not rule.endpoint.startswith("security.") and rule.endpoint not in FINISHED_REPORTS
    ]
    counted = f"/cohorts/{world.cohort_id}?release={RELEASE}"
    draft = f"/cohorts/drafts/{draft_id}"
    concepts = f"set=$.ConceptSets[0]&find=hypertensive&about={HYPERTENSION}"
    found += [f"{draft}?{concepts}", f"{draft}?release={RELEASE}&count=exact"]
    found += [f"{draft}/counts?release={RELEASE}&count={how}" for how in ("draft", "exact")]
    described = f"/cohorts/{world.cohort_id}/characterise"
    analyses = [
        f"{described}?release={RELEASE}",
        f"{described}/incidence?release={RELEASE}&outcome=death",
        f"{described}/survival?release={RELEASE}&outcome=death&by=sex",
        f"{described}/pathways?release={RELEASE}&max_steps=3",
    ]
    downloads = [f"{analyses[0]}&download={what}" for what in ("svg", "sex", "condition")]
    return [
        *found,
        *analyses,
        *downloads,
        counted,
        f"/releases/{RELEASE}/dictionary?table=condition_occurrence",
    ]


@pytest.mark.parametrize("minimum", [11, 997])
def test_no_page_shows_an_exact_count_to_anybody(tmp_path: Path, minimum: int) -> None:
    world = make_world(tmp_path, PEOPLE, ILL)
    world.settings = replace(world.settings, minimum_cell=minimum)
    request_id = world.request_in(State.SUBMITTED)
    with world.database.writing() as session:
        session.execute(update(DataRequest).values(state=State.ACTIVE, extract_rows=DELIVERED))
    pages = addresses(world, request_id)
    opened: set[str] = set()
    for role in Role:
        client = world.client(role.value)
        for address in pages:
            answer = client.get(address)
            if answer.status_code != 200:
                continue
            opened.add(address)
            numbers = re.findall(r"(?<![\w#])\d[\d,.]*\d", answer.get_data(as_text=True))
            shown = {number.replace(",", "") for number in numbers}
            assert not shown & {str(canary) for canary in CANARIES}, (role, address)
            if address == pages[-2] and role is Role.RESEARCHER:
                assert ("345" in shown) == (minimum == 11)
    assert len(opened) > 10
    assert pages[-2] in opened
