"""How the rows of each OMOP table depend on people, dates and other rows.

This is structure, not policy: which rows have a person, which column dates them, and which rows
cannot stay when another one goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RowKind(StrEnum):
    """What a row stands on."""

    PERSON = "person"
    EVENT = "event"
    """Has a person and a date."""
    CHILD = "child"
    """Has no person; stays if the rows it names stay."""
    RESOURCE = "resource"
    """Place, care site or provider; stays if a row that stays names it."""
    VOCABULARY = "vocabulary"
    DESCRIPTION = "description"


@dataclass(frozen=True)
class Layout:
    """One table. ``clips`` says that a row reaching over the window's edge is cut, not left out."""

    kind: RowKind
    key: tuple[str, ...]
    start: str | None = None
    end: str | None = None
    clips: bool = False
    parents: tuple[tuple[str, str], ...] = ()
    """``(column, domain)`` of rows without which this row cannot stay."""


def _event(
    table: str,
    start: str,
    end: str | None = None,
    clips: bool = False,
    parents: tuple[tuple[str, str], ...] = (),
) -> Layout:
    return Layout(RowKind.EVENT, (f"{table}_id",), start, end, clips, parents)


def _vocabulary(*key: str) -> Layout:
    return Layout(RowKind.VOCABULARY, key)


LAYOUTS: dict[str, Layout] = {
    "location": Layout(RowKind.RESOURCE, ("location_id",)),
    "care_site": Layout(RowKind.RESOURCE, ("care_site_id",)),
    "provider": Layout(RowKind.RESOURCE, ("provider_id",)),
    "person": Layout(RowKind.PERSON, ("person_id",)),
    "observation_period": _event(
        "observation_period",
        "observation_period_start_date",
        "observation_period_end_date",
        clips=True,
    ),
    "payer_plan_period": _event(
        "payer_plan_period",
        "payer_plan_period_start_date",
        "payer_plan_period_end_date",
        clips=True,
    ),
    "death": Layout(RowKind.EVENT, ("person_id",), "death_date"),
    "visit_occurrence": _event(
        "visit_occurrence", "visit_start_date", "visit_end_date", clips=True
    ),
    "visit_detail": _event(
        "visit_detail",
        "visit_detail_start_date",
        "visit_detail_end_date",
        clips=True,
        parents=(("visit_occurrence_id", "visit_occurrence"),),
    ),
    "episode": _event("episode", "episode_start_date", "episode_end_date", clips=True),
    "condition_era": _event(
        "condition_era", "condition_era_start_date", "condition_era_end_date", clips=True
    ),
    "drug_era": _event("drug_era", "drug_era_start_date", "drug_era_end_date", clips=True),
    "dose_era": _event("dose_era", "dose_era_start_date", "dose_era_end_date", clips=True),
    "condition_occurrence": _event(
        "condition_occurrence", "condition_start_date", "condition_end_date"
    ),
    "drug_exposure": _event("drug_exposure", "drug_exposure_start_date", "drug_exposure_end_date"),
    "procedure_occurrence": _event("procedure_occurrence", "procedure_date", "procedure_end_date"),
    "device_exposure": _event(
        "device_exposure", "device_exposure_start_date", "device_exposure_end_date"
    ),
    "measurement": _event("measurement", "measurement_date"),
    "observation": _event("observation", "observation_date"),
    "specimen": _event("specimen", "specimen_date"),
    "note": _event("note", "note_date"),
    "episode_event": Layout(
        RowKind.CHILD,
        ("episode_id", "event_id", "episode_event_field_concept_id"),
        parents=(("episode_id", "episode"), ("event_id", "*")),
    ),
    "fact_relationship": Layout(
        RowKind.CHILD,
        (
            "fact_id_1",
            "fact_id_2",
            "domain_concept_id_1",
            "domain_concept_id_2",
            "relationship_concept_id",
        ),
        parents=(("fact_id_1", "*"), ("fact_id_2", "*")),
    ),
    "concept": _vocabulary("concept_id"),
    "concept_ancestor": _vocabulary("ancestor_concept_id", "descendant_concept_id"),
    "concept_class": _vocabulary("concept_class_id"),
    "concept_relationship": _vocabulary("concept_id_1", "concept_id_2", "relationship_id"),
    "concept_synonym": _vocabulary("concept_id", "language_concept_id", "concept_synonym_name"),
    "domain": _vocabulary("domain_id"),
    "drug_strength": _vocabulary("drug_concept_id", "ingredient_concept_id"),
    "relationship": _vocabulary("relationship_id"),
    "vocabulary": _vocabulary("vocabulary_id"),
    "cdm_source": Layout(RowKind.DESCRIPTION, ("cdm_source_name",)),
}
"""Tables in the order in which it is decided which rows stay."""

LOCAL_CONCEPT_FLOOR = 2_000_000_000
"""OHDSI convention: concept ids from here on are a site's own."""
