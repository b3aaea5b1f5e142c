"""The way back from a pseudonym of a release to a person of the vault.

Pseudonyms are one-way: every person of the vault is given the release's pseudonym again, under the
release's key, and compared. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from deid.build.line import line_of
from deid.errors import ManifestMismatch
from deid.keys import Keyring
from deid.pseudonyms import Ids, Pseudonymiser
from deid.release import Release
from deid.vault.reading import VaultSnapshot
from deid.vault.store import open_vault, read_tables


@dataclass(frozen=True)
class Identified:
    """Who a person is: the vault's id, the name, and numbers by kind. No ``repr`` shows any."""

    person_id: int = field(repr=False)
    full_name: str | None = field(repr=False)
    identifiers: tuple[tuple[str, str], ...] = field(repr=False)


def identify(release: Release, person: int, vault_url: str, keyring: Keyring) -> Identified:
    """The person of the vault whose pseudonym in ``release`` is ``person``.

    Raises:
        KeyDestroyed: if the release's key was destroyed.
        ManifestMismatch: if nobody of this vault has it, or the release does not know it.
    """
    if person not in release.read("person")["person_id"].to_pylist():
        raise ManifestMismatch(f"release {release.name} holds no person with this pseudonym")
    pseudonyms = Pseudonymiser(line_of(release.manifest, keyring).key("pseudonyms"))
    engine = open_vault(vault_url)
    try:
        with read_tables(engine) as snapshot:
            for batch in snapshot.batches("person", ["person_id"]):
                own = batch.column(0).to_numpy()
                hits = own[pseudonyms.ids("person", own) == person]
                if len(hits):
                    return _identified(snapshot, int(hits[0]))
    finally:
        engine.dispose()
    raise ManifestMismatch(f"nobody of this vault is in release {release.name} by this pseudonym")


def release_pseudonym(known: Ids, key: bytes, person: int) -> int:
    """The pseudonym in the release (one of ``known``) of a person of an extract under ``key``.

    Raises:
        ManifestMismatch: if nobody of the release has this pseudonym in the extract.
    """
    hits = known[Pseudonymiser(key).ids("person", known) == person]
    if not len(hits):
        raise ManifestMismatch("nobody of the release has this pseudonym in the extract")
    return int(hits[0])


def _identified(snapshot: VaultSnapshot, person_id: int) -> Identified:
    names = _rows(snapshot, "person_identity", ["person_id", "full_name"], person_id)
    numbers = _rows(snapshot, "identifier", ["person_id", "kind", "value"], person_id)
    return Identified(
        person_id,
        next((row["full_name"] for row in names), None),
        tuple(sorted((str(row["kind"]), str(row["value"])) for row in numbers)),
    )


def _rows(
    snapshot: VaultSnapshot, table: str, columns: list[str], person_id: int
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for batch in snapshot.batches(table, columns):
        mine = np.flatnonzero(batch.column(0).to_numpy(zero_copy_only=False) == person_id)
        found += batch.take(pa.array(mine)).to_pylist()
    return found
