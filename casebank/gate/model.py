"""What the publication gate looks at, and what it says: submissions, findings, rows, reports.

The rows and their codes are those of the publication checklist (A objectives ... H Kim's
attributes). Findings name places, never a record's text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from casebank.documents import encode
from casebank.gate.risk import RiskSheet
from casebank.lesson.model import Lesson
from casebank.model import Case, Statement

Severity = Literal["stop", "look"]
Status = Literal["passed", "stopped", "waiting", "not asked"]
SignatureKind = Literal["clinical", "privacy"]

SENSITIVE = "F2-sensitive"
"""Code of the finding that the privacy reviewer may allow, one category at a time."""


@dataclass(frozen=True)
class Finding:
    """``where`` is a datum id, an exercise, a stage, a problem, a contact, or a part of the case.

    ``todo`` says what mends it.
    """

    code: str
    severity: Severity
    where: str
    text: str
    todo: str = ""


@dataclass(frozen=True)
class Signature:
    """Somebody signed what has the hash ``sha256``; ``ratings`` are Kim's five, 1 to 4."""

    kind: SignatureKind
    signer: int
    sha256: str
    ratings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BlindTries:
    """How people who had not seen the case answered its key features: mean share, and chance."""

    tries: int
    mean: float
    chance: float


@dataclass(frozen=True)
class Submission:
    """A case with its lesson and all that the gate has to know of it.

    Without a lesson the case can only be read, and what the checklist asks of a lesson is not
    asked. ``authors`` wrote it; ``opted_in`` gives the reason for each sensitive category that is
    allowed; ``others`` are the people of the release who are in other cases.
    """

    case: Case
    lesson: Lesson | None = None
    risk: RiskSheet | None = None
    authors: frozenset[int] = frozenset()
    opted_in: Mapping[str, str] = field(default_factory=dict)
    others: frozenset[int] = frozenset()
    blind: BlindTries | None = None
    signatures: tuple[Signature, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Hash of what is signed, every byte of case and lesson.

        It is empty for what cannot be written as JSON; nobody can have signed that.
        """
        try:
            return hashlib.sha256(b"".join(self.written)).hexdigest()
        except ValueError:
            return ""

    @cached_property
    def written(self) -> tuple[bytes, bytes]:
        """The documents of case and lesson; the second is empty without a lesson.

        Raises:
            ValueError: if something cannot be written as JSON.
        """
        return self.case.to_json(), self.lesson.to_json() if self.lesson is not None else b""

    @cached_property
    def statements(self) -> list[Statement]:
        """Every statement of the case once, by id and text."""
        return sorted(
            {(item.id, item.text): item for item in self.case.statements()}.values(),
            key=lambda item: (int(item.id[1:]) if item.id[1:].isdigit() else 0, item.id, item.text),
        )


Check = Callable[[Submission], Iterable[Finding]]
LessonCheck = Callable[[Submission, Lesson], Iterable[Finding]]


@dataclass(frozen=True)
class Row:
    """One row of the checklist. ``person`` runs where a person decides, ``lesson`` over lessons.

    ``check`` and ``lesson`` read case and lesson (and blind tries) alone; ``around`` reads what was
    counted or allowed beside them. A ``costly`` row draws, writes or searches the whole case.
    """

    code: str
    title: str
    rule: str
    check: Check | None = None
    lesson: LessonCheck | None = None
    person: Check | None = None
    around: Check | None = None
    costly: bool = False

    @property
    def by(self) -> Literal["program", "person"]:
        """Who decides the row."""
        return "program" if self.person is None else "person"


@dataclass(frozen=True)
class RowResult:
    """What came of a row; its findings are worth a look where it passed."""

    code: str
    title: str
    rule: str
    by: Literal["program", "person"]
    status: Status
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class GateReport:
    """All rows over one content. It goes with every version, beside its risk sheet."""

    sha256: str
    rows: tuple[RowResult, ...]
    risk: RiskSheet | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings in the order of the checklist."""
        return tuple(one for row in self.rows for one in row.findings)

    @property
    def stops(self) -> tuple[Finding, ...]:
        """Findings that stop publication."""
        return tuple(one for one in self.findings if one.severity == "stop")

    @property
    def machine_passed(self) -> bool:
        """Whether nothing that a program decides stops the case."""
        return all(row.status != "stopped" for row in self.rows)

    @property
    def passed(self) -> bool:
        """Whether the case may be published."""
        return all(row.status in {"passed", "not asked"} for row in self.rows)

    def row(self, code: str) -> RowResult:
        """The row of that code.

        Raises:
            KeyError: if there is none.
        """
        for row in self.rows:
            if row.code == code:
                return row
        raise KeyError(code)

    def to_document(self) -> dict[str, Any]:
        """JSON-ready form."""
        document: dict[str, Any] = encode(self)
        if self.risk is not None:
            document["risk"] = self.risk.to_document()
        return document


def content_sha256(case: Case, lesson: Lesson | None) -> str:
    """Hash of the documents of a case and its lesson."""
    digest = hashlib.sha256(case.to_json())
    digest.update(lesson.to_json() if lesson is not None else b"")
    return digest.hexdigest()
