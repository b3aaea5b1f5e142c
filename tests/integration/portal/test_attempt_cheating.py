"""What no stage has revealed is in no answer of the server to a student: planted marks prove it.

Every datum and every word of a key carries a mark of its own. At each stage of each mode, every
address that a student can reach or guess is fetched, and only marks whose time has come may appear.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db.models import Assignment
from app.db.types import utc_now
from app.services.attempt_state import load
from casebank import Case
from casebank.attempt import in_order, is_shown, orders_offered, shown_progress
from casebank.lesson import Lesson, Progress
from casebank.lesson.disclosure import revealed
from tests.integration.portal.lessons import (
    ANSWERS,
    STAGE_OF,
    another_student,
    assign,
    begin,
    commit,
    farmer,
    finish,
    go_on,
    hide_set,
    school,
)
from tests.integration.portal.world import World, post

MARK = re.compile(r"zq[a-z]+\d*zq")
GUESSES = (
    "/cases/",
    "/cases/?q=",
    "/cases/1",
    "/cases/1?problem=1",
    "/cases/sets/1",
    "/attempts/cases/1",
    "/attempts/cases/1?lang=zh",
    "/attempts/cases/1.json",
    "/cases/1.json",
    "/cases/1/lesson",
    "/cases/1/versions",
    "/cases/1/export",
    "/cases/1.pdf",
    "/teaching/",
    "/teaching/cases/1",
    "/attempts/1.json",
    "/attempts/1?stage=3",
    "/attempts/1?done=1",
    "/attempts/1?problem=1",
    "/attempts/1/questions/9",
    "/attempts/1/stage",
    "/attempts/1/orders",
    "/attempts/2",
    "/",
)


def marked(case: Case, lesson: Lesson) -> tuple[Case, Lesson]:
    """Case and lesson with a mark in each datum, name and word of a key."""
    document: Any = json.loads(case.to_json())
    _mark_statements(document)
    document["title"] = "zqtitlezq"
    for problem in document["problems"]:
        problem["title"] = f"zqproblem{problem['number']}zq"
        problem["status_rule"] = problem["kind_rule"] = "zqrulezq"
    for sheet in document["flow_sheets"]:
        sheet["key"] = sheet["title"] = "zqsheetzq"
        for series in sheet["series"]:
            series["name"] = "zqserieszq"
    for member in document["background"]["family_tree"]["members"]:
        for problem in member["problems"]:
            problem["name"] = f"zq{problem['data']}zq"
    for lane in document["timeline"]["lanes"]:
        for item in lane["items"]:
            if lane["kind"] == "problems":
                item["label"] = "zqlanezq"
            elif item["data"] and lane["kind"] != "visits":
                item["label"] = f"zq{item['data'][0]}zq"
    taught: Any = json.loads(lesson.to_json())
    for number, exercise in enumerate(_in_order(taught), 1):
        exercise["explanation"] = {"en": f"zqkey{number}zq", "zh": f"zqkey{number}zq"}
        exercise["source"] = f"zqkey{number}zq"
        for key in ("summary", "reflection", "key_features", "management", "errors"):
            _mark_key(exercise[key], number)
        for one in (exercise["differential"] or {}).get("diagnoses", ()):
            one["why"] = {"en": f"zqkey{number}zq", "zh": ""}
        if exercise["management"]:
            exercise["management"]["rule"] = f"zqkey{number}zq"
    for part in ("summary", "script"):
        taught["expert"][part] = {"en": "zqexpertzq", "zh": "zqexpertzq"}
    taught["expert"]["take_home"] = [{"en": "zqexpertzq", "zh": "zqexpertzq"}]
    for number, stage in enumerate(taught["stages"], 1):
        stage["title"] = {"en": f"zqstage{number}zq", "zh": f"zqstage{number}zq"}
    return Case.from_json(json.dumps(document).encode()), Lesson.from_json(
        json.dumps(taught).encode()
    )


def _in_order(taught: Any) -> list[Any]:
    return sorted(taught["exercises"], key=lambda one: one["stage"])


def _mark_statements(value: Any) -> None:
    if isinstance(value, dict):
        if "text" in value and "id" in value:
            value["text"] = value["other"] = f"zq{value['id']}zq"
        for item in value.values():
            _mark_statements(item)
    elif isinstance(value, list):
        for item in value:
            _mark_statements(item)


def _mark_key(key: Any, number: int) -> None:
    """Names of options are asked, hence shown; experts' words and what is wrong are told later."""
    if key is None:
        return
    for name in ("experts", "wrong"):
        for one in key.get(name, ()):
            target = one if name == "experts" else one["text"]
            target["en"] = target["zh"] = f"zqkey{number}zq"
    for code in ("options", "hypotheses", "findings"):
        for one in key.get(code, ()):
            mark = f"zqask{number}zq"
            one["text"] = {"en": f"{one['code']} {mark}", "zh": f"{one['code']} {mark}"}


