"""The county's notes beside notes written by hand: how varied they are, and how well a classifier
tells them apart. Writes the table of docs/synthetic-county.md between its markers.

The annotated notes lie in ``../shared/data``; without them only the county's own figures are made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random

from deid.synth import LOCALES, Locale, Span, generate_with_gold
from deid.synth.notes.diversity import (
    Annotated,
    masked,
    measure,
    self_bleu,
    tokens,
    vocabulary_words,
)
from tests.bench.bench_county import PAGE

SHARED = Path(__file__).parents[3] / "shared" / "data"
RESIDENTS, SEED, UNTIL = 240, 20, date(2025, 6, 30)
LANGUAGE = {"en_US": "English", "zh_CN": "Chinese"}
FOLDER = {"en_US": "notes_en", "zh_CN": "notes_zh"}
BEGIN, END = "<!-- notes: begin -->", "<!-- notes: end -->"
DRAWS = 10
HEAD = (
    "| corpus | notes | sentences | commonest template | words masked too | distinct-1 | -2 | -3 "
    "| -4 | self-BLEU |\n|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Generate, measure, write the page."""
    tables, gold = generate_with_gold(RESIDENTS, SEED, today=UNTIL, faults=False)
    language = dict(
        zip(
            *(tables["person_identity"][c].to_pylist() for c in ("person_id", "language")),
            strict=True,
        )
    )
    note = (tables["note"][column].to_pylist() for column in ("note_id", "person_id"))
    person = dict(zip(*note, strict=True))
    rows, told = [], []
    for locale in LOCALES:
        ours = [
            (note.text, note.spans)
            for note in gold
            if language[person[note.note_id]] == locale.replace("_", "-")
        ]
        path = SHARED / FOLDER[locale] / "dev.jsonl"
        by_hand = _read(path) if path.exists() else []
        number = len(by_hand) or 30
        rows.append(_row(f"{LANGUAGE[locale]}, here", ours, locale, number))
        if by_hand:
            rows.append(_row(f"{LANGUAGE[locale]}, written by hand", by_hand, locale, number))
            accuracy, area = tell_apart(ours, by_hand)
            told.append(
                f"{LANGUAGE[locale]}: accuracy {accuracy:.2f}, area under the curve {area:.2f}"
            )
    queries = SHARED / "asq_phi" / "even.gold.jsonl"
    if queries.exists():
        rows.append(_row("English, queries of ASQ-PHI", _read(queries), "en_US", 30))
    block = "\n".join([HEAD, *rows])
    if told:
        block += "\n\n" + ". ".join(told) + "."
    text = PAGE.read_text(encoding="utf-8")
    pattern = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
    PAGE.write_text(pattern.sub(lambda _: f"{BEGIN}\n\n{block}\n\n{END}", text), encoding="utf-8")
    print(block)


def tell_apart(ours: Sequence[Annotated], by_hand: Sequence[Annotated]) -> tuple[float, float]:
    """Accuracy and area under the curve with which n-grams tell the two kinds of notes apart.

    Identifiers are masked, so that the telling counts and not the county's names. As many of ours
    as there are others, drawn anew ten times; each time in five parts, each foretold by the rest.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_validate
    from sklearn.pipeline import make_pipeline

    accuracies, areas = [], []
    others = [masked(text, spans) for text, spans in by_hand]
    for draw in range(DRAWS):
        sample = Random(draw).sample(list(ours), len(others))
        texts = [masked(text, spans) for text, spans in sample] + others
        is_ours = [1] * len(others) + [0] * len(others)
        model = make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True, min_df=2),
            LogisticRegression(C=30.0, max_iter=1000),
        )
        parts = StratifiedKFold(5, shuffle=True, random_state=draw)
        found = cross_validate(model, texts, is_ours, cv=parts, scoring=("accuracy", "roc_auc"))
        accuracies.append(found["test_accuracy"].mean())
        areas.append(found["test_roc_auc"].mean())
    return sum(accuracies) / DRAWS, sum(areas) / DRAWS


def _row(name: str, notes: Sequence[Annotated], locale: Locale, number: int) -> str:
    plain = measure(notes, bleu_notes=2)
    strict = measure(notes, vocabulary_words(locale), bleu_notes=2)
    every = [tokens(text) for text, _ in notes]
    draws = [self_bleu(Random(draw).sample(every, number)) for draw in range(DRAWS)]
    figures = " | ".join(f"{share:.2f}" for share in plain.distinct)
    return (
        f"| {name} | {plain.notes:,} | {plain.sentences:,} | {plain.top_share:.1%} "
        f"| {strict.top_share:.1%} | {figures} | {sum(draws) / DRAWS:.2f} |"
    )


def _read(path: Path) -> list[Annotated]:
    notes = []
    for line in path.read_text(encoding="utf-8").splitlines():
        note = json.loads(line)
        spans = [Span(s["start"], s["end"], s["type"]) for s in note["spans"]]
        notes.append((note["text"], tuple(sorted(spans, key=lambda span: span.start))))
    return notes
