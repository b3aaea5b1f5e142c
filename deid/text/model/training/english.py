# ruff: noqa: E501 -- a word list is read whole
"""Annotated English notes for training, filled from templates."""

from __future__ import annotations

import re
from random import Random

from deid.text.model.training.names import family_name, given_name
from deid.text.model.training.notes import Note, Piece, assemble, templates
from deid.text.model.training.slots_en import IDENTIFIERS, PLAIN, town

_SLOT = re.compile(r"\{(\w+)\}")


class Person:
    """One person of a note; every mention takes a form of the same name."""

    def __init__(self, stream: Random, family: str | None = None) -> None:
        self.given = given_name(stream)
        self.family = family or family_name(stream)
        self.middle = stream.choice("ABCDEFGHJKLMNPRSTW")

    def form(self, stream: Random, kind: str) -> str:
        """The name as ``kind`` asks: FULL, LASTFIRST, GIVEN and so on."""
        given, family = self.given, self.family
        if kind == "FULL":
            draw = stream.random()
            if draw < 0.15:
                return f"{given} {self.middle}. {family}"
            if draw < 0.2:
                return f"{given[0]}. {family}"
            return f"{given} {family}"
        if kind == "LASTFIRST":
            if stream.random() < 0.4:
                given, family = given.upper(), family.upper()
            middle = stream.choice(("", "", f" {self.middle}", f" {self.middle}."))
            return f"{family}, {given}{middle}" if stream.random() < 0.9 else f"{family},{given}"
        if kind == "INITFAM":
            return f"{given[0]}. {family}"
        if kind == "GIVENINIT":
            return f"{given} {family[0].upper()}."
        if kind == "NICK":
            return given[: stream.choice((3, 4))].rstrip("'- ")
        if kind == "INITIALS":
            dotted = stream.random() < 0.6
            return f"{given[0]}.{family[0]}." if dotted else f"{given[0]}{family[0]}"
        if kind == "GIVEN":
            return given
        if kind == "FAMILY":
            return family
        return (given if stream.random() < 0.7 else f"{given} {family}").lower()


class Filler:
    """Fills the slots of one note."""

    def __init__(self, stream: Random) -> None:
        self.stream = stream
        self.patient = Person(stream)
        self.relatives = [
            Person(stream, self.patient.family if stream.random() < 0.5 else None) for _ in range(3)
        ]
        self.doctors = [Person(stream) for _ in range(3)]
        self.others = [Person(stream) for _ in range(4)]
        self.towns = [town(stream) for _ in range(3)]
        self.female = stream.random() < 0.5

    def fill(self, template: str) -> list[Piece]:
        """The template with its slots filled."""
        pieces: list[Piece] = []
        place = 0
        for match in _SLOT.finditer(template):
            pieces.append((template[place : match.start()], None))
            pieces.append(self._slot(match[1]))
            place = match.end()
        pieces.append((template[place:], None))
        return [piece for piece in pieces if piece[0]]

    def _slot(self, name: str) -> Piece:
        stream = self.stream
        head, _, kind = name.partition("_")
        people = {"PT": [self.patient], "REL": self.relatives, "DOC": self.doctors, "OTH": self.others}  # fmt: skip
        if head.upper() in people and kind:
            person = stream.choice(people[head.upper()])
            return person.form(stream, kind), "NAME"
        if name in IDENTIFIERS:
            label, make = IDENTIFIERS[name]
            return make(self), label
        return PLAIN[name](self), None


_FREE_KINDS = ("clean", "clean", "eponymic", "eponymic", "device")
_TOLD_KINDS = (
    ("pt",) * 6 + ("rel",) * 6 + ("staff",) * 6 + ("place",) * 6 + ("num",) * 3 + ("prof",)
)


def write_note(stream: Random) -> Note:
    """One note: a letterhead, mixed sentences, a signature; or identifier-free text; or a query."""
    filler = Filler(stream)
    draw = stream.random()
    sections = templates("en")
    if draw < 0.1:
        return assemble(filler.fill(stream.choice(sections["query"])))
    if draw < 0.18:
        return assemble(filler.fill(stream.choice(sections["phiquery"])))
    lines: list[list[Piece]] = []
    free = draw < 0.42
    joints: list[str] = []
    if not free:
        for _ in range(stream.choice((0, 1, 1, 2, 3))):
            lines.append(filler.fill(stream.choice(sections["head"])))
            joints.append("\n")
    running = stream.random() < 0.55
    for _ in range(stream.randint(4, 14)):
        if free or stream.random() < 0.45:
            kind = stream.choice(_FREE_KINDS if free else ("clean", *_FREE_KINDS))
        else:
            kind = stream.choice(_TOLD_KINDS)
        lines.append(filler.fill(stream.choice(sections[kind])))
        joints.append(stream.choice((" ", " ", " ", "\n")) if running else "\n")
    if not free and stream.random() < 0.7:
        if joints:
            joints[-1] = "\n"
        lines.append(filler.fill(stream.choice(sections["sign"])))
        joints.append("\n")
    pieces: list[Piece] = []
    for line, joint in zip(lines, joints, strict=True):
        pieces += [*line, (joint, None)]
    return assemble(styled(stream, pieces))


def styled(stream: Random, pieces: list[Piece]) -> list[Piece]:
    """In small letters or capitals, with slips of the pen, or as it is."""
    draw = stream.random()
    if draw < 0.12:
        return [(text.lower(), label) for text, label in pieces]
    if draw < 0.22:
        return [(text.upper(), label) for text, label in pieces]
    if draw < 0.34:
        return [(_slip(stream, text) if label in (None, "NAME") else text, label) for text, label in pieces]  # fmt: skip
    if draw < 0.4:
        return [(text.replace(" ", "\n", 1) if label in ("NAME", "LOCATION") and stream.random() < 0.2 else text, label) for text, label in pieces]  # fmt: skip
    return pieces


def _slip(stream: Random, text: str) -> str:
    letters = list(text)
    for i in range(1, len(letters) - 2):
        if letters[i].isalpha() and letters[i + 1].isalpha() and stream.random() < 0.012:
            letters[i], letters[i + 1] = letters[i + 1], letters[i]
    return "".join(letters)
