from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid.errors import GateRefused
from deid.policy import load_policy
from deid.policy.model import ATTACK_THRESHOLDS, THRESHOLDS
from deid.risk.canaries import canary, plant
from deid.risk.gate import ADVICE, check_gate, judge
from deid.risk.identifiers import Identifier, IdentifierIndex
from deid.risk.leaks import scan_release
from deid.risk.linkage import linkage_risk

GOOD: dict[str, float | None] = {
    "smallest_class": 12,
    "prosecutor_max": 1 / 12,
    "prosecutor_average": 0.02,
    "suppressed_share": 0.0,
    "journalist_max": 1 / 12,
    "marketer": 0.02,
    "small_area_share": 0.0,
    "rare_disease_share": 0.0,
    "identifiers_in_output": 0,
    "own_names_share": None,
    "canaries_surviving": None,
    "withheld_notes_share": None,
}


def column(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_prosecutor_journalist_and_marketer_risk_of_a_table_worked_by_hand() -> None:
    # Classes: three women of 1950, one man of 1950, two men of 1960.
    years = column(1950, 1950, 1950, 1950, 1960, 1960)
    sexes = column(2, 2, 2, 1, 1, 1)
    # In the population two more men of 1950 exist.
    more = [np.append(years, [1950, 1950]), np.append(sexes, [1, 1])]
    risk = linkage_risk([years, sexes], more)
    assert (risk.people, risk.classes, risk.smallest_class) == (6, 3, 1)
    assert risk.prosecutor_max == 1
    assert risk.prosecutor_average == pytest.approx((3 / 3 + 1 + 2 / 2) / 6)
    assert risk.share_above == {"0.2": 1.0, "0.09": 1.0, "0.05": 1.0}
    assert risk.journalist_max == pytest.approx(1 / 2)
    assert risk.journalist_average == pytest.approx((3 / 3 + 1 / 3 + 2 / 2) / 6)
    assert risk.marketer == pytest.approx((3 / 3 + 1 / 3 + 2 / 2) / 6)
    assert linkage_risk([years, sexes]).marketer == pytest.approx(3 / 6)
    assert risk.people_by_class_size["1 to 4"] == 6


def test_a_release_within_all_thresholds_passes_the_gate() -> None:
    check_gate(judge(load_policy("teaching"), GOOD))


@pytest.mark.parametrize(
    ("name", "passes", "fails"),
    [
        ("smallest_class", 11, 10),
        ("prosecutor_max", 0.09, 0.0901),
        ("suppressed_share", 0.1, 0.11),
        ("identifiers_in_output", 0, 1),
        ("own_names_share", 0.005, 0.006),
        ("canaries_surviving", 0, 1),
        ("withheld_notes_share", 0.01, 0.011),
    ],
)
def test_the_gate_refuses_just_over_a_threshold(name: str, passes: float, fails: float) -> None:
    policy = load_policy("teaching")
    check_gate(judge(policy, {**GOOD, name: passes}))
    with pytest.raises(GateRefused) as refusal:
        check_gate(judge(policy, {**GOOD, name: fails}), "found in note.note_text: number 1")
    message = str(refusal.value)
    assert f"REFUSED {name}" in message
    assert ADVICE[name] in message
    assert "found in note.note_text" in message
    # Every threshold is told, not the first failure alone.
    told = set(policy.risk.thresholds) - set(ATTACK_THRESHOLDS)
    assert all(threshold in message for threshold in told)


def test_every_threshold_has_advice() -> None:
    assert set(ADVICE) == set(THRESHOLDS)


def write(folder: Path, table: str, rows: list[dict[str, object]]) -> None:
    (folder / table).mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / table / "part-00000.parquet")


def test_the_scan_reads_notes_text_columns_and_numbers(tmp_path: Path) -> None:
    write(
        tmp_path,
        "note",
        [
            {"note_id": 1, "person_id": 7, "note_text": "Thaddeus was well. 8800001!"},
            {"note_id": 2, "person_id": 8, "note_text": "Thaddeus was well."},
            {"note_id": 3, "person_id": 8, "note_text": None},
        ],
    )
    write(
        tmp_path,
        "observation",
        [{"observation_id": 1, "value_as_string": "8800001", "value_as_number": 8800001.0}],
    )
    write(
        tmp_path,
        "concept",
        [
            {"concept_id": 5, "concept_name": "Thaddeus Blenkinsop syndrome"},
            {"concept_id": 2_000_000_001, "concept_name": "Ward of Thaddeus Blenkinsop"},
            {"concept_id": 2_000_000_002, "concept_name": "Form of Thaddeus Blenkinsop"},
        ],
    )
    index = IdentifierIndex(
        [
            Identifier("name", "Thaddeus", 7),
            Identifier("full name", "Thaddeus Blenkinsop", 7),
            Identifier("number", "8800001", 7),
        ]
    )
    with duckdb.connect() as connection:
        scan = scan_release(connection, tmp_path, index, public_concepts=[2_000_000_002])
    assert scan.strong == {
        "concept.concept_name: full name": 1,
        "note.note_text: number": 1,
        "observation.value_as_number: number": 1,
        "observation.value_as_string: number": 1,
    }
    assert (scan.notes_read, scan.own_names) == (3, 1)
    assert scan.own_names_share == pytest.approx(1 / 3)
    assert scan.ambiguous == 2  # the name in the other person's note and in the concept's name


@pytest.mark.parametrize("language", ["en", "zh", None])
@pytest.mark.parametrize("number", range(6))
def test_a_planted_canary_is_found_where_nothing_scrubs_it(
    number: int, language: str | None
) -> None:
    bird = canary(number, language)
    text = plant("A first line.\nA second line.\nA third line.", bird.sentence, number)
    assert "A second line." in text
    kinds = [hit.kind for hit in bird.index().find(text)]
    assert sorted(set(kinds)) == ["e-mail or web", "full name", "number", "telephone"]
    assert kinds.count("telephone") >= 2
    assert kinds.count("e-mail or web") == 2
