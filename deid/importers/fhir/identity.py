"""Patients and their families. Who somebody is goes to the identity tables and nowhere else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.context import Gathering, Row
from deid.importers.fhir.links import UNKNOWN_ROW
from deid.importers.fhir.restoring import is_household, restored
from deid.importers.fhir.times import moment
from deid.vocabulary import names

GENDER = {"male": names.MALE, "female": names.FEMALE, "other": 8521, "unknown": 8551}
_RACE = {
    "1002-5": names.RACE_AMERICAN_INDIAN,
    "2028-9": names.RACE_ASIAN,
    "2034-7": names.RACE_CHINESE,
    "2054-5": names.RACE_BLACK,
    "2076-8": names.RACE_PACIFIC_ISLANDER,
    "2106-3": names.RACE_WHITE,
}
_MARITAL = {
    "S": names.SINGLE,
    "M": names.MARRIED,
    "W": names.WIDOWED,
    "D": names.DIVORCED,
}
_BIRTH_SEX = {"M": names.MALE, "F": names.FEMALE, "UNK": 8551, "OTH": 8521}
_ETHNICITY = {"2135-2": names.HISPANIC, "2186-5": names.NOT_HISPANIC}
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
_PATIENT = "http://hl7.org/fhir/StructureDefinition/patient-"
# HL7 table 0203 to the vault's kinds of numbers.
_IDENTIFIER_KIND = {"MR": "MRN", "SS": "SSN", "NI": "ID_CARD", "PPN": "PASSPORT"}
_NAME_ORDER = ("official", "usual", None)


def map_patient(entry: Entry, gathered: Gathering) -> None:
    """One person, with everything that identifies them."""
    patient = entry.resource
    birth = moment(patient.get("birthDate"))
    text = patient.get("birthDate") or ""
    race = _omb_category(patient, "race", gathered)
    ethnicity = _omb_category(patient, "ethnicity", gathered)
    person_id = gathered.add(
        entry,
        "person",
        {
            "gender_concept_id": _sex(patient, gathered),
            "year_of_birth": birth.date.year if birth else None,
            "month_of_birth": birth.date.month if birth and len(text) >= 7 else None,
            "day_of_birth": birth.date.day if birth and birth.whole else None,
            "birth_datetime": _birth_time(patient),
            "race_concept_id": _RACE.get(race or "", 0),
            "ethnicity_concept_id": _ETHNICITY.get(ethnicity or "", 0),
            "provider_id": gathered.provider((patient.get("generalPractitioner") or [{}])[0]),
            "care_site_id": gathered.care_site(patient.get("managingOrganization") or {}),
            "gender_source_value": patient.get("gender"),
            "race_source_value": race,
            "ethnicity_source_value": ethnicity,
            **restored(gathered, patient, "person"),
        },
    )
    gathered.links.register(entry, person_id)
    _map_names(entry, gathered, person_id, birth.date if birth and birth.whole else None)
    _map_numbers(entry, gathered, person_id)
    for number, row in enumerate(_contacts(patient, gathered)):
        gathered.add(entry, "contact", {**row, "person_id": person_id}, f"telecom{number}")
    _map_addresses(entry, gathered, person_id)
    _map_relatives(entry, gathered, person_id)
    _map_death(entry, gathered, person_id)


def map_marital_status(entry: Entry, gathered: Gathering) -> None:
    """A patient's marital status, as an observation of the last day of their record.

    FHIR gives it no date. A row that is there keeps its day when the record grows.
    """
    codings = entry.resource["maritalStatus"].get("coding") or [{}]
    person_id = gathered.person({"reference": f"Patient/{entry.key}"})
    day = gathered.held_day("observation") or gathered.spans.get(person_id, (None, None))[1]
    if day is None:
        gathered.leave_out("Patient.maritalStatus", "nothing recorded says on which day it held")
        return
    code = codings[0].get("code")
    gathered.add(
        entry,
        "observation",
        {
            "person_id": person_id,
            "observation_concept_id": names.MARITAL_STATUS,
            "observation_date": day,
            "observation_type_concept_id": names.EHR,
            "value_as_concept_id": _MARITAL.get(code or "", 0),
            "value_source_value": code or entry.resource["maritalStatus"].get("text"),
        },
    )


def map_related_person(entry: Entry, gathered: Gathering) -> None:
    """A relative of a patient."""
    related = entry.resource
    row = _relative(related, "relationship", gathered)
    row["person_id"] = gathered.person(related["patient"])
    gathered.add(entry, "relative", {**row, **restored(gathered, related, "relative")})


def map_group(entry: Entry, gathered: Gathering) -> None:
    """A household; its members learn of it when they are mapped themselves."""
    group = entry.resource
    if not is_household(group):
        gathered.leave_out("Group", "it is no household")
        return
    household_id = gathered.add(entry, "household", restored(gathered, group, "household"))
    for member in group.get("member", []):
        reference = str((member.get("entity") or {}).get("reference"))
        gathered.index.put("household", reference, value=str(household_id).encode())


def _sex(patient: Resource, gathered: Gathering) -> int:
    """Sex at birth, which is what OMOP's column is for; the administrative gender without it."""
    gender = GENDER.get(patient.get("gender", ""), 0)
    for extension in patient.get("extension", []):
        if extension.get("url") == US_CORE + "birthsex":
            at_birth = _BIRTH_SEX.get(extension.get("valueCode", ""), 0)
            if at_birth and gender and at_birth != gender:
                gathered.leave_out(
                    "Patient.gender as a concept",
                    "another than the sex at birth; its code is kept in gender_source_value",
                )
            return at_birth or gender
    return gender


