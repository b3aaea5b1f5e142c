"""Chinese notes as training sequences: features and a label for each character."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deid.text.model.chinese import TEMPLATES, feature_codes, prepared
from deid.text.model.training.notes import Note

LABELS = ("O", "NAME", "LOCATION", "ORGANIZATION", "DATE", "ID", "CONTACT")
_LABEL_OF = {
    "PHONE": "CONTACT", "EMAIL": "CONTACT", "URL": "CONTACT", "IP": "CONTACT", "AGE_OVER_89": "O",
    "PROFESSION": "O",
}  # fmt: skip


def sequences(notes: Sequence[Note]) -> Iterator[tuple[list[list[str]], list[str]]]:
    """Encoded notes: features and a label for each character."""
    for text, spans in notes:
        if not text:
            continue
        codes = feature_codes(prepared(text)).T.tolist()
        labels = ["O"] * len(text)
        for start, end, label in spans:
            labels[start:end] = [_LABEL_OF.get(label, label)] * (end - start)
        yield (
            [
                [f"{name}|{code}" for name, code in zip(TEMPLATES, row, strict=True)]
                for row in codes
            ],
            labels,
        )
