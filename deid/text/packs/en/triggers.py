# ruff: noqa: E501 -- an expression is read whole
"""Names that stand beside a title, credential, kin word, label or signature."""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from deid.text.document import Mention, Strength
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import (
    NAME_WORDS,
    PARTICLES,
    english_words,
    family_names,
    given_names,
    is_in_dictionary,
    is_term,
    is_word,
)
from deid.text.packs.en.shapes import (
    CREDENTIALS,
    KIN_WORDS,
    STOP_CAPITALS,
    TITLE_WORDS,
    TOKEN,
    Judged,
    Token,
    Words,
    folded_token,
    is_clinical,
)

_AMBIGUOUS_CREDENTIALS = english_words("ambiguous_credentials.txt")
_WEAK_TITLES = english_words("weak_titles.txt")
_LABELS = english_words("labels.txt")
_ROLES = english_words("roles.txt")
NOT_NAMES = english_words("not_names.txt")
_NO_INITIALS = english_words("abbreviations.txt")
_BY_WORDS = frozenset(["by", "with", "per", "dr"])
_TRIGGERS = TITLE_WORDS | CREDENTIALS | KIN_WORDS | _LABELS | _BY_WORDS
# `signed by dd on 11/2`
_SIGNED_SMALL = re.compile(
    r"(?:[Ss]igned|[Rr]eviewed|[Dd]ictated|[Tt]yped)\s+by:?\s+([a-z]{2,3})(?=\s+on\b|\s+\d|[.,;]|\s*$)",
    re.MULTILINE,
)
# On re2: these begin anywhere and would take quadratic time on a backtracking engine.
_BEFORE_AGE = re2.compile(
    r"(?m)^(?:pt:? |patient:? |[A-Z ]{0,12}: ?)?(\pL[\pL'’-]+(?:,? {0,2}\pL[\pL'’-]*\.?){1,3}),? {1,4}(?:is an? )?"
    r"\d{1,3}[ ]?-?(?:yo|y/o|y\b|yr|year|[MF]\b)"
)
_SPELT = re2.compile(
    r"(?i)\b(?:[a-z] as in [a-z]+[ ,]+(?:[a-z] as in [a-z]+[ ,]+|[a-z][ ,-]+){1,14}[a-z]\b|(?:[a-z] ){4,14}[a-z]\b(?: (?:hyphen|dash) [a-z]{2,14}\b)?|(?:[a-z]-){3,14}[a-z]\b)"
)
# `Grossed by DLW`, `typed pv`: who did a clerk's act, by initials.
_ACT_BY = re2.compile(
    r"(?i:\b(?:grossed|typed|transcribed|entered|dictated|drawn|charted|scribed|faxed|logged|verified|checked|collected|keyed|filed|reviewed|witnessed|initialed|noted))(?i: by)?(?: \d{1,2}/\d{1,2}/\d{2,4})?:? ((?:[A-Z]{2,4}|[a-z]{2,3})\b|(?:\pL{1,2}\.){2,4})"
)
_ARTICLE = re.compile(r"(?:,? +an?)?$")
_WITH_NICKNAME = re2.compile(r"([A-Z][\pL'’-]+) \(?[\"“]([A-Z][\pL'’-]+)[\"”]\)? [A-Z][\pL'’-]+")


_TRIGGERING = Judged(lambda text: folded_token(text) in _TRIGGERS or text.casefold() in _TRIGGERS)


