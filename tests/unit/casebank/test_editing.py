"""Editing a case and its lesson: whole or refused, and the parts stay one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebank import Case, EditRefused
from casebank.editing import (
    COMMANDS,
    EXERCISE_KINDS,
    KEYS,
    NOT_SHOWN,
    Edit,
    Field,
    Pair,
    Question,
    Rows,
    Work,
    exercise_texts,
    flatten,
    heading_of,
    layout,
    perform,
    places_of,
    set_panel,
)
from casebank.lesson import Progress, disclose
from casebank.terms import term
from tests.unit.casebank.lessons import lesson_for


@pytest.fixture(scope="module")
def work(farmer: Case) -> Work:
    return Work(farmer, lesson_for(farmer))


def do(work: Work, op: str, **arguments: object) -> Edit:
    """Carry out an edit as a form would ask for it."""
    texts = {
        name.replace("__", "."): [str(one) for one in value]
        if isinstance(value, list)
        else [str(value)]
        for name, value in arguments.items()
    }
    return perform(work, {"op": [op], **texts})


def number_of(case: Case, title: str) -> int:
    return next(problem.number for problem in case.problems if title in problem.title)


def linked(case: Case, number: int) -> set[str]:
    return {one.id for one in case.statements() if number in one.problems}


def test_merging_draws_an_arrow_and_shows_the_data_under_both(work: Work) -> None:
    kidney = number_of(work.case, "kidney")
    pressure = number_of(work.case, "ypertens")
    made = do(work, "problem-merge", problem=kidney, into=pressure)
    case = made.work.case
    assert case.problem(kidney).see == pressure
    assert linked(case, pressure) == linked(work.case, pressure) | linked(work.case, kidney)
    assert linked(case, kidney) == linked(work.case, kidney)
    assert [one.number for one in case.problems] == [one.number for one in work.case.problems]
    assert made.said.startswith(f"#{kidney} ")
    assert f"see #{pressure}" in made.said
    with pytest.raises(EditRefused, match="already"):
        do(made.work, "problem-merge", problem=pressure, into=kidney)
    alone = do(made.work, "problem-alone", problem=kidney).work.case
    assert alone.problem(kidney).see is None


def test_a_renamed_problem_has_its_name_everywhere(work: Work) -> None:
    number = number_of(work.case, "ypertens")
    case = do(
        work, "problem-set", problem=number, title="High pressure", kind="risk", status="inactive"
    ).work.case
    problem = case.problem(number)
    assert (problem.title, problem.kind, problem.status) == ("High pressure", "risk", "inactive")
    assert problem.kind_rule == problem.status_rule == "set by the author"
    labels = {item.label for lane in case.timeline.lanes for item in lane.items}
    assert f"#{number} High pressure" in labels
    assert f"#{number} High pressure: inactive" in {one.text for one in case.outcome.statements}
    resolved = do(work, "problem-set", problem=number, title="X", status="resolved").work.case
    assert resolved.problem(number).resolved_day is not None


def test_splitting_makes_a_new_line_and_leaves_the_old_one_its_evidence(work: Work) -> None:
    number = number_of(work.case, "bronchitis")
    evidence = [one.id for one in work.case.problem(number).evidence]
    made = do(
        work,
        "problem-add",
        problem=number,
        title="Asthma",
        kind="biological",
        datum=evidence[:1],
    )
    case = made.work.case
    new = number_of(case, "Asthma")
    assert new == len(work.case.problems) + 1
    assert evidence[0] in linked(case, new)
    assert evidence[0] not in linked(case, number)
    assert evidence[1] in linked(case, number)
    with pytest.raises(EditRefused, match="at least one of its own"):
        do(work, "problem-add", problem=number, title="Asthma", kind="", datum=evidence)
    with pytest.raises(EditRefused, match="at least one datum"):
        do(work, "problem-add", title="Asthma", kind="")


def test_a_problem_taken_out_leaves_its_data_and_moves_numbers_up(work: Work) -> None:
    number = number_of(work.case, "bronchitis")
    before = {p.title: linked(work.case, p.number) for p in work.case.problems}
    case = do(work, "problem-drop", problem=number, reason="one cold").work.case
    assert [one.number for one in case.problems] == list(range(1, len(work.case.problems)))
    after = {p.title: linked(case, p.number) for p in case.problems}
    assert {title: ids for title, ids in before.items() if "bronch" not in title} == after
    assert {one.id for one in case.statements()} == {one.id for one in work.case.statements()}
    assert case.left_out["problems taken out: one cold"] == 1
    with pytest.raises(EditRefused, match="why"):
        do(work, "problem-drop", problem=number, reason="")


def test_a_datum_can_be_linked_to_other_problems_but_evidence_stays(work: Work) -> None:
    datum = next(one.id for one in work.case.contacts[0].soap.subjective if "Dizziness" in one.text)
    case = do(work, "relink", datum=datum, to=[2, 3]).work.case
    assert {n for n in (1, 2, 3) if datum in linked(case, n)} == {2, 3}
    evidence = work.case.problem(1).evidence[0].id
    assert evidence in linked(do(work, "relink", datum=evidence).work.case, 1)


def texts(case: Case, lesson_json: bytes) -> str:
    return case.to_json().decode() + lesson_json.decode()


def test_what_is_taken_out_is_nowhere_any_more_and_is_counted(work: Work) -> None:
    datum = next(one for one in work.case.contacts[0].soap.statements if "152" in one.text)
    made = do(work, "suppress", datum=datum.id, reason="too much to read")
    assert made.work.lesson is not None
    assert f'"{datum.id}"' not in texts(made.work.case, made.work.lesson.to_json())
    assert made.work.case.left_out["data taken out: too much to read"] == 1
    assert "too much to read" in made.said
    with pytest.raises(EditRefused, match="why"):
        do(work, "suppress", datum=datum.id)


def test_a_problem_without_evidence_goes_with_its_data(work: Work) -> None:
    number = number_of(work.case, "Limited social")
    evidence = [one.id for one in work.case.problem(number).evidence]
    made = do(work, "suppress", datum=evidence, reason="could single the person out")
    assert all("Limited social" not in one.title for one in made.work.case.problems)
    assert "Limited social" not in made.work.case.to_json().decode()
    assert "with it went" in made.said


def test_a_value_said_less_exactly_is_so_everywhere_and_leaves_the_flow_sheet(work: Work) -> None:
    point = work.case.flow_sheets[0].series[0].points[0]
    case = do(
        work,
        "generalise",
        datum=point.id,
        text="Systolic blood pressure: about 150",
        reason="could single the person out",
    ).work.case
    assert {one.text for one in case.statements() if one.id == point.id} == {
        "Systolic blood pressure: about 150"
    }
    points = [p.id for sheet in case.flow_sheets for s in sheet.series for p in s.points]
    assert point.id not in points
    assert case.left_out["data said less exactly: could single the person out"] == 1


def test_the_family_loses_whom_a_datum_named_and_nobody_else(work: Work) -> None:
    tree = work.case.background.family_tree
    assert len(tree.members) >= 2
    renamed = do(work, "problem-set", problem=1, title="Other").work.case
    assert renamed.background.family_tree == tree
    gone, *others = tree.members
    for made in (
        do(work, "suppress", datum=gone.data, reason="could single the person out"),
        do(work, "generalise", datum=gone.data, text="A relative", reason="names somebody"),
    ):
        left = made.work.case.background.family_tree.members
        assert [one.key for one in left] == [one.key for one in others if one.data != gone.data]


def test_a_code_of_the_list_brings_its_names(work: Work) -> None:
    assert work.lesson is not None
    flat = exercise_texts(work.lesson.exercise("causes"))
    flat |= {
        "key.diagnoses.3.code": "GOUT",
        "key.diagnoses.3.relevance": "1",
    }
    arguments = {name: [text] for name, text in flat.items()}
    made = perform(work, {"op": ["exercise-save"], "name": ["causes"], **arguments})
    assert made.work.lesson is not None
    key = made.work.lesson.exercise("causes").differential
    assert key is not None
    known = term("GOUT")
    assert (key.diagnoses[3].title.en, key.diagnoses[3].title.zh) == (known.en, known.zh)


def test_the_other_language_of_a_vague_datum_says_no_more_than_asked(work: Work) -> None:
    old = next(one for one in work.case.statements() if one.other)

    def others(**more: object) -> set[str]:
        case = do(work, "generalise", datum=old.id, text="less", reason="because", **more).work.case
        return {one.other for one in case.statements() if one.id == old.id}

    assert others() == {""}
    assert others(other=old.other) == {""}
    assert others(other="大约") == {"大约"}


def test_a_datum_is_shown_at_one_place_only(work: Work) -> None:
    assert work.lesson is not None
    datum = work.lesson.stages[0].reveals[0]
    for place, stage in (("stage:3", 3), ("order:look-again", 2), (NOT_SHOWN, 0)):
        lesson = do(work, "move", datum=datum, to=place).work.lesson
        assert lesson is not None
        assert places_of(lesson).get(datum, NOT_SHOWN) == place
        seen = disclose(work.case, lesson, Progress(3, frozenset({"look-again"})))
        assert (datum in {one.id for one in seen.statements()}) == (stage > 0)
    with pytest.raises(EditRefused, match="no such stage"):
        do(work, "move", datum=datum, to="stage:9")


def test_an_order_that_opens_nothing_any_more_goes(work: Work) -> None:
    assert work.lesson is not None
    ordered = list(work.lesson.stages[1].orders[0].data)
    made = do(work, "move", datum=ordered, to="stage:2")
    assert made.work.lesson is not None
    assert made.work.lesson.stages[1].orders == ()
    assert "look-again opened nothing any more" in made.said


def test_exercises_move_with_their_stages(work: Work) -> None:
    added = do(work, "stage-add", after=1, title__en="Between").work
    assert added.lesson is not None
    assert added.lesson.exercise("causes").stage == 3
    key = added.lesson.exercise("causes").differential
    assert key is not None
    assert key.discriminating_stage == 3
    removed = do(added, "stage-remove", stage=2).work
    assert removed.lesson == work.lesson
    swapped = do(work, "stage-move", stage=3, by=-1).work
    assert swapped.lesson is not None
    assert swapped.lesson.exercise("decide").stage == 2
    assert swapped.lesson.stages[1].title.en == "The years after"
    assert do(swapped, "stage-move", stage=2, by=1).work == work
    assert do(work, "stage-move", stage=3, by=1).said == ""
    last = do(work, "stage-remove", stage=3).work.lesson
    assert last is not None
    assert last.exercise("decide").stage == 2


def form_of(parts: list[object]) -> Iterator[tuple[str, str]]:
    """What a browser would send back for a form, as it was shown."""
    for part in parts:
        if isinstance(part, Field):
            if part.kind != "check" or part.value:
                yield part.name, part.value
        elif isinstance(part, Pair):
            yield from form_of([part.en, part.zh])
        elif isinstance(part, Rows):
            for row in part.rows:
                yield f"{row.prefix}place", row.place
                yield from form_of(list(row.parts))


@pytest.mark.parametrize("kind", EXERCISE_KINDS)
def test_an_exercise_sent_back_as_it_was_shown_changes_nothing(work: Work, kind: str) -> None:
    assert work.lesson is not None
    held = next(one for one in work.lesson.exercises if one.kind == kind)
    flat = exercise_texts(held)
    parts = [*layout(Question, flat, "question."), *layout(KEYS[kind], flat, "key.")]
    sent = {name: [text] for name, text in form_of(list(parts))}
    made = perform(work, {"op": ["exercise-save"], "name": [held.name], **sent})
    assert made.said == ""
    assert made.work == work
    new = perform(
        work, {"op": ["exercise-add"], "name": ["again"], "kind": [kind], **sent}
    ).work.lesson
    assert new is not None
    again = new.exercise("again")
    if again.script_concordance is not None:
        assert again.script_concordance.panel == {}
    else:
        assert replace(again, name=held.name) == held


def test_heading_objectives_and_expert_view_go_through_their_forms(work: Work) -> None:
    lesson = work.lesson
    assert lesson is not None
    heading = flatten(heading_of(lesson)) | {"minutes": "15", "perspectives.1.zh": "怕"}
    made = perform(work, {"op": ["heading-save"], **{k: [v] for k, v in heading.items()}})
    assert made.work.lesson is not None
    assert made.work.lesson.minutes == 15
    assert made.work.lesson.perspectives[1].zh == "怕"
    expert = flatten(lesson.expert) | {"take_home.0.drop": "yes"}
    made = perform(work, {"op": ["expert-save"], **{k: [v] for k, v in expert.items()}})
    assert made.work.lesson is not None
    assert made.work.lesson.expert.take_home == lesson.expert.take_home[1:]
    with pytest.raises(EditRefused, match="no such exercise"):
        do(work, "objectives-save", objectives__0__text__en="Name", objectives__0__exercises="x")


def test_rows_come_in_the_order_of_their_places(work: Work) -> None:
    assert work.lesson is not None
    flat = exercise_texts(work.lesson.exercise("problems"))
    flat |= {"key.problems.0.place": "2", "key.problems.1.place": "1"}
    made = perform(
        work, {"op": ["exercise-save"], "name": ["problems"], **{k: [v] for k, v in flat.items()}}
    )
    assert made.work.lesson is not None
    key = made.work.lesson.exercise("problems").problem_list
    assert key is not None
    assert [one.code for one in key.problems] == ["orthostatic", "hypertension"]


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("first-step", {"key.right": "z"}, "names options that there are"),
        ("first-step", {"key.most": "many"}, "give a number"),
        ("first-step", {"question.stage": "9"}, "no stage 9"),
        ("first-step", {"question.prompt.en": "", "question.prompt.zh": ""}, "English or Chinese"),
        ("first-step", {"question.source": " "}, "Source of the key: write something"),
        ("why", {"key.links.0.finding": "zz"}, "joins a listed"),
        ("faults", {"key.candidates": "d999"}, "what is wrong is among"),
        ("if-then", {"key.data": "d9999"}, "d9999"),
        ("causes", {"key.diagnoses.0.relevance": "x"}, "row 1: Relevance: give a number"),
    ],
)
def test_what_does_not_fit_is_refused_whole_and_says_why(
    work: Work, name: str, changes: dict[str, str], said: str
) -> None:
    assert work.lesson is not None
    flat = exercise_texts(work.lesson.exercise(name)) | changes
    with pytest.raises(EditRefused, match=said):
        perform(
            work, {"op": ["exercise-save"], "name": [name], **{k: [v] for k, v in flat.items()}}
        )


def test_exercises_are_moved_and_taken_away_with_their_objectives(work: Work) -> None:
    moved = do(work, "exercise-move", name="problems", by=-1).work.lesson
    assert moved is not None
    assert [one.name for one in moved.exercises][:2] == ["problems", "summary"]
    gone = do(work, "exercise-remove", name="problems").work.lesson
    assert gone is not None
    assert gone.objectives[0].exercises == ("summary",)


def test_the_panels_answers_are_taken_over_and_kept_when_the_words_change(work: Work) -> None:
    made = set_panel(work, "if-then", {"-1": 4, "2": 7, "0": 0})
    assert made.said == "panel of 11 for “if-then”"
    assert made.work.lesson is not None
    flat = exercise_texts(made.work.lesson.exercise("if-then")) | {"key.finding.en": "he faints"}
    again = perform(
        made.work,
        {"op": ["exercise-save"], "name": ["if-then"], **{k: [v] for k, v in flat.items()}},
    ).work.lesson
    assert again is not None
    key = again.exercise("if-then").script_concordance
    assert key is not None
    assert (key.finding.en, key.panel) == ("he faints", {"-1": 4, "2": 7})


def test_a_case_without_a_lesson_can_be_edited_but_has_no_stages(work: Work) -> None:
    bare = Work(work.case)
    assert do(bare, "head", title="Tired", level="residency").work.case.level == "residency"
    with pytest.raises(EditRefused, match="no lesson yet"):
        do(bare, "move", datum="d1", to="stage:1")


def test_an_unknown_edit_is_refused(work: Work) -> None:
    with pytest.raises(EditRefused, match="no such edit"):
        do(work, "burn")


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_chain_of_edits_leaves_a_case_whose_parts_are_one(
    work: Work, data: st.DataObject
) -> None:
    """Whatever is done, what is shown at a contact, in evidence and in pictures stays the same."""
    held = work
    for _ in range(data.draw(st.integers(1, 5))):
        case = held.case
        ids = sorted({one.id for one in case.statements()})
        numbers = st.integers(1, len(case.problems))
        drawn = {
            "op": data.draw(st.sampled_from([*COMMANDS])),
            "problem": data.draw(numbers),
            "into": data.draw(numbers),
            "title": "Something",
            "title.en": "Something",
            "kind": "social",
            "status": data.draw(st.sampled_from(["active", "resolved"])),
            "datum": data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3)),
            "to": data.draw(st.sampled_from(["stage:1", "end", "2"])),
            "text": "less",
            "reason": "because",
            "stage": data.draw(st.integers(1, 3)),
            "after": 1,
            "name": "problems",
            "by": 1,
        }
        arguments = {
            name: [str(one) for one in value] if isinstance(value, list) else [str(value)]
            for name, value in drawn.items()
        }
        try:
            held = perform(held, arguments).work
        except EditRefused:
            continue
        case = held.case
        known = {one.id for one in case.statements()}
        assert held.lesson is not None
        held.lesson.check_fits(case)
        assert case.sources is not None
        assert known <= set(case.sources.data)
        said: dict[str, set[str]] = {}
        for contact in case.contacts:
            for one in contact.soap.statements:
                said.setdefault(one.id, set()).add(one.text)
        assert all(len(one) == 1 for one in said.values())
        valid = set(range(1, len(case.problems) + 1))
        items = [item for lane in case.timeline.lanes for item in lane.items]
        assert all(set(item.problems) <= valid for item in items)
        bars = {item.label for item in items if item.label.startswith("#")}
        assert bars == {f"#{one.number} {one.title}" for one in case.problems}
