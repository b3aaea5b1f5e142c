"""Generalisation hierarchies as data: read, checked, never repaired.

A hierarchy is a file without a header, one line a value: the value, then its ever wider
generalisations, the last of them the same in every line (ARX's form)::

    39;35-39;30-39;*

The separator is ``;``, or ``,`` if the first line has no ``;``.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deid.errors import HierarchyError

_PATTERNS = ("{}.csv", "hierarchy_{}.csv", "*_hierarchy_{}.csv")


@dataclass(frozen=True)
class Hierarchy:
    """A tree over the values of one column, leaves numbered depth first.

    ``labels[level][leaf]`` is what the leaf is called at a level; level 0 is the value itself and
    the last level is one root. ``source`` says where it came from, for messages.
    """

    labels: tuple[tuple[str, ...], ...]
    source: str

    @property
    def leaves(self) -> tuple[str, ...]:
        """The values."""
        return self.labels[0]

    @property
    def ancestors(self) -> npt.NDArray[np.int32]:
        """Number of the node over each leaf, shape (levels, leaves)."""
        return np.stack([_numbered(labels) for labels in self.labels]).astype(np.int32)


def read_hierarchy(path: Path) -> Hierarchy:
    """Read one file.

    Raises:
        HierarchyError: naming the file and the line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HierarchyError(f"{path}: cannot be read as UTF-8 text") from error
    first = text.split("\n", 1)[0]
    lines = csv.reader(text.splitlines(), delimiter=";" if ";" in first else ",")
    return hierarchy_of([[cell.strip() for cell in line] for line in lines], str(path))


def hierarchy_of(lines: Sequence[Sequence[str]], source: str) -> Hierarchy:
    """A hierarchy from its lines; empty lines are passed over.

    Raises:
        HierarchyError: lines differ in length, a value comes twice, a label stands for two
            different sets of values, or there is no single root.
    """
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line]
    if not numbered:
        raise HierarchyError(f"{source}: the hierarchy is empty")
    levels = len(numbered[0][1])
    if levels < 2:
        raise HierarchyError(f"{source}: one level only; a line is value;...;root")
    seen: dict[str, int] = {}
    for number, line in numbered:
        if len(line) != levels:
            raise HierarchyError(
                f"{source}:{number}: {len(line)} levels where line {numbered[0][0]} has {levels}"
            )
        if not all(line[1:]):
            raise HierarchyError(f"{source}:{number}: an empty label above the value")
        if line[0] in seen:
            raise HierarchyError(
                f"{source}:{number}: the value of line {seen[line[0]]} comes again"
            )
        seen[line[0]] = number
        if line[-1] != numbered[0][1][-1]:
            raise HierarchyError(
                f"{source}:{number}: the last level differs from line {numbered[0][0]}; "
                "a hierarchy has one root"
            )
    _check_nesting(numbered, source)
    columns = list(zip(*(line for _, line in numbered), strict=True))
    order = np.lexsort([_numbered(column) for column in columns])
    return Hierarchy(tuple(tuple(column[i] for i in order) for column in columns), source)


def _check_nesting(numbered: Sequence[tuple[int, Sequence[str]]], source: str) -> None:
    """Each label has one parent at each level above, and covers one set of values wherever used."""
    parent: dict[tuple[int, str], tuple[str, int]] = {}
    covered: dict[tuple[int, str], set[int]] = {}
    for number, line in numbered:
        for level, label in enumerate(line):
            covered.setdefault((level, label), set()).add(number)
            if level + 1 < len(line):
                above, earlier = parent.setdefault((level, label), (line[level + 1], number))
                if above != line[level + 1]:
                    raise HierarchyError(
                        f"{source}:{number}: level {level} is generalised otherwise in line "
                        f"{earlier}"
                    )
    meaning: dict[str, tuple[int, set[int]]] = {}
    for (level, label), lines in covered.items():
        other, same = meaning.setdefault(label, (level, lines))
        if same != lines:
            raise HierarchyError(
                f"{source}:{min(lines)}: one label stands for different values at levels {other} "
                f"and {level}"
            )


def find_hierarchies(folder: Path, columns: Sequence[str]) -> dict[str, Path]:
    """Files of a folder by column: COLUMN.csv, hierarchy_COLUMN.csv or *_hierarchy_COLUMN.csv.

    Raises:
        HierarchyError: a column has several files.
    """
    found = {}
    for column in columns:
        files = sorted({path for p in _PATTERNS for path in folder.glob(p.format(_escape(column)))})
        if len(files) > 1:
            raise HierarchyError(
                f"column {column!r} has several hierarchies in {folder}: "
                + ", ".join(path.name for path in files)
            )
        if files:
            found[column] = files[0]
    return found


def _escape(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _numbered(labels: Sequence[str]) -> npt.NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int64)