def _birth_time(patient: Resource) -> dt.datetime | None:
    for extension in (patient.get("_birthDate") or {}).get("extension", []):
        if extension.get("url") == _PATIENT + "birthTime":
            found = moment(extension.get("valueDateTime"))
            return found.time if found else None
    return None


def _omb_category(patient: Resource, what: str, gathered: Gathering) -> str | None:
    codes = [
        part["valueCoding"].get("code")
        for extension in patient.get("extension", [])
        if extension.get("url") == US_CORE + what
        for part in extension.get("extension", [])
        if part.get("url") in {"ombCategory", "detailed"} and "valueCoding" in part
    ]
    if len(codes) > 1:
        gathered.leave_out(f"further {what} of Patient", "OMOP keeps one a person", len(codes) - 1)
    return codes[0] if codes else None


def first_name(resource: Resource) -> Mapping[str, Any]:
    all_names = resource.get("name") or [{}]
    if isinstance(all_names, dict):
        return all_names
    for use in _NAME_ORDER:
        for name in all_names:
            if name.get("use") == use:
                return dict(name)
    return dict(all_names[0])


def full_name(name: Mapping[str, Any]) -> str | None:
    """As written; put together in the order of its culture where only parts are given."""
    if name.get("text"):
        return str(name["text"])
    given, family = " ".join(name.get("given", [])), name.get("family", "")
    if family and all("\u4e00" <= sign <= "\u9fff" for sign in family + given.replace(" ", "")):
        return f"{family}{given.replace(' ', '')}"
    parts = [*name.get("prefix", []), given, family, *name.get("suffix", [])]
    return " ".join(part for part in parts if part) or None


def _map_names(entry: Entry, gathered: Gathering, person_id: int, birth_date: Any) -> None:
    patient = entry.resource
    first = first_name(patient)
    others = [full_name(n) for n in patient.get("name", []) if dict(n) != dict(first)]
    language = next(
        (
            coding["code"]
            for spoken in patient.get("communication", [])
            for coding in spoken.get("language", {}).get("coding", [])
            if coding.get("code")
        ),
        None,
    )
    row = {
        "family_name": first.get("family"),
        "given_name": " ".join(first.get("given", [])) or None,
        "full_name": full_name(first),
        "other_names": "\n".join(name for name in others if name) or None,
        "birth_date": birth_date,
        "language": language,
        "household_id": gathered.household(entry),
        **restored(gathered, patient, "person_identity"),
    }
    if any(value is not None for value in row.values()):
        gathered.add_keyed(entry, "person_identity", {**row, "person_id": person_id})


def _map_numbers(entry: Entry, gathered: Gathering, person_id: int) -> None:
    for number, identifier in enumerate(entry.resource.get("identifier", [])):
        if not identifier.get("value"):
            continue
        codes = [c.get("code") for c in identifier.get("type", {}).get("coding", [])]
        kind = codes[0] if codes and codes[0] else "OTHER"
        gathered.add(
            entry,
            "identifier",
            {
                "person_id": person_id,
                "kind": _IDENTIFIER_KIND.get(kind, kind),
                "system": identifier.get("system"),
                "value": identifier["value"],
                **restored(gathered, identifier, "identifier"),
            },
            f"identifier{number}",
        )


