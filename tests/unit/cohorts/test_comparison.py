"""What differs between two definitions, in words and by place."""

from __future__ import annotations

import json

from cohorts.comparison import compare_definitions
from tests.unit.cohorts.definitions import condition, drug, expression, rule


def test_the_same_definition_written_otherwise_does_not_differ() -> None:
    document = expression(condition())
    assert compare_definitions(json.dumps(document), json.dumps(document, indent=3)).same


def test_a_changed_limit_is_told_in_words_and_by_its_place() -> None:
    old = expression(condition(Age={"Value": 18, "Op": "gte"}))
    new = expression(condition(Age={"Value": 65, "Op": "gte"}))
    found = compare_definitions(json.dumps(old), json.dumps(new))
    (difference,) = found.differences
    assert difference.path.endswith("ConditionOccurrence.Age.Value")
    assert (difference.old, difference.new) == ("18", "65")
    assert [line.kind for line in found.words if line.kind in {"old", "new"}] == ["old", "new"]


def test_a_rule_put_in_front_is_one_difference_and_moves_no_other() -> None:
    rules = [rule("first"), rule("second")]
    old = expression(condition(), InclusionRules=rules)
    new = expression(condition(), InclusionRules=[rule("before"), *rules])
    (difference,) = compare_definitions(json.dumps(old), json.dumps(new)).differences
    assert difference.path == "$.InclusionRules[0]"
    assert difference.old is None


def test_a_draft_that_is_not_valid_yet_is_compared_as_json() -> None:
    old, new = expression(condition()), expression()
    found = compare_definitions(json.dumps(old), json.dumps(new))
    assert found.words == ()
    assert [d.new for d in found.differences] == [None]
    wrapped = json.dumps({"name": "x", "expression": json.dumps(expression(condition(), drug()))})
    assert len(compare_definitions(json.dumps(old), wrapped).differences) == 1
