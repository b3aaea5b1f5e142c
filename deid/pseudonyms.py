"""Keyed pseudonyms for whole columns of ids.

An id becomes the first 63 bits of AES-256 applied to the block ``label || id``. AES is a
pseudorandom permutation, so on distinct one-block inputs its truncation is a pseudorandom function
of the id; the cipher runs over a whole column in one call. Truncation could collide, hence
:func:`assert_injective`.
"""

from __future__ import annotations

import hashlib
import sys
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from deid.errors import PseudonymCollision

Ids = npt.NDArray[np.int64]
_BLOCK_BYTES = 16
_CHUNK_ROWS = 8_192
_PSEUDONYMS = 1 << 63
_POSITIVE = np.uint64(_PSEUDONYMS - 1)


class Pseudonymiser:
    """Maps ids of a domain (``"person"``, ``"visit_occurrence"``...) to 63-bit pseudonyms."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a pseudonym key has 32 bytes")
        self._key = key

    def __repr__(self) -> str:
        return "Pseudonymiser(<key>)"

    def ids(self, domain: str, ids: Ids) -> Ids:
        """Pseudonyms of ``ids`` (shape ``(n,)``), equal for equal ids, positive, same shape."""
        label = np.frombuffer(hashlib.sha256(domain.encode("utf-8")).digest()[:8], np.uint64)
        source = np.ascontiguousarray(ids, dtype=np.int64).view(np.uint64)
        result = np.empty(len(source), dtype=np.uint64)
        # Blocks of a chunk and what becomes of them stay in the processor's cache and are used
        # again for the next: memory that is new to the process costs more than the cipher.
        rows = min(len(source), _CHUNK_ROWS)
        blocks = np.empty((rows, 2), dtype=np.uint64)
        blocks[:, 0] = label
        encrypted = np.empty(rows * _BLOCK_BYTES + _BLOCK_BYTES - 1, dtype=np.uint8)
        # ECB is right here: each block is a distinct input of a pseudorandom function.
        encryptor = Cipher(algorithms.AES(self._key), modes.ECB()).encryptor()  # noqa: S305  # nosec B305 # see above
        for start in range(0, len(source), _CHUNK_ROWS):
            chunk = source[start : start + _CHUNK_ROWS]
            blocks[: len(chunk), 1] = _big_endian(chunk)
            used = encryptor.update_into(blocks[: len(chunk)].data.cast("B"), encrypted.data)
            words = encrypted[:used].view(np.uint64)[:: _BLOCK_BYTES // 8]
            result[start : start + len(chunk)] = _big_endian(words)
        result &= _POSITIVE
        return result.view(np.int64)


def _big_endian(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Words with their bytes in network order, whatever the machine's, and back again."""
    return words.byteswap() if sys.byteorder == "little" else words


def even_ranges(parts: int) -> list[range]:
    """All pseudonyms in ranges that hold about equally many, since pseudonyms are evenly spread."""
    edges = [_PSEUDONYMS * part // parts for part in range(parts + 1)]
    return [range(first, end) for first, end in pairwise(edges)]


def assert_injective(domain: str, source: Ids, pseudonyms: Ids) -> None:
    """Prove that distinct source ids have distinct pseudonyms.

    Raises:
        PseudonymCollision: if not; the chance is about n^2 / 2^64.
    """
    if len(np.unique(source)) != len(np.unique(pseudonyms)):
        raise PseudonymCollision(
            f"two ids of {domain} received one pseudonym; build under another release name"
        )
