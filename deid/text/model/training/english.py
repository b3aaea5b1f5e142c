# ruff: noqa: E501 -- a word list is read whole
"""Annotated English notes for training, filled from templates."""

from __future__ import annotations

import re
from random import Random

from deid.text.model.training.cast_en import Cast
from deid.text.model.training.notes import Note, Piece, assemble, templates
from deid.text.model.training.slots_en import IDENTIFIERS, PLAIN

_SLOT = re.compile(r"\{(\w+)\}")


class Filler(Cast):
    """Fills the slots of one note."""

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
