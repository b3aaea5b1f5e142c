"""Edits of the problem list: after Weed, a line that turns out to be part of another stays.

Merging draws an arrow ("see #1") and shows the data under both; splitting makes a new line at the
end. Numbers change only where a line is taken out before publication.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from casebank.editing.rebuilding import rebuild, unchanged
from casebank.editing.work import Edit, Work
from casebank.errors import EditRefused
from casebank.model import (
    Case,
    Occurrence,
    Problem,
    ProblemKind,
    ProblemList,
    ProblemStatus,
    Statement,
)

BY_AUTHOR = "set by the author"
KINDS: tuple[ProblemKind, ...] = get_args(ProblemKind)
STATUSES: tuple[ProblemStatus, ...] = get_args(ProblemStatus)
LISTS: tuple[ProblemList, ...] = get_args(ProblemList)


def set_problem(work: Work, number: int, title: str, kind: str, status: str, listed: str) -> Edit:
    """Give a problem another title, kind, status or list; rules that decided are replaced.

    Raises:
        EditRefused: if there is no such problem, kind, status or list.
    """
    problem = _problem(work.case, number)
    title = title.strip()
    if not title:
        raise EditRefused("A problem has a title.")
    new_kind = next((one for one in KINDS if one == kind), problem.kind)
    new_status = next((one for one in STATUSES if one == status), problem.status)
    new_list = next((one for one in LISTS if one == listed), problem.listed)
    changed = replace(
        problem,
        title=title,
        kind=new_kind,
        kind_rule=problem.kind_rule if new_kind == problem.kind else BY_AUTHOR,
        status=new_status,
        status_rule=problem.status_rule if new_status == problem.status else BY_AUTHOR,
        listed=new_list,
        resolved_day=_resolved(problem) if new_status == "resolved" else None,
    )
    if changed == problem:
        return Edit(work, "")
    done = []
    if changed.title != problem.title:
        done.append(f"“{problem.title}” is now “{title}”")
    for name in ("kind", "status", "listed"):
        if getattr(changed, name) != getattr(problem, name):
            done.append(f"{name} {getattr(problem, name)} → {getattr(changed, name)}")
    case = rebuild(work.case, problems=_with(work.case, changed))
    return Edit(replace(work, case=case), f"#{number}: {', '.join(done)}")


def merge(work: Work, number: int, into: int) -> Edit:
    """Weed's arrow: problem ``number`` is part of ``into``; its data belong to both.

    Raises:
        EditRefused: if either is missing, or the arrows would go round in a circle.
    """
    problem, target = _problem(work.case, number), _problem(work.case, into)
    if number == into:
        raise EditRefused("A problem cannot be part of itself. Choose another one.")
    seen: set[int] = set()
    after: int | None = into
    while after is not None and after not in seen:
        if after == number:
            raise EditRefused(f"#{into} is part of #{number} already; take that arrow away first.")
        seen.add(after)
        after = _problem(work.case, after).see

    def both(statement: Statement) -> Statement:
        if number in statement.problems:
            return replace(statement, problems=tuple(sorted({*statement.problems, into})))
        return statement

    changed = replace(problem, see=into)
    case = rebuild(work.case, change=both, problems=_with(work.case, changed))
    said = f"#{number} {problem.title} → see #{into} {target.title}"
    return Edit(replace(work, case=case), said)


def stand_alone(work: Work, number: int) -> Edit:
    """Take a problem's arrow away; what was linked to the other one stays linked.

    Raises:
        EditRefused: if there is no such problem or no arrow.
    """
    problem = _problem(work.case, number)
    if problem.see is None:
        raise EditRefused(f"#{number} has no arrow.")
    case = rebuild(work.case, problems=_with(work.case, replace(problem, see=None)))
    return Edit(replace(work, case=case), f"#{number} stands alone, no longer under #{problem.see}")


def add_problem(
    work: Work, title: str, kind: str, data: Sequence[str], split_from: int | None = None
) -> Edit:
    """A new line at the end that rests on ``data``; split off, they no longer belong to the old.

    Raises:
        EditRefused: without title or data, or if nothing would be left of the old problem.
    """
    title = title.strip()
    if not title:
        raise EditRefused("Give the new problem a title.")
    chosen: dict[str, Statement] = {}
    for statement in work.case.statements():
        if statement.id in data:
            chosen.setdefault(statement.id, statement)
    if not chosen:
        raise EditRefused("Choose at least one datum that the new problem rests on.")
    old = None if split_from is None else _problem(work.case, split_from)
    if old is not None and all(item.id in chosen for item in old.evidence):
        raise EditRefused(
            f"Leave #{old.number} at least one of its own data, or give it another title instead."
        )
    number = len(work.case.problems) + 1
    evidence = tuple(
        replace(one, problems=tuple(sorted({*one.problems, number} - {split_from or 0})))
        for one in chosen.values()
    )
    days = [one.day for one in evidence if one.day is not None]
    start = min(days, default=0)
    problem = Problem(
        number=number,
        title=title,
        kind=next((one for one in KINDS if one == kind), "biological"),
        kind_rule=BY_AUTHOR,
        status="active",
        status_rule=BY_AUTHOR,
        listed="master",
        promoted=False,
        onset_day=start,
        resolved_day=None,
        occurrences=(Occurrence(start, None, evidence),),
    )

    def relinked(statement: Statement) -> Statement:
        if statement.id not in chosen:
            return statement
        numbers = {*statement.problems, number} - {split_from or 0}
        return replace(statement, problems=tuple(sorted(numbers)))

    problems = [*work.case.problems, problem]
    if old is not None:
        problems[old.number - 1] = _less(old, frozenset(chosen))
    case = rebuild(work.case, change=relinked, problems=tuple(problems))
    said = f"#{number} {title} "
    said += f"split off #{old.number} {old.title}" if old is not None else "added"
    return Edit(replace(work, case=case), said)


def drop_problem(work: Work, number: int, reason: str) -> Edit:
    """Take a line out; its data stay, without the link, and later lines move up by one.

    Raises:
        EditRefused: if there is no such problem, or no reason is given.
    """
    problem = _problem(work.case, number)
    if not reason.strip():
        raise EditRefused("Say why the problem goes; the reason is kept with the draft.")
    case = rebuild(
        work.case,
        change=unchanged,
        problems=tuple(one for one in work.case.problems if one.number != number),
        left_out=counted(work.case, f"problems taken out: {reason.strip()}"),
    )
    said = f"#{number} {problem.title} taken out: {reason.strip()}; later numbers moved up"
    return Edit(replace(work, case=case), said)


def relink(work: Work, datum: str, numbers: Sequence[int]) -> Edit:
    """Say which problems a datum belongs to; evidence keeps the problem that rests on it.

    Raises:
        EditRefused: if there is no such datum or problem.
    """
    wanted = {_problem(work.case, number).number for number in numbers}
    text = _text(work.case, datum)
    resting = {p.number for p in work.case.problems if any(e.id == datum for e in p.evidence)}

    def relinked(statement: Statement) -> Statement:
        if statement.id != datum:
            return statement
        return replace(statement, problems=tuple(sorted(wanted | resting)))

    case = rebuild(work.case, change=relinked)
    listed = ", ".join(f"#{number}" for number in sorted(wanted | resting)) or "no problem"
    return Edit(replace(work, case=case), f"“{short(text)}” belongs to {listed}")


def counted(case: Case, what: str) -> dict[str, int]:
    """The counts of what was left out, with one more of ``what``."""
    return {**case.left_out, what: case.left_out.get(what, 0) + 1}


def short(text: str, length: int = 60) -> str:
    """The beginning of a text, for a line of the history."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _less(problem: Problem, taken: frozenset[str]) -> Problem:
    occurrences = tuple(
        replace(one, evidence=tuple(item for item in one.evidence if item.id not in taken))
        for one in problem.occurrences
    )
    return replace(problem, occurrences=tuple(one for one in occurrences if one.evidence))


def _with(case: Case, changed: Problem) -> tuple[Problem, ...]:
    return tuple(changed if one.number == changed.number else one for one in case.problems)


def _resolved(problem: Problem) -> int:
    days = [one.end_day for one in problem.occurrences if one.end_day is not None]
    days += [item.day for item in problem.evidence if item.day is not None]
    return problem.resolved_day if problem.resolved_day is not None else max(days, default=0)


def _problem(case: Case, number: int) -> Problem:
    try:
        return case.problem(number)
    except KeyError:
        raise EditRefused(f"There is no problem #{number}.") from None


def _text(case: Case, datum: str) -> str:
    for statement in case.statements():
        if statement.id == datum:
            return statement.text
    raise EditRefused("The case has no such datum.")
