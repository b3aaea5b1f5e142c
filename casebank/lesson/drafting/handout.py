"""Hands out the data of a record to stages: each only once, within a load to bear.

A stage holds at most ``MOST_DATA`` data and ``MOST_WORDS`` words (two Chinese characters count as
one). What cannot be right is shown only beside what contradicts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from casebank.lesson.drafting.evidence import Datum
from casebank.lesson.model import Order, Wording

MOST_DATA = 14
MOST_WORDS = 300
MOST_WRONG = 3


class Handout:
    """What was handed out so far; ``wrong`` are data with those that contradict each."""

    def __init__(self, wrong: Mapping[str, frozenset[str]]) -> None:
        self._wrong = wrong
        self.shown: set[str] = set()

    def take(self, data: Iterable[Datum], but: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Ids of the first data that fit the load, each only once in a lesson."""
        taken: list[str] = []
        words = 0
        for one in data:
            if one.id in self.shown or one.id in but or len(taken) >= MOST_DATA:
                continue
            if words + one.length > MOST_WORDS:
                continue
            if one.id in self._wrong and not self._can_ask(one.id):
                continue
            taken.append(one.id)
            self.shown.add(one.id)
            words += one.length
        return tuple(taken)

    def _can_ask(self, wrong: str) -> bool:
        """Whether something wrong may be shown: few of it, and only beside what contradicts it and
        is right itself."""
        return (
            len(self._wrong.keys() & self.shown) < MOST_WRONG
            and self._wrong[wrong] - self._wrong.keys() <= self.shown
        )

    def order(
        self, name: str, kind: str, cost: int, en: str, zh: str, data: Iterable[Datum]
    ) -> Order | None:
        """What a student may ask for, of the data that nobody was shown; None if there is none."""
        taken = self.take([one for one in data if one.id not in self._wrong][:MOST_DATA])
        if not taken:
            return None
        return Order(name, Wording(en, zh), kind, cost, taken)  # type: ignore[arg-type]
