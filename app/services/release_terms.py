"""What a release may be used for, as the stewards state it, and the opinion on a request."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import DataRequest, ReleaseTerms
from app.db.types import utc_now
from app.errors import BadInput, PermissionDenied
from app.permissions import Actor, Permission, check_permission
from app.services.duo import MODIFIER_CODES, PURPOSE_CODES, Match, match


def terms_of(session: Session, release: str) -> ReleaseTerms | None:
    """The terms that were stated for a release."""
    return session.get(ReleaseTerms, release)


def state_terms(
    session: Session,
    actor: Actor,
    release: str,
    permission: str,
    modifiers: Collection[str],
    approvals: int,
) -> ReleaseTerms:
    """State what a published release may be used for, and how many stewards have to agree.

    ``approvals`` 0 leaves the number to the installation. Requests under review keep theirs.

    Raises:
        PermissionDenied: unless the actor reviews requests.
        BadInput: for other terms than those offered.
    """
    check_permission(actor, Permission.REVIEW_REQUESTS)
    if actor.user_id is None:
        raise PermissionDenied("Terms are stated by a person.")
    if permission not in PURPOSE_CODES or not set(modifiers) <= set(MODIFIER_CODES):
        raise BadInput("Choose one permission and modifiers of those that the form offers.")
    if approvals not in {0, 1, 2}:
        raise BadInput("One or two stewards can be asked for.")
    terms = session.get(ReleaseTerms, release)
    if terms is None:
        terms = ReleaseTerms(release=release)
        session.add(terms)
    terms.permission = permission
    terms.modifiers = [code for code in MODIFIER_CODES if code in modifiers]
    terms.approvals, terms.stated_by, terms.stated_at = approvals, actor.user_id, utc_now()
    session.flush()
    detail = {"permission": permission, "modifiers": terms.modifiers, "approvals": approvals}
    record(session, actor, AuditEvent("release.terms_stated", "release", release, detail))
    return terms


def opinion_on(session: Session, request: DataRequest) -> Match | None:
    """What the comparison of terms and purpose says; ``None`` where no terms were stated."""
    terms = session.get(ReleaseTerms, request.release)
    if terms is None:
        return None
    ethics = bool(request.ethics_number and request.ethics_document_id)
    return match(terms.permission, terms.modifiers, request.duo_code, request.use_traits, ethics)
