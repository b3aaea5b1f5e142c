"""The ways in which one person's name is written: whole, short, listed, misspelt, spelt out."""

from __future__ import annotations

import unicodedata
from functools import cache
from random import Random

from pypinyin import Style, lazy_pinyin

from deid.synth.notes.words import misspelt
from deid.synth.people import Resident
from deid.synth.streams import happens, one_of

_SOUNDS_ALIKE = {"峰": "锋", "志": "智", "建": "健", "明": "民", "丽": "莉", "芳": "方", "伟": "玮",
                 "英": "瑛", "珍": "贞", "文": "雯", "静": "敬", "国": "囯", "秀": "绣", "兰": "蓝",
                 "军": "君", "磊": "雷", "婷": "亭", "桂": "贵", "荣": "容", "福": "富", "清": "青",
                 "林": "琳", "祥": "详", "琴": "芹", "霞": "侠", "强": "墙"}  # fmt: skip
"""Characters that a keyboard's pinyin confuses."""


def whole(stream: Random, given: str, family: str, others: tuple[str, ...]) -> str:
    """A name in Latin letters, whole, in one of many hands."""
    draw = stream.random()
    nick = _nickname(others)
    if draw < 0.07:
        return f"{given[0]}. {family}"
    if draw < 0.1:
        return f"{misspelt(stream, given)} {family}"
    if draw < 0.13:
        return f"{given} {misspelt(stream, family)}"
    if draw < 0.17 and nick:
        return one_of(stream, (f'{given} "{nick}" {family}', f'{given} ("{nick}") {family}',
                               f"{given} ({nick}) {family}"))  # fmt: skip
    if draw < 0.2 and nick:
        return f"{nick} {family}"
    if draw < 0.23:
        return f"{given} {one_of(stream, 'ABCDEGHJKLMPRSTW')}. {family}"
    if draw < 0.25:
        return f"{family.upper()}, {given.upper()}"
    if draw < 0.27:
        return f"{given} {family}".upper()
    if draw < 0.29:
        return f"{given} {family}".lower()
    if draw < 0.31:
        return f"{family} {given}"
    if draw < 0.33:
        return f"{given} {family[0]}."
    if draw < 0.35:
        return plain_letters(f"{given} {family}")
    return f"{given} {family}"


def listed(stream: Random, given: str, family: str) -> str:
    """Family name first, as on a list."""
    draw = stream.random()
    text = f"{family}, {given}" if draw < 0.75 else f"{family.lower()},{given.lower()}"
    if 0.6 < draw < 0.7:
        return f"{family.upper()}, {given}"
    return text.upper() if draw < 0.35 else text


def initials(stream: Random, given: str, family: str) -> str:
    """Initials, as a writer short of time has it."""
    first, last = given[0], family[0]
    return one_of(stream, (f"{first}.{last}.", f"{first}{last}", f"{first}. {last}.",
                           f"{first.lower()}{last.lower()}", f"{first}.{last}"))  # fmt: skip


def spelt(name: str) -> str:
    """A name letter by letter, as dictated: ``L-A-R-S-O-N``."""
    return "-".join(character for character in name.upper() if character.isalpha())


def plain_letters(name: str) -> str:
    """A name without accents, hyphens and apostrophes, as a terminal without them has it."""
    bare = unicodedata.normalize("NFKD", name)
    kept = "".join(c for c in bare if not unicodedata.combining(c))
    return kept.replace("-", " ").replace("'", "")


def slipped(stream: Random, name: str) -> str:
    """A Chinese name with a character that sounds the same, if one is known."""
    places = [i for i in range(1, len(name)) if name[i] in _SOUNDS_ALIKE]
    if not places:
        return name
    place = one_of(stream, places)
    return name[:place] + _SOUNDS_ALIKE[name[place]] + name[place + 1 :]


def latin(stream: Random, family: str, given: str) -> str:
    """A Chinese name in Latin letters, with tones or without, as on a form or a passport."""
    draw = stream.random()
    marked = draw < 0.2
    first, last = _syllables(family, marked), _syllables(given, marked)
    if draw < 0.35:
        return f"{first.upper()} {last.upper()}"
    if draw < 0.45:
        return f"{first}{last.lower()}".lower()
    return f"{first.title()} {last.title()}"


@cache
def _syllables(text: str, marked: bool) -> str:
    return "".join(lazy_pinyin(text, style=Style.TONE if marked else Style.NORMAL))


def chinese(stream: Random, family: str, given: str) -> str:
    """A Chinese name, whole: now and then spread, misspelt or in Latin letters."""
    draw = stream.random()
    name = family + given
    if draw < 0.04:
        return " ".join(name) if len(name) == 2 else f"{family} {given}"
    if draw < 0.07:
        return slipped(stream, name)
    if draw < 0.1:
        return latin(stream, family, given)
    return name


def familiar(stream: Random, given: str) -> str:
    """A Chinese given name as at home: ``阿梅``, ``小梅``, ``梅梅``."""
    last = given[-1]
    return one_of(
        stream, (f"阿{last}", f"小{last}", last * 2, given if len(given) > 1 else f"阿{last}")
    )


def _nickname(others: tuple[str, ...]) -> str:
    return others[-1] if others and " " not in others[-1] else ""


def short(stream: Random, given: str, family: str, others: tuple[str, ...]) -> str:
    """A name in Latin letters as used within a sentence, without any title."""
    draw, nick = stream.random(), _nickname(others)
    if draw < 0.3 and nick:
        return nick
    if draw < 0.34:
        return misspelt(stream, given)
    if draw < 0.42:
        return f"{given} {family[0]}."
    if draw < 0.43:
        return family
    if draw < 0.435:
        return given.lower()
    if draw < 0.455 and happens(stream, 0.5):
        return f"{given[0]}. {family[0]}."
    return given


_MEN = (("大爷", "老先生", "大伯", "老爷子", "师傅", "爷爷", "老人家"),
        ("先生", "师傅", "叔", "某", "同志", "哥"))  # fmt: skip
_WOMEN = (("大娘", "阿婆", "奶奶", "阿姨", "婆婆", "老太太"),
          ("女士", "阿姨", "姐", "某", "同志", "老师"))  # fmt: skip


def familiarly(stream: Random, person: Resident, age: int) -> tuple[str, str, str]:
    """What a Chinese patient is called in a sentence: words before, the name, words after."""
    draw = stream.random()
    family, given = person.family_name, person.given_name
    old, grown = _MEN if person.sex == "M" else _WOMEN
    if age >= 60 and draw < 0.35:
        return "", family, one_of(stream, old)
    if age >= 45 and draw < 0.45:
        return "老", family, ""
    if 18 <= age < 40 and draw < 0.2:
        return "小", family, ""
    if age >= 18 and draw < 0.52:
        return "", family, one_of(stream, grown)
    if age < 14 and draw < 0.35:
        fixed = next((name for name in person.other_names if len(name) == 2), None)
        return "", fixed or familiar(stream, given), ""
    if draw < 0.56:
        return "", latin(stream, family, given), ""
    if draw < 0.59 and len(given) == 2:
        return "", given, ""
    return "", slipped(stream, person.full_name) if draw < 0.65 else person.full_name, ""
