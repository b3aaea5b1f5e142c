"""How many people stand out by one, two or three events that somebody knows of them.

Shifted dates do not hide the distance between events. An intruder who knows the demographics of a
person and any m of the person's events, as concepts and the time between them, matches everybody of
the same class who has the same. This is k^m-anonymity (Terrovitis et al., VLDB 2008) with the
intervals added. Two intruders are measured: one who knows roughly (concepts rolled up by
``concept_ancestor``, intervals in periods), and one who knows exactly what is recorded.

For m = 1 everybody and every event are counted. For m = 2 and 3 the people are a seeded sample of
:data:`SAMPLE_PEOPLE`, and of each person a seeded sample of :data:`SAMPLE_SUBSETS` subsets of
events (all if there are fewer) tells the *random* case; the *worst* case also tries every subset
of the :data:`RARE_EVENTS` rarest events and is therefore a lower bound. Who matches is looked for
among all people. Cost: linear in events, plus the sample times the people of a class; memory: the
connection's own limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from deid.risk.events import rolled_up
from deid.structured.queries import one_row

SAMPLE_PEOPLE = 400
SAMPLE_SUBSETS = 20
RARE_EVENTS = 5
_SEED = 20_080_824
_Z = 1.959964

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Knowledge:
    """How exactly an intruder knows events: levels rolled up, and days of one period."""

    name: str
    levels: int
    days: int


EXACTLY = Knowledge("as recorded", 0, 1)


@dataclass(frozen=True)
class EventRisk:
    """Shares, 0 to 1, of people with at least ``events`` events who are matched by few people.

    ``worst`` and ``random`` count matches by fewer than k people, the person included;
    ``unique_*`` by nobody else. ``low`` and ``high`` are the 95 % Wilson interval of ``worst``
    where the people are a sample.
    """

    knowledge: str
    events: int
    people: int
    sampled: int
    worst: float
    low: float
    high: float
    random: float
    unique_worst: float
    unique_random: float


@dataclass(frozen=True)
class LongitudinalRisk:
    """All that was measured of known events; ``whole_history_unique`` is a share of people."""

    k: int
    levels: int
    days: int
    people_with_events: int
    known: tuple[EventRisk, ...]
    whole_history_unique: float

    def of(self, knowledge: str, events: int) -> EventRisk | None:
        """One line, if there are people with so many events."""
        return next(
            (r for r in self.known if r.knowledge == knowledge and r.events == events), None
        )


def longitudinal_risk(
    connection: duckdb.DuckDBPyConnection, folder: Path, k: int, rough: Knowledge
) -> LongitudinalRisk | None:
    """Measure ``known_event``; None if nobody has an event."""
    row = one_row(connection, "SELECT count(DISTINCT person) FROM known_event")
    if not row[0]:
        return None
    known: list[EventRisk] = []
    for knowledge in (rough, EXACTLY):
        rolled_up(connection, folder, knowledge.levels)
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE told AS SELECT DISTINCT e.person, e.class, "
            "r.known AS concept, e.day // $1 AS t FROM known_event e JOIN rolled_up r USING "
            "(concept)",
            [knowledge.days],
        )
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE holder AS SELECT class, concept, person, count(*) AS n "
            "FROM told GROUP BY ALL"
        )
        known += [_one_event(connection, knowledge, k)]
        known += [r for m in (2, 3) if (r := _events(connection, knowledge, m, k)) is not None]
    unique = one_row(
        connection,
        "SELECT coalesce(sum(n) FILTER (n = 1), 0) / sum(n) FROM (SELECT count(*) AS n FROM "
        "(SELECT person, any_value(class) AS class, hash(list((concept, day - first)::VARCHAR "
        "ORDER BY day, concept)) AS history FROM (SELECT *, min(day) OVER (PARTITION BY person) "
        "AS first FROM known_event) GROUP BY person) GROUP BY class, history)",
    )
    for table in ("told", "holder", "rolled_up"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    return LongitudinalRisk(
        k, rough.levels, rough.days, int(row[0]), tuple(known), round(float(unique[0]), 6)
    )


def _one_event(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge, k: int) -> EventRisk:
    people, worst, random, unique_worst, unique_random = one_row(
        connection,
        "WITH matched AS (SELECT person, n AS times, count(*) OVER (PARTITION BY class, concept) "
        "AS n FROM holder), of_person AS (SELECT person, min(n) AS least, "
        "sum(times) FILTER (n < $1) / sum(times) AS few, "
        "sum(times) FILTER (n = 1) / sum(times) AS alone FROM matched GROUP BY 1) "
        "SELECT count(*), avg((least < $1)::INT), sum(coalesce(few, 0) ORDER BY few) / count(*), "
        "avg((least = 1)::INT), sum(coalesce(alone, 0) ORDER BY alone) / count(*) FROM of_person",
        [k],
    )
    worst = round(float(worst), 6)
    return EventRisk(
        knowledge.name,
        1,
        int(people),
        int(people),
        worst,
        worst,
        worst,
        round(float(random), 6),
        round(float(unique_worst), 6),
        round(float(unique_random), 6),
    )


def _events(
    connection: duckdb.DuckDBPyConnection, knowledge: Knowledge, m: int, k: int
) -> EventRisk | None:
    """The risk of m known events, from a sample of people and of their subsets."""
    rng = np.random.default_rng((_SEED, m))
    people = np.asarray(
        connection.execute(
            "SELECT person FROM told GROUP BY 1 HAVING count(*) >= $1 ORDER BY 1", [m]
        ).fetchnumpy()["person"]
    )
    if not len(people):
        return None
    chosen = np.sort(rng.choice(people, min(len(people), SAMPLE_PEOPLE), replace=False))
    connection.register("chosen", pa.table({"person": chosen}))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE spread AS SELECT class, concept, count(*) AS people, "
        "sum(n)::BIGINT AS times FROM holder GROUP BY ALL"
    )
    events = connection.execute(
        "SELECT t.person, t.class, t.concept, t.t, s.people, s.times FROM told t "
        "JOIN chosen USING (person) JOIN spread s USING (class, concept) "
        "ORDER BY t.person, t.t, t.concept"
    ).fetchnumpy()
    connection.unregister("chosen")
    patterns = _patterns({name: np.asarray(v) for name, v in events.items()}, m, rng)
    matches = _matches(connection, patterns, m)
    connection.execute("DROP TABLE spread")
    return _summary(knowledge, m, len(people), patterns, matches, k)


@dataclass(frozen=True)
class _Patterns:
    """Subsets of events: ``concept`` and ``time`` are (patterns, m), the rarest event first and
    times counted from it; ``random`` marks those that were drawn."""

    person: Numbers
    klass: Numbers
    concept: Numbers
    time: Numbers
    random: npt.NDArray[np.bool_]


def _patterns(events: dict[str, np.ndarray], m: int, rng: np.random.Generator) -> _Patterns:
    starts = np.flatnonzero(np.r_[True, np.diff(events["person"]) != 0])
    ends = np.r_[starts[1:], len(events["person"])]
    rows: list[np.ndarray] = []
    random: list[np.ndarray] = []
    for start, end in zip(starts, ends, strict=True):
        drawn = _subsets(int(end - start), m, rng) + start
        rare = start + np.argsort(events["people"][start:end], kind="stable")[:RARE_EVENTS]
        worst = np.array(list(combinations(rare, m)), dtype=np.int64).reshape(-1, m)
        rows += [drawn, worst]
        random += [np.ones(len(drawn), dtype=bool), np.zeros(len(worst), dtype=bool)]
    subsets = np.concatenate(rows)
    # The rarest event leads: everybody who matches must have it, and few have.
    order = np.argsort(events["times"][subsets], axis=1, kind="stable")
    subsets = np.take_along_axis(subsets, order, axis=1)
    times = events["t"][subsets]
    return _Patterns(
        events["person"][subsets[:, 0]],
        events["class"][subsets[:, 0]],
        events["concept"][subsets],
        times - times[:, :1],
        np.concatenate(random),
    )


def _subsets(events: int, m: int, rng: np.random.Generator) -> Numbers:
    """All subsets of size m of a person's events, or a sample of them: (subsets, m) indices."""
    if math.comb(events, m) <= SAMPLE_SUBSETS:
        return np.array(list(combinations(range(events), m)), dtype=np.int64)
    return np.array(
        [rng.choice(events, m, replace=False) for _ in range(SAMPLE_SUBSETS)], dtype=np.int64
    )


