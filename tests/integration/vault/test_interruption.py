"""A killed import and a full disk leave the vault as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import create_vault, open_vault, read_tables
from tests.integration.vault.records import TODAY, condition, dataset

PROGRAM = """
import sys
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import open_vault
from tests.integration.vault.records import TODAY, condition, dataset, note

stop_at, url = sys.argv[1:]

def stop(table, rows):
    if (table, rows > 0) == (stop_at.split(":")[0], stop_at.endswith(":done")):
        print("here", flush=True)
        sys.stdin.read()

notes = [note(n, 1, "a text that fills pages " * 40) for n in range(2000)]
load_dataset(open_vault(url), dataset(note=notes), "test", "omop",
             options=LoadOptions(today=TODAY), progress=stop)
print("finished", flush=True)
"""


@pytest.mark.parametrize("stop_at", ["person:done", "note:done"])
def test_an_import_that_is_killed_leaves_nothing_and_can_be_repeated(
    vault_url: str, stop_at: str
) -> None:
    create_vault(vault_url, base_vocabulary=False).dispose()
    importer = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, stop_at, vault_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert importer.stdout is not None
    assert importer.stdout.readline() == "here\n"
    importer.send_signal(signal.SIGKILL)
    importer.wait()
    time.sleep(0.1)  # a server notices the lost connection a moment later

    vault = open_vault(vault_url)
    with read_tables(vault) as snapshot:
        assert {table: snapshot.rows(table) for table in snapshot.tables()} == dict.fromkeys(
            snapshot.tables(), 0
        )
    report = load_dataset(vault, dataset(), "test", "omop", options=LoadOptions(today=TODAY))
    assert report.loaded == 10


def test_a_full_disk_is_told_and_leaves_the_vault_as_it_was(tmp_path: Path) -> None:
    vault = create_vault(f"sqlite:///{tmp_path / 'vault' / 'vault.db'}", base_vocabulary=False)
    options = LoadOptions(today=TODAY)
    load_dataset(vault, dataset(), "test", "omop", options=options)
    with read_tables(vault) as snapshot:
        before = snapshot.snapshot_id
    vault.dispose()
    size = (tmp_path / "vault" / "vault.db").stat().st_size
    program = f"""
import resource, signal, sys
from deid.errors import VaultError
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import open_vault
from tests.integration.vault.records import TODAY, condition, dataset, note

vault = open_vault("sqlite:///{tmp_path / "vault" / "vault.db"}")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 100_000}, {size + 100_000}))
notes = [note(n, 1, "a text that fills pages " * 40) for n in range(5000)]
try:
    load_dataset(vault, dataset(note=notes), "test", "omop", options=LoadOptions(today=TODAY))
except VaultError as error:
    print(error)
"""
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert outcome.stdout == "the vault's disk is full; nothing was loaded\n"
    vault = open_vault(f"sqlite:///{tmp_path / 'vault' / 'vault.db'}")
    with read_tables(vault) as snapshot:
        assert snapshot.snapshot_id == before
    rows = dataset(condition_occurrence=[condition(90, 1)])
    assert load_dataset(vault, rows, "test", "omop", options=options).loaded == 1
