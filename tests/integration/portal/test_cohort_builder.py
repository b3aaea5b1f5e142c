"""The builder: drafts that lose nothing, counts while one edits, versions, sharing, copies."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.db.models import CohortDraft, CountedSet
from app.errors import ChangedMeanwhile, NotFound, PermissionDenied
from app.services import cohort_drafts as drafts
from app.services import cohort_sharing as sharing
from app.services.cohort_answers import CohortAnswers
from app.services.cohorts import add_version, get_cohort
from app.services.count_ledger import CountLedger
from app.services.projects import add_member, create_project
from cohorts.editing import find_at, set_values
from cohorts.editing.paths import put_at
from cohorts.errors import QueryCancelled
from deid.release import Release, open_release
from tests.integration.portal.world import (
    EXPRESSION,
    HYPERTENSION,
    RELEASE,
    World,
    make_world,
    take_file,
    token_of,
)

EVENTS = "$.PrimaryCriteria.CriteriaList"
AGE = "$.InclusionRules[0].expression.DemographicCriteriaList[0].Age"


def exported(client: FlaskClient, draft: int) -> str:
    """The draft as its page lets it be taken."""
    shown = f"/cohorts/drafts/{draft}"
    return take_file(client, shown, f"{shown}/definition.json").get_data(as_text=True)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Forty-five of sixty people are ill; a second researcher is a member."""
    world = make_world(tmp_path, people=60, ill=45)
    with world.database.writing() as session:
        add_member(session, world.actors["researcher"], world.project_id, "outsider@example.org")
    return world


def opened(world: World, who: str = "researcher") -> int:
    with world.database.writing() as session:
        return drafts.open_draft(session, world.actors[who], world.cohort_id).id


def revision_of(world: World, draft: int) -> int:
    with world.database.reading() as session:
        return session.get_one(CohortDraft, draft).revision


def edit(client: FlaskClient, world: World, draft: int, op: str, **data: Any) -> TestResponse:
    """Send one operation, as the page's forms do."""
    page = client.get(f"/cohorts/drafts/{draft}").get_data(as_text=True)
    form = {"csrf_token": token_of(page), "revision": revision_of(world, draft), "op": op, **data}
    return client.post(f"/cohorts/drafts/{draft}/edits", data=form)


def aged(client: FlaskClient, world: World, draft: int, years: int) -> None:
    data = {"shown": AGE, f"{AGE}|Op": "gte", f"{AGE}|Value": str(years), f"{AGE}|Extent": ""}
    assert edit(client, world, draft, "set_values", **data).status_code == 303


def counted(client: FlaskClient, draft: int, how: str = "draft") -> str:
    page = client.get(f"/cohorts/drafts/{draft}/counts?release={RELEASE}&count={how}")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.get_data(as_text=True)))


