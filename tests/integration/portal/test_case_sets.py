"""Sets of cases: their order, what they cover, and what leaves them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.models import CaseSetItem, TeachingCase
from app.errors import NotFound, TransitionRefused
from app.services import assignments, case_sets
from tests.integration.portal.lessons import NOW, school, text_of
from tests.integration.portal.test_classes import a_class
from tests.integration.portal.world import World, copy_world, post


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One set of four published cases, ids 1 to 4."""
    world = school(tmp_path_factory.mktemp("school"))
    with world.database.writing() as session:
        first = session.get_one(TeachingCase, 1)
        for number in range(2, 5):
            row = TeachingCase(
                release="r",
                title=f"Case {number}",
                state="published",
                document=first.document,
                lesson=first.lesson,
                summary=first.summary,
                author_id=first.author_id,
                published_at=NOW,
            )
            session.add(row)
            session.flush()
            session.add(CaseSetItem(set_id=1, case_id=row.id, position=number))
    world.database.close()
    return world


@pytest.fixture
def world(pattern: World, tmp_path: Path) -> World:
    return copy_world(pattern, tmp_path)


def order(world: World) -> list[int]:
    with world.database.reading() as session:
        return [
            one.case_id for one in case_sets.get_set(session, world.actors["instructor"], 1).items
        ]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.integers(1, 4), st.sampled_from([-1, 1])), max_size=4),
    places=st.dictionaries(st.integers(1, 5), st.integers(1, 9).map(float), max_size=4),
)
def test_no_way_of_ordering_loses_or_doubles_a_case(
    world: World, steps: list[tuple[int, int]], places: dict[int, float]
) -> None:
    actor = world.actors["instructor"]
    with world.database.writing() as session:
        before = [one.case_id for one in case_sets.get_set(session, actor, 1).items]
        for case_id, by in steps:
            at = before.index(case_id)
            to = min(max(at + by, 0), 3)
            before[at], before[to] = before[to], before[at]
            found = case_sets.move(session, actor, 1, case_id, by)
            assert [one.case_id for one in found.items] == before
        found = case_sets.reorder(session, actor, 1, places)
        assert sorted(one.case_id for one in found.items) == [1, 2, 3, 4]
        assert [one.position for one in found.items] == [1, 2, 3, 4]


def test_a_set_is_put_in_order_by_numbers_and_by_buttons(world: World) -> None:
    client = world.client("instructor")
    where = "/teaching/sets/1"
    post(client, f"{where}/order", where, **{f"place-{n}": str(5 - n) for n in range(1, 5)})
    assert order(world) == [4, 3, 2, 1]
    post(client, f"{where}/order", where, down="4")
    assert order(world) == [3, 4, 2, 1]
    post(client, f"{where}/order", where, out="4")
    assert order(world) == [3, 2, 1]
    post(client, f"{where}/order", where, **{"place-3": "soon"})
    assert order(world) == [3, 2, 1]


def test_a_withdrawn_case_leaves_its_sets_and_the_page_says_so(world: World) -> None:
    with world.database.writing() as session:
        case = session.get_one(TeachingCase, 2)
        case.state, case.review_note = "withdrawn", "The consent was taken back."
    page = text_of(world.client("instructor").get("/teaching/sets/1").get_data(as_text=True))
    assert "Case 2 left this set: it was withdrawn (“The consent was taken back.”)" in page
    with world.database.reading() as session:
        assert [one.id for one in assignments.cases_of(session, 1)] == [1, 3, 4]
    assert "Case 2" not in world.client("student").get("/cases/sets/1").get_data(as_text=True)


def test_a_set_is_removed_unless_it_was_assigned(world: World) -> None:
    actor = world.actors["instructor"]
    class_id = a_class(world)
    with world.database.writing() as session:
        rules = assignments.Rules(title="Homework", mode="learn", opens_at=NOW)
        assignments.assign(session, actor, class_id, 1, rules)
        with pytest.raises(TransitionRefused, match="given to a class"):
            case_sets.remove(session, actor, 1)
        made = case_sets.create_set(session, actor, "Other", "")
        case_sets.add_to_set(session, actor, made.id, 1)
        case_sets.describe(session, actor, made.id, " Another ", "For year 4")
        assert (made.title, made.description) == ("Another", "For year 4")
        case_sets.remove(session, actor, made.id)
        with pytest.raises(NotFound):
            case_sets.get_set(session, actor, made.id)


def test_the_matrix_counts_each_case_of_the_set_at_each_pair(world: World) -> None:
    actor = world.actors["instructor"]
    with world.database.reading() as session:
        for rows, columns in itertools.permutations(("age", "sex", "difficulty"), 2):
            matrix = case_sets.coverage_of(session, actor, 1, rows, columns)
            assert sum(matrix.cells.values()) == 4
    client = world.client("instructor")
    page = client.get("/teaching/sets/1/coverage?rows=sex&columns=setting").get_data(as_text=True)
    assert "Cases by sex and setting" in page
    assert "sex: female" in text_of(page)
