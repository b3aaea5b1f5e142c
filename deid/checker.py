"""Reads a release's files again and recomputes what its risk report claims; can stop a build.

It shares no code with the engine, nor DuckDB: only Arrow reads the Parquet files here (an import
contract holds this). A mistake in how the engine counts people therefore cannot hide itself.

    python -m deid.checker RELEASE_FOLDER
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

_BANDS = "person_birth_years"
_EVENTS = {
    "condition_occurrence": ("condition_concept_id", "condition_start_date"),
    "drug_exposure": ("drug_concept_id", "drug_exposure_start_date"),
    "procedure_occurrence": ("procedure_concept_id", "procedure_date"),
    "visit_occurrence": ("visit_concept_id", "visit_start_date"),
}
_LEVELS = (0.2, 0.09, 0.05)
_TOLERANCE = 2e-6


@dataclass(frozen=True)
class Recount:
    """What was counted anew. Shares are of people, 0 to 1; events are None without any."""

    people: int
    classes: int
    smallest_class: int
    prosecutor_max: float
    prosecutor_average: float
    share_above: Mapping[str, float]
    one_event_worst: float | None
    one_event_unique: float | None

    def differences(self, risk: Mapping[str, Any]) -> tuple[str, ...]:
        """Figures of ``risk.json`` that are not what was counted, in words."""
        claimed = risk["linkage"]
        pairs: list[tuple[str, float | None, float | None]] = [
            ("people", self.people, claimed["people"]),
            ("classes", self.classes, claimed["classes"]),
            ("smallest class", self.smallest_class, claimed["smallest_class"]),
            ("greatest prosecutor risk", self.prosecutor_max, claimed["prosecutor_max"]),
            ("mean prosecutor risk", self.prosecutor_average, claimed["prosecutor_average"]),
        ]
        pairs += [
            (f"share above {level}", share, claimed["share_above"][level])
            for level, share in self.share_above.items()
        ]
        known = next(
            (
                line
                for line in (risk["longitudinal"] or {"known": ()})["known"]
                if line["events"] == 1 and line["knowledge"] == "as recorded"
            ),
            {"worst": None, "unique_worst": None},
        )
        pairs += [
            ("people found by one event", self.one_event_worst, known["worst"]),
            ("people alone by one event", self.one_event_unique, known["unique_worst"]),
        ]
        return tuple(
            f"{what}: {said} is claimed, {counted} was counted"
            for what, counted, said in pairs
            if not _equal(counted, said)
        )


def recount(folder: Path, quasi_identifiers: Sequence[str], k: int) -> Recount:
    """Count the people of the Parquet files under ``folder``, by person and never by row."""
    people = _people(folder, quasi_identifiers)
    names = [name for name in people.column_names if name != "person_id"]
    sizes = people.group_by(names).aggregate([("person_id", "count")])
    counts = sizes["person_id_count"].to_pylist()
    total = sum(counts)
    risks = [(1 / n, n) for n in counts]
    worst, unique = _one_event(folder, people, sizes, names, k)
    return Recount(
        people=total,
        classes=len(counts),
        smallest_class=min(counts, default=0),
        prosecutor_max=max((risk for risk, _ in risks), default=0.0),
        prosecutor_average=len(counts) / total if total else 0.0,
        share_above={
            str(level): sum(n for risk, n in risks if risk > level) / total if total else 0.0
            for level in _LEVELS
        },
        one_event_worst=worst,
        one_event_unique=unique,
    )


def own_hash() -> str:
    """SHA-256 of this program, for the certificate."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _people(folder: Path, quasi_identifiers: Sequence[str]) -> pa.Table:
    """One row a person: the id and what is shown of each quasi-identifier, none as -1."""
    names = [name for name in quasi_identifiers if name != "year_of_birth"]
    person = ds.dataset(folder / "person", format="parquet").to_table(
        columns=["person_id", "year_of_birth", *names]
    )
    shown = {"person_id": person["person_id"]}
    for name in names:
        shown[name] = pc.fill_null(person[name].cast(pa.int64()), -1)
    table = pa.table(shown)
    if "year_of_birth" not in quasi_identifiers:
        return table
    if (folder / _BANDS).is_dir():
        bands = ds.dataset(folder / _BANDS, format="parquet").to_table()
        joined = table.join(bands, "person_id", join_type="inner")
        if joined.num_rows != table.num_rows:
            raise ValueError("people without a band of their year of birth")
        return joined
    return table.append_column("year_of_birth", person["year_of_birth"].cast(pa.int64()))


def _one_event(
    folder: Path, people: pa.Table, sizes: pa.Table, names: list[str], k: int
) -> tuple[float | None, float | None]:
    """Shares of the people with events whose rarest concept few, or no others, of a class have."""
    parts = []
    for table, (concept, start) in _EVENTS.items():
        if (folder / table).is_dir():
            rows = ds.dataset(folder / table, format="parquet").to_table(
                columns=["person_id", concept],
                filter=(ds.field(concept) != 0) & ds.field(start).is_valid(),
            )
            parts.append(rows.rename_columns(["person_id", "concept"]).cast(_HELD))
    if not parts or not sum(part.num_rows for part in parts):
        return None, None
    held = pa.concat_tables(parts).group_by(["person_id", "concept"]).aggregate([])
    numbered = sizes.select(names).append_column("class", pa.array(range(sizes.num_rows)))
    of_person = people.join(numbered, names, join_type="inner").select(["person_id", "class"])
    known = held.join(of_person, "person_id", join_type="inner")
    sharing = known.group_by(["class", "concept"]).aggregate([("person_id", "count")])
    fewest = (
        known.join(sharing, ["class", "concept"], join_type="inner")
        .group_by("person_id")
        .aggregate([("person_id_count", "min")])["person_id_count_min"]
    )
    return (
        pc.mean(pc.less(fewest, k).cast(pa.int8())).as_py(),
        pc.mean(pc.equal(fewest, 1).cast(pa.int8())).as_py(),
    )


_HELD = pa.schema([("person_id", pa.int64()), ("concept", pa.int64())])


def _equal(counted: float | None, said: float | None) -> bool:
    if counted is None or said is None:
        return counted is said
    return math.isclose(counted, said, abs_tol=_TOLERANCE)


def main(arguments: Sequence[str]) -> int:
    """Check one release folder; 1 if a figure of its risk report is not what is counted."""
    (folder,) = map(Path, arguments)
    certificate = json.loads((folder / "certificate.json").read_bytes())["statement"]
    counted = recount(folder, certificate["quasi_identifiers"], certificate["k_asked"])
    wrong = counted.differences(json.loads((folder / "risk.json").read_bytes()))
    print(counted)
    print("\n".join(wrong) or "the risk report says what was counted")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
