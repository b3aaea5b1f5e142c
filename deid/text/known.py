"""The patient-aware pass: everything known of a person, in every form, in one walk over a note.

The note is squeezed to folded letters and digits, and all forms are looked for there: one by one
in a person's first short notes, by one Aho-Corasick automaton in others. Separators are then
checked in the note itself. So a name across a line break, a hyphen for a space, and a telephone
number in any grouping are all found by one form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from string import ascii_letters

import ahocorasick_rs as ac

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.known_forms import (
    SHORTEST_TYPO,
    Forms,
    Known,
    person_forms,
    sexes_of,
    staff_forms,
    united,
)
from deid.text.misspelling import swapped, within_distance
from deid.text.normalise import Squeezed, fold
from deid.text.packs.base import LanguagePack
from deid.text.people import KnownPerson, StaffDirectory

POSSIBLE = "known.possible"
"""Detector, with the pack's tag behind it, of forms out of context: a reviewer decides."""
WORST_GAP = 4
SHORTEST_DOUBLE_TYPO = 10
SHORTEST_PARTED = 8
_SEPARATORS = frozenset(" \t\n\r\u3000\u00a0,.-'’·•()（）\"“”/+_\u2010\u2011\u2013\u2014#，、&")
_WORD = re.compile(r"[^\W\d_]{4,}")
_SMALL_PAIR = re.compile(r"\b([a-z]{3,}) (?=([a-z]{3,})\b)")
_HYPHENATED = re.compile(r"-[ ]*\n[ ]*")

_FEW_LOOKS, _LITTLE_WORK = 2, 1_000_000
"""Notes of a person, and characters times forms, up to which each form is looked for by itself."""
_WORDS_HELD = 2000
_LATIN_INITIALS = (*ascii_letters, "\u017f", "\u212a")
"""What casefolds to one Latin letter: among them long s and the sign of Kelvin."""


