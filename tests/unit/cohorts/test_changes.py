"""What a later delivery has beside an earlier one, without small counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cohorts.changes import changes_page, compare_deliveries


def deliver(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder


def people(first: int, last: int) -> list[dict[str, Any]]:
    return [{"person_id": n, "year_of_birth": 1950} for n in range(first, last)]


def visits(first: int, last: int, concept: int = 9202) -> list[dict[str, Any]]:
    return [
        {"visit_occurrence_id": n, "person_id": n % 40, "visit_concept_id": concept}
        for n in range(first, last)
    ]


def test_added_changed_and_gone_rows_are_told_by_their_ids(tmp_path: Path) -> None:
    earlier = deliver(tmp_path / "a", person=people(0, 60), visit_occurrence=visits(0, 100))
    later = deliver(
        tmp_path / "b",
        person=people(20, 110),
        visit_occurrence=[*visits(30, 70), *visits(70, 90, 9201), *visits(100, 150)],
    )
    found = compare_deliveries(earlier, later, ("e1", "e2"))
    assert (str(found.entered), str(found.left)) == ("50", "20")
    (person, visit) = found.tables
    assert (person.table, str(person.added), str(person.gone)) == ("person", "50", "20")
    assert (str(visit.added), str(visit.changed), str(visit.gone)) == ("50", "20", "40")


def test_a_small_number_of_people_is_never_told(tmp_path: Path) -> None:
    earlier = deliver(tmp_path / "a", person=people(0, 60))
    later = deliver(tmp_path / "b", person=people(3, 60))
    found = compare_deliveries(earlier, later, ("e1", "e2"))
    assert str(found.left) == str(found.entered) == "<11"
    for text in (found.to_json().decode(), changes_page("T", found).decode()):
        assert "3" not in text.split("left")[1][:8]


def test_tables_and_columns_that_came_or_went_are_named(tmp_path: Path) -> None:
    earlier = deliver(tmp_path / "a", person=people(0, 20), death=[{"person_id": 1}])
    later = deliver(
        tmp_path / "b",
        person=[{"person_id": n, "gender_concept_id": 8507} for n in range(20)],
        visit_occurrence=visits(0, 5),
        concept=[{"concept_id": 1}],
    )
    found = compare_deliveries(earlier, later, ("e1", "e2"))
    assert (found.new_tables, found.gone_tables) == (("visit_occurrence",), ("death",))
    assert found.tables[0].new_columns == ("gender_concept_id",)
    assert found.tables[0].gone_columns == ("year_of_birth",)
    page = changes_page("<b>", found).decode()
    assert "New tables: visit_occurrence." in page
    assert "<b>" not in page


def test_rows_without_an_id_are_the_same_if_they_say_the_same(tmp_path: Path) -> None:
    rows = [{"subject_id": n, "cohort_start_date": "2020-01-01"} for n in range(50)]
    moved = [{**row, "cohort_start_date": "2020-02-01"} for row in rows[:20]]
    earlier = deliver(tmp_path / "a", cohort=rows)
    later = deliver(tmp_path / "b", cohort=[*moved, *rows[20:]])
    (cohort,) = compare_deliveries(earlier, later, ("e1", "e2")).tables
    assert (str(cohort.added), str(cohort.gone), str(cohort.changed)) == ("20", "20", "<11")
