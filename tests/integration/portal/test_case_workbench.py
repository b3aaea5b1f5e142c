"""The instructor's workbench: a record is found, its case edited beside its sources."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.db.models import CaseSet, CaseSetItem, TeachingCase
from app.permissions import COMMAND_LINE, Role
from app.portal.editor_view import PARTS
from app.services import case_editing, case_review
from app.services import cases as case_service
from app.services.accounts import actor_of, create_user
from tests.builders import build_release
from tests.integration.portal.world import PASSWORD, World, make_world, sign_in, token_of
from tests.unit.casebank import residents
from tests.unit.casebank.lessons import lesson_for

RELEASE = "tiny-v1"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world with a second instructor and the residents of the casebank's tests."""
    root: Path = tmp_path_factory.mktemp("bench")
    world = make_world(root)
    build_release(world.settings.release_root, residents.tables(), "village-v1")
    with world.database.writing() as session:
        colleague = create_user(
            session, COMMAND_LINE, "colleague@example.org", "Cleo", [Role.INSTRUCTOR], PASSWORD
        )
        world.actors["colleague"] = actor_of(colleague)
    yield world
    world.database.close()


@pytest.fixture(scope="module")
def author(bench: World) -> FlaskClient:
    return bench.client("instructor")


@pytest.fixture(scope="module")
def colleague(bench: World) -> FlaskClient:
    client = bench.client()
    sign_in(client, "colleague@example.org")
    return client


@pytest.fixture
def case_id(bench: World, author: FlaskClient) -> int:
    """A new draft of the farmer's case with a lesson."""
    found = author.get("/teaching/candidates/village-v1").get_data(as_text=True)
    answer = author.post(
        "/teaching/drafts",
        data={
            "csrf_token": token_of(found),
            "release": "village-v1",
            "person": residents.FARMER,
            "language": "en",
        },
    )
    assert answer.status_code == 302, answer.get_data(as_text=True)
    with bench.database.writing() as session:
        case = session.query(TeachingCase).order_by(TeachingCase.id.desc()).first()
        assert case is not None
        case.lesson = lesson_for(case_editing.work_of(case).case).to_json().decode()
        return case.id


def page_of(client: FlaskClient, case_id: int, **where: str) -> str:
    answer = client.get(f"/teaching/cases/{case_id}/edit", query_string=where)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def send(
    client: FlaskClient, case_id: int, op: str, shown: str = "", **fields: str
) -> TestResponse:
    shown = shown or page_of(client, case_id)
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version
    data = {"csrf_token": token_of(shown), "version": version.group(1), "op": op}
    return client.post(f"/teaching/cases/{case_id}/edits", data=data | fields)


def held(bench: World, case_id: int) -> TeachingCase:
    with bench.database.reading() as session:
        return session.get_one(TeachingCase, case_id)


def test_the_finder_narrows_by_what_is_asked_for_and_says_why(author: FlaskClient) -> None:
    page = author.get("/teaching/candidates/village-v1?words=diabetes+social").get_data(True)
    assert f'value="{residents.FARMER}"' in page
    assert f'value="{residents.DAUGHTER}"' not in page
    assert "Found: &lt;11 records" in page
    assert "20/20 contacts" in page
    nothing = author.get("/teaching/candidates/village-v1?words=zebra")
    assert "No record has all of this" in nothing.get_data(as_text=True)
    assert nothing.headers["X-RateLimit-Limit"] == "60"


def test_a_shipped_cohort_restricts_the_search_and_a_hidden_one_does_not_exist(
    author: FlaskClient,
) -> None:
    where = "/teaching/candidates/tiny-v1"
    keys = re.findall(r'value="(template:[^"]+)"', author.get(where).get_data(True))
    assert len(keys) >= 12
    assert author.get(where, query_string={"cohort": keys[0]}).status_code == 200
    assert author.get(where, query_string={"cohort": "share:99"}).status_code == 404
    assert author.get(where, query_string={"cohort": "template:../x"}).status_code == 404


def test_more_like_this_starts_from_a_record_or_from_a_case(
    author: FlaskClient, case_id: int
) -> None:
    where = "/teaching/candidates/village-v1/like"
    token = token_of(author.get("/teaching/candidates/village-v1").get_data(True))
    data = {"csrf_token": token, "person": residents.TEACHER}
    page = author.post(where, data=data).get_data(True)
    assert "More like this" in page
    assert "Both:" in page
    page = author.get(where, query_string={"case": case_id}).get_data(True)
    assert "There is a case of this record" in page
    assert author.get(where, query_string={"case": 9999}).status_code == 404


