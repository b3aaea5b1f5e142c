"""Builds by size, and the next release of a line after 1 % of the people changed.

``python -m tests.bench scale``, for as many residents of the synthetic county as
``CARECOMMONS_BENCH_SIZES`` says (``100 300``). A person in a hundred gets another telephone number,
hence every note of his household is scrubbed again. Everything runs in one process and is given in
its processor seconds, which other programs on the machine disturb less than the clock. The exponent
is that of a power law of seconds by size, by least squares of logarithms.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from dataclasses import dataclass
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
CHANGED_ONE_IN = 100
SEED, UNTIL = 20, date(2025, 6, 30)


@dataclass(frozen=True)
class Spent:
    """Processor seconds of one build, and what it said of notes.

    ``notes`` is from the end of reading to the last note: choice of rows, canaries and notes.
    """

    notes: float
    rest: float
    said: str = ""

    @property
    def all(self) -> float:
        """Both together."""
        return self.notes + self.rest


def main() -> None:
    """Print the tables."""
    print(
        f"{'residents':>10}{'notes':>9}{'rows':>11}  {'build':20}{'notes s':>9}"
        f"{'rest s':>8}{'all':>8}"
    )
    full: list[float] = []
    rest: list[float] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as name:
            first, following, notes, rows = _line(Path(name), size)
        for label, spent in (("first, every note", first), ("next, 1 % changed", following)):
            print(
                f"{size:10,}{notes:9,}{rows:11,}  {label:20}{spent.notes:9.1f}{spent.rest:8.1f}"
                f"{spent.all:8.1f}  {spent.said}",
                flush=True,
            )
        full.append(first.all)
        rest.append(first.rest)
    if len(SIZES) > 1:
        print(
            f"exponent of a full build {_exponent(full):.2f}, without notes {_exponent(rest):.2f}"
        )


def _line(folder: Path, size: int) -> tuple[Spent, Spent, int, int]:
    """A first release and the one after it; notes and rows of the first."""
    url = f"sqlite:///{folder / 'vault' / 'vault.db'}"
    settings = EngineSettings(
        url, folder / "keyring.json", folder / "releases", folder / "work", folder / "evidence", 1
    )
    keyring = Keyring("bench", secrets.token_bytes(32))
    fill_vault(url, size, SEED, LOCALES, UNTIL)
    first = _build(settings, keyring, "v1", "")
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
    following = _build(settings, keyring, "v2", "v1")
    tables = open_release(settings.release_root, "v1").manifest.tables
    return first, following, tables["note"].rows_out, sum(t.rows_out for t in tables.values())


def _build(settings: EngineSettings, keyring: Keyring, name: str, continues: str) -> Spent:
    marks: list[tuple[str, float]] = []
    began = time.process_time()
    build_release(
        settings,
        keyring,
        settings.vault_url,
        load_policy("limited-research"),
        name,
        name,
        say=lambda line: marks.append((line, time.process_time())),
        continues=continues,
    )
    whole = time.process_time() - began
    read = max(at for line, at in marks if line.startswith("reading the vault"))
    scrubbed = max(at for line, at in marks if line.startswith("scrubbing notes"))
    said = next((line for line, _ in marks if "were not scrubbed" in line), "")
    return Spent(scrubbed - read, whole - (scrubbed - read), said)


def _exponent(seconds: list[float]) -> float:
    slope, _ = np.polyfit(np.log(SIZES), np.log(seconds), 1)
    return float(slope)


if __name__ == "__main__":
    main()
