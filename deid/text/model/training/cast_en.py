# ruff: noqa: E501 -- a word list is read whole
"""Who an English training note speaks of: the patient, relatives, doctors, others, and their towns."""

from __future__ import annotations

from random import Random

from deid.text.lists import read_list
from deid.text.model.training import words_en as words
from deid.text.model.training.names import family_name, given_name, weighted_rank


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
        if kind == "FAMINIT":
            return f"{family}, {given[0]}."
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


def town(stream: Random) -> str:
    """A town: listed or invented."""
    draw = stream.random()
    if draw < 0.4:
        return weighted_rank(stream, read_list("en_towns")).title()
    stem = stream.choice(
        [family_name, lambda s: s.choice(words.TREES), lambda s: s.choice(words.THINGS)]
    )(stream)
    stem = stem.split()[-1]
    if draw < 0.7:
        return stem + stream.choice(words.ENDS)
    if draw < 0.93:
        return f"{stem} {stream.choice(words.AFTER)}"
    return f"{stream.choice(('St.', 'Saint', 'Fort', 'Port', 'Mount', 'Lake', 'San', 'North', 'New'))} {stem}"


class Cast:
    """The people and places of one note, and the stream that everything is drawn from."""

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
