"""A definition is read strictly: what is wrong is refused, and the error names the place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from cohorts import load
from cohorts.errors import DefinitionError, UnsupportedExpression
from tests.unit.cohorts.definitions import (
    concept_set,
    condition,
    correlated,
    drug,
    expression,
    rule,
)


def sample() -> dict[str, Any]:
    first = rule("treated", correlated(drug(), 0, 30, at_least=1))
    return expression(
        condition(Age={"Value": 18, "Extent": 80, "Op": "bt"}), InclusionRules=[first]
    )


def with_window(end: dict[str, Any]) -> dict[str, Any]:
    member = correlated(drug(), 0, 0, at_least=1)
    member["StartWindow"]["End"] = end
    return expression(condition(), InclusionRules=[rule("treated", member)])


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        node: Any = document
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    return change


ENTRY = ("PrimaryCriteria", "CriteriaList", 0)
RULE = ("InclusionRules", 0, "expression")
WRONG = [
    (put(*ENTRY, "Nonsense", value={}), "$.PrimaryCriteria.CriteriaList[0]"),
    (put(*ENTRY, value={"Nonsense": {}}), "$.PrimaryCriteria.CriteriaList[0]"),
    (put(*ENTRY, value={"Death": None}), "$.PrimaryCriteria.CriteriaList[0].Death"),
    (put("PrimaryCriteria", "CriteriaList", value=[]), "$.PrimaryCriteria.CriteriaList"),
    (put("PrimaryCriteria", value=[]), "$.PrimaryCriteria"),
    (
        put("PrimaryCriteria", "ObservationWindow", value=None),
        "$.PrimaryCriteria.ObservationWindow",
    ),
    (
        put("PrimaryCriteria", "PrimaryCriteriaLimit", "Type", value="Some"),
        "$.PrimaryCriteria.PrimaryCriteriaLimit.Type",
    ),
    (
        put(*ENTRY, "ConditionOccurrence", "CodesetId", value="asthma"),
        "$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.CodesetId",
    ),
    (
        put(*ENTRY, "ConditionOccurrence", "Age", "Op", value="around"),
        "$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.Age.Op",
    ),
    (
        put(*ENTRY, "ConditionOccurrence", "Age", "Extent", value=None),
        "$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.Age.Extent",
    ),
    (
        put(*ENTRY, "ConditionOccurrence", "OccurrenceStartDate", value={"Value": "x", "Op": "gt"}),
        "$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.OccurrenceStartDate.Value",
    ),
    (
        put(*ENTRY, "ConditionOccurrence", "First", value="yes"),
        "$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.First",
    ),
    (put(*RULE, "Type", value=None), "$.InclusionRules[0].expression.Type"),
    (put(*RULE, "Type", value="AT_LEAST"), "$.InclusionRules[0].expression.Count"),
    (
        put(*RULE, "CriteriaList", 0, "Occurrence", "Type", value=7),
        "$.InclusionRules[0].expression.CriteriaList[0].Occurrence.Type",
    ),
    (
        put(*RULE, "CriteriaList", 0, "StartWindow", value=None),
        "$.InclusionRules[0].expression.CriteriaList[0].StartWindow",
    ),
    (
        put(*RULE, "CriteriaList", 0, "StartWindow", "Start", "Coeff", value=3),
        "$.InclusionRules[0].expression.CriteriaList[0].StartWindow.Start.Coeff",
    ),
    (put("ConceptSets", 0, "expression", value=None), "$.ConceptSets[0].expression"),
    (put("ConceptSets", 1, "id", value=0), "$.ConceptSets[1].id"),
    (
        put(
            *ENTRY,
            "ConditionOccurrence",
            "OccurrenceStartDate",
            value={"Value": "2020-13-1", "Op": "gt"},
        ),
        "$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.OccurrenceStartDate.Value",
    ),
    (put("InclusionRules", value=[rule("r")] * 53), "$.InclusionRules"),
    (put("EndStrategy", value={"Someday": {}}), "$.EndStrategy"),
]


@pytest.mark.parametrize(("change", "path"), WRONG, ids=[path for _, path in WRONG])
def test_an_error_names_the_json_path(change: Callable[[dict[str, Any]], None], path: str) -> None:
    document = copy.deepcopy(sample())
    change(document)
    with pytest.raises(DefinitionError) as refused:
        load(json.dumps(document))
    assert refused.value.path == path
    assert str(refused.value).startswith(path)


def selected(**selection: Any) -> dict[str, Any]:
    return expression(condition(GenderCS=selection))


ACCEPTED = {
    "a selection without a concept set": (
        selected(CodesetId=None, IsExclusion=True),
        selected(IsExclusion=True),
    ),
    "a flag as text": (expression(condition(First="true")), expression(condition(First=True))),
    "a flag as number": (expression(condition(First=0)), expression(condition(First=False))),
    "days as text": (
        with_window({"Days": "30", "Coeff": 1}),
        with_window({"Days": 30, "Coeff": 1}),
    ),
    "days left empty": (with_window({"Days": "", "Coeff": 1}), with_window({"Coeff": 1})),
    "a date without zeros": (
        expression(condition(OccurrenceStartDate={"Value": "2020-1-5", "Op": "gt"})),
        expression(condition(OccurrenceStartDate={"Value": "2020-01-05", "Op": "gt"})),
    ),
    "a limit that is null": (
        expression(condition(), ExpressionLimit={"Type": None}),
        expression(condition(), ExpressionLimit={"Type": "All"}),
    ),
    "a concept set twice": (
        expression(condition(), ConceptSets=[concept_set(0, 101), concept_set(0, 101)]),
        expression(condition(), ConceptSets=[concept_set(0, 101)]),
    ),
    "a concept beyond 32 bits": (
        expression(condition(), ConceptSets=[concept_set(0, 2**40)]),
        expression(condition(), ConceptSets=[concept_set(0, 2**40)]),
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_reference_reads_in_two_ways_is_read_in_both(name: str) -> None:
    written, meant = (load(json.dumps(document)).expression for document in ACCEPTED[name])
    assert written == meant


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"PrimaryCriteria": 1, "PrimaryCriteria": 2}',
        b'{"PrimaryCriteria": NaN}',
        b'{"PrimaryCriteria": ' + b"9" * 5000 + b"}",
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b" " * (8 * 1024 * 1024 + 1),
    ],
    ids=[
        "nothing", "list", "null", "cut", "bytes", "twice", "nan", "digits", "open", "deep", "long",
    ],
)  # fmt: skip
def test_hostile_bytes_are_refused_as_a_definition_error(text: bytes) -> None:
    with pytest.raises(DefinitionError):
        load(text)


def test_groups_nested_beyond_the_limit_are_refused() -> None:
    inner: dict[str, Any] = {"Type": "ALL", "CriteriaList": []}
    for _ in range(150):
        inner = {"Type": "ALL", "Groups": [inner]}
    with pytest.raises(DefinitionError, match="nested more than"):
        load(json.dumps(expression(condition(), AdditionalCriteria=inner)))


def test_thousands_of_criteria_are_refused_before_anything_compiles_them() -> None:
    with pytest.raises(DefinitionError, match="more than 2000 criteria") as refused:
        load(json.dumps(expression(*[condition()] * 2001)))
    assert refused.value.path == "$.PrimaryCriteria.CriteriaList[2000].ConditionOccurrence"


def test_a_criterion_of_a_later_circe_is_refused_by_name() -> None:
    with pytest.raises(DefinitionError, match="unknown Criteria 'NoteNlp'; known are") as refused:
        load(json.dumps(expression({"NoteNlp": {"CodesetId": 0}})))
    assert refused.value.path == "$.PrimaryCriteria.CriteriaList[0]"


def test_the_source_is_kept_byte_for_byte() -> None:
    source = json.dumps(sample(), indent=3).encode() + b"\n\n"
    assert load(source).source == source


def test_the_hash_depends_on_content_and_not_on_layout() -> None:
    document = sample()
    plain = load(json.dumps(document))
    shuffled = load(json.dumps(dict(reversed(document.items())), indent=7))
    other = load(json.dumps(document | {"Title": "another"}))
    assert plain.sha256 == shuffled.sha256
    assert plain.sha256 != other.sha256


def test_a_definition_cannot_be_changed() -> None:
    definition = load(json.dumps(sample()))
    with pytest.raises(TypeError):
        definition.expression["Title"] = "changed"  # type: ignore[index]
    with pytest.raises(AttributeError):
        definition.title = "changed"  # type: ignore[misc]


def test_an_export_of_a_web_service_is_unwrapped() -> None:
    wrapped = {"id": 5, "name": "Asthma", "expression": json.dumps(sample())}
    definition = load(json.dumps(wrapped))
    assert definition.title == "Asthma"
    assert definition.inclusion_rule_names == ("treated",)


def test_unknown_properties_are_remembered_with_their_path() -> None:
    document = sample()
    document["PrimaryCriteria"]["CriteriaList"][0]["ConditionOccurrence"]["Frist"] = True
    assert load(json.dumps(document)).unknown == (
        "$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.Frist",
    )


@pytest.mark.parametrize(
    "criterion",
    [
        {"LocationRegion": {"CodesetId": 0}},
        {"VisitOccurrence": {"PlaceOfServiceLocation": 0}},
        {"DrugExposure": {"DoseUnitCS": {"CodesetId": 0}}},
    ],
)
def test_what_the_cdm_does_not_have_is_unsupported(criterion: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedExpression, match="does not have"):
        load(json.dumps(expression(criterion)))


@pytest.mark.parametrize("text", ["\ud800", "a\x00b"])
@pytest.mark.parametrize("escaped", [True, False])
def test_text_that_no_database_keeps_is_refused(text: str, escaped: bool) -> None:
    named = json.dumps(sample() | {"Title": text}, ensure_ascii=escaped)
    listed = json.dumps(sample() | {"Unknown": [[text]]}, ensure_ascii=escaped)
    for source in (named, listed):
        with pytest.raises(DefinitionError):
            load(source)
