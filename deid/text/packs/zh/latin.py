"""Names in Latin letters in Chinese notes: pinyin with and without tones, by surname and syllables.

``Yan Peng``, ``Gu Wenhao``, ``MA XIAOJUN``, ``Wáng Xiùlán``, ``Ruan M.``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs.zh.lexicon import PACKAGE, has_han, surnames
from deid.text.packs.zh.pinyin import syllables_of
from deid.text.words import read_words

_WORD = r"[A-Z][a-z]+|[A-Z]{2,}"
_PAIR = re.compile(
    rf"(?<![A-Za-z])(?P<first>{_WORD})[ ,]{{1,2}}(?P<second>{_WORD})"
    rf"(?:[- ](?P<third>{_WORD}))?(?![A-Za-z])"
)
_INITIAL = re.compile(r"(?<![A-Za-z])(?P<first>[A-Z][a-z]+) (?P<second>[A-Z]{1,2})\.(?![A-Za-z])")
_PART = r"[A-Z](?:'?[A-Za-z]){1,24}"
_PARTICLE = r"(?:van|von|der|den|de|la|le|del|di|da|al|el|bin)[ -]"
_TITLED = re.compile(
    r"(?<![A-Za-z])(?:(?:Dr|Mr|Mrs|Ms|Miss|Prof|Doctor|Professor)[.:]{0,2} ?"
    rf"(?P<sure>(?:{_PARTICLE}){{0,3}}{_PART}(?:[ -](?:[A-Z]\. )?{_PART}){{0,2}}"
    rf"|(?:[A-Z]\. ?){{1,2}}{_PART}|[A-Z])"
    r"|(?:Sig|RN|NP|MD)[.:]{0,2} ?(?P<told>[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,2}))(?![A-Za-z])"
)
_ACCENTED = re.compile(r"[\u00c0-\u01ff]")
_SYLLABLES = 3
"""A given name has two syllables at most; three leave room for 欧阳 and the like."""


class PinyinAnnotator:
    """Chinese names in Latin letters, in either order."""

    name = "zh.pinyin"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of people; only in notes that have Chinese characters."""
        if not has_han(document.text):
            return
        text = without_tones(document.plain)
        for match in _PAIR.finditer(text):
            words = [w.lower() for w in match.group("first", "second", "third") if w]
            if all(map(_is_english, words)):
                continue
            last = len(words) - 1
            if (words[0] in surname_syllables() and _is_given("".join(words[1:]))) or (
                words[last] in surname_syllables() and _is_given("".join(words[:last]))
            ):
                yield Mention(*match.span(), SpanType.NAME, Strength.LISTED, "zh.pinyin.pair")
            elif last == 2 and words[0] in surname_syllables() and _is_given(words[1]):
                yield Mention(
                    match.start(),
                    match.end("second"),
                    SpanType.NAME,
                    Strength.LISTED,
                    "zh.pinyin.pair",
                )
        for match in _TITLED.finditer(text):
            place = match.span("sure" if match["sure"] else "told")
            yield Mention(*place, SpanType.NAME, Strength.LABELLED, "zh.latin.titled")
        for match in _INITIAL.finditer(text):
            if match["first"].lower() in surname_syllables():
                yield Mention(*match.span(), SpanType.NAME, Strength.LISTED, "zh.pinyin.initial")


def without_tones(text: str) -> str:
    """Letters without accents, one character for one."""
    return _ACCENTED.sub(lambda match: unicodedata.normalize("NFD", match[0])[0], text)


@cache
def surname_syllables() -> frozenset[str]:
    """Surnames in pinyin without tones."""
    return frozenset("".join(syllables_of(name)).replace("v", "u") for name in surnames())


@cache
def _syllables() -> frozenset[str]:
    return read_words(PACKAGE, "syllables.txt")


@cache
def _is_given(letters: str) -> bool:
    """Whether letters split into one to three syllables."""
    return len(letters) > 1 and _split(letters, _SYLLABLES)


def _split(letters: str, left: int) -> bool:
    if not letters:
        return True
    return left > 0 and any(
        letters[:length] in _syllables() and _split(letters[length:], left - 1)
        for length in range(min(6, len(letters)), 0, -1)
    )


def _is_english(word: str) -> bool:
    return word in read_words(PACKAGE, "english_syllables.txt")
