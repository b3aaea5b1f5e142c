# ruff: noqa: E501 -- a word list is read whole
"""Annotated Chinese notes for training, filled from templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random

from deid.text.lists import read_list
from deid.text.model.training import words_zh as words
from deid.text.model.training.names_zh import PersonZh, surname, titled
from deid.text.model.training.notes import Note, Piece, assemble, templates
from deid.text.packs.zh.lexicon import is_surname
from deid.text.words import read_lines, read_words

_SLOT = re.compile(r"\{(\w+)\}")


class FillerZh:
    """Fills the slots of one note."""

    def __init__(self, stream: Random) -> None:
        self.stream = stream
        self.patient = PersonZh(stream)
        family = self.patient.family or None
        self.relatives = [
            PersonZh(stream, family if stream.random() < 0.4 else None) for _ in range(3)
        ]
        self.doctors = [PersonZh(stream) for _ in range(3)]
        self.others = [PersonZh(stream) for _ in range(3)]

    def fill(self, template: str) -> list[Piece]:
        """The template with its slots filled."""
        pieces: list[Piece] = []
        place = 0
        for match in _SLOT.finditer(template):
            pieces.append((template[place : match.start()], None))
            pieces += self._slot(match[1])
            place = match.end()
        pieces.append((template[place:], None))
        return [piece for piece in pieces if piece[0]]

    def _slot(self, name: str) -> list[Piece]:
        stream = self.stream
        for head, people in (("PT", [self.patient]), ("REL", self.relatives), ("DOC", self.doctors), ("OTH", self.others)):  # fmt: skip
            if name.startswith(head):
                person = stream.choice(people)
                kind = name[len(head) :]
                if kind == "TITLE":
                    text, title = titled(stream, person, head == "DOC")
                    return [(text, "NAME"), (title, None)]
                if kind == "NICK":
                    return _nickname(person.nick(stream), person)
                if kind in _PERSON_FORMS:
                    return [_PERSON_FORMS[kind](self, person)]
        if name in _IDENTIFIERS:
            label, make = _IDENTIFIERS[name]
            return [(make(self), label)]
        return [(_PLAIN[name](self), None)]


def _nickname(nick: str, person: PersonZh) -> list[Piece]:
    """老 and 小 before a surname are no part of the name; before a given name they are."""
    if nick[0] in "老小" and person.family and nick[1:] == person.family[-1]:
        return [(nick[0], None), (nick[1:], "NAME")]
    return [(nick, "NAME")]


_PERSON_FORMS: dict[str, Callable[[FillerZh, PersonZh], Piece]] = {
    "": lambda f, p: (_spaced(f.stream, p.full()), "NAME"),
    "FAM": lambda f, p: (p.family or p.given, "NAME"),
    "PINYIN": lambda f, p: (p.pinyin(f.stream), "NAME"),
    "INIT": lambda f, p: (f"{f.stream.choice('ABCLMWXZ')}.{f.stream.choice('ABCLMWXZ')}.", "NAME"),
}


def _spaced(stream: Random, name: str) -> str:
    """Two characters set apart in a form's field; a line break of a scanned page."""
    draw = stream.random()
    if len(name) == 2 and draw < 0.04:
        return stream.choice((" ", "　", "  ")).join(name)
    if draw < 0.01:
        return name[:-1] + "\n" + name[-1]
    return name


def _proper(s: Random, length: int = 2) -> str:
    if s.random() < 0.25:
        return s.choice(read_list("zh_places"))
    return "".join(s.choice(words.PLACE_CHARS if i == 0 else words.SECOND) for i in range(length))


def _county(f: FillerZh) -> str:
    return _proper(f.stream) + f.stream.choice(("县", "县", "市", "区", "旗", "镇", "乡"))


def _village(f: FillerZh) -> str:
    s = f.stream
    head = (
        surname(s) + s.choice(("家", "", "")) if s.random() < 0.35 else _proper(s, s.choice((1, 2)))
    )
    return head + s.choice(words.VILLAGE_ENDS)


def _address(f: FillerZh) -> str:
    s = f.stream
    text = ""
    if s.random() < 0.5:
        province = s.choice(words.PROVINCES)
        text += province + ("省" if s.random() < 0.7 else "")
    if s.random() < 0.6:
        text += _proper(s) + "市"
    if s.random() < 0.7:
        text += _proper(s) + s.choice(("县", "区"))
    return text + _short_address(f)


