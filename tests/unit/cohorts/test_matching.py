"""Matching keeps what it promises for any people, and its numbers are those of the textbook."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts import (
    Matching,
    balance_table,
    caliper_width,
    logit,
    love_plot,
    match_exact,
    match_nearest,
    match_optimal,
    propensity_scores,
    sample_risk_sets,
)
from cohorts.errors import MatchingError

FAR = 2**62  # ids beyond what a float can tell apart


@st.composite
def groups(draw: st.DrawFn) -> pd.DataFrame:
    """People of two groups, with a score of few values (so that there are ties), sex and area."""
    number = draw(st.integers(2, 24))
    flags = draw(st.lists(st.booleans(), min_size=number, max_size=number))
    flags[:2] = [True, False]
    score = st.integers(0, 12).map(lambda n: n / 4)
    return pd.DataFrame(
        {
            "treated": flags,
            "score": draw(st.lists(score, min_size=number, max_size=number)),
            "sex": draw(st.lists(st.sampled_from("fm"), min_size=number, max_size=number)),
            "area": draw(st.lists(st.integers(1, 2), min_size=number, max_size=number)),
        },
        index=pd.Index([FAR + i for i in range(number)], name="person_id"),
    )


ways = st.fixed_dictionaries(
    {
        "caliper": st.sampled_from([None, 0.0, 0.3, 1.0]),
        "exact": st.sampled_from([(), ("sex",), ("sex", "area")]),
        "ratio": st.integers(1, 3),
    }
)


@given(groups(), ways, st.booleans(), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_nearest_neighbours_keep_caliper_strata_ratio_and_each_control_once(
    people: pd.DataFrame, way: dict[str, Any], replacement: bool, seed: int
) -> None:
    matching = match_nearest(
        people, "treated", score=people["score"], replacement=replacement, seed=seed, **way
    )
    _keeps_its_promises(matching, people, way, replacement)


@given(groups(), ways)
@settings(max_examples=40, deadline=None)
def test_optimal_pairs_keep_them_too(people: pd.DataFrame, way: dict[str, Any]) -> None:
    matching = match_optimal(people, "treated", score=people["score"], **way)
    _keeps_its_promises(matching, people, way, replacement=False)


def _keeps_its_promises(
    matching: Matching, people: pd.DataFrame, way: dict[str, Any], replacement: bool
) -> None:
    pairs = matching.pairs
    treated, control = people.loc[pairs["treated"]], people.loc[pairs["control"]]
    assert treated["treated"].all()
    assert not control["treated"].any()
    assert replacement or pairs["control"].is_unique
    assert not pairs.duplicated(["treated", "control"]).any()
    assert pairs.groupby("treated").size().max() <= way["ratio"] or pairs.empty
    distance = np.abs(treated["score"].to_numpy() - control["score"].to_numpy())
    assert distance.tolist() == pairs["distance"].tolist()
    if way["caliper"] is not None:
        assert (distance <= way["caliper"]).all()
    for column in way["exact"]:
        assert treated[column].tolist() == control[column].tolist()
    everybody = set(people.index[people["treated"]])
    assert set(matching.unmatched) == everybody - set(pairs["treated"])
    sample = matching.sample(people)
    assert len(sample) == pairs["treated"].nunique() + len(pairs)
    assert sample.groupby("match_set")["treated"].sum().eq(1).all()
    for treated_side in (True, False):
        weight = sample.loc[sample["treated"] == treated_side, "weight"].sum()
        assert weight == pytest.approx(pairs["treated"].nunique())


@given(groups(), ways, st.integers(0, 3), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_rows_changes_nothing_and_the_seed_repeats(
    people: pd.DataFrame, way: dict[str, Any], seed: int, chance: Any
) -> None:
    shuffled = people.loc[chance.sample(list(people.index), len(people))]

    def found(frame: pd.DataFrame) -> list[pd.DataFrame]:
        score = frame["score"]
        return [
            match_nearest(frame, "treated", score=score, seed=seed, **way).pairs,
            match_nearest(frame, "treated", score=score, seed=seed, replacement=True, **way).pairs,
            match_optimal(frame, "treated", score=score, **way).pairs,
        ]

    for one, other in zip(found(people), found(shuffled), strict=True):
        pd.testing.assert_frame_equal(one, other)


@given(groups(), st.sampled_from([None, 0.3, 1.0]), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_greedy_takes_the_nearest_that_is_left_highest_score_first(
    people: pd.DataFrame, caliper: float | None, seed: int
) -> None:
    """Lots may decide between equals only: distances equal those of a search through everybody."""
    found = match_nearest(people, "treated", score=people["score"], caliper=caliper, seed=seed)
    pairs = found.pairs.set_index("treated")
    left = people.loc[~people["treated"], "score"].to_dict()
    order = people.loc[people["treated"], "score"].sort_values(ascending=False)
    for value in order.unique():
        chosen = [person for person in order.index[order == value] if person in pairs.index]
        for person in sorted(chosen, key=lambda p: pairs.loc[p, "distance"]):
            nearest = min(abs(score - value) for score in left.values())
            assert pairs.loc[person, "distance"] == nearest
            del left[pairs.loc[person, "control"]]
        if len(chosen) < (order == value).sum() and left:
            assert caliper is not None
            assert min(abs(score - value) for score in left.values()) > caliper


@given(groups().filter(lambda people: len(people) <= 9), st.sampled_from([None, 0.3, 1.0]))
@settings(max_examples=40, deadline=None)
def test_optimal_is_the_best_of_all_assignments(
    people: pd.DataFrame, caliper: float | None
) -> None:
    treated = people.loc[people["treated"], "score"].tolist()
    controls: list[float | None] = [*people.loc[~people["treated"], "score"].tolist()]
    width = np.inf if caliper is None else caliper
    best = min(
        _cost(treated, assigned, width)
        for assigned in set(
            itertools.permutations([*controls, *[None] * len(treated)], len(treated))
        )
    )
    pairs = match_optimal(people, "treated", score=people["score"], caliper=caliper).pairs
    assert (-len(pairs), pytest.approx(pairs["distance"].sum())) == best


def _cost(
    treated: list[float], assigned: tuple[float | None, ...], width: float
) -> tuple[int, float]:
    distances = [
        abs(t - c)
        for t, c in zip(treated, assigned, strict=True)
        if c is not None and abs(t - c) <= width
    ]
    return -len(distances), sum(distances)


def test_exact_matching_gives_everybody_a_first_control_before_a_second() -> None:
    people = pd.DataFrame(
        {"treated": [1, 1, 0, 0, 0, 1, 0], "sex": list("ffffffm")}, index=range(7)
    )
    pairs = match_exact(people, "treated", ["sex"], ratio=2, seed=3).pairs
    assert sorted(pairs.groupby("treated").size()) == [1, 1, 1]
    assert set(pairs["control"]) == {2, 3, 4}
    others = {
        tuple(match_exact(people, "treated", ["sex"], seed=s).pairs["control"]) for s in range(9)
    }
    assert len(others) > 1, "the seed decides who is drawn"


@pytest.fixture(scope="module")
def confounded() -> pd.DataFrame:
    """1,500 people: the older and the smokers are treated more often."""
    chance = np.random.default_rng(11)
    age = chance.normal(60, 10, 1500)
    smoker = chance.random(1500) < 0.3
    wanted = 1 / (1 + np.exp(-(-1.5 + 0.07 * (age - 60) + 0.9 * smoker)))
    return pd.DataFrame(
        {
            "treated": chance.random(1500) < wanted,
            "age": age,
            "smoker": smoker,
            "area": chance.choice(["north", "south", "west"], 1500),
        }
    )


COVARIATES = ["age", "smoker", "area"]


def test_scores_are_those_of_another_logistic_regression(confounded: pd.DataFrame) -> None:
    import statsmodels.api as sm

    scores = propensity_scores(confounded, "treated", COVARIATES, squares=["age"])
    design = pd.get_dummies(confounded[COVARIATES], columns=["area"], drop_first=True, dtype=float)
    design["older"] = (design["age"] - 60) ** 2
    other = sm.Logit(confounded["treated"].astype(float), sm.add_constant(design.astype(float)))
    assert scores.to_numpy() == pytest.approx(np.asarray(other.fit(disp=0).predict()), abs=1e-5)


def test_matching_on_the_score_balances_what_was_confounded(confounded: pd.DataFrame) -> None:
    score = logit(propensity_scores(confounded, "treated", COVARIATES))
    caliper = caliper_width(confounded, "treated", score)
    treated, others = score[confounded["treated"]], score[~confounded["treated"]]
    assert caliper == pytest.approx(0.2 * np.sqrt((treated.var() + others.var()) / 2))
    matching = match_nearest(confounded, "treated", score=score, caliper=caliper, seed=1)
    table = balance_table(confounded, "treated", COVARIATES, matching)
    assert table.loc["age", "smd before"] > 0.4
    assert table["smd after"].abs().max() < 0.1
    assert 0.8 < table.loc["age", "variance ratio after"] < 1.25


def test_balance_is_the_textbooks_formula(confounded: pd.DataFrame) -> None:
    matching = match_exact(confounded, "treated", ["smoker", "area"], ratio=2, seed=5)
    table = balance_table(confounded, "treated", COVARIATES, matching)
    one, none = confounded[confounded["treated"]], confounded[~confounded["treated"]]
    spread = np.sqrt((one["age"].var() + none["age"].var()) / 2)
    before = (one["age"].mean() - none["age"].mean()) / spread
    assert table.loc["age", "smd before"] == pytest.approx(before)
    assert table.loc["age", "variance ratio before"] == pytest.approx(
        one["age"].var() / none["age"].var()
    )
    sets = [
        (confounded["age"][person], confounded["age"][list(pairs["control"])].mean())
        for person, pairs in matching.pairs.groupby("treated")
    ]
    after = np.mean([mine - theirs for mine, theirs in sets]) / spread
    assert table.loc["age", "smd after"] == pytest.approx(after)
    shares = [one["smoker"].mean(), none["smoker"].mean()]
    assert table.loc["smoker", "control before"] == pytest.approx(shares[1])
    assert table.loc["smoker", "smd after"] == pytest.approx(0, abs=1e-12)
    assert table.loc["area: north", "smd after"] == pytest.approx(0, abs=1e-12)


def test_a_love_plot_shows_each_line_of_the_table(confounded: pd.DataFrame) -> None:
    import matplotlib

    matplotlib.use("Agg")
    table = balance_table(
        confounded, "treated", COVARIATES, match_exact(confounded, "treated", ["smoker"])
    )
    axes = love_plot(table)
    assert {text.get_text() for text in axes.get_yticklabels()} == set(table.index)
    before, after = (points.get_offsets()[:, 0] for points in axes.collections[1:3])
    assert sorted(before) == pytest.approx(sorted(table["smd before"].abs()))
    assert sorted(after) == pytest.approx(sorted(table["smd after"].abs()))


def test_covariates_that_tell_the_groups_apart_are_refused(confounded: pd.DataFrame) -> None:
    other_name = confounded.assign(drug=np.where(confounded["treated"], "new", "old"))
    with pytest.raises(MatchingError, match="tell the groups apart"):
        propensity_scores(other_name, "treated", ["age", "drug"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"age": [50.0, None, 60.0, 61.0]}, "age is missing for 1 of 4 people"),
        ({"treated": [1, 1, 1, 1]}, "everybody has the same treated"),
        ({"treated": [1, 2, 0, 0]}, "true or false"),
        ({"treated": None}, "no column treated"),
    ],
)
def test_what_cannot_be_matched_is_refused_in_words(change: dict[str, Any], said: str) -> None:
    columns = {"treated": [1, 1, 0, 0], "age": [50.0, 51.0, 60.0, 61.0]} | change
    people = pd.DataFrame({name: values for name, values in columns.items() if values})
    with pytest.raises(MatchingError, match=said):
        match_exact(people, "treated", ["age"])


def test_a_person_who_stands_twice_is_refused() -> None:
    people = pd.DataFrame({"treated": [1, 0], "age": [50, 50]}, index=[7, 7])
    with pytest.raises(MatchingError, match="stands in it twice"):
        match_exact(people, "treated", ["age"])


@st.composite
def followed(draw: st.DrawFn) -> pd.DataFrame:
    """People with entry, exit and perhaps the event, in whole days, with ties."""
    number = draw(st.integers(1, 25))
    few = st.lists(st.integers(0, 8), min_size=number, max_size=number)
    start = np.array(draw(few))
    events = draw(st.lists(st.booleans(), min_size=number, max_size=number))
    events[0] = True
    return pd.DataFrame(
        {
            "start": start,
            "end": start + np.array(draw(few)),
            "event": events,
            "sex": draw(st.lists(st.sampled_from("fm"), min_size=number, max_size=number)),
            "age": draw(st.lists(st.integers(40, 50), min_size=number, max_size=number)),
        },
        index=pd.Index([FAR + i for i in range(number)], name="person_id"),
    )


SPANS = {"start": "start", "end": "end", "event": "event"}


@given(followed(), st.integers(1, 4), st.booleans(), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_controls_are_drawn_from_all_who_were_at_risk_at_that_time(
    people: pd.DataFrame, controls: int, matched: bool, seed: int
) -> None:
    more: dict[str, Any] = {"exact": ["sex"], "within": {"age": 3}} if matched else {}
    sets = sample_risk_sets(people, **SPANS, controls=controls, seed=seed, **more)
    assert sets.loc[sets["case"], "person"].tolist() == (
        people[people["event"]].sort_values("end", kind="stable").index.tolist()
    )
    for _, members in sets.groupby("set"):
        assert members["person"].is_unique
        (case,) = members.loc[members["case"], "person"]
        time = people.loc[case, "end"]
        assert (members["time"] == time).all()
        at_risk = people[
            (people["start"] < time)
            & (people["end"] >= time)
            & ~(people["event"] & (people["end"] == time))
        ]
        if matched:
            at_risk = at_risk[
                (at_risk["sex"] == people.loc[case, "sex"])
                & ((at_risk["age"] - people.loc[case, "age"]).abs() <= 3)
            ]
        drawn = members.loc[~members["case"], "person"]
        assert set(drawn) <= set(at_risk.index)
        assert len(drawn) == min(controls, len(at_risk))
        assert (members["at_risk"] == len(at_risk)).all()


@given(followed(), st.integers(0, 3), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_risk_sets_do_not_depend_on_the_order_of_the_rows(
    people: pd.DataFrame, seed: int, chance: Any
) -> None:
    shuffled = people.loc[chance.sample(list(people.index), len(people))]
    one, other = (sample_risk_sets(p, **SPANS, seed=seed) for p in (people, shuffled))
    pd.testing.assert_frame_equal(one, other)


def test_a_control_may_become_a_case_and_be_drawn_again() -> None:
    people = pd.DataFrame({"start": 0, "end": [1, 2, 3, 4], "event": True})
    sets = sample_risk_sets(people, **SPANS, controls=3)
    assert sets[~sets["case"]].groupby("person").size().to_dict() == {1: 1, 2: 2, 3: 3}
    assert sets.loc[sets["case"], "at_risk"].tolist() == [3, 2, 1, 0]


def test_everybody_at_risk_is_drawn_equally_often() -> None:
    people = pd.DataFrame({"start": 0, "end": [1, *[5] * 10], "event": [True, *[False] * 10]})
    drawn = [
        person
        for seed in range(400)
        for person in sample_risk_sets(people, **SPANS, controls=3, seed=seed)["person"][1:]
    ]
    shares = pd.Series(drawn).value_counts() / 400
    assert len(shares) == 10
    assert shares.between(0.22, 0.38).all()  # 0.3, and three standard errors on either side


def test_the_odds_ratio_of_risk_sets_is_the_hazard_ratio_of_the_cohort() -> None:
    from statsmodels.discrete.conditional_models import ConditionalLogit

    chance = np.random.default_rng(4)
    exposed = chance.random(3000) < 0.4
    time = chance.exponential(1 / (0.06 * np.where(exposed, 2.5, 1.0)))
    people = pd.DataFrame(
        {"start": 0.0, "end": np.minimum(time, 4.0), "event": time < 4.0, "exposed": exposed}
    )
    sets = sample_risk_sets(people, **SPANS, controls=4, seed=2)
    model = ConditionalLogit(
        sets["case"].astype(int),
        people.loc[sets["person"], ["exposed"]].astype(float).to_numpy(),
        groups=sets["set"],
    ).fit(disp=0)
    assert np.exp(np.asarray(model.params)[0]) == pytest.approx(2.5, rel=0.2)


def test_dates_serve_as_well_as_numbers() -> None:
    days = pd.to_datetime(["2020-01-01", "2020-06-01", "2021-01-01"])
    people = pd.DataFrame(
        {"start": pd.Timestamp("2019-01-01"), "end": days, "event": [False, True, False]}
    )
    sets = sample_risk_sets(people, **SPANS)
    assert sets["person"].tolist() == [1, 2]
    assert (sets["time"] == pd.Timestamp("2020-06-01")).all()


def test_nobody_leaves_before_entering_and_somebody_is_a_case() -> None:
    people = pd.DataFrame({"start": [0, 5], "end": [3, 2], "event": [True, False]})
    with pytest.raises(MatchingError, match="lies before"):
        sample_risk_sets(people, **SPANS)
    with pytest.raises(MatchingError, match="nobody has event"):
        sample_risk_sets(people.assign(event=False, end=9), **SPANS)
