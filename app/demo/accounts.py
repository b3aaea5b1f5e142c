"""The people of the demonstration. Names and addresses are invented; the domain does not exist."""

from __future__ import annotations

from dataclasses import dataclass

from app.permissions import Role
from app.production import DEMONSTRATION_DOMAIN
from casebank.model import Language


@dataclass(frozen=True)
class DemoAccount:
    """One account; ``key`` is how the seeding speaks of it, ``language`` that of its mail."""

    key: str
    name: str
    roles: tuple[Role, ...]
    language: Language = "en"

    @property
    def email(self) -> str:
        """The sign-in name."""
        return self.key + DEMONSTRATION_DOMAIN


ACCOUNTS = (
    DemoAccount("researcher", "Rosa Researcher", (Role.RESEARCHER,)),
    DemoAccount("steward", "Stefan Steward", (Role.STEWARD,)),
    DemoAccount("second-steward", "Selma Steward", (Role.STEWARD,)),
    DemoAccount("student", "Suyin Student", (Role.STUDENT,), "zh"),
    DemoAccount("instructor", "Ines Instructor", (Role.INSTRUCTOR,)),
    DemoAccount("reviewer", "Ravi Reviewer", (Role.INSTRUCTOR,)),
    DemoAccount("auditor", "Astrid Auditor", (Role.AUDITOR,)),
    DemoAccount("administrator", "Ada Administrator", (Role.ADMINISTRATOR,)),
)
