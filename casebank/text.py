"""A case as plain text, in the order in which a student reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from casebank.grouping import group_findings
from casebank.model import Case, Contact, Problem, Statement
from casebank.relative import day_text
from casebank.timeline import flow_table

_WORDS = {
    "en": {
        "profile": "Profile",
        "past_history": "Past history",
        "family": "Family",
        "living_environment": "Living environment",
        "lifestyle": "Lifestyle",
        "background": "BACKGROUND",
        "problems": "PROBLEM LIST",
        "contacts": "CONTACTS",
        "flow": "FLOW SHEETS",
        "outcome": "OUTCOME",
        "subjective": "S",
        "objective": "O",
        "assessment": "A",
        "plan": "P",
        "other": "-",
        "see": "see",
        "derived": "derived from dates",
        "temporary": "temporary list",
        "promoted": "recurrent",
        "active": "active",
        "inactive": "inactive",
        "resolved": "resolved",
        "kind family": "family",
        "kind biological": "biological",
        "kind psychological": "psychological",
        "kind social": "social",
        "kind risk": "risk",
    },
    "zh": {
        "profile": "基本情况",
        "past_history": "既往史",
        "family": "家庭",
        "living_environment": "生活环境",
        "lifestyle": "生活方式",
        "background": "基础资料",
        "problems": "问题目录",
        "contacts": "接诊记录",
        "flow": "流程表",
        "outcome": "转归",
        "subjective": "S",
        "objective": "O",
        "assessment": "A",
        "plan": "P",
        "other": "-",
        "see": "见",
        "derived": "由日期推定",
        "temporary": "暂时性问题",
        "promoted": "反复发生",
        "active": "活动",
        "inactive": "静止",
        "resolved": "已解决",
        "kind family": "家庭",
        "kind biological": "生理",
        "kind psychological": "心理",
        "kind social": "社会",
        "kind risk": "危险因素",
    },
}


def render_text(case: Case) -> str:
    """The case for a terminal. It has what a student may see: no source is printed."""
    return "\n".join(_lines(case)) + "\n"


def _lines(case: Case) -> Iterator[str]:
    words = _WORDS[case.language]
    yield case.title
    yield "=" * min(78, sum(2 if ord(c) > 0x2E80 else 1 for c in case.title))
    yield ""
    yield words["background"]
    for section in ("profile", "past_history", "family", "living_environment", "lifestyle"):
        statements: tuple[Statement, ...] = getattr(case.background, section)
        if statements:
            yield f"  {words[section]}"
            yield from _statements(case, statements, dated=section == "past_history")
    yield ""
    yield words["problems"]
    for problem in case.problems:
        yield "  " + _problem(case, problem)
    yield ""
    yield words["contacts"]
    for contact in case.contacts:
        yield from _contact(case, contact)
    if case.flow_sheets:
        yield ""
        yield words["flow"]
        for sheet in case.flow_sheets:
            table = flow_table(sheet, case.language)
            yield f"  {table.caption}"
            for row in table.rows:
                yield "    " + " | ".join(row)
    yield ""
    yield words["outcome"]
    yield f"  {day_text(case.outcome.last_day, case.language)}"
    yield from _statements(case, case.outcome.statements, dated=False)


def _problem(case: Case, problem: Problem) -> str:
    words = _WORDS[case.language]
    parts = [
        f"#{problem.number}",
        problem.title,
        f"({words.get(f'kind {problem.kind}', problem.kind)}, {words[problem.status]})",
        day_text(problem.onset_day, case.language),
    ]
    if len(problem.occurrences) > 1:
        parts.append(f"×{len(problem.occurrences)}")
    if problem.listed == "temporary":
        parts.append(f"[{words['temporary']}]")
    if problem.promoted:
        parts.append(f"[{words['promoted']}]")
    if problem.see is not None:
        parts.append(f"→ {words['see']} #{problem.see}")
    return " ".join(parts)


def _contact(case: Case, contact: Contact) -> Iterator[str]:
    words = _WORDS[case.language]
    derived = f" ({words['derived']})" if contact.derived else ""
    yield f"  {contact.number}. {day_text(contact.day, case.language)}: {contact.setting}{derived}"
    soap = contact.soap
    yield from _entries(words["subjective"], soap.subjective)
    for group in group_findings(soap.objective, case.language):
        if group.key == "examination":
            yield from _entries(words["objective"], group.statements)
        else:
            colon, semicolon = (": ", "; ") if case.language == "en" else ("：", "；")
            listed = semicolon.join(_linked(one) for one in group.statements)
            yield f"     {words['objective']} {group.label}{colon}{listed}"
    yield from _entries(words["assessment"], soap.assessment)
    yield from _entries(words["plan"], soap.plan)
    yield from _entries(words["other"], soap.other)


def _entries(letter: str, statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        yield f"     {letter} {_linked(statement)}"


def _linked(statement: Statement) -> str:
    links = " ".join(f"#{number}" for number in statement.problems)
    return statement.text + (f"  [{links}]" if links else "")


def _statements(case: Case, statements: Iterable[Statement], *, dated: bool) -> Iterator[str]:
    for statement in statements:
        when = f"{day_text(statement.day, case.language)}: " if dated else ""
        yield f"    {when}{statement.text}"
