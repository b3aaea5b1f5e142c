"""The term files agree with each other, and a fault in one is named by file and line."""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pytest

from deid.errors import VocabularyError
from deid.vocabulary import load_base_vocabulary
from deid.vocabulary.source import COLUMNS, LOCAL_IDS, read_terms
from deid.vocabulary.tables import DESCRIBED, derive_tables

TERMS = files("deid.vocabulary") / "data" / "terms"

LITRE = "2000000001,LITRE,litre,升,Unit,CareCommons,Unit,LITRE,S,,,,,,"
CHINESE = "2000000002,CHINESE,Chinese,汉语,Language,CareCommons,Language,CHINESE,S,,,,,,"
ILLNESS = "2000000003,ILLNESS,Illness,病,Condition,CareCommons,Clinical Finding,ILLNESS,S,,,,,,"
COLD = "2000000004,COLD,Cold,感冒,Condition,CareCommons,Clinical Finding,COLD,S,ILLNESS,J00,,,,"
DOSE = "2000000005,DOSE,Dose,剂量,Measurement,CareCommons,Lab Test,DOSE,S,,,,2000000001,1,2"
WHOLE = (LITRE, CHINESE, ILLNESS, COLD, DOSE)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines to area.csv of a folder of terms, under the right header unless one is given."""

    def write(*lines: str, header: str = ",".join(COLUMNS)) -> Path:
        (tmp_path / "area.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")
        return tmp_path

    return write


def test_all_files_of_the_folder_are_consistent() -> None:
    terms = read_terms(TERMS)  # raises with file and line
    lines = sum(
        len(list(csv.reader(file.read_text(encoding="utf-8").splitlines()))) - 1
        for file in TERMS.iterdir()
        if file.name.endswith(".csv")
    )
    assert len(terms) == lines
    derive_tables(terms, {table: load_base_vocabulary()[table] for table in DESCRIBED})


def test_names_have_no_control_characters_and_chinese_names_are_chinese() -> None:
    for term in read_terms(TERMS):
        assert (term.en + term.zh).isprintable(), term.place
        letters = [character for character in term.zh if character.isalpha()]
        chinese = [character for character in letters if "\u4e00" <= character <= "\u9fff"]
        # A sign such as "±" and a regimen such as "2HRZE/4HR" are the same in both languages.
        assert chinese or all(character.isupper() for character in letters), term.place


def test_whole_files_are_read_with_their_values(folder: Callable[..., Path]) -> None:
    terms = {term.key: term for term in read_terms(folder(*WHOLE))}
    assert terms["COLD"].parents == ("ILLNESS",)
    assert terms["COLD"].icd10 == "J00"
    assert terms["COLD"].place == "area.csv line 5"
    assert (terms["DOSE"].unit_concept_id, terms["DOSE"].range_low) == (2000000001, 1.0)
    assert terms["DOSE"].atc is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (ILLNESS.replace("ILLNESS", "OTHER"), "concept_id 2000000003 is used in area.csv line 4"),
        (COLD.replace("2000000004", "2000000006"), "key COLD is used in area.csv line 5"),
        ("2000000006,FLU,Flu,流感,,CareCommons,Clinical Finding,FLU,S,,,,,,", "domain_id is empty"),
        (
            "2000000006,FLU,Flu,流感,Condition,CareCommons,Clinical Finding,FLU,S,SICK,,,,,",
            "unknown parent SICK",
        ),
        (
            "2000000006,FLU,Flu,流感,Condition,CareCommons,Clinical Finding,FLU,S,COLD|COLD,,,,,",
            "a parent is named twice",
        ),
        (
            "2000000006,FLU,Flu,流感,Condition,CareCommons,Clinical Finding,FLU,,COLD,,,,,",
            "has no place in a hierarchy",
        ),
        (
            "2000000006,MASS,Mass,质量,Measurement,CareCommons,Lab Test,MASS,S,,,,2000000004,,",
            "unknown unit 2000000004",
        ),
        (
            "2000000006,MASS,Mass,质量,Measurement,CareCommons,Lab Test,MASS,S,,,,2000000001,3,2",
            "range_low is not below range_high",
        ),
        (
            "2000000006,MASS,Mass,质量,Measurement,CareCommons,Lab Test,MASS,S,,,,2000000001,x,2",
            "range_low is not a number",
        ),
        (
            "6,FLU,Flu,流感,Condition,CareCommons,Clinical Finding,FLU,S,,,,,,",
            "a concept of CareCommons has an id of 2000000000 to 2099999999",
        ),
        (
            "2000000006,FLU,Flu,流感,Condition,SNOMED,Clinical Finding,6142004,S,,,,,,",
            "ids from 2000000000 on are for CareCommons only",
        ),
        (
            "2000000006,FLU,Flu,流感,Condition,CareCommons,Clinical Finding,INFLUENZA,S,,,,,,",
            "the code of a local concept is its key",
        ),
        (
            "2000000006,Flu,Flu,流感,Condition,CareCommons,Clinical Finding,Flu,S,,,,,,",
            "key is not in capitals",
        ),
        (
            "2000000006,FLU,Flu,流感,Condition,CareCommons,Clinical Finding,FLU,X,,,,,,",
            "standard_concept is not S, C or empty",
        ),
        (
            "x,FLU,Flu,流感,Condition,CareCommons,Clinical Finding,FLU,S,,,,,,",
            "concept_id is not a number",
        ),
        (
            "2000000006,FLU,Flu ,流感,Condition,CareCommons,Clinical Finding,FLU,S,,,,,,",
            "blanks around a value",
        ),
        ("2000000006,FLU,Flu", "3 values, 15 columns"),
    ],
)
def test_a_faulty_line_is_named(folder: Callable[..., Path], line: str, message: str) -> None:
    with pytest.raises(VocabularyError) as refused:
        read_terms(folder(*WHOLE, line))
    assert str(refused.value).startswith("area.csv line 7: ")
    assert message in str(refused.value)


def test_two_lines_of_one_code_are_refused(folder: Callable[..., Path]) -> None:
    one = "255848,ONE,Pneumonia,肺炎,Condition,SNOMED,Clinical Finding,233604007,S,,,,,,"
    two = "255849,TWO,Pneumonia,肺炎,Condition,SNOMED,Clinical Finding,233604007,S,,,,,,"
    with pytest.raises(VocabularyError, match=r"area.csv line 8: concept_code .* area.csv line 7"):
        read_terms(folder(*WHOLE, one, two))


def test_a_cycle_of_parents_is_refused(folder: Callable[..., Path]) -> None:
    looped = ILLNESS.replace("S,,", "S,COLD,", 1)
    with pytest.raises(VocabularyError, match="is an ancestor of itself"):
        read_terms(folder(LITRE, CHINESE, looped, COLD, DOSE))


@pytest.mark.parametrize("header", ["", "concept_id,key", ",".join(reversed(COLUMNS))])
def test_a_wrong_header_is_refused(folder: Callable[..., Path], header: str) -> None:
    with pytest.raises(VocabularyError, match=r"area.csv line 1: the header is not"):
        read_terms(folder(*WHOLE, header=header))


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="no term files"):
        read_terms(tmp_path)


def test_a_class_that_no_table_describes_is_refused(folder: Callable[..., Path]) -> None:
    terms = read_terms(folder(*WHOLE))
    described = {table: load_base_vocabulary()[table] for table in DESCRIBED}
    classes = described["concept_class"]
    keep = pa.array([name != "Lab Test" for name in classes["concept_class_id"].to_pylist()])
    with pytest.raises(VocabularyError, match=r"area.csv line 6: concept_class_id Lab Test is not"):
        derive_tables(terms, described | {"concept_class": classes.filter(keep)})


def test_ancestors_count_the_shortest_and_the_longest_way(folder: Callable[..., Path]) -> None:
    """A diamond with one long side: FLU is a COLD, and an ILLNESS both directly and through it."""
    flu = "2000000006,FLU,Flu,流感,Condition,CareCommons,Clinical Finding,FLU,S,COLD|ILLNESS,,,,,"
    terms = read_terms(folder(*WHOLE, flu))
    described = {table: load_base_vocabulary()[table] for table in DESCRIBED}
    rows = derive_tables(terms, described)["concept_ancestor"].to_pylist()
    levels = {tuple(row.values())[:2]: tuple(row.values())[2:] for row in rows}
    assert levels[2000000003, 2000000006] == (1, 2)
    assert levels[2000000004, 2000000006] == (1, 1)
    assert levels[2000000006, 2000000006] == (0, 0)
    assert (2000000006, 2000000003) not in levels


def test_every_ohdsi_id_was_verified_by_a_source_that_is_named() -> None:
    """``data/sources.csv`` names an Athena extract or a public document for each, and no other."""
    text = (files("deid.vocabulary") / "data" / "sources.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    verified = [int(row["concept_id"]) for row in rows]
    used = {
        concept_id
        for concept_id in load_base_vocabulary()["concept"]["concept_id"].to_pylist()
        if concept_id != 0 and concept_id not in LOCAL_IDS
    }
    assert verified == sorted(set(verified))
    assert sorted(used - set(verified)) == [], "look these up, or make them local concepts"
    assert sorted(set(verified) - used) == []
    assert all(row["verified_by"] for row in rows)
