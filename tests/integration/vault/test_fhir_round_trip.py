"""A vault that goes out as FHIR and comes back: the same rows, cohorts and cases."""

from __future__ import annotations

import datetime as dt
import json
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from sqlalchemy import Engine

from casebank import draft_case, find_candidates, render_text
from cohorts import (
    CohortDefinition,
    list_templates,
    load,
    load_template,
    resolve_concept_set,
)
from cohorts import run as run_cohort
from deid.errors import ExportRefused
from deid.exporters.fhir import ExportReport, export_fhir
from deid.importers.fhir import import_fhir
from deid.release import Release
from deid.synth.filling import fill_vault
from deid.vault.loading import LoadOptions
from deid.vault.report import ImportReport
from deid.vault.rules import has_row_id, references
from deid.vault.schema import DATA_TABLES, VOCABULARY_TABLES
from deid.vault.store import create_vault, open_vault, read_tables
from deid.vocabulary import names
from deid.vocabulary.codes import local_id
from tests.builders import build_release

UNTIL = dt.date(2024, 12, 31)
SOURCE = "county"
Rows = list[dict[str, Any]]
# What is no record of a person stays behind.
RECORDS = [n for n in DATA_TABLES if n not in {*VOCABULARY_TABLES, "cdm_source", "metadata"}]


@dataclass(frozen=True)
class Trip:
    """A vault of synthetic residents, its export, and the vault that this was imported into."""

    first: Engine
    second: Engine
    folder: Path
    said: ExportReport
    report: ImportReport


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Trip:
    home = tmp_path_factory.mktemp("trip")
    fill_vault(f"sqlite:///{home}/first/vault.db", 8, 5, ("en_US", "zh_CN"), UNTIL)
    first = open_vault(f"sqlite:///{home}/first/vault.db")
    second = create_vault(f"sqlite:///{home}/second/vault.db")
    said = export_fhir(first, home / "out")
    report = import_fhir(second, home / "out", SOURCE, options=LoadOptions(today=UNTIL))
    return Trip(first, second, home / "out", said, report)


def rows(engine: Engine, table: str) -> Rows:
    with read_tables(engine) as snapshot:
        return snapshot.read(table).to_pylist()


def numbers_of_old(engine: Engine) -> dict[tuple[str, int], int]:
    """``(table, row in the second vault)`` to the row in the first, which the resource id names."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, row_id, record_key FROM source_record"
        ).fetchall()
    return {
        (table, row): int(key.partition("#")[0].rpartition("-")[2])
        for table, row, key in found
        if key.partition("#")[0].rpartition("-")[0] == table.replace("_", "-")
    }


def renumbered(table: str, found: Rows, old: dict[tuple[str, int], int]) -> Rows:
    """Rows of the second vault under the numbers of the first."""
    columns = {reference.column: reference.table for reference in references(table)}
    if has_row_id(table) or table in {"person_identity", "death"}:
        key = next(iter(found[0])) if found else ""
        columns.setdefault(key, table)
    if table == "fact_relationship":
        columns = {"fact_id_1": "person", "fact_id_2": "person"}
    return [
        {
            name: old.get((columns[name], value), value) if name in columns and value else value
            for name, value in row.items()
        }
        for row in found
    ]


def content(found: Rows, without: frozenset[str]) -> Counter[tuple[tuple[str, Any], ...]]:
    return Counter(
        tuple((name, value) for name, value in row.items() if name not in without) for row in found
    )


def test_nothing_of_a_person_is_left_out_or_refused(trip: Trip) -> None:
    assert {what for what, _ in trip.said.left_out} <= {"cdm_source"}
    assert trip.report.refused == 0
    assert trip.report.skipped == ()
    assert trip.report.table("concept").loaded == 0


@pytest.mark.parametrize("table", RECORDS)
def test_every_row_comes_back_with_every_column_and_reference(trip: Trip, table: str) -> None:
    before, after = rows(trip.first, table), rows(trip.second, table)
    after = renumbered(table, after, numbers_of_old(trip.second))
    # Numbers, contacts and addresses travel inside their Patient and get numbers of their own.
    own = {"identifier": "identifier_id", "contact": "contact_id", "address": "address_id"}
    without = frozenset({own[table]} if table in own else set())
    assert content(after, without) == content(before, without)


def test_the_tables_that_matter_hold_something(trip: Trip) -> None:
    for table in ("visit_occurrence", "condition_occurrence", "measurement", "observation", "note"):
        assert trip.report.table(table).loaded > 10
    assert trip.report.table("household").loaded > 1
    assert trip.report.table("fact_relationship").loaded > 1


@pytest.fixture(scope="module")
def releases(trip: Trip, tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Release]:
    """Both vaults' OMOP tables, published as they are: what cohorts and cases read."""

    def published(engine: Engine, name: str) -> Release:
        with read_tables(engine) as snapshot:
            tables = {table: snapshot.read(table) for table in snapshot.tables()}
        kept = {name: found for name, found in tables.items() if found.num_rows}
        return build_release(tmp_path_factory.mktemp(name), kept, name)

    return published(trip.first, "first-v1"), published(trip.second, "second-v1")