def allowed(world: World, attempt_id: int | None) -> set[str]:
    """Marks whose time has come, by the rules of disclosure alone."""
    if attempt_id is None:
        return set()
    with world.database.reading() as session:
        found = load(session, world.actors["student"], attempt_id)
    state, lesson = found.state, found.lesson
    progress: Progress = shown_progress(lesson, state)
    marks = {f"zq{one}zq" for one in revealed(lesson, progress)}
    marks |= {f"zqstage{number}zq" for number in range(1, state.stage + 1)}
    if any(point in revealed(lesson, progress) for point in _points(found.case)):
        # A series is named once a value of it is shown.
        marks |= {"zqserieszq", "zqsheetzq"}
    for number, exercise in enumerate(in_order(lesson), 1):
        if is_shown(lesson, state, exercise):
            marks |= {f"zqkey{number}zq", f"zqask{number}zq"}
        if exercise.name in state.committed:
            marks.add(f"zqask{number}zq")
    due = next(
        (
            number
            for number, one in enumerate(in_order(lesson), 1)
            if one.name not in state.committed and one.stage <= state.stage
        ),
        None,
    )
    if due is not None:
        marks.add(f"zqask{due}zq")
    return marks


def _points(case: Case) -> Iterator[str]:
    for sheet in case.flow_sheets:
        for series in sheet.series:
            for point in series.points:
                yield point.id


def everything(client: FlaskClient, address: str | None, guessing: bool = True) -> str:
    """All that a student can fetch: bodies, headers, and what the pages lead to."""
    addresses = [*GUESSES, *every_route(client)] if guessing else []
    if address:
        addresses += [address, f"{address}?lang=zh", f"{address}?lang=en"]
        addresses += [f"{address}?both=no", f"{address}?both=yes"]
    seen, texts = set(), []
    while addresses:
        where = addresses.pop()
        if where in seen or len(seen) > 300:
            continue
        seen.add(where)
        answer = client.get(where)
        body = answer.get_data(as_text=True)
        texts.append(f"{where}\n{answer.headers}\n{body}")
        if where == address and guessing:
            addresses += re.findall(r'(?:href|src|action)="(/[^"#]*)"', body)
    return "\n".join(texts)


def every_route(client: FlaskClient) -> Iterator[str]:
    """Every address of the portal that can be asked for, with plausible values put in."""
    for rule in client.application.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or "static" in rule.endpoint:
            continue
        if rule.endpoint.startswith("security."):
            continue
        for value in ("1", "d70"):
            address = re.sub(r"<int:[^>]+>", "1", rule.rule)
            yield re.sub(r"<[^>]+>", value, address)


def check(world: World, client: FlaskClient, address: str | None, *, guessing: bool = True) -> None:
    attempt_id = int(address.rsplit("/", 1)[1]) if address else None
    found = set(MARK.findall(everything(client, address, guessing)))
    ahead = found - allowed(world, attempt_id)
    assert not ahead, sorted(ahead)[:5]


@pytest.fixture
def planted(tmp_path: Path) -> World:
    case, lesson = marked(*farmer())
    return school(tmp_path, case=case, lesson=lesson)


def test_before_an_attempt_nothing_of_a_case_is_told_but_its_front(planted: World) -> None:
    client = planted.client("student")
    check(planted, client, None)
    assert "Dizzy on rising" in client.get("/cases/").get_data(as_text=True)


