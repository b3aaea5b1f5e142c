"""The risk sheet of a case: what was counted over the whole release for the one person shown.

The release's policy promises classes of at least k over its quasi-identifiers. A case shows one
person at length, so the sheet counts again for that person, and counts what no policy of a release
can promise for a single long record: rare problems, pairs of lasting problems, the shape of the
family. The set of all problems of a long record is nearly always the person's alone; the sheet
says so, and the rules of use answer for it, not k.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations
from typing import Any

import duckdb

from casebank import relations, rules
from casebank.documents import decode, encode
from casebank.errors import RecordNotFound
from casebank.model import Case
from casebank.reader import PERSON_FACTS
from deid.release import BIRTH_YEARS, Release

DEFAULT_K = 11
"""Class size asked for where a release's risk report declares none."""
RARE_BELOW = 12
"""A problem that fewer people of the release have is rare, where the release declares no bound."""
PAIR_BELOW = 3
"""Two lasting problems that fewer people of the release have together single a person out."""
FAMILY_BELOW = 3
"""A shape of the shown family that fewer people of the release have singles a family out."""
SCHEMA = "care-commons-risk-sheet/1"
_CONDITIONS = "condition_occurrence"


@dataclass(frozen=True)
class CountedProblem:
    """A problem of the case by its number, and the people of the release who have it."""

    problem: int
    people: int


@dataclass(frozen=True)
class CountedPair:
    """Two lasting problems, and the people of the release who have both."""

    first: int
    second: int
    people: int


