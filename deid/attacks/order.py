"""Order of rows: does the place of a row tell whose it is?

The attacker knows the order in which people and rows lie in the vault, which is often the order of
registration or of the alphabet, and lays the two files side by side. He tries the order of rows
itself, the order of released ids, and both backwards; the best of them counts.
"""

from __future__ import annotations

import math

import numpy as np
import pyarrow.parquet as pq

from deid.attacks.ground import Column, Ground, Ids
from deid.attacks.model import AttackResult, outcome

ORDERS = 4


def row_order(ground: Ground) -> AttackResult | None:
    """Match rows of the release with ids of the vault by their places."""
    wins, n, expected = 0.0, 0, 0.0
    for table, source in ground.sources.items():
        if not ground.has(table):
            continue
        written = _in_file_order(ground, table)
        kept = source.pseudonyms[np.isin(source.pseudonyms, written)]
        written = written[np.isin(written, kept)]
        if len(written) < 2 or len(written) != len(kept):
            continue
        n += len(kept)
        wins += best_match(written, kept)
        expected += chance_matches()
    if not n:
        return None
    return outcome(
        "row_order",
        attacker="Knows the order in which people and their records lie in the vault.",
        question="Is the row at this place the record at the same place of the vault?",
        explanation=(
            f"{n:,} rows of {', '.join(ground.sources)} were laid beside the vault's, in the order "
            "of the file and of the released ids, forwards and backwards. In a table in random "
            "order about one row is at its own place by chance, whatever its length, and about "
            "two in the best of four orders."
        ),
        wins=wins,
        n=n,
        baseline=expected / n,
    )


def chance_matches(orders: int = ORDERS) -> float:
    """Rows at their own places by chance in the best of some orders: Poisson of mean 1 each."""
    total, below, term = 0.0, 0.0, math.exp(-1)
    for matches in range(30):
        below += term
        total += 1 - below**orders
        term /= matches + 1
    return total


def best_match(written: Ids, source: Ids) -> int:
    """Most rows at equal places over the orders that an attacker tries."""
    orders = (written, written[::-1], np.sort(written), np.sort(written)[::-1])
    return max(int((order == source).sum()) for order in orders)


def _in_file_order(ground: Ground, table: str) -> Column:
    parts = [
        pq.read_table(path, columns=[f"{table}_id"]).column(0).to_numpy()
        for path in sorted((ground.folder / table).glob("*.parquet"))
    ]
    return np.concatenate(parts) if parts else np.array([], dtype=np.int64)
