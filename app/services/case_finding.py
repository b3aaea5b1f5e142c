"""Use cases of finding records that make good cases: by wish, cohort, likeness and gap of a set.

A teacher sees candidates one by one, each a record of a teaching release that they may draft from.
How many there are is told in the wide steps of a draft's count, and choices are offered only if
enough people have them, so that the finder answers no question about somebody known.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

import cohorts
from app.audit import AuditEvent, record
from app.db.models import CaseSet, CohortShare, CohortVersion, TeachingCase
from app.errors import BadInput, NotFound
from app.permissions import Actor, Permission, check_permission
from app.services.cases import MERGED, PUBLISHED, WITHDRAWN, content, get_case
from casebank.finding import (
    SMALLEST_COHORT,
    Candidate,
    Choices,
    Coverage,
    Dimension,
    Gap,
    Likeness,
    PersonFacts,
    Typicality,
    Wish,
    choices_of,
    coverage,
    fillers,
    more_like,
    place_of_case,
    rank,
    read_facts,
    typicality,
)
from cohorts.disclosure import DisclosureRule, SafeCount, coarse_count
from cohorts.templates import list_templates, load_template, template_cards
from deid.release import Release

SHOWN = 30
KEPT_RELEASES, KEPT_COHORTS = 4, 64


@dataclass(frozen=True)
class TeachingCohort:
    """A cohort that a teacher may look for records in; ``key`` names it in a form."""

    key: str
    title: str


@dataclass(frozen=True)
class Found:
    """Candidates, best first, at most :data:`SHOWN`, with how typical each is of all that fit."""

    candidates: tuple[Candidate, ...]
    people: SafeCount
    choices: Choices
    typicality: dict[int, Typicality]
    more: bool


@dataclass(frozen=True)
class Alike:
    """Records like one, and the one itself with its score."""

    candidate: Candidate
    others: tuple[tuple[Candidate, Likeness], ...]


class CaseFinder:
    """Facts of releases and people of cohorts, kept in memory: neither ever changes."""

    def __init__(self, minimum_cell: int) -> None:
        self._rule = DisclosureRule.with_minimum(minimum_cell)
        self._facts: OrderedDict[str, list[PersonFacts]] = OrderedDict()
        self._cohorts: OrderedDict[tuple[str, str], frozenset[int]] = OrderedDict()
        self._persons: dict[int, int] = {}
        self._lock = threading.Lock()

    def facts(self, actor: Actor, release: Release) -> list[PersonFacts]:
        """Facts of everybody in a release.

        Raises:
            PermissionDenied: unless the actor writes cases.
            BadInput: if the release has no people.
        """
        check_permission(actor, Permission.WRITE_CASES)
        if "person" not in release.tables:
            raise BadInput(f"Release {release.name} has no table person, which a case needs.")
        key = f"{release.path}"
        with self._lock:
            if key not in self._facts:
                self._facts[key] = read_facts(release)
                while len(self._facts) > KEPT_RELEASES:
                    self._facts.popitem(last=False)
            self._facts.move_to_end(key)
            return self._facts[key]

    def find(
        self,
        session: Session,
        actor: Actor,
        release: Release,
        wish: Wish,
        cohort: str = "",
        order: str = "score",
    ) -> Found:
        """Records that fit a wish, within a cohort if one is named by its key.

        ``order`` is ``score``, ``typical`` or ``untypical``; a group that is too small to be
        typical of is shown by score.

        Raises:
            PermissionDenied, BadInput: as :meth:`facts`.
            NotFound: if there is no such cohort, or it is not shared with everybody.
        """
        people = self.facts(actor, release)
        if cohort:
            within = self._people_of(session, actor, release, cohort)
            people = [one for one in people if one.person_id in within]
        fitting = [one for one in people if wish.fits(one)]
        ranks = typicality(fitting)
        found = rank(fitting)
        if ranks and order in {"typical", "untypical"}:
            sign = 1 if order == "typical" else -1
            found.sort(key=lambda one: (sign * ranks[one.person_id].rank, one.person_id))
        shown = tuple(found[:SHOWN])
        return Found(
            shown,
            coarse_count(len(fitting), self._rule),
            choices_of(self.facts(actor, release), self._rule.minimum_cell),
            {one.person_id: ranks[one.person_id] for one in shown if ranks},
            len(found) > SHOWN,
        )

    def alike(self, actor: Actor, release: Release, person_id: int, wish: Wish) -> Alike:
        """Records most like one of the release, among those that fit the wish.

        Raises:
            PermissionDenied, BadInput: as :meth:`facts`.
            NotFound: if the release has no such person.
        """
        people = self.facts(actor, release)
        wanted = next((one for one in people if one.person_id == person_id), None)
        if wanted is None:
            raise NotFound("The release has no such record.")
        fitting = [one for one in people if wish.fits(one)]
        likenesses = more_like(wanted, fitting, limit=10)
        scores = {one.person_id: one for one in rank([wanted, *(x.facts for x in likenesses)])}
        others = tuple((scores[one.facts.person_id], one) for one in likenesses)
        return Alike(scores[person_id], others)

    def like_case(
        self, session: Session, actor: Actor, release: Release, case_id: int, wish: Wish
    ) -> Alike:
        """Records most like the one that a case was drafted from; the case's release only.

        Raises:
            NotFound: if there is no such case, or it comes from another release.
        """
        case = get_case(session, actor, case_id)
        sources = content(actor, case).sources
        if sources is None or sources.release != release.name:
            raise NotFound("The case comes from another release.")
        return self.alike(actor, release, sources.person_id, wish)

    def gaps(
        self,
        session: Session,
        actor: Actor,
        release: Release,
        set_id: int,
        rows: Dimension = "problem",
        columns: Dimension = "age",
    ) -> tuple[CaseSet, Coverage, list[tuple[Candidate, tuple[Gap, ...]]]]:
        """What a set covers and leaves out, and records that would fill most of it.

        People whose record is a case of the set already are left out.

        Raises:
            PermissionDenied, NotFound, BadInput: unless the actor writes cases and the set exists.
        """
        people = self.facts(actor, release)
        found = session.get(CaseSet, set_id)
        if found is None:
            raise NotFound("There is no such set.")
        cases = [content(actor, item.case) for item in found.items if item.case.state == PUBLISHED]
        used = {
            case.sources.person_id
            for case in cases
            if case.sources is not None and case.sources.release == release.name
        }
        wanted = choices_of(people, self._rule.minimum_cell).groups if rows == "problem" else ()
        matrix = coverage([place_of_case(case) for case in cases], rows, columns, wanted)
        wish = Wish()
        others = (one for one in people if one.person_id not in used and wish.fits(one))
        return found, matrix, fillers(matrix.gaps, others)

    def cases_by_person(
        self, session: Session, actor: Actor, release: Release
    ) -> dict[int, TeachingCase]:
        """The newest case of each person that still stands, so that none is made twice.

        Raises:
            PermissionDenied: unless the actor writes cases.
        """
        check_permission(actor, Permission.WRITE_CASES)
        query = select(TeachingCase).where(
            TeachingCase.release == release.name, TeachingCase.state.not_in((WITHDRAWN, MERGED))
        )
        found: dict[int, TeachingCase] = {}
        for case in session.scalars(query.order_by(TeachingCase.id)):
            # Whose record a case is never changes, so its long document is read once.
            if case.id not in self._persons:
                sources = json.loads(case.document).get("sources") or {}
                self._persons[case.id] = int(sources.get("person_id", 0))
            found[self._persons[case.id]] = case
        return found

    def _people_of(
        self, session: Session, actor: Actor, release: Release, key: str
    ) -> frozenset[int]:
        kind, _, name = key.partition(":")
        if kind == "template" and name in list_templates():
            definition = load_template(name)
        else:
            share = (
                session.get(CohortShare, int(name)) if name.isdecimal() and len(name) < 10 else None
            )
            if kind != "share" or share is None or share.project_id or share.ended_at:
                raise NotFound("There is no such cohort, or it is no longer shared.")
            version = session.get_one(CohortVersion, share.version_id)
            definition = cohorts.load(version.expression)
        kept = (f"{release.path}", definition.sha256)
        if kept not in self._cohorts:
            ids = cohorts.run(definition, release).person_ids.to_pylist()
            with self._lock:
                self._cohorts[kept] = frozenset(ids)
                while len(self._cohorts) > KEPT_COHORTS:
                    self._cohorts.popitem(last=False)
        detail = {"release": release.name, "sha256": definition.sha256}
        record(session, actor, AuditEvent("case.cohort_searched", "cohort", key, detail))
        return self._cohorts[kept]


def teaching_cohorts(session: Session, actor: Actor) -> list[TeachingCohort]:
    """Cohorts that a teacher may choose: shared with everybody, then the shipped templates.

    Raises:
        PermissionDenied: unless the actor writes cases.
    """
    check_permission(actor, Permission.WRITE_CASES)
    query = (
        select(CohortShare)
        .where(CohortShare.project_id.is_(None), CohortShare.ended_at.is_(None))
        .order_by(CohortShare.id.desc())
    )
    shared = [
        TeachingCohort(
            f"share:{one.id}", f"{one.version.cohort.name}, version {one.version.number}"
        )
        for one in session.scalars(query)
    ]
    return shared + [
        TeachingCohort(f"template:{card.name}", card.title) for card in template_cards()
    ]


__all__ = [
    "SHOWN",
    "SMALLEST_COHORT",
    "Alike",
    "CaseFinder",
    "Found",
    "TeachingCohort",
    "teaching_cohorts",
]
