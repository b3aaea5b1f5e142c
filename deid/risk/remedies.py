"""What could be generalised so that a refused release passes: amendments of the policy.

Each remedy only takes away: it raises k, widens bands, adds steps, suppresses rare values or drops
columns and tables. Which of them pass, and how much each takes, is found by trying them
(:mod:`deid.build.trials`). Measures of notes have no remedy here: dropping all notes or mending the
text engine is for people to decide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from deid.errors import PolicyError
from deid.policy.model import (
    ColumnRule,
    GeneralisationStep,
    Policy,
    RareScope,
    Treatment,
)
from deid.risk.events import EVENT_TABLES
from deid.risk.rare import DISEASE_TABLES

MOST = 12
_BANDS = (2, 5, 10, 20, 40)
_BY_CLASS = frozenset({"prosecutor_max", "journalist_max", "prosecutor_average", "marketer"})
_BY_LARGER_CLASSES = frozenset(
    {
        "disease_told_share",
        "visits_follow_up_unique_share",
        "population_unique_share",
        *(f"known_{n}_{case}_share" for n in (1, 2, 3) for case in ("worst", "random")),
    }
)
_AREAS = ("county", "state")


@dataclass(frozen=True)
class Remedy:
    """An amended policy, and in words what was amended."""

    text: str
    policy: Policy


def remedies(policy: Policy, failed: Sequence[str], most: int = MOST) -> tuple[Remedy, ...]:
    """At most ``most`` amendments that may mend all failed thresholds, the mildest first.

    Each has one amendment for every failed threshold that has any, one on top of the other.
    """
    found = [Remedy("", policy)]
    for name in failed:
        wider: list[Remedy] = []
        for remedy in found:
            own = list(_of(remedy.policy, name)) or [Remedy("", remedy.policy)]
            wider += [
                Remedy("; ".join(filter(None, (remedy.text, more.text))), more.policy)
                for more in own
            ]
        found = wider[:most]
    different = {
        remedy.policy.fingerprint: remedy
        for remedy in reversed(found)
        if remedy.policy.fingerprint != policy.fingerprint
    }
    return tuple(reversed(different.values()))


def _of(policy: Policy, name: str) -> Iterator[Remedy]:
    k = policy.risk.k
    if name in _BY_CLASS:
        limit = policy.risk.thresholds[name]
        if limit > 0:
            for raised in _with_k(policy, math.ceil(1 / limit - 1e-9)):
                yield raised
                # Bands for all may leave more of the other columns to small classes.
                for wider in list(_with_bands(raised.policy))[:2]:
                    yield Remedy(f"{raised.text}; {wider.text}", wider.policy)
        if name in {"prosecutor_average", "marketer"}:
            yield from _with_bands(policy)
    elif name in {"smallest_class", "suppressed_share"}:
        yield from _with_more_steps(policy)
    elif name == "rare_disease_share":
        below = max(policy.risk.rare.diseases_below, k)
        for amended in (policy, *(r.policy for r in _with_k(policy, below))):
            if amended.risk.k >= below:
                yield _rare_suppressed(amended, DISEASE_TABLES.items(), _k_text(policy, amended))
    elif name == "small_area_share":
        yield from _with_k(policy, policy.risk.rare.areas_below)
        yield _dropped(policy, "location", _AREAS[:1])
        yield _dropped(policy, "location", _AREAS)
    elif name == "family_unique_share":
        if "fact_relationship" in policy.tables:
            yield Remedy(
                "fact_relationship is dropped",
                replace(
                    policy,
                    tables={t: c for t, c in policy.tables.items() if t != "fact_relationship"},
                    dropped={**policy.dropped, "fact_relationship": "families are unique by it"},
                ),
            )
    elif name in _BY_LARGER_CLASSES:
        concepts = [(table, concept) for table, (concept, _) in EVENT_TABLES.items()]
        rare = _rare_suppressed(policy, concepts, "")
        if name.startswith("known_"):
            yield rare
        for larger in (2 * k, 4 * k, 8 * k):
            yield from _with_k(policy, larger)
            if name.startswith("known_"):
                for raised in _with_k(rare.policy, larger):
                    yield Remedy(f"{rare.text}; {raised.text}", raised.policy)
        yield from _with_bands(policy)


def _with_k(policy: Policy, k: int) -> Iterator[Remedy]:
    if k > policy.risk.k:
        yield Remedy(
            f"k is {k} instead of {policy.risk.k}",
            replace(policy, risk=replace(policy.risk, k=k)),
        )


def _k_text(policy: Policy, amended: Policy) -> str:
    if policy.risk.k == amended.risk.k:
        return ""
    return f"k is {amended.risk.k} instead of {policy.risk.k}; "


def _with_bands(policy: Policy) -> Iterator[Remedy]:
    """Wider bands of birth years for all; steps that are no wider go."""
    if "year_of_birth" not in policy.risk.quasi_identifiers:
        return
    for width in _BANDS:
        if width <= policy.risk.birth_year_band:
            continue
        steps = tuple(
            step
            for step in policy.risk.steps
            if step.column != "year_of_birth" or int(step.level) > width
        )
        yield Remedy(
            f"years of birth are in bands of {width} instead of {policy.risk.birth_year_band}",
            replace(policy, risk=replace(policy.risk, birth_year_band=width, steps=steps)),
        )


def _with_more_steps(policy: Policy) -> Iterator[Remedy]:
    """The steps that are missing until everybody is alike, added one by one at the end."""
    steps = list(policy.risk.steps)
    wanted = [
        GeneralisationStep(name, "none")
        for name in ("ethnicity_concept_id", "location_id", "race_concept_id", "gender_concept_id")
    ]
    wanted += [GeneralisationStep("year_of_birth", str(width)) for width in (10, 20, 40, 200)]
    for step in wanted:
        if step.column not in policy.risk.quasi_identifiers or step in steps:
            continue
        try:
            amended = replace(policy.risk, steps=(*steps, step))
        except PolicyError:  # no wider than what is there
            continue
        steps.append(step)
        added = [f"{s.column}:{s.level}" for s in steps if s not in policy.risk.steps]
        yield Remedy(
            f"small classes also take the steps {', '.join(added)}", replace(policy, risk=amended)
        )


def _rare_suppressed(policy: Policy, concepts: Iterable[tuple[str, str]], before: str) -> Remedy:
    """Concepts that fewer than k people share are taken out, and the codes they came from."""
    tables = dict(policy.tables)
    rule = "rare codes single people out (amended by the build)"
    for table, concept in concepts:
        if table not in tables:
            continue
        columns = dict(tables[table])
        source = concept.replace("_concept_id", "_source_concept_id")
        for name in (concept, source):
            if name in columns and columns[name].treatment is not Treatment.DROP:
                columns[name] = ColumnRule(Treatment.SUPPRESS_RARE, rule, scope=RareScope.ALL)
        value = concept.replace("_concept_id", "_source_value")
        if value in columns:
            columns[value] = ColumnRule(Treatment.DROP, rule)
        tables[table] = columns
    names = ", ".join(sorted(table for table, _ in concepts))
    return Remedy(
        f"{before}concepts of fewer than {policy.risk.k} people are suppressed in {names}",
        replace(policy, tables=tables),
    )


def _dropped(policy: Policy, table: str, names: Iterable[str]) -> Remedy:
    columns = dict(policy.tables[table])
    for name in names:
        columns[name] = ColumnRule(Treatment.DROP, "small areas (amended by the build)")
    return Remedy(
        f"{', '.join(f'{table}.{name}' for name in names)} dropped",
        replace(policy, tables={**policy.tables, table: columns}),
    )
