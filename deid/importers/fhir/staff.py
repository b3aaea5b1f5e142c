"""Organisations, places, practitioners and their roles."""

from __future__ import annotations

from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.context import Gathering, Row
from deid.importers.fhir.identity import GENDER, first_name, full_name
from deid.importers.fhir.restoring import restored


def map_care_site(entry: Entry, gathered: Gathering) -> None:
    """An organisation or place of care, with its address."""
    site = entry.resource
    kinds = site.get("type") or [{}]
    kind = gathered.code(kinds[0], "Visit") if kinds[0] else None
    row: Row = {
        "care_site_name": site.get("name"),
        "place_of_service_source_value": (kind.name or kind.source_value) if kind else None,
        "place_of_service_concept_id": kind.concept_id if kind else None,
        "location_id": _location(entry, gathered),
        **restored(gathered, site, "care_site"),
    }
    gathered.links.register(entry, gathered.add(entry, "care_site", row))


def learn_role(entry: Entry, gathered: Gathering) -> None:
    """Keep what a role says of a practitioner, who is mapped later; the first role counts."""
    role = entry.resource
    target = gathered.links.find(role.get("practitioner"), "Practitioner")
    for element in ("telecom", "availableTime", "healthcareService", "endpoint"):
        if element in role:
            gathered.leave_out(
                f"PractitionerRole.{element}", "the vault keeps contacts of residents only"
            )
    if target is None:
        gathered.leave_out("PractitionerRole", "it names no practitioner")
        return
    name = str((role.get("practitioner") or {}).get("reference") or target.key[1])
    if name in gathered.roles:
        gathered.leave_out("PractitionerRole", "OMOP keeps one role of a provider, the first")
        return
    specialty = (role.get("specialty") or role.get("code") or [None])[0]
    meant = gathered.code(specialty, "Provider")
    place = (role.get("location") or [{}])[0]
    gathered.roles[name] = {
        "specialty_concept_id": meant.concept_id,
        "specialty_source_concept_id": meant.source_concept_id,
        "specialty_source_value": meant.name or meant.source_value,
        # Where it is, is looked up with the practitioner: then all places are known.
        "organization": role.get("organization") or {},
        "location": place,
    }


def map_practitioner(entry: Entry, gathered: Gathering) -> None:
    """A provider, under the name that notes may call them by."""
    practitioner = entry.resource
    numbers = practitioner.get("identifier", [])
    npi = [
        identifier["value"]
        for identifier in numbers
        if str(identifier.get("system", "")).endswith("/us-npi") and identifier.get("value")
    ]
    born = str(practitioner.get("birthDate") or "")
    provider_id = gathered.add(
        entry,
        "provider",
        {
            "provider_name": full_name(first_name(practitioner)),
            "npi": npi[0] if npi else None,
            "gender_concept_id": GENDER.get(practitioner.get("gender", ""), 0),
            "gender_source_value": practitioner.get("gender"),
            "year_of_birth": int(born[:4]) if born else None,
            **_role_of(entry, gathered),
            **restored(gathered, practitioner, "provider"),
        },
    )
    gathered.links.register(entry, provider_id)


def _role_of(entry: Entry, gathered: Gathering) -> Row:
    names = [entry.url or "", f"Practitioner/{entry.key}"]
    for identifier in entry.resource.get("identifier", []):
        number = f"{identifier.get('system', '')}|{identifier.get('value')}"
        names += [f"Practitioner?identifier={number}", number]
    role = next((dict(gathered.roles[name]) for name in names if name in gathered.roles), None)
    if role is None:
        return {}
    organization, place = role.pop("organization"), role.pop("location")
    care_site_id = gathered.care_site(organization) or gathered.care_site(place, "Location")
    return {**role, "care_site_id": care_site_id}


def _location(entry: Entry, gathered: Gathering) -> int | None:
    site = entry.resource
    addresses = site.get("address") or []
    address: Resource = (
        (addresses[0] if addresses else {}) if isinstance(addresses, list) else (addresses)
    )
    position = site.get("position") or {}
    if not address and not position:
        return None
    lines = address.get("line", [])
    row: Row = {
        "address_1": lines[0] if lines else address.get("text"),
        "address_2": ", ".join(lines[1:]) or None,
        "city": address.get("city"),
        "state": address.get("state"),
        "zip": address.get("postalCode"),
        "county": address.get("district"),
        "country_source_value": address.get("country"),
        "latitude": position.get("latitude"),
        "longitude": position.get("longitude"),
        **restored(gathered, address, "location"),
    }
    return gathered.add(entry, "location", row, "address")
