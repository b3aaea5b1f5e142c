"""Use cases of review: a case is handed over, checked by the gate, signed by two, and published.

A signature is over the hash of case and lesson: a change after it voids it. What a program stops is
signed by nobody, except for a sensitive category, which the privacy reviewer may allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import CaseSignature, CaseVersion, TeachingCase
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.hashes import sha256_of
from app.permissions import Actor, Permission, can, check_permission
from app.services.cases import (
    PUBLISHED,
    REVIEW,
    WITHDRAWN,
    advance,
    can_see,
    document_of,
    get_case,
    lesson_of,
    summary_of,
)
from casebank import Action
from casebank.errors import CaseCheckFailed, RecordNotFound
from casebank.gate import (
    ATTRIBUTES,
    KINDS,
    SENSITIVE,
    GateReport,
    RiskSheet,
    Signature,
    SignatureKind,
    Submission,
    check_gate,
    find_findings,
    measure_risk,
    run_gate,
    standing,
)
from deid.release import Release

_PERSON = '"person_id": '


@dataclass(frozen=True)
class Reviewed:
    """What the gate says of a case now, and which signatures count."""

    report: GateReport
    standing: Mapping[SignatureKind, CaseSignature]
    sensitive: tuple[str, ...]


def submit(session: Session, actor: Actor, case_id: int) -> TeachingCase:
    """Author: hand a draft over for review."""
    check_permission(actor, Permission.WRITE_CASES)
    return advance(session, actor, case_id, Action.SUBMIT)


def send_back(session: Session, actor: Actor, case_id: int, note: str) -> TeachingCase:
    """Back to a draft, with a note: by a reviewer, or by the author who takes it back."""
    check_permission(actor, Permission.REVIEW_CASES)
    case = advance(session, actor, case_id, Action.RETURN, note)
    case.review_note = note.strip()
    return case


def review(session: Session, actor: Actor, case: TeachingCase, release: Release | None) -> Reviewed:
    """The gate's report over a case as it stands. ``release`` is None if the portal lacks it.

    Raises:
        PermissionDenied: unless the actor writes or reviews cases.
    """
    if not can(actor, Permission.WRITE_CASES):
        check_permission(actor, Permission.REVIEW_CASES)
    signed = list(
        session.scalars(
            select(CaseSignature).where(CaseSignature.case_id == case.id).order_by(CaseSignature.id)
        )
    )
    given = _submission(session, case, release, signed)
    valid = standing(given)
    return Reviewed(
        run_gate(given),
        {
            kind: next(
                one
                for one in reversed(signed)
                if one.kind == kind
                and one.user_id == signature.signer
                and one.sha256 == signature.sha256
            )
            for kind, signature in valid.items()
        },
        tuple(
            one.where for one in find_findings(given.case, given.lesson) if one.code == SENSITIVE
        ),
    )


def may_sign(
    session: Session, actor: Actor, case: TeachingCase, reviewed: Reviewed
) -> tuple[SignatureKind, ...]:
    """Which signatures the actor may give now."""
    if (
        case.state != REVIEW
        or not can(actor, Permission.REVIEW_CASES)
        or actor.user_id in _authors(session, case)
    ):
        return ()
    return tuple(
        kind
        for kind in KINDS
        if kind not in reviewed.standing
        and all(one.user_id != actor.user_id for one in reviewed.standing.values())
    )


def sign(
    session: Session,
    actor: Actor,
    case_id: int,
    kind: str,
    release: Release | None,
    *,
    ratings: Mapping[str, int] | None = None,
    opted_in: Mapping[str, str] | None = None,
    note: str = "",
) -> CaseSignature:
    """Sign a case in review as it stands.

    A clinical reviewer rates Kim's five attributes; a privacy reviewer may allow sensitive
    categories, each with a reason.

    Raises:
        NotFound, PermissionDenied, TransitionRefused: if it is not the actor's to sign now.
        BadInput: for another kind, ratings out of range or missing, or an opt-in without reason.
        CaseCheckFailed: if a program stops the case.
    """
    check_permission(actor, Permission.REVIEW_CASES)
    case = _locked(session, actor, case_id)
    if case.state != REVIEW:
        raise TransitionRefused("Only a case in review is signed.")
    if kind not in KINDS or actor.user_id is None:
        raise BadInput("Sign as clinical or as privacy reviewer.")
    if actor.user_id in _authors(session, case):
        raise PermissionDenied("Nobody signs a case of their own.")
    reviewed = review(session, actor, case, release)
    if kind in reviewed.standing:
        raise TransitionRefused(f"The {kind} signature is already there.")
    if any(one.user_id == actor.user_id for one in reviewed.standing.values()):
        raise PermissionDenied("The two signatures are of two people.")
    allowed = _opt_ins(kind, reviewed, opted_in or {})
    stops = [
        one
        for row in reviewed.report.rows
        if row.by == "program"
        for one in row.findings
        if one.severity == "stop" and one.code != SENSITIVE
    ]
    if stops:
        listed = "; ".join(f"{one.code} at {one.where}" for one in stops)
        raise CaseCheckFailed(f"nobody signs what the program stops: {listed}")
    signature = CaseSignature(
        case_id=case.id,
        kind=kind,
        user_id=actor.user_id,
        sha256=reviewed.report.sha256,
        ratings=_ratings(ratings or {}) if kind == "clinical" else {},
        opted_in=allowed,
        note=note.strip(),
    )
    session.add(signature)
    session.flush()
    detail: dict[str, Any] = {"kind": kind, "sha256": signature.sha256}
    if allowed:
        detail["opted_in"] = sorted(allowed)
    record(session, actor, AuditEvent("case.signed", "case", case.id, detail))
    return signature


def publish(session: Session, actor: Actor, case_id: int, release: Release | None) -> TeachingCase:
    """Reviewer, who is not an author: publish what passes every row of the gate.

    A draft that revises a case becomes that case's next version. The report with its risk sheet
    and signatures goes with the version.

    Raises:
        NotFound, PermissionDenied, TransitionRefused: if it is not the actor's to publish now.
        CaseCheckFailed: naming what stops it.
    """
    check_permission(actor, Permission.REVIEW_CASES)
    case = _locked(session, actor, case_id)
    if actor.user_id in _authors(session, case):
        raise PermissionDenied("Nobody publishes a case of their own.")
    if case.state != REVIEW:
        raise TransitionRefused("Only a case in review is published.")
    assert actor.user_id is not None
    reviewed = review(session, actor, case, release)
    check_gate(reviewed.report)
    target = case
    if case.revises_id is not None:
        target = session.scalars(
            select(TeachingCase).where(TeachingCase.id == case.revises_id).with_for_update()
        ).one()
        if target.state == WITHDRAWN:
            raise TransitionRefused("The case that this draft revises was withdrawn.")
    opted_in = sorted(reviewed.standing["privacy"].opted_in)
    if target is case:
        advance(session, actor, case.id, Action.PUBLISH, opted_in=opted_in)
    else:
        advance(session, actor, case.id, Action.MERGE, opted_in=opted_in, into=target.id)
    document = document_of(case)
    if target is not case:
        target.title, target.document, target.lesson = case.title, case.document, case.lesson
        target.version += 1
    target.summary = summary_of(document)
    target.reviewer_id, target.published_at = actor.user_id, utc_now()
    target.review_note = reviewed.standing["clinical"].note
    session.add(
        CaseVersion(
            case_id=target.id,
            number=1 + _newest(session, target.id),
            title=case.title,
            document=document.to_json().decode("utf-8"),
            lesson=case.lesson,
            sha256=sha256_of(document.to_json().decode("utf-8") + case.lesson),
            report=_report(reviewed, opted_in),
            published_by=actor.user_id,
        )
    )
    session.flush()
    return target


def _report(reviewed: Reviewed, opted_in: list[str]) -> dict[str, Any]:
    return {
        "opted_in": opted_in,
        "gate": reviewed.report.to_document(),
        "signatures": [
            {
                "kind": kind,
                "signer": one.user.name,
                "at": one.at.isoformat(timespec="seconds"),
                "sha256": one.sha256,
                "ratings": one.ratings,
                "opted_in": one.opted_in,
                "note": one.note,
            }
            for kind, one in sorted(reviewed.standing.items())
        ],
    }


def _submission(
    session: Session, case: TeachingCase, release: Release | None, signed: list[CaseSignature]
) -> Submission:
    document, lesson = document_of(case), lesson_of(case)
    risk: RiskSheet | None = None
    if release is not None:
        try:
            risk = measure_risk(release, document)
        except RecordNotFound:
            risk = None
    given = Submission(
        document,
        lesson,
        risk,
        authors=_authors(session, case),
        others=_others(session, case),
        signatures=tuple(
            Signature(
                "clinical" if one.kind == "clinical" else "privacy",
                one.user_id,
                one.sha256,
                one.ratings,
            )
            for one in signed
        ),
    )
    privacy = standing(given).get("privacy")
    if privacy is None:
        return given
    opted_in = next(
        one.opted_in
        for one in reversed(signed)
        if one.kind == "privacy" and one.user_id == privacy.signer
    )
    return replace(given, opted_in=opted_in)


def _authors(session: Session, case: TeachingCase) -> frozenset[int]:
    """Who wrote the draft, and the case that it revises."""
    authors = {case.author_id}
    if case.revises_id is not None:
        authors.add(session.get_one(TeachingCase, case.revises_id).author_id)
    return frozenset(authors)


def _others(session: Session, case: TeachingCase) -> frozenset[int]:
    """People of the release who are in another case that is published or in review."""
    query = select(TeachingCase.document).where(
        TeachingCase.release == case.release,
        TeachingCase.state.in_((PUBLISHED, REVIEW)),
        TeachingCase.id.not_in([case.id, case.revises_id or case.id]),
    )
    found = set()
    for text in session.scalars(query):
        # Canonical JSON names the person once; reading whole documents would be slow.
        start = text.rfind(_PERSON)
        if start >= 0:
            digits = text[start + len(_PERSON) : start + len(_PERSON) + 24]
            found.add(int(digits.split("\n")[0].rstrip(",} ")))
    return frozenset(found)


def _opt_ins(kind: str, reviewed: Reviewed, opted_in: Mapping[str, str]) -> dict[str, str]:
    allowed = {category: reason.strip() for category, reason in opted_in.items()}
    if allowed and kind != "privacy":
        raise BadInput("The privacy reviewer allows sensitive categories.")
    if not all(allowed.values()):
        raise BadInput("Give the reason for teaching with a sensitive category.")
    if not set(allowed) <= set(reviewed.sensitive):
        raise BadInput("The case has no such sensitive category.")
    missing = sorted(set(reviewed.sensitive) - set(allowed))
    if kind == "privacy" and missing:
        raise CaseCheckFailed(
            "the case cannot be signed: " + "; ".join(f"{SENSITIVE} at {one}" for one in missing)
        )
    return allowed


def _ratings(ratings: Mapping[str, int]) -> dict[str, int]:
    if set(ratings) != set(ATTRIBUTES) or not all(1 <= one <= 4 for one in ratings.values()):
        raise BadInput("Rate each of the five attributes from 1 to 4.")
    return dict(ratings)


def _locked(session: Session, actor: Actor, case_id: int) -> TeachingCase:
    get_case(session, actor, case_id)
    query = select(TeachingCase).where(TeachingCase.id == case_id).with_for_update()
    case = session.scalar(query)
    if case is None or not can_see(session, actor, case):
        raise NotFound("There is no such case.")
    return case


def _newest(session: Session, case_id: int) -> int:
    query = select(CaseVersion.number).where(CaseVersion.case_id == case_id)
    return max(session.scalars(query), default=0)
