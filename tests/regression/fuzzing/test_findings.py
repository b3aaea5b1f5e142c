"""What the fuzzers found, kept: each was an error that nobody foresaw, and is a refusal now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deid.errors import ImportRefused
from deid.importers.fhir.bundles import read_entries
from deid.scrubbing.treating import LineTreatment, Recipe
from deid.text.patients import LONGEST
from deid.vault.arrival import check_columns
from tests.campaigns.fuzz import fuzz
from tests.campaigns.targets import policy


def test_a_contained_resource_of_an_unknown_type_refuses_the_import(tmp_path: Path) -> None:
    request = {
        "resourceType": "MedicationRequest",
        "id": "rx",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
        "medicationReference": {"reference": "#m"},
        "contained": [{"resourceType": "Nonsense", "id": "m"}],
    }
    file = tmp_path / "MedicationRequest.ndjson"
    file.write_text(json.dumps(request) + "\n", encoding="utf-8")
    with pytest.raises(ImportRefused, match="line 1: is not valid FHIR R4") as refusal:
        list(read_entries(file, validate=True))
    assert "Nonsense" not in str(refusal.value)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"type": [["transaction"]]}, "Bundle.type: expected one of"),
        ({"entry": [{"request": ["DELETE"]}]}, r"Bundle.entry\[0\].request: not an object"),
    ],
)
def test_a_bundle_with_a_list_for_a_word_or_an_object_refuses_the_import(
    changed: dict[str, object], refusal: str, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "batch"} | changed))
    with pytest.raises(ImportRefused, match=refusal):
        list(read_entries(file, validate=True))


def test_a_patients_name_in_a_header_is_told_by_its_place() -> None:
    header = ["person_id", "family_name", "given_name", "欧阳", "birth_date", "欧阳"]
    with pytest.raises(ImportRefused, match="column 4, 6 of the header is no column") as refusal:
        check_columns("person_identity", header)
    assert "欧阳" not in str(refusal.value)


def test_a_patients_name_of_a_whole_page_withholds_the_note() -> None:
    # Its forms took 15 seconds and 5 GB; they grow with the square of the name.
    treatment = LineTreatment(Recipe(b"k" * 32))

    def treat(name: str) -> str | None:
        line = {"id": 1, "text": "Seen today.", "patient": {"family": name}}
        return treatment.treat(json.dumps(line).encode()).withheld

    assert treat("a" * LONGEST) is None
    assert treat("a" * (LONGEST + 1)) == '"patient": family has more than 1,000 characters'


def test_half_a_character_in_a_patients_number_ends_in_no_error() -> None:
    treatment = LineTreatment(Recipe(b"k" * 32))
    line = {"id": 1, "text": "Seen today.", "patient": {"mrn": "MRN-\ud800"}}
    treated = treatment.treat(json.dumps(line).encode())
    assert (treated.line is None) == (treated.withheld is not None)


def test_a_fuzzer_tells_what_it_found(tmp_path: Path) -> None:
    result = fuzz(policy(tmp_path), 0.3, 40, tmp_path / "place")
    assert result.inputs > 20
    assert not result.found, result.found
