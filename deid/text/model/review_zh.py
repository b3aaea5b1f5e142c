# ruff: noqa: E501 -- a table of thresholds is read whole
"""The Chinese model as a reviewer of mentions."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.lists import listed, ranks
from deid.text.model.review import (
    Policy,
    Reading,
    ShippedModel,
    chosen_labels,
    keep_likely,
    load_model,
    spans_of,
)
from deid.text.model.same_people import same_people
from deid.text.model.tagger_zh import ChineseTagger
from deid.text.packs.zh.lexicon import (
    ORDINARY,
    PACKAGE,
    TITLES,
    has_han,
    is_eponym,
    is_surname,
    surnames,
)
from deid.text.packs.zh.patterns import is_lot
from deid.text.words import read_words

POLICY = Policy(
    add={"NAME": 0.25, "LOCATION": 0.25, "ORGANIZATION": 0.2, "DATE": 0.55, "ID": 0.45},
    keep={
        "known.possible.zh": 0.02,
        "zh.called.relation_surname": 0.01, "zh.called.neighbours": 0.01, "zh.called.old_behind": 0.02, "zh.org.trade": 0.05,
        "zh.name.repeated": 0.025, "zh.name.listed": 0.0125, "zh.name.foreign": 0.0125, "zh.name.prefix": 0.0075, "zh.name.title": 0.00125,
        "zh.name.role": 0.0125, "zh.name.of_role": 0.0125, "zh.name.announced": 0.0125, "zh.called.old": 0.0125, "zh.called.bracket": 0.0125,
        "zh.bounded.before_title": 0.0025, "zh.bounded.signed": 0.005, "zh.bounded.spoken": 0.0025, "zh.bounded.latin_first": 0.005,
        "zh.called.relation": 0.005, "zh.called.relation_run": 0.005, "zh.called.kin_full": 0.005,
        "zh.place.division": 0.025, "zh.place.village": 0.025, "zh.place.city": 0.025, "zh.place.facility": 0.005, "zh.place.labelled": 0.0125, "zh.org": 0.025, "zh.id.any_label": 0.0025,
    },
)  # fmt: skip
_LATIN = re.compile(r"[A-Za-z]+")
_LEAST_LATIN, _FREQUENT = 0.5, 2000
_SURE = 0.8
_ALONE, _WORDLIKE, _SURELY = 0.8, 0.7, 0.95
"""What a name of one character needs, and one that is also a word of the dictionary."""
_GENERIC = re.compile(
    r"(?:转?诊?[至往到去在回])?(?:[本外上下]级?|当地|附近|省|市|县|区|乡|镇|村|社区|乡镇)?(?:级)?(?:人民|中心|中医)?"
    r"(?:医院|卫生院|卫生室|卫生所|诊所|卫生服务中心|疾控中心|保健院|妇幼保健院)"
    r"|\d+号?[楼院栋]\w{0,3}|(?:镇上|村口|附近|门口|路边|街上|村里|楼下|单位|学校)\w{0,4}"
)
_SHARE = 0.1
_BESIDE = 0.03
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})|(\d{1,2})月(\d{1,2}|[上中下]旬)")
_PART = re.compile(r"(?:0?[1-9]|1[0-2])月|(?:0?[1-9]|[12]\d|3[01])[日号]")
_NOT_DATED = re.compile(r"[内后余末龄来大经前]|以[内上下]|左右|[楼栋床房室]")
_WORDY = re.compile(r"[\u3400-\u9fff]")


class ChineseModel(ShippedModel):
    """Adds what the Chinese model finds, and drops weak mentions that it does not believe."""

    language = "zh"

    @cached_property
    def _tagger(self) -> ChineseTagger:
        return ChineseTagger(load_model("zh"))

    def review(self, document: Document, mentions: Sequence[Mention]) -> Iterator[Mention]:
        """The mentions that stand, and further ones."""
        plain = document.plain
        if not plain:
            yield from mentions
            return
        chances = self._tagger.probabilities(plain)
        reading = Reading(plain, range(len(plain) + 1), chances, self._tagger.model.labels)
        yield from keep_likely(reading, mentions, POLICY)
        chosen = chosen_labels(reading, POLICY)
        _whole_latin_words(reading, chosen)
        _whole_names(reading, chosen)
        told = _by_start(m for m in mentions if m.strength >= Strength.LISTED)
        found = [
            m
            for m in spans_of(reading, chosen, self.name)
            if _stands(plain, m, reading) and not _only_adds_words(plain, m, told)
        ]
        yield from found
        yield from _repeated(plain, reading, found, self.name)
        yield from same_people(plain, [*mentions, *found], self.name)


def _whole_latin_words(reading: Reading, chosen: npt.NDArray[np.int8]) -> None:
    """A run of Latin letters is an identifier as a whole or not at all."""
    text = str(reading.tokens)
    for match in _LATIN.finditer(text):
        start, end = match.span()
        if not chosen[start:end].any():
            continue
        entity = 1 - reading.chances[start:end, 0]
        number = np.bincount(chosen[start:end][chosen[start:end] > 0]).argmax()
        common = ranks("en_words").get(match[0].casefold(), _FREQUENT) < _FREQUENT
        whole = not common and (end - start > 2 or match[0].istitle())
        sure = whole and entity.mean() >= _LEAST_LATIN
        chosen[start:end] = number if sure else 0


def _whole_names(reading: Reading, chosen: npt.NDArray[np.int8]) -> None:
    """A surname before a found given name belongs to it, if the model half believes so."""
    name = reading.labels.index("NAME")
    text = reading.tokens
    starts = np.flatnonzero((chosen == name) & (np.roll(chosen, 1) != name))
    for i in starts.tolist():
        for length in (2, 1):
            before = str(text[max(0, i - length) : i])
            likely = reading.chances[i - length : i, name]
            known = before in surnames()
            if (
                i >= length
                and known
                and not chosen[i - length : i].any()
                and likely.min() >= _BESIDE
            ):
                chosen[i - length : i] = name
                break


def _stands(plain: str, mention: Mention, reading: Reading) -> bool:
    """Whether a mention of the model can be one at all."""
    found = plain[mention.start : mention.end]
    if mention.type is SpanType.DATE:
        return _may_be_date(plain, mention.start, mention.end)
    if mention.type is SpanType.ID:
        return _may_be_code(plain, mention.start, mention.end)
    letters = [c for c in found if c.isalnum()]
    if not letters or all(c.isdigit() for c in letters):
        return False
    named = mention.type is SpanType.NAME
    if named and (_DOSE.match(plain, mention.end) or is_eponym(plain, mention.start, mention.end)):
        return False
    if named and len(found) == 3 and found[-1] in "高低快慢" and found[:2] in listed("zh_words"):
        return False  # 血糖高
    chance = reading.any_identifier(mention.start, mention.end)
    needed = 0.0
    if not named:
        if len(letters) < 2 or _GENERIC.fullmatch(found):
            return False
    elif len(letters) == 1 and has_han(found):
        if (not is_surname(letters[0]) and chance < _SURELY) or plain[
            max(0, mention.start - 8) : mention.start
        ].rstrip()[-1:].isdigit():
            return False
        if any(plain[mention.start : mention.start + n] in _people_words() for n in (2, 3, 4)):
            return False  # 包 of 包工头
        needed = _ALONE
    elif found in ORDINARY or found in listed("zh_words"):
        needed = _WORDLIKE
    if _splits_word(plain, mention.start) or _splits_word(plain, mention.end):
        needed = max(needed, _WORDLIKE)
    return chance >= needed


_Told = tuple[list[int], list[tuple[int, Mention]]]


def _by_start(mentions: Iterable[Mention]) -> _Told:
    """Starts in order, and the mentions there with their place in the order given."""
    ordered = sorted(enumerate(mentions), key=lambda pair: pair[1].start)
    return [mention.start for _, mention in ordered], ordered


def _only_adds_words(plain: str, mention: Mention, told: _Told) -> bool:
    """Whether a rule found the name in it, and the rest is a prefix, a verb or a title: 阿|廖|来."""
    starts, ordered = told
    near = ordered[bisect_left(starts, mention.start) : bisect_left(starts, mention.end)]
    inside = [p for p in near if p[1].type is mention.type and p[1].end <= mention.end]
    if not inside:
        return False
    covered = {i for _, other in inside for i in range(other.start, other.end)}
    first = min(inside, key=lambda pair: pair[0])[1]
    rest = "".join(plain[i] for i in range(mention.start, mention.end) if i not in covered)
    after = plain[mention.start : first.start] + plain[first.end : mention.end]
    return (
        set(rest) <= _AROUND
        or after.lstrip("二三四五六七八九大小幺老") in TITLES
        or rest.rstrip("老小阿") in _people_words()
    )


@cache
def _people_words() -> frozenset[str]:
    """Roles and relations, which are no part of the name behind them."""
    return read_words(PACKAGE, "roles.txt") | read_words(PACKAGE, "relations.txt")


_AROUND = frozenset(
    "代姓有是过了着职住往至到由院转阿小老大二三四五六七八九十来说去在从给对跟和与的"
)


def _splits_word(plain: str, place: int) -> bool:
    """Whether the characters on both sides are a word: 牦|牛, 运|动."""
    return plain[max(0, place - 1) : place + 1] in listed("zh_words")


def _may_be_date(plain: str, start: int, end: int) -> bool:
    """``3/14``, ``9.21``, ``4月上旬``: a month and day, and no part of a longer number."""
    if _PART.fullmatch(plain[start:end]):
        return _NOT_DATED.match(plain, end) is None and plain[start - 1 : start] not in _NUMBER
    found = _DAY.fullmatch(plain[start:end].strip())
    if found is None or plain[end : end + 1] in _NUMBER or plain[start - 1 : start] in _NUMBER:
        return False
    month, day = found[1] or found[3], found[2] or found[4]
    return 1 <= int(month) <= 12 and (not day.isdigit() or 1 <= int(day) <= 31)


def _may_be_code(plain: str, start: int, end: int) -> bool:
    """Four figures or more that are no quantity, no lot and no part of a longer number."""
    found = plain[start:end]
    if (
        not 4 <= sum(c.isdigit() for c in found) <= 20
        or _QUANTITY.match(plain, end)
        or is_lot(plain, start)
    ):
        return False
    if not (found[0].isalnum() and found[-1].isalnum()) or _PLAIN_NUMBER.fullmatch(found):
        return False
    return plain[end : end + 1] not in _NUMBER and plain[start - 1 : start] not in _NUMBER


_PLAIN_NUMBER = re.compile(r"\d+\.\d+|(?:19|20)\d{2}|\d{1,2}[:：]\d{2}.*")
_QUANTITY = re.compile(r"\s?(?:[a-zA-Zμ×%％]+|元|年|毫升|毫克|米|步|人|次|天|万|千|余)")
_DOSE = re.compile(
    r"\s?\d+(?:\.\d+)?\s?(?:mg|ml|g|μg|ug|u|iu|片|粒|支|袋|毫克|克|丸)", re.IGNORECASE
)
_NUMBER = frozenset("0123456789.-~～/%％")


def _repeated(
    plain: str, reading: Reading, found: Sequence[Mention], detector: str
) -> Iterator[Mention]:
    """Further places of names of two characters or more that are sure in one place."""
    values = {
        plain[m.start : m.end]: reading.chance("NAME", m.start, m.end)
        for m in found
        if m.type is SpanType.NAME and m.end - m.start > 1
    }
    held = {(m.start, m.end) for m in found}
    for value, chance in values.items():
        if chance < _SURE or not _WORDY.search(value):
            continue
        place = plain.find(value)
        while place >= 0:
            end = place + len(value)
            if (place, end) not in held and reading.any_identifier(place, end) >= _SHARE:
                yield Mention(place, end, SpanType.NAME, Strength.MODELLED, detector)
            place = plain.find(value, place + 1)
