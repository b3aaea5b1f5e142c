"""What a new part of a definition looks like before anybody edits it."""

from __future__ import annotations

import copy
from typing import Any, Final

from cohorts.editing.paths import Document

# The criterion that a concept of a domain is usually looked for in.
CRITERION_OF_DOMAIN: Final = {
    "Condition": "ConditionOccurrence",
    "Drug": "DrugExposure",
    "Procedure": "ProcedureOccurrence",
    "Measurement": "Measurement",
    "Observation": "Observation",
    "Visit": "VisitOccurrence",
    "Device": "DeviceExposure",
    "Specimen": "Specimen",
}
WINDOW: Final = {
    "Start": {"Coeff": -1},
    "End": {"Coeff": 1},
    "UseEventEnd": False,
    "UseIndexEnd": False,
}
GROUP: Final[Document] = {
    "Type": "ALL",
    "CriteriaList": [],
    "DemographicCriteriaList": [],
    "Groups": [],
}
AT_LEAST_ONE: Final = {"Type": 2, "Count": 1, "IsDistinct": False}
# What an object begins with when it is made to hold one property.
PARTS: Final[dict[str, Document]] = {
    "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
    "CriteriaGroup": GROUP,
    "Window": WINDOW,
    "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
    "EndStrategy.DateOffset": {"DateField": "StartDate", "Offset": 0},
    "EndStrategy.CustomEra": {"DrugCodesetId": None, "GapDays": 30, "Offset": 0},
    "DateAdjustment": {
        "StartWith": "START_DATE",
        "StartOffset": 0,
        "EndWith": "END_DATE",
        "EndOffset": 0,
    },
}


def blank_expression() -> Document:
    """A definition that says nothing yet: no entry event, first events, until observation ends."""
    return {
        "cdmVersionRange": ">=5.0.0",
        "PrimaryCriteria": {
            "CriteriaList": [],
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "ConceptSets": [],
        "QualifiedLimit": {"Type": "First"},
        "ExpressionLimit": {"Type": "First"},
        "InclusionRules": [],
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
        "CensorWindow": {},
    }


def new_part(kind: str) -> Document:
    """A part of a kind of the schema; empty for what needs nothing to begin with."""
    return copy.deepcopy(PARTS.get(kind, {}))


def new_criterion(kind: str, concept_set: int | None) -> Document:
    """A criterion of a type over a concept set, or over any event."""
    body: Document = {} if concept_set is None else {"CodesetId": concept_set}
    if kind == "CustomEra":
        body = {"CriteriaList": [], "GapDays": 30}
    return {kind: body}


def new_correlated(criterion: Document) -> Document:
    """A criterion as a member of a group: at least once, at any time."""
    return {
        "Criteria": criterion,
        "StartWindow": copy.deepcopy(WINDOW),
        "Occurrence": dict(AT_LEAST_ONE),
    }


def new_rule(name: str) -> Document:
    """An inclusion rule without members."""
    return {"name": name, "expression": copy.deepcopy(GROUP)}


def new_concept_set(identifier: int, name: str, items: list[Any]) -> Document:
    """A concept set."""
    return {"id": identifier, "name": name, "expression": {"items": items}}


def new_item(concept: Document) -> Document:
    """A concept in a set, with its descendants."""
    return {
        "concept": concept,
        "isExcluded": False,
        "includeDescendants": True,
        "includeMapped": False,
    }