def visible(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def test_from_a_blank_page_to_a_kept_cohort_by_forms_alone(world: World) -> None:
    client = world.client("researcher")
    token = token_of(client.get("/cohorts/new").get_data(as_text=True))
    begun = client.post(
        "/cohorts/new",
        data={"csrf_token": token, "start": "blank", "project": world.project_id, "name": "Ours"},
    )
    draft = int(begun.headers["Location"].rsplit("/", 1)[1])
    page = client.get(f"/cohorts/drafts/{draft}?to={EVENTS}&find=hypertensive")
    assert "Hypertensive disorder" in visible(page)
    assert "There is no entry event yet." in visible(page)
    assert "Nothing can be counted yet" in counted(client, draft)
    added = edit(client, world, draft, "add_criterion", path=EVENTS, concept=str(HYPERTENSION))
    shown = visible(client.get(added.headers["Location"]))
    assert "a condition occurrence of &#34;Hypertensive disorder&#34;" in shown
    assert "People about 40 " in counted(client, draft)
    assert "People 45 " in counted(client, draft, "exact")
    assert "People 45 " in counted(client, draft)
    token = token_of(client.get(f"/cohorts/drafts/{draft}").get_data(as_text=True))
    data = {"csrf_token": token, "revision": revision_of(world, draft), "note": "the first"}
    kept = client.post(f"/cohorts/drafts/{draft}/keep", data=data)
    assert kept.status_code == 303
    cohort = client.get(kept.headers["Location"])
    assert "Ours" in visible(cohort)
    assert "the first" in visible(cohort)
    assert client.get(f"/cohorts/drafts/{draft}").status_code == 404


def test_every_change_is_kept_at_once_and_can_be_undone_and_done_again(world: World) -> None:
    client = world.client("researcher")
    draft = opened(world)
    for years in (30, 40, 50):
        aged(client, world, draft, years)

    def age() -> str:
        text = exported(client, draft)
        group = json.loads(text)["InclusionRules"][0]["expression"]
        return str(group["DemographicCriteriaList"][0]["Age"]["Value"])

    seen = [age()]
    for op in ("undo", "undo", "undo", "undo", "redo"):
        edit(client, world, draft, op)
        seen.append(age())
    assert seen == ["50", "40", "30", "18", "18", "30"]
    assert "is shown" in visible(client.get(f"/cohorts/drafts/{draft}"))
    edit(client, world, draft, "go", by="2")
    assert age() == "50"
    edit(client, world, draft, "go", by="-2")
    edit(client, world, draft, "go", by="99")
    assert age() == "30"
    aged(client, world, draft, 60)
    edit(client, world, draft, "redo")
    assert age() == "60"


def test_a_form_of_another_window_is_told_and_what_was_typed_is_still_there(world: World) -> None:
    client = world.client("researcher")
    draft = opened(world)
    page = client.get(f"/cohorts/drafts/{draft}").get_data(as_text=True)
    old = revision_of(world, draft)
    aged(client, world, draft, 40)
    rule = "$.InclusionRules[0]"
    form = {
        "csrf_token": token_of(page),
        "revision": old,
        "op": "set_values",
        "back": f"at={rule}",
        "shown": f"{rule}.name",
        f"{rule}.name|": "typed meanwhile",
    }
    answer = client.post(f"/cohorts/drafts/{draft}/edits", data=form)
    assert answer.status_code == 409
    assert "changed in another window" in visible(answer)
    assert "age at the event at least 40" in visible(answer)
    assert 'value="typed meanwhile"' in answer.get_data(as_text=True)


def test_two_people_edit_one_definition_and_neither_loses_a_word(world: World) -> None:
    mine, theirs = opened(world), opened(world, "outsider")
    assert mine != theirs
    me, them = world.client("researcher"), world.client()
    from tests.integration.portal.world import sign_in

    sign_in(them, "outsider@example.org")
    aged(me, world, mine, 40)
    aged(them, world, theirs, 70)
    assert "Otto Outside is editing this cohort too" in visible(me.get(f"/cohorts/drafts/{mine}"))
    with world.database.writing() as session:
        drafts.keep(session, world.actors["outsider"], theirs, 2, "older ones", None)
    page = visible(me.get(f"/cohorts/drafts/{mine}"))
    assert "Version 2 was kept meanwhile (“older ones”)" in page
    with pytest.raises(ChangedMeanwhile), world.database.writing() as session:
        drafts.keep(session, world.actors["researcher"], mine, 2, "", None)
    compared = visible(me.get(f"/cohorts/{world.cohort_id}/compare?old=2&draft={mine}"))
    assert "age at the event at least 70" in compared
    assert "age at the event at least 40" in compared
    address = f"/cohorts/drafts/{mine}/merge"
    form = {"csrf_token": token_of(me.get(address).get_data(as_text=True)), "revision": 2}
    refused = me.post(address, data={**form, "seen": 2})
    assert "Choose one of the two" in visible(refused)
    assert me.post(address, data={**form, "seen": 1, f"part {AGE}": "mine"}).status_code == 409
    assert me.post(address, data={**form, "seen": 2, f"part {AGE}": "theirs"}).status_code == 303
    merged = json.loads(exported(me, mine))
    assert put_at(merged, f"{AGE}.Value", 18) == json.loads(EXPRESSION)
    assert find_at(merged, f"{AGE}.Value") == 70
    edit(me, world, mine, "undo")
    assert "was kept meanwhile" not in visible(me.get(f"/cohorts/drafts/{mine}"))
    assert me.get(address).status_code == 404
    with world.database.writing() as session:
        revision = drafts.get_draft(session, world.actors["researcher"], mine).revision
        kept = drafts.keep(session, world.actors["researcher"], mine, revision, "mine", 2)
        assert kept.number == 3
        numbers = [one.number for one in get_cohort(session, world.actors["steward"], 1).versions]
        assert numbers == [1, 2, 3]


def test_a_draft_is_its_owners_alone_and_a_steward_has_none(world: World) -> None:
    draft = opened(world)
    for who in ("outsider", "steward"):
        with pytest.raises(NotFound), world.database.reading() as session:
            drafts.get_draft(session, world.actors[who], draft)
    with pytest.raises(PermissionDenied), world.database.writing() as session:
        drafts.open_draft(session, world.actors["steward"], world.cohort_id)


def test_going_on_from_an_old_version_keeps_what_the_draft_held_one_undo_away(
    world: World,
) -> None:
    client = world.client("researcher")
    draft = opened(world)
    aged(client, world, draft, 50)
    with world.database.writing() as session:
        again = drafts.open_draft(session, world.actors["researcher"], world.cohort_id, 1)
        assert again.id == draft
        assert '"Value": 18' in drafts.text_of(again)
    edit(client, world, draft, "undo")
    page = exported(client, draft)
    assert '"Value": 50' in page


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Choose a file"),
        ("{", "not JSON"),
        ("[" * 20000, "nested too deeply"),
        ('{"PrimaryCriteria": {}, "PrimaryCriteria": {}}', "twice"),
        ('{"name": "a concept set"}', "no cohort definition"),
    ],
)
def test_an_import_that_is_no_definition_changes_nothing_and_says_why(
    world: World, text: str, reason: str
) -> None:
    client = world.client("researcher")
    draft = opened(world)
    answer = edit(client, world, draft, "import", text=text)
    assert answer.status_code == 400
    assert reason in visible(answer)
    assert revision_of(world, draft) == 1


