"""Results of the demonstration's project on their way out: one left, one waits, one in the outbox.

All figures are counted from the delivered extract when the demonstration is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from app.db.database import Database
from app.permissions import Actor
from app.services.outbox import submit_parcel
from app.services.output_decisions import decide
from app.services.projects import list_projects
from cohorts.disclosure import DisclosureRule
from cohorts.output_tables import safe_frame
from cohorts.project import Project, open_project

_WORDS = {
    "people": (
        "People by sex and decade of birth",
        "Table 1 of the paper, with small cells withheld and the others rounded.",
    ),
    "visits": ("Visits by sex and decade of birth", "For a talk within the department."),
    "decades": ("People by decade of birth", "For the appendix of the paper."),
}


def seed_outputs(
    database: Database, project_root: Path, project: str, people: Mapping[str, Actor], minimum: int
) -> None:
    """Seed three parcels of the project: decided, sent on, and waiting in the outbox."""
    researcher, steward = people["researcher"], people["steward"]
    rule = DisclosureRule.with_minimum(minimum)
    opened = open_project(project_root / project)
    persons = _persons(opened)
    lab = project_root / project / "workspace" / "results"
    lab.mkdir(parents=True, exist_ok=True)
    safe_frame(persons, "decade", "sex", rule).to_csv(lab / "people.csv", encoding="utf-8")
    visits = opened.table("visit_occurrence").merge(persons, on="person_id")
    pd.crosstab(visits["decade"], visits["sex"]).to_csv(lab / "visits.csv", encoding="utf-8")
    persons["decade"].value_counts().sort_index().rename("people").to_csv(
        lab / "decades.csv", encoding="utf-8"
    )
    parcels = {
        name: opened.request_release([lab / f"{name}.csv"], note, title).parcel
        for name, (title, note) in _WORDS.items()
    }
    with database.writing() as session:
        (project_id,) = (p.id for p in list_projects(session, researcher) if p.code == project)
        for name in ("people", "visits"):
            made = submit_parcel(
                session, researcher, project_id, parcels[name], *_WORDS[name], project_root, rule
            )  # fmt: skip
            if name == "people":
                decide(session, steward, made.id, made.version, "approve", "Counts are rounded.")


def _persons(project: Project) -> pd.DataFrame:
    person = project.table("person")
    concepts = project.table("concept").set_index("concept_id")["concept_name"]
    return pd.DataFrame(
        {
            "person_id": person["person_id"],
            "sex": person["gender_concept_id"].map(concepts).fillna("unknown").astype(str),
            "decade": (person["year_of_birth"] // 10 * 10).astype(str) + "s",
        }
    )
