"""The ways in which English notes write a known name, birth date or address."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache

from deid.text.document import SpanType
from deid.text.normalise import fold, fold_parts
from deid.text.packs.base import DateForms, DateShape, Form, date_shape
from deid.text.packs.en.lexicon import NICKNAMES, PARTICLES, US_STATES, is_word
from deid.text.people import AddressParts, PersonName
from deid.text.surrogates.written import MONTHS

_LONG, _SHORT = 0, 1
_WORDS_HELD = 2048
_PART = re.compile(r"[^\s,\-\u2010-\u2015]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_DIGIT_TAIL = re.compile(r"\d+$")
_TITLE = re.compile(
    r"^(?:mr|mrs|ms|miss|mx|dr|prof|sr|jr|sir|rev|md|rn|do|phd|abu|umm|ii|iii|iv)\.?$",
    re.IGNORECASE,
)
_STREET_WORDS = {
    "street": "st", "avenue": "ave", "road": "rd", "boulevard": "blvd", "drive": "dr",
    "lane": "ln", "court": "ct", "place": "pl", "terrace": "ter", "highway": "hwy",
    "square": "sq", "apartment": "apt", "parkway": "pkwy", "circle": "cir",
}  # fmt: skip


def canonical_given(word: str) -> str:
    """How a given name is named in surrogate seeds."""
    return "given:" + fold(word)


def canonical_family(word: str) -> str:
    """How a family name is named in surrogate seeds."""
    return "family:" + fold(word)


def split_name(name: PersonName) -> tuple[list[str], list[str]]:
    """Given and family parts of a Latin-script name; a full name alone ends in the family name."""
    given, family = name.given, name.family
    if not given and not family and name.full:
        full = name.full.strip()
        if "," in full:
            family, _, given = full.partition(",")
        else:
            words = [word for word in full.split() if not _TITLE.match(word)]
            cut = len(words) - 1
            while cut > 1 and fold(words[cut - 1]) in PARTICLES:
                cut -= 1
            given, family = " ".join(words[:cut]), " ".join(words[cut:])
            if len(words) == 1:
                given, family = full, ""
    return _parts(given or ""), _parts(family or "")


def _parts(text: str) -> list[str]:
    return [word for word in text.split() if _LATIN.search(word) and not _TITLE.match(word)]


def combinations(name: str) -> Iterator[str]:
    """Given and family name in both orders, with and without further names, and initialled."""
    given, family = split_name(PersonName(full=name))
    if not (given and family):
        return
    whole = " ".join(family)
    for first in {given[0], " ".join(given), given[0][0]}:
        yield f"{first} {whole}"
        yield f"{whole} {first}"
    if len(family) > 1:
        yield f"{given[0]} {family[-1]}"


def name_forms(name: PersonName) -> Iterator[Form]:
    """Full, reordered, single, initialled and nicknamed forms of one name."""
    given, family = split_name(name)
    whole_given, whole_family = " ".join(given), " ".join(family)
    for word in given:
        yield from _single(word, canonical_given(word))
        for part in _PART.findall(word):
            if part != word:
                yield from _single(part, canonical_given(word))
        yield from _short_forms(word)
    for word in family:
        if fold(word) in PARTICLES:
            continue
        yield from _single(word, canonical_family(word))
        for part in _PART.findall(word):
            if part != word:
                yield from _single(part, canonical_family(word))
    if len(family) > 1:
        yield _form(whole_family, canonical_family(whole_family))
    if not (given and family):
        return
    full = f"full:{fold(whole_given)}:{fold(whole_family)}"
    first = given[0]
    for left, right in (
        (whole_given, whole_family),
        (first, whole_family),
        (first, family[-1]),
        *((first, part) for part in _PART.findall(whole_family) if fold(part) not in PARTICLES),
        (first[0], whole_family),
        ("".join(g[0] for g in given), whole_family),
        (whole_given, whole_family[0]),
        (first, whole_family[0]),
    ):
        yield _form(f"{left} {right}", full, certain=len(fold(left + right)) > 3)
        yield _form(f"{right} {left}", full, certain=len(fold(left + right)) > 3)
    initials = first[0] + family[0][0]
    yield Form(".".join(initials), SpanType.NAME, full, certain=False)
    if len(given) > 1:
        yield Form(".".join([*(g[0] for g in given), family[0][0]]), SpanType.NAME, full, False)


def _form(text: str, canonical: str, certain: bool = True) -> Form:
    folded, breaks = fold_parts(text)
    return Form(text, SpanType.NAME, canonical, certain, folded=folded, breaks=breaks)


@lru_cache(maxsize=_WORDS_HELD)
def _single(word: str, canonical: str) -> tuple[Form, ...]:
    folded = fold(word)
    if len(folded) < 2 or folded in PARTICLES:
        return ()
    found = [_form(word, canonical, certain=len(folded) > 3 and not is_word(folded))]
    stripped = _DIGIT_TAIL.sub("", word)
    if stripped != word and len(stripped) > 1:
        bare = fold(stripped)
        found.append(_form(stripped, canonical, certain=len(bare) > 3 and not is_word(bare)))
    return tuple(found)


@lru_cache(maxsize=_WORDS_HELD)
def _short_forms(given: str) -> tuple[Form, ...]:
    folded, canonical = fold(given), canonical_given(given)
    found = [
        _form(nickname, canonical, len(nickname) > 3 and not is_word(nickname))
        for nickname in NICKNAMES.get(folded, ())
    ]
    # Jebediah is called Jeb, and Jebby: any beginning of a longer given name may be its short form.
    if folded.isalpha() and len(folded) >= 5:
        for length in range(3, len(folded)):
            for ending in (
                ("", "y", "ie", "i", "u", "o")
                if length < 5
                else ("", "y", "ie")
                if length < 6
                else ("",)
            ):
                found.append(_form(folded[:length] + ending, canonical, certain=False))
    return tuple(found)


def date_forms(date: datetime.date) -> DateForms:
    """A birth date in every order, with numbers or names of months, long and short years."""
    year = str(date.year)
    return DateForms(date.isoformat(), (year, year[2:]), _dated(date.month, date.day))


@lru_cache(maxsize=366)
def _dated(month: int, day: int) -> tuple[DateShape, ...]:
    found = []
    numbers = {(f"{month}", f"{day}"), (f"{month:02d}", f"{day:02d}")}
    numbers |= {(f"{month:02d}", f"{day}"), (f"{month}", f"{day:02d}")}
    for m, d in sorted(numbers):
        # Eight digits are a date by themselves; fewer need their separators.
        few = len(m + d) < 4
        found.append(date_shape("", _LONG, f"-{m}-{d}", 4, separated=few))
        for first, second in ((m, d), (d, m)):
            head = f"{first}-{second}-"
            found.append(date_shape(head, _LONG, "", 4, separated=few))
            found.append(date_shape(head, _SHORT, "", 2, separated=True))
    name = MONTHS[month - 1]
    suffix = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    for written in dict.fromkeys((name, name[:3], name[:4])):
        for d in dict.fromkeys((f"{day}", f"{day:02d}", f"{day}{suffix}")):
            for head in (f"{written} {d} ", f"{d} {written} ", f"{d} of {written} "):
                found += [date_shape(head, _LONG, "", 4), date_shape(head, _SHORT, "", 2)]
    return tuple(found)


def address_forms(address: AddressParts) -> Iterator[Form]:
    """The whole address, its comma-separated parts, and street names without their number."""
    texts = [
        address.line, address.village, address.township, address.district, address.city,
        address.postal_code, address.full_text,
    ]  # fmt: skip
    for text in texts:
        if not text or not (text.isdigit() or _LATIN.search(text)):
            continue
        yield from _place(text)
        for piece in text.split(","):
            yield from _place(piece.strip())


def _place(text: str) -> Iterator[Form]:
    folded = fold(text)
    if len(folded) < 4 or folded in US_STATES:
        return
    certain = not is_word(folded) and (len(folded) >= 6 or folded.isdigit())
    for variant in {text, _abbreviated(text)}:
        yield Form(variant, SpanType.LOCATION, folded, certain or " " in text)
    # `410 Lantern Street` is also written as `Lantern Street`, `OR 97999` as `97999`.
    words = text.split()
    if len(words) > 1 and any(c.isdigit() for c in words[0]):
        rest = " ".join(words[1:])
        if len(fold(rest)) >= 5 and " " in rest:
            yield Form(rest, SpanType.LOCATION, fold(rest))
            yield Form(_abbreviated(rest), SpanType.LOCATION, fold(rest))
    if len(words) == 2 and words[1].isdigit() and len(words[1]) == 5:
        yield Form(words[1], SpanType.LOCATION, words[1])


def _abbreviated(text: str) -> str:
    return " ".join(_STREET_WORDS.get(word.casefold().rstrip("."), word) for word in text.split())
