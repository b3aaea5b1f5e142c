"""The life of a data request, as data: states, transitions, who may, what is checked, who is told.

This module knows neither database nor web. ``app.services.transitions`` carries transitions out;
the pages ask the same table what to offer. Where two stewards have to agree, what one says by
``approve`` or ``reject`` amounts to a ``vote``, to the step itself, or to ``disagree``
(:mod:`app.services.votes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.services.request_states import State


class Who(Enum):
    """Who may carry out a transition."""

    PROJECT = "a member of the project"
    REVIEWER = "a steward outside the project"
    WORKER = "the worker"


class Told(Enum):
    """Who receives a notification."""

    PROJECT = "the project"
    STEWARDS = "the stewards"


class Check(Enum):
    """What must hold first."""

    COMPLETE = "nothing is missing"
    REASON = "a reason is given"
    RELEASE_HOLDS_COLUMNS = "the release holds every column"
    END_DATE_AHEAD = "the end date has not passed"
    NOT_ENDED = "the last day has not passed"
    END_DATE_PASSED = "the end date has passed"
    RENEWAL_ASKED = "a later end date was asked for"
    RETENTION_PASSED = "the time for renewing has passed"
    TRAINING_GIVEN = "every member of the project has given an unexpired certificate"
    SIGNED = "whoever submits has signed the agreement"
    PEOPLE_READY = "everybody's training is verified and the agreement is signed"
    PEOPLE_LAPSED = "somebody's training or signature has lapsed"


class Effect(Enum):
    """What happens in the same transaction besides the change of state."""

    QUEUE_EXTRACT = "the extract job is queued"
    QUEUE_REMOVAL = "the job that takes the extract away is queued"
    EXTEND = "the end date becomes the one that was asked for"
    QUEUE_OPENING = "the job that opens the extract until the new end date is queued"
    RECORD_DECISION = "the decision is kept with its reason"
    BEGIN_ROUND = "a new round of votes begins, by as many stewards as the policy asks for"


@dataclass(frozen=True)
class Transition:
    """One step. ``done`` says it in the history; ``notice`` is what the people told will read."""

    name: str
    label: str
    done: str
    sources: frozenset[State]
    target: State
    who: Who
    told: tuple[Told, ...]
    notice: str
    checks: tuple[Check, ...] = ()
    effects: tuple[Effect, ...] = ()


def _step(
    name: str,
    label: str,
    done: str,
    sources: tuple[State, ...],
    target: State,
    who: Who,
    told: tuple[Told, ...],
    notice: str,
    checks: tuple[Check, ...] = (),
    effects: tuple[Effect, ...] = (),
) -> Transition:
    return Transition(
        name, label, done, frozenset(sources), target, who, told, notice, checks, effects
    )


_READ = (State.IN_REVIEW, State.PARTIALLY_REVIEWED)
_BEFORE_DECISION = (State.DRAFT, State.RETURNED, State.SUBMITTED, *_READ)
_DATA_CHECKS = (Check.COMPLETE, Check.RELEASE_HOLDS_COLUMNS, Check.END_DATE_AHEAD)

TRANSITIONS: tuple[Transition, ...] = (
    _step(
        "submit",
        "Submit",
        "submitted it",
        (State.DRAFT, State.RETURNED),
        State.SUBMITTED,
        Who.PROJECT,
        (Told.STEWARDS,),
        "was submitted and waits for review",
        (*_DATA_CHECKS, Check.TRAINING_GIVEN, Check.SIGNED),
        (Effect.BEGIN_ROUND,),
    ),
    _step(
        "start",
        "Begin the review",
        "began the review",
        (State.SUBMITTED,),
        State.IN_REVIEW,
        Who.REVIEWER,
        (Told.PROJECT,),
        "is being reviewed",
    ),
    _step(
        "approve",
        "Approve",
        "approved it",
        _READ,
        State.APPROVED,
        Who.REVIEWER,
        (Told.PROJECT,),
        "was approved; the extract is prepared once everybody is trained and has signed",
        _DATA_CHECKS,
        (Effect.RECORD_DECISION, Effect.QUEUE_EXTRACT),
    ),
    _step(
        "return",
        "Return with a comment",
        "returned it",
        (*_READ, State.FAILED),
        State.RETURNED,
        Who.REVIEWER,
        (Told.PROJECT,),
        "was returned: please read the comment",
        (Check.REASON,),
        (Effect.RECORD_DECISION,),
    ),
    _step(
        "reject",
        "Reject",
        "rejected it",
        _READ,
        State.REJECTED,
        Who.REVIEWER,
        (Told.PROJECT,),
        "was rejected: please read the reason",
        (Check.REASON,),
        (Effect.RECORD_DECISION,),
    ),
    _step(
        "vote",
        "Vote",
        "gave the first of two votes",
        (State.IN_REVIEW,),
        State.PARTIALLY_REVIEWED,
        Who.REVIEWER,
        (Told.STEWARDS,),
        "waits for the vote of a second steward",
        (),
        (Effect.RECORD_DECISION,),
    ),
    _step(
        "disagree",
        "Vote",
        "voted otherwise than the first steward",
        (State.PARTIALLY_REVIEWED,),
        State.IN_REVIEW,
        Who.REVIEWER,
        (Told.STEWARDS,),
        "was voted on differently: discuss it, or let a third steward decide with one of you",
        (),
        (Effect.RECORD_DECISION, Effect.BEGIN_ROUND),
    ),
    _step(
        "withdraw",
        "Withdraw",
        "withdrew it",
        _BEFORE_DECISION,
        State.WITHDRAWN,
        Who.PROJECT,
        (Told.STEWARDS,),
        "was withdrawn",
    ),
    _step(
        "provision",
        "Begin to prepare",
        "began to prepare the extract",
        (State.APPROVED, State.PROVISIONING),
        State.PROVISIONING,
        Who.WORKER,
        (),
        "is being prepared",
        (Check.PEOPLE_READY,),
    ),
    _step(
        "deliver",
        "Deliver",
        "delivered the extract",
        (State.PROVISIONING,),
        State.ACTIVE,
        Who.WORKER,
        (Told.PROJECT,),
        "was delivered: the extract is ready",
        (Check.END_DATE_AHEAD, Check.PEOPLE_READY),
    ),
    _step(
        "fail",
        "Report a failure",
        "could not deliver the extract",
        (State.APPROVED, State.PROVISIONING),
        State.FAILED,
        Who.WORKER,
        (Told.PROJECT, Told.STEWARDS),
        "could not be delivered: the page says why",
        (Check.REASON,),
    ),
    _step(
        "retry",
        "Prepare again",
        "had it prepared again",
        (State.FAILED,),
        State.APPROVED,
        Who.REVIEWER,
        (Told.PROJECT,),
        "is being prepared again",
        _DATA_CHECKS,
        (Effect.QUEUE_EXTRACT,),
    ),
    _step(
        "suspend",
        "Suspend",
        "suspended it",
        (State.ACTIVE,),
        State.SUSPENDED,
        Who.WORKER,
        (Told.PROJECT, Told.STEWARDS),
        "is suspended: somebody's training or signature has lapsed",
        (Check.PEOPLE_LAPSED,),
        (Effect.QUEUE_REMOVAL,),
    ),
    _step(
        "resume",
        "Open again",
        "opened it again",
        (State.SUSPENDED,),
        State.ACTIVE,
        Who.WORKER,
        (Told.PROJECT,),
        "is open again",
        (Check.PEOPLE_READY, Check.NOT_ENDED),
        (Effect.QUEUE_OPENING,),
    ),
    _step(
        "expire",
        "End by date",
        "ended it by its date",
        (State.ACTIVE, State.SUSPENDED),
        State.EXPIRED,
        Who.WORKER,
        (Told.PROJECT,),
        "has reached its end date",
        (Check.END_DATE_PASSED,),
        (Effect.QUEUE_REMOVAL,),
    ),
    _step(
        "renew",
        "Renew",
        "renewed it",
        (State.ACTIVE, State.EXPIRED),
        State.ACTIVE,
        Who.REVIEWER,
        (Told.PROJECT,),
        "was renewed",
        (Check.RENEWAL_ASKED, Check.PEOPLE_READY),
        (Effect.EXTEND, Effect.QUEUE_OPENING),
    ),
    _step(
        "close",
        "Close",
        "closed it and had the extract deleted",
        (State.EXPIRED,),
        State.CLOSED,
        Who.WORKER,
        (Told.PROJECT,),
        "was closed: its extract was deleted",
        (Check.RETENTION_PASSED,),
        (Effect.QUEUE_REMOVAL,),
    ),
    _step(
        "replace",
        "Replace",
        "put a newer delivery in its place",
        (State.ACTIVE, State.SUSPENDED),
        State.REPLACED,
        Who.WORKER,
        (Told.PROJECT,),
        "was replaced by a newer delivery",
        (),
        (Effect.QUEUE_REMOVAL,),
    ),
    _step(
        "revoke",
        "Revoke",
        "revoked it",
        (State.ACTIVE, State.SUSPENDED),
        State.REVOKED,
        Who.REVIEWER,
        (Told.PROJECT,),
        "was revoked: the data may no longer be used",
        (Check.REASON,),
        (Effect.QUEUE_REMOVAL,),
    ),
)
AMOUNTS = frozenset({"vote", "disagree"})
"""Steps that nobody takes by name: what a steward says amounts to them."""
BY_NAME = {transition.name: transition for transition in TRANSITIONS}

OTHER_ACTS = {
    "ask_renewal": "asked for a renewal",
    "refuse_renewal": "did not renew it",
    "ask_repeat": "had it made again, to compare",
    "repeated": "made it again and compared every file",
    "signed": "signed the agreement",
    "note": "noted, for stewards only",
}
"""What stands in a history besides comments and transitions."""

EDITABLE = frozenset({State.DRAFT, State.RETURNED})
FINAL = frozenset({State.REJECTED, State.WITHDRAWN, State.REVOKED, State.REPLACED, State.CLOSED})
QUEUE = (State.SUBMITTED, State.IN_REVIEW, State.PARTIALLY_REVIEWED, State.FAILED)


def leaving(state: State) -> tuple[Transition, ...]:
    """Transitions that the state allows, in the table's order."""
    return tuple(transition for transition in TRANSITIONS if state in transition.sources)
