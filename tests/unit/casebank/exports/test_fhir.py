"""A case as a FHIR R4 document: valid, whole, without a calendar and without a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from lxml import html

from casebank import Case
from casebank.exports.fhir import to_fhir
from casebank.exports.fhir_resources import RELATIVE_TIME
from deid.importers.fhir.bundles import read_entries

AT = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def bundle(farmer: Case) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(to_fhir(farmer, AT))
    return document


def _resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    every = [entry["resource"] for entry in bundle["entry"]]
    return [one for one in every if one["resourceType"] == kind]


def _values(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == name:
                yield item
            yield from _values(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, name)


def test_the_document_is_valid_fhir(bundle: dict[str, Any], teacher: Case, tmp_path: Path) -> None:
    for name, document in (("en", bundle), ("zh", json.loads(to_fhir(teacher, AT)))):
        Bundle.model_validate(document)
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(document))
        # Our own importer checks each resource of a type that it knows, as it would a hospital's.
        assert len(list(read_entries(file, validate=True))) == len(document["entry"])


def test_a_document_begins_with_its_composition_and_every_reference_leads_somewhere(
    bundle: dict[str, Any],
) -> None:
    assert bundle["type"] == "document"
    assert bundle["entry"][0]["resource"]["resourceType"] == "Composition"
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(addresses)) == len(addresses)
    assert set(_values(bundle, "reference")) <= set(addresses)
    # What is in the document is reached from its composition.
    reached, waiting = set(), [bundle["entry"][0]["fullUrl"]]
    by_address = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    while waiting:
        address = waiting.pop()
        if address not in reached:
            reached.add(address)
            waiting += list(_values(by_address[address], "reference"))
    assert reached == set(addresses)


def test_a_narrative_says_something_in_the_elements_that_fhir_allows(
    bundle: dict[str, Any],
) -> None:
    allowed = {"div", "p", "ul", "ol", "li", "h3"}
    divs = [html.fromstring(one) for one in _values(bundle, "div")]
    assert len(divs) > 1 + len(bundle["entry"][0]["resource"]["section"])
    for div in divs:
        assert {one.tag for one in div.iter()} <= allowed
        assert div.text_content().strip()
    composition = bundle["entry"][0]["resource"]
    assert all({"title", "text"} <= set(one) for one in composition["section"])
    assert {"status", "type", "date", "author", "title", "text"} <= set(composition)


def test_every_statement_and_problem_of_the_case_is_there(
    bundle: dict[str, Any], farmer: Case
) -> None:
    said = json.dumps([e["resource"] for e in bundle["entry"][1:]], ensure_ascii=False)
    for one in farmer.statements():
        assert json.dumps(one.text, ensure_ascii=False)[1:-1] in said
    titles = [one["code"]["text"] for one in _resources(bundle, "Condition")]
    assert titles == [one.title for one in farmer.problems]
    points = [p for sheet in farmer.flow_sheets for s in sheet.series for p in s.points]
    measured = [one for one in _resources(bundle, "Observation") if "valueQuantity" in one]
    assert sorted(one["valueQuantity"]["value"] for one in measured) == sorted(
        point.value for point in points
    )
    assert len(_resources(bundle, "Encounter")) == len(farmer.contacts)
    drugs = {
        one["medicationCodeableConcept"]["text"]
        for one in _resources(bundle, "MedicationStatement")
    }
    assert drugs == {"amlodipine", "metformin", "amoxicillin"}
    assert _resources(bundle, "CarePlan")


def test_time_is_told_in_days_from_the_first_contact_and_no_date_is_a_calendars(
    bundle: dict[str, Any], farmer: Case
) -> None:
    dates = re.findall(r"(?<![-\w])(?:19|20)\d\d-\d\d(?:-\d\d)?", json.dumps(bundle))
    assert set(dates) == {"2026-11-28"}
    first = bundle["entry"][2]["resource"]
    assert first["resourceType"] == "Encounter"
    for one, problem in zip(_resources(bundle, "Condition"), farmer.problems, strict=True):
        extensions = {e["url"]: e for e in one["_onsetDateTime"]["extension"]}
        parts = {e["url"]: e for e in extensions[RELATIVE_TIME]["extension"]}
        assert parts["target"]["valueReference"]["reference"] == bundle["entry"][2]["fullUrl"]
        assert parts["offset"]["valueDuration"]["value"] == abs(problem.onset_day)


def test_the_patient_is_nobody(bundle: dict[str, Any], farmer: Case) -> None:
    (patient,) = _resources(bundle, "Patient")
    assert set(patient) == {"resourceType", "id", "meta", "text"}
    assert farmer.sources is not None
    text = json.dumps(bundle)
    assert farmer.sources.release not in text
    assert not list(_values(bundle["entry"], "identifier"))


def test_equal_cases_give_equal_bytes(farmer: Case) -> None:
    assert to_fhir(farmer, AT) == to_fhir(farmer.for_student(), AT)
