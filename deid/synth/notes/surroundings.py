"""What stands around a resident and in no table: hospitals, schools, shops, streets, passers-by.

All of it is composed from invented parts (``around/en.txt``, ``around/zh.txt``), thousands of each
kind, so that a scrubber cannot learn a list by heart.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

from deid.synth.identities import can_be_drawn
from deid.synth.notes.text import Mark
from deid.synth.people import Locale, Sex
from deid.synth.streams import happens, one_of

_STAGES = ((6, "school.nursery"), (12, "school.primary"), (15, "school.middle"),
           (18, "school.high"))  # fmt: skip
"""Kinds of schools by the age until which children go there."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@cache
def _parts(chinese: bool) -> dict[str, tuple[str, ...]]:
    """Parts by their key. A line is ``key: one|other``, or words, or Chinese characters."""
    path = Path(__file__).with_name("around") / f"{'zh' if chinese else 'en'}.txt"
    parts = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        key, _, text = line.partition(": ")
        split = text.split("|") if "|" in text else text.split(" ")
        parts[key] = tuple(split if len(split) > 1 or not chinese else text)
    return parts


def _one(stream: Random, key: str, chinese: bool) -> str:
    return one_of(stream, _parts(chinese)[key])


def _head(stream: Random, chinese: bool) -> str:
    """The first part of a place's name: ``Birchmere``, ``云泽``."""
    if happens(stream, 0.15):
        return _one(stream, "head.whole", chinese)
    first, last = _one(stream, "head.first", chinese), _one(stream, "head.last", chinese)
    return first + last if not chinese or first != last else first + "安"


def passer_by(stream: Random, chinese: bool) -> tuple[str, str]:
    """Given and family name of somebody who is no resident; some are ordinary words.

    A resident cannot have the whole name, so that a search for residents' names finds no others.
    """
    locale: Locale = "zh_CN" if chinese else "en_US"
    while True:
        given = given_name(stream, chinese, one_of(stream, ("M", "F")))
        family = family_name(stream, chinese)
        if not can_be_drawn(locale, family, given):
            return given, family


def family_name(stream: Random, chinese: bool) -> str:
    """A family name of any origin."""
    return _one(stream, "family.whole" if happens(stream, 0.04) else "family", chinese)


def given_name(stream: Random, chinese: bool, sex: Sex) -> str:
    """A given name of any origin that fits a sex."""
    key = "given.any" if happens(stream, 0.15) else f"given.{sex.lower()}"
    return _one(stream, key, chinese)


def of_minority(stream: Random) -> str:
    """A whole name of one of China's other peoples."""
    return _one(stream, "minority", True)


def title(stream: Random, chinese: bool) -> str:
    """What a passer-by is called before or, in Chinese, after the name."""
    return _one(stream, "title", chinese)


def general_hospital(stream: Random, chinese: bool) -> Mark:
    """A hospital that sees anybody for anything."""
    return hospital(stream, chinese, "general")


def hospital(stream: Random, chinese: bool, key: str = "hospital") -> Mark:
    """A hospital or clinic by name."""
    kind = _one(stream, key, chinese)
    if chinese:
        wider = _one(stream, "wider", True) if happens(stream, 0.7) else ""
        head = "" if wider and happens(stream, 0.5) else _head(stream, True)
        return Mark(f"{wider}{head}{kind}", "LOCATION", "HOSPITAL")
    return Mark(f"{_head(stream, False)} {kind}", "LOCATION", "HOSPITAL")


def clinic(stream: Random, chinese: bool) -> Mark:
    """A place that sees people by day and keeps nobody overnight."""
    return _place(stream, chinese, "clinic")


def nursing_home(stream: Random, chinese: bool) -> Mark:
    """A place where old people live."""
    return _place(stream, chinese, "nursing_home")


def _place(stream: Random, chinese: bool, key: str) -> Mark:
    wider = _one(stream, "wider", True) if chinese and happens(stream, 0.5) else ""
    between = "" if chinese else " "
    name = f"{wider}{_head(stream, chinese)}{between}{_one(stream, key, chinese)}"
    return Mark(name, "LOCATION", "HOSPITAL")


def _named(stream: Random, chinese: bool, key: str, wider: float, type_: str, role: str) -> Mark:
    head, kind = _head(stream, chinese), _one(stream, key, chinese)
    if not chinese:
        return Mark(f"{head} {kind}", type_, role)
    around = _one(stream, "wider", True) if happens(stream, wider) else ""
    return Mark(f"{around}{head}{kind}", type_, role)


def school(stream: Random, chinese: bool, age: int) -> Mark:
    """A school or nursery: one that children of the age go to, or any for the grown."""
    return _named(stream, chinese, stage(age), 0.5, "ORGANIZATION", "SCHOOL")


def stage(age: int) -> str:
    """The kind of school to which children of an age go; ``school`` for the grown."""
    return next((name for until, name in _STAGES if age < until), "school")


def firm(stream: Random, chinese: bool) -> Mark:
    """Somebody's employer."""
    return _named(stream, chinese, "firm", 0.5, "ORGANIZATION", "EMPLOYER")


def agency(stream: Random, chinese: bool) -> Mark:
    """A church, home, charity or service that looks after people."""
    return _named(stream, chinese, "agency", 0.4, "ORGANIZATION", "OTHER")


def pharmacy(stream: Random, chinese: bool) -> Mark:
    """Where drugs are bought."""
    return _named(stream, chinese, "shop", 0.1, "ORGANIZATION", "OTHER")


def insurer(stream: Random, chinese: bool) -> Mark:
    """A private insurer."""
    head = _head(stream, chinese)
    name = f"{head}人寿保险公司" if chinese else f"{head} {_one(stream, 'plan', False)}"
    return Mark(name, "ORGANIZATION", "OTHER")


