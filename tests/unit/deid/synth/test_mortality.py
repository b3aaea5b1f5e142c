"""Who dies when, and of what: the life table holds, and disease kills by its published ratio."""

from __future__ import annotations

from collections import Counter
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.synth.parameters import DISEASES, DiseaseModel
from deid.synth.people import LOCALES, Locale, Sex
from deid.synth.society.mortality import (
    LETHAL,
    OLDEST,
    Exit,
    age_at_death,
    hazard_up_to,
    life_expectancy,
    onset_given_exit,
    rate_at,
)
from deid.synth.society.published import SEXES, read_table
from deid.synth.streams import open_stream
from deid.vocabulary import load_terms

MODELS = {model.problem: model for model in DISEASES}


@pytest.mark.parametrize(
    ("locale", "sex", "years"),
    [("zh_CN", "M", 75.37), ("zh_CN", "F", 80.88), ("en_US", "M", 76.3), ("en_US", "F", 81.4)],
)
def test_life_expectancy_is_the_published_one(locale: Locale, sex: Sex, years: float) -> None:
    """Census of 2020 for China; Arias 2022 National Vital Statistics Reports 70(19)."""
    assert abs(life_expectancy(locale, sex) - years) < 0.2


@given(
    locale=st.sampled_from(LOCALES),
    sex=st.sampled_from(SEXES),
    age=st.floats(0, 105),
    draw=st.floats(0, 1, exclude_max=True),
)
def test_the_age_at_death_is_the_inverse_of_survival(
    locale: Locale, sex: Sex, age: float, draw: float
) -> None:
    died = age_at_death(locale, sex, age, draw)
    assert died >= age - 1e-9
    if died < OLDEST:
        lived = hazard_up_to(locale, sex, died) - hazard_up_to(locale, sex, age)
        assert isclose(1 - 2.718281828459045**-lived, draw, abs_tol=1e-6)


def test_every_lethal_disease_has_one_measure_causes_and_a_source() -> None:
    keys = {term.key for term in load_terms()}
    for problem, lethality in LETHAL.items():
        assert problem in MODELS
        assert (lethality.ratio is None) != (lethality.excess is None)
        assert lethality.causes.keys() <= keys
        assert isclose(sum(lethality.causes.values()), 1)
        assert lethality.source
        assert lethality.ratio_at(0.01, 50) > 1
    groups = Counter[tuple[str, str]]()
    for row in read_table("causes"):
        assert row["cause"] in keys | {""}
        groups[row["locale"], row["low"]] += float(row["share"])  # type: ignore[assignment]
    assert all(isclose(total, 1) for total in groups.values())


@pytest.mark.parametrize("problem", ["TYPE_2_DIABETES", "HEART_FAILURE", "LUNG_CANCER"])
def test_the_ill_die_at_the_ratio_of_the_table_and_prevalence_stays_that_of_the_curve(
    problem: str,
) -> None:
    """Drawn as the county draws: lives first, then who was ill; counted as a cohort study counts,
    by person-years from 60 to 75."""
    model, lethality = MODELS[problem], LETHAL[problem]
    stream = open_stream("lethality", problem)
    lived, dead = {True: 0.0, False: 0.0}, {True: 0, False: 0}
    alive = ill_at_70 = 0
    scale = 6.0 if problem == "LUNG_CANCER" else 1.0  # a rare disease, made commoner
    for _ in range(40_000):
        age = age_at_death("zh_CN", "M", 60, stream.random())
        end = Exit("zh_CN", "M", min(age, 75.0), died=age < 75)
        onset = onset_given_exit(model, lethality, stream.random(), scale, end)
        onset = end.age if onset is None else min(max(onset, 60.0), end.age)
        lived[False] += onset - 60
        lived[True] += end.age - onset
        if end.died:
            dead[onset < end.age] += 1
        if end.age > 70:
            alive += 1
            ill_at_70 += onset <= 70
    ratio = dead[True] / lived[True] / (dead[False] / lived[False])
    expected = lethality.ratio_at(rate_at("zh_CN", "M", 69), 69)
    assert isclose(ratio, expected, rel_tol=0.15)
    assert isclose(ill_at_70 / alive, model.prevalence(70) * scale, rel_tol=0.08)


@given(
    model=st.sampled_from([m for m in DISEASES if m.problem in LETHAL]),
    ranks=st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True)),
    age=st.floats(20, 100),
    died=st.booleans(),
)
def test_the_more_liable_fall_ill_earlier_and_nobody_after_the_end(
    model: DiseaseModel, ranks: tuple[float, float], age: float, died: bool
) -> None:
    end = Exit("en_US", "F", age, died)
    onsets = [onset_given_exit(model, LETHAL[model.problem], r, 1.0, end) for r in sorted(ranks)]
    early, late = (age + 1 if onset is None else onset for onset in onsets)
    assert early <= late + 1e-9
    assert all(0 <= onset <= age + 1e-9 for onset in onsets if onset is not None)
