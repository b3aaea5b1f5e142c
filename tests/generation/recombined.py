"""Definitions as people write them, put together anew from parts of given ones.

``recombined(seed, given)`` takes the entry events of one definition, demands, rules and exits of
others, and changes a few limits, windows, counts and flags in all of them. So what has to agree
is of the same kind as the given definitions, and finds people in the same data.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cohorts.schema import CRITERIA, GROUP_MEMBERS, OBJECTS, WRAPPERS

Json = dict[str, Any]

_TABLES: Final = (*CRITERIA.values(), *OBJECTS.values(), *WRAPPERS["EndStrategy"].values())
_NAMES_OF_SETS: Final = frozenset(
    name for fields in _TABLES for name, kind in fields.items() if kind.rstrip("!") == "codeset"
)
_PARTS: Final = ("AdditionalCriteria", "InclusionRules", "EndStrategy", "CensoringCriteria")
_SET_IDS_APART: Final = 1000
_CHANGED: Final = 0.12
"""How many of the places that can be changed are."""


def recombined(seed: int, given: Sequence[Json]) -> Json:
    """The definition of ``seed``, out of parsed definitions."""
    rng = random.Random(f"recombined {seed}")
    base = copy.deepcopy(rng.choice(given))
    base.setdefault("ConceptSets", [])
    for number, part in enumerate(rng.sample(_PARTS, rng.choice([1, 2, 2, 3])), start=1):
        holders = [one for one in given if one.get(part)]
        donor = _apart(copy.deepcopy(rng.choice(holders)), number * _SET_IDS_APART)
        base[part] = donor[part]
        base["ConceptSets"] += donor.get("ConceptSets") or []
    for limit in ("QualifiedLimit", "ExpressionLimit"):
        if rng.random() < 0.5:
            base[limit] = {"Type": rng.choice(["All", "First", "Last"])}
    if rng.random() < 0.5:
        base["PrimaryCriteria"]["PrimaryCriteriaLimit"] = {"Type": rng.choice(["All", "First"])}
    if rng.random() < 0.3:
        base["CollapseSettings"] = {"CollapseType": "ERA", "EraPad": rng.choice([0, 30, 180])}
    for node in list(_objects(base)):
        _change(node, rng)
    return base


def _apart(document: Json, distance: int) -> Json:
    """The definition with all ids of its concept sets moved."""
    for entry in document.get("ConceptSets") or []:
        entry["id"] += distance
    for node in _objects({key: document[key] for key in document if key != "ConceptSets"}):
        for name in _NAMES_OF_SETS & set(node):
            if node[name] is not None:
                node[name] += distance
    return document


def _change(node: Json, rng: random.Random) -> None:
    """Perhaps other days, counts and flags, where the object has or may have them."""
    if "Coeff" in node and rng.random() < _CHANGED:
        node["Days"] = rng.choice([None, 0, 1, 30, 365])
    if "Occurrence" in node:
        for name in ("RestrictVisit", "IgnoreObservationPeriod"):
            if rng.random() < _CHANGED:
                node[name] = not node.get(name)
        for name in ("UseIndexEnd", "UseEventEnd"):
            if rng.random() < _CHANGED:
                node["StartWindow"][name] = True
        if rng.random() < _CHANGED:
            column = rng.choice(["START_DATE", "END_DATE"])
            node["Occurrence"] |= {"IsDistinct": True, "CountColumn": column}
        if rng.random() < _CHANGED:
            number_of, count = rng.choice([(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2)])
            node["Occurrence"] |= {"Type": number_of, "Count": count}
    if any(node.get(name) for name in GROUP_MEMBERS) and rng.random() < _CHANGED:
        node["Type"], node["Count"] = rng.choice([("ANY", 0), ("ALL", 0), ("AT_LEAST", 1)])
    for kind, body in node.items():
        has_first = isinstance(body, dict) and "First" in CRITERIA.get(kind, {})
        if has_first and rng.random() < _CHANGED:
            body["First"] = not body.get("First")


def _objects(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
        for value in list(node.values()):
            yield from _objects(value)
    elif isinstance(node, list):
        for entry in node:
            yield from _objects(entry)
