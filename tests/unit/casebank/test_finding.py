"""Finding teachable records, with reasons."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank import Case, find_candidates, rules
from casebank.finding import (
    CRITERIA,
    SMALLEST_COHORT,
    PersonFacts,
    Wish,
    choices_of,
    coverage,
    fillers,
    more_like,
    place_of_case,
    place_of_record,
    read_facts,
    score,
    typicality,
)
from casebank.reader import read_record
from deid.release import Release
from tests.builders import build_release
from tests.unit.casebank import residents


def test_the_most_teachable_resident_comes_first_and_says_why(release: Release) -> None:
    best, second, *_ = find_candidates(release)
    assert best.person_id == residents.FARMER
    assert second.person_id == residents.TEACHER
    assert best.score > second.score
    assert len(best.reasons()) == len(CRITERIA)
    assert dict(best.amounts)["contacts"] == 8
    assert dict(best.amounts)["problems"] == 6
    assert dict(best.amounts)["notes"] == 5
    assert dict(best.amounts)["psychosocial"] == 1
    assert best.score == pytest.approx(sum(points for _, points in best.points), abs=0.1)


def test_years_are_counted_from_the_first_contact_and_not_from_an_old_diagnosis(
    tmp_path: Path,
) -> None:
    tables = residents.tables()
    conditions = tables["condition_occurrence"]
    of_the_farmer = next(row for row in conditions if row["person_id"] == residents.FARMER)
    childhood = {"condition_occurrence_id": 999_999, "condition_start_date": date(1960, 5, 6)}
    old = {**of_the_farmer, **childhood, "visit_occurrence_id": None}
    release = build_release(tmp_path, {**tables, "condition_occurrence": [*conditions, old]})
    (facts,) = read_facts(release, [residents.FARMER])
    record = read_record(release, residents.FARMER)
    assert facts.span == pytest.approx((record.last_day - record.first_day).days / 365.25, abs=0.1)
    assert record.born is not None
    youngest, oldest = record.born.ages(record.first_day.year)
    assert facts.age == pytest.approx((youngest + oldest) / 2, abs=1)


def test_people_with_a_sensitive_category_are_left_out_unless_asked_for(
    release: Release,
) -> None:
    assert residents.UNVISITED not in {one.person_id for one in find_candidates(release)}
    found = {one.person_id: one for one in find_candidates(release, with_sensitive=True)}
    assert found[residents.UNVISITED].sensitive == ("HIV",)


def test_a_search_can_be_restricted_to_a_cohort_and_a_number(release: Release) -> None:
    only = find_candidates(release, person_ids=[residents.TEACHER, residents.IMPORTED])
    assert {one.person_id for one in only} == {residents.TEACHER, residents.IMPORTED}
    assert find_candidates(release, person_ids=[]) == []
    assert len(find_candidates(release, 1)) == 1
    with pytest.raises(ValueError, match="at least 1"):
        find_candidates(release, 0)


def test_source_concepts_count_as_problems(release: Release) -> None:
    (imported,) = find_candidates(release, person_ids=[residents.IMPORTED])
    assert dict(imported.amounts)["problems"] == 1


def test_a_release_with_people_alone_has_candidates_of_hardly_any_points(tmp_path: Path) -> None:
    few = build_release(tmp_path, {"person": residents.tables()["person"]})
    found = find_candidates(few)
    assert len(found) == 6
    assert {dict(one.points)["contacts"] for one in found} == {0.0}
    assert max(one.score for one in found) <= 5


def test_the_weights_add_up_to_a_hundred() -> None:
    assert sum(criterion.weight for criterion in CRITERIA) == 100


@given(
    st.fixed_dictionaries({c.name: st.floats(0, 1e6) for c in CRITERIA}),
    st.sampled_from([c.name for c in CRITERIA]),
    st.floats(0, 1e6),
)
def test_more_of_anything_never_lowers_the_score(
    amounts: dict[str, float], name: str, more: float
) -> None:
    better = amounts | {name: amounts[name] + more}
    assert sum(score(better).values()) >= sum(score(amounts).values()) - 1e-9
    assert 0 <= sum(score(amounts).values()) <= 100 + 1e-9


def test_the_thresholds_are_those_of_the_documentation() -> None:
    assert (rules.PROMOTION_OCCURRENCES, rules.ACTIVE_DAYS) == (3, 365)


@pytest.fixture(scope="module")
def people() -> list[PersonFacts]:
    """Thirty people with high blood pressure, one of them unlike the others."""
    ordinary = [
        facts(n, age=60 + n % 7, contacts=20 + n % 5, problems=("Essential hypertension",))
        for n in range(29)
    ]
    return [*ordinary, facts(99, age=25, contacts=2, problems=("Epilepsy", "Living alone"))]


def facts(person_id: int, **changes: Any) -> PersonFacts:
    """Facts of an invented person."""
    usual: dict[str, Any] = {
        "person_id": person_id,
        "sex": "female" if person_id % 2 else "male",
        "age": 60.0,
        "contacts": 20,
        "span": 8.0,
        "problems": (),
        "items": (),
        "notes": 10,
        "chinese_notes": 0,
        "drugs": 2,
        "relatives": 0,
        "settings": ("Outpatient Visit",),
        "values": {"blood-pressure": 20},
        "levels": {"blood-pressure": 140.0},
    }
    return PersonFacts(**(usual | changes))


def test_facts_of_a_person_are_read_from_every_table(release: Release) -> None:
    found = {one.person_id: one for one in read_facts(release)}
    farmer, teacher = found[residents.FARMER], found[residents.TEACHER]
    assert (farmer.sex, farmer.age, farmer.language, teacher.language) == ("male", 57, "en", "zh")
    assert {"hypertension", "diabetes", "respiratory-infection"} <= set(farmer.groups)
    assert farmer.values == {"blood-pressure": 10, "hba1c": 3}
    assert farmer.levels["blood-pressure"] == pytest.approx(144)
    assert teacher.items == ("Depressive symptoms (PHQ-9 10 or more)",)
    assert teacher.died
    assert farmer.settings == ("Outpatient Visit",)
    assert [one.person_id for one in read_facts(release, [residents.TEACHER])] == [102]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(words="DIABETES social"), {residents.FARMER}),
        (Wish(group="hypertension", sex="male"), {residents.FARMER}),
        (Wish(kind="psychological", sex="female"), {residents.TEACHER}),
        (Wish(item="Depressive symptoms (PHQ-9 10 or more)"), {residents.TEACHER}),
        (Wish(band="80+"), {residents.TEACHER}),
        (Wish(sheet="hba1c"), {residents.FARMER}),
        (Wish(years=2), {residents.FARMER}),
        (Wish(language="zh"), {residents.TEACHER}),
        (Wish(setting="Outpatient Visit", kind="risk"), set()),
    ],
)
def test_every_wish_narrows_what_is_found(release: Release, wish: Wish, expected: set[int]) -> None:
    assert {one.person_id for one in read_facts(release) if wish.fits(one)} == expected


def test_an_empty_wish_finds_everybody_without_a_sensitive_category(release: Release) -> None:
    found = {one.person_id for one in read_facts(release) if Wish().fits(one)}
    assert residents.UNVISITED not in found
    assert len(found) == 5


def test_only_choices_that_enough_people_have_are_offered(people: list[PersonFacts]) -> None:
    assert choices_of(people, 11).groups == ("hypertension",)
    assert "epilepsy" in choices_of(people, 1).groups


def test_the_odd_one_out_is_untypical_and_the_page_can_say_why(people: list[PersonFacts]) -> None:
    found = typicality(people)
    odd = found[99]
    assert (odd.word, odd.rank) == ("untypical", 1.0)
    assert "has epilepsy problems" in odd.because
    assert "has no hypertension problems" in odd.because
    usual = [one for one in found.values() if one.word == "typical"]
    assert len(usual) >= 14
    assert all(one.because == ("hypertension problems, as most have",) for one in usual)


def test_among_few_records_nothing_is_called_typical(people: list[PersonFacts]) -> None:
    assert typicality(people[: SMALLEST_COHORT - 1]) == {}


def test_more_like_this_gives_the_nearest_and_never_the_record_itself() -> None:
    wanted = facts(1, problems=("Gout", "Essential hypertension"))
    near = facts(2, problems=("Gout",))
    far = facts(3, problems=("Epilepsy",), age=12.0)
    first, second = more_like(wanted, [wanted, far, near])
    assert (first.facts, second.facts) == (near, far)
    assert (first.shared, first.apart) == (("Gout",), ("Hypertension",))
    assert first.distance < second.distance
    assert more_like(wanted, [wanted]) == []


def test_a_set_shows_its_gaps_and_the_records_that_fill_most_of_them(farmer: Case) -> None:
    held = place_of_case(farmer)
    assert (held.age, held.sex) == ("45–64", "male")
    matrix = coverage([held], wanted=("epilepsy",))
    assert matrix.cells["hypertension", "45–64"] == 1
    words = {gap.words for gap in matrix.gaps}
    assert {"Epilepsy", "Hypertension, 15–44", "female"} <= words
    assert "Hypertension, 45–64" not in words

    fits_two = facts(7, problems=("Epilepsy",))
    fits_one = facts(8, problems=("Epilepsy",))
    ranked = fillers(matrix.gaps, [fits_one, fits_two, facts(9, age=None, sex="", settings=())])
    assert [candidate.person_id for candidate, _ in ranked[:2]] == [7, 8]
    assert {"Epilepsy", "female"} <= {gap.words for gap in ranked[0][1]}


@given(st.lists(st.sampled_from(["Gout", "Epilepsy", "Asthma", "Obesity"]), max_size=4))
def test_a_filled_gap_is_a_gap_no_more(names: list[str]) -> None:
    record = facts(5, problems=tuple(dict.fromkeys(names)))
    before = coverage([], wanted=("gout", "epilepsy"))
    place = place_of_record(record)
    after = coverage([place], wanted=("gout", "epilepsy"))
    filled = {gap for gap in before.gaps if gap.filled_by(place)}
    assert not filled & set(after.gaps)