def _matches(connection: duckdb.DuckDBPyConnection, patterns: _Patterns, m: int) -> Numbers:
    """People of the same class who have the same events at the same distances, each pattern."""
    count = len(patterns.person)
    columns: dict[str, np.ndarray] = {"pattern": np.arange(count), "class": patterns.klass}
    for i in range(m):
        columns[f"c{i}"] = patterns.concept[:, i]
        columns[f"t{i}"] = patterns.time[:, i]
    connection.register("pattern", pa.table(columns))
    joins = "".join(
        f" JOIN told e{i} ON e{i}.person = e0.person AND e{i}.concept = p.c{i} "
        f"AND e{i}.t = e0.t + p.t{i}"
        for i in range(1, m)
    )
    found = connection.execute(
        "SELECT p.pattern, count(DISTINCT e0.person) AS n FROM pattern p JOIN told e0 "
        f"ON e0.class = p.class AND e0.concept = p.c0{joins} GROUP BY 1"
    ).fetchnumpy()
    connection.unregister("pattern")
    matches = np.zeros(count, dtype=np.int64)
    matches[np.asarray(found["pattern"])] = np.asarray(found["n"])
    return matches


def _summary(
    knowledge: Knowledge, m: int, people: int, patterns: _Patterns, matches: Numbers, k: int
) -> EventRisk:
    _, who = np.unique(patterns.person, return_inverse=True)
    sampled = int(who.max()) + 1
    least = np.full(sampled, np.iinfo(np.int64).max)
    np.minimum.at(least, who, matches)
    drawn = patterns.random
    draws = np.bincount(who[drawn], minlength=sampled)

    def of_draws(hit: npt.NDArray[np.bool_]) -> float:
        counted = np.bincount(who[drawn & hit], minlength=sampled)
        return round(math.fsum(counted / draws) / sampled, 6)

    worst = float((least < k).mean())
    low, high = wilson(worst, sampled) if sampled < people else (worst, worst)
    return EventRisk(
        knowledge.name,
        m,
        people,
        sampled,
        round(worst, 6),
        round(low, 6),
        round(high, 6),
        of_draws(matches < k),
        round(float((least == 1).mean()), 6),
        of_draws(matches == 1),
    )


def wilson(share: float, number: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    centre = share + _Z**2 / (2 * number)
    half = _Z * math.sqrt(share * (1 - share) / number + _Z**2 / (4 * number**2))
    scale = 1 + _Z**2 / number
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def few_known_events(
    connection: duckdb.DuckDBPyConnection, k: int
) -> Sequence[tuple[int, int, int]]:
    """People whose rarest concept is shared by fewer than k people of their class.

    Returns:
        (person, concept, people of the class who have it), the rarest concept of each person.
    """
    return connection.execute(
        "WITH holder AS (SELECT DISTINCT person, class, concept FROM known_event), matched AS "
        "(SELECT person, concept, count(*) OVER (PARTITION BY class, concept) AS n FROM holder) "
        "SELECT person, concept, n FROM matched WHERE n < $1 QUALIFY row_number() OVER "
        "(PARTITION BY person ORDER BY n, concept) = 1 ORDER BY person",
        [k],
    ).fetchall()
