"""Script concordance with a panel, and the guards that keep it honest. Formative, not for grades.

Credit of an option: the panellists who chose it over those who chose the modal one (aggregate
scoring; Gagnon 2005, Medical Education 39:284). Known ways to gain by form alone are guarded
against: never choosing the extremes (Lineberry 2013, Medical Education 47:1175) and answering 0
everywhere (Lubarsky 2018, Perspectives on Medical Education 7:262).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

OPTIONS: Final = (-2, -1, 0, 1, 2)
MINIMUM_PANEL: Final = 10
MOST_MODAL_ZERO: Final = 0.10
"""Share of a test's items whose modal answer may be 0."""


@dataclass(frozen=True)
class ConcordanceItem:
    """``panel`` counts the panellists by option."""

    item: str
    panel: Mapping[int, int]

    def __post_init__(self) -> None:
        if not set(self.panel) <= set(OPTIONS) or any(n < 0 for n in self.panel.values()):
            raise ValueError("a panel is counted by the options -2 to 2")

    @property
    def size(self) -> int:
        """Panellists."""
        return sum(self.panel.values())

    @property
    def modal(self) -> tuple[int, ...]:
        """The options that most panellists chose."""
        most = max(self.panel.values(), default=0)
        return tuple(o for o in OPTIONS if most and self.panel.get(o, 0) == most)


@dataclass(frozen=True)
class ConcordanceScore:
    """Points of 100, beside what three empty strategies earn on the same items."""

    points: float
    all_zero: float
    never_extreme: float
    at_random: float
    items: int


def item_credits(item: ConcordanceItem) -> dict[int, float]:
    """Credit of each option, 0 to 1.

    Raises:
        ValueError: if nobody of the panel answered.
    """
    most = max(item.panel.values(), default=0)
    if not most:
        raise ValueError("an item without a panel cannot be scored")
    return {option: item.panel.get(option, 0) / most for option in OPTIONS}


def refusals(items: Sequence[ConcordanceItem]) -> dict[str, str]:
    """Items that are not scored, with the reason; key ``""`` speaks of the test as a whole."""
    refused: dict[str, str] = {}
    for item in items:
        if item.size < MINIMUM_PANEL:
            refused[item.item] = f"the panel has {item.size} members, fewer than {MINIMUM_PANEL}"
        elif max(item.panel.values()) == item.size:
            refused[item.item] = "the panel is unanimous: this is a question of knowledge"
        elif _is_bimodal(item):
            refused[item.item] = "the panel is divided into two camps"
    scored = [item for item in items if item.item not in refused]
    zero = sum(item.modal == (0,) for item in scored)
    if scored and zero > MOST_MODAL_ZERO * len(scored):
        refused[""] = (
            f"0 is the modal answer of {zero} of {len(scored)} items; "
            f"at most {MOST_MODAL_ZERO:.0%} may be"
        )
    return refused


def score_concordance(
    answers: Mapping[str, int], items: Sequence[ConcordanceItem]
) -> ConcordanceScore:
    """100 times the mean credit over the items that :func:`refusals` lets through.

    An item without an answer earns nothing.

    Raises:
        ValueError: if no item can be scored, or an answer is no option.
    """
    if any(answer not in OPTIONS for answer in answers.values()):
        raise ValueError("an answer is one of -2, -1, 0, 1, 2")
    refused = refusals(items)
    tables = [(item.item, item_credits(item)) for item in items if item.item not in refused]
    if not tables:
        raise ValueError("no item of this test can be scored")

    def points(earned: Sequence[float]) -> float:
        return 100 * sum(earned) / len(tables)

    return ConcordanceScore(
        points=points([table[answers[n]] if n in answers else 0.0 for n, table in tables]),
        all_zero=points([table[0] for _, table in tables]),
        never_extreme=points([(table[-1] + table[0] + table[1]) / 3 for _, table in tables]),
        at_random=points([sum(table.values()) / len(OPTIONS) for _, table in tables]),
        items=len(tables),
    )


def _is_bimodal(item: ConcordanceItem) -> bool:
    """Two peaks with a valley between them, each with at least a quarter of the panel."""
    counts = [item.panel.get(option, 0) for option in OPTIONS]
    peaks = [i for i, n in enumerate(counts) if n * 4 >= item.size]
    return any(
        min(counts[a + 1 : b], default=counts[a]) < min(counts[a], counts[b])
        for a in peaks
        for b in peaks
        if b - a >= 2
    )
