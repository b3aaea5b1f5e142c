from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.risk.identifiers import Identifier, IdentifierIndex

INDEX = IdentifierIndex(
    [
        Identifier("full name", "Marigold Abernathy", 1),
        Identifier("full name", "Abernathy, Marigold", 1),
        Identifier("name", "Abernathy", 1),
        Identifier("name", "Li", 2),
        Identifier("full name", "欧阳晓雯", 3),
        Identifier("full name", "王伟", 4),
        Identifier("telephone", "+86 138 1234 5678", 3),
        Identifier("telephone", "(212) 555-0101", 1),
        Identifier("number", "MRN-8800001", 1),
        Identifier("number", "1234", 1),
        Identifier("number", "330102199003074512", 3),
        Identifier("e-mail or web", "Marigold@Example.org", 1),
        Identifier("address", "101 Larkspur Terrace", 1),
        Identifier("place", "Littleton"),
    ]
)


def strong(text: str) -> list[str]:
    return sorted(hit.kind for hit in INDEX.find(text) if hit.strong)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("seen with marigold  ABERNATHY today", "full name"),
        ("ABERNATHY, Marigold: BP 120/80", "full name"),
        ("患者欧阳晓雯今日随访", "full name"),
        ("电话13812345678", "telephone"),
        ("call 138-1234-5678", "telephone"),
        ("call +86 138 1234 5678", "telephone"),
        ("call 212.555.0101 please", "telephone"),
        ("mrn 8800001x mrn: MRN 8800001", "number"),
        ("身份证330102 1990 0307 4512", "number"),
        ("write to MARIGOLD@example.org.", "e-mail or web"),
        ("lives at 101 Larkspur Terrace, Littleton", "address"),
        ("fullwidth １３８１２３４５６７８", "telephone"),
    ],
)
def test_an_identifier_is_found_however_it_is_written(text: str, kind: str) -> None:
    assert kind in strong(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Marigolds and Abernathys",
        "ordinary Marigold petals",
        "1234 steps",
        "9138123456780",
        "value 21255501011",
        "the 王伟 of two characters is an ordinary surrogate",
        "Lithium",
    ],
)
def test_a_part_of_a_word_or_number_is_no_leak(text: str) -> None:
    assert strong(text) == []


def test_a_single_name_counts_against_its_own_person_only() -> None:
    (hit,) = INDEX.find("Dr Abernathy was informed")
    assert (hit.kind, hit.strong, hit.people) == ("name", False, frozenset({1}))


def test_too_short_a_name_is_not_looked_for() -> None:
    assert INDEX.find("Li was here") == []


def test_whole_numbers_are_those_that_fit_a_numeric_column() -> None:
    assert 2125550101 in INDEX.whole_numbers
    assert 330102199003074512 not in INDEX.whole_numbers


def test_nothing_of_the_index_shows_a_value() -> None:
    assert "Abernathy" not in repr(INDEX)
    assert "Abernathy" not in repr(Identifier("name", "Abernathy", 1))


@settings(deadline=None)
@given(
    number=st.from_regex(r"[1-9][0-9]{7,14}", fullmatch=True),
    before=st.text(alphabet="abc 我是,.:", max_size=8),
    after=st.text(alphabet="abc 我是,.:", max_size=8),
    separator=st.sampled_from(["", " ", "-", ".", " - "]),
)
def test_a_number_is_found_between_any_words_and_with_any_separators(
    number: str, before: str, after: str, separator: str
) -> None:
    index = IdentifierIndex([Identifier("number", number, 1)])
    written = f"{number[:3]}{separator}{number[3:]}"
    assert [hit.strong for hit in index.find(before + written + after)] == [True]


def test_an_empty_index_finds_nothing() -> None:
    assert IdentifierIndex([]).find("Marigold Abernathy 8800001") == []
