"""Local recoding: classes wherever rows are alike, whatever the levels of their cells.

Quasi-identifiers alone decide under k. Under criteria that watch sensitive values, what is expected
of them decides (:mod:`deid.tabular.expectation`), and the values themselves are asked one question
a class only, along a tree that was fixed before (:mod:`deid.tabular.merging`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deid.tabular.cells import Parts, Rows
from deid.tabular.dividing import Classes, divide_anew
from deid.tabular.encoding import EncodedTable
from deid.tabular.joining import join_until_sufficient
from deid.tabular.merging import Merged, merge_until_met
from deid.tabular.model import Criteria
from deid.tabular.sufficiency import ByExpectation, BySize, Expected, Sufficiency

if TYPE_CHECKING:
    from deid.tabular.expectation import Facts

ROUNDS = 6
"""Rounds of improvement; each saves less than the one before."""
_ROUNDS_EXPECTING = 3
"""The same where merging follows, which costs more than further rounds would save."""


@dataclass(frozen=True)
class Recoding:
    """Class of each row, -1 if it is removed, and the cells of each class.

    ``facts`` is what was used of the sensitive columns, and so may be told; ``merged`` and
    ``leaf_of_row`` are how classes were merged for their sake.
    """

    label: Rows
    cells: list[Parts]
    facts: dict[str, object] = field(default_factory=dict)
    merged: Merged | None = None
    leaf_of_row: Rows | None = None


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
    facts = _facts(encoded, criteria)
    rule: Sufficiency = BySize(criteria.k)
    if facts:
        rule = ByExpectation(criteria, [expected for _, expected in facts.values()])
    label = join_until_sufficient(grid, rule, lambda share: advance("joining", share))
    label = divide_anew(
        grid,
        label,
        rule,
        rounds=_ROUNDS_EXPECTING if facts else ROUNDS,
        advance=lambda share: advance("improving", share),
    )
    classes = Classes.of(grid, label)
    if not facts:
        return Recoding(classes.label, classes.cells)
    merged = merge_until_met(grid, classes, encoded.sensitive, criteria, rule, slack)
    return Recoding(
        merged.label,
        Classes.of(grid, merged.label).cells,
        {name: _told(fact) for name, (fact, _) in facts.items()},
        merged,
        classes.label,
    )


def _facts(encoded: EncodedTable, criteria: Criteria) -> dict[str, tuple[Facts, Expected]]:
    if not criteria.watch_sensitive:
        return {}
    # The model's library takes a second to load, which k alone need not wait for.
    from deid.tabular.expectation import expect

    return expect(encoded, criteria.distance == "ordered")


def _told(facts: Facts) -> dict[str, object]:
    return {
        "rounded_coefficients": facts.coefficients.tolist(),
        "reference": facts.reference.tolist(),
    }
