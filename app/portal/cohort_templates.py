"""Definitions to begin with, as Circe JSON; concept ids are the OMOP standard vocabulary's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CohortTemplate:
    """A definition offered in the form."""

    name: str
    description: str
    expression: dict[str, Any]


def _concept_set(name: str, concept_id: int) -> dict[str, Any]:
    item = {"concept": {"CONCEPT_ID": concept_id, "CONCEPT_NAME": name}, "includeDescendants": True}
    return {"id": 0, "name": name, "expression": {"items": [item]}}


def _first_condition(name: str, concept_id: int, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ConceptSets": [_concept_set(name, concept_id)],
        "PrimaryCriteria": {
            "CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0, "First": True}}],
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "QualifiedLimit": {"Type": "First"},
        "ExpressionLimit": {"Type": "First"},
        "InclusionRules": rules,
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
        "CensorWindow": {},
    }


_ADULT = {
    "name": "18 years or older",
    "expression": {
        "Type": "ALL",
        "CriteriaList": [],
        "DemographicCriteriaList": [{"Age": {"Value": 18, "Op": "gte"}}],
        "Groups": [],
    },
}

TEMPLATES: dict[str, CohortTemplate] = {
    "hypertension": CohortTemplate(
        "Adults with hypertension",
        "First record of a hypertensive disorder, at 18 years or older.",
        _first_condition("Hypertensive disorder", 316866, [_ADULT]),
    ),
    "diabetes": CohortTemplate(
        "Adults with type 2 diabetes",
        "First record of type 2 diabetes mellitus, at 18 years or older.",
        _first_condition("Type 2 diabetes mellitus", 201826, [_ADULT]),
    ),
}
