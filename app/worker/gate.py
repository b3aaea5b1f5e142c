"""The risk gate of an extract: enough people, and nobody too easily singled out of the release.

An intruder who knows a person's demographics, but not that the person is in the cohort, has to find
them among all people of the release with the same demographics (journalist risk). That is gated.
How far the extract alone would single people out (prosecutor risk) is measured and told in the
extract's ``risk.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from deid.errors import GateRefused
from deid.release import Release
from deid.risk.linkage import LinkageRisk, linkage_risk

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
RISK_FILE: Final = "risk.json"


@dataclass(frozen=True)
class ExtractRisk:
    """What was measured; ``linkage`` is ``None`` if no demographic column is delivered."""

    people: int
    quasi_identifiers: tuple[str, ...]
    linkage: LinkageRisk | None

    def to_json(self) -> bytes:
        """The extract's ``risk.json``."""
        document: dict[str, Any] = {
            "people": self.people,
            "quasi_identifiers": list(self.quasi_identifiers),
            "thresholds": {"journalist_max": JOURNALIST_MAX},
            "linkage": asdict(self.linkage) if self.linkage else None,
        }
        return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode("utf-8")


def measure_extract(
    release: Release, person_ids: npt.NDArray[np.int64], columns: Mapping[str, Sequence[str]]
) -> ExtractRisk:
    """Measure the people of an extract against all people of the release."""
    delivered = tuple(name for name in DEMOGRAPHICS if name in columns.get("person", ()))
    if not delivered or not len(person_ids):
        return ExtractRisk(len(person_ids), delivered, None)
    # Ranks stand for values: classes need to know only which values are equal.
    ranks = ", ".join(
        f"dense_rank() OVER (ORDER BY coalesce({name}::VARCHAR, ''))" for name in delivered
    )
    with release.connect() as connection:
        found = connection.execute(f"SELECT person_id, {ranks} FROM person").fetchnumpy()
    ids, *everybody = [np.asarray(column, dtype=np.int64) for column in found.values()]
    chosen = np.isin(ids, person_ids)
    linkage = linkage_risk([column[chosen] for column in everybody], everybody)
    return ExtractRisk(int(chosen.sum()), delivered, linkage)


def check_extract(risk: ExtractRisk, minimum_people: int) -> None:
    """Let an extract pass, or refuse it.

    Raises:
        GateRefused: with what to change. The number of people is not told if it is too small.
    """
    if risk.people < minimum_people:
        raise GateRefused(
            f"the cohort has fewer than {minimum_people} people in this release; "
            "widen the cohort or choose another release"
        )
    if risk.linkage is not None and risk.linkage.journalist_max > JOURNALIST_MAX:
        raise GateRefused(
            f"somebody could be found with a chance over {JOURNALIST_MAX:.0%} by "
            f"{', '.join(risk.quasi_identifiers)}; ask for fewer of these columns"
        )
