"""How the cells of a class are written, so that they can be read again without the engine."""

from __future__ import annotations

from deid.tabular.cells import Parts, RangeCells, SetCells, TreeCells
from deid.tabular.encoding import EncodedColumn
from deid.tabular.model import SUPPRESSED


def labels_of(column: EncodedColumn, cells: Parts) -> list[str]:
    """One label a class: a value, a hierarchy's label, ``first-last`` or ``{one,other}``.

    A cell that covers every value says nothing and is :data:`SUPPRESSED`.
    """
    generaliser = column.generaliser
    if isinstance(generaliser, TreeCells):
        assert column.hierarchy is not None
        levels = generaliser.levels(cells)
        written = column.hierarchy.labels
        return [written[level][leaf] for level, leaf in zip(levels, cells[0], strict=True)]
    if isinstance(generaliser, SetCells):
        return [_set(column, members) for members in generaliser.members(cells)]
    assert isinstance(generaliser, RangeCells)
    return [_range(column, a, b) for a, b in zip(*generaliser.ends(cells), strict=True)]


def _set(column: EncodedColumn, members: object) -> str:
    held = [value for value, inside in zip(column.values, members, strict=True) if inside]  # type: ignore[call-overload]
    if len(held) == 1:
        return str(held[0])
    return SUPPRESSED if len(held) == len(column.values) else "{" + ",".join(held) + "}"


def _range(column: EncodedColumn, first: int, last: int) -> str:
    if first == last:
        return column.values[first]
    if (first, last) == (0, len(column.values) - 1):
        return SUPPRESSED
    return f"{column.values[first]}-{column.values[last]}"
