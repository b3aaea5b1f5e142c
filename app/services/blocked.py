"""What still stands between a request and its data, and how safe it is in five respects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.db.models import DataRequest
from app.permissions import Actor
from app.services.completeness import missing_columns, missing_parts
from app.services.readiness import Member, is_signed_by, members_of
from app.services.workflow import EDITABLE, FINAL, State

_WAITS = {
    State.SUBMITTED: "A steward begins the review.",
    State.IN_REVIEW: "A steward decides.",
    State.PARTIALLY_REVIEWED: "A second steward votes.",
    State.PROVISIONING: "The worker finishes the extract.",
    State.FAILED: "A steward has the delivery tried again, or returns the request.",
}
EDIT, TRAINING, AGREEMENT, RENEWAL = "edit", "training", "agreement", "renewal"


@dataclass(frozen=True)
class Blocker:
    """One thing that is to be done; ``yours`` if by the actor, and ``where`` it is done."""

    text: str
    yours: bool = False
    where: str = ""


@dataclass(frozen=True)
class Safe:
    """One of the five: whether it is settled, and what is known of it."""

    name: str
    settled: bool
    text: str


def blockers_of(
    actor: Actor, request: DataRequest, release_root: Path, today: date
) -> list[Blocker]:
    """Everything that blocks, in the order in which it is done; empty if the data are open."""
    state = State(request.state)
    if state in FINAL:
        return [Blocker("It has ended. New data need a new request.")]
    found: list[Blocker] = []
    if state in EDITABLE:
        parts = missing_parts(request)
        if not any(part.field == "release" for part in parts):
            parts += missing_columns(request, release_root)
        found += [Blocker(_sentence(part.text), True, EDIT) for part in parts]
    for member in members_of(request, today):
        found += _of_member(actor, member)
    whole = not any(one.where == EDIT for one in found)
    if state in EDITABLE and whole and is_signed_by(request, actor.user_id, today):
        found.append(Blocker("Submit it.", True, EDIT))
    if state in _WAITS:
        found.append(Blocker(_WAITS[state]))
    if state is State.APPROVED and not found:
        found.append(Blocker("The worker prepares the extract."))
    if state is State.EXPIRED:
        found.append(Blocker("The last day has passed: ask for a renewal.", True, RENEWAL))
    return found


def five_safes(request: DataRequest, today: date) -> list[Safe]:
    """People, projects, data, settings and outputs of a request."""
    members = members_of(request, today)
    ready = [member for member in members if member.ready]
    missing = {part.field for part in missing_parts(request)}
    ethics = not missing & {"ethics_number", "ethics_body", "ethics_expires", "ethics_document"}
    tables = {column.table_name for column in request.columns}
    return [
        Safe(
            "People",
            len(ready) == len(members),
            f"{len(ready)} of {len(members)} trained and bound by the agreement",
        ),
        Safe(
            "Projects",
            ethics and not missing & {"purpose", "duo_code"},
            "purpose and ethics approval are stated" if ethics else "ethics approval is incomplete",
        ),
        Safe(
            "Data",
            not missing & {"release", "cohort_version", "columns", "window_kind", "window_reason"},
            f"{len(request.columns)} columns of {len(tables)} tables, each table with a reason",
        ),
        Safe(
            "Settings",
            "place_of_work" not in missing,
            f"analysed in the project's workspace, at: {request.place_of_work}"
            if request.place_of_work
            else "analysed in the project's workspace",
        ),
        Safe(
            "Outputs",
            "planned_outputs" not in missing,
            "every result is checked by a steward before it leaves",
        ),
    ]


def _of_member(actor: Actor, member: Member) -> list[Blocker]:
    mine = member.user.id == actor.user_id
    who = "You need" if mine else f"{member.user.name} needs"
    found = []
    if member.trained is None and member.waiting:
        found.append(Blocker(f"A steward verifies the training of {member.user.name}."))
    elif member.trained is None:
        found.append(Blocker(f"{who} a valid certificate of training.", mine, TRAINING))
    if member.signed is None:
        found.append(Blocker(f"{who} to sign the agreement.", mine, AGREEMENT))
    return found


def _sentence(text: str) -> str:
    return f"Say {text}." if text[:1].islower() else text
