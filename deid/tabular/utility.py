"""What a generalised table is still good for: information lost, and answers that stay right.

Normalised certainty penalty (NCP): Xu et al. 2006. Discernibility (DM): Bayardo and Agrawal 2005.
Average class size (C_avg): LeFevre et al. 2006. Query error: relative error of counts, as in
LeFevre et al. 2006, rows of a class spread evenly over what its cells cover.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deid.tabular.cells import Codes, Parts, RangeCells, Rows, SetCells, TreeCells
from deid.tabular.encoding import EncodedColumn

Floats = npt.NDArray[np.float64]
QUERIES = 1000
_SELECTIVITY = 0.5
"""Share of a column's values that a condition of a random query admits."""


def column_losses(column: EncodedColumn, cells: Parts) -> Floats:
    """NCP of each class in one column, in double precision."""
    generaliser = column.generaliser
    if isinstance(generaliser, TreeCells):
        leaves = generaliser.ancestors.shape[1]
        under = np.stack([np.bincount(nodes)[nodes] for nodes in generaliser.ancestors])
        covered = under[generaliser.levels(cells), cells[0]]
        return np.asarray((covered - 1) / max(1, leaves - 1), np.float64)
    if isinstance(generaliser, SetCells):
        held = generaliser.members(cells).sum(axis=1)
        return np.asarray((held - 1) / max(1, generaliser.size - 1), np.float64)
    assert isinstance(generaliser, RangeCells)
    numbers = np.array(column.values, np.float64)
    first, last = generaliser.ends(cells)
    width = numbers[-1] - numbers[0]
    return np.asarray((numbers[last] - numbers[first]) / (width if width > 0 else 1.0), np.float64)


def ncp(
    columns: Sequence[EncodedColumn], cells: Sequence[Parts], sizes: Rows, removed: int
) -> dict[str, float]:
    """Mean NCP of each column over all rows; a removed row has lost everything."""
    total = int(sizes.sum()) + removed
    return {
        column.name: (float((column_losses(column, parts) * sizes).sum()) + removed) / total
        for column, parts in zip(columns, cells, strict=True)
    }


def discernibility(sizes: Rows, removed: int) -> int:
    """Sum of squared class sizes; a removed row is charged the whole table."""
    total = int(sizes.sum()) + removed
    return int((sizes.astype(np.int64) ** 2).sum()) + removed * total


def covered_values(column: EncodedColumn, cells: Parts) -> npt.NDArray[np.bool_]:
    """Which values each class's cell covers, shape (classes, values)."""
    generaliser = column.generaliser
    if isinstance(generaliser, SetCells):
        return generaliser.members(cells)
    values = np.arange(len(column.values))
    if isinstance(generaliser, TreeCells):
        levels = generaliser.levels(cells)
        nodes = generaliser.ancestors[levels, cells[0]]
        return np.asarray(generaliser.ancestors[levels] == nodes[:, None])
    assert isinstance(generaliser, RangeCells)
    first, last = generaliser.ends(cells)
    return (values >= first[:, None]) & (values <= last[:, None])


def query_errors(
    columns: Sequence[EncodedColumn],
    codes: Codes,
    cells: Sequence[Parts],
    sizes: Rows,
    queries: int = QUERIES,
    seed: int = 0,
) -> Floats:
    """Relative error of each of ``queries`` random counts over all original rows.

    A query takes two columns and admits a random half of the values of each: neighbouring ones of
    an ordered column, any of another. Its count is estimated as if the rows of a class were spread
    evenly over the values that occur and that its cells cover. Queries without rows are left out.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    occurring = [
        np.bincount(codes[:, c], minlength=len(column.values)) > 0
        for c, column in enumerate(columns)
    ]
    covers = [
        covered_values(column, parts) & occurs
        for column, parts, occurs in zip(columns, cells, occurring, strict=True)
    ]
    widths = [cover.sum(axis=1) for cover in covers]
    errors = []
    for _ in range(queries):
        used = random.choice(len(columns), size=min(2, len(columns)), replace=False)  # nosec B311 # seeded sample of questions
        true = np.ones(len(codes), bool)
        estimate = sizes.astype(np.float64)
        for c in used:
            admitted = _condition(columns[c], np.flatnonzero(occurring[c]), random)
            true &= admitted[codes[:, c]]
            estimate = estimate * ((covers[c] & admitted).sum(axis=1) / widths[c])
        count = int(true.sum())
        if count:
            errors.append(abs(float(estimate.sum()) - count) / count)
    return np.array(errors)


def _condition(
    column: EncodedColumn, occurring: Rows, random: np.random.Generator
) -> npt.NDArray[np.bool_]:
    admitted = np.zeros(len(column.values), bool)
    number = max(1, round(len(occurring) * _SELECTIVITY))
    if isinstance(column.generaliser, RangeCells):
        first = random.integers(0, len(occurring) - number + 1)
        admitted[occurring[first : first + number]] = True
    else:
        admitted[random.choice(occurring, size=number, replace=False)] = True  # nosec B311 # seeded sample of questions
    return admitted
