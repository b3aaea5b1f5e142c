"""Short ways to write Circe definitions, and a tiny OMOP world to run them over."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from cohorts import CohortDefinition, load
from cohorts.schema import CRITERIA, UNSUPPORTED_CRITERIA, UNSUPPORTED_PROPERTIES
from deid.release import Release
from tests.builders import build_release

# Beyond 2**53, where a passage through a float would merge neighbours.
BIG = 2**62 + 1

ASTHMA, SEVERE_ASTHMA, ANGINA, SALBUTAMOL, PEFR = 101, 102, 103, 104, 105
NAMES = {
    ASTHMA: "asthma",
    SEVERE_ASTHMA: "severe asthma",
    ANGINA: "angina",
    SALBUTAMOL: "salbutamol",
    PEFR: "peak flow",
}
IDS = {name: identifier for identifier, name in NAMES.items()}
DOMAINS = {
    "condition": ("condition_occurrence", "condition_start_date", "condition_end_date"),
    "drug": ("drug_exposure", "drug_exposure_start_date", "drug_exposure_end_date"),
    "measurement": ("measurement", "measurement_date", None),
    "visit": ("visit_occurrence", "visit_start_date", "visit_end_date"),
}


def concept_set(identifier: int, *concepts: int, descendants: bool = True) -> dict[str, Any]:
    """A concept set over the tiny vocabulary."""
    return {
        "id": identifier,
        "name": NAMES.get(concepts[0], "") if concepts else "nothing",
        "expression": {
            "items": [
                {
                    "concept": {"CONCEPT_ID": c, "CONCEPT_NAME": NAMES.get(c, "")},
                    "includeDescendants": descendants,
                }
                for c in concepts
            ]
        },
    }


def expression(*criteria: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A cohort expression whose entry events are ``criteria``; all events, exit after a day."""
    document: dict[str, Any] = {
        "ConceptSets": [
            concept_set(0, ASTHMA),
            concept_set(1, ANGINA),
            concept_set(2, SALBUTAMOL),
            concept_set(3, PEFR),
        ],
        "PrimaryCriteria": {
            "CriteriaList": list(criteria),
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "All"},
        },
        "QualifiedLimit": {"Type": "All"},
        "ExpressionLimit": {"Type": "All"},
        "InclusionRules": [],
        "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 1}},
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
    }
    return document | more


def condition(codeset: int = 0, **more: Any) -> dict[str, Any]:
    """A ConditionOccurrence criterion."""
    return {"ConditionOccurrence": {"CodesetId": codeset, **more}}


def drug(codeset: int = 2, **more: Any) -> dict[str, Any]:
    """A DrugExposure criterion."""
    return {"DrugExposure": {"CodesetId": codeset, **more}}


