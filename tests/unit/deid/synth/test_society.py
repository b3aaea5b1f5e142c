"""Families live: they have the published ages, bear children, part, move, and are told of alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.synth.county import draw_happenings
from deid.synth.habits import answers_on
from deid.synth.people import LOCALES, Area, Household, Locale, Resident
from deid.synth.society.apgar import ITEMS, ask_family_apgar, strain
from deid.synth.society.calibration import fit_shares
from deid.synth.society.life_events import Kin
from deid.synth.society.lives import Setting, live
from deid.synth.society.mortality import LETHAL
from deid.synth.society.published import AREAS, BANDS, SEXES, fertility, pyramid
from deid.synth.society.pyramid import compare_pyramid, distance
from deid.synth.society.shares import groups_of
from deid.synth.society.social import NEED_CARE
from deid.synth.society.structure import draw_structure, household_kinds
from deid.synth.streams import open_stream, weighted
from deid.vocabulary import load_terms
from tests.unit.deid.synth.conftest import TODAY

DAYS_A_YEAR = 365.25


def members(county: list[Household]) -> Iterator[tuple[Household, Resident]]:
    return ((household, member) for household in county for member in household.members)


# Age and sex


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("area", AREAS)
def test_published_shares_of_age_and_sex_add_up(locale: Locale, area: Area) -> None:
    shares = pyramid(locale, area)
    assert len(shares) == len(SEXES) * len(BANDS)
    assert abs(sum(shares.values()) - 1) < 1e-9
    assert min(shares.values()) > 0


def test_villages_are_older_than_towns() -> None:
    for locale in LOCALES:
        old = {
            area: sum(share for (_, age), share in pyramid(locale, area).items() if age >= 65)
            for area in AREAS
        }
        assert old["rural"] > old["urban"] + 0.03


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("area", AREAS)
def test_ages_come_out_as_published(county: list[Household], locale: Locale, area: Area) -> None:
    shares = [s for s in compare_pyramid(county, TODAY) if (s.locale, s.area) == (locale, area)]
    # About 2,000 people in 36 groups: the draw alone puts some 5 % into another group.
    assert distance(shares) < 0.11
    for band in BANDS:
        both = [s for s in shares if s.age == band]
        generated = sum(s.generated for s in both)
        assert abs(generated - sum(s.published for s in both)) < 0.03, band
    men = sum(s.generated for s in shares if s.sex == "M")
    assert abs(men - sum(s.published for s in shares if s.sex == "M")) < 0.04


def test_fitting_finds_the_mixture_that_the_target_was_made_of() -> None:
    means = np.array([[2.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    shares = np.array([0.5, 0.3, 0.2])
    target = shares @ means
    fitted = fit_shares(means, np.full(3, 1 / 3), target / target.sum(), rounds=5000)
    assert np.allclose(fitted, shares, atol=1e-3)


def test_shares_of_household_kinds_add_up() -> None:
    for locale in LOCALES:
        for area in AREAS:
            assert abs(sum(household_kinds(locale, area).values()) - 1) < 0.001


# Lives


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), locale=st.sampled_from(LOCALES), area=st.sampled_from(AREAS))
def test_no_life_contradicts_itself(seed: int, locale: Locale, area: Area) -> None:
    stream = open_stream("lives", seed)
    start = TODAY - timedelta(days=3300)
    setting = Setting(locale, area, start, TODAY)
    kind = weighted(stream, household_kinds(locale, area))
    name, people = draw_structure(stream, locale, kind, start)
    live(stream, name, people, setting)
    for person in people:
        first, last = person.first_day(start), person.last_day(TODAY)
        assert first <= last
        assert person.birth <= first
        for day in (person.death, person.moved_out, person.divorced_on, person.married_on):
            assert day is None or start < day < TODAY
        if person.spouse is not None:
            assert person.spouse.spouse is person
            assert person.spouse.married_on == person.married_on
        for parent in (person.father, person.mother):
            if parent is not None:
                assert (person.birth - parent.birth).days > 16 * DAYS_A_YEAR
        for begins, ends in person.away:
            assert start <= begins <= ends <= TODAY
        assert person.marital_on(TODAY) in {"SINGLE", "MARRIED", "WIDOWED", "DIVORCED"}


def test_pregnancies_follow_each_other_and_end_in_children(county: list[Household]) -> None:
    outcomes: Counter[str] = Counter()
    for household, mother in members(county):
        end = date.min
        for pregnancy in mother.pregnancies:
            outcomes[pregnancy.outcome] += 1
            assert mother.sex == "F"
            assert pregnancy.lmp > end
            end = pregnancy.delivered or TODAY
            assert pregnancy.weeks == (end - pregnancy.lmp).days // 7
            assert 16 < (end - mother.birth).days / DAYS_A_YEAR < 51
            assert (pregnancy.child is not None) is (pregnancy.outcome == "live birth")
            assert (pregnancy.mode is not None) is (
                pregnancy.outcome in {"live birth", "stillbirth"}
            )
            assert mother.first_day(household.record_start) <= end <= mother.last_day(TODAY)
            if pregnancy.child is not None:
                assert pregnancy.child in household.members
                assert pregnancy.child.birth == end
                assert pregnancy.child.mother is mother
                assert 22 <= pregnancy.weeks <= 42
            elif pregnancy.outcome == "miscarriage":
                assert pregnancy.weeks < 20
    assert outcomes["live birth"] > 150
    assert 0.06 < outcomes["miscarriage"] / outcomes["live birth"] < 0.25
    assert outcomes["ongoing"] >= 1


@pytest.mark.parametrize("locale", LOCALES)
def test_women_bear_about_as_many_children_as_published(
    county: list[Household],
    locale: Locale,
) -> None:
    born = expected = 0.0
    for household, woman in members(county):
        if household.locale != locale or woman.sex != "F":
            continue
        born += sum(p.outcome == "live birth" for p in woman.pregnancies)
        first, last = woman.first_day(household.record_start), woman.last_day(TODAY)
        for year in range(first.year, last.year):
            expected += fertility(locale).get((year - woman.birth.year) // 5 * 5, 0.0)
    assert 0.7 < born / expected < 1.3


def test_children_of_the_records_are_recorded_from_their_birth(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    (born, wrong) = sql.execute(
        """
        WITH start AS (
            SELECT household_id, min(observation_period_start_date) AS day
            FROM observation_period JOIN person_identity USING (person_id) GROUP BY ALL
        )
        SELECT count(*), count(*) FILTER (observation_period_start_date <> birth_date)
        FROM observation_period JOIN person_identity USING (person_id)
        JOIN start USING (household_id) WHERE birth_date > day
        """
    ).fetchone() or (0, 0)
    assert born >= 3
    assert wrong == 0


# Families


def test_grown_children_with_homes_of_their_own_have_parents_in_the_neighbourhood(
    county: list[Household],
) -> None:
    home = {id(member): household for household, member in members(county)}
    apart = [
        (member, parent)
        for household, member in members(county)
        for parent in (member.father, member.mother)
        if parent is not None and home[id(parent)] is not household
    ]
    assert len(apart) > 200
    for member, parent in apart:
        assert (member.birth - parent.birth).days > 18 * DAYS_A_YEAR
        assert home[id(parent)].locale == home[id(member)].locale
        names = {r.person_id: r.relationship for r in member.relatives}
        assert names[parent.person_id] in {"father", "mother"}


def test_relatives_are_told_from_both_sides(county: list[Household]) -> None:
    inverse = {
        "father": {"son", "daughter"}, "mother": {"son", "daughter"},
        "son": {"father", "mother"}, "daughter": {"father", "mother"},
        "spouse": {"spouse"}, "brother": {"brother", "sister"}, "sister": {"brother", "sister"},
        "grandfather": {"grandson", "granddaughter"}, "grandmother": {"grandson", "granddaughter"},
        "grandson": {"grandfather", "grandmother"},
        "granddaughter": {"grandfather", "grandmother"},
    }  # fmt: skip
    seen = set()
    for _, member in members(county):
        for relative in member.relatives:
            if relative.person is None:
                continue
            seen.add(relative.relationship)
            back = {r.relationship for r in relative.person.relatives if r.person is member}
            assert back & inverse[relative.relationship]
    assert seen == set(inverse)


def test_siblings_are_not_their_own_siblings() -> None:
    father = Resident("M", date(1950, 1, 1), "head")
    one, two = (Resident("F", date(1980 + i, 1, 1), "child", father=father) for i in range(2))
    kin = Kin([father, one, two])
    assert kin.siblings(one) == [two]
    assert kin.siblings(father) == []
    assert kin.children(father) == [one, two]


def test_families_are_of_one_origin_mostly(county: list[Household]) -> None:
    for _, member in members(county):
        parents = [p for p in (member.father, member.mother) if p is not None]
        if parents:
            assert (member.race, member.ethnicity) in {(p.race, p.ethnicity) for p in parents}
    minority = [m.ethnicity != "汉族" for h, m in members(county) if h.locale == "zh_CN"]
    assert 0.005 < sum(minority) / len(minority) < 0.08


# Events


def test_events_lie_within_the_record_and_are_of_the_vocabulary(county: list[Household]) -> None:
    keys = {term.key for term in load_terms()}
    kinds: Counter[str] = Counter()
    for household, member in members(county):
        days = [event.day for event in member.events]
        assert days == sorted(days)
        for event in member.events:
            assert event.kind in keys
            first = member.first_day(household.record_start)
            assert first <= event.day <= member.last_day(TODAY)
            kinds[event.kind] += 1
    assert len(kinds) >= 18
    for kind in ("EVENT_WIDOWED", "EVENT_CHILD_BORN", "EVENT_JOB_LOSS", "EVENT_MOVED",
                 "EVENT_DIVORCED", "EVENT_CROP_FAILURE", "EVENT_RELATIVE_ILL"):  # fmt: skip
        assert kinds[kind] > 20, kind


def test_a_failed_harvest_hits_many_farmers_on_one_day(county: list[Household]) -> None:
    for locale in LOCALES:
        failures = draw_happenings(3, locale, TODAY).crop_failures
        for household, member in members(county):
            for event in member.events:
                if household.locale == locale and event.kind == "EVENT_CROP_FAILURE":
                    assert event.day in failures
                    assert member.occupation == "OCCUPATION_FARMING"


def test_events_are_observations_with_their_kind(sql: duckdb.DuckDBPyConnection) -> None:
    rows = sql.execute(
        """
        SELECT count(*), count(DISTINCT value_as_concept_id), min(domain_id)
        FROM observation o JOIN concept ON value_as_concept_id = concept_id
        WHERE observation_source_value = 'LIFE_EVENT'
        """
    ).fetchone()
    assert rows is not None
    assert rows[0] > 50
    assert rows[1] >= 8


def test_problems_that_end_have_an_end_in_the_problem_list(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    (ended, wrong) = sql.execute(
        """
        SELECT count(condition_end_date),
               count(*) FILTER (condition_end_date <= condition_start_date)
        FROM condition_occurrence WHERE visit_occurrence_id IS NULL
        """
    ).fetchone() or (0, 0)
    assert ended > 10
    assert wrong == 0


def test_most_deaths_have_a_cause_and_mostly_one_that_was_known(county: list[Household]) -> None:
    keys = {term.key for term in load_terms()}
    dead = [m for _, m in members(county) if m.death is not None]
    assert len(dead) > 200
    assert {m.death_cause for m in dead} - {None} <= keys
    ill = [m for m in dead if any(m.has(p, m.death) for p in LETHAL if m.death is not None)]
    known = [m for m in ill if m.death_cause in m.problems]
    assert len(known) > 0.45 * len(ill)
    tumours = {p for p, lethality in LETHAL.items() if lethality.excess is not None}
    of_a_tumour = [m for m in dead if m.problems.keys() & tumours]
    assert sum(m.death_cause in m.problems for m in of_a_tumour) > 0.7 * len(of_a_tumour)
    for member in dead:
        if member.death_cause in tumours:
            assert member.has(member.death_cause, member.death)  # type: ignore[arg-type]
    assert sum(m.death_cause is None for m in dead) < 0.2 * len(dead)
    assert all(m.death_cause is None for _, m in members(county) if m.death is None)


def test_who_needs_care_gives_none_and_care_ends_with_the_life_of_the_ill(
    county: list[Household],
) -> None:
    carers = [m for _, m in members(county) if "CAREGIVER_BURDEN" in m.problems]
    assert len(carers) > 100
    for carer in carers:
        for need in NEED_CARE:
            day = carer.problems.get(need)
            assert day is None or not carer.has("CAREGIVER_BURDEN", day)


# Homes


def test_a_household_that_moved_keeps_its_old_address(
    county: list[Household], sql: duckdb.DuckDBPyConnection
) -> None:
    moved = [household for household in county if household.former_homes]
    assert len(moved) > 50
    for household in moved:
        day, home = household.former_homes[0]
        assert household.home_on(day - timedelta(days=1)) == home
        assert household.home_on(TODAY) == household.address
        assert home != household.address
    uses = dict(sql.execute("SELECT use, count(*) FROM address GROUP BY ALL").fetchall())
    assert uses["old"] > 0
    doubled = sql.execute(
        "SELECT person_id FROM address WHERE use = 'home' GROUP BY ALL HAVING count(*) > 1"
    ).fetchall()
    assert doubled == []


def test_nobody_comes_to_an_appointment_while_away_or_gone(
    county: list[Household], sql: duckdb.DuckDBPyConnection
) -> None:
    away = [member for _, member in members(county) if member.away]
    assert len(away) > 50
    after = sql.execute(
        """
        SELECT count(*) FROM visit_occurrence JOIN observation_period USING (person_id)
        WHERE visit_start_date > observation_period_end_date
        """
    ).fetchone()
    assert after == (0,)


def test_household_size_follows_births_deaths_and_moves(county: list[Household]) -> None:
    changed = 0
    for household in county:
        start, end = household.size_on(household.record_start), household.size_on(TODAY)
        arrived = sum(m.birth > household.record_start or m.moved_in is not None
                      for m in household.members)  # fmt: skip
        assert start == len(household.members) - arrived
        assert end <= len(household.members)
        changed += start != end
    assert changed > len(county) / 4


# Shares


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("area", AREAS)
def test_everybody_finds_an_answer_in_the_table_of_shares(locale: Locale, area: Area) -> None:
    ranges = {"EDUCATION_LEVEL": range(1915, 2012), "OCCUPATION_GROUP": range(18, 115),
              "PRIMARY_INSURANCE": range(0, 115), "SMOKING_STATUS": range(18, 115),
              "ALCOHOL_USE": range(18, 115), "SALT_INTAKE": range(15, 115)}  # fmt: skip
    keys = {term.key for term in load_terms()}
    for question, numbers in ranges.items():
        groups = groups_of(question, locale, area)
        for group in groups:
            assert abs(sum(group.shares.values()) - 1) < 0.002, (question, group)
            assert set(group.shares) <= keys
        for sex in SEXES:
            for number in numbers:
                fitting = [g for g in groups if g.sex in {"", sex} and g.low <= number <= g.high]
                assert len(fitting) == 1, (question, sex, number)


def test_children_have_neither_work_nor_a_college_when_the_form_is_filled_in() -> None:
    resident = Resident("M", date(2002, 5, 1), "child", education="EDUCATION_COLLEGE",
                        occupation="OCCUPATION_PROFESSIONAL", smoking="CURRENT_SMOKER",
                        alcohol="DRINKS_DAILY")  # fmt: skip
    assert set(answers_on(resident, date(2016, 1, 1)).values()) == {
        "EDUCATION_JUNIOR", "OCCUPATION_OTHER", "NEVER_SMOKER", "DRINKS_NEVER"
    }  # fmt: skip
    assert answers_on(resident, date(2025, 1, 1))["OCCUPATION_GROUP"] == "OCCUPATION_PROFESSIONAL"


# Family APGAR


def test_conflict_lowers_the_family_apgar(county: list[Household]) -> None:
    stream = open_stream("apgar")
    scores: dict[bool, list[float]] = {True: [], False: []}
    for household in county:
        conflict = next((m for m in household.members if "FAMILY_CONFLICT" in m.problems), None)
        member = conflict or household.members[0]
        day = conflict.problems["FAMILY_CONFLICT"] if conflict else household.record_start
        answers = ask_family_apgar(stream, household, member, day)
        assert answers["FAMILY_APGAR"] == sum(answers[item] for item in ITEMS)
        assert all(answers[item] in {0, 1, 2} for item in ITEMS)
        scores[conflict is not None].append(answers["FAMILY_APGAR"])
        if conflict:
            assert (
                strain(household, member, day)
                > strain(household, member, household.record_start - timedelta(days=1)) - 0.5
            )
    means = {conflict: sum(found) / len(found) for conflict, found in scores.items()}
    assert means[False] > 7
    assert means[True] < means[False] - 1.5
