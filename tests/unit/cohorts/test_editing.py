"""Editing a definition: an operation touches what it names, and all else stays as it is."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.portal.builder_view import PLACES as PLACES_OF_PAGE
from app.portal.builder_view import BuilderView
from cohorts import check, describe, load
from cohorts.editing import (
    Document,
    Line,
    blank_expression,
    duplicate,
    find_at,
    get_at,
    move,
    object_fields,
    outline,
    perform,
    remove,
    set_json,
    set_values,
    walk_kinds,
)
from cohorts.editing.commands import COMMANDS
from cohorts.editing.fields import has_form, read, render
from cohorts.editing.paths import put_at
from cohorts.errors import DefinitionError
from cohorts.model import parse_document
from tests.unit.cohorts.definitions import condition, correlated, drug, expression, group, rule

EVENTS = "$.PrimaryCriteria.CriteriaList"
ASTHMA = {"CONCEPT_ID": 101, "CONCEPT_NAME": "asthma", "DOMAIN_ID": "Condition"}


def concept(number: int) -> Document:
    return ASTHMA | {"CONCEPT_ID": number}


def do(document: Document, op: str, **arguments: str | list[str]) -> Document:
    """Perform as a form does; returns the document."""
    texts = {k: v if isinstance(v, list) else [v] for k, v in arguments.items()}
    return perform(document, {"op": [op], **texts}, concept).document


def put(document: Document, path: str, **texts: str) -> Document:
    edit = set_values(document, {path: {k: [v] if v else [] for k, v in texts.items()}})
    assert not edit.complaints
    return edit.document


def every_line(document: Document) -> list[Line]:
    found: list[Line] = []
    waiting = [line for section in outline(document) for line in section.lines]
    while waiting:
        line = waiting.pop()
        found.append(line)
        waiting += line.lines
    return found


def shared_documents(shared: Path) -> list[Document]:
    files = sorted((shared / "circe" / "definitions").glob("*.json"))
    assert len(files) >= 43
    return [parse_document(file.read_bytes())[1] for file in files]


@pytest.mark.shared
def test_one_change_in_any_shared_definition_leaves_everything_else_as_it_was(
    shared: Path,
) -> None:
    for document in shared_documents(shared):
        before = copy.deepcopy(document)
        window = "$.PrimaryCriteria.ObservationWindow.PriorDays"
        changed = put(document, window, **{"": "77"})
        assert find_at(changed, window) == 77
        changed["PrimaryCriteria"]["ObservationWindow"]["PriorDays"] = before["PrimaryCriteria"][
            "ObservationWindow"
        ]["PriorDays"]
        assert json.dumps(changed) == json.dumps(before)
        assert document == before


@pytest.mark.shared
def test_every_form_of_a_shared_definition_sent_untouched_changes_nothing(shared: Path) -> None:
    for document in shared_documents(shared):
        texts = {}
        for path, kind, value in walk_kinds(document):
            if has_form(kind):
                texts[path] = render(kind, value)
            elif isinstance(value, dict):
                texts |= {
                    field.path: {control.key: control.texts for control in field.controls}
                    for field in object_fields(document, path)
                }
        edit = set_values(document, texts)
        assert edit.complaints == ()
        assert edit.document is document


@pytest.mark.shared
def test_every_shared_definition_is_said_in_lines_that_can_all_be_edited(shared: Path) -> None:
    for document in shared_documents(shared):
        lines = every_line(document)
        assert not [line.problem for line in lines if line.problem]
        said = " ".join(phrase.text for line in lines for phrase in line.phrases)
        for entry in document["ConceptSets"]:
            used = f'"{entry["name"]}"' in describe(load(json.dumps(document)))
            assert not used or f'"{entry["name"]}"' in said


def test_a_definition_is_made_from_nothing_by_operations_alone() -> None:
    document = blank_expression()
    with pytest.raises(DefinitionError, match="is empty"):
        load(json.dumps(document))
    document = do(document, "add_criterion", path=EVENTS, concept="101")
    body = f"{EVENTS}[0].ConditionOccurrence"
    document = put(document, f"{body}.First", **{"": "on"})
    document = put(document, f"{body}.Age", Op="gte", Value="18")
    document = do(document, "add_rule", name="again")
    group = "$.InclusionRules[0].expression"
    document = do(document, "add_criterion", path=group, kind="ConditionOccurrence", set="0")
    member = f"{group}.CriteriaList[0]"
    document = put(document, f"{member}.StartWindow.Start", Days="1", Coeff="1")
    document = put(document, f"{member}.StartWindow.End", Days="365", Coeff="1")
    document = put(document, f"{member}.Occurrence", Type="2", Count="2")
    document = do(document, "set_end", kind="DateOffset")
    document = put(document, "$.EndStrategy.DateOffset.Offset", **{"": "30"})
    words = describe(load(json.dumps(document)))
    for sentence in (
        'a condition occurrence of "asthma", the first in the person\'s history, '
        "with age at the event at least 18",
        'at least 2 condition occurrences of "asthma"',
        "from 1 day after to 365 days after the entry event's start",
        "leave the cohort 30 days after the start of the event",
        "asthma (101) and descendants",
    ):
        assert sentence in words
    assert [line.path for line in every_line(document) if line.problem] == []


def test_a_concept_that_has_a_set_of_its_own_is_not_given_another() -> None:
    document = do(blank_expression(), "add_criterion", path=EVENTS, concept="101")
    document = do(document, "add_criterion", path=EVENTS, concept="101", kind="ConditionEra")
    assert [entry["id"] for entry in document["ConceptSets"]] == [0]
    document = do(document, "add_criterion", path=EVENTS, concept="102")
    assert [entry["id"] for entry in document["ConceptSets"]] == [0, 1]


def test_what_a_form_does_not_know_is_kept_in_the_object_that_it_changes() -> None:
    document = expression(condition(Age={"Value": "18", "Op": "gte", "Note": "ours"}))
    path = f"{EVENTS}[0].ConditionOccurrence.Age"
    changed = set_values(document, {path: {"Op": ["gt"], "Value": ["18"], "Extent": []}}).document
    assert find_at(changed, path) == {"Value": "18", "Op": "gt", "Note": "ours"}


def test_what_cannot_be_read_is_complained_of_and_left_and_the_rest_is_kept() -> None:
    document = expression(condition())
    body = f"{EVENTS}[0].ConditionOccurrence"
    edit = set_values(
        document,
        {
            f"{body}.Age": {"Op": ["gte"], "Value": ["grown up"], "Extent": []},
            f"{body}.First": {"": ["on"]},
            "$.PrimaryCriteria.ObservationWindow.PriorDays": {"": ["9999999999"]},
        },
    )
    assert [complaint.split(":")[0] for complaint in edit.complaints] == [
        "age at the event stays as it was",
        "prior days stays as it was",
    ]
    assert get_at(edit.document, body) == {"CodesetId": 0, "First": True}


def test_emptying_a_control_removes_the_property_and_what_is_needed_stays() -> None:
    document = expression(
        condition(Age={"Value": 18, "Op": "gte"}),
        InclusionRules=[rule("r", correlated(drug(), 0, 9, at_least=1))],
    )
    path = f"{EVENTS}[0].ConditionOccurrence.Age"
    emptied = set_values(document, {path: {"Op": ["gte"], "Value": [], "Extent": []}})
    assert get_at(emptied.document, f"{EVENTS}[0]") == {"ConditionOccurrence": {"CodesetId": 0}}
    needed = "$.InclusionRules[0].expression.CriteriaList[0].Occurrence"
    edit = set_values(document, {needed: {"Type": [], "Count": [], "IsDistinct": []}})
    assert edit.document == document
    assert edit.complaints


def test_a_concept_set_in_use_is_not_removed_and_one_that_is_not_used_is() -> None:
    document = expression(condition(0))
    with pytest.raises(DefinitionError, match="used in 1 place"):
        remove(document, "$.ConceptSets[0]")
    made = remove(document, "$.ConceptSets[3]").document
    assert [entry["id"] for entry in made["ConceptSets"]] == [0, 1, 2]
    copied = duplicate(document, "$.ConceptSets[0]").document["ConceptSets"]
    assert len({entry["id"] for entry in copied}) == 5


def test_a_place_that_is_no_longer_there_is_told_and_nothing_is_changed() -> None:
    document = expression(condition())
    for op, path in (("remove", f"{EVENTS}[4]"), ("move", "$.InclusionRules[0]")):
        with pytest.raises(DefinitionError, match="no longer there"):
            do(document, op, path=path, by="1")
    for path in ("$", "$.__class__", "$.Nothing", "$[0]", "x", "$" + ".A" * 3000):
        with pytest.raises(DefinitionError):
            do(document, "remove", path=path)


def test_a_part_can_be_given_as_json_and_only_if_it_may_stand_there() -> None:
    document = expression(condition())
    given = '{"Measurement": {"CodesetId": 3, "RangeLow": {"Value": 1.0, "Op": "gt"}}}'
    made = set_json(document, f"{EVENTS}[0]", given).document
    assert made["PrimaryCriteria"]["CriteriaList"] == [json.loads(given)]
    with pytest.raises(DefinitionError, match="unknown Criteria"):
        set_json(document, f"{EVENTS}[0]", '{"Horoscope": {}}')
    with pytest.raises(DefinitionError):
        set_json(document, f"{EVENTS}[0]", "[" * 5000)


def test_a_part_that_cannot_be_read_is_shown_as_such_and_all_others_in_words() -> None:
    document = expression(condition(), condition(Age={"Value": 18}), drug())
    lines = [line for line in every_line(document) if line.list_path == EVENTS]
    problems = sorted((line.path, line.problem) for line in lines)
    assert problems[0][1] == problems[2][1] == ""
    assert problems[1] == (
        f"{EVENTS}[1]",
        "is missing at .ConditionOccurrence.Age.Op",
    )


def test_a_deeply_nested_definition_is_kept_and_shown_down_to_a_depth() -> None:
    group: dict[str, Any] = {"Type": "ALL", "CriteriaList": [correlated(drug(), 0, 1, at_least=1)]}
    for _ in range(30):
        group = {"Type": "ANY", "Groups": [group]}
    document = expression(condition(), AdditionalCriteria=group)
    deep = [line.problem for line in every_line(document) if line.problem]
    assert len(deep) == 1
    assert "as JSON" in deep[0]
    assert json.dumps(do(document, "add_rule", name="x")["AdditionalCriteria"]) == json.dumps(group)


MEMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(kinds=MEMBERS, data=st.data())
def test_moving_there_and_back_and_removing_a_copy_change_nothing(
    kinds: list[int], data: st.DataObject
) -> None:
    document = expression(*(condition(number) for number in kinds))
    index = data.draw(st.integers(0, len(kinds) - 1))
    to = data.draw(st.integers(0, len(kinds) - 1))
    moved = move(document, f"{EVENTS}[{index}]", to - index)
    assert moved.at == f"{EVENTS}[{to}]"
    assert move(moved.document, moved.at, index - to).document == document
    copied = duplicate(document, f"{EVENTS}[{index}]")
    assert remove(copied.document, copied.at).document == document


@settings(max_examples=100, deadline=None)
@given(
    value=st.one_of(st.integers(-999, 999), st.text("0123456789.-x", max_size=4)),
    op=st.sampled_from(["lt", "gte", "bt", "??"]),
    extent=st.one_of(st.none(), st.integers(0, 99)),
)
def test_whatever_stands_in_a_range_it_is_untouched_unless_the_form_is(
    value: object, op: str, extent: int | None
) -> None:
    old = {"Value": value, "Op": op, "Extent": extent}
    assert read("$.x", "NumericRange", old, render("NumericRange", old)) is old


def test_put_and_get_agree_and_share_what_they_do_not_touch() -> None:
    document = expression(condition(), drug())
    made = put_at(document, f"{EVENTS}[1].DrugExposure.CodesetId", 1)
    assert get_at(made, f"{EVENTS}[1].DrugExposure.CodesetId") == 1
    assert made["ConceptSets"] is document["ConceptSets"]
    assert document["PrimaryCriteria"]["CriteriaList"][1]["DrugExposure"]["CodesetId"] == 2


def test_no_operation_makes_a_definition_that_the_checks_call_wrong() -> None:
    document = do(blank_expression(), "add_criterion", path=EVENTS, concept="101")
    document = do(document, "add_rule", name="one")
    document = do(document, "add_demographic", path="$.InclusionRules[0].expression")
    age = "$.InclusionRules[0].expression.DemographicCriteriaList[0].Age"
    document = put(document, age, Op="bt", Value="18", Extent="64")
    assert [found.code for found in check(load(json.dumps(document)))] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("aZ1.²-", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abT", max_size=2), inner),
    max_leaves=4,
)
WHOLE = expression(
    condition(Age={"Value": 18, "Op": "gte"}, CorrelatedCriteria=group(kind="ANY")),
    {"CustomEra": {"CriteriaList": [drug()], "GapDays": 9}},
    InclusionRules=[rule("r", correlated(drug(), 0, 9, at_least=1))],
    AdditionalCriteria=group(correlated(drug(), 0, 9, exactly=0), kind="AT_LEAST", count=1),
    CensoringCriteria=[{"Death": {}}],
    CensorWindow={"StartDate": "2020-01-01"},
)
FUZZ = 40
PLACES = [path for path, _, _ in walk_kinds(WHOLE) if path != "$"]


@settings(max_examples=FUZZ, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=3), st.data())
def test_a_document_with_anything_anywhere_is_shown_and_edited_or_refused_with_a_reason(
    faults: list[tuple[str, Any]], data: st.DataObject
) -> None:
    document = WHOLE
    for path, value in faults:
        try:
            document = put_at(document, path, value)
        except DefinitionError:
            continue
    before = json.dumps(document)
    view = BuilderView(before, dict.fromkeys(PLACES_OF_PAGE, ""), {})
    for line in every_line(document):
        view.form(line)
        view.body_of(line)
    sets = document.get("ConceptSets")
    assert len(view.concept_sets) == (len(sets) if isinstance(sets, list) else 0)
    arguments = {
        "op": [data.draw(st.sampled_from(sorted(COMMANDS)))],
        "path": [data.draw(st.sampled_from(PLACES))],
        "kind": [data.draw(st.sampled_from(["", "Death", "DateOffset", "CustomEra"]))],
        "set": [data.draw(st.sampled_from(["", "0", "²", "--1"]))],
        "concept": [data.draw(st.sampled_from(["", "101", "x"]))],
        "by": ["1"],
        "text": ['{"a": 1}'],
    }
    arguments["shown"] = arguments["path"]
    arguments[f"{arguments['path'][0]}|"] = ["1"]
    with contextlib.suppress(DefinitionError):
        json.dumps(perform(document, arguments, concept).document)
    assert json.dumps(document) == before
