"""Problems are as common as published, run in families, bring on each other, and end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.synth.parameters import DISEASES, DiseaseModel
from deid.synth.people import LOCALES, Household, LifeEvent, Resident
from deid.synth.problems import age_spells, onset_age, risk_ratio, share_ill
from deid.synth.society.heredity import HEREDITY, inherit
from deid.synth.society.influences import (
    ADHERENCE,
    INFLUENCES,
    Spell,
    adherence_odds,
    draw_onset,
    find_spells,
    influences_on,
    mean_ratio,
)
from deid.synth.society.mortality import LETHAL
from deid.synth.society.social import REMISSIONS, begin
from deid.synth.streams import open_stream
from deid.vocabulary import load_terms
from tests.unit.deid.synth.conftest import TODAY

DAYS_A_YEAR = 365.25


def everybody(county: list[Household]) -> Iterator[tuple[Household, Resident]]:
    return ((household, member) for household in county for member in household.members)


@pytest.mark.parametrize("model", DISEASES, ids=lambda model: model.problem)
def test_prevalence_is_that_of_the_parameter_table(
    county: list[Household], model: DiseaseModel
) -> None:
    expected = variance = found = 0.0
    for household, member in everybody(county):
        last = member.last_day(TODAY)
        if last == member.death and model.problem in LETHAL:
            continue  # more of the dying are ill: the table is about the living
        age = (last - member.birth).days / DAYS_A_YEAR
        spells = age_spells(model, member, TODAY)
        # Onset is written down up to 90 days later; that much may be missing.
        risk = share_ill(model, age - 0.12, risk_ratio(model, household, member), spells)
        expected += risk
        variance += risk * (1 - risk)
        found += model.problem in member.problems
    # Relatives fall ill together: the sum varies more than one of independent draws.
    spread = 5 * variance**0.5 + 2
    assert expected - spread <= found <= expected + spread


@pytest.mark.parametrize("effect", ["DEPRESSIVE_DISORDER", "ANXIETY_DISORDER", "INSOMNIA",
                                    "ESSENTIAL_HYPERTENSION"])  # fmt: skip
def test_influences_move_problems_between_people_and_make_no_more_of_them(
    county: list[Household], effect: str
) -> None:
    model = next(model for model in DISEASES if model.problem == effect)
    under = without = 0.0
    for household, member in everybody(county):
        age = (member.last_day(TODAY) - member.birth).days / DAYS_A_YEAR
        ratio = risk_ratio(model, household, member)
        under += share_ill(model, age, ratio, age_spells(model, member, TODAY))
        without += model.prevalence(age) * ratio
    assert abs(under / without - 1) < 0.03


def test_every_line_of_the_causal_table_is_about_terms_of_the_vocabulary() -> None:
    keys = {term.key for term in load_terms()}
    for line in INFLUENCES:
        assert line.cause in keys, line
        assert line.effect in keys | {ADHERENCE}, line
        assert line.ratio > 0
        assert line.source
        assert (line.ratio > 1) is (line.effect != ADHERENCE)


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        ("EVENT_WIDOWED", "DEPRESSIVE_DISORDER"),
        ("EVENT_WIDOWED", "LONELINESS"),
        ("CAREGIVER_BURDEN", "DEPRESSIVE_DISORDER"),
        ("DEPRESSIVE_DISORDER", "INSOMNIA"),
        ("UNEMPLOYMENT_PROBLEM", "FINANCIAL_HARDSHIP"),
        ("HAZARDOUS_DRINKING", "FAMILY_CONFLICT"),
        ("FINANCIAL_HARDSHIP", "DIABETES_DISTRESS"),
    ],
)
def test_an_influence_has_about_the_size_of_its_line(cause: str, effect: str) -> None:
    """Twice the same people, once with the cause: rates over the time that it lasts differ so."""
    (line,) = (line for line in influences_on(effect) if line.cause == cause)
    first, last = date(2015, 1, 1), date(2025, 1, 1)
    resident = Resident("F", date(1960, 1, 1), "head")
    if cause.startswith("EVENT_"):
        resident.events.append(LifeEvent(cause, first))
    else:
        resident.problems[cause] = first
    spells = find_spells([resident], effect, last)
    assert [spell.ratio for spell in spells] == [line.ratio]
    begins, ends = spells[0].first, spells[0].last
    stream = open_stream("influence", cause, effect)

    def onsets(spells: list[Spell]) -> int:
        return sum(
            draw_onset(stream, 0.02, spells, begins, ends) is not None for _ in range(20_000)
        )

    assert isclose(onsets(spells) / onsets([]), line.ratio, rel_tol=0.25)


def test_depression_begins_more_often_in_the_two_years_after_the_spouses_death(
    county: list[Household],
) -> None:
    model = next(model for model in DISEASES if model.problem == "DEPRESSIVE_DISORDER")
    ratios = []
    for _, member in everybody(county):
        if member.widowed_on is not None:
            spells = age_spells(model, member, TODAY)
            age = (member.widowed_on - member.birth).days / DAYS_A_YEAR
            grief = [s for s in spells if 0 < s[0] - age < 0.1 and s[2] == 4.0]
            ratios.append(len(grief))
    assert len(ratios) > 50
    assert sum(ratios) / len(ratios) > 0.9


@given(
    model=st.sampled_from(DISEASES),
    rank=st.floats(0, 1, exclude_max=True),
    ratio=st.floats(0.2, 3),
    spell=st.tuples(st.floats(0, 50), st.floats(1, 40), st.floats(0.5, 5)),
)
def test_onset_is_the_inverse_of_the_share_that_is_ill(
    model: DiseaseModel, rank: float, ratio: float, spell: tuple[float, float, float]
) -> None:
    spells = [(spell[0], spell[0] + spell[1], spell[2])]
    age = onset_age(model, rank, ratio, spells)
    if age is None:
        assert rank >= share_ill(model, 130, ratio, spells) - 1e-9
    else:
        assert isclose(share_ill(model, age, ratio, spells), rank, abs_tol=1e-6)


def test_children_of_the_ill_fall_ill_more_often(county: list[Household]) -> None:
    """Falconer's model: the ratio for a heritability of 0.4 and a share of a third is near 1.5."""
    ill: dict[bool, list[float]] = {True: [], False: []}
    model = next(model for model in DISEASES if model.problem == "ESSENTIAL_HYPERTENSION")
    for household, member in everybody(county):
        parents = [p for p in (member.father, member.mother) if p is not None]
        age = (member.last_day(TODAY) - member.birth).days / DAYS_A_YEAR
        expected = model.prevalence(age) * risk_ratio(model, household, member)
        if parents and expected > 0.02:
            early = any(p.problems.get(model.problem, TODAY) < p.birth + timedelta(days=55 * 365)
                        for p in parents)  # fmt: skip
            ill[early].append((model.problem in member.problems) / expected)
    means = {early: sum(found) / len(found) for early, found in ill.items()}
    assert len(ill[True]) > 50
    assert means[True] > means[False]


