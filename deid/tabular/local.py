"""Local recoding: classes wherever rows are alike, whatever the levels of their cells.

Quasi-identifiers alone decide under k. Under criteria that watch sensitive values, what is expected
of them decides (:mod:`deid.tabular.expectation`), and the values themselves are asked one question
a class only, along a tree that was fixed before (:mod:`deid.tabular.merging`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from deid.tabular.cells import Parts, Rows
from deid.tabular.dividing import Classes, divide_anew
from deid.tabular.encoding import EncodedTable
from deid.tabular.joining import join_until_sufficient
from deid.tabular.model import Criteria
from deid.tabular.sufficiency import BySize, Sufficiency

ROUNDS = 6
"""Rounds of improvement; each saves less than the one before."""


@dataclass(frozen=True)
class Recoding:
    """Class of each row, -1 if it is removed, and the cells of each class.

    ``facts`` is what was used of the sensitive columns, and so may be told.
    """

    label: Rows
    cells: list[Parts]
    facts: dict[str, object] = field(default_factory=dict)


def recode_locally(
    encoded: EncodedTable,
    criteria: Criteria,
    *,
    slack: float = 0.0,
    advance: Callable[[str, float], None] = lambda _, __: None,
) -> Recoding:
    """Classes that meet the criteria against the distributions of the whole table.

    ``slack`` is taken off t.
    """
    grid = encoded.grid
    rule: Sufficiency = BySize(criteria.k)
    label = join_until_sufficient(grid, rule, lambda share: advance("joining", share))
    label = divide_anew(
        grid, label, rule, rounds=ROUNDS, advance=lambda share: advance("improving", share)
    )
    return Recoding(label, Classes.of(grid, label).cells)
