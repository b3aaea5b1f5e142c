"""What to do, by published guidance that is named: first steps, help with a life, the next year.

The tables are ``warnings.csv`` (what makes one think of what must not be missed, beside what does
not), ``actions.csv`` with ``guides.csv`` (what a guide asks for with a diagnosis or in a hard life,
what does harm, what is needless) and ``reviews.csv`` (what the next year's visits look at, by
problem). They hold general knowledge and no patient; a line that names what is not there is
refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from casebank import terms
from casebank.lesson.drafting.focus import Focus, matters_of_life
from casebank.lesson.drafting.knowledge import presentations, read_table
from casebank.lesson.drafting.stages import Plan, opened_by
from casebank.lesson.model import Exercise, KeyFeatureKey, Option, Wording
from casebank.model import Case, Problem

MOST_REVIEWS, MOST_OTHER_REVIEWS = 4, 4
LIFE_PLAN = "life-plan"
_ADULT = 18
"""What helps with a matter of life is written for grown-ups."""


@dataclass(frozen=True)
class Line:
    """One thing to do or to look for: ``right``, ``wrong`` (needless) or ``harmful``; from an age
    on, where only then."""

    grade: str
    text: Wording
    youngest: int = 0


@dataclass(frozen=True)
class Review:
    """What visits of the next year look at: for any of ``problems``; or for everybody of an age
    who has none of them, where ``ages`` are given. ``only``: it would be needless for others."""

    code: str
    problems: frozenset[str]
    ages: tuple[int, int] | None
    only: bool
    text: Wording
    source: str


@cache
def warnings() -> dict[str, tuple[Line, ...]]:
    """Lines by the code of the presenting problem.

    Raises:
        ValueError: if a presenting problem is unknown, or has too few lines.
    """
    return _lines("warnings.csv", frozenset(one.code for one in presentations()))


@cache
def actions() -> dict[str, tuple[Line, ...]]:
    """Lines by the code of a diagnosis, or of a matter of life.

    Raises:
        ValueError: if a code is unknown, or has too few lines.
    """
    return _lines("actions.csv", frozenset(terms.all_terms()))


@cache
def guides() -> dict[str, str]:
    """The guides that the lines of ``actions.csv`` rest on, by code.

    Raises:
        ValueError: if a code has no guide.
    """
    found = {row["code"]: row["source"] for row in read_table("guides.csv")}
    missing = actions().keys() - {code for code, source in found.items() if source.strip()}
    if missing:
        raise ValueError(f"guides.csv: no source for {sorted(missing)}")
    return found


@cache
def reviews() -> tuple[Review, ...]:
    """All lines of ``reviews.csv``.

    Raises:
        ValueError: if a line names a problem that there is not, or no source.
    """
    found = tuple(
        Review(
            row["code"],
            frozenset(row["problems"].split()),
            (int(row["from"]), int(row["to"])) if row["to"] else None,
            row["only"] == "only",
            Wording(row["en"], row["zh"]),
            row["source"],
        )
        for row in read_table("reviews.csv")
    )
    for one in found:
        if (
            not one.source
            or not one.problems <= terms.all_terms().keys()
            or (not one.problems and one.ages is None)
        ):
            raise ValueError(f"reviews.csv: {one.code} names no source or an unknown problem")
    return found


def warning_signs(focus: Focus) -> Exercise:
    """Which findings would make one think of what must not be missed."""
    danger = [one.code for one in focus.considered if one.must_not_miss]
    named = ", ".join(_small(terms.term(code).en) for code in danger)
    named_zh = "、".join(terms.term(code).zh for code in danger)
    key = _key(warnings()[focus.presentation.code])
    return Exercise(
        name="warning-signs",
        kind="key features",
        stage=1,
        prompt=Wording(
            f"Which of these, with {focus.presentation.name.en}, would make you act at once? "
            f"Choose at most {key.most}.",
            f"“{focus.presentation.name.zh}”伴下列哪些情况须立即处理？最多选{key.most}项。",
        ),
        explanation=Wording(
            "They are the alarm signs of this complaint"
            + (f"; on this list, {named} must not be missed." if named else "."),
            "这些是该主诉的报警征象" + (f"；本例不可漏诊：{named_zh}。" if named_zh else "。"),
        ),
        source="warnings.csv (general medical knowledge)",
        key_features=key,
    )


def first_steps(focus: Focus, plan: Plan) -> Exercise | None:
    """What to do now that the diagnosis is known, where a guide says so."""
    lines = actions().get(focus.leading)
    if lines is None:
        return None
    name, guide = terms.term(focus.leading), guides()[focus.leading]
    key = _key(lines)
    return Exercise(
        name="first-steps",
        kind="key features",
        stage=plan.diagnosis_stage,
        prompt=Wording(
            f"{name.en}: what do you do now? Choose at most {key.most}.",
            f"{name.zh}：您现在如何处理？最多选{key.most}项。",
        ),
        explanation=_explained(lines, guide),
        source=guide,
        key_features=key,
    )


def life_plan(
    case: Case,
    focus: Focus,
    plan: Plan,
    ages: tuple[int, int] | None,
    wanted: frozenset[str] = frozenset(),
) -> Exercise | None:
    """What helps with a matter of an adult's life that was shown; ``wanted`` matters first.
    ``ages`` are the youngest and oldest that are possible on the day."""
    shown = {one for stage in plan.stages[: plan.diagnosis_stage] for one in opened_by(stage)}
    if ages is not None and ages[0] < _ADULT:
        return None
    told = [
        (code, problem)
        for code, problem in matters_of_life(case, case.contacts[focus.contact].day, focus.leading)
        if code in actions() and any(one.id in shown for one in problem.evidence)
    ]
    if not told:
        return None
    code, problem = min(told, key=lambda one: (one[0] not in wanted, one[1].kind == "risk"))
    name, guide = terms.term(code), guides()[code]
    lines = tuple(
        one for one in actions()[code] if not one.youngest or (ages and ages[1] >= one.youngest)
    )
    key = _key(lines, tuple(one.id for one in problem.evidence if one.id in shown)[:3])
    return Exercise(
        name=LIFE_PLAN,
        kind="key features",
        stage=plan.diagnosis_stage,
        prompt=Wording(
            f"The record of this person also names: {_small(name.en)}. What helps? "
            f"Choose at most {key.most}.",
            f"该患者病历中还有：{name.zh}。哪些做法有帮助？最多选{key.most}项。",
        ),
        explanation=_explained(lines, guide),
        source=guide,
        key_features=key,
    )


def next_year(
    case: Case, focus: Focus, plan: Plan, ages: tuple[int, int] | None
) -> Exercise | None:
    """What the visits of the next year look at: for what the record shows, and not for the rest.

    What is offered beside it is right for other people: what fits none of this person's problems,
    and is not good for everybody. Nobody who has died is asked for.
    ``ages`` are the youngest and oldest that are possible at the end.
    """
    shown = {one for stage in plan.stages for one in opened_by(stage)}
    listed = {code: one for one in case.problems if (code := terms.code_of(one.title))}
    known = {
        code
        for code, problem in listed.items()
        if _lasts(problem) and any(one.id in shown for one in problem.evidence)
    }
    right = [
        one
        for one in reviews()
        if (one.problems & known if one.ages is None else _of_age(one, ages, listed))
    ]
    right.sort(key=lambda one: (focus.leading not in one.problems, one.ages is not None))
    right = right[:MOST_REVIEWS]
    kin = {related for code in {*listed, focus.leading} for related in terms.related(code)}
    others = [one for one in reviews() if one.only and not one.problems & kin]
    others.sort(key=lambda one: _digest(case.case_id, one.code))
    if case.outcome.died or not right or len(others) < MOST_OTHER_REVIEWS:
        return None
    offered = [*right, *others[:MOST_OTHER_REVIEWS]]
    because = "; ".join(f"{one.text.en} ({one.source})" for one in right)
    because_zh = "；".join(f"{one.text.zh}（{one.source}）" for one in right)
    return Exercise(
        name="next-year",
        kind="key features",
        stage=len(plan.stages),
        prompt=Wording(
            "What belongs into this person's visits of the next year? The rest would fit other "
            f"people. Choose at most {len(right)}.",
            f"该患者下一年的随访应包括哪些？其余适合其他患者。最多选{len(right)}项。",
        ),
        explanation=Wording(f"{because}.", f"{because_zh}。"),
        source="; ".join(dict.fromkeys(one.source for one in right)),
        key_features=KeyFeatureKey(
            options=tuple(Option(one.code, one.text) for one in offered),
            right=tuple(one.code for one in right),
            most=len(right),
        ),
    )


def _of_age(review: Review, ages: tuple[int, int] | None, listed: Collection[str]) -> bool:
    if review.ages is None or ages is None or review.problems & set(listed):
        return False
    return review.ages[0] <= ages[0] and ages[1] <= review.ages[1]


def _lasts(problem: Problem) -> bool:
    return problem.listed == "master" and problem.status == "active"


def _key(lines: Iterable[Line], data: tuple[str, ...] = ()) -> KeyFeatureKey:
    """Codes tell nothing: they are numbers in an order that the texts decide."""
    ordered = sorted(lines, key=lambda one: _digest(one.text.en))
    codes = {line.text.en: f"o{number}" for number, line in enumerate(ordered, 1)}
    graded = {grade: [codes[o.text.en] for o in ordered if o.grade == grade] for grade in _GRADES}
    return KeyFeatureKey(
        options=tuple(
            Option(codes[one.text.en], one.text, data if one.grade == "right" else ())
            for one in ordered
        ),
        right=tuple(graded["right"]),
        most=len(graded["right"]),
        harmful=tuple(graded["harmful"]),
    )


def _explained(lines: tuple[Line, ...], guide: str) -> Wording:
    harm = [one.text for one in lines if one.grade == "harmful"]
    return Wording(
        f"After {guide}. This may do harm: {'; '.join(_small(one.en) for one in harm)}.",
        f"依据{guide}。可能有害：{'；'.join(one.zh for one in harm)}。",
    )


_GRADES = ("right", "wrong", "harmful")


def _lines(table: str, known: frozenset[str]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = {}
    for row in read_table(table):
        found.setdefault(row["code"], []).append(
            Line(row["grade"], Wording(row["en"], row["zh"]), int(row.get("from") or 0))
        )
    for code, lines in found.items():
        right = sum(one.grade == "right" and not one.youngest for one in lines)
        if code not in known or right < 2 or len(lines) - right < 2:
            raise ValueError(f"{table}: {code} is unknown or has too few lines")
        if any(one.grade not in _GRADES for one in lines):
            raise ValueError(f"{table}: {code} has a line without a grade")
    return {code: tuple(lines) for code, lines in found.items()}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _small(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
