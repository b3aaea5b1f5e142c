"""The states of a case and the ways between them, as data.

A published version never changes: a correction is a draft of its own that revises the case, and is
merged into it as its next version. Withdrawal is for good, and retires the case wherever it is
used.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from casebank.errors import TransitionRefused


class CaseState(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What is done to a case."""

    SUBMIT = "submit"
    RETURN = "return"
    PUBLISH = "publish"
    MERGE = "merge"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Transition:
    """``by_author`` says whether the case's own author may do it; ``reason`` that one is needed."""

    action: Action
    source: CaseState
    target: CaseState
    by_author: bool
    reason: bool


TRANSITIONS = (
    Transition(Action.SUBMIT, CaseState.DRAFT, CaseState.REVIEW, by_author=True, reason=False),
    Transition(Action.RETURN, CaseState.REVIEW, CaseState.DRAFT, by_author=True, reason=True),
    Transition(
        Action.PUBLISH, CaseState.REVIEW, CaseState.PUBLISHED, by_author=False, reason=False
    ),
    Transition(Action.MERGE, CaseState.REVIEW, CaseState.MERGED, by_author=False, reason=False),
    Transition(
        Action.WITHDRAW, CaseState.PUBLISHED, CaseState.WITHDRAWN, by_author=True, reason=True
    ),
    Transition(Action.WITHDRAW, CaseState.REVIEW, CaseState.WITHDRAWN, by_author=True, reason=True),
    Transition(Action.WITHDRAW, CaseState.DRAFT, CaseState.WITHDRAWN, by_author=True, reason=True),
)


def check_advance(
    state: CaseState, action: Action, *, is_author: bool, reason: str = ""
) -> CaseState:
    """The state after ``action``.

    Raises:
        TransitionRefused: if the state has no such way out, the actor may not take it, or a reason
            is missing.
    """
    for way in TRANSITIONS:
        if way.source is state and way.action is action:
            if is_author and not way.by_author:
                raise TransitionRefused(f"the author of a case may not {action} it")
            if way.reason and not reason.strip():
                raise TransitionRefused(f"to {action} a case, give a reason")
            return way.target
    raise TransitionRefused(f"a case in state {state} has no way to {action}")


def can_advance(state: CaseState, action: Action, *, is_author: bool, reason: str = "") -> bool:
    """Whether :func:`check_advance` would allow it."""
    try:
        check_advance(state, action, is_author=is_author, reason=reason)
    except TransitionRefused:
        return False
    return True


def actions_from(state: CaseState, *, is_author: bool) -> tuple[Action, ...]:
    """What may be done to a case in ``state``; a reason may still be asked for."""
    return tuple(
        way.action
        for way in TRANSITIONS
        if way.source is state and (way.by_author or not is_author)
    )
