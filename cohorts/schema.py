"""The shape of a Circe cohort expression, as a table.

Property names are those of OHDSI's circe-be (version 1.11), case-sensitive as there. Each entry is
``property: kind``, where a kind is a scalar (``int``, ``number``, ``bool``, ``text``, ``date``), an
enumeration (``a|b``), the name of another object of this table, ``[kind]`` for a list, and ends in
``!`` if the property must be present and not null.
"""

from __future__ import annotations

from typing import Final

Fields = dict[str, str]

_PERIOD_FIELDS: Final[Fields] = {
    "First": "bool",
    "PeriodStartDate": "DateRange",
    "PeriodEndDate": "DateRange",
    "UserDefinedPeriod": "Period",
    "PeriodLength": "NumericRange",
    "AgeAtStart": "NumericRange",
    "AgeAtEnd": "NumericRange",
}
_CRITERIA: Final[Fields] = {
    "CorrelatedCriteria": "CriteriaGroup",
    "DateAdjustment": "DateAdjustment",
}
_PERSON: Final[Fields] = {"Gender": "[Concept]", "GenderCS": "ConceptSetSelection"}
_AGED_PERSON: Final[Fields] = {"Age": "NumericRange", **_PERSON}
_AT_VISIT: Final[Fields] = {
    **_AGED_PERSON,
    "ProviderSpecialty": "[Concept]",
    "ProviderSpecialtyCS": "ConceptSetSelection",
    "VisitType": "[Concept]",
    "VisitTypeCS": "ConceptSetSelection",
}
_ERA: Final[Fields] = {
    **_CRITERIA,
    "CodesetId": "codeset",
    "First": "bool",
    "EraStartDate": "DateRange",
    "EraEndDate": "DateRange",
    "EraLength": "NumericRange",
    "AgeAtStart": "NumericRange",
    "AgeAtEnd": "NumericRange",
    **_PERSON,
}


def _event(name: str, *, ends: bool) -> Fields:
    """Properties shared by the criteria over an event table called ``name`` in Circe."""
    fields: Fields = {
        **_CRITERIA,
        "CodesetId": "codeset",
        "First": "bool",
        "OccurrenceStartDate": "DateRange",
    }
    if ends:
        fields["OccurrenceEndDate"] = "DateRange"
    fields[f"{name}Type"] = "[Concept]"
    fields[f"{name}TypeCS"] = "ConceptSetSelection"
    fields[f"{name}TypeExclude"] = "bool"
    fields[f"{name}SourceConcept"] = "codeset"
    return fields


