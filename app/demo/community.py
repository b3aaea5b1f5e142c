"""The demonstration's second project: a health profile of the whole county, for all notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from app.db.database import Database
from app.demo.papers import paper
from app.permissions import Actor
from app.services.cohorts import create_cohort
from app.services.minimisation import WHOLE
from app.services.projects import create_project
from app.services.requests import RequestFields
from app.services.seeding import seed_request
from app.services.transitions import Surroundings
from app.services.workflow import State
from app.worker.loop import run_once
from app.worker.workshop import Workshop
from cohorts.column_uses import needs_own_reason
from cohorts.selection import deliverable_columns
from cohorts.templates import load_template
from deid.release import Release

COMMUNITY_PROJECT = "health-of-the-county"
OPEN_FOR = timedelta(days=365)
"""Access to what the demonstration delivers lasts so long."""
# What the notebooks read, and why each table is asked for.
WANTED = {
    "person": "Age, sex and area are what prevalence is broken down by and standardised for.",
    "location": "The county is the area for which services are planned.",
    "observation_period": "Time under observation is the denominator of every rate.",
    "visit_occurrence": "Stays and follow-up visits are outcome and coverage.",
    "condition_occurrence": "Prevalence, and the states of the natural history.",
    "drug_exposure": "Treatment, its intensification, and agreement with diagnoses.",
    "measurement": "Blood pressure, glucose and HbA1c over time, and their control.",
    "observation": "Smoking, and the PHQ-9 that is evaluated against diagnoses.",
    "procedure_occurrence": "Examinations are part of the coverage of the service.",
    "death": "Death ends follow-up and is the last state of the natural history.",
    "note": "Scrubbed notes are compared with the tables, and mined for terms.",
}

OWN_REASONS = {
    "note.note_text": "The words themselves are what the last notebook mines and compares.",
    "person.location_id": "Prevalence, coverage and control are told by area.",
    "drug_exposure.drug_source_value": "Treatment is read from names where no concept says it.",
}


def seed_community(
    database: Database,
    workshop: Workshop,
    release: Release,
    people: Mapping[str, Actor],
    today: date,
    password: str,
) -> None:
    """Seed the project and its one request, approved and delivered. No other job may wait."""
    around = Surroundings(workshop.release_root, today)
    researcher, steward = people["researcher"], people["steward"]
    definition = load_template("residents_under_observation")
    with database.writing() as session:
        project = create_project(
            session,
            researcher,
            COMMUNITY_PROJECT,
            "Health profile of the county, and the course of its chronic diseases",
        ).id
        cohort = create_cohort(
            session, researcher, project, definition.title, "", definition.source.decode("utf-8")
        )
        session.flush()
        session.refresh(cohort, ["versions"])
        fields = RequestFields(
            title="Health profile of the county",
            purpose="To tell planners which chronic diseases residents have, whom follow-up "
            "reaches, and how well they are controlled; and how those diseases go on.",
            duo_code="DUO:0000007",
            ethics_number="DEMO-2025-021",
            ethics_body="Ethics committee of the Demonstration University",
            ethics_expires=today + 2 * OPEN_FOR,
            place_of_work="The county's planning office",
            planned_outputs="A profile by area with small numbers withheld, and teaching material.",
            release=release.name,
            cohort_version_id=cohort.versions[-1].id,
            end_date=today + OPEN_FOR,
            people=(("Rosa Researcher", "Demonstration University"),),
            columns=columns_with_values(release, WANTED, OWN_REASONS),
            reasons=WANTED,
            own_reasons=OWN_REASONS,
            window_kind=WHOLE,
            window_reason="Prevalence and courses of diseases need the record from its beginning.",
        )
        seed_request(
            session,
            researcher,
            steward,
            project,
            fields,
            State.APPROVED,
            around,
            document=paper("Ethics approval DEMO-2025-021. Made up for a demonstration."),
            password=password,
        )
    run_once(workshop)


def columns_with_values(
    release: Release, wanted: Mapping[str, str], own_reasons: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Deliverable columns of the wanted tables that hold anything.

    A column without a value helps nobody; asking for it would be asking for too much. One that
    needs a reason of its own is left out where ``own_reasons`` has none.
    """
    filled = {(c.table, c.name) for c in release.dictionary.columns if c.completeness}
    possible = {
        table: tuple(
            column
            for column in columns
            if (table, column) in filled
            and (f"{table}.{column}" in own_reasons or not needs_own_reason(table, column))
        )
        for table, columns in deliverable_columns(release).items()
    }
    return {table: possible[table] for table in wanted if possible.get(table)}
