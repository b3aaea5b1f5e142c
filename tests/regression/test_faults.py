"""A short sample of the campaign of faults, with a fixed seed; ``make campaign`` tries more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ("readonly:import", "cut:import")


def test_a_read_only_disk_and_a_file_that_was_cut_off_leave_an_import_whole_or_undone() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.faults", *SAMPLE],
        cwd=ROOT,
        env={**os.environ, "CARECOMMONS_FAULTS": "2", "CARECOMMONS_FAULT_SEED": "7"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tried = 2 if "readonly  left out" in done.stdout else 4
    assert f"{tried} faults, 0 losses" in done.stdout
