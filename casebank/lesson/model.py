"""Stages, exercises and keys of a teaching case, as frozen data that validates when it is built.

Data of the record are named by the ids of their statements in the case; diagnoses and problems by
the codes of ``casebank.terms``. Stages are numbered from 1. What the last stage has not revealed
(problem list, later contacts, outcome) is shown when everything is committed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from casebank import documents
from casebank.errors import CaseFormatError
from casebank.model import Case, Language, ProblemKind
from casebank.scoring import StatementRule
from casebank.scoring.reflection import Stance

SCHEMA = "care-commons-lesson/1"
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")

ExerciseKind = Literal[
    "summary",
    "problem list",
    "differential",
    "reflection",
    "key features",
    "script concordance",
    "management",
    "errors",
]
Origin = Literal["record", "rule", "author"]
"""Who says it: the record, a published rule, or the teacher who wrote the lesson."""


@dataclass(frozen=True)
class Wording:
    """A text in one or both languages; the publication checklist demands both."""

    en: str = ""
    zh: str = ""

    def __post_init__(self) -> None:
        if not (self.en.strip() or self.zh.strip()):
            raise ValueError("a wording has a text in English or Chinese")

    def text(self, language: Language) -> str:
        """The text in ``language``, or in the other one where there is none."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)


@dataclass(frozen=True)
class Option:
    """Something to choose. ``data`` are statements of the case that it speaks of."""

    code: str
    text: Wording
    data: tuple[str, ...] = ()


@dataclass(frozen=True)
class Objective:
    """What a student can do afterwards: begins with a verb, is practised in ``exercises``."""

    text: Wording
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """Something a student may open at a stage; ``cost`` in points, 0 for a question."""

    name: str
    label: Wording
    kind: Literal["history", "examination", "test", "wait"]
    cost: int
    data: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.cost < 0 or not self.data:
            raise ValueError("an order costs nothing or something, and opens at least one datum")


@dataclass(frozen=True)
class Stage:
    """``reveals`` is shown on entering; ``orders`` only when the student opens them."""

    title: Wording
    reveals: tuple[str, ...]
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True)
class SummaryKey:
    """Words for context and syndrome, and up to three statements as experts would write them."""

    context: tuple[str, ...]
    syndrome: tuple[str, ...]
    experts: tuple[Wording, ...]

    @property
    def rule(self) -> StatementRule:
        """For :func:`casebank.scoring.check_statement`."""
        return StatementRule(self.context, self.syndrome)


@dataclass(frozen=True)
class KeyProblem:
    """A problem of the consensus list. ``near`` are broader, narrower and split-off codes."""

    code: str
    title: Wording
    kind: ProblemKind
    weight: float
    synonyms: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProblemListKey:
    """The consensus list in its order, and the lists of the panel (codes) if there was one."""

    problems: tuple[KeyProblem, ...]
    panel: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class KeyDiagnosis:
    """``relevance``: 3 leading, 2 plausible, 1 acceptable."""

    code: str
    title: Wording
    relevance: int
    must_not_miss: bool = False
    why: Wording | None = None


@dataclass(frozen=True)
class DifferentialKey:
    """``discriminating_stage`` opens the datum that tells the diagnoses apart."""

    diagnoses: tuple[KeyDiagnosis, ...]
    discriminating_stage: int | None = None


@dataclass(frozen=True)
class Link:
    """A finding for or against a hypothesis, or expected and absent."""

    hypothesis: str
    stance: Stance
    finding: str


@dataclass(frozen=True)
class ReflectionKey:
    """Hypotheses and findings by code, and the links between them that count as right."""

    hypotheses: tuple[Option, ...]
    findings: tuple[Option, ...]
    links: tuple[Link, ...]

    def __post_init__(self) -> None:
        hypotheses = {one.code for one in self.hypotheses}
        findings = {one.code for one in self.findings}
        if any(ln.hypothesis not in hypotheses or ln.finding not in findings for ln in self.links):
            raise ValueError("a link joins a listed hypothesis and a listed finding")


@dataclass(frozen=True)
class KeyFeatureKey:
    """One question with options; at most ``most`` may be chosen."""

    options: tuple[Option, ...]
    right: tuple[str, ...]
    most: int
    harmful: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_chosen(self.options, (*self.right, *self.harmful))


@dataclass(frozen=True)
class ConcordanceKey:
    """ "If you thought of ... and then learn ...": ``panel`` counts panellists by "-2" to "2"."""

    hypothesis: Wording
    finding: Wording
    panel: Mapping[str, int] = field(default_factory=dict)
    data: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not set(self.panel) <= {"-2", "-1", "0", "1", "2"}:
            raise ValueError("a panel is counted by the options -2 to 2")


@dataclass(frozen=True)
class ManagementKey:
    """What a rule asks for at a decision point, and what the record says was done."""

    options: tuple[Option, ...]
    asked: tuple[str, ...]
    happened: tuple[str, ...]
    happened_data: tuple[str, ...]
    rule: str

    def __post_init__(self) -> None:
        _check_chosen(self.options, (*self.asked, *self.happened))


