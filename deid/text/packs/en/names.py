# ruff: noqa: E501 -- an expression or a word list is read whole
"""Finds names in English notes without knowing the patient: triggers first, then lexicon, then shape.

Triggers are titles, credentials, kin words and labels. The lexicon gives given and family names.
Shape is the last resort: a capitalised word inside a sentence that is in no list of ordinary,
clinical or eponymous words is more often a name than anything else. What was found by a trigger is
looked for in the rest of the note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import re2

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.normalise import fold
from deid.text.packs.en.context import KIN, TITLES
from deid.text.packs.en.lexicon import (
    NAME_WORDS,
    PARTICLES,
    US_STATES,
    english_words,
    family_names,
    given_names,
    is_in_dictionary,
    is_term,
    is_word,
)

# `al-Qahtani`, `d'Arcy`, `O'Dwyer`: the capital may come second.
_ARTICLED = re.compile(r"(?:al|el|ad|as|ash|d|l|o|de|bin)['-][^\W\d_a-z]")
# Letters of other scripts end a word: `Xu Lei诉` is a name and a verb.
_TOKEN = re.compile(r"[^\W\d_\u2e80-\uffff]+(?:['-][^\W\d_\u2e80-\uffff]+)*\d{0,3}")
_CREDENTIALS = english_words("credentials.txt")
_AMBIGUOUS_CREDENTIALS = english_words("ambiguous_credentials.txt")
_TITLES = frozenset(TITLES)
_KIN = frozenset(KIN)
_WEAK_TITLES = english_words("weak_titles.txt")
_LABELS = english_words("labels.txt")
_BY_WORDS = frozenset(["by", "with", "per", "dr"])
_EPONYM_HEADS = english_words("eponym_heads.txt")
_STOP_CAPITALS = english_words("stop_capitals.txt")
_ACTS = english_words("acts.txt")


@dataclass(slots=True)
class _Token:
    """A word with what stands between it and the word before."""

    text: str
    start: int
    end: int
    gap: str
    folded: str
    upper: bool
    titled: bool


def _token(text: str, start: int, end: int, gap: str) -> _Token:
    upper = len(text) > 1 and text.isupper()
    titled = not upper and (text[0].isupper() or _ARTICLED.match(text) is not None)
    base = text[:-2] if text.endswith("'s") else text
    folded = base.lower() if base.isascii() and base.isalpha() else fold(base)
    return _Token(text, start, end, gap, folded, upper, titled)


# `signed by dd on 11/2`
_SIGNED_SMALL = re.compile(
    r"(?:[Ss]igned|[Rr]eviewed|[Dd]ictated|[Tt]yped)\s+by:?\s+([a-z]{2,3})(?=\s+on\b|\s+\d|[.,;]|\s*$)",
    re.MULTILINE,
)
_NUMBERED = re.compile(r"[A-Z][a-z]{2,}\d{1,3}")  # `Cecelia952`, as Synthea makes names
# On re2: these begin anywhere and would take quadratic time on a backtracking engine.
_BEFORE_AGE = re2.compile(
    r"(?m)^(?:pt:? |patient:? |[A-Z ]{0,12}: ?)?(\pL[\pL'’-]+(?:,? {0,2}\pL[\pL'’-]*\.?){1,3}),? {1,4}(?:is an? )?"
    r"\d{1,3}[ ]?-?(?:yo|y/o|y\b|yr|year|[MF]\b)"
)
_ARTICLE = re.compile(r"(?:,? +an?)?$")
_WITH_NICKNAME = re2.compile(r"([A-Z][\pL'’-]+) \(?[\"“]([A-Z][\pL'’-]+)[\"”]\)? [A-Z][\pL'’-]+")


class NameAnnotator:
    """Names by trigger, lexicon and shape."""

    name = "en.names"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of people; clinical eponyms are left alone unless a title stands before them."""
        note = _Note(document.plain)
        found = list(note.by_trigger())
        yield from found
        yield from note.repeated(found)
        yield from note.by_lexicon()