class Triggers(Words):
    """Finds names by what stands beside them."""

    def by_trigger(self) -> Iterator[Mention]:
        """Names beside a title, credential, kin word or label."""
        places = set(self._where(_TRIGGERING))
        if "," in self.plain:
            places.update(i for i, token in enumerate(self.tokens) if token.gap[:1] == ",")
        for i in sorted(places):
            token = self.tokens[i]
            if token.gap[:1] == "," and i and not self.tokens[i - 1].text.islower():
                yield from self._last_first(i - 1)
            word, small = token.folded, token.text.casefold()
            if word in TITLE_WORDS:
                yield from self._after_title(i, word)
            if word in CREDENTIALS or small in CREDENTIALS:
                yield from self._before_credential(i, word)
            if word in KIN_WORDS or small in KIN_WORDS:
                yield from self._after_kin(i)
            if word in _LABELS:
                yield from self._after_label(i)
            if word in _BY_WORDS:
                yield from self._after_by(i)
        yield from self._quoted()
        yield from self._spelt()
        yield from self._headed()
        yield from self._initials()

    def _after_title(self, i: int, title: str) -> Iterator[Mention]:
        j = i + 1
        while (
            j < min(len(self.tokens), i + 4)
            and self.tokens[j].folded in TITLE_WORDS
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
                is_word(first.folded) or is_clinical(first.folded) or is_in_dictionary(first.folded)
            )
            if doubtful:
                return
            if title == "ms" and not self.tokens[i].text[0].isupper():
                return
            end = self._extend(j)
            if first.folded in STOP_CAPITALS and end == j:
                return
            if (
                first.upper
                and not self.all_upper
                and (first.folded in CREDENTIALS or len(first.text) < 3)
            ):
                return
            # After a title a name alone is a family name, though it may be a given one elsewhere.
            alone = end == j and title not in _WEAK_TITLES
            if self.question:
                # Somebody asked about in one line: the title belongs to what points to them.
                yield self._span(i, end, Strength.LABELLED, "en.name.addressed")
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
            if part.folded in TITLE_WORDS:
                break
            nameish = part.text[0].isupper() and (
                len(part.text) == 1 or not (is_word(part.folded) or part.folded in CREDENTIALS)
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
                and all(t.titled and t.folded not in CREDENTIALS for t in self.tokens[i - 2 : i])
                and "," in token.gap
            ):
                first = i - 2
            else:
                return
        lead = self.tokens[first - 1] if first else None
        if (
            lead is not None
            and self.tokens[first].gap in (", ", ",")
            and all(len(part.text) == 1 for part in self.tokens[first:i])
            and (lead.titled or lead.upper)
            and not is_word(lead.folded)
        ):
            first -= 1  # `Kowal, O. MD`
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
                if first.folded in STOP_CAPITALS or (is_clinical(first.folded) and not name_word):
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
        } and j + 1 < min(len(self.tokens), i + 6):
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
        if is_word(first.folded) or is_clinical(first.folded):
            nexts = self._next(j)
            comma = nexts is not None and nexts.gap.startswith(",") and nexts.upper == first.upper
            full = nexts is not None and nexts.gap == " " and self._is_surname_like(nexts)
            if not (
                gap.startswith(":")
                and (comma or full)
                and (first.folded in given_names() or first.folded in family_names())
            ):
                return
        short = len(first.text) < 3 and not self._initialled(j)
        if first.folded in STOP_CAPITALS or short:
            return
        end = self._extend(j, comma=True)
        yield self._span(j, end, Strength.LABELLED, "en.name.label")

    def _after_by(self, i: int) -> Iterator[Mention]:
        """``seen by Rafiq Zaman``: two capitalised words that are no ordinary ones."""
        j = i + 1
        if j + 1 >= len(self.tokens) or self.tokens[j].gap != " ":
            return
        first, second = self.tokens[j], self.tokens[j + 1]
        if first.folded in TITLE_WORDS:
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
        if not (left.upper or left.titled):
            return
        if not re.fullmatch(r", ?", right.gap) or min(len(left.text), len(right.text)) < 3:
            return
        opens = i == 0 or "\n" in left.gap or left.gap.endswith(("  ", ": "))
        given = right.folded in NAME_WORDS or right.folded in given_names()
        both_titled = left.titled and right.titled and opens and given
        if not (both_titled or (left.upper and right.upper)):
            return
        if right.upper and self.all_upper and not opens:
            return
        if (
            is_word(left.folded)
            or is_clinical(left.folded)
            or left.folded in NOT_NAMES
            or left.folded in _ROLES
        ):
            return
        if left.text[-1].isdigit() or right.text[-1].isdigit():
            return  # `NDD2, NECTAR`
        if (is_word(right.folded) or is_clinical(right.folded)) and not given:
            return
        first = i
        while first > 0 and self.tokens[first].gap == " " and self.tokens[first - 1].upper:
            before = self.tokens[first - 1]
            if is_word(before.folded) or is_clinical(before.folded):
                break
            first -= 1
        yield self._span(first, i + 1, Strength.LABELLED, "en.name.last_first")

    def _quoted(self) -> Iterator[Mention]:
        if '"' not in self.plain and "\u201c" not in self.plain:
            return
        pattern = r"(?:\b(?:calld?|called|goes by|aka|a\.k\.a\.|nicknamed?|prefers|known as|passenger)\s+|\()[\"“]([A-Z][a-z]+)[\"”]"
        for match in _WITH_NICKNAME.finditer(self.plain):
            if not is_word(fold(match[1])):
                yield self._mention(
                    match.start(), match.end(), Strength.LABELLED, "en.name.nicknamed"
                )
        for match in re.finditer(pattern, self.plain, re.IGNORECASE):
            if match[1][0].isupper():
                yield self._mention(match.start(1), match.end(1), Strength.LISTED, "en.name.quoted")

    def _spelt(self) -> Iterator[Mention]:
        """``d as in david u b r o v s k y``: letters dictated one by one."""
        for match in _SPELT.finditer(self.plain):
            yield self._mention(match.start(), match.end(), Strength.LABELLED, "en.name.spelt")

    def _headed(self) -> Iterator[Mention]:
        """``Jeb Stockwell 81 yom``: the words of a line before an age and sex are its person."""
        for match in _BEFORE_AGE.finditer(self.plain):
            words = TOKEN.findall(match[1])
            if all((is_word(fold(w)) and fold(w) not in NAME_WORDS) or is_term(w) for w in words):
                continue
            if any(_stops_heading(fold(word)) for word in words):
                continue
            # `Nicholas Gonzalez, a 42-year-old`: the article is no name.
            end = match.end(1) - len(_ARTICLE.search(match[1])[0])  # type: ignore[index]
            yield self._mention(match.start(1), end, Strength.LABELLED, "en.name.headed")

    def _initials(self) -> Iterator[Mention]:
        """``pt J.T.``, ``MA initials: RB``, ``/scribe jb``."""
        for match in _ACT_BY.finditer(self.plain):
            word = match[1].casefold()
            if not is_word(word) and word not in _NO_INITIALS and word not in CREDENTIALS:
                yield self._mention(
                    match.start(1),
                    match.end(1),
                    Strength.LISTED,
                    "en.name.initials",
                    f"initials:{match[1]}" if match[1].isalpha() else None,
                )
        pattern = r"(?:\b(?:pt|patient|client|initials|signed|sig|scribe|reply)\b[:.]?\s*\(?)((?:[A-Z]\.){2,3}|[A-Z]{2}\b|(?:\b[a-z]{2}$))"
        for match in _SIGNED_SMALL.finditer(self.plain):
            if not is_word(match[1]) and match[1] not in CREDENTIALS:
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
            if "." in match[1] or told or (word not in CREDENTIALS and not is_word(word)):
                yield self._mention(
                    match.start(1),
                    match.end(1),
                    Strength.LISTED,
                    "en.name.initials",
                    f"initials:{match[1]}",
                )


def _stops_heading(word: str) -> bool:
    if word in KIN_WORDS:
        return True
    if word in NAME_WORDS or word in given_names():
        return False
    return word in STOP_CAPITALS or is_clinical(word)


def _close(token: Token) -> bool:
    return token.gap in {" ", ". ", "."}
