"""Cohorts: definitions in versions, their counts, and drafts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import cohorts as cohort_engine
from app.db.models import CohortDefinition, CohortDraft, CohortVersion, Project
from app.errors import NotFound
from app.permissions import Permission
from app.portal.api.bearer import api_actor
from app.portal.api.counts import CohortCount, answer_of
from app.portal.api.operations import Paging, Tagged, listing, operation
from app.portal.api.schemas import Limit, Listing
from app.portal.wiring import wiring
from app.services import cohort_drafts as drafts
from app.services import cohorts as cohort_service
from app.services.cohort_drafts import Beginning
from app.services.projects import list_projects as projects_of
from app.services.tokens import Scope
from cohorts.editing import Document, Edit
from deid.release import Release


@dataclass(frozen=True)
class OwnProject:
    """A project that you belong to."""

    id: int
    code: str
    title: str


@dataclass(frozen=True)
class CohortSummary:
    """A cohort and the number of its newest version."""

    id: int
    project_id: int
    name: str
    description: str
    newest_version: int


@dataclass(frozen=True)
class VersionSummary:
    """A version, which never changes; `sha256` is that of the definition."""

    number: int
    sha256: str
    note: str
    created_at: datetime


@dataclass(frozen=True)
class CohortDetail:
    """A cohort with its versions."""

    cohort: CohortSummary
    versions: tuple[VersionSummary, ...]


@dataclass(frozen=True)
class Remark:
    """A thing to look at in a definition; `where` is a JSON path."""

    code: str
    severity: str
    where: str
    text: str


@dataclass(frozen=True)
class Definition:
    """A version as Circe JSON, in plain English, and what to look at in it."""

    cohort_id: int
    number: int
    sha256: str
    expression: dict[str, Any]
    words: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Draft:
    """A draft of yours: Circe JSON that need not be valid yet."""

    id: int
    project_id: int
    cohort_id: int | None
    base_version: int | None
    name: str
    description: str
    revision: int
    changed_at: datetime
    expression: dict[str, Any]


@dataclass(frozen=True)
class NewDraft:
    """A new definition in a project of yours, as Circe JSON."""

    SENT = True
    project_id: Annotated[int, Limit(least=1, most=2**31 - 1)]
    name: Annotated[str, Limit(longest=200)]
    expression: dict[str, Any]
    description: Annotated[str, Limit(longest=5000)] = ""


@dataclass(frozen=True)
class DraftChange:
    """What a draft becomes: all of it."""

    SENT = True
    name: Annotated[str, Limit(longest=200)]
    expression: dict[str, Any]
    description: Annotated[str, Limit(longest=5000)] = ""


@dataclass(frozen=True)
class Keep:
    """A note to the version, and the newest version that you know of."""

    SENT = True
    note: Annotated[str, Limit(longest=500)] = ""
    seen: Annotated[int, Limit(least=1, most=2**31 - 1)] | None = None


@operation("GET", "/projects", Scope.WRITE_COHORTS, Listing[OwnProject], query=Paging)
def list_projects(query: Paging) -> Listing[OwnProject]:
    """The projects that you belong to."""
    with wiring().database.reading() as session:
        return listing(projects_of(session, api_actor()), query, _project)


@operation("GET", "/cohorts", Scope.READ_COHORTS, Listing[CohortSummary], query=Paging)
def list_cohorts(query: Paging) -> Listing[CohortSummary]:
    """The cohorts of your projects, newest first."""
    with wiring().database.reading() as session:
        return listing(cohort_service.list_cohorts(session, api_actor()), query, _summary)


@operation("GET", "/cohorts/<int:cohort_id>", Scope.READ_COHORTS, CohortDetail)
def get_cohort(cohort_id: int) -> CohortDetail:
    """One cohort with its versions."""
    with wiring().database.reading() as session:
        found = cohort_service.get_cohort(session, api_actor(), cohort_id)
        return _detail(found)


@operation("GET", "/cohorts/<int:cohort_id>/versions/<int:number>", Scope.READ_COHORTS, Definition)
def get_definition(cohort_id: int, number: int) -> Definition:
    """One version: Circe JSON, in words, and checked."""
    with wiring().database.reading() as session:
        found = cohort_service.get_cohort(session, api_actor(), cohort_id)
        version = _version(found, number)
        definition = cohort_engine.load(version.expression)
        return Definition(
            found.id,
            version.number,
            version.sha256,
            json.loads(version.expression),
            cohort_engine.describe(definition),
            tuple(
                Remark(one.code, one.severity, one.where, one.text)
                for one in cohort_engine.check(definition)
            ),
        )


@operation(
    "POST",
    "/cohorts/<int:cohort_id>/versions/<int:number>/counts/<release>",
    Scope.READ_COHORTS,
    CohortCount,
    counts=True,
)
def count_version(cohort_id: int, number: int, release: str) -> CohortCount:
    """Count a version over a release, with attrition.

    The same ledger answers pages and programs: a question that differs from an earlier one by a
    few people gets the earlier number. Each question is audited.
    """
    actor = api_actor()
    with wiring().database.reading() as session:
        found = cohort_service.get_cohort(session, actor, cohort_id)
        version = _version(found, number)
        over = _release_to_count(release)
        return answer_of(wiring().answers.ask(wiring().database, actor, found, version, over))


@operation("GET", "/drafts", Scope.WRITE_COHORTS, Listing[Draft], query=Paging)
def list_drafts(query: Paging) -> Listing[Draft]:
    """Your drafts, last changed first."""
    with wiring().database.reading() as session:
        return listing(drafts.list_drafts(session, api_actor()), query, _draft)


@operation("POST", "/drafts", Scope.WRITE_COHORTS, Draft, body=NewDraft, status=201, tagged=True)
def create_draft(body: NewDraft) -> Tagged:
    """Begin a new definition in a project of yours."""
    _, document = drafts.import_document(json.dumps(body.expression))
    with wiring().database.writing() as session:
        beginning = Beginning(document, body.name, body.description)
        return _tagged(drafts.begin(session, api_actor(), body.project_id, beginning))


@operation(
    "POST",
    "/cohorts/<int:cohort_id>/draft",
    Scope.WRITE_COHORTS,
    Draft,
    tagged=True,
)
def open_draft(cohort_id: int) -> Tagged:
    """Your draft of a cohort; a new one of its newest version if you have none."""
    with wiring().database.writing() as session:
        return _tagged(drafts.open_draft(session, api_actor(), cohort_id))


@operation("GET", "/drafts/<int:draft_id>", Scope.WRITE_COHORTS, Draft, tagged=True)
def get_draft(draft_id: int) -> Tagged:
    """One of your drafts."""
    with wiring().database.reading() as session:
        return _tagged(drafts.get_draft(session, api_actor(), draft_id))


@operation(
    "PUT",
    "/drafts/<int:draft_id>",
    Scope.WRITE_COHORTS,
    Draft,
    body=DraftChange,
    tagged=True,
    matched=True,
)
def change_draft(draft_id: int, body: DraftChange, revision: int) -> Tagged:
    """Replace what a draft says; the step can be undone in the builder."""
    actor = api_actor()
    _, document = drafts.import_document(json.dumps(body.expression))

    def replaced(before: Document) -> Edit:
        return Edit(document, "replaced by a program")

    with wiring().database.writing() as session:
        drafts.rename(session, actor, draft_id, revision, body.name, body.description)
        drafts.edit(session, actor, draft_id, revision + 1, replaced)
        return _tagged(drafts.get_draft(session, actor, draft_id))


@operation("DELETE", "/drafts/<int:draft_id>", Scope.WRITE_COHORTS, None, status=204)
def discard_draft(draft_id: int) -> None:
    """Throw a draft away; versions that were kept stay."""
    with wiring().database.writing() as session:
        drafts.discard(session, api_actor(), draft_id)


@operation(
    "POST",
    "/drafts/<int:draft_id>/version",
    Scope.WRITE_COHORTS,
    CohortDetail,
    body=Keep,
    status=201,
    matched=True,
)
def keep_draft(draft_id: int, body: Keep, revision: int) -> CohortDetail:
    """Keep a draft as the next version, or as a new cohort; the draft ends."""
    with wiring().database.writing() as session:
        kept = drafts.keep(session, api_actor(), draft_id, revision, body.note, body.seen)
        session.refresh(kept.cohort, ["versions"])
        return _detail(kept.cohort)


@operation(
    "POST",
    "/drafts/<int:draft_id>/counts/<release>",
    Scope.WRITE_COHORTS,
    CohortCount,
    counts=True,
)
def count_draft(draft_id: int, release: str) -> CohortCount:
    """Count a draft over a release, in wide steps."""
    actor = api_actor()
    with wiring().database.reading() as session:
        draft = drafts.get_draft(session, actor, draft_id)
        over = _release_to_count(release)
        return answer_of(
            wiring().answers.ask_draft(wiring().database, actor, draft, drafts.text_of(draft), over)
        )


def _release_to_count(name: str) -> Release:
    """A release for counting, which the scopes of cohorts are for, though not for its catalogue."""
    actor = api_actor()
    allowed = actor.permissions | {Permission.SEE_CATALOGUE}
    return wiring().catalogue.get(replace(actor, limit=allowed), name)


def _version(cohort: CohortDefinition, number: int) -> CohortVersion:
    for version in cohort.versions:
        if version.number == number:
            return version
    raise NotFound("There is no such version.")


def _project(project: Project) -> OwnProject:
    return OwnProject(project.id, project.code, project.title)


def _summary(cohort: CohortDefinition) -> CohortSummary:
    return CohortSummary(
        cohort.id, cohort.project_id, cohort.name, cohort.description, cohort.versions[-1].number
    )


def _detail(cohort: CohortDefinition) -> CohortDetail:
    return CohortDetail(
        _summary(cohort),
        tuple(
            VersionSummary(one.number, one.sha256, one.note, one.created_at)
            for one in cohort.versions
        ),
    )


def _draft(draft: CohortDraft) -> Draft:
    return Draft(
        draft.id,
        draft.project_id,
        draft.cohort_id,
        draft.base_number,
        draft.name,
        draft.description,
        draft.revision,
        draft.changed_at,
        drafts.document_of(draft),
    )


def _tagged(draft: CohortDraft) -> Tagged:
    return Tagged(_draft(draft), draft.revision)
