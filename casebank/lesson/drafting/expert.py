"""Objectives and the expert's view, in both languages, from the tables and the record."""

from __future__ import annotations

from casebank import rules, terms
from casebank.lesson.drafting import advice
from casebank.lesson.drafting.focus import Focus
from casebank.lesson.drafting.knowledge import scripts
from casebank.lesson.drafting.national_rules import disease_name
from casebank.lesson.drafting.person import person_words, span_words
from casebank.lesson.drafting.stages import Plan, opened_by
from casebank.lesson.model import Exercise, ExpertView, Objective, Wording
from casebank.model import Case
from casebank.record import Record

_PER_EXERCISE = {
    "summary": 2,
    "problem list": 4,
    "differential": 3,
    "reflection": 5,
    "key features": 2,
    "script concordance": 1,
    "management": 3,
    "errors": 3,
}
"""Minutes, a first guess until attempts are measured."""
_WORDS_A_MINUTE = 150
GOES_ON_DAYS = 30
MOST_OBJECTIVES = 5
"""So many a student can keep in mind; the gate asks for no more."""


def objectives(focus: Focus, exercises: tuple[Exercise, ...]) -> tuple[Objective, ...]:
    """What is practised, each with its exercises."""
    name = focus.presentation.name
    wanted: tuple[tuple[tuple[str, ...], Wording], ...] = (
        (
            ("summary", "reflection"),
            Wording(
                f"Explain which findings speak for and against the causes of {name.en}.",
                f"解释哪些发现支持或反对“{name.zh}”的各种病因。",
            ),
        ),
        (
            ("differential", "warning-signs"),
            Wording(
                f"Rank the diagnoses to think of with {name.en}, and name those not to be missed.",
                f"列出“{name.zh}”的鉴别诊断并排序，指出不可漏诊者。",
            ),
        ),
        (
            ("problem list",),
            _LIST_OF_LIFE if _asks_for_life(exercises) else _LIST,
        ),
        (
            ("management",),
            Wording(
                "Decide at a follow-up visit by the rules of the national service.",
                "依据国家基本公共卫生服务规范作出随访决策。",
            ),
        ),
        (
            ("first-steps", "next-year"),
            Wording(
                "Choose first steps and the checks of the next year by guidance that is named.",
                "依据所列指南选择首要处理与下一年的随访内容。",
            ),
        ),
        (
            ("life-plan",),
            Wording(
                "Plan what suits the life that the person leads.", "制定适合患者生活处境的计划。"
            ),
        ),
        (
            ("errors",),
            Wording(
                "Identify statements of a record that cannot be right.", "识别病历中的错误记录。"
            ),
        ),
    )
    found: dict[tuple[str, ...], Objective] = {}
    for kinds, text in wanted:
        names = tuple(one.name for one in exercises if {one.kind, one.name} & set(kinds))
        if names:
            found[kinds] = Objective(text, names)
    for kinds, others, text in _JOINED:
        if len(found) > MOST_OBJECTIVES and kinds in found and others in found:
            names = found[kinds].exercises + found.pop(others).exercises
            found[kinds] = Objective(text, names)
    return tuple(found.values())


_LIST_OF_LIFE = Wording(
    "Formulate a problem list that holds psychological and social problems as well.",
    "制定包括心理、社会问题在内的问题目录。",
)
_LIST = Wording(
    "Formulate the problem list of a person, and not of a visit.",
    "制定以人而非单次就诊为中心的问题目录。",
)


def _asks_for_life(exercises: tuple[Exercise, ...]) -> bool:
    """Whether a problem that is not of the body stands in the key of the problem list."""
    return any(
        one.kind != "biological"
        for exercise in exercises
        if exercise.problem_list is not None
        for one in exercise.problem_list.problems
    )


_JOINED = (
    (
        ("management",),
        ("first-steps", "next-year"),
        Wording(
            "Decide on first steps, at follow-up visits and on the checks of the next year by "
            "guidance that is named.",
            "依据所列规范与指南决定首要处理、随访措施与下一年的随访内容。",
        ),
    ),
    (
        ("problem list",),
        ("errors",),
        Wording(
            "Formulate the problem list of a person, and identify statements of the record that "
            "cannot be right.",
            "制定以人为中心的问题目录，并识别病历中的错误记录。",
        ),
    ),
)
"""Objectives that are one where there would be too many, in this order, with the words of both."""


