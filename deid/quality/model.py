"""A data quality check, what it found, and the whole of an assessment."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Literal

Category = Literal["Conformance", "Completeness", "Plausibility", "Continuity", "Standardisation"]
"""Kahn's three categories, and the two that continuous records of residents add."""

Level = Literal["TABLE", "FIELD", "CONCEPT", "RECORD"]
"""As in the Data Quality Dashboard; RECORD compares several rows of one person."""

EXAMPLES = 3


@dataclass(frozen=True)
class Check:
    """What is asked. ``name`` is the Data Quality Dashboard's where it has the check.

    ``threshold`` is the share of rows (0 to 1) above which the check fails.
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


@dataclass(frozen=True)
class CheckResult:
    """What was found: ``violated`` of ``rows`` to which the check applies.

    ``examples`` are keys of rows of ``table``, or of persons for checks of whole records.
    """

    check: Check
    rows: int
    violated: int
    examples: tuple[int, ...] = ()

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
            "rows": self.rows,
            "violated": self.violated,
            "share": round(self.share, 6),
            "failed": self.failed,
            "examples": list(self.examples),
        }


@dataclass(frozen=True)
class QualityAssessment:
    """Every check that applied, in the order in which it was asked."""

    results: tuple[CheckResult, ...] = field(default_factory=tuple)

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
        }

    def to_json(self) -> bytes:
        """Canonical JSON."""
        text = json.dumps(self.to_dict(), indent=1, sort_keys=True, ensure_ascii=False)
        return (text + "\n").encode("utf-8")

    def render(self) -> str:
        """The assessment as text: a line a category, and every check that failed."""
        lines = ["quality checks (Kahn 2016; OHDSI Data Quality Dashboard)"]
        lines += [
            f"  {category:<15} {passed:>4} of {total} passed"
            for category, passed, total in self.summary()
        ]
        lines += ["", f"checks over their threshold: {len(self.failed) or 'none'}"]
        lines += [f"  {line}" for line in _lines(self.failed)]
        return "\n".join(lines)


def _lines(results: Iterable[CheckResult]) -> Iterable[str]:
    for result in results:
        check = result.check
        place = f"{check.table}.{check.column}" if check.column else check.table
        about = f" [{check.concept}]" if check.concept else ""
        examples = ", ".join(map(str, result.examples))
        yield (
            f"{check.name} {place}{about}: {result.violated:,} of {result.rows:,} "
            f"({result.share:.1%}, at most {check.threshold:.1%}); {check.text}"
            + (f"; for example {examples}" if examples else "")
        )
