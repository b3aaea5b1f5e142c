"""Hierarchies that come with the software: as data files, or made for a column's values by rule.

Files in ``hierarchies/`` have ARX's form. ``age``: years in bands of 5, 10 and 20. ``occupation``:
answers of the resident-record form. ``race`` and ``ethnicity``: OMOP concept ids. By rule, since
there is no list of all values: ``date`` (ISO date, month, quarter, year, decade), ``zip`` (postal
code, its first three digits) and ``division`` (administrative division code of two digits a level,
as GB/T 2260 has them).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable
from importlib.resources import files

from deid.errors import HierarchyError
from deid.tabular.hierarchy import Hierarchy, hierarchy_of
from deid.tabular.model import SUPPRESSED

FILES = ("age", "ethnicity", "occupation", "race")


def _date(value: str) -> list[str] | None:
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        return None
    quarter = f"{day.year}-Q{(day.month + 2) // 3}"
    decade = f"{day.year // 10 * 10}s"
    return [f"{day:%Y-%m}", quarter, f"{day.year}", decade]


def _zip(value: str) -> list[str] | None:
    return [f"{value[:3]}**"] if re.fullmatch(r"\d{5}", value) else None


def _division(value: str) -> list[str] | None:
    if not re.fullmatch(r"\d{6}", value):
        return None
    return [f"{value[:4]}{SUPPRESSED * 2}", f"{value[:2]}{SUPPRESSED * 4}"]


RULES: dict[str, Callable[[str], list[str] | None]] = {
    "date": _date,
    "division": _division,
    "zip": _zip,
}


def shipped_hierarchy(name: str, values: Iterable[str]) -> Hierarchy:
    """A shipped hierarchy; ``values`` are what the column holds, which rules are applied to.

    Raises:
        HierarchyError: there is none of that name, or a rule does not fit some values.
    """
    if name in FILES:
        text = (files("deid.tabular") / "hierarchies" / f"{name}.csv").read_text("utf-8")
        return hierarchy_of([line.split(";") for line in text.splitlines()], f"shipped {name}")
    if name not in RULES:
        raise HierarchyError(f"no hierarchy {name!r} is shipped: {', '.join((*FILES, *RULES))}")
    lines, unfit = [], 0
    for value in sorted(set(values)):
        above = RULES[name](value)
        unfit += above is None
        if above is not None:
            lines.append([value, *above, SUPPRESSED])
    if unfit:
        raise HierarchyError(f"the rule of hierarchy {name!r} does not fit {unfit:,} values")
    return hierarchy_of(lines, f"shipped {name}")
