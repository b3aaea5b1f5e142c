"""The one hash of texts: of secrets that the database knows without keeping, and of documents."""

from __future__ import annotations

import hashlib


def sha256_of(text: str) -> str:
    """SHA-256 of ``text`` in UTF-8, as hexadecimal digits.

    Half a surrogate pair, which only a forged secret holds, is hashed too and so matches nothing.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