@pytest.mark.parametrize("mode", ["learn", "exam", "worked", "whole"])
def test_at_each_stage_only_what_was_revealed_can_be_fetched(planted: World, mode: str) -> None:
    client = planted.client("student")
    address = begin(client, mode)
    check(planted, client, address, guessing=mode == "learn")
    for number, stage in enumerate(STAGE_OF, 1):
        if mode in {"learn", "exam", "worked"} and number > 1 and stage > STAGE_OF[number - 2]:
            go_on(client, address, str(stage))
            check(planted, client, address, guessing=mode == "learn")
        if mode != "worked":
            assert commit(client, address, number).status_code == 302
            check(planted, client, address, guessing=False)
    page = client.get(address).get_data(as_text=True)
    assert "zqexpertzq" not in page
    go_on(client, address, "end")
    page = client.get(address).get_data(as_text=True)
    assert "zqexpertzq" in page
    assert {f"zqkey{number}zq" for number in range(1, 10)} - {"zqkey8zq"} <= set(MARK.findall(page))
    assert "zqproblem1zq" in page


def test_orders_reveal_their_data_when_opened_and_not_before(planted: World) -> None:
    client = planted.client("student")
    address = begin(client)
    assert "zqd24zq" not in client.get(address).get_data(as_text=True)
    post(client, f"{address}/orders", address, order="1-1")
    assert "zqd24zq" in client.get(address).get_data(as_text=True)
    for forged in ("2-1", "3-1", "1-9", "x", "", "-1-1", "1-0"):
        post(client, f"{address}/orders", address, order=forged)
    check(planted, client, address)
    with planted.database.reading() as session:
        found = load(session, planted.actors["student"], 1)
        assert list(found.state.opened) == ["pressure"]
        assert [one.name for _, one in orders_offered(found.lesson, found.state)] == ["fuel"]


def test_forged_forms_move_nothing_forward(planted: World) -> None:
    client = planted.client("student")
    address = begin(client, "exam")
    for to in ("2", "3", "end", "99", "", "½"):
        go_on(client, address, to)
    for number in (2, 5, 9):
        post(client, f"{address}/questions/{number}", address, do="commit", **ANSWERS[number - 1])
    for number in (4, 9, 50):
        post(client, f"{address}/questions/{number}", address, do="keep", text="x")
    post(client, f"{address}/findings", address, pin="d70 +")
    check(planted, client, address)
    with planted.database.reading() as session:
        assert load(session, planted.actors["student"], 1).events == ()


def test_refusals_and_errors_tell_nothing(planted: World) -> None:
    client = planted.client("student")
    address = begin(client)
    texts = []
    for number in (1, 2, 5, 9):
        answer = post(client, f"{address}/questions/{number}", address, do="commit", wrong="d70")
        texts.append(answer.get_data(as_text=True) + client.get(address).get_data(as_text=True))
    assert set(MARK.findall(" ".join(texts))) <= allowed(planted, 1)


def test_names_of_exercises_orders_and_options_never_leave_the_server(planted: World) -> None:
    client = planted.client("student")
    address = begin(client)
    commit(client, address, 1)
    commit(client, address, 2)
    page = client.get(address).get_data(as_text=True)
    for name in ("first-thoughts", "say-it", "now"):
        assert f"/{name}" not in page
    for name in ("x", "y", "z", "pressure", "fuel"):
        assert f'"{name}"' not in page


def test_an_unassigned_student_finds_nothing(planted: World) -> None:
    client = planted.client("student")
    address = begin(client)
    other = another_student(planted, "olga")
    for where in (address, f"{address}?lang=zh"):
        assert other.get(where).status_code == 404
    for step, fields in (
        ("questions/1", {"do": "commit", "text": "x"}),
        ("stage", {"to": "2"}),
        ("orders", {"order": "1-1"}),
        ("findings", {"pin": "d16 +"}),
        ("end", {}),
        ("reflection", {}),
    ):
        assert post(other, f"{address}/{step}", "/cases/", **fields).status_code == 404
    hide_set(planted)
    for where in ("/attempts/cases/1", "/cases/1", "/attempts/cases/1?assignment=1"):
        assert other.get(where).status_code == 404
    assert post(other, "/attempts/cases/1/begin", "/cases/", mode="reading").status_code == 404


