"""A data quality check, what it found, and the whole of an assessment."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal

Category = Literal["Conformance", "Completeness", "Plausibility", "Continuity", "Standardisation"]
"""Kahn's three categories, and the two that continuous records of residents add."""

Context = Literal["Verification", "Validation"]
"""Kahn's contexts: against the store's own rules, or against something outside of it."""

Level = Literal["TABLE", "FIELD", "CONCEPT", "RECORD"]
"""As in the Data Quality Dashboard; RECORD compares several rows of one person or place."""

EXAMPLES = 3
_VALIDATION = frozenset(
    {"isRequired", "measurePersonCompleteness", "measureConditionEraCompleteness",
     "plausibleGenderUseDescendants"}
)  # fmt: skip
"""Checks that the Data Quality Dashboard counts as validation."""


@dataclass(frozen=True)
class Check:
    """What is asked. ``name`` is the Data Quality Dashboard's where it has the check.

    ``threshold`` is the share of rows (0 to 1) above which the check fails; ``source`` names the
    rule where it is not this project's or the dashboard's.
    """

    name: str
    level: Level
    category: Category
    subcategory: str
    table: str
    text: str
    column: str = ""
    concept: str = ""
    threshold: float = 0.0
    source: str = ""

    @property
    def context(self) -> Context:
        """Schedules are rules from outside, like the dashboard's own checks of this kind."""
        outside = self.category == "Continuity" or self.name in _VALIDATION
        return "Validation" if outside else "Verification"

    @property
    def place(self) -> str:
        """Table, and column if one is meant."""
        return f"{self.table}.{self.column}" if self.column else self.table


@dataclass(frozen=True)
class CheckResult:
    """What was found: ``violated`` of ``rows`` to which the check applies.

    ``examples`` are keys of rows of ``table``, or of persons for checks of whole records.
    """

    check: Check
    rows: int
    violated: int
    examples: tuple[int, ...] = ()
    remark: str = ""
    """What else was measured, in words without ids."""

    @property
    def share(self) -> float:
        """Share of the rows that do not meet the check, 0 to 1."""
        return self.violated / self.rows if self.rows else 0.0

    @property
    def failed(self) -> bool:
        """More rows than the threshold lets pass."""
        return self.share > self.check.threshold

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self.check) | {
            "context": self.check.context,
            "rows": self.rows,
            "violated": self.violated,
            "share": round(self.share, 6),
            "failed": self.failed,
            "examples": list(self.examples),
            "remark": self.remark,
        }


@dataclass(frozen=True)
class NotApplicable:
    """A check that could not be asked of this store, and why; it counts neither way."""

    name: str
    about: str
    reason: str


@dataclass(frozen=True)
class QualityAssessment:
    """Every check that applied, in the order in which it was asked, and those that did not."""

    results: tuple[CheckResult, ...] = field(default_factory=tuple)
    not_applicable: tuple[NotApplicable, ...] = field(default_factory=tuple)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Checks over their threshold."""
        return tuple(result for result in self.results if result.failed)

    def of(self, name: str, table: str = "", column: str = "") -> tuple[CheckResult, ...]:
        """Results of one check by its name, for one table or column if named."""
        return tuple(
            result
            for result in self.results
            if result.check.name == name
            and table in {"", result.check.table}
            and column in {"", result.check.column}
        )

    def summary(self) -> tuple[tuple[Category, int, int], ...]:
        """Category, checks passed, checks in all."""
        order: tuple[Category, ...] = (
            "Conformance",
            "Completeness",
            "Plausibility",
            "Continuity",
            "Standardisation",
        )
        found = {category: [0, 0] for category in order}
        for result in self.results:
            found[result.check.category][0] += not result.failed
            found[result.check.category][1] += 1
        return tuple((name, passed, total) for name, (passed, total) in found.items() if total)

    def to_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "summary": {
                category: {"passed": passed, "checks": total}
                for category, passed, total in self.summary()
            },
            "checks": [result.to_dict() for result in self.results],
            "not_applicable": [asdict(one) for one in self.not_applicable],
        }

    def to_json(self) -> bytes:
        """Canonical JSON."""
        text = json.dumps(self.to_dict(), indent=1, sort_keys=True, ensure_ascii=False)
        return (text + "\n").encode("utf-8")
