"""Gives annotated notes other people: the generator's notes with names from everywhere."""

from __future__ import annotations

import re
from random import Random

from deid.text.lists import ranks
from deid.text.model.training.names import family_name, given_name
from deid.text.model.training.notes import Spans
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import is_word

_FREQUENT = 6000
_LARGE, _SMALL = "ABCDEFGHJKLMNPRSTW", "abcdegjklmprst"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def swap_names(stream: Random, text: str, spans: Spans) -> tuple[str, Spans]:
    """Each word of a name replaced by a name of its case, proper words of places by others."""
    pieces: list[str] = []
    made: Spans = []
    place = length = 0
    held: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        word = match[0]
        if not word.isascii():
            return word
        if len(word) == 1:
            return stream.choice(_LARGE if word.isupper() else _SMALL)
        key = word.casefold()
        if key not in held:
            make = given_name if match.start() == 0 and stream.random() < 0.6 else family_name
            held[key] = make(stream)
        name = held[key]
        if word.isupper():
            return name.upper() if len(word) > 2 else name[:2].upper()
        return name.lower() if word.islower() else name

    for start, end, label in spans:
        kept = text[place:start]
        found = text[start:end]
        if label == "NAME":
            found = _WORD.sub(other, found)
        elif label in ("LOCATION", "ORGANIZATION"):
            found = _WORD.sub(lambda match: _elsewhere(stream, match[0]), found)
        pieces += [kept, found]
        made.append((length + len(kept), length + len(kept) + len(found), label))
        length += len(kept) + len(found)
        place = end
    pieces.append(text[place:])
    return "".join(pieces), made


def _elsewhere(stream: Random, word: str) -> str:
    """Another proper word for one that no list of words has; kind words stay."""
    folded = fold(word)
    rank = ranks("en_words").get(folded)
    if len(word) < 3 or is_word(folded) or (rank is not None and rank < _FREQUENT):
        return word
    name = family_name(stream).split()[-1]
    return name.upper() if word.isupper() else name.lower() if word.islower() else name
