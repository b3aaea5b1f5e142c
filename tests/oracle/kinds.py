"""How each criterion reads its table: its days, its concepts, and what its properties test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tests.oracle.world import Day, Row, World

Getter = Callable[["Candidate"], Any]


@dataclass
class Candidate:
    """A row with its days, while filters look at it."""

    row: Row
    person: int
    id: int
    start: Day
    end: Day | None
    world: World

    def col(self, name: str) -> Any:
        """A column of the row; None if the table has no such column."""
        return self.row.get(name)

    @property
    def somebody(self) -> Row | None:
        """The person's row."""
        return self.world.people.get(self.person)

    @property
    def days(self) -> int | None:
        """Days from start to end."""
        return None if self.end is None else (self.end - self.start).days


def _column(name: str) -> Getter:
    return lambda one: one.col(name)


def _start(one: Candidate) -> Day:
    return one.start


def _end(one: Candidate) -> Day | None:
    return one.end


def _length(one: Candidate) -> int | None:
    return one.days


def _age(at: Getter) -> Getter:
    def age(one: Candidate) -> int | None:
        day, somebody = at(one), one.somebody
        return None if day is None or somebody is None else day.year - somebody["year_of_birth"]

    return age


def _gender(one: Candidate) -> int | None:
    return None if one.somebody is None else one.somebody.get("gender_concept_id")


def _specialty(one: Candidate) -> int | None:
    return one.world.specialties.get(one.col("provider_id"))


def _place(one: Candidate) -> int | None:
    return one.world.places.get(one.col("care_site_id"))


def _visit_concept(one: Candidate) -> int | None:
    visit = one.world.visits.get((one.col("visit_occurrence_id"), one.person))
    return None if visit is None else visit["visit_concept_id"]


def _ratio(limit: str) -> Getter:
    def ratio(one: Candidate) -> float | None:
        value, of = one.col("value_as_number"), one.col(limit)
        return None if value is None or not of else value / of

    return ratio


_AGED: Final[dict[str, Getter]] = {"Age": _age(_start), "Gender": _gender}
_AT_VISIT: Final[dict[str, Getter]] = {
    **_AGED,
    "ProviderSpecialty": _specialty,
    "VisitType": _visit_concept,
}
_SPAN: Final[dict[str, Getter]] = {
    "AgeAtStart": _age(_start),
    "AgeAtEnd": _age(_end),
    "Gender": _gender,
}
_ERA: Final[dict[str, Getter]] = {
    **_SPAN,
    "EraStartDate": _start,
    "EraEndDate": _end,
    "EraLength": _length,
}
_PERIOD: Final[dict[str, Getter]] = {
    **_SPAN,
    "PeriodStartDate": _start,
    "PeriodEndDate": _end,
    "PeriodLength": _length,
}
# Rows without these are dropped even where a filter asks for "not in": joins are inner.
NEEDED: Final[dict[str, Callable[[Candidate], bool]]] = {
    **{
        name: lambda one: one.somebody is not None
        for name in ("Age", "AgeAtStart", "AgeAtEnd", "Gender")
    },
    "VisitType": lambda one: (one.col("visit_occurrence_id"), one.person) in one.world.visits,
    "PlaceOfService": lambda one: one.col("care_site_id") in one.world.places,
}


def _after(row: Row, column: str, days: int = 1) -> Day:
    return row[column] + timedelta(days=days)


def drug_end(row: Row) -> Day:
    """The last day of an exposure: recorded, or by its supply, or the day after it began."""
    start, supply = row["drug_exposure_start_date"], row.get("days_supply")
    if row.get("drug_exposure_end_date") is not None:
        return row["drug_exposure_end_date"]
    return start + timedelta(days=1 if supply is None else supply)


@dataclass(frozen=True)
class Kind:
    """How a criterion reads its table.

    ``filters`` give the value that a property tests, ``facts`` the columns whose different values
    may be counted. A point in time has a duration of one day, whatever adjusts its dates.
    """

    table: str
    id: str
    start: str
    end: Callable[[Row], Day | None]
    filters: Mapping[str, Getter]
    facts: Mapping[str, str]
    concept: str | None = None
    source: str | None = None
    has_visit: bool = False
    adjusts: bool = True
    is_point: bool = False