CRITERIA: Final[dict[str, Fields]] = {
    "ConditionOccurrence": {
        **_event("Condition", ends=True),
        "StopReason": "TextFilter",
        "ConditionStatus": "[Concept]",
        "ConditionStatusCS": "ConceptSetSelection",
        **_AT_VISIT,
    },
    "ConditionEra": {**_ERA, "OccurrenceCount": "NumericRange"},
    "DrugExposure": {
        **_event("Drug", ends=True),
        "StopReason": "TextFilter",
        "Refills": "NumericRange",
        "Quantity": "NumericRange",
        "DaysSupply": "NumericRange",
        "RouteConcept": "[Concept]",
        "RouteConceptCS": "ConceptSetSelection",
        "EffectiveDrugDose": "NumericRange",
        "DoseUnit": "[Concept]",
        "DoseUnitCS": "ConceptSetSelection",
        "LotNumber": "TextFilter",
        **_AT_VISIT,
    },
    "DrugEra": {**_ERA, "OccurrenceCount": "NumericRange", "GapDays": "NumericRange"},
    "DoseEra": {
        **_ERA,
        "Unit": "[Concept]",
        "UnitCS": "ConceptSetSelection",
        "DoseValue": "NumericRange",
    },
    "ProcedureOccurrence": {
        **_event("Procedure", ends=False),
        "Modifier": "[Concept]",
        "ModifierCS": "ConceptSetSelection",
        "Quantity": "NumericRange",
        **_AT_VISIT,
    },
    "Measurement": {
        **_event("Measurement", ends=False),
        "Operator": "[Concept]",
        "OperatorCS": "ConceptSetSelection",
        "ValueAsNumber": "NumericRange",
        "ValueAsConcept": "[Concept]",
        "ValueAsConceptCS": "ConceptSetSelection",
        "Unit": "[Concept]",
        "UnitCS": "ConceptSetSelection",
        "RangeLow": "NumericRange",
        "RangeHigh": "NumericRange",
        "RangeLowRatio": "NumericRange",
        "RangeHighRatio": "NumericRange",
        "Abnormal": "bool",
        **_AT_VISIT,
    },
    "Observation": {
        **_event("Observation", ends=False),
        "ValueAsNumber": "NumericRange",
        "ValueAsString": "TextFilter",
        "ValueAsConcept": "[Concept]",
        "ValueAsConceptCS": "ConceptSetSelection",
        "Qualifier": "[Concept]",
        "QualifierCS": "ConceptSetSelection",
        "Unit": "[Concept]",
        "UnitCS": "ConceptSetSelection",
        **_AT_VISIT,
    },
    "DeviceExposure": {
        **_event("Device", ends=True),
        "UniqueDeviceId": "TextFilter",
        "Quantity": "NumericRange",
        **_AT_VISIT,
    },
    "Specimen": {
        **_event("Specimen", ends=False),
        "Quantity": "NumericRange",
        "Unit": "[Concept]",
        "UnitCS": "ConceptSetSelection",
        "AnatomicSite": "[Concept]",
        "AnatomicSiteCS": "ConceptSetSelection",
        "DiseaseStatus": "[Concept]",
        "DiseaseStatusCS": "ConceptSetSelection",
        "SourceId": "TextFilter",
        **_AGED_PERSON,
    },
    "Death": {
        **_CRITERIA,
        "CodesetId": "codeset",
        "OccurrenceStartDate": "DateRange",
        "DeathType": "[Concept]",
        "DeathTypeCS": "ConceptSetSelection",
        "DeathTypeExclude": "bool",
        "DeathSourceConcept": "codeset",
        **_AGED_PERSON,
    },
    "VisitOccurrence": {
        **_event("Visit", ends=True),
        "VisitLength": "NumericRange",
        **_AGED_PERSON,
        "ProviderSpecialty": "[Concept]",
        "ProviderSpecialtyCS": "ConceptSetSelection",
        "PlaceOfService": "[Concept]",
        "PlaceOfServiceCS": "ConceptSetSelection",
        "PlaceOfServiceLocation": "codeset",
    },
    "VisitDetail": {
        **_CRITERIA,
        "CodesetId": "codeset",
        "First": "bool",
        "VisitDetailStartDate": "DateRange",
        "VisitDetailEndDate": "DateRange",
        "VisitDetailTypeCS": "ConceptSetSelection",
        "VisitDetailSourceConcept": "codeset",
        "VisitDetailLength": "NumericRange",
        "Age": "NumericRange",
        "GenderCS": "ConceptSetSelection",
        "ProviderSpecialtyCS": "ConceptSetSelection",
        "PlaceOfServiceCS": "ConceptSetSelection",
        "PlaceOfServiceLocation": "codeset",
    },
    "ObservationPeriod": {
        **_CRITERIA,
        **_PERIOD_FIELDS,
        "PeriodType": "[Concept]",
        "PeriodTypeCS": "ConceptSetSelection",
    },
    "PayerPlanPeriod": {
        **_CRITERIA,
        **_PERIOD_FIELDS,
        **_PERSON,
        "PayerConcept": "codeset",
        "PlanConcept": "codeset",
        "SponsorConcept": "codeset",
        "StopReasonConcept": "codeset",
        "PayerSourceConcept": "codeset",
        "PlanSourceConcept": "codeset",
        "SponsorSourceConcept": "codeset",
        "StopReasonSourceConcept": "codeset",
    },
    "Episode": {
        **_CRITERIA,
        "CodesetId": "codeset",
        "First": "bool",
        "EpisodeStartDate": "DateRange",
        "EpisodeEndDate": "DateRange",
        "EpisodeNumber": "NumericRange",
        "Age": "NumericRange",
        "GenderCS": "ConceptSetSelection",
        "EpisodeObjectConceptCS": "ConceptSetSelection",
        "EpisodeTypeCS": "ConceptSetSelection",
    },
    "LocationRegion": {
        **_CRITERIA,
        "CodesetId": "codeset",
        "StartDate": "DateRange",
        "EndDate": "DateRange",
    },
    "CustomEra": {
        **_CRITERIA,
        "CriteriaList": "[Criteria]!",
        "First": "bool",
        "GapDays": "int",
        "StartDate": "DateRange",
        "EndDate": "DateRange",
        "AgeAtStart": "NumericRange",
        "GenderCS": "ConceptSetSelection",
        "Duration": "NumericRange",
    },
}

