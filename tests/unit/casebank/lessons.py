"""Lessons over drafted cases: one with an exercise of every kind, and any that may be written."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from hypothesis import strategies as st

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
        ("causes", "differential", 2, "Rank the causes.", "按可能性排列病因。"),
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
                ),
                2,
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


def lessons_over(case: Case) -> st.SearchStrategy[Lesson]:
    """Lessons that may be written over a case: any stages, orders, exercises and words."""
    return st.builds(_lesson, st.just(case), _PLACES, _CHOSEN, _WORDINGS, _WORDINGS, _PANELS)


# Letters of both languages, what XML and JSON escape, what XML cannot hold, other planes.
_TEXTS = st.text(
    "aZ 9é<>&\"'\\/]头晕\u3000\x0b\ufffe\U00020000\n\t", min_size=1, max_size=12
).filter(str.strip)
_WORDINGS = st.one_of(
    st.builds(Wording, en=_TEXTS),
    st.builds(Wording, zh=_TEXTS),
    st.builds(Wording, en=_TEXTS, zh=_TEXTS),
)
# For each datum in turn: 0 is shown nowhere, 1 to 3 a stage, 4 to 7 an order of stage 1 by kind.
_PLACES = st.lists(st.integers(0, 7), min_size=1, max_size=12)
_CHOSEN = st.lists(st.tuples(st.integers(0, 7), st.integers(1, 3)), max_size=8)
_PANELS = st.dictionaries(st.sampled_from(["-2", "-1", "0", "1", "2"]), st.integers(0, 9))


def _lesson(
    case: Case,
    places: list[int],
    chosen: list[tuple[int, int]],
    title: Wording,
    asked: Wording,
    panel: dict[str, int],
) -> Lesson:
    whole = lesson_for(case)
    at: dict[int, list[str]] = {}
    for number, datum in enumerate(dict.fromkeys(one.id for one in case.statements())):
        at.setdefault(places[number % len(places)], []).append(datum)
    kinds: tuple[Literal["history", "examination", "test", "wait"], ...]
    kinds = ("history", "examination", "test", "wait")
    orders = tuple(
        Order(f"look-{kind}", asked, kind, number, tuple(at[number + 4]))
        for number, kind in enumerate(kinds)
        if number + 4 in at
    )
    stages = tuple(Stage(title, tuple(at.get(number, ()))) for number in (1, 2, 3))
    exercises = []
    for place, (kind, stage) in enumerate(chosen):
        one = replace(whole.exercises[kind], name=f"e{place}", stage=stage, prompt=asked)
        if one.script_concordance is not None:
            key = replace(one.script_concordance, panel=panel, hypothesis=title)
            one = replace(one, script_concordance=key)
        exercises.append(one)
    return replace(
        whole,
        title=title,
        objectives=(),
        stages=(replace(stages[0], orders=orders), *stages[1:]),
        exercises=tuple(exercises),
        perspectives=(asked,),
    )
