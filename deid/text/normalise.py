"""Two normal forms of a note: one that keeps offsets, one that keeps only what identifies.

``to_plain`` maps one character to one, so that patterns can be written once for full-width and
ordinary forms, and for traditional and simplified characters. ``squeeze`` keeps letters and digits,
without case, accent, width (NFKD, casefold) and traditional forms: in that form ``HUI-LING``, ``Hui
Ling`` across a line break and ``huiling`` are the same string, and so are all ways to write a
telephone number.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from deid.text.words import read_lines

_TABLE_SIZE = 0x10000
_MULTIPLE = 0xFFFFFFFF
# Sound marks and joiners that fold to nothing; CJK ideographs and kana are letters and stay.
_SAME = {
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201b": "'", "\u00b4": "'", "\u0060": "'",
    "\u201c": '"', "\u201d": '"', "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-",
    "\u2212": "-", "\u00ad": "-", "\u3000": " ", "\u00a0": " ", "\u2007": " ", "\u2009": " ",
    "\u202f": " ", "\u200b": " ", "\ufeff": " ", "\t": " ", "\u30fb": "\u00b7", "\u2022": "\u00b7",
    "\u2027": "\u00b7",
}  # fmt: skip


@cache
def _simplified() -> dict[int, str]:
    pairs = "".join(read_lines("deid.text.packs.zh", "traditional.txt")).replace(" ", "")
    return {ord(pairs[i]): pairs[i + 1] for i in range(0, len(pairs), 2)}


@cache
def _plain_table() -> dict[int, str]:
    table = {**_simplified(), **{ord(key): value for key, value in _SAME.items()}}
    for code in range(0xFF01, 0xFF5F):
        table[code] = chr(code - 0xFEE0)
    return table


def to_plain(text: str) -> str:
    """``text`` with full-width, typographic and traditional variants made ordinary; same length."""
    if text.isascii():
        return text.replace("\t", " ").replace("`", "'")
    return text.translate(_plain_table())


def fold(text: str) -> str:
    """Letters and digits of ``text``, without case, accent, width and traditional forms."""
    if text.isascii():
        small = text.lower()
        return small if small.isalnum() else "".join(filter(str.isalnum, small))
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    if decomposed.isascii():
        return "".join(filter(str.isalnum, decomposed))
    # Casefolding may bring back composed characters, hence the second decomposition.
    decomposed = unicodedata.normalize("NFKD", decomposed).translate(_simplified())
    return "".join(c for c in decomposed if c.isalnum() and not unicodedata.combining(c))


_NO_BREAKS: frozenset[int] = frozenset()
_ASCII_PART = re.compile("[a-z0-9]+")


def fold_parts(text: str) -> tuple[str, frozenset[int]]:
    """``text`` folded, and the places in it before which ``text`` has a separator."""
    if text.isascii():
        small = text.lower()
        if small.isalnum():
            return small, _NO_BREAKS
        parts = _ASCII_PART.findall(small)
        return "".join(parts), frozenset(accumulate(map(len, parts[:-1])))
    breaks, count, gap = set(), 0, False
    for character in text:
        folded = _fold_character(character)
        if not folded:
            gap = True
            continue
        if gap and count:
            breaks.add(count)
        gap = False
        count += len(folded)
    return fold(text), frozenset(breaks)


@lru_cache(maxsize=1 << 16)
def _fold_character(character: str) -> str:
    return fold(character)


@dataclass(frozen=True)
class Squeezed:
    """A folded text; character ``i`` of ``text`` came from offset ``offsets[i]`` of the note."""

    text: str = field(repr=False)
    offsets: npt.NDArray[np.int64] = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the note of a half-open range of the folded text."""
        return int(self.offsets[start]), int(self.offsets[end - 1]) + 1


@cache
def _fold_table() -> npt.NDArray[np.uint32]:
    """For each code point of the first plane: its folded one, 0 for none, or ``_MULTIPLE``."""
    table = np.zeros(_TABLE_SIZE, dtype=np.uint32)
    for code in range(_TABLE_SIZE):
        if 0xD800 <= code <= 0xDFFF:
            continue
        folded = fold(chr(code))
        if len(folded) == 1 and ord(folded) < _TABLE_SIZE:
            table[code] = ord(folded)
        elif folded:
            table[code] = _MULTIPLE
    return table


def squeeze(text: str) -> Squeezed:
    """Fold a whole text and remember where each character came from."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    if codes.size and codes.max() < _TABLE_SIZE:
        folded = _fold_table()[codes]
        if not (folded == _MULTIPLE).any():
            offsets = np.nonzero(folded)[0]
            kept = folded[offsets].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
            return Squeezed(kept, offsets)
    pieces = [fold(character) for character in text]
    lengths = np.fromiter((len(piece) for piece in pieces), dtype=np.int64, count=len(pieces))
    return Squeezed("".join(pieces), np.repeat(np.arange(len(pieces), dtype=np.int64), lengths))
