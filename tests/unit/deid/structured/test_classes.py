from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.policy import GeneralisationStep
from deid.structured.classes import (
    NONE,
    YearRange,
    bands_of_years,
    class_of_each,
    generalise_small_classes,
    generalise_to_average,
    middles_of_bands,
    years_of_bands,
)

SHOWN = YearRange(1930, 2020)
STEPS = tuple(
    GeneralisationStep(*step.split(":"))
    for step in (
        "year_of_birth:5",
        "race_concept_id:none",
        "location_id:none",
        "year_of_birth:20",
        "gender_concept_id:none",
        "year_of_birth:200",
    )
)


@st.composite
def populations(draw: st.DrawFn) -> dict[str, np.ndarray]:
    size = draw(st.integers(1, 60))

    def column(values: list[int]) -> np.ndarray:
        drawn = draw(st.lists(st.sampled_from(values), min_size=size, max_size=size))
        return np.array(drawn, dtype=np.int64)

    return {
        "year_of_birth": bands_of_years(column(list(range(1940, 2000, 3))), 1, SHOWN),
        "gender_concept_id": column([8507, 8532]),
        "race_concept_id": column([8515, 8527, 8516]),
        "location_id": column([NONE, 11, 12]),
    }


@settings(deadline=None)
@given(people=populations(), k=st.integers(2, 12))
def test_everybody_who_is_kept_is_in_a_class_of_at_least_k(
    people: dict[str, np.ndarray], k: int
) -> None:
    result = generalise_small_classes(people, STEPS, k, shown=SHOWN)
    kept = [column[result.kept] for column in result.columns.values()]
    if result.kept.any():
        assert class_of_each(kept)[1].min() >= k


@settings(deadline=None)
@given(people=populations(), k=st.integers(2, 12))
def test_nobody_is_left_out_while_the_last_step_makes_enough_people_alike(
    people: dict[str, np.ndarray], k: int
) -> None:
    result = generalise_small_classes(people, STEPS, k, shown=SHOWN)
    assert result.kept.all() == (len(result.kept) >= k)


@settings(deadline=None)
@given(people=populations(), k=st.integers(2, 6))
def test_a_value_is_its_own_or_a_coarser_one_and_never_anothers(
    people: dict[str, np.ndarray], k: int
) -> None:
    result = generalise_small_classes(people, STEPS, k, shown=SHOWN)
    for name in ("gender_concept_id", "race_concept_id", "location_id"):
        coarse = NONE if name == "location_id" else 0
        now = result.columns[name]
        assert ((now == people[name]) | (now == coarse)).all()
    years, now = people["year_of_birth"], result.columns["year_of_birth"]
    own = middles_of_bands(years)
    levels = [years, *(bands_of_years(own, width, SHOWN) for width in (5, 20, 200))]
    assert np.any([now == level for level in levels], axis=0).all()


@settings(deadline=None)
@given(people=populations())
def test_the_order_of_people_does_not_matter(people: dict[str, np.ndarray]) -> None:
    forward = generalise_small_classes(people, STEPS, 5, shown=SHOWN)
    backward = generalise_small_classes(
        {name: column[::-1] for name, column in people.items()}, STEPS, 5, shown=SHOWN
    )

    def table(result: object) -> list[tuple]:
        columns = [*result.columns.values(), result.kept]  # type: ignore[attr-defined]
        return sorted(zip(*(column.tolist() for column in columns), strict=True))

    assert forward.kept.sum() == backward.kept.sum()
    if not any(step == "joined to small classes" for step, _ in forward.steps):
        assert table(forward) == table(backward)


@settings(deadline=None)
@given(people=populations(), average=st.sampled_from([0.05, 0.1, 0.2, 0.5]))
def test_the_mean_risk_is_met_wherever_everybody_together_would_meet_it(
    people: dict[str, np.ndarray], average: float
) -> None:
    size = len(people["year_of_birth"])
    result = generalise_to_average(people, STEPS, 2, SHOWN, average)
    if 1 / size <= average and result.kept.any():
        _, sizes = class_of_each([c[result.kept] for c in result.columns.values()])
        assert len(sizes) / result.kept.sum() <= average


def test_large_classes_are_left_as_they_are() -> None:
    people = {
        "year_of_birth": bands_of_years(np.array([1950] * 6 + [1951, 1952]), 1, SHOWN),
        "gender_concept_id": np.array([8507] * 8),
        "race_concept_id": np.array([8527] * 8),
        "location_id": np.array([11] * 8),
    }
    result = generalise_small_classes(people, STEPS, 2, shown=SHOWN)
    first, last = years_of_bands(result.columns["year_of_birth"])
    assert first.tolist() == [1950] * 8
    assert last.tolist() == [1950] * 6 + [1954, 1954]
    assert result.steps == (("year_of_birth:5", 2),)


def test_bands_with_one_middle_are_not_alike() -> None:
    exact, five = (bands_of_years(np.array([1952]), width, SHOWN) for width in (1, 5))
    assert middles_of_bands(exact) == middles_of_bands(five)
    assert exact != five


def test_a_band_is_shown_as_its_middle_within_the_years_that_may_be_shown() -> None:
    years = np.array([1930, 1949, 1950, 1959, 2019])

    def middles(width: int, shown: YearRange) -> list[int]:
        return middles_of_bands(bands_of_years(years, width, shown)).tolist()

    assert middles(1, SHOWN) == years.tolist()
    assert middles(10, SHOWN) == [1934, 1944, 1954, 1954, 2014]
    assert [middles(20, YearRange(1932, 2010))[i] for i in (0, 4)] == [1935, 2005]
    assert set(middles(200, SHOWN)) == {1975}
