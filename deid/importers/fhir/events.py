"""Encounters, conditions, procedures, allergies, measurements and observations.

The table of a row is that of its standard concept's domain, as OMOP wants it; where the code has no
standard concept, that of the resource type. Displays of references, which carry names, are read for
provider and care site only.
"""

from __future__ import annotations

from typing import Any

from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.codes import Coded
from deid.importers.fhir.context import Gathering, Row
from deid.importers.fhir.restoring import restored, table_said
from deid.importers.fhir.times import Moment, moment
from deid.vocabulary import names

_DOMAIN_TABLE = {
    "Condition": "condition_occurrence",
    "Observation": "observation",
    "Measurement": "measurement",
    "Procedure": "procedure_occurrence",
    "Drug": "drug_exposure",
    "Device": "device_exposure",
}
_VISIT = {
    "AMB": names.OUTPATIENT_VISIT,
    "EMER": names.EMERGENCY_VISIT,
    "HH": names.HOME_VISIT,
    "IMP": names.INPATIENT_VISIT,
    "ACUTE": names.INPATIENT_VISIT,
    "NONAC": names.INPATIENT_VISIT,
    "SS": names.OUTPATIENT_VISIT,
    "VR": names.TELEPHONE_VISIT,
}
# Tables whose rows begin and end, with the stem of those columns.
_LASTING = {
    "condition_occurrence": "condition",
    "drug_exposure": "drug_exposure",
    "device_exposure": "device_exposure",
}
_COMPARATOR = {"<": 4171756, "<=": 4171754, ">": 4172704, ">=": 4171755}
_NOT_DONE = frozenset(
    {
        "entered-in-error",
        "cancelled",
        "not-done",
        "preparation",
        "draft",
        "planned",
        "registered",
        "intended",
        "not-taken",
        "refuted",
    }
)


def not_done(resource: Resource) -> str | None:
    """The status by which a resource says that it did not happen or is not valid."""
    states = [resource.get("status")]
    for element in ("verificationStatus",):
        states += [c.get("code") for c in (resource.get(element) or {}).get("coding", [])]
    return next((state for state in states if state in _NOT_DONE), None)


def map_encounter(entry: Entry, gathered: Gathering) -> None:
    """A visit."""
    encounter = entry.resource
    person_id = gathered.person(encounter["subject"])
    period = encounter.get("period") or {}
    start, end = moment(period.get("start")), moment(period.get("end"))
    end = end or start
    visit_class = (encounter.get("class") or {}).get("code")
    kind = gathered.code((encounter.get("type") or [None])[0], "Visit")
    place = ((encounter.get("location") or [{}])[0]).get("location") or {}
    stay = encounter.get("hospitalization") or {}
    visit_id = gathered.add(
        entry,
        "visit_occurrence",
        {
            "person_id": person_id,
            "visit_concept_id": _VISIT.get(visit_class or "", 0),
            **between("visit", start, end, gathered),
            "visit_type_concept_id": names.EHR_ENCOUNTER_RECORD,
            "provider_id": performer(encounter, gathered),
            "care_site_id": gathered.care_site(encounter.get("serviceProvider") or {})
            or gathered.care_site(place, "Location"),
            "visit_source_value": visit_class,
            "visit_source_concept_id": kind.source_concept_id or kind.concept_id,
            "admitted_from_source_value": gathered.codes.read(
                stay.get("admitSource"), "Visit"
            ).source_value,
            "discharged_to_source_value": gathered.codes.read(
                stay.get("dischargeDisposition"), "Visit"
            ).source_value,
            **restored(gathered, encounter, "visit_occurrence"),
        },
    )
    gathered.links.register(entry, visit_id)
    widen(gathered, person_id, start, end)


