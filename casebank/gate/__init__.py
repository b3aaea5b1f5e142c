"""The publication gate: the whole checklist over a case, its lesson and its measured risk.

Rows that a program decides pass or stop; rows that people decide wait for them. A case without a
lesson can only be read, and is not asked what the checklist asks of a lesson.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from casebank.errors import CaseCheckFailed
from casebank.gate import (
    disclosing,
    exercises,
    objectives,
    people,
    persons,
    privacy,
    record,
    technical,
)
from casebank.gate.model import (
    SENSITIVE,
    BlindTries,
    Finding,
    GateReport,
    Row,
    RowResult,
    Signature,
    SignatureKind,
    Status,
    Submission,
    content_sha256,
)
from casebank.gate.people import ATTRIBUTES, KINDS, standing
from casebank.gate.risk import RiskSheet, measure_risk
from casebank.lesson.model import Lesson
from casebank.model import Case

__all__ = [
    "ATTRIBUTES",
    "KINDS",
    "ROWS",
    "SENSITIVE",
    "BlindTries",
    "Finding",
    "GateReport",
    "RiskSheet",
    "Row",
    "RowResult",
    "Signature",
    "SignatureKind",
    "Submission",
    "check_gate",
    "content_sha256",
    "find_findings",
    "measure_risk",
    "run_gate",
    "standing",
    "stops_at_little_cost",
    "stops_of_person",
]

ROWS = (
    Row("A1", "Objectives", "1 to 5, each a verb and an exercise", lesson=objectives.objectives),
    Row("A2", "Level, setting and time", "at most 45 minutes", lesson=objectives.level_and_time),
    Row("B1", "Provenance", "every statement has a source", check=record.provenance),
    Row(
        "B2",
        "Distractors",
        "a fifth is no key; two pertinent negatives",
        lesson=disclosing.distractors,
    ),
    Row(
        "B3",
        "Gradual disclosure",
        "three stages; the diagnosis is named nowhere before its stage",
        check=disclosing.title,
        lesson=disclosing.disclosure,
        costly=True,
    ),
    Row(
        "B4",
        "Continuity",
        "three dated contacts in order; units, ranges and classes hold",
        check=record.continuity,
    ),
    Row("C1", "Holism", "body and life; family or community", check=persons.holism),
    Row("C2", "Perspectives", "patient or family is heard", lesson=persons.perspectives),
    Row(
        "D1",
        "Challenge",
        "a graded differential of four; nothing answered without the case",
        lesson=exercises.challenge,
    ),
    Row("D2", "Load", "at most 350 words and 15 new data at a time", lesson=objectives.load),
    Row(
        "E1",
        "Questions",
        "each with key, explanation and source; a panel of ten",
        lesson=exercises.questions,
    ),
    Row(
        "E2",
        "Expert view",
        "three points to take home; all in both languages",
        lesson=exercises.expert_view,
    ),
    Row(
        "F1",
        "De-identification",
        "no identifier, date or exact age; counted over the release",
        check=privacy.identification,
        around=privacy.measured_risk,
        costly=True,
    ),
    Row(
        "F2",
        "Consent and sensitive categories",
        "released for teaching; opt-in with a reason",
        around=privacy.consent,
    ),
    Row(
        "F3",
        "Signatures",
        "a clinical and a privacy reviewer, neither the author",
        person=people.signatures,
    ),
    Row(
        "G1",
        "Accessibility",
        "names, words and tables for every picture; labels differ",
        check=technical.pictures,
        lesson=technical.labels,
        costly=True,
    ),
    Row(
        "G2",
        "Round trip",
        "export and import give it back",
        check=technical.round_trip,
        costly=True,
    ),
    Row("H1", "Kim's five attributes", "mean 3 of 4, none 1", person=people.ratings),
)


def run_gate(submission: Submission) -> GateReport:
    """Every row of the checklist."""
    return GateReport(
        submission.sha256,
        tuple(_run(row, submission) for row in ROWS),
        submission.risk,
    )


def check_gate(report: GateReport) -> None:
    """Refuse what something stops.

    Raises:
        CaseCheckFailed: naming the codes and places.
    """
    if not report.passed:
        listed = "; ".join(f"{one.code} at {one.where}" for one in report.stops)
        raise CaseCheckFailed(f"the case cannot be published: {listed}")


def find_findings(
    case: Case, lesson: Lesson | None = None, without: Collection[str] = ("F1-measured",)
) -> list[Finding]:
    """What a program finds in a case alone, with no release at hand and nobody's signature.

    ``without`` names codes that are left out.
    """
    given = Submission(case, lesson)
    return [
        one
        for row in ROWS
        if row.person is None
        for one in _run(row, given).findings
        if one.code not in without
    ]


def stops_of_person(submission: Submission) -> list[Finding]:
    """What stops any case of this person, whatever its lesson: rows that look beyond the document.

    They cost little beside drafting a lesson, so that a record is asked for them first.
    """
    found = [one for row in ROWS if row.around is not None for one in row.around(submission)]
    return [one for one in found if one.severity == "stop"]


def stops_at_little_cost(submission: Submission) -> list[Finding]:
    """What stops a case with its lesson by the rows that cost little, so that a draft that they
    stop is not asked for the others."""
    rows = [row for row in ROWS if not row.costly]
    found = [one for row in rows if row.check is not None for one in row.check(submission)]
    if (lesson := submission.lesson) is not None:
        for row in rows:
            found += row.lesson(submission, lesson) if row.lesson is not None else ()
    return [one for one in found if one.severity == "stop"]


@dataclass(frozen=True)
class _Content:
    """What is written, known by its hash. ``blind`` tries count as content: one row reads them."""

    sha256: str
    blind: BlindTries | None
    given: Submission = field(compare=False, repr=False)


@lru_cache(maxsize=4)
def _of_content(content: _Content) -> Mapping[str, tuple[Finding, ...]]:
    """Findings, by row, that only case and lesson decide: the same at every signature."""
    given = content.given
    found: dict[str, tuple[Finding, ...]] = {}
    for row in ROWS:
        here = tuple(row.check(given)) if row.check is not None else ()
        if row.lesson is not None and given.lesson is not None:
            here += tuple(row.lesson(given, given.lesson))
        found[row.code] = here
    return found


def _run(row: Row, given: Submission) -> RowResult:
    content = _Content(given.sha256, given.blind, given)
    # What has no hash is not known again.
    known = _of_content(content) if given.sha256 else _of_content.__wrapped__(content)
    found = list(known[row.code])
    asked = row.check is not None or row.around is not None
    asked |= row.lesson is not None and given.lesson is not None
    if row.around is not None:
        found += row.around(given)
    status: Status = "passed" if asked else "not asked"
    if any(one.severity == "stop" for one in found):
        status = "stopped"
    if row.person is not None:
        # What has no hash can be signed by nobody; G2 stops it.
        found += row.person(given) if given.sha256 else ()
        status = "waiting" if found or not given.sha256 else "passed"
    return RowResult(row.code, row.title, row.rule, row.by, status, tuple(found))
