"""Drugs and vaccines: prescribed, dispensed, given or reported."""

from __future__ import annotations

import datetime as dt
from typing import Any

from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.context import Gathering, Row
from deid.importers.fhir.events import add_event, number
from deid.importers.fhir.referred import code_of, keep_code
from deid.importers.fhir.times import Moment, moment
from deid.vocabulary import names

_DAYS = {"d": 1, "wk": 7, "mo": 30, "a": 365}


def map_immunization(entry: Entry, gathered: Gathering) -> None:
    """A vaccine that was given."""
    immunization = entry.resource
    start = moment(immunization.get("occurrenceDateTime")) or moment(immunization.get("recorded"))
    add_event(
        entry,
        gathered,
        "drug_exposure",
        gathered.code(immunization.get("vaccineCode"), "Drug"),
        start,
        start,
        names.EHR,
        quantity=number((immunization.get("doseQuantity") or {}).get("value")),
        lot_number=immunization.get("lotNumber"),
        **_route(immunization.get("route"), gathered),
    )


def learn_medication(entry: Entry, gathered: Gathering) -> None:
    """Keep the code of a drug for the resources that refer to it."""
    keep_code(entry, gathered)


def map_medication(entry: Entry, gathered: Gathering) -> None:
    """A prescription, dispensing, statement or administration of a drug."""
    drug = entry.resource
    code = drug.get("medicationCodeableConcept")
    reference = drug.get("medicationReference")
    if reference:
        code = code_of(reference, drug, gathered, "Medication")
    dosage = drug.get("dosageInstruction") or drug.get("dosage") or [{}]
    first: Resource = dosage[0] if isinstance(dosage, list) else dosage
    dispense = drug.get("dispenseRequest") or {}
    supply = dispense.get("expectedSupplyDuration") or drug.get("daysSupply") or {}
    quantity = dispense.get("quantity") or drug.get("quantity") or first.get("dose") or {}
    period = drug.get("effectivePeriod") or dispense.get("validityPeriod") or {}
    start = (
        moment(drug.get("effectiveDateTime"))
        or moment((drug.get("effectivePeriod") or {}).get("start"))
        or moment(drug.get("whenHandedOver"))
        or moment(drug.get("whenPrepared"))
        or moment(drug.get("authoredOn"))
        or moment(drug.get("dateAsserted"))
    )
    days = int(supply["value"] * _DAYS.get(supply.get("code", "d"), 1)) if "value" in supply else 0
    end = moment(period.get("end"))
    if end is None and start and days:
        end = Moment(start.date + dt.timedelta(days=days - 1))
    add_event(
        entry,
        gathered,
        "drug_exposure",
        gathered.code(code, "Drug"),
        start,
        end or start,
        names.EHR_PRESCRIPTION if entry.type == "MedicationRequest" else names.EHR,
        quantity=number(quantity.get("value")),
        refills=dispense.get("numberOfRepeatsAllowed"),
        days_supply=days or None,
        sig=first.get("text"),
        **_route(first.get("route"), gathered),
    )


def _route(route: Any, gathered: Gathering) -> Row:
    meant = gathered.codes.read(route, "Route")
    return {"route_concept_id": meant.concept_id, "route_source_value": meant.source_value}
