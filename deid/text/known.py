"""The patient-aware pass: everything known of a person, in every form, in one walk over a note.

The note is squeezed to folded letters and digits, and one Aho-Corasick automaton a person looks for
all forms at once; separators are then checked in the note itself. So a name across a line break, a
hyphen for a space, and a telephone number in any grouping are all found by one form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import ahocorasick_rs as ac

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.misspelling import swapped, within_distance
from deid.text.normalise import Squeezed, fold
from deid.text.packs.base import Form, LanguagePack
from deid.text.people import KnownPerson, PersonName, StaffDirectory

POSSIBLE = "known.possible"
"""Detector, with the pack's tag behind it, of forms out of context: a reviewer decides."""
WORST_GAP = 4
SHORTEST_TYPO = 6
SHORTEST_SWAP = 4
SHORTEST_DOUBLE_TYPO = 10
SHORTEST_NUMBER = 4
SHORTEST_PARTED = 8
CONTACT_TYPES = {
    "email": SpanType.EMAIL,
    "url": SpanType.URL,
    "wechat": SpanType.ID,
    "qq": SpanType.ID,
}
_SEPARATORS = frozenset(" \t\n\r\u3000\u00a0,.-'’·•()（）\"“”/+_\u2010\u2011\u2013\u2014#，、&")
_WORD = re.compile(r"[^\W\d_]{4,}")
_HYPHENATED = re.compile(r"-[ ]*\n[ ]*")


class _Pattern(NamedTuple):
    form: Form
    pack: LanguagePack | None
    breaks: frozenset[int]


