"""Words of an English note: where they stand, their capitals, and how far a name reaches."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache, partial
from itertools import accumulate, compress
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from deid.text.document import Document, Mention, SpanType
from deid.text.normalise import fold
from deid.text.packs.en.context import KIN, TITLES
from deid.text.packs.en.lexicon import (
    NAME_WORDS,
    PARTICLES,
    english_words,
    family_names,
    is_in_dictionary,
    is_term,
    is_word,
)

# `al-Qahtani`, `d'Arcy`, `O'Dwyer`: the capital may come second.
_ARTICLED = re.compile(r"(?:al|el|ad|as|ash|d|l|o|de|bin)['-][^\W\d_a-z]")
# Letters of other scripts end a word: `Xu Lei诉` is a name and a verb.
TOKEN = re.compile(r"[^\W\d_\u2e80-\uffff]+(?:['-][^\W\d_\u2e80-\uffff]+)*\d{0,3}")
CREDENTIALS = english_words("credentials.txt")
TITLE_WORDS = frozenset(TITLES)
KIN_WORDS = frozenset(KIN)
_EPONYM_HEADS = english_words("eponym_heads.txt")
STOP_CAPITALS = english_words("stop_capitals.txt")
_ACTS = english_words("acts.txt")


_JOINING = frozenset((" ", "-", "\n"))
_HEADING = re.compile(r"^#[^\n]*", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)[.;] ")
_MOST_SENTENCES = 5
_TEXTS_HELD = 1 << 15
_SHORTEST_QUESTION, _LONGEST_QUESTION = 60, 400


class Token(NamedTuple):
    """A word with what stands between it and the word before."""

    text: str
    start: int
    end: int
    gap: str
    folded: str
    upper: bool
    titled: bool


_PIECES = re.compile(f"({TOKEN.pattern})")
_new_token = partial(tuple.__new__, Token)


def _tokens(plain: str) -> list[Token]:
    """The words of a text; all of them are made at once, without a call for each."""
    pieces = _PIECES.split(plain)
    texts = pieces[1::2]
    if not texts:
        return []
    edges = list(accumulate(map(len, pieces)))
    upper, titled, folded = zip(*map(_looks, texts), strict=True)
    rows = zip(texts, edges[:-1:2], edges[1::2], pieces[:-1:2], folded, upper, titled, strict=True)
    return list(map(_new_token, rows))


class Judged(dict[str, bool]):
    """What is told of a word by its text alone, found once for each text."""

    def __init__(self, judge: Callable[[str], bool]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, text: str) -> bool:
        if len(self) > _TEXTS_HELD:
            self.clear()
        self[text] = judged = self._judge(text)
        return judged


@lru_cache(maxsize=1 << 15)
def _looks(text: str) -> tuple[bool, bool, str]:
    """Whether a word is written in capitals, or with a capital; and its folded form."""
    upper = len(text) > 1 and text.isupper()
    titled = not upper and (text[0].isupper() or _ARTICLED.match(text) is not None)
    base = text[:-2] if text.endswith("'s") else text
    folded = base.lower() if base.isascii() and base.isalpha() else fold(base)
    return upper, titled, folded


def folded_token(text: str) -> str:
    """The folded form of a token's text."""
    return _looks(text)[2]


def is_titled(text: str) -> bool:
    """Whether a token is written with a capital and not in capitals."""
    return _looks(text)[1]


_CLINICAL = frozenset(fold(word) for word in english_words("clinical.txt"))


def is_clinical(folded: str) -> bool:
    """Whether a folded word is an eponym, a drug, a device or another clinical term."""
    return folded in _CLINICAL


def is_question(plain: str) -> bool:
    """Whether a text is one line of the length that questions about a patient have."""
    return (
        _SHORTEST_QUESTION < len(plain) < _LONGEST_QUESTION
        and "\n" not in plain.strip()
        and len(_SENTENCE_END.findall(plain)) < _MOST_SENTENCES
    )


