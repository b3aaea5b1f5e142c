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
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import re2

from deid.text.lists import listed, read_list
from deid.text.model.table import Table
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
from deid.text.words import alternation, longest_first, read_words

Codes = npt.NDArray[np.int64]
_PLANE = 0x10000
REACH = 3
"""How far from a character its features look, at most."""
_FIRST_CHINESE = 13
"""Classes from here on are those of Chinese characters."""
_LONGEST = 15
_WORD_LENGTHS = (2, 3, 4)
_FIRST_LETTER = 0x33FF
"""Before the first Chinese character."""
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
def _dictionary() -> Table:
    """The words of two to four characters: 15 bits for each, and their length."""
    words = read_list("zh_words")
    keys = []
    for length in _WORD_LENGTHS:
        joined = "".join(word for word in words if len(word) == length)
        codes = np.frombuffer(joined.encode("utf-32-le"), "<u4").reshape(-1, length)
        first, *others = _letters(codes.astype(np.int64)).T
        for other in others:
            first = first << 15 | other
        keys.append(first | _length_bits(length))
    return Table(np.unique(np.concatenate(keys)), sparse=8)


def _letters(codes: Codes) -> Codes:
    """Chinese characters as numbers of 15 bits, others as 0."""
    found = codes - _FIRST_LETTER
    found[(found < 0) | (found >= 1 << 15)] = 0
    return found


def _length_bits(length: int) -> int:
    """What tells keys of words of four letters from those of shorter ones."""
    return (length - 1) << 60


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
    return tuple(re.compile(alternation(words)) for words in said)


@cache
def _places() -> frozenset[str]:
    return listed("zh_places")


@cache
def _place_expression() -> Any:
    return re2.compile("|".join(longest_first(_places())).encode("utf-8"))


def _word_codes(codes: Codes) -> Codes:
    """For each character, bits: begins, is inside or ends a dictionary word of 2, 3 or 4."""
    count = len(codes)
    found = np.zeros(count + 3, np.int64)
    letters = np.zeros(count + 3, np.int64)
    letters[:count] = _letters(codes)
    keys = np.empty((len(_WORD_LENGTHS), count), np.int64)
    keys[0] = letters[:count] << 15 | letters[1 : count + 1]
    keys[1] = keys[0] << 15 | letters[2 : count + 2]
    keys[2] = keys[1] << 15 | letters[3:]
    keys |= np.array([[_length_bits(length)] for length in _WORD_LENGTHS])
    dictionary = _dictionary()
    hits = dictionary.rows(keys.ravel()).reshape(keys.shape) < dictionary.missing
    pairs = np.flatnonzero(hits[0])
    found[pairs] |= 1
    found[pairs + 1] |= 2
    for length, row in ((3, hits[1]), (4, hits[2])):
        starts = np.flatnonzero(row)
        found[starts] |= 4
        found[starts + length - 1] |= 8
        for i in range(1, length - 1):
            found[starts + i] |= 16
    return found[:count]


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


class Row(NamedTuple):
    """A row of numbers over a note: how many bits they have, and the features that read it, each
    with the distance of the character whose number it is."""

    bits: int
    features: Mapping[str, int]


