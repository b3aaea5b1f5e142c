"""What a key asks for, and how a key is corrected after publication."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank.attempt import elements_of, forecasts, mark_attempt, missed
from casebank.errors import KeyRefused
from casebank.lesson import Lesson
from casebank.lesson.correction import Correction, correct
from tests.unit.casebank.attempt.given import GOOD, POOR


def test_who_answers_as_the_key_misses_nothing_and_who_is_silent_misses_all(
    lesson: Lesson,
) -> None:
    for exercise in lesson.exercises:
        if exercise.name != "first-thoughts":
            assert missed(exercise, GOOD[exercise.name]) == ()
        assert missed(exercise, None) == tuple(elements_of(exercise))


def test_what_is_near_to_a_problem_counts_as_the_problem(lesson: Lesson) -> None:
    listed = lesson.exercise("list")
    answer = {"problems": [{"code": code, "text": code} for code in ("K3", "A", "X")]}
    assert [one.code for one in missed(listed, answer)] == ["L"]


def test_confidence_is_that_of_the_last_differential(lesson: Lesson) -> None:
    found = forecasts(lesson, POOR)
    assert [(one.confidence, one.right) for one in found] == [
        (0.8, False),
        (0.15, False),
        (0.05, True),
    ]
    assert forecasts(lesson, {}) == ()


CORRECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "now": st.builds(
            Correction,
            right=st.frozensets(st.sampled_from("xyz"), min_size=1),
            harmful=st.just(frozenset()),
        ),
        "treat": st.builds(
            Correction, right=st.frozensets(st.sampled_from(["adjust", "soon"]), min_size=1)
        ),
        "ranked": st.builds(
            Correction,
            grades=st.dictionaries(st.sampled_from("BCD"), st.sampled_from([1.0, 2.0, 3.0])),
        ),
        "list": st.builds(
            Correction, grades=st.dictionaries(st.sampled_from("AKL"), st.floats(0.1, 1))
        ),
    },
)


@given(corrections=CORRECTIONS)
def test_a_correction_changes_keys_and_nothing_that_was_asked(
    lesson: Lesson, corrections: dict[str, Correction]
) -> None:
    after = correct(lesson, corrections)
    assert replace(after.lesson, exercises=lesson.exercises) == lesson
    for old, new in zip(lesson.exercises, after.lesson.exercises, strict=True):
        assert (old != new) == (old.name in after.changed)
        assert (old.name, old.kind, old.stage, old.prompt) == (
            new.name,
            new.kind,
            new.stage,
            new.prompt,
        )
        for key in ("key_features", "management"):
            if getattr(old, key) is not None:
                assert getattr(old, key).options == getattr(new, key).options
    assert set(after.changed) <= set(corrections)
    assert Lesson.from_json(after.lesson.to_json()) == after.lesson
    mark = mark_attempt(after.lesson, GOOD).score
    assert mark is not None
    assert 0 <= mark <= 1


def test_a_key_may_be_given_what_it_forgot(lesson: Lesson) -> None:
    added = {
        "ranked": Correction(added={"PNEUMONIA": 2.0}),
        "list": Correction(added={"LIVING_ALONE": 0.5}),
    }
    after = correct(lesson, added).lesson
    ranked, listed = after.exercise("ranked").differential, after.exercise("list").problem_list
    assert ranked is not None
    assert listed is not None
    assert (ranked.diagnoses[-1].code, ranked.diagnoses[-1].relevance) == ("PNEUMONIA", 2)
    assert (listed.problems[-1].code, listed.problems[-1].kind) == ("LIVING_ALONE", "social")
    assert Lesson.from_json(after.to_json()) == after


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("now", Correction(right=frozenset())),
        ("now", Correction(right=frozenset("z"))),
        ("treat", Correction(right=frozenset())),
        ("ranked", Correction(grades={"A": 2.0})),
        ("ranked", Correction(grades={"A": 4.0})),
        ("list", Correction(grades={"A": 0.0})),
        ("weigh", Correction(links=frozenset())),
        ("ranked", Correction(added={"A": 2.0})),
        ("ranked", Correction(added={"PNEUMONIA": 4.0})),
        ("ranked", Correction(added={"NOTHING_OF_THE_KIND": 2.0})),
        ("list", Correction(added={"ASTHMA": 2.0})),
    ],
)
def test_a_key_that_could_not_be_scored_is_refused_by_the_name_of_its_question(
    lesson: Lesson, name: str, wanted: Correction
) -> None:
    with pytest.raises(KeyRefused, match=name):
        correct(lesson, {name: wanted})
