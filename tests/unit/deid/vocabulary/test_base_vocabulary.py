"""The shipped vocabulary is whole, and agrees with OHDSI's where the shared data sets show it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pytest

from deid.vault.arrow import arrow_schema
from deid.vocabulary import (
    BASE_VOCABULARY_TABLES,
    LOCAL_IDS,
    LOCAL_VOCABULARY,
    load_base_vocabulary,
    load_terms,
    names,
    render_names,
)
from deid.vocabulary.codes import CODE_IDS, local_id

VOCABULARY = load_base_vocabulary()
CONCEPTS = {row["concept_id"]: row for row in VOCABULARY["concept"].to_pylist()}


@pytest.mark.parametrize("table", BASE_VOCABULARY_TABLES)
def test_each_table_has_the_columns_and_types_of_the_vault(table: str) -> None:
    schema = arrow_schema(table)
    assert VOCABULARY[table].schema.names == schema.names
    assert VOCABULARY[table].schema.types == schema.types
    for column in schema:
        if not column.nullable:
            assert VOCABULARY[table][column.name].null_count == 0, column.name


def test_no_two_concepts_share_an_id_or_a_code_within_a_vocabulary() -> None:
    assert len(CONCEPTS) == VOCABULARY["concept"].num_rows
    codes = Counter(
        (row["vocabulary_id"], row["concept_code"])
        for row in CONCEPTS.values()
        if row["concept_code"] != "OMOP generated"
    )
    assert [code for code, times in codes.items() if times > 1] == []


def test_local_ids_belong_to_the_local_vocabulary_or_are_counted_from_a_code() -> None:
    for concept_id, row in CONCEPTS.items():
        if concept_id in LOCAL_IDS and row["vocabulary_id"] != LOCAL_VOCABULARY:
            assert concept_id == local_id(row["vocabulary_id"], row["concept_code"])
            assert concept_id in CODE_IDS[row["vocabulary_id"]]
        else:
            assert (concept_id in LOCAL_IDS) == (row["vocabulary_id"] == LOCAL_VOCABULARY)


def test_every_domain_class_vocabulary_and_relationship_is_described() -> None:
    for column, table in (
        ("domain_id", "domain"),
        ("vocabulary_id", "vocabulary"),
        ("concept_class_id", "concept_class"),
    ):
        used = set(pc.unique(VOCABULARY["concept"][column]).to_pylist())
        assert used <= set(VOCABULARY[table][column].to_pylist())
    used = set(VOCABULARY["concept_relationship"]["relationship_id"].to_pylist())
    assert used <= set(VOCABULARY["relationship"]["relationship_id"].to_pylist())


@pytest.mark.parametrize("table", [t for t in BASE_VOCABULARY_TABLES if t != "concept"])
def test_every_reference_to_a_concept_resolves(table: str) -> None:
    for name in VOCABULARY[table].schema.names:
        if "concept_id" in name:
            assert set(VOCABULARY[table][name].to_pylist()) <= set(CONCEPTS)


def test_every_relationship_has_its_reverse() -> None:
    reverse = {
        row["relationship_id"]: row["reverse_relationship_id"]
        for row in VOCABULARY["relationship"].to_pylist()
    }
    rows = {
        (row["concept_id_1"], row["concept_id_2"], row["relationship_id"])
        for row in VOCABULARY["concept_relationship"].to_pylist()
    }
    assert {(b, a, reverse[kind]) for a, b, kind in rows} == rows


def test_ancestors_are_the_closure_of_is_a_and_of_the_classes_of_drugs() -> None:
    expected = duckdb.connect()
    expected.register("relation", VOCABULARY["concept_relationship"])
    expected.register("concept", VOCABULARY["concept"])
    closure = expected.execute(
        """
        WITH RECURSIVE path(ancestor, descendant, levels) AS (
            SELECT concept_id, concept_id, 0 FROM concept WHERE standard_concept IN ('S', 'C')
            UNION
            SELECT concept_id_2, descendant, levels + 1
            FROM path JOIN relation ON concept_id_1 = ancestor
                AND relationship_id IN ('Is a', 'RxNorm - ATC')
        )
        SELECT ancestor, descendant, min(levels), max(levels) FROM path GROUP BY ALL
        """
    ).fetchall()
    shipped = [tuple(row.values()) for row in VOCABULARY["concept_ancestor"].to_pylist()]
    assert sorted(shipped) == sorted(closure)


@pytest.mark.parametrize(
    ("ancestor", "descendant"),
    [
        (names.CARDIOVASCULAR_DISORDER, names.ESSENTIAL_HYPERTENSION),
        (names.DIABETES_MELLITUS, names.TYPE_2_DIABETES),
        (names.MENTAL_DISORDER, names.MAJOR_DEPRESSION),
        (names.SOCIAL_PROBLEM, names.BEREAVEMENT_SPOUSE),
        (names.CLASS_ANTIHYPERTENSIVE, names.AMLODIPINE_5MG),
        (names.CLASS_ANTIDIABETIC, names.METFORMIN_500MG),
    ],
)
def test_a_cohort_with_descendants_reaches_the_narrower_concept(
    ancestor: int, descendant: int
) -> None:
    pairs = {
        (row["ancestor_concept_id"], row["descendant_concept_id"])
        for row in VOCABULARY["concept_ancestor"].to_pylist()
    }
    assert (ancestor, descendant) in pairs


def test_every_term_is_a_concept_with_a_chinese_name() -> None:
    chinese = {
        row["concept_id"]: row["concept_synonym_name"]
        for row in VOCABULARY["concept_synonym"].to_pylist()
        if row["language_concept_id"] == names.CHINESE
    }
    for term in load_terms():
        assert CONCEPTS[term.concept_id]["concept_name"] == term.en
        assert chinese[term.concept_id] == term.zh


def test_conditions_have_an_icd10_code_drugs_an_atc_code_and_units_are_units() -> None:
    for term in load_terms():
        domain = CONCEPTS[term.concept_id]["domain_id"]
        if domain == "Condition" and term.key != "CLINICAL_FINDING":
            assert term.icd10, term.key
        if domain == "Drug":
            assert term.atc, term.key
        if term.unit_concept_id is not None:
            assert CONCEPTS[term.unit_concept_id]["domain_id"] == "Unit"


def test_the_constants_are_those_of_the_table() -> None:
    written = Path(names.__file__).read_text(encoding="utf-8")
    assert written == render_names(load_terms()), "run `python -m deid.vocabulary`"


def test_the_vocabulary_is_as_broad_as_the_generator_and_cases_need() -> None:
    standard = [row for row in CONCEPTS.values() if row["standard_concept"] == "S"]
    domains = Counter(row["domain_id"] for row in standard)
    assert domains["Condition"] >= 120
    assert domains["Drug"] >= 60
    assert domains["Measurement"] >= 60
    assert domains["Observation"] >= 60


@pytest.mark.shared
@pytest.mark.parametrize("dataset", ["omop_gibleed", "omop_synthea27nj", "circe/cdm"])
def test_concepts_agree_with_those_of_the_shared_data_sets(shared: Path, dataset: str) -> None:
    path = shared / dataset / "concept.parquet"
    columns = "concept_id, domain_id, vocabulary_id, concept_code"
    rows = duckdb.connect().execute(f"SELECT {columns} FROM read_parquet(?)", [str(path)])
    met = 0
    different = []
    for concept_id, *facts in rows.fetchall():
        ours = CONCEPTS.get(int(concept_id))
        if ours is None or concept_id == 0:
            continue
        met += 1
        if [ours["domain_id"], ours["vocabulary_id"], ours["concept_code"]] != facts:
            different.append((concept_id, facts))
    assert met > 30
    # One data set made a place of service up and calls it a visit; and names some codes itself.
    assert [d for d in different if not str(d[1][2]).startswith("aug")] == []
