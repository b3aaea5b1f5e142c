# ruff: noqa: E501 -- an expression is read whole
"""Where a name begins and ends: roles, labels and verbs beside it are cut off, `Jr` belongs to it."""

from __future__ import annotations

import re
from dataclasses import replace

from deid.text.document import Mention, SpanType
from deid.text.lists import listed, ranks
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import NAME_WORDS, PARTICLES, english_words, given_names, is_word
from deid.text.packs.en.namelike import NOT_NAMES, Namelike, namelike
from deid.text.packs.en.shapes import CREDENTIALS, KIN_WORDS, TITLE_WORDS, is_clinical

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\d{0,3}")
_ROLES = english_words("roles.txt") | english_words("relations.txt") | KIN_WORDS | TITLE_WORDS
_LABELS = english_words("labels.txt") - {"to", "from", "dear"}
_ABBREVIATIONS = english_words("abbreviations.txt") - given_names()
_BY_WORDS = english_words("by_words.txt")
_GENERATION = re.compile(r",? (?:Jr|Sr|II|III|IV|JR|SR)\b\.?")
_ENUMERATED = re.compile(r"[A-Z]\.\s")
_FREQUENT, _KNOWN = 5000, 18_000
_INDENT = 40
_INFLECTED = re.compile(r"[^aeious]s$|[^aeiou]ed$|[a-z]{3}ing$")
_FIELDS = frozenset(
    {"sex", "gender", "age", "dob", "race", "phone", "tel", "address", "city", "zip", "email"}
)
_ENDS = frozenset({"till", "til", "thru", "and", "y", "und", "et"})
_OUTSIDE_CREDENTIALS = frozenset({"ma", "do", "an", "pa"})


def trimmed(plain: str, mention: Mention) -> Mention | None:
    """The mention without words at its ends that are no part of a name; ``None`` if none is left."""
    start, end = mention.start, mention.end
    words = [(m.start(), m.end(), m[0]) for m in _WORD.finditer(plain, start, end)]
    if not words:
        return mention
    first, last = words[0][0], words[-1][1]
    if names_a_thing(plain, start, end) or all(fold(word) in NOT_NAMES for _, _, word in words):
        return None
    if (
        len(words) > 1
        and _ENUMERATED.match(plain, start, end)
        and len(words[1][2]) > 1
        and words[1][2].isupper()
    ):
        # `A. WORKER`: a form's enumeration.
        before = plain[max(0, start - _INDENT) : start].rstrip(" ")
        opens = not before or before.endswith("\n")
        if opens and namelike(fold(words[1][2])) is Namelike.NO:
            words = words[1:]
    while len(words) > 1 and _is_lead(words[0][2], words[1][2], plain[words[0][1] : words[1][0]]):
        words.pop(0)
    while len(words) > 1 and _is_tail(words[-1][2], plain[words[-2][1] : words[-1][0]], plain, words[-1][1]):  # fmt: skip
        words.pop()
    if len(words) == 1 and not _may_stand(words[0][2], mention):
        return None
    if words[0][0] != first:
        start = words[0][0]
    if words[-1][1] < last:
        end = words[-1][1]
    generation = _GENERATION.match(plain, end)
    if generation:
        end = generation.end()
    if (start, end) == (mention.start, mention.end):
        return mention
    return replace(mention, start=start, end=end, canonical=None)


# `St. Jude valve`, `St Joseph aspirin`
_DEVICE_AFTER = re.compile(
    r"(?i)\s+(?:medical|valves?|[am]vr|mitral|aortic|aspirin|device|pacemaker|icd|leads?|generator|mechanical|bileaflet)\b"
)


_EPONYM_PAIRS = frozenset(
    {
        "dandy walker", "harvey bradshaw", "crystal violet", "gentian violet", "rose bengal",
        "truelove witts", "hunt hess", "smith petersen", "glasgow blatchford", "stevens johnson",
        "jackson pratt", "harris benedict", "holmes adie", "marcus gunn", "ramsay hunt",
        "mallory weiss", "austin flint", "graham steell", "foster kennedy", "wilson mikity",
        "diamond blackfan",
    }
)  # fmt: skip
"""Pairs of words that name a sign, a score or a dye, though each may be a person's."""
_SAINT_BEFORE = re.compile(r"\b(?:St|ST|st|Saint)\.? [A-Za-z]+$")