def map_condition(entry: Entry, gathered: Gathering) -> None:
    """A condition; its category says whether it stands on the problem list."""
    condition = entry.resource
    onset = condition.get("onsetPeriod") or {}
    start = (
        moment(condition.get("onsetDateTime"))
        or moment(onset.get("start"))
        or moment(condition.get("recordedDate"))
    )
    abatement = condition.get("abatementPeriod") or {}
    end = moment(condition.get("abatementDateTime")) or moment(abatement.get("end"))
    status = (condition.get("clinicalStatus") or {}).get("coding") or [{}]
    on_list = any(
        coding.get("code") == "problem-list-item"
        for category in condition.get("category", [])
        for coding in category.get("coding", [])
    )
    add_event(
        entry,
        gathered,
        "condition_occurrence",
        gathered.code(condition.get("code"), "Condition"),
        start,
        end,
        names.EHR_PROBLEM_LIST if on_list else names.EHR,
        condition_status_source_value=status[0].get("code"),
    )


def map_procedure(entry: Entry, gathered: Gathering) -> None:
    """A procedure that was carried out."""
    procedure = entry.resource
    period = procedure.get("performedPeriod") or {}
    start = moment(procedure.get("performedDateTime")) or moment(period.get("start"))
    add_event(
        entry,
        gathered,
        "procedure_occurrence",
        gathered.code(procedure.get("code"), "Procedure"),
        start,
        moment(period.get("end")),
        names.EHR,
    )


def map_allergy(entry: Entry, gathered: Gathering) -> None:
    """An allergy, as the observation that somebody has it."""
    allergy = entry.resource
    when = moment(allergy.get("recordedDate")) or moment(allergy.get("onsetDateTime"))
    meant = gathered.code(allergy.get("code"), "Observation")
    add_event(
        entry,
        gathered,
        "observation",
        meant,
        when,
        None,
        names.EHR,
        fixed_table=True,
        value_as_string=meant.name,
    )


def map_observation(entry: Entry, gathered: Gathering) -> None:
    """A measurement or observation, and each of its components (both of a blood pressure)."""
    observation = entry.resource
    components = observation.get("component", [])
    if not components or any(name.startswith("value") for name in observation):
        _add_observed(entry, gathered, observation, "")
    for number, component in enumerate(components):
        _add_observed(entry, gathered, component, f"component{number}")


def _add_observed(entry: Entry, gathered: Gathering, observed: Resource, part: str) -> None:
    whole = entry.resource
    categories = {
        coding.get("code")
        for category in whole.get("category", [])
        for coding in category.get("coding", [])
    }
    quantity = observed.get("valueQuantity") or {}
    measured = bool(categories & {"laboratory", "vital-signs"} or quantity)
    default = "measurement" if measured else "observation"
    period = whole.get("effectivePeriod") or {}
    when = (
        moment(whole.get("effectiveDateTime"))
        or moment(whole.get("effectiveInstant"))
        or moment(period.get("start"))
        or moment(whole.get("issued"))
    )
    meant = gathered.code(observed.get("code"), "Measurement" if measured else "Observation")
    add_event(
        entry,
        gathered,
        default,
        meant,
        when,
        None,
        names.LAB if "laboratory" in categories else names.EHR,
        part=part,
        element=observed,
        **_value(observed, gathered),
    )


def _value(observed: Resource, gathered: Gathering) -> Row:
    """Columns of a value[x]; both tables share the names, except where text goes."""
    if "valueQuantity" in observed:
        quantity = observed["valueQuantity"]
        unit_id, unit = gathered.codes.unit(quantity)
        low, high = _range(observed)
        return {
            "value_as_number": number(quantity.get("value")),
            "operator_concept_id": _COMPARATOR.get(quantity.get("comparator")),
            "unit_concept_id": unit_id,
            "unit_source_value": unit,
            "range_low": low,
            "range_high": high,
        }
    if "valueCodeableConcept" in observed:
        value = gathered.codes.read(observed["valueCodeableConcept"], "Meas Value")
        return {
            "value_as_concept_id": value.concept_id,
            "value_as_string": value.name,
            "value_source_value": value.source_value or value.name,
        }
    if "valueInteger" in observed:
        return {"value_as_number": float(observed["valueInteger"])}
    for name in ("valueString", "valueDateTime", "valueTime"):
        if name in observed:
            return {"value_as_string": observed[name], "value_source_value": observed[name]}
    if "valueBoolean" in observed:
        text = "true" if observed["valueBoolean"] else "false"
        return {"value_as_string": text, "value_source_value": text}
    for name in ("valueRange", "valueRatio", "valueSampledData", "valuePeriod", "valueAttachment"):
        if name in observed:
            gathered.leave_out(f"Observation.{name}", "OMOP has no column for it; the row is kept")
    return {}


