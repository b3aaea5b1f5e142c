"""Exercises of clinical reasoning, their keys from tables and record: differential, structured
reflection, problem list, script concordance."""

from __future__ import annotations

import re
from collections.abc import Iterable

from casebank import terms
from casebank.lesson.drafting.evidence import Datum, Evidence, Sign
from casebank.lesson.drafting.focus import Focus
from casebank.lesson.drafting.knowledge import findings, scripts
from casebank.lesson.drafting.stages import Plan
from casebank.lesson.model import (
    ConcordanceKey,
    DifferentialKey,
    Exercise,
    KeyDiagnosis,
    KeyProblem,
    Link,
    Option,
    ProblemListKey,
    ReflectionKey,
    Wording,
)
from casebank.model import Case, Problem
from casebank.scoring.reflection import Stance

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
MOST_HYPOTHESES = 4
MOST_FINDINGS = 10
MOST_PROBLEMS = 8
_TABLE = "diagnoses.csv, presentations.csv (general medical knowledge)"

WEIGHTS = {"master": 1.0, "temporary": 0.4}
"""Until a panel has spoken: a problem of the master list weighs 1, a passing illness 0.4."""
_INACTIVE = 0.6


def differentials(focus: Focus, plan: Plan) -> tuple[Exercise, Exercise]:
    """A ranked differential after the story, and again after examination and tests."""
    key = DifferentialKey(diagnoses=key_diagnoses(focus), discriminating_stage=2)
    lead = scripts()[focus.leading]
    danger = [scripts()[one.code].name for one in focus.considered if one.must_not_miss]
    explanation = Wording(
        f"The record's diagnosis leads. {lead.name.en}: {lead.line.en} Not to be missed, even when "
        f"unlikely: {', '.join(lowered(one.en) for one in danger)}.",
        f"病历中的诊断居首。{lead.name.zh}：{lead.line.zh}"
        f"即使可能性小也不可漏诊：{'、'.join(one.zh for one in danger)}。",
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
    considered = {one.code: one for one in focus.considered}
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


def reflection(evidence: Evidence, focus: Focus, shown: frozenset[str]) -> Exercise | None:
    """For each hypothesis the findings for and against it, and those expected but absent.

    None where the findings tell the hypotheses not apart: then there is nothing to reflect on.
    """
    seen = [sign for sign in focus.signs if sign.datum in shown]
    known = by_finding(seen)
    hypotheses = _hypotheses(focus, known)
    links = [
        Link(code, stance, finding)
        for code in hypotheses
        for finding, stance in _stances(code, known).items()
    ]
    used = {link.finding for link in links}
    profiles = {
        code: frozenset((ln.stance, ln.finding) for ln in links if ln.hypothesis == code)
        for code in hypotheses
    }
    hypotheses = [code for code in hypotheses if profiles[code]]
    apart = sum(profiles[code] != profiles[focus.leading] for code in hypotheses)
    if (
        not profiles[focus.leading]
        or len(links) < 4
        or len(used) < 3
        or apart < 2
        or all(ln.stance == "for" for ln in links)
    ):
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
                Option(
                    code, _told(code, known[code], evidence.by_id[places[code]]), (places[code],)
                )
                for code in named
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
        if problem.resolved_day is not None and problem.resolved_day < day:
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


def concordance(focus: Focus) -> tuple[Exercise, ...]:
    """Script concordance questions without a panel: refused by the gate until one has answered."""
    made: list[Exercise] = []
    for sign in focus.signs:
        for one in focus.considered:
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
                        f"{lowered(_stated(sign.finding, sign.present).en)}. What does that do?",
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


def _hypotheses(focus: Focus, known: dict[str, bool]) -> list[str]:
    """The leading one, what must not be missed, and of the others those that the findings tell
    from the leading one, the plausible first."""
    leading = _stances(focus.leading, known)

    def reach(code: str) -> int:
        return len(_stances(code, known))

    considered = [one for one in focus.considered if one.code != focus.leading]
    danger = max(
        (one for one in considered if one.must_not_miss), key=lambda o: reach(o.code), default=None
    )
    rest = sorted(
        (one for one in considered if one is not danger),
        key=lambda one: (
            _stances(one.code, known) == leading,
            -one.relevance,
            -reach(one.code),
            one.code,
        ),
    )
    chosen = [focus.leading, *(one.code for one in rest[: MOST_HYPOTHESES - 2] if reach(one.code))]
    return chosen + ([danger.code] if danger is not None else [])


def _stances(code: str, known: dict[str, bool]) -> dict[str, Stance]:
    """What each finding that is ``known`` to be there or not says of a diagnosis."""
    script = scripts()[code]
    found: dict[str, Stance] = {}
    for finding, present in known.items():
        if finding in script.supports:
            found[finding] = "for" if present else "absent"
        elif finding in script.against and present:
            found[finding] = "against"
    return found


def by_finding(seen: Iterable[Sign]) -> dict[str, bool]:
    """Whether each finding was there; what one datum shows outweighs what another denies."""
    known: dict[str, bool] = {}
    for sign in seen:
        known[sign.finding] = known.get(sign.finding, False) or sign.present
    return known


def _stated(code: str, present: bool) -> Wording:
    name = findings()[code].name
    plain = re.sub(r"^(an?|the) ", "", lowered(name.en))
    return name if present else Wording(f"No {plain}", f"无{name.zh}")


def _told(code: str, present: bool, datum: Datum) -> Wording:
    """A finding in words; of a measured one, that it is not there is told by its number."""
    if present or not findings()[code].quantity or not datum.statement.other:
        return _stated(code, present)
    texts = {True: datum.text, False: datum.statement.other}
    chinese = _CHINESE.search(datum.text) is not None
    return Wording(texts[not chinese], texts[chinese])


def supporting(focus: Focus) -> list[str]:
    """What speaks for the leading diagnosis beside the complaint."""
    known = by_finding(focus.signs)
    own = scripts()[focus.leading].supports
    return [code for code in own if known.get(code) and code not in focus.presentation.findings][:3]


def _weight(problem: Problem) -> float:
    weight = WEIGHTS[problem.listed]
    return weight if problem.status == "active" else round(weight * _INACTIVE, 2)


def lowered(text: str) -> str:
    """A name in the middle of a sentence; abbreviations stay."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