def test_an_imported_definition_that_is_not_valid_is_edited_and_cannot_be_kept_yet(
    world: World,
) -> None:
    client = world.client("researcher")
    draft = opened(world)
    document = json.loads(EXPRESSION)
    document["PrimaryCriteria"]["CriteriaList"].append({"ConditionOccurrence": {"Age": {}}})
    assert edit(client, world, draft, "import", text=json.dumps(document)).status_code == 303
    page = visible(client.get(f"/cohorts/drafts/{draft}"))
    assert "A part that cannot be read; it is kept as it is." in page
    token = token_of(client.get(f"/cohorts/drafts/{draft}").get_data(as_text=True))
    data = {"csrf_token": token, "revision": revision_of(world, draft), "note": ""}
    refused = client.post(f"/cohorts/drafts/{draft}/keep", data=data)
    assert refused.status_code == 400
    assert "is missing" in visible(refused)
    edit(client, world, draft, "remove", path=f"{EVENTS}[1]")
    data["revision"] = revision_of(world, draft)
    assert client.post(f"/cohorts/drafts/{draft}/keep", data=data).status_code == 303


def test_small_steps_while_editing_are_answered_and_do_not_stop_the_last_count(
    world: World,
) -> None:
    client = world.client("researcher")
    draft = opened(world)
    assert "People about 40 " in counted(client, draft)
    aged(client, world, draft, 67)  # five people fewer
    near = counted(client, draft)
    assert "People about 40 " in near
    assert "fewer than 11 people tell this definition" in near
    aged(client, world, draft, 69)  # twenty people
    assert "People about 20 " in counted(client, draft)
    # The kept version is counted by itself: drafts were shown in wide steps only.
    aged(client, world, draft, 67)
    with world.database.writing() as session:
        drafts.keep(session, world.actors["researcher"], draft, revision_of(world, draft), "", None)
    shown = visible(client.get(f"/cohorts/{world.cohort_id}?release={RELEASE}"))
    assert "People 40 " in shown
    with world.database.reading() as session:
        kinds = [one.coarse for one in session.scalars(select(CountedSet))]
    assert True in kinds
    assert False in kinds


def test_a_draft_of_a_few_people_is_shown_as_a_few(tmp_path: Path) -> None:
    world = make_world(tmp_path, people=60, ill=5)
    assert "People &lt;11 " in counted(world.client("researcher"), opened(world))


def test_a_definition_is_shared_copied_and_taken_back_and_no_count_goes_with_it(
    world: World,
) -> None:
    author = world.actors["researcher"]
    with world.database.writing() as session:
        other = create_project(session, world.actors["outsider"], "elsewhere", "Elsewhere")
        with pytest.raises(PermissionDenied):
            sharing.share(session, world.actors["outsider"], world.cohort_id, 1, "", "")
        with pytest.raises(NotFound):
            sharing.get_shared(session, world.actors["outsider"], 1)
        other_id = other.id
    with world.database.writing() as session:
        project = get_cohort(session, author, world.cohort_id).project
        project.members = [m for m in project.members if m.user_id == author.user_id]
    with world.database.writing() as session:
        share = sharing.share(session, author, world.cohort_id, 1, "elsewhere", "for you").id
    with world.database.writing() as session:
        reader = world.actors["outsider"]
        found = sharing.get_shared(session, reader, share)
        draft = drafts.begin(session, reader, other_id, sharing.beginning_of(found.version))
        version = drafts.keep(session, reader, draft.id, 1, "a copy", None)
        origin = sharing.origin_of(session, version.cohort)
        assert origin is not None
        assert origin.version_id == world.cohort_version_id
        assert version.cohort.project_id == other_id
        copied = version.cohort_id
    page = world.client("researcher").get(f"/cohorts/{world.cohort_id}").get_data(as_text=True)
    assert "with Elsewhere" in page
    with world.database.writing() as session:
        sharing.end_share(session, author, share)
    with world.database.reading() as session:
        assert sharing.shared_with(session, world.actors["outsider"]) == []
        assert get_cohort(session, world.actors["outsider"], copied).name == "Hypertension"


