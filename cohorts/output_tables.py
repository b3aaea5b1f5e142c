"""Results of a notebook as they may leave: two-way tables, and the numbers that may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cohorts.disclosure import DEFAULT_RULE, DisclosureRule
from cohorts.linked_tables import safe_crosstab

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class NotToLeave:
    """A number that may be a count of few people; where it stands, and not what it is."""

    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.column}, row {self.row}: may be a count of few people"


def safe_frame(
    people: pd.DataFrame, rows: str, columns: str, rule: DisclosureRule = DEFAULT_RULE
) -> pd.DataFrame:
    """People by two of their columns, with margins, as text that may leave.

    ``people`` has one row a person; who lacks one of the two values is counted as ``unknown``.
    """
    import pandas as pd

    known = {name: people[name].astype("object").fillna("unknown") for name in (rows, columns)}
    counted = pd.crosstab(known[rows], known[columns])
    for axis, name in ((0, rows), (1, columns)):
        if isinstance(people[name].dtype, pd.CategoricalDtype):
            order = [*people[name].cat.categories, "unknown"]
            counted = counted.reindex([o for o in order if o in counted.axes[axis]], axis=axis)
    safe = safe_crosstab([[int(n) for n in line] for line in counted.to_numpy()], rule)
    lines = [
        [*map(str, line), str(margin)] for line, margin in zip(safe.cells, safe.rows, strict=True)
    ]
    lines.append([*map(str, safe.columns), str(safe.total)])
    return pd.DataFrame(
        lines,
        index=pd.Index([*counted.index, "total"], name=rows),
        columns=pd.Index([*counted.columns, "total"], name=columns),
    )


def not_to_leave(frame: pd.DataFrame, rule: DisclosureRule = DEFAULT_RULE) -> list[NotToLeave]:
    """Whole numbers of a result that, if they count people, are below the minimum, zero included.

    A table alone does not tell what a number counts: years of school are named as well, and it is
    for the person who checks the output to say so. Numbers written as text are read.
    """
    import pandas as pd

    found = []
    for label in frame.columns:
        numbers = pd.to_numeric(frame[label], errors="coerce")
        few = (numbers >= 0) & (numbers < rule.minimum_cell) & (numbers % 1 == 0)
        found += [NotToLeave(str(row), str(label)) for row in frame.index[few]]
    return found