def _short_address(f: FillerZh) -> str:
    s = f.stream
    draw = s.random()
    if draw < 0.4:
        return f"{_proper(s)}{s.choice(('镇', '乡', '街道'))}{_village(f)}{s.choice((f'{s.randint(1, 12)}组', f'{s.randint(1, 12)}组{s.randint(1, 99)}号', f'{s.randint(1, 200)}号', ''))}"
    if draw < 0.8:
        road = (
            f"{_proper(s)}{s.choice(words.ROAD_ENDS)}{s.randint(1, 300)}号"
            if s.random() < 0.6
            else ""
        )
        return f"{road}{_proper(s)}{s.choice(words.COMMUNITIES)}{s.randint(1, 30)}{s.choice(('栋', '幢', '号楼'))}{s.choice((f'{s.randint(1, 4)}单元', ''))}{s.randint(101, 1803)}{s.choice(('室', ''))}"
    return _village(f)


def _facility(f: FillerZh) -> str:
    s = f.stream
    return (_county(f) if s.random() < 0.5 else _proper(s)) + s.choice(words.HOSPITALS)


def _company(f: FillerZh) -> str:
    s = f.stream
    return (_proper(s) if s.random() < 0.4 else "") + _proper(s) + s.choice(_company_kinds())


@cache
def _company_kinds() -> tuple[str, ...]:
    """Kinds of firms, and trades that stand for them."""
    trades = sorted(read_words("deid.text.packs.zh", "trades.txt"))
    return (*words.COMPANIES, *trades)


def _date(f: FillerZh) -> str:
    s = f.stream
    y, m, d = s.randint(2008, 2026), s.randint(1, 12), s.randint(1, 28)
    return s.choice(
        (
            f"{y}年{m}月{d}日",
            f"{y}-{m:02d}-{d:02d}",
            f"{m}月{d}日",
            f"{y}.{m}.{d}",
            f"{y}年{m}月",
            f"{y}/{m}/{d}",
            f"{m}月{d}号",
            f"{y % 100}/{m}/{d}",
        )
    )


def _digits(s: Random, count: int) -> str:
    return "".join(s.choice("0123456789") for _ in range(count))


def _phone(f: FillerZh) -> str:
    s = f.stream
    number = s.choice(("13", "15", "17", "18")) + _digits(s, 9)
    return s.choice(
        (
            number,
            number,
            f"{number[:3]} {number[3:7]} {number[7:]}",
            f"{number[:3]}-{number[3:7]}-{number[7:]}",
            f"0{_digits(s, 3)}-555{_digits(s, 4)}",
        )
    )


def _short_date(f: FillerZh) -> str:
    s = f.stream
    return f"{s.randint(1, 12)}{s.choice('/.-月')}{s.randint(1, 28)}"


