"""Counts the codes of an import that lead to no standard concept, and says what would map them."""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

from deid.importers.mapping.lookup import Mapped, Vocabularies
from deid.importers.mapping.written import shown, tidy

K = TypeVar("K", bound=tuple[str, ...])
SHOWN_CODES = 20
_WORDS = "words without a code"


class Unmapped:
    """Counted by area and code; words and codes of unknown systems are counted, never shown."""

    def __init__(self) -> None:
        self._missing: Counter[tuple[str, str, str]] = Counter()
        self._wider: Counter[tuple[str, str, str]] = Counter()
        self._several: Counter[tuple[str, str]] = Counter()

    def count(
        self,
        area: str,
        vocabularies: Vocabularies,
        code: str | None,
        found: Mapped | None,
        times: int = 1,
    ) -> None:
        """Count one answer of the lookup; ``code`` is None for words."""
        if code is None:
            self._missing[area, _WORDS, "add them to source_to_concept_map"] += times
            return
        visible = shown(vocabularies, code)
        name = tidy(code) if visible else "a code"
        if found is None or not found.concept_id:
            self._missing[area, name, _advice(vocabularies, found)] += times
            return
        if not found.same and visible:
            self._wider[area, name, found.code] += times
        if found.several and visible:
            self._several[area, name] += times

    def notes(self) -> list[str]:
        """Lines for the report, the most frequent codes first."""
        lines = [
            f"{count:,} {area} records: {name} means no standard concept; {advice}"
            for (area, name, advice), count in _most(self._missing)
        ]
        lines += _rest(self._missing, "means no standard concept")
        lines += [
            f"{count:,} {area} records: {name} is not in the vocabulary, mapped by {wider}"
            for (area, name, wider), count in _most(self._wider)
        ]
        lines += _rest(self._wider, "is mapped by the code above it")
        lines += [
            f"{count:,} {area} records: {name} maps to several concepts, the first is taken"
            for (area, name), count in _most(self._several)
        ]
        return lines


def _most(counts: Counter[K]) -> list[tuple[K, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_CODES]


def _rest(counts: Counter[K], what: str) -> list[str]:
    left = sorted(counts.values(), reverse=True)[SHOWN_CODES:]
    return [f"{sum(left):,} more records: {len(left):,} further codes {what}"] if left else []


def _advice(vocabularies: Vocabularies, found: Mapped | None) -> str:
    if found is not None:
        return "the vocabulary has the code, without a valid Maps to a standard concept"
    if not vocabularies:
        return "its system is none that OMOP has: add it to source_to_concept_map"
    return (
        f"load {' or '.join(vocabularies)} from Athena (`carecommons vault vocabulary`), then "
        "`carecommons vault remap`"
    )
