"""The secret offsets of a release's people, sealed on the vault's side.

``evidence/<release>/offsets.sealed`` holds for each released person the days by which all dates
were shifted, and the household's pseudonym. It is encrypted with AES-256-GCM under a key of its
own: who has only the file, or only the release, learns nothing; destroying the release's key
destroys it.
Three things need it: a later release of the same line, which keeps the offset
of whoever was there before; calendar limits of a cohort, which are true of true dates only; and the
dates of a project's extract, which are shifted further by household.
"""

from __future__ import annotations

import datetime
import io
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deid.errors import ManifestMismatch, ReleaseNotFound
from deid.keys import Keyring
from deid.structured.dates import DataWindow

Numbers = npt.NDArray[np.int64]

OFFSETS_FILE = "offsets.sealed"
_MAGIC = b"care-commons-offsets/1\n"
_NONCE_BYTES = 12
ALONE = -1
"""Stands for no household."""


@dataclass(frozen=True)
class Offsets:
    """One entry a person, by ascending id; ``households`` has :data:`ALONE` where none is known."""

    people: Numbers = field(repr=False)
    households: Numbers = field(repr=False)
    days: Numbers = field(repr=False)
    window: DataWindow

    def of(self, ids: Numbers) -> Numbers:
        """Days by which the dates of these people were shifted.

        Raises:
            ManifestMismatch: if somebody is not in the release.
        """
        return self.days[self._places(ids)]

    def households_of(self, ids: Numbers) -> Numbers:
        """Households of these people.

        Raises:
            ManifestMismatch: if somebody is not in the release.
        """
        return self.households[self._places(ids)]

    def knows(self, ids: Numbers) -> npt.NDArray[np.bool_]:
        """Whether each of these people is in the release."""
        return np.isin(ids, self.people)

    def _places(self, ids: Numbers) -> Numbers:
        if not self.knows(ids).all():
            raise ManifestMismatch("the offsets do not belong to these people")
        return np.searchsorted(self.people, ids)


def sealed_offsets(
    working: duckdb.DuckDBPyConnection, window: DataWindow, key: bytes, release: str
) -> bytes:
    """The file's content, out of a build's working database."""
    rows: pa.Table = working.sql(
        f"SELECT p.person_id, coalesce(any_value(i.household_id), {ALONE})::BIGINT AS household, "
        "any_value(p.shift_days)::BIGINT AS days FROM people p "
        "LEFT JOIN identity.person_identity i USING (person_id) "
        "GROUP BY p.person_id ORDER BY p.person_id"
    ).to_arrow_table()
    blind = [day.isoformat() for day in window.blind] if window.blind else None
    shown = {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "max_weeks": window.max_weeks,
        "blind": blind,
    }
    buffer = io.BytesIO()
    pq.write_table(
        rows.replace_schema_metadata({"window": json.dumps(shown)}), buffer, compression="zstd"
    )
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _MAGIC + nonce + AESGCM(key).encrypt(nonce, buffer.getvalue(), release.encode("utf-8"))


def read_offsets(root: Path, release: str, line: str, keyring: Keyring) -> Offsets:
    """The offsets of a published release; ``keyring`` as of the release's key.

    Raises:
        ReleaseNotFound: if there are none here: the release is older, or of another place.
        ManifestMismatch: if the file was changed or is of another key or release.
    """
    path = root / release / OFFSETS_FILE
    try:
        data = path.read_bytes()
    except OSError:
        raise ReleaseNotFound(f"{root} holds no offsets of a release {release}") from None
    body = data.removeprefix(_MAGIC)
    nonce, sealed = body[:_NONCE_BYTES], body[_NONCE_BYTES:]
    try:
        content = AESGCM(offsets_key(keyring, line)).decrypt(nonce, sealed, release.encode("utf-8"))
    except (InvalidTag, ValueError):
        raise ManifestMismatch(
            f"the offsets of release {release} were changed, or their key is another"
        ) from None
    rows = pq.read_table(pa.BufferReader(content))
    shown = json.loads(rows.schema.metadata[b"window"])
    blind = tuple(map(datetime.date.fromisoformat, shown["blind"])) if shown["blind"] else None
    return Offsets(
        rows["person_id"].to_numpy(),
        rows["household"].to_numpy(),
        rows["days"].to_numpy(),
        DataWindow(
            datetime.date.fromisoformat(shown["start"]),
            datetime.date.fromisoformat(shown["end"]),
            shown["max_weeks"],
            blind,  # type: ignore[arg-type]
        ),
    )


def offsets_key(keyring: Keyring, line: str) -> bytes:
    """The key of the file, for all releases of a line."""
    return keyring.derive("release", line, "offsets")
