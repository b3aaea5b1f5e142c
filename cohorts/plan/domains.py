"""The tables behind Circe's criteria: dates, concepts, properties, and what may be counted.

Column names are those of OMOP CDM v5.4. Where the reference (circe-be 1.11) tests another column
than the property's name says, that is noted beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cohorts.plan.nodes import END, START
from cohorts.plan.properties import (
    AGE_AT_END,
    AT_VISIT,
    DURATION,
    ERA,
    GENDER,
    OCCURS,
    PERIOD,
    PERSON,
    PROVIDER,
    Property,
    concepts,
    decimal,
    on_date,
    text,
    whole,
)

_ONE_DAY: Final = "CAST(1 AS INTEGER)"


@dataclass(frozen=True)
class Domain:
    """One criterion's table; ``start`` and ``end`` are SQL over its alias ``e``."""

    table: str
    start: str
    end: str
    concept: str | None = None
    source: tuple[str, str] | None = None
    has_visit: bool = True
    key: str = ""
    properties: tuple[Property, ...] = ()
    counted: Mapping[str, str] = field(default_factory=dict)
    adjusts: bool = True

    @property
    def event_id(self) -> str:
        """The column that identifies an event."""
        return self.key or f"{self.table}_id"


_WITH_VISIT: Final = {"VISIT_ID": "e.visit_occurrence_id"}
_NO_VISIT: Final = {"VISIT_ID": "CAST(NULL AS BIGINT)"}
_DURATION: Final = {"DURATION": DURATION}
_LASTS_A_DAY: Final = {"DURATION": _ONE_DAY}


def _following(start: str) -> str:
    return f"{start} + 1"


