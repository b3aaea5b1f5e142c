"""What the worker works with, and the errors that end a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from app.db.database import Database
from app.services.lti_platforms import SigningKey
from app.services.mails import Sender
from app.services.transitions import Surroundings
from deid.errors import CareCommonsError
from deid.keys import Keyring


class JobRefused(CareCommonsError):
    """A job does not say what the database says, or its approval does not hold."""

    code = "worker.job_refused"
    public = True


class JobLost(CareCommonsError):
    """Another worker has taken the job; this one leaves no trace."""

    code = "worker.job_lost"


def utc_today() -> date:
    """The day it is."""
    return datetime.now(UTC).date()


class JobCancelled(CareCommonsError):
    """An administrator asked to stop the job before its next step."""

    code = "worker.job_cancelled"


@dataclass(frozen=True)
class Workshop:
    """Database, keys and folders; ``evidence_root`` holds the sealed offsets of releases.

    ``signing_key`` signs what goes to learning platforms; without it no mark is sent. ``send``
    sends mail, without it mail waits; ``address`` is how people reach the portal. ``audit_heads``
    is the file of signed heads of the audit log; without it none is signed.
    """

    database: Database
    keyring: Keyring
    release_root: Path
    project_root: Path
    minimum_people: int
    today: Callable[[], date] = utc_today
    evidence_root: Path | None = None
    signing_key: Callable[[], SigningKey] | None = None
    send: Sender | None = None
    audit_heads: Path | None = None
    address: str = ""

    @property
    def surroundings(self) -> Surroundings:
        """What the checks of a transition look at."""
        return Surroundings(self.release_root, self.today())
