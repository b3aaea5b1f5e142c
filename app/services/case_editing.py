"""Use cases of editing a drafted case: by its author, step by step, and nothing is lost.

Every edit is kept at once as a step that can be undone and done again. A form of another window is
recognised by the case's version and refused with what was typed still there. Only drafts change.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import CaseEdit, TeachingCase
from app.db.types import utc_now
from app.errors import ChangedMeanwhile, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, check_permission
from app.services.cases import DRAFT, document_of, get_case, lesson_of
from casebank import Case
from casebank.editing import Edit, Work
from casebank.lesson import Lesson

KEPT_STEPS = 100
BEGAN = "as it was drafted"


@dataclass(frozen=True)
class Step:
    """One step of the history; ``present`` marks where the case stands."""

    number: int
    said: str
    at: datetime
    present: bool


def can_edit(actor: Actor, case: TeachingCase) -> bool:
    """Whether this is a draft of the actor's own."""
    return (
        case.author_id == actor.user_id
        and case.state == DRAFT
        and Permission.WRITE_CASES in actor.permissions
    )


def get_draft(session: Session, actor: Actor, case_id: int) -> TeachingCase:
    """A draft of the actor's own.

    Raises:
        NotFound: if there is no such case, or it is not the actor's to see.
        PermissionDenied: if somebody else is its author.
        TransitionRefused: if it is no draft.
    """
    check_permission(actor, Permission.WRITE_CASES)
    case = get_case(session, actor, case_id)
    if case.author_id != actor.user_id:
        raise PermissionDenied("Only its author changes a case.")
    if case.state != DRAFT:
        raise TransitionRefused("Only drafts are changed. Take the case back to change it.")
    return case


def work_of(case: TeachingCase) -> Work:
    """The case under its present title, and its lesson."""
    return Work(document_of(case), lesson_of(case))


def edit(
    session: Session,
    actor: Actor,
    case_id: int,
    version: int,
    change: Callable[[Work], Edit],
) -> Edit:
    """Make an edit and keep it as the next step; what was undone before is given up.

    Raises:
        NotFound, PermissionDenied, TransitionRefused: unless it is a draft of the actor's own.
        ChangedMeanwhile: if the case changed since ``version``.
        EditRefused: from ``change``; nothing is kept then.
    """
    case = _locked(session, actor, case_id, version)
    before = work_of(case)
    made = change(before)
    if made.said:
        _begin(session, case)
        for step in _steps(session, case):
            if step.number > case.position or step.number <= case.position - KEPT_STEPS:
                session.delete(step)
        session.flush()
        _store(case, before, made.work)
        case.position += 1
        session.add(_step(case, made.said))
        _touch(session, case)
        detail = {"step": case.position}
        record(session, actor, AuditEvent("case.edited", "case", case.id, detail))
    return made


def travel(session: Session, actor: Actor, case_id: int, version: int, to: int) -> str:
    """Go to a step of the history; what that step was, empty if there is no such step.

    Raises:
        NotFound, PermissionDenied, TransitionRefused, ChangedMeanwhile: as :func:`edit`.
    """
    case = _locked(session, actor, case_id, version)
    found = next((one for one in _steps(session, case) if one.number == to), None)
    if found is None or to == case.position:
        return ""
    state = json.loads(zlib.decompress(found.state))
    case.title, case.document, case.lesson = state["title"], state["document"], state["lesson"]
    case.position = to
    _summarise(case, work_of(case).case)
    _touch(session, case)
    record(session, actor, AuditEvent("case.edited", "case", case.id, {"step": to}))
    return found.said


def history(session: Session, case: TeachingCase) -> list[Step]:
    """The steps that are kept, oldest first; empty before the first edit."""
    return [
        Step(one.number, one.said, one.at, one.number == case.position)
        for one in _steps(session, case)
    ]


def problem_lists(session: Session, case: TeachingCase) -> list[tuple[Step, tuple[str, ...]]]:
    """The problem list after each step that changed it, arrows included, oldest first."""
    found: list[tuple[Step, tuple[str, ...]]] = []
    for one in _steps(session, case):
        if one.number > case.position:
            break
        document = json.loads(json.loads(zlib.decompress(one.state))["document"])
        lines = tuple(
            f"#{problem['number']} {problem['title']} ({problem['kind']}, {problem['status']})"
            + (f" → see #{problem['see']}" if problem["see"] else "")
            for problem in document["problems"]
        )
        if not found or found[-1][1] != lines:
            found.append((Step(one.number, one.said, one.at, one.number == case.position), lines))
    return found


def set_lesson(
    session: Session,
    actor: Actor,
    case_id: int,
    version: int,
    draft: Callable[[Case], Lesson],
    said: str,
) -> Edit:
    """Put a drafted lesson on a case, as a step that can be undone.

    Raises:
        NotFound, PermissionDenied, TransitionRefused, ChangedMeanwhile: as :func:`edit`.
    """

    def change(work: Work) -> Edit:
        made = Work(work.case, draft(work.case))
        made.check()
        return Edit(made, said)

    return edit(session, actor, case_id, version, change)


def _locked(session: Session, actor: Actor, case_id: int, version: int) -> TeachingCase:
    query = select(TeachingCase).where(TeachingCase.id == case_id).with_for_update()
    session.scalar(query.execution_options(populate_existing=True))
    case = get_draft(session, actor, case_id)
    if case.version != version:
        raise ChangedMeanwhile(
            "This case changed in another window since the page was opened. Here is its present "
            "state; your last change was not made. Look, and make it again."
        )
    return case


def _begin(session: Session, case: TeachingCase) -> None:
    """Keep the case as it is as a step, unless it stands as its present step has it.

    Something else than this module may have changed it since: then going back gives that state.
    """
    present = session.get(CaseEdit, (case.id, case.position))
    if present is not None and zlib.decompress(present.state) == _state(case):
        return
    if present is not None:
        for step in _steps(session, case):
            if step.number > case.position:
                session.delete(step)
        session.flush()
    case.position += 1
    session.add(_step(case, BEGAN if case.position == 1 else "changed outside the workbench"))


def _store(case: TeachingCase, before: Work, after: Work) -> None:
    """Write what changed; a long document that did not is left as it stands."""
    if after.case is not before.case:
        case.title = after.case.title
        case.document = after.case.to_json().decode("utf-8")
        _summarise(case, after.case)
    if after.lesson is not before.lesson:
        case.lesson = after.lesson.to_json().decode("utf-8") if after.lesson is not None else ""


def _summarise(case: TeachingCase, document: Case) -> None:
    summary: Mapping[str, object] = {
        "level": document.level,
        "problems": [problem.title for problem in document.problems],
        "contacts": len(document.contacts),
    }
    case.summary = {**case.summary, **summary}


def _steps(session: Session, case: TeachingCase) -> list[CaseEdit]:
    query = select(CaseEdit).where(CaseEdit.case_id == case.id).order_by(CaseEdit.number)
    return list(session.scalars(query))


def _step(case: TeachingCase, said: str) -> CaseEdit:
    return CaseEdit(
        case_id=case.id,
        number=case.position,
        state=zlib.compress(_state(case), 6),
        said=said,
        at=utc_now(),
    )


def _state(case: TeachingCase) -> bytes:
    held = {"title": case.title, "document": case.document, "lesson": case.lesson}
    return json.dumps(held, ensure_ascii=False, sort_keys=True).encode("utf-8")


def _touch(session: Session, case: TeachingCase) -> None:
    case.version += 1
    session.flush()
