"""Bad tables and contradictory requests are refused, by column and line, never by a value."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pyarrow as pa
import pytest

from deid.errors import HierarchyError, RequestContradictory, TableRefused
from deid.tabular import Criteria, Hierarchy, Request, anonymise, hierarchy_of

SECRET = "Quxville"
"""A rare value, which no message may show."""
ROWS = 12


def table(**changed: list[object]) -> pa.Table:
    columns: dict[str, list[object]] = {
        "age": [20, 21, 22, 23] * 3,
        "town": ["A", "B"] * 6,
        "illness": ["x", "y", "z"] * 4,
    }
    return pa.table({**columns, **changed})


def towns(*more: str) -> Hierarchy:
    return hierarchy_of([[town, "*"] for town in ("A", "B", *more)], "towns.csv")


BASE = Request(("age", "town"), Criteria(3), ("illness",), labels="ranges")


def refusal(
    given: pa.Table,
    request: Request = BASE,
    hierarchies: dict[str, Hierarchy] | None = None,
    kind: type[TableRefused] = TableRefused,
) -> str:
    with pytest.raises(kind) as caught:
        anonymise(given, request, hierarchies)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_missing_value_is_refused_with_its_column_and_how_often() -> None:
    message = refusal(table(town=["A", None, "", "B"] * 3))
    assert "'town'" in message
    assert "6 rows" in message


def test_a_missing_value_may_have_a_line_of_its_own_in_the_hierarchy() -> None:
    given = table(town=["A", None] * 6)
    tree = hierarchy_of([["A", "*"], ["", "*"]], "towns.csv")
    request = dataclasses.replace(BASE, quasi_identifiers=("town",), drop=("age",))
    shown = anonymise(given, dataclasses.replace(request, labels="hierarchy"), {"town": tree})
    assert set(shown.table["town"].to_pylist()) == {"A", ""}


def test_numbers_mixed_with_text_are_refused() -> None:
    message = refusal(table(age=["20", "21", "about 30", "31"] * 3))
    assert "9 rows" in message
    assert "3 rows" in message
    assert "about 30" not in message


def test_a_column_with_another_value_in_each_row_is_an_identifier() -> None:
    assert "drop it" in refusal(table(age=list(range(ROWS))))


def test_a_value_that_the_hierarchy_lacks_is_counted_not_shown() -> None:
    given = table(town=["A", "B", SECRET, SECRET] * 3)
    request = dataclasses.replace(
        BASE, quasi_identifiers=("town",), drop=("age",), labels="hierarchy"
    )
    message = refusal(given, request, {"town": towns()}, HierarchyError)
    assert "towns.csv lacks 1 values of column 'town', which stand in 6 of 12 rows" in message


def test_hierarchy_labels_need_a_hierarchy() -> None:
    request = dataclasses.replace(BASE, labels="hierarchy")
    assert "'age'" in refusal(table(), request, {"town": towns()}, HierarchyError)


def test_a_suppression_mark_in_the_data_is_refused() -> None:
    assert "marks suppression" in refusal(table(town=["A", "*"] * 6))


def test_a_set_that_could_not_be_read_again_is_refused() -> None:
    message = refusal(table(town=["A", f"{SECRET}, north"] * 6))
    assert "comma" in message


def test_k_above_the_population_is_refused() -> None:
    request = dataclasses.replace(BASE, criteria=Criteria(13))
    assert "12 rows" in refusal(table(), request, kind=RequestContradictory)


def test_a_column_that_is_not_named_is_refused() -> None:
    request = dataclasses.replace(BASE, quasi_identifiers=("age",))
    assert "town" in refusal(table(), request, kind=RequestContradictory)


def test_a_column_without_a_name_is_refused_by_its_place() -> None:
    given = table().append_column("", pa.array([1] * ROWS))
    assert "column 4 of 4 has no name" in refusal(given)


def test_a_column_that_is_not_there_is_refused() -> None:
    request = dataclasses.replace(BASE, keep=("weight",))
    assert "weight" in refusal(table(), request, kind=RequestContradictory)


@pytest.mark.parametrize("criteria", [Criteria(3, l=4), Criteria(3, l=3.5, diversity="entropy")])
def test_what_not_even_the_whole_table_meets_is_a_contradiction(criteria: Criteria) -> None:
    request = dataclasses.replace(BASE, criteria=criteria)
    assert "'illness'" in refusal(table(), request, kind=RequestContradictory)


def test_a_result_that_would_remove_everything_is_refused() -> None:
    given = table(
        town=["A"] * 6 + ["B"] * 6, age=[20] * 6 + [23] * 6, illness=["x"] * 6 + ["y"] * 6
    )
    request = dataclasses.replace(BASE, criteria=Criteria(3, t=0.1), suppression_limit=0.5)
    assert "every row" in refusal(given, request)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Criteria(1),
        lambda: Criteria(5, t=1.5),
        lambda: Criteria(5, l=0),
        lambda: Criteria(5, l=2.5),
        lambda: Criteria(5, l=2, diversity="recursive"),
        lambda: Criteria(5, c=2.0),
        lambda: Criteria(5, beta=0),
        lambda: Criteria(5, beta=math.inf),
        lambda: Criteria(5, l=math.nan),
        lambda: Request((), Criteria(5)),
        lambda: Request(("a",), Criteria(5, l=2)),
        lambda: Request(("a", "a"), Criteria(5)),
        lambda: Request(("a",), Criteria(5), ("a",)),
        lambda: Request(("a",), Criteria(5), method="global", labels="ranges"),
        lambda: Request(("a",), Criteria(5), suppression_limit=1.0),
    ],
)
def test_a_request_that_contradicts_itself_cannot_be_made(make: Callable[[], object]) -> None:
    with pytest.raises(RequestContradictory):
        make()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "empty"),
        ([["a"]], "one level"),
        ([["a", "*"], ["b", "x", "*"]], "tree.csv:2: 3 levels"),
        ([["a", "*"], ["a", "*"]], "tree.csv:2: the value of line 1"),
        ([["a", "*"], ["b", "all"]], "tree.csv:2: the last level"),
        ([["a", "x", "p", "*"], ["b", "x", "q", "*"]], "tree.csv:2: level 1"),
        ([["a", "x", "*"], ["b", "x", "*"], ["x", "y", "*"]], "one label stands for"),
        ([["a", "", "*"]], "tree.csv:1: an empty label"),
    ],
)
def test_a_malformed_hierarchy_is_refused_by_line(lines: list[list[str]], message: str) -> None:
    with pytest.raises(HierarchyError, match=message.replace("*", r"\*")):
        hierarchy_of(lines, "tree.csv")
