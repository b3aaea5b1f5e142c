"""The comparisons of Circe's filters, with SQL's answer for what is missing: never."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from tests.oracle.world import Json

ConceptSets = Mapping[int, frozenset[int]]

# Where Circe compares decimals; everywhere else it cuts them off.
DECIMAL: Final = {
    ("DoseEra", "DoseValue"),
    ("DrugExposure", "Quantity"),
    ("Specimen", "Quantity"),
    ("Observation", "ValueAsNumber"),
    ("Measurement", "ValueAsNumber"),
    ("Measurement", "RangeLow"),
    ("Measurement", "RangeHigh"),
    ("Measurement", "RangeLowRatio"),
    ("Measurement", "RangeHighRatio"),
}


def in_range(value: Any, limits: Json, *, decimal: bool = True) -> bool:
    """A number or a day within a NumericRange or DateRange."""
    if value is None:
        return False

    def limit(name: str) -> Any:
        given = limits[name]
        if isinstance(given, str):
            return date.fromisoformat(given)
        return given if decimal else int(given)

    op = limits["Op"]
    if op in ("bt", "!bt"):
        within = limit("Value") <= value <= limit("Extent")
        return within if op == "bt" else not within
    low = limit("Value")
    return bool(
        {
            "lt": value < low,
            "lte": value <= low,
            "eq": value == low,
            "!eq": value != low,
            "gt": value > low,
            "gte": value >= low,
        }[op]
    )


def matches(value: str | None, wanted: Json) -> bool:
    """A text by a TextFilter; ``%`` and ``_`` in it stand for any text and any character."""
    if value is None:
        return False
    op = wanted["Op"]
    pattern = "".join(
        ".*" if character == "%" else "." if character == "_" else re.escape(character)
        for character in wanted["Text"]
    )
    if op.endswith(("contains", "endsWith")):
        pattern = ".*" + pattern
    if op.endswith(("contains", "startsWith")):
        pattern += ".*"
    found = re.fullmatch(pattern, value, re.DOTALL) is not None
    return not found if op.startswith("!") else found


def listed(value: int | None, concepts: list[Json], *, exclude: bool = False) -> bool:
    """A concept that is one of a list, or none of it. An empty list asks for nothing."""
    if not concepts:
        return True
    if value is None:
        return False
    return (value in {concept["CONCEPT_ID"] for concept in concepts}) != exclude


def selected(value: int | None, selection: Json, sets: ConceptSets) -> bool:
    """A concept by a ConceptSetSelection; without a set it asks for any concept, or for none.

    What is missing is outside of a set without concepts.
    """
    if selection.get("CodesetId") is None:
        return (value is None) == bool(selection.get("IsExclusion"))
    concepts = sets.get(selection["CodesetId"], frozenset())
    if selection.get("IsExclusion"):
        return value not in concepts if concepts and value is not None else not concepts
    return value is not None and value in concepts
