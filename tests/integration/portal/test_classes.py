"""Classes and assignments: who is taught together, what they have to do, and by when."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.db.models import Assignment, CaseSet, CaseSetItem, TeachingCase, TeachingClass, User
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import COMMAND_LINE, Role
from app.services import assignments, classes
from app.services.accounts import actor_of, create_user, set_active
from app.services.class_lists import decode_list, read_list
from app.services.overview import tasks_for
from casebank.lesson import ExpertView, Lesson, Stage, Wording
from tests.integration.portal.world import PASSWORD, World, post, sign_in

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LESSON = Lesson(
    case_id="dizzy",
    title=Wording("Dizzy on rising", "起身时头晕"),
    setting=Wording("Village clinic", "村卫生室"),
    minutes=20,
    objectives=(),
    stages=(Stage(Wording("The visit", "就诊"), ()),),
    exercises=(),
    expert=ExpertView(Wording("Summary", "小结"), Wording("Script", "脚本"), ()),
)


def add_user(world: World, name: str, role: Role) -> int:
    with world.database.writing() as session:
        user = create_user(
            session, COMMAND_LINE, f"{name}@example.org", name.title(), [role], PASSWORD
        )
        world.actors[name] = actor_of(user)
        return user.id


def a_class(world: World, *students: str) -> int:
    """Id of a class of the instructor with these students."""
    with world.database.writing() as session:
        made = classes.create(session, world.actors["instructor"], "Spring")
        if students:
            text = "\n".join(f"{name}@example.org" for name in students)
            classes.add_list(session, world.actors["instructor"], made.id, text)
        return made.id


def a_set(world: World) -> tuple[int, int]:
    """Ids of a set and of the one published case in it."""
    author = world.actors["instructor"].user_id
    with world.database.writing() as session:
        case = TeachingCase(
            release="r",
            title="Dizzy",
            state="published",
            document="{}",
            lesson=LESSON.to_json().decode(),
            author_id=author,
            summary={},
        )
        made = CaseSet(title="Week 1", created_by=author)
        session.add_all([case, made])
        session.flush()
        made.items.append(CaseSetItem(case_id=case.id, position=1))
        session.flush()
        return made.id, case.id


def assign(world: World, class_id: int, set_id: int, **rules: object) -> int:
    given = {"title": "Homework", "mode": "reading", "opens_at": NOW - DAY} | rules
    with world.database.writing() as session:
        actor = world.actors["instructor"]
        return assignments.assign(
            session,
            actor,
            class_id,
            set_id,
            assignments.Rules(**given),  # type: ignore[arg-type]
        ).id


def open_for(world: World, who: str, assignment_id: int, case_id: int, now: datetime = NOW):  # type: ignore[no-untyped-def]
    with world.database.reading() as session:
        return assignments.open_for(session, world.actors[who], assignment_id, case_id, now)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_list_is_read_in_the_encodings_in_which_spreadsheets_save_it(encoding: str) -> None:
    text = "姓名,邮箱\n李雷,student@example.org\n"
    found, named = decode_list(text.encode(encoding))
    assert found == text
    assert named == {"gb18030": "GB18030", "utf-16": "UTF-16"}.get(encoding, "UTF-8")


def test_what_is_no_text_is_refused_as_a_list() -> None:
    with pytest.raises(BadInput, match="no text"):
        decode_list(b"PK\x03\x04\x00\x00\xff\xff")


def test_each_line_of_a_list_is_told_what_becomes_of_it_and_why(world: World) -> None:
    add_user(world, "gone", Role.STUDENT)
    text = (
        "Name;E-Mail\n李雷;STUDENT@example.org\n;student@example.org\nNobody;nobody@example.org\n"
        "Gone;gone@example.org\nAda;administrator@example.org\nMei;\n\nOld;instructor@example.org\n"
    )
    with world.database.writing() as session:
        gone = session.get_one(User, world.actors["gone"].user_id)
        set_active(session, COMMAND_LINE, gone, False)
        lines = read_list(session, text, {world.actors["instructor"].user_id or 0})
    assert [(line.number, line.verdict) for line in lines] == [
        (2, "good"), (3, "twice"), (4, "unknown"), (5, "closed"), (6, "no student"),
        (7, "no name"), (9, "already"),
    ]  # fmt: skip
    assert "administrator" in lines[2].advice


def test_a_list_is_looked_at_before_it_counts_and_counts_once(world: World) -> None:
    class_id = a_class(world)
    client = world.client("instructor")
    where = f"/teaching/classes/{class_id}"
    data = "邮箱\nstudent@example.org\nwho@example.org\n".encode("gb18030")
    shown = post(client, f"{where}/list", where, file=(io.BytesIO(data), "class.csv"))
    page = shown.get_data(as_text=True)
    assert "1 of 2 lines can be added" in page
    assert "GB18030" in page
    with world.database.reading() as session:
        assert not classes.roll(session, world.actors["instructor"], class_id).students
    for _ in range(2):
        post(client, f"{where}/members", where, list=data.decode("gb18030"))
    with world.database.reading() as session:
        found = classes.roll(session, world.actors["instructor"], class_id)
    assert [one.email for one in found.students] == ["student@example.org"]


def test_teachers_know_only_their_own_classes_until_they_are_added(world: World) -> None:
    add_user(world, "colleague", Role.INSTRUCTOR)
    class_id = a_class(world, "student")
    colleague, actor = world.actors["colleague"], world.actors["instructor"]
    with world.database.writing() as session:
        with pytest.raises(NotFound):
            classes.roll(session, colleague, class_id)
        assert classes.taught(session, colleague) == []
        with pytest.raises(BadInput, match="No instructor"):
            classes.add_teacher(session, actor, class_id, "student@example.org")
        with pytest.raises(TransitionRefused, match="Somebody teaches"):
            classes.remove(session, actor, class_id, actor.user_id or 0)
        classes.add_teacher(session, actor, class_id, "Colleague@example.org")
        assert len(classes.roll(session, colleague, class_id).teachers) == 2
        with pytest.raises(PermissionDenied):
            classes.taught(session, world.actors["student"])


def test_an_assignment_is_open_to_its_class_alone_and_only_for_its_cases(world: World) -> None:
    add_user(world, "stranger", Role.STUDENT)
    set_id, case_id = a_set(world)
    given = assign(world, a_class(world, "student"), set_id)
    assert open_for(world, "student", given, case_id).due_at is None
    with pytest.raises(NotFound):
        open_for(world, "stranger", given, case_id)
    with pytest.raises(NotFound):
        open_for(world, "student", given, case_id + 1)


def test_an_assignment_opens_and_ends_at_the_moments_laid_down(world: World) -> None:
    set_id, case_id = a_set(world)
    given = assign(world, a_class(world, "student"), set_id, opens_at=NOW, due_at=NOW + DAY)
    with pytest.raises(TransitionRefused, match="opens on 2 Mar 2026, 09:00 UTC"):
        open_for(world, "student", given, case_id, NOW - timedelta(seconds=1))
    assert open_for(world, "student", given, case_id, NOW).due_at == NOW + DAY
    with pytest.raises(TransitionRefused, match="due on 3 Mar"):
        open_for(world, "student", given, case_id, NOW + DAY)


def test_an_extension_moves_the_due_date_of_one_student_and_closing_ends_it_for_all(
    world: World,
) -> None:
    late = add_user(world, "late", Role.STUDENT)
    set_id, case_id = a_set(world)
    class_id = a_class(world, "student", "late")
    given = assign(world, class_id, set_id, due_at=NOW)
    actor = world.actors["instructor"]
    with world.database.writing() as session:
        for due, reason in ((NOW, "ill"), (NOW + DAY, " "), (None, "ill")):
            with pytest.raises(BadInput):
                assignments.extend(session, actor, given, late, due, reason)
        assignments.extend(session, actor, given, late, NOW + 2 * DAY, "ill")
    assert open_for(world, "late", given, case_id, NOW + DAY).due_at == NOW + 2 * DAY
    with pytest.raises(TransitionRefused, match="due"):
        open_for(world, "student", given, case_id, NOW + DAY)
    with world.database.writing() as session:
        assignments.close(session, actor, given)
        session.get_one(Assignment, given).closed_at = NOW + DAY
    with pytest.raises(TransitionRefused, match="closed"):
        open_for(world, "late", given, case_id, NOW + DAY)


def test_closing_a_class_ends_its_assignments_and_it_changes_no_more(world: World) -> None:
    set_id, case_id = a_set(world)
    class_id = a_class(world, "student")
    given = assign(world, class_id, set_id)
    with world.database.writing() as session:
        classes.close(session, world.actors["instructor"], class_id)
        session.get_one(TeachingClass, class_id).closed_at = NOW
    with pytest.raises(TransitionRefused, match="closed"):
        open_for(world, "student", given, case_id)
    with pytest.raises(TransitionRefused, match="Open it again"):
        assign(world, class_id, set_id)


def test_a_withdrawn_case_cannot_be_begun_through_an_assignment(world: World) -> None:
    set_id, case_id = a_set(world)
    given = assign(world, a_class(world, "student"), set_id)
    with world.database.writing() as session:
        session.get_one(TeachingCase, case_id).state = "withdrawn"
    with pytest.raises(NotFound):
        open_for(world, "student", given, case_id)


def test_dates_are_read_in_the_zone_that_the_form_names() -> None:
    assert assignments.parse_moment("2026-03-02T17:00", "Asia/Shanghai") == NOW
    assert assignments.parse_moment(" ", "UTC") is None
    with pytest.raises(BadInput, match="put forward"):
        assignments.parse_moment("2026-03-29T02:30", "Europe/Berlin")
    for text, zone in (("soon", "UTC"), ("2026-03-02T17:00+08:00", "UTC"), ("2026-03-02", "Mars")):
        with pytest.raises(BadInput):
            assignments.parse_moment(text, zone)


def test_a_form_that_is_refused_keeps_what_was_typed(world: World) -> None:
    set_id, _ = a_set(world)
    class_id = a_class(world, "student")
    client = world.client("instructor")
    where = f"/teaching/classes/{class_id}"
    data = {
        "set": set_id, "title": "Before the feast", "mode": "reading", "zone": "Asia/Shanghai",
        "opens": "2026-03-02T17:00", "due": "2026-03-01T17:00", "counts": "last", "attempts": "3",
    }  # fmt: skip
    refused = post(client, f"{where}/assignments", where, **data)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "due after it opens" in page
    assert 'value="Before the feast"' in page
    assert 'value="2026-03-01T17:00"' in page
    made = post(client, f"{where}/assignments", where, **data | {"due": "2026-03-09T17:00"})
    assert made.status_code == 302
    with world.database.reading() as session:
        row = session.scalars(select(Assignment)).one()
    assert (row.opens_at, row.attempts, row.counts) == (NOW, 3, "last")
    shown = client.get(made.headers["Location"]).get_data(as_text=True)
    assert "9 Mar 2026, 09:00 UTC (17:00 in China)" in shown


def test_a_set_without_a_case_to_attempt_is_not_assigned(world: World) -> None:
    with world.database.writing() as session:
        made = CaseSet(title="Empty", created_by=world.actors["instructor"].user_id or 0)
        session.add(made)
        session.flush()
        set_id = made.id
    with pytest.raises(BadInput, match="no published case"):
        assign(world, a_class(world, "student"), set_id)


def test_students_find_their_work_and_nothing_of_other_classes(world: World) -> None:
    add_user(world, "stranger", Role.STUDENT)
    set_id, _ = a_set(world)
    assign(world, a_class(world, "student"), set_id, due_at=datetime(2200, 1, 1, tzinfo=UTC))
    page = world.client("student").get("/my-work/").get_data(as_text=True)
    assert "Homework" in page
    assert "起身时头晕" in page
    with world.database.reading() as session:
        [task] = [
            one
            for one in tasks_for(session, world.actors["student"])
            if one.endpoint == "my_work.index"
        ]
    assert task.count == 1
    client = world.client()
    sign_in(client, "stranger@example.org")
    assert "Nothing is assigned to you" in client.get("/my-work/").get_data(as_text=True)
