"""Use cases of cohorts: keep definitions in versions, and answer with safe counts only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

import cohorts
from app.audit import AuditEvent, record
from app.db.models import CohortDefinition, CohortVersion
from app.errors import BadInput, NotFound, PermissionDenied
from app.permissions import Actor, Permission, can, check_permission
from app.services.projects import get_project, is_member
from cohorts.characterisation import Characterisation
from cohorts.disclosure import DisclosureRule, SafeAttrition, SafeCount, safe_attrition, safe_count
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
    table_one: Characterisation
    missing_tables: tuple[str, ...]
    seconds: float


class CohortAnswers:
    """Answers to cohort questions, kept: neither a release nor a version ever changes."""

    def __init__(self, minimum_cell: int) -> None:
        self.rule = DisclosureRule(minimum_cell=minimum_cell)
        self._kept: OrderedDict[tuple[str, str], SafeAnswer] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, release: Release, expression: str) -> SafeAnswer:
        """Run a definition over a release and let only safe counts out.

        Raises:
            DefinitionError, EngineError, QueryTimeout: from ``cohorts``.
        """
        definition = cohorts.load(expression)
        key = (release.name, definition.sha256)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        result = cohorts.run(definition, release, limit_seconds=QUESTION_SECONDS)
        answer = SafeAnswer(
            release=release.name,
            persons=safe_count(result.persons, self.rule),
            # Entries of a few people would tell that there are a few: hidden with them.
            entries=safe_count(
                result.entries if result.persons >= self.rule.minimum_cell else 0, self.rule
            ),
            attrition=safe_attrition(result.attrition, result.persons, self.rule),
            table_one=cohorts.characterise(release, result, rule=self.rule),
            missing_tables=result.missing_tables,
            seconds=result.seconds,
        )
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return answer


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


def record_question(
    session: Session, actor: Actor, cohort: CohortDefinition, number: int, release: str
) -> None:
    """Keep in the audit log who asked for which counts."""
    detail = {"version": number, "release": release}
    record(session, actor, AuditEvent("cohort.counted", "cohort", cohort.id, detail))
