"""Exercises of clinical reasoning, their keys from tables and record: summary, differential,
structured reflection, problem list, key features, script concordance."""

from __future__ import annotations

from collections.abc import Iterable

from casebank import terms
from casebank.lesson.drafting.evidence import Evidence, Sign, signs
from casebank.lesson.drafting.focus import Focus
from casebank.lesson.drafting.knowledge import findings, scripts
from casebank.lesson.drafting.person import person_words
from casebank.lesson.drafting.stages import Plan
from casebank.lesson.model import (
    ConcordanceKey,
    DifferentialKey,
    Exercise,
    KeyDiagnosis,
    KeyFeatureKey,
    KeyProblem,
    Link,
    Option,
    ProblemListKey,
    ReflectionKey,
    SummaryKey,
    Wording,
)
from casebank.model import Case, Problem
from casebank.record import Record
from casebank.scoring.reflection import Stance

MOST_HYPOTHESES = 4
MOST_FINDINGS = 10
MOST_PROBLEMS = 8
_TABLE = "diagnoses.csv, presentations.csv (general medical knowledge)"

WEIGHTS = {"master": 1.0, "temporary": 0.4}
"""Until a panel has spoken: a problem of the master list weighs 1, a passing illness 0.4."""
_INACTIVE = 0.6


def summary(record: Record, focus: Focus, day: int) -> Exercise:
    """One sentence: who, what matters of the background, how it came, what it is like."""
    person, name = person_words(record, day), focus.presentation.name
    found = _supporting(focus)
    named = [findings()[code].name for code in found]
    expert = Wording(
        f"{person.en} with {name.en}"
        + (f"; found: {', '.join(_lower(one.en) for one in named)}." if named else "."),
        f"{person.zh}，{name.zh}"
        + (f"；所见：{'、'.join(one.zh for one in named)}。" if named else "。"),
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
        summary=SummaryKey(context=_context(focus), syndrome=syndrome, experts=(expert,)),
    )


def differentials(focus: Focus, plan: Plan) -> tuple[Exercise, Exercise]:
    """A ranked differential after the story, and again after examination and tests."""
    key = DifferentialKey(diagnoses=key_diagnoses(focus), discriminating_stage=2)
    explanation = Wording(
        f"The record's diagnosis leads. The others fit {focus.presentation.name.en}; what must not "
        "be missed belongs on the list even when it is unlikely.",
        f"病历中的诊断居首；其余为“{focus.presentation.name.zh}”应考虑的疾病，"
        "不可漏诊者即使可能性小也应列入。",
    )
    first = Exercise(
        name="differential-first",
        kind="differential",
        stage=1,
        prompt=Wording(
            "What could it be? List at least three diagnoses, the likeliest first, with how sure "
            "you are, and one that you must not miss.",
            "可能是什么？至少列出三个诊断，按可能性排序并注明把握程度，其中包括一个不可漏诊的。",
        ),
        explanation=explanation,
        source=_TABLE,
        differential=key,
    )
    again = Exercise(
        name="differential",
        kind="differential",
        stage=2,
        prompt=Wording(
            "Rank your diagnoses again with what you know now.",
            "根据目前的资料重新排列您的鉴别诊断。",
        ),
        explanation=explanation,
        source=_TABLE,
        differential=key,
    )
    return first, again


def key_diagnoses(focus: Focus) -> tuple[KeyDiagnosis, ...]:
    """The record's diagnosis first, then the others of the presenting problem."""
    considered = {one.code: one for one in focus.presentation.considered}
    order = sorted(considered.values(), key=lambda one: (one.code != focus.leading, -one.relevance))
    return tuple(
        KeyDiagnosis(
            code=one.code,
            title=scripts()[one.code].name,
            relevance=3 if one.code == focus.leading else one.relevance,
            must_not_miss=one.must_not_miss,
            why=scripts()[one.code].line,
        )
        for one in order
    )


