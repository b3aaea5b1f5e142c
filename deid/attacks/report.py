"""Attacks as lines of a table for the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from deid.attacks.model import AttackResult

if TYPE_CHECKING:
    from deid.risk.gate import Verdict


def attack_table(
    results: Sequence[AttackResult], verdicts: Sequence[Verdict] = ()
) -> Iterator[str]:
    """One line an attack: attempts, success with its interval, chance, excess, verdict."""
    limits: Mapping[str | None, Verdict] = {verdict.name: verdict for verdict in verdicts}
    yield (
        f"{'attack':24}{'attempts':>9}{'success':>9}{'95 % interval':>17}{'chance':>9}"
        f"{'excess':>8}{'at least':>9}  threshold"
    )
    for result in results:
        verdict = limits.get(result.threshold)
        yield (
            f"{result.name:24}{result.n:>9,}{result.success:>9.4f}"
            f"{f'{result.low:.4f} - {result.high:.4f}':>17}{result.baseline:>9.4f}"
            f"{result.excess:>8.4f}{result.excess_low:>9.4f}  {_verdict(verdict)}"
        )


def _verdict(verdict: Verdict | None) -> str:
    if verdict is None:
        return "none: stated only"
    return f"{verdict.limit:g}: {'passed' if verdict.passed else 'REFUSED'}"
