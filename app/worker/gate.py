"""The risk gate of an extract: enough people, and nobody too easily singled out of the release.

An intruder who knows a person's demographics, but not that the person is in the cohort, has to find
them among all people of the release with the same demographics (journalist risk). That is gated.
How far the extract alone would single people out, by demographics (prosecutor risk) and by records
that somebody knows of them, is measured and told in the extract's ``risk.json`` and ``risk.html``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt

from deid.errors import GateRefused
from deid.release import Release
from deid.risk.events import EVENT_TABLES
from deid.risk.linkage import LinkageRisk, linkage_risk
from deid.risk.longitudinal import Knowledge, LongitudinalRisk, longitudinal_risk

# One in five: the largest risk that the shipped research policy lets a release have.
JOURNALIST_MAX: Final = 0.2
DEMOGRAPHICS: Final = (
    "year_of_birth",
    "month_of_birth",
    "day_of_birth",
    "birth_datetime",
    "gender_concept_id",
    "race_concept_id",
    "ethnicity_concept_id",
    "location_id",
)
FREE_TEXT: Final = ("note_text", "note_title", "value_as_string", "sig", "stop_reason")
RISK_FILE: Final = "risk.json"
FEW: Final = 11
ROUGHLY: Final = Knowledge("within a month", 0, 30)


@dataclass(frozen=True)
class Threshold:
    """A limit that the extract was held to; ``measured`` is ``None`` if it does not apply."""

    name: str
    side: str
    limit: float
    measured: float | None
    passed: bool


@dataclass(frozen=True)
class ExtractRisk:
    """What was measured; ``linkage`` is ``None`` if no demographic column is delivered.

    ``records`` tells of people who stand out by records that are known of them, among the people of
    the extract; ``None`` if nothing dated is delivered. ``free_text`` are the columns of free text.
    """

    people: int
    minimum_people: int
    quasi_identifiers: tuple[str, ...]
    linkage: LinkageRisk | None
    free_text: tuple[str, ...] = ()
    records: LongitudinalRisk | None = None
    calendar: Mapping[str, Any] | None = field(default=None)

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """Every limit, whether it was kept or not."""
        journalist = self.linkage.journalist_max if self.linkage else None
        return (
            Threshold(
                "people", ">=", self.minimum_people, self.people, self.people >= self.minimum_people
            ),
            Threshold(
                "journalist_max",
                "<=",
                JOURNALIST_MAX,
                journalist,
                journalist is None or journalist <= JOURNALIST_MAX,
            ),
        )

    def to_json(self) -> bytes:
        """The extract's ``risk.json``."""
        document: dict[str, Any] = {
            "people": self.people,
            "quasi_identifiers": list(self.quasi_identifiers),
            "thresholds": {each.name: asdict(each) for each in self.thresholds},
            "linkage": asdict(self.linkage) if self.linkage else None,
            "records": asdict(self.records) if self.records else None,
            "free_text": list(self.free_text),
            "calendar": dict(self.calendar) if self.calendar else None,
        }
        return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode("utf-8")


def measure_extract(
    release: Release,
    person_ids: npt.NDArray[np.int64],
    columns: Mapping[str, Sequence[str]],
    minimum_people: int,
) -> ExtractRisk:
    """Measure the people of an extract against all people of the release."""
    delivered = tuple(name for name in DEMOGRAPHICS if name in columns.get("person", ()))
    free_text = tuple(
        f"{table}.{name}" for table, names in columns.items() for name in names if name in FREE_TEXT
    )
    if not delivered or not len(person_ids):
        return ExtractRisk(len(person_ids), minimum_people, delivered, None, free_text)
    ids, everybody = _demographics(release, delivered)
    chosen = np.isin(ids, person_ids)
    linkage = linkage_risk([column[chosen] for column in everybody], everybody)
    return ExtractRisk(int(chosen.sum()), minimum_people, delivered, linkage, free_text)


def measure_records(risk: ExtractRisk, staged: Path) -> ExtractRisk:
    """Add how many people stand out in the staged extract by one, two or three known records."""
    person = staged / "person.parquet"
    if not person.exists():
        return risk
    with duckdb.connect() as connection:
        names = ", ".join(f"coalesce({name}::VARCHAR, '')" for name in risk.quasi_identifiers)
        connection.execute(
            "CREATE TEMP TABLE known_person AS SELECT person_id AS person, "
            f"dense_rank() OVER (ORDER BY {names or '0'}) AS class FROM read_parquet($1)",
            [str(person)],
        )
        connection.execute(
            "CREATE TEMP TABLE known_event (person BIGINT, class BIGINT, concept BIGINT, day INT)"
        )
        for table, (concept, start) in EVENT_TABLES.items():
            path = staged / f"{table}.parquet"
            if not path.exists():
                continue
            held = connection.execute("SELECT * FROM read_parquet($1) LIMIT 0", [str(path)])
            if {concept, start} <= {column[0] for column in held.description or ()}:
                connection.execute(
                    "INSERT INTO known_event SELECT DISTINCT e.person_id, p.class, "
                    f'e."{concept}", e."{start}" - DATE \'1970-01-05\' FROM read_parquet($1) e '
                    f'JOIN known_person p ON p.person = e.person_id WHERE e."{concept}" <> 0',
                    [str(path)],
                )
        return replace(risk, records=longitudinal_risk(connection, staged, FEW, ROUGHLY))


def check_extract(risk: ExtractRisk) -> None:
    """Let an extract pass, or refuse it.

    Raises:
        GateRefused: with what to change. The number of people is not told if it is too small.
    """
    if risk.people < risk.minimum_people:
        raise GateRefused(
            f"the cohort has fewer than {risk.minimum_people} people in this release; "
            "widen the cohort or choose another release"
        )
    if risk.linkage is not None and risk.linkage.journalist_max > JOURNALIST_MAX:
        raise GateRefused(
            f"somebody could be found with a chance over {JOURNALIST_MAX:.0%} by "
            f"{', '.join(risk.quasi_identifiers)}; ask for fewer of these columns"
        )


def passing_columns(
    release: Release, person_ids: npt.NDArray[np.int64], quasi_identifiers: Sequence[str]
) -> tuple[str, ...] | None:
    """The fewest demographic columns without which the gate would be passed; ``None`` for none.

    Of several the first in the order of ``DEMOGRAPHICS``, so that age and sex go last.
    """
    ids, everybody = _demographics(release, quasi_identifiers)
    chosen = np.isin(ids, person_ids)
    order = tuple(reversed(range(len(everybody))))
    for number in range(1, len(everybody)):
        for gone in combinations(order, number):
            left = [column for place, column in enumerate(everybody) if place not in gone]
            risk = linkage_risk([column[chosen] for column in left], left)
            if risk.journalist_max <= JOURNALIST_MAX:
                return tuple(quasi_identifiers[place] for place in gone)
    return None


def _demographics(
    release: Release, names: Sequence[str]
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.int64]]]:
    # Ranks stand for values: classes need to know only which values are equal.
    ranks = ", ".join(
        f"dense_rank() OVER (ORDER BY coalesce({name}::VARCHAR, ''))" for name in names
    )
    with release.connect() as connection:
        found = connection.execute(f"SELECT person_id, {ranks} FROM person").fetchnumpy()
    ids, *everybody = [np.asarray(column, dtype=np.int64) for column in found.values()]
    return ids, everybody
