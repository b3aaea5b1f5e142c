"""Clinical rows as resources. What FHIR has no element for stands in one extension of the row."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping

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
from deid.exporters.fhir.events import (
    UNKNOWN,
    AnyRows,
    Resource,
    actors_of,
    code_of,
    event_of,
    observation_of,
    resource_of,
)
from deid.importers.fhir.restoring import CARRIED
from deid.vocabulary import names

Builder = Callable[[Row, Concepts, AnyRows], Resource]

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
    return resource_of(
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
    return event_of(
        "Condition",
        "condition_occurrence",
        row,
        concepts,
        any_rows,
        category=[{"coding": [{"system": f"{_HL7}condition-category", "code": category}]}],
        code=code_of("condition", row, concepts),
        onsetDateTime=date_time(row["condition_start_date"], row["condition_start_datetime"]),
        abatementDateTime=date_time(row["condition_end_date"], row["condition_end_datetime"]),
        recorder=reference("provider", row["provider_id"]),
    )


def procedure(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A procedure."""
    start = date_time(row["procedure_date"], row["procedure_datetime"])
    end = date_time(row["procedure_end_date"], row["procedure_end_datetime"])
    return event_of(
        "Procedure",
        "procedure_occurrence",
        row,
        concepts,
        any_rows,
        status="completed",
        code=code_of("procedure", row, concepts),
        performedPeriod={"start": start, "end": end} if end else None,
        performedDateTime=None if end else start,
        performer=actors_of(row),
    )


def drug(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A vaccine given, a prescription, or a drug taken."""
    start = date_time(row["drug_exposure_start_date"], row["drug_exposure_start_datetime"])
    end = date_time(row["drug_exposure_end_date"], row["drug_exposure_end_datetime"])
    code = code_of("drug", row, concepts)
    route = concepts.codeable(row["route_concept_id"], None, row["route_source_value"])
    concept = concepts.get(row["drug_concept_id"])
    if concept is not None and concept["vocabulary_id"] == "CVX":
        return event_of(
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
            performer=actors_of(row),
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
        return event_of(
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
    return event_of(
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
    return observation_of(
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
        return event_of(
            "AllergyIntolerance",
            "observation",
            row,
            concepts,
            any_rows,
            person="patient",
            code=code_of("observation", row, concepts),
            recordedDate=when,
            recorder=reference("provider", row["provider_id"]),
        )
    return observation_of("observation", row, concepts, any_rows)


def device(row: Row, concepts: Concepts, any_rows: AnyRows) -> Resource:
    """A device that somebody had, which is contained."""
    start = date_time(row["device_exposure_start_date"], row["device_exposure_start_datetime"])
    end = date_time(row["device_exposure_end_date"], row["device_exposure_end_datetime"])
    kind = code_of("device", row, concepts)
    return event_of(
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
    return event_of(
        "Specimen",
        "specimen",
        row,
        concepts,
        any_rows,
        said=frozenset({"person_id"}),
        encounter=None,
        type=code_of("specimen", row, concepts),
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
    return event_of(
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
            "relationship": kinship or UNKNOWN,
            "condition": [{"extension": [extension], "code": meant or UNKNOWN}],
        }
    )


def _days(days: int) -> Resource:
    return {"value": days, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}
