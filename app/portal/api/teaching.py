"""Published cases and their sets, as a student sees them, whoever the token belongs to.

A case with a lesson is met in an attempt only: here its title and no more is told, since a program
that reads it would give the diagnosis away before the questions are answered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from app.db.models import CaseSet
from app.errors import TransitionRefused
from app.portal.api.bearer import api_actor
from app.portal.api.operations import Paging, listing, operation
from app.portal.api.schemas import Limit, Listing
from app.portal.wiring import wiring
from app.services import case_sets
from app.services import cases as case_service
from app.services.case_documents import has_version
from app.services.case_library import ShelfEntry, entries, shelf
from app.services.tokens import Scope


@dataclass(frozen=True)
class CaseSearch(Paging):
    """Words that are all looked for in what the shelf tells."""

    q: Annotated[str, Limit(longest=200)] = ""


@dataclass(frozen=True)
class CaseSummary:
    """A case as it stands on the shelf; one with `attempted` is met in an attempt only."""

    id: int
    title: str
    language: str
    level: str
    facts: str
    attempted: bool


@dataclass(frozen=True)
class CaseDetail:
    """A case without a lesson; `case` is its document, without any source of a datum."""

    id: int
    title: str
    case: dict[str, Any]


@dataclass(frozen=True)
class SetSummary:
    """A set of cases."""

    id: int
    title: str
    description: str


@dataclass(frozen=True)
class SetDetail:
    """A set with its published cases in their order."""

    set: SetSummary
    cases: tuple[CaseSummary, ...]


@operation("GET", "/cases", Scope.READ_CASES, Listing[CaseSummary], query=CaseSearch)
def list_cases(query: CaseSearch) -> Listing[CaseSummary]:
    """Published cases of sets that are shown, the newest first."""
    with wiring().database.reading() as session:
        return listing(shelf(session, api_actor(), query.q), query, _entry)


@operation("GET", "/cases/<int:case_id>", Scope.READ_CASES, CaseDetail)
def get_case(case_id: int) -> CaseDetail:
    """One case without a lesson; the first reading is audited.

    A case with a lesson is answered by 409: it is met in an attempt, in the portal.
    """
    actor = api_actor()
    with wiring().database.writing() as session:
        row = case_service.get_case(session, actor, case_id)
        if has_version(session, case_id):
            raise TransitionRefused("This case has a lesson: begin an attempt in the portal.")
        case_service.note_reading(session, actor, row)
        case = case_service.content(actor, row).for_student()
        return CaseDetail(row.id, row.title, json.loads(case.to_json()))


@operation("GET", "/sets", Scope.READ_SETS, Listing[SetSummary], query=Paging)
def list_sets(query: Paging) -> Listing[SetSummary]:
    """Sets that are shown, by title."""
    with wiring().database.reading() as session:
        return listing(case_sets.list_sets(session, api_actor()), query, _set)


@operation("GET", "/sets/<int:set_id>", Scope.READ_SETS, SetDetail)
def get_set(set_id: int) -> SetDetail:
    """One set with its published cases."""
    actor = api_actor()
    with wiring().database.reading() as session:
        found = case_sets.get_set(session, actor, set_id)
        shown = [one.case for one in found.items if one.case.state == case_service.PUBLISHED]
        listed = entries(session, actor, shown)
        return SetDetail(_set(found), tuple(_entry(one) for one in listed))


def _entry(one: ShelfEntry) -> CaseSummary:
    return CaseSummary(
        one.id, one.title.text("en"), one.language, one.level, one.facts.text("en"), one.attempted
    )


def _set(found: CaseSet) -> SetSummary:
    return SetSummary(found.id, found.title, found.description)