def names_a_thing(plain: str, start: int, end: int) -> bool:
    """A valve or a remedy called after a saint, Sister Mary Joseph's nodule, and eponyms of two."""
    if plain.endswith("Sister Mary Joseph", 0, end) or plain.startswith(
        "Sister Mary Joseph", max(0, start - len("Sister "))
    ):
        return True
    if plain[start:end].casefold().replace("-", " ") in _EPONYM_PAIRS:
        return True
    sainted = _SAINT_BEFORE.search(plain, max(0, start - 7), end) is not None
    return sainted and _DEVICE_AFTER.match(plain, end) is not None


def _may_stand(word: str, mention: Mention) -> bool:
    """Whether one word alone can be the name: a role or a heading cannot."""
    folded = fold(word)
    if folded in NOT_NAMES or (word.isupper() and 2 < len(word) < 6 and folded in CREDENTIALS):
        return False
    if folded in NAME_WORDS or folded in given_names() or mention.detector == "en.name.initials":
        return True
    return folded not in _ROLES and folded not in _LABELS and folded not in _ABBREVIATIONS


def _is_lead(word: str, following: str, gap: str) -> bool:
    folded = fold(word)
    if len(word) == 1 or folded in PARTICLES:
        return False
    if ":" in gap or "\n\n" in gap or "   " in gap:
        return namelike(folded) is Namelike.NO
    if folded in NAME_WORDS or folded in given_names():
        # `Page`, `Coach`: only what acts here, and only where a fuller name follows.
        return False
    if word.isupper() and not following.isupper() and len(word) < 7:
        return folded in CREDENTIALS or folded in NOT_NAMES or folded in _ROLES
    if folded in _ROLES or folded in _LABELS or folded in NOT_NAMES or folded in _BY_WORDS:
        return True
    return word.islower() and _is_everyday(folded)


def _is_tail(word: str, gap: str, plain: str, end: int) -> bool:
    folded = fold(word)
    if any(c.isdigit() for c in gap) and (
        word.islower() or folded in NOT_NAMES or folded in CREDENTIALS
    ):
        return True
    if word.islower() and folded in _ABBREVIATIONS and folded not in PARTICLES and len(word) > 1:
        return True
    if word.islower() and _INFLECTED.search(folded) and namelike(folded) is Namelike.NO:
        return True  # `Reed concurs`, `stitch-malone debrided`
    if word.islower() and folded in PARTICLES:
        return True  # `Afia en route`
    if word in _ENDS:
        return True  # `sitter marcus till 0300`
    if len(word) == 1 and not ("." in gap and len(gap) > 1):
        return plain[end : end + 1] == "/" and word in "wcsp"  # `dr okpara w/ curet`
    if (
        word.isupper()
        and len(word) > 3
        and _is_everyday(folded)
        and namelike(folded) is Namelike.NO
    ):
        return True  # `MR. STROUD STATES`
    if "\n" in gap and (folded in _LABELS or folded in _FIELDS or folded in NOT_NAMES):
        return True  # the heading of the next line
    if "\n" in gap and plain[end : end + 2] in ("'s", "’s") and _is_eponym(folded):
        return True  # `Dear Dr. Wanjiru` before `Alport's is likely`
    if plain[end : end + 1] == ":" and namelike(folded) is Namelike.NO:
        return True
    if folded in NOT_NAMES and namelike(folded) is Namelike.NO:
        return True
    if word.isupper() and folded in CREDENTIALS and folded not in _OUTSIDE_CREDENTIALS:
        return True
    if (folded in _ROLES or folded in _LABELS) and not word.istitle():
        return folded not in given_names()
    return word.islower() and _is_everyday(folded)


def _is_eponym(folded: str) -> bool:
    return is_clinical(folded) or folded in listed("en_eponyms")


