"""What columns of the OMOP CDM are for: which a criterion reads, which a reason in words names.

Read by :mod:`cohorts.minimisation`. Tables of names, not of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Final

from cohorts.identifiers import ID_COLUMNS, VOCABULARY_TABLES, is_concept_column
from cohorts.model import CohortDefinition, Node, walk, walk_criteria
from cohorts.schema import CRITERIA_TABLES
from cohorts.window import EVENT_DATES

Column = tuple[str, str]


class Weight(IntEnum):
    """How much a column tells of who somebody is, beyond that it is there."""

    NONE = 0
    LOW = 1
    DATED = 2
    FINE = 3
    DEMOGRAPHIC = 4
    TEXT = 5


MAIN_CONCEPTS: Final[Mapping[str, str]] = {
    "visit_occurrence": "visit_concept_id",
    "visit_detail": "visit_detail_concept_id",
    "condition_occurrence": "condition_concept_id",
    "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id",
    "device_exposure": "device_concept_id",
    "measurement": "measurement_concept_id",
    "observation": "observation_concept_id",
    "specimen": "specimen_concept_id",
    "condition_era": "condition_concept_id",
    "drug_era": "drug_concept_id",
    "dose_era": "drug_concept_id",
    "episode": "episode_concept_id",
}
"""The concept that says what a row of the table is."""

CORE: Final[Mapping[str, frozenset[str]]] = {
    "observation_period": frozenset(
        {"observation_period_start_date", "observation_period_end_date"}
    ),
    "measurement": frozenset({"value_as_number", "unit_concept_id"}),
    "note": frozenset({"note_class_concept_id", "note_text"}),
    "fact_relationship": frozenset(
        {
            "domain_concept_id_1",
            "fact_id_1",
            "domain_concept_id_2",
            "fact_id_2",
            "relationship_concept_id",
        }
    ),
}
"""What any reason for the table needs, beside its main concept and its first date."""

_PERSON: Final[Mapping[str, str]] = {
    "Age": "year_of_birth",
    "AgeAtStart": "year_of_birth",
    "AgeAtEnd": "year_of_birth",
    "Gender": "gender_concept_id",
    "GenderCS": "gender_concept_id",
    "Race": "race_concept_id",
    "RaceCS": "race_concept_id",
    "Ethnicity": "ethnicity_concept_id",
    "EthnicityCS": "ethnicity_concept_id",
}
_OF_ROW: Final[Mapping[str, str]] = {
    "ValueAsNumber": "value_as_number",
    "ValueAsString": "value_as_string",
    "ValueAsConcept": "value_as_concept_id",
    "ValueAsConceptCS": "value_as_concept_id",
    "Unit": "unit_concept_id",
    "UnitCS": "unit_concept_id",
    "Operator": "operator_concept_id",
    "OperatorCS": "operator_concept_id",
    "RangeLow": "range_low",
    "RangeLowRatio": "range_low",
    "RangeHigh": "range_high",
    "RangeHighRatio": "range_high",
    "Quantity": "quantity",
    "DaysSupply": "days_supply",
    "Refills": "refills",
    "RouteConcept": "route_concept_id",
    "RouteConceptCS": "route_concept_id",
    "StopReason": "stop_reason",
    "LotNumber": "lot_number",
    "Modifier": "modifier_concept_id",
    "ModifierCS": "modifier_concept_id",
    "Qualifier": "qualifier_concept_id",
    "QualifierCS": "qualifier_concept_id",
    "ConditionStatus": "condition_status_concept_id",
    "ConditionStatusCS": "condition_status_concept_id",
    "DoseValue": "dose_value",
    "OccurrenceCount": "condition_occurrence_count",
    "GapDays": "gap_days",
    "AnatomicSite": "anatomic_site_concept_id",
    "DiseaseStatus": "disease_status_concept_id",
}
_ELSEWHERE: Final[Mapping[str, Column]] = {
    "VisitType": ("visit_occurrence", "visit_concept_id"),
    "VisitTypeCS": ("visit_occurrence", "visit_concept_id"),
    "ProviderSpecialty": ("provider", "specialty_concept_id"),
    "ProviderSpecialtyCS": ("provider", "specialty_concept_id"),
    "PlaceOfService": ("care_site", "place_of_service_concept_id"),
    "PlaceOfServiceCS": ("care_site", "place_of_service_concept_id"),
}
_ENDS: Final = frozenset(
    {"OccurrenceEndDate", "EraEndDate", "PeriodEndDate", "EraLength", "PeriodLength", "VisitLength",
     "VisitDetailEndDate", "VisitDetailLength", "EpisodeEndDate", "Duration"}
)  # fmt: skip

WORDS: Final[Mapping[str, str]] = {
    "year_of_birth": r"\bages?\b|\baged\b|\bold(er)?\b|\bbirth\b|\byounger\b|年龄|出生",
    "month_of_birth": r"\bmonth of birth\b|\bage in months\b|\binfants?\b|出生月",
    "gender_concept_id": r"\bsex\b|\bgender\b|\bwomen\b|\bmen\b|\bmales?\b|\bfemales?\b|性别|男|女",
    "race_concept_id": r"\brac(e|ial)\b|种族",
    "ethnicity_concept_id": r"\bethnic|民族",
    "location_id": r"\bareas?\b|\bregions?\b|\bvillages?\b|\btownships?\b|\bresiden|地区",
    "care_site_id": r"\bclinics?\b|\bhospitals?\b|\bfacilit|\bcare sites?\b|机构|医院",
    "provider_id": r"\bproviders?\b|\bdoctors?\b|\bphysicians?\b|\bsame team\b|\bcontinuity\b|医生",
    "visit_occurrence_id": r"\bvisits?\b|\bencounters?\b|就诊",
    "quantity": r"\bquantit|\bamounts?\b|\bdos(e|es|age)\b|剂量",
    "days_supply": r"\bdays.supply\b|\bsupply\b|\badherence\b|\bduration\b|\bintensity\b",
    "refills": r"\brefills?\b",
    "route_concept_id": r"\broutes?\b|给药途径",
    "value_as_concept_id": r"\bresults?\b|\banswers?\b|\bcategor|\bsmok|\blifestyle\b",
    "value_as_string": r"\bfree text\b|\bwritten answers?\b",
    "range_low": r"\breference range|\bnormal (range|limit)|参考范围",
    "range_high": r"\breference range|\bnormal (range|limit)|参考范围",
    "cause_concept_id": r"\bcauses?\b|死因",
    "note_text": r"\bnotes?\b|\btexts?\b|\bnarrative|文本|病历",
    "specialty_concept_id": r"\bspecialt|专科",
}
"""Words of a reason that call for a column; columns are also called for by their own names."""

_END_WORDS: Final = re.compile(r"\bend\b|\bended\b|\bduration\b|\blength\b|\bspac|\blong\b|时长")
_CLOCK_WORDS: Final = re.compile(
    r"\btimes? of (the )?day\b|\bhours?\b|\bminutes?\b|\bnights?\b|时刻"
)
_SOURCE_WORDS: Final = re.compile(r"\bsource (code|value|concept)|\boriginal codes?\b|\bICD\b|原始")
_TYPE_WORDS: Final = re.compile(r"\bprovenance\b|\btypes? of records?\b|\bwhere .* recorded\b")


def definition_columns(definition: CohortDefinition) -> frozenset[Column]:
    """The columns that a definition reads."""
    found: set[Column] = set()
    for _, kind, body in walk_criteria(definition.expression):
        found |= set(_of_criterion(CRITERIA_TABLES.get(kind, ""), body))
    for path, node in walk(definition.expression):
        if ".DemographicCriteriaList[" in path and path.endswith("]"):
            found |= {("person", _PERSON[name]) for name in node if name in _PERSON}
    found |= {("observation_period", column) for column in CORE["observation_period"]}
    if "CustomEra" in definition.expression.get("EndStrategy", {}):
        found |= {
            ("drug_exposure", name)
            for name in (
                "drug_concept_id",
                "drug_exposure_start_date",
                "drug_exposure_end_date",
                "days_supply",
            )
        }
    return frozenset(found)


def core_columns(table: str) -> frozenset[str]:
    """What any reason for a table needs of it."""
    found = set(CORE.get(table, ()))
    if table in MAIN_CONCEPTS:
        found.add(MAIN_CONCEPTS[table])
    if table in EVENT_DATES:
        found.add(EVENT_DATES[table].start)
    return frozenset(found)


def named_in(reason: str, table: str, column: str) -> bool:
    """Whether a reason in words calls for a column."""
    text = reason.casefold()
    if column.casefold() in text:
        return True
    if column in WORDS:
        return re.search(WORDS[column], text) is not None
    dates = EVENT_DATES.get(table)
    if column.endswith("_datetime"):
        return _CLOCK_WORDS.search(text) is not None
    if dates is not None and column == dates.end:
        return _END_WORDS.search(text) is not None
    if "_source_" in column:
        return _SOURCE_WORDS.search(reason) is not None
    if column.endswith("_type_concept_id"):
        return _TYPE_WORDS.search(text) is not None
    words = [
        word for word in column.split("_") if word not in {"concept", "id", "date", "as", "of"}
    ]
    own = set(table.split("_"))
    telling = [word for word in words if word not in own]
    return bool(telling) and all(re.search(rf"\b{word}", text) for word in telling)


def is_structural(table: str, column: str) -> bool:
    """Whether a column only joins rows, with ids that no other project has."""
    if table in VOCABULARY_TABLES:
        return True
    return column == "person_id" or ID_COLUMNS.get(column) == table


def weight_of(table: str, column: str) -> Weight:
    """How much a column tells of who somebody is."""
    if is_structural(table, column):
        return Weight.NONE
    if column in {"note_text", "note_title", "value_as_string", "sig", "stop_reason"}:
        return Weight.TEXT
    if column.endswith("_source_value"):
        return Weight.TEXT
    if table == "person" or table in {"location", "care_site", "provider"}:
        return Weight.DEMOGRAPHIC if not column.endswith("_source_concept_id") else Weight.FINE
    if column in {"location_id", "care_site_id", "provider_id"}:
        return Weight.DEMOGRAPHIC
    if column.endswith("_datetime") or column.endswith("_source_concept_id"):
        return Weight.FINE
    if column.endswith("_date") or table == "fact_relationship":
        return Weight.DATED
    if is_concept_column(column) and column == MAIN_CONCEPTS.get(table):
        return Weight.DATED
    return Weight.LOW


WEIGHT_WORDS: Final[Mapping[Weight, str]] = {
    Weight.TEXT: "free text can describe a person without naming them",
    Weight.DEMOGRAPHIC: "others know it of a person, or it tells where somebody is cared for",
    Weight.FINE: "times of day and local codes tell records apart that are alike otherwise",
    Weight.DATED: "dates and diagnoses together are nearly a fingerprint",
    Weight.LOW: "tells little by itself",
    Weight.NONE: "only joins rows; no other project has these ids",
}


def needs_own_reason(table: str, column: str) -> bool:
    """Whether a column asks for a reason of its own beside its table's."""
    return weight_of(table, column) is Weight.TEXT or (
        weight_of(table, column) is Weight.DEMOGRAPHIC
        and column not in {"year_of_birth", "gender_concept_id"}
        and table not in {"location", "care_site", "provider"}
    )


def _of_criterion(table: str, body: Node) -> Iterator[Column]:
    if not table:
        return
    for column in core_columns(table) - CORE.get(table, frozenset()):
        yield table, column
    if table == "observation_period":
        for column in CORE[table]:
            yield table, column
    for name in body:
        if name in _PERSON:
            yield "person", _PERSON[name]
        elif name in _OF_ROW:
            yield table, _OF_ROW[name]
        elif name in _ELSEWHERE:
            yield _ELSEWHERE[name]
            yield table, "visit_occurrence_id"
        elif name in _ENDS and table in EVENT_DATES and EVENT_DATES[table].end:
            yield table, str(EVENT_DATES[table].end)
        elif name.endswith("SourceConcept"):
            main = MAIN_CONCEPTS.get(table, "")
            yield table, main.replace("_concept_id", "_source_concept_id")
        elif name.endswith(("Type", "TypeCS")):
            main = MAIN_CONCEPTS.get(table, "")
            yield table, main.replace("_concept_id", "_type_concept_id")
