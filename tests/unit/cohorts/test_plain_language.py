"""A definition in words says everything that narrows it."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from app.languages import PHRASES
from app.portal.translation_sources import messages_by_area
from cohorts import describe, load
from cohorts.schema import CRITERIA, UNSUPPORTED_CRITERIA, UNSUPPORTED_PROPERTIES
from tests.generation import definitions
from tests.unit.cohorts.definitions import condition, correlated, definition, drug, expression, rule
from tests.unit.cohorts.test_compile import SAMPLES


def test_a_whole_definition_reads_as_sentences() -> None:
    document = expression(
        condition(First=True, Age={"Value": 18, "Op": "gte"}),
        InclusionRules=[
            rule("treated", correlated(drug(), 0, 30, at_least=2)),
            rule("no angina", correlated(condition(1), None, -1, exactly=0)),
        ],
        EndStrategy={"CustomEra": {"DrugCodesetId": 2, "GapDays": 30, "Offset": 1}},
        CensoringCriteria=[{"Death": {}}],
        ExpressionLimit={"Type": "First"},
        CensorWindow={"EndDate": "2024-12-31"},
    )
    document["PrimaryCriteria"]["ObservationWindow"] = {"PriorDays": 365, "PostDays": 0}
    text = describe(definition(document))
    for sentence in (
        'a condition occurrence of "asthma", the first in the person\'s history, '
        "with age at the event at least 18",
        "observed without a gap for at least 365 days before and 0 days after the event",
        "Inclusion rule 1, treated: the entry event has all of the following:",
        'at least 2 drug exposures of "salbutamol"',
        "which starts from 0 days before to 30 days after the entry event's start",
        'no condition occurrence of "angina"',
        "which starts from any time before to 1 day before the entry event's start",
        "Only the earliest that meets every rule is used.",
        'exposure to "salbutamol" has paused for more than 30 days, plus 1 day',
        "1. a death of any kind",
        "Nothing after 2024-12-31 counts.",
        "asthma (101) and descendants",
    ):
        assert sentence in text


@pytest.mark.parametrize("kind", sorted(set(CRITERIA) - set(UNSUPPORTED_CRITERIA)))
def test_every_property_changes_the_description(kind: str) -> None:
    base: dict[str, Any] = {"CriteriaList": [drug()]} if kind == "CustomEra" else {}
    samples = {
        **SAMPLES,
        "CriteriaGroup": {"Type": "ANY", "CriteriaList": [correlated(drug(), 0, 9, at_least=1)]},
        "int": 77,
    }
    without = describe(definition(expression({kind: base})))
    for name, sort in CRITERIA[kind].items():
        if name in UNSUPPORTED_PROPERTIES:
            continue
        body = {**base, name: samples[sort.rstrip("!")]}
        if name.endswith("TypeExclude"):
            other = name.removesuffix("Exclude")
            before = describe(definition(expression({kind: {**base, other: [SAMPLES_CONCEPT]}})))
            body[other] = [SAMPLES_CONCEPT]
        else:
            before = without
        assert describe(definition(expression({kind: body}))) != before, name


def test_another_language_says_every_phrase_and_orders_it_as_it_likes() -> None:
    asked: set[str] = set()

    def tell(message: str) -> str:
        asked.add(message)
        return re.sub(r"[A-Za-z]", "x", message)

    for seed in range(12):
        document = json.loads(
            re.sub(
                r'("(?:CONCEPT_NAME|name|Text)": )"[^"]*"', r'\1"0"', json.dumps(definitions(seed))
            )
        )
        assert re.findall(r"[a-wyz]+", describe(load(json.dumps(document)), tell)) == [], seed
    turned = {"{0} of {1}": "{1}'s {0}", "a {0}": "{0}"}
    text = describe(definition(expression(condition())), lambda m: turned.get(m, m))
    assert '"asthma"\'s condition occurrence' in text
    portal = {
        message
        for (message,) in itertools.chain(*(messages_by_area()[area] for area in sorted(PHRASES)))
    }
    assert {message for message in asked if re.search(r"[A-Za-z]{2}", message)} <= portal


SAMPLES_CONCEPT = {"CONCEPT_ID": 101, "CONCEPT_NAME": "x"}


def test_a_concept_set_that_is_not_defined_is_said_to_be_so() -> None:
    assert "not defined (9)" in describe(definition(expression(condition(9))))


def test_a_nested_window_refers_to_its_own_event() -> None:
    inner = {"Type": "ALL", "CriteriaList": [correlated(drug(), 0, 9, at_least=1)]}
    text = describe(definition(expression(condition(CorrelatedCriteria=inner))))
    assert "9 days after that event's start" in text


def test_a_selection_without_a_concept_set_says_recorded_or_missing() -> None:
    selections = {"GenderCS": {"IsExclusion": True}, "VisitTypeCS": {"CodesetId": None}}
    text = describe(definition(expression(condition(**selections))))
    assert "gender missing" in text
    assert "visit type recorded" in text
