"""Which files may leave, and that a parcel is read without trusting whoever wrote it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.errors import OutputRefused
from cohorts.outputs.accepted import check_file, check_name
from cohorts.outputs.parcel import (
    OUTBOX,
    ParcelFile,
    list_parcels,
    read_parcel,
    write_parcel,
)
from cohorts.outputs.pictures import check_png
from cohorts.outputs.report import FileReport, Level
from tests.unit.cohorts.outputs.pictures import chunk, png

CSV = b"area,n\nnorth,20\n"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("figure.svg", "PNG"), ("page.html", "CSV"), ("book.xlsx", "hidden sheets"),
        ("all.zip", "not opened"), ("rows.parquet", "records do not leave"),
        ("model.pkl", "cannot be looked through"), ("program.exe", "only .csv"),
        ("../up.csv", "a name has"), (".hidden.csv", "a name has"), ("a\nb.csv", "a name has"),
        ("x" * 120 + ".csv", "a name has"), ("noending", "only .csv"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_with_what_to_do(name: str, advice: str) -> None:
    with pytest.raises(OutputRefused, match=advice):
        check_name(name)


def test_a_picture_of_matplotlib_passes_and_has_to_be_looked_at() -> None:
    from matplotlib.figure import Figure

    figure, file = Figure(), io.BytesIO()
    figure.add_subplot().plot([1, 2, 3])
    figure.savefig(file, format="png")
    report = check_file("figure.png", file.getvalue())
    assert report.outcome is Level.REVIEW


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"GIF89a", "not a PNG"),
        (png() + b"PK\x03\x04", "attached behind"),
        (png(chunk(b"tEXt", b"Comment\0person 17")), "more than its pixels"),
        (png(chunk(b"eXIf", b"anything")), "more than its pixels"),
        (png()[:-6], "cut off"),
        (png()[:30] + b"\0" + png()[31:], "damaged"),
        (png(width=20_000, height=20_000, pixels=b""), "pixels"),
        (png(pixels=b"\0" * (1 << 24)), "not what its header says"),
        (png(pixels=b"\0"), "not what its header says"),
    ],
)
def test_a_picture_that_carries_more_or_unpacks_without_end_is_refused(
    content: bytes, words: str
) -> None:
    assert check_png("ok.png", png()).width == 4
    with pytest.raises(OutputRefused, match=words):
        check_png("figure.png", content)


def test_a_bomb_of_pixels_is_not_unpacked() -> None:
    bomb = zlib.compress(b"\0" * (1 << 24), 9)
    body = png()[:33] + chunk(b"IDAT", bomb) + chunk(b"IEND", b"")
    with pytest.raises(OutputRefused, match="header says"):
        check_png("figure.png", body)


def test_a_notebook_leaves_without_its_outputs() -> None:
    cell = {"cell_type": "code", "source": ["x = 1\n"], "outputs": [], "metadata": {}}
    clean = json.dumps({"cells": [cell], "metadata": {}}).encode()
    assert check_file("n.ipynb", clean).outcome is Level.REVIEW
    for dirty in (
        {"cells": [cell | {"outputs": [{"text": "17"}]}], "metadata": {}},
        {"cells": [cell | {"attachments": {"a.png": {}}}], "metadata": {}},
        {"cells": [cell], "metadata": {"widgets": {}}},
    ):
        with pytest.raises(OutputRefused, match="without its outputs"):
            check_file("n.ipynb", json.dumps(dirty).encode())
    for broken in (b"{", b"[]", b'{"cells": 1}', b"[" * 5000):
        with pytest.raises(OutputRefused, match="not a notebook"):
            check_file("n.ipynb", broken)


def test_a_text_is_searched_for_long_numbers() -> None:
    assert check_file("notes.md", b"We used 120 people.").outcome is Level.REVIEW
    assert check_file("notes.md", b"See person 4611686018427387904.").outcome is Level.FAIL
    with pytest.raises(OutputRefused, match="cannot be read"):
        check_file("notes.txt", b"a\x1b[31m")


@settings(max_examples=25, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)), st.sampled_from(
    ["t.csv", "f.png", "n.ipynb", "n.md"]
))  # fmt: skip
def test_whatever_is_sent_is_judged_or_refused(content: bytes, name: str) -> None:
    for sent in (content, b"area,n\n" + content, png()[:20] + content + png()[20:]):
        with contextlib.suppress(OutputRefused):
            check_file(name, sent)


@pytest.mark.parametrize(
    "cell", ["1" + " " * 100_000 + "x", "<" + " " * 100_000, "9" * 100_000, "a" * 300_000, "1e999"]
)
def test_a_hostile_cell_does_not_hold_up_the_check(cell: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(OutputRefused):
        check_file("t.csv", f"area,n\nnorth,20\nsouth,{cell}\n".encode())
    assert time.process_time() - begun < 2


def test_the_largest_table_is_checked_in_a_moment() -> None:
    lines = [",".join(f"c{n}" for n in range(60))]
    lines += [",".join([f"r{row}", *["12"] * 59]) for row in range(1000)]
    begun = time.process_time()
    check_file("t.csv", "\n".join(lines).encode())
    assert time.process_time() - begun < 3


def test_a_report_survives_its_json() -> None:
    report = check_file("small.csv", b"area,n\nnorth,3\n")
    assert FileReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_a_parcel_is_read_as_it_was_laid(tmp_path: Path) -> None:
    files = [ParcelFile("t.csv", CSV, {"status": "pass"}), ParcelFile("f.png", png())]
    folder = tmp_path / "p"
    folder.mkdir()
    laid = write_parcel(folder, "request-1", "Title", "Note", files)
    assert list_parcels(folder) == [laid.id]
    assert read_parcel(folder, laid.id) == laid


def _link(files: Path) -> None:
    (files / "t.csv").unlink()
    (files / "t.csv").symlink_to("/etc/passwd")


def _second_name(files: Path) -> None:
    (files.parents[2] / "elsewhere").write_bytes(CSV)
    (files / "t.csv").unlink()
    os.link(files.parents[2] / "elsewhere", files / "t.csv")


def _pipe(files: Path) -> None:
    (files / "t.csv").unlink()
    os.mkfifo(files / "t.csv")


def _change(files: Path) -> None:
    (files / "t.csv").write_bytes(CSV + b"south,30\n")


def _grow(files: Path) -> None:
    with (files / "t.csv").open("wb") as file:
        file.truncate(1 << 30)


def _add(files: Path) -> None:
    (files / "more.csv").write_bytes(CSV)


def _list(files: Path) -> None:
    (files.parent / "request.json").write_text("[" * 9000)


def _folder(files: Path) -> None:
    files.rename(files.parent / "moved")
    files.symlink_to(files.parent / "moved")


@pytest.mark.parametrize(
    "spoil", [_link, _second_name, _pipe, _change, _grow, _add, _list, _folder]
)
def test_a_parcel_that_is_not_as_it_must_be_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    laid = write_parcel(folder, "request-1", "T", "N", [ParcelFile("t.csv", CSV)])
    spoil(folder / OUTBOX / laid.id / "files")
    with pytest.raises(OutputRefused):
        read_parcel(folder, laid.id)


def test_words_of_a_parcel_can_be_kept_by_every_database(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    laid = write_parcel(tmp_path / "p", "e", "T", "N", [ParcelFile("t.csv", CSV)])
    listed = tmp_path / "p" / OUTBOX / laid.id / "request.json"
    listed.write_text(listed.read_text().replace('"T"', '"a\\ud800b\\u0000c"'))
    assert read_parcel(tmp_path / "p", laid.id).title == "a?bc"


def test_an_outbox_that_is_a_link_holds_no_parcels(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "other").mkdir()
    laid = write_parcel(tmp_path / "other", "e", "T", "N", [ParcelFile("t.csv", CSV)])
    (tmp_path / "p" / OUTBOX).symlink_to(tmp_path / "other" / OUTBOX)
    assert list_parcels(tmp_path / "p") == []
    for name in (laid.id, "../other", "20260101-000000-zzzzzzzz"):
        with pytest.raises(OutputRefused, match="no such parcel"):
            read_parcel(tmp_path / "p", name)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "at least one"),
        ([ParcelFile("a.csv", CSV), ParcelFile("A.csv", CSV)], "two files"),
        ([ParcelFile(f"{n}.csv", CSV) for n in range(31)], "at most 30"),
        ([ParcelFile(f"{n}.png", b"x" * (3 << 20)) for n in range(7)], "20 MB"),
    ],
)
def test_too_many_or_too_much_is_refused(
    tmp_path: Path, files: list[ParcelFile], words: str
) -> None:
    with pytest.raises(OutputRefused, match=words):
        write_parcel(tmp_path, "e", "T", "N", files)
