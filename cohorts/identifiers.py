"""Which columns of the OMOP CDM identify rows or people, and so get a project's own pseudonyms.

An explicit table rather than a rule of naming: a column ending in ``_id`` that is not listed here
stops an extract, so a table added later cannot slip through with the release's ids.
"""

from __future__ import annotations

from typing import Final

ENTITIES: Final = (
    "person",
    "observation_period",
    "visit_occurrence",
    "visit_detail",
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "device_exposure",
    "measurement",
    "observation",
    "note",
    "note_nlp",
    "specimen",
    "payer_plan_period",
    "condition_era",
    "drug_era",
    "dose_era",
    "episode",
    "location",
    "care_site",
    "provider",
)

# Column name -> entity whose id it holds. The entity's name is the domain of its pseudonyms.
ID_COLUMNS: Final[dict[str, str]] = {
    **{f"{entity}_id": entity for entity in ENTITIES},
    "preceding_visit_occurrence_id": "visit_occurrence",
    "preceding_visit_detail_id": "visit_detail",
    "parent_visit_detail_id": "visit_detail",
    "visit_detail_parent_id": "visit_detail",
    "episode_parent_id": "episode",
    "subject_id": "person",
}

# Never delivered: keys whose table another column names, and text that carries the source's own
# numbers of people, staff, places and devices, which would join two projects' extracts.
UNDELIVERABLE: Final[frozenset[str]] = frozenset(
    {
        "note_event_id",
        "measurement_event_id",
        "observation_event_id",
        "event_id",
        "cost_event_id",
        "person_source_value",
        "family_source_value",
        "provider_source_value",
        "care_site_source_value",
        "location_source_value",
        "specimen_source_id",
        "unique_device_id",
        "production_id",
        "npi",
        "dea",
    }
)

# Text columns of the vocabulary that end in _id and name no person.
VOCABULARY_KEYS: Final[frozenset[str]] = frozenset(
    {"domain_id", "vocabulary_id", "concept_class_id", "relationship_id", "reverse_relationship_id"}
)

VOCABULARY_TABLES: Final[frozenset[str]] = frozenset(
    {
        "concept",
        "vocabulary",
        "domain",
        "concept_class",
        "concept_relationship",
        "relationship",
        "concept_synonym",
        "concept_ancestor",
        "drug_strength",
    }
)

# Tables without a person_id whose rows are delivered if a delivered row of a person refers to them.
REFERRED_TABLES: Final[dict[str, str]] = {
    "provider": "provider_id",
    "care_site": "care_site_id",
    "location": "location_id",
}

RELATIONSHIP_TABLE: Final = "fact_relationship"
# The concepts by which fact_relationship says that a fact is a person: the domain "Person" (56) of
# v5 conventions, and the table "person" (1147314) of v5.4 documentation.
PERSON_DOMAIN_CONCEPT_IDS: Final = (56, 1147314)


def is_concept_column(column: str) -> bool:
    """Whether a column holds a concept of the vocabulary rather than an id of the source."""
    return column.endswith("concept_id") or column.startswith("concept_id_")


def entity_of(table: str, column: str) -> str | None:
    """The entity whose id ``column`` holds, or ``None`` if it holds no id."""
    if table == RELATIONSHIP_TABLE and column in {"fact_id_1", "fact_id_2"}:
        return "person"
    return ID_COLUMNS.get(column)


def is_deliverable(table: str, column: str) -> bool:
    """Whether a column may be in an extract."""
    if column in UNDELIVERABLE:
        return False
    if entity_of(table, column) or is_concept_column(column) or column in VOCABULARY_KEYS:
        return True
    return not column.endswith("_id") and not column.startswith("fact_id")
