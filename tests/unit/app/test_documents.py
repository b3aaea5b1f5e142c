"""Documents are known by what they hold."""

from __future__ import annotations

import struct
import zlib
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agreements import (
    GRACE,
    LANGUAGES,
    VERSIONS,
    agreement,
    current_version,
    holding_versions,
)
from app.demo.papers import paper
from app.documents import MOST_BYTES, PDF, PNG, kind_of_document
from app.errors import BadInput
from app.services.duo import MODIFIER_CODES, PURPOSE_CODES, TRAITS, Opinion, match


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png() -> bytes:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    drawn = chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + drawn + chunk(b"IEND", b"")


def test_a_pdf_and_a_png_are_known_by_their_content() -> None:
    assert kind_of_document(paper("An approval")) == PDF
    assert kind_of_document(png()) == PNG


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"MZ\x90\x00",
        b"%PDF-1.4\nno end",
        b"%PDF-1.4\n<< /OpenAction << /S /JavaScript /JS (x) >> >>\n%%EOF\n",
        b"%PDF-1.4\n<< /EmbeddedFiles 3 0 R >>\n%%EOF\n",
        png()[:-1],
        png() + b"<script>",
        png().replace(b"IHDR", b"IHDX"),
        b"%PDF-1.4\n" + b"x" * MOST_BYTES + b"\n%%EOF\n",
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        kind_of_document(content)


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, len(png()) - 1), bit=st.integers(0, 7))
def test_a_png_with_any_bit_turned_is_refused(place: int, bit: int) -> None:
    damaged = bytearray(png())
    damaged[place] ^= 1 << bit
    with pytest.raises(BadInput):
        kind_of_document(bytes(damaged))


def test_every_version_of_the_agreement_has_every_language_with_the_same_clauses() -> None:
    for version, _ in VERSIONS:
        texts = [agreement(version, language) for language in LANGUAGES]
        assert len({len(text.clauses) for text in texts}) == 1
        assert len({text.sha256 for text in texts}) == len(LANGUAGES)
        assert all(len(text.clauses) >= 10 for text in texts)


def test_a_version_that_was_signed_never_changes() -> None:
    """Signatures name these hashes; a changed text is a new version."""
    assert {(v, one): agreement(v, one).sha256[:16] for v, _ in VERSIONS for one in LANGUAGES} == {
        ("1", "en"): "f68f041b7ad8bbaf",
        ("1", "zh"): "2fc0006be7e94cdf",
    }


def test_a_new_version_is_asked_for_at_once_and_the_old_one_holds_for_the_grace() -> None:
    begins = date(2027, 3, 1)
    versions = (("1", date(2026, 11, 1)), ("2", begins))
    before, during, after = begins - timedelta(days=1), begins, begins + GRACE
    assert current_version(before, versions) == "1"
    assert holding_versions(before, versions) == {"1"}
    assert current_version(during, versions) == "2"
    assert holding_versions(during, versions) == {"1", "2"}
    assert holding_versions(after, versions) == {"2"}


def test_a_purpose_fits_a_permission_that_is_the_same_or_wider() -> None:
    fits = {
        (permission, purpose)
        for permission in PURPOSE_CODES
        for purpose in PURPOSE_CODES
        if match(permission, (), purpose, (), True).opinion is not Opinion.DIFFERS
    }
    general, health, disease, origins = "DUO:0000042", "DUO:0000006", "DUO:0000007", "DUO:0000011"
    assert fits == {
        *((general, one) for one in PURPOSE_CODES),
        (health, health),
        (health, disease),
        (disease, disease),
        (origins, origins),
    }


@given(
    modifiers=st.sets(st.sampled_from(MODIFIER_CODES)),
    traits=st.sets(st.sampled_from(sorted(TRAITS))),
    ethics=st.booleans(),
)
def test_a_further_restriction_never_makes_a_better_opinion(
    modifiers: set[str], traits: set[str], ethics: bool
) -> None:
    order = [Opinion.FITS, Opinion.DOUBTFUL, Opinion.DIFFERS]
    found = match("DUO:0000042", modifiers, "DUO:0000006", traits, ethics).opinion
    for left_out in modifiers:
        fewer = match("DUO:0000042", modifiers - {left_out}, "DUO:0000006", traits, ethics)
        assert order.index(fewer.opinion) <= order.index(found)


def test_what_only_a_person_knows_is_never_said_to_fit() -> None:
    assert match("DUO:0000007", (), "DUO:0000007", (), True).opinion is Opinion.DOUBTFUL
    institution = match("DUO:0000042", ("DUO:0000028",), "DUO:0000006", (), True)
    assert institution.opinion is Opinion.DOUBTFUL
    nothing_stated = match("", (), "DUO:0000006", (), True)
    assert nothing_stated.opinion is Opinion.DIFFERS
