# ruff: noqa: E501 -- a table of thresholds is read whole
"""The English model as a reviewer of mentions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from deid.text.document import Document, Mention, SpanType
from deid.text.known import POSSIBLE
from deid.text.lists import listed, ranks
from deid.text.model.english import MIXED, style_of, tokenise
from deid.text.model.review import (
    Policy,
    Reading,
    ShippedModel,
    chosen_labels,
    keep_likely,
    load_model,
    spans_of,
)
from deid.text.model.tagger import Tagger
from deid.text.normalise import fold
from deid.text.packs.en.edges import fitted
from deid.text.packs.en.lexicon import PARTICLES, english_words, given_names, is_word
from deid.text.packs.en.shapes import CREDENTIALS, KIN_WORDS, TITLE_WORDS, is_clinical

POLICY = Policy(
    add={
        "NAME": 0.34, "LOCATION": 0.34, "ORGANIZATION": 0.37, "PROFESSION": 0.8,
        "DATE": 0.8, "ID": 0.8, "CONTACT": 0.8,
    },
    keep={
        "known.possible.en": 0.6,
        "en.name.shape": 0.07, "en.name.pair": 0.04, "en.name.given": 0.02, "en.name.full": 0.03,
        "en.name.by": 0.05, "en.name.repeated": 0.004, "en.name.last_first": 0.1,
        "en.name.with": 0.01, "en.name.acting": 0.005, "en.name.goes_by": 0.005,
        "en.name.apposed": 0.01, "en.name.people": 0.01, "en.name.colon": 0.02, "en.name.last_line": 0.01, "en.name.inside": 0.05, "en.name.small": 0.02,
        "en.name.label": 0.005, "en.name.credential": 0.01, "en.name.kin": 0.0005, "en.name.title": 0.003,
        "en.place.preposition": 0.05, "en.place.listed": 0.011, "en.place.town_state": 0.05,
        "en.place.town_zip": 0.02, "en.place.street": 0.1, "en.place.acronym": 0.05, "en.place.saint": 0.05,
        "en.place.water": 0.05, "en.place.facility": 0.02, "en.place.lower": 0.1, "en.place.region": 0.02, "en.place.letterhead": 0.02,
        "en.run.capital": 0.06, "en.run.labelled": 0.01, "en.run.caps": 0.02,
        "en.est.kind": 0.08, "en.est.kind_of": 0.05, "en.est.lower_tail": 0.08, "en.est.pair": 0.08, "en.est.at_sign": 0.08,
        "en.est.care_of": 0.03, "en.est.caps_kind": 0.08, "en.est.caps_saint": 0.08, "en.est.suite": 0.02,
        "en.org.kind": 0.1, "en.org.works": 0.1, "en.org.lower": 0.1,
        "date.slash": 0.008, "id.code": 0.02, "id.dash": 0.01, "id.spaced_groups": 0.01, "id.in_groups": 0.01,
        "id.code_spaced": 0.02, "id.groups": 0.005, "phone.labelled": 0.05,
    },
)  # fmt: skip
_JOINTS = frozenset({".", "'", "-", "&", " &", " of", " the", " de", " la", "/", " and"})
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1dff\u2e80-\uffff]")
_SURE = 0.8
_KIN_SHARE = 0.05
_SHORT = 0.6
_POSSIBLE = f"{POSSIBLE}.en"
_SMALL_KNOWN = 0.8
"""What a known name needs that is written like an ordinary word in small letters."""
_QUESTION_DATE = "en.question.date"
_SHORT_TEXT = 80
_TERM, _SMALL_WORDS, _SMALL_WORDS_ALONE, _CAPITALS, _FOREIGN = 0.9, 0.85, 0.99, 0.75, 0.9
"""What mentions need that are words of medicine, of everyday language, or a few capitals."""
_ABBREVIATIONS = english_words("abbreviations.txt")


class EnglishModel(ShippedModel):
    """Adds what the English model finds, and drops weak mentions that it does not believe."""

    language = "en"

    @cached_property
    def _tagger(self) -> Tagger:
        return Tagger(load_model("en"))

    def review(self, document: Document, mentions: Sequence[Mention]) -> Iterator[Mention]:
        """The mentions that stand, and further ones."""
        plain = document.plain
        tokens, starts = tokenise(plain)
        if not tokens:
            yield from mentions
            return
        style = style_of(plain)
        chances = self._tagger.probabilities(tokens, style)
        reading = Reading(tokens, starts, chances, self._tagger.model.labels, style)
        alone = all(mention.detector == _QUESTION_DATE for mention in mentions)
        for mention in keep_likely(reading, mentions, POLICY):
            if alone:
                break  # ``last month`` by itself points to nobody
            small = mention.detector == _POSSIBLE and plain[mention.start].islower()
            if not small or reading.any_identifier(mention.start, mention.end) >= _SMALL_KNOWN:
                yield mention
        mixed = not plain.isascii() and _OTHER_SCRIPT.search(plain) is not None
        chosen = chosen_labels(reading, POLICY)
        _after_kin(reading, chosen)
        _repeat(reading, chosen)
        _join(reading, chosen)
        _particles(reading, chosen)
        for mention in _separated(plain, spans_of(reading, chosen, self.name)):
            # Of other scripts this model knows nothing.
            other = mixed and _OTHER_SCRIPT.search(plain, mention.start, mention.end)
            if not other and _stands(plain, reading, mention, mixed):
                kept = fitted(plain, mention)
                if kept is not None:
                    yield kept


def _separated(plain: str, mentions: Iterable[Mention]) -> Iterator[Mention]:
    """``Ann Lee, Bob May``, ``LY/rb``: two people; ``Lee, Ann``: one."""
    for mention in mentions:
        found = plain[mention.start : mention.end]
        if _TWO_INITIALS.fullmatch(found):
            middle = mention.start + found.index("/")
            yield replace(mention, end=middle)
            yield replace(mention, start=middle + 1)
            continue
        head, comma, _ = found.partition(", ")
        if mention.type is not SpanType.NAME or not comma or " " not in head.strip():
            yield mention
            continue
        place = mention.start
        for part in found.split(", "):
            if part:
                yield replace(mention, start=place, end=place + len(part))
            place += len(part) + 2


def _after_kin(reading: Reading, chosen: npt.NDArray[np.int8]) -> None:
    """A capital behind a word of kin needs less: ``her son Will drove her``."""
    name = reading.labels.index("NAME")
    column = reading.chances[:, name]
    for i in np.flatnonzero((column >= _KIN_SHARE) & (chosen == 0)).tolist():
        token = reading.tokens[i]
        if i and token[0] == " " and token[1:].istitle() and reading.tokens[i - 1].strip().lower() in KIN_WORDS:  # fmt: skip
            chosen[i] = name


def _join(reading: Reading, chosen: npt.NDArray[np.int8]) -> None:
    """Fill what joins two tokens of one identifier; a hyphen or apostrophe carries a name on."""
    tokens = reading.tokens
    last = len(tokens) - 1
    for i, token in enumerate(tokens):
        if token not in _JOINTS or not 0 < i < last or chosen[i]:
            continue
        left, right = chosen[i - 1], chosen[i + 1]
        if left and left == right:
            chosen[i] = left
        elif token in ("-", "'") and (left or right) and tokens[i + 1][0].isalpha():
            number = left or right
            if (
                reading.labels[number] == "NAME"
                and tokens[i - 1][-1].isalpha()
                and tokens[i + 1] != "s"
            ):
                chosen[i - 1 : i + 2] = number


def _particles(reading: Reading, chosen: npt.NDArray[np.int8]) -> None:
    """``van der`` before a name belongs to it."""
    tokens = reading.tokens
    name = reading.labels.index("NAME")
    for i in np.flatnonzero(chosen[1:] == name).tolist():
        while i > 0 and not chosen[i] and len(tokens[i]) > 2 and tokens[i][1:] in PARTICLES:
            chosen[i] = name
            i -= 1


def _repeat(reading: Reading, chosen: npt.NDArray[np.int8]) -> None:
    """A name that is sure in one place is a name in others."""
    if "NAME" not in reading.labels:
        return
    name = reading.labels.index("NAME")
    column = reading.chances[:, name]
    sure = np.flatnonzero((column >= _SURE) & (chosen == name))
    if not len(sure):
        return
    known = set()
    for i in sure.tolist():
        word = fold(reading.tokens[i])
        if len(word) > 2 and word.isalpha() and not is_word(word) and not is_clinical(word) and ranks("en_words").get(word, 1 << 20) > 3000:  # fmt: skip
            known.add(word)
    if not known:
        return
    wanted = {token for token in set(reading.tokens) if len(token) > 2 and _folded(token) in known}
    for i, token in enumerate(reading.tokens):
        if token in wanted and not chosen[i]:
            chosen[i] = name


@lru_cache(maxsize=1 << 15)
def _folded(token: str) -> str:
    return fold(token)


def _stands(plain: str, reading: Reading, mention: Mention, mixed: bool) -> bool:
    """Whether a mention of the model can be one at all: no abbreviation, no measure, no eponym."""
    found = plain[mention.start : mention.end]
    if mention.type in _NUMBERS and mixed:
        return False
    if mention.type in _NUMBERS:
        return _may_be_number(plain, mention.start, mention.end, mention.type)
    words = _WORD.findall(found)
    if not words or all(map(_is_role, words)):
        return False
    chance = reading.any_identifier(mention.start, mention.end)
    if mention.type is SpanType.NAME and _DOSE.match(plain, mention.end):
        return chance >= _DOSED
    if len(words) == 1 and is_word(fold(words[0])) and _OBJECT.match(plain, mention.end):
        return chance >= _COMMANDED
    if sum(map(len, words)) < 3:
        return chance >= _SHORT
    needed = 0.0
    if all(map(_is_term, words)):
        needed = _TERM
    elif mixed and all(map(_is_everyday, words)):
        return False
    elif not _is_capital_style(reading) and all(map(_is_everyday, words)):
        needed = _SMALL_WORDS if len(plain) > _SHORT_TEXT else _SMALL_WORDS_ALONE
    elif mixed:
        needed = _FOREIGN
    elif (
        len(words) == 1
        and words[0].isupper()
        and len(words[0]) < 5
        and fold(words[0]) not in _given()
    ):
        needed = _CAPITALS
    return chance >= needed


_WEEKDAYS = frozenset(
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
)
_TWO_INITIALS = re.compile(r"[A-Za-z]{2,3}/[A-Za-z]{2,3}")


def _is_role(word: str) -> bool:
    folded = word.casefold()
    return (
        folded in _ABBREVIATIONS
        or folded in _WEEKDAYS
        or folded in KIN_WORDS
        or folded in TITLE_WORDS
        or word in CREDENTIALS
    )


def _is_term(word: str) -> bool:
    """An eponym, drug, or other word of clinical language."""
    folded = fold(word)
    if is_clinical(folded) or folded in listed("en_eponyms") or folded in listed("en_drugs"):
        return True
    return folded in listed("en_terms") and folded not in ranks("en_surnames")


def _is_everyday(word: str) -> bool:
    """A small-letter word of everyday language, or a very frequent one with a sentence's capital."""
    folded = fold(word)
    rank = ranks("en_words").get(folded, _UNRANKED)
    if word.islower():
        return rank < _FREQUENT or is_word(folded)
    return word.istitle() and rank < _VERY_FREQUENT and folded not in _given()


