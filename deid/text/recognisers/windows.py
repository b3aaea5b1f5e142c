"""A long note in pieces that a model can take, cut where no name is."""

from __future__ import annotations

from collections.abc import Iterator

OVERLAP = 200
"""Characters that two pieces share: longer than any name or address."""


def windows(text: str, size: int) -> Iterator[tuple[int, int]]:
    """Half-open offsets of pieces of at most ``size`` characters.

    A piece ends after a line end of its last quarter, where one is; else two pieces share
    :data:`OVERLAP` characters, so that each name stands whole in one of them.

    Raises:
        ValueError: if ``size`` is not twice the overlap at least.
    """
    if size < 2 * OVERLAP:
        raise ValueError(f"a piece has {2 * OVERLAP} characters or more")
    start = 0
    while len(text) - start > size:
        line_end = text.rfind("\n", start + size - size // 4, start + size)
        if line_end >= 0:
            yield start, line_end + 1
            start = line_end + 1
        else:
            yield start, start + size
            start += size - OVERLAP
    if start < len(text):
        yield start, len(text)
