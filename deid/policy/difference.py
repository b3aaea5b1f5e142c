"""What two policies do differently: treatments, thresholds, steps and settings, never wording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from deid.policy.explaining import kind_of, treatment_text
from deid.policy.model import ColumnRule, Policy

NOTHING = "not treated"
"""Stands for a column that one of the two does not treat."""


@dataclass(frozen=True)
class Difference:
    """One difference; ``columns`` are the columns of that kind that share it."""

    what: str
    before: str
    after: str
    origins: tuple[str, str]
    columns: tuple[str, ...] = ()


def differences(first: Policy, second: Policy) -> tuple[Difference, ...]:
    """Settings first, then columns by kind."""
    return (*_settings(first, second), *_columns(first, second))


def _settings(first: Policy, second: Policy) -> Iterator[Difference]:
    before, after = _values(first), _values(second)
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, "-"), after.get(name, "-")
        if old != new:
            yield Difference(name, old, new, (_said(first, name), _said(second, name)))


def _values(policy: Policy) -> Mapping[str, str]:
    dates, text, risk = policy.dates, policy.text, policy.risk
    return {
        "claims": ", ".join(policy.claims) or "none",
        "pool_ages_over": str(policy.pool_ages_over),
        "dates.shift": dates.shift,
        **(
            {
                "dates.max_weeks": str(dates.max_weeks),
                "dates.min_weeks": str(dates.min_weeks),
                "dates.max_share": f"{dates.max_share:g}",
            }
            if dates.shift != "none"
            else {}
        ),
        "dates.time_of_day": dates.time_of_day,
        "text.dates": text.dates,
        "text.ages": f"band of {text.age_band}" if text.age_band else text.ages,
        "places.zip3_over_20000": ", ".join(sorted(policy.places.zip3_over_20000)) or "none",
        "risk.k": str(risk.k),
        "risk.quasi_identifiers": ", ".join(sorted(risk.quasi_identifiers)),
        "risk.birth_year_band": str(risk.birth_year_band),
        "risk.steps": ", ".join(f"{step.column}:{step.level}" for step in risk.steps),
        "risk.rare.diseases_below": str(risk.rare.diseases_below),
        "risk.rare.areas_below": str(risk.rare.areas_below),
        "risk.knowledge.levels": str(risk.knowledge.levels),
        "risk.knowledge.days": str(risk.knowledge.days),
        "risk.population": (
            f"{risk.population.name}: {risk.population.people}" if risk.population else "the vault"
        ),
        **{f"risk.thresholds.{name}": f"{limit:g}" for name, limit in risk.thresholds.items()},
    }


def _columns(first: Policy, second: Policy) -> Iterator[Difference]:
    groups: defaultdict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)
    before, after = _treated(first), _treated(second)
    for place in dict.fromkeys((*before, *after)):
        old, new = before.get(place), after.get(place)
        if _decision(old) != _decision(new):
            table, column = place
            groups[
                kind_of(table, column),
                _shown(first, table, old),
                _shown(second, table, new),
                _where(first, table, column),
                _where(second, table, column),
            ].append(f"{table}.{column}")
    for (kind, old_text, new_text, here, there), names in groups.items():
        yield Difference(f"kind {kind}", old_text, new_text, (here, there), tuple(names))


def _treated(policy: Policy) -> Mapping[tuple[str, str], ColumnRule]:
    return {
        (table, column): rule
        for table, columns in policy.tables.items()
        for column, rule in columns.items()
    }


def _decision(rule: ColumnRule | None) -> ColumnRule | None:
    return replace(rule, rule="") if rule else None


def _shown(policy: Policy, table: str, rule: ColumnRule | None) -> str:
    if rule is None:
        return "table dropped" if table in policy.dropped else NOTHING
    value = f" {rule.value!r}" if rule.value is not None else ""
    return treatment_text(rule) + value


def _where(policy: Policy, table: str, column: str) -> str:
    path = f"dropped.{table}" if table in policy.dropped else f"tables.{table}.{column}"
    return _said(policy, path)


def _said(policy: Policy, path: str) -> str:
    return str(policy.origins[path]) if path in policy.origins else "by default"


def as_text(first: Policy, second: Policy) -> Iterator[str]:
    """Lines for a terminal."""
    found = differences(first, second)
    if not found:
        yield f"{first.name} and {second.name} do the same"
        return
    columns = sum(len(item.columns) for item in found)
    yield f"{first.name} -> {second.name}: {columns} columns and "\
        f"{sum(not item.columns for item in found)} settings differ"  # fmt: skip
    for item in found:
        count = f" ({len(item.columns)} columns)" if item.columns else ""
        yield f"{item.what}{count}: {item.before} -> {item.after}  [{' -> '.join(item.origins)}]"
        yield from (f"    {name}" for name in item.columns)
