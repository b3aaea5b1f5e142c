"""How much of each kind of fault a store may hold before a check fails.

``data/thresholds.csv`` gives a share for a check by name, or for one of its tables or columns.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def _thresholds() -> dict[tuple[str, str, str], float]:
    with (files("deid.quality") / "data" / "thresholds.csv").open(encoding="utf-8") as file:
        return {
            (row["check"], row["table"], row["column"]): float(row["share"])
            for row in csv.DictReader(file)
        }


def threshold_of(check: str, table: str = "", column: str = "") -> float:
    """The share for this column, else for the table, else for the check.

    Raises:
        KeyError: for a check that has none.
    """
    known = _thresholds()
    for key in ((check, table, column), (check, table, ""), (check, "", "")):
        if key in known:
            return known[key]
    raise KeyError(f"no threshold for check {check}")
