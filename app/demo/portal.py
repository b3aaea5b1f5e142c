"""The portal's half of the demonstration, made aside and shown by one rename."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.db.database import open_database
from app.demo.accounts import ACCOUNTS, DemoAccount
from app.demo.community import seed_community
from app.demo.outputs import seed_outputs
from app.demo.papers import seed_training
from app.demo.requests import seed_requests
from app.demo.teaching import seed_cases
from app.permissions import COMMAND_LINE, Actor
from app.services.accounts import actor_of, create_user
from app.services.notices import keep_language
from app.services.passwords import generate_password
from app.settings import PortalSettings
from app.worker.workshop import Workshop
from deid.errors import ConfigurationError
from deid.keys import Keyring
from deid.release import Release

MARKER = "demo.json"
_STAGING = ".demo-staging"


@dataclass(frozen=True)
class DemoPortal:
    """Where the demonstration's portal is, and the password of all its accounts."""

    folder: Path
    password: str


def prepare_portal(
    settings: PortalSettings,
    keyring: Keyring,
    research: Release,
    teaching: Release,
    evidence_root: Path,
    say: Callable[[str], None],
    published_cases: int,
) -> DemoPortal:
    """Open the demonstration's portal, or seed it if there is none.

    The portal's folder is renamed into place last; a run that was cut off before starts afresh,
    and one that was cut off between the two renames is finished.

    Raises:
        ConfigurationError: if there is a portal that is not the demonstration's.
    """
    folder = settings.secret_file.parent
    staging = folder.parent / _STAGING
    if not folder.exists():
        shutil.rmtree(staging, ignore_errors=True)
        say("seeding the portal: users, classes and cases")
        _seed(settings, staging, keyring, research, teaching, evidence_root, published_cases, say)
        os.rename(staging / "portal", folder)
    if (staging / "projects").exists() and (folder / MARKER).exists():
        if settings.project_root.exists():
            raise ConfigurationError(
                f"{settings.project_root} holds projects that are not the demonstration's; "
                "choose another folder by CARECOMMONS_HOME"
            )
        os.rename(staging / "projects", settings.project_root)
    shutil.rmtree(staging, ignore_errors=True)
    try:
        password = json.loads((folder / MARKER).read_text())["password"]
    except FileNotFoundError:
        raise ConfigurationError(
            f"{folder} holds a portal that is not the demonstration's; "
            "choose another folder by CARECOMMONS_HOME"
        ) from None
    return DemoPortal(folder, password)


def _seed(
    settings: PortalSettings,
    staging: Path,
    keyring: Keyring,
    research: Release,
    teaching: Release,
    evidence_root: Path,
    published_cases: int,
    say: Callable[[str], None],
) -> None:
    portal = staging / "portal"
    portal.mkdir(parents=True, mode=0o700)
    (staging / "projects").mkdir()
    aside = replace(
        settings,
        database_url=f"sqlite:///{portal / 'portal.db'}",
        project_root=staging / "projects",
    )
    password = generate_password()
    database = open_database(aside.database_url)
    workshop = Workshop(
        database,
        keyring,
        aside.release_root,
        aside.project_root,
        aside.minimum_cell,
        evidence_root=evidence_root,
    )
    with database.writing() as session:
        people = {account.key: _add(session, account, password) for account in ACCOUNTS}
        seed_cases(session, teaching, people, say, published_cases)
        today = datetime.now(UTC).date()
        seed_training(session, people, today)
    say("carrying out requests, with an extract each, and checking what leaves")
    # The newest project is offered first, and that is the one with a request in each state.
    seed_community(database, workshop, research, people, today, password)
    seed_requests(database, workshop, research, people, today, password)
    seed_outputs(database, aside.project_root, people, aside.minimum_cell)
    database.close()
    marker = portal / MARKER
    descriptor = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"password": password}, file)


def _add(session: Session, account: DemoAccount, password: str) -> Actor:
    roles, email = account.roles, account.email
    user = create_user(session, COMMAND_LINE, email, account.name, roles, password)
    keep_language(session, user.id, account.language)
    return actor_of(user)
