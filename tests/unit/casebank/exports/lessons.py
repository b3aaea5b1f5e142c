"""A lesson with an exercise of every kind, over any drafted case that has at least two contacts."""

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

KEY_WORDS = (
    # What only a key, an explanation or the expert says: none may stand in a student's print.
    "orthostatic", "体位性", "take-home-mark", "because-mark", "expert-summary-mark",
)  # fmt: skip
RESULT_WORD = "result-mark"


def lesson_for(case: Case) -> Lesson:
    """Three stages: background and first contact, the second contact with an order, the rest."""
    first, second, *rest = (tuple(s.id for s in one.soap.statements) for one in case.contacts)
    background = tuple(one.id for one in case.background.profile)
    return Lesson(
        case_id=case.case_id,
        title=Wording(en="Dizzy on rising", zh="起立时头晕"),
        setting=Wording(en="Township clinic", zh="乡镇卫生院"),
        minutes=20,
        objectives=(
            Objective(
                Wording(en="List the problems of a person.", zh="列出居民的问题。"),
                ("problems", "summary"),
            ),
        ),
        stages=(
            Stage(Wording(en="The first visit", zh="首次就诊"), (*background, *first)),
            Stage(
                Wording(en="Three months later", zh="三个月后"),
                second[:-1],
                (
                    Order(
                        "look-again",
                        Wording(en="Ask again", zh="再次询问"),
                        "history",
                        0,
                        second[-1:],
                    ),
                ),
            ),
            Stage(Wording(en="The years after", zh="此后数年"), tuple(i for r in rest for i in r)),
        ),
        exercises=_exercises(first),
        expert=ExpertView(
            Wording(en="expert-summary-mark: a farmer with dizziness.", zh="一名头晕的农民。"),
            Wording(en="Older, treated, dizzy on standing.", zh="年长，正在治疗，站立时头晕。"),
            (Wording(en="take-home-mark: measure standing.", zh="测量立位血压。"),),
        ),
        perspectives=(Wording(en="He fears a stroke.", zh="他担心中风。"),),
        community=Wording(
            en="One person in three here is over 60.", zh="本地三分之一的人超过60岁。"
        ),
    )


def _exercises(data: tuple[str, ...]) -> tuple[Exercise, ...]:
    because = Wording(en="because-mark", zh="because-mark")
    options = tuple(
        Option(code, Wording(en=f"Choice {code}", zh=f"选项{code}"))
        for code in ("a", "b", "c", "d")
    )
    ordinary = (
        ("summary", "summary", 1, "Sum up in one sentence.", "用一句话概括。"),
        ("problems", "problem list", 1, "Write the problem list.", "写出问题目录。"),
        ("causes", "differential", 1, "Rank the causes.", "按可能性排列病因。"),
        ("why", "reflection", 2, "What speaks for which cause?", "哪些支持哪个病因？"),
        ("first-step", "key features", 2, "What comes first?", "首先做什么？"),
        ("if-then", "script concordance", 2, "How does it change?", "可能性如何变化？"),
        ("decide", "management", 3, "What would you do now?", "现在怎么处理？"),
        ("faults", "errors", 3, "What is wrong in the record?", "记录有何错误？"),
    )
    keys = {
        "summary": {
            "summary": SummaryKey(("farmer",), ("dizziness",), (Wording(en="expert-summary-mark"),))
        },
        "problem list": {
            "problem_list": ProblemListKey(
                (
                    KeyProblem(
                        "hypertension",
                        Wording(en="Raised pressure", zh="血压升高"),
                        "biological",
                        1.0,
                    ),
                    KeyProblem(
                        "orthostatic",
                        Wording(en="orthostatic drop", zh="体位性低血压"),
                        "biological",
                        0.5,
                    ),
                )
            )
        },
        "differential": {
            "differential": DifferentialKey(
                (
                    KeyDiagnosis(
                        "x1",
                        Wording(en="Orthostatic hypotension", zh="体位性低血压"),
                        3,
                        why=because,
                    ),
                    KeyDiagnosis("x2", Wording(en="Anaemia", zh="贫血"), 2, must_not_miss=True),
                    KeyDiagnosis("x3", Wording(en="Ear disease", zh="耳病"), 1),
                )
            )
        },
        "reflection": {
            "reflection": ReflectionKey(
                options[:2], options[2:], (Link("a", "for", "c"), Link("b", "against", "d"))
            )
        },
        "key features": {"key_features": KeyFeatureKey(options, ("a", "b"), 2, ("d",))},
        "script concordance": {
            "script_concordance": ConcordanceKey(
                Wording(en="a drug's effect", zh="药物作用"),
                Wording(en="it began with the drug", zh="用药后开始"),
                {"-1": 1, "0": 1, "1": 4, "2": 6},
            )
        },
        "management": {
            "management": ManagementKey(
                options, ("a", "c"), ("c",), data[:1], "hypertension-uncontrolled"
            )
        },
        "errors": {
            "errors": ErrorsKey((Option(data[0], Wording(en="contradicts itself")),), data[:3])
        },
    }
    return tuple(
        Exercise(
            name,
            kind,  # type: ignore[arg-type]
            stage,
            Wording(en=english, zh=chinese),
            because,
            "National rules for basic public health services, 3rd edition",
            **keys[kind],  # type: ignore[arg-type]
        )
        for name, kind, stage, english, chinese in ordinary
    )
