"""A table's quasi-identifiers as integer codes, with every reason why a column cannot be one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deid.errors import HierarchyError, RequestContradictory, TableRefused
from deid.tabular.cells import Codes, Generaliser, Grid, RangeCells, Rows, SetCells, TreeCells
from deid.tabular.hierarchy import Hierarchy
from deid.tabular.model import SUPPRESSED, Labels, Request

NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MARKS_OF_SETS = re.compile(r"[,|{}]")


@dataclass(frozen=True)
class EncodedColumn:
    """One quasi-identifier: ``values[code]`` is what a row with that code says."""

    name: str
    values: tuple[str, ...]
    generaliser: Generaliser
    hierarchy: Hierarchy | None


@dataclass(frozen=True)
class EncodedTable:
    """Quasi-identifiers as codes of shape (rows, columns), sensitive columns as codes each."""

    columns: tuple[EncodedColumn, ...]
    codes: Codes
    sensitive: Mapping[str, Codes]

    @property
    def grid(self) -> Grid:
        """What the search for classes works on."""
        return Grid([column.generaliser for column in self.columns], self.codes)

    def take(self, order: Rows) -> EncodedTable:
        """The rows in another order."""
        sensitive = {name: values[order] for name, values in self.sensitive.items()}
        return EncodedTable(self.columns, self.codes[order], sensitive)


def encode(table: pa.Table, request: Request, hierarchies: Mapping[str, Hierarchy]) -> EncodedTable:
    """Check the columns of a table against a request, and encode them.

    Raises:
        RequestContradictory: a column is absent or not named, or k exceeds the rows.
        TableRefused: a column holds what a quasi-identifier or sensitive column cannot.
        HierarchyError: a hierarchy is needed and absent, or lacks a value of its column.
    """
    _check_names(table, request, hierarchies)
    if table.num_rows < request.criteria.k:
        raise RequestContradictory(
            f"k is {request.criteria.k}, and the table has only {table.num_rows:,} rows"
        )
    columns, codes = [], []
    for name in request.quasi_identifiers:
        column, column_codes = _quasi_identifier(
            name, _texts(table, name), hierarchies.get(name), request.labels
        )
        columns.append(column)
        codes.append(column_codes)
    sensitive = {name: _sensitive_codes(name, table) for name in request.sensitive}
    return EncodedTable(tuple(columns), np.stack(codes, axis=1), sensitive)


def _check_names(table: pa.Table, request: Request, hierarchies: Mapping[str, Hierarchy]) -> None:
    named = {*request.quasi_identifiers, *request.sensitive, *request.keep, *request.drop}
    if "" in table.column_names:
        place = table.column_names.index("") + 1
        raise TableRefused(f"column {place} of {len(table.column_names)} has no name; give it one")
    doubled = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if doubled:
        raise TableRefused(f"the table has two columns of one name: {', '.join(doubled)}")
    absent = sorted(named - set(table.column_names))
    if absent:
        raise RequestContradictory(f"the table has no column {', '.join(absent)}")
    unnamed = [name for name in table.column_names if name not in named]
    if unnamed:
        raise RequestContradictory(
            "the request does not say what becomes of "
            f"{', '.join(unnamed)}: name each as quasi-identifier, sensitive, keep or drop"
        )
    foreign = sorted(set(hierarchies) - set(request.quasi_identifiers))
    if foreign:
        raise RequestContradictory(
            f"a hierarchy is given for what is no quasi-identifier: {', '.join(foreign)}"
        )


def _texts(table: pa.Table, name: str) -> pa.DictionaryArray:
    """A column as a dictionary of stripped texts; an absent value is an empty text."""
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        raise TableRefused(f"column {name!r} holds {column.type}; a quasi-identifier is one value")
    texts = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))
    return pa.chunked_array(texts).combine_chunks().dictionary_encode()


def values_of(table: pa.Table, name: str) -> list[str]:
    """The different values of a column, as texts."""
    return list(_texts(table, name).dictionary.to_pylist())


def _quasi_identifier(
    name: str, texts: pa.DictionaryArray, hierarchy: Hierarchy | None, labels: Labels
) -> tuple[EncodedColumn, Codes]:
    values: list[str] = texts.dictionary.to_pylist()
    indices = texts.indices.to_numpy(zero_copy_only=False)
    counts = np.bincount(indices, minlength=len(values))
    _check_values(name, values, counts, hierarchy)
    if labels == "hierarchy":
        if hierarchy is None:
            raise HierarchyError(
                f"column {name!r} has no hierarchy, which its labels come from: give one, or ask "
                "for ranges as labels, which need none"
            )
        position = {leaf: code for code, leaf in enumerate(hierarchy.leaves)}
        to_code = np.array([position[value] for value in values], np.int32)
        column = EncodedColumn(name, hierarchy.leaves, TreeCells(hierarchy.ancestors), hierarchy)
        return column, to_code[indices]
    if hierarchy is None or all(NUMBER.fullmatch(value) for value in values):
        numeric = np.array([NUMBER.fullmatch(value) is not None for value in values])
        if numeric.all():
            return _ranges(name, values, indices, hierarchy)
        if numeric.any():
            raise TableRefused(
                f"column {name!r} mixes numbers ({counts[numeric].sum():,} rows) with other text "
                f"({counts[~numeric].sum():,} rows): it is neither a range nor a set"
            )
    return _sets(name, values, indices, hierarchy)


def _check_values(
    name: str, values: Sequence[str], counts: Rows, hierarchy: Hierarchy | None
) -> None:
    """What no quasi-identifier may hold; messages count rows and never show a value."""
    rows = int(counts.sum())
    if len(values) == rows:
        raise TableRefused(
            f"column {name!r} has another value in each of the {rows:,} rows: it is an identifier "
            "and not a quasi-identifier; drop it"
        )
    known = set(hierarchy.leaves) if hierarchy else set()
    for value, count in zip(values, counts, strict=True):
        if value == "" and "" not in known:
            raise TableRefused(
                f"column {name!r} has no value in {count:,} rows; a missing value is no wildcard: "
                "fill it, remove the rows, or give it a line in the column's hierarchy"
            )
        if value == SUPPRESSED:
            raise TableRefused(
                f"column {name!r} holds {SUPPRESSED!r} in {count:,} rows, which marks suppression"
            )
    if hierarchy:
        lacking = np.array([value not in known for value in values])
        if lacking.any():
            raise HierarchyError(
                f"{hierarchy.source} lacks {int(lacking.sum()):,} values of column {name!r}, "
                f"which stand in {int(counts[lacking].sum()):,} of {rows:,} rows"
            )


def _ranges(
    name: str, values: Sequence[str], indices: Codes, hierarchy: Hierarchy | None
) -> tuple[EncodedColumn, Codes]:
    numbers, to_code = np.unique(np.array(values, np.float64), return_inverse=True)
    written = [""] * len(numbers)
    for value, code in zip(values, to_code, strict=True):
        written[code] = min(value, written[code] or value, key=lambda text: (len(text), text))
    width = max(float(numbers[-1] - numbers[0]), np.finfo(np.float64).tiny)
    exact = (numbers - numbers[0]) / width
    narrow = exact.astype(np.float32)
    positions = narrow if len(np.unique(narrow)) == len(numbers) else exact
    column = EncodedColumn(name, tuple(written), RangeCells(positions), hierarchy)
    return column, to_code.astype(np.int32)[indices]


def _sets(
    name: str, values: Sequence[str], indices: Codes, hierarchy: Hierarchy | None
) -> tuple[EncodedColumn, Codes]:
    unwritable = sum(_MARKS_OF_SETS.search(value) is not None for value in values)
    if unwritable:
        raise TableRefused(
            f"{unwritable:,} values of column {name!r} hold a comma, a bar or a brace, so that a "
            "set of them could not be read again; use hierarchy labels"
        )
    place = {leaf: code for code, leaf in enumerate(hierarchy.leaves)} if hierarchy else {}
    order = sorted(range(len(values)), key=lambda i: (place.get(values[i], 0), values[i]))
    to_code = np.empty(len(values), np.int32)
    to_code[order] = np.arange(len(values))
    column = EncodedColumn(name, tuple(values[i] for i in order), SetCells(len(values)), hierarchy)
    return column, to_code[indices]


def _sensitive_codes(name: str, table: pa.Table) -> Codes:
    """Codes of a sensitive column, in the order of its values: numbers by size."""
    texts = _texts(table, name)
    values = texts.dictionary.to_pylist()
    if all(NUMBER.fullmatch(value) for value in values):
        keys = [float(value) for value in values]
        order = {key: code for code, key in enumerate(sorted(set(keys)))}
        to_code = np.array([order[key] for key in keys], np.int32)
    else:
        rank = {value: code for code, value in enumerate(sorted(values))}
        to_code = np.array([rank[value] for value in values], np.int32)
    codes: Codes = to_code[texts.indices.to_numpy(zero_copy_only=False)]
    return codes
