"""Laws of an attempt as the fold of its events, for any sequence of steps a student may try."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebank import Case
from casebank.attempt import (
    END,
    MODES,
    AttemptState,
    Event,
    Mode,
    advance,
    begin,
    exercise_due,
    fold,
    in_order,
    next_step,
    shown_progress,
)
from casebank.errors import StepRefused
from casebank.lesson import Lesson, disclose

MODE = st.sampled_from(sorted(MODES))
SUBJECTS = {
    "open": ["pressure", "fuel", "sugar", "none"],
    "advance": ["0", "1", "2", "3", "4", END, "x"],
}


def attempts_at_steps(lesson: Lesson) -> st.SearchStrategy[list[Event]]:
    names = [one.name for one in lesson.exercises]
    step = st.one_of(
        st.builds(Event, st.just("commit"), st.sampled_from(names), st.just({"text": "a"})),
        *(
            st.builds(Event, st.just(kind), st.sampled_from(subjects))
            for kind, subjects in SUBJECTS.items()
        ),
    )
    return st.lists(step, max_size=25)


def walk(lesson: Lesson, mode: Mode, steps: list[Event]) -> tuple[list[Event], list[AttemptState]]:
    """The steps that were allowed and the states; steps that lead on are mixed in."""
    state = begin(lesson, mode)
    taken, states = [], [state]
    for step in steps:
        for one in (step, _helpful(lesson, state)):
            if one is None:
                continue
            try:
                after = advance(lesson, state, one)
            except StepRefused:
                continue
            if after is not state:
                taken.append(one)
            state = after
            states.append(state)
    return taken, states


def _helpful(lesson: Lesson, state: AttemptState) -> Event | None:
    """What leads on, every second time; otherwise random steps would stay in the first stage."""
    if state.events % 2:
        return None
    due = exercise_due(lesson, state)
    if due is not None:
        return Event("commit", due.name, {"text": "b"})
    step = next_step(lesson, state)
    return Event("advance", step) if step and step != END else None


@settings(max_examples=60, deadline=None)
@given(mode=MODE, data=st.data())
def test_nothing_is_lost_or_taken_back_and_repeats_change_nothing(
    lesson: Lesson, mode: Mode, data: st.DataObject
) -> None:
    taken, states = walk(lesson, mode, data.draw(attempts_at_steps(lesson)))
    for before, after in pairwise(states):
        assert after.stage >= before.stage
        assert after.answers.items() >= before.answers.items()
        assert after.opened.items() >= before.opened.items()
        assert after.done >= before.done
    final = states[-1]
    assert fold(lesson, mode, taken) == final
    assert fold(lesson, mode, [step for one in taken for step in (one, one)]) == final
    assert final.events == len(taken)


@settings(max_examples=60, deadline=None)
@given(mode=MODE, data=st.data())
def test_a_stage_is_entered_only_when_all_before_it_is_committed(
    lesson: Lesson, mode: Mode, data: st.DataObject
) -> None:
    _, states = walk(lesson, mode, data.draw(attempts_at_steps(lesson)))
    for state in states:
        if MODES[mode].answers and MODES[mode].staged:
            asked = [one.name for one in lesson.exercises if one.stage < state.stage]
            assert set(asked) <= set(state.committed)
        if not MODES[mode].answers:
            assert not state.committed


@settings(max_examples=30, deadline=None)
@given(mode=MODE, data=st.data())
def test_what_was_seen_once_stays_to_be_seen(
    farmer: Case, lesson: Lesson, mode: Mode, data: st.DataObject
) -> None:
    _, states = walk(lesson, mode, data.draw(attempts_at_steps(lesson)))
    seen: set[str] = set()
    for state in states:
        now = {
            one.id for one in disclose(farmer, lesson, shown_progress(lesson, state)).statements()
        }
        assert seen <= now
        seen = now


def test_questions_come_one_after_the_other_within_a_stage(lesson: Lesson) -> None:
    state = begin(lesson, "learn")
    due = exercise_due(lesson, state)
    assert due is not None
    assert due.name == "say-it"
    with pytest.raises(StepRefused, match="not asked now"):
        advance(lesson, state, Event("commit", "first-thoughts", {}))


def test_data_of_a_later_stage_cannot_be_ordered(lesson: Lesson) -> None:
    with pytest.raises(StepRefused, match="cannot be opened"):
        advance(lesson, begin(lesson, "learn"), Event("open", "sugar"))


def test_an_attempt_ends_early_only_by_the_clock_or_by_giving_up(lesson: Lesson) -> None:
    state = begin(lesson, "exam")
    with pytest.raises(StepRefused):
        advance(lesson, state, Event("advance", END))
    over = advance(lesson, state, Event("advance", END, {"reason": "time"}))
    assert over.done
    assert over.ended_by == "time"
    with pytest.raises(StepRefused, match="has ended"):
        advance(lesson, over, Event("commit", "say-it", {"text": "late"}))


def test_the_whole_case_shows_all_stages_but_neither_outcome_nor_problem_list(
    farmer: Case, lesson: Lesson
) -> None:
    state = begin(lesson, "whole")
    seen = disclose(farmer, lesson, shown_progress(lesson, state))
    ids = {one.id for one in seen.statements()}
    assert ids >= {"d16", "d24", "d52", "d65"}
    assert seen.problems == ()
    assert exercise_due(lesson, state) == in_order(lesson)[0]


def test_a_worked_example_asks_nothing_and_goes_on_freely(lesson: Lesson) -> None:
    steps = [Event("advance", to) for to in ("2", "3", END)]
    assert fold(lesson, "worked", steps).done


def test_reading_is_done_as_soon_as_it_begins(lesson: Lesson) -> None:
    assert begin(lesson, "reading").done
