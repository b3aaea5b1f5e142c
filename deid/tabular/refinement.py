"""An attack on local recoding: what knowing the algorithm adds to what a release says.

The combinatorial refinement attack (Chhillar et al. 2025, arXiv 2509.03350) turns the steps by
which an optimising algorithm arrives at a release into linear constraints on what it hides; the
minimality attack (Wong et al. 2007) does so with privacy checks that failed. Here the attacker
knows every quasi-identifier, the program and the facts that were told, hence the whole tree of
:mod:`deid.tabular.merging`; sensitive values are known as counts a class. What the release adds is
one statement a merged class: of its two parts, at least one does not meet the criteria.

For each part and value this gives the least and greatest count by linear programs, one for each way
in which a part can fail, and the expected share if all arrangements that fit are equally likely.
Both are set beside the naive reading, which knows the class's counts only.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from deid.errors import TableRefused
from deid.tabular.cells import Codes, Rows
from deid.tabular.criteria import Figures, counts_of, met, shares
from deid.tabular.merging import Merged
from deid.tabular.model import Criteria

_KINDS = 8
"""Sensitive values of a class up to which every way to fail is written out."""
_WORLDS = 20_000
"""Arrangements that are counted; of more, as many are drawn."""
_STRICT = 1e-7


@dataclass(frozen=True)
class Part:
    """One of the two parts of a merged class: ``size`` rows of ``counts.sum()``.

    ``counts`` and ``reference`` are over the values of one sensitive column.
    """

    size: int
    counts: tuple[int, ...]
    reference: tuple[float, ...]


@dataclass(frozen=True)
class Narrowing:
    """How far one part is narrowed: by linear programs, and by counting arrangements.

    ``ranges`` and ``naive`` are (least, greatest) counts by value. ``expected`` and ``share`` are
    distributions: of the part by the attack, and of the whole class.
    """

    part: Part
    ranges: tuple[tuple[float, float], ...]
    naive: tuple[tuple[float, float], ...]
    expected: tuple[float, ...]
    share: tuple[float, ...]

    @property
    def narrowed(self) -> float:
        """Greatest part of a naive range that the attack rules out, 0 .. 1."""
        lost = [0.0]
        for (low, high), (least, most) in zip(self.ranges, self.naive, strict=True):
            if most > least:
                lost.append(1 - (high - low) / (most - least))
        return max(0.0, *lost)

    @property
    def shifted(self) -> float:
        """Total variation between what the attack expects of the part and the naive reading."""
        return sum(abs(a - b) for a, b in zip(self.expected, self.share, strict=True)) / 2

    @property
    def certain(self) -> bool:
        """Whether the attack is sure of a value of all rows of the part, and the class is not."""
        return max(self.expected) > 1 - 1e-9 > max(self.share)


def refine(
    merged: Merged,
    leaf_of_row: Rows,
    sensitive: Codes,
    criteria: Criteria,
) -> list[Narrowing]:
    """Attack every merged class of a release, one sensitive column; two parts a class.

    ``leaf_of_row`` is the class that each row was in before merging. With several sensitive columns
    a part may have failed by another one, and less is told than is computed here.

    Raises:
        TableRefused: the column has too many values to write out every way to fail.
    """
    tree = merged.tree
    kinds = int(sensitive.max()) + 1
    nodes = tree.summed(counts_of(leaf_of_row, sensitive, tree.leaves, kinds)).astype(np.int64)
    reference = tuple(shares(nodes[-1].astype(np.float64)).tolist())
    found = []
    for node in merged.node:
        if node < tree.leaves:
            continue
        counts = tuple(nodes[node].tolist())
        for child in tree.children[node - tree.leaves]:
            found.append(attack(Part(int(nodes[child].sum()), counts, reference), criteria))
    return found


@lru_cache(maxsize=65536)
def attack(part: Part, criteria: Criteria) -> Narrowing:
    """Attack one part of a merged class; the other part is the rest."""
    present = [value for value, count in enumerate(part.counts) if count]
    if len(present) > _KINDS:
        raise TableRefused(f"the attack writes out at most {_KINDS} values a class")
    total = sum(part.counts)
    naive = tuple(
        (float(max(0, part.size - (total - count))), float(min(part.size, count)))
        for count in part.counts
    )
    low = [math.inf] * len(part.counts)
    high = [-math.inf] * len(part.counts)
    for rows, limits in _ways_to_fail(part, criteria):
        for value in range(len(part.counts)):
            for sign, ends in ((1.0, low), (-1.0, high)):
                end = _extreme(part, naive, rows, limits, value, sign)
                if end is not None:
                    ends[value] = min(low[value], end) if sign > 0 else max(high[value], end)
    if math.inf in low:
        raise TableRefused("no arrangement of the class fits what is known of how it was merged")
    share = tuple(count / total for count in part.counts)
    return Narrowing(
        part, tuple(zip(low, high, strict=True)), naive, _expected(part, criteria), share
    )


Constraints = tuple[Sequence[Sequence[float]], Sequence[float]]
"""Rows A and limits b of A y <= b, over the part's counts y."""