@dataclass(frozen=True)
class ErrorsKey:
    """Statements of the case that contradict another one, a rule, or sense; what is wrong."""

    wrong: tuple[Option, ...]
    candidates: tuple[str, ...]

    def __post_init__(self) -> None:
        if not set(self.candidates) >= {one.code for one in self.wrong}:
            raise ValueError("what is wrong is among the candidates")


@dataclass(frozen=True)
class Exercise:
    """A question at the end of a stage, with the one key that its kind needs.

    ``source`` names the rule, guide or datum that the key rests on.
    """

    name: str
    kind: ExerciseKind
    stage: int
    prompt: Wording
    explanation: Wording
    source: str
    origin: Origin = "rule"
    summary: SummaryKey | None = None
    problem_list: ProblemListKey | None = None
    differential: DifferentialKey | None = None
    reflection: ReflectionKey | None = None
    key_features: KeyFeatureKey | None = None
    script_concordance: ConcordanceKey | None = None
    management: ManagementKey | None = None
    errors: ErrorsKey | None = None

    def __post_init__(self) -> None:
        _check_name(self.name)
        given = {
            kind
            for kind in (
                "summary",
                "problem list",
                "differential",
                "reflection",
                "key features",
                "script concordance",
                "management",
                "errors",
            )
            if getattr(self, kind.replace(" ", "_")) is not None
        }
        if given != {self.kind}:
            raise ValueError("an exercise has the key of its kind and no other")

    def data(self) -> Iterator[str]:
        """Ids of all statements that the question and its key speak of."""
        yield from _ids(documents.encode(self))


@dataclass(frozen=True)
class ExpertView:
    """What an expert makes of the case, shown at the end."""

    summary: Wording
    script: Wording
    take_home: tuple[Wording, ...]


@dataclass(frozen=True)
class Lesson:
    """A whole lesson over the case with the same ``case_id``.

    ``minutes`` is the author's guess; ``perspectives`` are the patient's ideas, concerns and
    expectations or a relative's voice, written by the author and shown as such.
    """

    case_id: str
    title: Wording
    setting: Wording
    minutes: int
    objectives: tuple[Objective, ...]
    stages: tuple[Stage, ...]
    exercises: tuple[Exercise, ...]
    expert: ExpertView
    perspectives: tuple[Wording, ...] = ()
    community: Wording | None = None
    schema: str = SCHEMA

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"the schema is {SCHEMA}")
        if not self.stages:
            raise ValueError("a lesson has at least one stage")
        names = [one.name for one in self.exercises]
        orders = [order.name for stage in self.stages for order in stage.orders]
        if len(set(names)) != len(names) or len(set(orders)) != len(orders):
            raise ValueError("exercises and orders have names of their own")
        if any(not 1 <= one.stage <= len(self.stages) for one in self.exercises):
            raise ValueError("an exercise belongs to a stage that there is")
        if any(not set(one.exercises) <= set(names) for one in self.objectives):
            raise ValueError("an objective names exercises that there are")

    def at(self, stage: int) -> tuple[Exercise, ...]:
        """Exercises at the end of a stage, in their order."""
        return tuple(one for one in self.exercises if one.stage == stage)

    def exercise(self, name: str) -> Exercise:
        """The exercise of that name.

        Raises:
            KeyError: if there is none.
        """
        for one in self.exercises:
            if one.name == name:
                return one
        raise KeyError(name)

    def check_fits(self, case: Case) -> None:
        """Refuse a lesson that names data the case does not have.

        Raises:
            CaseFormatError: naming the ids.
        """
        known = {item.id for item in case.statements()}
        known |= {p.id for sheet in case.flow_sheets for s in sheet.series for p in s.points}
        unknown = sorted(set(_ids(documents.encode(self))) - known)
        if unknown or self.case_id != case.case_id:
            raise CaseFormatError(
                f"the lesson names data that the case does not have: {', '.join(unknown[:5])}"
                if unknown
                else "the lesson belongs to another case"
            )

    def to_json(self) -> bytes:
        """Canonical JSON in UTF-8."""
        return self._written

    @cached_property
    def _written(self) -> bytes:
        return documents.to_bytes(documents.encode(self))

    @classmethod
    def from_json(cls, data: bytes) -> Lesson:
        """Parse what :meth:`to_json` wrote.

        Raises:
            CaseFormatError: if a field is missing, unknown, of another type or contradictory.
        """
        document = documents.from_bytes(data)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise CaseFormatError(f"the document is not of schema {SCHEMA}")
        return documents.decode(cls, document, "lesson")


_ID_FIELDS = frozenset({"data", "reveals", "happened_data", "candidates"})


def _ids(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _ID_FIELDS:
                yield from item
            else:
                yield from _ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError("a name has small letters, digits and '-', and begins with a letter")


def _check_chosen(options: tuple[Option, ...], chosen: tuple[str, ...]) -> None:
    codes = [one.code for one in options]
    if len(set(codes)) != len(codes) or not set(chosen) <= set(codes):
        raise ValueError("a key names options that there are, each of them once")
