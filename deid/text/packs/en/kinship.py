# ruff: noqa: E501 -- an expression is read whole
"""Names told by what stands behind them or about them: ``Summer (great-niece, 19)``, ``Joy, her
daughter``, ``Present: Marta, Leo``, a last line, a word with a capital inside a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid.text.document import Mention, Strength
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import NAME_WORDS, english_words, is_term
from deid.text.packs.en.namelike import NOT_NAMES, Namelike, looks
from deid.text.packs.en.shapes import (
    KIN_WORDS,
    STOP_CAPITALS,
    Judged,
    Words,
    folded_token,
    is_clinical,
    is_titled,
)
from deid.text.words import alternation

_KIN = alternation(sorted(KIN_WORDS | english_words("relations.txt")))
_CAP = r"[A-ZÀ-Þ][A-Za-z0-9_'’À-ɏḀ-ỿ-]+"
APPOSED = (
    rf"\b({_CAP}(?: {_CAP}){{0,2}})(?: \((?:(?:his|her|their|my|the|pt'?s|patient's|great|older|younger|elder|eldest|oldest|youngest|adult|teen|late|ex)[ -]+){{0,2}}(?:{_KIN}|age|aged|\d{{1,2}} ?(?:yo|y|mo|yrs?)?[,)])"
    rf"|,? (?:his|her|their|my|the patient's|pt'?s) (?:(?:late|older|younger|elder|eldest|oldest|youngest|adult|teenage|twin|estranged|ex|foster|step)[ -]+)?{_KIN}\b)"
)
PEOPLE_LABEL = r"(?im)(?:^|[|;.]\s?| {2,})(?:(?:also |others? |family |those )?present|attend(?:ees|ance|ing)|team|household|lives? with|siblings|sibs|kids|children|contacts?|emergency contacts?|ec|ice|witness(?:es)?|assistants?|participants?|crew|staff|copies|copy to|cc|distribution|hcp|hcpoa|poa|dpoa|mpoa|proxy|nok|next of kin|visitors?|support(?: person| people)?|signed|seen with|accompanied by|brought by|informant|historian|history from|source|escort|reporter|responsible party|guarantor|subscriber|policy ?holder)\s?(?:\([^)\n]{0,20}\) ?)?[:=]\s?([^\n|]{2,120})"
_LISTED_CAP = re.compile(rf"{_CAP}(?: (?:{_CAP}|[A-Z]\.?(?=[,;)\s]|$)))*")
_LAST_LINE = re.compile(
    rf"(?m)^[ ]*(?:[-~/*]{{1,2}} ?)?((?:[A-Z]\. ?){{0,2}}{_CAP}(?: (?:[A-Z]\.|{_CAP})){{0,2}})(?:,? (?:[A-Z][A-Za-z.-]{{1,6}},? ?){{0,4}})?[ ]*$"
)
_NOT_MID = frozenset(
    [
        "may",
        "april",
        "june",
        "august",
        "march",
        "dec",
        "jan",
        "will",
        "can",
        "north",
        "south",
        "east",
        "west",
        "hill",
        "lake",
        "river",
        "park",
        "church",
        "house",
        "hall",
        "ward",
        "field",
        "street",
        "day",
        "spring",
        "fall",
        "king",
        "queen",
        "best",
        "early",
        "christian",
        "pope",
        "page",
        "chart",
        "case",
        "price",
        "low",
        "high",
        "green",
        "red",
        "blue",
        "black",
        "white",
        "brown",
        "gray",
        "grey",
        "young",
        "old",
        "hunter",
        "hand",
        "heart",
        "major",
        "minor",
        "star",
        "royal",
        "point",
        "gold",
        "silver",
        "stone",
        "wood",
        "english",
        "welch",
        "irish",
    ]
)
_TAIL_LINES = 4
_MAY_BE_INSIDE = Judged(
    lambda text: is_titled(text) and folded_token(text) in NAME_WORDS - _NOT_MID
)


class Kinship(Words):
    """Finds names by what apposes, lists or ends."""

    def by_kinship(
        self, apposed: list[tuple[int, int]], lists: list[tuple[int, int]]
    ) -> Iterator[Mention]:
        """Names in apposition, behind labels of people, in last lines, and capitals in sentences."""
        for start, end in apposed:
            first = self.plain[start:end].split()[0]
            if self._may_be_person(first) and not is_term(first):
                yield self._mention(start, end, Strength.LISTED, "en.name.apposed")
        for start, end in lists:
            for name in _LISTED_CAP.finditer(self.plain, start, end):
                first = name[0].split()[0]
                if (
                    looks(first) >= Namelike.EITHER
                    and self.plain[name.end() : name.end() + 1] != ":"
                ):
                    yield self._mention(name.start(), name.end(), Strength.LISTED, "en.name.people")
        yield from self._last_lines()
        yield from self._inside_sentences()

    def _may_be_person(self, word: str) -> bool:
        folded = fold(word)
        return (
            len(folded) > 2 and folded not in STOP_CAPITALS and folded not in NOT_NAMES and folded not in KIN_WORDS
            and not word.isupper() and not (is_clinical(folded) and looks(word) is Namelike.NO) and looks(word) >= Namelike.EITHER
        )  # fmt: skip

    def _last_lines(self) -> Iterator[Mention]:
        lines = self.plain.rstrip().rfind("\n")
        for _ in range(_TAIL_LINES - 1):
            lines = self.plain.rfind("\n", 0, max(0, lines)) if lines > 0 else lines
        for match in _LAST_LINE.finditer(self.plain, max(0, lines + 1)):
            words = [w for w in re.findall(r"[\w'’-]+", match[1]) if len(w) > 1]
            kinds = [looks(word) for word in words]
            if (
                kinds
                and kinds[0] >= Namelike.EITHER
                and all(k > Namelike.NO for k in kinds)
                and (
                    len(kinds) > 1
                    or kinds[0] > Namelike.EITHER
                    or match.start(1) > len(self.plain) - 40
                )
            ):
                yield self._mention(
                    match.start(1), match.end(1), Strength.LISTED, "en.name.last_line"
                )

    def _inside_sentences(self) -> Iterator[Mention]:
        """``told Hope that``: a word that is also a name, with a capital that no sentence gave it."""
        for i in self._where(_MAY_BE_INSIDE):
            token, before = self.tokens[i], self.tokens[i - 1]
            if (
                i == 0
                or token.gap != " "
                or not before.text.islower()
                or self._has_eponym_head(i)
                or self._in_heading(i)
            ):
                continue
            if looks(token.text) >= Namelike.EITHER and token.text.casefold() not in self.texts:
                yield self._span(i, self._extend(i), Strength.SHAPED, "en.name.inside")
