# ruff: noqa: E501 -- an expression is read whole
"""Names that a note's form tells: who writes in a chat, whose initials close a row or a letter,
whom a line begins with, and who acts at the head of a sentence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache

import re2

from deid.text.document import Mention, Strength
from deid.text.lists import ranks
from deid.text.normalise import fold
from deid.text.packs.en.kinship import APPOSED, PEOPLE_LABEL
from deid.text.packs.en.lexicon import NAME_WORDS, english_words, is_in_dictionary, is_word
from deid.text.packs.en.namelike import NOT_NAMES, Namelike, looks, namelike
from deid.text.packs.en.shapes import CREDENTIALS, KIN_WORDS
from deid.text.packs.en.told import (
    ACT_INITIALS,
    DATED_INITIALS,
    INITIALS_ROW,
    LAST_INITIALS,
    Told,
)
from deid.text.scanning import Scanner

_ABBREVIATIONS = english_words("abbreviations.txt")
_ACTS = english_words("acts.txt")
_ROLES = english_words("roles.txt")
_PERSON_ACTS = english_words("person_acts.txt") | _ACTS
# `Priya N 1402: hey`, `[10:54] dr okonjo: ...`, `mo (10:54): ya`
_SENDER = (
    r"(?m)^(?:\[?\d{1,2}:\d\d(?: ?[ap]m)?\]?[ -]{1,3}(?:(?i:dr|rn|np|pa|md)\.? )?([A-Za-z][\w'.-]*(?: [A-Z][\w'.-]*)?):"
    r"|([A-Za-z][\w'.-]*(?: [A-Z][\w'.-]*)?)[ ,]\(?\d{1,2}:?\d\d(?: ?[ap]m)?\)?:)"
)
# `09/27/2024 9:41 PM - Deepika Krishnamurthy`
_STAMPED = r"(?m)^\W{0,2}\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4},? \d{1,2}:\d\d(?: ?[AaPp][Mm])?(?: -| –|,|:) ([A-Z][\w'-]+(?: [A-Z][\w'-]*\.?){0,2})"
_INITIALS_HEAD = re2.compile(
    r"(?mi)(?:\||\t| {2,})[ ]*(?:init(?:ials?)?|by|rn|tech|sig(?:ned)?|staff|who|nurse|ent(?:ered)? by)\.?[ ]*\|?$"
)
_LAST_CELL = re.compile(r"(?:\||\t| {2,})[ ]*([A-Za-z]{2,4})[ ]*\|?$")
_LED_INITIALS = r"(?i:\b(?:tech(?:nologist)?|typed|typist|dictated|transcribed|scribed?|entered|rn|nurse|initials?|verified|checked|by|staff|operator|recorder|prepared|read|grossed|drawn|collected)\b(?: by)?)(?:\s?[.:]{1,}|:)\s{0,3}([A-Z]{2,4}|[a-z]{2,3})\b"
_INITIALS = re.compile(r"[A-Za-z]{2,3}")
_GOES_ON = re.compile(r"[a-z.'’/-]|\s[a-z]")
_CLOSING = r"(?m)(?:[.)\d]\s+|^)(?:/|-|--|~)\s?([a-z]{2,3}|[A-Z]{2,3})\s*$"
_PAIRED = r"(?m)(?:\b(?i:our )?(?i:ref|reference|dictated|d/t|not read)\b[^\n]{0,24}?[:;,]\s?|^|\(|\d\s{2,4})((?:[A-Z]{2,4}|[a-z]{2,3})[:/](?:[a-z]{2,3}|[A-Z]{2,3}))(?:[/):\s]|$)"
_BY_CREDENTIAL = (
    r"(?m)\b(?:[A-Z][a-z'-]+|[a-z]{3,}),? (?i:md|rn|np|pa|do|lpn|ma|pa-c)\s?/\s?([a-z]{2,3})\s*$"
)
_INITIALS_ROLE = r"(?m)(?:^|[.] )([A-Z]{2,3}), (?:[a-z]+ )?(pharmacist|nurse|physician|secretary|receptionist|clerk|midwife|dietitian|therapist|registrar|resident|scribe|intern)"
_REPLY = r"(?i:\breply|replied|note|addendum|addend|response) ?\(([A-Z]{2,3}),"
_CARET = r"\b([A-Z][A-Z'-]+\^[A-Z][A-Z'-]*(?:\^[A-Z'-]*){0,3})"
_LAST_INITIAL = r"(?m)(?:^|[\s|:])([A-Z][A-Z'-]{2,}, ?[A-Z])(?:\. |\.?$|\.\n|\.,|;| )"
_LINE_HEAD = re.compile(
    r"(?m)(?:^(?:\d{1,2}[.)] ?|[-*•] ?|pt:? |re:? )?|[.!)] +)([A-Za-zÀ-ÿ][\w'’-]+(?: [A-Za-zÀ-ÿ][\w'’-]+){0,2}(?: [a-z])?),? {1,3}(?:\d{1,3} ?(?:y/?o|yo|yr|y|f|m|F|M)\b|(?:[2-9]\d|1[0-1]\d)(?= [a-z])|(?:rm|room|bed|dob) ?\d|(?:dob|rm|bed)\b)"
)
_HEAD_OF_SENTENCE = re.compile(
    r"(?:^|[.!?:;|)]\s{1,3}|\n {0,3}|[-*•|]\s)([A-Z][a-z]{1,11})(?=(?:'s)? (?:([a-z]+)|\())"
)
_PLACED = re.compile(r"(?i)(?:rm|room|bed|dob) ?\d*$")
_COLON_HEAD = re.compile(
    r"(?m)(?:(?:^|[.;] )([A-Z][a-z]{2,}): (?=[a-z0-9])|\b([A-Z][a-z'-]{2,}) (?:aware|covering|notified|updated|paged|accepting|agreeable|present|informed|at bedside|on call|to see|to follow|to call|to cover)\b"
    r"|^([A-Z][A-Z'-]{2,}) ?/ ?(?:PAGER|PGR|EXT|X?\d{4}))"
)
_SECOND = re.compile(r"(?:'s)? (?:[a-z]+) ([a-z]+)")
_ADVERBS = frozenset(
    [
        "once",
        "always",
        "never",
        "also",
        "still",
        "just",
        "already",
        "now",
        "often",
        "usually",
        "really",
        "finally",
        "then",
        "only",
        "even",
        "first",
        "last",
        "again",
        "soon",
        "recently",
    ]
)
_QUOTED_VOTE = r"(?i:\b(?:nam(?:e|ed|ing)|vote[sd]?|nickname|calls? (?:him|her|me|it)|goes by|prefers|likes to be called|aka|known as)\b)[^\n.\"“”]{0,20}[\"“]([A-Z][\w' -]{1,20})[\"”]"
_GOES_BY = r"(?i:\b(?:goes by|prefers|preferred(?: name)?|aka|a\.k\.a\.|maiden(?:/other)?(?: names?)?|other names?|alias(?:es)?|also known as|formerly|née|nee|legal name|chart lists|listed as|spelled|spelling\?|sic,?|correct(?:ion|ed)?(?: to)?))[:,]?\s{1,3}([A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2})"


_SHAPES = (
    APPOSED, PEOPLE_LABEL, _SENDER, _STAMPED, _CARET, _LAST_INITIAL, _QUOTED_VOTE, _GOES_BY, _PAIRED,
    _LED_INITIALS, _CLOSING, _BY_CREDENTIAL, _INITIALS_ROLE, _REPLY,
    DATED_INITIALS, LAST_INITIALS, ACT_INITIALS, INITIALS_ROW,
)  # fmt: skip


@cache
def _scanner() -> Scanner:
    return Scanner(_SHAPES)


class Signs(Told):
    """Finds names by a note's form."""

    def by_sign(self) -> Iterator[Mention]:
        """Senders, initials, heads of lines and of sentences, and what :class:`Kinship` finds."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, start, end in _scanner().matches(self.document):
            found[_SHAPES[number]].append((start, end))
        yield from self._senders(found[_SENDER])
        yield from self._initials_of(found)
        yield from self._line_heads()
        yield from self._acting()
        yield from self._colons()
        yield from self.by_kinship(found[APPOSED], found[PEOPLE_LABEL])
        for start, end in found[_STAMPED]:
            if looks(self.plain[start:end].split()[0]) >= Namelike.EITHER:
                yield self._mention(start, end, Strength.LABELLED, "en.name.sender")
        yield from self.by_telling()
        for start, end in found[_CARET]:
            yield self._mention(start, end, Strength.LABELLED, "en.name.caret")
        for start, end in found[_LAST_INITIAL]:
            last = self.plain[start:end].split(",")[0]
            if looks(last) >= Namelike.EITHER and fold(last) not in _ROLES:
                yield self._mention(start, end, Strength.LISTED, "en.name.last_initial")
        for start, end in found[_QUOTED_VOTE] + found[_GOES_BY]:
            words = self.plain[start:end].split()
            first = fold(words[0])
            if (
                first not in NOT_NAMES
                and first not in _ROLES
                and not (len(words) == 1 and _is_common(first))
            ):
                yield self._mention(start, end, Strength.LISTED, "en.name.goes_by")

    def _senders(self, places: list[tuple[int, int]]) -> Iterator[Mention]:
        if len(places) > 1:
            for start, end in places:
                if not self._is_heading_word(self.plain[start:end].split()[0]):
                    yield self._mention(start, end, Strength.LABELLED, "en.name.sender")

    def _is_heading_word(self, word: str) -> bool:
        folded = fold(word)
        return (
            folded in NOT_NAMES
            or folded in _ROLES
            or (folded in _ABBREVIATIONS and len(folded) > 2)
            or (
                namelike(folded) is Namelike.NO
                and (is_word(folded) or is_in_dictionary(folded))
                and folded != "mo"
            )
        )

    def _initials_of(self, found: dict[str, list[tuple[int, int]]]) -> Iterator[Mention]:
        head = _INITIALS_HEAD.search(self.plain)
        if head:
            for line in re.finditer(r"[^\n]+", self.plain[head.end() :]):
                cell = _LAST_CELL.search(line[0])
                if cell and cell[1].casefold() not in _NOT_INITIALS:
                    start = head.end() + line.start() + cell.start(1)
                    yield self._initials_at(start, start + len(cell[1]))
        for shape in (
            _LED_INITIALS, _CLOSING, _BY_CREDENTIAL, _INITIALS_ROLE, _REPLY, DATED_INITIALS,
            LAST_INITIALS,
        ):  # fmt: skip
            for start, end in found[shape]:
                word = self.plain[start:end].casefold()
                if shape is _LED_INITIALS and _GOES_ON.match(self.plain, end):
                    continue
                credential = word in CREDENTIALS and word not in ("pt", "ma")
                if word not in _NOT_INITIALS and (shape is _INITIALS_ROLE or not credential):
                    yield self._initials_at(start, end)
        for shape in (ACT_INITIALS, INITIALS_ROW):
            for start, end in found[shape]:
                for part in _INITIALS.finditer(self.plain, start, end):
                    word = part[0].casefold()
                    if word not in _NOT_INITIALS | _ABBREVIATIONS and not (
                        word in CREDENTIALS or is_word(word)
                    ):
                        yield self._initials_at(*part.span())
        for start, end in found[_PAIRED]:
            left, right = re.split("[:/]", self.plain[start:end])
            before = self.plain[self.plain.rfind("\n", 0, start) + 1 : start]
            told = before.strip(" (") != ""
            if not (told or (left.isupper() and right.islower())):
                continue
            if not {left.casefold(), right.casefold()} & _NOT_INITIALS:
                yield self._initials_at(start, start + len(left))
                yield self._initials_at(end - len(right), end)

    def _initials_at(self, start: int, end: int) -> Mention:
        found = self.plain[start:end]
        return self._mention(start, end, Strength.LISTED, "en.name.initials", f"initials:{found}")

    def _line_heads(self) -> Iterator[Mention]:
        """``1) tillery 64m``, ``dot winterbotom 86 L vlu``, ``alma q rm 214b``."""
        for match in _LINE_HEAD.finditer(self.plain):
            words = match[1].split()
            while (
                len(words) > 1
                and looks(words[0]) is Namelike.NO
                # `will sandoval 53m`
                and not (fold(words[0]) in NAME_WORDS and looks(words[1]) >= Namelike.UNKNOWN)
            ):
                words.pop(0)
            kinds = [looks(word) if len(word) > 1 else Namelike.EITHER for word in words]
            if kinds and fold(words[0]) in NAME_WORDS:
                kinds[0] = max(kinds[0], Namelike.EITHER)
            if (
                not kinds
                or kinds[0] < Namelike.EITHER
                or (
                    len(kinds) == 1 and kinds[0] < Namelike.UNKNOWN and not _PLACED.search(match[0])
                )
            ):
                continue
            if any(fold(w) in KIN_WORDS or fold(w) in _ROLES for w in words) or any(
                k is Namelike.NO for k in kinds[1:]
            ):
                continue
            length = len(" ".join(words))
            yield self._mention(
                match.end(1) - length, match.end(1), Strength.LISTED, "en.name.line_head"
            )

    def _colons(self) -> Iterator[Mention]:
        """``Kowalski: 3 stents``, ``Hendricks covering``: a name, and what is to say of it."""
        for match in _COLON_HEAD.finditer(self.plain):
            start, end = match.span(match.lastindex or 0)
            if looks(self.plain[start:end]) is Namelike.NAME:
                yield self._mention(start, end, Strength.SHAPED, "en.name.colon")

    def _acting(self) -> Iterator[Mention]:
        """``Mark bought a cuff``, ``May keeps a log``: a word that is also a name, and acts."""
        for match in _HEAD_OF_SENTENCE.finditer(self.plain):
            folded = fold(match[1])
            if folded not in NAME_WORDS and namelike(folded) is Namelike.NO:
                continue
            verb = match[2]
            if verb in _ADVERBS:
                second = _SECOND.match(self.plain, match.end(1))
                verb = second[1] if second else None
            if (
                verb
                and _acts(verb)
                and not (folded in _NOUNS and verb in ("is", "was", "has", "had"))
            ):
                yield self._mention(match.start(1), match.end(1), Strength.SHAPED, "en.name.acting")


_NOUNS = frozenset(
    [
        "pain",
        "hand",
        "head",
        "heart",
        "page",
        "case",
        "rate",
        "sleep",
        "temper",
        "skin",
        "wall",
        "frost",
        "mass",
        "lesion",
        "liver",
        "kidney",
        "lung",
        "heel",
        "hook",
        "tear",
        "cuff",
        "tube",
        "spine",
        "stent",
        "sling",
        "mole",
        "nail",
        "nurse",
        "staff",
        "price",
        "rent",
        "rain",
        "winter",
        "summer",
        "autumn",
        "spring",
        "dawn",
        "eve",
        "day",
        "days",
        "night",
        "power",
        "light",
        "will",
    ]
)
_NOT_INITIALS = (
    frozenset(
        [
            "am",
            "pm",
            "or",
            "na",
            "ok",
            "no",
            "nl",
            "mg",
            "ml",
            "cc",
            "kg",
            "lb",
            "cm",
            "mm",
            "hr",
            "bp",
            "rr",
            "wt",
            "ht",
            "yes",
            "neg",
            "pos",
            "nad",
            "wnl",
            "n/a",
            "po",
            "iv",
            "im",
            "sc",
            "qd",
            "bid",
            "tid",
            "qid",
            "prn",
            "hs",
            "ac",
            "pc",
            "the",
            "and",
            "for",
            "per",
            "see",
            "due",
            "new",
            "old",
            "ra",
            "lle",
            "rle",
            "lue",
            "rue",
            "adj",
            "xr",
            "ct",
            "mri",
            "us",
            "fax",
            "tel",
            "ext",
            "at",
            "to",
            "on",
            "in",
            "by",
            "mr",
            "ms",
            "dr",
            "drs",
            "mrs",
            "see",
            "ref",
            "end",
            "sob",
            "abd",
            "map",
            "tbd",
            "stat",
            "done",
            "none",
            "high",
            "low",
            "norm",
            "page",
            "cont",
            "not",
            "but",
            "has",
            "had",
            "was",
            "are",
        ]
    )
    | {"lmp", "edc", "edd", "lnmp", "poc", "cmp", "bmp", "cbc", "cxr", "mri"}
    | {"nkda", "nka", "rtc", "rtn", "dnr", "npo", "uoa", "act"}
)


@lru_cache(maxsize=1 << 12)
def _acts(verb: str) -> bool:
    """Whether a verb is in the third person or the past, of what people do."""
    if verb in _PERSON_ACTS:
        return True
    return len(verb) > 4 and verb.endswith("ed") and is_word(verb)


def _is_common(folded: str) -> bool:
    return ranks("en_words").get(folded, 1 << 20) < 3000 and folded not in NAME_WORDS
