"""Tries amendments of a refused policy on the vault's records, and finds the least harmful.

Notes and identifiers in texts play no part: records are taken in once without notes, and each
amendment is decided, written and measured on a copy of that.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from deid.build.allowed import (
    collect_allowed_values,
    remove_identifying_values,
    unrestricted_columns,
)
from deid.build.identities import Identities
from deid.build.intake import Intake, take_in
from deid.build.line import Line
from deid.build.measuring import measure_structured
from deid.build.output import Plan, write_birth_years, write_table
from deid.build.people import decide_people
from deid.build.progress import Say, silent
from deid.build.selection import select_rows
from deid.build.suppression import suppression
from deid.build.workspace import private_folder, working_database
from deid.build.writer import part_name
from deid.policy import Policy
from deid.policy.model import THRESHOLDS
from deid.pseudonyms import Pseudonymiser
from deid.release import BIRTH_YEARS
from deid.risk.events import EVENT_TABLES, has_table, parquet
from deid.risk.gate import judge
from deid.risk.identifiers import IdentifierIndex
from deid.risk.remedies import remedies
from deid.settings import EngineSettings
from deid.structured.expressions import quoted
from deid.structured.queries import one_row
from deid.vault.store import open_vault, read_tables

BEYOND = frozenset(
    {"identifiers_in_output", "own_names_share", "canaries_surviving", "withheld_notes_share"}
)
"""Thresholds of texts."""

MEASURED_TABLES = (
    *EVENT_TABLES,
    "person",
    "location",
    "observation_period",
    "condition_era",
    "death",
    "fact_relationship",
    "concept_ancestor",
)
ROUNDS = 2
"""Times that further amendments are put on top of the best that did not pass."""


TRIED = frozenset(
    name for name in THRESHOLDS if name not in BEYOND and not name.startswith("attack_")
)
"""Thresholds that a trial measures."""


@dataclass(frozen=True)
class Trial:
    """One amended policy, tried. ``lost`` has the share of each kind of information, 0 to 1, that
    does not leave; ``failed`` the thresholds that are still not met."""

    texts: tuple[str, ...]
    policy: Policy
    failed: tuple[str, ...]
    lost: Mapping[str, float]

    @property
    def harm(self) -> float:
        """Mean of what is lost."""
        return sum(self.lost.values()) / len(self.lost)


@dataclass(frozen=True)
class Remedied:
    """The trials that passed, the least harmful first, and how many were made.

    ``beyond`` are failed thresholds that no trial can tell of: those of notes and of attacks.
    """

    passing: tuple[Trial, ...]
    tried: int
    beyond: tuple[str, ...]


def find_remedies(
    settings: EngineSettings,
    line: Line,
    vault_url: str,
    policy: Policy,
    name: str,
    failed: Sequence[str],
    say: Say,
) -> Remedied:
    """Try what may mend the failed thresholds; nothing is left on disk."""
    beyond = tuple(name for name in failed if name not in TRIED)
    failed = [name for name in failed if name in TRIED]
    if not remedies(policy, failed):
        return Remedied((), 0, beyond)
    say("looking for what generalisation would pass")
    with private_folder(settings.work_root, f"{name}.trials") as folder:
        bench = _Bench.filled(settings, line, vault_url, policy, folder)
        made = 0
        best = Trial((), policy, tuple(failed), {})
        for _ in range(ROUNDS):
            trials = [
                bench.tried(remedy.policy, (*best.texts, remedy.text))
                for remedy in remedies(best.policy, best.failed)
            ]
            made += len(trials)
            passing = sorted((trial for trial in trials if not trial.failed), key=_mildest)
            if passing or not trials:
                return Remedied(tuple(passing), made, beyond)
            best = min(trials, key=lambda trial: (len(trial.failed), _mildest(trial)))
        return Remedied((), made, beyond)


def _mildest(trial: Trial) -> tuple[float, tuple[str, ...]]:
    return round(trial.harm, 6), trial.texts


@dataclass(frozen=True)
class _Bench:
    settings: EngineSettings
    line: Line
    folder: Path
    intake: Intake
    index: IdentifierIndex

    @classmethod
    def filled(
        cls,
        settings: EngineSettings,
        line: Line,
        vault_url: str,
        policy: Policy,
        folder: Path,
    ) -> _Bench:
        """Take the records in once, without notes."""
        (folder / "taken").mkdir(mode=0o700)
        pseudonyms = Pseudonymiser(line.key("pseudonyms"))
        engine = open_vault(vault_url)
        try:
            with (
                read_tables(engine) as snapshot,
                working_database(folder / "taken", settings.processes) as working,
            ):
                intake = take_in(snapshot, without_notes(policy), pseudonyms, working, silent)
                index = IdentifierIndex(Identities(working).identifiers_of_all())
        finally:
            engine.dispose()
        return cls(settings, line, folder, intake, index)

    def tried(self, amended: Policy, texts: tuple[str, ...]) -> Trial:
        """Decide, write and measure by one policy."""
        policy = without_notes(amended)
        place = self.folder / "trial"
        out = place / "out"
        out.mkdir(parents=True, mode=0o700)
        shutil.copy(self.folder / "taken" / "working.duckdb", place / "working.duckdb")
        try:
            with working_database(place, self.settings.processes) as working:
                people = decide_people(working, policy, self.line.key("dates"), self.line.known)
                select_rows(working, policy, people.window)
                of_text = collect_allowed_values(working, policy)
                remove_identifying_values(working, self.index, of_text)
                plan = Plan(
                    policy, self.intake, people.window, unrestricted_columns(working, policy)
                )
                for table in MEASURED_TABLES:
                    if table in policy.tables and table in self.intake.types:
                        (out / table).mkdir()
                        write_table(working, plan, table, out / table)
                (out / BIRTH_YEARS).mkdir()
                write_birth_years(working, out / BIRTH_YEARS / part_name(0))
                measures: dict[str, float | None] = {
                    **dict.fromkeys(policy.risk.thresholds),
                    **measure_structured(working, out, policy).measures(),
                    "suppressed_share": people.suppressed / people.count,
                }
                failed = tuple(
                    v.name for v in judge(policy, measures) if not v.passed and v.name in TRIED
                )
                return Trial(texts, amended, failed, _lost(working, out, policy))
        finally:
            shutil.rmtree(place)


def without_notes(policy: Policy) -> Policy:
    """The policy for records alone."""
    return replace(
        policy,
        tables={table: columns for table, columns in policy.tables.items() if table != "note"},
        dropped={**policy.dropped, "note": "no part of the trial"},
    )


def _lost(working: duckdb.DuckDBPyConnection, out: Path, policy: Policy) -> dict[str, float]:
    losses = suppression(
        working,
        out,
        policy.risk.quasi_identifiers,
        policy.risk.birth_year_band,
        policy.risk.k,
    ).losses
    band = policy.risk.birth_year_band - 1
    (span,) = one_row(working, "SELECT greatest(max(last_year) - min(first_year), 1) FROM people")
    if "year_of_birth" in losses:
        losses["year_of_birth"] = max(losses["year_of_birth"], round(band / span, 6))
    events = [(table, f"{concept} <> 0") for table, (concept, _) in EVENT_TABLES.items()]
    return {
        "demographics": round(sum(losses.values()) / len(losses), 6),
        "events": _gone(working, out, events),
        "family relations": _gone(working, out, [("fact_relationship", "true")]),
        "areas": _gone(working, out, [("person", "location_id IS NOT NULL")]),
    }


def _gone(
    working: duckdb.DuckDBPyConnection, out: Path, wanted: Sequence[tuple[str, str]]
) -> float:
    """Share of the vault's rows that meet a condition and do not leave so."""
    before = after = 0
    for table, condition in wanted:
        if _is_taken(working, table):
            before += int(
                one_row(working, f"SELECT count(*) FROM vault.{quoted(table)} WHERE {condition}")[0]
            )
            if has_table(out, table):
                source = parquet(out, table)
                after += int(
                    one_row(working, f"SELECT count(*) FROM {source} WHERE {condition}")[0]
                )
    return round(1 - after / before, 6) if before else 0.0


def _is_taken(working: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(
        one_row(
            working,
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'vault' AND table_name = $1",
            [table],
        )[0]
    )