def test_an_assignment_opens_the_case_to_its_class_only(planted: World) -> None:
    hide_set(planted)
    assignment = assign(planted, mode="learn")
    student, other = planted.client("student"), another_student(planted, "olga")
    where = f"/attempts/cases/1?assignment={assignment}"
    assert student.get(where).status_code == 200
    assert other.get(where).status_code == 404
    answer = post(other, "/attempts/cases/1/begin", "/cases/", assignment=assignment)
    assert answer.status_code == 404


def test_nobody_reads_a_case_on_the_side_while_it_is_their_assignment(planted: World) -> None:
    assign(planted, mode="exam", minutes=30)
    client = planted.client("student")
    where = "/attempts/cases/1"
    answer = post(client, f"{where}/begin", where, mode="reading")
    assert answer.headers["Location"].endswith(where)
    assert "Do it there first" in client.get(where).get_data(as_text=True)
    check(planted, client, None)


def test_who_has_ended_an_exam_that_others_may_still_sit_is_told_nothing(planted: World) -> None:
    soon = utc_now() + timedelta(days=1)
    assignment = assign(planted, mode="exam", due_at=soon)
    client = planted.client("student")
    where = f"/attempts/cases/1?assignment={assignment}"
    address = post(client, "/attempts/cases/1/begin", where, assignment=assignment).location
    commit(client, address, 1)
    post(client, f"{address}/end", address)
    page = client.get(address).get_data(as_text=True)
    assert "Results are shown from" in page
    assert set(MARK.findall(everything(client, address))) <= {
        *(f"zqd{number}zq" for number in (3, 4, 16, 17, 18)),
        "zqstage1zq",
        "zqask1zq",
    }
    answer = post(client, "/attempts/cases/1/begin", "/attempts/cases/1", mode="reading")
    assert answer.location.endswith("/attempts/cases/1")
    with planted.database.writing() as session:
        session.get_one(Assignment, assignment).due_at = utc_now()
    assert "zqexpertzq" in client.get(address).get_data(as_text=True)


def test_a_running_exam_is_not_left_for_a_look_at_the_file(planted: World) -> None:
    client = planted.client("student")
    address = begin(client, "exam")
    assert begin(client, "reading") == address
    check(planted, client, address, guessing=False)


def test_students_search_what_the_shelf_tells_and_no_problem(planted: World) -> None:
    finish_first = planted.client("student")
    for words, found in (
        ("dizzy", True),
        ("village", True),
        ("zqproblem1zq", False),
        ("头晕", True),
    ):
        page = finish_first.get("/cases/", query_string={"q": words}).get_data(as_text=True)
        assert ("/attempts/cases/1" in page) is found, words


def test_readers_see_the_whole_file_through_an_attempt_of_their_own(planted: World) -> None:
    client = planted.client("student")
    page = client.get(begin(client, "reading")).get_data(as_text=True)
    assert "zqproblem1zq" in page
    assert "zqkey1zq" not in page


def test_options_stand_in_an_order_that_does_not_tell_the_key(tmp_path: Path) -> None:
    case, lesson = farmer()
    first = replace(
        lesson,
        exercises=tuple(
            replace(one, key_features=replace(one.key_features, right=("z",), harmful=()))
            if one.key_features
            else one
            for one in lesson.exercises
        ),
    )
    pages = []
    for number, taught in enumerate((lesson, first)):
        world = school(tmp_path / str(number), case=case, lesson=taught)
        client = world.client("student")
        address = begin(client)
        commit(client, address, 1)
        commit(client, address, 2)
        pages.append(re.findall(r'name="chosen" value="\d".*?</label>', client.get(address).text))
    assert pages[0] == pages[1] != []


def test_what_a_student_finished_stays_theirs_to_read(planted: World) -> None:
    client = planted.client("student")
    address = begin(client)
    finish(client, address)
    hide_set(planted)
    assert client.get(address).status_code == 200