@dataclass(frozen=True)
class RiskSheet:
    """Counts of people are over the release, the person included.

    ``same_problems`` have every problem of the case; ``same_family`` have at least the relatives
    that the case shows, None if it shows none. ``relatives`` are ids of the release: no document
    holds them.
    """

    release: str
    policy: str
    policy_version: str
    purpose: str
    people: int
    quasi_identifiers: tuple[str, ...]
    k: int
    k_asked: int
    rare_below: int
    rare: tuple[CountedProblem, ...]
    pairs: tuple[CountedPair, ...]
    same_problems: int
    same_family: int | None
    shown_relatives: int
    relatives: tuple[int, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    banded: Mapping[str, int] = field(default_factory=dict)
    thresholds_failed: tuple[str, ...] = ()
    pair_below: int = PAIR_BELOW
    family_below: int = FAMILY_BELOW
    schema: str = SCHEMA

    def to_document(self) -> dict[str, Any]:
        """JSON-ready form, without the ids of relatives: they are for the gate alone."""
        document: dict[str, Any] = encode(replace(self, relatives=()))
        return document

    @classmethod
    def from_document(cls, document: object) -> RiskSheet:
        """What :meth:`to_document` gave.

        Raises:
            CaseFormatError: if it does not fit.
        """
        return decode(cls, document, "risk")


def measure_risk(release: Release, case: Case) -> RiskSheet:
    """Count for the person of ``case`` over ``release``, from which it was drafted.

    Raises:
        RecordNotFound: if the case was stripped of its sources, is of another release, or its
            person is no longer there.
    """
    if case.sources is None or case.sources.release != release.name:
        raise RecordNotFound("the case was not drafted from this release")
    person = case.sources.person_id
    statement = release.certificate.statement
    thresholds: Mapping[str, Any] = release.risk.get("thresholds", {})
    names = tuple(statement.get("quasi_identifiers", ("year_of_birth", "gender_concept_id")))
    concepts = {p.number: _concepts(case, p.number) for p in case.problems}
    shown = frozenset(
        source.row_id
        for statement_ in case.background.family
        for source in case.sources.data.get(statement_.id, ())
        if source.table == "person" and source.row_id != person
    )
    counter = _counted(_Named(str(release.path), release.certificate.signature, names, release))
    k, people = counter.equals(person)
    holders = counter.holders(person, concepts)
    relatives, same_family = counter.family(person, shown)
    lasting = [
        number
        for number in holders
        if relations.families("problem", case.problem(number).title) & rules.CHRONIC_FAMILIES
        or case.problem(number).kind in {"psychological", "social", "family"}
    ]
    everything = frozenset.intersection(*holders.values()) if holders else frozenset()
    rare_below = max(
        [int(one["below"]) for one in release.risk.get("rare", ()) if one.get("below")],
        default=RARE_BELOW,
    )
    return RiskSheet(
        release=release.name,
        policy=str(release.manifest.policy.get("name", "")),
        policy_version=str(release.manifest.policy.get("version", "")),
        purpose=str(statement.get("purpose", "")),
        people=people,
        quasi_identifiers=names,
        k=k,
        k_asked=int(thresholds.get("smallest_class", {}).get("limit", DEFAULT_K)),
        rare_below=rare_below,
        rare=tuple(
            CountedProblem(number, len(found))
            for number, found in sorted(holders.items())
            if len(found) < rare_below
        ),
        pairs=tuple(
            CountedPair(one, two, both)
            for one, two in combinations(sorted(lasting), 2)
            if (both := len(holders[one] & holders[two])) < PAIR_BELOW
        ),
        same_problems=len(everything),
        same_family=same_family if shown else None,
        shown_relatives=len(shown),
        relatives=relatives,
        left_out=dict(case.left_out),
        banded=_banded(case),
        thresholds_failed=tuple(
            sorted(name for name, one in thresholds.items() if not one.get("passed", True))
        ),
    )


def _concepts(case: Case, number: int) -> tuple[int, ...]:
    """Ids of the condition rows that a problem rests on."""
    assert case.sources is not None
    return tuple(
        sorted(
            {
                source.row_id
                for item in case.problem(number).evidence
                for source in case.sources.data.get(item.id, ())
                if source.table == "condition_occurrence"
            }
        )
    )


def _banded(case: Case) -> dict[str, int]:
    """How many statements tell a day or an age by a mark that stands for the exact one."""
    texts = [item.text for item in {one.id: one for one in case.statements()}.values()]
    return {
        "dates within sentences shown as days": sum(
            1 for text in texts if "[day " in text or "〔第" in text
        ),
        "ages shown as five-year bands": sum(
            1 for text in texts if rules.matches(r"\d+[–]\d+|9\d\+", text)
        ),
    }


@dataclass(frozen=True)
class _Named:
    """A release, known by its folder and signature."""

    path: str
    signature: str
    quasi_identifiers: tuple[str, ...]
    release: Release = field(compare=False, repr=False)


@lru_cache(maxsize=2)
def _counted(named: _Named) -> _Counter:
    return _Counter(named.release, named.quasi_identifiers)


class _Counter:
    """Counts over one release, which never changes: who has what is read once for all cases."""

    def __init__(self, release: Release, names: tuple[str, ...]) -> None:
        self._opened = release.connect()
        self._columns = {
            table: {name for name, _ in entry.columns}
            for table, entry in release.manifest.tables.items()
        }
        parts = [
            f"nullif({name}, 0)"
            for name in ("condition_concept_id", "condition_source_concept_id")
            if name in self._columns.get(_CONDITIONS, ())
        ]
        self._opened.execute(f"CREATE TABLE keyed AS {self._keys(names)}")
        self._concept = f"coalesce({', '.join(parts)})" if parts else ""
        if parts:
            self._opened.execute(
                f"CREATE TABLE held AS SELECT DISTINCT {self._concept} AS concept, person_id "
                f"FROM {_CONDITIONS} WHERE {self._concept} IS NOT NULL"
            )

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own for each question, as threads ask at the same time."""
        return self._opened.cursor()

    def _keys(self, names: tuple[str, ...]) -> str:
        """Query for each person's released quasi-identifiers."""
        here = [name for name in names if name in self._columns.get("person", ())]
        source, shown = "person", [f'p."{name}"' for name in here]
        if "year_of_birth" in here and BIRTH_YEARS in self._columns:
            source = f'person p JOIN "{BIRTH_YEARS}" y USING (person_id)'
            shown = [one for one in shown if "year_of_birth" not in one]
            shown += ["y.first_year", "y.last_year"]
        else:
            source = "person p"
        key = ", ".join(f"coalesce({one}, -1)" for one in shown) or "1"
        return f"SELECT person_id, row({key}) AS key FROM {source}"

    def equals(self, person: int) -> tuple[int, int]:
        """People with the same released quasi-identifiers as ``person``, and people in all."""
        rows = self._connection.execute(
            "SELECT count(*) FILTER (key = (SELECT key FROM keyed WHERE person_id = ?)), count(*) "
            "FROM keyed",
            [person],
        ).fetchone()
        assert rows is not None
        if not rows[0]:
            raise RecordNotFound("the release has no person of that id")
        return int(rows[0]), int(rows[1])

    def holders(
        self, person: int, problems: Mapping[int, tuple[int, ...]]
    ) -> dict[int, frozenset[int]]:
        """By problem, people who have one of the concepts of its rows of conditions.

        ``problems`` are the person's, by number, with ids of rows; one without rows is left out.
        """
        asked = {number: frozenset(rows) for number, rows in problems.items() if rows}
        if not self._concept:
            return dict.fromkeys(asked, frozenset())
        concepts = dict(
            self._connection.execute(
                f"SELECT condition_occurrence_id::BIGINT, {self._concept} FROM {_CONDITIONS} "
                "WHERE person_id = ?",
                [person],
            ).fetchall()
        )
        held: dict[int, set[int]] = {}
        for concept, holder in self._connection.execute(
            "SELECT concept, person_id::BIGINT FROM held "
            "WHERE concept IN (SELECT unnest(?::BIGINT[]))",
            [sorted({one for one in concepts.values() if one is not None})],
        ).fetchall():
            held.setdefault(concept, set()).add(holder)
        return {
            number: frozenset().union(*(held.get(concepts.get(row, 0), ()) for row in rows))
            for number, rows in asked.items()
        }

    def family(self, person: int, shown: frozenset[int]) -> tuple[tuple[int, ...], int]:
        """Relatives of ``person``, and people who have at least such relatives as are shown."""
        if "fact_relationship" not in self._columns:
            return (), 0
        domains = ", ".join(map(str, PERSON_FACTS))
        between = f"domain_concept_id_1 IN ({domains}) AND domain_concept_id_2 IN ({domains})"
        rows = self._connection.execute(
            "SELECT fact_id_1, fact_id_2, coalesce(relationship_concept_id, 0) "
            f"FROM fact_relationship WHERE {between} AND ? IN (fact_id_1, fact_id_2)",
            [person],
        ).fetchall()
        relatives = {int(one) for row in rows for one in row[:2]} - {person}
        kinds = Counter(int(kind) for one, other, kind in rows if one == person and other in shown)
        if not kinds:
            # The relation is recorded from the relative's side only.
            return tuple(sorted(relatives)), self._people_with(between, Counter({0: 0}))
        return tuple(sorted(relatives)), self._people_with(between, kinds)

    def _people_with(self, between: str, kinds: Counter[int]) -> int:
        wanted = " AND ".join(
            f"count(*) FILTER (coalesce(relationship_concept_id, 0) = {kind}) >= {number}"
            for kind, number in sorted(kinds.items())
        )
        row = self._connection.execute(
            "SELECT count(*) FROM (SELECT fact_id_1 FROM fact_relationship "
            f"WHERE {between} GROUP BY 1 HAVING {wanted})"
        ).fetchone()
        assert row is not None
        return int(row[0])