def elsewhere(stream: Random, chinese: bool) -> Mark:
    """A place away from home."""
    if chinese:
        return Mark(_one(stream, "city", True), "LOCATION", "PLACE")
    head, draw = _head(stream, False), stream.random()
    if draw < 0.35:
        return Mark(head, "LOCATION", "PLACE")
    return Mark(f"{head} {_one(stream, 'town', False)}", "LOCATION", "PLACE")


def street(stream: Random, chinese: bool) -> Mark:
    """A street or landmark where something happened."""
    way = _one(stream, "way", chinese)
    if chinese:
        number = f"{stream.randrange(2, 300)}号" if happens(stream, 0.2) else ""
        return Mark(f"{_head(stream, True)}{way}{number}", "LOCATION", "PLACE")
    number = f"{stream.randrange(10, 990)} " if happens(stream, 0.3) else ""
    return Mark(f"{number}{_head(stream, False)} {way}", "LOCATION", "PLACE")


def office(stream: Random, chinese: bool) -> Mark:
    """A role that points to one person: ``mayor of Dunlow``."""
    if chinese:
        return Mark(f"{_head(stream, True)}{_one(stream, 'office', True)}", "PROFESSION")
    where = _head(stream, False)
    role = _one(stream, "office", False)
    group = one_of(stream, (" Players", " Volunteers", " Choir")) if role.endswith("the") else ""
    return Mark(f"{role} {where}{group}", "PROFESSION")


def plate(stream: Random, chinese: bool) -> Mark:
    """A number plate."""
    pick = "".join(one_of(stream, _LETTERS) for _ in range(3))
    digits = f"{stream.randrange(1000):03d}"
    if chinese:
        dot = one_of(stream, ("·", "", " ", "·"))
        last = one_of(stream, (digits + pick[2], f"{digits}{stream.randrange(10)}"))
        return Mark(f"闽{pick[0]}{dot}{pick[1]}{last}", "ID", "PLATE")
    text = one_of(stream, (f"{pick} {digits}", f"{pick}-{digits}", f"{pick}{digits}",
                           f"{digits[0]}{pick}{digits}", f"{pick} 4{digits}"))  # fmt: skip
    return Mark(text, "ID", "PLATE")


def device(stream: Random) -> Mark:
    """A serial number of a device."""
    first, last = stream.randrange(1000, 9999), stream.randrange(10_000, 99_999)
    text = one_of(
        stream,
        (f"GM-{first}-{last}", f"BPX{first}{last}", f"SN{last}{first}K", f"C{last}-{first}",
         f"{first}-{last}B", f"OX-{first % 100}-{last}", f"2{first}{last}7",
         f"BP-{first}-ZC", f"PMX{last}{first % 100}H", f"nv{first}-{last % 10_000}"),
    )  # fmt: skip
    return Mark(text, "ID", "DEVICE")


def accession(stream: Random, year: int, chinese: bool) -> Mark:
    """The number of a specimen, image or hospital stay."""
    number = stream.randrange(10_000, 999_999)
    forms = (
        (f"{year}{number:06d}", f"ZY{number:07d}", f"{number:08d}", f"M{year % 100}-{number:06d}",
         f"E{number:07d}", f"{number:07d}", f"B{year}-{number % 10_000:04d}")
        if chinese
        else (f"CT{year % 100}-{number:06d}", f"SP{year % 100}-{number:06d}", f"L{number:07d}",
              f"ACC-{number}", f"{year % 100}-{number:06d}", f"S{year % 100}.{number}",
              f"XR{number}", f"{number:08d}")
    )  # fmt: skip
    return Mark(one_of(stream, forms), "ID", "MRN" if chinese else "ACCESSION")


def licence(stream: Random, chinese: bool) -> Mark:
    """A licence, case, badge or certificate number."""
    number = stream.randrange(1000, 999_999)
    forms = (
        (f"GH-{number:05d}", f"闽青残{number:06d}", f"No.{number:06d}", f"B{number:07d}",
         f"HX-{number % 100_000:05d}", f"（2021）闽民初{number % 10_000}号", f"{number:08d}X")
        if chinese
        else (f"E-{number:05d}", f"24-CR-{number:05d}", f"WC-{number:06d}", f"DHS {number:07d}",
              f"K{number:07d}", f"PO-{number % 100}-{number // 100}", f"SO-{number % 100_000}",
              f"FD{number:07d}", f"RN-{number:06d}", f"#{number}")
    )  # fmt: skip
    return Mark(one_of(stream, forms), "ID", "OTHER")


def url(stream: Random, chinese: bool) -> Mark:
    """An address on the web, of the reserved domains."""
    host = one_of(stream, ("portal.example.org", "pacs.example.net", "health.example.com",
                           "jkda.example.cn" if chinese else "mychart.example.org"))  # fmt: skip
    number = stream.randrange(1000, 99_999)
    text = one_of(stream, (f"https://{host}/v/{number}", f"http://{host}/up?id={number}",
                           f"www.{host}", f"{host}/r/{number}", f"https://{host}/"))  # fmt: skip
    return Mark(text, "URL")


def ip(stream: Random) -> Mark:
    """An internet address of the ranges for documentation (RFC 5737, RFC 3849)."""
    if happens(stream, 0.12):
        return Mark(f"2001:db8::{stream.randrange(16, 65_535):x}", "IP")
    net = one_of(stream, ("192.0.2", "198.51.100", "203.0.113"))
    return Mark(f"{net}.{stream.randrange(1, 255)}", "IP")
