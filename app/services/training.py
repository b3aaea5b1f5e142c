"""Certificates of training: given by a person, verified by a steward, valid until a last day."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import PrivateDocument, TrainingCertificate
from app.db.types import utc_now
from app.documents import keep_document
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can, check_permission
from app.services.notices import REQUESTS, notify, who_may

KINDS: Final = {
    "privacy": "Privacy and protection of health records",
    "ethics": "Ethics of research with people",
    "good_clinical_practice": "Good clinical practice (ICH E6)",
    "disclosure": "Disclosure control of results",
}
NEEDED: Final = "privacy"
"""The kind without which nobody reaches data."""
WAITING, VERIFIED, REFUSED = "waiting", "verified", "refused"
LONGEST_YEARS: Final = 5


def add_certificate(
    session: Session,
    actor: Actor,
    kind: str,
    issuer: str,
    issued_on: date | None,
    expires_on: date | None,
    content: bytes,
    today: date,
) -> TrainingCertificate:
    """Keep a certificate of the actor's own; a steward is told that it waits.

    Raises:
        PermissionDenied: unless the actor may ask for data.
        BadInput: if something is missing, expired or not a document.
    """
    check_permission(actor, Permission.REQUEST_DATA)
    if actor.user_id is None:
        raise PermissionDenied("A certificate belongs to a person.")
    if kind not in KINDS:
        raise BadInput("Choose what the training was about.")
    if not issuer.strip():
        raise BadInput("Write who issued the certificate.")
    if issued_on is None or expires_on is None:
        raise BadInput("Write both days of the certificate: issued, and valid until.")
    if issued_on > today or expires_on <= today or expires_on <= issued_on:
        raise BadInput("The certificate was issued before today and is valid beyond it.")
    if expires_on.year - issued_on.year > LONGEST_YEARS:
        raise BadInput(f"A certificate counts for up to {LONGEST_YEARS} years after its issue.")
    certificate = TrainingCertificate(
        user_id=actor.user_id,
        kind=kind,
        issuer=issuer.strip(),
        issued_on=issued_on,
        expires_on=expires_on,
        document=keep_document(session, actor.user_id, content),
        state=WAITING,
    )
    session.add(certificate)
    session.flush()
    stewards = who_may(session, Permission.REVIEW_REQUESTS) - {actor.user_id}
    text = f"{actor.name} gave a certificate of training; it waits for a steward."
    notify(session, stewards, REQUESTS, text, "/training/review")
    detail = {
        "kind": kind,
        "expires": expires_on.isoformat(),
        "sha256": certificate.document.sha256,
    }
    record(session, actor, AuditEvent("training.given", "certificate", certificate.id, detail))
    return certificate


def decide_certificate(
    session: Session, actor: Actor, certificate_id: int, verified: bool, reason: str
) -> TrainingCertificate:
    """Verify a certificate of somebody else, or refuse it with a reason; its owner is told.

    Raises:
        PermissionDenied: unless the actor reviews requests, and for a certificate of one's own.
        NotFound: if there is none.
        TransitionRefused: if it is decided.
        BadInput: if it is refused without a reason.
    """
    check_permission(actor, Permission.REVIEW_REQUESTS)
    query = select(TrainingCertificate).where(TrainingCertificate.id == certificate_id)
    certificate = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if certificate is None:
        raise NotFound("There is no such certificate.")
    if certificate.user_id == actor.user_id:
        raise PermissionDenied("Another steward verifies your certificate.")
    if certificate.state != WAITING:
        raise TransitionRefused("This certificate was decided already.")
    if not verified and not reason.strip():
        raise BadInput("Say what is wrong with the certificate: its owner will read it.")
    certificate.state = VERIFIED if verified else REFUSED
    certificate.decided_by, certificate.decided_at = actor.user_id, utc_now()
    certificate.reason = reason.strip()
    text = f"Your certificate of training ({KINDS[certificate.kind]}) was {certificate.state}."
    notify(session, [certificate.user_id], REQUESTS, text, "/training/")
    event = AuditEvent(f"training.{certificate.state}", "certificate", certificate.id)
    record(session, actor, event)
    return certificate


def my_certificates(session: Session, actor: Actor) -> list[TrainingCertificate]:
    """The actor's certificates, newest first."""
    query = select(TrainingCertificate).where(TrainingCertificate.user_id == actor.user_id)
    return list(session.scalars(query.order_by(TrainingCertificate.id.desc())))


def waiting_certificates(session: Session, actor: Actor) -> list[TrainingCertificate]:
    """Certificates of others that wait for a steward, oldest first.

    Raises:
        PermissionDenied: unless the actor reviews requests.
    """
    check_permission(actor, Permission.REVIEW_REQUESTS)
    query = select(TrainingCertificate).where(
        TrainingCertificate.state == WAITING, TrainingCertificate.user_id != actor.user_id
    )
    return list(session.scalars(query.order_by(TrainingCertificate.id)))


def certificate_document(session: Session, actor: Actor, certificate_id: int) -> PrivateDocument:
    """The document of a certificate, for its owner and for stewards; each opening is recorded.

    Raises:
        NotFound: for everybody else.
    """
    certificate = session.get(TrainingCertificate, certificate_id)
    mine = certificate is not None and certificate.user_id == actor.user_id
    if certificate is None or not (mine or can(actor, Permission.REVIEW_REQUESTS)):
        raise NotFound("There is no such certificate.")
    record(session, actor, AuditEvent("training.opened", "certificate", certificate.id))
    return certificate.document


def trained_until(
    session: Session, user_id: int, today: date, verified: bool = True
) -> date | None:
    """The last day of a person's needed training; ``None`` if there is none that holds today.

    Without ``verified``, a certificate that waits for a steward counts as well.
    """
    states = (VERIFIED,) if verified else (VERIFIED, WAITING)
    query = select(TrainingCertificate.expires_on).where(
        TrainingCertificate.user_id == user_id,
        TrainingCertificate.kind == NEEDED,
        TrainingCertificate.state.in_(states),
        TrainingCertificate.issued_on <= today,
        TrainingCertificate.expires_on >= today,
    )
    return session.scalar(query.order_by(TrainingCertificate.expires_on.desc()).limit(1))
