"""A case on paper: PDF/UA with every glyph, tags, neutral title; no answer in a student's print."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject

from casebank import Case
from casebank.errors import ExportImpossible
from casebank.exports.pdf import Edition, Exporter, to_pdf
from casebank.lesson import Lesson
from tests.unit.casebank.lessons import KEY_WORDS

EXPORTER = Exporter("Ada Example", datetime(2026, 11, 28, 3, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def prints(
    farmer: Case, farmer_lesson: Lesson, teacher: Case, teacher_lesson: Lesson
) -> dict[tuple[str, str], PdfReader]:
    made: list[tuple[str, Case, Lesson, Edition]] = [
        ("en", farmer, farmer_lesson, "student"),
        ("en", farmer, farmer_lesson, "teacher"),
        ("zh", teacher, teacher_lesson, "teacher"),
    ]
    return {
        (language, edition): PdfReader(io.BytesIO(to_pdf(case, lesson, edition, EXPORTER)))
        for language, case, lesson, edition in made
    }


def _text(reader: PdfReader) -> str:
    return "\n".join(_pages(reader))


@cache
def _pages(reader: PdfReader) -> tuple[str, ...]:
    return tuple(page.extract_text() for page in reader.pages)


def _glyphs(reader: PdfReader) -> Iterator[int]:
    """Every glyph that is drawn: fonts are addressed by two bytes a glyph."""
    for page in reader.pages:
        content = page.get_contents()
        assert content is not None
        for operands, operator in ContentStream(content, reader).operations:
            if operator not in (b"TJ", b"Tj"):
                continue
            parts = operands[0] if operator == b"TJ" else operands
            for part in parts:
                if isinstance(part, int | float):
                    continue
                raw = bytes(part.original_bytes) if isinstance(part, str) else bytes(part)
                yield from (int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2))


def _structure(reader: PdfReader) -> Iterator[Any]:
    waiting: list[Any] = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop().get_object()
        if not isinstance(element, DictionaryObject):
            continue
        yield element
        # The next element read is the first child.
        waiting += reversed(_kids(element))


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K", [])
    kids = kids.get_object() if hasattr(kids, "get_object") else kids
    return list(kids) if isinstance(kids, list) else [kids]


def test_no_glyph_is_missing_and_every_font_is_embedded(
    prints: dict[tuple[str, str], PdfReader],
) -> None:
    for reader in prints.values():
        glyphs = list(_glyphs(reader))
        assert len(glyphs) > 400
        assert 0 not in glyphs
        fonts = [f.get_object() for p in reader.pages for f in p["/Resources"]["/Font"].values()]
        for font in fonts:
            descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)
        assert any("NotoSansCJK" in font["/BaseFont"].replace("-", "") for font in fonts)


def test_a_character_that_no_font_has_stops_the_export(farmer: Case) -> None:
    strange = replace(farmer, title="A man with \U000f1234")
    with pytest.raises(ExportImpossible, match="in no font that is installed"):
        to_pdf(strange, None, "reading", EXPORTER)


def test_a_print_is_tagged_and_says_its_language_and_a_neutral_title(
    prints: dict[tuple[str, str], PdfReader],
) -> None:
    for (language, _), reader in prints.items():
        root: Any = reader.trailer["/Root"]
        assert root["/Lang"] == {"en": "en", "zh": "zh-CN"}[language]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert reader.metadata is not None
        assert reader.metadata.title == {"en": "Dizzy on rising", "zh": "起立时头晕"}[language]
        metadata = root["/Metadata"].get_data().decode()
        assert re.search(r"pdfuaid:part\W+1\b", metadata) or "<pdfuaid:part>1<" in metadata
        kinds = {element.get("/S") for element in _structure(reader)}
        assert {"/H1", "/H2", "/H3", "/L", "/LI", "/Table", "/TH", "/TD", "/P"} <= kinds


def test_header_cells_say_which_way_they_head_and_headings_skip_no_level(
    prints: dict[tuple[str, str], PdfReader],
) -> None:
    for reader in prints.values():
        elements = list(_structure(reader))
        heads = [one for one in elements if one.get("/S") == "/TH" and "/A" in one]
        assert {one["/A"].get("/Scope") for one in heads} == {"/Column", "/Row"}
        levels = [int(one["/S"][2:]) for one in elements if str(one.get("/S"))[:2] == "/H"]
        assert levels[0] == 1
        assert all(there - here <= 1 for here, there in pairwise(levels))


def test_what_is_drawn_hangs_in_the_tree_or_is_a_footer(
    prints: dict[tuple[str, str], PdfReader],
) -> None:
    for reader in prints.values():
        tagged = {
            (element["/Pg"].get_object()["/StructParents"], kid)
            for element in _structure(reader)
            for kid in _kids(element)
            if isinstance(kid, int)
        }
        for page in reader.pages:
            content = page.get_contents()
            assert content is not None
            begun = [
                operands[1]
                for operands, operator in ContentStream(content, reader).operations
                if operator == b"BDC"
            ]
            drawn = {(page["/StructParents"], one["/MCID"]) for one in begun if "/MCID" in one}
            assert drawn <= tagged
            footers = [one for one in begun if one.get("/Subtype") == "/Footer"]
            # Who exported it and when, and the page's number.
            assert len(footers) >= 2
            assert all(one["/Type"] == "/Pagination" for one in footers)
            assert page["/Tabs"] == "/S"


def test_a_text_in_another_language_than_the_print_says_so(teacher: Case) -> None:
    short = replace(teacher, contacts=teacher.contacts[:1], flow_sheets=())
    data = to_pdf(short, None, "reading", EXPORTER, "en")
    spoken = [element.get("/Lang") for element in _structure(PdfReader(io.BytesIO(data)))]
    assert set(spoken) == {None, "zh-CN"}
    assert spoken.count("zh-CN") >= sum(len(one.soap.statements) for one in short.contacts)


def test_every_picture_has_an_alternative_text_and_a_table_beside_it(
    prints: dict[tuple[str, str], PdfReader],
) -> None:
    figures = [e for e in _structure(prints["en", "teacher"]) if e.get("/S") == "/Figure"]
    told = [str(figure.get("/Alt", "")) for figure in figures]
    assert len(told) == 5  # genogram, ecomap, timeline and two flow sheets
    assert any("lanes from first contact to 4 years later" in one for one in told)
    assert any("relatives in" in one for one in told)
    assert all(len(one) > 40 for one in told)
    captions = [e for e in _structure(prints["en", "teacher"]) if e.get("/S") == "/Caption"]
    assert len(captions) >= len(figures)


def test_a_students_print_has_every_stage_and_question_and_no_answer(
    prints: dict[tuple[str, str], PdfReader], farmer: Case, farmer_lesson: Lesson
) -> None:
    reader = prints["en", "student"]
    text = _text(reader)
    flat = " ".join(text.split())
    for stage in farmer_lesson.stages:
        assert stage.title.en in flat
    for exercise in farmer_lesson.exercises:
        assert exercise.prompt.en in flat
    everything = (
        text.casefold() + str(reader.metadata) + str([e.get("/Alt") for e in _structure(reader)])
    )
    for mark in KEY_WORDS:
        assert mark not in everything
        assert mark in _text(prints["en", "teacher"]).casefold() or mark in _text(
            prints["zh", "teacher"]
        )
    assert "Problem list" not in text
    assert "holds what every stage shows" in flat


def test_what_may_be_ordered_stands_on_a_page_after_all_stages(
    prints: dict[tuple[str, str], PdfReader],
) -> None:
    pages = _pages(prints["en", "student"])
    last_question = max(n for n, text in enumerate(pages) if "Question" in text)
    result = next(n for n, text in enumerate(pages) if "Result R1: Ask again" in text)
    assert result > last_question
    assert f"Result R1, page {result + 1}" in " ".join(" ".join(pages).split())


def test_every_page_says_who_exported_it_and_when(
    prints: dict[tuple[str, str], PdfReader],
) -> None:
    for page in _pages(prints["en", "teacher"]):
        assert "Exported by Ada Example at 2026-11-28 03:00 UTC" in page


def test_no_print_names_release_or_person(
    farmer: Case, prints: dict[tuple[str, str], PdfReader]
) -> None:
    assert farmer.sources is not None
    for reader in prints.values():
        assert farmer.sources.release not in _text(reader) + str(reader.metadata)


def test_questions_need_a_lesson(farmer: Case) -> None:
    with pytest.raises(ExportImpossible, match="stages and questions"):
        to_pdf(farmer, None, "student", EXPORTER)
