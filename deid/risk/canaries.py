"""Planted identifiers: invented people whose identifiers must not survive the text engine.

A canary is written into a copy of a real note and known to the engine as if the vault held it
(*known*), or not known at all, so that only its form gives it away (*unknown*: telephone, e-mail,
number with its label). What survives is counted by :class:`deid.risk.identifiers.IdentifierIndex`.
The copies are thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from deid.risk.identifiers import Identifier, IdentifierIndex

NOTES_PLANTED = 30


@dataclass(frozen=True)
class Canary:
    """One invented person, and the sentence that gives every value away."""

    family: str = field(repr=False)
    given: str = field(repr=False)
    full: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    number: str = field(repr=False)
    sentence: str = field(repr=False)
    unknown: tuple[Identifier, ...] = field(repr=False)

    def index(self) -> IdentifierIndex:
        """Looks for all of its values."""
        return IdentifierIndex(
            (
                Identifier("full name", self.full),
                Identifier("telephone", self.phone),
                Identifier("e-mail or web", self.email),
                Identifier("number", self.number),
                *self.unknown,
            )
        )


_EN = ("Quillfeather", "Tamsyn"), ("Ostrowleigh", "Barnaby"), ("Varnhollow", "Isolde")
_ZH = ("欧阳", "旎柠"), ("司徒", "翊珩"), ("澹台", "芷遥")


def canary(number: int, language: str | None) -> Canary:
    """The canary for the note with this number; equal numbers, equal canaries."""
    chinese = language == "zh"
    family, given = (_ZH if chinese else _EN)[number % 3]
    if chinese:
        full = family + given
        phone, other = f"1390000{1000 + number:04d}", f"1370000{2000 + number:04d}"
        email, mail = f"kanari{number}@example.org", f"lianxi{number}@example.net"
        record = f"ZY{70_000_000 + number}"
        sentence = (
            f"患者{full},联系电话{phone},电子邮箱{email},病历号{record}。"
            f"另有联系电话:{other},邮箱:{mail}。"
        )
    else:
        full = f"{given} {family}"
        phone, other = f"(617) 555-{1000 + number:04d}", f"617-555-{2000 + number:04d}"
        email, mail = f"canary{number}@example.org", f"contact{number}@example.net"
        record = f"CN-{70_000_000 + number}"
        sentence = (
            f"Patient {full}, phone {phone}, e-mail {email}, MRN {record}. "
            f"Another contact: phone {other}, e-mail {mail}."
        )
    return Canary(
        family=family,
        given=given,
        full=full,
        phone=phone,
        email=email,
        number=record,
        sentence=sentence,
        unknown=(Identifier("telephone", other), Identifier("e-mail or web", mail)),
    )


def plant(text: str, sentence: str, number: int) -> str:
    """Put the sentence before, into or after the note, in turn; into at a line or sentence end."""
    if number % 3 == 0:
        return f"{sentence}\n{text}"
    if number % 3 == 1:
        return f"{text}\n{sentence}"
    middle = text.find("\n", len(text) // 2)
    if middle < 0:
        return f"{text}\n{sentence}"
    return f"{text[:middle]}\n{sentence}{text[middle:]}"
