"""What an extract is for, who may use it until when, and how a paper names it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """What an extract is for, and until when it may be used. Dates are ISO dates or empty.

    ``cited`` is the citation that the extract was delivered with, if it was.
    """

    project: str
    extract: str
    title: str
    purpose: str
    ethics_number: str
    expires_on: str
    release: str
    persons: int
    cohort: str
    cohort_sha256: str
    cited: str = ""

    @property
    def citation(self) -> str:
        """How a paper names the data: release, cohort definition, project and ethics approval."""
        if self.cited:
            return self.cited
        parts = [
            f"Care Commons release {self.release}",
            f"extract {self.extract} of project {self.project}",
        ]
        if self.cohort_sha256:
            parts.append(f"cohort definition SHA-256 {self.cohort_sha256}")
        if self.ethics_number:
            parts.append(f"ethics approval {self.ethics_number}")
        return ", ".join(parts) + "."

    def days_left(self, today: datetime.date | None = None) -> int | None:
        """Days until access ends, the last day included as 0; ``None`` if no end is set."""
        if not self.expires_on:
            return None
        day = today or datetime.date.today()  # noqa: DTZ011 -- the lab's own day counts
        return (datetime.date.fromisoformat(self.expires_on) - day).days

    def __str__(self) -> str:
        lines = [
            f"Project {self.project}, extract {self.extract}: {self.title or 'untitled'}",
            f"Purpose: {self.purpose or 'not stated'}",
            f"Ethics approval: {self.ethics_number or 'not stated'}",
            f"Access ends: {self.expires_on or 'not set'}",
            f"From release {self.release}; {self.persons:,} people",
            "",
            self.cohort,
        ]
        return "\n".join(lines).rstrip()
