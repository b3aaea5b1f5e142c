"""What a notebook lets leave: two-way tables through the gate, and a word on raw numbers."""

from __future__ import annotations

import pandas as pd

from cohorts import not_to_leave, safe_crosstab, safe_frame

PEOPLE = pd.DataFrame(
    {
        "band": pd.Categorical(
            ["young"] * 62 + ["old"] * 74 + [None] * 20, categories=["young", "old"]
        ),
        "sex": ["female"] * 40 + ["male"] * 22 + ["female"] * 71 + ["male"] * 3 + ["male"] * 20,
    }
)


def test_people_by_two_columns_are_the_two_way_table_of_the_gate() -> None:
    frame = safe_frame(PEOPLE, "band", "sex")
    safe = safe_crosstab([[40, 22], [71, 3], [0, 20]])
    assert list(frame.index) == ["young", "old", "unknown", "total"]
    assert list(frame.columns) == ["female", "male", "total"]
    assert frame.loc["old"].tolist() == [*map(str, safe.cells[1]), str(safe.rows[1])]
    assert frame.loc["total", "total"] == "155"


def test_a_table_of_the_gate_may_leave_and_the_raw_one_is_named_cell_by_cell() -> None:
    raw = pd.crosstab(PEOPLE["band"], PEOPLE["sex"])
    assert [(found.row, found.column) for found in not_to_leave(raw)] == [("old", "male")]
    assert "3" not in str(not_to_leave(raw)[0])
    assert not_to_leave(safe_frame(PEOPLE, "band", "sex")) == []


def test_means_and_years_do_not_count_people_but_small_whole_numbers_in_text_might() -> None:
    result = pd.DataFrame({"mean": [5.25, 7.5], "year": [1950, 2001], "n": ["4", "12"]})
    assert [(found.row, found.column) for found in not_to_leave(result)] == [("0", "n")]
