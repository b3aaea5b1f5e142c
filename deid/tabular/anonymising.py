"""One table in, one table out that meets the criteria; or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from deid.errors import RequestContradictory, TableRefused
from deid.tabular.cells import Rows
from deid.tabular.criteria import counts_of, met, shares
from deid.tabular.encoding import EncodedTable, encode
from deid.tabular.hierarchy import Hierarchy
from deid.tabular.lattice import search
from deid.tabular.local import Recoding, recode_locally
from deid.tabular.model import Anonymised, Criteria, Request
from deid.tabular.reporting import Released, measures, report_on

Progress = Callable[[str, float], None]
_TRIES = 4
"""Times that t is tightened, because removing rows moves the reference."""


def anonymise(
    table: pa.Table,
    request: Request,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    progress: Progress = lambda _, __: None,
    *,
    measure: bool = False,
) -> Anonymised:
    """Generalise the quasi-identifiers of a table until every class meets the criteria.

    Equal tables and requests give equal results. Quasi-identifiers of the result are text; other
    columns are as they were. Rows are ordered by what they show, so that their order tells nothing
    of the order they came in. ``measure`` adds query errors and model accuracy to the report.

    Raises:
        RequestContradictory: no table, or not this one, can meet the request.
        TableRefused: a column cannot be a quasi-identifier, or too many rows would be removed.
        HierarchyError: a hierarchy is missing or lacks a value.
    """
    progress("checking", 0.0)
    encoded = encode(table, request, hierarchies or {})
    order = _canonical_order(encoded)
    table, encoded = table.take(order), encoded.take(order)
    _check_possible(encoded, request.criteria)
    slack = 0.0
    for _ in range(_TRIES):
        recoding = _recode(encoded, request, slack, progress)
        released = _release(encoded, recoding, request)
        if released.meets(request.criteria):
            break
        moved = released.moved_reference(encoded, request.criteria)
        slack = max(2 * slack, moved)
    else:
        raise TableRefused(
            "the criteria cannot be met with the rows that would be left; ask for less, or allow "
            "fewer rows to be removed"
        )
    _check_removed(released, request)
    shown = _table_of(table, request, released)
    report = report_on(encoded, request, recoding, released)
    if measure:
        progress("measuring", 0.0)
        report |= measures(table, shown, encoded, request, recoding, released)
    return Anonymised(shown, report)


def _canonical_order(encoded: EncodedTable) -> Rows:
    """Rows by their quasi-identifiers, and equal ones shuffled.

    In a table that is sorted by a sensitive column, the order of equal rows would otherwise decide
    by that column which of them go into which class.
    """
    shuffled = np.random.Generator(np.random.PCG64(0)).permutation(len(encoded.codes))
    order: Rows = shuffled[np.lexsort(encoded.codes[shuffled].T)]
    return order


def _check_possible(encoded: EncodedTable, criteria: Criteria) -> None:
    """All rows as one class are the least that can be asked."""
    if not criteria.watch_sensitive:
        return
    everybody = np.zeros(len(encoded.codes), np.int64)
    for name, values in encoded.sensitive.items():
        counts = counts_of(everybody, values, 1, int(values.max()) + 1)
        if not met({name: counts}, {name: shares(counts)[0]}, criteria).all():
            raise RequestContradictory(
                f"not even all rows together meet what is asked of column {name!r}, which has "
                f"{counts.shape[1]:,} different values"
            )


def _recode(encoded: EncodedTable, request: Request, slack: float, progress: Progress) -> Recoding:
    if request.method == "local":
        return recode_locally(encoded, request.criteria, slack=slack, advance=progress)
    found = search(
        encoded,
        request.criteria,
        request.suppression_limit,
        lambda share: progress("searching", share),
    )
    facts: dict[str, object] = {
        "levels": dict(zip(request.quasi_identifiers, found.levels, strict=True)),
        "nodes": found.nodes,
        "evaluated": found.evaluated,
    }
    return Recoding(found.label, found.cells, facts)


def _release(encoded: EncodedTable, recoding: Recoding, request: Request) -> Released:
    """Classes by what they show: those with equal labels are one, those that show nothing go."""
    return Released.of(encoded, recoding)


def _check_removed(released: Released, request: Request) -> None:
    total = len(released.class_of_row)
    if released.removed == total:
        raise TableRefused("every row would be removed; nothing was written")
    if released.removed > request.suppression_limit * total:
        raise TableRefused(
            f"{released.removed:,} of {total:,} rows would be removed, more than the limit of "
            f"{request.suppression_limit:.2%}; raise the limit or ask for less"
        )


def _table_of(table: pa.Table, request: Request, released: Released) -> pa.Table:
    """The released rows, columns in their old order, sorted by all of them."""
    kept = np.flatnonzero(released.class_of_row >= 0)
    classes = released.class_of_row[kept]
    columns = {}
    for name in table.column_names:
        if name in request.quasi_identifiers:
            labels = released.labels[request.quasi_identifiers.index(name)]
            columns[name] = pa.DictionaryArray.from_arrays(classes, labels).cast(pa.string())
        elif name not in request.drop:
            columns[name] = table.column(name).take(kept)
    return _sorted(pa.table(columns), request)


def _sorted(table: pa.Table, request: Request) -> pa.Table:
    names = [*request.quasi_identifiers, *request.sensitive, *request.keep]
    keys = [name for name in names if not pa.types.is_nested(table.column(name).type)]
    return table.sort_by([(name, "ascending") for name in keys])