def expert_view(case: Case, record: Record, focus: Focus, plan: Plan) -> ExpertView:
    """Summary, illness script and three points to take home."""
    contact = case.contacts[focus.contact]
    person, title = person_words(record, contact.day), terms.term(focus.leading)
    name, script = focus.presentation.name, scripts()[focus.leading]
    others = _others(case, focus, _shown(plan))
    listed = ", ".join(_small(one.en) for one in others)
    days = max(0, case.outcome.last_day - contact.day)
    later, goes_on = span_words(days), days >= GOES_ON_DAYS
    summary = Wording(
        f"{person.en} came with {name.en}; the record's diagnosis is {_small(title.en)}."
        + (f" Also on the problem list: {listed}." if others else "")
        + (f" The record goes on for {later.en}." if goes_on else ""),
        f"{person.zh}，因{name.zh}就诊，病历诊断为{title.zh}。"
        + (f"问题目录中还有：{'、'.join(one.zh for one in others)}。" if others else "")
        + (f"此后记录持续{later.zh}。" if goes_on else ""),
    )
    return ExpertView(
        summary=summary,
        script=Wording(f"{title.en}: {script.line.en}", f"{title.zh}：{script.line.zh}"),
        take_home=_take_home(case, focus, plan),
    )


def minutes(case: Case, exercises: tuple[Exercise, ...], words: int) -> int:
    """How long it takes: reading, and each exercise."""
    return round(words / _WORDS_A_MINUTE) + sum(_PER_EXERCISE[one.kind] for one in exercises)


def _take_home(case: Case, focus: Focus, plan: Plan) -> tuple[Wording, ...]:
    name = focus.presentation.name
    signs = [one.text for one in advice.warnings()[focus.presentation.code] if one.grade == "right"]
    points = [
        Wording(
            f"With {name.en}, act at once: {'; '.join(_small(one.en) for one in signs)}.",
            f"遇到{name.zh}，下列情况须立即处理：{'；'.join(one.zh for one in signs)}。",
        )
    ]
    for _, point in plan.decisions[:1]:
        disease = disease_name(point.readings.disease)
        points.append(
            Wording(
                f"{_big(disease.en)} ({point.rule.id}): {point.rule.text.en}",
                f"{disease.zh}（{point.rule.id}）：{point.rule.text.zh}",
            )
        )
    points.append(_of_the_whole(case, focus, _shown(plan)))
    script = scripts()[focus.leading]
    points.append(
        Wording(
            f"What makes {_small(script.name.en)} likely: {_small(script.line.en)}",
            f"支持{script.name.zh}的要点：{script.line.zh}",
        )
    )
    return tuple(points[:3])


def _shown(plan: Plan) -> frozenset[str]:
    return frozenset(one for stage in plan.stages for one in opened_by(stage))


def _of_the_whole(case: Case, focus: Focus, shown: frozenset[str]) -> Wording:
    """How the person lives, if what was ``shown`` tells; else what may do harm after the guide."""
    day = case.contacts[focus.contact].day
    known = [
        one
        for one in case.problems
        if one.onset_day <= day
        and one.listed == "master"
        and (one.resolved_day is None or one.resolved_day >= day)
        and any(datum.id in shown for datum in one.evidence)
    ]
    for problem in known:
        code = terms.code_of(problem.title)
        if problem.see is not None or not code or code in terms.related(focus.leading):
            continue
        if problem.kind in {"psychological", "social", "family"}:
            name = terms.term(code)
            return Wording(
                f"{name.en} stands on the same problem list: a plan has to fit the life that it is "
                "made for.",
                f"“{name.zh}”在同一问题目录中：治疗计划须与患者的生活相适应。",
            )
    harm = [one.text for one in advice.actions().get(focus.leading, ()) if one.grade == "harmful"]
    if harm:
        guide = advice.guides()[focus.leading]
        return Wording(
            f"What may do harm here ({guide}): {_small(harm[0].en)}.",
            f"此时可能有害的做法（{guide}）：{harm[0].zh}。",
        )
    return Wording(
        "A plan has to fit the life that it is made for: ask how the person lives.",
        "治疗计划须与患者的生活相适应：应了解其生活处境。",
    )


def _others(case: Case, focus: Focus, shown: frozenset[str]) -> list[Wording]:
    """What was ``shown`` beside the leading problem: how somebody lives first, then what lasts."""
    codes = [
        (problem.kind not in {"psychological", "social", "family"}, problem.number, code)
        for problem in case.problems
        if problem.listed == "master"
        and problem.see is None
        and problem.onset_day <= case.contacts[focus.contact].day
        and (
            problem.resolved_day is None or problem.resolved_day >= case.contacts[focus.contact].day
        )
        and rules.lasts(problem.title)
        and any(one.id in shown for one in problem.evidence)
        and (code := terms.code_of(problem.title))
        and code != focus.leading
    ]
    return [Wording(terms.term(code).en, terms.term(code).zh) for *_, code in sorted(codes)[:4]]


def _small(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _big(text: str) -> str:
    return text[:1].upper() + text[1:]
