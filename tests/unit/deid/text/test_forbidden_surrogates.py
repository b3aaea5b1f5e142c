"""No surrogate is, or helps to form, a name or number that the vault holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.risk.identifiers import Identifier, IdentifierIndex
from deid.text.api import KnownPerson, PersonName
from deid.text.forbidden import Forbidden
from deid.text.packs import load_pack
from deid.text.packs.en.lexicon import locale_names
from deid.text.packs.zh.lexicon import common_surnames, given_pool
from tests.unit.deid.text.builders import engine, note

PACKS = (load_pack("en"), load_pack("zh"))
FAMILIES = [n for n in locale_names("en_US", "last_names") if n.isalpha()]
GIVEN = [n for n in locale_names("en_US", "first_names") if n.isalpha()]
PERSON = KnownPerson("p", names=(PersonName("Quistberg", "Adaline", None),))
HAN = KnownPerson("h", names=(PersonName("尉迟", "静姝", "尉迟静姝"),))


@pytest.mark.parametrize(
    "form",
    ["Rosa Lind", "Lind, Rosa", "LIND ROSA", "R. Lind", "Lind R", "Dr. Rosa Lind", "rosa\nlind"],
)
def test_every_order_of_a_latin_name_is_forbidden(form: str) -> None:
    held = Forbidden(["Dr. Rosa Lind"], PACKS)
    assert list(held.places(f"Seen by {form} today"))


@pytest.mark.parametrize("form", ["王秀兰", "王 秀兰", "Wang Xiulan", "Xiulan, Wang"])
def test_hanzi_and_pinyin_of_a_name_are_forbidden(form: str) -> None:
    assert list(Forbidden(["王秀兰"], PACKS).places(f"患者 {form} 来诊"))


@pytest.mark.parametrize("form", ["(541) 555-0142", "541.555.0142", "5415550142"])
def test_every_grouping_of_a_telephone_number_is_forbidden(form: str) -> None:
    assert list(Forbidden(["+1 541-555-0142"], PACKS).places(f"call {form}."))


def test_a_part_of_a_longer_word_or_number_is_not_forbidden() -> None:
    held = Forbidden(["Rosa Lind", "5415550142"], PACKS)
    assert not list(held.places("rosalinda 95415550142"))


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.text("abcdef", min_size=4, max_size=8))
def test_no_surrogate_forms_a_name_of_the_vault(random: object, key: str) -> None:
    # Half of all pairs of surrogate names belong to somebody: clashes are certain without a check.
    families = random.sample(FAMILIES, len(FAMILIES) // 2)  # type: ignore[attr-defined]
    values = [f"{g} {f}" for f in families[:120] for g in GIVEN[:60]]
    values += [f + g for f in common_surnames()[::2] for g in given_pool(2, None)[::3]]
    scrub = engine(forbidden=values)
    index = IdentifierIndex(Identifier("full name", value) for value in values)
    person = KnownPerson(key, names=PERSON.names)
    han = KnownPerson(key, names=HAN.names)
    texts = [
        ("Pt Adaline Quistberg. QUISTBERG, ADALINE. A. Quistberg called.", person),
        ("患者尉迟静姝，女。Yuchi Jingshu。", han),
    ]
    for text, whose in texts:
        made = scrub.scrub(note(text, whose)).text
        assert not [hit for hit in index.find(made) if hit.strong]


def test_surrogates_beside_kept_words_form_no_name() -> None:
    free = engine()
    text = "Sister Rosa is with Adaline Grey at home."
    first = free.scrub(note(text, PERSON)).text.split("with ")[1].split(" at")[0]
    held = engine(forbidden=[first])
    assert first not in held.scrub(note(text, PERSON)).text


def test_where_every_choice_is_taken_the_tag_stands() -> None:
    held = engine(
        forbidden=[f"{area}555{n:04d}" for area in range(200, 1000) for n in range(100, 200)]
    )
    assert "[PHONE]" in held.scrub(note("Call (541) 555-0142.", None)).text
