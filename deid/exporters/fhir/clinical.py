"""Clinical rows as resources. What FHIR has no element for stands in one extension of the row."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from deid.exporters.fhir.concepts import Concepts
from deid.exporters.fhir.elements import (
    Row,
    clean,
    date_time,
    period,
    reference,
    resource_id,
    row_extension,
    written,
)
from deid.importers.fhir.restoring import CARRIED
from deid.vocabulary import names

Resource = dict[str, Any]
AnyRows = Mapping[str, dict[str, str]]
Builder = Callable[[Row, Concepts, AnyRows], Resource]

_UNKNOWN = {"text": "unknown"}
_SAID = frozenset({"person_id", "visit_occurrence_id", "provider_id"})
_CLASSES = {
    names.OUTPATIENT_VISIT: "AMB",
    names.EMERGENCY_VISIT: "EMER",
    names.INPATIENT_VISIT: "IMP",
    names.EMERGENCY_AND_INPATIENT_VISIT: "IMP",
    names.HOME_VISIT: "HH",
    names.TELEPHONE_VISIT: "VR",
}
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_COMPARATORS = {4171756: "<", 4171754: "<=", 4172704: ">", 4171755: ">="}
_ALLERGY = re.compile(r"allerg(y|ic) to ", re.IGNORECASE)


def encounter(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A visit."""
    code = _CLASSES.get(row["visit_concept_id"])
    concept = concepts.get(row["visit_concept_id"])
    visit_class = (
        {"system": _ACT_CODE, "code": code}
        if code
        else {"system": "urn:carecommons:visit", "code": str(row["visit_concept_id"])}
    )
    if concept is not None:
        visit_class["display"] = concept["concept_name"]
    kind = concepts.codeable(row["visit_source_concept_id"])
    provider = reference("provider", row["provider_id"])
    said = frozenset({"person_id", "provider_id", "care_site_id"})
    return _resource(
        "Encounter",
        "visit_occurrence",
        row,
        row_extension("visit_occurrence", row, concepts, references_said=said, any_rows=any_rows),
        status="finished",
        **{"class": visit_class},
        type=[kind] if kind else None,
        subject=reference("person", row["person_id"]),
        participant=[{"individual": provider}] if provider else None,
        period=period(row, "visit"),
        serviceProvider=reference("care_site", row["care_site_id"]),
    )


