"""A project with one data request in every state, reached as people would reach it.

The other project, with one delivered request, is :mod:`app.demo.community`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.db.database import Database
from app.db.models import CohortDefinition
from app.demo.community import OPEN_FOR, columns_with_values
from app.demo.papers import paper
from app.permissions import WORKER, Actor
from app.services.cohorts import create_cohort
from app.services.minimisation import ENTRY
from app.services.projects import create_project
from app.services.requests import RequestFields, get_request
from app.services.seeding import seed_request
from app.services.transitions import Surroundings, transition
from app.services.workflow import State
from app.worker.loop import run_once
from app.worker.queue import take_job
from app.worker.workshop import Workshop
from cohorts.templates import load_template
from deid.release import Release

PROJECT = "diabetes-in-the-county"
_EARLIER = timedelta(days=90)
# What each request asks for: enough for a first Table 1, and a reason a steward can weigh.
_WANTED = {
    "person": "Age and sex describe the cohort and adjust the models.",
    "observation_period": "Follow-up time is the denominator of every rate.",
    "visit_occurrence": "The number and spacing of follow-up visits is the exposure studied.",
    "condition_occurrence": "Comorbidity and complications are outcomes.",
    "drug_exposure": "Treatment intensity is a covariate.",
    "measurement": "HbA1c, glucose and blood pressure are the main outcomes.",
}
_OWN_REASONS = {
    "visit_occurrence.provider_id": "Continuity of care is seeing the same provider again.",
}
_TITLES = {
    State.DRAFT: "Hypoglycaemia after treatment changes",
    State.SUBMITTED: "Blood pressure targets in diabetes",
    State.IN_REVIEW: "Seasonal variation of glucose control",
    State.PARTIALLY_REVIEWED: "Notes of nurses and adherence",
    State.RETURNED: "Diabetes and household income",
    State.REJECTED: "Names of general practitioners and prescribing",
    State.WITHDRAWN: "Foot pulses and amputation",
    State.APPROVED: "Weight change and HbA1c",
    State.PROVISIONING: "Kidney function over five years",
    State.ACTIVE: "Continuity of care and glucose control",
    State.EXPIRED: "Pilot: feasibility of follow-up intervals",
    State.REVOKED: "Depression and adherence",
    State.FAILED: "Diabetes in centenarians",
}
_COHORTS = (
    "hypertension_with_follow_up",
    "type_2_diabetes_adults",
    "type_2_diabetes_with_hypertension",
)
_REASONS = {
    State.RETURNED: "Income is not in the release. Please say which variables you need instead.",
    State.REJECTED: "No release names practitioners, and none will.",
    State.REVOKED: "The ethics approval was withdrawn by the board.",
}


def seed_requests(
    database: Database,
    workshop: Workshop,
    release: Release,
    people: Mapping[str, Actor],
    today: date,
    password: str,
) -> None:
    """Seed the project, its cohorts, and one request in each state.

    The last two, approved and in preparation, go on by themselves once a worker runs.
    """
    researcher, steward = people["researcher"], people["steward"]
    with database.writing() as session:
        project = create_project(
            session, researcher, PROJECT, "Continuity of care and glucose control in diabetes"
        ).id
        cohorts = _seed_cohorts(session, researcher, project)
    around = Surroundings(workshop.release_root, today)
    common = _fields(release, cohorts["type_2_diabetes_adults"], today + OPEN_FOR)

    def seed(state: State, reach: State | None = None, fields: RequestFields = common) -> int:
        with database.writing() as session:
            request = seed_request(
                session,
                researcher,
                steward,
                project,
                replace(fields, title=_TITLES[state]),
                reach or state,
                around,
                reason=_REASONS.get(state, ""),
                document=paper("Ethics approval DEMO-2025-014. Made up for a demonstration."),
                password=password,
            )
            return request.id

    for state in (State.DRAFT, State.WITHDRAWN, State.REJECTED, State.RETURNED):
        seed(state)
    then = Surroundings(workshop.release_root, today - _EARLIER)
    around = then
    ended = replace(common, end_date=today - timedelta(days=1))
    seed(State.EXPIRED, State.APPROVED, ended)
    run_once(replace(workshop, today=lambda: then.today))
    around = Surroundings(workshop.release_root, today)
    small = replace(common, cohort_version_id=cohorts["centenarians"])
    seed(State.FAILED, State.APPROVED, small)
    revoked = seed(State.REVOKED, State.APPROVED)
    seed(State.ACTIVE, State.APPROVED)
    run_once(workshop)
    with database.writing() as session:
        version = get_request(session, steward, revoked).version
        transition(session, steward, revoked, "revoke", version, around, _REASONS[State.REVOKED])
    run_once(workshop)
    seed(State.IN_REVIEW)
    seed(State.SUBMITTED)
    around = Surroundings(workshop.release_root, today, approvals=2)
    voted = seed(State.PARTIALLY_REVIEWED, State.IN_REVIEW)
    with database.writing() as session:
        version = get_request(session, steward, voted).version
        transition(session, steward, voted, "approve", version, around, "Well argued.")
    around = Surroundings(workshop.release_root, today)
    _leave_in_preparation(database, around, seed)
    seed(State.APPROVED)


def _leave_in_preparation(
    database: Database, around: Surroundings, seed: Callable[[State, State], int]
) -> None:
    """Take a job and stop, like a worker whose machine fails; another takes it after the lease."""
    request_id = seed(State.PROVISIONING, State.APPROVED)
    take_job(database, "a worker that stopped")
    with database.writing() as session:
        version = get_request(session, WORKER, request_id).version
        transition(session, WORKER, request_id, "provision", version, around)


def _seed_cohorts(session: Session, researcher: Actor, project: int) -> dict[str, int]:
    """Newest version ids of some shipped definitions, and of one that finds nobody."""
    made: dict[str, CohortDefinition] = {}
    for name in _COHORTS:
        definition = load_template(name)
        made[name] = create_cohort(
            session, researcher, project, definition.title, "", definition.source.decode("utf-8")
        )
    expression = json.loads(load_template("type_2_diabetes_adults").source)
    criterion = next(iter(expression["PrimaryCriteria"]["CriteriaList"][0].values()))
    criterion["Age"] = {"Value": 105, "Op": "gte"}
    expression["Title"] = "Type 2 diabetes in centenarians"
    made["centenarians"] = create_cohort(
        session, researcher, project, "Type 2 diabetes in centenarians", "", json.dumps(expression)
    )
    session.flush()
    for cohort in made.values():
        session.refresh(cohort, ["versions"])
    return {name: cohort.versions[-1].id for name, cohort in made.items()}


def _fields(release: Release, cohort_version: int, end_date: date) -> RequestFields:
    return RequestFields(
        purpose="To learn whether regular follow-up by the same team improves glucose control in "
        "adults with type 2 diabetes, and for whom.",
        duo_code="DUO:0000007",
        ethics_number="DEMO-2025-014",
        ethics_body="Ethics committee of the Demonstration University",
        ethics_expires=end_date + OPEN_FOR,
        place_of_work="Demonstration University, department of general practice",
        planned_outputs="One paper with a Table 1, regression tables and two figures.",
        release=release.name,
        cohort_version_id=cohort_version,
        end_date=end_date,
        people=(("Rosa Researcher", "Demonstration University"),),
        columns=columns_with_values(release, _WANTED, _OWN_REASONS),
        reasons=_WANTED,
        own_reasons=_OWN_REASONS,
        window_kind=ENTRY,
        window_before=365,
        window_after=1825,
        window_reason="Control in the year before diagnosis, and five years of follow-up after it.",
    )
