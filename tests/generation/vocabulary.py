"""The invented vocabulary that generated definitions and generated data share.

A *hierarchy* has standard concepts ``+1`` to ``+4`` (``+1`` above all, ``+2`` above ``+3``, ``+4``
invalid), ``+5`` that data use but the vocabulary lacks, and source concepts ``+11`` to ``+13`` that
map to ``+1`` to ``+3``, the last one by a relationship that is no longer valid. A *list* has three
concepts without relations.
"""

from __future__ import annotations

from typing import Final

HIERARCHIES: Final = {
    name: 1000 * number
    for number, name in enumerate(
        (
            "condition",
            "drug",
            "procedure",
            "measurement",
            "observation",
            "device",
            "specimen",
            "visit",
            "episode",
        ),
        start=1,
    )
}
_LISTS: Final = (
    "record type",
    "condition status",
    "specialty",
    "place of service",
    "race",
    "ethnicity",
    "route",
    "modifier",
    "operator",
    "unit",
    "qualifier",
    "anatomic site",
    "disease status",
    "period type",
    "payer",
    "plan",
    "sponsor",
    "stop reason",
)
# The last two are the concepts by which Circe's ``Abnormal`` recognises a marked value.
_SHARED: Final = {"gender": (8507, 8532), "value": (30_001, 4155142, 4155143)}

CONCEPTS: Final[dict[str, tuple[int, ...]]] = {
    **{name: tuple(base + n for n in (1, 2, 3, 4)) for name, base in HIERARCHIES.items()},
    **{
        f"{name} source": tuple(base + n for n in (11, 12, 13))
        for name, base in HIERARCHIES.items()
    },
    **{
        name: tuple(20_000 + 100 * number + n for n in (1, 2, 3))
        for number, name in enumerate(_LISTS)
    },
    **_SHARED,
}
"""What data and definitions draw from: ``{pool: concept ids}``."""

ANCESTORS: Final = tuple(
    (base + above, base + below)
    for base in HIERARCHIES.values()
    for above, below in ((1, 1), (2, 2), (3, 3), (4, 4), (1, 2), (1, 3), (1, 4), (2, 3))
)
"""Rows of ``concept_ancestor``."""

MAPS_TO: Final = tuple(
    (base + 10 + n, base + n, "D" if n == 3 else None)
    for base in HIERARCHIES.values()
    for n in (1, 2, 3)
)
"""Source concept, standard concept and ``invalid_reason`` of each ``Maps to``."""

INVALID: Final = frozenset(base + 4 for base in HIERARCHIES.values())
TEXTS: Final = ("alpha", "alpha beta", "beta", "it's", "100%", "a_b", "Alpha", "")
"""What text columns hold."""


def unlisted(pool: str) -> int:
    """A concept id that data may hold and no definition and no vocabulary knows."""
    return HIERARCHIES[pool] + 5 if pool in HIERARCHIES else 29_999