class KnownIndex:
    """The forms of one person (or of the staff) and the words that may be misspelt."""

    def __init__(
        self, forms: Forms, packs: Sequence[LanguagePack], person: KnownPerson | None
    ) -> None:
        self._forms = forms
        self._packs = tuple(packs)
        self._person = person
        self._shared = person is None
        self._looks = 0
        self._judged: dict[str, str | None] = {}
        words: dict[str, dict[str, str]] = {}
        for known in forms.names if person is not None else ():
            if known.spelt:
                words.setdefault(known.text[0], {})[known.text] = known.form.canonical
        self._words = {letter: tuple(found.items()) for letter, found in words.items()}

    def __repr__(self) -> str:
        return f"KnownIndex({len(self._forms)} forms)"

    @cached_property
    def values(self) -> frozenset[str]:
        """Folded known forms; no surrogate may equal one of them."""
        return self._forms.texts()

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Canonical values by the folded forms of names."""
        # A date is all figures or has the name of a month: never a name's text.
        names = {known.text for known in self._forms.names if known.form.type is SpanType.NAME}
        held = united(known for known in self._forms.names if known.text in names)
        return {
            text: known.form.canonical
            for text, known in held.items()
            if known.form.type is SpanType.NAME
        }

    @cached_property
    def sexes(self) -> Mapping[str, str]:
        """Sex by canonical value: the person's own, and a relative's by the relationship."""
        return sexes_of(self._person, self._packs) if self._person else {}

    @cached_property
    def _automaton(self) -> tuple[tuple[Known, ...], ac.AhoCorasick]:
        held = united(self._forms.all())
        return tuple(held.values()), ac.AhoCorasick(list(held))

    def _hits(self, text: str) -> list[tuple[Known, int, int]]:
        """Every place of every form in a folded text, in the order of their ends."""
        if not self._forms:
            return []
        self._looks += 1
        if self._looks > _FEW_LOOKS or len(text) * len(self._forms) > _LITTLE_WORK:
            forms, automaton = self._automaton
            hits = automaton.find_matches_as_indexes(text, overlapping=True)
            return [(forms[number], first, last) for number, first, last in hits]
        # To look for each form by itself takes less time than to make an automaton.
        found = []
        for known in united(self._forms.within(text)).values():
            place, length = text.find(known.text), len(known.text)
            while place >= 0:
                found.append((known, place, place + length))
                place = text.find(known.text, place + 1)
        found.sort(key=lambda hit: (hit[2], hit[1]))
        return found

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of known values; uncertain ones only where their context fits."""
        yield from self._exact(document)
        if self._words:
            yield from self._misspelt(document)

    def _exact(self, document: Document) -> Iterator[Mention]:
        squeezed = document.squeezed
        for pattern, first, last in self._hits(squeezed.text):
            form = pattern.form
            if not stands_alone(document.text, squeezed, first, last):
                continue
            if not _separators_fit(document.text, squeezed, first, last, pattern):
                continue
            start, end = squeezed.span(first, last)
            doubtful = not form.certain and not (
                pattern.pack and pattern.pack.fits(document, start, end, form)
            )
            if doubtful and pattern.pack is None:
                continue
            if form.type is SpanType.NAME and _ends_in_article(document.text[start:end]):
                continue
            if form.lead:
                start, end = squeezed.span(first + form.lead, last)
            if doubtful and pattern.pack is not None:
                # An ordinary word here, for all that rules can tell; a model may know better.
                detector = f"{POSSIBLE}.{pattern.pack.tag}"
                yield Mention(
                    start, end, form.type, Strength.LISTED, detector, form.canonical, self._shared
                )
                continue
            yield Mention(
                start, end, form.type, Strength.KNOWN, "known", form.canonical, self._shared
            )

    def _misspelt(self, document: Document) -> Iterator[Mention]:
        yield from self._parted(document)
        initials = self._initials
        meant = {
            word: canonical
            for word in set(_WORD.findall(document.text))
            if word[0] in initials and (canonical := self._meant(word)) is not None
        }
        if not meant:
            return
        for match in _WORD.finditer(document.text):
            canonical = meant.get(match[0])
            if canonical is not None:
                yield Mention(
                    match.start(), match.end(), SpanType.NAME, Strength.KNOWN,
                    "known.misspelt", canonical, self._shared,
                )  # fmt: skip

    def _meant(self, written: str) -> str | None:
        """The canonical value of the name that a word is a misspelling of, if it is one."""
        if written in self._judged:
            return self._judged[written]
        if len(self._judged) > _WORDS_HELD:
            self._judged.clear()
        self._judged[written] = canonical = self._misspelling(fold(written))
        return canonical

    def _misspelling(self, word: str) -> str | None:
        candidates = self._candidates.get((word[:1], len(word)))
        if candidates is None:
            return None
        letters = _letters(word)
        for known, canonical, known_letters, allowed in candidates:
            # A slip changes two letters of the set at the most; most words differ by more.
            if (letters ^ known_letters).bit_count() > 2 * max(1, allowed) or word == known:
                continue
            if not (within_distance(word, known, allowed) if allowed else swapped(word, known)):
                continue
            return None if any(pack.is_ordinary(word) for pack in self._packs) else canonical
        return None

    @cached_property
    def _candidates(self) -> Mapping[tuple[str, int], Sequence[tuple[str, str, int, int]]]:
        """By first letter and length of a word: names that it may be meant for, with canonical
        value, set of letters, and slips that the name may have."""
        found: dict[tuple[str, int], list[tuple[str, str, int, int]]] = {}
        for letter, pairs in self._words.items():
            for known, canonical in pairs:
                allowed = _slips(known)
                candidate = (known, canonical, _letters(known), allowed)
                for length in range(len(known) - allowed, len(known) + allowed + 1):
                    found.setdefault((letter, length), []).append(candidate)
        return found

    @cached_property
    def _initials(self) -> frozenset[str]:
        """Characters that a word may begin with which is a misspelt name."""
        return frozenset(c for c in _LATIN_INITIALS if c.casefold() in self._words)

    @cached_property
    def _long(self) -> Mapping[str, Sequence[tuple[str, str, int, int]]]:
        """Names that a transcriber may have heard as two words, by first letter; with canonical
        value, set of letters, and slips that the name may have."""
        found = {
            letter: tuple(
                (known, canonical, _letters(known), _slips(known))
                for known, canonical in pairs
                if len(known) >= SHORTEST_PARTED
            )
            for letter, pairs in self._words.items()
        }
        return {letter: pairs for letter, pairs in found.items() if pairs}

    def _parted(self, document: Document) -> Iterator[Mention]:
        """``mandel bomb``: a long name that a transcriber heard as two small words."""
        if not self._long:
            return
        pairs = _SMALL_PAIR.findall(document.text)
        if not any(pair[0][0] in self._long and self._said(*pair) for pair in pairs):
            return
        for match in _SMALL_PAIR.finditer(document.text):
            canonical = self._said(match[1], match[2])
            if canonical is not None:
                yield Mention(
                    match.start(1), match.end(2), SpanType.NAME, Strength.KNOWN,
                    "known.parted", canonical, self._shared,
                )  # fmt: skip

    def _said(self, first: str, second: str) -> str | None:
        """The canonical value of the long name that two words are together, if they are one."""
        length = len(first) + len(second)
        letters = None
        for known, canonical, known_letters, allowed in self._long.get(first[0], ()):
            if abs(length - len(known)) > allowed:
                continue
            letters = _letters(first + second) if letters is None else letters
            # As in _misspelling: most pairs of words differ in more letters.
            if (letters ^ known_letters).bit_count() <= 2 * allowed and within_distance(
                first + second, known, allowed
            ):
                return canonical
        return None