def count_letters(plain: str) -> tuple[int, int]:
    """Letters of a text, and capitals among them."""
    if plain.isascii():
        data = plain.encode("ascii")
        small = len(data) - len(data.translate(None, ascii_lowercase.encode("ascii")))
        capitals = len(data) - len(data.translate(None, ascii_uppercase.encode("ascii")))
        return small + capitals, capitals
    return sum(map(str.isalpha, plain)), sum(map(str.isupper, plain))


class Words:
    """The words of a note, and what their shape and neighbours say of them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.plain = plain = document.plain
        self.tokens = _tokens(plain)
        self.words = [token.text for token in self.tokens]
        self.question = is_question(plain)
        self.texts = frozenset(self.words)
        letters, capitals = count_letters(plain)
        self.all_upper = letters > 40 and capitals > 0.7 * letters
        self.all_lower = letters > 40 and capitals < 0.035 * letters
        self.lowish = letters > 40 and capitals < 0.06 * letters

    def _where(self, judged: Judged) -> Iterator[int]:
        """Indices of the words of which it is told."""
        return compress(range(len(self.words)), map(judged.__getitem__, self.words))

    def _lower_name(self, i: int) -> bool:
        if i >= len(self.tokens):
            return False
        token = self.tokens[i]
        return (
            len(token.text) > 2
            and not is_word(token.folded)
            and not is_clinical(token.folded)
            and token.folded not in CREDENTIALS
        )

    def _initialled(self, i: int) -> bool:
        token = self.tokens[i]
        return len(token.text) == 1 and self.plain[token.end : token.end + 1] == "."

    def _is_eponym(self, i: int, word: str) -> bool:
        """Whether the word names a sign, test, disease or device here or anywhere."""
        base = word.removesuffix("s") if self.tokens[i].text.endswith("'s") else word
        return self._has_eponym_head(i) or is_clinical(word) or is_clinical(base)

    def _has_eponym_head(self, i: int) -> bool:
        """``Chaddock reflex``, ``Ferriman-Gallwey score``."""
        for k in (i + 1, i + 2):
            if k >= len(self.tokens):
                break
            follower = self.tokens[k]
            if follower.gap not in _JOINING:
                break
            if follower.folded in _EPONYM_HEADS:
                return True
            if follower.text[0].islower():
                break
        return False

    def _lower_surname(self, i: int) -> bool:
        """A small-letter word after a title: no verb or particle, though it may be a noun."""
        token = self.tokens[i]
        if token.folded in _ACTS or token.folded in STOP_CAPITALS or len(token.text) < 3:
            return False
        return not is_word(token.folded) or token.folded in NAME_WORDS

    def _may_be_name(self, i: int) -> bool:
        token = self.tokens[i]
        if self.all_upper or "-" in token.gap or is_term(token.text):
            return False
        return token.text.casefold() not in self.texts

    def _is_everyday(self, i: int, following: Token) -> bool:
        """A pair of capitalised words that a heading or a dictionary explains."""
        if self._in_heading(i):
            return True
        first, second = self.tokens[i].folded, following.folded
        return is_in_dictionary(first) and (is_in_dictionary(second) or is_word(second))

    def _in_heading(self, i: int) -> bool:
        """In a line that Markdown makes a heading, capitals say nothing."""
        start = self.tokens[i].start
        at = bisect_right(self._headings, (start, start)) - 1
        return at >= 0 and start < self._headings[at][1]

    @cached_property
    def _headings(self) -> list[tuple[int, int]]:
        """Where the lines that begin with ``#`` begin and end."""
        if "#" not in self.plain:
            return []
        return [match.span() for match in _HEADING.finditer(self.plain)]

    def _is_surname_like(self, token: Token) -> bool:
        if token.gap not in {" ", ". "}:
            return False
        if len(token.text) == 1 and token.text.isupper():
            after = self.plain[token.end : token.end + 1]
            return after == "." or (after in {",", "?", ";", ")", ""} and token.text not in "AI")
        return token.titled and (
            not (is_word(token.folded) or is_clinical(token.folded))
            or token.folded in family_names()
        )

    def _shaped(self, i: int) -> bool:
        """Inside a sentence, capitalised, in no list, and not a word the note also writes small."""
        token = self.tokens[i]
        if self.all_upper or self._starts_sentence(i) or len(token.text) < 3 or "-" in token.gap:
            return False
        if is_term(token.text):
            return False
        if not re.fullmatch(r"[,;]? |/| \(|\(|\n", token.gap):
            return False
        if self._in_heading(i):
            return False
        parts = map(fold, token.text.split("-"))
        # `thank you Midge`: after a small word a capital says more than the dictionary.
        before = self.tokens[i - 1]
        told = before.text.islower() and len(before.text) > 1 and token.gap == " "
        if any(is_clinical(p) or is_word(p) or (not told and is_in_dictionary(p)) for p in parts):
            return False
        lower = token.text.casefold()
        return lower not in self.texts

    def _starts_sentence(self, i: int) -> bool:
        if i == 0:
            return True
        return (
            bool(re.search(r"[.!?:;•*>\n)-]\s*$|\n", self.tokens[i].gap)) or not self.tokens[i].gap
        )

    def _next(self, i: int) -> Token | None:
        return self.tokens[i + 1] if i + 1 < len(self.tokens) else None

    def _extend(self, i: int, comma: bool = False) -> int:
        """Index of the last token of the name that begins at token ``i``."""
        end = i
        used_comma = False
        while end + 1 < len(self.tokens) and end - i < 4:
            token = self.tokens[end + 1]
            previous = self.tokens[end]
            gap = token.gap
            if gap == ". " or gap == ".":
                if len(previous.text) > 1:
                    break
            elif (
                comma
                and not used_comma
                and re.fullmatch(r", ?", gap)
                and (previous.upper or previous.titled)
            ):
                if (
                    token.upper != previous.upper
                    or token.folded in CREDENTIALS
                    or is_word(token.folded)
                ):
                    break
                used_comma = True
            elif gap not in {" ", "\n", "-"}:
                break
            initial = len(token.text) == 1 and self.plain[token.end : token.end + 1] == "."
            if token.folded in CREDENTIALS or token.folded in TITLE_WORDS:
                break
            if token.folded in STOP_CAPITALS and not initial:
                break
            if token.folded in PARTICLES and token.text.islower():
                after = self.tokens[end + 2] if end + 2 < len(self.tokens) else None
                if after is None or not (after.text[0].isupper() or after.folded in PARTICLES):
                    break
                end += 1
                continue
            if gap == "\n" and (
                not token.titled
                or is_word(token.folded)
                or is_clinical(token.folded)
                or end > i
                or len(token.text) == 1
                or is_term(token.text)
            ):
                break
            if not (token.titled or token.upper):
                break
            if len(token.text) == 1:
                if self.plain[token.end : token.end + 1] not in {".", ",", ";", "?", ")", "\n", ""}:
                    break
            elif (
                (
                    (is_word(token.folded) and token.folded not in family_names())
                    or (is_clinical(token.folded) and token.folded not in family_names())
                )
                or (token.upper and not (previous.upper or self.all_upper))
                or self.plain[token.end : token.end + 1] == ":"
            ):
                break
            end += 1
        return end

    def _extended(self, i: int, strength: int, detector: str) -> Mention:
        return self._span(i, self._extend(i), strength, detector)

    def _span(
        self, first: int, last: int, strength: int, detector: str, canonical: str | None = None
    ) -> Mention:
        start, end = self.tokens[first].start, self.tokens[last].end
        return self._mention(start, end, strength, detector, canonical)

    def _mention(
        self, start: int, end: int, strength: int, detector: str, canonical: str | None = None
    ) -> Mention:
        if self.plain[end - 2 : end] == "'s":
            end -= 2
        return Mention(start, end, SpanType.NAME, strength, detector, canonical)
