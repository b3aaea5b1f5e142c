"""An extract: the cohort's people only, the project's own ids, published whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from cohorts import CohortResult, check_selection, deliverable_columns, run, write_extract
from cohorts.errors import ExtractAlreadyExists, ExtractError, SelectionError
from cohorts.extract_rows import Ids
from cohorts.identifiers import UNDELIVERABLE, entity_of, is_concept_column
from deid.pseudonyms import Pseudonymiser
from deid.release import Dictionary, Release
from tests.builders import build_release
from tests.unit.cohorts.definitions import (
    ANGINA,
    BIG,
    condition,
    definition,
    drug,
    expression,
    person_id,
    tiny_world,
)

EVENTS = [
    {
        "person": str(p),
        "concept": "asthma" if p <= 30 else "angina",
        "day": f"2020-01-{1 + p % 28:02d}",
    }
    for p in range(1, 41)
]
EVENTS += [
    {"person": str(p), "domain": "drug", "concept": "salbutamol", "day": "2020-02-01", "visit": "0"}
    for p in range(1, 41)
]
EVENTS += [{"person": "1", "domain": "visit", "concept": "-", "day": "2020-02-01"}]
SELECTION = {"person": None, "condition_occurrence": None, "drug_exposure": None}
ASTHMA = definition(expression(condition()))


def mapper(seed: str) -> Callable[[str, Ids], Ids]:
    return Pseudonymiser(hashlib.sha256(seed.encode()).digest()).ids


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return tiny_world(tmp_path_factory.mktemp("releases"), EVENTS)


@pytest.fixture(scope="module")
def cohort(release: Release) -> CohortResult:
    return run(ASTHMA, release)


def deliver(release: Release, cohort: CohortResult, root: Path, **more: object) -> Path:
    options = {
        "selection": SELECTION,
        "mapper": mapper(str(more.get("project", "p1"))),
        "project": "p1",
        "extract": "e1",
        "definition": ASTHMA,
        "purpose": "to test",
    } | more
    return write_extract(release, cohort, destination=root, **options).path  # type: ignore[arg-type]


def tables(path: Path) -> dict[str, pa.Table]:
    return {file.stem: pq.read_table(file) for file in sorted(path.glob("*.parquet"))}


def all_bytes(path: Path) -> dict[str, bytes]:
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


def all_ids(path: Path) -> set[int]:
    found: set[int] = set()
    for name, rows in tables(path).items():
        for column in rows.column_names:
            if name != "concept" and entity_of(name, column):
                found |= set(rows[column].drop_null().to_pylist())
    return found


def test_only_the_cohorts_people_are_delivered(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    delivered = tables(deliver(release, cohort, tmp_path))
    assert delivered["person"].num_rows == 30
    assert delivered["condition_occurrence"].num_rows == 30
    assert delivered["drug_exposure"].num_rows == 30
    people = set(delivered["person"]["person_id"].to_pylist())
    for name in ("condition_occurrence", "drug_exposure"):
        assert set(delivered[name]["person_id"].to_pylist()) == people
    assert set(delivered["cohort"]["subject_id"].to_pylist()) == people


def test_values_and_references_stay_with_their_person(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    delivered = tables(deliver(release, cohort, tmp_path))
    new = dict(
        zip(
            (person_id(p) for p in range(1, 31)),
            mapper("p1")("person", np.array([person_id(p) for p in range(1, 31)])).tolist(),
            strict=True,
        )
    )
    source = release.read("condition_occurrence").to_pylist()
    expected = {
        (new[r["person_id"]], r["condition_start_date"]) for r in source if r["person_id"] in new
    }
    found = delivered["condition_occurrence"].to_pylist()
    assert {(r["person_id"], r["condition_start_date"]) for r in found} == expected
    visits = mapper("p1")("visit_occurrence", np.array([BIG + 1000]))
    assert set(delivered["drug_exposure"]["visit_occurrence_id"].to_pylist()) == set(
        visits.tolist()
    )


def test_two_projects_share_no_id_and_no_row_order(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    one = deliver(release, cohort, tmp_path, project="p1")
    two = deliver(release, cohort, tmp_path, project="p2")
    own = {
        value
        for table in release.tables
        for column in release.read(table).column_names
        if entity_of(table, column)
        for value in release.read(table)[column].to_pylist()
    }
    assert all_ids(one)
    assert not all_ids(one) & all_ids(two)
    assert not (all_ids(one) | all_ids(two)) & own
    days = [
        tables(path)["condition_occurrence"]["condition_start_date"].to_pylist()
        for path in (one, two)
    ]
    assert days[0] != days[1]
    assert sorted(days[0]) == sorted(days[1])


def test_rows_are_ordered_by_their_new_ids(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    for name, rows in tables(deliver(release, cohort, tmp_path)).items():
        first = rows[f"{name}_id"].to_pylist() if f"{name}_id" in rows.column_names else []
        assert first == sorted(first)


def test_equal_inputs_give_equal_bytes(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    one = deliver(release, cohort, tmp_path / "a")
    two = deliver(release, cohort, tmp_path / "b")
    files = all_bytes(one)
    assert files == all_bytes(two)
    assert {"manifest.json", "dictionary.json", "cohort.json", "person.parquet"} <= set(files)


def test_each_table_is_there_as_parquet_and_as_csv_with_the_same_rows(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    path = deliver(release, cohort, tmp_path)
    for name, rows in tables(path).items():
        again = pacsv.read_csv(
            path / "csv" / f"{name}.csv",
            convert_options=pacsv.ConvertOptions(
                column_types=rows.schema, strings_can_be_null=True, quoted_strings_can_be_null=False
            ),
        )
        assert again.equals(rows), name


def test_the_readme_cites_release_and_definition_and_names_every_table(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    path = deliver(release, cohort, tmp_path, title="A | [title]", expires_on="2027-01-31")
    text = (path / "README.md").read_text()
    manifest = json.loads((path / "manifest.json").read_bytes())
    assert f"Release {release.name}" in text
    assert f"sha256:{ASTHMA.sha256}" in text
    assert f"sha256:{manifest['release_manifest_sha256']}" in text
    assert "2027-01-31" in text
    for name, rows in tables(path).items():
        assert f"| `{name}` | {rows.num_rows:,} |" in text


def test_the_dictionary_is_told_as_json_csv_and_page(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    path = deliver(release, cohort, tmp_path)
    entries = Dictionary.from_json((path / "dictionary.json").read_bytes()).columns
    lines = list(csv.DictReader((path / "dictionary.csv").open()))
    assert [(line["table"], line["name"]) for line in lines] == [(e.table, e.name) for e in entries]
    page = (path / "dictionary.html").read_text()
    assert all(f"<code>{entry.name}</code>" in page for entry in entries)


def test_columns_not_selected_are_not_delivered(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    path = deliver(
        release,
        cohort,
        tmp_path,
        selection={"person": ["year_of_birth"], "drug_exposure": ["drug_concept_id"]},
    )
    delivered = tables(path)
    assert delivered["person"].column_names == ["person_id", "year_of_birth"]
    assert set(delivered["drug_exposure"].column_names) == {"person_id", "drug_concept_id"}
    assert set(delivered) == {"person", "drug_exposure", "cohort", "concept"}
    assert delivered["concept"]["concept_name"].to_pylist() == ["salbutamol"]
    dictionary = Dictionary.from_json((path / "dictionary.json").read_bytes())
    assert {(c.table, c.name) for c in dictionary.columns} == {
        (name, column) for name, rows in delivered.items() for column in rows.column_names
    }
    treatments = {(c.table, c.name): c.treatment for c in dictionary.columns}
    assert treatments["person", "person_id"] == "project pseudonym"
    assert treatments["person", "year_of_birth"] == "keep"


def test_the_sources_own_numbers_can_never_be_asked_for(release: Release) -> None:
    assert "person_source_value" in release.read("person").column_names
    for table, columns in deliverable_columns(release).items():
        for column in columns:
            assert column not in UNDELIVERABLE
            is_id = column.endswith("_id") and not is_concept_column(column)
            assert not is_id or entity_of(table, column) or table.startswith("concept"), column
    with pytest.raises(SelectionError, match="person_source_value"):
        check_selection(release, {"person": ["person_source_value"]})


def test_an_unlisted_id_column_is_not_deliverable(tmp_path: Path) -> None:
    rows = [{"person_id": 1, "badge_id": 7, "year_of_birth": 1980}]
    odd = build_release(tmp_path, {"person": rows})
    assert deliverable_columns(odd) == {"person": ("person_id", "year_of_birth")}


@pytest.mark.parametrize(
    "selection",
    [{"person": ["shoe_size"]}, {"shoes": None}, {"concept": None}, {}, {"cohort": None}],
)
def test_a_selection_that_cannot_be_delivered_is_refused(
    release: Release, selection: dict[str, list[str] | None]
) -> None:
    with pytest.raises(SelectionError):
        check_selection(release, selection)


def test_relationships_are_delivered_only_between_people_of_the_cohort(tmp_path: Path) -> None:
    people = [{"person_id": p, "year_of_birth": 1980} for p in (1, 2, 3)]
    kinds = [(1, 2, 56, 56), (1, 3, 56, 56), (1, 2, 56, 19)]
    related = [
        {
            "domain_concept_id_1": d1,
            "fact_id_1": f1,
            "domain_concept_id_2": d2,
            "fact_id_2": f2,
            "relationship_concept_id": 4,
        }
        for f1, f2, d1, d2 in kinds
    ]
    family = build_release(tmp_path, {"person": people, "fact_relationship": related})
    path = write_extract(
        family,
        [1, 2],
        {"person": None, "fact_relationship": None},
        mapper("p"),
        tmp_path / "projects",
        project="p",
        extract="e",
    ).path
    new = mapper("p")("person", np.array([1, 2])).tolist()
    rows = tables(path)["fact_relationship"].to_pylist()
    assert [(r["fact_id_1"], r["fact_id_2"]) for r in rows] == [tuple(new)]


def test_places_are_delivered_only_if_a_delivered_row_refers_to_them(tmp_path: Path) -> None:
    place = build_release(
        tmp_path,
        {
            "person": [
                {"person_id": 1, "location_id": 10, "provider_id": 20},
                {"person_id": 2, "location_id": 11, "provider_id": 21},
            ],
            "location": [{"location_id": i, "county": f"county {i}"} for i in (10, 11, 12)],
            "provider": [{"provider_id": i, "care_site_id": i + 10} for i in (20, 21)],
            "care_site": [{"care_site_id": i, "location_id": 12} for i in (30, 31)],
        },
    )
    chosen = {"person": None, "location": None, "provider": None, "care_site": None}
    path = write_extract(
        place, [1], chosen, mapper("p"), tmp_path / "x", project="p", extract="e"
    ).path
    delivered = tables(path)
    assert sorted(delivered["location"]["county"].to_pylist()) == ["county 10", "county 12"]
    assert delivered["provider"].num_rows == delivered["care_site"].num_rows == 1


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda _domain, ids: ids, "as the release has it"),
        (lambda _domain, ids: ids * 0 + 5, "not one-to-one"),
        (lambda _domain, ids: ids[:1], "another number"),
    ],
)
def test_a_broken_mapper_publishes_nothing(
    release: Release, cohort: CohortResult, tmp_path: Path, broken: object, message: str
) -> None:
    with pytest.raises(ExtractError, match=message):
        deliver(release, cohort, tmp_path, mapper=broken)
    assert list((tmp_path / "p1" / "extracts").iterdir()) == []


def test_the_check_sees_the_staged_extract_and_can_stop_it(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    seen: list[set[str]] = []

    class Refused(Exception):
        pass

    def refuse(staged: Path) -> None:
        seen.append({path.name for path in staged.iterdir()})
        raise Refused

    with pytest.raises(Refused):
        deliver(release, cohort, tmp_path, check=refuse)
    assert {"person.parquet", "cohort.json", "dictionary.json"} <= seen[0]
    assert list((tmp_path / "p1" / "extracts").iterdir()) == []


def test_documents_of_the_check_become_part_of_the_extract(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    path = deliver(release, cohort, tmp_path, check=lambda _: {"risk.json": b"{}"})
    manifest = json.loads((path / "manifest.json").read_bytes())
    hashes = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    assert hashes["risk.json"] == hashlib.sha256(b"{}").hexdigest()
    assert set(hashes) == set(all_bytes(path)) - {"manifest.json"}
    with pytest.raises(ExtractError, match="there already"):
        deliver(release, cohort, tmp_path, extract="e2", check=lambda _: {"cohort.json": b""})


def test_an_extract_is_never_overwritten(
    release: Release, cohort: CohortResult, tmp_path: Path
) -> None:
    path = deliver(release, cohort, tmp_path)
    before = (path / "manifest.json").read_bytes()
    with pytest.raises(ExtractAlreadyExists):
        deliver(release, cohort, tmp_path, purpose="another")
    assert (path / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("name", ["..", "a/b", "", "Upper", ".hidden"])
def test_a_name_that_is_no_folder_of_its_own_is_refused(
    release: Release, cohort: CohortResult, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ExtractError):
        deliver(release, cohort, tmp_path, extract=name)


def test_a_cohort_of_another_source_is_refused(cohort: CohortResult, tmp_path: Path) -> None:
    other = tiny_world(tmp_path / "releases", EVENTS, name="other-v1")
    with pytest.raises(ExtractError, match="not run over release other-v1"):
        deliver(other, cohort, tmp_path)


def test_people_unknown_to_the_release_give_no_extract(release: Release, tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match="no person"):
        write_extract(
            release, [5, 6], {"person": None}, mapper("p"), tmp_path, project="p", extract="e"
        )


@pytest.mark.parametrize("linked", ["p1", "p1/extracts"])
def test_a_link_in_the_place_of_a_projects_folder_is_refused(
    release: Release, cohort: CohortResult, tmp_path: Path, linked: str
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    place = tmp_path / "projects" / linked
    place.parent.mkdir(parents=True)
    place.symlink_to(other)
    with pytest.raises(ExtractError, match="is a link"):
        deliver(release, cohort, tmp_path / "projects", project="p1")
    assert list(other.iterdir()) == []


def test_rows_of_a_table_can_be_limited_to_concept_sets_of_the_definition(
    release: Release, tmp_path: Path
) -> None:
    asked = definition(expression(drug()))
    everybody = run(asked, release)
    limits = {"condition_occurrence": (1,)}
    path = deliver(release, everybody, tmp_path, extract="angina", definition=asked, rows_of=limits)
    concepts = pq.read_table(path / "condition_occurrence.parquet")["condition_concept_id"]
    assert concepts.to_pylist() == [ANGINA] * 10
    assert pq.read_table(path / "drug_exposure.parquet").num_rows == 40
    assert pq.read_table(path / "person.parquet").num_rows == 40
    manifest = json.loads((path / "manifest.json").read_text())
    (name,) = manifest["row_limits"]["condition_occurrence"]
    for document in ("README.md", "dictionary.json", "dictionary.html"):
        assert f"only rows of “{name}”" in (path / document).read_text(), document
    for wrong, told in (
        ({"condition_occurrence": (77,)}, "no concept set 77"),
        ({"person": (1,)}, "no concept to be chosen by"),
    ):
        with pytest.raises(SelectionError, match=told):
            deliver(release, everybody, tmp_path, extract="x", definition=asked, rows_of=wrong)
    without = SELECTION | {"condition_occurrence": ["condition_start_date"]}
    with pytest.raises(SelectionError, match="ask for that column, too"):
        write_extract(
            release, everybody, without, mapper("p"), tmp_path,
            project="p", extract="y", definition=asked, rows_of=limits,
        )  # fmt: skip
