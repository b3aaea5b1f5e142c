"""Use cases of published versions: their history, what changed, revision, withdrawal."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import CaseSet, CaseSetItem, CaseVersion, TeachingCase
from app.errors import NotFound, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can, check_permission
from app.services.case_documents import parse_case, parse_lesson
from app.services.cases import DRAFT, PUBLISHED, REVIEW, advance, get_case
from casebank import Action
from casebank.documents import encode

SHOWN_CHANGES = 200


@dataclass(frozen=True)
class Change:
    """A line of a part of case or lesson that was taken out (``before``) or put in (``after``)."""

    part: str
    before: str
    after: str


def versions(session: Session, actor: Actor, case_id: int) -> list[CaseVersion]:
    """Published versions of a case, newest first.

    Raises:
        NotFound, PermissionDenied: unless there is such a case, and the actor reviews cases.
    """
    check_permission(actor, Permission.REVIEW_CASES)
    get_case(session, actor, case_id)
    query = select(CaseVersion).where(CaseVersion.case_id == case_id)
    return list(session.scalars(query.order_by(CaseVersion.number.desc())))


def version(session: Session, actor: Actor, case_id: int, number: int) -> CaseVersion:
    """One published version.

    Raises:
        NotFound, PermissionDenied: as :func:`versions`.
    """
    for one in versions(session, actor, case_id):
        if one.number == number:
            return one
    raise NotFound("There is no such version.")


def compare(earlier: CaseVersion, later: CaseVersion) -> list[Change]:
    """What differs between two versions, part by part, at most ``SHOWN_CHANGES`` lines."""
    before, after = dict(_parts(earlier)), dict(_parts(later))
    found: list[Change] = []
    for part in dict.fromkeys((*before, *after)):
        old, new = before.get(part, []), after.get(part, [])
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for what, i, j, k, m in matcher.get_opcodes():
            if what == "equal":
                continue
            gone, come = old[i:j], new[k:m]
            for index in range(max(len(gone), len(come))):
                found.append(
                    Change(
                        part,
                        gone[index] if index < len(gone) else "",
                        come[index] if index < len(come) else "",
                    )
                )
    return found[:SHOWN_CHANGES]


def revise(session: Session, actor: Actor, case_id: int) -> TeachingCase:
    """A new draft of a published case; the published version stays until the draft is published.

    Raises:
        NotFound, PermissionDenied: unless the actor writes cases and there is such a case.
        TransitionRefused: if it is not published, or is being revised already.
    """
    check_permission(actor, Permission.WRITE_CASES)
    case = get_case(session, actor, case_id)
    if actor.user_id is None:
        raise PermissionDenied("A draft needs a person as its author.")
    if case.state != PUBLISHED:
        raise TransitionRefused("Only a published case is revised.")
    if revision_of(session, case) is not None:
        raise TransitionRefused("A draft of this case is already there.")
    draft = TeachingCase(
        release=case.release,
        title=case.title,
        state=DRAFT,
        document=case.document,
        lesson=case.lesson,
        summary=case.summary,
        author_id=actor.user_id,
        revises_id=case.id,
    )
    session.add(draft)
    session.flush()
    record(session, actor, AuditEvent("case.revised", "case", case.id, {"draft": draft.id}))
    return draft


def revision_of(session: Session, case: TeachingCase) -> TeachingCase | None:
    """The open draft that revises a case."""
    query = select(TeachingCase).where(
        TeachingCase.revises_id == case.id, TeachingCase.state.in_((DRAFT, REVIEW))
    )
    return session.scalar(query)


def withdraw(session: Session, actor: Actor, case_id: int, reason: str) -> TeachingCase:
    """Take a case away for good, with its versions and any draft that revises it.

    A set that is left without a published case is hidden; what a set lost is told on its page.

    Raises:
        NotFound, PermissionDenied, TransitionRefused: unless the actor reviews cases, the state
            allows it and a reason is given.
    """
    check_permission(actor, Permission.REVIEW_CASES)
    case = advance(session, actor, case_id, Action.WITHDRAW, reason)
    case.review_note = reason.strip()
    draft = revision_of(session, case)
    if draft is not None:
        advance(session, actor, draft.id, Action.WITHDRAW, reason)
        draft.review_note = reason.strip()
    holding = select(CaseSet).join(CaseSetItem).where(CaseSetItem.case_id == case.id)
    for one in session.scalars(holding):
        event = AuditEvent("case_set.case_lost", "case_set", one.id, {"case": case.id})
        record(session, actor, event)
        if one.visible and all(item.case.state != PUBLISHED for item in one.items):
            one.visible = False
            record(session, actor, AuditEvent("case_set.hidden", "case_set", one.id))
    session.flush()
    return case


def can_revise(session: Session, actor: Actor, case: TeachingCase) -> bool:
    """Whether :func:`revise` would let the actor."""
    return (
        can(actor, Permission.WRITE_CASES)
        and case.state == PUBLISHED
        and revision_of(session, case) is None
    )


def _parts(one: CaseVersion) -> Iterator[tuple[str, list[str]]]:
    """Lines to compare, by the part of case or lesson that they stand in."""
    case = parse_case(one.document)
    yield "title", [one.title]
    yield (
        "problem list",
        [f"{p.number}. {p.title}, {p.kind}, {p.status}, {p.listed}" for p in case.problems],
    )
    yield "record", [item.text for item in {i.id: i for i in case.statements()}.values()]
    if not one.lesson:
        return
    lesson = parse_lesson(one.lesson)
    yield (
        "lesson",
        [
            f"{lesson.title.en} / {lesson.title.zh}",
            f"{lesson.setting.en} / {lesson.setting.zh}",
            f"{lesson.minutes} minutes",
        ],
    )
    yield "objectives", [f"{o.text.en} / {o.text.zh}" for o in lesson.objectives]
    texts = {item.id: item.text for item in case.statements()}
    for number, stage in enumerate(lesson.stages, 1):
        yield (
            f"stage {number}",
            [
                f"{stage.title.en} / {stage.title.zh}",
                *(texts.get(shown, shown) for shown in stage.reveals),
                *(
                    f"{o.label.en}: {'; '.join(texts.get(d, d) for d in o.data)}"
                    for o in stage.orders
                ),
            ],
        )
    for exercise in lesson.exercises:
        yield f"exercise {exercise.name}", list(_leaves(encode(exercise), ""))
    yield "expert view", list(_leaves(encode(lesson.expert), ""))
    yield "perspectives", [f"{w.en} / {w.zh}" for w in lesson.perspectives]


def _leaves(value: object, where: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{where} {key}".strip())
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, where)
    elif value not in (None, ""):
        yield f"{where}: {value}"
