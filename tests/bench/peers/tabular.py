"""Anonymises Adult with one peer, in the peers' environment; prints seconds as JSON.

``python tabular.py anonypyx|anjana|pycanon TABLE FOLDER OUT``: FOLDER holds hierarchies, OUT is
written with one line a row (pycanon checks OUT instead, and prints what it finds).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pandas as pd

QI = [
    *("sex", "age", "race", "marital-status"),
    *("education", "native-country", "workclass", "occupation"),
]
SENSITIVE = "salary-class"
K = 5


def anonypyx(table: Path, _: Path, out: Path) -> float:
    """Mondrian with sets and ranges; its counts are spread into rows again."""
    import anonypyx as peer

    frame = pd.read_csv(table, sep=";")
    for name in QI:
        if name != "age":
            frame[name] = frame[name].astype("category")
    began = time.perf_counter()
    done = peer.Anonymiser(
        frame,
        k=K,
        algorithm="Mondrian",
        feature_columns=QI,
        sensitive_column=SENSITIVE,
        generalisation_strategy="human-readable",
    ).anonymise()
    seconds = time.perf_counter() - began
    rows = done.loc[done.index.repeat(done["count"])].drop(columns="count")
    rows.to_csv(out, sep=";", index=False)
    return seconds


def anjana(table: Path, folder: Path, out: Path) -> float:
    """Global recoding, at most 2 % of the rows removed."""
    from anjana.anonymity import k_anonymity

    frame = pd.read_csv(table, sep=";", dtype=str)
    trees = {}
    for name in QI:
        lines = pd.read_csv(folder / f"adult_hierarchy_{name}.csv", sep=";", header=None, dtype=str)
        trees[name] = {level: lines[level].to_numpy() for level in lines.columns}
    began = time.perf_counter()
    done = k_anonymity(frame, [], QI, K, 2, trees)
    seconds = time.perf_counter() - began
    done.to_csv(out, sep=";", index=False)
    return seconds


def pycanon(out: Path) -> dict[str, float]:
    """k, l and t of a released table."""
    from pycanon import anonymity

    frame = pd.read_csv(out, sep=";", dtype=str).reset_index(drop=True)
    return {
        "k": int(anonymity.k_anonymity(frame, QI)),
        "l": int(anonymity.l_diversity(frame, QI, [SENSITIVE])),
        "t": float(anonymity.t_closeness(frame, QI, [SENSITIVE])),
    }


if __name__ == "__main__":
    peer, table, folder, out = sys.argv[1], *map(Path, sys.argv[2:5])
    if peer == "pycanon":
        print(json.dumps(pycanon(out)))
    else:
        print(
            json.dumps(
                {"seconds": {"anonypyx": anonypyx, "anjana": anjana}[peer](table, folder, out)}
            )
        )
