"""Answers are read strictly, marked by their keys, and told of when nothing is given away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebank import Case
from casebank.attempt import (
    END,
    AttemptState,
    Entry,
    Event,
    Lexicon,
    Listing,
    Mode,
    advance,
    begin,
    changes,
    find_cues,
    fold,
    give_feedback,
    hint,
    is_held,
    is_shown,
    mark_answer,
    mark_attempt,
    read_answer,
    see_peers,
    shown_options,
    shown_progress,
)
from casebank.attempt.answers import Fields
from casebank.errors import AnswerRefused
from casebank.lesson import DifferentialKey, KeyDiagnosis, Lesson, Wording, disclose

LEXICON = Lexicon(
    Listing(
        [
            Entry(
                "A", Wording("Essential hypertension", "原发性高血压"), ("primary hypertension",)
            ),
            Entry("B", Wording("White coat hypertension", "白大衣高血压")),
            Entry("C", Wording("Orthostatic hypotension", "体位性低血压")),
            Entry("D", Wording("Stroke", "脑卒中")),
            Entry("X", Wording("Anxiety", "焦虑")),
            Entry("K", Wording("Kidney disease", "肾病")),
            Entry("Y1", Wording("Cold", "感冒")),
            Entry("Y2", Wording("Cold", "寒冷")),
        ]
    )
)


def read(lesson: Lesson, name: str, fields: Fields, shown: tuple[str, ...] = ()) -> Any:
    return read_answer(lesson.exercise(name), fields, LEXICON, "en", shown)


def refused(lesson: Lesson, name: str, fields: Fields, shown: tuple[str, ...] = ()) -> str:
    with pytest.raises(AnswerRefused) as caught:
        read(lesson, name, fields, shown)
    return str(caught.value)


def differential(*lines: tuple[str, str, str]) -> dict[str, list[str]]:
    fields = {}
    for number, (name, rank, confidence) in enumerate(lines, 1):
        fields |= {
            f"diagnosis-{number}": [name],
            f"rank-{number}": [rank],
            f"confidence-{number}": [confidence],
        }
    return fields


THREE = (("Stroke", "2", "10"), ("white coat  HYPERTENSION", "1", "70"), ("焦虑", "3", "5"))


def test_a_differential_is_read_by_rank_with_names_of_either_language(lesson: Lesson) -> None:
    answer = read(lesson, "first-thoughts", {**differential(*THREE), "guard-1": ["1"]})
    assert [one["code"] for one in answer["guesses"]] == ["B", "D", "X"]
    assert [one["confidence"] for one in answer["guesses"]] == [70, 10, 5]
    assert [one["guard"] for one in answer["guesses"]] == [False, True, False]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"diagnosis-3": [""]}, "at least 3"),
        ({"diagnosis-3": ["Strok"]}, "Did you mean: Stroke"),
        ({"diagnosis-3": ["qqqq"]}, "is not in the list"),
        ({"diagnosis-3": ["cold"]}, r"Cold [Y1]; Cold [Y2]"),
        ({"diagnosis-3": ["D"]}, "there twice"),
        ({"rank-3": ["1"]}, "rank of its own"),
        ({"rank-3": ["first"]}, "rank of its own"),
        ({"confidence-3": ["101"]}, "0 to 100"),
        ({"confidence-3": ["-1"]}, "0 to 100"),
        ({"confidence-3": ["٣"]}, "0 to 100"),
    ],
)
def test_a_differential_that_cannot_be_read_is_refused_with_what_to_do(
    lesson: Lesson, changed: Mapping[str, list[str]], said: str
) -> None:
    assert said in refused(lesson, "first-thoughts", {**differential(*THREE), **changed})


def test_an_ambiguous_name_is_told_apart_by_its_code(lesson: Lesson) -> None:
    fields = {**differential(*THREE), "diagnosis-3": ["Cold [Y2]"]}
    assert read(lesson, "first-thoughts", fields)["guesses"][2]["code"] == "Y2"


def test_choices_are_named_by_their_places_and_limited(lesson: Lesson) -> None:
    options = shown_options(lesson.exercise("now"), lesson.exercise("now").key_features.options)  # type: ignore[union-attr]
    answer = read(lesson, "now", {"chosen": ["0", "2"]})
    assert answer == {"chosen": [options[0].code, options[2].code]}
    assert "at most 2" in refused(lesson, "now", {"chosen": ["0", "1", "2"]})
    assert "at least one" in refused(lesson, "now", {})
    for forged in ("3", "x", "-1", "１"):
        assert "page offers" in refused(lesson, "now", {"chosen": [forged]})


def test_the_other_kinds_are_read_or_refused(lesson: Lesson) -> None:
    assert read(lesson, "say-it", {"text": [" A farmer. "]}) == {"text": "A farmer."}
    assert "first" in refused(lesson, "say-it", {"text": [" "]})
    assert "1500" in refused(lesson, "say-it", {"text": ["x" * 1501]})
    assert "at least one" in refused(lesson, "weigh", {"link-0-0": [""]})
    assert "page offers" in refused(lesson, "weigh", {"link-0-0": ["maybe"]})
    assert read(lesson, "panel", {"value": ["-2"]}) == {"value": -2}
    assert "five answers" in refused(lesson, "panel", {"value": ["3"]})
    assert "at least one problem" in refused(lesson, "list", {"problem-1": [""]})
    assert read(lesson, "mistakes", {"none": ["1"]}, ("d65",)) == {"wrong": [], "why": ""}
    assert "Mark what is wrong" in refused(lesson, "mistakes", {}, ("d65",))
    assert "Undo one" in refused(lesson, "mistakes", {"none": ["1"], "wrong": ["d65"]}, ("d65",))
    assert "page offers" in refused(lesson, "mistakes", {"wrong": ["d70"]}, ("d65",))


@settings(max_examples=80, deadline=None)
@given(
    fields=st.dictionaries(
        st.one_of(
            st.sampled_from(["text", "chosen", "value", "wrong", "none", "why"]),
            st.from_regex(r"(diagnosis|rank|confidence|guard|problem)-[0-9x]{1,4}", fullmatch=True),
            st.from_regex(r"link-\d-\d", fullmatch=True),
        ),
        st.lists(st.one_of(st.text(max_size=40), st.sampled_from(["0", "1", "for"])), max_size=4),
        max_size=12,
    )
)
def test_whatever_is_sent_is_read_or_refused_and_nothing_else(
    lesson: Lesson, fields: dict[str, list[str]]
) -> None:
    for exercise in lesson.exercises:
        try:
            answer = read_answer(exercise, fields, LEXICON, "zh", ("d65",))
        except AnswerRefused:
            continue
        mark = mark_answer(lesson, exercise, {exercise.name: answer})
        assert mark.score is None or 0 <= mark.score <= 1


def guesses(*codes: str) -> dict[str, Any]:
    return {
        "guesses": [
            {"code": code, "text": code, "confidence": 50, "guard": False} for code in codes
        ]
    }


def test_a_differential_scores_as_the_published_vector(lesson: Lesson) -> None:
    key = DifferentialKey(
        tuple(
            KeyDiagnosis(code, Wording(code), grade)
            for code, grade in (("A", 3), ("B", 2), ("C", 2), ("D", 1))
        )
    )
    exercise = replace(lesson.exercise("first-thoughts"), differential=key)
    taught = replace(
        lesson,
        exercises=tuple(exercise if one.name == exercise.name else one for one in lesson.exercises),
    )
    mark = mark_answer(taught, exercise, {exercise.name: guesses("B", "A", "X", "C")})
    assert mark.score == pytest.approx(0.804598, abs=1e-6)


def test_script_concordance_gives_the_credit_of_the_published_vector(lesson: Lesson) -> None:
    key = lesson.exercise("panel").script_concordance
    assert key is not None
    for value, credit in ((-2, 0), (-1, 0.125), (0, 0.375), (1, 1), (2, 0.375)):
        mark = mark_answer(lesson, lesson.exercise("panel"), {"panel": {"value": value}})
        assert mark.parts == {"credit": pytest.approx(credit, abs=1e-6)}
        assert mark.score is None


ALL_RIGHT: dict[str, Mapping[str, Any]] = {
    "say-it": {"text": "A farmer"},
    "first-thoughts": guesses("A", "B", "C", "D"),
    "now": {"chosen": ["x", "y"]},
    "ranked": guesses("A", "B", "C", "D"),
    "weigh": {
        "links": [
            {"hypothesis": "A", "stance": "for", "finding": "high"},
            {"hypothesis": "C", "stance": "for", "finding": "rising"},
        ]
    },
    "treat": {"chosen": ["adjust", "soon"]},
    "list": {"problems": [{"code": code, "text": code} for code in ("A", "K2", "L")]},
    "panel": {"value": 1},
    "mistakes": {"wrong": ["d65"], "why": ""},
}


def test_all_right_is_one_and_nothing_committed_is_zero(lesson: Lesson) -> None:
    assert mark_attempt(lesson, ALL_RIGHT).score == pytest.approx(1, abs=1e-12)
    nothing = mark_attempt(lesson, {})
    assert nothing.score == 0
    assert not any(mark.answered for mark in nothing.marks)


def test_a_mark_depends_on_answers_and_keys_alone(lesson: Lesson) -> None:
    backwards = dict(reversed(ALL_RIGHT.items()))
    assert mark_attempt(lesson, ALL_RIGHT) == mark_attempt(lesson, backwards)


def test_a_decision_has_a_verdict_beside_its_score(lesson: Lesson) -> None:
    def judged(*chosen: str) -> tuple[float | None, str]:
        mark = mark_answer(lesson, lesson.exercise("treat"), {"treat": {"chosen": list(chosen)}})
        return mark.score, mark.verdict

    assert judged("adjust", "soon") == (1.0, "agrees, record deviated")
    assert judged("adjust") == (pytest.approx(2 / 3), "deviates")
    assert judged("refer") == (0.0, "deviates")


def state_after(lesson: Lesson, mode: Mode, last: str) -> AttemptState:
    """Committed in order up to ``last``, entering stages on the way."""
    steps, at = [], 1
    for exercise in lesson.exercises:
        while at < exercise.stage:
            at += 1
            steps.append(Event("advance", str(at)))
        steps.append(Event("commit", exercise.name, ALL_RIGHT[exercise.name]))
        if exercise.name == last:
            break
    return fold(lesson, mode, steps)


def test_a_key_that_names_diagnoses_waits_for_the_last_question_that_asks_for_them(
    lesson: Lesson,
) -> None:
    state = state_after(lesson, "learn", "now")
    shown = {one.name: is_shown(lesson, state, one) for one in lesson.exercises[:3]}
    assert shown == {"say-it": False, "first-thoughts": False, "now": True}
    assert is_held(lesson, state, lesson.exercise("first-thoughts"))
    after = state_after(lesson, "learn", "list")
    assert all(is_shown(lesson, after, lesson.exercise(n)) for n in ("say-it", "first-thoughts"))


def test_any_key_waits_whose_words_name_what_will_be_asked(lesson: Lesson) -> None:
    telling = replace(
        lesson.exercise("now"), explanation=Wording("Think of essential hypertension.")
    )
    taught = replace(
        lesson, exercises=tuple(telling if e.name == "now" else e for e in lesson.exercises)
    )
    assert is_held(taught, state_after(taught, "learn", "now"), telling)


def test_an_exam_tells_nothing_before_its_end(lesson: Lesson) -> None:
    state = state_after(lesson, "exam", "mistakes")
    assert not any(is_shown(lesson, state, one) for one in lesson.exercises)
    over = advance(lesson, state, Event("advance", END))
    assert all(is_shown(lesson, over, one) for one in lesson.exercises)


def test_what_was_done_is_told_no_earlier_than_the_record_tells_it(
    farmer: Case, lesson: Lesson
) -> None:
    def told(stage_done: str) -> str:
        state = state_after(lesson, "learn", stage_done)
        seen = disclose(farmer, lesson, shown_progress(lesson, state))
        exercise = lesson.exercise("treat")
        given = give_feedback(lesson, exercise, state, seen, LEXICON, "en")
        return " ".join(row.why for row in given.rows)

    assert "done" not in told("treat")
    assert "done" in told("list")


def test_hints_tell_how_many_and_never_what(lesson: Lesson) -> None:
    assert hint(lesson.exercise("ranked"), "en") == (
        "The experts named 4 diagnoses; 1 of them must not be missed."
    )
    assert hint(lesson.exercise("list"), "zh") == "共识问题目录有3项。"
    assert hint(lesson.exercise("now"), "en") == ""


def test_cues_are_seen_late_unopened_or_unused(lesson: Lesson) -> None:
    start = fold(lesson, "learn", [])
    assert {cue.datum: cue.state for cue in find_cues(lesson, start, {})}["d24"] == "not opened"
    steps = [Event("commit", name, ALL_RIGHT[name]) for name in ("say-it", "first-thoughts", "now")]
    late = fold(lesson, "learn", [*steps, Event("open", "pressure")])
    cues = {cue.datum: cue.state for cue in find_cues(lesson, late, {"d37": "+"})}
    assert cues["d24"] == "late"
    assert cues["d37"] == "seen"
    early = fold(lesson, "learn", [Event("open", "pressure"), *steps])
    assert {c.datum: c.state for c in find_cues(lesson, early, {})}["d24"] == "not used"


def test_a_later_list_tells_how_it_moved() -> None:
    before = [{"code": code} for code in "ABC"]
    after = [{"code": code} for code in "CBD"]
    assert changes(before, after) == (
        ("C", "up"),
        ("B", "same"),
        ("D", "new"),
        ("A", "dropped"),
    )


def test_nothing_is_told_of_fewer_than_five_peers(lesson: Lesson) -> None:
    exercise = lesson.exercise("now")
    answers = [{"chosen": ["x"]}, {"chosen": ["x", "y"]}, {"chosen": ["z"]}, {"chosen": ["x"]}]
    assert see_peers(exercise, answers, []) is None
    told = see_peers(exercise, [*answers, {"chosen": ["y"]}], [])
    assert told is not None
    assert told.shares == (("x", 0.6), ("y", 0.4), ("z", 0.2))


def test_reading_and_worked_examples_begin_without_answers(lesson: Lesson) -> None:
    state = begin(lesson, "worked")
    assert is_shown(lesson, state, lesson.exercise("first-thoughts"))
    assert not is_shown(lesson, state, lesson.exercise("ranked"))