def index_person(person: KnownPerson, packs: Sequence[LanguagePack]) -> KnownIndex:
    """Prepare the search for one person."""
    return KnownIndex(person_forms(person, packs), packs, person)


def index_staff(staff: StaffDirectory, packs: Sequence[LanguagePack]) -> KnownIndex:
    """Prepare the search for providers, care sites and places."""
    return KnownIndex(Forms(tuple(staff_forms(staff, packs))), packs, None)


def _slips(known: str) -> int:
    """Slips of the pen that a name may have; 0 for a short one, of which two letters may swap."""
    if len(known) < SHORTEST_TYPO:
        return 0
    return 2 if len(known) >= SHORTEST_DOUBLE_TYPO else 1


@lru_cache(maxsize=1 << 16)
def _letters(folded: str) -> int:
    """The set of its letters, as bits."""
    found = 0
    for character in folded:
        found |= 1 << (ord(character) & 31)
    return found


def _ends_in_article(text: str) -> bool:
    """``Nelson, a`` in ``Nelson, a nurse``: small, and no initial."""
    return (
        len(text) > 2
        and text[-2] == " "
        and (text[-1] == "a" or (text[0].isupper() and text[-1].islower()))
    )


def stands_alone(text: str, squeezed: Squeezed, first: int, last: int) -> bool:
    """Whether the match begins and ends where words or numbers do."""
    start, end = squeezed.span(first, last)
    if start and _joined(text[start - 1], text[start]):
        return False
    if end < len(text) and _joined(text[end - 1], text[end]):
        rest = text[end : end + 2]
        plural = rest[:1] == "s" and not rest[1:].isalnum() and last - first >= SHORTEST_TYPO
        return plural
    return True


def _joined(left: str, right: str) -> bool:
    if not (left.isalnum() and right.isalnum()):
        return False
    if left >= "\u2e80" or right >= "\u2e80":
        return False
    if left.isdigit() != right.isdigit():
        return False
    return not (left.islower() and right.isupper())


def _separators_fit(text: str, squeezed: Squeezed, first: int, last: int, pattern: Known) -> bool:
    offsets = squeezed.offsets[first:last]
    if offsets[-1] - offsets[0] == last - first - 1:
        return not pattern.form.separated
    gaps = 0
    for i in range(1, last - first):
        start, end = int(offsets[i - 1]) + 1, int(offsets[i])
        if end <= start:
            continue
        gaps += 1
        between = text[start:end]
        if len(between) > WORST_GAP or "\n\n" in between or not _SEPARATORS.issuperset(between):
            return False
        if pattern.form.loose or i in pattern.breaks or _HYPHENATED.fullmatch(between):
            continue
        if text[end] >= "\u2e80" and between.isspace():
            continue
        return gaps == i and _spelt_out(offsets.tolist())
    return gaps >= 2 if pattern.form.separated else True


def _spelt_out(offsets: Sequence[int]) -> bool:
    """Letter by letter: S-M-I-T-H, all gaps alike."""
    steps = {b - a for a, b in pairwise(offsets)}
    return len(offsets) >= 4 and len(steps) == 1 and steps <= {2, 3}
