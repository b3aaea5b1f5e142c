"""The many ways in which a note names its patient."""

from __future__ import annotations

import datetime as dt
from random import Random

from deid.synth.notes import naming
from deid.synth.notes.text import Mark, Pieces
from deid.synth.notes.words import misspelt
from deid.synth.people import Resident
from deid.synth.streams import one_of

_GROWN = 18


class PatientNames:
    """Writes the name of one patient, mostly in another way each time."""

    def __init__(self, stream: Random, resident: Resident, day: dt.date, *, chinese: bool) -> None:
        self._stream, self._resident = stream, resident
        self.day, self.chinese = day, chinese

    def patient(self) -> Mark:
        """The whole name, now and then misspelt, shortened or with initials."""
        person = self._resident
        if self.chinese:
            name = naming.chinese(self._stream, person.family_name, person.given_name)
        else:
            name = naming.whole(
                self._stream, person.given_name, person.family_name, person.other_names
            )
        return Mark(name, "NAME", "PATIENT")

    def patient_query(self) -> Mark:
        """The name as people dare to type it into a search: ``Anna S.``, most often."""
        person, draw = self._resident, self._stream.random()
        if self.chinese or draw < 0.35:
            return self.patient()
        if draw < 0.85:
            return Mark(f"{person.given_name} {person.family_name[0]}.", "NAME", "PATIENT")
        return self.patient_initials()

    def patient_listed(self) -> Mark:
        """Family name first, as on a list."""
        person = self._resident
        if self.chinese:
            return Mark(person.full_name, "NAME", "PATIENT")
        name = naming.listed(self._stream, person.given_name, person.family_name)
        return Mark(name, "NAME", "PATIENT")

    def patient_family(self) -> Mark:
        """The family name alone, for a field of a form."""
        return Mark(self._resident.family_name, "NAME", "PATIENT")

    def patient_given(self) -> Mark:
        """The given name alone, for a field of a form."""
        return Mark(self._resident.given_name, "NAME", "PATIENT")

    def patient_initials(self) -> Mark:
        """Initials, as a writer short of time has it."""
        person = self._resident
        if self.chinese:
            return Mark(person.full_name, "NAME", "PATIENT")
        form = naming.initials(self._stream, person.given_name, person.family_name)
        return Mark(form, "NAME", "PATIENT")

    def patient_wrapped(self) -> Mark:
        """The name across the end of a line."""
        person = self._resident
        first, last = person.given_name, person.family_name
        if self.chinese:
            first, last = last, first
        return Mark(f"{first}\n{last}", "NAME", "PATIENT")

    def patient_spelt(self) -> Pieces:
        """The name and its letters, as dictated."""
        family = self._resident.family_name
        said = one_of(self._stream, (", spelled ", ", that is ", " (", ", "))
        letters = Mark(naming.spelt(family), "NAME", "PATIENT")
        return (self.patient(), said, letters, ")" if said == " (" else "")

    def patient_latin(self) -> Mark:
        """A Chinese name in Latin letters; another name in letters without accents."""
        person = self._resident
        if self.chinese:
            name = naming.latin(self._stream, person.family_name, person.given_name)
        else:
            name = naming.plain_letters(person.full_name)
        return Mark(name, "NAME", "PATIENT")

    def patient_other(self) -> Mark:
        """Another name: of the time before marriage, or that of everyday."""
        person = self._resident
        if person.other_names:
            return Mark(one_of(self._stream, person.other_names), "NAME", "PATIENT")
        if self.chinese:
            return Mark(naming.familiar(self._stream, person.given_name), "NAME", "PATIENT")
        return Mark(person.given_name[:3].title(), "NAME", "PATIENT")

    def patient_short(self) -> Pieces:
        """What the patient is called in the middle of a sentence."""
        person = self._resident
        if self.chinese:
            before, name, after = naming.familiarly(self._stream, person, person.age_on(self.day))
            return (before, Mark(name, "NAME", "PATIENT"), after)
        draw = self._stream.random()
        if draw < 0.4 and person.age_on(self.day) >= 18:
            married = person.marital_on(self.day) not in {"SINGLE", "NEVER_MARRIED"}
            woman = ("Ms. ", "Mrs. ", "Ms ", "Mrs ") if married else ("Ms. ", "Miss ", "Ms ")
            titles = ("Mr. ", "Mr ") if person.sex == "M" else woman
            family = person.family_name
            if draw < 0.03:
                family = misspelt(self._stream, family)
            return (one_of(self._stream, titles), Mark(family, "NAME", "PATIENT"))
        name = naming.short(self._stream, person.given_name, person.family_name, person.other_names)
        return (Mark(name, "NAME", "PATIENT"),)

    def patient_plain(self) -> Pieces:
        """The name beside a diagnosis: right and easily known, so that nobody else is meant."""
        person = self._resident
        if self.chinese:
            return (Mark(person.full_name, "NAME", "PATIENT"),)
        if person.age_on(self.day) < _GROWN:
            return (Mark(person.given_name, "NAME", "PATIENT"),)
        title = "Mr. " if person.sex == "M" else "Ms. "
        return (title, Mark(person.family_name, "NAME", "PATIENT"))
