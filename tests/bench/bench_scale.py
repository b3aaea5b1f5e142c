"""Builds by size, on one and on all processors, and the next release of a line.

``python -m tests.bench scale``, for as many residents of the synthetic county as
``CARECOMMONS_BENCH_SIZES`` says (``100 300``), each with ``CARECOMMONS_BENCH_PROCESSES`` processes
(as many as there are processors). Fewest residents are also built in one process, and once more
after a person in a hundred got another telephone number, whereupon every note of the household is
scrubbed again. The clock tells the speed-up, so the machine has to be idle for that; processor
seconds are those of all processes. The exponent is that of a power law of seconds by size, by least
squares of logarithms.
"""

from __future__ import annotations

import os
import resource
import secrets
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from sqlalchemy import text

from deid.build.pipeline import build_release
from deid.keys import Keyring
from deid.policy import load_policy
from deid.release import open_release
from deid.settings import EngineSettings
from deid.synth import LOCALES
from deid.synth.filling import fill_vault
from deid.vault.store import open_vault

SIZES = tuple(map(int, os.environ.get("CARECOMMONS_BENCH_SIZES", "100 300").split()))
PROCESSES = int(os.environ.get("CARECOMMONS_BENCH_PROCESSES", os.cpu_count() or 1))
CHANGED_ONE_IN = 100
SEED, UNTIL = 20, date(2025, 6, 30)


@dataclass(frozen=True)
class Spent:
    """Seconds of one build: by the clock for notes and for all else, and of all processors.

    ``notes`` is from the end of reading to the last note: choice of rows, canaries and notes.
    """

    notes: float
    rest: float
    busy: float
    said: str = ""

    @property
    def clock(self) -> float:
        """The whole build by the clock."""
        return self.notes + self.rest


def main() -> None:
    """Print the tables."""
    print(f"{'':48}{'by the clock, s':>24}{'processor':>11}")
    print(
        f"{'residents':>10}{'notes':>9}{'rows':>11}  {'build':16}{'notes':>8}{'rest':>8}"
        f"{'all':>8}{'all s':>11}"
    )
    whole: list[Spent] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as name:
            builds, notes, rows = _builds(Path(name), size, compared=size == min(SIZES))
        for label, spent in builds.items():
            print(
                f"{size:10,}{notes:9,}{rows:11,}  {label:16}{spent.notes:8.1f}{spent.rest:8.1f}"
                f"{spent.clock:8.1f}{spent.busy:11.1f}  {spent.said}",
                flush=True,
            )
        first, alone = builds[_label(PROCESSES)], builds.get(_label(1))
        whole.append(first)
        if alone is not None and PROCESSES > 1:
            print(
                f"{PROCESSES} processes are {alone.clock / first.clock:.2f} times as fast as one, "
                f"with notes {alone.notes / first.notes:.2f} times"
            )
    if len(SIZES) > 1:
        for label, seconds in (
            ("clock", [one.clock for one in whole]),
            ("clock, without notes", [one.rest for one in whole]),
            ("processor", [one.busy for one in whole]),
        ):
            print(f"exponent of a full build, {label}: {_exponent(seconds):.2f}")


def _label(processes: int) -> str:
    return f"{processes} process{'es' if processes > 1 else ''}"


def _builds(folder: Path, size: int, compared: bool) -> tuple[dict[str, Spent], int, int]:
    """A first release, and if ``compared`` the same in one process and the one after it.

    Gives also the notes and rows of the first.
    """
    url = f"sqlite:///{folder / 'vault' / 'vault.db'}"
    settings = EngineSettings(
        url,
        folder / "keyring.json",
        folder / "releases",
        folder / "work",
        folder / "evidence",
        PROCESSES,
    )
    keyring = Keyring("bench", secrets.token_bytes(32))
    fill_vault(url, size, SEED, LOCALES, UNTIL)
    builds = {_label(PROCESSES): _build(settings, keyring, "v1", "")}
    tables = open_release(settings.release_root, "v1").manifest.tables
    if compared:
        alone = replace(settings, processes=1)
        if PROCESSES > 1:
            builds[_label(1)] = _build(alone, keyring, "alone", "")
        _change_telephones(url)
        builds["next, 1 process"] = _build(alone, keyring, "v2", "v1")
    return builds, tables["note"].rows_out, sum(t.rows_out for t in tables.values())


def _change_telephones(url: str) -> None:
    """Another number for one person in :data:`CHANGED_ONE_IN`."""
    engine = open_vault(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE contact SET value = value || '7' "
                "WHERE kind = 'phone' AND person_id % :n = 0"
            ),
            {"n": CHANGED_ONE_IN},
        )
    engine.dispose()


def _build(settings: EngineSettings, keyring: Keyring, name: str, continues: str) -> Spent:
    marks: list[tuple[str, float]] = []
    began, busy = time.perf_counter(), _processor_seconds()
    build_release(
        settings,
        keyring,
        settings.vault_url,
        load_policy("limited-research"),
        name,
        name,
        say=lambda line: marks.append((line, time.perf_counter())),
        continues=continues,
    )
    whole = time.perf_counter() - began
    read = max(at for line, at in marks if line.startswith("reading the vault"))
    scrubbed = max(at for line, at in marks if line.startswith("scrubbing notes"))
    said = next((line for line, _ in marks if "were not scrubbed" in line), "")
    notes = scrubbed - read
    return Spent(notes, whole - notes, _processor_seconds() - busy, said)


def _processor_seconds() -> float:
    """Of this process and of those that it has ended."""
    spent = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _exponent(seconds: list[float]) -> float:
    slope, _ = np.polyfit(np.log(SIZES), np.log(seconds), 1)
    return float(slope)


if __name__ == "__main__":
    main()