def correlated(
    criterion: dict[str, Any],
    start: int | None,
    end: int | None,
    *,
    exactly: int | None = None,
    at_least: int | None = None,
    at_most: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A criterion within ``start`` to ``end`` days of the index; ``None`` is without limit."""

    def endpoint(days: int | None, side: int) -> dict[str, int]:
        if days is None:
            return {"Coeff": side}
        return {"Days": abs(days), "Coeff": -1 if days < 0 else 1}

    kind, count = next(
        (kind, count)
        for kind, count in ((0, exactly), (1, at_most), (2, at_least))
        if count is not None
    )
    return {
        "Criteria": criterion,
        "StartWindow": {"Start": endpoint(start, -1), "End": endpoint(end, 1)},
        "Occurrence": {"Type": kind, "Count": count},
        **more,
    }


def group(*members: dict[str, Any], kind: str = "ALL", count: int | None = None) -> dict[str, Any]:
    """A group of correlated criteria."""
    document: dict[str, Any] = {"Type": kind, "CriteriaList": list(members)}
    return document if count is None else document | {"Count": count}


def rule(name: str, *members: dict[str, Any]) -> dict[str, Any]:
    """An inclusion rule that needs all of its criteria."""
    return {"name": name, "expression": group(*members)}


_CONCEPT = {"CONCEPT_ID": 101, "CONCEPT_NAME": "x"}
SAMPLES: dict[str, Any] = {
    "codeset": 0,
    "int": 1,
    "bool": True,
    "NumericRange": {"Value": 1, "Extent": 2, "Op": "bt"},
    "DateRange": {"Value": "2020-01-01", "Extent": "2021-01-01", "Op": "!bt"},
    "TextFilter": {"Text": "x", "Op": "contains"},
    "[Concept]": [_CONCEPT],
    "ConceptSetSelection": {"CodesetId": 0, "IsExclusion": True},
    "Period": {"StartDate": "2020-01-01", "EndDate": "2020-12-31"},
    "DateAdjustment": {"StartWith": "END_DATE", "StartOffset": 1, "EndOffset": 2},
    "CriteriaGroup": {"Type": "ALL", "CriteriaList": []},
    "[Criteria]": [condition()],
}
USABLE = sorted(set(CRITERIA) - set(UNSUPPORTED_CRITERIA))
"""The criteria that CDM v5.4 has tables for."""


def each_property(kind: str) -> list[dict[str, Any]]:
    """One criterion of a kind for each of its properties."""
    base = {"CriteriaList": [condition()]} if kind == "CustomEra" else {}
    return [
        {kind: {**base, name: SAMPLES[sort.rstrip("!")]}}
        for name, sort in CRITERIA[kind].items()
        if name not in UNSUPPORTED_PROPERTIES
    ]


def definition(document: Mapping[str, Any]) -> CohortDefinition:
    """Load an expression."""
    return load(json.dumps(document))


def parse_table(text: str) -> list[dict[str, str]]:
    """Rows of a drawn table, columns separated by ``|``."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    header, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(header, row, strict=True)) for row in rows]


def vocabulary() -> dict[str, pa.Table]:
    """The tiny vocabulary: severe asthma is a descendant of asthma."""
    ancestors = [(c, c) for c in NAMES] + [(ASTHMA, SEVERE_ASTHMA)]
    return {
        "concept": pa.table(
            {
                "concept_id": list(NAMES),
                "concept_name": list(NAMES.values()),
                "domain_id": ["Condition"] * 3 + ["Drug", "Measurement"],
                "vocabulary_id": ["Test"] * 5,
                "concept_class_id": ["Test"] * 5,
                "standard_concept": ["S"] * 5,
                "concept_code": [f"T-{c}" for c in NAMES],
                "invalid_reason": pa.array([None] * 5, pa.string()),
            }
        ),
        "concept_ancestor": pa.table(
            {
                "ancestor_concept_id": [a for a, _ in ancestors],
                "descendant_concept_id": [d for _, d in ancestors],
            }
        ),
        "concept_synonym": pa.table(
            {"concept_id": [PEFR], "concept_synonym_name": ["peak expiratory flow rate"]}
        ),
    }


def tiny_world(
    root: Path,
    events: Iterable[Mapping[str, str]],
    *,
    people: Iterable[Mapping[str, str]] = (),
    periods: Iterable[Mapping[str, str]] = (),
    name: str = "tiny-v1",
) -> Release:
    """A release of people 1, 2, 3... whose ids are far beyond 2**53 (see :func:`person_id`).

    An event has ``person``, ``concept``, ``day`` and may have ``domain`` (condition), ``until``
    (same day), ``visit``, and for measurements ``value``, ``low``, ``high`` and ``mark``. Everybody
    is observed from 2010 to 2029 unless ``periods`` (``person``, ``from``, ``to``) says otherwise,
    and is born in 1980 unless ``people`` does.
    """
    events, people, periods = list(events), list(people), list(periods)
    mentioned = {int(row["person"]) for row in [*events, *people, *periods]}
    details = {int(row["person"]): row for row in people}
    numbers = sorted(mentioned)
    tables: dict[str, pa.Table] = {
        "person": pa.table(
            {
                "person_id": pa.array([person_id(n) for n in numbers], pa.int64()),
                "gender_concept_id": [
                    8507 if details.get(n, {}).get("sex") == "male" else 8532 for n in numbers
                ],
                "year_of_birth": [int(details.get(n, {}).get("born", "1980")) for n in numbers],
                "person_source_value": [f"record {n}" for n in numbers],
            }
        )
    }
    spans = {int(row["person"]): row for row in periods}
    tables["observation_period"] = pa.table(
        {
            "observation_period_id": pa.array([BIG + n for n in numbers], pa.int64()),
            "person_id": pa.array([person_id(n) for n in numbers], pa.int64()),
            "observation_period_start_date": [
                _day(spans.get(n, {}).get("from", "2010-01-01")) for n in numbers
            ],
            "observation_period_end_date": [
                _day(spans.get(n, {}).get("to", "2029-12-31")) for n in numbers
            ],
        }
    )
    for domain, (table, start, end) in DOMAINS.items():
        rows = [row for row in events if row.get("domain", "condition") == domain]
        columns: dict[str, Any] = {
            f"{table}_id": pa.array([BIG + 1000 + i for i in range(len(rows))], pa.int64()),
            "person_id": pa.array([person_id(int(r["person"])) for r in rows], pa.int64()),
            f"{domain}_concept_id": pa.array(
                [IDS.get(r["concept"], 9202) for r in rows], pa.int32()
            ),
            start: pa.array([_day(r["day"]) for r in rows], pa.date32()),
        }
        if end:
            columns[end] = pa.array([_day(r.get("until") or r["day"]) for r in rows], pa.date32())
        if domain == "measurement":
            for column, drawn in (
                ("value_as_number", "value"),
                ("range_low", "low"),
                ("range_high", "high"),
            ):
                columns[column] = pa.array(
                    [float(r[drawn]) if r.get(drawn) else None for r in rows], pa.float64()
                )
            columns["value_as_concept_id"] = pa.array(
                [int(r["mark"]) if r.get("mark") else None for r in rows], pa.int32()
            )
        if domain != "visit":
            columns["visit_occurrence_id"] = pa.array(
                [BIG + 1000 + int(r["visit"]) if r.get("visit") else None for r in rows],
                pa.int64(),
            )
        tables[table] = pa.table(columns)
    return build_release(root, tables | vocabulary(), name)


def person_id(number: int) -> int:
    """The id of person ``number`` in a tiny world."""
    return BIG + number


def person_number(identifier: int) -> int:
    """The inverse of :func:`person_id`."""
    return identifier - BIG


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)