COUNT_COLUMNS: Final = (
    "DAYS_SUPPLY|DOMAIN_CONCEPT|DOMAIN_SOURCE_CONCEPT|DURATION|END_DATE|ERA_OCCURRENCES|GAP_DAYS|"
    "QUANTITY|RANGE_HIGH|RANGE_LOW|REFILLS|START_DATE|UNIT|VALUE_AS_NUMBER|VISIT_ID|VISIT_DETAIL_ID"
)
RANGE_OPERATORS: Final = "lt|lte|eq|!eq|gt|gte|bt|!bt"
TEXT_OPERATORS: Final = "contains|startsWith|endsWith|!contains|!startsWith|!endsWith"

OBJECTS: Final[dict[str, Fields]] = {
    "CohortExpression": {
        "cdmVersionRange": "text",
        "Title": "text",
        "PrimaryCriteria": "PrimaryCriteria!",
        "AdditionalCriteria": "CriteriaGroup",
        "ConceptSets": "[ConceptSet]",
        "QualifiedLimit": "ResultLimit",
        "ExpressionLimit": "ResultLimit",
        "InclusionRules": "[InclusionRule]",
        "EndStrategy": "EndStrategy",
        "CensoringCriteria": "[Criteria]",
        "CollapseSettings": "CollapseSettings",
        "CensorWindow": "Period",
    },
    "PrimaryCriteria": {
        "CriteriaList": "[Criteria]!",
        "ObservationWindow": "ObservationWindow!",
        "PrimaryCriteriaLimit": "ResultLimit",
    },
    "ObservationWindow": {"PriorDays": "int", "PostDays": "int"},
    "ResultLimit": {"Type": "limit"},
    "ConceptSet": {"id": "int!", "name": "text", "expression": "ConceptSetExpression!"},
    "ConceptSetExpression": {"items": "[ConceptSetItem]!"},
    "ConceptSetItem": {
        "concept": "Concept!",
        "isExcluded": "bool",
        "includeDescendants": "bool",
        "includeMapped": "bool",
    },
    "Concept": {
        "CONCEPT_ID": "long!",
        "CONCEPT_NAME": "text",
        "STANDARD_CONCEPT": "text",
        "STANDARD_CONCEPT_CAPTION": "text",
        "INVALID_REASON": "text",
        "INVALID_REASON_CAPTION": "text",
        "CONCEPT_CODE": "text",
        "DOMAIN_ID": "text",
        "VOCABULARY_ID": "text",
        "CONCEPT_CLASS_ID": "text",
        "VALID_START_DATE": "any",
        "VALID_END_DATE": "any",
    },
    "ConceptSetSelection": {"CodesetId": "codeset", "IsExclusion": "bool"},
    "DateRange": {"Value": "date!", "Op": f"{RANGE_OPERATORS}!", "Extent": "date"},
    "NumericRange": {"Value": "number!", "Op": f"{RANGE_OPERATORS}!", "Extent": "number"},
    "TextFilter": {"Text": "text!", "Op": f"{TEXT_OPERATORS}!"},
    "Period": {"StartDate": "date", "EndDate": "date"},
    "DateAdjustment": {
        "StartWith": "START_DATE|END_DATE",
        "StartOffset": "int",
        "EndWith": "START_DATE|END_DATE",
        "EndOffset": "int",
    },
    "CriteriaGroup": {
        "Type": "group",
        "Count": "int",
        "CriteriaList": "[CorrelatedCriteria]",
        "DemographicCriteriaList": "[DemographicCriteria]",
        "Groups": "[CriteriaGroup]",
    },
    "CorrelatedCriteria": {
        "Criteria": "Criteria!",
        "StartWindow": "Window!",
        "EndWindow": "Window",
        "RestrictVisit": "bool",
        "IgnoreObservationPeriod": "bool",
        "Occurrence": "Occurrence!",
    },
    "Occurrence": {
        "Type": "int!",
        "Count": "int!",
        "IsDistinct": "bool",
        "CountColumn": COUNT_COLUMNS,
    },
    "Window": {
        "Start": "Endpoint!",
        "End": "Endpoint!",
        "UseIndexEnd": "bool",
        "UseEventEnd": "bool",
    },
    "Endpoint": {"Days": "int", "Coeff": "int!"},
    "DemographicCriteria": {
        "Age": "NumericRange",
        **_PERSON,
        "Race": "[Concept]",
        "RaceCS": "ConceptSetSelection",
        "Ethnicity": "[Concept]",
        "EthnicityCS": "ConceptSetSelection",
        "OccurrenceStartDate": "DateRange",
        "OccurrenceEndDate": "DateRange",
    },
    "InclusionRule": {"name": "text", "description": "text", "expression": "CriteriaGroup!"},
    "CollapseSettings": {"CollapseType": "ERA", "EraPad": "int"},
}

