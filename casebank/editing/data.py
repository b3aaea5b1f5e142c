"""Edits of data: take one out, or say it less exactly; both with a reason, both counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from casebank.editing.problems import counted, short
from casebank.editing.rebuilding import lesson_without, rebuild
from casebank.editing.work import Edit, Work
from casebank.errors import EditRefused
from casebank.model import Level, Statement

LEVELS: tuple[Level, ...] = get_args(Level)
REASONS = (
    "could single the person out",
    "names or places somebody",
    "a sensitive matter that the case does not need",
    "wrong in the record, and not taught as an error",
    "too much to read",
)


def set_head(work: Work, title: str, level: str) -> Edit:
    """Give the case another title or level; the title tells the complaint, never the diagnosis.

    Raises:
        EditRefused: without a title.
    """
    case = work.case
    title = title.strip()[:200]
    if not title:
        raise EditRefused("A case has a title.")
    new_level = next((one for one in LEVELS if one == level), case.level)
    if (title, new_level) == (case.title, case.level):
        return Edit(work, "")
    done = [f"title “{short(title)}”"] if title != case.title else []
    done += [f"level {new_level}"] if new_level != case.level else []
    return Edit(replace(work, case=replace(case, title=title, level=new_level)), ", ".join(done))


def suppress(work: Work, data: Sequence[str], reason: str) -> Edit:
    """Take data out of the case and of the lesson; a problem that rested on them alone goes too.

    Raises:
        EditRefused: without a reason, or if a datum is missing or everything would go.
    """
    reason = _reason(reason)
    gone = frozenset(data)
    found = {one.id: one.text for one in work.case.statements() if one.id in gone}
    if not gone or set(found) != gone:
        raise EditRefused("Choose data that the case has.")
    left_out = dict(work.case.left_out)
    what = f"data taken out: {reason}"
    left_out[what] = left_out.get(what, 0) + len(gone)
    before = {problem.number: problem.title for problem in work.case.problems}
    ended = [
        problem
        for problem in work.case.problems
        if all(item.id in gone for item in problem.evidence)
    ]
    case = rebuild(work.case, gone=gone, left_out=left_out)
    lesson = None if work.lesson is None else lesson_without(work.lesson, gone)
    said = f"took out {len(gone)} data ({reason})"
    if len(gone) == 1:
        said = f"took out “{short(next(iter(found.values())))}” ({reason})"
    if ended:
        listed = ", ".join(f"#{one.number} {before[one.number]}" for one in ended)
        said += f"; with it went {listed}, later numbers moved up"
    return Edit(Work(case, lesson), said)


def generalise(work: Work, datum: str, text: str, reason: str, other: str = "") -> Edit:
    """Say a datum less exactly; ``other`` is the same in the case's other language, if any.

    It leaves flow sheet, timeline and genogram, where it would still be exact.

    Raises:
        EditRefused: without a text, a reason, or such a datum.
    """
    text, reason, other = text.strip(), _reason(reason), other.strip()
    if not text:
        raise EditRefused("Write what should stand there instead.")
    old = next((one for one in work.case.statements() if one.id == datum), None)
    if old is None:
        raise EditRefused("The case has no such datum.")
    if (old.text, old.other) == (text, other):
        return Edit(work, "")
    # What the other language said exactly must not stay beside the new words.
    other = "" if other == old.other else other

    def said_less(statement: Statement) -> Statement:
        return replace(statement, text=text, other=other) if statement.id == datum else statement

    left_out = counted(work.case, f"data said less exactly: {reason}")
    case = rebuild(work.case, change=said_less, vague=(datum,), left_out=left_out)
    said = f"“{short(old.text)}” is now “{short(text)}” ({reason})"
    return Edit(replace(work, case=case), said)


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise EditRefused("Say why; the reason is kept and counted.")
    return reason
