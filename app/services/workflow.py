"""The life of a data request, as data: states, transitions, who may, what is checked, who is told.

This module knows neither database nor web. ``app.services.transitions`` carries transitions out;
the pages ask the same table what to offer. Two-reviewer approval and suspension are further rows of
this table when they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class State(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    APPROVED = "approved"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    FAILED = "failed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"
    CLOSED = "closed"


STATE_LABELS: dict[State, str] = {
    State.DRAFT: "Draft",
    State.SUBMITTED: "Submitted",
    State.IN_REVIEW: "In review",
    State.RETURNED: "Returned to you",
    State.APPROVED: "Approved",
    State.PROVISIONING: "Being prepared",
    State.ACTIVE: "Delivered",
    State.FAILED: "Delivery failed",
    State.REJECTED: "Rejected",
    State.WITHDRAWN: "Withdrawn",
    State.EXPIRED: "Expired",
    State.REVOKED: "Revoked",
    State.REPLACED: "Replaced",
    State.CLOSED: "Closed",
}
STATE_MEANING: dict[State, str] = {
    State.DRAFT: "Only the project sees it. Submit it when it is complete.",
    State.SUBMITTED: "It waits for a steward to begin the review.",
    State.IN_REVIEW: "A steward is reading it.",
    State.RETURNED: "A steward asks for a change. Edit it and submit it again.",
    State.APPROVED: "The worker will prepare the extract; nothing needs to be done.",
    State.PROVISIONING: "The worker is preparing the extract.",
    State.ACTIVE: "The extract is in the project's folder and can be analysed until the end date.",
    State.FAILED: "The extract could not be made. A steward can retry or return the request.",
    State.REJECTED: "A steward decided against it. This is final.",
    State.WITHDRAWN: "It was withdrawn. This is final.",
    State.EXPIRED: "The end date has passed and the extract was taken away. It can be renewed.",
    State.REVOKED: "A steward ended the access; the extract was deleted. This is final.",
    State.REPLACED: "A newer delivery took its place; the extract was deleted. This is final.",
    State.CLOSED: "Nobody renewed it in time; the extract was deleted. This is final.",
}


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
    END_DATE_PASSED = "the end date has passed"
    RENEWAL_ASKED = "a later end date was asked for"
    RETENTION_PASSED = "the time for renewing has passed"


class Effect(Enum):
    """What happens in the same transaction besides the change of state."""

    QUEUE_EXTRACT = "the extract job is queued"
    QUEUE_REMOVAL = "the job that takes the extract away is queued"
    EXTEND = "the end date becomes the one that was asked for"
    QUEUE_OPENING = "the job that opens the extract until the new end date is queued"
    RECORD_DECISION = "the decision is kept with its reason"


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


_BEFORE_DECISION = (State.DRAFT, State.RETURNED, State.SUBMITTED, State.IN_REVIEW)
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
        _DATA_CHECKS,
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
        (State.IN_REVIEW,),
        State.APPROVED,
        Who.REVIEWER,
        (Told.PROJECT,),
        "was approved; the extract is being prepared",
        _DATA_CHECKS,
        (Effect.RECORD_DECISION, Effect.QUEUE_EXTRACT),
    ),
    _step(
        "return",
        "Return with a comment",
        "returned it",
        (State.IN_REVIEW, State.FAILED),
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
        (State.IN_REVIEW,),
        State.REJECTED,
        Who.REVIEWER,
        (Told.PROJECT,),
        "was rejected: please read the reason",
        (Check.REASON,),
        (Effect.RECORD_DECISION,),
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
        (Check.END_DATE_AHEAD,),
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
        "expire",
        "End by date",
        "ended it by its date",
        (State.ACTIVE,),
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
        (Check.RENEWAL_ASKED,),
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
        (State.ACTIVE,),
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
        (State.ACTIVE,),
        State.REVOKED,
        Who.REVIEWER,
        (Told.PROJECT,),
        "was revoked: the data may no longer be used",
        (Check.REASON,),
        (Effect.QUEUE_REMOVAL,),
    ),
)
BY_NAME = {transition.name: transition for transition in TRANSITIONS}

OTHER_ACTS = {
    "ask_renewal": "asked for a renewal",
    "refuse_renewal": "did not renew it",
    "ask_repeat": "had it made again, to compare",
    "repeated": "made it again and compared every file",
}
"""What stands in a history besides comments and transitions."""

EDITABLE = frozenset({State.DRAFT, State.RETURNED})
FINAL = frozenset({State.REJECTED, State.WITHDRAWN, State.REVOKED, State.REPLACED, State.CLOSED})
QUEUE = (State.SUBMITTED, State.IN_REVIEW, State.FAILED)


def leaving(state: State) -> tuple[Transition, ...]:
    """Transitions that the state allows, in the table's order."""
    return tuple(transition for transition in TRANSITIONS if state in transition.sources)