_DOSE = re.compile(
    r"(?:'s)? (?:\d[\d.,]* ?(?:mg|mcg|µg|g|ml|units?|iu|%|puffs?)\b|(?:one|two) puffs?|patch|inhaler|nebs?|gel|cream|"
    r"drops|tabs?|tablets?|capsules?|injection|infusion|drip|gtt|split dose|taper|bid|tid|qid|qhs|prn|daily|"
    r"sign|test|criteria|classification|score|scale|index|syndrome|disease|reflex|maneuver|procedure|type [IV]+|grade [IV\d]+|class [IV]+)\b",
    re.IGNORECASE,
)
_DOSED = 0.98
# `Mark the wound daily`: a verb and its object, not who acts.
_OBJECT = re.compile(r" (?:the|an?|this|that|these|those|each|both|all|every|any)\b")
_COMMANDED = 0.9
_UNRANKED, _FREQUENT, _VERY_FREQUENT = 1 << 20, 8000, 1500


def _is_capital_style(reading: Reading) -> bool:
    return reading.style != MIXED


@cache
def _given() -> frozenset[str]:
    return given_names() | frozenset(ranks("en_given"))


def _may_be_number(plain: str, start: int, end: int, kind: SpanType) -> bool:
    """A month and day, or a code: other forms are the patterns' to find."""
    found = plain[start:end].strip()
    if kind is SpanType.DATE:
        return _may_be_date(plain, start, end)
    digits = sum(c.isdigit() for c in found)
    if _MEASURE.fullmatch(found):
        return False  # `ANC 2.2`, `T 98.6`
    if plain[end : end + 1] == "%" or _RANGE.fullmatch(found) or found.count(" ") > 1:
        return False
    if re.match(r"\d{1,2}(?:st|nd|rd|th)\b", found, re.IGNORECASE):
        return False
    return digits >= 6 or (
        digits >= 3 and any(c.isalpha() for c in found) and not _AGE.match(found)
    )


