# ruff: noqa: E501 -- cases are read as one line each
"""``carecommons scrub``: JSON lines in, JSON lines out, all or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

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


def run(*arguments: object) -> None:
    result = CliRunner().invoke(cli, ["scrub", *map(str, arguments)], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


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


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{not json", "not JSON"),
        (b'{"id": "9", "text": "\xff"}', "not UTF-8"),
        (b'{"id": "9"}', '"id" and "text"'),
        (b'{"id": "1", "text": "again"}', "its id was there before"),
        (b'{"id": "9", "text": "x", "patient": {"given": 7}}', "given is no text"),
        (b'{"id": "9", "text": "x", "patient": {"birth_date": "Halvorsen"}}', "malformed"),
        (b'{"id": "9", "text": "x", "patient": []}', None),
        (b'{"id": "9", "text": "x", "patient": "Halvorsen"}', "no object"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(
    tmp_path: Path, line: bytes, reason: str | None
) -> None:
    notes = write(tmp_path / "in.jsonl", NOTES[:1])
    notes.write_bytes(notes.read_bytes() + line + b"\n")
    with pytest.raises(TextRefused) as refusal:
        run(notes, "-o", tmp_path / "out.jsonl")
    assert "in.jsonl, line 2" in str(refusal.value)
    assert reason is None or reason in str(refusal.value)
    assert "Halvorsen" not in str(refusal.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl"]


def test_an_earlier_output_is_kept_when_a_run_fails(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("kept")
    notes = tmp_path / "in.jsonl"
    notes.write_text("{")
    with pytest.raises(TextRefused):
        run(notes, "-o", out)
    assert out.read_text() == "kept"


def test_tags_can_stand_for_surrogates(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run(write(tmp_path / "in.jsonl", NOTES[:1]), "-o", out, "--mode", "tag")
    assert json.loads(out.read_text())["text"] == "[NAME] was seen on [DATE]."