def test_siblings_share_half_of_their_genes() -> None:
    stream = open_stream("genes")
    products = []
    for _ in range(2000):
        father, mother = (
            Resident("M", date(1950, 1, 1), "head"),
            Resident("F", date(1952, 1, 1), ""),
        )
        children = [Resident("F", date(1980 + i, 1, 1), "child", father=father, mother=mother)
                    for i in range(2)]  # fmt: skip
        inherit(stream, [father, mother, *children], "zh_CN")
        one, other = (child.genes["TYPE_2_DIABETES"] for child in children)
        products.append(one * other)
    assert 0.4 < sum(products) / len(products) < 0.6


def test_blood_groups_follow_mendel(county: list[Household]) -> None:
    groups = {"O": {"BLOOD_O"}, "AB": {"BLOOD_AB"}}
    seen = set()
    for _, member in everybody(county):
        seen.add(member.blood_group)
        parents = [p.blood_group for p in (member.father, member.mother) if p is not None]
        if "BLOOD_O" in parents:
            assert member.blood_group not in groups["AB"]
        if "BLOOD_AB" in parents:
            assert member.blood_group not in groups["O"]
        if parents == ["BLOOD_O", "BLOOD_O"]:
            assert member.blood_group == "BLOOD_O"
    assert seen == {"BLOOD_O", "BLOOD_A", "BLOOD_B", "BLOOD_AB"}
    negative = {locale: [m.rhesus == "RH_NEGATIVE" for h, m in everybody(county)
                         if h.locale == locale] for locale in LOCALES}  # fmt: skip
    shares = {locale: sum(found) / len(found) for locale, found in negative.items()}
    assert shares["zh_CN"] < 0.015 < 0.11 < shares["en_US"] < 0.19


def test_problems_that_end_end_within_the_record(county: list[Household]) -> None:
    ended = 0
    for _, member in everybody(county):
        for problem, day in member.resolved.items():
            assert member.problems[problem] < day < member.last_day(TODAY) + timedelta(days=1)
            assert not member.has(problem, day)
            assert member.has(problem, day - timedelta(days=1))
            ended += 1
    assert ended > 100


@pytest.mark.parametrize("problem", sorted(REMISSIONS))
def test_problems_end_in_the_share_and_time_of_the_table(problem: str) -> None:
    remission = REMISSIONS[problem]
    stream = open_stream("remission", problem)
    onset, days = date(1980, 1, 1), []
    for _ in range(2000):
        resident = Resident("M", date(1950, 1, 1), "head")
        begin(stream, resident, problem, onset, date(2025, 1, 1))
        if problem in resident.resolved:
            days.append((resident.resolved[problem] - onset).days)
    assert abs(len(days) / 2000 - remission.ends) < 0.05
    assert isclose(sorted(days)[len(days) // 2], remission.median_days, rel_tol=0.15)


def test_depression_and_hardship_lower_the_odds_of_taking_drugs() -> None:
    resident = Resident("F", date(1950, 1, 1), "head")
    day = date(2020, 1, 1)
    assert adherence_odds(resident, day) == 1.0
    resident.problems["DEPRESSIVE_DISORDER"] = date(2019, 1, 1)
    depressed = adherence_odds(resident, day)
    resident.problems["FINANCIAL_HARDSHIP"] = date(2019, 1, 1)
    assert 0 < adherence_odds(resident, day) < depressed < 1
    resident.resolved["DEPRESSIVE_DISORDER"] = date(2019, 12, 1)
    assert adherence_odds(resident, day) > depressed


def test_inherited_problems_are_those_of_the_disease_table() -> None:
    known = {model.problem for model in DISEASES}
    for problem, heredity in HEREDITY.items():
        assert problem in known
        assert 0 <= heredity.heritability + heredity.shared <= 1
        assert heredity.source
    assert mean_ratio("DEPRESSIVE_DISORDER") > 1