ROWS = {
    "u": Row(16, {"u-2": -2, "u-1": -1, "u0": 0, "u1": 1, "u2": 2}),
    "c": Row(5, {"c-3": -3, "c-2": -2, "c-1": -1, "c1": 1, "c2": 2, "c3": 3}),
    "c2": Row(10, {"cc": -1, "cd": 0}),
    "ce": Row(15, {"ce": 0}),
    "wc1": Row(10, {"w0": 0}),
    "w2": Row(10, {"w-": -1, "w+": 0}),
    "mc1": Row(12, {"m0": 0}),
    "m": Row(7, {"m-1": -1, "m-2": -2, "m1": 1, "m2": 2, "m3": 3}),
    "me": Row(17, {"me": 0}),
    "l": Row(7, {"l0": 0}),
    "l2": Row(14, {"l-": -1, "l+": 0}),
    "sp": Row(8, {"sp": 0}),
    "rp": Row(14, {"rp": 0}),
    "u2": Row(32, {"b-2": -2, "b-1": -1, "b0": 0, "b1": 1}),
    "c4": Row(20, {"cf": -2, "wl": -1}),
    "w3": Row(20, {"wc": 0}),
    "mc3": Row(22, {"mc": 0, "md": -1}),
    "l3": Row(21, {"ll": 0}),
    "um": Row(21, {"um": 0}),
    "un": Row(21, {"un": 0}),
    "sb": Row(19, {"sb": 0}),
    "sc": Row(23, {"sc": 0}),
    "mu": Row(23, {"mu": 0}),
}
TEMPLATES = (
    "u-2", "u-1", "u0", "u1", "u2", "b-2", "b-1", "b0", "b1", "c-3", "c-2", "c-1", "c1", "c2", "c3", "cc", "cd", "ce",
    "cf", "w0", "w-", "w+", "wc", "wl", "m0", "m-1", "m-2", "m1", "m2", "m3", "mc", "md", "me", "l0", "l-", "l+", "ll", "um", "un",
    "sp", "sb", "sc", "rp", "mu",
)  # fmt: skip
"""Features in the order in which a model is trained on them."""
SOURCES = {
    name: (number, distance)
    for number, row in enumerate(ROWS.values())
    for name, distance in row.features.items()
}
"""For each feature the number of its row and its distance."""


def prepared(text: str) -> str:
    """The text in ordinary forms, one character for one; other planes become a question mark."""
    plain = to_plain(text)
    return _OTHER_PLANES.sub("?", plain)


def feature_codes(text: str) -> Codes:
    """[templates, characters]: the value of each feature of each character of a prepared text."""
    rows, count = row_codes(text), len(text)
    return np.stack(
        [
            rows[number, REACH + distance : REACH + distance + count]
            for number, distance in (SOURCES[name] for name in TEMPLATES)
        ]
    )


def row_codes(text: str) -> Codes:
    """[rows, characters and ``REACH`` more at either end]: the rows of a prepared text."""
    count = len(text)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    # Digits say nothing by their value.
    codes[(codes >= 48) & (codes <= 57)] = 48
    around = 2 * REACH
    wide = np.zeros((4, count + 2 * around), np.int64)
    u, w, m, la = wide
    u[:] = 10
    u[around : around + count] = codes
    w[around : around + count] = _word_codes(codes)
    m[around : around + count] = _marks(text, count)
    la[around : around + count] = _latin(text, count)
    c = _classes()[u]
    size = count + 2 * REACH

    def at(row: Codes, offset: int) -> Codes:
        return row[REACH + offset : REACH + offset + size]

    inside = c[around : around + count]
    here, edge, r = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size + 1, np.int64)
    lengths, places, bounds = _stretches(inside)
    here[REACH : REACH + count] = lengths << 4 | places
    edge[REACH : REACH + count] = bounds
    r[REACH + 1 : REACH + 1 + count] = _repeats(codes, inside)
    u0, c0, w0, m0, l0 = (at(row, 0) for row in (u, c, w, m, la))
    c1, w1, before = at(c, 1), at(w, 1), at(c, -1)
    pair, words, latin = c0 << 5 | c1, w0 << 5 | w1, l0 << 7 | at(la, 1)
    wc1 = w0 << 5 | c0
    ce = before << 10 | pair
    beyond = pair << 5 | at(c, 2)
    found = {
        "u": u0, "c": c0, "c2": pair, "ce": ce, "wc1": wc1, "w2": words, "mc1": m0 << 5 | c0,
        "m": m0, "me": at(m, 1) << 10 | before << 5 | c0, "l": l0, "l2": latin, "sp": here,
        "rp": (r[1:] << 2 | r[:-1]) << 10 | wc1, "u2": u0 << 16 | at(u, 1),
        "c4": beyond << 5 | at(c, 3), "w3": (at(w, -1) << 10 | words) << 5 | c0,
        "mc3": m0 << 15 | beyond, "l3": at(la, -1) << 14 | latin, "um": at(u, -1) << 5 | c0,
        "un": at(u, 1) << 5 | c0, "sb": edge << 8 | here, "sc": here << 15 | ce, "mu": u0 << 7 | m0,
    }  # fmt: skip
    rows = np.empty((len(ROWS), size), np.int64)
    for number, name in enumerate(ROWS):
        rows[number] = found[name]
    return rows
