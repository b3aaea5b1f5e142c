"""From OMOP concepts to FHIR codings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deid.importers.fhir.codes import LOCAL_VOCABULARY, OMOP_SYSTEM, SYSTEMS
from deid.vault.reading import VaultSnapshot

# The first system of a vocabulary is its own; later ones are other ways to write it.
_SYSTEM_OF: Mapping[str, str] = {
    vocabulary: system
    for system, vocabularies in reversed(list(SYSTEMS.items()))
    for vocabulary in vocabularies
}
_COLUMNS = (
    "concept_id",
    "concept_name",
    "domain_id",
    "vocabulary_id",
    "concept_code",
    "standard_concept",
)


class Concepts:
    """The vault's concepts, looked up batch by batch; those in use are few and stay in memory."""

    def __init__(self, snapshot: VaultSnapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[int, dict[str, Any] | None] = {0: None}

    def learn(self, ids: Iterable[int | None]) -> None:
        """Look up concepts before their codings are asked for."""
        wanted = sorted({i for i in ids if i is not None and i not in self._known})
        self._known |= dict.fromkeys(wanted)
        for batch in self._snapshot.rows_of("concept", "concept_id", wanted, _COLUMNS):
            self._known |= {row["concept_id"]: row for row in batch.to_pylist()}

    def get(self, concept_id: int | None) -> dict[str, Any] | None:
        """The vocabulary's row of a concept; None for 0 and for unknown ones."""
        return self._known.get(concept_id or 0)

    def is_standard(self, concept_id: int | None) -> bool:
        """Whether the vocabulary marks the concept as standard."""
        concept = self.get(concept_id)
        return concept is not None and concept["standard_concept"] == "S"

    def is_local(self, concept_id: int | None) -> bool:
        """Whether an import of FHIR made the concept for a code that the vocabulary lacks."""
        concept = self.get(concept_id)
        return concept is not None and concept["vocabulary_id"] == LOCAL_VOCABULARY

    def coding(self, concept_id: int | None) -> dict[str, Any] | None:
        """The concept's code in the system of its vocabulary, if that has one."""
        concept = self.get(concept_id)
        if concept is None:
            return None
        system: str | None = _SYSTEM_OF.get(concept["vocabulary_id"])
        code = concept["concept_code"]
        if concept["vocabulary_id"] == LOCAL_VOCABULARY:
            system, _, code = code.rpartition("|")
        if not system or not code:
            return None
        return {"system": system, "code": code, "display": concept["concept_name"]}

    def codeable(
        self, concept_id: int | None, source_id: int | None = None, text: str | None = None
    ) -> dict[str, Any] | None:
        """A CodeableConcept: the standard code, its concept id, the source code, and a text."""
        codings = [self.coding(concept_id)]
        concept = self.get(concept_id)
        if concept is not None:
            codings.append(
                {
                    "system": OMOP_SYSTEM,
                    "code": str(concept_id),
                    "display": concept["concept_name"],
                }
            )
        if source_id != concept_id:
            codings.append(self.coding(source_id))
        found = [coding for coding in codings if coding]
        label = concept["concept_name"] if concept else text
        codeable: dict[str, Any] = {"coding": found} if found else {}
        if label and label.strip():
            codeable["text"] = label
        return codeable or None