def test_a_version_that_equals_the_newest_is_not_kept_twice(world: World) -> None:
    draft = opened(world)
    with world.database.writing() as session:
        same = drafts.keep(session, world.actors["researcher"], draft, 1, "nothing new", None)
        assert same.number == 1
        again = add_version(session, world.actors["researcher"], world.cohort_id, EXPRESSION, "")
        assert again.number == 1


def test_a_change_that_changes_nothing_is_no_step(world: World) -> None:
    draft = opened(world)
    with world.database.writing() as session:
        made = drafts.edit(
            session, world.actors["researcher"], draft, 1, lambda held: set_values(held, {})
        )
        assert made.said == ""
    assert revision_of(world, draft) == 1


def test_a_script_receives_the_changed_part_and_a_browser_without_one_the_page(
    world: World,
) -> None:
    client = world.client("researcher")
    draft = opened(world)
    whole = client.get(f"/cohorts/drafts/{draft}").get_data(as_text=True)
    part = client.get(f"/cohorts/drafts/{draft}", headers={"X-Fragment": "builder"})
    assert "<html" in whole
    assert "<html" not in part.get_data(as_text=True)
    assert 'id="counts-panel"' in part.get_data(as_text=True)
    token = token_of(whole)
    form = {"csrf_token": token, "revision": 1, "op": "add_rule", "name": "a further one"}
    answer = client.post(
        f"/cohorts/drafts/{draft}/edits", data=form, headers={"X-Fragment": "builder"}
    )
    assert answer.status_code == 200
    assert "a further one" in answer.get_data(as_text=True)


def test_a_concept_set_of_another_definition_is_copied_and_one_of_strangers_is_not(
    world: World,
) -> None:
    client = world.client("researcher")
    draft = opened(world)
    page = visible(client.get(f"/cohorts/drafts/{draft}?library=1"))
    assert "Metformin (1) – New users of metformin with type 2 diabetes" in page
    edit(client, world, draft, "copy_set", key="template/metformin_new_users/0")
    text = exported(client, draft)
    sets = json.loads(text)["ConceptSets"]
    assert [(entry["id"], entry["name"]) for entry in sets] == [
        (0, "Hypertension"),
        (1, "Metformin"),
    ]
    refused = edit(client, world, draft, "copy_set", key="cohort/99/0")
    assert "There is no such concept set" in visible(refused)


class Waiting:
    """A release whose data come only after they are let go."""

    def __init__(self, release: Release) -> None:
        self.name = f"{release.name}-{id(self)}"
        self.asked, self.let_go = threading.Event(), threading.Event()
        self._release = release

    def connect(self) -> Any:
        self.asked.set()
        assert self.let_go.wait(30)
        return self._release.connect()


def test_a_running_count_is_stopped_by_its_owner_and_by_a_further_question(world: World) -> None:
    draft_id, actor = opened(world), world.actors["researcher"]
    answers = CohortAnswers(11, CountLedger(world.settings.secret_file.parent, 11))
    outcomes: list[object] = []

    def ask(release: Any, text: str) -> None:
        with world.database.reading() as session:
            draft = drafts.get_draft(session, actor, draft_id)
            try:
                answer = answers.ask_draft(world.database, actor, draft, text, release)
                outcomes.append(str(answer.persons))
            except QueryCancelled:
                outcomes.append("stopped")

    release = open_release(world.settings.release_root, RELEASE)
    for stop in (lambda: answers.stop(actor), lambda: ask(release, EXPRESSION)):
        waiting = Waiting(release)
        other = EXPRESSION.replace('"Value": 18', '"Value": 19')
        running = threading.Thread(target=ask, args=(waiting, other))
        running.start()
        assert waiting.asked.wait(30)
        stop()
        waiting.let_go.set()
        running.join(30)
    assert outcomes == ["stopped", "about 40", "stopped"]


def test_a_concept_that_the_release_does_not_have_is_told_beside_an_empty_count(
    world: World,
) -> None:
    client, draft = world.client("researcher"), opened(world)
    known = EXPRESSION.replace(str(HYPERTENSION), "424242")
    edit(client, world, draft, "import", text=known)
    assert "has no concept 424242: it finds nobody" in counted(client, draft)
    assert "424242" not in counted(client, opened(world, "outsider"))
