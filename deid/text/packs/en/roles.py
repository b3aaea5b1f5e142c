# ruff: noqa: E501 -- an expression is read whole
"""Names behind what a person does or is to the patient: a role, a relation, or `spoke with`.

Unlike the triggers of titles and labels, these read notes in small letters and in capitals alone,
where a word itself must look like a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deid.text.document import Mention, Strength
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import NAME_WORDS, PARTICLES, english_words, is_term
from deid.text.packs.en.namelike import NOT_NAMES, Namelike, looks, namelike
from deid.text.packs.en.shapes import (
    CREDENTIALS,
    KIN_WORDS,
    TITLE_WORDS,
    Judged,
    Token,
    Words,
    folded_token,
    is_clinical,
)

_ROLES = english_words("roles.txt")
_RELATIONS = english_words("relations.txt") | KIN_WORDS
_BY_WORDS = english_words("by_words.txt")
_PERSON_VERBS = frozenset(
    [
        "saw",
        "told",
        "asked",
        "called",
        "paged",
        "texted",
        "txtd",
        "tried",
        "spoke",
        "hi",
        "hello",
        "hey",
        "dear",
        "sending",
        "seeing",
        "referring",
        "relieved",
        "meeting",
        "met",
        "reviewing",
        "contacted",
        "informed",
        "thanked",
        "reassured",
        "visited",
        "interviewed",
        "counselled",
        "counseled",
        "greeted",
    ]
)
_STRONG_TITLES = frozenset(
    [
        "dr",
        "drs",
        "doctor",
        "mr",
        "mrs",
        "ms",
        "miss",
        "mister",
        "prof",
        "nurse",
        "officer",
        "ofc",
        "pastor",
        "deacon",
        "rabbi",
        "imam",
        "sgt",
        "coach",
        "attorney",
    ]
)
_ROLE_GAP = re.compile(r" |: {1,3}|:\n? ?| \(|\. | - |/ ?| [\"“]|\.{2,}:? ?| ?= ?| {2,6}")
_KIN_GAP = re.compile(_ROLE_GAP.pattern + "|, ")
_BY_GAP = re.compile(r" |/ ?|: | \(|, ?\n{0,2}")
_LIST_GAP = re.compile(r" ?\+ ?| & |, |/| / |,? and | n ")
_FILLERS = frozenset(
    ["of", "record", "on", "call", "duty", "charge", "name", "is", "named", "called", "to", "with"]
)
_LONGEST_SHORTENED = 5
_MONTHS = frozenset(
    [
        "april",
        "may",
        "june",
        "july",
        "august",
        "march",
        "jan",
        "dec",
        "jun",
        "mar",
        "sept",
        "nov",
        "oct",
        "feb",
    ]
)
_LIST_JOINT = re.compile(r" ?\+ ?| -> ?| & | / ?|/(?=[A-Z])| and (?=[A-Za-z])")
_FOLLOWED_BY_NUMBER = re.compile(r"\s?\d|'?\d\d")


def _manners() -> dict[str, tuple[re.Pattern[str], Namelike, str]]:
    """For each word that people stand behind: the gap, how like a name the next word must be, and
    the detector; the first kind of word that has it decides."""
    found: dict[str, tuple[re.Pattern[str], Namelike, str]] = {}
    for words, manner in (
        (_ROLES, (_ROLE_GAP, Namelike.EITHER, "en.name.role")),
        (_RELATIONS, (_KIN_GAP, Namelike.EITHER, "en.name.relation")),
        (_STRONG_TITLES, (_ROLE_GAP, Namelike.EITHER, "en.name.called")),
        (_PERSON_VERBS, (_BY_GAP, Namelike.UNKNOWN, "en.name.with")),
        (_BY_WORDS, (_BY_GAP, Namelike.NAME, "en.name.with")),
    ):
        for word in words:
            found.setdefault(fold(word), manner)
    return found


_MANNERS = _manners()
_MANNERLY = Judged(lambda text: folded_token(text) in _MANNERS)


class Roles(Words):
    """Finds names behind roles, relations and words like `per`."""

    def by_role(self) -> Iterator[Mention]:
        """Names and lists of names behind a role, a relation or a weaker word."""
        for i in self._where(_MANNERLY):
            yield from self._people(i, *_MANNERS[self.tokens[i].folded])

    def _people(
        self, i: int, gap: re.Pattern[str], least: Namelike, detector: str
    ) -> Iterator[Mention]:
        j = i + 1
        # `rn, np imani`, `cards dr wellens`: the last role counts.
        if j >= len(self.tokens) or not gap.fullmatch(self.tokens[j].gap):
            return
        role = self.tokens[i]
        if self.plain[role.start - 1 : role.start].isdigit():
            return  # `2cm`
        if self.tokens[j].gap == ". " and len(role.text) > _LONGEST_SHORTENED:
            return  # the end of a sentence
        while (
            j + 1 < len(self.tokens)
            and self.tokens[j].folded in _FILLERS
            and self.tokens[j + 1].gap in (" ", ": ")
        ):
            j += 1
        upper_role = self.tokens[i].upper
        while True:
            end = self._person(j, least, upper_role)
            if end is None:
                return
            yield self._span(j, end, Strength.LISTED, detector)
            k = end + 1
            if k >= len(self.tokens):
                return
            following = self.tokens[k]
            if (
                following.folded in ("and", "n")
                and following.gap == " "
                and k + 1 < len(self.tokens)
                and self.tokens[k + 1].gap == " "
            ):
                k += 1
            elif not _LIST_GAP.fullmatch(following.gap):
                return
            if following.gap == ", " and not self._closes_list(k):
                return
            j, least = k, max(least, Namelike.EITHER)

    def _closes_list(self, k: int) -> bool:
        """Behind a comma only what is surely a name goes on with a list."""
        token = self.tokens[k]
        return token.text[0].isupper() and looks(token.text) is Namelike.NAME

    def continued(self, found: list[Mention]) -> Iterator[Mention]:
        """``L. Tran / Chip``, ``Hector & Joy``: what a list joins to a name is one too."""
        starts = {token.start: i for i, token in enumerate(self.tokens)}
        for mention in found:
            gap = _LIST_JOINT.match(self.plain, mention.end)
            i = starts.get(gap.end()) if gap else None
            if i is None or (self.tokens[i].text[0].islower() and not self.lowish):
                continue
            token = self.tokens[i]
            if (token.titled and looks(token.text) >= Namelike.EITHER) or (
                token.text.islower() and looks(token.text) is Namelike.NAME
            ):
                yield self._span(
                    i,
                    max(self._extend(i) if token.titled else i, self._reach(i)),
                    Strength.LISTED,
                    "en.name.continued",
                )

    def _person(self, j: int, least: Namelike, upper_role: bool) -> int | None:
        """Index of the last token of the name that begins at ``j``, or ``None``."""
        token = self.tokens[j]
        if len(token.text) < 2:
            return self._initial_first(j)
        if self.plain[token.end : token.end + 1] == ":" or token.folded in NOT_NAMES:
            return None
        seems = looks(token.text)
        if token.titled:
            return self._titled(j, seems, least)
        if token.upper:
            if not (upper_role or self.all_upper):
                return None
            if seems < least or (seems is Namelike.UNKNOWN and len(token.text) < 5):
                return None
            return self._reach(j)
        if not token.text.islower() or (token.folded in PARTICLES and not self._after_particles(j)):
            return None
        if token.folded in PARTICLES:
            return self._reach(j)
        if seems < least or not (self.lowish or seems is Namelike.NAME):
            return None
        if seems is Namelike.EITHER and self._is_noun_here(j):
            return None
        return self._reach(j)

    def _titled(self, j: int, seems: Namelike, least: Namelike) -> int | None:
        token = self.tokens[j]
        if token.folded in _MONTHS and _FOLLOWED_BY_NUMBER.match(
            self.plain[token.end : token.end + 3]
        ):
            return None
        before = self.tokens[j - 1]
        if (
            seems is Namelike.NO
            and token.folded in NAME_WORDS
            and token.gap == " "
            and before.folded in _RELATIONS
            and before.text.islower()
        ):
            seems = Namelike.EITHER  # `her son Will`
        following = self._next(j)
        if (
            seems is Namelike.NO
            and before.folded in _RELATIONS
            and token.gap == " "
            and token.folded in CREDENTIALS
            and following is not None
            and following.titled
            and following.gap == " "
            and looks(following.text) >= Namelike.UNKNOWN
        ):
            seems = Namelike.EITHER  # `mom Pa Xee`: no assistant
        if seems < Namelike.EITHER or is_term(token.text) or self._has_eponym_head(j):
            return None
        if seems is Namelike.UNKNOWN and least is Namelike.NAME:
            return None  # `by Cockcroft-Gault`
        if seems < least:
            # `by Murphy at`, `w/ Crane`: a family name that is a word needs a verb or stop behind it.
            if before.folded in ("from", "to", "with", "w") and is_clinical(token.folded):
                return None
            if token.folded in _MONTHS or before.folded in ("from", "to"):
                return None
        return max(self._extend(j), self._reach(j))

    def _initial_first(self, j: int) -> int | None:
        """``RN O. DRUMMOND``, ``rn c.l.``"""
        token = self.tokens[j]
        if self.plain[token.end : token.end + 1] != "." or j + 1 >= len(self.tokens):
            return None
        following = self.tokens[j + 1]
        if following.gap not in (". ", "."):
            return None
        if len(following.text) == 1:
            return (
                j + 1
                if token.text.isupper() == following.text.isupper() and following.gap == "."
                else None
            )
        if following.text[0].isupper() or namelike(following.folded) > Namelike.EITHER:
            return self._reach(j + 1) if namelike(following.folded) else None
        return None

    def _after_particles(self, j: int) -> bool:
        """``van der merwe``"""
        k = j
        while k < len(self.tokens) - 1 and self.tokens[k].folded in PARTICLES and k - j < 3:
            k += 1
            if self.tokens[k].gap != " ":
                return False
        return (
            k > j
            and namelike(self.tokens[k].folded) > Namelike.EITHER
            and self.tokens[j].folded
            in ("van", "von", "de", "del", "della", "al", "el", "bin", "ibn")
        )

    def _reach(self, j: int) -> int:
        """Further words of the same case that look like parts of the name."""
        end = j
        case = _case(self.tokens[j])
        while end + 1 < len(self.tokens) and end - j < 4:
            token = self.tokens[end + 1]
            if token.gap not in (" ", "-") and not (
                token.gap in (". ", ".") and len(self.tokens[end].text) == 1
            ):
                break
            if (
                token.folded in PARTICLES
                and end + 2 < len(self.tokens)
                and token.gap == " "
                and token.text.islower()
                and namelike(self.tokens[end + 2].folded) > Namelike.EITHER
                and self.tokens[end + 2].gap == " "
            ):
                end += 2
                continue
            if len(token.text) == 1:
                after = self.plain[token.end : token.end + 1]
                initial = (
                    token.text.isalpha()
                    and after in (".", ",", ";", ")", "\n", "")
                    and token.folded not in ("a", "i", "x")
                )
                if initial and (case == _case(token) or token.text.isupper()):
                    end += 1
                    continue
                break
            if _case(token) != case or token.folded in CREDENTIALS or token.folded in TITLE_WORDS:
                break
            if (
                looks(token.text) < (Namelike.NAME if case == "upper" else Namelike.UNKNOWN)
                or self.plain[token.end : token.end + 1] == ":"
            ):
                break
            end += 1
        return end

    def _is_noun_here(self, j: int) -> bool:
        """``wife joy to hear``: an article or a measure stands before or behind the word."""
        after = self.plain[self.tokens[j].end : self.tokens[j].end + 8]
        return bool(re.match(r"(?:ing|ed)\b|-|/\d|\s?%|\s?\d+\s?(?:mg|ml|cm)", after))


def _case(token: Token) -> str:
    if token.upper:
        return "upper"
    return "titled" if token.titled or token.text[0].isupper() else "lower"