@dataclass(frozen=True)
class KnownIndex:
    """The automaton of one person (or of the staff) and the words that may be misspelt."""

    patterns: tuple[_Pattern, ...] = field(repr=False)
    automaton: ac.AhoCorasick | None = field(repr=False)
    words: Mapping[str, Sequence[tuple[str, str]]] = field(repr=False)
    packs: tuple[LanguagePack, ...] = field(repr=False)
    person: KnownPerson | None = field(default=None, repr=False)
    shared: bool = False

    @cached_property
    def values(self) -> frozenset[str]:
        """Folded known forms; no surrogate may equal one of them."""
        return frozenset(fold(p.form.text) for p in self.patterns)

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Canonical values by the folded forms of names."""
        return {
            fold(p.form.text): p.form.canonical
            for p in self.patterns
            if p.form.type is SpanType.NAME
        }

    @cached_property
    def sexes(self) -> Mapping[str, str]:
        """Sex by canonical value: the person's own, and a relative's by the relationship."""
        return _sexes(self.person, self.packs) if self.person else {}

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of known values; uncertain ones only where their context fits."""
        yield from self._exact(document)
        if self.words:
            yield from self._misspelt(document)

    def _exact(self, document: Document) -> Iterator[Mention]:
        if self.automaton is None:
            return
        squeezed = document.squeezed
        hits = self.automaton.find_matches_as_indexes(squeezed.text, overlapping=True)
        for number, first, last in hits:
            pattern = self.patterns[number]
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
                    start, end, form.type, Strength.LISTED, detector, form.canonical, self.shared
                )
                continue
            yield Mention(
                start, end, form.type, Strength.KNOWN, "known", form.canonical, self.shared
            )

    def _misspelt(self, document: Document) -> Iterator[Mention]:
        yield from self._parted(document)
        for match in _WORD.finditer(document.text):
            candidates = self._candidates.get(match[0][0].casefold())
            if not candidates:
                continue
            word = fold(match[0])
            letters = _letters(word)
            for known, canonical, known_letters, allowed in candidates:
                # A slip changes two letters of the set at the most; most words differ by more.
                if (letters ^ known_letters).bit_count() > 2 * max(1, allowed) or word == known:
                    continue
                if not allowed:
                    if not swapped(word, known):
                        continue
                elif abs(len(word) - len(known)) > allowed or not within_distance(
                    word, known, allowed
                ):
                    continue
                if any(pack.is_ordinary(word) for pack in self.packs):
                    break
                yield Mention(
                    match.start(),
                    match.end(),
                    SpanType.NAME,
                    Strength.KNOWN,
                    "known.misspelt",
                    canonical,
                    self.shared,
                )
                break

    @cached_property
    def _candidates(self) -> Mapping[str, Sequence[tuple[str, str, int, int]]]:
        """By first letter: name, canonical value, set of letters, and slips that it may have."""
        return {
            letter: tuple(
                (known, canonical, _letters(known), _slips(known)) for known, canonical in pairs
            )
            for letter, pairs in self.words.items()
        }

    @cached_property
    def _long(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Names that a transcriber may have heard as two words, by first letter."""
        found = {
            letter: tuple(pair for pair in pairs if len(pair[0]) >= SHORTEST_PARTED)
            for letter, pairs in self.words.items()
        }
        return {letter: pairs for letter, pairs in found.items() if pairs}

    @cached_property
    def _pairs(self) -> re.Pattern[str]:
        """Two small words of which the first begins as a long name does."""
        return re.compile(rf"\b([{''.join(sorted(self._long))}][a-z]{{2,}}) (?=([a-z]{{3,}})\b)")

    def _parted(self, document: Document) -> Iterator[Mention]:
        """``mandel bomb``: a long name that a transcriber heard as two small words."""
        if not self._long:
            return
        for match in self._pairs.finditer(document.text):
            length = len(match[1]) + len(match[2])
            for known, canonical in self._long[match[1][0]]:
                allowed = _slips(known)
                if abs(length - len(known)) <= allowed and within_distance(
                    match[1] + match[2], known, allowed
                ):
                    yield Mention(
                        match.start(1), match.end(2), SpanType.NAME, Strength.KNOWN,
                        "known.parted", canonical, self.shared,
                    )  # fmt: skip
                    break


def index_person(person: KnownPerson, packs: Sequence[LanguagePack]) -> KnownIndex:
    """Prepare the search for one person."""
    return _build(_person_forms(person, packs), packs, person)


def index_staff(staff: StaffDirectory, packs: Sequence[LanguagePack]) -> KnownIndex:
    """Prepare the search for providers, care sites and places."""
    return _build(_staff_forms(staff, packs), packs, None)


def _person_forms(
    person: KnownPerson, packs: Sequence[LanguagePack]
) -> Iterator[tuple[Form, LanguagePack | None]]:
    names = list(person.names) + [PersonName(full=name) for name in person.other_names if name]
    names += [PersonName(full=name) for _, name, _ in person.relatives if name]
    # The pack of the person's own name comes first: pinyin of a Chinese name is Chinese.
    for pack in sorted(packs, key=lambda pack: not (names and any(pack.name_forms(names[0])))):
        for name in names:
            for form in pack.name_forms(name):
                yield form, pack
    for pack in packs:
        if person.birth_date is not None:
            for form in pack.date_forms(person.birth_date):
                yield form, pack
        for address in person.addresses:
            for form in pack.address_forms(address):
                yield form, pack
    for _, value in person.identifiers:
        yield from _number_forms(value, SpanType.ID)
    for kind, value in person.contacts:
        yield from _number_forms(value, CONTACT_TYPES.get(kind.casefold(), SpanType.PHONE))
    for _, _, phone in person.relatives:
        if phone:
            yield from _number_forms(phone, SpanType.PHONE)


def _sexes(person: KnownPerson, packs: Sequence[LanguagePack]) -> dict[str, str]:
    people = [(name, person.sex) for name in person.names]
    for relationship, full_name, _ in person.relatives:
        sexes = {pack.sex_of_kin(relationship) for pack in packs} if relationship else set()
        sex = next(iter(sorted(s for s in sexes if s)), None)
        people.append((PersonName(full=full_name), sex))
    return {
        form.canonical: sex
        for name, sex in people
        if sex
        for pack in packs
        for form in pack.name_forms(name)
    }


def _staff_forms(
    staff: StaffDirectory, packs: Sequence[LanguagePack]
) -> Iterator[tuple[Form, LanguagePack | None]]:
    for pack in packs:
        for name in staff.providers:
            for form in pack.name_forms(PersonName(full=name)):
                # A bare family or given name of some doctor is too weak to look for everywhere.
                if len(fold(form.text)) >= len(fold(name)) - 1:
                    yield form, pack
    for values, kind in ((staff.care_sites, SpanType.LOCATION), (staff.places, SpanType.LOCATION)):
        for value in values:
            if len(fold(value)) >= 2:
                yield Form(value, kind, fold(value), certain=_is_long(value)), packs[0]


def _number_forms(value: str, kind: SpanType) -> Iterator[tuple[Form, None]]:
    canonical = fold(value)
    if len(canonical) < SHORTEST_NUMBER:
        return
    loose = len(canonical) > SHORTEST_NUMBER + 1
    yield Form(value, kind, canonical, loose=loose), None
    if kind is SpanType.PHONE and canonical.isdigit():
        for prefix in ("86", "1", "0086", "001"):
            if canonical.startswith(prefix) and len(canonical) - len(prefix) in (10, 11):
                yield Form(canonical[len(prefix) :], kind, canonical, loose=True), None
            elif not canonical.startswith(prefix):
                yield Form(prefix + canonical, kind, canonical, loose=True), None


def _is_long(value: str) -> bool:
    folded = fold(value)
    return len(folded) >= (4 if not folded.isascii() else 12) or " " in value.strip()


def _build(
    forms: Iterable[tuple[Form, LanguagePack | None]],
    packs: Sequence[LanguagePack],
    person: KnownPerson | None,
) -> KnownIndex:
    by_text: dict[str, _Pattern] = {}
    words: dict[str, dict[str, str]] = {}
    for form, pack in forms:
        text, breaks = _squeezed(form.text)
        if not text:
            continue
        held = by_text.get(text)
        if held is None:
            by_text[text] = _Pattern(form, pack, breaks)
        elif form.certain and not held.form.certain:
            by_text[text] = _Pattern(form, pack, breaks | held.breaks)
        elif not breaks <= held.breaks:
            by_text[text] = _Pattern(held.form, held.pack, breaks | held.breaks)
        if person is None or form.type is not SpanType.NAME or not _may_be_misspelt(text):
            continue
        # A name that is also a word (an eponym: Lawrence) is misspelt as any other.
        if form.certain or (len(text) > SHORTEST_TYPO and pack and pack.is_ordinary(text)):
            words.setdefault(text[0], {})[text] = form.canonical
    automaton = ac.AhoCorasick(list(by_text), matchkind=ac.MatchKind.Standard) if by_text else None
    return KnownIndex(
        tuple(by_text.values()),
        automaton,
        {letter: tuple(found.items()) for letter, found in words.items()},
        tuple(packs),
        person,
        shared=person is None,
    )


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


def _may_be_misspelt(folded: str) -> bool:
    return len(folded) >= SHORTEST_SWAP and folded.isascii() and folded.isalpha()


@lru_cache(maxsize=1 << 16)
def _fold_character(character: str) -> str:
    return fold(character)


_NO_BREAKS: frozenset[int] = frozenset()
_ASCII_PART = re.compile("[a-z0-9]+")


def _squeezed(text: str) -> tuple[str, frozenset[int]]:
    """The folded text, and the positions in it before which the written form has a separator."""
    if text.isascii():
        small = text.lower()
        if small.isalnum():
            return small, _NO_BREAKS
        parts = _ASCII_PART.findall(small)
        return "".join(parts), frozenset(accumulate(map(len, parts[:-1])))
    breaks, count, gap = set(), 0, False
    for character in text:
        folded = _fold_character(character)
        if not folded:
            gap = True
            continue
        if gap and count:
            breaks.add(count)
        gap = False
        count += len(folded)
    return fold(text), frozenset(breaks)


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


def _separators_fit(
    text: str, squeezed: Squeezed, first: int, last: int, pattern: _Pattern
) -> bool:
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