_NUMBERS = (SpanType.DATE, SpanType.ID, SpanType.PHONE)
_WORD = re.compile(r"[^\W\d_]+")
_MEASURE = re.compile(r"@?(?:[A-Za-z]{1,6}[ @])?\d{1,3}(?:\.\d{1,2})?s?")
_RANGE = re.compile(r"\d+ ?- ?\d+")
_AGE = re.compile(r"\d{1,3} ?y|G\dP\d", re.IGNORECASE)
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})")
_SCORE_BEFORE = re.compile(
    r"(?:pain|score|scale|moca|mmse|apgars?|phq-?9|gad-?7|epworth|strength|motor|murmur|test|knows|goal|index|bp|cage|audit|fab|clock|gds|grip|max|cincinnati|feeding|bpp|tof|cincinnati|er|pain was|quads)\W{1,3}$",
    re.IGNORECASE,
)


def _may_be_date(plain: str, start: int, end: int) -> bool:
    found = _DAY.fullmatch(plain[start:end].strip())
    if (
        found is None
        or plain[end : end + 1] in ("/", "-")
        or plain[start - 1 : start] in ("/", "-")
    ):
        return False
    if _SCORE_BEFORE.search(plain[max(0, start - 12) : start]):
        return False
    first, second = int(found[1]), int(found[2])
    return (1 <= first <= 12 and 1 <= second <= 31) or (1 <= second <= 12 and 1 <= first <= 31)
