"""Results of the demonstration's projects on their way out: one left, one waits, one in the outbox.

All figures are counted from the delivered extracts when the demonstration is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from app.db.database import Database
from app.demo.community import COMMUNITY_PROJECT
from app.demo.requests import PROJECT
from app.permissions import Actor
from app.services.outbox import submit_parcel
from app.services.output_decisions import decide
from app.services.projects import list_projects
from casebank.record import FEMALE, MALE
from cohorts.disclosure import DisclosureRule
from cohorts.output_tables import safe_frame
from cohorts.project import Project, open_project


@dataclass(frozen=True)
class _Result:
    """One table of a project's; ``name`` is its file."""

    project: str
    name: str
    title: str
    note: str


LEFT: Final = _Result(
    COMMUNITY_PROJECT,
    "people",
    "Residents by sex and decade of birth",
    "Table 1 of the paper, over those whose sex is recorded: small cells withheld, others rounded.",
)
WAITS: Final = _Result(
    PROJECT, "visits", "Visits by sex and decade of birth", "For a talk within the department."
)
NOT_SENT: Final = _Result(
    PROJECT, "decades", "People by decade of birth", "For the appendix of the paper."
)


def seed_outputs(
    database: Database, project_root: Path, people: Mapping[str, Actor], minimum: int
) -> None:
    """Seed three parcels: decided, sent on, and waiting in the outbox."""
    researcher, steward = people["researcher"], people["steward"]
    rule = DisclosureRule.with_minimum(minimum)
    with database.writing() as session:
        numbers = {one.code: one.id for one in list_projects(session, researcher)}
        for result in (LEFT, WAITS, NOT_SENT):
            opened = open_project(project_root / result.project)
            lab = project_root / result.project / "workspace" / "results"
            lab.mkdir(parents=True, exist_ok=True)
            path = lab / f"{result.name}.csv"
            _table(opened, result, rule).to_csv(path, encoding="utf-8")
            parcel = opened.request_release([path], result.note, result.title).parcel
            if result is NOT_SENT:
                continue
            number = numbers[result.project]
            made = submit_parcel(
                session, researcher, number, parcel, result.title, result.note, project_root, rule
            )
            if result is LEFT:
                decide(session, steward, made.id, made.version, "approve", "Counts are rounded.")


def _table(project: Project, result: _Result, rule: DisclosureRule) -> pd.DataFrame:
    persons = _persons(project)
    if result is LEFT:
        return safe_frame(persons, "decade", "sex", rule)
    if result is WAITS:
        visits = project.table("visit_occurrence").merge(persons, on="person_id")
        return pd.crosstab(visits["decade"], visits["sex"])
    return persons["decade"].value_counts().sort_index().rename("people").to_frame()


def _persons(project: Project) -> pd.DataFrame:
    """People whose sex is recorded: a column of a few others would have every cell withheld."""
    person = project.table("person")
    person = person[person["gender_concept_id"].isin([FEMALE, MALE])]
    concepts = project.table("concept").set_index("concept_id")["concept_name"]
    return pd.DataFrame(
        {
            "person_id": person["person_id"],
            "sex": person["gender_concept_id"].map(concepts).astype(str),
            "decade": (person["year_of_birth"] // 10 * 10).astype(str) + "s",
        }
    )