def _contacts(resource: Resource, gathered: Gathering) -> Iterator[Row]:
    for telecom in resource.get("telecom", []):
        if telecom.get("value"):
            yield {
                "kind": telecom.get("system") or "other",
                "use": telecom.get("use"),
                "value": telecom["value"],
                **restored(gathered, telecom, "contact"),
            }


def _map_addresses(entry: Entry, gathered: Gathering, person_id: int) -> None:
    patient = entry.resource
    addresses = [(a, a.get("use")) for a in patient.get("address", [])]
    addresses += [
        (extension["valueAddress"], "birth")
        for extension in patient.get("extension", [])
        if extension.get("url") == _PATIENT + "birthPlace" and "valueAddress" in extension
    ]
    for number, (address, use) in enumerate(addresses):
        line = ", ".join(address.get("line", [])) or None
        place = (address.get("city"), address.get("state"), address.get("postalCode"))
        full = ", ".join(part for part in (line, *place, address.get("country")) if part)
        gathered.add(
            entry,
            "address",
            {
                "person_id": person_id,
                "use": use,
                "line": line,
                "district": address.get("district"),
                "city": address.get("city"),
                "state": address.get("state"),
                "postal_code": address.get("postalCode"),
                "country": address.get("country"),
                "full_text": address.get("text") or full or None,
                **restored(gathered, address, "address"),
            },
            f"address{number}",
        )


def _relative(resource: Resource, relationship: str, gathered: Gathering) -> Row:
    kinds = resource.get(relationship) or []
    kind = next(
        (
            coding.get("display") or coding.get("code")
            for concept in kinds
            for coding in concept.get("coding", [])
        ),
        next((concept.get("text") for concept in kinds), None),
    )
    phones = [c["value"] for c in _contacts(resource, gathered) if c["kind"] == "phone"]
    return {
        "relationship": kind or "contact",
        "full_name": full_name(first_name(resource)),
        "phone": phones[0] if phones else None,
    }


def _map_relatives(entry: Entry, gathered: Gathering, person_id: int) -> None:
    patient = entry.resource
    relatives = [
        _relative(contact, "relationship", gathered) for contact in patient.get("contact", [])
    ]
    relatives += [
        {"relationship": "mother", "full_name": extension["valueString"]}
        for extension in patient.get("extension", [])
        if extension.get("url") == _PATIENT + "mothersMaidenName" and "valueString" in extension
    ]
    for number, row in enumerate(relatives):
        gathered.add(entry, "relative", {**row, "person_id": person_id}, f"relative{number}")


def _map_death(entry: Entry, gathered: Gathering, person_id: int) -> None:
    died = moment(entry.resource.get("deceasedDateTime"))
    if died:
        gathered.add_keyed(
            entry,
            "death",
            {
                "person_id": person_id,
                "death_date": gathered.day(died),
                "death_datetime": died.time,
                "death_type_concept_id": names.EHR,
                **restored(gathered, entry.resource, "death"),
            },
        )
        gathered.span(person_id, died.date)
    elif entry.resource.get("deceasedBoolean"):
        gathered.leave_out("Patient.deceasedBoolean", "a death without a date has no row in OMOP")


def map_family_member(entry: Entry, gathered: Gathering) -> None:
    """Diseases in the family become observations; a relative's name goes to the identity tables."""
    member = entry.resource
    person_id = gathered.person(member["patient"])
    kinship = gathered.codes.read(member.get("relationship"), "Relationship")
    if member.get("name"):
        gathered.add(
            entry,
            "relative",
            {
                "person_id": person_id,
                "relationship": kinship.name,
                "full_name": member["name"],
            },
            "name",
        )
    when = moment(member.get("date"))
    for number, condition in enumerate(member.get("condition", [])):
        meant = gathered.code(condition.get("code"), "Condition")
        gathered.add(
            entry,
            "observation",
            {
                "person_id": person_id,
                "observation_concept_id": names.FAMILY_HISTORY,
                "observation_date": gathered.day(when),
                "observation_datetime": when.time if when else None,
                "observation_type_concept_id": names.EHR,
                "value_as_concept_id": meant.concept_id,
                "value_as_string": meant.name,
                "value_source_value": meant.source_value,
                "qualifier_concept_id": kinship.concept_id,
                "qualifier_source_value": kinship.source_value,
                **restored(gathered, condition, "observation"),
            },
            f"condition{number}",
        )
    if when and person_id != UNKNOWN_ROW:
        gathered.span(person_id, when.date)
