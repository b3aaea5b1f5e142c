"""When a class is large enough: by its size, or also by the sensitive values that are expected.

What is expected comes from :mod:`deid.tabular.expectation`, never from the sensitive values of the
class's own rows: partitions made by these rules tell nothing of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from deid.tabular.model import Criteria

Totals = npt.NDArray[np.float32]

_MAY_LACK = 0.25
"""Expected number of the l values that a sufficient class may lack."""
_SPREAD = 1.7
"""Standard deviations by which an expected share must keep from a limit."""


class Sufficiency(Protocol):
    """A rule over sums of weights: ``weights`` has shape (rows, sums), the first column all 1."""

    @property
    def k(self) -> int:
        """Least number of rows."""
        ...

    @property
    def weights(self) -> Totals | None:
        """What is summed over a class besides its rows; none if only their number matters."""
        ...

    def deficit(self, totals: Any, caution: float = 1.0) -> Any:
        """How far classes are from sufficing, 0 if they do; ``totals`` has shape (..., sums).

        ``caution`` multiplies what there must be to spare.
        """
        ...


@dataclass(frozen=True)
class BySize:
    """k rows suffice."""

    k: int
    weights: None = None

    def deficit(self, totals: Any, caution: float = 1.0) -> Any:
        """Share of k that is lacking."""
        return np.maximum(0, self.k - totals[..., 0]) / self.k


@dataclass(frozen=True)
class Expected:
    """Expected distribution of one sensitive column: shape (rows, values), and over all rows."""

    shares: npt.NDArray[np.float64]
    reference: npt.NDArray[np.float64]


class ByExpectation:
    """k rows suffice whose expected sensitive values meet the criteria, with something to spare."""

    def __init__(self, criteria: Criteria, columns: Sequence[Expected]) -> None:
        """One :class:`Expected` a sensitive column."""
        self.k = criteria.k
        self.criteria = criteria
        self.references = [column.reference.astype(np.float32) for column in columns]
        self.distinct = criteria.l is not None and criteria.diversity == "distinct"
        self.moments = (
            criteria.t is not None
            or criteria.beta is not None
            or (criteria.l is not None and not self.distinct)
        )
        sums = [np.ones((len(columns[0].shares), 1))]
        for column in columns:
            if self.distinct:
                sums.append(-np.log1p(-column.shares))
            if self.moments:
                sums += [column.shares, column.shares * (1 - column.shares)]
        self.weights: Totals = np.concatenate(sums, axis=1).astype(np.float32)

    def deficit(self, totals: Any, caution: float = 1.0) -> Any:
        """Sum of what is lacking of k and by each criterion, each as a share of its limit."""
        size = np.maximum(totals[..., 0], np.float32(1e-6))
        lacking = np.maximum(0, self.k - size) / self.k
        at = 1
        for reference in self.references:
            kinds = len(reference)
            if self.distinct:
                present = -np.expm1(-totals[..., at : at + kinds]).sum(axis=-1)
                wanted = np.float32(self.criteria.l or 1)
                lacking = (
                    lacking
                    + np.maximum(0, wanted - np.float32(_MAY_LACK / caution) - present) / wanted
                )
                at += kinds
            if self.moments:
                share = totals[..., at : at + kinds] / size[..., None]
                variance = totals[..., at + kinds : at + 2 * kinds]
                spread = (
                    np.sqrt(np.maximum(variance, 0))
                    / size[..., None]
                    * np.float32(_SPREAD * caution)
                )
                lacking = lacking + self._by_shares(share, spread, size, reference)
                at += 2 * kinds
        return lacking

    def _by_shares(self, share: Any, spread: Any, size: Any, reference: Any) -> Any:
        criteria, lacking = self.criteria, np.float32(0)
        if criteria.t is not None:
            apart = share - reference
            if criteria.distance == "equal":
                distance = np.abs(apart).sum(axis=-1) / 2 + spread.sum(axis=-1) / 2
            else:
                steps = max(1, len(reference) - 1)
                noise = np.sqrt(np.cumsum(spread**2, axis=-1))[..., :-1].sum(axis=-1) / steps
                distance = np.abs(np.cumsum(apart, axis=-1))[..., :-1].sum(axis=-1) / steps + noise
            lacking = lacking + np.maximum(0, distance - np.float32(criteria.t))
        if criteria.beta is not None:
            gain = ((share + spread) / np.maximum(reference, 1e-6) - 1).max(axis=-1)
            lacking = lacking + np.maximum(0, gain / np.float32(criteria.beta) - 1)
        if criteria.l is not None and criteria.diversity == "entropy":
            safe = np.maximum(share, 1e-9)
            bias = (len(reference) - 1) / (2 * size)
            effective = np.exp(-(safe * np.log(safe)).sum(axis=-1) - bias)
            lacking = lacking + np.maximum(0, 1 - effective / np.float32(criteria.l))
        if criteria.l is not None and criteria.diversity == "recursive":
            ordered = -np.sort(-share, axis=-1)
            rest = ordered[..., int(criteria.l) - 1 :].sum(axis=-1)
            most = ordered[..., 0] + spread.max(axis=-1)
            lacking = lacking + np.maximum(
                0, 1 - np.float32(criteria.c or 1) * rest / np.maximum(most, 1e-6)
            )
        return lacking
