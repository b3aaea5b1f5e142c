"""A note, what annotators find in it, and the spans that are replaced.

Offsets are half-open and count code points of the note as it was given. No class here shows the
note's text in ``repr``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from deid.text.normalise import Squeezed, squeeze, to_plain


class SpanType(StrEnum):
    """Categories of identifiers, as the annotation guidelines of the corpora name them.

    ``AGE`` is an age under 90, found only where a policy asks for bands of ages.
    """

    NAME = "NAME"
    DATE = "DATE"
    AGE_OVER_89 = "AGE_OVER_89"
    AGE = "AGE"
    LOCATION = "LOCATION"
    ORGANIZATION = "ORGANIZATION"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    URL = "URL"
    IP = "IP"
    ID = "ID"
    PROFESSION = "PROFESSION"


class Strength:
    """How sure an annotator is; a higher one wins where two disagree."""

    KNOWN = 100  # the vault says so
    CHECKED = 90  # a checksum or an unmistakable form
    LABELLED = 80  # a label, title or credential stands beside it
    LISTED = 60  # in a lexicon, with fitting context
    SHAPED = 40  # only its shape says so
    MODELLED = 30  # only a statistical model says so


@dataclass(frozen=True, init=False)
class Mention:
    """What one annotator found. ``canonical`` names the value that a surrogate is seeded with."""

    start: int
    end: int
    type: SpanType
    strength: int
    detector: str
    canonical: str | None = field(repr=False)
    shared: bool

    def __init__(
        self,
        start: int,
        end: int,
        type: SpanType,
        strength: int,
        detector: str,
        canonical: str | None = None,
        shared: bool = False,
    ) -> None:
        if not 0 <= start < end:
            raise ValueError("a mention has 0 <= start < end")
        # A note has hundreds of mentions: their fields are set at once, not one by one.
        self.__dict__.update(
            start=start, end=end, type=type, strength=strength,
            detector=detector, canonical=canonical, shared=shared,
        )  # fmt: skip


@dataclass(frozen=True)
class Span:
    """One identifier of a note and what stands in its place.

    ``detectors`` are those that claimed any of it; ``confidence`` in (0, 1] is the strongest claim.
    """

    start: int
    end: int
    type: SpanType
    surrogate: str = field(default="", repr=False)
    detectors: tuple[str, ...] = field(default=(), compare=False)
    confidence: float = field(default=1.0, compare=False)


def gaps(length: int, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Stretches of a text of ``length`` before, between and after spans that are sorted and apart.

    There is one more of them than of spans; a stretch may be empty.
    """
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), length]
    return list(zip(edges[::2], edges[1::2], strict=True))


@dataclass(frozen=True)
class Document:
    """A note with the two views that annotators read.

    ``plain`` has the length of ``text`` (full-width forms, dashes, quotes and odd spaces made
    ordinary), so offsets in it are offsets in the note. ``squeezed`` holds letters and digits only.
    """

    text: str = field(repr=False)
    language: str | None = None

    @cached_property
    def plain(self) -> str:
        """The text with typographic variants made ordinary, one character for one."""
        return to_plain(self.text)

    @cached_property
    def encoded(self) -> tuple[bytes, npt.NDArray[np.int64] | None]:
        """``plain`` in UTF-8, and each byte's offset (and the end's); ``None`` if they agree."""
        data = self.plain.encode("utf-8", "surrogatepass")
        if len(data) == len(self.plain):
            return data, None
        first = (np.frombuffer(data, np.uint8) & 0xC0) != 0x80
        return data, np.append(np.cumsum(first) - 1, len(self.plain))

    @cached_property
    def squeezed(self) -> Squeezed:
        """Folded letters and digits, with the way back to the text."""
        return squeeze(self.text)
