"""The words for the types, properties and operators of Circe, in English.

They are messages of the portal's catalogues, too: whoever shows them may translate them.
"""

from __future__ import annotations

import re
from typing import Final

NOUNS: Final = {
    "ConditionOccurrence": ("condition occurrence", "condition occurrences"),
    "ConditionEra": ("condition era", "condition eras"),
    "DrugExposure": ("drug exposure", "drug exposures"),
    "DrugEra": ("drug era", "drug eras"),
    "DoseEra": ("dose era", "dose eras"),
    "ProcedureOccurrence": ("procedure", "procedures"),
    "Measurement": ("measurement", "measurements"),
    "Observation": ("observation", "observations"),
    "DeviceExposure": ("device exposure", "device exposures"),
    "Specimen": ("specimen", "specimens"),
    "Death": ("death", "deaths"),
    "VisitOccurrence": ("visit", "visits"),
    "VisitDetail": ("visit detail", "visit details"),
    "ObservationPeriod": ("observation period", "observation periods"),
    "PayerPlanPeriod": ("payer plan period", "payer plan periods"),
    "Episode": ("episode", "episodes"),
    "CustomEra": ("era", "eras"),
    "LocationRegion": ("location region", "location regions"),
}
"""A type of criterion as a noun: one, and several."""
LABELS: Final = {
    "DateAdjustment": "date adjustment",
    "OccurrenceStartDate": "start date",
    "OccurrenceEndDate": "end date",
    "ConditionType": "condition type",
    "ConditionSourceConcept": "condition source concept",
    "StopReason": "stop reason",
    "ConditionStatus": "condition status",
    "Age": "age at the event",
    "Gender": "gender",
    "ProviderSpecialty": "provider specialty",
    "VisitType": "visit type",
    "EraStartDate": "era start date",
    "EraEndDate": "era end date",
    "EraLength": "era length",
    "AgeAtStart": "age at the start",
    "AgeAtEnd": "age at the end",
    "OccurrenceCount": "occurrence count",
    "DrugType": "drug type",
    "DrugSourceConcept": "drug source concept",
    "Refills": "refills",
    "Quantity": "quantity",
    "DaysSupply": "days supply",
    "RouteConcept": "route concept",
    "EffectiveDrugDose": "effective drug dose",
    "DoseUnit": "dose unit",
    "LotNumber": "lot number",
    "GapDays": "gap days",
    "Unit": "unit",
    "DoseValue": "dose value",
    "ProcedureType": "procedure type",
    "ProcedureSourceConcept": "procedure source concept",
    "Modifier": "modifier",
    "MeasurementType": "measurement type",
    "MeasurementSourceConcept": "measurement source concept",
    "Operator": "operator",
    "ValueAsNumber": "value",
    "ValueAsConcept": "value",
    "RangeLow": "range low",
    "RangeHigh": "range high",
    "RangeLowRatio": "value divided by the lower limit of normal",
    "RangeHighRatio": "value divided by the upper limit of normal",
    "Abnormal": "abnormal",
    "ObservationType": "observation type",
    "ObservationSourceConcept": "observation source concept",
    "ValueAsString": "value",
    "Qualifier": "qualifier",
    "DeviceType": "device type",
    "DeviceSourceConcept": "device source concept",
    "UniqueDeviceId": "unique device id",
    "SpecimenType": "specimen type",
    "SpecimenSourceConcept": "specimen source concept",
    "AnatomicSite": "anatomic site",
    "DiseaseStatus": "disease status",
    "SourceId": "source id",
    "DeathType": "death type",
    "DeathSourceConcept": "death source concept",
    "VisitSourceConcept": "visit source concept",
    "VisitLength": "visit length",
    "PlaceOfService": "place of service",
    "PlaceOfServiceLocation": "place of service location",
    "VisitDetailStartDate": "visit detail start date",
    "VisitDetailEndDate": "visit detail end date",
    "VisitDetailSourceConcept": "visit detail source concept",
    "VisitDetailLength": "visit detail length",
    "VisitDetailType": "visit detail type",
    "PeriodStartDate": "period start date",
    "PeriodEndDate": "period end date",
    "UserDefinedPeriod": "user defined period",
    "PeriodLength": "period length",
    "PeriodType": "period type",
    "PayerConcept": "payer concept",
    "PlanConcept": "plan concept",
    "SponsorConcept": "sponsor concept",
    "StopReasonConcept": "stop reason concept",
    "PayerSourceConcept": "payer source concept",
    "PlanSourceConcept": "plan source concept",
    "SponsorSourceConcept": "sponsor source concept",
    "StopReasonSourceConcept": "stop reason source concept",
    "EpisodeStartDate": "episode start date",
    "EpisodeEndDate": "episode end date",
    "EpisodeNumber": "episode number",
    "EpisodeObjectConcept": "episode object concept",
    "EpisodeType": "episode type",
    "StartDate": "start date",
    "EndDate": "end date",
    "Duration": "duration",
    "Race": "race",
    "Ethnicity": "ethnicity",
}
"""A property of a criterion as a sentence names it."""
COLUMNS: Final = {
    "DAYS_SUPPLY": "days supply",
    "DOMAIN_CONCEPT": "domain concept",
    "DOMAIN_SOURCE_CONCEPT": "domain source concept",
    "DURATION": "duration",
    "END_DATE": "end date",
    "ERA_OCCURRENCES": "era occurrences",
    "GAP_DAYS": "gap days",
    "QUANTITY": "quantity",
    "RANGE_HIGH": "range high",
    "RANGE_LOW": "range low",
    "REFILLS": "refills",
    "START_DATE": "start date",
    "UNIT": "unit",
    "VALUE_AS_NUMBER": "value as number",
    "VISIT_ID": "visit id",
    "VISIT_DETAIL_ID": "visit detail id",
}
"""What different values are counted of."""
OPERATORS: Final = {
    "lt": "below {0}",
    "lte": "at most {0}",
    "eq": "{0}",
    "!eq": "other than {0}",
    "gt": "above {0}",
    "gte": "at least {0}",
    "bt": "from {0} to {1}",
    "!bt": "not from {0} to {1}",
}
DATE_OPERATORS: Final = {
    **OPERATORS,
    "lt": "before {0}",
    "lte": "on or before {0}",
    "gt": "after {0}",
    "gte": "on or after {0}",
}
TEXT_OPERATORS: Final = {
    "contains": "contains",
    "startsWith": "starts with",
    "endsWith": "ends with",
    "!contains": "does not contain",
    "!startsWith": "does not start with",
    "!endsWith": "does not end with",
}
_VOWELS: Final = "aeiou"


def noun_of(kind: str) -> str:
    """A type of criterion as a noun with its article."""
    return with_article(NOUNS[kind][0])


def with_article(noun: str) -> str:
    """``a visit``, ``an episode``."""
    return f"an {noun}" if noun[0] in _VOWELS else f"a {noun}"


def label_of(name: str) -> str:
    """A property as it is called in a sentence: ``age at the event``."""
    return LABELS.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
