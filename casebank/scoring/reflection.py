"""Structured reflection: for each hypothesis the findings for it, against it, expected but absent.

The default exercise, because it was remembered best a week later (Mamede 2014, Advances in Health
Sciences Education). What is scored is the links, not the words.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Stance = Literal["for", "against", "absent"]
Link = tuple[str, Stance, str]
"""Hypothesis, stance, finding."""


@dataclass(frozen=True)
class LinkScore:
    """``turned`` are findings linked to the right hypothesis with the opposite stance."""

    precision: float
    recall: float
    f: float
    turned: tuple[Link, ...]


def score_links(given: Collection[Link], key: Collection[Link]) -> LinkScore:
    """Precision, recall and their harmonic mean over links; an empty table scores 0.

    Raises:
        ValueError: if the key is empty.
    """
    expected, made = frozenset(key), frozenset(given)
    if not expected:
        raise ValueError("a key without links scores nothing")
    right = len(expected & made)
    precision = right / len(made) if made else 0.0
    recall = right / len(expected)
    stances = {(hypothesis, finding) for hypothesis, _, finding in expected}
    return LinkScore(
        precision=precision,
        recall=recall,
        f=2 * precision * recall / (precision + recall) if right else 0.0,
        turned=tuple(sorted(ln for ln in made - expected if (ln[0], ln[2]) in stances)),
    )
