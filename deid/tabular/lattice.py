"""Global recoding: one level a column for the whole table, the best there is.

The lattice of all combinations of levels is searched best bound first. The NCP of a node is what
its levels cost, known at once, and what removed rows cost besides. Rows in classes below k at a
node are so at every less general node too, and cost no less there: each evaluated node therefore
bounds all nodes below it, and rules them out if it removes too many rows. A node is left
unevaluated only if its bound is no better than the best node known, so the result is the optimum.

Criteria other than k and distinct l are not monotone in the number of removed rows; they are
checked at each node, and only k and distinct l make bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.errors import RequestContradictory, TableRefused
from deid.tabular.cells import Codes, Parts, Rows, TreeCells
from deid.tabular.criteria import Figures, counts_of, distinct_l, met, shares
from deid.tabular.encoding import EncodedTable
from deid.tabular.model import Criteria

_LARGEST = 5_000_000
"""Nodes of a lattice that is searched."""
_DENSE = 1 << 22
"""Possible classes up to which they are counted without sorting."""
_NOISE = 1e-12

Node = tuple[int, ...]


@dataclass(frozen=True)
class Optimum:
    """The best node: its levels, class of each row (-1 removed), cells, and the work it took."""

    levels: Node
    label: Rows
    cells: list[Parts]
    ncp: float
    evaluated: int
    nodes: int


@dataclass(frozen=True)
class _Evaluated:
    feasible: bool
    ncp: float
    penalty: float
    within: bool


class Lattice:
    """All full-domain recodings of a table, and what each costs."""

    def __init__(self, encoded: EncodedTable, criteria: Criteria, limit: float) -> None:
        """``limit`` is the share of rows that may be removed."""
        distinct, unit, counts = np.unique(
            encoded.codes, axis=0, return_inverse=True, return_counts=True
        )
        self.unit_of_row, self.weights = unit.ravel(), counts.astype(np.float64)
        self.encoded, self.criteria = encoded, criteria
        self.rows = len(encoded.codes)
        self.allowed = int(np.floor(limit * self.rows + 1e-9))
        trees = [column.generaliser for column in encoded.columns]
        self.trees = [tree for tree in trees if isinstance(tree, TreeCells)]
        assert len(self.trees) == len(trees)
        self.codes = [
            [nodes[distinct[:, c]].astype(np.int64) for nodes in tree.ancestors]
            for c, tree in enumerate(self.trees)
        ]
        self.losses = [
            [_exact_losses(nodes)[distinct[:, c]] for nodes in tree.ancestors]
            for c, tree in enumerate(self.trees)
        ]
        self.shape = tuple(len(levels) for levels in self.codes)
        if np.prod(self.shape, dtype=np.float64) > _LARGEST:
            raise RequestContradictory(
                f"the lattice has more than {_LARGEST:,} nodes; use fewer levels or local recoding"
            )
        self.kinds = {name: int(v.max()) + 1 for name, v in encoded.sensitive.items()}
        self.whole = {
            name: np.bincount(values).astype(np.float64)
            for name, values in encoded.sensitive.items()
        }

    def level_costs(self) -> npt.NDArray[np.float64]:
        """NCP of every node if nothing is removed, in the lattice's shape."""
        total = np.zeros(self.shape)
        for c, levels in enumerate(self.losses):
            means = np.array([float((self.weights * loss).sum()) for loss in levels]) / self.rows
            total += means.reshape([-1 if i == c else 1 for i in range(len(self.shape))])
        return total / len(self.shape)

    def classes(self, node: Node) -> tuple[Rows, int]:
        """Class of each unit, numbered without gaps, and how many there are."""
        code, size = np.zeros(len(self.weights), np.int64), 1
        for c, level in enumerate(node):
            nodes = int(self.trees[c].ancestors[level].max()) + 1
            if size * nodes > 2**62:
                present, code = np.unique(code, return_inverse=True)
                size = len(present)
            code, size = code * nodes + self.codes[c][level], size * nodes
        if size <= _DENSE:
            used = np.bincount(code, minlength=size) > 0
            return (np.cumsum(used) - 1)[code], int(used.sum())
        values, code = np.unique(code, return_inverse=True)
        return code, len(values)

    def kept_classes(
        self, label: Rows, count: int
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], bool]:
        """Classes that pass what is monotone, classes that pass everything, and whether these
        still do against the rows that are left."""
        sizes = np.bincount(label, weights=self.weights, minlength=count)
        monotone = sizes >= self.criteria.k
        if not self.criteria.watch_sensitive:
            return monotone, monotone, True
        passing, tables = monotone.copy(), {}
        by_row = label[self.unit_of_row]
        for name, values in self.encoded.sensitive.items():
            tables[name] = table = counts_of(by_row, values, count, self.kinds[name])
            if self.criteria.l is not None and self.criteria.diversity == "distinct":
                monotone = monotone & (distinct_l(table) >= self.criteria.l)
            passing &= met({name: table}, {name: shares(self.whole[name])}, self.criteria)
        return monotone, passing, self._meets_alone(tables, passing)

    def _meets_alone(self, tables: Mapping[str, Figures], passing: npt.NDArray[np.bool_]) -> bool:
        if not passing.any():
            return False
        left = {name: table[passing] for name, table in tables.items()}
        references = {name: shares(table.sum(axis=0)) for name, table in left.items()}
        return bool(met(left, references, self.criteria).all())

    def evaluate(self, node: Node) -> _Evaluated:
        """Everything about one node."""
        label, count = self.classes(node)
        monotone, passing, alone = self.kept_classes(label, count)
        loss = sum(levels[level] for levels, level in zip(self.losses, node, strict=True))
        loss = np.asarray(loss) / len(node)
        gone = ~passing[label]
        removed = float(self.weights[gone].sum())
        cost = float((self.weights * np.where(gone, 1.0, loss)).sum()) / self.rows
        must_go = ~monotone[label]
        penalty = float((self.weights * (1 - loss))[must_go].sum()) / self.rows
        within = float(self.weights[must_go].sum()) <= self.allowed
        feasible = removed <= self.allowed and removed < self.rows and alone
        return _Evaluated(feasible, cost, penalty, within)

    def recoded(self, node: Node) -> tuple[Rows, list[Parts]]:
        """Class of each row, -1 if removed, and the classes' cells at a node."""
        label, count = self.classes(node)
        _, passing, _ = self.kept_classes(label, count)
        first = np.unique(label, return_index=True)[1]
        cells: list[Parts] = []
        for c, level in enumerate(node):
            of_leaf = self.trees[c].ancestors[level]
            leaves = np.arange(len(of_leaf))
            low, high = np.full(of_leaf.max() + 1, len(leaves)), np.zeros(of_leaf.max() + 1, int)
            np.minimum.at(low, of_leaf, leaves)
            np.maximum.at(high, of_leaf, leaves)
            nodes = self.codes[c][level][first]
            tree = self.trees[c]
            cells.append((tree.of(low[nodes])[0], tree.of(high[nodes])[0]))
        return np.where(passing[label], label, -1)[self.unit_of_row], cells


