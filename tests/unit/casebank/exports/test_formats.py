"""The table of formats: what leaves leads nowhere back, what needs a lesson says so."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebank import Case
from casebank.errors import ExportImpossible
from casebank.exports.formats import FORMATS, ExportOrder, export_case
from casebank.exports.package import Package, read_package, write_package
from casebank.exports.printed import Exporter
from casebank.lesson import Lesson
from casebank.model import Language
from tests.unit.casebank.exports.grammars import check_documents
from tests.unit.casebank.lessons import lessons_over

ORDER = ExportOrder(Exporter("Ada Example", datetime(2026, 11, 28, 3, 0, tzinfo=UTC)))
UNPRINTED = [name for name, one in FORMATS.items() if not name.startswith("pdf")]


def _everything(data: bytes) -> bytes:
    """The bytes, and where it is a zip those of its entries."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join([data, *(archive.read(name) for name in archive.namelist())])


@pytest.mark.parametrize("name", UNPRINTED)
def test_what_leaves_names_no_release_and_the_same_case_gives_the_same_bytes(
    farmer: Case, farmer_lesson: Lesson, name: str
) -> None:
    report = {"risk": {"release": "tiny-v1"}}
    package = Package(farmer, farmer_lesson, report)
    data = export_case(package, name, ORDER)
    assert (b"tiny-v1" in _everything(data)) is not FORMATS[name].leaves
    assert export_case(package, name, ORDER) == data


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_lesson_comes_back_equal_and_keeps_to_the_schemas_of_other_systems(
    farmer: Case, data: st.DataObject
) -> None:
    lesson = data.draw(lessons_over(farmer))
    language: Language = data.draw(st.sampled_from(["en", "zh"]))
    package = Package(farmer, lesson)
    for name, kept in (("package-inside", package), ("package", package.for_outside())):
        written = export_case(package, name, ORDER)
        assert read_package(written) == kept
        assert write_package(read_package(written)) == written
    order = replace(ORDER, language=language)
    assert check_documents(export_case(package, "mvp", order)) == 3
    if lesson.exercises:
        items = check_documents(export_case(package, "qti", order))
        assert items == len(lesson.exercises) + 1


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if one.needs_lesson])
def test_a_format_that_needs_a_lesson_says_so(farmer: Case, name: str) -> None:
    with pytest.raises(ExportImpossible, match="needs stages and questions"):
        export_case(Package(farmer), name, ORDER)