_IDENTIFIERS: dict[str, tuple[str, Callable[[FillerZh], str]]] = {
    "NICK": ("NAME", lambda f: f.stream.choice(("豆豆", "铁蛋", "妞妞", "狗剩", "小宝", "大毛", "二丫", "乐乐", "石头", "毛毛", "果果", "糖糖", "铁蛋儿", "三娃"))),
    "ADDR": ("LOCATION", _address),
    "ADDRSHORT": ("LOCATION", _short_address),
    "VILLAGE": ("LOCATION", _village),
    "COUNTY": ("LOCATION", _county),
    "PLACE": ("LOCATION", lambda f: f.stream.choice(read_list("zh_places")) + f.stream.choice(("", "", "市", "县"))),
    "FACILITY": ("LOCATION", _facility),
    "FACILITYSHORT": ("LOCATION", lambda f: _proper(f.stream) + f.stream.choice(("", "", "县", "区", "市")) + f.stream.choice(words.SHORT)),
    "LANDMARK": ("LOCATION", lambda f: _proper(f.stream) + f.stream.choice(words.LANDMARKS)),
    "COMPANY": ("ORGANIZATION", _company),
    "PHARMACY": ("ORGANIZATION", lambda f: _proper(f.stream) + f.stream.choice(("大药房", "药店", "药房", "国药"))),
    "SCHOOL": ("ORGANIZATION", lambda f: _proper(f.stream) + f.stream.choice(words.SCHOOLS)),
    "DATE": ("DATE", _date),
    "DATESHORT": ("DATE", _short_date),
    "DAY": ("DATE", lambda f: f"{f.stream.randint(1, 30)}{f.stream.choice('号日')}"),
    "MONTH": ("DATE", lambda f: f"{f.stream.randint(1, 12)}月"),
    "MONTHDAY": ("DATE", lambda f: f"{f.stream.randint(1, 12)}月{f.stream.randint(1, 28)}日"),
    "LUNAR": ("DATE", lambda f: f"{f.stream.choice(('农历', '', '阴历', ''))}{f.stream.choice(words.LUNAR_MONTHS)}月{f.stream.choice(words.LUNAR_DAYS)}"),
    "GANZHI": ("DATE", lambda f: f"{f.stream.choice('甲乙丙丁戊己庚辛壬癸')}{f.stream.choice('子丑寅卯辰巳午未申酉戌亥')}年{f.stream.choice(words.LUNAR_MONTHS)}月{f.stream.choice(words.LUNAR_DAYS)}"),
    "PHONE": ("CONTACT", _phone),
    "EXT": ("CONTACT", lambda f: _digits(f.stream, 4)),
    "EMAIL": ("CONTACT", lambda f: f.patient.pinyin(f.stream).lower().replace(" ", "").replace(".", "") + "@example.com"),
    "ID": ("ID", lambda f: f.stream.choice(("", "", "ZY", "M", "JL", "E-", "甲-")) + _digits(f.stream, f.stream.randint(5, 12))),
    "BANK": ("ID", lambda f: " ".join(_digits(f.stream, 4) for _ in range(4)) + " " + _digits(f.stream, 3)),
    "IDCARD": ("ID", lambda f: _digits(f.stream, 17) + f.stream.choice("0123456789X")),
    "HANDLE": ("ID", lambda f: "".join(f.stream.choice("abcdefghilmnwxyz") for _ in range(6)) + _digits(f.stream, 3)),
    "PLATE": ("ID", lambda f: f.stream.choice("京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新") + f.stream.choice("ABCDEFGH") + f.stream.choice(("", "·")) + _digits(f.stream, 5)),
    "AGE90": ("AGE_OVER_89", lambda f: str(f.stream.randint(90, 104))),
}  # fmt: skip


@cache
def _surname_words() -> tuple[str, ...]:
    """Words of the dictionary that begin like a name."""
    return tuple(word for word in read_list("zh_words")[:30_000] if is_surname(word[0]))


def _transliterated(f: FillerZh) -> str:
    """A foreign name in Chinese sounds, as eponyms are written."""
    s = f.stream
    name = "".join(s.choice(words.SOUNDS) for _ in range(s.choice((2, 2, 3, 3, 4))))
    return name + (s.choice(("-", "·")) + "".join(s.choice(words.SOUNDS) for _ in range(2)) if s.random() < 0.1 else "")  # fmt: skip


def _transliterated_drug(f: FillerZh) -> str:
    s = f.stream
    return "".join(s.choice(words.SOUNDS) for _ in range(s.choice((1, 2, 2, 3)))) + s.choice(
        words.DRUG_ENDS
    )


@cache
def _latin_words() -> tuple[str, ...]:
    return (*read_list("en_words")[:4000], *read_list("en_terms")[::5])


def _latin_word(f: FillerZh) -> str:
    word = f.stream.choice(_latin_words())
    return f.stream.choice((word, word.capitalize(), word.capitalize(), word.upper()))