def _event_kind(
    table: str,
    name: str,
    start: str,
    end: Callable[[Row], Day | None],
    filters: Mapping[str, Getter],
    facts: Mapping[str, str],
    *,
    is_point: bool = False,
) -> Kind:
    """A table of the CDM's usual shape, whose properties begin with ``name`` in Circe."""
    prefix = name.lower()
    return Kind(
        table,
        f"{table}_id",
        start,
        end,
        {
            "OccurrenceStartDate": _start,
            "OccurrenceEndDate": _end,
            f"{name}Type": _column(f"{prefix}_type_concept_id"),
            **_AT_VISIT,
            **filters,
        },
        concept=f"{prefix}_concept_id",
        source=f"{prefix}_source_concept_id",
        has_visit=True,
        facts=facts,
        is_point=is_point,
    )


KINDS: Final[dict[str, Kind]] = {
    "ConditionOccurrence": _event_kind(
        "condition_occurrence",
        "Condition",
        "condition_start_date",
        lambda row: row.get("condition_end_date") or _after(row, "condition_start_date"),
        {
            "StopReason": _column("stop_reason"),
            "ConditionStatus": _column("condition_status_concept_id"),
        },
        {},
    ),
    "DrugExposure": _event_kind(
        "drug_exposure",
        "Drug",
        "drug_exposure_start_date",
        drug_end,
        {
            # As the reference does: both limits are of the first day.
            "OccurrenceEndDate": _start,
            "StopReason": _column("stop_reason"),
            "Refills": _column("refills"),
            "Quantity": _column("quantity"),
            "DaysSupply": _column("days_supply"),
            "RouteConcept": _column("route_concept_id"),
            "LotNumber": _column("lot_number"),
        },
        {"DAYS_SUPPLY": "days_supply", "QUANTITY": "quantity", "REFILLS": "refills"},
    ),
    "ProcedureOccurrence": _event_kind(
        "procedure_occurrence",
        "Procedure",
        "procedure_date",
        lambda row: _after(row, "procedure_date"),
        {"Modifier": _column("modifier_concept_id"), "Quantity": _column("quantity")},
        {"QUANTITY": "quantity"},
        is_point=True,
    ),
    "Measurement": _event_kind(
        "measurement",
        "Measurement",
        "measurement_date",
        lambda row: _after(row, "measurement_date"),
        {
            "Operator": _column("operator_concept_id"),
            "ValueAsNumber": _column("value_as_number"),
            "ValueAsConcept": _column("value_as_concept_id"),
            "Unit": _column("unit_concept_id"),
            "RangeLow": _column("range_low"),
            "RangeHigh": _column("range_high"),
            "RangeLowRatio": _ratio("range_low"),
            "RangeHighRatio": _ratio("range_high"),
        },
        {
            "VALUE_AS_NUMBER": "value_as_number",
            "RANGE_LOW": "range_low",
            "RANGE_HIGH": "range_high",
        },
        is_point=True,
    ),
    "Observation": _event_kind(
        "observation",
        "Observation",
        "observation_date",
        lambda row: _after(row, "observation_date"),
        {
            "ValueAsNumber": _column("value_as_number"),
            "ValueAsString": _column("value_as_string"),
            "ValueAsConcept": _column("value_as_concept_id"),
            "Qualifier": _column("qualifier_concept_id"),
            "Unit": _column("unit_concept_id"),
        },
        {"VALUE_AS_NUMBER": "value_as_number"},
        is_point=True,
    ),
    "DeviceExposure": _event_kind(
        "device_exposure",
        "Device",
        "device_exposure_start_date",
        lambda row: (
            row.get("device_exposure_end_date") or _after(row, "device_exposure_start_date")
        ),
        {"UniqueDeviceId": _column("unique_device_id"), "Quantity": _column("quantity")},
        {"QUANTITY": "quantity"},
    ),
    "VisitOccurrence": _event_kind(
        "visit_occurrence",
        "Visit",
        "visit_start_date",
        lambda row: row["visit_end_date"],
        {
            "VisitLength": _length,
            "VisitType": _column("visit_type_concept_id"),
            "PlaceOfService": _place,
        },
        {},
    ),
    "Specimen": Kind(
        "specimen",
        "specimen_id",
        "specimen_date",
        lambda row: _after(row, "specimen_date"),
        {
            "OccurrenceStartDate": _start,
            "SpecimenType": _column("specimen_type_concept_id"),
            "Quantity": _column("quantity"),
            "Unit": _column("unit_concept_id"),
            "AnatomicSite": _column("anatomic_site_concept_id"),
            "DiseaseStatus": _column("disease_status_concept_id"),
            "SourceId": _column("specimen_source_id"),
            **_AGED,
        },
        concept="specimen_concept_id",
        facts={},
        # As the reference does: the days of a specimen are never adjusted.
        adjusts=False,
        is_point=True,
    ),
    "Death": Kind(
        "death",
        "person_id",
        "death_date",
        lambda row: _after(row, "death_date"),
        {
            "OccurrenceStartDate": _start,
            "DeathType": _column("death_type_concept_id"),
            **_AGED,
        },
        concept="cause_concept_id",
        source="cause_source_concept_id",
        facts={},
        is_point=True,
    ),
    "VisitDetail": Kind(
        "visit_detail",
        "visit_detail_id",
        "visit_detail_start_date",
        lambda row: row["visit_detail_end_date"],
        {
            "VisitDetailStartDate": _start,
            "VisitDetailEndDate": _end,
            "VisitDetailType": _column("visit_detail_type_concept_id"),
            "VisitDetailLength": _length,
            # As the reference does: other criteria take the age at the start.
            "Age": _age(_end),
            "Gender": _gender,
            "ProviderSpecialty": _specialty,
            "PlaceOfService": _place,
        },
        concept="visit_detail_concept_id",
        source="visit_detail_source_concept_id",
        has_visit=True,
        facts={"VISIT_DETAIL_ID": "visit_detail_id"},
    ),
    "ConditionEra": Kind(
        "condition_era",
        "condition_era_id",
        "condition_era_start_date",
        lambda row: row["condition_era_end_date"],
        {**_ERA, "OccurrenceCount": _column("condition_occurrence_count")},
        concept="condition_concept_id",
        facts={"ERA_OCCURRENCES": "condition_occurrence_count"},
    ),
    "DrugEra": Kind(
        "drug_era",
        "drug_era_id",
        "drug_era_start_date",
        lambda row: row["drug_era_end_date"],
        {
            **_ERA,
            "OccurrenceCount": _column("drug_exposure_count"),
            "GapDays": _column("gap_days"),
        },
        concept="drug_concept_id",
        facts={"ERA_OCCURRENCES": "drug_exposure_count", "GAP_DAYS": "gap_days"},
    ),
    "DoseEra": Kind(
        "dose_era",
        "dose_era_id",
        "dose_era_start_date",
        lambda row: row["dose_era_end_date"],
        {**_ERA, "Unit": _column("unit_concept_id"), "DoseValue": _column("dose_value")},
        concept="drug_concept_id",
        facts={"UNIT": "unit_concept_id", "VALUE_AS_NUMBER": "dose_value"},
    ),
    "Episode": Kind(
        "episode",
        "episode_id",
        "episode_start_date",
        lambda row: row["episode_end_date"],
        {
            "EpisodeStartDate": _start,
            "EpisodeEndDate": _end,
            "EpisodeNumber": _column("episode_number"),
            "EpisodeObjectConcept": _column("episode_object_concept_id"),
            "EpisodeType": _column("episode_type_concept_id"),
            **_AGED,
        },
        concept="episode_concept_id",
        facts={},
    ),
    "ObservationPeriod": Kind(
        "observation_period",
        "observation_period_id",
        "observation_period_start_date",
        lambda row: row["observation_period_end_date"],
        {**_PERIOD, "PeriodType": _column("period_type_concept_id")},
        facts={"DOMAIN_CONCEPT": "period_type_concept_id"},
    ),
    "PayerPlanPeriod": Kind(
        "payer_plan_period",
        "payer_plan_period_id",
        "payer_plan_period_start_date",
        lambda row: row["payer_plan_period_end_date"],
        {
            **_PERIOD,
            **{
                f"{name}{source}Concept": _column(f"{column}{'_source' * bool(source)}_concept_id")
                for name, column in (
                    ("Payer", "payer"),
                    ("Plan", "plan"),
                    ("Sponsor", "sponsor"),
                    ("StopReason", "stop_reason"),
                )
                for source in ("", "Source")
            },
        },
        facts={"DOMAIN_CONCEPT": "payer_concept_id"},
    ),
}