DOMAINS: Final[Mapping[str, Domain]] = {
    "ConditionOccurrence": Domain(
        "condition_occurrence",
        "e.condition_start_date",
        "coalesce(e.condition_end_date, e.condition_start_date + 1)",
        "condition_concept_id",
        ("ConditionSourceConcept", "condition_source_concept_id"),
        properties=(
            OCCURS,
            on_date("OccurrenceEndDate", END),
            concepts("ConditionType", "e.condition_type_concept_id"),
            text("StopReason", "e.stop_reason"),
            *AT_VISIT,
            concepts("ConditionStatus", "e.condition_status_concept_id"),
        ),
        counted={**_DURATION, **_WITH_VISIT, "DOMAIN_CONCEPT": "e.condition_concept_id"},
    ),
    "ConditionEra": Domain(
        "condition_era",
        "e.condition_era_start_date",
        "e.condition_era_end_date",
        "condition_concept_id",
        has_visit=False,
        properties=(*ERA, whole("OccurrenceCount", "e.condition_occurrence_count")),
        counted={
            **_DURATION,
            "DOMAIN_CONCEPT": "e.condition_concept_id",
            "ERA_OCCURRENCES": "e.condition_occurrence_count",
        },
    ),
    "DrugExposure": Domain(
        "drug_exposure",
        "e.drug_exposure_start_date",
        "coalesce(e.drug_exposure_end_date,"
        " e.drug_exposure_start_date + CAST(e.days_supply AS INTEGER),"
        " e.drug_exposure_start_date + 1)",
        "drug_concept_id",
        ("DrugSourceConcept", "drug_source_concept_id"),
        properties=(
            OCCURS,
            # The reference compares the start with it.
            on_date("OccurrenceEndDate", START),
            concepts("DrugType", "e.drug_type_concept_id"),
            text("StopReason", "e.stop_reason"),
            whole("Refills", "e.refills"),
            decimal("Quantity", "e.quantity"),
            whole("DaysSupply", "e.days_supply"),
            concepts("RouteConcept", "e.route_concept_id"),
            text("LotNumber", "e.lot_number"),
            *AT_VISIT,
        ),
        counted={
            **_DURATION,
            **_WITH_VISIT,
            "DOMAIN_CONCEPT": "e.drug_concept_id",
            "DAYS_SUPPLY": "e.days_supply",
            "QUANTITY": "e.quantity",
            "REFILLS": "e.refills",
        },
    ),
    "DrugEra": Domain(
        "drug_era",
        "e.drug_era_start_date",
        "e.drug_era_end_date",
        "drug_concept_id",
        has_visit=False,
        properties=(
            *ERA,
            whole("OccurrenceCount", "e.drug_exposure_count"),
            whole("GapDays", "e.gap_days"),
        ),
        counted={
            **_DURATION,
            **_NO_VISIT,
            "DOMAIN_CONCEPT": "e.drug_concept_id",
            "ERA_OCCURRENCES": "e.drug_exposure_count",
            "GAP_DAYS": "e.gap_days",
        },
    ),
    "DoseEra": Domain(
        "dose_era",
        "e.dose_era_start_date",
        "e.dose_era_end_date",
        "drug_concept_id",
        has_visit=False,
        properties=(
            *ERA,
            concepts("Unit", "e.unit_concept_id"),
            decimal("DoseValue", "e.dose_value"),
        ),
        counted={
            **_DURATION,
            **_NO_VISIT,
            "DOMAIN_CONCEPT": "e.drug_concept_id",
            "UNIT": "e.unit_concept_id",
            "VALUE_AS_NUMBER": "e.dose_value",
        },
    ),
    "ProcedureOccurrence": Domain(
        "procedure_occurrence",
        "e.procedure_date",
        _following("e.procedure_date"),
        "procedure_concept_id",
        ("ProcedureSourceConcept", "procedure_source_concept_id"),
        properties=(
            OCCURS,
            concepts("ProcedureType", "e.procedure_type_concept_id"),
            concepts("Modifier", "e.modifier_concept_id"),
            whole("Quantity", "e.quantity"),
            *AT_VISIT,
        ),
        counted={
            **_LASTS_A_DAY,
            **_WITH_VISIT,
            "DOMAIN_CONCEPT": "e.procedure_concept_id",
            "QUANTITY": "e.quantity",
        },
    ),
    "Measurement": Domain(
        "measurement",
        "e.measurement_date",
        _following("e.measurement_date"),
        "measurement_concept_id",
        ("MeasurementSourceConcept", "measurement_source_concept_id"),
        properties=(
            OCCURS,
            concepts("MeasurementType", "e.measurement_type_concept_id"),
            concepts("Operator", "e.operator_concept_id"),
            decimal("ValueAsNumber", "e.value_as_number"),
            concepts("ValueAsConcept", "e.value_as_concept_id"),
            concepts("Unit", "e.unit_concept_id"),
            decimal("RangeLow", "e.range_low"),
            decimal("RangeHigh", "e.range_high"),
            decimal("RangeLowRatio", "(e.value_as_number / nullif(e.range_low, 0))"),
            decimal("RangeHighRatio", "(e.value_as_number / nullif(e.range_high, 0))"),
            *AT_VISIT,
        ),
        counted={
            **_LASTS_A_DAY,
            **_WITH_VISIT,
            "DOMAIN_CONCEPT": "e.measurement_concept_id",
            "VALUE_AS_NUMBER": "e.value_as_number",
            "RANGE_HIGH": "e.range_high",
            "RANGE_LOW": "e.range_low",
        },
    ),
    "Observation": Domain(
        "observation",
        "e.observation_date",
        _following("e.observation_date"),
        "observation_concept_id",
        ("ObservationSourceConcept", "observation_source_concept_id"),
        properties=(
            OCCURS,
            concepts("ObservationType", "e.observation_type_concept_id"),
            decimal("ValueAsNumber", "e.value_as_number"),
            text("ValueAsString", "e.value_as_string"),
            concepts("ValueAsConcept", "e.value_as_concept_id"),
            concepts("Qualifier", "e.qualifier_concept_id"),
            concepts("Unit", "e.unit_concept_id"),
            *AT_VISIT,
        ),
        counted={
            **_LASTS_A_DAY,
            **_WITH_VISIT,
            "DOMAIN_CONCEPT": "e.observation_concept_id",
            "VALUE_AS_NUMBER": "e.value_as_number",
        },
    ),
    "DeviceExposure": Domain(
        "device_exposure",
        "e.device_exposure_start_date",
        "coalesce(e.device_exposure_end_date, e.device_exposure_start_date + 1)",
        "device_concept_id",
        ("DeviceSourceConcept", "device_source_concept_id"),
        properties=(
            OCCURS,
            on_date("OccurrenceEndDate", END),
            concepts("DeviceType", "e.device_type_concept_id"),
            text("UniqueDeviceId", "e.unique_device_id"),
            whole("Quantity", "e.quantity"),
            *AT_VISIT,
        ),
        counted={
            **_DURATION,
            **_WITH_VISIT,
            "DOMAIN_CONCEPT": "e.device_concept_id",
            "QUANTITY": "e.quantity",
        },
    ),
    "Specimen": Domain(
        "specimen",
        "e.specimen_date",
        _following("e.specimen_date"),
        "specimen_concept_id",
        has_visit=False,
        # The reference knows neither a source concept nor a date adjustment of specimens.
        adjusts=False,
        properties=(
            OCCURS,
            concepts("SpecimenType", "e.specimen_type_concept_id"),
            decimal("Quantity", "e.quantity"),
            concepts("Unit", "e.unit_concept_id"),
            concepts("AnatomicSite", "e.anatomic_site_concept_id"),
            concepts("DiseaseStatus", "e.disease_status_concept_id"),
            text("SourceId", "e.specimen_source_id"),
            *PERSON,
        ),
        counted={**_LASTS_A_DAY, **_NO_VISIT, "DOMAIN_CONCEPT": "e.specimen_concept_id"},
    ),
    "Death": Domain(
        "death",
        "e.death_date",
        _following("e.death_date"),
        "cause_concept_id",
        ("DeathSourceConcept", "cause_source_concept_id"),
        has_visit=False,
        key="person_id",
        properties=(OCCURS, concepts("DeathType", "e.death_type_concept_id"), *PERSON),
        counted={
            **_LASTS_A_DAY,
            **_NO_VISIT,
            "DOMAIN_CONCEPT": "coalesce(e.cause_concept_id, 0)",
        },
    ),
    "VisitOccurrence": Domain(
        "visit_occurrence",
        "e.visit_start_date",
        "e.visit_end_date",
        "visit_concept_id",
        ("VisitSourceConcept", "visit_source_concept_id"),
        properties=(
            OCCURS,
            on_date("OccurrenceEndDate", END),
            concepts("VisitType", "e.visit_type_concept_id"),
            whole("VisitLength", DURATION),
            *PERSON,
            PROVIDER,
            concepts("PlaceOfService", "care_site.place_of_service_concept_id"),
        ),
        counted={**_DURATION, **_WITH_VISIT, "DOMAIN_CONCEPT": "e.visit_concept_id"},
    ),
    "VisitDetail": Domain(
        "visit_detail",
        "e.visit_detail_start_date",
        "e.visit_detail_end_date",
        "visit_detail_concept_id",
        ("VisitDetailSourceConcept", "visit_detail_source_concept_id"),
        properties=(
            on_date("VisitDetailStartDate", START),
            on_date("VisitDetailEndDate", END),
            concepts("VisitDetailType", "e.visit_detail_type_concept_id"),
            whole("VisitDetailLength", DURATION),
            # The reference takes the age at the end here.
            whole("Age", AGE_AT_END),
            GENDER,
            PROVIDER,
            concepts("PlaceOfService", "care_site.place_of_service_concept_id"),
        ),
        counted={
            **_DURATION,
            "DOMAIN_CONCEPT": "e.visit_detail_concept_id",
            "VISIT_DETAIL_ID": "e.visit_detail_id",
        },
    ),
    "ObservationPeriod": Domain(
        "observation_period",
        "e.observation_period_start_date",
        "e.observation_period_end_date",
        has_visit=False,
        properties=(*PERIOD, concepts("PeriodType", "e.period_type_concept_id")),
        counted={**_DURATION, **_NO_VISIT, "DOMAIN_CONCEPT": "e.period_type_concept_id"},
    ),
    "PayerPlanPeriod": Domain(
        "payer_plan_period",
        "e.payer_plan_period_start_date",
        "e.payer_plan_period_end_date",
        has_visit=False,
        properties=(
            *PERIOD,
            GENDER,
            Property("PayerConcept", "set", "e.payer_concept_id"),
            Property("PlanConcept", "set", "e.plan_concept_id"),
            Property("SponsorConcept", "set", "e.sponsor_concept_id"),
            Property("StopReasonConcept", "set", "e.stop_reason_concept_id"),
            Property("PayerSourceConcept", "set", "e.payer_source_concept_id"),
            Property("PlanSourceConcept", "set", "e.plan_source_concept_id"),
            Property("SponsorSourceConcept", "set", "e.sponsor_source_concept_id"),
            Property("StopReasonSourceConcept", "set", "e.stop_reason_source_concept_id"),
        ),
        counted={**_NO_VISIT, "DOMAIN_CONCEPT": "e.payer_concept_id"},
    ),
    "Episode": Domain(
        "episode",
        "e.episode_start_date",
        "e.episode_end_date",
        "episode_concept_id",
        has_visit=False,
        properties=(
            on_date("EpisodeStartDate", START),
            on_date("EpisodeEndDate", END),
            whole("EpisodeNumber", "e.episode_number"),
            *PERSON,
            concepts("EpisodeObjectConcept", "e.episode_object_concept_id"),
            concepts("EpisodeType", "e.episode_type_concept_id"),
        ),
        counted={**_DURATION, "DOMAIN_CONCEPT": "e.episode_concept_id"},
    ),
}

COUNTED_IN_ALL: Final = {"START_DATE": START, "END_DATE": END}
CUSTOM_ERA_COUNTED: Final = {**_DURATION, **_NO_VISIT}
