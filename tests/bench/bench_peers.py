"""The text engine beside Presidio and philter-lite, on the annotated notes of the shared folder.

The peers live in an environment of their own::

    python -m venv PEERS && PEERS/bin/pip install -r tests/bench/peers/requirements.txt
    CARECOMMONS_PEERS=PEERS python -m tests.bench peers

Recall and precision count letters and digits, whatever the category; *whole* is the share of gold
spans that are covered to the last letter; *free texts touched* is the share of texts without any
identifier in which something was found. Everything is measured in one run on one core; start-up is
not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deid.text.api import NoteInput, TextEngine
from deid.text.patients import person_of

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CORPORA = ("notes_en/dev.jsonl", "asq_phi/even.gold.jsonl", "notes_zh/dev.jsonl")
PEERS = ("presidio", "philter")
PREDICT = Path(__file__).parent / "peers" / "predict.py"
NOT_COUNTED = {"PROFESSION"}
"""Categories that no peer looks for."""

Spans = dict[str, list[tuple[int, int]]]


@dataclass(frozen=True)
class Score:
    """How spans agree with gold, character by character, and what they cost."""

    recall: float
    precision: float
    whole: float
    touched: float | None
    speed: float


def main() -> None:
    """Print one table a corpus; without the peers' environment, our own rows only."""
    peers = os.environ.get("CARECOMMONS_PEERS")
    if not peers:
        print("CARECOMMONS_PEERS is not set: our engine alone; see the top of this file")
    for corpus in CORPORA:
        path = SHARED / corpus
        if not path.exists():
            print(f"{path} is absent")
            continue
        notes = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        print(f"\n{corpus}: {len(notes)} notes")
        print("| engine | recall | precision | whole | free texts touched | characters/s |")
        print("|---|---|---|---|---|---|")
        if any(note.get("patient") for note in notes):
            _print("Care Commons, patient known", notes, *_own(notes, known=True))
        _print("Care Commons, patient unknown", notes, *_own(notes, known=False))
        for peer in PEERS if peers and "zh" not in corpus else ():
            _print(peer, notes, *_peer(peers or "", peer, path))


def _own(notes: list[dict[str, Any]], known: bool) -> tuple[Spans, float]:
    engine = TextEngine(b"bench" * 7)
    inputs = [
        NoteInput(
            note["id"],
            note["text"],
            None,
            person_of(note["patient"], note["id"]) if known and note.get("patient") else None,
            70,
        )
        for note in notes
    ]
    for note in notes:
        engine.find(NoteInput(note["id"], note["text"], None, None, 70))
    began = time.process_time()
    found = {note.note_id: [(s.start, s.end) for s in engine.find(note)] for note in inputs}
    return found, time.process_time() - began


def _peer(environment: str, peer: str, path: Path) -> tuple[Spans, float]:
    ran = subprocess.run(
        [f"{environment}/bin/python", PREDICT, peer, path],
        capture_output=True,
        check=True,
        text=True,
    )
    answer = json.loads(ran.stdout)
    spans = {note: [(s, e) for s, e in found] for note, found in answer["spans"].items()}
    return spans, float(answer["seconds"])


def _print(name: str, notes: list[dict[str, Any]], found: Spans, seconds: float) -> None:
    score = measure(notes, found, seconds)
    touched = "" if score.touched is None else f"{score.touched:.1%}"
    print(
        f"| {name} | {score.recall:.4f} | {score.precision:.4f} | {score.whole:.4f} "
        f"| {touched} | {score.speed:,.0f} |"
    )


def measure(notes: list[dict[str, Any]], found: Spans, seconds: float) -> Score:
    """Compare found spans with the gold of the notes."""
    hit = missed = false = whole = spans = free = touched = 0
    for note in notes:
        text = note["text"]
        counted = [g for g in note["spans"] if g["type"] not in NOT_COUNTED]
        gold = {i for g in note["spans"] for i in range(g["start"], g["end"]) if text[i].isalnum()}
        asked = {i for g in counted for i in range(g["start"], g["end"]) if text[i].isalnum()}
        own = {i for s, e in found[note["id"]] for i in range(s, e) if text[i].isalnum()}
        hit += len(asked & own)
        missed += len(asked - own)
        false += len(own - gold)
        spans += len(counted)
        whole += sum(
            all(i in own for i in range(g["start"], g["end"]) if text[i].isalnum()) for g in counted
        )
        if not note["spans"]:
            free += 1
            touched += bool(own)
    characters = sum(len(note["text"]) for note in notes)
    return Score(
        recall=hit / max(1, hit + missed),
        precision=hit / max(1, hit + false),
        whole=whole / max(1, spans),
        touched=touched / free if free else None,
        speed=characters / seconds,
    )


if __name__ == "__main__":
    main()
