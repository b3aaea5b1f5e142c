"""Votes of two independent stewards; what the first said stays hidden until the second has voted.

A vote is a :class:`ReviewDecision` of the request's present round. Returning a request is no vote:
it asks the project for a change, and begins a new round when the request is submitted again.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy.orm import Session

from app.db.models import DataRequest, ReleaseTerms, ReviewDecision
from app.errors import TransitionRefused
from app.permissions import Actor, Permission, can
from app.services.projects import is_member
from app.services.request_states import State
from app.services.workflow import BY_NAME, Transition

VOTES = frozenset({"approve", "reject"})
MOST_APPROVALS = 2
_OPEN = frozenset({State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.PARTIALLY_REVIEWED})


def approvals_needed(session: Session, request: DataRequest, least: int) -> int:
    """How many stewards have to agree: the installation's number, or the release's if greater."""
    terms = session.get(ReleaseTerms, request.release)
    return min(MOST_APPROVALS, max(1, least, terms.approvals if terms else 0))


def votes_of_round(request: DataRequest) -> list[ReviewDecision]:
    """Votes of the present round, in their order."""
    return [
        one
        for one in request.decisions
        if one.round == request.review_round and one.decision in VOTES
    ]


def has_voted(actor: Actor, request: DataRequest) -> bool:
    """Whether the actor has voted in the present round."""
    return any(one.reviewer_id == actor.user_id for one in votes_of_round(request))


def amounts_to(actor: Actor, request: DataRequest, said: Transition) -> Transition:
    """The step that a steward's word amounts to.

    Raises:
        TransitionRefused: if the steward has voted in this round.
    """
    if said.name not in VOTES or request.approvals < 2:
        return said
    votes = votes_of_round(request)
    if has_voted(actor, request):
        raise TransitionRefused("You have voted; another steward decides.")
    if not votes:
        return BY_NAME["vote"]
    return said if votes[0].decision == said.name else BY_NAME["disagree"]


def shown_decisions(actor: Actor, request: DataRequest) -> list[ReviewDecision]:
    """Decisions that the actor may read: one's own, and others' once both stewards have voted.

    The project reads them when the review has ended.
    """
    if is_member(request.project, actor) or not can(actor, Permission.REVIEW_REQUESTS):
        return [] if State(request.state) in _OPEN else list(request.decisions)
    votes = Counter(one.round for one in request.decisions if one.decision in VOTES)
    return [
        one
        for one in request.decisions
        if request.approvals < 2
        or one.reviewer_id == actor.user_id
        or one.decision not in VOTES
        or votes[one.round] >= MOST_APPROVALS
    ]
