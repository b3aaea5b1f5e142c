"""A lesson by hand over the farmer's case: all eight kinds of exercises, three stages, orders."""

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

SOURCE = "National follow-up rules, 3rd edition"


def said(en: str, zh: str = "") -> Wording:
    return Wording(en, zh or f"{en}（中文）")


DIFFERENTIAL = DifferentialKey(
    (
        KeyDiagnosis("A", said("Essential hypertension", "原发性高血压"), 3, why=said("It lasts.")),
        KeyDiagnosis("B", said("White coat hypertension", "白大衣高血压"), 2),
        KeyDiagnosis("C", said("Orthostatic hypotension", "体位性低血压"), 2),
        KeyDiagnosis("D", said("Stroke", "脑卒中"), 1, must_not_miss=True),
    ),
    discriminating_stage=2,
)


def farmer_lesson(case: Case) -> Lesson:
    """Stage 1 presentation, stage 2 a year on, stage 3 years on."""
    return Lesson(
        case_id=case.case_id,
        title=said("Dizzy on rising", "起身时头晕"),
        setting=said("Village clinic", "村卫生室"),
        minutes=20,
        objectives=(Objective(said("Rank causes of dizziness"), ("first-thoughts", "ranked")),),
        stages=(
            Stage(
                said("The first visit"),
                ("d3", "d4", "d16", "d17", "d18"),
                (
                    Order("pressure", said("Measure blood pressure"), "examination", 1, ("d24",)),
                    Order("fuel", said("Ask about the kitchen"), "history", 0, ("d1",)),
                ),
            ),
            Stage(
                said("Three months later"),
                ("d36", "d37", "d32", "d27"),
                (Order("sugar", said("Measure HbA1c"), "test", 3, ("d52",)),),
            ),
            Stage(said("Years later"), ("d68", "d70", "d65", "d67", "d13")),
        ),
        exercises=(
            Exercise(
                "say-it",
                "summary",
                1,
                said("Sum the person up."),
                said("Who, background, tempo, syndrome."),
                SOURCE,
                summary=SummaryKey(("farmer",), ("dizziness",), (said("A farmer, dizzy."),)),
            ),
            Exercise(
                "first-thoughts",
                "differential",
                1,
                said("What may it be?"),
                said("Common things are common."),
                SOURCE,
                differential=DIFFERENTIAL,
            ),
            Exercise(
                "now",
                "key features",
                1,
                said("What do you do first?"),
                said("Pressure lying and standing."),
                SOURCE,
                key_features=KeyFeatureKey(
                    (
                        Option("x", said("Measure lying and standing"), ("d24",)),
                        Option("y", said("Ask about drugs")),
                        Option("z", said("Give a sedative")),
                    ),
                    ("x", "y"),
                    2,
                    ("z",),
                ),
            ),
            Exercise(
                "ranked",
                "differential",
                2,
                said("And now?"),
                said("It stayed high on three days."),
                SOURCE,
                differential=DIFFERENTIAL,
            ),
            Exercise(
                "weigh",
                "reflection",
                2,
                said("What speaks for what?"),
                said("Each finding has its weight."),
                SOURCE,
                reflection=ReflectionKey(
                    (Option("A", said("Sustained")), Option("C", said("Postural"))),
                    (
                        Option("high", said("Systolic 148 mmHg"), ("d37",)),
                        Option("rising", said("Worse on rising"), ("d17",)),
                    ),
                    (Link("A", "for", "high"), Link("C", "for", "rising")),
                ),
            ),
            Exercise(
                "treat",
                "management",
                2,
                said("What do you do at this visit?"),
                said("Not controlled for the first time: adjust and see again."),
                SOURCE,
                management=ManagementKey(
                    (
                        Option("adjust", said("Adjust the drug")),
                        Option("soon", said("See again in two weeks")),
                        Option("refer", said("Refer at once")),
                    ),
                    ("adjust", "soon"),
                    ("adjust",),
                    ("d67",),
                    "HTN-2",
                ),
            ),
            Exercise(
                "list",
                "problem list",
                3,
                said("Make the problem list."),
                said("Name what needs care."),
                SOURCE,
                problem_list=ProblemListKey(
                    (
                        KeyProblem("A", said("Essential hypertension"), "biological", 1.0),
                        KeyProblem(
                            "K", said("Kidney disease"), "biological", 1.0, ("K2",), ("K3",)
                        ),
                        KeyProblem("L", said("Limited social contact"), "social", 0.5),
                    ),
                    (("A", "K"), ("A", "L")),
                ),
            ),
            Exercise(
                "panel",
                "script concordance",
                3,
                said("How does it change?"),
                said("The panel was divided."),
                SOURCE,
                script_concordance=ConcordanceKey(
                    said("kidney disease"),
                    said("a normal urine test"),
                    {"-1": 1, "0": 3, "1": 8, "2": 3},
                ),
            ),
            Exercise(
                "mistakes",
                "errors",
                3,
                said("What is wrong in the record?"),
                said("The note was copied forward."),
                SOURCE,
                errors=ErrorsKey((Option("d65", said("It was copied.")),), ("d65", "d67", "d70")),
            ),
        ),
        expert=ExpertView(said("Expert summary."), said("Illness script."), (said("Look twice."),)),
    )
