"""Specimens, devices, supplies, images and plans of care."""

from __future__ import annotations

from typing import Any

from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.context import Gathering
from deid.importers.fhir.events import add_event, number, widen
from deid.importers.fhir.referred import code_of, keep_code
from deid.importers.fhir.restoring import restored
from deid.importers.fhir.times import moment
from deid.vocabulary import names


def map_specimen(entry: Entry, gathered: Gathering) -> None:
    """A specimen that was taken of somebody."""
    specimen = entry.resource
    if not specimen.get("subject"):
        gathered.leave_out("Specimen", "it is nobody's")
        return
    taken = specimen.get("collection") or {}
    when = (
        moment(taken.get("collectedDateTime"))
        or moment((taken.get("collectedPeriod") or {}).get("start"))
        or moment(specimen.get("receivedTime"))
    )
    meant = gathered.code(specimen.get("type"), "Specimen")
    site = gathered.codes.read(taken.get("bodySite"), "Spec Anatomic Site")
    amount = taken.get("quantity") or {}
    unit_id, unit = gathered.codes.unit(amount)
    person_id = gathered.person(specimen["subject"])
    number_of_lab = specimen.get("accessionIdentifier") or {}
    gathered.add(
        entry,
        "specimen",
        {
            "person_id": person_id,
            "specimen_concept_id": meant.concept_id,
            "specimen_type_concept_id": names.EHR,
            "specimen_date": gathered.day(when),
            "specimen_datetime": when.time if when else None,
            "quantity": number(amount.get("value")),
            "unit_concept_id": unit_id or None,
            "unit_source_value": unit,
            "anatomic_site_concept_id": site.concept_id or None,
            "anatomic_site_source_value": site.source_value,
            "specimen_source_id": number_of_lab.get("value"),
            "specimen_source_value": meant.source_value,
            **restored(gathered, specimen, "specimen"),
        },
    )
    widen(gathered, person_id, when, None)


def learn_device(entry: Entry, gathered: Gathering) -> None:
    """Keep what a device is for the resources that say when it was used."""
    keep_code(entry, gathered, "type")
    gathered.leave_out(
        "Device", "it gives no day of use; what it is counts where a resource does that"
    )


def map_device_use(entry: Entry, gathered: Gathering) -> None:
    """A device that somebody had."""
    use = entry.resource
    period = use.get("timingPeriod") or {}
    start = (
        moment(use.get("timingDateTime"))
        or moment(period.get("start"))
        or moment(use.get("recordedOn"))
    )
    code = code_of(use["device"], use, gathered, "Device")
    add_event(
        entry,
        gathered,
        "device_exposure",
        gathered.code(code, "Device"),
        start,
        moment(period.get("end")),
        names.EHR,
        fixed_table=True,
    )


def map_supply(entry: Entry, gathered: Gathering) -> None:
    """A supply that was handed over; OMOP keeps supplies among devices."""
    supply = entry.resource
    item = supply.get("suppliedItem") or {}
    code = item.get("itemCodeableConcept")
    if code is None and item.get("itemReference"):
        code = code_of(item["itemReference"], supply, gathered, "Device")
    if not supply.get("patient"):
        gathered.leave_out("SupplyDelivery", "it is nobody's")
        return
    period = supply.get("occurrencePeriod") or {}
    amount = number((item.get("quantity") or {}).get("value"))
    add_event(
        entry,
        gathered,
        "device_exposure",
        gathered.code(code, "Device"),
        moment(supply.get("occurrenceDateTime")) or moment(period.get("start")),
        moment(period.get("end")),
        names.EHR,
        fixed_table=True,
        quantity=None if amount is None else round(amount),
    )


def procedure_name(resource: Resource) -> tuple[str, ...]:
    """What tells that a ``Procedure`` and an ``ImagingStudy`` are one: whose, when and what."""
    procedures = resource.get("procedureCode") or [resource.get("code") or {}]
    codes = [c.get("code", "") for c in procedures[0].get("coding", [])]
    when = (
        resource.get("started")
        or resource.get("performedDateTime")
        or (resource.get("performedPeriod") or {}).get("start")
    )
    subject = (resource.get("subject") or {}).get("reference")
    return "imaging", str(subject), str(when)[:10], *sorted(codes)


def map_imaging(entry: Entry, gathered: Gathering) -> None:
    """An examination by images; Synthea sends it as a ``Procedure`` too, which is then enough."""
    study = entry.resource
    if gathered.index.get(*procedure_name(study)):
        gathered.leave_out("ImagingStudy", "a Procedure says the same")
        return
    codes: list[Any] = study.get("procedureCode") or []
    if not codes:
        modality = [series.get("modality") for series in study.get("series", [])]
        codes = [{"coding": [coding]} for coding in modality if coding]
    add_event(
        entry,
        gathered,
        "procedure_occurrence",
        gathered.code(codes[0] if codes else None, "Procedure"),
        moment(study.get("started")),
        None,
        names.EHR,
        fixed_table=True,
    )


def map_care_plan(entry: Entry, gathered: Gathering) -> None:
    """A plan and its activities, as observations: what is planned has not been done."""
    plan = entry.resource
    start = moment((plan.get("period") or {}).get("start")) or moment(plan.get("created"))
    kinds = [c for c in plan.get("category", []) if not _is_bare(c)]
    planned: list[tuple[str, Any, str]] = []
    if kinds:
        planned.append(("", kinds[0], str(plan.get("status"))))
    for count, activity in enumerate(plan.get("activity", [])):
        detail = activity.get("detail") or {}
        if detail.get("code"):
            planned.append((f"activity{count}", detail["code"], str(detail.get("status"))))
    if not planned:
        gathered.leave_out("CarePlan", "no code says what is planned")
    for part, code, status in planned:
        add_event(
            entry,
            gathered,
            "observation",
            gathered.code(code, "Observation"),
            start,
            None,
            names.EHR,
            part=part,
            fixed_table=True,
            value_source_value=status,
        )


def _is_bare(category: Resource) -> bool:
    """Whether a category only says that the resource is a plan."""
    return all(c.get("code") == "assess-plan" for c in category.get("coding", []))
