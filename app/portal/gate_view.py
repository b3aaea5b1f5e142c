"""How the gate's report is shown: rows with their places and links, and the risk sheet in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from casebank import Case
from casebank.gate import Finding, GateReport, RowResult

LONGEST = 140
STATUS = {
    "passed": "passed",
    "stopped": "stopped",
    "waiting": "waits for a person",
    "not asked": "not asked: the case is for reading only",
}
_ANCHORS = {
    "problem": "problems",
    "problems": "problems",
    "background": "background",
    "contacts": "contacts",
    "flow": "flow",
    "timeline": "timeline",
    "title": "desk",
}


@dataclass(frozen=True)
class Place:
    """A finding, where it is in words, and the page where it can be mended."""

    finding: Finding
    where: str
    address: str


@dataclass(frozen=True)
class ShownRow:
    """A row of the checklist with its places."""

    result: RowResult
    status: str
    places: tuple[Place, ...]


def rows_of(
    case_id: int, case: Case, report: GateReport, *, edits: bool = False
) -> tuple[ShownRow, ...]:
    """Rows in the order of the checklist. ``edits`` says that the reader may edit the lesson."""
    return tuple(
        ShownRow(
            row,
            STATUS[row.status],
            tuple(_place(case_id, case, one, edits=edits) for one in row.findings),
        )
        for row in report.rows
    )


def sheet_of(document: Mapping[str, Any] | None) -> list[tuple[str, str, str]] | None:
    """What was counted, the figure, and what is asked for; None if nothing was measured."""
    if not document:
        return None
    one = document
    family = one["same_family"]
    rare = ", ".join(f"#{p['problem']} ({p['people']})" for p in one["rare"]) or "none"
    pairs = ", ".join(f"#{p['first']} with #{p['second']} ({p['people']})" for p in one["pairs"])
    left_out = "; ".join(f"{count} {what}" for what, count in sorted(one["left_out"].items()))
    banded = "; ".join(f"{count} {what}" for what, count in sorted(one["banded"].items()))
    names = ", ".join(name.removesuffix("_concept_id") for name in one["quasi_identifiers"])
    return [
        ("Policy of the release", f"{one['policy']} {one['policy_version']}", one["purpose"]),
        ("People in the release", f"{one['people']:,}", ""),
        (
            f"People alike in {names.replace('_', ' ')}",
            f"{one['k']:,}",
            f"at least {one['k_asked']}",
        ),
        ("Rare problems (people who have them)", rare, f"none under {one['rare_below']}"),
        (
            "Rare pairs of lasting problems (people who have both)",
            pairs or "none",
            f"none under {one['pair_below']}",
        ),
        (
            "People with every problem of the case",
            f"{one['same_problems']:,}",
            "told, not bounded: a long record is one of a kind",
        ),
        (
            "People with at least the family that is shown",
            "no relative is shown" if family is None else f"{family:,}",
            f"at least {one['family_below']}",
        ),
        ("Left out in drafting", left_out or "nothing", ""),
        ("Shown as bands or days", banded, ""),
        (
            "Thresholds that the release failed",
            ", ".join(one["thresholds_failed"]) or "none",
            "none",
        ),
    ]


def _place(case_id: int, case: Case, finding: Finding, *, edits: bool) -> Place:
    where, anchor = _in_case(case, finding.where)
    address = url_for("cases.show", case_id=case_id, _anchor=anchor) if anchor else ""
    lesson = finding.where.split()[0].rstrip(",") in {
        *("objective", "objectives", "stage", "stages", "exercise", "exercises", "lesson"),
        *("expert", "perspectives"),
    }
    if lesson and edits:
        address = url_for("teaching.edit_case", case_id=case_id)
    return Place(finding, where, address)


def _in_case(case: Case, where: str) -> tuple[str, str]:
    """Where a finding stands, in words and as an anchor of the case's page."""
    for contact in case.contacts:
        if where == f"contact {contact.number}":
            return where, f"contact-{contact.number}"
        for statement in contact.soap.statements:
            if statement.id == where:
                shown = statement.text[:LONGEST]
                return f"contact {contact.number}: {shown}", f"contact-{contact.number}"
    for statement in case.statements():
        if statement.id == where:
            return statement.text[:LONGEST], "background"
    return where, _ANCHORS.get(where.split()[0], "")
