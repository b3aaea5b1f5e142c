"""Use cases of characterisation: what may be shown of a cohort beside its count.

A cohort is characterised for somebody only if its own count is shown to them, and so is every other
cohort that is asked about together with it. Lines are weighed against those that the same people
have seen (:mod:`app.services.line_ledger`), and what is shown is audited.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np

import cohorts
from app.audit import AuditEvent, record
from app.db.database import Database
from app.db.models import CohortDefinition, CohortVersion
from app.errors import PermissionDenied
from app.permissions import Actor
from app.services.cohort_answers import CohortAnswers, Refusal, everybody_of
from app.services.computations import Computations, Waiting
from app.services.count_ledger import Scope
from app.services.line_ledger import LineLedger, ShownLine
from app.services.projects import is_member
from cohorts.cdm import prepare_cdm
from cohorts.characterisation.answer import FIRST, SECOND, Answer, Ids, Line, Result
from cohorts.characterisation.at_risk import Outcome, TimeAtRisk, load_deaths, outcome_of
from cohorts.characterisation.comparison import Comparison, comparison
from cohorts.characterisation.incidence import Incidence, incidence
from cohorts.characterisation.index import CHARACTERISE_SECONDS
from cohorts.characterisation.overlap import Overlap, overlap
from cohorts.characterisation.pathways import Pathways, PathwaySettings, pathways
from cohorts.characterisation.survival import Survival, survival, survival_of_two
from cohorts.characterisation.table_one import TableOne, table_one
from cohorts.differencing import Bits, bits_of
from cohorts.questions import question_of
from cohorts.result import CohortResult
from deid.release import Release

# A page waits so long for an answer before it says that it is being computed.
PATIENCE_SECONDS: Final = 4.0
KEPT_RELEASES: Final = 4

NOT_CHARACTERISED: Final = (
    "{name} is not characterised. Fewer than {minimum} people tell it from a cohort that you or "
    "your project have counted over this release, or from two of them together, and what is shown "
    "of both would tell of those few. Characterise the other one, make the definition differ by "
    "more people, or ask a steward, who sees this and can characterise it."
)

R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Asked:
    """Who asks about which version of a cohort, over which release."""

    database: Database
    actor: Actor
    cohort: CohortDefinition
    version: CohortVersion
    release: Release

    def about(self, version: CohortVersion) -> Asked:
        """The same question about a version of another cohort of the same project."""
        return Asked(self.database, self.actor, version.cohort, version, self.release)


@dataclass(frozen=True)
class Shown(Generic[R]):
    """What may be shown. ``hidden_lines`` are as many as an earlier table had nearly the same."""

    result: R
    hidden_lines: int


@dataclass(frozen=True)
class _Computed(Generic[R]):
    """What is kept of a computation: lines as bits over the people of the release."""

    result: R
    lines: Mapping[Line, Bits]
    people: int


class Characteriser:
    """Computes characterisations, keeps them, and shows of them what each person may see."""

    def __init__(
        self,
        answers: CohortAnswers,
        ledger: LineLedger,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.rule = answers.rule
        self._answers = answers
        self._ledger = ledger
        self._patience = patience_seconds
        self._computations = Computations()
        self._everybody: dict[str, Ids] = {}

    def stop(self, token: str) -> bool:
        """Stop a computation that is under way."""
        return self._computations.stop(token)

    def table_one(self, asked: Asked, baseline_days: int) -> Shown[TableOne] | Refusal | Waiting:
        """Table 1."""

        def work(results: Sequence[CohortResult], cancel: threading.Event) -> Answer[TableOne]:
            return table_one(asked.release, results[0], baseline_days=baseline_days,
                             rule=self.rule, cancel=cancel)  # fmt: skip

        return self._show([asked], "table one", str(baseline_days), work)

    def comparison(
        self, asked: Asked, other: CohortVersion, baseline_days: int
    ) -> Shown[Comparison] | Refusal | Waiting:
        """Two cohorts side by side."""
        both = [asked, asked.about(other)]
        names = _names(both)

        def work(results: Sequence[CohortResult], cancel: threading.Event) -> Answer[Comparison]:
            return comparison(asked.release, (names[0], names[1]), (results[0], results[1]),
                              baseline_days=baseline_days, rule=self.rule,
                              cancel=cancel)  # fmt: skip

        return self._show(both, "comparison", str(baseline_days), work)

    def overlap(
        self, asked: Asked, others: Sequence[CohortVersion]
    ) -> Shown[Overlap] | Refusal | Waiting:
        """Up to five cohorts and their combinations."""
        every = [asked, *map(asked.about, others)]
        names = _names(every)

        def work(results: Sequence[CohortResult], cancel: threading.Event) -> Answer[Overlap]:
            return overlap(names, results, rule=self.rule)

        return self._show(every, "overlap", "", work)

    def incidence(
        self, asked: Asked, outcome: CohortVersion | None, window: TimeAtRisk
    ) -> Shown[Incidence] | Refusal | Waiting:
        """Incidence of an outcome cohort, or of death; by year where the dates are true."""
        every, calendar_years = _with(asked, outcome), dates_are_true(asked.release)
        waited_for = _outcome_finder(every)

        def work(results: Sequence[CohortResult], cancel: threading.Event) -> Answer[Incidence]:
            return incidence(asked.release, results[0], waited_for(results), window,
                             calendar_years=calendar_years, rule=self.rule,
                             cancel=cancel)  # fmt: skip

        return self._show(every, "incidence", window.setting, work)

    def survival_of_two(
        self, asked: Asked, other: CohortVersion, outcome: CohortVersion | None, window: TimeAtRisk
    ) -> Shown[Survival] | Refusal | Waiting:
        """Time to an outcome cohort, or to death, in two cohorts."""
        both = [asked, asked.about(other)]
        names = _names(both)
        every = [*both, *([] if outcome is None else [asked.about(outcome)])]
        waited_for = _outcome_finder(every, len(both))

        def work(results: Sequence[CohortResult], cancel: threading.Event) -> Answer[Survival]:
            return survival_of_two(asked.release, (names[0], names[1]), (results[0], results[1]),
                                   waited_for(results), window, rule=self.rule,
                                   cancel=cancel)  # fmt: skip

        return self._show(every, "survival of two", window.setting, work)

    def survival(
        self, asked: Asked, outcome: CohortVersion | None, window: TimeAtRisk, by: str
    ) -> Shown[Survival] | Refusal | Waiting:
        """Time to an outcome cohort, or to death."""
        every = _with(asked, outcome)
        waited_for = _outcome_finder(every)

        def work(results: Sequence[CohortResult], cancel: threading.Event) -> Answer[Survival]:
            return survival(asked.release, results[0], waited_for(results), window, by=by,
                            rule=self.rule, cancel=cancel)  # fmt: skip

        return self._show(every, "survival", f"{window.setting} by {by}", work)

    def pathways(
        self, asked: Asked, settings: PathwaySettings
    ) -> Shown[Pathways] | Refusal | Waiting:
        """Treatment pathways."""

        def work(results: Sequence[CohortResult], cancel: threading.Event) -> Answer[Pathways]:
            return pathways(asked.release, results[0], settings, rule=self.rule, cancel=cancel)

        return self._show([asked], "pathways", settings.setting, work)

    def _show(
        self,
        asked: Sequence[Asked],
        analysis: str,
        settings: str,
        work: Callable[[Sequence[CohortResult], threading.Event], Answer[R]],
    ) -> Shown[R] | Refusal | Waiting:
        """Answer if every cohort's count is answered, computing what is not kept.

        Raises:
            CohortError: what the computation raises.
            PermissionDenied: for whom there is no account.
        """
        first = asked[0]
        for one in asked:
            answered = self._answers.ask(
                one.database, one.actor, one.cohort, one.version, one.release
            )
            if answered.refusal is not None:
                minimum = self.rule.minimum_cell
                return Refusal(NOT_CHARACTERISED.format(name=one.cohort.name, minimum=minimum))
        names = tuple(one.cohort.name for one in asked)
        key = (first.release.name, analysis, settings, names,
               tuple(one.version.sha256 for one in asked))  # fmt: skip
        release, expressions = first.release, [one.version.expression for one in asked]

        def compute(cancel: threading.Event) -> _Computed[R]:
            answer = work([_run(release, text, cancel) for text in expressions], cancel)
            everybody = self._people_of(release)
            lines = {
                line: bits_of(np.searchsorted(everybody, ids), len(everybody))
                for line, ids in answer.lines.items()
            }
            return _Computed(answer.result, lines, len(everybody))

        computed = self._computations.ask(key, compute, self._patience)
        if isinstance(computed, Waiting):
            return computed
        questions = [question_of(cohorts.load(text)) for text in expressions]
        return self._weigh(asked, analysis, computed, questions)

    def _weigh(
        self, asked: Sequence[Asked], analysis: str, computed: _Computed[R], questions: list[str]
    ) -> Shown[R]:
        first = asked[0]
        if first.actor.user_id is None:
            raise PermissionDenied("Counts are shown to people with an account.")
        project_id = (
            first.cohort.project_id if is_member(first.cohort.project, first.actor) else None
        )
        scope = Scope(first.actor.user_id, project_id, first.release.name, computed.people)
        shown = [_shown_line(line, questions, bits) for line, bits in computed.lines.items()]
        detail = {
            "analysis": analysis,
            "version": first.version.number,
            "release": first.release.name,
        }
        with first.database.writing() as session:
            admitted = self._ledger.admit(session, scope, shown)
            event = AuditEvent("cohort.characterised", "cohort", first.cohort.id, detail)
            record(session, first.actor, event)
        hidden = {
            line.aspect for line, may in zip(computed.lines, admitted, strict=True) if not may
        }
        return Shown(_without(computed.result, hidden), len(hidden))

    def _people_of(self, release: Release) -> Ids:
        if release.name not in self._everybody:
            while len(self._everybody) >= KEPT_RELEASES:
                self._everybody.pop(next(iter(self._everybody)), None)
            self._everybody[release.name] = everybody_of(release)
        return self._everybody[release.name]


def _without(result: R, hidden: Collection[str]) -> R:
    return result.without(hidden) if hidden else result


def _shown_line(line: Line, questions: Sequence[str], people: Bits) -> ShownLine:
    """A line under the question of the cohorts it is about."""
    aspect, cohort = line.aspect, questions
    if aspect.startswith((f"{FIRST}|", f"{SECOND}|")):
        which, aspect = aspect.split("|", 1)
        cohort = [questions[0 if which == FIRST else 1]]
    if aspect.startswith("overlap:"):
        return ShownLine("overlap", "overlap", people, may_equal=True)
    asked = "\n".join([cohort[0], line.setting])
    return ShownLine(hashlib.sha256(asked.encode()).hexdigest(), aspect, people)


def _run(release: Release, expression: str, cancel: threading.Event) -> CohortResult:
    definition = cohorts.load(expression)
    return cohorts.run(definition, release, limit_seconds=CHARACTERISE_SECONDS, cancel=cancel)


def dates_are_true(release: Release) -> bool:
    """Whether a calendar year in the release is the year in which something happened."""
    treatments = {
        column.treatment
        for column in release.dictionary.columns
        if (column.table, column.name) == ("observation_period", "observation_period_start_date")
    }
    return treatments <= {"keep", "year-only"}


def _outcome_finder(
    asked: Sequence[Asked], place: int = 1
) -> Callable[[Sequence[CohortResult]], Outcome]:
    """What makes the outcome of the cohorts' results: the one at a place, or death without one.

    It is used in a thread, where nothing of the database may be read.
    """
    release = asked[0].release
    if len(asked) > place:
        name = asked[place].cohort.name
        key = question_of(cohorts.load(asked[place].version.expression))
        return lambda results: outcome_of(results[place], name, key)

    def deaths(results: Sequence[CohortResult]) -> Outcome:
        with release.connect() as connection:
            prepare_cdm(connection)
            return load_deaths(connection)

    return deaths


def _with(asked: Asked, other: CohortVersion | None) -> list[Asked]:
    return [asked] if other is None else [asked, asked.about(other)]


def _names(asked: Sequence[Asked]) -> list[str]:
    """Names of cohorts, with their version where a name stands twice."""
    names = [one.cohort.name for one in asked]
    return [
        f"{name} (version {one.version.number})" if names.count(name) > 1 else name
        for name, one in zip(names, asked, strict=True)
    ]
