"""Ids of rows that come from forms: drawn from what makes the row what it is.

The same form imported again gives the same rows, whatever else is in the file. An id is 60 bits of
SHA-256 above :data:`FIRST_ID`, far from the ids of other imports; two rows that share one by
chance would be refused, not mixed up.
"""

from __future__ import annotations

FIRST_ID = 1 << 61


def row_id(kind: str, *parts: str) -> str:
    """SQL of the id of a row of ``kind`` from SQL expressions; NULL and nothing are the same."""
    texts = ", ".join(f"coalesce(CAST({part} AS VARCHAR), '')" for part in parts)
    return f"(('0x' || sha256(concat_ws(chr(31), '{kind}', {texts}))[:15])::BIGINT + {FIRST_ID})"
