"""A killed import and a full disk leave the vault as it was."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from deid.errors import VaultError
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.report import ImportReport
from deid.vault.store import create_vault, open_vault, read_tables
from tests.integration.vault.records import TODAY, condition, dataset, note

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


def test_two_imports_at_once_leave_the_rows_of_both(vault: Engine) -> None:
    parts = [
        dataset(condition_occurrence=[condition(first + n, 1) for n in range(500)])
        for first in (1_000, 2_000)
    ]
    together = Barrier(2)

    def load(part: Mapping[str, pa.Table]) -> ImportReport:
        together.wait()
        return load_dataset(vault, part, "test", "omop", options=LoadOptions(today=TODAY))

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(load, parts)
    assert one.refused == two.refused == 0
    # What both bring is loaded by one of them and found there by the other.
    assert one.loaded + two.loaded == 1_000 + one.already_there + two.already_there
    with read_tables(vault) as snapshot:
        assert (snapshot.rows("person"), snapshot.rows("condition_occurrence")) == (2, 1_000)
        assert len(snapshot.snapshot_id) == 64  # digests and rows agree


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


SMALL = 40 * 2**20


@pytest.fixture
def small_disk(postgres_server: str, tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MiB that belongs to the server's account."""
    if make_url(postgres_server).host not in {"127.0.0.1", "localhost"} or os.geteuid() != 0:
        pytest.skip("only root can give a PostgreSQL server of this machine a small disk")
    folder = Path("/run") / f"carecommons-small-{secrets.token_hex(6)}"
    folder.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("this machine does not let root mount a tmpfs")
    shutil.chown(folder, "postgres")
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


@pytest.fixture
def url_on_small_disk(postgres_server: str, small_disk: Path) -> Iterator[str]:
    """URL of a database whose tables lie on the small disk."""
    name = f"cc_{secrets.token_hex(6)}"
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE TABLESPACE {name} LOCATION '{small_disk}'"))
        connection.execute(text(f"CREATE DATABASE {name} TABLESPACE {name}"))
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        connection.execute(text(f"DROP TABLESPACE {name}"))
    admin.dispose()


@pytest.mark.postgres
def test_a_full_disk_of_the_server_is_told_and_leaves_the_vault_as_it_was(
    url_on_small_disk: str, small_disk: Path
) -> None:
    # Without any room a server may not even let anybody in; the administrator makes some.
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(SMALL // 10))
    vault = create_vault(url_on_small_disk, base_vocabulary=False)
    options = LoadOptions(today=TODAY)
    load_dataset(vault, dataset(), "test", "omop", options=options)
    with read_tables(vault) as snapshot:
        before = snapshot.snapshot_id
    # Texts that do not compress, so that they fill pages.
    notes = [note(n, 1, secrets.token_hex(8000)) for n in range(SMALL // 8000)]
    with pytest.raises(VaultError) as refusal:
        load_dataset(vault, dataset(note=notes), "test", "omop", options=options)
    assert str(refusal.value) == "the vault's disk is full; nothing was loaded"
    ballast.unlink()
    with read_tables(vault) as snapshot:
        assert snapshot.snapshot_id == before
    rows = dataset(condition_occurrence=[condition(90, 1)])
    assert load_dataset(vault, rows, "test", "omop", options=options).loaded == 1
    vault.dispose()
