"""The attack finds what a failed check tells, and local recoding gives it nothing to find."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from deid.tabular import Criteria, Request
from deid.tabular.anonymising import _canonical_order
from deid.tabular.criteria import met
from deid.tabular.encoding import encode
from deid.tabular.local import recode_locally
from deid.tabular.refinement import Narrowing, Part, attack, refine

HALF = (0.5, 0.5)
L2 = Criteria(2, l=2)


def test_equal_parts_are_expected_to_be_like_their_class() -> None:
    found = attack(Part(5, (8, 2), HALF), L2)
    assert found.shifted == pytest.approx(0)
    assert found.narrowed == 0


def test_unequal_parts_are_not_and_the_attack_says_by_how_much() -> None:
    """Four and six rows, four of ten ill. Part of four: all ill in 1 arrangement, none in 15."""
    found = attack(Part(4, (6, 4), HALF), L2)
    assert found.expected == pytest.approx((15 / 16, 1 / 16))
    assert found.shifted == pytest.approx(0.4 - 1 / 16)
    assert found.narrowed == 0


def test_a_part_that_alone_can_have_failed_is_found_out() -> None:
    """Of twenty rows only the part's two can be as far as 0.6 from nine in ten."""
    criteria = Criteria(2, t=0.35)
    found = attack(Part(10, (10, 10), (0.5, 0.5)), criteria)
    assert np.allclose(found.ranges, ((0, 10), (0, 10)))
    lopsided = attack(Part(2, (12, 8), (0.9, 0.1)), Criteria(2, t=0.6))
    assert lopsided.narrowed > 0.3
    assert lopsided.ranges[1] == pytest.approx((1.4, 2))


@pytest.mark.parametrize(
    "criteria",
    [
        Criteria(2, l=2),
        Criteria(2, l=2, diversity="recursive", c=2.0),
        Criteria(2, t=0.2),
        Criteria(2, t=0.2, distance="ordered"),
        Criteria(2, beta=0.5),
    ],
)
def test_the_ranges_hold_every_arrangement_that_fails_by_brute_force(criteria: Criteria) -> None:
    counts, reference = np.array([6, 3, 3]), np.array([0.5, 0.3, 0.2])
    found = attack(Part(5, tuple(counts.tolist()), tuple(reference.tolist())), criteria)
    failing = []
    for a in range(6):
        for b in range(4):
            part = np.array([a, b, 5 - a - b])
            if not 0 <= part[2] <= 3:
                continue
            both = np.stack([part, counts - part]).astype(float)
            if not met({"": both}, {"": reference}, criteria).all():
                failing.append(part)
    least, most = np.min(failing, axis=0), np.max(failing, axis=0)
    for value, (low, high) in enumerate(found.ranges):
        assert low <= least[value] + 1e-6
        assert high >= most[value] - 1e-6


def test_no_range_of_a_merged_class_is_narrowed() -> None:
    random = np.random.Generator(np.random.PCG64(7))
    size = 400
    age = random.integers(20, 60, size)
    table = pa.table(
        {
            "age": age.astype(str),
            "town": random.choice(list("ABCDEF"), size),
            "illness": np.where(random.random(size) < (age - 15) / 90, "ill", "well"),
        }
    )
    found: list[Narrowing] = []
    for criteria in (Criteria(4, l=2), Criteria(4, t=0.25)):
        request = Request(("age", "town"), criteria, ("illness",), labels="ranges")
        encoded = encode(table, request, {})
        encoded = encoded.take(_canonical_order(encoded))
        recoding = recode_locally(encoded, criteria)
        assert recoding.merged is not None
        assert recoding.leaf_of_row is not None
        found += refine(
            recoding.merged, recoding.leaf_of_row, encoded.sensitive["illness"], criteria
        )
    assert found
    assert max(narrowing.narrowed for narrowing in found) < 1e-6
    assert not any(narrowing.certain for narrowing in found)


def test_under_k_alone_there_is_no_tree_to_attack() -> None:
    table = pa.table({"age": ["20", "21"] * 6, "illness": ["x", "y", "z"] * 4})
    request = Request(("age",), Criteria(4), ("illness",), labels="ranges")
    recoding = recode_locally(encode(table, request, {}), request.criteria)
    assert recoding.merged is None
    assert dataclasses.asdict(recoding)["facts"] == {}