def reflection(focus: Focus, shown: frozenset[str]) -> Exercise | None:
    """For each hypothesis the findings for and against it, and those expected but absent."""
    seen = [sign for sign in focus.signs if sign.datum in shown]
    known = _by_finding(seen)
    hypotheses = _hypotheses(focus, known)
    links = []
    for code in hypotheses:
        script = scripts()[code]
        for finding, present in known.items():
            stance: Stance | None = None
            if finding in script.supports:
                stance = "for" if present else "absent"
            elif finding in script.against and present:
                stance = "against"
            if stance is not None:
                links.append(Link(code, stance, finding))
    used = {link.finding for link in links}
    if len(links) < 4 or len(used) < 2:
        return None
    places = {sign.finding: sign.datum for sign in reversed(seen)}
    named = [code for code in known if code in used][:MOST_FINDINGS]
    # What links to nothing stands between, so that not everything is a clue.
    named += [code for code in known if code not in used][: max(1, len(named) // 4)]
    return Exercise(
        name="reflection",
        kind="reflection",
        stage=2,
        prompt=Wording(
            "For each hypothesis: which findings speak for it, which against it, and which would "
            "you expect but are absent?",
            "对每个假设：哪些发现支持，哪些反对，哪些本应出现却没有？",
        ),
        explanation=Wording(
            " ".join(f"{scripts()[c].name.en}: {scripts()[c].line.en}" for c in hypotheses),
            "".join(f"{scripts()[c].name.zh}：{scripts()[c].line.zh}" for c in hypotheses),
        ),
        source=_TABLE,
        reflection=ReflectionKey(
            hypotheses=tuple(Option(code, scripts()[code].name) for code in hypotheses),
            findings=tuple(
                Option(code, _stated(code, known[code]), (places[code],)) for code in named
            ),
            links=tuple(link for link in links if link.finding in named),
        ),
    )


def problem_list(case: Case, focus: Focus, plan: Plan) -> Exercise | None:
    """The problems that the record states up to the diagnosis, weighted until a panel speaks."""
    day = case.contacts[focus.contact].day
    entered = plan.stages[: plan.diagnosis_stage]
    shown = {one for stage in entered for one in stage.reveals}
    shown |= {one for stage in entered for order in stage.orders for one in order.data}
    known: dict[str, KeyProblem] = {}
    for problem in case.problems:
        code = terms.code_of(problem.title)
        data = tuple(one.id for one in problem.evidence if one.id in shown)
        if not code or code in known or problem.onset_day > day or not data:
            continue
        if problem.see is not None:
            # Weed's arrow: it is a part of another line.
            continue
        title = terms.term(code)
        known[code] = KeyProblem(
            code=code,
            title=Wording(title.en, title.zh),
            kind=problem.kind,
            weight=1.0 if code == focus.leading else _weight(problem),
            near=tuple(sorted(terms.near(code))),
            data=data,
        )
    chosen = sorted(known.values(), key=lambda one: (one.code != focus.leading, -one.weight))
    if not chosen:
        return None
    return Exercise(
        name="problems",
        kind="problem list",
        stage=plan.diagnosis_stage,
        prompt=Wording(
            "Write the problem list of this person as of today, the most important first: "
            "biological, psychological, social and family problems and risks.",
            "列出患者目前的问题目录，重要的在前：生理、心理、社会、家庭问题和危险因素。",
        ),
        explanation=Wording(
            "The list holds what the record states up to this visit. Doctors differ: of 32 general "
            "practitioners two lists in three agreed by half, so near codes count too.",
            "本目录包含病历至本次就诊为止所述的问题。医生之间差异很大，相近编码也计分。",
        ),
        source="problem list of the case (casebank.rules); Krauss 2016 for agreement",
        origin="record",
        problem_list=ProblemListKey(problems=tuple(chosen[:MOST_PROBLEMS])),
    )


def warning_signs(focus: Focus) -> Exercise | None:
    """Which findings would make one think of what must not be missed."""
    danger = [one.code for one in focus.presentation.considered if one.must_not_miss]
    usual = set(scripts()[focus.leading].supports) | set(focus.presentation.findings)
    right: list[str] = []
    for code in danger:
        right += [f for f in scripts()[code].supports if f not in usual and f not in right][:2]
    right = right[:3]
    others = [f for f in scripts()[focus.leading].supports if f not in right]
    others += [
        finding
        for one in focus.presentation.considered
        if not one.must_not_miss
        for finding in scripts()[one.code].supports
        if finding not in right
        and finding not in others
        and not any(finding in scripts()[code].supports for code in danger)
    ]
    if not right or len(others) < 2:
        return None
    chosen = [*right, *others[: max(3, 6 - len(right))]]
    named = ", ".join(_lower(terms.term(code).en) for code in danger)
    named_zh = "、".join(terms.term(code).zh for code in danger)
    return Exercise(
        name="warning-signs",
        kind="key features",
        stage=1,
        prompt=Wording(
            f"Which findings, with {focus.presentation.name.en}, would make you think of what "
            f"must not be missed? Choose at most {len(right)}.",
            f"“{focus.presentation.name.zh}”伴哪些表现时应警惕不可漏诊的疾病？最多选{len(right)}项。",
        ),
        explanation=Wording(
            f"They point to {named}, which must not be missed.", f"它们提示{named_zh}，不可漏诊。"
        ),
        source=_TABLE,
        key_features=KeyFeatureKey(
            options=tuple(Option(code, findings()[code].name) for code in sorted(chosen)),
            right=tuple(right),
            most=len(right),
        ),
    )


def circumstances(case: Case, focus: Focus, plan: Plan, stage: int) -> Exercise | None:
    """Which psychological, social and family matters and risks the record names for this person."""
    kinds = {"psychological", "social", "family", "risk"}
    shown = {one for entered in plan.stages[:stage] for one in entered.reveals}
    right = {
        code: problem
        for problem in case.problems
        if problem.kind in kinds
        and problem.see is None
        and (code := terms.code_of(problem.title))
        and any(one.id in shown for one in problem.evidence)
    }
    if not right:
        return None
    for code in terms.related(focus.leading):
        right.pop(code, None)
    if not right:
        return None
    all_of_them = {terms.code_of(problem.title) for problem in case.problems}
    others = [
        code
        for code in _COMMON_CIRCUMSTANCES
        if code not in all_of_them and not terms.related(code) & {*right, focus.leading}
    ][: 6 - min(3, len(right))]
    chosen = [*list(right)[:3], *others]
    names = {code: terms.term(code) for code in chosen}
    return Exercise(
        name="circumstances",
        kind="key features",
        stage=stage,
        prompt=Wording(
            "Which of these belong into this person's plan, because the record names them?",
            "下列哪些因病历中有记录而应纳入该患者的计划？",
        ),
        explanation=Wording(
            "A plan that leaves out how somebody lives is not carried out.",
            "不考虑患者生活处境的计划难以落实。",
        ),
        source="problem list of the case (casebank.rules)",
        origin="record",
        key_features=KeyFeatureKey(
            options=tuple(
                Option(
                    code,
                    Wording(names[code].en, names[code].zh),
                    tuple(one.id for one in right[code].evidence if one.id in shown)[:3]
                    if code in right
                    else (),
                )
                for code in sorted(chosen)
            ),
            right=tuple(list(right)[:3]),
            most=len(list(right)[:3]),
        ),
    )


def concordance(focus: Focus) -> tuple[Exercise, ...]:
    """Script concordance questions without a panel: refused by the gate until one has answered."""
    made: list[Exercise] = []
    for sign in focus.signs:
        for one in focus.presentation.considered:
            script = scripts()[one.code]
            if sign.finding not in (*script.supports, *script.against) or len(made) == 3:
                continue
            made.append(
                Exercise(
                    name=f"concordance-{len(made) + 1}",
                    kind="script concordance",
                    stage=2,
                    prompt=Wording(
                        f"You think of {script.name.en}. Then you learn: "
                        f"{_lower(_stated(sign.finding, sign.present).en)}. What does that do?",
                        f"您考虑{script.name.zh}，随后得知："
                        f"{_stated(sign.finding, sign.present).zh}。这使该假设更可能还是更不可能？",
                    ),
                    explanation=script.line,
                    source="to be answered by a panel of at least ten",
                    origin="author",
                    script_concordance=ConcordanceKey(
                        hypothesis=script.name,
                        finding=_stated(sign.finding, sign.present),
                        data=(sign.datum,),
                    ),
                )
            )
            break
    return tuple(made)


_COMMON_CIRCUMSTANCES = (
    "LIVING_ALONE",
    "FINANCIAL_HARDSHIP",
    "CAREGIVER_BURDEN",
    "UNEMPLOYMENT_PROBLEM",
    "TOBACCO_DEPENDENCE",
    "FAMILY_CONFLICT",
    "BEREAVEMENT_SPOUSE",
    "HAZARDOUS_DRINKING",
    "DEPRESSIVE_DISORDER",
    "HEALTH_LITERACY_PROBLEM",
)


def _hypotheses(focus: Focus, known: dict[str, bool]) -> list[str]:
    """The leading one, what must not be missed, and those that the findings speak to most."""

    def reach(code: str) -> int:
        script = scripts()[code]
        return sum(1 for finding in known if finding in (*script.supports, *script.against))

    considered = [one for one in focus.presentation.considered if one.code != focus.leading]
    danger = max(
        (one for one in considered if one.must_not_miss), key=lambda o: reach(o.code), default=None
    )
    rest = sorted(
        (one for one in considered if one is not danger),
        key=lambda one: (-reach(one.code), -one.relevance, one.code),
    )
    chosen = [focus.leading, *(one.code for one in rest[: MOST_HYPOTHESES - 2])]
    return chosen + ([danger.code] if danger is not None else [])


def _by_finding(seen: Iterable[Sign]) -> dict[str, bool]:
    """Whether each finding was there; what one datum shows outweighs what another denies."""
    known: dict[str, bool] = {}
    for sign in seen:
        known[sign.finding] = known.get(sign.finding, False) or sign.present
    return known


def _stated(code: str, present: bool) -> Wording:
    name = findings()[code].name
    return name if present else Wording(f"No: {_lower(name.en)}", f"无：{name.zh}")


def _supporting(focus: Focus) -> list[str]:
    known = _by_finding(focus.signs)
    own = scripts()[focus.leading].supports
    return [code for code in own if known.get(code) and code not in focus.presentation.findings][:3]


def _context(focus: Focus) -> tuple[str, ...]:
    known = _by_finding(focus.signs)
    names = [findings()[code].name for code, present in known.items() if present]
    return _words(names)


def _words(names: Iterable[Wording]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(w for one in names for w in (_lower(one.en), one.zh) if w))


def _weight(problem: Problem) -> float:
    weight = WEIGHTS[problem.listed]
    return weight if problem.status == "active" else round(weight * _INACTIVE, 2)


def _lower(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def shown_signs(evidence: Evidence, shown: frozenset[str]) -> tuple[Sign, ...]:
    """Findings of the data that are shown."""
    return signs(evidence.by_id[one] for one in shown if one in evidence.by_id)
