"""Overlap resolution: many annotators' mentions become spans that never overlap.

Laws: every character that any mention covers stays covered, unless an identical or stronger claim
covers it; overlapping mentions of one category become one; where categories disagree the stronger
keeps its place and the weaker keeps what is left.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from deid.text.document import Mention, SpanType, Strength
from deid.text.surrogates.written import MONTHS


@dataclass(frozen=True, init=False)
class Merged:
    """A resolved span, and the canonical value if one mention gave the whole of it."""

    start: int
    end: int
    type: SpanType
    strength: int
    detectors: tuple[str, ...]
    canonical: str | None = field(repr=False)
    shared: bool

    def __init__(
        self,
        start: int,
        end: int,
        type: SpanType,
        strength: int,
        detectors: tuple[str, ...],
        canonical: str | None = None,
        shared: bool = False,
    ) -> None:
        # All fields at once, as in Mention.
        self.__dict__.update(
            start=start, end=end, type=type, strength=strength,
            detectors=detectors, canonical=canonical, shared=shared,
        )  # fmt: skip


def merge(text: str, mentions: Iterable[Mention]) -> tuple[Merged, ...]:
    """Resolve overlaps; spans come sorted, trimmed of separators at their ends."""
    ordered = sorted(mentions, key=lambda m: (m.start, -m.end, -m.strength, m.detector))
    groups: list[list[Mention]] = []
    reach = -1
    for mention in ordered:
        if mention.start >= reach:
            groups.append([])
        groups[-1].append(mention)
        reach = max(reach, mention.end)
    spans: list[Merged] = []
    for group in groups:
        spans.extend(_resolve(text, group))
    trimmed = [kept for span in spans if (kept := _trim(text, span)) is not None]
    return tuple(_join_names(text, _weekdays_to_dates(text, trimmed)))


def _resolve(text: str, group: list[Mention]) -> list[Merged]:
    if len(group) == 1:
        return [_lift(group[0])]
    united = _unite_same_type(group)
    if len(united) == 1:
        return united
    united.sort(key=lambda m: m.start)
    starts = [span.start for span in united]
    ranks = {id(span): _rank(text, span, united, starts) for span in united}
    ranked = sorted(united, key=lambda m: (-ranks[id(m)], m.start - m.end, m.start))
    # What is taken never overlaps, so that a search finds what cuts a span.
    taken: list[Merged] = []
    edges: list[int] = []
    for span in ranked:
        at = max(0, bisect_right(edges, span.start) - 1)
        for start, end in _left(span, taken[at : bisect_left(edges, span.end)]):
            whole = (start, end) == (span.start, span.end)
            place = bisect_left(edges, start)
            edges.insert(place, start)
            taken.insert(
                place,
                replace(span, start=start, end=end, canonical=span.canonical if whole else None),
            )
    return taken


_MACHINE_TYPES = frozenset({SpanType.EMAIL, SpanType.URL, SpanType.IP})
_MACHINE_RANK = 2 * Strength.KNOWN


def _rank(text: str, span: Merged, among: list[Merged], starts: list[int]) -> int:
    """A longer unmistakable span wins over a known value that it holds (a name in an e-mail).

    A date does not win over a known person: of ``Pamela Young Sunday, June 3`` it would move the
    day and leave the name.
    """
    if span.type in _MACHINE_TYPES and span.strength >= Strength.CHECKED:
        return _MACHINE_RANK
    if span.strength >= Strength.LISTED:
        for other in among[bisect_left(starts, span.start) : bisect_left(starts, span.end)]:
            inside = span.start <= other.start and other.end <= span.end
            longer = span.end - span.start > other.end - other.start
            if longer and inside and span.type is SpanType.DATE and _is_person(text, other):
                return min(span.strength, Strength.KNOWN - 1)
            if longer and inside and other.strength > span.strength:
                return other.strength + 1
    return span.strength


def _is_person(text: str, span: Merged) -> bool:
    """A known name that is no word of dates, as April and Sunday are."""
    if span.type is not SpanType.NAME or span.strength < Strength.KNOWN:
        return False
    return text[span.start : span.end].casefold() not in _DATE_WORDS


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY_BEHIND_A_NAME = re.compile(rf"(?<=\w)\s+(?P<day>{'|'.join(_WEEKDAYS)})$")
_DATE_WORDS = frozenset(
    word[:length].casefold() for word in (*MONTHS, *_WEEKDAYS) for length in (3, 4, len(word))
)


class _United:
    """Overlapping mentions of one category while they are being gathered."""

    __slots__ = ("canonical", "detectors", "end", "shared", "start", "strength", "type")

    def __init__(self, mention: Mention) -> None:
        self.start, self.end, self.type = mention.start, mention.end, mention.type
        self.strength, self.shared = mention.strength, mention.shared
        self.detectors = {mention.detector}
        self.canonical = mention.canonical

    def add(self, mention: Mention) -> None:
        """One more; what names the whole of the span stays its canonical value."""
        start, end = min(self.start, mention.start), max(self.end, mention.end)
        stays = self.canonical is not None and (self.start, self.end) == (start, end)
        given = mention.canonical is not None and (mention.start, mention.end) == (start, end)
        if given and not (stays and self.strength >= mention.strength):
            self.canonical = mention.canonical
        elif not stays:
            self.canonical = None
        if (mention.strength, not mention.shared) > (self.strength, not self.shared):
            self.shared = mention.shared
        self.start, self.end = start, end
        self.strength = max(self.strength, mention.strength)
        self.detectors.add(mention.detector)

    def merged(self) -> Merged:
        """What they are together."""
        return Merged(
            self.start,
            self.end,
            self.type,
            self.strength,
            tuple(sorted(self.detectors)),
            self.canonical,
            self.shared,
        )


def _unite_same_type(group: list[Mention]) -> list[Merged]:
    united: list[_United] = []
    latest: dict[SpanType, _United] = {}
    for mention in group:
        # Mentions come by their starts: none but the latest of a category can still be reached.
        other = latest.get(mention.type)
        if other is not None and mention.start < other.end:
            other.add(mention)
        else:
            latest[mention.type] = found = _United(mention)
            united.append(found)
    return [found.merged() for found in united]


def _union(left: Merged, right: Merged) -> Merged:
    start, end = min(left.start, right.start), max(left.end, right.end)
    whole = [s for s in (left, right) if (s.start, s.end) == (start, end) and s.canonical]
    best = max(whole, key=lambda s: s.strength, default=None)
    return Merged(
        start,
        end,
        left.type,
        max(left.strength, right.strength),
        tuple(sorted({*left.detectors, *right.detectors})),
        best.canonical if best else None,
        max(left, right, key=lambda s: (s.strength, not s.shared)).shared,
    )


def _lift(mention: Mention) -> Merged:
    return Merged(
        mention.start,
        mention.end,
        mention.type,
        mention.strength,
        (mention.detector,),
        mention.canonical,
        mention.shared,
    )


def _left(span: Merged, holes: list[Merged]) -> list[tuple[int, int]]:
    """What is left of a span between holes that come sorted and apart."""
    left: list[tuple[int, int]] = []
    place = span.start
    for hole in holes:
        if place < hole.start:
            left.append((place, hole.start))
        place = max(place, hole.end)
    if place < span.end:
        left.append((place, span.end))
    return left


def _trim(text: str, span: Merged) -> Merged | None:
    start, end = span.start, span.end
    while start < end and not text[start].isalnum() and text[start] not in "@#+(":
        start += 1
    while start < end and not text[end - 1].isalnum() and text[end - 1] != ".":
        end -= 1
    if not any(c.isalnum() for c in text[start:end]):
        return None
    if (start, end) == (span.start, span.end):
        return span
    return replace(span, start=start, end=end)


def _weekdays_to_dates(text: str, spans: list[Merged]) -> list[Merged]:
    """``Ann Lee Sunday, June 3``: the weekday is the date's, not the name's."""
    for at, (name, date) in enumerate(pairwise(spans)):
        if name.type is not SpanType.NAME or date.type is not SpanType.DATE:
            continue
        weekday = _WEEKDAY_BEHIND_A_NAME.search(text[name.start : name.end])
        if weekday and text[name.end : date.start] in {" ", ", ", "\n"}:
            start = name.start + weekday.start("day")
            spans[at] = replace(name, end=name.start + weekday.start(), canonical=None)
            spans[at + 1] = replace(date, start=start, canonical=None)
    return spans


def _join_names(text: str, spans: list[Merged]) -> list[Merged]:
    """Two names with nothing but a space, comma or hyphen between them are one name."""
    joined: list[Merged] = []
    for span in spans:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.type is SpanType.NAME
            and span.type is SpanType.NAME
            and text[last.end : span.start] in {"", " ", "-", "\n", "\u00b7", ", ", ","}
            and (text[last.end : span.start] not in {", ", ","} or _is_last_first(text, last, span))
        ):
            joined[-1] = replace(_union(last, span), canonical=None)
        else:
            joined.append(span)
    return joined


def _is_last_first(text: str, left: Merged, right: Merged) -> bool:
    """``Smith, John``: one name at the head of a line, not two people in a list."""
    head = text[max(0, left.start - 2) : left.start]
    words = text[left.start : left.end].split()
    return len(words) == 1 and (not head or head[-1] in "\n: \t") and right.start - left.end <= 2
