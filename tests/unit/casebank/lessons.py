"""A lesson written by hand over the farmer's case, with an exercise of each kind."""

from __future__ import annotations

from casebank import Case
from casebank.lesson import (
    ConcordanceKey,
    DifferentialKey,
    ErrorsKey,
    Exercise,
    ExpertView,
    KeyDiagnosis,
    KeyFeatureKey,
    KeyProblem,
    Lesson,
    Link,
    ManagementKey,
    Objective,
    Option,
    Order,
    ProblemListKey,
    ReflectionKey,
    Stage,
    SummaryKey,
    Wording,
)


def both(en: str, zh: str) -> Wording:
    return Wording(en, zh)


def by_hand(case: Case) -> Lesson:
    """Three stages by contact; the second contact's data stand behind an order."""
    first, second, third = (
        tuple(dict.fromkeys(one.id for one in contact.soap.statements))
        for contact in case.contacts[:3]
    )
    seen = set(first) | set(second)
    options = (
        Option("a", both("Amlodipine", "氨氯地平"), second[:1]),
        Option("b", both("Wait", "观察")),
    )
    asked = both("What now?", "现在怎么办？")
    why = both("The rule asks for it.", "规范要求。")

    def exercise(name: str, stage: int, **key: object) -> Exercise:
        kind = next(iter(key)).replace("_", " ")
        return Exercise(name, kind, stage, asked, why, "by hand", "author", **key)  # type: ignore[arg-type]

    exercises = (
        exercise("sum-up", 1, summary=SummaryKey(("farmer",), ("dizziness",), (asked,))),
        exercise(
            "list",
            1,
            problem_list=ProblemListKey(
                (
                    KeyProblem("htn", both("Hypertension", "高血压"), "biological", 1.0),
                    KeyProblem("alone", both("Isolation", "孤独"), "social", 0.5, ("lonely",)),
                ),
                (("htn", "alone"), ("htn",)),
            ),
        ),
        exercise(
            "what-is-it",
            2,
            differential=DifferentialKey(
                (
                    KeyDiagnosis("htn", both("Hypertension", "高血压"), 3),
                    KeyDiagnosis("tia", both("TIA", "短暂性脑缺血"), 1, True, why),
                ),
                2,
            ),
        ),
        exercise(
            "reflect",
            2,
            reflection=ReflectionKey(
                (Option("htn", both("Hypertension", "高血压")),),
                (Option("bp", both("BP 152/94", "血压152/94"), first[:1]),),
                (Link("htn", "for", "bp"),),
            ),
        ),
        exercise("features", 2, key_features=KeyFeatureKey(options, ("a",), 1, ("b",))),
        exercise(
            "script",
            2,
            script_concordance=ConcordanceKey(asked, why, {"0": 3, "1": 8}, first[:1]),
        ),
        exercise(
            "manage",
            3,
            management=ManagementKey(options, ("a",), ("b",), third[:1], "htn-2017"),
        ),
        exercise("mistakes", 3, errors=ErrorsKey((Option(first[0], why),), first[:2])),
    )
    return Lesson(
        case_id=case.case_id,
        title=both("A farmer with dizziness", "头晕的农民"),
        setting=both("Village clinic", "村卫生室"),
        minutes=20,
        objectives=(Objective(both("Explain", "解释"), ("sum-up", "list")),),
        stages=(
            Stage(both("He comes", "就诊"), first),
            Stage(
                both("Later", "之后"),
                (),
                (Order("look", both("Measure again", "复测"), "test", 1, second),),
            ),
            Stage(both("Years on", "数年后"), tuple(one for one in third if one not in seen)),
        ),
        exercises=exercises,
        expert=ExpertView(asked, why, (asked, why)),
        perspectives=(both("He fears a stroke.", "他怕中风。"),),
    )
