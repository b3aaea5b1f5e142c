"""Where a request for data can stand, in words for its readers."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    PARTIALLY_REVIEWED = "partially_reviewed"
    RETURNED = "returned"
    APPROVED = "approved"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    SUSPENDED = "suspended"
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
    State.PARTIALLY_REVIEWED: "Second review",
    State.RETURNED: "Returned to you",
    State.APPROVED: "Approved",
    State.PROVISIONING: "Being prepared",
    State.ACTIVE: "Delivered",
    State.SUSPENDED: "Suspended",
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
    State.PARTIALLY_REVIEWED: "One steward has voted; a second one reads it without knowing how.",
    State.RETURNED: "A steward asks for a change. Edit it and submit it again.",
    State.APPROVED: "The extract is prepared as soon as everybody is trained and has signed.",
    State.PROVISIONING: "The worker is preparing the extract.",
    State.ACTIVE: "The extract is in the project's folder and can be analysed until the end date.",
    State.SUSPENDED: "Training or a signature has lapsed; it opens again when that is cured.",
    State.FAILED: "The extract could not be made. A steward can retry or return the request.",
    State.REJECTED: "A steward decided against it. This is final.",
    State.WITHDRAWN: "It was withdrawn. This is final.",
    State.EXPIRED: "The end date has passed and the extract was taken away. It can be renewed.",
    State.REVOKED: "A steward ended the access; the extract was deleted. This is final.",
    State.REPLACED: "A newer delivery took its place; the extract was deleted. This is final.",
    State.CLOSED: "Nobody renewed it in time; the extract was deleted. This is final.",
}
