"""What an attack tells: how often it succeeded, beside how often chance would have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deid.attacks.ground import Ground
from deid.attacks.intervals import Interval, difference_interval, wilson_interval

THRESHOLD_PREFIX = "attack_"


@dataclass(frozen=True)
class AttackResult:
    """One attack on one release; it holds no id and no value of a person.

    ``success`` and ``baseline`` are shares of ``n`` attempts, with the 95 % interval ``low`` to
    ``high`` of ``success``. ``excess`` is what the release adds to chance, (success - baseline) /
    (1 - baseline), after Giomi et al., *A Unified Framework for Quantifying Privacy Risk in
    Synthetic Data* (PoPETs 2023), with its own interval, which also has the uncertainty of a
    baseline that was measured on people who were held out. ``threshold`` is the policy's name for
    the limit of ``excess_low``; ``None`` for what is measured and stated only.
    """

    name: str
    attacker: str
    question: str
    n: int
    success: float
    baseline: float
    low: float
    high: float
    excess: float
    excess_low: float
    excess_high: float
    explanation: str
    threshold: str | None = None


Attack = Callable[[Ground], AttackResult | None]
"""Carries one attack out; ``None`` if the release has nothing that it could be tried on."""


def outcome(
    name: str,
    *,
    attacker: str,
    question: str,
    explanation: str,
    wins: float,
    n: int,
    baseline: float,
    baseline_n: int | None = None,
    gated: bool = True,
) -> AttackResult | None:
    """The result of ``n`` attempts of which ``wins`` succeeded (a part for a pick among equals).

    ``baseline`` is computed, or was measured over ``baseline_n`` attempts. ``None`` without any
    attempt, and where chance alone always succeeds.
    """
    if n < 1 or baseline >= 1 or baseline_n == 0:
        return None
    success = wins / n
    of_success = wilson_interval(wins, n)
    if baseline_n is None:
        gap = Interval(of_success.low - baseline, of_success.high - baseline)
    else:
        gap = difference_interval(wins, n, baseline * baseline_n, baseline_n)
    room = 1 - baseline
    return AttackResult(
        name=name,
        attacker=attacker,
        question=question,
        n=n,
        success=round(success, 6),
        baseline=round(baseline, 6),
        low=round(of_success.low, 6),
        high=round(of_success.high, 6),
        excess=round((success - baseline) / room, 6),
        excess_low=round(gap.low / room, 6),
        excess_high=round(gap.high / room, 6),
        explanation=explanation,
        threshold=THRESHOLD_PREFIX + name if gated else None,
    )
