"""The many ways in which a note names people, their numbers and their places."""

from __future__ import annotations

import datetime as dt
from random import Random

from deid.synth.identities import pinyin
from deid.synth.notes import days, naming, numbering, others, surroundings
from deid.synth.notes.kinship import KIN_EN, KIN_ZH, MALE_KIN, relation_back
from deid.synth.notes.patient_names import PatientNames
from deid.synth.notes.text import Mark, Pieces
from deid.synth.notes.words import count_zh, misspelt, number_en, spelt_digits
from deid.synth.people import CareSite, Clinician, Household, Relative, Resident, Sex
from deid.synth.streams import happens, one_of

_MAIL_HOSTS = ("example.org", "example.com", "mail.example.net", "post.example.com")

_OLD_COUPLE = 50
"""From this age on a spouse is called an old companion."""
_HOMES = ("Small house", "Farmhouse", "House on a slope", "Apartment", "Trailer",
          "House by the road", "Upstairs apartment")  # fmt: skip


class Mentions(PatientNames):
    """Writes the people, numbers and places around one visit, mostly in another way each time."""

    def __init__(
        self,
        stream: Random,
        household: Household,
        resident: Resident,
        clinician: Clinician,
        day: dt.date,
        place: CareSite,
    ) -> None:
        super().__init__(stream, resident, day, chinese=household.locale == "zh_CN")
        self._household, self._clinician, self._place = household, clinician, place
        known = [r for r in resident.relatives if _can_come(r, day)]
        self.kin: Relative | None = one_of(stream, known) if known else None

    # Relatives

    @property
    def kin_sex(self) -> Sex:
        """Sex of the relative, as the kinship tells it."""
        relative = self.kin
        if relative is None or relative.relationship == "spouse":
            return "F" if self._resident.sex == "M" else "M"
        return "M" if relative.relationship in MALE_KIN else "F"

    def kin_word(self) -> str:
        """``daughter``, ``女儿``."""
        relative = self.kin
        assert relative is not None
        if relative.relationship == "spouse":
            if self.chinese:
                mine = "妻子" if self._resident.sex == "M" else "丈夫"
                old = self._resident.age_on(self.day) >= _OLD_COUPLE
                return one_of(self._stream, (mine, "老伴" if old else mine, "爱人"))
            return "wife" if self._resident.sex == "M" else "husband"
        if self.chinese and relative.relationship == "sister":
            # She is older or younger, and stays so.
            older = sum(map(ord, relative.full_name)) % 2 == 0
            if relative.person is not None:
                older = relative.person.birth < self._resident.birth
            return "姐姐" if older else "妹妹"
        words = KIN_ZH if self.chinese else KIN_EN
        return one_of(
            self._stream,
            words.get(relative.relationship, ("家属" if self.chinese else "relative",)),
        )

    def kin_name(self) -> Mark:
        """A relative's name: whole, or the given one."""
        relative = self.kin
        assert relative is not None
        return Mark(self._kin_written(relative.full_name), "NAME", "RELATIVE")

    def _kin_written(self, name: str) -> str:
        draw = self._stream.random()
        if self.chinese:
            if draw < 0.05:
                return naming.slipped(self._stream, name)
            return name[1:] if draw < 0.12 and len(name) == 3 else name
        given, family = name.split(" ", 1)
        if draw < 0.6:
            return given
        if draw < 0.64:
            return f"{given} {family[0]}."
        if draw < 0.68:
            return given.lower()
        if draw < 0.71:
            return misspelt(self._stream, given)
        return name

    def kin_said(self) -> Pieces:
        """The relative with the word for the kinship: ``son Mark``, ``女儿李晓梅``."""
        draw = self._stream.random()
        if self.chinese:
            if draw < 0.12:
                return (self.kin_word(), "（", self.kin_name(), "）")
            return (self.kin_word(), self.kin_name())
        if draw < 0.1:
            return (self.kin_word(), " (", self.kin_name(), ")")
        return (f"{self.kin_word()} ", self.kin_name())

    def relation_back(self) -> str:
        """What the patient is to the relative: ``mother`` of a daughter who writes."""
        relative = self.kin
        assert relative is not None
        return relation_back(relative.relationship, self._resident.sex == "M", self.chinese)

    def kin_phone(self) -> Mark:
        """The relative's telephone number."""
        phone = self.kin.phone if self.kin is not None else None
        return self._phone(phone or self._household.site.phone, "RELATIVE")

    # Staff and others

    def doctor(self) -> Pieces:
        """Who writes."""
        return others.staff(self._stream, self._clinician, self.chinese)

    def doctor_name(self) -> Mark:
        """Name of who writes, without title."""
        return Mark(self._clinician.full_name, "NAME", "CLINICIAN")

    def doctor_initials(self) -> Mark:
        """Two letters that stand for who writes; in Chinese the family name."""
        return others.initials(self._stream, self._clinician, self.chinese)

    def other_initials(self) -> Mark:
        """The same of somebody else."""
        return others.initials(self._stream, self._another(), self.chinese)

    def doctor_latin(self) -> Mark:
        """A Chinese doctor's name in Latin letters, as those sign who write half in English."""
        family = self._clinician.family_name
        given = self._clinician.full_name.removeprefix(family)
        name = naming.latin(self._stream, family, given) if self.chinese else family
        return Mark(name, "NAME", "CLINICIAN")

    def family_doctor(self) -> Mark:
        """The family name of the doctor to whom a letter back goes."""
        return Mark(self._household.doctor.family_name, "NAME", "CLINICIAN")

    def colleague(self) -> Pieces:
        """Somebody else of the staff."""
        return others.staff(self._stream, self._another(), self.chinese)

    def _another(self) -> Clinician:
        site = self._household.site.staff
        rest = [person for person in site if person is not self._clinician]
        return one_of(self._stream, rest or site)

    def stranger(self) -> Pieces:
        """A neighbour, teacher, officer: in no table."""
        return others.stranger(self._stream, self.chinese)

    def stranger_name(self) -> Mark:
        """The whole name of somebody in no table."""
        given, family = surroundings.passer_by(self._stream, self.chinese)
        name = family + given if self.chinese else f"{given} {family}"
        return Mark(name, "NAME", "OTHER")

    def stranger_family(self) -> Mark:
        """A family name alone, behind a title."""
        return Mark(surroundings.passer_by(self._stream, self.chinese)[1], "NAME", "OTHER")

    def great_age(self) -> Mark:
        """An age over 89 that somebody else reached."""
        return Mark(others.great_age(self._stream, self.chinese), "AGE_OVER_89")

    def specialist(self) -> Pieces:
        """A doctor elsewhere."""
        return others.specialist(self._stream, self.chinese)

    # Days

    def date(self) -> Mark:
        """The day of the visit."""
        return Mark(days.full_day(self._stream, self.day, self.chinese), "DATE")

    def birth(self) -> Mark:
        """The day of birth, always with its year."""
        return Mark(
            days.full_day(self._stream, self._resident.birth, self.chinese), "DATE", "BIRTH"
        )

    def on(self, day: dt.date, year: bool | None = None) -> Mark:
        """A day, with its year or without; without if the year is the visit's, most often."""
        full = happens(self._stream, 0.45) if year is None else year
        full = full or abs((day - self.day).days) > 300
        write = days.full_day if full else days.short_day
        return Mark(write(self._stream, day, self.chinese), "DATE")

    # Places

    def address(self) -> Mark:
        """Where the patient lives, whole or in part."""
        home, draw = self._household.home_on(self.day), self._stream.random()
        if self.chinese:
            forms = (home.full_text, f"{home.village}{home.line}",
                     f"{home.township}{home.village}{home.line}",
                     f"{home.district}{home.township}{home.village}")  # fmt: skip
            return Mark(forms[0 if draw < 0.4 else 1 + int(draw * 10) % 3], "LOCATION", "ADDRESS")
        return Mark(home.full_text if draw < 0.6 else home.line, "LOCATION", "ADDRESS")

    def town(self) -> Mark:
        """Village or town of the patient."""
        home = self._household.home_on(self.day)
        name = home.village if happens(self._stream, 0.5) else home.township
        return Mark(name, "LOCATION", "PLACE")

    def site(self) -> Mark:
        """The house in which the note is written."""
        return Mark(self._place.centre.name, "LOCATION", "HOSPITAL")

    def health_centre(self) -> Mark:
        """The health centre that looks after the patient."""
        return Mark(self._household.site.centre.name, "LOCATION", "HOSPITAL")

    def county_hospital(self) -> Mark:
        """The hospital to which the health centre sends people."""
        site = self._household.site
        return Mark((site.hospital or site).centre.name, "LOCATION", "HOSPITAL")

    def home(self) -> str:
        """What kind of home it is, the same in every note."""
        return _HOMES[self._household.household_id % len(_HOMES)]

    def came_from(self) -> Mark:
        """Where the patient lived before, the same in every note."""
        return surroundings.elsewhere(Random(self._resident.person_id), self.chinese)  # noqa: S311  # nosec B311 # synthetic residents

    def settled(self) -> Mark:
        """The month in which the patient came here, before the record begins and once for all."""
        first = self._household.record_start
        age = max((first - self._resident.birth).days, 31)
        when = first - dt.timedelta(days=30 + self._resident.person_id * 37 % min(age, 4000))
        return Mark(days.month_of(self._stream, when, self.chinese), "DATE")

    # Numbers

    def own_phone(self) -> Mark:
        """The patient's telephone number; the centre's if there is none."""
        if self._resident.phone is None:
            return self._phone(self._place.phone, "FACILITY")
        return self._phone(self._resident.phone, "PATIENT")

    def site_phone(self) -> Mark:
        """The centre's telephone number, perhaps with an extension."""
        mark = self._phone(self._place.phone, "FACILITY")
        written = numbering.extension(self._stream, mark.text, self.chinese)
        return Mark(written, mark.type, mark.role)

    def pager(self) -> Mark:
        """A few digits that reach somebody within the house."""
        return Mark(str(self._stream.randrange(1000, 9999)), "PHONE")

    def _phone(self, number: str, role: str) -> Mark:
        written = numbering.phone(self._stream, number, self.chinese)
        return Mark(written, "PHONE", role if self.chinese else "")

    def spelt_phone(self) -> Mark:
        """The patient's number as read out into a dictating machine."""
        number = self._resident.phone or self._household.site.phone
        digits = "".join(c for c in number if c.isdigit())
        return Mark(spelt_digits(digits), "PHONE")

    def record(self) -> Mark:
        """Number of the chart."""
        numbers = self._resident.numbers
        if "RECORD_NO" in numbers:
            number = numbering.record(self._stream, numbers["RECORD_NO"])
            return Mark(number, "ID", "RECORD_NO")
        return Mark(numbers["MRN"], "ID", "MRN")

    def card(self) -> Mark:
        """Number of the identity card or of social security."""
        numbers = self._resident.numbers
        if "ID_CARD" not in numbers:
            return Mark(numbering.security_number(self._stream, numbers["SSN"]), "ID", "SSN")
        return Mark(numbering.card(self._stream, numbers["ID_CARD"]), "ID", "ID_CARD")

    def old_card(self) -> Mark:
        """The fifteen digits that the identity number had before 1999 (GB 11643-1989)."""
        number = self._resident.numbers["ID_CARD"]
        return Mark(number[:6] + number[8:17], "ID", "ID_CARD15")

    def insurance(self) -> Mark:
        """Number of the insurance card."""
        return Mark(self._resident.numbers["INSURANCE"], "ID", "INSURANCE")

    def email(self) -> Mark:
        """The patient's electronic mail."""
        return Mark(self._resident.email or "", "EMAIL")

    def reserved_mail(self) -> Mark:
        """An address of a relative or of an office, of the reserved domains."""
        given, family = surroundings.passer_by(self._stream, False)
        local = naming.plain_letters(f"{given}.{family}").lower().replace(" ", "")
        return Mark(f"{local}@{one_of(self._stream, _MAIL_HOSTS)}", "EMAIL")

    def handle(self) -> Mark:
        """A name in a social network, made from the patient's own."""
        stream, person = self._stream, self._resident
        latin = (
            pinyin(person.family_name, person.given_name) if self.chinese
            else f"{person.given_name} {person.family_name}"
        ).lower().replace(" ", one_of(stream, ("", "_", ".")))  # fmt: skip
        number = f"{person.birth:%m%d}" if happens(stream, 0.5) else str(stream.randrange(10, 999))
        if self.chinese:
            return Mark(f"{latin[:8]}{one_of(stream, ('', '_'))}{number}", "ID", "WECHAT")
        return Mark(f"{one_of(stream, ('@', ''))}{latin[:10]}{number}", "ID", "HANDLE")

    def qq(self) -> Mark:
        """A number in a messenger."""
        return Mark(str(self._stream.randrange(100_000_000, 3_999_999_999)), "ID", "QQ")

    def age(self) -> Pieces:
        """Completed years; an identifier from ninety on."""
        age = self._resident.age_on(self.day)
        if self.chinese:
            text = f"{age}岁"
            if happens(self._stream, 0.08) and age > 10:
                text = f"{count_zh(age)}岁" if age < 100 else text
        else:
            text = str(age)
            if age >= 80 and happens(self._stream, 0.1) and age < 100:
                text = number_en(age, "-")
        return (Mark(text, "AGE_OVER_89") if age >= 90 else text,)

    def an_age(self) -> Pieces:
        """The age behind an article, for ``-year-old``."""
        pieces = self.age()
        said = str(pieces[0])
        vowel = said.startswith(("8", "eigh")) or said in {"11", "18"}
        return ("an " if vowel else "a ", *pieces)


def _can_come(relative: Relative, day: dt.date) -> bool:
    """Is the relative alive, at home and old enough to come along or take a call on this day?"""
    person = relative.person
    if person is None:
        return True
    return person.age_on(day) >= 16 and person.lives_here(day) and not person.is_away(day)
