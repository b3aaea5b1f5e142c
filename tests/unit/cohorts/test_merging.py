"""Two people's changes of one definition: each one's are kept, and what both changed is asked."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest

from cohorts.editing import Document, Side, add_criterion, find_at, merge, move, remove, sentence_at
from cohorts.editing.paths import put_at
from tests.generation import definitions
from tests.unit.cohorts.definitions import condition, correlated, drug, expression, rule

EVENTS = "$.PrimaryCriteria.CriteriaList"
AGE = f"{EVENTS}[0].ConditionOccurrence.Age"
RULES = "$.InclusionRules"
ADULT, OLD = ({"Value": years, "Op": "gte"} for years in (18, 65))


@pytest.fixture
def began() -> Document:
    return expression(
        condition(Age=ADULT),
        InclusionRules=[
            rule("treated", correlated(drug(), 0, 30, at_least=2)),
            rule("no angina", correlated(condition(1), None, -1, exactly=0)),
            rule("seen again", correlated(condition(), 1, 365, at_least=1)),
        ],
        EndStrategy={"DateOffset": {"DateField": "StartDate", "Offset": 30}},
    )


def changed(document: Document, **parts: Any) -> Document:
    for path, value in parts.items():
        document = put_at(document, path, value)
    return document


def names(document: Document) -> list[str]:
    return [one["name"] for one in document["InclusionRules"]]


def test_who_changed_nothing_changes_nothing_and_the_same_change_is_made_once() -> None:
    for seed in range(12):
        one, other = definitions(seed), definitions(seed + 500)
        for before, mine, theirs in ((one, one, other), (one, other, one), (one, other, other)):
            made = merge(before, mine, theirs)
            assert (made.document, made.conflicts) == (other, ())


def test_what_each_changed_elsewhere_is_all_there_whoever_of_the_two_merges(
    began: Document,
) -> None:
    changes = {
        AGE: OLD,
        f"{RULES}[1].name": "never angina",
        f"{RULES}[0].expression.CriteriaList[0].Occurrence": {"Type": 2, "Count": 3},
        "$.EndStrategy.DateOffset": {"DateField": "EndDate", "Offset": 7},
        "$.CensorWindow": {"EndDate": "2024-12-31"},
        "$.PrimaryCriteria.ObservationWindow.PriorDays": 180,
        "$.ConceptSets[0].name": "asthma of any kind",
    }
    for one, other in itertools.permutations(changes, 2):
        mine, theirs = (
            changed(began, **{one: changes[one]}),
            changed(began, **{other: changes[other]}),
        )
        made = merge(began, mine, theirs)
        assert made.conflicts == ()
        assert made.document == changed(mine, **{other: changes[other]})


def test_what_both_changed_stays_mine_until_it_is_decided(began: Document) -> None:
    mine, theirs = changed(began, **{AGE: OLD}), put_at(began, AGE, {"Value": 40, "Op": "lt"})
    made = merge(began, mine, theirs)
    (conflict,) = made.conflicts
    assert (conflict.key, conflict.held.mine, conflict.held.before) == (AGE, OLD, ADULT)
    assert made.document == mine
    assert "age at the event below 40" in sentence_at(theirs, conflict.place.theirs)
    assert made.undecided({}) == (conflict,)
    decided: dict[str, Side] = {AGE: "theirs"}
    made = merge(began, mine, theirs, decided)
    assert made.document == theirs
    assert made.undecided(decided) == ()


def test_rules_that_both_added_are_both_kept_and_one_that_was_moved_is_no_new_one(
    began: Document,
) -> None:
    mine = copy.deepcopy(began)
    mine["InclusionRules"].append(rule("mine", correlated(condition(1), 0, 9, at_least=1)))
    theirs = move(began, f"{RULES}[2]", -1).document
    theirs["InclusionRules"].insert(0, rule("theirs", correlated(drug(), -9, 0, exactly=0)))
    theirs = put_at(theirs, f"{RULES}[1].name", "treated twice")
    made = merge(began, mine, theirs)
    assert made.conflicts == ()
    assert names(made.document) == ["theirs", "treated twice", "seen again", "mine", "no angina"]


def test_a_rule_that_one_removes_is_gone_unless_the_other_changed_it(began: Document) -> None:
    mine = remove(began, f"{RULES}[1]").document
    assert names(merge(began, mine, began).document) == ["treated", "seen again"]
    name = f"{RULES}[1].name"
    theirs = put_at(began, name, "never angina")
    made = merge(began, mine, theirs)
    (conflict,) = made.conflicts
    assert names(made.document) == ["treated", "seen again"]
    made = merge(began, mine, theirs, {conflict.key: "theirs"})
    assert names(made.document) == ["treated", "never angina", "seen again"]


def test_concept_sets_that_both_added_under_one_id_are_two_sets(began: Document) -> None:
    def with_event(number: int) -> Document:
        concept = {"CONCEPT_ID": number, "CONCEPT_NAME": f"illness {number}"}
        return add_criterion(began, EVENTS, "ConditionOccurrence", None, concept).document

    mine, theirs = with_event(501), with_event(502)
    made = merge(began, mine, theirs)
    assert made.conflicts == ()
    sets = {one["id"]: one["name"] for one in made.document["ConceptSets"]}
    assert len(sets) == len(made.document["ConceptSets"]) == len(began["ConceptSets"]) + 2
    events = find_at(made.document, EVENTS)[1:]
    asked = [sets[event["ConditionOccurrence"]["CodesetId"]] for event in events]
    assert asked == ["illness 501", "illness 502"]


def test_any_two_changed_definitions_merge_into_one_side_of_each_conflict() -> None:
    for seed in range(6):
        before, mine, theirs = (definitions(seed + n) for n in (0, 500, 1000))
        made = merge(before, mine, theirs)
        keys = [one.key for one in made.conflicts]
        assert len(set(keys)) == len(keys)
        decided: dict[str, Side] = {
            key: "theirs" if number % 2 else "mine" for number, key in enumerate(keys)
        }
        assert merge(before, mine, theirs, decided).undecided(decided) == ()
