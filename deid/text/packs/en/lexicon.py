"""Word lists of English: names of Faker's locales, other words from ``words/``."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from functools import cache, lru_cache

from english_words import get_english_words_set as english_words_of

from deid.text.normalise import fold
from deid.text.words import read_lines, read_words

PACKAGE = "deid.text.packs.en"

# Latin-script locales whose people stand in English notes.
NAME_LOCALES = (
    "en_US", "en_GB", "en_IE", "en_IN", "en_NG", "en_KE", "en_PK", "es_MX", "es_ES", "fr_FR",
    "de_DE", "it_IT", "pt_BR", "pl_PL", "nl_NL", "sv_SE", "vi_VN", "tr_TR", "id_ID", "yo_NG",
    "ha_NG", "ig_NG", "zu_ZA", "hu_HU", "cs_CZ", "fi_FI", "no_NO", "tw_GH", "ro_RO",
)  # fmt: skip
PARTICLES = read_words(PACKAGE, "particles.txt")
US_STATES = frozenset(
    fold(name)
    for name in (
        "Alabama", "Alaska", "Arizona", "Arkansas", "California", "Colorado", "Connecticut",
        "Delaware", "Florida", "Georgia", "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa",
        "Kansas", "Kentucky", "Louisiana", "Maine", "Maryland", "Massachusetts", "Michigan",
        "Minnesota", "Mississippi", "Missouri", "Montana", "Nebraska", "Nevada", "New Hampshire",
        "New Jersey", "New Mexico", "North Carolina", "North Dakota", "Ohio", "Oklahoma", "Oregon",
        "Pennsylvania", "Rhode Island", "South Carolina", "South Dakota", "Tennessee", "Texas",
        "Utah", "Vermont", "Virginia", "Washington State", "West Virginia", "Wisconsin", "Wyoming",
    )
)  # fmt: skip


def english_words(name: str) -> frozenset[str]:
    """A word list of this pack."""
    return read_words(PACKAGE, name)


def _read_nicknames() -> dict[str, tuple[str, ...]]:
    table: dict[str, set[str]] = {}
    for line in read_lines(PACKAGE, "nicknames.txt"):
        formal, _, short = line.partition(":")
        for name in formal.split():
            table.setdefault(name, set()).update(short.split())
            for nickname in short.split():
                table.setdefault(nickname, set()).add(name)
    return {name: tuple(sorted(found)) for name, found in table.items()}


NICKNAMES = _read_nicknames()
# Ordinary words that are also names: context decides.
NAME_WORDS = english_words("name_words.txt")


@cache
def ordinary_words() -> frozenset[str]:
    """Words of everyday and clinical English, among them those that are also names."""
    lorem = importlib.import_module("faker.providers.lorem.en_US").Provider.word_list
    listed = frozenset(word.casefold() for word in lorem)
    return listed | english_words("ordinary.txt") | english_words("clinical.txt") | NAME_WORDS


@cache
def _folded_words() -> frozenset[str]:
    return frozenset(fold(word) for word in ordinary_words())


@lru_cache(maxsize=1 << 16)
def is_word(folded: str) -> bool:
    """Whether a folded word, or the word it is a form of, is an ordinary one."""
    words = _folded_words()
    if folded in words:
        return True
    for ending in ("s", "es", "ed", "d", "ing", "ly", "er"):
        stem = folded.removesuffix(ending)
        if stem != folded and len(stem) > 2 and (stem in words or stem + "e" in words):
            return True
    return folded.endswith("ies") and folded[:-3] + "y" in words


@cache
def _dictionary() -> frozenset[str]:
    listed = english_words_of(["web2"], alpha=True)
    words = frozenset(w for w in listed if len(w) > 3 and w.islower())
    return words - given_names() - family_names()


def is_in_dictionary(folded: str) -> bool:
    """Whether a large dictionary has the word, or one that it is a form of, and no list of names.

    Only where nothing but a capital says that a word is a name: the dictionary is too large to
    doubt a known name by it.
    """
    words = _dictionary()
    if folded in words:
        return True
    for ending in ("s", "es", "ed", "d", "ing", "ly", "er", "ness"):
        stem = folded.removesuffix(ending)
        if stem != folded and len(stem) > 3 and (stem in words or stem + "e" in words):
            return True
    return folded.endswith("ies") and folded[:-3] + "y" in words


# Endings of drugs, diseases, procedures and adjectives; few names of seven letters have them.
_CLINICAL_ENDING = re.compile(
    r"(?:sartan|olol|statin|cillin|mycin|azole|vir|mab|nib|prazole|pril|dipine|gliptin|gliflozin|glutide|parin|xaban|triptan"
    r"|setron|oxacin|cycline|azepam|zolam|caine|tidine|thiazide|phylline|solone|mide|trigine|itis|osis|emia|aemia|pathy|ectomy"
    r"|plasty|otomy|scopy|graphy|ology|ologist|iatrist|uria|algia|ation|ition|ction|ment|ness|ility|ing|ical|ous|tive|acy|ance|ence|ism)$"
)
_INNER_CAPITAL = re.compile(
    r"^(?!Mc|Mac|De|La|Le|Van|O'|D'|Di|Fitz|St)[A-Z][a-z]+[A-Z]|\d[A-Za-z]|^[A-Za-z]-"
)


def is_term(text: str) -> bool:
    """``CrCl``, ``HbA1c``, ``D-dimer``, ``Losartan``: shaped like a term, not like a name."""
    return bool(_INNER_CAPITAL.search(text)) or (
        len(text) >= 7 and bool(_CLINICAL_ENDING.search(text))
    )


@cache
def given_names() -> frozenset[str]:
    """Folded given names of all locales."""
    return frozenset(
        name for male in (True, False, None) for name in _names(_given_attribute(male))
    )


@cache
def family_names() -> frozenset[str]:
    """Folded family names of all locales."""
    return frozenset(_names(("last_names",)))


# Further locales whose names count only where context already asks for a name.
_FURTHER_LOCALES = (
    "da_DK", "et_EE", "hr_HR", "lv_LV", "lt_LT", "sk_SK", "sl_SI", "pt_PT", "fr_CA",
    "fr_BE", "fr_DZ", "de_AT", "de_CH", "es_AR", "es_CO", "es_CL", "en_NZ", "ga_IE",
    "is_IS", "az_AZ", "uz_UZ", "en_TH", "sw", "nl_BE", "ne_NP", "es_CA",
)  # fmt: skip


@cache
def further_names() -> frozenset[str]:
    """Folded given and family names of Latin-script locales beyond those of the other lists."""
    attributes = (*_given_attribute(True), *_given_attribute(False), "first_names", "last_names")
    return frozenset(
        fold(part)
        for locale in _FURTHER_LOCALES
        for attribute in attributes
        for name in locale_names(locale, attribute)
        for part in name.split()
        if len(part) > 2 and part.isascii() | part.isalpha()
    )


@cache
def gender_of(folded: str) -> str | None:
    """``M`` or ``F`` if a given name is of one gender in the lists, else ``None``."""
    male, female = _gendered()
    if (folded in male) == (folded in female):
        return None
    return "M" if folded in male else "F"


@cache
def _gendered() -> tuple[frozenset[str], frozenset[str]]:
    return (
        frozenset(_names(_given_attribute(True))),
        frozenset(_names(_given_attribute(False))),
    )


def _given_attribute(male: bool | None) -> tuple[str, ...]:
    if male is None:
        return ("first_names",)
    return ("first_names_male",) if male else ("first_names_female",)


def locale_names(locale: str, attribute: str) -> tuple[str, ...]:
    """One list of one Faker locale; empty if it has none."""
    try:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    except ModuleNotFoundError:  # a release of Faker without this locale
        return ()
    found = getattr(provider, attribute, ()) or ()
    return tuple(dict.fromkeys(found)) if isinstance(found, Iterable) else ()


def _names(attributes: tuple[str, ...]) -> list[str]:
    found = []
    for locale in NAME_LOCALES:
        for attribute in attributes:
            for name in locale_names(locale, attribute):
                found += [fold(part) for part in name.split() if len(part) > 1]
    return [name for name in found if name not in PARTICLES]


_MALE_KIN = english_words("male_kin.txt")
_FEMALE_KIN = english_words("female_kin.txt")


def sex_of_kin(relationship: str) -> str | None:
    """``M`` or ``F`` by a relationship's word: ``husband``, ``maternal aunt``."""
    words = set(relationship.casefold().replace("-", " ").split())
    male, female = bool(words & _MALE_KIN), bool(words & _FEMALE_KIN)
    return None if male == female else "M" if male else "F"
