"""Surrogates of names, places and organisations in English notes.

A name is replaced word by word, so that ``Rosalind Tankersley``, ``TANKERSLEY, R.`` and ``Rose``
keep pointing to one person: a word's seed is the known value it stands for. Gender and culture come
from the name lists, length class and capitals from the word itself.
"""

from __future__ import annotations

import re
from functools import cache

from deid.text.document import SpanType
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import (
    NICKNAMES,
    PARTICLES,
    US_STATES,
    english_words,
    gender_of,
    given_names,
    locale_names,
)
from deid.text.surrogates.common import POOLED_AGE, make_common
from deid.text.surrogates.seed import Scene, Seed
from deid.text.words import longest_first

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
_TITLE = re.compile(
    r"(?:"
    + "|".join(map(re.escape, longest_first(english_words("titles.txt"))))
    + r")\b\.? +(?=\w)",
    re.IGNORECASE,
)
_CULTURES = {
    "en": "en_US", "es": "es_MX", "de": "de_DE", "it": "it_IT", "fr": "fr_FR", "in": "en_IN",
    "ng": "yo_NG", "id": "id_ID", "nl": "nl_NL", "sv": "sv_SE",
}  # fmt: skip
_TOWN_HEADS = (
    "Ash", "Birch", "Brook", "Cedar", "Clear", "Cold", "Elm", "Fair", "Fox", "Glen", "Green",
    "Haw", "Kings", "Lake", "Maple", "Mill", "North", "Oak", "Pine", "Ridge", "Rock", "Sand",
    "Silver", "Spring", "Stone", "Sun", "Thorn", "Wal", "West", "Wil", "Win", "Wood",
)  # fmt: skip
_TOWN_TAILS = (
    "bourne", "bridge", "brook", "bury", "dale", "field", "ford", "gate", "ham", "haven", "hurst",
    "land", "mere", "mont", "mouth", "port", "ridge", "side", "stead", "ton", "view", "ville",
    "wick", "wood", "worth",
)  # fmt: skip
KEPT_WORDS = english_words("kept_words.txt")
_ROLES_OF_NAMES = frozenset({"given", "family", "full", "initials"})
_ROLES = (
    "owner of a local shop", "member of a local council", "retired teacher", "local musician",
    "small business owner", "manager of a local firm",
)  # fmt: skip


def make(text: str, kind: SpanType, scene: Scene) -> str | None:
    """A replacement in English forms; ``None`` if the text is not in Latin letters."""
    if any(c >= "\u2e80" for c in text):
        return None
    if kind is SpanType.NAME:
        canonical = scene.aliases.get(fold(text)) or scene.canonical
        if canonical and canonical.partition(":")[0] not in _ROLES_OF_NAMES:
            return None  # another pack's name, in Latin letters: it keeps its culture
        return scene.first_free(text, lambda n: _name(text, scene, n))
    if kind is SpanType.AGE_OVER_89:
        return POOLED_AGE if any(c.isdigit() for c in text) else "ninety or older"
    if kind in (SpanType.LOCATION, SpanType.ORGANIZATION):
        return scene.first_free(text, lambda n: _place(text, scene, n))
    if kind is SpanType.PROFESSION:
        seed = scene.seed("profession", text)
        return scene.first_free(text, lambda n: seed.pick(_ROLES, n))
    return make_common(text, kind, scene)


def _name(text: str, scene: Scene, attempt: int) -> str:
    title = _TITLE.match(text)
    if title:
        return title[0] + _name(text[title.end() :], scene, attempt)
    words = list(_WORD.finditer(text))
    comma = text.find(",")
    out, place = [], 0
    before = None
    for i, match in enumerate(words):
        word = match[0]
        gap = text[place : match.start()]
        place = match.end()
        known = scene.aliases.get(fold(word))
        if known is not None and known == before and gap in {"-", " "}:
            continue  # both halves of a double name stand for one surrogate
        before = known
        out.append(gap)
        family = match.end() <= comma if comma >= 0 else i == len(words) - 1 and i > 0
        out.append(_word(word, scene, family, attempt, alone=len(words) == 1))
    return "".join(out) + text[place:]


def _word(word: str, scene: Scene, family: bool, attempt: int, alone: bool) -> str:
    folded = fold(word)
    if (scene.canonical or "").startswith("initials:"):
        seed = scene.seed("name", scene.canonical or "")
        letters = "".join(seed.pick("abcdefghjklmnprstw", attempt, i) for i in range(len(word)))
        return letters.upper() if word.isupper() else letters
    if word.isdigit():
        seed = scene.seed("digits", word)
        return "".join(str(seed.number(10, attempt, i)) for i in range(len(word)))
    if folded in PARTICLES and not alone:
        return word
    canonical = scene.aliases.get(folded) or (scene.canonical if alone else None)
    if len(folded) == 1:
        return _like(word, _initial(folded, scene, family, attempt))
    if canonical is None or canonical.startswith("full:"):
        if alone:
            family = folded not in given_names()
        canonical = ("family:" if family else "given:") + folded
    return _like(word, _replacement(canonical, folded, scene, attempt))


