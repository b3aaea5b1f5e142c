"""The schema table agrees with the compiler's own model: no property is lost or invented."""

from __future__ import annotations

from typing import Any

import pytest
from duckcdm.circe import CohortExpression
from duckcdm.circe import _model as reference
from duckcdm.omop import cdm_fields

from cohorts.repairs import build_template
from cohorts.schema import (
    CRITERIA,
    OBJECTS,
    UNSUPPORTED_CRITERIA,
    UNSUPPORTED_PROPERTIES,
    WRAPPERS,
)

BEANS = {
    "CohortExpression": reference.CohortExpression,
    "PrimaryCriteria": reference.PrimaryCriteria,
    "ObservationWindow": reference.ObservationFilter,
    "ResultLimit": reference.ResultLimit,
    "ConceptSet": reference.ConceptSet,
    "ConceptSetExpression": reference.ConceptSetExpression,
    "ConceptSetItem": reference.ConceptSetItem,
    "ConceptSetSelection": reference.ConceptSetSelection,
    "DateRange": reference.DateRange,
    "NumericRange": reference.NumericRange,
    "TextFilter": reference.TextFilter,
    "Period": reference.Period,
    "DateAdjustment": reference.DateAdjustment,
    "CriteriaGroup": reference.CriteriaGroup,
    "CorrelatedCriteria": reference.CorelatedCriteria,
    "Occurrence": reference.Occurrence,
    "Window": reference.Window,
    "Endpoint": reference.Endpoint,
    "DemographicCriteria": reference.DemographicCriteria,
    "InclusionRule": reference.InclusionRule,
    "CollapseSettings": reference.CollapseSettings,
}


def properties(bean: type) -> set[str]:
    return {name for name, *_ in bean._all_fields()}


def test_every_criterion_of_the_compiler_is_in_the_table() -> None:
    assert set(CRITERIA) == set(reference.CRITERIA_TYPES)


def test_criteria_have_exactly_the_compilers_properties() -> None:
    for name, bean in reference.CRITERIA_TYPES.items():
        assert set(CRITERIA[name]) == properties(bean), name


def test_other_objects_have_exactly_the_compilers_properties() -> None:
    for name, bean in BEANS.items():
        assert set(OBJECTS[name]) == properties(bean), name
    assert set(OBJECTS) - set(BEANS) == {"Concept"}
    assert set(OBJECTS["Concept"]) >= properties(reference.Concept)


def test_end_strategies_have_exactly_the_compilers_properties() -> None:
    strategies = WRAPPERS["EndStrategy"]
    assert set(strategies["DateOffset"]) == properties(reference.DateOffsetStrategy)
    assert set(strategies["CustomEra"]) == properties(reference.CustomEraStrategy)


def test_every_kind_is_known() -> None:
    scalars = {"int", "long", "number", "bool", "text", "date", "codeset", "limit", "group", "any"}
    known = scalars | set(OBJECTS) | set(WRAPPERS)
    tables = [*CRITERIA.values(), *OBJECTS.values(), *WRAPPERS["EndStrategy"].values()]
    for kind in {kind for table in tables for kind in table.values()}:
        plain = kind.rstrip("!").strip("[]")
        assert plain in known or "|" in plain or plain == "ERA", kind


REFUSED = {
    "LocationRegion": ({"LocationRegion": {"CodesetId": 1}}, "location_history"),
    "PlaceOfServiceLocation": (
        {"VisitOccurrence": {"PlaceOfServiceLocation": 1}},
        "location_history",
    ),
    "DoseUnit": (
        {"DrugExposure": {"DoseUnit": [{"CONCEPT_ID": 1}]}},
        "drug_exposure.dose_unit_concept_id",
    ),
    "DoseUnitCS": (
        {"DrugExposure": {"DoseUnitCS": {"CodesetId": 1}}},
        "drug_exposure.dose_unit_concept_id",
    ),
}


@pytest.mark.parametrize("refused", sorted({*UNSUPPORTED_CRITERIA, *UNSUPPORTED_PROPERTIES}))
def test_what_is_refused_reads_what_the_cdm_does_not_have(refused: str) -> None:
    criterion, needed = REFUSED[refused]
    table, _, column = needed.partition(".")
    fields = {name: {field for field, _ in of} for name, of in cdm_fields().items()}
    assert column not in fields[table] if column else table not in fields
    document: dict[str, Any] = {
        "PrimaryCriteria": {
            "CriteriaList": [criterion],
            "ObservationWindow": {},
            "PrimaryCriteriaLimit": {"Type": "All"},
        }
    }
    sql = build_template(CohortExpression.from_json(document), cdm_schema="cdm").lower()
    assert (column or table) in sql
