"""Codes of ICD-10, ICPC-2 and ATC are source concepts that lead to the shipped terms."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid.errors import VocabularyError
from deid.vocabulary import load_base_vocabulary, load_terms, names
from deid.vocabulary.codes import ATC, CODE_COLUMNS, ICD10, ICPC, local_id, read_codes
from deid.vocabulary.loading import source_codes, source_terms

CODES = {(code.vocabulary_id, code.code): code for code in source_codes()}
PAIRS = {
    (row["ancestor_concept_id"], row["descendant_concept_id"])
    for row in load_base_vocabulary()["concept_ancestor"].to_pylist()
}


@pytest.mark.parametrize(
    ("vocabulary", "code", "targets"),
    [
        (ICD10, "I10", (names.ESSENTIAL_HYPERTENSION,)),
        (ICD10, "E11", (names.TYPE_2_DIABETES,)),
        (ICD10, "E11.1", (names.TYPE_2_DIABETES, names.DIABETIC_KETOACIDOSIS)),
        (ICD10, "I63.8", (names.CEREBRAL_INFARCTION,)),
        (ICD10, "K76.8", ()),
        (ICPC, "L93", (names.TENNIS_ELBOW,)),
        (ATC, "C08CA01", (names.AMLODIPINE,)),
        (ATC, "N02BA01", (names.ASPIRIN,)),
        (ATC, "C08", ()),
    ],
)
def test_a_code_maps_to_what_it_means_and_to_no_more(
    vocabulary: str, code: str, targets: tuple[int, ...]
) -> None:
    assert set(CODES[vocabulary, code].maps_to) == set(targets)


def test_every_code_of_a_standard_term_is_a_concept() -> None:
    for term in load_terms():
        if term.standard and term.icd10:
            assert (ICD10, term.icd10) in CODES, term.key
        if term.standard and term.atc:
            assert (ATC, term.atc) in CODES, term.key


def test_the_classes_of_atc_stand_above_their_drugs_and_strengths() -> None:
    for above in (local_id(ATC, "C"), 21601744, local_id(ATC, "C08CA"), local_id(ATC, "C08CA01")):
        assert (above, names.AMLODIPINE) in PAIRS
        assert (above, names.AMLODIPINE_5MG) in PAIRS
    assert (21601744, names.METFORMIN) not in PAIRS


def test_every_level_of_atc_above_a_drug_is_named() -> None:
    for vocabulary, code in CODES:
        if vocabulary == ATC:
            for length in (1, 3, 4, 5):
                if length < len(code):
                    assert (ATC, code[:length]) in CODES, code


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("I1,Something,某病,,", "not a code of ICD10"),
        ("I10,,某病,,", "a name is empty"),
        ("I10,Something,某病,NOTHING_SUCH,", "is no standard term"),
        ("I10,Something,某病,ASTHMA", "not 5 values"),
        ("I10,One,一,,\nI10,Two,二,,", "comes twice"),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    header = ",".join(CODE_COLUMNS)
    for name in ("icpc", "atc"):
        (tmp_path / f"{name}.csv").write_text(header + "\n", encoding="utf-8")
    (tmp_path / "icd10.csv").write_text(f"{header}\n{line}\n", encoding="utf-8")
    with pytest.raises(VocabularyError, match=rf"icd10.csv line \d: .*{fault}"):
        read_codes(tmp_path, source_terms())