def add_event(
    entry: Entry,
    gathered: Gathering,
    table: str,
    meant: Coded,
    start: Moment | None,
    end: Moment | None,
    type_concept_id: int,
    *,
    part: str = "",
    fixed_table: bool = False,
    element: Resource | None = None,
    **more: Any,
) -> None:
    """Add a row of a clinical table; ``element`` is the part of the resource that it tells."""
    resource = entry.resource
    element = resource if element is None else element
    said = table_said(element)
    if said is not None and said in _DOMAIN_TABLE.values():
        table = said
    elif not fixed_table:
        table = _DOMAIN_TABLE.get(meant.domain or "", table)
    person_id = gathered.person(resource.get("subject") or resource.get("patient"))
    prefix = table.split("_")[0]
    row: Row = {
        "person_id": person_id,
        f"{prefix}_concept_id": meant.concept_id,
        f"{prefix}_source_concept_id": meant.source_concept_id,
        f"{prefix}_source_value": meant.source_value,
        f"{prefix}_type_concept_id": type_concept_id,
        "visit_occurrence_id": gathered.visit(resource.get("encounter") or resource.get("context")),
        "provider_id": performer(resource, gathered),
    }
    if table in _LASTING:
        row |= between(_LASTING[table], start, end, gathered)
        if table == "drug_exposure" and end is None and start is not None:
            row |= {"drug_exposure_end_date": start.date}
    else:
        row[f"{prefix}_date"] = gathered.day(start)
        row[f"{prefix}_datetime"] = start.time if start else None
        if table == "procedure_occurrence" and end:
            row |= {"procedure_end_date": end.date, "procedure_end_datetime": end.time}
    row |= {name: value for name, value in more.items() if name in gathered.columns(table)}
    row |= restored(gathered, element, table)
    gathered.add(entry, table, row, part)
    widen(gathered, person_id, start, None if table == "drug_exposure" else end)
    if resource.get("note"):
        gathered.leave_out(f"note of {entry.type}", "free text beside a coded record")


def between(stem: str, start: Moment | None, end: Moment | None, gathered: Gathering) -> Row:
    return {
        f"{stem}_start_date": gathered.day(start),
        f"{stem}_start_datetime": start.time if start else None,
        f"{stem}_end_date": gathered.day(end),
        f"{stem}_end_datetime": end.time if end else None,
    }


def widen(gathered: Gathering, person_id: int, start: Moment | None, end: Moment | None) -> None:
    gathered.span(person_id, start.date if start else None, end.date if end else None)


def performer(resource: Resource, gathered: Gathering) -> int | None:
    """The first practitioner that a resource names in any of the places R4 has for one."""
    candidates: list[Any] = [
        resource.get("recorder"),
        resource.get("asserter"),
        resource.get("requester"),
        resource.get("informationSource"),
    ]
    for name in ("participant", "performer", "author"):
        for part in resource.get(name) or []:
            candidates += [part, part.get("individual"), part.get("actor")]
    for candidate in candidates:
        if isinstance(candidate, dict) and ("reference" in candidate or "identifier" in candidate):
            row = gathered.provider(candidate)
            if row is not None:
                return row
    return None


def _range(observed: Resource) -> tuple[float | None, float | None]:
    first = (observed.get("referenceRange") or [{}])[0]
    return (
        number((first.get("low") or {}).get("value")),
        number((first.get("high") or {}).get("value")),
    )


def number(value: Any) -> float | None:
    """A decimal of R4 as a number."""
    return None if value is None else float(value)
