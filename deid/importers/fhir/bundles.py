"""Finds, parses and validates FHIR R4 files. A bad file refuses the whole import.

Resources are validated by fhir.resources' R4B models (decision record 0002 says why); what cannot
be imported is only checked to be a FHIR resource at all.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from deid.errors import ImportRefused

Resource = dict[str, Any]
BUNDLE_TYPES = frozenset({"transaction", "batch", "collection", "searchset", "document"})
# Where a resource says whose it is; a record without a person is a fault of the sender.
PATIENT_ELEMENT = {
    **dict.fromkeys(
        (
            "AllergyIntolerance",
            "ExplanationOfBenefit",
            "FamilyMemberHistory",
            "Immunization",
            "RelatedPerson",
        ),
        "patient",
    ),
    **dict.fromkeys(
        (
            "CarePlan",
            "Condition",
            "DeviceUseStatement",
            "DiagnosticReport",
            "DocumentReference",
            "Encounter",
            "ImagingStudy",
            "MedicationAdministration",
            "MedicationDispense",
            "MedicationRequest",
            "MedicationStatement",
            "Observation",
            "Procedure",
        ),
        "subject",
    ),
    "Coverage": "beneficiary",
}
_NOBODYS = frozenset(
    {
        "Basic",
        "Device",
        "Group",
        "Location",
        "Medication",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Specimen",
        "SupplyDelivery",
    }
)
IMPORTED_TYPES = frozenset(PATIENT_ELEMENT) | _NOBODYS
_SUFFIXES = (".json", ".ndjson", ".json.gz", ".ndjson.gz")
_WHAT = {"missing": "is missing", "extra_forbidden": "is not an element of FHIR R4"}


@dataclass(frozen=True)
class Entry:
    """One resource: where it stands (file and entry), its ``fullUrl`` and its content."""

    place: str
    url: str | None
    resource: Resource

    @property
    def type(self) -> str:
        """The resource type."""
        return str(self.resource["resourceType"])

    @property
    def key(self) -> str:
        """The resource's id within its source, or its URL where it has none."""
        return str(self.resource.get("id") or str(self.url).removeprefix("urn:uuid:"))


def find_files(path: Path) -> list[Path]:
    """The JSON and NDJSON files of a folder, plain or compressed by gzip, or the one file.

    Raises:
        ImportRefused: if there is none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ImportRefused(f"{path}: no such file or folder")
    files = sorted(p for p in path.iterdir() if p.name.lower().endswith(_SUFFIXES) and p.is_file())
    if not files:
        raise ImportRefused(f"{path}: no .json or .ndjson file there, nor one with .gz")
    return files


def read_entries(path: Path, *, validate: bool) -> Iterator[Entry]:
    """The resources of one file, in order.

    Raises:
        ImportRefused: if the file is not JSON, not FHIR, or a resource is not valid R4.
    """
    for where, document in _documents(path):
        if not isinstance(document, dict) or "resourceType" not in document:
            raise ImportRefused(f"{path}: {where}: not a FHIR resource, resourceType is missing")
        if document["resourceType"] != "Bundle":
            yield _entry(f"{path}: {where}", None, document, validate=validate)
            continue
        kind = document.get("type")
        if not isinstance(kind, str) or kind not in BUNDLE_TYPES:
            raise ImportRefused(
                f"{path}: {where} Bundle.type: expected one of {', '.join(sorted(BUNDLE_TYPES))}"
            )
        entries = document.get("entry", [])
        if not isinstance(entries, list):
            raise ImportRefused(f"{path}: {where} Bundle.entry: not a list")
        for number, entry in enumerate(entries):
            place = f"{path}: {where} Bundle.entry[{number}]"
            if not isinstance(entry, dict):
                raise ImportRefused(f"{place}: not an object")
            request = entry.get("request") or {}
            if not isinstance(request, dict):
                raise ImportRefused(f"{place}.request: not an object")
            if request.get("method") == "DELETE":
                raise ImportRefused(f"{place}.request: deletions cannot be imported")
            if "resource" not in entry:
                raise ImportRefused(f"{place}.resource: is missing")
            yield _entry(
                f"{place}.resource", entry.get("fullUrl"), entry["resource"], validate=validate
            )


def _documents(path: Path) -> Iterator[tuple[str, Any]]:
    """Where each JSON document of a file stands, and the document; NDJSON comes line by line."""
    name = path.name.lower().removesuffix(".gz")
    line = 0
    try:
        with _opened(path) as file:
            if not name.endswith(".ndjson"):
                yield "$", _parsed(file.read(), path, 1)
                return
            for line, text in enumerate(file, start=1):
                if text.strip():
                    yield f"line {line}", _parsed(text, path, line)
    except UnicodeDecodeError:
        raise ImportRefused(f"{path}: line {line + 1} or later: not in UTF-8") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ImportRefused(
            f"{path}: line {line + 1} or later: the compressed file is damaged or cut off"
        ) from None
    except OSError as error:
        raise ImportRefused(f"{path}: {error.strerror}") from None


def _opened(path: Path) -> IO[str]:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _parsed(text: str, path: Path, first_line: int) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = first_line + getattr(error, "lineno", 1) - 1
        column = getattr(error, "colno", 1)
        raise ImportRefused(f"{path}: line {line}, column {column}: not JSON") from None


def _entry(place: str, url: Any, resource: Any, *, validate: bool) -> Entry:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str):
        raise ImportRefused(f"{place}.resourceType: is missing")
    entry = Entry(place, url if isinstance(url, str) else None, resource)
    if not validate:
        return entry
    try:
        model = get_fhir_model_class(kind)
    except (KeyError, ValueError):
        raise ImportRefused(f"{place}.resourceType: not a resource type of FHIR R4") from None
    if kind not in IMPORTED_TYPES:
        return entry
    try:
        model.model_validate(resource)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]
        )
        raise ImportRefused(
            f"{place}{where}: {_WHAT.get(fault['type'], 'is not valid FHIR R4')}"
        ) from None
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError):
        # The library lets these pass, for example at a contained resource of an unknown type.
        raise ImportRefused(f"{place}: is not valid FHIR R4") from None
    element = PATIENT_ELEMENT.get(kind)
    if element and not resource.get(element):
        raise ImportRefused(f"{place}.{element}: is missing, the record is nobody's")
    if not resource.get("id") and not entry.url:
        raise ImportRefused(f"{place}: has neither an id nor a fullUrl to know it by")
    return entry
