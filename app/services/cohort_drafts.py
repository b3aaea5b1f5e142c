"""Use cases of drafts: one person edits a definition, step by step, and nothing is lost.

Every change is kept at once, valid or not. Two people who edit the same definition have a draft
each; whoever keeps a version second is told of the first and decides. A form of another window is
recognised by the draft's revision.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import cohorts
from app.audit import AuditEvent, record
from app.db.models import (
    CohortDefinition,
    CohortDraft,
    CohortDraftStep,
    CohortOrigin,
    CohortVersion,
)
from app.db.types import utc_now
from app.errors import BadInput, ChangedMeanwhile, NotFound, PermissionDenied
from app.permissions import Actor, Permission, check_permission
from app.services.cohorts import add_version, can_edit, create_cohort, get_cohort
from app.services.projects import get_own_project, is_member
from cohorts.editing import Document, Edit
from cohorts.errors import DefinitionError
from cohorts.model import parse_document

KEPT_STEPS = 100
UNTITLED = "Untitled cohort"


@dataclass(frozen=True)
class Beginning:
    """What a new definition starts from."""

    document: Document
    name: str = ""
    description: str = ""
    copied_from_id: int | None = None
    template: str = ""


@dataclass(frozen=True)
class OtherDraft:
    """That somebody else of the project edits the same definition."""

    who: str
    base_number: int | None
    changed_at: datetime


def begin(session: Session, actor: Actor, project_id: int, beginning: Beginning) -> CohortDraft:
    """A draft of a new definition in a project of the actor's.

    Raises:
        PermissionDenied: unless the actor may ask for data and belongs to the project.
        NotFound: if the project is not the actor's to see.
    """
    check_permission(actor, Permission.REQUEST_DATA)
    project, user_id = get_own_project(
        session, actor, project_id, "Only members of a project define its cohorts."
    )
    draft = CohortDraft(
        project_id=project.id,
        owner_id=user_id,
        name=beginning.name.strip()[:200] or UNTITLED,
        description=beginning.description.strip()[:5000],
        copied_from_id=beginning.copied_from_id,
        template=beginning.template,
        steps=[CohortDraftStep(number=1, document=_text(beginning.document), said="began")],
    )
    session.add(draft)
    session.flush()
    return draft


def open_draft(
    session: Session, actor: Actor, cohort_id: int, number: int | None = None
) -> CohortDraft:
    """The actor's draft of a definition, or a new one of the newest version.

    With ``number``, the draft goes on from that version; what it held before can be undone to.

    Raises:
        NotFound: if the cohort or the version is not there, or not the actor's to see.
        PermissionDenied: unless the actor may change the cohort.
    """
    cohort = get_cohort(session, actor, cohort_id)
    if not can_edit(actor, cohort) or actor.user_id is None:
        raise PermissionDenied("Only members of the project change its cohorts.")
    wanted = number if number is not None else cohort.versions[-1].number
    version = next((one for one in cohort.versions if one.number == wanted), None)
    if version is None:
        raise NotFound("There is no such version.")
    draft = session.scalar(
        select(CohortDraft).where(
            CohortDraft.cohort_id == cohort.id, CohortDraft.owner_id == actor.user_id
        )
    )
    document = _text(parse_document(version.expression)[1])
    said = f"began from version {version.number}"
    if draft is None:
        draft = CohortDraft(
            project_id=cohort.project_id,
            cohort_id=cohort.id,
            owner_id=actor.user_id,
            base_number=cohort.versions[-1].number,
            name=cohort.name,
            description=cohort.description,
            steps=[CohortDraftStep(number=1, document=document, said=said)],
        )
        session.add(draft)
    elif number is not None:
        _step(session, draft, document, f"went back to version {version.number}")
    session.flush()
    return draft


def get_draft(session: Session, actor: Actor, draft_id: int) -> CohortDraft:
    """One of the actor's drafts.

    Raises:
        NotFound: if there is none, or it is somebody else's.
    """
    draft = session.get(CohortDraft, draft_id)
    mine = draft is not None and draft.owner_id == actor.user_id
    if draft is None or not mine or not is_member(draft.project, actor):
        raise NotFound("There is no such draft. It may have been kept as a version, or discarded.")
    return draft


def list_drafts(session: Session, actor: Actor) -> list[CohortDraft]:
    """The actor's drafts, last changed first."""
    query = (
        select(CohortDraft)
        .where(CohortDraft.owner_id == actor.user_id)
        .order_by(CohortDraft.changed_at.desc())
    )
    return [draft for draft in session.scalars(query) if is_member(draft.project, actor)]


def others_editing(session: Session, draft: CohortDraft) -> list[OtherDraft]:
    """Who else has a draft of the same definition."""
    if draft.cohort_id is None:
        return []
    query = select(CohortDraft).where(
        CohortDraft.cohort_id == draft.cohort_id, CohortDraft.owner_id != draft.owner_id
    )
    return [
        OtherDraft(other.owner.name, other.base_number, other.changed_at)
        for other in session.scalars(query.order_by(CohortDraft.changed_at.desc()))
    ]


def document_of(draft: CohortDraft) -> Document:
    """The draft's present document."""
    document: Document = json.loads(text_of(draft))
    return document


def text_of(draft: CohortDraft) -> str:
    """The draft's present document as JSON."""
    return next(step.document for step in draft.steps if step.number == draft.position)


def edit(
    session: Session,
    actor: Actor,
    draft_id: int,
    revision: int,
    change: Callable[[Document], Edit],
) -> Edit:
    """Make a change and keep it as the draft's next step.

    Raises:
        NotFound: if the draft is not the actor's.
        ChangedMeanwhile: if it changed since ``revision``.
        DefinitionError: from ``change``; nothing is kept then.
    """
    draft = _locked(session, actor, draft_id, revision)
    before = document_of(draft)
    made = change(before)
    if made.document != before:
        _step(session, draft, _text(made.document), made.said)
        session.flush()
    return made


