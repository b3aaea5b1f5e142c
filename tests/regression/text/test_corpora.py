"""Measured floors on the shared development corpora; a fall below one is a regression.

The floors lie slightly under what was measured when they were set. The development corpora were
looked at while the rules were written; the held-out ones were only scored.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from deid.text.api import NoteInput, TextEngine
from deid.text.patients import person_of

KEY = b"k" * 32


HELD_OUT = Path(__file__).parent / "corpora" / "held_out"


def measure(
    shared: Path, corpora: Sequence[Path], with_patient: bool
) -> tuple[dict[str, Any], float]:
    """The scorer's result, and the share of identifier-free texts that were touched."""
    place = shared.parent / "tools" / "score_deid.py"
    module_spec = importlib.util.spec_from_file_location("score_deid", place)
    assert module_spec is not None
    assert module_spec.loader is not None
    scorer = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(scorer)
    engine = TextEngine(KEY)
    gold, predicted, free, touched = {}, {}, 0, 0
    for line in (line for corpus in corpora for line in corpus.read_text("utf-8").splitlines()):
        row = json.loads(line)
        patient = row.get("patient") if with_patient else None
        person = person_of(patient, row["id"]) if patient else None
        spans = engine.find(NoteInput(row["id"], row["text"], None, person, 70))
        gold[row["id"]] = row
        predicted[row["id"]] = {
            "spans": [{"start": s.start, "end": s.end, "type": str(s.type)} for s in spans]
        }
        free += not row["spans"]
        touched += not row["spans"] and bool(spans)
    return scorer.score(gold, predicted)[0], touched / free if free else 0.0


@pytest.mark.shared
@pytest.mark.parametrize(
    ("corpus", "with_patient", "recall", "precision"),
    [
        ("notes_en/dev.jsonl", True, 0.99, 0.955),
        ("notes_en/dev.jsonl", False, 0.985, 0.955),
        ("notes_zh/dev.jsonl", True, 0.997, 0.98),
        ("notes_zh/dev.jsonl", False, 0.995, 0.98),
        ("asq_phi/even.gold.jsonl", False, 0.998, 0.975),
    ],
)
def test_recall_and_precision_do_not_fall(
    shared: Path, corpus: str, with_patient: bool, recall: float, precision: float
) -> None:
    result, _ = measure(shared, [shared / corpus], with_patient)
    assert result["char_recall"] >= recall
    assert result["char_precision"] >= precision


@pytest.mark.shared
@pytest.mark.parametrize(
    ("language", "with_patient", "recall", "precision"),
    [
        ("en", True, 0.955, 0.92),
        ("en", False, 0.945, 0.92),
        ("zh", True, 0.94, 0.94),
        ("zh", False, 0.92, 0.94),
    ],
)
def test_notes_that_nobody_looked_at_do_not_lose_what_is_found_in_them(
    shared: Path, language: str, with_patient: bool, recall: float, precision: float
) -> None:
    result, _ = measure(shared, sorted((HELD_OUT / language).glob("*.jsonl")), with_patient)
    assert result["char_recall"] >= recall
    assert result["char_precision"] >= precision


@pytest.mark.shared
def test_queries_are_covered_whole_and_few_without_identifiers_are_touched(shared: Path) -> None:
    result, touched = measure(shared, [shared / "asq_phi/even.gold.jsonl"], False)
    assert result["span_full"] >= 0.9975
    assert touched <= 0.05
