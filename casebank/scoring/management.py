"""A decision beside the national rule and beside what happened: three outcomes, no points."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["agrees", "agrees, record deviated", "deviates"]


@dataclass(frozen=True)
class ManagementOutcome:
    """``missing`` the rule asks for and the student left out; ``extra`` the other way round."""

    verdict: Verdict
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    record_missing: tuple[str, ...]


def judge_management(
    decided: Collection[str], asked: Collection[str], happened: Collection[str]
) -> ManagementOutcome:
    """Compare actions that a student chose with those a rule asks for and those on record.

    ``agrees, record deviated`` is a lesson about quality of care: the student did what the rule
    asks for, and the health service did not.

    Raises:
        ValueError: if the rule asks for nothing.
    """
    if not asked:
        raise ValueError("a rule asks for at least one action")
    missing = tuple(sorted(set(asked) - set(decided)))
    record_missing = tuple(sorted(set(asked) - set(happened)))
    verdict: Verdict = "deviates"
    if not missing:
        verdict = "agrees, record deviated" if record_missing else "agrees"
    return ManagementOutcome(
        verdict=verdict,
        missing=missing,
        extra=tuple(sorted(set(decided) - set(asked))),
        record_missing=record_missing,
    )
