"""What the check of a finished table finds, and what it lets pass."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.disclosure import DEFAULT_RULE, DisclosureRule
from cohorts.errors import OutputRefused
from cohorts.linked_tables import safe_crosstab
from cohorts.outputs.report import Level
from cohorts.outputs.rules import check_table
from cohorts.outputs.tables import MOST_ROWS, Role, Table, parse_table

COUNTS = st.lists(
    st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=2, max_size=5
).filter(lambda rows: any(map(any, rows)))


def table(*lines: str) -> Table:
    return parse_table("t.csv", "\n".join(lines).encode())


def written(header: Sequence[object], rows: Sequence[Sequence[object]]) -> Table:
    file = io.StringIO()
    csv.writer(file).writerows([header, *rows])
    return parse_table("t.csv", file.getvalue().encode())


def checks(found: Table, earlier: Sequence[tuple[str, Table]] = ()) -> dict[str, Level]:
    return {f.check: f.level for f in check_table(found, DEFAULT_RULE, earlier)}


@given(COUNTS)
def test_exactly_the_small_cells_are_marked(counts: list[list[int]]) -> None:
    rows = [[f"area {at}", *line] for at, line in enumerate(counts)]
    found = check_table(written(["area", "never", "former", "current"], rows), DEFAULT_RULE)
    marked = {cell for f in found if f.check in {"threshold", "zero"} for cell in f.cells}
    small = {
        (at, column + 1)
        for at, line in enumerate(counts)
        for column, count in enumerate(line)
        if count < 11
    }
    assert marked == small


@pytest.mark.parametrize(
    "counts",
    [[[3, 53, 17], [20, 11, 11]], [[40, 0, 25], [31, 12, 60], [2, 44, 19]], [[50, 60, 12]]],
)
def test_what_the_shipped_protection_makes_never_fails(counts: list[list[int]]) -> None:
    safe = safe_crosstab(counts, DEFAULT_RULE)
    rows = [
        [f"area {at}", *line, total]
        for at, (line, total) in enumerate(zip(safe.cells, safe.rows, strict=True))
    ]
    rows.append(["total", *safe.columns, safe.total])
    found = check_table(
        written(["area", "never", "former", "current", "total"], rows), DEFAULT_RULE
    )
    assert [f for f in found if f.level is Level.FAIL] == []


def test_cells_and_dominance_are_those_that_acro_finds() -> None:
    acro = pytest.importorskip("acro")
    from cohorts.outputs.acro_session import acro_findings, new_session

    assert acro.__name__ == "acro"
    random = np.random.default_rng(3)
    people = pd.DataFrame(
        {
            "sex": random.choice(["f", "m"], 300),
            "area": random.choice(["north", "south", "west"], 300, p=[0.6, 0.37, 0.03]),
            "cost": random.lognormal(3, 2, 300),
        }
    )
    session = new_session()
    session.crosstab(people["sex"], people["area"])
    session.crosstab(people["sex"], people["area"], values=people["cost"], aggfunc="mean")
    counted, spent = (session.results.get_index(at) for at in (0, 1))
    theirs = {(row, column + 1) for row, column in counted.sdc["cells"]["MinimumThresholdCheck"]}
    ours = check_table(parse_table("t.csv", counted.output[0].to_csv().encode()), DEFAULT_RULE)
    assert theirs
    assert {cell for f in ours if f.check in {"threshold", "zero"} for cell in f.cells} == theirs
    record = {"status": spent.status, "cells": spent.sdc["cells"], "exception": ""}
    assert {f.check for f in acro_findings(record)} >= {"acro NKCheck", "acro PPercentCheck"}
    assert any(f.level is Level.FAIL for f in acro_findings(record))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("area,n", "north,12", "south,11"), {}),
        (("area,n", "north,12", "south,<11"), {}),
        (("smoker,north,south", "yes,40,30", "no,0,25"), {"zero": Level.FAIL, "class": Level.FAIL}),
        (("area,n", "north,36", "south,<11", "total,41"), {"recoverable": Level.FAIL}),
        (("area,n", "north,35", "south,<11", "total,40"), {}),
        (("area,n,mean cost", "north,36,12.5", "south,44,13.1"), {"dominance": Level.REVIEW}),
        (("area,n,max age", "north,36,97", "south,44,88"), {"extreme": Level.REVIEW}),
        (("term,coef", "age,0.31", "sex,0.11"), {"degrees of freedom": Level.REVIEW}),
        (("year,rate", "2019,12.5", "2020,13.5"), {}),
        (("area,share %", "north,100", "south,45.5"), {"class": Level.REVIEW}),
        (("who,n", "1234567890123456,20", "b,30"), {"identifier": Level.FAIL}),
        (("person_id,n", "17,20", "18,30"), {"identifier": Level.FAIL}),
        (("area,n", "=1+1,20", "south,30"), {"formula": Level.FAIL}),
        (("day,n", "2020-03-01,20", "2020-03-02,30"), {"date": Level.REVIEW}),
        (("variable,Overall", "n,120", "Sex (n (%)),7 (5.8)"), {"threshold": Level.FAIL}),
        (("variable,Overall", "n,120", "\"Age, mean (SD)\",7 (5.8)"), {"dominance": Level.REVIEW}),
    ],
)  # fmt: skip
def test_a_finding_and_its_level(lines: tuple[str, ...], expected: dict[str, Level]) -> None:
    assert checks(table(*lines)) == expected


def test_a_table_that_differs_by_few_from_one_that_left_is_pointed_out() -> None:
    before = table("area,n", "north,120", "south,85")
    now = table("area,n", "north,123", "south,85")
    assert checks(now, [("before.csv", before)]) == {"similar": Level.REVIEW}
    assert checks(before, [("before.csv", before)]) == {}


def test_the_rule_of_the_installation_counts() -> None:
    found = table("area,n", "north,18", "south,40")
    assert checks(found) == {}
    strict = check_table(found, DisclosureRule.with_minimum(20))
    assert [f.check for f in strict] == ["threshold"]


def test_an_index_of_pandas_is_no_count_of_people() -> None:
    assert table(",area,n", "0,north,30", "1,south,40").roles[0] is Role.LABEL


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,n\n\xff,1\n", "UTF-8"),
        (b"a,n\n\0,1\n", "not text"),
        (b"a,n\n", "at least one row"),
        (b"a,n\nb,1,2\n", "line 2 has 3 cells"),
        (b'a,n\n"b,1\n', "not a CSV"),
        (b"a,n\n" + b"b,20\n" * (MOST_ROWS + 1), "records of people do not leave"),
    ],
)
def test_what_is_no_table_of_results_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(OutputRefused, match=words):
        parse_table("t.csv", content)
