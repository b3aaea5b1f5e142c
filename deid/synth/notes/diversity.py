"""How varied notes are: measures that a template cannot please.

*Templates*: sentences with identifiers, numbers and, if wanted, words of the vocabulary masked; the
share of the most frequent one tells how much of a corpus a single template makes up. *Distinct-n*
(Li 2016, NAACL): different n-grams over all n-grams, in a sample of fixed size because it falls
with length. *Self-BLEU* (Zhu 2018, SIGIR): how much of a note other notes say already; it rises
with the number of notes, so that only equal numbers compare. *Compression*: size of the gzipped
text over its size.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import exp, log
from random import Random

from deid.synth.notes import load_grammar
from deid.synth.notes.text import Span
from deid.synth.people import Locale
from deid.vocabulary import load_terms

Annotated = tuple[str, Sequence[Span]]
"""A note and its identifiers."""

_SENTENCE = re.compile(r"[\n。！？；]+|(?<=[.!?;])\s+|(?<=[a-z#9]) {2,}")
_TOKEN = re.compile(r"[㐀-鿿]|[A-Za-z]+|\d+(?:\.\d+)?|[^\sA-Za-z0-9]")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,:/]\d+)*")
_IN_BRACKETS = re.compile(r"\s*[\[(].*?[\])]")
_WORD = re.compile(r"[A-Za-z㐀-鿿@]")
SAMPLE_TOKENS = 6_000
"""Length of the sample of distinct-n: that of the smallest public corpus, about."""
BLEU_NOTES = 60
_START = 2  # letters by which words are grouped
_WORDINGS = ("symptom.", "diagnosis.", "drug.", "vaccine.", "procedure.", "reading.", "series.",
             "amount.", "answer.", "label.")  # fmt: skip
"""Productions that say a word of the vocabulary."""


@dataclass(frozen=True)
class Diversity:
    """Measures of one corpus; shares are of 1. ``top`` are the commonest templates, with shares."""

    notes: int
    sentences: int
    templates: int
    top: tuple[tuple[str, float], ...]
    distinct: tuple[float, float, float, float]
    self_bleu: float
    compression: float

    @property
    def top_share(self) -> float:
        """Share of the sentences that the commonest template makes up."""
        return self.top[0][1] if self.top else 0.0


def vocabulary_words(locale: Locale) -> set[str]:
    """Names of all terms of the vocabulary, and all wordings that the grammar has for them."""
    chinese = locale == "zh_CN"
    names = {term.zh if chinese else _IN_BRACKETS.sub("", term.en) for term in load_terms()}
    said = names | load_grammar(locale).wordings(_WORDINGS)
    return {word for word in said if len(word) > 1 and "\n" not in word}


def measure(
    notes: Sequence[Annotated],
    words: Iterable[str] = (),
    stream: Random | None = None,
    bleu_notes: int = BLEU_NOTES,
) -> Diversity:
    """All measures of some notes; ``words`` are those that count as slots of a template.

    Self-BLEU is that of ``bleu_notes`` of the notes.
    """
    stream = stream or Random(1)  # noqa: S311 - a sample  # nosec B311 # synthetic residents
    counted = Counter(templates(notes, words))
    total = sum(counted.values())
    order = list(notes)
    stream.shuffle(order)
    first = list(islice(_tokens(order), SAMPLE_TOKENS))
    sample = [tokens(text) for text, _ in order[:bleu_notes]]
    text = "\n".join(text for text, _ in order)[: 8 * SAMPLE_TOKENS].encode()
    return Diversity(
        notes=len(notes),
        sentences=total,
        templates=len(counted),
        top=tuple((template, count / total) for template, count in counted.most_common(8)),
        distinct=tuple(distinct(first, n) for n in (1, 2, 3, 4)),  # type: ignore[arg-type]
        self_bleu=self_bleu(sample),
        compression=len(gzip.compress(text)) / max(len(text), 1),
    )


def templates(notes: Iterable[Annotated], words: Iterable[str] = ()) -> Iterable[str]:
    """The sentences of notes with ``#`` for an identifier, ``9`` for a number, ``@`` for a word."""
    lexicon = _lexicon(words)
    for text, spans in notes:
        for sentence in _SENTENCE.split(masked(text, spans)):
            if lexicon is not None:
                sentence = lexicon.sub("@", sentence)
            template = _NUMBER.sub("9", sentence).strip(" .,;:：，、。-–—*>·|")
            # A line that holds a name or a number alone is no sentence.
            if _WORD.search(template):
                yield template


def _lexicon(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds the longest word that begins at a place; one in ASCII is never part of another.

    Where a word in Chinese fits it is longer than any in ASCII there, and so it is tried first.
    """
    known = sorted({word.lower() for word in words}, key=len, reverse=True)
    if not known:
        return None
    chinese = _alternatives(word for word in known if not word.isascii())
    ascii_ = _alternatives(word for word in known if word.isascii())
    return re.compile(f"{chinese}|(?<![A-Za-z]){ascii_}(?![A-Za-z])", re.IGNORECASE)


def _alternatives(words: Iterable[str]) -> str:
    """A pattern for any of the words, the first of one beginning first; never fits if none is.

    By their first letters: a regular expression tries thousands of alternatives one by one.
    """
    by_start: dict[str, list[str]] = {}
    for word in words:
        by_start.setdefault(word[:_START], []).append(re.escape(word[_START:]))
    groups = [f"{re.escape(start)}(?:{'|'.join(ends)})" for start, ends in by_start.items()]
    return f"(?:{'|'.join(groups)})" if groups else "(?!)"


def masked(text: str, spans: Sequence[Span]) -> str:
    """A note with ``#`` for each identifier."""
    for span in reversed(spans):
        text = f"{text[: span.start]}#{text[span.end :]}"
    return text


def distinct(words: Sequence[str], n: int) -> float:
    """Different n-grams over all n-grams."""
    grams = list(_grams(words, n))
    return len(set(grams)) / max(len(grams), 1)


def tokens(text: str) -> list[str]:
    """Words, numbers, marks and single Chinese characters."""
    return _TOKEN.findall(text)


def self_bleu(notes: Sequence[Sequence[str]], longest: int = 4) -> float:
    """Mean BLEU of each note against all the others; 1 if each note is said by the others."""
    if len(notes) < 2:
        return 0.0
    grams = [[Counter(_grams(words, n)) for n in range(1, longest + 1)] for words in notes]
    total = 0.0
    for i, own in enumerate(grams):
        logs = 0.0
        for n in range(longest):
            best: Counter[tuple[str, ...]] = Counter()
            for j, other in enumerate(grams):
                if j != i:
                    best |= Counter({g: other[n][g] for g in own[n] if g in other[n]})
            said = sum(min(count, best[gram]) for gram, count in own[n].items())
            logs += log(max(said, 0.1) / max(own[n].total(), 1))
        total += exp(logs / longest)
    return total / len(notes)


def _grams(words: Sequence[str], n: int) -> Iterable[tuple[str, ...]]:
    return (tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _tokens(notes: Iterable[Annotated]) -> Iterable[str]:
    for text, _ in notes:
        yield from tokens(text)