def _initial(letter: str, scene: Scene, family: bool, attempt: int) -> str:
    """The initial of the surrogate of the known name that begins with this letter."""
    role = "family:" if family else "given:"
    for canonical in sorted(set(scene.aliases.values())):
        if canonical.startswith(role + letter):
            return _replacement(canonical, canonical[len(role) :], scene, attempt)[0]
    return scene.seed("initial", role + letter).pick("abcdefghjklmnprstw", attempt)


def _replacement(canonical: str, folded: str, scene: Scene, attempt: int) -> str:
    role, _, value = canonical.partition(":")
    seed = scene.seed("name", canonical)
    pool = _pool(role, value or folded, scene)
    return seed.pick(pool, attempt)


@cache
def _culture_sets() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    sets = {}
    for culture, locale in _CULTURES.items():
        family = frozenset(fold(n) for n in locale_names(locale, "last_names"))
        given = frozenset(
            fold(n)
            for attribute in ("first_names_male", "first_names_female", "first_names")
            for n in locale_names(locale, attribute)
        )
        sets[culture] = (family, given)
    return sets


def _culture(role: str, value: str) -> str:
    place = 0 if role == "family" else 1
    # Common Spanish surnames are in the American list too, and an American surname in few others.
    if role == "family" and value in _culture_sets()["es"][0]:
        return "es"
    return next((c for c, sets in _culture_sets().items() if value in sets[place]), "en")


@cache
def _names(culture: str, role: str, gender: str | None, length: int) -> tuple[str, ...]:
    locale = _CULTURES[culture]
    if role == "family":
        names = locale_names(locale, "last_names")
    else:
        attributes = {"M": ("first_names_male",), "F": ("first_names_female",)}.get(
            gender or "", ("first_names_male", "first_names_female", "first_names")
        )
        names = tuple(n for a in attributes for n in locale_names(locale, a))
    if role == "family":
        names = tuple(n for n in names if _culture(role, fold(n)) == culture)
    single = sorted({n for n in names if n.isalpha() and len(n) > 2})
    same = [n for n in single if _length_class(n) == length]
    return tuple(same if len(same) >= 12 else single)


def _length_class(name: str) -> int:
    return 0 if len(name) <= 4 else 1 if len(name) <= 7 else 2


def _pool(role: str, value: str, scene: Scene) -> tuple[str, ...]:
    gender = None
    if role == "given":
        gender = scene.sexes.get("given:" + value) or gender_of(value)
        if gender is None:
            formal = NICKNAMES.get(value, ())
            genders = {gender_of(n) for n in formal} - {None}
            gender = genders.pop() if len(genders) == 1 else None
    return _names(_culture(role, value), role, gender, _length_class(value))


def _like(word: str, name: str) -> str:
    if word.isupper() and (len(word) > 1 or len(name) == 1):
        return name.upper()
    return name.lower() if word.islower() else name[0].upper() + name[1:]


def _place(text: str, scene: Scene, attempt: int) -> str:
    """Keep the kind of place and the shape; replace proper words, numbers and codes."""
    seed = scene.seed("place", scene.canonical or text)
    out, place, last_made = [], 0, False
    for i, match in enumerate(_WORD.finditer(text)):
        word = match[0]
        gap = text[place : match.start()]
        place = match.end()
        if word.isdigit():
            out += [gap, _digits(word, seed, attempt, i)]
            last_made = False
        elif word.casefold().replace("’", "'") in KEPT_WORDS or (
            fold(word) in US_STATES or (len(word) == 2 and word.isupper())
        ):
            out += [gap, word]
            last_made = False
        elif len(word) == 1:
            out += [gap, seed.pick("ABCDEFGH", attempt, i)]
        elif last_made and gap in {" ", "-"}:
            continue  # `Copper Kettle` becomes one made-up word
        else:
            out += [gap, _like(word, _town(seed, attempt, i))]
            last_made = True
    return "".join(out) + text[place:]


def _digits(word: str, seed: Seed, attempt: int, place: int) -> str:
    first = str(1 + seed.number(9, attempt, place, 0))
    return first + "".join(str(seed.number(10, attempt, place, i)) for i in range(1, len(word)))


def _town(seed: Seed, attempt: int, place: int) -> str:
    head = seed.pick(_TOWN_HEADS, "head", attempt, place)
    tail = seed.pick(_TOWN_TAILS, "tail", attempt, place)
    return head + tail if not head.casefold().endswith(tail[:3]) else head + "ton"
