"""From FHIR codings to OMOP concepts, through the vault's own vocabulary.

What the vault's ``source_to_concept_map`` says of a code goes first; then it is looked up as
:mod:`deid.importers.mapping` does. A code that leads to no standard concept becomes concept 0 with
its source code kept. Where the vocabulary lacks the code too, a local source concept that is not
standard keeps its name (OHDSI leaves ids from 2,000,000,000 on to sites).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from deid.importers.mapping import CodeLookup, Mapped, Unmapped
from deid.importers.mapping.lookup import CONCEPT_ID, Vocabularies
from deid.importers.mapping.written import unit_forms
from deid.vault.schema import metadata

SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "http://snomed.info/sct": ("SNOMED",),
    "http://loinc.org": ("LOINC",),
    "http://www.nlm.nih.gov/research/umls/rxnorm": ("RxNorm", "RxNorm Extension"),
    "http://hl7.org/fhir/sid/cvx": ("CVX",),
    "http://hl7.org/fhir/sid/icd-10-cm": ("ICD10CM",),
    "http://hl7.org/fhir/sid/icd-10": ("ICD10", "ICD10CN"),
    "http://hl7.org/fhir/sid/icd-9-cm": ("ICD9CM",),
    "http://hl7.org/fhir/sid/ndc": ("NDC",),
    "http://www.whocc.no/atc": ("ATC",),
    "http://www.ama-assn.org/go/cpt": ("CPT4",),
    "http://unitsofmeasure.org": ("UCUM",),
    "http://hl7.org/fhir/sid/icpc-2": ("ICPC",),
    "http://dicom.nema.org/resources/ontology/DCM": ("DICOM",),
    "http://nucc.org/provider-taxonomy": ("NUCC",),
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": ("HCPCS",),
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": ("HCPCS",),
    "http://www.cms.gov/Medicare/Coding/ICD10": ("ICD10PCS",),
    "urn:carecommons:codes": ("CareCommons",),
}
OMOP_SYSTEM = "https://fhir-terminology.ohdsi.org"  # its codes are concept ids
LOCAL_VOCABULARY = "FHIR"
FIRST_LOCAL_ID = 2_100_000_000  # the shipped vocabulary's own local ids lie below
_FIRST_DAY, _LAST_DAY = dt.date(1970, 1, 1), dt.date(2099, 12, 31)


@dataclass(frozen=True)
class Coded:
    """What a CodeableConcept means: the standard concept, its source, and the standard's domain."""

    concept_id: int = 0
    source_concept_id: int = 0
    source_value: str | None = None
    name: str | None = None
    domain: str | None = None


