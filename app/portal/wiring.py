"""What pages need, built once by the factory and reached through the application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app

from app.db.database import Database
from app.services.case_finding import CaseFinder
from app.services.catalogue import Catalogue
from app.services.characterisation import Characteriser
from app.services.cohort_answers import CohortAnswers
from app.services.community import CommunityProfiles
from app.services.lti_launches import KeySets
from app.services.lti_platforms import SigningKey
from app.settings import PortalSettings

EXTENSION = "care_commons"


@dataclass(frozen=True)
class Wiring:
    """Settings, database and catalogue of one application.

    ``signing_key`` makes or reads the key for learning platforms when it is first called.
    """

    settings: PortalSettings
    database: Database
    catalogue: Catalogue
    answers: CohortAnswers
    characteriser: Characteriser
    finder: CaseFinder
    key_sets: KeySets
    profiles: CommunityProfiles
    signing_key: Callable[[], SigningKey]


def wiring() -> Wiring:
    """The wiring of the application that serves this request."""
    return current_app.extensions[EXTENSION]
