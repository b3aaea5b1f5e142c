"""How staff, doctors elsewhere and people of the street are named: no residents among them."""

from __future__ import annotations

from random import Random

from deid.synth.notes import naming, surroundings
from deid.synth.notes.text import Mark, Pieces
from deid.synth.notes.words import count_zh, number_en
from deid.synth.people import Clinician
from deid.synth.streams import happens, one_of

_DOCTORS = ("MD", "DO", "M.D.", "MD", "MD, FAAFP", "MD", "PGY-3")
_NURSES = ("RN", "LPN", "RN, BSN", "RN", "RN, CWOCN", "FNP")


def staff(stream: Random, person: Clinician, chinese: bool) -> Pieces:
    """Somebody who works here, as in a signature or a remark."""
    if chinese:
        return _staff_zh(stream, person)
    draw = stream.random()
    given, family = person.full_name.split()[0], person.family_name
    credentials = one_of(stream, (", ", " ", ", ")) + _credentials(person)
    if draw < 0.27:
        titles = ("Dr. ", "Dr ", "dr. ", "DR ") if person.is_doctor else ("Nurse ", "nurse ")
        return (one_of(stream, titles), Mark(family, "NAME", "CLINICIAN"))
    if draw < 0.55:
        form = naming.initials(stream, given, family)
        bare = {0: f"{given[0]}. {family}", 1: f"{given[0]} {family}", 2: f"{family} {given[0]}.",
                3: f"{given.lower()} {family[0].lower()}.", 4: f"{family}, {given}",
                5: f"{given} {family[0]}.", 6: form, 7: form}  # fmt: skip
        kind = int((draw - 0.27) / 0.28 * 8)
        name = Mark(bare[kind], "NAME", "CLINICIAN")
        return (name,) if kind >= 6 else (name, credentials)
    if draw < 0.6:
        return (Mark(family, "NAME", "CLINICIAN"), credentials)
    if draw < 0.63:
        return (Mark(person.full_name.upper(), "NAME", "CLINICIAN"), credentials.upper())
    return (Mark(person.full_name, "NAME", "CLINICIAN"), credentials)


def initials(stream: Random, person: Clinician, chinese: bool) -> Mark:
    """Somebody of the staff as two letters: ``rb``, ``RB``; in Chinese by the family name."""
    if chinese:
        return Mark(person.family_name, "NAME", "CLINICIAN")
    letters = f"{person.full_name[0]}{person.family_name[0]}"
    return Mark(one_of(stream, (letters, letters.lower(), letters)), "NAME", "CLINICIAN")


def _credentials(person: Clinician) -> str:
    """What stands behind a name: the same for one person, always."""
    known = _DOCTORS if person.is_doctor else _NURSES
    return known[person.provider_id % len(known)]


def _staff_zh(stream: Random, person: Clinician) -> Pieces:
    draw = stream.random()
    family = Mark(person.family_name, "NAME", "CLINICIAN")
    whole = Mark(person.full_name, "NAME", "CLINICIAN")
    titles = (
        ("医生", "大夫", "主任", "医师") if person.is_doctor else ("护士", "护士", "护士长", "姐")
    )
    title = one_of(stream, titles)
    if draw < 0.33:
        return (family, title)
    if draw < 0.42:
        return (one_of(stream, ("小", "老")), family)
    if draw < 0.47:
        spread = f"{person.full_name[0]} {person.full_name[1:]}"
        return (Mark(spread, "NAME", "CLINICIAN"),)
    if draw < 0.5:
        given = person.full_name.removeprefix(person.family_name)
        latin = naming.latin(stream, person.family_name, given)
        return (Mark(latin, "NAME", "CLINICIAN"),)
    if draw < 0.6:
        return (whole, title)
    return (whole,)


def stranger(stream: Random, chinese: bool) -> Pieces:
    """A neighbour, teacher, officer: in no table."""
    given, family = surroundings.passer_by(stream, chinese)
    draw = stream.random()
    if chinese:
        if draw < 0.42:
            return (Mark(family, "NAME", "OTHER"), surroundings.title(stream, True))
        if draw < 0.54:
            return (one_of(stream, ("小", "老")), Mark(family, "NAME", "OTHER"))
        if draw < 0.58:
            return (Mark(surroundings.of_minority(stream), "NAME", "OTHER"),)
        if draw < 0.62:
            return (Mark(naming.familiar(stream, given), "NAME", "OTHER"),)
        return (Mark(family + given, "NAME", "OTHER"),)
    if draw < 0.27:
        return (f"{surroundings.title(stream, False)} ", Mark(family, "NAME", "OTHER"))
    if draw < 0.48:
        return (Mark(given, "NAME", "OTHER"),)
    if draw < 0.56:
        return (Mark(f"{given} {family[0]}.", "NAME", "OTHER"),)
    if draw < 0.59:
        return (Mark(given.lower(), "NAME", "OTHER"),)
    return (Mark(f"{given} {family}", "NAME", "OTHER"),)


def specialist(stream: Random, chinese: bool) -> Pieces:
    """A doctor elsewhere."""
    given, family = surroundings.passer_by(stream, chinese)
    draw = stream.random()
    if chinese:
        if draw < 0.5:
            titles = ("医生", "主任", "大夫", "教授", "副主任医师", "医师")
            return (Mark(family, "NAME", "CLINICIAN"), one_of(stream, titles))
        return (Mark(family + given, "NAME", "CLINICIAN"),)
    title = one_of(stream, ("Dr. ", "Dr ", "Prof. ", "Dr. ", "dr "))
    if draw < 0.5:
        return (title, Mark(family, "NAME", "CLINICIAN"))
    if draw < 0.6:
        return (title, Mark(f"{given[0]}. {family}", "NAME", "CLINICIAN"))
    if draw < 0.75 and happens(stream, 0.8):
        degrees = (", MD", " DO", ", NP", ", LCSW", " PT", ", PhD", ", PA-C")
        return (Mark(f"{given} {family}", "NAME", "CLINICIAN"), one_of(stream, degrees))
    return (title, Mark(f"{given} {family}", "NAME", "CLINICIAN"))


def great_age(stream: Random, chinese: bool) -> str:
    """An age from 90 on, in digits or words."""
    years = stream.randrange(90, 105)
    if chinese:
        spoken = "百岁" if years >= 100 else f"{count_zh(years)}岁"
        return one_of(stream, (f"{years}岁", f"虚岁{years}", spoken))
    return number_en(years, "-") if years < 100 and happens(stream, 0.3) else str(years)
