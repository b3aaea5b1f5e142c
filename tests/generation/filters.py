"""Values for the filters of generated criteria, near what generated data hold."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from tests.generation.cdm import DAYS

Json = dict[str, Any]

_CRITERION_POOLS: Final = {
    "ConditionOccurrence": "condition",
    "ConditionEra": "condition",
    "Death": "condition",
    "DrugExposure": "drug",
    "DrugEra": "drug",
    "DoseEra": "drug",
    "ProcedureOccurrence": "procedure",
    "Measurement": "measurement",
    "Observation": "observation",
    "DeviceExposure": "device",
    "Specimen": "specimen",
    "VisitOccurrence": "visit",
    "VisitDetail": "visit",
    "Episode": "episode",
}
_ATTRIBUTE_POOLS: Final = {
    "Gender": "gender",
    "Race": "race",
    "Ethnicity": "ethnicity",
    "ProviderSpecialty": "specialty",
    "PlaceOfService": "place of service",
    "ConditionStatus": "condition status",
    "RouteConcept": "route",
    "Modifier": "modifier",
    "Operator": "operator",
    "ValueAsConcept": "value",
    "Unit": "unit",
    "Qualifier": "qualifier",
    "AnatomicSite": "anatomic site",
    "DiseaseStatus": "disease status",
    "PeriodType": "period type",
    "EpisodeObjectConcept": "condition",
}
_PLAN_POOLS: Final = {
    "Payer": "payer",
    "Plan": "plan",
    "Sponsor": "sponsor",
    "StopReason": "stop reason",
}
# Ascending values that data hold, or lie between what they hold.
_NUMBERS: Final[dict[str, tuple[float, ...]]] = {
    "Age": (18, 20, 40, 59, 60, 80),
    "AgeAtStart": (18, 20, 40, 59, 60, 80),
    "AgeAtEnd": (18, 20, 40, 59, 60, 80),
    "EraLength": (0, 1, 2, 5, 12, 30),
    "PeriodLength": (0, 10, 20, 30, 45, 60),
    "VisitLength": (0, 1, 2, 5, 12, 30),
    "VisitDetailLength": (0, 1, 2, 5, 12, 30),
    "Duration": (0, 1, 2, 5, 12, 30),
    "GapDays": (0, 1, 2, 5, 10),
    "OccurrenceCount": (0, 1, 2, 3, 5),
    "EpisodeNumber": (0, 1, 2, 3, 5),
    "Refills": (0, 1, 2, 3, 5),
    "DaysSupply": (0, 1, 5, 10, 30),
    "Quantity": (0, 0.5, 1, 2, 2.25, 5),
    "DoseValue": (0, 0.5, 1, 2, 2.25, 5),
    "EffectiveDrugDose": (0, 1, 5),
    "ValueAsNumber": (0, 1.5, 2, 4, 4.1234, 6),
    "RangeLow": (0, 0.5, 1, 1.5, 2),
    "RangeHigh": (0, 2, 3, 4.5, 5.5),
    "RangeLowRatio": (0, 0.75, 1, 1.5, 4),
    "RangeHighRatio": (0, 0.5, 0.8, 1, 2),
}


def codeset_pool(kind: str, name: str) -> str:
    """The pool of a property that names a concept set."""
    if name == "CodesetId":
        return _CRITERION_POOLS[kind]
    if kind == "PayerPlanPeriod":
        return _PLAN_POOLS[name.removesuffix("Concept").removesuffix("Source")]
    assert name.endswith("SourceConcept"), name
    return f"{_CRITERION_POOLS[kind]} source"


def pool_of(kind: str, name: str) -> str:
    """The pool of a property that lists concepts."""
    if name == "VisitType" and kind != "VisitOccurrence":
        return "visit"
    return (
        "record type" if name.endswith("Type") and name != "PeriodType" else _ATTRIBUTE_POOLS[name]
    )


def number_filter(rng: random.Random, kind: str, name: str, op: str) -> Json:
    """A range that most of the data meet, or almost none of them."""
    values = _NUMBERS[name]
    third = max(1, len(values) // 3)
    if op in ("bt", "!bt"):
        low, high = sorted(rng.sample(values, 2))
        return {"Value": low, "Op": op, "Extent": high}
    if op in ("lt", "lte"):
        return {"Value": rng.choice(values[-2 * third :]), "Op": op}
    if op in ("gt", "gte"):
        return {"Value": rng.choice(values[: 2 * third]), "Op": op}
    return {"Value": rng.choice(values), "Op": op}


def date_filter(rng: random.Random, op: str, date: Callable[[int], str]) -> Json:
    """A range of days within the data."""
    first, last = sorted(rng.sample(range(DAYS), 2))
    if op in ("bt", "!bt"):
        return {"Value": date(first), "Op": op, "Extent": date(last)}
    late = op in ("lt", "lte")
    return {"Value": date(last if late else first), "Op": op}


def text_filter(rng: random.Random, op: str) -> Json:
    """Text that some of the data hold, with the characters that patterns and quotes use."""
    text = rng.choice(["alpha", "beta", "a", "", "it's", "%", "a_b", "lph", "A"])
    return {"Text": text, "Op": op}
