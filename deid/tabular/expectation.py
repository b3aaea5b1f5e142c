"""What is expected of sensitive values, from facts that a release may publish.

The facts are the coefficients of a multinomial logistic model of each sensitive column on all
quasi-identifiers, fitted to the whole table and rounded to a tenth: statements about tens of
thousands of rows that hardly move when two rows change places. Whoever knows them and all
quasi-identifiers can make the same partition; it holds nothing else of the sensitive column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from deid.tabular.cells import Codes, RangeCells, TreeCells
from deid.tabular.encoding import EncodedColumn, EncodedTable
from deid.tabular.sufficiency import Expected

Numbers = npt.NDArray[np.int64]

_DECIMALS = 1
_GROUPS = 32
"""Groups of values a quasi-identifier has in the model, at most."""
_KINDS = 16
"""Sensitive values told apart, at most; the rest are one."""
_LEAST = 1e-4
"""No value is expected less than this, or more than one less this."""


@dataclass(frozen=True)
class Facts:
    """Rounded coefficients, shape (kinds, groups), and the share of each kind in the table."""

    coefficients: npt.NDArray[np.float64]
    reference: npt.NDArray[np.float64]


def expect(encoded: EncodedTable, ordered: bool) -> dict[str, tuple[Facts, Expected]]:
    """Facts and expected distributions of every sensitive column.

    ``ordered`` pools neighbouring values where there are too many, not the rarest.
    """
    groups = [_grouped(column, encoded.codes[:, c]) for c, column in enumerate(encoded.columns)]
    rows = np.arange(len(encoded.codes))
    design = sparse.hstack(
        [sparse.csr_matrix((np.ones(len(rows)), (rows, group))) for group in groups], format="csr"
    )
    found = {}
    for name, values in encoded.sensitive.items():
        facts = _facts(design, _pooled(values, ordered))
        found[name] = (facts, Expected(_shares(design, facts), facts.reference))
    return found


def _facts(design: sparse.csr_matrix, kinds: Numbers) -> Facts:
    reference = np.bincount(kinds) / len(kinds)
    if len(reference) == 1:
        return Facts(np.zeros((1, design.shape[1])), reference)
    # One thread: sums in another order could round a coefficient otherwise.
    with threadpool_limits(1):
        model = LogisticRegression(C=1.0, max_iter=200).fit(design, kinds)
    coefficients = model.coef_
    if len(reference) == 2:
        coefficients = np.concatenate([-coefficients / 2, coefficients / 2])
    return Facts(np.round(coefficients, _DECIMALS), reference)


def _shares(design: sparse.csr_matrix, facts: Facts) -> npt.NDArray[np.float64]:
    """Expected shares a row; their mean is the reference, which the intercepts are moved for."""
    scores = np.asarray(design @ facts.coefficients.T)
    for _ in range(20):
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        scores = scores + np.log(facts.reference / np.maximum(shares.mean(axis=0), _LEAST))
    return np.asarray(np.clip(shares, _LEAST, 1 - _LEAST))


def _grouped(column: EncodedColumn, codes: Codes) -> Numbers:
    """Values of a quasi-identifier in at most :data:`_GROUPS` groups, 0 and up."""
    generaliser = column.generaliser
    if isinstance(generaliser, TreeCells):
        for nodes in generaliser.ancestors:
            groups = np.unique(nodes[codes], return_inverse=True)[1]
            if groups.max() < _GROUPS:
                return np.asarray(groups, np.int64)
    if isinstance(generaliser, RangeCells):
        return _quantiles(codes, _GROUPS)
    return _rarest_pooled(codes, _GROUPS)


def _pooled(values: Codes, ordered: bool) -> Numbers:
    return _quantiles(values, _KINDS) if ordered else _rarest_pooled(values, _KINDS)


def _quantiles(codes: Codes, groups: int) -> Numbers:
    present, numbered = np.unique(codes, return_inverse=True)
    if len(present) <= groups:
        return np.asarray(numbered, np.int64)
    below = np.cumsum(np.bincount(numbered)) / len(codes)
    to_group = np.minimum((below * groups - 1e-9).astype(np.int64), groups - 1)
    return np.asarray(np.unique(to_group[numbered], return_inverse=True)[1], np.int64)


def _rarest_pooled(codes: Codes, groups: int) -> Numbers:
    present, numbered, counts = np.unique(codes, return_inverse=True, return_counts=True)
    if len(present) <= groups:
        return np.asarray(numbered, np.int64)
    rank = np.empty(len(present), np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(present))
    return np.asarray(np.minimum(rank, groups - 1)[numbered], np.int64)
