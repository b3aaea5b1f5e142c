"""A policy that is well formed and may still contradict itself; only a consistent one is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deid.policy.model import (
    ColumnRule,
    DateRule,
    Decisions,
    GeneralisationStep,
    Origin,
    TextRule,
)


@dataclass(frozen=True)
class RiskDraft:
    """What is asked of the release, and ``parts``: rare, knowledge and population as written."""

    k: int
    quasi_identifiers: tuple[str, ...]
    birth_year_band: int
    steps: tuple[GeneralisationStep, ...]
    thresholds: Mapping[str, float]
    parts: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Draft(Decisions):
    """The merged files, before they are a :class:`deid.policy.model.Policy`."""

    tables: Mapping[str, Mapping[str, ColumnRule]]
    dropped: Mapping[str, str]
    claims: tuple[str, ...]
    dates: DateRule
    text: TextRule
    risk: RiskDraft
    source: str
    origins: Mapping[str, Origin]
