"""Finding teachable records, with reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank import find_candidates, rules
from casebank.selection import CRITERIA, score
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
