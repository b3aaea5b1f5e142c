# ruff: noqa: E501 -- cases are read as one line each
"""``carecommons scrub``: JSON lines in, JSON lines out; what cannot be scrubbed is withheld."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import cli
from deid.errors import TextRefused
from deid.keys import Keyring

PATIENT = {"given": "Rosalind", "family": "Tankersley", "birth_date": "1958-09-12", "mrn": "HS-448120",
           "relatives": [{"name": "Leland Tankersley", "relation": "husband"}], "address": None, "shoe_size": 7}  # fmt: skip
NOTES = [
    {
        "id": "1",
        "text": "Rosalind Tankersley was seen on 3/4/2025.",
        "lang": "en",
        "patient": PATIENT,
    },
    {"id": "2", "text": "Rose called.", "patient": PATIENT},
    {"id": "3", "text": "王秀兰，女", "patient": {"name": "王秀兰", "birth_date": None}},
    {"id": "4", "text": "No identifiers here."},
]


def write(path: Path, rows: list[object]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["scrub", *map(str, arguments)], catch_exceptions=True)


def run(*arguments: object) -> None:
    result = invoke(*arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


def rows_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_note_gets_a_line_with_text_and_spans(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run(write(tmp_path / "in.jsonl", NOTES), "-o", out)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"]
    spans = rows[0]["spans"]
    assert [(s["start"], s["end"], s["type"]) for s in spans] == [(0, 19, "NAME"), (32, 40, "DATE")]
    assert rows[0]["text"].startswith(spans[0]["surrogate"] + " was seen on ")
    assert rows[3] == {"id": "4", "text": "No identifiers here.", "spans": []}


def test_notes_of_one_patient_share_surrogates(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run(write(tmp_path / "in.jsonl", NOTES), "-o", out)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert rows[0]["spans"][0]["surrogate"].split()[0] == rows[1]["spans"][0]["surrogate"]


def test_a_keyring_makes_runs_repeatable(tmp_path: Path) -> None:
    Keyring.create(tmp_path / "keyring.json")
    notes = write(tmp_path / "in.jsonl", NOTES)
    for name in ("a", "b"):
        run(notes, "-o", tmp_path / name, "--key-file", tmp_path / "keyring.json")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    run(notes, "-o", tmp_path / "c")
    assert (tmp_path / "c").read_bytes() != (tmp_path / "a").read_bytes()


def test_the_number_of_processes_does_not_change_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deid.scrubbing.running.SMALL", 0)
    monkeypatch.setattr("deid.scrubbing.running.BATCH_LINES", 2)
    Keyring.create(tmp_path / "keyring.json")
    notes = write(tmp_path / "in.jsonl", [{**NOTES[0], "id": str(i)} for i in range(9)])
    for processes in (1, 2):
        run(
            notes, "-o", tmp_path / str(processes), "--key-file", tmp_path / "keyring.json",
            "--processes", processes,
        )  # fmt: skip
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


@pytest.mark.parametrize(
    ("line", "note_id", "reason"),
    [
        (b"{not json", "", "not JSON"),
        (b"[" * 100_000, "", "not JSON"),
        (b'{"id": "9", "text": "\xff"}', "", "not UTF-8"),
        (b'{"id": "9"}', "9", '"id" and "text"'),
        (b'{"id": [9], "text": "Halvorsen"}', "", '"id" is neither'),
        (b'{"id": "1", "text": "again"}', "1", "its id was there before"),
        (b'{"id": "9", "text": "\\ud800"}', "9", "broken Unicode"),
        (b'{"id": "9", "text": "x", "lang": 7}', "9", '"lang" is no text'),
        (b'{"id": "9", "text": "x", "patient": {"given": [7]}}', "9", "given is no text"),
        (b'{"id": "9", "text": "x", "patient": {"birth_date": "Halvorsen"}}', "9", "birth_date is no date"),
        (b'{"id": "9", "text": "x", "patient": {"relatives": ["Halvorsen"]}}', "9", "relatives is no list"),
        (b'{"id": "9", "text": "x", "patient": []}', "9", "no object"),
        (b'{"id": "9", "text": "x", "patient": "Halvorsen"}', "9", "no object"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_note_is_withheld_and_listed_and_the_others_are_written(
    tmp_path: Path, line: bytes, note_id: str, reason: str
) -> None:
    notes = write(tmp_path / "in.jsonl", NOTES[:1])
    notes.write_bytes(notes.read_bytes() + line + b"\n" + json.dumps(NOTES[3]).encode())
    result = invoke(notes, "-o", tmp_path / "out.jsonl")
    assert isinstance(result.exception, TextRefused)
    assert "1 notes could not be scrubbed" in str(result.exception)
    assert [row["id"] for row in rows_of(tmp_path / "out.jsonl")] == ["1", "4"]
    listed = list(csv.DictReader((tmp_path / "out.jsonl.withheld.csv").open()))
    assert [(row["line"], row["id"]) for row in listed] == [("2", note_id)]
    assert reason in listed[0]["reason"]
    assert "Halvorsen" not in listed[0]["reason"] + str(result.exception)


def test_a_note_that_takes_too_long_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    from deid.scrubbing.treating import LineTreatment, Recipe
    from deid.text.api import NoteInput, NoteOutput, TextEngine

    scrub = TextEngine.scrub

    def slow(self: TextEngine, note: NoteInput) -> NoteOutput:
        while note.note_id == "2":
            pass
        return scrub(self, note)

    monkeypatch.setattr(TextEngine, "scrub", slow)
    monkeypatch.setattr("deid.text.limits.SECONDS_A_CHARACTER", 0.0)
    treatment = LineTreatment(Recipe(b"k" * 32, seconds=0.1))
    treated = [treatment.treat(json.dumps(row).encode()) for row in NOTES[:3]]
    assert [result.withheld for result in treated] == [None, "the note takes too long", None]


def test_a_list_of_withheld_notes_of_an_earlier_run_is_not_left_behind(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    invoke(write(tmp_path / "in.jsonl", ["no note"]), "-o", out)
    assert (tmp_path / "out.jsonl.withheld.csv").exists()
    run(write(tmp_path / "in.jsonl", NOTES), "-o", out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_evidence_tells_offsets_types_detectors_and_no_text(tmp_path: Path) -> None:
    evidence = tmp_path / "spans.csv"
    run(write(tmp_path / "in.jsonl", NOTES), "-o", tmp_path / "out.jsonl", "--evidence", evidence)
    rows = list(csv.DictReader(evidence.open()))
    first = rows[0]
    assert (first["id"], first["start"], first["end"], first["type"]) == ("1", "0", "19", "NAME")
    assert "known" in first["detectors"].split()
    assert 0 < float(first["confidence"]) <= 1
    assert len(rows) == sum(len(row["spans"]) for row in rows_of(tmp_path / "out.jsonl"))  # type: ignore[arg-type]
    text = evidence.read_text("utf-8")
    assert "Tankersley" not in text
    assert "王秀兰" not in text


def test_the_review_page_shows_the_spans_by_type_and_is_private(tmp_path: Path) -> None:
    page = tmp_path / "review.html"
    run(write(tmp_path / "in.jsonl", [*NOTES, {"id": "5", "text": "<b>x</b>"}]), "--review", page)
    text = page.read_text("utf-8")
    assert '<h2 id="NAME">' in text
    assert "<del>Rosalind Tankersley</del>" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<script" not in text
    assert "http" not in text
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "review.html"]


def test_the_same_seed_reviews_the_same_notes(tmp_path: Path) -> None:
    Keyring.create(tmp_path / "keyring.json")
    notes = write(tmp_path / "in.jsonl", [{"id": str(i), "text": f"Note {i}."} for i in range(60)])
    pages = []
    for seed in (1, 1, 2):
        run(
            notes, "--review", tmp_path / "page", "--sample", 5, "--seed", seed,
            "--key-file", tmp_path / "keyring.json",
        )  # fmt: skip
        pages.append((tmp_path / "page").read_text())
    assert pages[0] == pages[1] != pages[2]
    assert pages[0].count("<h3 id=") == 5


def test_without_any_place_for_a_result_the_use_is_explained(tmp_path: Path) -> None:
    result = invoke(write(tmp_path / "in.jsonl", NOTES))
    assert result.exit_code == 2
    assert "-o OUT" in result.output


def test_tags_can_stand_for_surrogates(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run(write(tmp_path / "in.jsonl", NOTES[:1]), "-o", out, "--mode", "tag")
    assert json.loads(out.read_text())["text"] == "[NAME] was seen on [DATE]."


def test_a_killed_run_goes_on_where_it_was_and_ends_as_if_it_had_not_been_killed(
    tmp_path: Path,
) -> None:
    Keyring.create(tmp_path / "keyring.json")
    notes = write(tmp_path / "in.jsonl", [{**NOTES[i % 2], "id": f"n{i}"} for i in range(1_500)])
    # As the command itself, but with a checkpoint after each batch.
    start = (
        "import deid.scrubbing.running as running; running.SAVE_EVERY = 0; "
        "from app.cli import main; main()"
    )
    command = [
        sys.executable, "-c", start, "scrub", notes, "--processes", "1",
        "--key-file", tmp_path / "keyring.json", "--evidence", tmp_path / "spans.csv", "-o",
    ]  # fmt: skip
    killed = subprocess.Popen([*command, tmp_path / "killed"], stderr=subprocess.DEVNULL)
    done = tmp_path / ".killed.scrubbing" / "done.json"
    while not done.exists() and killed.poll() is None:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "killed").exists()
    again = subprocess.run([*command, tmp_path / "killed"], capture_output=True, check=True)
    assert b"had been done by an earlier run" in again.stderr
    evidence = (tmp_path / "spans.csv").read_bytes()
    subprocess.run([*command, tmp_path / "whole"], capture_output=True, check=True)
    assert (tmp_path / "killed").read_bytes() == (tmp_path / "whole").read_bytes()
    assert evidence == (tmp_path / "spans.csv").read_bytes()
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_another_input_under_the_same_name_starts_afresh(tmp_path: Path) -> None:
    from deid.scrubbing.checkpoint import Done, checkpoint

    out, names = tmp_path / "out", ("out.jsonl",)
    with checkpoint(out, {"input": "a"}, b"key", True, names) as held:
        held.append("out.jsonl", b"line\n")
        held.save(Done(1, 1, 0))
        held.append("out.jsonl", b"half a l")
    with checkpoint(out, {"input": "a"}, b"other key", True, names) as held:
        assert (held.done, held.key) == (Done(1, 1, 0), b"key")
        assert (held.folder / "out.jsonl").read_bytes() == b"line\n"
    with checkpoint(out, {"input": "b"}, b"other key", True, names) as held:
        assert (held.done, held.key) == (Done(), b"other key")
        assert (held.folder / "out.jsonl").read_bytes() == b""


def test_two_runs_cannot_write_one_output(tmp_path: Path) -> None:
    from deid.scrubbing.checkpoint import checkpoint

    notes, out = write(tmp_path / "in.jsonl", NOTES), tmp_path / "out.jsonl"
    with checkpoint(out, {}, b"key", True, ("out.jsonl",)):
        assert isinstance(invoke(notes, "-o", out).exception, TextRefused)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["-o", "in.jsonl"], "NOTES and -o are the same file"),
        (["-o", "./out", "--evidence", "out"], "-o and --evidence are the same file"),
        (["-o", "out", "--review", "out"], "-o and --review are the same file"),
        (["-o", "nowhere/out"], "-o: there is no folder nowhere"),
        (["-o", "/dev/null"], "-o: /dev/null is no ordinary file"),
        (["-o", "link"], "-o: link is no ordinary file"),
        (["-o", "-"], "-o: give a file"),
    ],
)
def test_no_file_is_written_over_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("in.jsonl"), list(NOTES))
    Path("link").symlink_to("elsewhere")
    before = Path("in.jsonl").read_bytes()
    result = invoke("in.jsonl", *options)
    assert result.exit_code == 2
    assert reason in result.output
    assert Path("in.jsonl").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "link"]


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    notes = tmp_path / "in.jsonl"
    notes.write_bytes(b'\xef\xbb\xbf{"id":"1","text":"BP 120/80"}\r\n{"id":"2","text":"ok"}\r\n')
    run(notes, "-o", tmp_path / "out.jsonl")
    assert [row["text"] for row in rows_of(tmp_path / "out.jsonl")] == ["BP 120/80", "ok"]


def test_notes_come_from_a_pipe_as_well(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    notes = write(tmp_path / "in.jsonl", NOTES[:2]).read_bytes()
    result = CliRunner().invoke(cli, ["scrub", "-", "-o", str(out)], input=notes)
    assert result.exit_code == 0, result.output
    assert [row["id"] for row in rows_of(out)] == ["1", "2"]