def test_a_set_shows_its_gaps_and_records_for_them(
    bench: World, author: FlaskClient, case_id: int
) -> None:
    with bench.database.writing() as session:
        case = session.get_one(TeachingCase, case_id)
        user_id = bench.actors["instructor"].user_id
        assert user_id is not None
        made = CaseSet(title="Pressure", created_by=user_id)
        made.items.append(CaseSetItem(case_id=case.id, position=1))
        case.state = case_service.PUBLISHED
        session.add(made)
        session.flush()
        set_id = made.id
    page = author.get(f"/teaching/candidates/village-v1/gaps/{set_id}").get_data(True)
    assert "Fills" in page
    assert f'name="person" value="{residents.FARMER}"' not in page
    page = author.get(
        f"/teaching/candidates/village-v1/gaps/{set_id}?rows=sex&columns=sex"
    ).get_data(True)
    assert "Cases by sex and problem" in page
    with bench.database.writing() as session:
        session.get_one(TeachingCase, case_id).state = case_service.DRAFT


def test_every_part_opens_with_and_without_a_lesson(
    bench: World, author: FlaskClient, case_id: int
) -> None:
    for part, _ in PARTS:
        page = page_of(author, case_id, part=part, stage="1", name="why")
        assert 'aria-current="page"' in page
    with bench.database.writing() as session:
        session.get_one(TeachingCase, case_id).lesson = ""
    for part, _ in PARTS:
        assert 'id="record"' in page_of(author, case_id, part=part)


def test_only_the_part_of_the_record_that_is_open_is_written_out(
    author: FlaskClient, case_id: int
) -> None:
    first = page_of(author, case_id)
    assert 'id="group-0"' in first
    assert 'id="group-3"' not in first
    assert 'id="group-3"' in page_of(author, case_id, group="3")
    found = page_of(author, case_id, q="dizziness")
    assert found.count("Dizziness on rising") == found.count('class="record-group"')


def test_a_datum_shows_the_rows_it_rests_on_and_the_text_around_a_sentence(
    bench: World, author: FlaskClient, case_id: int
) -> None:
    case = case_editing.work_of(held(bench, case_id)).case
    sentence = next(s for s in case.contacts[0].soap.subjective if "Dizziness" in s.text)
    page = page_of(author, case_id, datum=sentence.id)
    assert "<mark>Dizziness on rising since March 2012" in page
    assert "FOLLOW-UP VISIT" in page
    row = next(s for s in case.contacts[0].soap.objective if "pressure" in s.text)
    page = page_of(author, case_id, datum=row.id)
    assert "Systolic blood pressure" in page
    assert "a test column" in page


def test_an_edit_is_kept_as_a_step_that_is_undone_and_done_again(
    bench: World, author: FlaskClient, case_id: int
) -> None:
    before = held(bench, case_id)
    answer = send(author, case_id, "head", title="A tired farmer", level="residency")
    assert answer.status_code == 303
    after = held(bench, case_id)
    assert (after.title, after.version) == ("A tired farmer", before.version + 1)
    assert after.summary["level"] == "residency"
    steps = page_of(author, case_id, part="history")
    assert "Title “a tired farmer”" in steps
    send(author, case_id, "go", to="1")
    undone = held(bench, case_id)
    assert (undone.title, undone.document, undone.lesson) == (
        before.title,
        before.document,
        before.lesson,
    )
    send(author, case_id, "go", to="2")
    assert held(bench, case_id).document == after.document
    send(author, case_id, "go", to="1")
    send(author, case_id, "problem-set", problem="1", title="Pressure")
    assert "tired farmer" not in page_of(author, case_id, part="history")


def test_two_windows_lose_nothing(bench: World, author: FlaskClient, case_id: int) -> None:
    one = page_of(author, case_id, part="heading")
    other = page_of(author, case_id, part="heading")
    assert send(author, case_id, "head", one, title="First", level="").status_code == 303
    heading = {"title.en": "Typed in the other window", "setting.en": "Clinic", "minutes": "20"}
    answer = send(author, case_id, "heading-save", other, **heading, **{"at.part": "heading"})
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "changed in another window" in page
    assert "Typed in the other window" in page
    assert held(bench, case_id).title == "First"
    assert "Typed" not in held(bench, case_id).lesson


