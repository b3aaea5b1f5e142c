"""The event tables of generated data: their columns, and what each column is drawn from."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tests.generation.vocabulary import TEXTS


class Drawer(Protocol):
    """What columns are drawn with: chance, and what is known of the person so far."""

    rng: random.Random

    def concept(self, pool: str) -> int | None:
        """A concept of the pool."""
        ...

    def visit(self) -> int | None:
        """A visit."""
        ...


Draw = Callable[[Drawer], Any]


@dataclass(frozen=True)
class EventTable:
    """A table, its key, the names of its first and last day, and its other columns.

    ``ends`` says of the last day that it may be missing or before the start (``any``), or not
    (``some``).
    """

    name: str
    key: str
    start: str
    end: str | None
    ends: str
    columns: dict[str, Draw]


def _pool(name: str) -> Draw:
    return lambda world: world.concept(name)


def _number(*values: float | None) -> Draw:
    return lambda world: world.rng.choice(values)


def _text(world: Drawer) -> Any:
    return world.rng.choice([*TEXTS, None])


_TYPE: Final = _pool("record type")
_COUNTS: Final = _number(0, 1, 1, 2, 3, 5, None)
_QUANTITIES: Final = _number(0.0, 0.5, 1.0, 2.25, 10.0, None)
_VALUES: Final = _number(0.0, 1.5, 2.0, 4.0, 4.1234, 8.0, None)
_AT_VISIT: Final[dict[str, Draw]] = {
    "provider_id": lambda world: world.rng.choice([1, 2, 3, 99, None]),
    "visit_occurrence_id": lambda world: world.visit(),
}

EVENT_TABLES: Final = (
    EventTable(
        "condition_occurrence",
        "condition_occurrence_id",
        "condition_start_date",
        "condition_end_date",
        "any",
        {
            "condition_concept_id": _pool("condition"),
            "condition_source_concept_id": _pool("condition source"),
            "condition_type_concept_id": _TYPE,
            "condition_status_concept_id": _pool("condition status"),
            "stop_reason": _text,
            **_AT_VISIT,
        },
    ),
    EventTable(
        "drug_exposure",
        "drug_exposure_id",
        "drug_exposure_start_date",
        "drug_exposure_end_date",
        "any",
        {
            "drug_concept_id": _pool("drug"),
            "drug_source_concept_id": _pool("drug source"),
            "drug_type_concept_id": _TYPE,
            "stop_reason": _text,
            "refills": _COUNTS,
            "quantity": _QUANTITIES,
            "days_supply": _number(0, 1, 5, 10, 30, None),
            "route_concept_id": _pool("route"),
            "lot_number": _text,
            **_AT_VISIT,
        },
    ),
    EventTable(
        "procedure_occurrence",
        "procedure_occurrence_id",
        "procedure_date",
        None,
        "",
        {
            "procedure_concept_id": _pool("procedure"),
            "procedure_source_concept_id": _pool("procedure source"),
            "procedure_type_concept_id": _TYPE,
            "modifier_concept_id": _pool("modifier"),
            "quantity": _COUNTS,
            **_AT_VISIT,
        },
    ),
    EventTable(
        "measurement",
        "measurement_id",
        "measurement_date",
        None,
        "",
        {
            "measurement_concept_id": _pool("measurement"),
            "measurement_source_concept_id": _pool("measurement source"),
            "measurement_type_concept_id": _TYPE,
            "operator_concept_id": _pool("operator"),
            "value_as_number": _VALUES,
            "value_as_concept_id": _pool("value"),
            "unit_concept_id": _pool("unit"),
            "range_low": _number(0.0, 1.0, 2.0, None),
            "range_high": _number(0.0, 3.0, 5.5, None),
            **_AT_VISIT,
        },
    ),
    EventTable(
        "observation",
        "observation_id",
        "observation_date",
        None,
        "",
        {
            "observation_concept_id": _pool("observation"),
            "observation_source_concept_id": _pool("observation source"),
            "observation_type_concept_id": _TYPE,
            "value_as_number": _VALUES,
            "value_as_string": _text,
            "value_as_concept_id": _pool("value"),
            "qualifier_concept_id": _pool("qualifier"),
            "unit_concept_id": _pool("unit"),
            **_AT_VISIT,
        },
    ),
    EventTable(
        "device_exposure",
        "device_exposure_id",
        "device_exposure_start_date",
        "device_exposure_end_date",
        "any",
        {
            "device_concept_id": _pool("device"),
            "device_source_concept_id": _pool("device source"),
            "device_type_concept_id": _TYPE,
            "unique_device_id": _text,
            "quantity": _COUNTS,
            **_AT_VISIT,
        },
    ),
    EventTable(
        "specimen",
        "specimen_id",
        "specimen_date",
        None,
        "",
        {
            "specimen_concept_id": _pool("specimen"),
            "specimen_type_concept_id": _TYPE,
            "quantity": _QUANTITIES,
            "unit_concept_id": _pool("unit"),
            "anatomic_site_concept_id": _pool("anatomic site"),
            "disease_status_concept_id": _pool("disease status"),
            "specimen_source_id": _text,
        },
    ),
    EventTable(
        "visit_detail",
        "visit_detail_id",
        "visit_detail_start_date",
        "visit_detail_end_date",
        "some",
        {
            "visit_detail_concept_id": _pool("visit"),
            "visit_detail_source_concept_id": _pool("visit source"),
            "visit_detail_type_concept_id": _TYPE,
            "care_site_id": _number(1, 2, 3, 99, None),
            **_AT_VISIT,
        },
    ),
    EventTable(
        "condition_era",
        "condition_era_id",
        "condition_era_start_date",
        "condition_era_end_date",
        "some",
        {"condition_concept_id": _pool("condition"), "condition_occurrence_count": _COUNTS},
    ),
    EventTable(
        "drug_era",
        "drug_era_id",
        "drug_era_start_date",
        "drug_era_end_date",
        "some",
        {
            "drug_concept_id": _pool("drug"),
            "drug_exposure_count": _COUNTS,
            "gap_days": _number(0, 2, 10, None),
        },
    ),
    EventTable(
        "dose_era",
        "dose_era_id",
        "dose_era_start_date",
        "dose_era_end_date",
        "some",
        {
            "drug_concept_id": _pool("drug"),
            "unit_concept_id": _pool("unit"),
            "dose_value": _QUANTITIES,
        },
    ),
    EventTable(
        "episode",
        "episode_id",
        "episode_start_date",
        "episode_end_date",
        "any",
        {
            "episode_concept_id": _pool("episode"),
            "episode_number": _COUNTS,
            "episode_object_concept_id": _pool("condition"),
            "episode_type_concept_id": _TYPE,
        },
    ),
)

VISITS: Final = EventTable(
    "visit_occurrence",
    "visit_occurrence_id",
    "visit_start_date",
    "visit_end_date",
    "some",
    {
        "visit_concept_id": _pool("visit"),
        "visit_source_concept_id": _pool("visit source"),
        "visit_type_concept_id": _TYPE,
        "provider_id": _number(1, 2, 3, 99, None),
        "care_site_id": _number(1, 2, 3, 99, None),
    },
)
