"""`deid.tabular` on Adult beside anonypyx and ANJANA, scored by the shared checker.

The peers live in an environment of their own::

    python -m venv PEERS && PEERS/bin/pip install -r tests/bench/peers/requirements-tabular.txt
    CARECOMMONS_TABULAR_PEERS=PEERS python -m tests.bench tabular

Seconds are wall clock and processor time of the anonymisation alone, files and start-up left out;
of peers wall clock only. pyCANON computes k, l and t of our results once more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from deid.tabular import (
    Criteria,
    Request,
    anonymise,
    find_hierarchies,
    read_hierarchy,
    read_table,
    write_table,
)

SHARED = Path(__file__).resolve().parents[3] / "shared"
ADULT = SHARED / "data" / "adult"
CHECKER = SHARED / "tools" / "check_anonymity.py"
PEER = Path(__file__).parent / "peers" / "tabular.py"
QI = (
    *("sex", "age", "race", "marital-status"),
    *("education", "native-country", "workclass", "occupation"),
)
SENSITIVE = "salary-class"
SETTINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("local, hierarchy labels", {}, {}),
    ("local, ranges and sets", {}, {"labels": "ranges"}),
    ("local, hierarchy labels, l >= 2", {"l": 2}, {}),
    ("local, ranges and sets, l >= 2", {"l": 2}, {"labels": "ranges"}),
    ("local, hierarchy labels, t <= 0.2", {"t": 0.2}, {}),
    ("local, ranges and sets, t <= 0.2", {"t": 0.2}, {"labels": "ranges"}),
    ("global, nothing removed", {}, {"method": "global"}),
    ("global, at most 2 % removed", {}, {"method": "global", "suppression_limit": 0.02}),
    ("global, removal free", {}, {"method": "global", "suppression_limit": 0.99}),
    ("global, removal free, l >= 2", {"l": 2}, {"method": "global", "suppression_limit": 0.99}),
]


def main() -> None:
    """Print one table; without the peers' environment, our own rows only."""
    if not CHECKER.exists():
        print(f"{CHECKER} is absent")
        return
    peers = os.environ.get("CARECOMMONS_TABULAR_PEERS")
    table, form = read_table(ADULT / "adult.csv")
    trees = {name: read_hierarchy(path) for name, path in find_hierarchies(ADULT, QI).items()}
    print("| setting | NCP | removed | classes | k | l | t | one-value classes | s | processor s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.csv"
        for name, limits, how in SETTINGS:
            request = Request(QI, Criteria(5, **limits), (SENSITIVE,), **how)
            began, worked = time.perf_counter(), time.process_time()
            result = anonymise(table, request, trees)
            seconds, processor = time.perf_counter() - began, time.process_time() - worked
            write_table(result.table, out, form)
            _print(name, out, how.get("labels") == "ranges", f"{seconds:.1f} | {processor:.1f}")
            if peers:
                found = _peer(peers, "pycanon", out)
                print(f"  pyCANON: k {found['k']}, l {found['l']}, t {found['t']:.4f}")
        for peer in ("anonypyx", "anjana") if peers else ():
            seconds = _peer(peers or "", peer, out)["seconds"]
            _print(peer, out, peer == "anonypyx", f"{seconds:.1f} |")


def _print(name: str, out: Path, ranges: bool, seconds: str) -> None:
    trees = [f"--hierarchy={c}={ADULT / f'adult_hierarchy_{c}.csv'}" for c in QI]
    ran = subprocess.run(
        [
            *(sys.executable, str(CHECKER), str(out), "--original", str(ADULT / "adult.csv")),
            *("--qi", ",".join(QI), "--sensitive", SENSITIVE, *([] if ranges else trees)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    figures = found["sensitive"][SENSITIVE]
    print(
        f"| {name} | {found['ncp']:.4f} | {found['records_suppressed']:,} | {found['classes']:,} "
        f"| {found['k']} | {figures['distinct_l']} | {figures['t_equal']:.4f} "
        f"| {figures['homogeneous_classes']:,} | {seconds} |",
        flush=True,
    )


def _peer(environment: str, peer: str, out: Path) -> dict[str, Any]:
    ran = subprocess.run(
        [
            *(str(Path(environment) / "bin" / "python"), str(PEER), peer),
            *(str(ADULT / "adult.csv"), str(ADULT), str(out)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