class Codes:
    """Looks codes up in the vault, once each, and makes local concepts for unknown ones."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._vocabulary = CodeLookup(connection)
        self.unmapped = Unmapped()
        self._in_vocabulary: dict[tuple[str, str], int] = {}
        self._local: dict[tuple[str, str], int] = {}
        self._next_local: int | None = None
        self.made = 0
        self.new_concepts: list[dict[str, Any]] = []
        self.new_vocabularies: list[dict[str, Any]] = []

    def read(
        self, codeable: Mapping[str, Any] | None, domain: str, *, count: bool = False
    ) -> Coded:
        """The meaning of a CodeableConcept; ``domain`` is given to a new local concept.

        With ``count`` a code that leads to no standard concept is counted for the report.
        """
        if not codeable:
            return Coded()
        codings = [c for c in codeable.get("coding", []) if c.get("code")]
        name = next((c["display"] for c in codings if c.get("display")), codeable.get("text"))
        # A concept id says more than a code that several concepts may have.
        for coding in sorted(codings, key=lambda c: c.get("system") != OMOP_SYSTEM):
            system, code = str(coding.get("system", "")), str(coding["code"])
            found = self._lookup(system, code, domain)
            if found and found.concept_id:
                if count:
                    self.unmapped.count(domain, vocabularies_of(system), code, found)
                return Coded(
                    found.concept_id, found.source_concept_id, coding["code"], name, found.domain
                )
        if not codings:
            if count and codeable.get("text"):
                self.unmapped.count(domain, (), None, None)
            # Text without a code may be anything, even a name: it makes no concept.
            return Coded(source_value=codeable.get("text"), name=codeable.get("text"))
        first = codings[0]
        system, code = str(first.get("system", "")), str(first["code"])
        found = self._lookup(system, code, domain)
        if count:
            self.unmapped.count(domain, vocabularies_of(system), code, found)
        source_id = (
            found.source_concept_id
            if found and found.same
            else self._local_concept(system, code, name or code, domain)
        )
        return Coded(0, source_id, code, name)

    def unit(self, quantity: Mapping[str, Any]) -> tuple[int, str | None]:
        """``(unit concept, unit as written)`` of a Quantity."""
        written = quantity.get("unit") or quantity.get("code")
        for unit in (quantity.get("code"), quantity.get("unit")):
            for form in unit_forms(str(unit)) if unit else ():
                found = self._lookup("http://unitsofmeasure.org", form, "Unit")
                if found and found.concept_id:
                    return found.concept_id, written
        return 0, written

    def local(self, coding: Mapping[str, Any]) -> int:
        """The local concept of a code that the vocabulary lacks, made if there is none yet."""
        system, code = str(coding.get("system", "")), str(coding.get("code", ""))
        found = self._lookup(system, code, None)
        if found and found.same:
            return found.source_concept_id
        return self._local_concept(system, code, str(coding.get("display") or code), "Metadata")

    def concept(self, vocabulary: str, code: str | None) -> int:
        """The concept of a code of an OMOP vocabulary, 0 if there is none."""
        if not code:
            return 0
        if (vocabulary, code) not in self._in_vocabulary:
            concept = metadata.tables["concept"]
            found = self._connection.execute(
                select(concept.c.concept_id).where(
                    concept.c.concept_code == code, concept.c.vocabulary_id == vocabulary
                )
            ).scalar()
            self._in_vocabulary[vocabulary, code] = int(found or 0)
        return self._in_vocabulary[vocabulary, code]

    def _lookup(self, system: str, code: str, domain: str | None) -> Mapped | None:
        vocabularies = vocabularies_of(system)
        own = self._vocabulary.site_map(code, (system, *vocabularies)) if system else None
        if own or not vocabularies:
            return own
        return self._vocabulary.find(vocabularies, code, domain)

    def _local_concept(self, system: str, code: str, name: str, domain: str) -> int:
        if (system, code) in self._local:
            return self._local[system, code]
        concept = metadata.tables["concept"]
        local_code = f"{system}|{code}"
        known = self._connection.execute(
            select(concept.c.concept_id).where(
                concept.c.concept_code == local_code,
                concept.c.vocabulary_id == LOCAL_VOCABULARY,
            )
        ).scalar_one_or_none()
        if known is None:
            known = self._new_local_id()
            self.new_concepts.append(_concept_row(known, name, domain, local_code))
        self._local[system, code] = known
        return known

    def _new_local_id(self) -> int:
        if self._next_local is None:
            concept = metadata.tables["concept"]
            largest = self._connection.execute(
                select(func.max(concept.c.concept_id)).where(concept.c.concept_id >= FIRST_LOCAL_ID)
            ).scalar_one()
            self._next_local = FIRST_LOCAL_ID if largest is None else int(largest) + 1
            if largest is None:
                self._make_vocabulary()
        number = self._next_local
        self._next_local += 1
        return number

    def take_new(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of local concepts that are not loaded yet; the next call gives only later ones."""
        rows = {"concept": self.new_concepts, "vocabulary": self.new_vocabularies}
        self.made += len(self.new_concepts)
        self.new_concepts, self.new_vocabularies = [], []
        return rows

    def _make_vocabulary(self) -> None:
        assert self._next_local is not None
        name = "Codes of imported FHIR resources that the vocabulary lacks"
        self.new_vocabularies.append(
            {
                "vocabulary_id": LOCAL_VOCABULARY,
                "vocabulary_name": name,
                "vocabulary_concept_id": self._next_local,
            }
        )
        self.new_concepts.append(
            {
                **_concept_row(self._next_local, name, "Metadata", LOCAL_VOCABULARY),
                "vocabulary_id": "Vocabulary",
                "concept_class_id": "Vocabulary",
            }
        )
        self._next_local += 1


def vocabularies_of(system: str) -> Vocabularies:
    """The OMOP vocabularies of a FHIR code system; none for a system that OMOP has not."""
    return CONCEPT_ID if system == OMOP_SYSTEM else SYSTEMS.get(system, ())


def _concept_row(concept_id: int, name: str, domain: str, code: str) -> dict[str, Any]:
    return {
        "concept_id": concept_id,
        "concept_name": name,
        "domain_id": domain,
        "vocabulary_id": LOCAL_VOCABULARY,
        "concept_class_id": "Undefined",
        "concept_code": code,
        "valid_start_date": _FIRST_DAY,
        "valid_end_date": _LAST_DAY,
    }
