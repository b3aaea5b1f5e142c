"""Pairs of treated and comparison people: exact, greedy nearest neighbour, and optimal.

Stuart EA (2010) Matching methods for causal inference: a review and a look forward. Statistical
Science 25:1-21. Optimal: Rosenbaum PR (1989) Journal of the American Statistical Association
84:1024-1032.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from cohorts.errors import MatchingError
from cohorts.matching.people import (
    Ranks,
    check_people,
    flags_of,
    in_order_of_id,
    lots,
    strata_of,
)

# Cells of the matrix of distances in one stratum: 160 MB of numbers, some seconds to solve.
OPTIMAL_CELLS: Final = 20_000_000
Pair = tuple[int, int, float]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Matching:
    """Who was matched with whom.

    ``pairs`` has one row a pair: ``treated`` and ``control`` (ids), ``distance`` on the score, 0
    where matching was exact only. A treated person with several controls has several rows; with
    replacement a control may have several too. ``unmatched`` are the treated without any control.
    """

    pairs: pd.DataFrame
    unmatched: pd.Index

    @property
    def weights(self) -> pd.Series:
        """1 for a treated person; for a control the sum of its shares in each set."""
        shares = 1 / self.pairs.groupby("treated")["control"].transform("size")
        controls = shares.groupby(self.pairs["control"]).sum()
        treated = pd.Series(1.0, pd.Index(self.pairs["treated"].unique()))
        return pd.concat([treated, controls.astype(float)]).rename("weight")

    def sample(self, people: pd.DataFrame) -> pd.DataFrame:
        """Rows of the matched people with ``match_set`` and ``weight``; one row a person and set.

        ``match_set`` is the number of the set: a treated person and its controls. Analyses take
        the sets into account, for instance by standard errors clustered on them (Austin 2011,
        Multivariate Behavioral Research 46:399-424).
        """
        number = {person: i for i, person in enumerate(self.pairs["treated"].unique())}
        sets = self.pairs["treated"].map(number)
        shares = 1 / self.pairs.groupby("treated")["control"].transform("size")
        heads = pd.DataFrame({"person": list(number), "match_set": list(number.values())})
        heads["weight"] = 1.0
        tails = pd.DataFrame(
            {"person": self.pairs["control"], "match_set": sets, "weight": shares.astype(float)}
        )
        members = pd.concat([heads, tails]).sort_values(["match_set"], kind="stable")
        rows = people.loc[members["person"].tolist()].copy()
        rows["match_set"] = members["match_set"].to_numpy()
        rows["weight"] = members["weight"].to_numpy()
        return rows


def match_exact(
    people: pd.DataFrame, treatment: str, on: Sequence[str], *, ratio: int = 1, seed: int = 0
) -> Matching:
    """Up to ``ratio`` controls for each treated person, equal in all columns of ``on``; by lot.

    No control is used twice. Where a stratum has too few, everybody gets a first control before
    anybody gets a second.

    Raises:
        MatchingError: for a ratio below 1, missing values, or a group without people.
    """
    if not on:
        raise MatchingError("exact matching needs at least one column")
    flat = pd.Series(0.0, people.index)
    return match_nearest(people, treatment, score=flat, exact=on, ratio=ratio, seed=seed)


def match_nearest(
    people: pd.DataFrame,
    treatment: str,
    *,
    score: pd.Series,
    caliper: float | None = None,
    exact: Sequence[str] = (),
    ratio: int = 1,
    replacement: bool = False,
    seed: int = 0,
) -> Matching:
    """Greedy nearest neighbours on ``score``, within ``caliper`` and the strata of ``exact``.

    The treated choose in turn, the highest score first, because the fewest controls are like them;
    each round gives everybody one control at most, up to ``ratio`` rounds. Equal scores and equal
    distances are decided by lot from ``seed``.

    Raises:
        MatchingError: for a ratio below 1, a caliper that is no width, missing values or scores,
            or a group without people.
    """
    ordered, treated, values = _prepared(people, treatment, score, caliper, exact, ratio)
    lot = lots(ordered, seed)
    width = math.inf if caliper is None else caliper
    find = _nearest_with_replacement if replacement else _nearest_without_replacement
    pairs: list[Pair] = []
    for members in strata_of(ordered, exact):
        seekers, givers = members[treated[members]], members[~treated[members]]
        seekers = seekers[np.lexsort((lot[seekers], -values[seekers]))]
        givers = givers[np.lexsort((lot[givers], values[givers]))]
        pairs.extend(find(seekers, givers, values, lot, width, ratio))
    return _matching(ordered, treated, pairs)


def match_optimal(
    people: pd.DataFrame,
    treatment: str,
    *,
    score: pd.Series,
    caliper: float | None = None,
    exact: Sequence[str] = (),
    ratio: int = 1,
) -> Matching:
    """As many pairs as the caliper allows, and among those the smallest sum of distances.

    No control is used twice. Each treated person stands ``ratio`` times in the assignment. It has
    no seed: ties are decided by the order of the ids.

    Raises:
        MatchingError: as :func:`match_nearest`, and for a stratum of over 20 million distances.
    """
    from scipy.optimize import linear_sum_assignment

    ordered, treated, values = _prepared(people, treatment, score, caliper, exact, ratio)
    pairs: list[Pair] = []
    for members in strata_of(ordered, exact):
        seekers = np.repeat(members[treated[members]], ratio)
        givers = members[~treated[members]]
        if len(seekers) * len(givers) > OPTIMAL_CELLS:
            raise MatchingError(
                f"optimal matching of {len(seekers):,} by {len(givers):,} people in one stratum "
                "takes too much memory; add columns to exact, or use match_nearest"
            )
        if not len(seekers) or not len(givers):
            continue
        distances = np.abs(values[seekers][:, None] - values[givers][None, :])
        allowed = distances <= (math.inf if caliper is None else caliper)
        # Dearer than all allowed pairs together, so that none is given up to save distance.
        forbidden = float(distances.max()) * min(distances.shape) + 1.0
        rows, columns = linear_sum_assignment(np.where(allowed, distances, forbidden))
        pairs += [
            (int(seekers[i]), int(givers[j]), float(distances[i, j]))
            for i, j in zip(rows, columns, strict=True)
            if allowed[i, j]
        ]
    return _matching(ordered, treated, pairs)


def _prepared(
    people: pd.DataFrame,
    treatment: str,
    score: pd.Series,
    caliper: float | None,
    exact: Sequence[str],
    ratio: int,
) -> tuple[pd.DataFrame, npt.NDArray[np.bool_], Numbers]:
    if ratio < 1:
        raise MatchingError("ratio is the number of controls for each treated person, at least 1")
    if caliper is not None and not 0 <= caliper < math.inf:
        raise MatchingError("caliper is a width on the scale of the score, zero or more")
    check_people(people, [treatment, *exact])
    ordered = in_order_of_id(people)
    values = score.reindex(ordered.index).to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise MatchingError("somebody has no score; compute it over the same people")
    return ordered, flags_of(ordered, treatment), values


def _nearest_without_replacement(
    seekers: Ranks, givers: Ranks, values: Numbers, lot: Ranks, width: float, ratio: int
) -> Iterator[Pair]:
    """``givers`` in order of score; a used one is jumped over by links to the next free one."""
    count = len(givers)
    scores = values[givers]
    after, before = list(range(count + 1)), list(range(count + 1))  # before[i + 1] is of place i

    def free(links: list[int], place: int) -> int:
        root = place
        while links[root] != root:
            root = links[root]
        while links[place] != root:
            links[place], place = root, links[place]
        return root

    for _ in range(ratio):
        for seeker in seekers:
            place = int(np.searchsorted(scores, values[seeker]))
            right, left = free(after, place), free(before, place) - 1
            options = [i for i in (left, right) if 0 <= i < count]
            if not options:
                return
            best = min(options, key=lambda i: (abs(scores[i] - values[seeker]), lot[givers[i]]))
            distance = float(abs(scores[best] - values[seeker]))
            if distance <= width:
                after[best], before[best + 1] = best + 1, best
                yield int(seeker), int(givers[best]), distance


def _nearest_with_replacement(
    seekers: Ranks, givers: Ranks, values: Numbers, lot: Ranks, width: float, ratio: int
) -> Iterator[Pair]:
    """The ``ratio`` nearest of all ``givers`` for each seeker."""
    for seeker in seekers:
        distances = np.abs(values[givers] - values[seeker])
        for i in np.lexsort((lot[givers], distances))[:ratio]:
            if distances[i] <= width:
                yield int(seeker), int(givers[i]), float(distances[i])


def _matching(
    ordered: pd.DataFrame, treated: npt.NDArray[np.bool_], found: Sequence[Pair]
) -> Matching:
    ids: Any = ordered.index
    by_treated = sorted(found, key=lambda pair: pair[0])
    pairs = pd.DataFrame(
        {
            "treated": ids.take([pair[0] for pair in by_treated]),
            "control": ids.take([pair[1] for pair in by_treated]),
            "distance": [pair[2] for pair in by_treated],
        }
    )
    return Matching(pairs, ids[treated].difference(pd.Index(pairs["treated"])))
