"""Privacy models of classes, each as one figure a class from its counts of sensitive values.

Counts have shape (classes, values). All of these models are closed under union: two classes that
meet one meet it together, which is what lets a search stop at a class that does.

l-diversity: Machanavajjhala et al. 2007. t-closeness: Li et al. 2007. beta-likeness: Cao and
Karras 2012. delta-presence: Nergiz et al. 2007.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from deid.tabular.cells import Codes
from deid.tabular.model import Criteria, Distance

Figures = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

TOLERANCE = 1e-9
"""Figures that differ by less are equal: they come from sums of fractions."""


def counts_of(classes: Classes, values: Codes, size: int, kinds: int) -> Figures:
    """Count of each value in each of ``size`` classes, shape (size, kinds)."""
    flat = np.bincount(classes * kinds + values, minlength=size * kinds)
    return flat.reshape(size, kinds).astype(np.float64)


def shares(counts: Figures) -> Figures:
    """Share of each value in each class."""
    return counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)


def distinct_l(counts: Figures) -> Figures:
    """Number of different values."""
    return (counts > 0).sum(axis=-1).astype(np.float64)


def entropy_l(counts: Figures) -> Figures:
    """Exponential of the entropy: the number of equally frequent values that say as much."""
    p = shares(counts)
    terms = np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)
    return np.asarray(np.exp(-terms.sum(axis=-1)))


def recursive_c(counts: Figures, l: int) -> Figures:  # noqa: E741
    """The most frequent count over the sum from the l-th most frequent on; c must be greater."""
    ordered = -np.sort(-counts, axis=-1)
    rest = ordered[..., l - 1 :].sum(axis=-1)
    return np.asarray(
        np.divide(ordered[..., 0], rest, out=np.full(rest.shape, np.inf), where=rest > 0)
    )


def closeness(counts: Figures, reference: Figures, distance: Distance) -> Figures:
    """Earth mover's distance between each class and the reference, a distribution over values.

    ``equal`` charges 1 between any two values; ``ordered`` the difference of ranks over their
    greatest.
    """
    apart = shares(counts) - reference
    if distance == "equal":
        return np.asarray(np.maximum(apart, 0).sum(axis=-1))
    between = max(1, counts.shape[-1] - 1)
    return np.asarray(np.abs(np.cumsum(apart, axis=-1)[..., :-1]).sum(axis=-1) / between)


def likeness(counts: Figures, reference: Figures) -> Figures:
    """Greatest relative gain (p - q) / q of a value that a class raises."""
    gain = (shares(counts) - reference) / np.where(reference > 0, reference, 1)
    return np.asarray(np.maximum(gain, 0).max(axis=-1))


def presence(sizes: Figures, population: Figures) -> tuple[float, float]:
    """Least and greatest share of a class's population that is in the table (delta-presence)."""
    inside = sizes / population
    return float(inside.min()), float(inside.max())


def met(
    counts: Mapping[str, Figures],
    references: Mapping[str, Figures],
    criteria: Criteria,
    *,
    slack: float = 0.0,
) -> npt.NDArray[np.bool_]:
    """Which classes meet everything, k included; ``slack`` is taken off t."""
    first = next(iter(counts.values()))
    good = first.sum(axis=-1) >= criteria.k
    for name, table in counts.items():
        reference = references[name]
        if criteria.l is not None:
            if criteria.diversity == "distinct":
                good &= distinct_l(table) >= criteria.l
            elif criteria.diversity == "entropy":
                good &= entropy_l(table) >= criteria.l - TOLERANCE
            else:
                assert criteria.c is not None
                good &= recursive_c(table, int(criteria.l)) < criteria.c
        if criteria.t is not None:
            apart = closeness(table, reference, criteria.distance)
            good &= apart <= criteria.t - slack + TOLERANCE
        if criteria.beta is not None:
            good &= likeness(table, reference) <= criteria.beta + TOLERANCE
    return good
