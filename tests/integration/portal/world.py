"""A small world for portal tests: a release of invented people, users of each role, a project."""

from __future__ import annotations

import atexit
import json
import re
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from app.agreements import agreement, current_version
from app.db.database import Database, open_database
from app.db.models import DataRequest, Notification, User
from app.permissions import COMMAND_LINE, Actor, Role
from app.portal import create_app
from app.services.accounts import actor_of, create_user
from app.services.agreements import sign
from app.services.cohorts import create_cohort
from app.services.projects import create_project
from app.services.requests import RequestFields, attach_ethics_document, get_request
from app.services.seeding import seed_request
from app.services.training import NEEDED, add_certificate, decide_certificate
from app.services.transitions import Surroundings
from app.services.workflow import State
from app.settings import PortalSettings
from app.worker.workshop import Workshop
from deid.keys import Keyring
from tests.builders import build_release

PASSWORD = "a long invented password"
RELEASE = "tiny-v1"
HYPERTENSION, MALE, FEMALE = 316866, 8507, 8532
EXPRESSION = json.dumps(
    {
        "ConceptSets": [
            {
                "id": 0,
                "name": "Hypertension",
                "expression": {
                    "items": [
                        {
                            "concept": {
                                "CONCEPT_ID": HYPERTENSION,
                                "CONCEPT_NAME": "Hypertensive disorder",
                            },
                            "includeDescendants": True,
                        }
                    ]
                },
            }
        ],
        "PrimaryCriteria": {
            "CriteriaList": [{"ConditionOccurrence": {"CodesetId": 0, "First": True}}],
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "QualifiedLimit": {"Type": "First"},
        "ExpressionLimit": {"Type": "First"},
        "InclusionRules": [
            {
                "name": "18 years or older",
                "expression": {
                    "Type": "ALL",
                    "CriteriaList": [],
                    "DemographicCriteriaList": [{"Age": {"Value": 18, "Op": "gte"}}],
                    "Groups": [],
                },
            }
        ],
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
        "CensorWindow": {},
    }
)
DOCUMENT = b"%PDF-1.4\n% a certificate, or an approval\n%%EOF\n"
LATER = datetime.now(UTC).date() + timedelta(days=200)


def settings_of(root: Path) -> PortalSettings:
    """Settings whose every path lies under ``root``."""
    return PortalSettings(
        database_url=f"sqlite:///{root / 'portal' / 'portal.db'}",
        release_root=root / "releases",
        project_root=root / "projects",
        secret_file=root / "portal" / "secret",
        host="127.0.0.1",
        port=8000,
        minimum_cell=11,
    )


def release_tables(people: int, ill: int) -> dict[str, list[dict[str, Any]]]:
    """``people`` adults of whom the first ``ill`` have hypertension."""
    day = date(2020, 3, 2)
    return {
        "person": [
            {
                "person_id": 1000 + n,
                "gender_concept_id": FEMALE if n % 2 else MALE,
                "year_of_birth": 1950 + n // 10,
                "month_of_birth": None,
                "day_of_birth": None,
                "birth_datetime": None,
                "race_concept_id": 0,
                "ethnicity_concept_id": 0,
            }
            for n in range(people)
        ],
        "observation_period": [
            {
                "observation_period_id": 5000 + n,
                "person_id": 1000 + n,
                "observation_period_start_date": date(2015, 1, 5),
                "observation_period_end_date": date(2024, 12, 2),
                "period_type_concept_id": 0,
            }
            for n in range(people)
        ],
        "condition_occurrence": [
            {
                "condition_occurrence_id": 9000 + n,
                "person_id": 1000 + n,
                "condition_concept_id": HYPERTENSION,
                "condition_start_date": day + timedelta(days=n),
                "condition_start_datetime": None,
                "condition_end_date": None,
                "condition_type_concept_id": 0,
                "visit_occurrence_id": None,
            }
            for n in range(ill)
        ],
        "concept": [
            {
                "concept_id": HYPERTENSION,
                "concept_name": "Hypertensive disorder",
                "domain_id": "Condition",
                "vocabulary_id": "SNOMED",
                "concept_class_id": "Disorder",
                "standard_concept": "S",
                "concept_code": "38341003",
                "invalid_reason": None,
            }
        ],
        "concept_ancestor": [
            {
                "ancestor_concept_id": HYPERTENSION,
                "descendant_concept_id": HYPERTENSION,
                "min_levels_of_separation": 0,
                "max_levels_of_separation": 0,
            }
        ],
    }


@dataclass
class World:
    """Settings, database, users by role, a project with a cohort."""

    settings: PortalSettings
    database: Database
    actors: dict[str, Actor]
    project_id: int
    cohort_id: int
    cohort_version_id: int
    _portals: dict[PortalSettings, Flask] = field(default_factory=dict, init=False, repr=False)

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.settings.release_root, datetime.now(UTC).date())

    def fields(self, **changes: Any) -> RequestFields:
        """A complete request, with changes."""
        complete: dict[str, Any] = {
            "title": "Blood pressure after sixty",
            "purpose": "To learn how hypertension is followed up.",
            "duo_code": "DUO:0000006",
            "ethics_number": "EC-2026-17",
            "ethics_body": "Ethics committee of the institute",
            "ethics_expires": LATER + timedelta(days=400),
            "place_of_work": "The institute's secure room",
            "planned_outputs": "One table.",
            "release": RELEASE,
            "cohort_version_id": self.cohort_version_id,
            "end_date": LATER,
            "people": (("Rita Researcher", "Institute"),),
            "columns": {
                "person": ("person_id", "year_of_birth", "gender_concept_id"),
                "condition_occurrence": (
                    "condition_occurrence_id",
                    "person_id",
                    "condition_concept_id",
                    "condition_start_date",
                ),
            },
            "reasons": {"person": "age and sex", "condition_occurrence": "time of diagnosis"},
            "window_kind": "whole",
            "window_reason": "Follow-up is lifelong.",
        }
        return RequestFields(**(complete | changes))

    def request_in(self, state: State, reason: str = "Please say more.") -> int:
        """Id of a new request in ``state``."""
        with self.database.writing() as session:
            return seed_request(
                session,
                self.actors["researcher"],
                self.actors["steward"],
                self.project_id,
                self.fields(),
                state,
                self.surroundings,
                reason,
                document=DOCUMENT,
                password=PASSWORD,
            ).id

    def bind(self, request_id: int, who: str = "researcher") -> None:
        """Give the document of the ethics approval, if it is missing, and sign the agreement."""
        today = self.surroundings.today
        with self.database.writing() as session:
            actor = self.actors[who]
            request = get_request(session, actor, request_id)
            if request.ethics_document is None:
                attach_ethics_document(session, actor, request_id, DOCUMENT)
            text = agreement(current_version(today), "en")
            sign(session, actor, request_id, text, actor.name, PASSWORD, today)

    def train(self, who: str, until: date | None = None) -> None:
        """Give somebody a certificate of training that a steward has verified."""
        with self.database.writing() as session:
            train(session, self.actors[who], self.actors["steward"], until)

    def read_request(self, request_id: int) -> DataRequest:
        """The request as the database has it now."""
        with self.database.reading() as session:
            return session.get_one(DataRequest, request_id)

    def restart(self) -> None:
        """Whoever opens a browser from now on sees a portal that was started afresh."""
        self._portals.clear()

    def client(self, role: str | None = None) -> FlaskClient:
        """A browser of its own, signed in as the user of that role; all see one portal."""
        if self.settings not in self._portals:
            self._portals[self.settings] = create_app(self.settings, self.database)
        client = self._portals[self.settings].test_client()
        if role is not None:
            answer = sign_in(client, f"{role}@example.org")
            assert answer.status_code == 302, answer.get_data(as_text=True)
        return client