def travel(session: Session, actor: Actor, draft_id: int, revision: int, by: int) -> str:
    """Undo (below 0) or do again (above 0) so many steps; what the last of them was, in words.

    Empty if there are not so many steps; nothing is changed then.

    Raises:
        NotFound, ChangedMeanwhile: as :func:`edit`.
    """
    draft = _locked(session, actor, draft_id, revision)
    numbers = [step.number for step in draft.steps]
    to = draft.position + by
    if to not in numbers:
        return ""
    crossed = to if by > 0 else to + 1
    draft.position = to
    _touch(draft)
    session.flush()
    return next(step.said for step in draft.steps if step.number == crossed)


def rename(
    session: Session, actor: Actor, draft_id: int, revision: int, name: str, description: str
) -> None:
    """Give the draft, and the definition that it becomes, a name and a description.

    Raises:
        NotFound, ChangedMeanwhile: as :func:`edit`.
    """
    draft = _locked(session, actor, draft_id, revision)
    draft.name = name.strip()[:200] or UNTITLED
    draft.description = description.strip()[:5000]
    _touch(draft)
    session.flush()


def newer_version(draft: CohortDraft) -> CohortVersion | None:
    """The newest version, if it was kept after the draft began."""
    if draft.cohort is None:
        return None
    newest = draft.cohort.versions[-1]
    return newest if newest.number != draft.base_number else None


def keep(
    session: Session, actor: Actor, draft_id: int, revision: int, note: str, seen: int | None
) -> CohortVersion:
    """Keep the draft as the next version, or as a new definition; the draft ends.

    ``seen`` is the newest version that the actor knows of.

    Raises:
        NotFound: if the draft is not the actor's.
        ChangedMeanwhile: if the draft changed since ``revision``, or the definition since ``seen``.
        DefinitionError: if it is not a valid definition yet.
    """
    draft = _locked(session, actor, draft_id, revision)
    text = text_of(draft)
    cohorts.load(text)
    newer = newer_version(draft)
    if newer is not None and newer.number != seen:
        raise ChangedMeanwhile(
            f"Version {newer.number} was kept by somebody else while you were editing. Your draft "
            "is as you left it. Look at what changed, and keep yours all the same or not."
        )
    if draft.cohort is None:
        cohort = create_cohort(
            session, actor, draft.project_id, draft.name, draft.description, text, note
        )
        if draft.copied_from_id is not None or draft.template:
            origin = CohortOrigin(
                cohort_id=cohort.id, version_id=draft.copied_from_id, template=draft.template
            )
            session.add(origin)
        session.refresh(cohort, ["versions"])
        version = cohort.versions[-1]
    else:
        version = add_version(session, actor, draft.cohort.id, text, note)
        _carry_name(session, actor, draft, draft.cohort)
    session.delete(draft)
    session.flush()
    return version


def discard(session: Session, actor: Actor, draft_id: int) -> None:
    """Throw a draft away; versions that were kept stay.

    Raises:
        NotFound: if it is not the actor's.
    """
    session.delete(get_draft(session, actor, draft_id))
    session.flush()


def rebase(session: Session, actor: Actor, draft_id: int, revision: int) -> None:
    """Note that the owner has seen the newest version and goes on from it.

    Raises:
        NotFound, ChangedMeanwhile: as :func:`edit`.
    """
    draft = _locked(session, actor, draft_id, revision)
    if draft.cohort is not None:
        draft.base_number = draft.cohort.versions[-1].number
    _touch(draft)
    session.flush()


def import_document(data: str) -> tuple[str, Document]:
    """Name and expression of an imported definition; it need not be valid to be edited.

    Raises:
        BadInput: if it is empty.
        DefinitionError: if it is not JSON, or not a cohort definition at all.
    """
    if not data.strip():
        raise BadInput("Choose a file, or paste the definition.")
    name, document = parse_document(data)
    if not isinstance(document.get("PrimaryCriteria"), dict):
        raise DefinitionError("$.PrimaryCriteria", "is missing: this is no cohort definition")
    return name, document


def _carry_name(
    session: Session, actor: Actor, draft: CohortDraft, cohort: CohortDefinition
) -> None:
    if (cohort.name, cohort.description) != (draft.name, draft.description):
        cohort.name, cohort.description = draft.name, draft.description
        record(session, actor, AuditEvent("cohort.renamed", "cohort", cohort.id))


def _step(session: Session, draft: CohortDraft, document: str, said: str) -> None:
    """Add a step after the present one; what was undone before is given up."""
    draft.steps = [step for step in draft.steps if step.number <= draft.position][-KEPT_STEPS:]
    session.flush()  # the steps that are given up go before one of their number comes
    draft.position += 1
    draft.steps.append(CohortDraftStep(number=draft.position, document=document, said=said))
    _touch(draft)


def _locked(session: Session, actor: Actor, draft_id: int, revision: int) -> CohortDraft:
    query = select(CohortDraft).where(CohortDraft.id == draft_id)
    session.scalar(query.with_for_update(of=CohortDraft).execution_options(populate_existing=True))
    draft = get_draft(session, actor, draft_id)
    if draft.revision != revision:
        raise ChangedMeanwhile(
            "This draft changed in another window since the page was opened. Here is its present "
            "state; your last change was not made. Look, and make it again."
        )
    return draft


def _touch(draft: CohortDraft) -> None:
    draft.revision += 1
    draft.changed_at = utc_now()


def _text(document: Document) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False)
