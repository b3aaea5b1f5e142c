"""Patients with all that identifies them, their relatives and households."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deid.exporters.fhir.concepts import Concepts
from deid.exporters.fhir.elements import (
    Row,
    clean,
    date_time,
    reference,
    resource_id,
    row_extension,
    written,
)
from deid.importers.fhir.identity import US_CORE
from deid.importers.fhir.restoring import HOUSEHOLD, TABLE
from deid.vocabulary import names

GENDER = {names.MALE: "male", names.FEMALE: "female", 8521: "other"}
_RACE = {
    names.RACE_AMERICAN_INDIAN: "1002-5",
    names.RACE_ASIAN: "2028-9",
    names.RACE_CHINESE: "2034-7",
    names.RACE_BLACK: "2054-5",
    names.RACE_PACIFIC_ISLANDER: "2076-8",
    names.RACE_WHITE: "2106-3",
}
_ETHNICITY = {names.HISPANIC: "2135-2", names.NOT_HISPANIC: "2186-5"}
_OMB = "urn:oid:2.16.840.1.113883.6.238"
_NUMBER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
_KINDS = {"MRN": "MR", "SSN": "SS", "ID_CARD": "NI", "PASSPORT": "PPN"}
_LOCAL_KIND = "urn:carecommons:identifier-kind"
_TELECOM = frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"})
_USES = frozenset({"home", "work", "temp", "old", "mobile"})
_ADDRESS_USES = frozenset({"home", "work", "temp", "old", "billing"})


def patient(
    person: Row,
    identity: Row | None,
    death: Row | None,
    identifiers: Iterable[Row],
    contacts: Iterable[Row],
    addresses: Iterable[Row],
    concepts: Concepts,
) -> dict[str, Any]:
    """One person as a Patient."""
    extensions = [
        *_us_core("race", _RACE.get(person["race_concept_id"]), concepts, person),
        *_us_core("ethnicity", _ETHNICITY.get(person["ethnicity_concept_id"]), concepts, person),
        row_extension(
            "person", person, concepts, references_said=frozenset({"provider_id", "care_site_id"})
        ),
    ]
    if identity is not None:
        extensions.append(
            row_extension(
                "person_identity",
                identity,
                concepts,
                references_said=frozenset({"household_id"}),
            )
        )
    if death is not None:
        extensions.append(row_extension("death", death, concepts))
    doctor = reference("provider", person["provider_id"])
    return clean(
        {
            "resourceType": "Patient",
            "id": resource_id("person", person["person_id"]),
            "extension": extensions,
            "identifier": [_identifier(row, concepts) for row in identifiers],
            "name": _names(identity),
            "telecom": [_telecom(row, concepts) for row in contacts],
            "gender": GENDER.get(person["gender_concept_id"], "unknown"),
            "birthDate": _birth_date(person),
            "deceasedDateTime": death and date_time(death["death_date"], death["death_datetime"]),
            "address": [_address(row, concepts) for row in addresses],
            "communication": _languages(identity),
            "generalPractitioner": [doctor] if doctor else None,
            "managingOrganization": reference("care_site", person["care_site_id"]),
        }
    )


def related_person(row: Row, concepts: Concepts) -> dict[str, Any]:
    """A relative of a person."""
    phone = written(row["phone"])
    name = written(row["full_name"])
    return clean(
        {
            "resourceType": "RelatedPerson",
            "id": resource_id("relative", row["relative_id"]),
            "extension": [row_extension("relative", row, concepts, references_said=_PERSON)],
            "patient": reference("person", row["person_id"]),
            "relationship": [{"text": row["relationship"]}] if row["relationship"] else None,
            "name": [{"text": name}] if name else None,
            "telecom": [{"system": "phone", "value": phone}] if phone else None,
        }
    )


def household(row: Row, members: Iterable[int], concepts: Concepts) -> dict[str, Any]:
    """A household as a Group of its members."""
    return clean(
        {
            "resourceType": "Group",
            "id": resource_id("household", row["household_id"]),
            "extension": [row_extension("household", row, concepts)],
            "type": "person",
            "actual": True,
            "code": {"coding": [{"system": TABLE, "code": HOUSEHOLD}], "text": "household"},
            "member": [{"entity": reference("person", person_id)} for person_id in members],
        }
    )


_PERSON = frozenset({"person_id"})


def _birth_date(person: Row) -> str | None:
    year, month, day = (person[f"{part}_of_birth"] for part in ("year", "month", "day"))
    if year is None:
        return None
    if month is None:
        return f"{year:04d}"
    return f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day is not None else "")


def _us_core(what: str, code: str | None, concepts: Concepts, person: Row) -> list[dict[str, Any]]:
    concept = concepts.get(person[f"{what}_concept_id"])
    if code is None or concept is None:
        return []
    name = concept["concept_name"]
    category = {"system": _OMB, "code": code, "display": name}
    return [
        {
            "url": US_CORE + what,
            "extension": [
                {"url": "ombCategory", "valueCoding": category},
                {"url": "text", "valueString": name},
            ],
        }
    ]


def _names(identity: Row | None) -> list[dict[str, Any]]:
    if identity is None:
        return []
    given = written(identity["given_name"])
    first = clean(
        {
            "text": written(identity["full_name"]),
            "family": written(identity["family_name"]),
            "given": [given] if given else None,
        }
    )
    others = (identity["other_names"] or "").split("\n")
    old = [{"use": "old", "text": name} for name in others if written(name)]
    return [{"use": "official", **first}, *old] if first else old


def _languages(identity: Row | None) -> list[dict[str, Any]]:
    tag = identity and written(identity["language"])
    if not tag:
        return []
    return [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": tag}]}}]


def _identifier(row: Row, concepts: Concepts) -> dict[str, Any]:
    kind = row["kind"]
    known = _KINDS.get(kind)
    coding = {"system": _NUMBER_TYPE if known else _LOCAL_KIND, "code": known or kind}
    return clean(
        {
            "extension": [row_extension("identifier", row, concepts, references_said=_PERSON)],
            "type": {"coding": [coding]},
            "system": written(row["system"]),
            "value": row["value"],
        }
    )


def _telecom(row: Row, concepts: Concepts) -> dict[str, Any]:
    return clean(
        {
            "extension": [row_extension("contact", row, concepts, references_said=_PERSON)],
            "system": row["kind"] if row["kind"] in _TELECOM else "other",
            "use": row["use"] if row["use"] in _USES else None,
            "value": row["value"],
        }
    )


def _address(row: Row, concepts: Concepts) -> dict[str, Any]:
    line = [row["line"], row["village"], row["township"]]
    return clean(
        {
            "extension": [row_extension("address", row, concepts, references_said=_PERSON)],
            "use": row["use"] if row["use"] in _ADDRESS_USES else None,
            "text": written(row["full_text"]),
            "line": [part for part in line if written(part)],
            "city": written(row["city"]),
            "district": written(row["district"]),
            "state": written(row["state"]),
            "postalCode": written(row["postal_code"]),
            "country": written(row["country"]),
        }
    )
