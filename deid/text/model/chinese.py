# ruff: noqa: E501 -- a row of features is read whole
"""What a character of a Chinese note says of itself: the features of the Chinese model.

Every feature is a row of numbers over the characters of a note: characters and pairs of them,
classes (surname, character of given names, digit, punctuation), words of a dictionary that begin,
end or run through a place, kin words, titles, labels and kinds of organisations beside it, where it
stands in its stretch of Chinese characters and in the note, and whether what begins here comes again.
All rows are made by numpy.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import re2

from deid.text.lists import listed, read_list
from deid.text.normalise import to_plain
from deid.text.packs.zh.lexicon import (
    KIN,
    LABELS,
    PACKAGE,
    TITLES,
    given_characters,
    is_surname,
    surnames,
)
from deid.text.words import longest_first, read_words

Codes = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
_PLANE = 0x10000
_REACH = 3
_FIRST_CHINESE = 13
"""Classes from here on are those of Chinese characters."""
_LONGEST = 15
_PINYIN = re.compile(
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ve|a|e|i|o|u|v)){1,4}",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[A-Za-z]+")
_OTHER_PLANES = re.compile("[\U00010000-\U0010ffff]")
_PLACE_KINDS = frozenset(
    "省市县区镇乡村路街巷号楼栋幢组室屯寨庄沟湾坪坳垭坝岭坡院厂店校社园所站场寺庙司馆行"
)
_KIN_CHARACTERS = frozenset("父母夫妻子女儿兄弟姐妹哥嫂爷奶叔伯姨婶婆公孙爸妈")
_DATE_CHARACTERS = frozenset("年月日时分岁周天号点")
_MARKS = {",": 2, "，": 2, "。": 2, ".": 2, ";": 2, "；": 2, "、": 3, ":": 4, "：": 4, "(": 5, "（": 5, ")": 6, "）": 6, "/": 7, "·": 8}  # fmt: skip


@cache
def _classes() -> npt.NDArray[np.int64]:
    table = np.full(_PLANE, 1, np.int64)
    table[0x3400:0xA000] = 20
    for code in range(128):
        character = chr(code)
        if character.isspace():
            table[code] = 9 if character == "\n" else 10
        elif character.isdigit():
            table[code] = 11
        elif character.isalpha():
            table[code] = 12
    for character in given_characters():
        table[ord(character)] = 19
    for character in _PLACE_KINDS:
        table[ord(character)] = 18
    given = given_characters()
    for character in surnames():
        if len(character) == 1:
            alone = 15 if character not in given else 16
            table[ord(character)] = alone if is_surname(character) else 17
    for character in _KIN_CHARACTERS:
        table[ord(character)] = 14
    for character in _DATE_CHARACTERS:
        table[ord(character)] = 13
    for character, number in _MARKS.items():
        table[ord(character)] = number
    return table


@cache
def _dictionary() -> dict[int, Keys]:
    """Sorted keys of dictionary words by their length."""
    words = read_list("zh_words")
    found = {}
    for length in (2, 3, 4):
        joined = "".join(word for word in words if len(word) == length)
        codes = np.frombuffer(joined.encode("utf-32-le"), "<u4").reshape(-1, length)
        found[length] = np.sort(_keys(codes.astype(np.uint64)))
    return found


def _keys(codes: Keys) -> Keys:
    """[n, characters] as numbers; four characters need all 64 bits."""
    keys = np.zeros(len(codes), np.uint64)
    for column in codes.T:
        keys = keys * np.uint64(_PLANE) + column
    return keys


@cache
def _expressions() -> tuple[re.Pattern[str], ...]:
    said = (
        {k for k in KIN | read_words(PACKAGE, "relations.txt") if len(k) > 1},
        TITLES,
        {w for w in LABELS | read_words(PACKAGE, "roles.txt") if len(w) > 1},
        read_words(PACKAGE, "followers.txt"),
        read_words(PACKAGE, "organisation_kinds.txt") | read_words(PACKAGE, "facility_kinds.txt"),
        read_words(PACKAGE, "minority_names.txt"),
    )
    return tuple(re.compile("|".join(longest_first(words))) for words in said)


@cache
def _places() -> frozenset[str]:
    return listed("zh_places")


@cache
def _place_expression() -> Any:
    return re2.compile("|".join(longest_first(_places())).encode("utf-8"))


def _hits(
    sorted_keys: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]
) -> npt.NDArray[np.bool_]:
    at = np.searchsorted(sorted_keys, keys)
    at[at == len(sorted_keys)] = 0
    return np.asarray(sorted_keys[at] == keys)


def _word_codes(codes: npt.NDArray[np.uint64]) -> Codes:
    """For each character, bits: begins, is inside or ends a dictionary word of 2, 3 or 4."""
    count = len(codes)
    found = np.zeros(count, np.int64)
    plane = np.uint64(_PLANE)
    for length, keys in _dictionary().items():
        if count < length:
            continue
        key = codes[: count - length + 1].copy()
        for i in range(1, length):
            key = key * plane + codes[i : count - length + 1 + i]
        starts = np.flatnonzero(_hits(keys, key))
        if length == 2:
            found[starts] |= 1
            found[starts + 1] |= 2
        else:
            found[starts] |= 4
            found[starts + length - 1] |= 8
            for i in range(1, length - 1):
                found[starts + i] |= 16
    return found


def _marks(text: str, count: int) -> Codes:
    """Bits: a kin word, a title, a role or label ends before; a title, a follower, a kind of
    organisation begins here; here is a part of a name of a people without surnames."""
    found = np.zeros(count + 1, np.int64)
    kin, titles, labels, followers, kinds, syllables = _expressions()
    for bit, expression in ((1, kin), (2, titles), (4, labels)):
        for match in expression.finditer(text):
            found[match.end()] |= bit
            if bit == 2:
                found[match.start()] |= 8
    for match in followers.finditer(text):
        found[match.start()] |= 16
    for match in kinds.finditer(text):
        found[match.start()] |= 32
    for match in syllables.finditer(text):
        found[match.start() : match.end()] |= 64
    return found[:count]


def _stretches(classes: Codes) -> tuple[Codes, Codes, Codes]:
    """Of each character's stretch of Chinese characters: its length (up to 15), the place in it
    (up to 15), and what bounds it: the classes before and after, and whether it ends the note."""
    count = len(classes)
    chinese = classes >= _FIRST_CHINESE
    edges = np.flatnonzero(np.diff(chinese.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        none = np.zeros(count, np.int64)
        return none, none, none
    at = np.clip(np.searchsorted(starts, np.arange(count), "right") - 1, 0, None)
    padded = np.concatenate([[0], classes, [0]])
    last = (np.arange(len(starts)) == len(starts) - 1).astype(np.int64)
    bounds = (padded[starts] << 6 | padded[ends + 1] << 1 | last)[at]
    lengths = np.minimum((ends - starts)[at], _LONGEST)
    places = np.minimum(np.arange(count) - starts[at], _LONGEST)
    zero = np.zeros((), np.int64)
    return (
        np.where(chinese, lengths, zero),
        np.where(chinese, places, zero),
        np.where(chinese, bounds, zero),
    )


def _repeats(codes: Codes, classes: Codes) -> Codes:
    """Whether the pair of Chinese characters that begins here comes once, twice or oftener."""
    found = np.zeros(len(codes), np.int64)
    if len(codes) < 2:
        return found
    pairs = codes[:-1] << 16 | codes[1:]
    _, which, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    both = (classes[:-1] >= _FIRST_CHINESE) & (classes[1:] >= _FIRST_CHINESE)
    found[:-1] = np.where(both, np.minimum(counts[which], 3), 0)
    return found


def _latin(text: str, count: int) -> Codes:
    """Kinds of runs of Latin letters, and of divisions named by the list of places."""
    found = np.zeros(count, np.int64)
    for match in _LATIN.finditer(text):
        run = match[0]
        pinyin = len(run) > 1 and _PINYIN.fullmatch(run) is not None
        if run.isupper():
            kind = 2 if pinyin and len(run) > 3 else 1
        elif run.istitle():
            kind = 3 if pinyin else 4
        else:
            kind = 5 if pinyin and run.islower() and len(run) > 3 else 6
        found[match.start() : match.end()] = kind + (8 if len(run) > 4 else 0)
    data = text.encode("utf-8", "surrogatepass")
    offsets = np.cumsum((np.frombuffer(data, np.uint8) & 0xC0) != 0x80) - 1
    for match in _place_expression().finditer(data):
        start = int(offsets[match.start()])
        found[start] = 32
        found[start + 1 : int(offsets[match.end() - 1]) + 1] = 33
    return found


TEMPLATES = (
    "u-2", "u-1", "u0", "u1", "u2", "b-2", "b-1", "b0", "b1", "c-3", "c-2", "c-1", "c1", "c2", "c3", "cc", "cd", "ce",
    "cf", "w0", "w-", "w+", "wc", "wl", "m0", "m-1", "m-2", "m1", "m2", "m3", "mc", "md", "me", "l0", "l-", "l+", "ll", "um", "un",
    "sp", "sb", "sc", "rp", "mu",
)  # fmt: skip


def prepared(text: str) -> str:
    """The text in ordinary forms, one character for one; other planes become a question mark."""
    plain = to_plain(text)
    return _OTHER_PLANES.sub("?", plain)


def _padded(row: Codes) -> Codes:
    around = np.zeros(_REACH, np.int64)
    return np.concatenate([around, row, around])


def feature_codes(text: str) -> Codes:
    """[templates, characters]: the value of each feature of each character of a prepared text."""
    count = len(text)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    # Digits say nothing by their value.
    codes = np.where((codes >= 48) & (codes <= 57), 48, codes)
    padded = np.concatenate([np.full(_REACH, 10, np.int64), codes, np.full(_REACH, 10, np.int64)])
    classes = _classes()[padded]
    words = _padded(_word_codes(codes.astype(np.uint64)))
    marks = _padded(_marks(text, count))
    latin = _padded(_latin(text, count))

    def at(row: Codes, offset: int) -> Codes:
        return row[_REACH + offset : _REACH + offset + count]

    c = {offset: at(classes, offset) for offset in range(-_REACH, _REACH + 1)}
    u = {offset: at(padded, offset) for offset in range(-2, 3)}
    w = {offset: at(words, offset) for offset in (-1, 0, 1)}
    m = {offset: at(marks, offset) for offset in range(-2, 4)}
    la = {offset: at(latin, offset) for offset in (-1, 0, 1)}
    lengths, places, bounds = _stretches(c[0])
    r = np.pad(_repeats(codes, c[0]), 1)
    here = lengths << 4 | places
    rows = (
        u[-2], u[-1], u[0], u[1], u[2],
        u[-2] << 16 | u[-1], u[-1] << 16 | u[0], u[0] << 16 | u[1], u[1] << 16 | u[2],
        c[-3], c[-2], c[-1], c[1], c[2], c[3],
        c[-1] << 5 | c[0], c[0] << 5 | c[1], c[-1] << 10 | c[0] << 5 | c[1], c[-2] << 15 | c[-1] << 10 | c[0] << 5 | c[1],
        w[0] << 5 | c[0], w[-1] << 5 | w[0], w[0] << 5 | w[1], w[-1] << 15 | w[0] << 10 | w[1] << 5 | c[0], c[-1] << 15 | c[0] << 10 | c[1] << 5 | c[2],
        m[0] << 5 | c[0], m[-1], m[-2], m[1], m[2], m[3],
        m[0] << 15 | c[0] << 10 | c[1] << 5 | c[2], m[-1] << 15 | c[-1] << 10 | c[0] << 5 | c[1], m[1] << 10 | c[-1] << 5 | c[0],
        la[0], la[-1] << 7 | la[0], la[0] << 7 | la[1], la[-1] << 14 | la[0] << 7 | la[1],
        u[-1] << 5 | c[0], u[1] << 5 | c[0],
        here, bounds << 8 | here, here << 15 | c[-1] << 10 | c[0] << 5 | c[1], (r[1:-1] << 2 | r[:-2]) << 10 | w[0] << 5 | c[0], u[0] << 7 | m[0],
    )  # fmt: skip
    return np.stack(rows)
