"""The forms in which codes are written, and what stands for what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.importers.mapping.written import codes_in, forms_of, icd10_forms, shown, unit_forms
from deid.vocabulary.codes import CODE_IDS, local_id

DIGIT = "0123456789"
CODES = st.from_regex(r"[A-Z][0-9]{2}(\.[0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("written", "same", "wider"),
    [
        ("I10", ["I10", "I10.x00"], []),
        ("i10.x00", ["I10.X00", "I10.x00", "I10"], []),
        ("I10.x00x002", ["I10.X00X002", "I10.x00x002"], ["I10.X00", "I10.x00", "I10"]),
        ("E11.900", ["E11.900", "E11.9"], ["E11"]),
        ("E11.900x001", ["E11.900X001", "E11.900x001"], ["E11.900", "E11.9", "E11"]),
        ("E119", ["E11.9"], ["E11"]),
        ("A18.0+", ["A18.0"], ["A18"]),
        ("M01.1*", ["M01.1"], ["M01"]),
        ("Ａ１８．０†", ["A18.0"], ["A18"]),
        ("S72.001A", ["S72.001A"], ["S72.0", "S72"]),
        ("高血压", [], []),
        ("B12缺乏", [], []),
    ],
)
def test_an_icd_10_code_goes_up_to_those_above_it(
    written: str, same: list[str], wider: list[str]
) -> None:
    found = list(icd10_forms(written))
    assert [form.code for form in found if form.same] == same
    assert [form.code for form in found if not form.same] == wider


@given(CODES, st.sampled_from(["", "*", "+", "†", "x001"]), st.booleans())
def test_whatever_the_hand_the_code_itself_is_among_the_forms(
    code: str, mark: str, dotted: bool
) -> None:
    written = code if dotted else code.replace(".", "")
    found = [form.code for form in icd10_forms(written + mark)]
    assert code in found
    assert code[:3] in found
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("text", "area", "codes"),
    [
        ("原发性高血压 I10.x00x002", "Condition", ["I10.X00X002"]),
        ("高血压(I10)；糖尿病(E11.9)", "Condition", ["I10", "E11.9"]),
        ("I10高血压", "Condition", ["I10"]),
        ("维生素B12缺乏", "Condition", []),
        ("C08CA01 氨氯地平", "Drug", ["C08CA01"]),
        ("血糖 14749-6", "Item", ["14749-6"]),
        ("随便", "Procedure", []),
    ],
)
def test_codes_are_found_beside_words(text: str, area: str, codes: list[str]) -> None:
    assert codes_in(text, area) == codes


def test_a_code_of_another_system_is_looked_for_as_it_is() -> None:
    assert [form.code for form in forms_of(("SNOMED",), " 38341003 ")] == ["38341003"]
    assert [form.code for form in forms_of(("ATC",), "c08ca 01")] == ["C08CA01"]


@pytest.mark.parametrize(
    ("written", "code"), [("mmHg", "mm[Hg]"), ("次/分", "/min"), ("μmol/L", "umol/L"), ("℃", "Cel")]
)
def test_common_spellings_lead_to_the_unit(written: str, code: str) -> None:
    assert code in unit_forms(written)


@pytest.mark.parametrize("number", ["110101195503071234", "13800000000", "61011200100100002"])
@pytest.mark.parametrize("vocabularies", [("ICD10", "ICD10CN"), ("SNOMED",), ("ATC",), ()])
def test_nobodys_number_is_shown_in_a_report(number: str, vocabularies: tuple[str, ...]) -> None:
    assert not shown(vocabularies, number)


@given(CODES, CODES)
def test_local_ids_are_counted_from_codes_without_collision(one: str, other: str) -> None:
    assert (local_id("ICD10", one) == local_id("ICD10", other)) == (one == other)
    assert local_id("ICD10", one) in CODE_IDS["ICD10"]
