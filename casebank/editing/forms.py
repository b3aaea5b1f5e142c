"""What can be edited of a lesson: a form for each part and each kind of key, and its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from casebank.lesson import (
    ConcordanceKey,
    DifferentialKey,
    ErrorsKey,
    Exercise,
    KeyDiagnosis,
    KeyFeatureKey,
    KeyProblem,
    ManagementKey,
    Objective,
    Order,
    Origin,
    ProblemListKey,
    ReflectionKey,
    SummaryKey,
    Wording,
)


@dataclass(frozen=True)
class Heading:
    """What stands above a lesson."""

    title: Wording
    setting: Wording
    minutes: int
    perspectives: tuple[Wording, ...] = ()
    community: Wording | None = None


@dataclass(frozen=True)
class Objectives:
    """All objectives of a lesson."""

    objectives: tuple[Objective, ...] = ()


@dataclass(frozen=True)
class StageForm:
    """A stage without what it reveals, which is moved and not typed."""

    title: Wording
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True)
class Question:
    """An exercise without its key."""

    stage: int
    prompt: Wording
    explanation: Wording
    source: str
    origin: Origin = "author"


@dataclass(frozen=True)
class Judgement:
    """A script concordance item without its panel, whose answers are gathered and not typed."""

    hypothesis: Wording
    finding: Wording
    data: tuple[str, ...] = ()


KEYS: dict[str, type] = {
    "summary": SummaryKey,
    "problem list": ProblemListKey,
    "differential": DifferentialKey,
    "reflection": ReflectionKey,
    "key features": KeyFeatureKey,
    "script concordance": Judgement,
    "management": ManagementKey,
    "errors": ErrorsKey,
}
"""Form of the key of each kind of exercise."""

LONG = frozenset({"prompt", "explanation", "summary", "script", "why", "community", "experts"})
LABELS: dict[tuple[str, str], tuple[str, str]] = {
    ("Heading", "title"): ("Title", "The complaint, never the diagnosis."),
    ("Heading", "setting"): ("Setting", "Where the student meets the person."),
    ("Heading", "minutes"): ("Minutes", "At most 45; a short case at most 20."),
    ("Heading", "perspectives"): (
        "The person's voice",
        "Ideas, concerns and expectations, or a relative's words. Students see that you wrote it.",
    ),
    ("Heading", "community"): ("Community", "What is usual where the person lives, if it matters."),
    ("Objectives", "objectives"): ("Objectives", "One to five; each begins with a verb."),
    ("Objective", "text"): ("After the case the student can …", ""),
    ("Objective", "exercises"): ("Practised in", "Names of exercises, one a line."),
    ("StageForm", "title"): ("Title of the stage", ""),
    ("StageForm", "orders"): ("What the student may open", "Shown only when they choose it."),
    ("Order", "name"): ("Name", "Small letters, digits and “-”."),
    ("Order", "label"): ("What it is called", ""),
    ("Order", "kind"): ("Kind", ""),
    ("Order", "cost"): ("Cost in points", "0 for a question."),
    ("Order", "data"): ("Data that it opens", ""),
    ("Question", "stage"): ("At the end of stage", ""),
    ("Question", "prompt"): ("Question", ""),
    ("Question", "explanation"): ("Explanation", "Shown after the answer is committed."),
    ("Question", "source"): ("Source of the key", "A rule, a guide, or data of the record."),
    ("Question", "origin"): ("Who says it", ""),
    ("SummaryKey", "context"): ("Words for who and where", "One a line, in both languages."),
    ("SummaryKey", "syndrome"): ("Words for the syndrome", "One a line, in both languages."),
    ("SummaryKey", "experts"): ("How experts would write it", "Up to three."),
    ("ProblemListKey", "problems"): ("Consensus list", "In its order."),
    ("ProblemListKey", "panel"): (
        "Lists of the panel",
        "A line for each panellist: codes with commas between.",
    ),
    ("KeyProblem", "code"): ("Code", "Of the list; an empty title becomes its name."),
    ("KeyDiagnosis", "code"): ("Code", "Of the list; an empty title becomes its name."),
    ("KeyProblem", "near"): ("Near codes", "Broader, narrower and split-off codes, one a line."),
    ("KeyProblem", "synonyms"): ("Synonyms", "One a line."),
    ("KeyProblem", "weight"): ("Weight", "1 for an ordinary problem."),
    ("KeyDiagnosis", "relevance"): ("Relevance", "3 leading, 2 plausible, 1 acceptable."),
    ("KeyDiagnosis", "must_not_miss"): ("Must not be missed", ""),
    ("KeyDiagnosis", "why"): ("Why", ""),
    ("DifferentialKey", "diagnoses"): ("Diagnoses", "At least four for publication."),
    ("DifferentialKey", "discriminating_stage"): (
        "Stage that tells them apart",
        "Empty if none does.",
    ),
    ("ReflectionKey", "links"): ("Findings for, against, and expected but absent", ""),
    ("Link", "hypothesis"): ("Hypothesis", "Its code."),
    ("Link", "stance"): ("The finding speaks", ""),
    ("Link", "finding"): ("Finding", "Its code."),
    ("KeyFeatureKey", "right"): ("Right", "Codes of options, one a line."),
    ("KeyFeatureKey", "most"): ("May be chosen at most", "More than that counts as nothing."),
    ("KeyFeatureKey", "harmful"): ("Harmful", "Codes of options, one a line."),
    ("Judgement", "hypothesis"): ("If you were thinking of …", ""),
    ("Judgement", "finding"): ("… and then you learn that …", ""),
    ("Judgement", "data"): ("Data that it rests on", ""),
    ("ManagementKey", "asked"): ("What the rule asks for", "Codes of options, one a line."),
    ("ManagementKey", "happened"): ("What was done", "Codes of options, one a line."),
    ("ManagementKey", "happened_data"): ("Data that show what was done", ""),
    ("ManagementKey", "rule"): ("Rule", "By its name."),
    ("ErrorsKey", "wrong"): ("What is wrong", "The code is the datum's id, the text says what."),
    ("ErrorsKey", "candidates"): ("Data to choose from", "Those that are wrong are among them."),
    ("ExpertView", "summary"): ("Summary", "As an expert would put the case."),
    ("ExpertView", "script"): ("Illness script", "Who gets it, what goes wrong, what comes of it."),
    ("ExpertView", "take_home"): ("Three things to take home", ""),
    ("Option", "code"): ("Code", ""),
    ("Option", "text"): ("Text", ""),
    ("Option", "data"): ("Data that it speaks of", ""),
}
CODED = (KeyDiagnosis, KeyProblem)
DATA = frozenset({"data", "happened_data", "candidates", "reveals"})


def label_of(kind: Any, name: str) -> tuple[str, str]:
    """What a field of a form is called, and a hint beside it."""
    found = LABELS.get((kind.__name__, name))
    return found or (name.replace("_", " ").capitalize(), "")


def key_of(exercise: Exercise) -> Any:
    """The key of an exercise, in the form in which it is edited."""
    key = getattr(exercise, exercise.kind.replace(" ", "_"))
    if isinstance(key, ConcordanceKey):
        return Judgement(key.hypothesis, key.finding, key.data)
    return key
