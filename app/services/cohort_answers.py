"""Answers to questions about cohorts: safe counts only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

import cohorts
from app.audit import AuditEvent, record
from app.db.database import Database
from app.db.models import CohortDefinition, CohortDraft, CohortVersion, Project
from app.errors import PermissionDenied
from app.permissions import Actor
from app.services.count_ledger import Count, CountLedger, Scope
from app.services.projects import is_member
from cohorts.age_margins import EXACT, AgeBands, AgeMargin, age_bands, margin_of
from cohorts.differencing import bits_of
from cohorts.disclosure import (
    DisclosureRule,
    SafeAttrition,
    SafeCount,
    SafeStep,
    coarse_count,
    safe_count,
)
from cohorts.live import LiveCohorts
from cohorts.model import CohortDefinition as EngineDefinition
from cohorts.questions import Ids, people_by_rules, question_of
from deid.release import Release

# An interactive question may take this long; the worker has the engine's own, longer limit.
QUESTION_SECONDS = 30.0
# While one edits, an answer that takes longer than this comes too late.
DRAFT_SECONDS = 10.0
KEPT_ANSWERS = 256
KEPT_RELEASES = 8
# Releases kept ready in memory, and how much of it each may take: below 2 GB together.
LIVE_RELEASES = 2
LIVE_MEGABYTES = 900


@dataclass(frozen=True)
class Refusal:
    """Why a question is not answered by itself, and what to do."""

    reason: str


@dataclass(frozen=True)
class SafeAnswer:
    """What a person may see of a cohort over a release. It holds no true count.

    With a ``refusal``, the count of people was worked out from earlier ones: fewer than the minimum
    tell this question from them, so that nothing more of it is shown. ``ages`` says how
    exactly age limits of the definition are decided.
    """

    release: str
    persons: SafeCount
    entries: SafeCount
    attrition: SafeAttrition
    missing_tables: tuple[str, ...]
    seconds: float
    refusal: Refusal | None = None
    ages: AgeMargin = EXACT

    @property
    def withheld(self) -> bool:
        """Whether no number of people is shown."""
        return self.persons.shown is None

    @property
    def near(self) -> bool:
        """Whether the question is too close to earlier ones."""
        return self.refusal is not None


@dataclass(frozen=True)
class _Counted:
    """What a run found: sets of people with the questions they answer, and the rest as shown."""

    people: int
    final: Count
    entered: Count
    rules: tuple[str, ...]
    meeting: tuple[Count, ...]
    remaining: tuple[Count, ...]
    entries: SafeCount
    coarse_entries: SafeCount
    missing_tables: tuple[str, ...]
    seconds: float
    ages: AgeMargin


NEAR = (
    "Fewer than {minimum} people tell this definition from one that you or your project have "
    "counted over this release, or from two of them together. The number is the one that was shown "
    "then, so that nobody can be singled out by the difference. It is safe to go on with it; a "
    "steward, who sees this, can count the cohort by itself."
)


class CohortAnswers:
    """Answers to cohort questions. Runs are kept: neither a release nor a version ever changes."""

    def __init__(self, minimum_cell: int, ledger: CountLedger) -> None:
        self.rule = DisclosureRule.with_minimum(minimum_cell)
        self._ledger = ledger
        self._kept: OrderedDict[tuple[str, str], _Counted] = OrderedDict()
        self._people: OrderedDict[str, Ids] = OrderedDict()
        self._bands: OrderedDict[str, AgeBands] = OrderedDict()
        self._ready: OrderedDict[str, LiveCohorts] = OrderedDict()
        self._drafting: dict[int, threading.Event] = {}
        self._lock = threading.Lock()

    def ask(
        self,
        database: Database,
        actor: Actor,
        cohort: CohortDefinition,
        version: CohortVersion,
        release: Release,
    ) -> SafeAnswer:
        """Count a version over a release; the question and how it ended are audited.

        Raises:
            DefinitionError, EngineError, QueryTimeout: from ``cohorts``.
            PermissionDenied: for whom there is no account: nobody else's counts are known.
        """
        definition = cohorts.load(version.expression)
        counted = self._count(release, definition, QUESTION_SECONDS)
        detail = {"version": version.number, "release": release.name}
        about = ("cohort", cohort.id, detail)
        return self._answer(database, actor, cohort.project, release, counted, about)

    def ask_draft(
        self,
        database: Database,
        actor: Actor,
        draft: CohortDraft,
        document: str,
        release: Release,
        exact: bool = False,
    ) -> SafeAnswer:
        """Count a draft over a release, in wide steps unless ``exact``.

        A further question of the same person stops the one before it.

        Raises:
            DefinitionError: if the draft is not a valid definition yet.
            QueryCancelled, QueryTimeout, EngineError: from ``cohorts``.
            PermissionDenied: for whom there is no account.
        """
        if actor.user_id is None:
            raise PermissionDenied("Counts are shown to people with an account.")
        definition = cohorts.load(document)
        cancel = threading.Event()
        with self._lock:
            before = self._drafting.get(actor.user_id)
            self._drafting[actor.user_id] = cancel
        if before is not None:
            before.set()
        try:
            counted = self._count(release, definition, DRAFT_SECONDS, cancel)
        finally:
            with self._lock:
                if self._drafting.get(actor.user_id) is cancel:
                    del self._drafting[actor.user_id]
        detail = {"release": release.name, "sha256": definition.sha256, "exact": exact}
        about = ("cohort_draft", draft.id, detail)
        return self._answer(
            database, actor, draft.project, release, counted, about, coarse=not exact
        )

    def stop(self, actor: Actor) -> None:
        """Stop the count of a draft that runs for this person, if one does."""
        with self._lock:
            running = self._drafting.get(actor.user_id or 0)
        if running is not None:
            running.set()

    def _answer(
        self,
        database: Database,
        actor: Actor,
        project: Project,
        release: Release,
        counted: _Counted,
        about: tuple[str, int, dict[str, Any]],
        coarse: bool = False,
    ) -> SafeAnswer:
        if actor.user_id is None:
            raise PermissionDenied("Counts are shown to people with an account.")
        # Who only looks at a project tells its members nothing.
        project_id = project.id if is_member(project, actor) else None
        scope = Scope(actor.user_id, project_id, release.name, counted.people)
        # The people left after the last rules matter most, so they are weighed first.
        steps = [counted.final, counted.entered, *reversed(counted.remaining)]
        # Of a draft, how many meet each rule alone is not shown, and need not become known.
        steps += [] if coarse else counted.meeting
        kind, number, detail = about
        with database.writing() as session:
            self._ledger.lock(session)
            weighed = self._ledger.weigh(session, scope, steps, coarse)
            near = weighed[0].near
            action = "count_refused" if near else "draft_counted" if coarse else "counted"
            record(session, actor, AuditEvent(f"cohort.{action}", kind, number, detail))
        counts = [one.count for one in weighed]
        after = counts[2 : 2 + len(counted.rules)][::-1]
        hidden = SafeCount(None, False, self.rule.minimum_cell)
        alone = counts[2 + len(counted.rules) :] or [hidden] * len(counted.rules)
        return SafeAnswer(
            release=release.name,
            persons=counts[0],
            entries=hidden if near else counted.coarse_entries if coarse else counted.entries,
            attrition=SafeAttrition(
                entry=counts[1],
                steps=tuple(
                    SafeStep(rule, meets, remains)
                    for rule, meets, remains in zip(counted.rules, alone, after, strict=True)
                ),
                final=counts[0],
            ),
            missing_tables=counted.missing_tables,
            seconds=counted.seconds,
            ages=counted.ages,
            refusal=Refusal(NEAR.format(minimum=self.rule.minimum_cell)) if near else None,
        )

    def _count(
        self,
        release: Release,
        definition: EngineDefinition,
        limit_seconds: float,
        cancel: threading.Event | None = None,
    ) -> _Counted:
        key = (release.name, definition.sha256)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        counted = self._run(release, definition, limit_seconds, cancel)
        with self._lock:
            _keep(self._kept, key, counted)
        return counted

    def _run(
        self,
        release: Release,
        definition: EngineDefinition,
        limit_seconds: float,
        cancel: threading.Event | None,
    ) -> _Counted:
        result = self._live(release).count(definition, limit_seconds, cancel)
        everybody = self._everybody(release)

        people = people_by_rules(result, everybody)

        def count(rules: Collection[int]) -> Count:
            return Count(question_of(definition, rules), people(rules))

        rules = range(len(definition.inclusion_rule_names))
        found = result.person_ids.to_numpy(zero_copy_only=False)
        # Entries of a few people would tell that there are a few: hidden with them.
        enough = len(found) >= self.rule.minimum_cell
        entries = result.entries if enough else 0
        return _Counted(
            people=len(everybody),
            final=Count(
                question_of(definition),
                bits_of(np.searchsorted(everybody, found), len(everybody)),
            ),
            entered=count(()),
            rules=definition.inclusion_rule_names,
            meeting=tuple(count((rule,)) for rule in rules),
            remaining=tuple(count(rules[: rule + 1]) for rule in rules),
            entries=safe_count(entries, self.rule),
            coarse_entries=coarse_count(entries, self.rule),
            missing_tables=result.missing_tables,
            seconds=result.seconds,
            ages=margin_of(definition, self.age_bands(release)),
        )

    def age_bands(self, release: Release) -> AgeBands:
        """How exactly ages are known in a release."""
        with self._lock:
            if release.name in self._bands:
                return self._bands[release.name]
        bands = age_bands(release)
        with self._lock:
            _keep(self._bands, release.name, bands, KEPT_RELEASES)
        return bands

    def _live(self, release: Release) -> LiveCohorts:
        """The release kept ready in memory. One that is put aside ends with its last question."""
        with self._lock:
            if release.name not in self._ready:
                live = LiveCohorts(release, memory_megabytes=LIVE_MEGABYTES)
                _keep(self._ready, release.name, live, LIVE_RELEASES)
            self._ready.move_to_end(release.name)
            return self._ready[release.name]

    def _everybody(self, release: Release) -> Ids:
        with self._lock:
            if release.name in self._people:
                return self._people[release.name]
        people = everybody_of(release)
        with self._lock:
            _keep(self._people, release.name, people, KEPT_RELEASES)
        return people


Key = TypeVar("Key")
Kept = TypeVar("Kept")


def _keep(kept: OrderedDict[Key, Kept], key: Key, value: Kept, number: int = KEPT_ANSWERS) -> None:
    kept[key] = value
    while len(kept) > number:
        kept.popitem(last=False)


def everybody_of(release: Release) -> Ids:
    """Ids of all people of a release, ascending: the order of the ledger's sets."""
    with release.connect() as connection:
        found = connection.execute("SELECT person_id FROM person ORDER BY 1").fetchnumpy()
    return np.asarray(found["person_id"], dtype=np.int64)