_PLAIN: dict[str, Callable[[FillerZh], str]] = {
    "sex": lambda f: f.stream.choice("男女"),
    "age": lambda f: str(f.stream.randint(1, 89)),
    "kin": lambda f: f.stream.choice(words.KIN),
    "symptom": lambda f: f.stream.choice(words.SYMPTOM),
    "dx": lambda f: f.stream.choice(words.DX),
    "drug": lambda f: f.stream.choice(words.DRUG),
    "dose": lambda f: f.stream.choice(("5mg", "10mg", "0.5g", "25mg", "100mg")),
    "dept": lambda f: f.stream.choice(words.DEPT),
    "op": lambda f: f.stream.choice(words.OP),
    "job": lambda f: f.stream.choice(words.JOB),
    "n": lambda f: str(f.stream.randint(2, 14)),
    "num": lambda f: f"{f.stream.randint(2, 15)}.{f.stream.randint(0, 9)}",
    "bp": lambda f: f"{f.stream.randint(100, 190)}/{f.stream.randint(60, 110)}",
    "time": lambda f: f"{f.stream.randint(0, 23)}:{f.stream.randint(0, 59):02d}",
    "year": lambda f: str(f.stream.randint(1990, 2025)),
    "lab": lambda f: f.stream.choice(("血钾", "血红蛋白", "肌酐", "糖化血红蛋白", "尿酸")),
    "latin": _latin_word,
    "zdrug": _transliterated_drug,
    "zep": _transliterated,
    "sw": lambda f: f.stream.choice(_surname_words()),
    "lot": lambda f: _digits(f.stream, 6) + "A",
}
_TOLD = ("pt",) * 6 + ("rel",) * 6 + ("staff",) * 5 + ("place",) * 5 + ("num",) * 3
_WIDE = str.maketrans({**{c: chr(ord(c) + 0xFEE0) for c in "0123456789"}, "(": "（", ")": "）"})
_NARROW = str.maketrans("，。：；（）", ",.:;()")


def write_note(stream: Random) -> Note:
    """One note: fields, mixed sentences, a signature; or identifier-free text."""
    filler = FillerZh(stream)
    sections = templates("zh")
    free = stream.random() < 0.22
    lines: list[list[Piece]] = []
    if not free:
        for _ in range(stream.choice((0, 1, 1, 2))):
            lines.append([*filler.fill(stream.choice(sections["head"])), ("\n", None)])
    joint = stream.choice(("", "", "\n", "\n"))
    for _ in range(stream.randint(3, 12)):
        kind = "clean" if free or stream.random() < 0.42 else stream.choice(_TOLD)
        lines.append([*filler.fill(stream.choice(sections[kind])), (joint, None)])
    if not free and stream.random() < 0.7:
        before = "\n" if stream.random() < 0.7 else stream.choice(("", "　", "　　", " "))
        lines.append([(before, None), *filler.fill(stream.choice(sections["sign"]))])
    return assemble(_styled(stream, [piece for line in lines for piece in line if piece[0]]))


def _styled(stream: Random, pieces: list[Piece]) -> list[Piece]:
    """Full-width digits, ordinary punctuation, no punctuation, a scanned page's breaks."""
    draw = stream.random()
    if draw < 0.04:
        return [(text.translate(_WIDE), label) for text, label in pieces]
    if draw < 0.12:
        return [(text.translate(_NARROW), label) for text, label in pieces]
    if draw < 0.17:
        return [(text if label else re.sub("[，。；：]", stream.choice((" ", "")), text), label) for text, label in pieces]  # fmt: skip
    if draw < 0.25:
        mark = stream.choice(("|", "____", " ", "　", "\t", "……", "=", "]"))
        return [(text if label else text.replace("：", mark), label) for text, label in pieces]
    if draw < 0.28:
        return [(_loose(stream, text) if label == "NAME" or len(text) < 9 else text, label) for text, label in pieces]  # fmt: skip
    if draw < 0.31:
        return [(text.translate(_traditional()), label) for text, label in pieces]
    if draw < 0.34:
        return [(_broken(stream, text) if len(text) > 6 else text, label) for text, label in pieces]
    return pieces


@cache
def _traditional() -> dict[int, int]:
    """Simplified characters and one traditional form of each."""
    pairs = "".join(read_lines("deid.text.packs.zh", "traditional.txt")).replace(" ", "")
    return {ord(pairs[i + 1]): ord(pairs[i]) for i in range(0, len(pairs) - 1, 2)}


def _loose(stream: Random, text: str) -> str:
    """Characters set apart, as forms and headings have them."""
    return stream.choice((" ", "　")).join(text) if text.isalpha() else text


def _broken(stream: Random, text: str) -> str:
    place = stream.randint(1, len(text) - 1)
    return text[:place] + "\n" + text[place:]
