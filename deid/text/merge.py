"""Overlap resolution: many annotators' mentions become spans that never overlap.

Laws: every character that any mention covers stays covered, unless an identical or stronger claim
covers it; overlapping mentions of one category become one; where categories disagree the stronger
keeps its place and the weaker keeps what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from deid.text.document import Mention, SpanType, Strength


@dataclass(frozen=True)
class Merged:
    """A resolved span, and the canonical value if one mention gave the whole of it."""

    start: int
    end: int
    type: SpanType
    strength: int
    detectors: tuple[str, ...]
    canonical: str | None = field(default=None, repr=False)
    shared: bool = False


def merge(text: str, mentions: Iterable[Mention]) -> tuple[Merged, ...]:
    """Resolve overlaps; spans come sorted, trimmed of separators at their ends."""
    ordered = sorted(set(mentions), key=lambda m: (m.start, -m.end, -m.strength, m.detector))
    groups: list[list[Mention]] = []
    reach = -1
    for mention in ordered:
        if mention.start >= reach:
            groups.append([])
        groups[-1].append(mention)
        reach = max(reach, mention.end)
    spans: list[Merged] = []
    for group in groups:
        spans.extend(_resolve(group))
    trimmed = (_trim(text, span) for span in spans)
    return tuple(_join_names(text, [span for span in trimmed if span is not None]))


def _resolve(group: list[Mention]) -> list[Merged]:
    if len(group) == 1:
        return [_lift(group[0])]
    united = _unite_same_type(group)
    ranked = sorted(united, key=lambda m: (-_rank(m, united), m.start - m.end, m.start))
    taken: list[Merged] = []
    for span in ranked:
        pieces = [(span.start, span.end)]
        for other in taken:
            pieces = [part for piece in pieces for part in _cut(piece, (other.start, other.end))]
        for start, end in pieces:
            whole = (start, end) == (span.start, span.end)
            taken.append(
                replace(span, start=start, end=end, canonical=span.canonical if whole else None)
            )
    return sorted(taken, key=lambda m: m.start)


_MACHINE_TYPES = frozenset({SpanType.EMAIL, SpanType.URL, SpanType.IP})
_MACHINE_RANK = 2 * Strength.KNOWN


def _rank(span: Merged, among: list[Merged]) -> int:
    """A longer unmistakable span wins over a known value that it holds (a name in an e-mail)."""
    if span.type in _MACHINE_TYPES and span.strength >= Strength.CHECKED:
        return _MACHINE_RANK
    if span.strength >= Strength.LISTED:
        for other in among:
            inside = span.start <= other.start and other.end <= span.end
            longer = span.end - span.start > other.end - other.start
            if longer and inside and other.strength > span.strength:
                return other.strength + 1
    return span.strength


def _unite_same_type(group: list[Mention]) -> list[Merged]:
    united: list[Merged] = []
    for mention in group:
        span = _lift(mention)
        for i, other in enumerate(united):
            if other.type is span.type and span.start < other.end and other.start < span.end:
                united[i] = _union(other, span)
                break
        else:
            united.append(span)
    return united


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


def _cut(piece: tuple[int, int], hole: tuple[int, int]) -> list[tuple[int, int]]:
    start, end = piece
    if hole[1] <= start or end <= hole[0]:
        return [piece]
    parts = [(start, min(end, hole[0])), (max(start, hole[1]), end)]
    return [(a, b) for a, b in parts if a < b]


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
