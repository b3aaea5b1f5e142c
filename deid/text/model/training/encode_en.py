"""English notes as training sequences: features and a label for each token."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from deid.text.lists import ranks
from deid.text.model.english import OFFSETS, PAD, features, style_of, tokenise
from deid.text.model.tagger import pair_names, wide_names
from deid.text.model.training.names import listed
from deid.text.model.training.notes import Note, Spans

LABELS = ("O", "NAME", "LOCATION", "ORGANIZATION", "DATE", "ID", "CONTACT", "PROFESSION")
_LABEL_OF = {
    "PHONE": "CONTACT", "EMAIL": "CONTACT", "URL": "CONTACT", "IP": "CONTACT", "AGE_OVER_89": "O",
}  # fmt: skip
_WORD_NOTES = 3
_KIND_SPANS = 6


def label_tokens(starts: Sequence[int], tokens: Sequence[str], spans: Spans) -> list[str]:
    """One label for each token: that of the span that holds its first visible character."""
    labels = []
    at = 0
    for start, token in zip(starts, tokens, strict=False):
        place = start + (1 if token[0] == " " and len(token) > 1 else 0)
        while at < len(spans) and spans[at][1] <= place:
            at += 1
        inside = at < len(spans) and spans[at][0] <= place
        label = spans[at][2] if inside else "O"
        labels.append(_LABEL_OF.get(label, label))
    return labels


def vocabulary(notes: Sequence[Note]) -> frozenset[str]:
    """Words that may count by themselves: not names, and not words of a few identifiers only."""
    outside: Counter[str] = Counter()
    inside: dict[str, set[str]] = defaultdict(set)
    for text, spans in notes:
        tokens, starts = tokenise(text)
        for token, label, start in zip(
            tokens, label_tokens(starts, tokens, spans), starts, strict=False
        ):
            word = features(token, "")[0][0]
            if label == "O":
                outside[word] += 1
            elif label != "NAME":
                inside[word].add(text[max(0, start - 12) : start + len(token)].casefold())
    names = listed()
    kept = set()
    for word in set(outside) | set(inside):
        bare = word[2:]
        if not bare.isalpha():
            kept.add(word)
            continue
        if bare in names and ranks("en_words").get(bare, 1 << 20) > 2500 and len(inside[word]) < 40:
            continue
        if outside[word] >= _WORD_NOTES or len(inside[word]) >= _KIND_SPANS:
            kept.add(word)
    return frozenset(kept)


def encode(note: Note, words: frozenset[str]) -> tuple[list[list[str]], list[str]]:
    """Features and labels of a note's tokens; some listed names are treated as unknown."""
    text, spans = note
    tokens, starts = tokenise(text)
    style = style_of(text)
    found = [_encoded(token, style, words) for token in (*PAD, *tokens, *PAD)]
    heads = [names[0] if names[0] in words else "w=?" for names, _ in found]
    classes = [coarse for _, coarse in found]
    items = []
    for i in range(len(found)):
        item = list(pair_names(heads, classes, i))
        for offset in OFFSETS:
            at = i + offset
            if 0 <= at < len(found):
                item += wide_names(found[at][0], offset)
        items.append([name for name in item if "w=?" not in name])
    outside = ["O"] * len(PAD)
    return items, outside + label_tokens(starts, tokens, spans) + outside


def _encoded(token: str, style: str, words: frozenset[str]) -> tuple[list[str], str]:
    found, coarse = features(token, style, hide=True)
    if found[0] not in words:
        found = ["w=?", *found[1:]]
    return found, coarse


def sequences(notes: Sequence[Note]) -> Iterator[tuple[list[list[str]], list[str]]]:
    """Encoded notes."""
    words = vocabulary(notes)
    for note in notes:
        if note[0]:
            yield encode(note, words)