def _extreme(
    part: Part,
    bounds: Sequence[tuple[float, float]],
    rows: Sequence[Sequence[float]],
    limits: Sequence[float],
    value: int,
    sign: float,
) -> float | None:
    objective = [sign if other == value else 0.0 for other in range(len(part.counts))]
    solved = linprog(
        objective,
        A_ub=rows,
        b_ub=limits,
        A_eq=[[1.0] * len(part.counts)],
        b_eq=[part.size],
        bounds=bounds,
        method="highs",
    )
    return float(sign * solved.fun) if solved.status == 0 else None


def _ways_to_fail(part: Part, criteria: Criteria) -> Iterator[Constraints]:
    """Constraints of every way in which this part, or the rest, misses a criterion."""
    counts = np.array(part.counts, np.float64)
    rest = counts.sum() - part.size
    for coefficients, limits in _failures(part, criteria, float(part.size)):
        yield coefficients.tolist(), limits.tolist()
    for coefficients, limits in _failures(part, criteria, float(rest)):
        # The rest's counts are the class's less the part's.
        yield (-coefficients).tolist(), (limits - coefficients @ counts).tolist()


def _failures(part: Part, criteria: Criteria, size: float) -> Iterator[tuple[Figures, Figures]]:
    kinds = len(part.counts)
    q = np.array(part.reference)
    values = range(kinds)
    if criteria.l is not None and criteria.diversity == "distinct":
        for few in itertools.combinations(values, min(kinds, int(criteria.l) - 1)):
            absent = np.array([[0.0 if value in few else 1.0 for value in values]])
            yield absent, np.zeros(1)
    if criteria.l is not None and criteria.diversity == "entropy":
        # Less entropy than log l needs a value more frequent than 1/l: weaker, but linear.
        for value in values:
            yield -np.eye(kinds)[[value]], np.array([-size / criteria.l])
    if criteria.l is not None and criteria.diversity == "recursive":
        for most in values:
            others = [value for value in values if value != most]
            for top in itertools.combinations(others, min(len(others), int(criteria.l) - 2)):
                row = np.full(kinds, criteria.c or 1.0)
                row[list(top)] = 0
                row[most] = -1
                yield row[None], np.zeros(1)
    if criteria.t is not None:
        yield from _too_far(q, criteria, size)
    if criteria.beta is not None:
        for value in values:
            limit = -size * q[value] * (1 + criteria.beta) - _STRICT
            yield -np.eye(kinds)[[value]], np.array([limit])


def _too_far(
    q: npt.NDArray[np.float64], criteria: Criteria, size: float
) -> Iterator[tuple[Figures, Figures]]:
    """The distance is the greatest of linear functions of the counts; each may be over t."""
    assert criteria.t is not None
    kinds = len(q)
    if criteria.distance == "equal":
        for inside in itertools.product((0.0, 1.0), repeat=kinds):
            gain = np.array(inside)
            yield -gain[None], np.array([-size * (criteria.t + gain @ q) - _STRICT])
        return
    for signs in itertools.product((-1.0, 1.0), repeat=kinds - 1):
        # Sum over j of sign_j times the cumulated difference up to j.
        gain = np.append(np.cumsum(np.array(signs)[::-1])[::-1], 0.0)
        limit = criteria.t * max(1, kinds - 1) + gain @ q
        yield -gain[None], np.array([-size * limit - _STRICT])


def _expected(part: Part, criteria: Criteria) -> tuple[float, ...]:
    """Mean distribution of the part over the arrangements in which it or the rest fails."""
    counts = np.array(part.counts)
    worlds, weight = _arrangements(part)
    reference: Mapping[str, Figures] = {"": np.array(part.reference)}
    loose = Criteria(2, **{k: v for k, v in vars(criteria).items() if k != "k"})
    good = met({"": worlds.astype(np.float64)}, reference, loose)
    good &= met({"": (counts - worlds).astype(np.float64)}, reference, loose)
    weight = np.where(good, 0.0, weight)
    if not weight.sum():
        return tuple((counts / counts.sum()).tolist())
    return tuple((weight @ worlds / weight.sum() / part.size).tolist())


def _arrangements(part: Part) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Counts that the part may have, and how many arrangements of rows have them."""
    ranges = [range(min(part.size, count) + 1) for count in part.counts[:-1]]
    if math.prod(len(r) for r in ranges) <= _WORLDS:
        grid = np.array(list(itertools.product(*ranges)), np.int64).reshape(-1, len(ranges))
        last = part.size - grid.sum(axis=1)
        worlds = np.column_stack([grid, last])[(last >= 0) & (last <= part.counts[-1])]
        logs = np.array(
            [
                sum(_log_choose(c, y) for c, y in zip(part.counts, world, strict=True))
                for world in worlds.tolist()
            ]
        )
        return worlds, np.exp(logs - logs.max())
    random = np.random.Generator(np.random.PCG64(0))
    worlds = random.multivariate_hypergeometric(part.counts, part.size, size=_WORLDS)
    return worlds.astype(np.int64), np.ones(_WORLDS)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
