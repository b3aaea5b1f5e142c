"""Which elements of a resource are read, so that every other one can be counted with a reason."""

from __future__ import annotations

from collections.abc import Mapping

from deid.importers.fhir.bundles import Entry
from deid.importers.fhir.context import Gathering
from deid.importers.fhir.identity import US_CORE
from deid.importers.fhir.restoring import ROW

_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "language", "contained"})
_READ: Mapping[str, frozenset[str]] = {
    kind: frozenset(elements.split())
    for kind, elements in {
        "AllergyIntolerance": "verificationStatus code patient encounter onsetDateTime "
        "recordedDate recorder asserter",
        "CarePlan": "status intent category subject encounter period created author activity",
        "Condition": "clinicalStatus verificationStatus category code subject encounter "
        "onsetDateTime onsetPeriod abatementDateTime abatementPeriod recordedDate recorder "
        "asserter",
        "Coverage": "status type beneficiary period payor class",
        "DeviceUseStatement": "status subject device timingDateTime timingPeriod recordedOn",
        "DiagnosticReport": "status category code subject encounter effectiveDateTime "
        "effectivePeriod issued performer result presentedForm conclusion",
        "DocumentReference": "status type subject date author content context",
        "Encounter": "status class type subject participant period location serviceProvider "
        "hospitalization",
        "ExplanationOfBenefit": "status use patient item total payment insurance",
        "FamilyMemberHistory": "status patient date name relationship condition",
        "Group": "type actual code member active",
        "ImagingStudy": "status subject encounter started procedureCode",
        "Immunization": "status vaccineCode patient encounter occurrenceDateTime recorded "
        "doseQuantity lotNumber route performer",
        "Location": "identifier status name type address position",
        "Medication": "code status",
        "MedicationAdministration": "status medicationCodeableConcept medicationReference "
        "subject context effectiveDateTime effectivePeriod performer dosage",
        "MedicationDispense": "status medicationCodeableConcept medicationReference subject "
        "context quantity daysSupply whenPrepared whenHandedOver dosageInstruction performer",
        "MedicationRequest": "status intent medicationCodeableConcept medicationReference "
        "subject encounter authoredOn requester recorder dosageInstruction dispenseRequest",
        "MedicationStatement": "status medicationCodeableConcept medicationReference subject "
        "context effectiveDateTime effectivePeriod dateAsserted informationSource dosage",
        "Observation": "status category code subject encounter effectiveDateTime "
        "effectiveInstant effectivePeriod issued performer valueQuantity valueCodeableConcept "
        "valueString valueBoolean valueInteger valueTime valueDateTime referenceRange component "
        # These are counted where they are mapped.
        "valueRange valueRatio valueSampledData valuePeriod",
        "Organization": "identifier active name type address",
        "Patient": "active identifier name telecom gender birthDate _birthDate deceasedDateTime "
        "address maritalStatus contact communication generalPractitioner managingOrganization "
        "deceasedBoolean",
        "Practitioner": "active identifier name gender birthDate",
        "PractitionerRole": "identifier active practitioner organization specialty code location "
        "telecom availableTime healthcareService endpoint",
        "Procedure": "status code subject encounter performedDateTime performedPeriod recorder "
        "asserter performer",
        "RelatedPerson": "active patient relationship name telecom",
        "Specimen": "status type subject receivedTime collection accessionIdentifier",
        "SupplyDelivery": "status patient suppliedItem occurrenceDateTime occurrencePeriod",
    }.items()
}
_REASONS = {
    "identifier": "numbers of single records are not kept",
    "note": "free text beside a coded record",
    "photo": "a picture of somebody identifies them and cannot be given a pseudonym",
    "text": "generated from the coded content",
    "multipleBirthBoolean": "OMOP has no place for it",
    "multipleBirthInteger": "OMOP has no place for it",
}
_READ_EXTENSIONS = (
    ROW,
    *(US_CORE + name for name in ("race", "ethnicity", "birthsex")),
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
    "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
)


def count_unread(entry: Entry, gathered: Gathering) -> None:
    """Count the elements and extensions of a resource that its mapper does not read."""
    read = _READ.get(entry.type)
    if read is None:
        return
    if entry.type == "Patient":
        _count_in_addresses(entry, gathered)
    for element, value in entry.resource.items():
        if element in read or element in _ALWAYS:
            continue
        if element == "text":
            if value.get("div"):
                gathered.leave_out(f"narrative of {entry.type}", _REASONS["text"])
        elif element in {"extension", "modifierExtension"}:
            _count_extensions(entry, value, gathered)
        else:
            reason = _REASONS.get(element, "OMOP has no column for it")
            gathered.leave_out(f"{entry.type}.{element}", reason)


def _count_in_addresses(entry: Entry, gathered: Gathering) -> None:
    for address in entry.resource.get("address", []):
        _count_extensions(entry, address.get("extension", []), gathered)


def _count_extensions(entry: Entry, extensions: object, gathered: Gathering) -> None:
    for extension in extensions if isinstance(extensions, list) else []:
        url = str(extension.get("url", ""))
        if not url.startswith(_READ_EXTENSIONS):
            name = url.rstrip("/").rsplit("/", 1)[-1]
            gathered.leave_out(f"extension {name} of {entry.type}", "it is not known here")