def test_what_is_refused_is_told_and_what_was_typed_stays(
    bench: World, author: FlaskClient, case_id: int
) -> None:
    heading = {"title.en": "My own words", "setting.en": "Clinic", "minutes": "soon"}
    answer = send(author, case_id, "heading-save", **heading, **{"at.part": "heading"})
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert "Minutes: give a number" in page
    assert "My own words" in page
    assert 'value="soon"' in page
    assert held(bench, case_id).version == 1


def test_an_edit_from_elsewhere_is_a_step_of_its_own(
    bench: World, author: FlaskClient, case_id: int
) -> None:
    send(author, case_id, "head", title="One", level="")
    with bench.database.writing() as session:
        case_service.rename(session, bench.actors["instructor"], case_id, "Two")
    send(author, case_id, "head", title="Three", level="")
    page = page_of(author, case_id, part="history")
    assert "Changed outside the workbench" in page
    send(author, case_id, "go", to="3")
    assert held(bench, case_id).title == "Two"


def test_only_the_author_edits_and_only_a_draft(
    bench: World, author: FlaskClient, colleague: FlaskClient, case_id: int
) -> None:
    assert colleague.get(f"/teaching/cases/{case_id}/edit").status_code == 403
    shown = page_of(author, case_id)
    with bench.database.writing() as session:
        case_review.submit(session, bench.actors["instructor"], case_id)
    assert author.get(f"/teaching/cases/{case_id}/edit").status_code == 409
    assert send(author, case_id, "head", shown, title="Late", level="").status_code != 303
    assert held(bench, case_id).title != "Late"


def test_the_preview_shows_what_a_student_may_see_and_no_more(
    author: FlaskClient, case_id: int
) -> None:
    def article(**where: str) -> str:
        page = page_of(author, case_id, part="preview", **where)
        return page[page.index("<article") : page.index("</article>")]

    assert "Dizziness on rising" in article(stage="1")
    assert "amlodipine" in article(stage="2", opened="look-again")
    assert "Add metformin" in article(stage="1")
    assert "Type 2 diabetes" not in article(stage="2")
    assert "Type 2 diabetes" in article(stage="end")
    assert "就诊" in article(stage="1", language="zh")


def test_a_panel_answers_by_page_and_by_file_and_the_author_takes_it_over(
    bench: World, author: FlaskClient, colleague: FlaskClient, case_id: int
) -> None:
    where = f"/teaching/cases/{case_id}/panel"
    asked = colleague.get(where).get_data(as_text=True)
    assert "Dizziness on rising" in asked
    token = token_of(asked)
    assert colleague.post(where, data={"csrf_token": token, "item.if-then": "1"}).status_code == 303
    assert "you are not on its panel" in author.get(where).get_data(as_text=True)

    lines = "panellist,item,answer\n" + "".join(f"p{n},if-then,{n % 3 - 1}\n" for n in range(10))
    shown = page_of(author, case_id, part="panel")

    def upload(text: str) -> TestResponse:
        data = {"csrf_token": token_of(shown), "file": (io.BytesIO(text.encode()), "a.csv")}
        return author.post(f"{where}/file", data=data, headers={"Referer": "http://localhost/"})

    upload(lines + "p11,if-then,7\n")
    assert "of 10" in page_of(author, case_id, part="panel")
    assert upload(lines).status_code == 303
    assert upload(lines).status_code == 303
    answer = send(author, case_id, "panel-take", name="if-then")
    assert answer.status_code == 303
    lesson = case_editing.work_of(held(bench, case_id)).lesson
    assert lesson is not None
    key = lesson.exercise("if-then").script_concordance
    assert key is not None
    assert key.panel == {"-1": 4, "0": 3, "1": 4}


def test_a_lesson_is_drafted_anew_and_the_old_one_comes_back_by_undo(
    bench: World, author: FlaskClient, case_id: int
) -> None:
    by_the_author = held(bench, case_id).lesson
    assert send(author, case_id, "lesson-draft", concordance="yes").status_code == 303
    drafted = held(bench, case_id).lesson
    assert "script concordance" in drafted
    assert "A farmer with dizziness" not in drafted
    send(author, case_id, "go", to="1")
    assert held(bench, case_id).lesson == by_the_author


def test_the_checklist_and_the_risk_sheet_stand_beside_the_draft(
    author: FlaskClient, case_id: int
) -> None:
    page = page_of(author, case_id, part="overview")
    assert "Publication checklist" in page
    assert re.search(r"part=exercises&amp;name=[a-z-]+#part", page)
    page = page_of(author, case_id, part="deid")
    assert "Rare problems (people who have them)" in page
    assert "measurement.<wbr>value_<wbr>as_<wbr>number" in page
