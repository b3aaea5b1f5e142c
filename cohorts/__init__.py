"""Cohorts over a release: definitions, people and dates, safe counts, extracts, the lab's client.

Faces are loaded when they are first used, so that a notebook, which has no Circe compiler, can
``from cohorts import open_project``.
"""

from __future__ import annotations

import importlib
from typing import Any

_FACES = {
    "CohortDefinition": "cohorts.model",
    "load": "cohorts.model",
    "open_cdm_folder": "cohorts.cdm",
    "run": "cohorts.engines",
    "LiveCohorts": "cohorts.live",
    "CohortResult": "cohorts.result",
    "table_one": "cohorts.characterisation.table_one",
    "list_templates": "cohorts.templates",
    "load_template": "cohorts.templates",
    "resolve_concept_set": "cohorts.concepts",
    "search_concepts": "cohorts.concepts",
    "find_concepts": "cohorts.concepts",
    "include_concepts": "cohorts.concepts",
    "place_of_concept": "cohorts.concepts",
    "concepts_in_column": "cohorts.concepts",
    "Finding": "cohorts.checks",
    "check": "cohorts.checks",
    "describe": "cohorts.plain_language",
    "write_extract": "cohorts.extract",
    "check_selection": "cohorts.selection",
    "deliverable_columns": "cohorts.selection",
    "Project": "cohorts.project",
    "open_project": "cohorts.project",
    "set_access": "cohorts.project",
    "connect": "cohorts.client",
    "Portal": "cohorts.client",
    "SafeCount": "cohorts.disclosure",
    "DisclosureRule": "cohorts.disclosure",
    "safe_attrition": "cohorts.disclosure",
    "safe_crosstab": "cohorts.linked_tables",
    "safe_groups": "cohorts.linked_tables",
    "safe_count": "cohorts.disclosure",
    "safe_frame": "cohorts.output_tables",
    "not_to_leave": "cohorts.output_tables",
    "safe_table": "cohorts.disclosure",
    "at_least": "cohorts.analysis_frames",
    "age_bands": "cohorts.analysis_frames",
    "first_diagnoses": "cohorts.analysis_frames",
    "needs": "cohorts.analysis_frames",
    "people_of": "cohorts.analysis_frames",
    "readings_of": "cohorts.analysis_frames",
    "use_chart_style": "cohorts.chart_style",
    "Matching": "cohorts.matching",
    "balance_table": "cohorts.matching",
    "caliper_width": "cohorts.matching",
    "logit": "cohorts.matching",
    "love_plot": "cohorts.matching",
    "match_exact": "cohorts.matching",
    "match_nearest": "cohorts.matching",
    "match_optimal": "cohorts.matching",
    "propensity_scores": "cohorts.matching",
    "sample_risk_sets": "cohorts.matching",
}

__all__ = sorted(_FACES)


def __getattr__(name: str) -> Any:
    try:
        return getattr(importlib.import_module(_FACES[name]), name)
    except KeyError:
        raise AttributeError(f"module cohorts has no attribute {name}") from None
