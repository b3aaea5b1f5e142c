"""The summary statement: one sentence on who, since when, what was found and what not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from casebank import rules, terms
from casebank.lesson.drafting.evidence import Evidence
from casebank.lesson.drafting.focus import Focus
from casebank.lesson.drafting.knowledge import findings, scripts
from casebank.lesson.drafting.person import person_words
from casebank.lesson.drafting.reasoning import by_finding, lowered, supporting
from casebank.lesson.model import Exercise, SummaryKey, Wording
from casebank.model import Case
from casebank.record import Record


def summary(
    case: Case, record: Record, evidence: Evidence, focus: Focus, shown: frozenset[str]
) -> Exercise:
    """One sentence: who, what matters of the background, how long, what was found and what not."""
    day = case.contacts[focus.contact].day
    person, name = person_words(record, day), focus.presentation.name
    known, since = _known_before(case, focus, shown), _duration(evidence, focus)
    focus = replace(focus, signs=tuple(one for one in focus.signs if one.datum in shown))
    found, absent = supporting(focus), _absent(focus)
    expert = Wording(
        person.en
        + (f" with known {_and([lowered(one.en) for one in known])}" if known else "")
        + f" has {name.en}"
        + (f" for {since.en}" if since else "")
        + (f"; found: {', '.join(lowered(findings()[c].name.en) for c in found)}" if found else "")
        + (
            f"; not found: {', '.join(lowered(findings()[c].name.en) for c in absent)}"
            if absent
            else ""
        )
        + ".",
        person.zh
        + (f"，既往{'、'.join(one.zh for one in known)}" if known else "")
        + f"，{name.zh}"
        + (since.zh if since else "")
        + (f"；所见：{'、'.join(findings()[c].name.zh for c in found)}" if found else "")
        + (f"；未见：{'、'.join(findings()[c].name.zh for c in absent)}" if absent else "")
        + "。",
    )
    syndrome = _words([name, *(findings()[code].name for code in focus.presentation.findings)])
    return Exercise(
        name="summary",
        kind="summary",
        stage=2,
        prompt=Wording(
            "Sum up the person and the problem in one sentence of at most 60 words.",
            "用一句话（不超过120字）概括患者与问题。",
        ),
        explanation=Wording(
            "A summary names age and sex, what matters of the background, how it came, and the "
            "finding in words that narrow the search.",
            "概括应含年龄、性别、相关背景、起病方式，并以限定词描述主要表现。",
        ),
        source="Bordage 1994; the record of this visit",
        origin="record",
        summary=SummaryKey(
            context=(*_context(focus), *_words(known)), syndrome=syndrome, experts=(expert,)
        ),
    )


_SINCE = re.compile(
    r"(?P<n>\d{1,3})[\s-]*(?P<unit>days?|weeks?|months?|years?|d\b|wks?\b|天|日|周|个?月|年)(?!后|前)",
    re.IGNORECASE,
)
_UNITS = {"d": ("day", "天"), "w": ("week", "周"), "m": ("month", "个月"), "y": ("year", "年")}
_UNITS_ZH = {"天": "d", "日": "d", "周": "w", "月": "m", "年": "y"}


def _duration(evidence: Evidence, focus: Focus) -> Wording | None:
    """How long the complaint has been there, as its sentence says."""
    for one in focus.complaint:
        match = _SINCE.search(re.sub(r"\[[^\]]*\]|〔[^〕]*〕", "", evidence.by_id[one].text))
        if match is None:
            continue
        unit = match.group("unit")
        english, chinese = _UNITS[_UNITS_ZH.get(unit[-1]) or unit[0].lower()]
        number = int(match.group("n"))
        plural = "" if number == 1 else "s"
        return Wording(f"{number} {english}{plural}", f"{number}{chinese}")
    return None


def _known_before(case: Case, focus: Focus, shown: frozenset[str]) -> list[Wording]:
    """What lasts, was known before this visit and shown, and gives nothing away."""
    day = case.contacts[focus.contact].day
    found = []
    for problem in case.problems:
        code = terms.code_of(problem.title)
        if problem.listed != "master" or problem.see is not None or problem.onset_day >= day:
            continue
        if problem.resolved_day is not None and problem.resolved_day < day:
            continue
        if not rules.lasts(problem.title) or not any(one.id in shown for one in problem.evidence):
            continue
        if code and not {code} & focus.hidden and problem.kind != "family":
            found.append(Wording(terms.term(code).en, terms.term(code).zh))
    return found[:3]


def _absent(focus: Focus) -> list[str]:
    """What was looked for and not found and would speak for something else."""
    known = by_finding(focus.signs)
    speaks = {f for one in focus.considered for f in scripts()[one.code].supports}
    return [
        code
        for code, present in known.items()
        if not present and code in speaks and not findings()[code].quantity
    ][:2]


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _context(focus: Focus) -> tuple[str, ...]:
    known = by_finding(focus.signs)
    names = [findings()[code].name for code, present in known.items() if present]
    return _words(names)


def _words(names: Iterable[Wording]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(w for one in names for w in (lowered(one.en), one.zh) if w))
