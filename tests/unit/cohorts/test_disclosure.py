"""Counts that leave: what is withheld cannot be worked out from what is shown."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts import DisclosureRule, SafeCount, safe_attrition, safe_count, safe_table
from cohorts.disclosure import coarse_count, estimated_count, least_count
from cohorts.result import attrition_of

RULES = st.builds(
    lambda minimum, base: DisclosureRule(minimum, min(base, minimum)),
    st.integers(5, 40),
    st.integers(3, 10),
)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "<11"), (10, "<11"), (11, "15"), (17, "15"), (18, "20"), (22, "20"), (1003, "1,005")],
)
def test_small_counts_and_zero_are_withheld_and_others_rounded(count: int, shown: str) -> None:
    assert str(safe_count(count)) == shown


def test_a_safe_count_does_not_hold_the_true_count() -> None:
    assert safe_count(3) == safe_count(9)
    assert safe_count(101) == safe_count(99)
    assert "101" not in repr(safe_count(101))


@given(st.integers(0, 10_000), RULES)
def test_the_range_of_a_shown_count_holds_exactly_the_counts_shown_so(
    count: int, rule: DisclosureRule
) -> None:
    shown = safe_count(count, rule).shown
    if shown is None:
        assert count < rule.minimum_cell
        return
    low, high = rule.range_of(shown)
    assert low <= count <= high
    assert low >= rule.minimum_cell
    assert {safe_count(value, rule).shown for value in range(low, high + 1)} == {shown}
    assert safe_count(high + 1, rule).shown != shown
    assert safe_count(low - 1, rule).shown != shown


@given(st.lists(st.integers(0, 300), min_size=1, max_size=12), RULES)
def test_no_small_cell_is_shown_and_subtraction_leaves_a_wide_range(
    cells: list[int], rule: DisclosureRule
) -> None:
    table = safe_table(cells, rule)
    for cell, safe in zip(cells, table.cells, strict=True):
        assert safe.shown is None or cell >= rule.minimum_cell
    if table.total.shown is None:
        assert all(safe.shown is None for safe in table.cells)
        return
    # Total minus shown cells, as a reader would do it, with what rounding is known to hide.
    low_total, high_total = rule.range_of(table.total.shown)
    shown = [rule.range_of(safe.shown) for safe in table.cells if safe.shown is not None]
    small = [safe for safe in table.cells if safe.shown is None and safe.small]
    low = max(0, low_total - sum(high for _, high in shown))
    high = high_total - sum(low for low, _ in shown)
    assert low <= sum(c for c, s in zip(cells, table.cells, strict=True) if s.shown is None) <= high
    if len(small) == 1:
        assert min(high, rule.minimum_cell - 1) - low >= rule.protected_width


@pytest.mark.parametrize(("size", "largest"), [(2, 60), (3, 36)])
def test_a_reader_who_knows_the_rule_finds_at_least_six_values_for_a_withheld_cell(
    size: int, largest: int
) -> None:
    """All tables are enumerated, so that what the hiding itself tells is counted in."""
    looks: dict[tuple[str, ...], list[tuple[int, ...]]] = defaultdict(list)
    for cells in itertools.product(range(largest), repeat=size):
        table = safe_table(cells)
        looks[(*map(str, table.cells), str(table.total))].append(cells)
    withheld = 0
    for look, tables in looks.items():
        if max(map(max, tables)) >= largest - 5:
            continue  # cut off by the enumeration, so not all tables of this look are known
        for index, text in enumerate(look[:-1]):
            if text in {"<11", "hidden"}:
                withheld += 1
                assert len({cells[index] for cells in tables}) >= 6, look
    assert withheld > 10


def test_two_small_cells_whose_total_gives_them_away_are_hidden_unmarked() -> None:
    table = safe_table([9, 10])
    assert [str(cell) for cell in table.cells] == ["hidden", "hidden"]
    assert str(table.total) == "20"


def test_a_table_of_fewer_people_than_the_minimum_shows_nothing() -> None:
    table = safe_table([4, 6])
    assert [str(cell) for cell in (*table.cells, table.total)] == ["<11"] * 3


def test_per_cents_come_from_shown_numbers() -> None:
    assert safe_count(251).percent_of(safe_count(1002)) == "25.0 %"
    assert safe_count(3).percent_of(safe_count(1002)) == ""
    assert safe_count(251).percent_of(SafeCount(None, True, 11)) == ""


@pytest.mark.parametrize(("minimum", "base"), [(11, 1), (11, 2), (4, 5)])
def test_a_rule_that_protects_nothing_cannot_be_made(minimum: int, base: int) -> None:
    with pytest.raises(ValueError, match="base"):
        DisclosureRule(minimum, base)


def test_attrition_is_shown_step_by_step_through_the_gate() -> None:
    masks = [(1, 0, 5), (1, 1, 40), (1, 2, 9), (1, 3, 8)]
    safe = safe_attrition(attrition_of(("first", "second"), masks, 62, 70), 8)
    assert str(safe.entry) == "60"
    assert [(s.rule, str(s.meeting), str(s.remaining)) for s in safe.steps] == [
        ("first", "50", "50"),
        ("second", "15", "<11"),
    ]
    assert str(safe.final) == "<11"


@pytest.mark.parametrize("minimum", [5, 10, 11, 20])
def test_a_coarse_and_a_precise_count_never_show_a_difference_of_one_or_two_people(
    minimum: int,
) -> None:
    """For each size, what is shown of both could also be shown of two sets of one size."""
    rule = DisclosureRule.with_minimum(minimum)
    for size in range(minimum, 12_500):
        low, high = rule.range_of(rule.rounded(size))
        possible = {rule.coarse(low), rule.coarse(high)}
        for other in range(max(minimum, size - 2), size + 3):
            assert rule.coarse(other) in possible, (size, other)


def test_an_estimate_is_worked_out_from_what_was_shown_and_nothing_else() -> None:
    women, men = safe_count(123), safe_count(88)
    assert str(estimated_count([women, men])) == "about 215"
    assert str(estimated_count([women], [men])) == "about 35"
    assert str(estimated_count([men], [safe_count(83)])) == "hidden"
    assert str(estimated_count([safe_count(3)])) == "hidden"
    assert str(coarse_count(345)) == "about 350"
    assert str(coarse_count(10)) == "<11"


def test_a_lower_limit_never_lies_above_the_count() -> None:
    assert [str(least_count(n)) for n in (3, 12, 58, 345, 1234)] == [
        "<11", "11+", "50+", "200+", "1,000+"
    ]  # fmt: skip
    assert all((least_count(n).shown or 0) <= n for n in range(12_500))
    # A count that is rounded to the nearest 5 would: 498 is shown as 500.
    assert str(least_count(498)) == "200+"