def search(
    encoded: EncodedTable,
    criteria: Criteria,
    limit: float,
    advance: Callable[[float], None] = lambda _: None,
) -> Optimum:
    """The node of least NCP that meets the criteria and removes at most a share of ``limit``.

    Of equal nodes the first in the order of level costs is taken.

    Raises:
        TableRefused: no node does.
    """
    lattice = Lattice(encoded, criteria, limit)
    base = lattice.level_costs()
    bound = base.copy()
    best, best_node, evaluated = np.inf, None, 0
    while True:
        start = np.unravel_index(int(bound.argmin()), bound.shape)
        if not bound[start] < best - _NOISE:
            break
        chain = _chain(tuple(int(level) for level in start), base, bound, best)
        low, high = 0, len(chain)
        while low < high:
            middle = (low + high) // 2
            node = chain[middle]
            found = lattice.evaluate(node)
            evaluated += 1
            below = tuple(slice(0, level + 1) for level in node)
            floor = base[below] + found.penalty if found.within else np.inf
            bound[below] = np.maximum(bound[below], floor)
            bound[node] = np.inf
            if found.feasible and (found.ncp, node) < (best, best_node or node):
                best, best_node = found.ncp, node
            low, high = (low, middle) if found.within else (middle + 1, high)
        advance(float(np.mean(bound >= best)) if best < np.inf else 0.0)
    if best_node is None:
        raise TableRefused(
            f"no recoding of the whole table meets the criteria and removes at most {limit:.2%} of "
            "the rows; allow more, ask for less, or use local recoding"
        )
    label, cells = lattice.recoded(best_node)
    return Optimum(best_node, label, cells, best, evaluated, int(base.size))


def _chain(
    start: Node,
    base: npt.NDArray[np.float64],
    bound: npt.NDArray[np.float64],
    best: float,
) -> list[Node]:
    """Open nodes from ``start`` upwards, each time by the column that costs least."""
    chain, node = [start], start
    while True:
        above = [
            (*node[:c], node[c] + 1, *node[c + 1 :])
            for c in range(len(node))
            if node[c] + 1 < base.shape[c]
        ]
        if not above:
            return chain
        node = min(above, key=lambda candidate: (base[candidate], candidate))
        if base[node] >= best:
            return chain
        if bound[node] < best:
            chain.append(node)


def _exact_losses(nodes: Codes) -> npt.NDArray[np.float64]:
    under = np.bincount(nodes)[nodes]
    return np.asarray((under - 1) / max(1, len(nodes) - 1), np.float64)
