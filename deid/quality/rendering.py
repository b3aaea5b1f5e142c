"""The assessment as text for the person who runs the store, and the plain words of each check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from textwrap import wrap

from deid.quality.concepts import rows_of
from deid.quality.model import CheckResult, QualityAssessment

WIDTH = 100


@dataclass(frozen=True)
class Advice:
    """What a failed check means, and what to do about it."""

    title: str
    text: str


@cache
def advice() -> dict[str, Advice]:
    """By name of the check."""
    return {row["check"]: Advice(row["title"], row["advice"]) for row in rows_of("advice.csv")}


def by_name(results: Iterable[CheckResult]) -> list[tuple[str, list[CheckResult]]]:
    """Results gathered by check, those that reach furthest beyond their threshold first."""
    groups: dict[str, list[CheckResult]] = {}
    for result in results:
        groups.setdefault(result.check.name, []).append(result)
    for group in groups.values():
        group.sort(key=_beyond, reverse=True)
    return sorted(groups.items(), key=lambda item: _beyond(item[1][0]), reverse=True)


def render(assessment: QualityAssessment) -> str:
    """A line a category, then what failed with what to do, then what was not asked."""
    lines = [
        "Quality of the records (Kahn 2016; checks of OHDSI's Data Quality Dashboard)",
        "",
        f"{'':<17}{'checks':>7}{'passed':>8}{'failed':>8}",
    ]
    lines += [
        f"{category:<17}{total:>7,}{passed:>8,}{total - passed:>8,}"
        for category, passed, total in assessment.summary()
    ]
    lines += ["", f"Over their threshold: {len(assessment.failed) or 'none'}"]
    for name, group in by_name(assessment.failed):
        words, check = advice()[name], group[0].check
        texts = {result.check.text for result in group}
        kind = f"{check.category}: {check.subcategory}".lower()
        lines += ["", f"{words.title} ({name}; {kind})"]
        lines += _wrapped(f"To do: {words.text}", 2)
        if len(texts) == 1:
            lines += _wrapped(f"Found: {check.text}", 2)
        for result in group:
            lines += _found(result, named=len(texts) > 1)
    lines += _not_asked(assessment)
    return "\n".join(lines)


def _beyond(result: CheckResult) -> float:
    return result.share - result.check.threshold


def _found(result: CheckResult, *, named: bool) -> Iterator[str]:
    check = result.check
    about = f"{check.place} [{check.concept}]" if check.concept else check.place
    yield from _wrapped(
        f"- {about}: {result.violated:,} of {result.rows:,} "
        f"({result.share:.1%}, at most {check.threshold:.1%})",
        2,
    )
    words = [check.text] if named else []
    if result.remark:
        words.append(result.remark)
    if result.examples:
        words.append(f"for example {', '.join(map(str, result.examples))}")
    if words:
        yield from _wrapped("; ".join(words), 4)


def _wrapped(text: str, indent: int) -> list[str]:
    return wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4))


def _not_asked(assessment: QualityAssessment) -> Iterator[str]:
    if assessment.not_applicable:
        yield ""
        yield f"Did not apply: {len(assessment.not_applicable)}"
    for one in assessment.not_applicable:
        yield f"  - {one.about}: {one.reason}"
