"""How telephone and identity numbers are written, typed and read out."""

from __future__ import annotations

from random import Random

from deid.synth.notes import days
from deid.synth.streams import happens, one_of


def phone(stream: Random, number: str, chinese: bool) -> str:
    """A telephone number as people write it."""
    digits = "".join(c for c in number if c.isdigit())
    draw = int(stream.random() * 20)
    if not chinese:
        area, middle, last = digits[:3], digits[3:6], digits[6:]
        forms = {
            0: f"{area}.{middle}.{last}", 1: f"{area} {middle} {last}", 2: digits,
            3: f"1-{area}-{middle}-{last}", 4: f"({area}){middle}-{last}", 5: f"{middle}-{last}",
            6: f"+1 {area} {middle} {last}", 7: f"{area}/{middle}-{last}",
        }  # fmt: skip
        return forms.get(draw, number if draw < 13 else f"{area}-{middle}-{last}")
    if "-" in number:
        area, rest = number.split("-", 1)
        forms = {0: f"({area}){rest}", 1: f"{area} {rest}", 2: f"{area}-{rest[:4]} {rest[4:]}",
                 3: f"（{area}）{rest}", 4: rest, 5: f"({area}){rest[:4]} {rest[4:]}"}  # fmt: skip
        return forms.get(draw, number)
    first, second, third = digits[:3], digits[3:7], digits[7:]
    forms = {
        0: f"{first} {second} {third}", 1: f"{first}-{second}-{third}", 2: f"+86 {digits}",
        3: days.wide(digits), 4: f"+86-{first}-{second}-{third}", 5: f"{first} {second}{third}",
        6: f"86{digits}",
    }  # fmt: skip
    return forms.get(draw, digits)


def extension(stream: Random, written: str, chinese: bool) -> str:
    """A number of an office, perhaps with an extension."""
    if chinese:
        return f"{written}转{stream.randrange(800, 900)}" if happens(stream, 0.2) else written
    if not happens(stream, 0.25):
        return written
    form = one_of(stream, (" x", " ext. ", " ext ", "x"))
    return f"{written}{form}{stream.randrange(10, 99)}"


def card(stream: Random, number: str) -> str:
    """A Chinese identity number: in groups, with wide digits, mostly plain."""
    draw = stream.random()
    if draw < 0.08:
        return f"{number[:6]} {number[6:14]} {number[14:]}"
    if draw < 0.12:
        return days.wide(number)
    if draw < 0.16:
        return f"{number[:6]}-{number[6:14]}-{number[14:]}"
    return number.lower() if draw < 0.18 else number


def security_number(stream: Random, number: str) -> str:
    """A social security number, mostly with its hyphens."""
    draw = stream.random()
    if draw < 0.12:
        return number.replace("-", " ")
    return number.replace("-", "") if draw < 0.25 else number


def record(stream: Random, number: str) -> str:
    """The long code of a Chinese health record, now and then in its four parts."""
    if len(number) == 17 and happens(stream, 0.08):
        return f"{number[:6]}-{number[6:9]}-{number[9:12]}-{number[12:]}"
    return number
