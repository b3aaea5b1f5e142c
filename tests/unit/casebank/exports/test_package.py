"""Our own format: export, import, equal; what it would not have written is refused."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebank import Case
from casebank.errors import PackageRefused
from casebank.exports import package as package_module
from casebank.exports.package import Package, read_package, write_package
from casebank.lesson import Lesson
from tests.unit.casebank import residents

REPORT = {
    "findings": [{"code": "B2", "text": "few distractors"}],
    "risk": {"release": "tiny-v1", "k": 5, "people": 61},
}


@pytest.fixture(scope="module")
def whole(farmer: Case, farmer_lesson: Lesson) -> Package:
    return Package(farmer, farmer_lesson, REPORT)


def _entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(entries: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return target.getvalue()


def _signed(entries: dict[str, bytes], **changes: Any) -> bytes:
    """The entries with a manifest that fits them."""
    manifest = json.loads(entries["manifest.json"]) | changes
    manifest["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in entries.items()
        if name != "manifest.json"
    }
    return _zip(entries | {"manifest.json": json.dumps(manifest).encode()})


def test_what_was_exported_is_imported_equal_and_exported_again_byte_for_byte(
    whole: Package, teacher: Case
) -> None:
    for one in (whole, whole.for_outside(), Package(teacher), Package(teacher.for_student())):
        data = write_package(one)
        assert read_package(data) == one
        assert write_package(read_package(data)) == data


def test_what_leaves_the_institution_leads_back_to_no_release(whole: Package) -> None:
    contents = b"".join(_entries(write_package(whole.for_outside())).values()).decode()

    assert "tiny-v1" not in contents
    assert "sources" in contents
    assert json.loads(_entries(write_package(whole.for_outside()))["case.json"])["sources"] is None
    assert "tiny-v1" in b"".join(_entries(write_package(whole)).values()).decode()
    assert whole.for_outside().report == {
        "findings": REPORT["findings"],
        "risk": {"k": 5, "people": 61},
    }


def test_a_report_loses_ids_of_persons_and_rows(whole: Package) -> None:
    assert whole.case.sources is not None
    person = str(residents.FARMER)
    report = {"a": [person, "kept"], "b": {person: 1}, "c": f"of tiny-v1, person {person}"}

    assert Package(whole.case, None, report).for_outside().report == {"a": ["kept"], "b": {}}


def _broken(entries: dict[str, bytes]) -> dict[str, bytes]:
    case = bytearray(entries["case.json"])
    case[len(case) // 2] ^= 1
    return entries | {"case.json": bytes(case)}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda e: b"no zip at all", "not a zip"),
        (lambda e: _zip(e)[:-40], "not a zip, or it is damaged"),
        (lambda e: _zip(_broken(e)), "case.json: its digest"),
        (lambda e: _zip(e | {"../../etc/passwd": b"x"}), "something that no package of ours has"),
        (lambda e: _zip(e | {"/case.json": b"x"}), "something that no package of ours has"),
        (lambda e: _zip({k: v for k, v in e.items() if k != "case.json"}), "case.json is missing"),
        (lambda e: _zip({k: v for k, v in e.items() if k != "lesson.json"}), "does not list"),
        (lambda e: _signed(e, format="care-commons-package/2"), "the format is not"),
        (lambda e: _signed(e, more=1), "does not have the fields"),
        (lambda e: _signed(e, terms=[1]), "not a list of texts"),
        (lambda e: _signed(e, with_sources=False), "says wrongly"),
        (lambda e: _signed(e | {"report.json": b"[]"}), "report.json: not an object"),
        (lambda e: _signed(e | {"report.json": b'{"a":1,"a":2}'}), "gives a field twice"),
        (lambda e: _signed(e | {"report.json": b'{"a": 1}'}), "not in the canonical form"),
        (lambda e: _signed(e | {"case.json": b"{}"}), "not of schema"),
        (
            lambda e: _signed(
                e | {"lesson.json": re.sub(rb'"d\d+"', b'"d99999"', e["lesson.json"])}
            ),
            "names data that the case does not have",
        ),
    ],
)  # fmt: skip
def test_what_an_export_would_not_have_written_is_refused(
    whole: Package, damage: Callable[[dict[str, bytes]], bytes], said: str
) -> None:
    with pytest.raises(PackageRefused, match=said):
        read_package(damage(_entries(write_package(whole))))


def test_an_entry_that_grows_without_end_is_not_read_to_its_end(
    whole: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_module, "LARGEST_ENTRY", 1 << 20)
    bomb = _zip(_entries(write_package(whole)) | {"case.json": b" " * (4 << 20)})
    assert len(bomb) < 1 << 16

    with pytest.raises(PackageRefused, match=r"case\.json: larger than 1 MB"):
        read_package(bomb)
    with pytest.raises(PackageRefused, match="the file is larger"):
        read_package(b"x" * ((8 << 20) + 1))


def test_an_entry_that_stands_there_twice_is_refused(whole: Package) -> None:
    target = io.BytesIO(write_package(whole))
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("case.json", b"{}")

    with pytest.raises(PackageRefused, match="twice"):
        read_package(target.getvalue())


def test_an_entry_that_is_packed_in_another_way_is_refused(whole: Package) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        for name, data in _entries(write_package(whole)).items():
            archive.writestr(name, data)

    with pytest.raises(PackageRefused, match="no export uses"):
        read_package(target.getvalue())


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_package_with_one_bit_changed_is_the_same_or_refused(
    whole: Package, place: float, bit: int
) -> None:
    data = bytearray(write_package(whole))
    data[int(place * len(data))] ^= 1 << bit
    with contextlib.suppress(PackageRefused):
        assert read_package(bytes(data)) == whole