def make_world(root: Path, people: int = 60, ill: int = 30) -> World:
    """A world of its own under ``root``; the first of a kind is built, the others are copies."""
    if (people, ill) not in _patterns:
        folder = Path(tempfile.mkdtemp(prefix="carecommons-world-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        pattern = build_world(folder, people, ill)
        pattern.database.close()
        _patterns[people, ill] = pattern
    return copy_world(_patterns[people, ill], root)


def copy_world(pattern: World, root: Path) -> World:
    """A copy of a world, whose database is closed, under ``root``."""
    shutil.copytree(pattern.settings.release_root.parent, root, dirs_exist_ok=True)
    settings = settings_of(root)
    return replace(pattern, settings=settings, database=Database(settings.database_url))


_patterns: dict[tuple[int, int], World] = {}


def workshop_of(world: World, **more: Any) -> Workshop:
    """A worker's tools for the world; its keyring is made where there is none."""
    path = world.settings.project_root.parent / "keys" / "keyring.json"
    return Workshop(
        world.database,
        Keyring.load(path) if path.exists() else Keyring.create(path),
        world.settings.release_root,
        world.settings.project_root,
        world.settings.minimum_cell,
        **more,
    )


def build_world(root: Path, people: int, ill: int, database_url: str | None = None) -> World:
    """Build the release, the users and the project, on SQLite or on the database given."""
    build_release(root / "releases", release_tables(people, ill), RELEASE)
    settings = settings_of(root)
    if database_url is not None:
        settings = replace(settings, database_url=database_url)
    database = open_database(settings.database_url)
    actors: dict[str, Actor] = {}
    with database.writing() as session:
        for role in Role:
            user = _add(session, role.value, f"{role.value.title()} Example", role)
            actors[role.value] = actor_of(user)
        actors["outsider"] = actor_of(_add(session, "outsider", "Otto Outside", Role.RESEARCHER))
        train(session, actors["researcher"], actors["steward"])
        session.execute(delete(Notification))  # that somebody was trained is no news here
        project = create_project(session, actors["researcher"], "pressure", "Blood pressure")
        cohort = create_cohort(
            session, actors["researcher"], project.id, "Hypertension", "", EXPRESSION
        )
        session.refresh(cohort, ["versions"])
        return World(settings, database, actors, project.id, cohort.id, cohort.versions[-1].id)


def train(session: Any, actor: Actor, steward: Actor, until: date | None = None) -> None:
    """A verified certificate of the actor's, by default for a long time."""
    today = datetime.now(UTC).date()
    given = add_certificate(
        session,
        actor,
        NEEDED,
        "Example University",
        today - timedelta(days=30),
        until or today + timedelta(days=1400),
        DOCUMENT,
        today,
    )
    decide_certificate(session, steward, given.id, True, "")


def _add(session: Any, local: str, name: str, role: Role) -> User:
    return create_user(session, COMMAND_LINE, f"{local}@example.org", name, [role], PASSWORD)


def token_of(page: str) -> str:
    """The CSRF token of a page's first form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page holds no form"
    return found.group(1)


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> TestResponse:
    """Sign in through the form."""
    token = token_of(client.get("/sign-in").get_data(as_text=True))
    return client.post("/sign-in", data={"email": email, "password": password, "csrf_token": token})


def take_file(client: FlaskClient, shown: str, path: str) -> TestResponse:
    """Follow the signed link to a file that the page ``shown`` holds."""
    page = client.get(shown).get_data(as_text=True)
    found = re.search(rf'href="({re.escape(path)}\?ticket=[^"]+)"', page)
    assert found, f"{shown} has no link to {path}"
    return client.get(found.group(1))


def post(client: FlaskClient, url: str, page: str, **data: Any) -> TestResponse:
    """Send a form found at ``page``."""
    shown = client.get(page).get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', shown)
    if version and "version" not in data:
        data["version"] = version.group(1)
    return client.post(
        url,
        data={"csrf_token": token_of(shown), **data},
        headers={"Referer": f"http://localhost{page}"},
    )
