"""What leaves as CSV is shown by a spreadsheet and not run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.characterisation.printed import PrintedTable
from cohorts.spreadsheets import csv_text, harmless

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", "＠x")


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_gets_an_apostrophe(formula: str) -> None:
    assert harmless(formula) == f"'{formula}"


@pytest.mark.parametrize(("value", "cell"), [(-0.5, -0.5), (7, 7), (None, ""), ("a=b", "a=b")])
def test_numbers_stay_numbers_and_what_is_missing_is_empty(value: object, cell: object) -> None:
    assert harmless(value) == cell


@given(st.lists(st.sampled_from(FORMULAS) | st.text(max_size=8), min_size=1, max_size=4))
def test_no_cell_of_a_file_starts_as_a_formula(cells: list[str]) -> None:
    text = csv_text(["head"] * len(cells), [cells]).removeprefix("\ufeff")
    for cell in list(csv.reader(io.StringIO(text, newline="")))[1]:
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_labels_of_a_result_are_not_run_and_its_negative_numbers_stay_numbers() -> None:
    table = PrintedTable("t", "T", ("name", "n", "d"), (("=HYPERLINK(1)", "1,204", "-0.12"),))
    assert table.to_csv() == "name,n,d\r\n'=HYPERLINK(1),1204,-0.12\r\n"
