"""Measured floors on the shared development corpora; a fall below one is a regression.

The floors lie slightly under what was measured when they were set. They are no claim about other
notes: these corpora were looked at while the rules were written.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from deid.text.api import NoteInput, TextEngine
from deid.text.patients import person_of

KEY = b"k" * 32


def measure(shared: Path, corpus: str, with_patient: bool) -> tuple[dict[str, Any], float]:
    """The scorer's result, and the share of identifier-free texts that were touched."""
    place = shared.parent / "tools" / "score_deid.py"
    module_spec = importlib.util.spec_from_file_location("score_deid", place)
    assert module_spec is not None
    assert module_spec.loader is not None
    scorer = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(scorer)
    engine = TextEngine(KEY)
    gold, predicted, free, touched = {}, {}, 0, 0
    for line in (shared / corpus).read_text("utf-8").splitlines():
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
        ("notes_en/dev.jsonl", True, 0.993, 0.995),
        ("notes_en/dev.jsonl", False, 0.98, 0.995),
        ("notes_zh/dev.jsonl", True, 0.997, 0.995),
        ("notes_zh/dev.jsonl", False, 0.995, 0.995),
        ("asq_phi/even.gold.jsonl", False, 0.986, 0.994),
    ],
)
def test_recall_and_precision_do_not_fall(
    shared: Path, corpus: str, with_patient: bool, recall: float, precision: float
) -> None:
    result, _ = measure(shared, corpus, with_patient)
    assert result["char_recall"] >= recall
    assert result["char_precision"] >= precision


@pytest.mark.shared
def test_few_queries_without_identifiers_are_touched(shared: Path) -> None:
    assert measure(shared, "asq_phi/even.gold.jsonl", False)[1] <= 0.05