WRAPPERS: Final[dict[str, dict[str, Fields]]] = {
    "Criteria": CRITERIA,
    "EndStrategy": {
        "DateOffset": {"DateField": "StartDate|EndDate", "Offset": "int"},
        "CustomEra": {
            "DrugCodesetId": "codeset!",
            "GapDays": "int",
            "Offset": "int",
            "DaysSupplyOverride": "int",
        },
    },
}

LIMIT_TYPES: Final = ("ALL", "FIRST", "LAST")
GROUP_MEMBERS: Final = ("CriteriaList", "DemographicCriteriaList", "Groups")
GROUP_TYPES: Final = ("ALL", "ANY", "AT_LEAST", "AT_MOST")

# Valid Circe for which the reference writes SQL over what no OMOP CDM v5.4 has.
UNSUPPORTED_CRITERIA: Final = {
    "LocationRegion": "needs the table location_history, which OMOP CDM v5.4 does not have",
}
UNSUPPORTED_PROPERTIES: Final = {
    "PlaceOfServiceLocation": "needs the table location_history, which OMOP CDM v5.4 does not have",
    "DoseUnit": "needs drug_exposure.dose_unit_concept_id, which OMOP CDM v5.4 does not have",
    "DoseUnitCS": "needs drug_exposure.dose_unit_concept_id, which OMOP CDM v5.4 does not have",
}

CRITERIA_TABLES: Final[dict[str, str]] = {
    "ConditionOccurrence": "condition_occurrence",
    "ConditionEra": "condition_era",
    "DrugExposure": "drug_exposure",
    "DrugEra": "drug_era",
    "DoseEra": "dose_era",
    "ProcedureOccurrence": "procedure_occurrence",
    "Measurement": "measurement",
    "Observation": "observation",
    "DeviceExposure": "device_exposure",
    "Specimen": "specimen",
    "Death": "death",
    "VisitOccurrence": "visit_occurrence",
    "VisitDetail": "visit_detail",
    "ObservationPeriod": "observation_period",
    "PayerPlanPeriod": "payer_plan_period",
    "Episode": "episode",
    "LocationRegion": "location",
}
