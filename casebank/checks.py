"""Findings about a case before it is published: what must stop it, and what a person should see.

The codes are those of the publication checklist (A objectives ... G accessibility); only what a
program can decide from the case alone is here. Findings name places, never a record's text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from casebank import relations, rules
from casebank.documents import encode
from casebank.errors import CaseCheckFailed
from casebank.identifiers import identifiers_in
from casebank.model import Case, Statement

Severity = Literal["stop", "look"]

MINIMUM_CONTACTS = 3


@dataclass(frozen=True)
class Finding:
    """``where`` is a datum id, a problem or contact number, or a part of the case."""

    code: str
    severity: Severity
    where: str
    text: str


def find_findings(case: Case) -> list[Finding]:
    """All findings, in the order of the checklist. The case must still have its sources."""
    return [finding for check in CHECKS for finding in check(case)]


def check_publishable(case: Case, opted_in: frozenset[str] = frozenset()) -> None:
    """Refuse a case that something stops; ``opted_in`` names sensitive categories allowed.

    Raises:
        CaseCheckFailed: naming the codes and places of all that stops it.
    """
    stops = [
        finding
        for finding in find_findings(case)
        if finding.severity == "stop"
        and not (finding.code == "F2-sensitive" and finding.where in opted_in)
    ]
    if stops:
        listed = "; ".join(f"{finding.code} at {finding.where}" for finding in stops)
        raise CaseCheckFailed(f"the case cannot be published: {listed}")


def can_publish(case: Case, opted_in: frozenset[str] = frozenset()) -> bool:
    """Whether :func:`check_publishable` would let the case pass."""
    try:
        check_publishable(case, opted_in)
    except CaseCheckFailed:
        return False
    return True


def _provenance(case: Case) -> Iterator[Finding]:
    if case.sources is None:
        yield Finding("B1-provenance", "stop", "sources", "the case was stripped of its sources")
        return
    known = case.sources.data
    for identifier in sorted({item.id for item in _all(case)}):
        if not known.get(identifier):
            yield Finding("B1-provenance", "stop", identifier, "no source is given for this datum")


def _title(case: Case) -> Iterator[Finding]:
    # A complaint such as "sore throat" may be part of a diagnosis' name; it gives nothing away.
    title = case.title.casefold()
    for complaint in rules.COMPLAINTS["en"] + rules.COMPLAINTS["zh"]:
        title = title.replace(complaint, " ")
    for problem in case.problems:
        if rules.matches(rules.SYMPTOM, problem.title):
            continue
        key = rules.sameness_key(problem.title)
        named = key in title or problem.title.casefold() in title
        family = relations.families("problem", title) & relations.families("problem", problem.title)
        if named or family:
            yield Finding(
                "B3-title", "stop", f"problem {problem.number}", "the title gives this problem away"
            )


def _continuity(case: Case) -> Iterator[Finding]:
    if len({contact.day for contact in case.contacts}) < MINIMUM_CONTACTS:
        yield Finding(
            "B4-contacts", "stop", "contacts", f"fewer than {MINIMUM_CONTACTS} dated contacts"
        )
    days = [contact.day for contact in case.contacts]
    if days != sorted(days):
        yield Finding("B4-order", "stop", "contacts", "the contacts are not in order of time")
    if case.outcome.died:
        late = [contact for contact in case.contacts if contact.day > case.outcome.last_day]
        for contact in late:
            yield Finding(
                "B4-order", "look", f"contact {contact.number}", "recorded after the day of death"
            )
    for sheet in case.flow_sheets:
        for series in sheet.series:
            if not series.unit:
                yield Finding("B4-unit", "look", f"flow sheet {sheet.key}", "values without a unit")


def _holism(case: Case) -> Iterator[Finding]:
    kinds = {problem.kind for problem in case.problems}
    if not kinds & {"psychological", "social", "family"}:
        yield Finding(
            "C1-holism", "stop", "problems", "no psychological, social or family problem is listed"
        )
    if not case.background.family:
        yield Finding("C1-family", "look", "background", "nothing is known of the family")


def _identifiers(case: Case) -> Iterator[Finding]:
    for statement in _all(case):
        for what in identifiers_in(statement.text):
            yield Finding("F1-identifier", "stop", statement.id, f"looks like {what}")
    for what in identifiers_in(case.title):
        yield Finding("F1-identifier", "stop", "title", f"looks like {what}")


def _sensitive(case: Case) -> Iterator[Finding]:
    found = set(case.sensitive)
    for statement in _all(case):
        found |= set(rules.sensitive_categories(statement.text))
    for category in sorted(found):
        yield Finding("F2-sensitive", "stop", category, "needs an opt-in with a reason")


def _round_trip(case: Case) -> Iterator[Finding]:
    if encode(Case.from_json(case.to_json())) != encode(case):
        yield Finding("G2-round-trip", "stop", "case", "export and import do not give it back")


def _all(case: Case) -> list[Statement]:
    """Every statement once, by id and text."""
    return sorted(
        {(item.id, item.text): item for item in case.statements()}.values(),
        key=lambda item: (int(item.id[1:]) if item.id[1:].isdigit() else 0, item.id, item.text),
    )


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _provenance,
    _title,
    _continuity,
    _holism,
    _identifiers,
    _sensitive,
    _round_trip,
)