def condition(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A condition."""
    on_list = row["condition_type_concept_id"] == names.EHR_PROBLEM_LIST
    category = "problem-list-item" if on_list else "encounter-diagnosis"
    return _event(
        "Condition",
        "condition_occurrence",
        row,
        concepts,
        any_rows,
        category=[{"coding": [{"system": f"{_HL7}condition-category", "code": category}]}],
        code=_code("condition", row, concepts),
        onsetDateTime=date_time(row["condition_start_date"], row["condition_start_datetime"]),
        abatementDateTime=date_time(row["condition_end_date"], row["condition_end_datetime"]),
        recorder=reference("provider", row["provider_id"]),
    )


def procedure(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A procedure."""
    start = date_time(row["procedure_date"], row["procedure_datetime"])
    end = date_time(row["procedure_end_date"], row["procedure_end_datetime"])
    return _event(
        "Procedure",
        "procedure_occurrence",
        row,
        concepts,
        any_rows,
        status="completed",
        code=_code("procedure", row, concepts),
        performedPeriod={"start": start, "end": end} if end else None,
        performedDateTime=None if end else start,
        performer=_actors(row),
    )


def drug(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A vaccine given, a prescription, or a drug taken."""
    start = date_time(row["drug_exposure_start_date"], row["drug_exposure_start_datetime"])
    end = date_time(row["drug_exposure_end_date"], row["drug_exposure_end_datetime"])
    code = _code("drug", row, concepts)
    route = concepts.codeable(row["route_concept_id"], None, row["route_source_value"])
    concept = concepts.get(row["drug_concept_id"])
    if concept is not None and concept["vocabulary_id"] == "CVX":
        return _event(
            "Immunization",
            "drug_exposure",
            row,
            concepts,
            any_rows,
            person="patient",
            status="completed",
            vaccineCode=code,
            occurrenceDateTime=start,
            lotNumber=written(row["lot_number"]),
            doseQuantity={"value": row["quantity"]} if row["quantity"] is not None else None,
            route=route,
            performer=_actors(row),
        )
    dosage = clean({"text": written(row["sig"]), "route": route})
    if row["drug_type_concept_id"] == names.EHR_PRESCRIPTION:
        days = row["days_supply"]
        dispense = clean(
            {
                "quantity": {"value": row["quantity"]} if row["quantity"] is not None else None,
                "expectedSupplyDuration": _days(days) if days is not None else None,
                "numberOfRepeatsAllowed": row["refills"] if (row["refills"] or 0) > 0 else None,
            }
        )
        return _event(
            "MedicationRequest",
            "drug_exposure",
            row,
            concepts,
            any_rows,
            status="completed",
            intent="order",
            medicationCodeableConcept=code,
            authoredOn=start,
            requester=reference("provider", row["provider_id"]),
            dosageInstruction=[dosage] if dosage else None,
            dispenseRequest=dispense,
        )
    return _event(
        "MedicationStatement",
        "drug_exposure",
        row,
        concepts,
        any_rows,
        encounter="context",
        status="completed",
        medicationCodeableConcept=code,
        effectivePeriod=clean({"start": start, "end": end}),
        informationSource=reference("provider", row["provider_id"]),
        dosage=[dosage] if dosage else None,
    )


def measurement(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A measurement."""
    low, high = row["range_low"], row["range_high"]
    limits = clean(
        {
            "low": {"value": low} if low is not None else None,
            "high": {"value": high} if high is not None else None,
        }
    )
    kind = "laboratory" if row["measurement_type_concept_id"] == names.LAB else "exam"
    return _observed(
        "measurement",
        row,
        concepts,
        any_rows,
        category=[{"coding": [{"system": f"{_HL7}observation-category", "code": kind}]}],
        referenceRange=[limits] if limits else None,
    )


def observation(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A family history, an allergy, or any other observation."""
    concept = concepts.get(row["observation_concept_id"])
    when = date_time(row["observation_date"], row["observation_datetime"])
    if row["observation_concept_id"] == names.FAMILY_HISTORY:
        return _family_history(row, concepts, any_rows, when)
    if concept is not None and _ALLERGY.match(concept["concept_name"]):
        return _event(
            "AllergyIntolerance",
            "observation",
            row,
            concepts,
            any_rows,
            person="patient",
            code=_code("observation", row, concepts),
            recordedDate=when,
            recorder=reference("provider", row["provider_id"]),
        )
    return _observed("observation", row, concepts, any_rows)


def device(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A device that somebody had, which is contained."""
    start = date_time(row["device_exposure_start_date"], row["device_exposure_start_datetime"])
    end = date_time(row["device_exposure_end_date"], row["device_exposure_end_datetime"])
    kind = _code("device", row, concepts)
    return _event(
        "DeviceUseStatement",
        "device_exposure",
        row,
        concepts,
        any_rows,
        also=frozenset(),
        said=frozenset({"person_id"}),
        encounter=None,
        status="completed",
        contained=[{"resourceType": "Device", "id": "device", "type": kind}],
        device={"reference": "#device"},
        timingPeriod=clean({"start": start, "end": end}),
    )


def specimen(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A specimen."""
    quantity = {"value": row["quantity"]} if row["quantity"] is not None else None
    collection = clean(
        {
            "collectedDateTime": date_time(row["specimen_date"], row["specimen_datetime"]),
            "quantity": quantity,
            "bodySite": concepts.codeable(row["anatomic_site_concept_id"]),
        }
    )
    return _event(
        "Specimen",
        "specimen",
        row,
        concepts,
        any_rows,
        said=frozenset({"person_id"}),
        encounter=None,
        type=_code("specimen", row, concepts),
        collection=collection,
    )


def note(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A note."""
    language = {names.ENGLISH: "en", names.CHINESE: "zh"}.get(row["language_concept_id"])
    author = reference("provider", row["provider_id"])
    visit = reference("visit_occurrence", row["visit_occurrence_id"])
    attachment = clean(
        {
            "contentType": "text/plain; charset=utf-8",
            "language": language,
            "data": base64.b64encode(row["note_text"].encode()).decode(),
            "title": written(row["note_title"]),
        }
    )
    when = date_time(row["note_date"], row["note_datetime"])
    return _event(
        "DocumentReference",
        "note",
        row,
        concepts,
        any_rows,
        encounter=None,
        status="current",
        type=concepts.codeable(row["note_class_concept_id"], None, written(row["note_title"])),
        author=[author] if author else None,
        content=[{"attachment": attachment}],
        # DocumentReference.date is when it was filed; the care that it tells of has this period.
        context=clean({"encounter": [visit] if visit else None, "period": {"start": when}}),
    )


def coverage(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """An insurance."""
    payer = written(row["payer_source_value"])
    concept = concepts.get(row["payer_concept_id"])
    name = payer or (concept["concept_name"] if concept else "unknown")
    plan = written(row["plan_source_value"])
    return clean(
        {
            "resourceType": "Coverage",
            "id": resource_id("payer_plan_period", row["payer_plan_period_id"]),
            "extension": [
                row_extension(
                    "payer_plan_period", row, concepts, references_said=frozenset({"person_id"})
                )
            ],
            "status": "active",
            "type": concepts.codeable(row["payer_concept_id"], row["payer_source_concept_id"]),
            "beneficiary": reference("person", row["person_id"]),
            "payor": [{"display": name}],
            "period": period(row, "payer_plan_period"),
            "class": [{"type": {"text": "plan"}, "value": plan}] if plan else None,
        }
    )


BUILDERS: Mapping[str, Builder] = {
    "visit_occurrence": encounter,
    "condition_occurrence": condition,
    "drug_exposure": drug,
    "procedure_occurrence": procedure,
    "device_exposure": device,
    "measurement": measurement,
    "observation": observation,
    "specimen": specimen,
    "note": note,
    "payer_plan_period": coverage,
}


def _family_history(row: Row, concepts: Concepts, any_rows: AnyRows, when: str | None) -> Resource:
    kinship = concepts.codeable(row["qualifier_concept_id"], None, row["qualifier_source_value"])
    meant = concepts.codeable(row["value_as_concept_id"], None, written(row["value_as_string"]))
    extension = row_extension(
        "observation",
        row,
        concepts,
        references_said=frozenset({"person_id"}),
        any_rows=any_rows,
        also=CARRIED["observation"] - {"observation_date", "observation_datetime"},
    )
    return clean(
        {
            "resourceType": "FamilyMemberHistory",
            "id": resource_id("observation", row["observation_id"]),
            "status": "completed",
            "patient": reference("person", row["person_id"]),
            "date": when,
            "relationship": kinship or _UNKNOWN,
            "condition": [{"extension": [extension], "code": meant or _UNKNOWN}],
        }
    )


def _observed(
    table: str, row: Row, concepts: Concepts, any_rows: AnyRows, **elements: Any
) -> Resource:
    performer = reference("provider", row["provider_id"])
    return _event(
        "Observation",
        table,
        row,
        concepts,
        any_rows,
        status="final",
        code=_code(table, row, concepts),
        effectiveDateTime=date_time(row[f"{table}_date"], row[f"{table}_datetime"]),
        performer=[performer] if performer else None,
        **_value(row, concepts),
        **elements,
    )


def _value(row: Row, concepts: Concepts) -> Resource:
    if row["value_as_number"] is not None:
        unit = concepts.coding(row["unit_concept_id"])
        quantity = clean(
            {
                "value": row["value_as_number"],
                "comparator": _COMPARATORS.get(row.get("operator_concept_id") or 0),
                "unit": written(row["unit_source_value"]) or (unit and unit["display"]),
                "system": unit and unit["system"],
                "code": unit and unit["code"],
            }
        )
        return {"valueQuantity": quantity}
    text = written(row.get("value_as_string")) or written(row["value_source_value"])
    meant = concepts.codeable(row["value_as_concept_id"], None, text)
    if meant and "coding" in meant:
        return {"valueCodeableConcept": meant}
    return {"valueString": text} if text else {}


def _code(stem: str, row: Row, concepts: Concepts) -> Resource:
    source = written(row[f"{stem}_source_value"])
    found = concepts.codeable(
        row[f"{stem}_concept_id"], row.get(f"{stem}_source_concept_id"), source
    )
    return found or _UNKNOWN


def _days(days: int) -> Resource:
    return {"value": days, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}


def _actors(row: Row) -> list[Resource] | None:
    provider = reference("provider", row["provider_id"])
    return [{"actor": provider}] if provider else None


def _event(
    kind: str,
    table: str,
    row: Row,
    concepts: Concepts,
    any_rows: AnyRows,
    *,
    person: str = "subject",
    encounter: str | None = "encounter",
    said: frozenset[str] = _SAID,
    also: frozenset[str] = frozenset(),
    **elements: Any,
) -> Resource:
    main = f"{'specimen' if table == 'specimen' else table.split('_')[0]}_concept_id"
    if main in row and row[main] and not concepts.is_standard(row[main]):
        # An import maps codes to standard concepts only.
        also |= {main}
    extension = row_extension(
        table, row, concepts, references_said=said, any_rows=any_rows, also=also
    )
    elements[person] = reference("person", row["person_id"])
    if encounter:
        elements[encounter] = reference("visit_occurrence", row["visit_occurrence_id"])
    return _resource(kind, table, row, extension, **elements)


def _resource(kind: str, table: str, row: Row, extension: Resource, **elements: Any) -> Resource:
    return clean(
        {
            "resourceType": kind,
            "id": resource_id(table, row[f"{table}_id"]),
            "extension": [extension],
            **elements,
        }
    )