def _is_everyday(folded: str) -> bool:
    """A small-letter word that is in the frequent part of the dictionary and no name."""
    if folded in PARTICLES or folded in NAME_WORDS or folded in given_names():
        return False
    if is_word(folded) or is_clinical(folded):
        return True
    rank = ranks("en_words").get(folded, 1 << 20)
    return rank < _FREQUENT or (rank < _KNOWN and namelike(folded) is Namelike.NO)


_ID_LABEL = re.compile(
    r"(?:(?i:csn|mrn|ssn|dl|sn|s/n|ser|serial|acct|account|rm|room|ref|lot|id|no|case|chart|file|bed|unit|gmc|npi|fin|ns|phone|tel|fax|pgr|ext|cell)\b[ .:#]*)+"
)


def trimmed_number(plain: str, mention: Mention) -> Mention | None:
    """The number without its label."""
    label = _ID_LABEL.match(plain, mention.start, mention.end)
    if label is None or not label.end() < mention.end:
        return mention
    if not any(c.isdigit() for c in plain[label.end() : mention.end]):
        return None
    return replace(mention, start=label.end())


_GAP = re.compile(r" {3,}|\s*\||\t")
_PLACE_LEAD = re.compile(
    r"(?:(?:SITE|DEST|FROM|TO|AT|SCHOOL|Client|CLIENT|SCENE|LOC|Location|LOCATION|Facility|FACILITY|CAMP|EMPLOYER|Employer|MEDIC|Consultant \w+|TRANSPORT|PAYER|Insurance|INSURANCE|Insurer|Pharmacy|PHARMACY|OF|work|job|till?|until|past|near|behind|beyond|outside|towards?|[Hh]ome(?= (?:[Aa]pt|[Uu]nit|\d)))[ :]+)+(?=[A-Z\w])"
)
_PLACE_TAIL = re.compile(
    r" (?:in (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|PENDING|AUTH|BED|DOS|VAN|thru|until|til|approx|where|who|cannot|wkends?)(?: .*)?$",
    re.DOTALL,
)


def trimmed_place(plain: str, mention: Mention) -> Mention | None:
    """A place without its label, the next column, or the words that go on with the sentence."""
    start, end = mention.start, mention.end
    lead = _PLACE_LEAD.match(plain, start, end)
    if lead and lead.end() < end:
        start = lead.end()
    gap = _GAP.search(plain, start, end)
    if gap and gap.start() > start and plain[gap.end() : end].strip().isalpha():
        end = gap.start()  # the heading of the next column
    tail = _PLACE_TAIL.search(plain[start:end])
    if tail and tail.start() > 2:
        end = start + tail.start()
    word = plain[start:end].strip()
    if word.isalpha() and (
        fold(word) in NOT_NAMES
        or word in _NOT_PLACES
        or (
            word.isupper()
            and len(word) < 7
            and (fold(word) in CREDENTIALS or fold(word) in _ABBREVIATIONS)
        )
    ):
        return None
    if (start, end) == (mention.start, mention.end):
        return mention
    return replace(mention, start=start, end=end, canonical=None) if start < end else None


_NOT_PLACES = frozenset(
    [
        "Clinic",
        "clinic",
        "Work",
        "work",
        "Office",
        "office",
        "Home",
        "home",
        "church",
        "Church",
        "depot",
        "approx",
        "meet",
        "living",
        "Ward",
        "ward",
        "Mobile",
        "Sister",
    ]
)


def fitted(plain: str, mention: Mention) -> Mention | None:
    """A mention of a model, without what does not belong to it."""
    if mention.type is SpanType.NAME:
        return trimmed(plain, mention)
    if mention.type in (SpanType.LOCATION, SpanType.ORGANIZATION):
        if names_a_thing(plain, mention.start, mention.end):
            return None
        words = _WORD.findall(plain, mention.start, mention.end)
        if words and all(fold(word) in NOT_NAMES for word in words):
            return None  # `African American`
        return trimmed_place(plain, mention)
    if mention.type in (SpanType.ID, SpanType.PHONE):
        return trimmed_number(plain, mention)
    return mention
