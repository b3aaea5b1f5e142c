"""Global recoding finds the optimum that an exhaustive search by other code finds."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.errors import TableRefused
from deid.tabular import Criteria, Request
from deid.tabular.encoding import encode
from deid.tabular.lattice import search

from .tables import AGES, HIERARCHIES, QI, SEXES, TOWNS, naive_l, naive_t, tables

LINES = (AGES, TOWNS, SEXES)


def naive_optimum(table: pa.Table, criteria: Criteria, limit: float) -> float | None:
    """Least NCP over all level combinations, every row labelled and counted in plain Python."""
    rows = table.to_pylist()
    best = None
    for node in itertools.product(*(range(len(lines[0])) for lines in LINES)):
        maps = [
            {line[0]: line[level] for line in lines}
            for lines, level in zip(LINES, node, strict=True)
        ]
        loss = [
            {
                leaf: (list(to.values()).count(label) - 1) / (len(to) - 1)
                for leaf, label in to.items()
            }
            for to in maps
        ]
        classes: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
        for row in rows:
            key = tuple(to[row[name]] for to, name in zip(maps, QI, strict=True))
            classes[key].append(row)
        kept, cost = [], 0.0
        everybody = [row["illness"] for row in rows]
        for members in classes.values():
            values = [row["illness"] for row in members]
            if _passes(values, everybody, criteria):
                kept.append(values)
                cost += sum(
                    sum(table[row[name]] for table, name in zip(loss, QI, strict=True)) / 3
                    for row in members
                )
            else:
                cost += len(members)
        removed = len(rows) - sum(len(values) for values in kept)
        left = [value for values in kept for value in values]
        if not kept or removed > int(limit * len(rows) + 1e-9):
            continue
        if all(_passes(values, left, criteria) for values in kept):
            best = min(cost / len(rows), best if best is not None else 2.0)
    return best


def _passes(values: list[str], reference: list[str], criteria: Criteria) -> bool:
    if len(values) < criteria.k:
        return False
    if criteria.l is not None and naive_l([values]) < criteria.l:
        return False
    if criteria.t is None:
        return True
    kinds = set(reference)
    distance = sum(
        abs(values.count(kind) / len(values) - reference.count(kind) / len(reference))
        for kind in kinds
    )
    return distance / 2 <= criteria.t + 1e-9


@pytest.mark.parametrize(
    "criteria", [Criteria(2), Criteria(4), Criteria(3, l=2), Criteria(3, t=0.3)]
)
@pytest.mark.parametrize("limit", [0.0, 0.1, 0.9])
def test_the_search_equals_the_exhaustive_optimum(criteria: Criteria, limit: float) -> None:
    @given(tables(most=30))
    @settings(max_examples=5, deadline=None)
    def holds(table: pa.Table) -> None:
        encoded = encode(table, Request(QI, criteria, ("illness",)), HIERARCHIES)
        expected = naive_optimum(table, criteria, limit)
        if expected is None:
            with pytest.raises(TableRefused):
                search(encoded, criteria, limit)
        else:
            assert search(encoded, criteria, limit).ncp == pytest.approx(expected, abs=1e-9)

    holds()


@given(tables(least=20, most=40), st.floats(0, 0.5))
@settings(max_examples=15, deadline=None)
def test_more_k_never_loses_less(table: pa.Table, limit: float) -> None:
    encoded = encode(table, Request(QI, Criteria(2), ("illness",)), HIERARCHIES)
    losses = [search(encoded, Criteria(k), limit).ncp for k in (2, 3, 5, 8)]
    assert losses == sorted(losses)


def test_the_naive_distance_of_this_test_agrees_with_the_other_naive_one() -> None:
    assert naive_t([list("xxy"), list("xyy")]) == pytest.approx(1 / 6)
    assert _passes(list("xxy"), list("xxyxyy"), Criteria(2, t=1 / 6))
    assert not _passes(list("xxy"), list("xxyxyy"), Criteria(2, t=0.16))
