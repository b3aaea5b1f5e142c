"""Keyed pseudonyms for whole columns of ids.

An id becomes the first 63 bits of AES-256 applied to the block ``label || id``. AES is a
pseudorandom permutation, so on distinct one-block inputs its truncation is a pseudorandom function
of the id; the cipher runs over a whole column in one call. Truncation could collide, hence
:func:`assert_injective`.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from deid.errors import PseudonymCollision

Ids = npt.NDArray[np.int64]
_BLOCK_BYTES = 16
_POSITIVE = np.uint64((1 << 63) - 1)


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
        label = hashlib.sha256(domain.encode("utf-8")).digest()[:8]
        blocks = np.empty((len(ids), 2), dtype=">u8")
        blocks[:, 0] = int.from_bytes(label, "big")
        blocks[:, 1] = np.ascontiguousarray(ids, dtype=np.int64).view(np.uint64)
        # ECB is right here: each block is a distinct input of a pseudorandom function.
        encryptor = Cipher(algorithms.AES(self._key), modes.ECB()).encryptor()  # noqa: S305
        encrypted = encryptor.update(blocks.tobytes()) + encryptor.finalize()
        words = np.frombuffer(encrypted, dtype=">u8").reshape(-1, _BLOCK_BYTES // 8)[:, 0]
        return (words.astype(np.uint64) & _POSITIVE).astype(np.int64)


def assert_injective(domain: str, source: Ids, pseudonyms: Ids) -> None:
    """Prove that distinct source ids have distinct pseudonyms.

    Raises:
        PseudonymCollision: if not; the chance is about n^2 / 2^64.
    """
    if len(np.unique(source)) != len(np.unique(pseudonyms)):
        raise PseudonymCollision(
            f"two ids of {domain} received one pseudonym; build under another release name"
        )