def has(criterion: str, concept_id: int) -> CohortDefinition:
    """All with a first event of a concept, of all their time."""
    everything = {
        "ConceptSets": [
            {
                "id": 0,
                "name": "The concept",
                "expression": {"items": [{"concept": {"CONCEPT_ID": concept_id}}]},
            }
        ],
        "PrimaryCriteria": {
            "CriteriaList": [{criterion: {"CodesetId": 0, "First": True}}],
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "QualifiedLimit": {"Type": "First"},
        "ExpressionLimit": {"Type": "First"},
        "InclusionRules": [],
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
        "CensorWindow": {},
    }
    return load(json.dumps(everything).encode())


def test_cohorts_are_the_same_people_on_the_same_days(
    trip: Trip, releases: tuple[Release, Release]
) -> None:
    old = numbers_of_old(trip.second)
    frequent = [
        (criterion, Counter(row[column] for row in rows(trip.first, table)).most_common(1)[0][0])
        for criterion, table, column in (
            ("ConditionOccurrence", "condition_occurrence", "condition_concept_id"),
            ("DrugExposure", "drug_exposure", "drug_concept_id"),
            ("Measurement", "measurement", "measurement_concept_id"),
        )
    ]
    definitions = [load_template(name) for name in list_templates()]
    definitions += [has(criterion, concept_id) for criterion, concept_id in frequent]
    found = 0
    for definition in definitions:
        first, second = (run_cohort(definition, r).rows.to_pylist() for r in releases)
        back = [row | {"subject_id": old["person", row["subject_id"]]} for row in second]
        assert sorted(back, key=json_key) == sorted(first, key=json_key)
        found += len(first)
    assert found > 6


def concept_set(*concept_ids: int, **more: bool) -> list[dict[str, Any]]:
    return [{"concept": {"CONCEPT_ID": number}, **more} for number in concept_ids]


def test_cohorts_by_source_codes_and_by_classes_of_drugs_are_the_same_people(
    trip: Trip, releases: tuple[Release, Release]
) -> None:
    """What was recorded (ICD-10) and what it stands under (ATC) survive the way too."""
    old = numbers_of_old(trip.second)
    ((source, _),) = Counter(
        row["condition_source_concept_id"] for row in rows(trip.first, "condition_occurrence")
    ).most_common(1)
    wanted = {
        row["person_id"]
        for row in rows(trip.first, "condition_occurrence")
        if row["condition_source_concept_id"] == source
    }
    code = next(c for c in rows(trip.first, "concept") if c["concept_id"] == source)
    assert code["vocabulary_id"] == "ICD10"
    assert {r["condition_source_value"] for r in rows(trip.first, "condition_occurrence")
            if r["condition_source_concept_id"] == source} == {code["concept_code"]}  # fmt: skip
    by_source = json.loads(has("ConditionOccurrence", source).source)
    by_source["PrimaryCriteria"]["CriteriaList"] = [
        {"ConditionOccurrence": {"ConditionSourceConcept": 0}}
    ]
    by_source["ConceptSets"][0]["expression"]["items"] = concept_set(source)
    by_class = json.loads(has("DrugExposure", source).source)
    by_class["ConceptSets"][0]["expression"]["items"] = concept_set(
        local_id("ATC", "C"), includeDescendants=True
    )
    hearts = {
        row["person_id"]
        for row in rows(trip.first, "drug_exposure")
        if str(row["drug_source_value"]).startswith("C")
    }
    for expression, people in ((by_source, wanted), (by_class, hearts)):
        definition = load(json.dumps(expression).encode())
        first, second = (run_cohort(definition, r).rows.to_pylist() for r in releases)
        assert {row["subject_id"] for row in first} == people != set()
        assert {old["person", row["subject_id"]] for row in second} == people


def test_a_concept_set_with_what_maps_to_it_holds_the_codes_of_icd_10(
    releases: tuple[Release, Release],
) -> None:
    found = resolve_concept_set(
        releases[1], concept_set(names.ESSENTIAL_HYPERTENSION, includeMapped=True)
    )
    assert (local_id("ICD10", "I10"), "Essential hypertension") in found
    assert names.ESSENTIAL_HYPERTENSION in dict(found)


def json_key(row: dict[str, Any]) -> str:
    return json.dumps(row, default=str, sort_keys=True)


def test_cases_read_the_same(trip: Trip, releases: tuple[Release, Release]) -> None:
    old = numbers_of_old(trip.second)
    new = {first: second for (table, second), first in old.items() if table == "person"}
    people = [c.person_id for c in find_candidates(releases[0], limit=4, with_sensitive=True)]
    assert len(people) == 4
    for number, person_id in enumerate(people):
        texts = [
            render_text(draft_case(release, person, case_id=f"case-{number}"))
            for release, person in zip(releases, (person_id, new[person_id]), strict=True)
        ]
        # Rows of one moment stand in the order of their numbers, which are given out anew.
        assert sorted(texts[0].splitlines()) == sorted(texts[1].splitlines())
        assert len(texts[0]) > 500


def test_every_resource_is_valid_fhir(trip: Trip) -> None:
    seen: Counter[str] = Counter()
    for path in trip.folder.iterdir():
        for line in path.read_text(encoding="utf-8").splitlines():
            resource = json.loads(line)
            seen[resource["resourceType"]] += 1
            # Half of the time of an import is this check, which it made of each resource already.
            if seen[resource["resourceType"]] <= 100:
                get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert dict(seen) == trip.said.resources


def test_only_the_owner_can_read_an_export(trip: Trip) -> None:
    assert stat.S_IMODE(trip.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in trip.folder.iterdir()} == {0o600}


def test_importing_an_export_again_changes_nothing(trip: Trip) -> None:
    again = import_fhir(trip.second, trip.folder, SOURCE, options=LoadOptions(today=UNTIL))
    assert (again.loaded, again.updated, again.refused) == (0, 0, 0)
    assert all(r.added == r.changed == 0 for r in again.resources)


def test_bundles_carry_the_same_as_bulk_data(trip: Trip, tmp_path: Path) -> None:
    export_fhir(trip.first, tmp_path / "out", "bundle")
    in_bundles = []
    for path in (tmp_path / "out").iterdir():
        bundle = json.loads(path.read_text(encoding="utf-8"))
        assert bundle["type"] == "collection"
        assert len(bundle["entry"]) <= 1000
        for entry in bundle["entry"]:
            in_bundles.append(json_key(entry["resource"]))
            assert entry["fullUrl"].endswith(
                f"/{entry['resource']['resourceType']}/{entry['resource']['id']}"
            )
    lines = [
        json_key(json.loads(line))
        for path in trip.folder.iterdir()
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert sorted(in_bundles) == sorted(lines)


def test_an_export_never_writes_over_anything(trip: Trip) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in trip.folder.iterdir()}
    with pytest.raises(ExportRefused, match="exists already"):
        export_fhir(trip.first, trip.folder)
    assert {path.name: path.stat().st_mtime_ns for path in trip.folder.iterdir()} == before


def test_an_export_that_fails_leaves_nothing(trip: Trip, tmp_path: Path) -> None:
    def stop(table: str, done: int) -> None:
        if table == "measurement":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_fhir(trip.first, tmp_path / "out", progress=stop)
    assert list(tmp_path.iterdir()) == []