class _Note:
    def __init__(self, plain: str) -> None:
        self.plain = plain
        self.tokens: list[_Token] = []
        place = 0
        for match in _TOKEN.finditer(plain):
            self.tokens.append(
                _token(match[0], match.start(), match.end(), plain[place : match.start()])
            )
            place = match.end()
        self.texts = frozenset(token.text for token in self.tokens)
        letters = [c for c in plain if c.isalpha()]
        capitals = sum(map(str.isupper, letters))
        self.all_upper = len(letters) > 40 and capitals > 0.7 * len(letters)
        self.all_lower = len(letters) > 40 and capitals < 0.035 * len(letters)

    def by_trigger(self) -> Iterator[Mention]:
        """Names beside a title, credential, kin word or label."""
        for i, token in enumerate(self.tokens):
            word = token.folded
            if word in _TITLES:
                yield from self._after_title(i, word)
            if word in _CREDENTIALS or token.text.casefold() in _CREDENTIALS:
                yield from self._before_credential(i, word)
            if word in _KIN or token.text.casefold() in _KIN:
                yield from self._after_kin(i)
            if word in _LABELS:
                yield from self._after_label(i)
            if word in _BY_WORDS:
                yield from self._after_by(i)
            if token.upper or token.titled:
                yield from self._last_first(i)
        yield from self._quoted()
        yield from self._headed()
        yield from self._initials()

    def repeated(self, found: list[Mention]) -> Iterator[Mention]:
        """Further places of names that a trigger gave away."""
        known = set()
        for mention in found:
            for token in _TOKEN.findall(self.plain[mention.start : mention.end]):
                if len(token) > 2 and not is_word(fold(token)) and not _is_clinical(fold(token)):
                    known.add(fold(token))
        if not known:
            return
        for token in self.tokens:
            if token.folded in known and (token.text[0].isupper() or self.all_lower):
                yield self._mention(token.start, token.end, Strength.LISTED, "en.name.repeated")

    def by_lexicon(self) -> Iterator[Mention]:
        """Names of the lists, and capitalised words that are in no list."""
        for i, token in enumerate(self.tokens):
            if not token.titled or len(token.text) < 2:
                continue
            word = token.folded.rstrip("0123456789")
            if (
                word in _STOP_CAPITALS
                or word in _TITLES
                or word in _KIN
                or is_term(token.text)
                or word in US_STATES
                or self._has_eponym_head(i)
            ):
                continue
            listed = word in given_names()
            surname = word in family_names()
            digits = _NUMBERED.fullmatch(token.text) is not None
            nexts = self._next(i)
            if is_word(word) or _is_clinical(word) or _is_clinical(word.removesuffix("s")):
                if listed and nexts is not None and self._is_surname_like(nexts):
                    yield self._extended(i, Strength.LISTED, "en.name.full")
                continue
            if (
                nexts is not None
                and len(nexts.text) > 1
                and self._is_surname_like(nexts)
                and self._may_be_name(i)
                and not self._is_everyday(i, nexts)
            ):
                # Two capitalised words, the first in no list: also where a sentence begins.
                yield self._extended(i, Strength.SHAPED, "en.name.pair")
            if listed or digits:
                yield self._extended(i, Strength.LISTED, "en.name.given")
            elif (surname and not self._starts_sentence(i)) or self._shaped(i):
                yield self._extended(i, Strength.SHAPED, "en.name.shape")

    def _after_title(self, i: int, title: str) -> Iterator[Mention]:
        j = i + 1
        while (
            j < min(len(self.tokens), i + 4)
            and self.tokens[j].folded in _TITLES
            and _close(self.tokens[j])
        ):
            j += 1
        if j >= len(self.tokens) or not re.fullmatch(
            r"\.?[ \n]{1,2}|\.|\. ?\(|: ?", self.tokens[j].gap
        ):
            return
        first = self.tokens[j]
        if first.titled or (
            first.upper and (self.all_upper or self.tokens[i].upper or len(first.text) > 2)
        ):
            if self.tokens[i].upper and not (self.all_upper or first.titled or first.upper):
                return
            doubtful = title in _WEAK_TITLES and (
                is_word(first.folded)
                or _is_clinical(first.folded)
                or is_in_dictionary(first.folded)
            )
            if doubtful:
                return
            if title == "ms" and not self.tokens[i].text[0].isupper():
                return
            end = self._extend(j)
            if first.folded in _STOP_CAPITALS and end == j:
                return
            if (
                first.upper
                and not self.all_upper
                and (first.folded in _CREDENTIALS or len(first.text) < 3)
            ):
                return
            # After a title a name alone is a family name, though it may be a given one elsewhere.
            alone = end == j and title not in _WEAK_TITLES
            yield self._span(
                j,
                end,
                Strength.LABELLED,
                "en.name.title",
                f"family:{first.folded}" if alone else None,
            )
        elif title not in _WEAK_TITLES and not self.tokens[i].upper and self._lower_surname(j):
            end = j
            nexts = self._next(j)
            if nexts and nexts.text.islower() and nexts.gap == " " and self._lower_name(j + 1):
                end = j + 1
            yield self._span(j, end, Strength.LABELLED, "en.name.title")

    def _before_credential(self, i: int, word: str) -> Iterator[Mention]:
        token = self.tokens[i]
        upper = token.text.isupper() or token.text in {"PharmD", "PsyD", "PhD"}
        if not upper and word in _AMBIGUOUS_CREDENTIALS and not (self.all_lower or word == "np"):
            return
        if i == 0 or not re.fullmatch(r",? {1,2}|, ?|\. ?,? ?", token.gap):
            return
        j = i - 1
        while j >= 0 and i - j <= 5:
            part = self.tokens[j]
            if part.folded in _TITLES:
                break
            nameish = part.text[0].isupper() and (
                len(part.text) == 1 or not (is_word(part.folded) or part.folded in _CREDENTIALS)
            )
            lower = part.text.islower() and (
                len(part.text) == 1 or part.folded in PARTICLES or self._lower_name(j)
            )
            if not (
                nameish or (lower and (self.all_lower or part.folded in PARTICLES or i - j <= 3))
            ):
                break
            j -= 1
            if not re.fullmatch(r"\.? |\.|\n|-", part.gap):
                break
        first = j + 1
        if first >= i:
            # `Grace Hill, MD`: both are words, but a credential after two capitals says enough.
            if (
                i >= 2
                and all(t.titled and t.folded not in _CREDENTIALS for t in self.tokens[i - 2 : i])
                and "," in token.gap
            ):
                first = i - 2
            else:
                return
        text = self.plain[self.tokens[first].start : self.tokens[i - 1].end]
        if len(fold(text)) < 2 or (len(text) < 4 and word in _AMBIGUOUS_CREDENTIALS):
            return
        yield self._span(first, i - 1, Strength.LABELLED, "en.name.credential")

    def _after_kin(self, i: int) -> Iterator[Mention]:
        j = i + 1
        if j >= len(self.tokens):
            return
        gap, first = self.tokens[j].gap, self.tokens[j]
        if first.folded in {"named", "name", "called", "is", "reads"} and j + 1 < len(self.tokens):
            j += 1
            gap, first = self.tokens[j].gap, self.tokens[j]
        if not re.fullmatch(r",? |: ?|\. | ?\(|: {1,3}| [\"“]|\n", gap):
            return
        while True:
            first = self.tokens[j]
            usable = first.titled or (first.upper and self.all_upper)
            name_word = first.folded in NAME_WORDS or first.folded in given_names()
            if usable and (not is_word(first.folded) or name_word):
                if is_word(first.folded) and gap.startswith((".", "\n")):
                    return
                if first.folded in _STOP_CAPITALS or (_is_clinical(first.folded) and not name_word):
                    return
                end = self._extend(j)
                yield self._span(j, end, Strength.LABELLED, "en.name.kin")
            elif first.text.islower() and self.all_lower and self._lower_name(j) and gap == " ":
                end = j
                yield self._span(j, end, Strength.LISTED, "en.name.kin")
            else:
                return
            # `sibs Ezra & Zuri`, `sons Ezra and Zuri`
            k = end + 1
            if k >= len(self.tokens):
                return
            following = self.tokens[k]
            if following.folded == "and" and k + 1 < len(self.tokens) and self.tokens[k + 1].titled:
                j = k + 1
            elif (
                re.fullmatch(r" & |, ?", following.gap)
                and following.titled
                and not is_word(following.folded)
            ):
                j = k
            else:
                return
            gap = " "

    def _after_label(self, i: int) -> Iterator[Mention]:
        j = i + 1
        if j >= len(self.tokens):
            return
        token, first = self.tokens[i], self.tokens[j]
        while first.folded in {
            "name",
            "initials",
            "by",
            "provider",
            "physician",
            "md",
            "pt",
            "dr",
        } and j + 1 < len(self.tokens):
            j += 1
            first = self.tokens[j]
        gap = first.gap
        if token.folded in {"dear", "aye", "sincerely", "regards", "respectfully"}:
            ok = bool(re.fullmatch(r",?\s+", gap))
        elif token.folded in {"pt", "patient", "scribe", "sig", "resident", "client"}:
            ok = bool(re.fullmatch(r" {1,3}|: {0,6}| = |\n", gap)) and (
                first.titled or first.upper or gap[:1] == ":" or self.all_lower
            )
        else:
            ok = bool(re.fullmatch(r":\s{0,8}| = |\s=\s", gap))
        if not ok or not first.text[0].isalpha():
            return
        if self.plain[first.end : first.end + 1] == ":":
            return
        if first.text.islower():
            if self.all_lower and self._lower_name(j) and not is_word(first.folded):
                end = j
                nexts = self._next(j)
                if nexts and self._lower_name(j + 1) and nexts.gap == " ":
                    end = j + 1
                yield self._span(j, end, Strength.LISTED, "en.name.label")
            return
        if is_word(first.folded) or _is_clinical(first.folded):
            nexts = self._next(j)
            comma = nexts is not None and nexts.gap.startswith(",") and nexts.upper == first.upper
            full = nexts is not None and nexts.gap == " " and self._is_surname_like(nexts)
            if not (
                gap.startswith(":")
                and (comma or full)
                and first.folded in given_names() | family_names()
            ):
                return
        short = len(first.text) < 3 and not self._initialled(j)
        if first.folded in _STOP_CAPITALS or short:
            return
        end = self._extend(j, comma=True)
        yield self._span(j, end, Strength.LABELLED, "en.name.label")

    def _after_by(self, i: int) -> Iterator[Mention]:
        """``seen by Rafiq Zaman``: two capitalised words that are no ordinary ones."""
        j = i + 1
        if j + 1 >= len(self.tokens) or self.tokens[j].gap != " ":
            return
        first, second = self.tokens[j], self.tokens[j + 1]
        if first.folded in _TITLES:
            return
        titled = first.titled and second.titled and second.gap in {" ", ". "}
        if not titled or is_word(first.folded) or is_word(second.folded):
            return
        if not self._is_eponym(j, first.folded):
            yield self._span(j, self._extend(j), Strength.LISTED, "en.name.by")

    def _last_first(self, i: int) -> Iterator[Mention]:
        """``HALVORSEN, KIRSTEN`` anywhere, in capitals."""
        if i + 1 >= len(self.tokens):
            return
        left, right = self.tokens[i], self.tokens[i + 1]
        if not re.fullmatch(r", ?", right.gap) or min(len(left.text), len(right.text)) < 3:
            return
        opens = i == 0 or "\n" in left.gap or left.gap.endswith(("  ", ": "))
        given = right.folded in NAME_WORDS or right.folded in given_names()
        both_titled = left.titled and right.titled and opens and given
        if not (both_titled or (left.upper and right.upper)):
            return
        if right.upper and self.all_upper and not opens:
            return
        if is_word(left.folded) or _is_clinical(left.folded):
            return
        if (is_word(right.folded) or _is_clinical(right.folded)) and not given:
            return
        first = i
        while first > 0 and self.tokens[first].gap == " " and self.tokens[first - 1].upper:
            before = self.tokens[first - 1]
            if is_word(before.folded) or _is_clinical(before.folded):
                break
            first -= 1
        yield self._span(first, i + 1, Strength.LABELLED, "en.name.last_first")

    def _quoted(self) -> Iterator[Mention]:
        pattern = r"(?:\b(?:calld?|called|goes by|aka|a\.k\.a\.|nicknamed?|prefers|known as|passenger)\s+|\()[\"“]([A-Z][a-z]+)[\"”]"
        for match in _WITH_NICKNAME.finditer(self.plain):
            if not is_word(fold(match[1])):
                yield self._mention(
                    match.start(), match.end(), Strength.LABELLED, "en.name.nicknamed"
                )
        for match in re.finditer(pattern, self.plain, re.IGNORECASE):
            if match[1][0].isupper():
                yield self._mention(match.start(1), match.end(1), Strength.LISTED, "en.name.quoted")

    def _headed(self) -> Iterator[Mention]:
        """``Jeb Stockwell 81 yom``: the words of a line before an age and sex are its person."""
        for match in _BEFORE_AGE.finditer(self.plain):
            words = _TOKEN.findall(match[1])
            if all((is_word(fold(w)) and fold(w) not in NAME_WORDS) or is_term(w) for w in words):
                continue
            if any(_stops_heading(fold(word)) for word in words):
                continue
            # `Nicholas Gonzalez, a 42-year-old`: the article is no name.
            end = match.end(1) - len(_ARTICLE.search(match[1])[0])  # type: ignore[index]
            yield self._mention(match.start(1), end, Strength.LABELLED, "en.name.headed")

    def _initials(self) -> Iterator[Mention]:
        """``pt J.T.``, ``MA initials: RB``, ``/scribe jb``."""
        pattern = r"(?:\b(?:pt|patient|client|initials|signed|sig|scribe|reply)\b[:.]?\s*\(?)((?:[A-Z]\.){2,3}|[A-Z]{2}\b|(?:\b[a-z]{2}$))"
        for match in _SIGNED_SMALL.finditer(self.plain):
            if not is_word(match[1]) and match[1] not in _CREDENTIALS:
                yield self._mention(
                    match.start(1),
                    match.end(1),
                    Strength.LISTED,
                    "en.name.initials",
                    f"initials:{match[1]}",
                )
        for match in re.finditer(pattern, self.plain, re.MULTILINE):
            word = match[1].replace(".", "").casefold()
            told = re.match(r"(?:initials|reply|signed|sig)", match[0], re.IGNORECASE)
            if "." in match[1] or told or (word not in _CREDENTIALS and not is_word(word)):
                yield self._mention(
                    match.start(1),
                    match.end(1),
                    Strength.LISTED,
                    "en.name.initials",
                    f"initials:{match[1]}",
                )

    def _lower_name(self, i: int) -> bool:
        if i >= len(self.tokens):
            return False
        token = self.tokens[i]
        return (
            len(token.text) > 2
            and not is_word(token.folded)
            and not _is_clinical(token.folded)
            and token.folded not in _CREDENTIALS
        )

    def _initialled(self, i: int) -> bool:
        token = self.tokens[i]
        return len(token.text) == 1 and self.plain[token.end : token.end + 1] == "."

    def _is_eponym(self, i: int, word: str) -> bool:
        """Whether the word names a sign, test, disease or device here or anywhere."""
        base = word.removesuffix("s") if self.tokens[i].text.endswith("'s") else word
        return self._has_eponym_head(i) or _is_clinical(word) or _is_clinical(base)

    def _has_eponym_head(self, i: int) -> bool:
        """``Chaddock reflex``, ``Ferriman-Gallwey score``."""
        for k in (i + 1, i + 2):
            if k >= len(self.tokens):
                break
            follower = self.tokens[k]
            if not re.fullmatch(r" |-|\n", follower.gap):
                break
            if follower.folded in _EPONYM_HEADS:
                return True
            if follower.text[0].islower():
                break
        return False

    def _lower_surname(self, i: int) -> bool:
        """A small-letter word after a title: no verb or particle, though it may be a noun."""
        token = self.tokens[i]
        if token.folded in _ACTS or token.folded in _STOP_CAPITALS or len(token.text) < 3:
            return False
        return not is_word(token.folded) or token.folded in NAME_WORDS

    def _may_be_name(self, i: int) -> bool:
        token = self.tokens[i]
        if self.all_upper or "-" in token.gap or is_term(token.text):
            return False
        return token.text.casefold() not in self.texts

    def _is_everyday(self, i: int, following: _Token) -> bool:
        """A pair of capitalised words that a heading or a dictionary explains."""
        if self._in_heading(i):
            return True
        first, second = self.tokens[i].folded, following.folded
        return is_in_dictionary(first) and (is_in_dictionary(second) or is_word(second))

    def _in_heading(self, i: int) -> bool:
        """In a line that Markdown makes a heading, capitals say nothing."""
        line = self.plain.rfind("\n", 0, self.tokens[i].start) + 1
        return self.plain.startswith("#", line)

    def _is_surname_like(self, token: _Token) -> bool:
        if token.gap not in {" ", ". "}:
            return False
        if len(token.text) == 1 and token.text.isupper():
            after = self.plain[token.end : token.end + 1]
            return after == "." or (after in {",", "?", ";", ")", ""} and token.text not in "AI")
        return token.titled and (
            not (is_word(token.folded) or _is_clinical(token.folded))
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
        if any(_is_clinical(p) or is_word(p) or (not told and is_in_dictionary(p)) for p in parts):
            return False
        lower = token.text.casefold()
        return lower not in self.texts

    def _starts_sentence(self, i: int) -> bool:
        if i == 0:
            return True
        return (
            bool(re.search(r"[.!?:;•*>\n)-]\s*$|\n", self.tokens[i].gap)) or not self.tokens[i].gap
        )

    def _next(self, i: int) -> _Token | None:
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
                    or token.folded in _CREDENTIALS
                    or is_word(token.folded)
                ):
                    break
                used_comma = True
            elif gap not in {" ", "\n", "-"}:
                break
            initial = len(token.text) == 1 and self.plain[token.end : token.end + 1] == "."
            if token.folded in _CREDENTIALS or token.folded in _TITLES:
                break
            if token.folded in _STOP_CAPITALS and not initial:
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
                or _is_clinical(token.folded)
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
                    or (_is_clinical(token.folded) and token.folded not in family_names())
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


def _stops_heading(word: str) -> bool:
    if word in _KIN:
        return True
    if word in NAME_WORDS or word in given_names():
        return False
    return word in _STOP_CAPITALS or _is_clinical(word)


def _close(token: _Token) -> bool:
    return token.gap in {" ", ". ", "."}


_CLINICAL = frozenset(fold(word) for word in english_words("clinical.txt"))


def _is_clinical(folded: str) -> bool:
    return folded in _CLINICAL
