"""Use cases of cohorts: keep definitions in versions, and answer with safe counts only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

import cohorts
from app.audit import AuditEvent, record
from app.db.database import Database
from app.db.models import CohortDefinition, CohortVersion
from app.errors import BadInput, NotFound, PermissionDenied
from app.permissions import Actor, Permission, can, check_permission
from app.services.count_ledger import Count, CountLedger, Scope
from app.services.projects import get_project, is_member
from cohorts.differencing import bits_of
from cohorts.disclosure import DisclosureRule, SafeAttrition, SafeCount, safe_attrition, safe_count
from cohorts.model import CohortDefinition as EngineDefinition
from cohorts.questions import Ids, question_of, remaining
from deid.release import Release

# An interactive question may take this long; the worker has the engine's own, longer limit.
QUESTION_SECONDS = 30.0
KEPT_ANSWERS = 256


@dataclass(frozen=True)
class SafeAnswer:
    """What a person may see of a cohort over a release. It holds no true count."""

    release: str
    persons: SafeCount
    entries: SafeCount
    attrition: SafeAttrition
    missing_tables: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class _Counted:
    """What a run found, as sets, and what of it may be shown where the sets may be counted."""

    answer: SafeAnswer
    people: int
    final: Count
    entered: Count
    meeting: tuple[Count, ...]
    remaining: tuple[Count, ...]


@dataclass(frozen=True)
class Refusal:
    """Why a question for counts was not answered, and what to do."""

    reason: str


REFUSED = (
    "This question is not answered. With counts that you or your project have already seen over "
    "this release, its answer would tell of fewer than {minimum} people: it finds nearly the same "
    "people as an earlier question, or as two of them together. Make the definition differ by "
    "more people, for instance by wider age limits or a broader concept set, go back to an earlier "
    "version, or ask a steward, who sees this refusal and can count the cohort."
)


class CohortAnswers:
    """Answers to cohort questions. Runs are kept: neither a release nor a version ever changes."""

    def __init__(self, minimum_cell: int, ledger: CountLedger) -> None:
        self.rule = DisclosureRule.with_minimum(minimum_cell)
        self._ledger = ledger
        self._kept: OrderedDict[tuple[str, str], _Counted] = OrderedDict()
        self._lock = threading.Lock()

    def ask(
        self,
        database: Database,
        actor: Actor,
        cohort: CohortDefinition,
        version: CohortVersion,
        release: Release,
    ) -> SafeAnswer | Refusal:
        """Count a version over a release; the question and how it ended are audited.

        Raises:
            DefinitionError, EngineError, QueryTimeout: from ``cohorts``.
            PermissionDenied: for whom there is no account: nobody else's counts are known.
        """
        if actor.user_id is None:
            raise PermissionDenied("Counts are shown to people with an account.")
        counted = self._count(release, version.expression)
        # Who only looks at a project tells its members nothing.
        project_id = cohort.project_id if is_member(cohort.project, actor) else None
        scope = Scope(actor.user_id, project_id, release.name, counted.people)
        detail = {"version": version.number, "release": release.name}
        with database.writing() as session:
            self._ledger.lock(session)
            answer = self._weigh(session, scope, counted)
            action = "cohort.counted" if isinstance(answer, SafeAnswer) else "cohort.count_refused"
            record(session, actor, AuditEvent(action, "cohort", cohort.id, detail))
        return answer

    def _weigh(self, session: Session, scope: Scope, counted: _Counted) -> SafeAnswer | Refusal:
        # The people left after the last rules matter most, so they are weighed first.
        steps = [counted.final, counted.entered, *reversed(counted.remaining), *counted.meeting]
        may_answer, entered, *others = self._ledger.admit(session, scope, steps)
        if not may_answer:
            return Refusal(REFUSED.format(minimum=self.rule.minimum_cell))
        number = len(counted.remaining)
        remaining, meeting = others[:number][::-1], others[number:]
        hidden = SafeCount(None, False, self.rule.minimum_cell)
        attrition = counted.answer.attrition
        shown = SafeAttrition(
            entry=attrition.entry if entered else hidden,
            steps=tuple(
                replace(
                    step,
                    meeting=step.meeting if meets else hidden,
                    remaining=step.remaining if remains else hidden,
                )
                for step, meets, remains in zip(attrition.steps, meeting, remaining, strict=True)
            ),
            final=attrition.final,
        )
        return replace(counted.answer, attrition=shown)

    def _count(self, release: Release, expression: str) -> _Counted:
        definition = cohorts.load(expression)
        key = (release.name, definition.sha256)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        counted = self._run(release, definition)
        with self._lock:
            self._kept[key] = counted
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return counted

    def _run(self, release: Release, definition: EngineDefinition) -> _Counted:
        result = cohorts.run(definition, release, limit_seconds=QUESTION_SECONDS)
        answer = SafeAnswer(
            release=release.name,
            persons=safe_count(result.persons, self.rule),
            # Entries of a few people would tell that there are a few: hidden with them.
            entries=safe_count(
                result.entries if result.persons >= self.rule.minimum_cell else 0, self.rule
            ),
            attrition=safe_attrition(result.attrition, result.persons, self.rule),
            missing_tables=result.missing_tables,
            seconds=result.seconds,
        )
        everybody = everybody_of(release)

        def count(rules: Collection[int], ids: Ids) -> Count:
            bits = bits_of(np.searchsorted(everybody, ids), len(everybody))
            return Count(question_of(definition, rules), bits)

        rules = range(len(definition.inclusion_rule_names))
        found = result.person_ids.to_numpy(zero_copy_only=False)
        return _Counted(
            answer=answer,
            people=len(everybody),
            final=count(rules, found),
            entered=count((), remaining(result, ())),
            meeting=tuple(count((rule,), remaining(result, (rule,))) for rule in rules),
            remaining=tuple(
                count(rules[: rule + 1], remaining(result, rules[: rule + 1])) for rule in rules
            ),
        )


def everybody_of(release: Release) -> Ids:
    with release.connect() as connection:
        found = connection.execute("SELECT person_id FROM person ORDER BY 1").fetchnumpy()
    return np.asarray(found["person_id"], dtype=np.int64)


def create_cohort(
    session: Session, actor: Actor, project_id: int, name: str, description: str, expression: str
) -> CohortDefinition:
    """A new definition with its first version.

    Raises:
        PermissionDenied: unless the actor defines cohorts and belongs to the project.
        BadInput: without a name.
        DefinitionError: if the expression is not valid Circe JSON.
    """
    check_permission(actor, Permission.DEFINE_COHORTS)
    project = get_project(session, actor, project_id)
    if not is_member(project, actor) or actor.user_id is None:
        raise PermissionDenied("Only members of a project define its cohorts.")
    title = name.strip() or cohorts.load(expression).title
    if not title:
        raise BadInput("Give the cohort a name.")
    cohort = CohortDefinition(
        project_id=project.id,
        name=title,
        description=description.strip(),
        created_by=actor.user_id,
    )
    session.add(cohort)
    session.flush()
    add_version(session, actor, cohort.id, expression, "first version")
    return cohort


def add_version(
    session: Session, actor: Actor, cohort_id: int, expression: str, note: str
) -> CohortVersion:
    """The next version of a definition; an expression equal to the newest is not kept twice.

    Raises:
        NotFound: if the cohort is not the actor's to see.
        PermissionDenied: unless the actor belongs to its project.
        DefinitionError: if the expression is not valid Circe JSON.
    """
    cohort = get_cohort(session, actor, cohort_id)
    if not can_edit(actor, cohort) or actor.user_id is None:
        raise PermissionDenied("Only members of the project change its cohorts.")
    definition = cohorts.load(expression)
    session.refresh(cohort, ["versions"])
    newest = cohort.versions[-1] if cohort.versions else None
    if newest is not None and newest.sha256 == definition.sha256:
        return newest
    version = CohortVersion(
        cohort_id=cohort.id,
        number=newest.number + 1 if newest else 1,
        expression=definition.source.decode("utf-8"),
        sha256=definition.sha256,
        note=note.strip(),
        created_by=actor.user_id,
    )
    session.add(version)
    session.flush()
    detail = {"version": version.number, "sha256": version.sha256}
    record(session, actor, AuditEvent("cohort.version_added", "cohort", cohort.id, detail))
    return version


def can_see(actor: Actor, cohort: CohortDefinition) -> bool:
    """Members of the project, and stewards, who judge what the cohort is asked for."""
    return is_member(cohort.project, actor) or can(actor, Permission.REVIEW_REQUESTS)


def can_edit(actor: Actor, cohort: CohortDefinition) -> bool:
    """Members of the project who define cohorts."""
    return can(actor, Permission.DEFINE_COHORTS) and is_member(cohort.project, actor)


def get_cohort(session: Session, actor: Actor, cohort_id: int) -> CohortDefinition:
    """A cohort of a project that the actor may see.

    Raises:
        PermissionDenied: unless the actor may define cohorts or review requests.
        NotFound: if there is none, or it is not theirs to see.
    """
    check_permission(actor, Permission.DEFINE_COHORTS)
    cohort = session.get(CohortDefinition, cohort_id)
    if cohort is None or not can_see(actor, cohort):
        raise NotFound("There is no such cohort.")
    return cohort


def list_cohorts(session: Session, actor: Actor) -> list[CohortDefinition]:
    """The cohorts that the actor may see, newest first."""
    check_permission(actor, Permission.DEFINE_COHORTS)
    found = session.scalars(select(CohortDefinition).order_by(CohortDefinition.id.desc()))
    return [cohort for cohort in found if can_see(actor, cohort)]


def list_of_project(session: Session, actor: Actor, project_id: int) -> list[CohortVersion]:
    """All versions of a project's cohorts, newest first.

    Raises:
        NotFound: if the project is not the actor's to see.
    """
    project = get_project(session, actor, project_id)
    query = (
        select(CohortVersion)
        .join(CohortDefinition)
        .where(CohortDefinition.project_id == project.id)
        .order_by(CohortVersion.id.desc())
    )
    return list(session.scalars(query))
