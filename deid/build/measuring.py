"""Measures all risks of the files that a build wrote, before the gate decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from deid.build.notes import NotesDone
from deid.build.people import People
from deid.build.suppression import hidden, suppression, taken_out
from deid.policy import Policy
from deid.risk.background import BOTH, Background, background_risk
from deid.risk.diversity import Diversity, diversity
from deid.risk.events import known_of_people
from deid.risk.gate import Verdict, judge
from deid.risk.identifiers import IdentifierIndex
from deid.risk.leaks import LeakScan, scan_release
from deid.risk.linkage import LinkageRisk, linkage_risk
from deid.risk.longitudinal import Knowledge, LongitudinalRisk, longitudinal_risk
from deid.risk.quasi_identifiers import released_people, shown_columns
from deid.risk.rare import Rarity, rare_diseases, small_areas
from deid.structured.classes import NONE

VAULT_POPULATION = "everybody in the vault"
ROUGHLY = "roughly known"


@dataclass(frozen=True)
class StructuredRisk:
    """What can be measured without notes."""

    linkage: LinkageRisk
    background: Background
    longitudinal: LongitudinalRisk | None
    diversity: Diversity | None
    diseases: Rarity
    areas: Rarity

    def measures(self) -> dict[str, float | None]:
        """Values by the names of thresholds."""
        both = self.background.of(BOTH)
        named = both.in_population if len(both.in_population) == 1 else ()
        values: dict[str, float | None] = {
            "smallest_class": self.linkage.smallest_class,
            "prosecutor_max": self.linkage.prosecutor_max,
            "prosecutor_average": self.linkage.prosecutor_average,
            "journalist_max": self.linkage.journalist_max,
            "marketer": self.linkage.marketer,
            "rare_disease_share": self.diseases.share,
            "small_area_share": self.areas.share,
            "disease_told_share": self.diversity.told_people if self.diversity else None,
            "visits_follow_up_unique_share": both.unique,
            "family_unique_share": self.background.families.unique,
            "population_unique_share": named[0].of_release if named else None,
        }
        for events in (1, 2, 3):
            known = self.longitudinal.of(ROUGHLY, events) if self.longitudinal else None
            values[f"known_{events}_worst_share"] = known.worst if known else None
            values[f"known_{events}_random_share"] = known.random if known else None
        return values

    def document(self) -> dict[str, Any]:
        """As ``risk.json`` has it."""
        background = asdict(self.background)
        for name in ("person", "alike"):
            del background[name]
        for name in ("signature", "alike"):
            del background["families"][name]
        return {
            "linkage": asdict(self.linkage),
            "background": background,
            "longitudinal": asdict(self.longitudinal) if self.longitudinal else None,
            "diversity": asdict(self.diversity) if self.diversity else None,
            "rare": [asdict(self.diseases), asdict(self.areas)],
        }


@dataclass(frozen=True)
class Measured:
    """Everything for ``risk.json`` and the gate."""

    document: dict[str, Any]
    verdicts: tuple[Verdict, ...]
    details: str
    structured: StructuredRisk
    leaks: LeakScan


def measure_structured(
    working: duckdb.DuckDBPyConnection, staging: Path, policy: Policy
) -> StructuredRisk:
    """Risks of the Parquet files in ``staging``, measured there and not on what was meant."""
    risk = policy.risk
    rough = Knowledge(ROUGHLY, risk.knowledge.levels, risk.knowledge.days)
    with known_of_people(working, staging, risk.quasi_identifiers):
        return StructuredRisk(
            _linkage(working, staging, policy),
            background_risk(
                working, staging, risk.k, risk.population.people if risk.population else None
            ),
            longitudinal_risk(working, staging, risk.k, rough),
            diversity(working, staging, risk.knowledge.levels),
            rare_diseases(working, staging, risk.rare.diseases_below),
            small_areas(working, staging, risk.rare.areas_below),
        )


def measure(
    working: duckdb.DuckDBPyConnection,
    staging: Path,
    policy: Policy,
    people: People,
    index: IdentifierIndex,
    canaries: tuple[int, Mapping[str, int]] | None,
    notes: NotesDone,
    attacks: Sequence[Mapping[str, Any]] = (),
    of_attacks: tuple[Verdict, ...] = (),
) -> Measured:
    """All risks of the written files, with the gate's verdicts.

    ``attacks`` are results of attacks on the files, ``of_attacks`` the verdicts on them.
    """
    structured = measure_structured(working, staging, policy)
    shipped = [r[0] for r in working.execute("SELECT value FROM shipped_concepts").fetchall()]
    leaks = scan_release(working, staging, index, shipped, kept_text="scrubbed")
    planted, survivors = canaries if canaries else (0, {})
    verdicts = judge(
        policy,
        {
            **structured.measures(),
            "suppressed_share": people.suppressed / people.count,
            "identifiers_in_output": leaks.leaks,
            "own_names_share": leaks.own_names_share,
            "canaries_surviving": sum(survivors.values()) if planted else None,
            "withheld_notes_share": notes.withheld_share,
        },
    )
    verdicts += of_attacks
    blurred = suppression(
        working,
        staging,
        policy.risk.quasi_identifiers,
        policy.risk.birth_year_band,
        policy.risk.k,
    )
    document = {
        "policy": policy.name,
        **structured.document(),
        "attacks": [dict(result) for result in attacks],
        "leaks": asdict(leaks),
        "withheld_notes": notes.withheld,
        "canaries": {"planted": planted, "surviving": dict(survivors)} if planted else None,
        "people": {
            "in_vault": people.count,
            "suppressed": people.suppressed,
            "generalised": [
                [step, *hidden([count], policy.risk.k)] for step, count in people.steps
            ],
            **asdict(blurred),
            "taken_out": [asdict(column) for column in taken_out(working, staging, policy)],
        },
        "thresholds": {
            v.name: {"limit": v.limit, "side": v.side, "value": v.value, "passed": v.passed}
            for v in verdicts
        },
    }
    return Measured(
        document, verdicts, _details(policy, people, leaks, survivors), structured, leaks
    )


def _linkage(working: duckdb.DuckDBPyConnection, staging: Path, policy: Policy) -> LinkageRisk:
    names = shown_columns(policy.risk.quasi_identifiers)
    columns = ", ".join(f"coalesce({name}, {NONE})::BIGINT AS {name}" for name in names)
    out = working.execute(f"SELECT {columns} FROM {released_people(staging)}").fetchnumpy()
    everybody = working.execute(f"SELECT {columns} FROM people").fetchnumpy()
    return linkage_risk(
        [np.asarray(out[name]) for name in names],
        [np.asarray(everybody[name]) for name in names],
        VAULT_POPULATION,
    )


def _details(policy: Policy, people: People, leaks: LeakScan, survivors: Mapping[str, int]) -> str:
    found = "; ".join(f"{place} {count}" for place, count in leaks.strong.items())
    survived = ", ".join(f"{kind} {count}" for kind, count in survivors.items())
    told = (
        f"the vault has {people.count:,} people and k is {policy.risk.k}: there can be no class"
        if people.count < policy.risk.k
        else "",
        "everybody was left out" if people.suppressed == people.count else "",
        f"identifiers found in {found}" if found else "",
        f"canaries that survived: {survived}" if survived else "",
    )
    return "; ".join(text for text in told if text)
