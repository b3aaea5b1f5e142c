"""Use cases of panels: colleagues answer script concordance items, or a file brings answers.

A panel has ten members or more before its item may be published (the checklist's E1). The author
gathers the answers into the item's key; who answered what is not shown.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import PanelAnswer, TeachingCase
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied
from app.permissions import Actor, Permission, check_permission
from app.services.case_editing import edit, get_draft, work_of
from app.services.cases import get_case
from casebank.editing import Edit, Work, set_panel
from casebank.lesson import Exercise

NEEDED = 10
OPTIONS = (-2, -1, 0, 1, 2)
MOST_LINES = 2000


@dataclass(frozen=True)
class PanelState:
    """Answers to one item so far, by option, and how many of them its key has."""

    exercise: Exercise
    answers: Mapping[int, int]
    taken: int

    @property
    def size(self) -> int:
        """How many answered."""
        return sum(self.answers.values())


def items_of(case: TeachingCase) -> list[Exercise]:
    """The case's script concordance items, in their order."""
    lesson = work_of(case).lesson
    found = lesson.exercises if lesson is not None else ()
    return [one for one in found if one.script_concordance is not None]


def states(session: Session, case: TeachingCase) -> list[PanelState]:
    """The answers to each item so far."""
    query = select(PanelAnswer).where(PanelAnswer.case_id == case.id)
    counts: dict[str, Counter[int]] = {}
    for answer in session.scalars(query):
        counts.setdefault(answer.exercise, Counter())[answer.option] += 1
    return [
        PanelState(
            one,
            {option: counts.get(one.name, Counter())[option] for option in OPTIONS},
            sum(one.script_concordance.panel.values()) if one.script_concordance else 0,
        )
        for one in items_of(case)
    ]


def own_answers(session: Session, actor: Actor, case: TeachingCase) -> dict[str, int]:
    """What the actor answered, by item."""
    query = select(PanelAnswer).where(
        PanelAnswer.case_id == case.id, PanelAnswer.panellist == _of(actor)
    )
    return {one.exercise: one.option for one in session.scalars(query)}


def answer(session: Session, actor: Actor, case_id: int, answers: Mapping[str, int]) -> int:
    """Answer items as a member of the panel; a later answer replaces the earlier. How many.

    Raises:
        PermissionDenied: unless the actor reviews cases and is not the author.
        NotFound, BadInput: if there is no such case or item, or an option is not -2 to 2.
    """
    check_permission(actor, Permission.REVIEW_CASES)
    case = get_case(session, actor, case_id)
    if case.author_id == actor.user_id:
        raise PermissionDenied("The author of a case is not on its panel.")
    if case.state not in {"draft", "review"}:
        raise BadInput("The panel of this case is closed.")
    known = {one.name for one in items_of(case)}
    for name, option in answers.items():
        if name not in known:
            raise NotFound("There is no such item.")
        _keep(session, actor, case, name, _of(actor), option)
    detail = {"answers": len(answers)}
    record(session, actor, AuditEvent("case.panel_answered", "case", case.id, detail))
    return len(answers)


def import_answers(session: Session, actor: Actor, case_id: int, text: str) -> int:
    """Answers from a CSV file with the columns panellist, item, answer. How many were kept.

    The whole file is taken or nothing of it; equal panellist and item replace what was there.

    Raises:
        NotFound, PermissionDenied, TransitionRefused: unless it is a draft of the actor's own.
        BadInput: naming the line that cannot be read, and why.
    """
    case = get_draft(session, actor, case_id)
    known = {one.name for one in items_of(case)}
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    needed = {"panellist", "item", "answer"}
    columns = {(name or "").strip().casefold() for name in reader.fieldnames or ()}
    if not needed <= columns:
        raise BadInput("The first line of the file names the columns: panellist,item,answer.")
    kept: dict[tuple[str, str], int] = {}
    for number, line in enumerate(reader, 2):
        if number > MOST_LINES:
            raise BadInput(f"The file has more than {MOST_LINES} lines.")
        row = {(k or "").strip().casefold(): (v or "") for k, v in line.items() if k is not None}
        panellist, item, option = (row[name].strip() for name in ("panellist", "item", "answer"))
        if not (panellist or item or option):
            continue
        if not panellist or len(panellist) > 70:
            raise BadInput(
                f"Line {number}: give the panellist a name or number (at most 70 signs)."
            )
        if item not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise BadInput(f"Line {number}: there is no such item. The items are: {listed}.")
        kept[panellist, item] = _option(option, number)
    if not kept:
        raise BadInput("The file has no answers.")
    for (panellist, item), chosen in kept.items():
        _keep(session, actor, case, item, f"file:{panellist}", chosen)
    detail = {"answers": len(kept)}
    record(session, actor, AuditEvent("case.panel_imported", "case", case.id, detail))
    return len(kept)


def take_over(session: Session, actor: Actor, case_id: int, version: int, name: str) -> Edit:
    """Author: put the answers to an item into its key, as a step that can be undone.

    Raises:
        NotFound, PermissionDenied, TransitionRefused, ChangedMeanwhile: as ``case_editing.edit``.
        BadInput: if nobody has answered.
        EditRefused: if there is no such item.
    """
    case = get_draft(session, actor, case_id)
    found = next((one for one in states(session, case) if one.exercise.name == name), None)
    if found is None or not found.size:
        raise BadInput("Nobody has answered this item yet.")
    panel = {str(option): n for option, n in found.answers.items() if n}

    def change(work: Work) -> Edit:
        return set_panel(work, name, panel)

    return edit(session, actor, case_id, version, change)


def option_of(text: str) -> int:
    """An option from a form.

    Raises:
        BadInput: unless it is -2 to 2.
    """
    return _option(text)


def _option(text: str, line: int | None = None) -> int:
    if text.strip() not in {str(option) for option in OPTIONS} | {"+1", "+2"}:
        if line is not None:
            raise BadInput(f"Line {line}: an answer is one of -2, -1, 0, 1 and 2.")
        raise BadInput("An answer is one of -2, -1, 0, 1 and 2.")
    return int(text)


def _keep(
    session: Session, actor: Actor, case: TeachingCase, item: str, panellist: str, option: int
) -> None:
    assert actor.user_id is not None
    held = session.get(PanelAnswer, (case.id, item, panellist))
    if held is None:
        held = PanelAnswer(case_id=case.id, exercise=item, panellist=panellist)
        session.add(held)
    held.option, held.user_id, held.at = option, actor.user_id, utc_now()
    session.flush()


def _of(actor: Actor) -> str:
    return f"user:{actor.user_id}"
