"""Lays a release and its vault side by side for the attacks; the worker's side only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from deid.attacks.ground import SPANS, Ground, SourceIds
from deid.attacks.model import AttackResult
from deid.attacks.running import run_attacks
from deid.build.evidence import evidence_path
from deid.build.intake import take_in
from deid.build.line import line_of
from deid.build.offsets import read_offsets
from deid.build.people import People, decide_people
from deid.build.progress import Say, silent
from deid.build.workspace import private_folder, working_database
from deid.errors import ReleaseError
from deid.keys import Keyring
from deid.policy import Policy
from deid.pseudonyms import Pseudonymiser
from deid.release import Release
from deid.settings import EngineSettings
from deid.vault.store import open_vault, read_tables

if TYPE_CHECKING:
    from deid.vault.reading import VaultSnapshot

SOURCE_DOMAINS = ("person", "visit_occurrence")


@contextmanager
def attack_ground(
    settings: EngineSettings,
    keyring: Keyring,
    policy: Policy,
    release: Release,
    seed: int = 1,
    say: Say = silent,
) -> Iterator[Ground]:
    """A published release with the truth beside it, in a private folder that is removed.

    Raises:
        ReleaseError: if the policy is not the one of the release.
    """
    if policy.fingerprint != release.manifest.policy["sha256"]:
        raise ReleaseError(
            f"release {release.name} was built by another text of policy "
            f"{release.manifest.policy['name']}; give it by --policy"
        )
    if keyring.key_id != release.manifest.key_id:
        raise ReleaseError(f"release {release.name} was built with another key")
    engine = open_vault(settings.vault_url)
    try:
        with (
            private_folder(settings.work_root, f"attack-{release.name}") as folder,
            read_tables(engine) as snapshot,
            working_database(folder, settings.processes) as working,
        ):
            line = line_of(release.manifest, keyring)
            pseudonyms = Pseudonymiser(line.key("pseudonyms"))
            take_in(snapshot, policy, pseudonyms, working, say)
            # In a continued release an offset may be of a household that is no longer there.
            known = (
                read_offsets(settings.evidence_root, release.name, line.name, line.keyring)
                if line.continues
                else None
            )
            people = decide_people(working, policy, line.key("dates"), known)
            _lay_out_spans(working, settings, release.name)
            yield Ground(
                connection=working,
                name=release.name,
                folder=release.path,
                quasi_identifiers=policy.risk.quasi_identifiers,
                k=policy.risk.k,
                max_weeks=people.window.max_weeks,
                sources=source_ids(snapshot, pseudonyms),
                seed=seed,
            )
    finally:
        engine.dispose()


def attack_staged(
    working: duckdb.DuckDBPyConnection,
    sources: Mapping[str, SourceIds],
    policy: Policy,
    people: People,
    name: str,
    staging: Path,
) -> tuple[AttackResult, ...]:
    """Attack what a build is about to publish; its working database is the truth."""
    return run_attacks(
        Ground(
            connection=working,
            name=name,
            folder=staging,
            quasi_identifiers=policy.risk.quasi_identifiers,
            k=policy.risk.k,
            max_weeks=people.window.max_weeks,
            sources=sources,
        )
    )


def source_ids(snapshot: VaultSnapshot, pseudonyms: Pseudonymiser) -> Mapping[str, SourceIds]:
    """The vault's own ids in its own order, and their pseudonyms; kept in memory only."""
    found = {}
    for table in SOURCE_DOMAINS:
        batches = [batch.column(0).to_numpy() for batch in snapshot.batches(table, [f"{table}_id"])]
        own = np.concatenate(batches) if batches else np.array([], dtype=np.int64)
        found[table] = SourceIds(own, pseudonyms.ids(table, own))
    return found


def _lay_out_spans(
    working: duckdb.DuckDBPyConnection, settings: EngineSettings, release: str
) -> None:
    path = evidence_path(settings.evidence_root, release)
    if path.is_file():
        working.execute(f"CREATE TABLE {SPANS} AS FROM read_parquet($1)", [str(path)])
