"""Contradictions inside a policy that is well formed: what it asks for and cannot have."""

from __future__ import annotations

import math
from collections.abc import Iterator

from deid.policy.columns import classification
from deid.policy.draft import Draft
from deid.policy.model import (
    HIERARCHIES,
    OFFSET_TREATMENTS,
    ColumnRule,
    Treatment,
)
from deid.policy.standards import Breach, breaches


def contradictions(policy: Draft) -> Iterator[Breach]:
    """Each contradiction: the path of a decision, and what to write instead."""
    for table, columns in policy.tables.items():
        for column, rule in columns.items():
            yield from _of_treatment(table, column, rule)
    yield from _of_quasi_identifiers(policy)
    yield from _of_steps(policy)
    yield from _of_thresholds(policy)
    yield from _of_dates(policy)
    population = policy.risk.parts.get("population", {})
    for name in {"name", "people"} - set(population) if population else ():
        path = f"risk.population.{next(iter(population))}"
        yield path, f"needs name and people both; write {name} as well"
    yield from breaches(policy)


def _of_treatment(table: str, column: str, rule: ColumnRule) -> Iterator[Breach]:
    kind = classification().kind(table, column)
    path = f"tables.{table}.{column}"
    if kind is None:
        return
    if rule.treatment not in kind.may:
        allowed = ", ".join(f'"{item.value}"' for item in kind.may)
        yield (
            path,
            f"is {kind.name} ({kind.meaning}); {rule.treatment.value} does not fit: {allowed}",
        )
    elif rule.hierarchy is not None and HIERARCHIES.get(rule.hierarchy) != kind.name:
        fitting = [name for name, of in HIERARCHIES.items() if of == kind.name]
        yield path, f"is {kind.name}; its hierarchy is {' or '.join(fitting)}"


def _of_quasi_identifiers(policy: Draft) -> Iterator[Breach]:
    person = policy.tables.get("person", {})
    generalised = {Treatment.GENERALISE, Treatment.YEAR_OF_BIRTH}
    for name in policy.risk.quasi_identifiers:
        rule = person.get(name)
        if rule is None:
            yield "risk.quasi_identifiers", f"names {name}, but person.{name} has no treatment"
        elif rule.treatment not in generalised:
            yield (
                "risk.quasi_identifiers",
                f"names {name}, but person.{name} is {rule.treatment.value} "
                f"({policy.origin(f'tables.person.{name}')}); take {name} out of the list, or "
                "generalise the column",
            )
    for name, rule in person.items():
        if rule.treatment in generalised and name not in policy.risk.quasi_identifiers:
            yield (
                f"tables.person.{name}",
                f"is {rule.treatment.value}, but {name} is no quasi-identifier and would leave as "
                f'it is; add it to risk.quasi_identifiers or write "drop"',
            )


def _of_steps(policy: Draft) -> Iterator[Breach]:
    band, seen = policy.risk.birth_year_band, set()
    for number, step in enumerate(policy.risk.steps):
        path = f"risk.steps.{number}"
        if step.column not in policy.risk.quasi_identifiers:
            yield (
                path,
                f"generalises {step.column}, which is no quasi-identifier; take the step out, or "
                "add the column to risk.quasi_identifiers",
            )
        elif step.column == "year_of_birth":
            if int(step.level) <= band:
                yield (
                    path,
                    f"is a band of {step.level} years after one of {band}; each step must be wider",
                )
            band = int(step.level)
        elif step.column in seen:
            yield path, f"comes twice: {step.column} is gone after its first step"
        seen.add(step.column)


def _of_thresholds(policy: Draft) -> Iterator[Breach]:
    risk = policy.risk
    limits = risk.thresholds
    smallest = limits.get("smallest_class", 0)
    if smallest > risk.k:
        yield (
            "risk.thresholds.smallest_class",
            f"asks for classes of {smallest:g}, but risk.k ({policy.origin('risk.k')}) makes "
            f"classes of {risk.k}; write k = {math.ceil(smallest)} or a lower threshold",
        )
    most = limits.get("prosecutor_max", 1.0)
    if most <= 0 or 1 / risk.k > most:
        better = f"write k = {math.ceil(1 / most)} or " if most > 0 else ""
        yield (
            "risk.thresholds.prosecutor_max",
            f"is {most:g}, but a class of risk.k = {risk.k} ({policy.origin('risk.k')}) has a "
            f"risk of {1 / risk.k:.4g}; {better}a threshold of {1 / risk.k:.4g} or more",
        )
    if limits.get("prosecutor_average", 1.0) <= 0:
        yield (
            "risk.thresholds.prosecutor_average",
            "is 0, which no class reaches: everybody has a risk above 0; write a share such as 0.1",
        )
    stepped = {step.column for step in risk.steps}
    bare = [name for name in risk.quasi_identifiers if name not in stepped]
    if bare and limits.get("suppressed_share", 1.0) == 0:
        yield (
            "risk.thresholds.suppressed_share",
            f"is 0, but no step generalises {', '.join(bare)}: whoever is rare there can only be "
            f'left out; add a step such as "{_last_step(bare[0])}", or allow a share',
        )


def _last_step(column: str) -> str:
    return "year_of_birth:200" if column == "year_of_birth" else f"{column}:none"


def _of_dates(policy: Draft) -> Iterator[Breach]:
    shifted = [
        place for treatment in sorted(OFFSET_TREATMENTS) for place in policy.columns_with(treatment)
    ]
    notes = policy.columns_with(Treatment.SCRUB_TEXT)
    if policy.dates.shift == "none":
        for table, column in shifted:
            yield (
                f"tables.{table}.{column}",
                "is shifted, but dates.shift is none "
                f'({policy.origin("dates.shift")}); write "year-only" or "drop"',
            )
        if notes and policy.text.dates == "shift":
            yield (
                "text.dates",
                "is shift, but dates.shift is none "
                f"({policy.origin('dates.shift')}): dates would stand in notes as they are; write "
                'dates = "year"',
            )
        return
    for table, column in policy.columns_with(Treatment.KEEP):
        kind = classification().kind(table, column)
        if kind is not None and kind.name in {"date", "datetime"} and shifted:
            yield (
                f"tables.{table}.{column}",
                "is kept while other dates are shifted, so the two together tell the offset; "
                'write "shift-date", "year-only" or "drop"',
            )
