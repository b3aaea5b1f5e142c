"""What is told of an anonymised table: every figure is computed from the rows that are released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from deid.errors import TableRefused
from deid.tabular import utility
from deid.tabular.cells import Codes, Parts, Rows, take
from deid.tabular.criteria import (
    Figures,
    closeness,
    counts_of,
    distinct_l,
    entropy_l,
    likeness,
    met,
    shares,
)
from deid.tabular.encoding import EncodedTable
from deid.tabular.labels import labels_of
from deid.tabular.local import Recoding
from deid.tabular.model import Criteria, Request


@dataclass(frozen=True)
class Released:
    """Classes as a reader sees them; ``class_of_row`` is -1 for removed rows.

    ``labels[column][class]``; ``counts`` and ``references`` by sensitive column, over released
    rows.
    """

    class_of_row: Rows
    sizes: Rows
    cells: list[Parts]
    labels: list[list[str]]
    counts: Mapping[str, Figures]
    references: Mapping[str, Figures]

    @property
    def removed(self) -> int:
        """Rows that are not released."""
        return int((self.class_of_row < 0).sum())

    @classmethod
    def of(cls, encoded: EncodedTable, recoding: Recoding) -> Released:
        """Classes with equal labels are one; those whose labels say nothing are removed."""
        cells = recoding.cells
        labels = [labels_of(c, parts) for c, parts in zip(encoded.columns, cells, strict=True)]
        number: dict[tuple[str, ...], int] = {}
        seen = [number.setdefault(key, len(number)) for key in zip(*labels, strict=True)]
        first = np.unique(seen, return_index=True)[1]
        cells = take(cells, first)
        labels = [[column[i] for i in first] for column in labels]
        seen_of_row = np.where(recoding.label >= 0, np.array(seen)[recoding.label], -1)
        shown = np.bincount(seen_of_row[seen_of_row >= 0], minlength=len(first)) > 0
        shown &= ~np.isclose(encoded.grid.cost(cells), len(labels))
        to = np.append(np.where(shown, np.cumsum(shown) - 1, -1), -1)
        class_of_row = to[seen_of_row]
        sizes = np.bincount(class_of_row[class_of_row >= 0], minlength=int(shown.sum()))
        cells = take(cells, shown)
        labels = [[column[i] for i in np.flatnonzero(shown)] for column in labels]
        kept = class_of_row >= 0
        counts = {
            name: counts_of(class_of_row[kept], values[kept], len(sizes), int(values.max()) + 1)
            for name, values in encoded.sensitive.items()
        }
        references = {name: shares(table.sum(axis=0)) for name, table in counts.items()}
        return cls(class_of_row, sizes, cells, labels, counts, references)

    def meets(self, criteria: Criteria) -> bool:
        """Whether every class meets the criteria, against the released rows."""
        if not len(self.sizes):
            return True
        if not criteria.watch_sensitive:
            return bool((self.sizes >= criteria.k).all())
        return bool(met(self.counts, self.references, criteria).all())

    def moved_reference(self, encoded: EncodedTable, criteria: Criteria) -> float:
        """How far removing rows has moved the reference of any sensitive column."""
        moved = [0.0]
        for name, values in encoded.sensitive.items():
            whole = np.bincount(values, minlength=self.counts[name].shape[1]).astype(np.float64)
            reference = shares(whole)
            moved.append(
                float(closeness(self.references[name][None], reference, criteria.distance)[0])
            )
        return max(moved)


def report_on(
    encoded: EncodedTable,
    request: Request,
    recoding: Recoding,
    released: Released,
) -> dict[str, object]:
    """Figures of a released table, ready for JSON."""
    sizes, removed = released.sizes, released.removed
    by_column = utility.ncp(encoded.columns, released.cells, sizes, removed)
    criteria = request.criteria
    return {
        "request": {
            "quasi_identifiers": list(request.quasi_identifiers),
            "sensitive": list(request.sensitive),
            "kept_as_they_are": list(request.keep),
            "dropped": list(request.drop),
            "method": request.method,
            "labels": request.labels,
            "suppression_limit": request.suppression_limit,
            "criteria": {
                name: value for name, value in vars(criteria).items() if value is not None
            },
            "hierarchies": {
                column.name: column.hierarchy.source
                for column in encoded.columns
                if column.hierarchy
            },
        },
        "rows": {"given": len(encoded.codes), "released": int(sizes.sum()), "removed": removed},
        "k": int(sizes.min()),
        "classes": len(sizes),
        "class_size": {"mean": float(sizes.mean()), "max": int(sizes.max())},
        "risk": {
            "prosecutor_max": float(1 / sizes.min()),
            "prosecutor_mean": float(len(sizes) / sizes.sum()),
        },
        "sensitive": {
            name: _sensitive(counts, released.references[name])
            for name, counts in released.counts.items()
        },
        "ncp": float(np.mean(list(by_column.values()))),
        "ncp_columns": by_column,
        "discernibility": utility.discernibility(sizes, removed),
        "c_avg": float(sizes.mean() / criteria.k),
        "facts_used": recoding.facts,
    }


def measures(
    table: pa.Table,
    shown: pa.Table,
    encoded: EncodedTable,
    request: Request,
    recoding: Recoding,
    released: Released,
) -> dict[str, object]:
    """Query errors; by sensitive column, accuracy of a model, and what an attack learns."""
    # The library takes a second to load, which a run without measures need not wait for.
    from deid.tabular.learning import accuracy, commonest

    errors = utility.query_errors(encoded.columns, encoded.codes, released.cells, released.sizes)
    learnt = {
        name: {
            "before": accuracy(table, request.quasi_identifiers, name),
            "after": accuracy(shown, request.quasi_identifiers, name),
            "commonest": commonest(table, name),
        }
        for name in request.sensitive
    }
    return {
        "query_error": {
            "queries": len(errors),
            "median": float(np.median(errors)) if len(errors) else None,
            "mean": float(errors.mean()) if len(errors) else None,
        },
        "model_accuracy": learnt,
        "refinement": {
            name: _attacked(recoding, values, request.criteria)
            for name, values in encoded.sensitive.items()
        },
    }


def _attacked(recoding: Recoding, values: Codes, criteria: Criteria) -> dict[str, object] | None:
    """Summary of :mod:`deid.tabular.refinement`; none where it cannot write out every way."""
    from deid.tabular.refinement import refine

    if recoding.merged is None or recoding.leaf_of_row is None:
        return {"parts": 0, "why": "no decision looked at the class's sensitive values"}
    try:
        found = refine(recoding.merged, recoding.leaf_of_row, values, criteria)
    except TableRefused as error:
        return {"parts": None, "why": str(error)}
    rows = sum(narrowing.part.size for narrowing in found)
    shifted = sum(narrowing.part.size * narrowing.shifted for narrowing in found)
    return {
        "parts": len(found),
        "rows": rows,
        "narrowed_max": max((narrowing.narrowed for narrowing in found), default=0.0),
        "shifted_max": max((narrowing.shifted for narrowing in found), default=0.0),
        "shifted_mean": shifted / rows if rows else 0.0,
        "certain_parts": sum(narrowing.certain for narrowing in found),
    }


def _sensitive(counts: Figures, reference: Figures) -> dict[str, object]:
    return {
        "reference": "released rows",
        "distinct_l": int(distinct_l(counts).min()),
        "entropy_l": float(entropy_l(counts).min()),
        "homogeneous_classes": int((distinct_l(counts) == 1).sum()),
        "max_inference_confidence": float(shares(counts).max()),
        "t_equal": float(closeness(counts, reference, "equal").max()),
        "t_ordered": float(closeness(counts, reference, "ordered").max()),
        "beta": float(likeness(counts, reference).max()),
    }
