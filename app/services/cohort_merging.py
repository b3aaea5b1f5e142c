"""Use cases of merging: the newest version's changes come into the draft that was begun before it.

What only one of the two changed is taken by itself; what both changed the draft's owner decides.
Nothing is lost: the merge is a step of the draft like any other, and can be undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.models import CohortDraft, CohortVersion
from app.errors import BadInput, ChangedMeanwhile, NotFound
from app.permissions import Actor
from app.services import cohort_drafts as drafts
from cohorts.editing import Document, Edit, Merge, Side, merge
from cohorts.model import parse_document


@dataclass(frozen=True)
class Merging:
    """A draft with the changes of a version that was kept after it began."""

    newer: CohortVersion
    before: Document
    mine: Document
    theirs: Document
    made: Merge


def look_at_merge(draft: CohortDraft, decisions: Mapping[str, Side]) -> Merging:
    """What the draft would become, and what of it needs a decision.

    Raises:
        NotFound: if no version was kept since the draft began.
    """
    newer = drafts.newer_version(draft)
    if newer is None or draft.cohort is None:
        raise NotFound("Nobody kept a version since this draft began: there is nothing to merge.")
    began = next(one for one in draft.cohort.versions if one.number == draft.base_number)
    before, theirs = (parse_document(one.expression)[1] for one in (began, newer))
    mine = drafts.document_of(draft)
    return Merging(newer, before, mine, theirs, merge(before, mine, theirs, decisions))


def merge_newest(
    session: Session,
    actor: Actor,
    draft_id: int,
    revision: int,
    seen: int | None,
    decisions: Mapping[str, Side],
) -> None:
    """Take the newest version's changes into the draft, which goes on from that version.

    ``seen`` is the version whose changes the actor looked at.

    Raises:
        NotFound: if the draft is not the actor's, or nothing was kept since it began.
        ChangedMeanwhile: if the draft changed since ``revision``, or the definition since ``seen``.
        BadInput: if something that both changed is not decided.
    """
    draft = drafts.get_draft(session, actor, draft_id)
    merging = look_at_merge(draft, decisions)
    number = merging.newer.number
    if number != seen:
        raise ChangedMeanwhile(
            f"Version {number} was kept since the page was opened. Look at what it changed, too."
        )
    if merging.made.undecided(decisions):
        raise BadInput("Choose one of the two for every part that both of you changed.")
    step = Edit(merging.made.document, f"took in version {number}")
    drafts.edit(session, actor, draft_id, revision, lambda _: step)
    draft.base_number = number
