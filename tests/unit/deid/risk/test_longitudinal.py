"""What is measured of known events, families and rare values, on tables worked by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.build.suppression import hidden
from deid.risk.background import BOTH, DEMOGRAPHICS, FAMILY, VISITS, background_risk
from deid.risk.diversity import diversity
from deid.risk.events import known_of_people, rolled_up
from deid.risk.households import components
from deid.risk.longitudinal import EXACTLY, Knowledge, longitudinal_risk, wilson
from deid.risk.rare import rare_diseases, small_areas

DAY = dt.date(2020, 1, 6)
ROUGH = Knowledge("roughly known", 1, 28)
CONDITION, DRUG, OTHER, PARENT, ROOT = 11, 12, 13, 20, 30


def write(folder: Path, table: str, rows: list[dict[str, object]]) -> None:
    (folder / table).mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / table / "part-00000.parquet")


def conditions(folder: Path, events: dict[int, list[tuple[int, int]]]) -> None:
    """People born in one year, with (concept, day after the first) each."""
    write(folder, "person", [{"person_id": p, "year_of_birth": 1950} for p in events])
    write(
        folder,
        "condition_occurrence",
        [
            {
                "person_id": person,
                "condition_concept_id": concept,
                "condition_start_date": DAY + dt.timedelta(days=person * 7 + day),
            }
            for person, known in events.items()
            for concept, day in known
        ],
    )


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def test_one_known_event_counts_people_that_few_others_match(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    # Ten people have one disease; the first alone has another one, too.
    conditions(tmp_path, {p: [(CONDITION, 0)] + [(OTHER, 8)] * (p == 1) for p in range(1, 11)})
    with known_of_people(connection, tmp_path, ["year_of_birth"]):
        risk = longitudinal_risk(connection, tmp_path, 5, ROUGH)
    assert risk is not None
    one = risk.of("as recorded", 1)
    assert one is not None
    assert (one.people, one.worst, one.unique_worst) == (10, 0.1, 0.1)
    assert one.random == pytest.approx(0.05)
    two = risk.of("as recorded", 2)
    assert two is not None
    assert (two.people, two.worst, two.random) == (1, 1.0, 1.0)
    assert risk.of("as recorded", 3) is None
    assert risk.whole_history_unique == pytest.approx(0.1)


def test_the_distance_of_two_events_gives_away_what_the_events_do_not(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    # Everybody has the same two diseases; one person has them a year apart.
    conditions(
        tmp_path,
        {p: [(CONDITION, 0), (OTHER, 365 if p == 4 else 3)] for p in range(1, 11)},
    )
    with known_of_people(connection, tmp_path, ["year_of_birth"]):
        risk = longitudinal_risk(connection, tmp_path, 5, Knowledge("roughly known", 0, 10_000))
    assert risk is not None
    exact, rough = risk.of("as recorded", 2), risk.of("roughly known", 2)
    assert exact is not None
    assert rough is not None
    assert (exact.worst, exact.unique_worst) == (0.1, 0.1)
    assert rough.worst == 0.0


@settings(deadline=None, max_examples=15)
@given(
    people=st.lists(
        st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=5),
        min_size=1,
        max_size=7,
    )
)
def test_subsets_are_matched_as_a_search_through_everybody_matches_them(
    people: list[list[tuple[int, int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("law")
    conditions(folder, dict(enumerate(people, start=1)))
    with (
        duckdb.connect() as connection,
        known_of_people(connection, folder, ["year_of_birth"]),
    ):
        risk = longitudinal_risk(connection, folder, 2, EXACTLY)
    assert risk is not None
    histories = [sorted(set(events)) for events in people]

    def matches(known: tuple[tuple[int, int], ...]) -> int:
        (first, at), *more = known
        return sum(
            any(
                concept == first and all((c, day + t - at) in set(history) for c, t in more)
                for concept, day in history
            )
            for history in histories
        )

    for m in (2, 3):
        least = [
            min(matches(known) for known in combinations(history, m))
            for history in histories
            if len(history) >= m
        ]
        told = risk.of("as recorded", m)
        assert (told is None) == (not least)
        if told is not None:
            assert told.worst == pytest.approx(np.mean([n < 2 for n in least]), abs=1e-6)


def test_concepts_are_rolled_up_to_the_level_asked_and_never_to_the_root(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    conditions(tmp_path, {1: [(CONDITION, 0), (DRUG, 1), (OTHER, 2)]})
    write(
        tmp_path,
        "concept_ancestor",
        [
            {
                "ancestor_concept_id": above,
                "descendant_concept_id": below,
                "min_levels_of_separation": steps,
            }
            for above, below, steps in (
                (CONDITION, CONDITION, 0),
                (PARENT, CONDITION, 1),
                (ROOT, CONDITION, 2),
                (ROOT, PARENT, 1),
                (ROOT, DRUG, 1),
            )
        ],
    )
    with known_of_people(connection, tmp_path, ["year_of_birth"]):
        for levels in (1, 2):
            rolled_up(connection, tmp_path, levels)
            told = dict(connection.execute("SELECT concept, known FROM rolled_up").fetchall())
            assert told == {CONDITION: PARENT, DRUG: DRUG, OTHER: OTHER}


def test_a_release_without_events_has_no_longitudinal_risk(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "person", [{"person_id": 1, "year_of_birth": 1950}])
    with known_of_people(connection, tmp_path, ["year_of_birth"]):
        assert longitudinal_risk(connection, tmp_path, 5, ROUGH) is None
        assert diversity(connection, tmp_path, 1) is None
        risk = background_risk(connection, tmp_path, 5)
        named = background_risk(connection, tmp_path, 5, population=1000)
    assert risk.of(BOTH).unique == 1.0
    assert len(risk.of(BOTH).in_population) > 1
    (told,) = named.of(BOTH).in_population
    assert (told.population, told.sampling_fraction) == (1000, 0.001)


def test_visits_and_families_make_classes_smaller(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    # Eight alike; 1 has four visits, the others one. Couples 1-2, 3-4; 5-6-7 are three; 8 alone.
    write(tmp_path, "person", [{"person_id": p, "year_of_birth": 1950} for p in range(1, 9)])
    write(
        tmp_path,
        "visit_occurrence",
        [
            {"person_id": p, "visit_concept_id": 9, "visit_start_date": DAY}
            for p in [1, 1, 1, *range(1, 9)]
        ],
    )
    pairs = [(1, 2), (3, 4), (5, 6), (6, 7)]
    write(
        tmp_path,
        "fact_relationship",
        [
            {
                "domain_concept_id_1": 56,
                "fact_id_1": one,
                "domain_concept_id_2": 56,
                "fact_id_2": other,
                "relationship_concept_id": 1,
            }
            for one, other in pairs
        ],
    )
    with known_of_people(connection, tmp_path, ["year_of_birth"]):
        risk = background_risk(connection, tmp_path, 2)
    assert risk.of(DEMOGRAPHICS).smallest_class == 8
    assert risk.of(VISITS).unique == pytest.approx(1 / 8)
    assert risk.of(FAMILY).unique == pytest.approx(1 / 8)  # only 8 has no family
    families = risk.families
    assert (families.families, families.people, families.largest) == (3, 7, 3)
    assert (families.few, families.unique) == (pytest.approx(3 / 8), pytest.approx(3 / 8))
    assert risk.person.tolist() == list(range(1, 9))
    assert risk.alike[VISITS].tolist() == [1, 7, 7, 7, 7, 7, 7, 7]
    assert risk.alike[FAMILY].tolist() == [4, 4, 4, 4, 3, 3, 3, 1]
    assert families.alike.tolist() == [2, 2, 2, 2, 1, 1, 1, 0]


@given(
    pairs=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=15),
)
def test_a_family_is_everybody_who_can_be_reached(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array([p[i] for p in pairs], dtype=np.int64) for i in (0, 1))
    reached = {p: {p} for p in range(12)}
    for _ in range(12):
        for a, b in pairs:
            reached[a] |= reached[b]
            reached[b] |= reached[a]
    assert components(12, one, other).tolist() == [min(reached[p]) for p in range(12)]


def test_rare_diseases_and_small_areas_are_counted_by_people(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(
        tmp_path,
        "person",
        [{"person_id": p, "year_of_birth": 1950, "location_id": p % 2 + 1} for p in range(1, 8)],
    )
    write(
        tmp_path,
        "location",
        [
            {"location_id": n, "state": "North", "county": name, "zip": None, "city": None}
            for n, name in ((1, "Upper"), (2, "Lower"))
        ],
    )
    write(
        tmp_path,
        "condition_occurrence",
        [
            {"person_id": p, "condition_concept_id": c}
            for p in range(1, 8)
            for c in ([5, 5] if p < 3 else [6])
        ],
    )
    diseases = rare_diseases(connection, tmp_path, 3)
    assert (diseases.values, diseases.rare, diseases.people) == (2, 1, 2)
    assert diseases.by_column == {"condition_occurrence.condition_concept_id": 1}
    areas = small_areas(connection, tmp_path, 4)
    assert (areas.values, areas.rare, areas.people) == (3, 1, 3)
    assert small_areas(connection, tmp_path, 3).share == 0.0


def test_a_disease_that_a_whole_class_has_is_told_without_finding_anybody(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(
        tmp_path,
        "person",
        [{"person_id": p, "year_of_birth": 1950 + p // 6} for p in range(1, 11)],
    )
    write(
        tmp_path,
        "condition_occurrence",
        [
            {"person_id": p, "condition_concept_id": CONDITION, "condition_start_date": DAY}
            for p in range(1, 7)
        ],
    )
    with known_of_people(connection, tmp_path, ["year_of_birth"]):
        told = diversity(connection, tmp_path, 1)
    assert told is not None
    # All five of the first class have it, one of five in the second, six of ten in all.
    assert (told.one_value_classes, told.told_people) == (1, 0.5)
    assert told.t == pytest.approx(0.4)


def test_an_interval_of_a_share_holds_it() -> None:
    low, high = wilson(0.5, 100)
    assert low == pytest.approx(0.4038, abs=1e-4)
    assert high == pytest.approx(0.5962, abs=1e-4)
    assert wilson(1.0, 10)[1] == pytest.approx(1.0)


@given(counts=st.lists(st.integers(0, 30), min_size=1, max_size=8), k=st.integers(2, 12))
def test_no_small_count_of_people_is_told_or_follows_from_the_sum(
    counts: list[int], k: int
) -> None:
    told = hidden(counts, k)
    assert all(value is None or value == 0 or value >= k for value in told)
    unknown = [count for count, value in zip(counts, told, strict=True) if value is None]
    if len(unknown) == 1:
        assert not any(told)  # nothing else could be hidden beside it: the sum is it
