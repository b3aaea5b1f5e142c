"""What an import must remember of millions of resources, kept beside memory.

Names are kept as keyed BLAKE2b digests only, in a SQLite file that has no name: the operating
system removes it with the process, and nobody without the key of this run can read who is in it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3

_DIGEST_BYTES = 16


class Index:
    """A map from names (tuples of text) to short byte values, larger than memory if need be."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        # An empty name makes a private temporary database that is unlinked as soon as it is made.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(
            "CREATE TABLE fact (name BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
        )

    def digest(self, *name: str) -> bytes:
        """Digest of a name under the key of this run."""
        text = "\x1f".join(name).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._key, digest_size=_DIGEST_BYTES).digest()

    def put(self, *name: str, value: bytes) -> None:
        """Keep a value; a later one takes the place of an earlier one."""
        self._database.execute(
            "INSERT OR REPLACE INTO fact VALUES (?, ?)", (self.digest(*name), value)
        )

    def get(self, *name: str) -> bytes | None:
        """The value kept under a name."""
        row = self._database.execute(
            "SELECT value FROM fact WHERE name = ?", (self.digest(*name),)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        """Forget everything."""
        self._database.close()
