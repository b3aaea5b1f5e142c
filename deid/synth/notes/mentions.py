"""The many ways in which a note names people, their numbers and their places."""

from __future__ import annotations

import datetime as dt
from random import Random

from deid.synth.identities import pinyin
from deid.synth.notes import days, surroundings
from deid.synth.notes.text import Mark, Pieces
from deid.synth.notes.words import misspelt, number_en, spelt_digits
from deid.synth.people import Clinician, Household, Relative, Resident, Sex
from deid.synth.streams import happens, one_of

KIN_EN = {"spouse": ("husband", "wife"), "father": ("father", "dad"), "mother": ("mother", "mom"),
          "son": ("son", "boy"), "daughter": ("daughter", "dtr"), "brother": ("brother",),
          "sister": ("sister", "sis"), "grandson": ("grandson",),
          "granddaughter": ("granddaughter",), "grandfather": ("grandfather", "grandpa"),
          "grandmother": ("grandmother", "grandma")}  # fmt: skip
KIN_ZH = {"spouse": ("丈夫", "老伴"), "father": ("父亲", "爸爸"), "mother": ("母亲", "妈妈"),
          "son": ("儿子", "其子"), "daughter": ("女儿", "其女"), "brother": ("弟弟", "兄弟"),
          "sister": ("姐姐", "妹妹"), "grandson": ("孙子",), "granddaughter": ("孙女",),
          "grandfather": ("爷爷",), "grandmother": ("奶奶",)}  # fmt: skip
_MALE_KIN = {"father", "son", "brother", "grandson", "grandfather"}


class Mentions:
    """Writes the people, numbers and places around one visit, mostly in another way each time."""

    def __init__(
        self,
        stream: Random,
        household: Household,
        resident: Resident,
        clinician: Clinician,
        day: dt.date,
    ) -> None:
        self._stream, self._household = stream, household
        self._resident, self._clinician, self.day = resident, clinician, day
        self.chinese = household.locale == "zh_CN"
        known = [r for r in resident.relatives if _can_come(r, day)]
        self.kin: Relative | None = one_of(stream, known) if known else None

    # The patient

    def patient(self) -> Mark:
        """The whole name, now and then misspelt or with initials."""
        person, draw = self._resident, self._stream.random()
        name = person.full_name
        if self.chinese:
            if draw < 0.06 and len(name) == 2:
                name = f"{name[0]} {name[1]}"
            return Mark(name, "NAME", "PATIENT")
        if draw < 0.08:
            name = f"{person.given_name[0]}. {person.family_name}"
        elif draw < 0.11:
            name = f"{misspelt(self._stream, person.given_name)} {person.family_name}"
        elif draw < 0.15 and person.other_names and " " not in person.other_names[-1]:
            name = f'{person.given_name} "{person.other_names[-1]}" {person.family_name}'
        elif draw < 0.18:
            middle = one_of(self._stream, "ABCDEGHJKLMPRSTW")
            name = f"{person.given_name} {middle}. {person.family_name}"
        return Mark(name, "NAME", "PATIENT")

    def patient_listed(self) -> Mark:
        """Family name first, as on a list."""
        person = self._resident
        if self.chinese:
            return Mark(person.full_name, "NAME", "PATIENT")
        family, given = person.family_name, person.given_name
        draw = self._stream.random()
        text = f"{family}, {given}" if draw < 0.8 else f"{family.lower()},{given.lower()}"
        return Mark(text.upper() if draw < 0.35 else text, "NAME", "PATIENT")

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
        first, last = person.given_name[0], person.family_name[0]
        form = one_of(self._stream, (f"{first}.{last}.", f"{first}{last}", f"{first}. {last}."))
        return Mark(form, "NAME", "PATIENT")

    def patient_wrapped(self) -> Mark:
        """The name across the end of a line."""
        person = self._resident
        first, last = person.given_name, person.family_name
        if self.chinese:
            first, last = last, first
        return Mark(f"{first}\n{last}", "NAME", "PATIENT")

    def patient_query(self) -> Mark:
        """The name as people dare to type it into a search: ``Anna S.``, most often."""
        person, draw = self._resident, self._stream.random()
        if self.chinese or draw < 0.35:
            return self.patient()
        if draw < 0.85:
            return Mark(f"{person.given_name} {person.family_name[0]}.", "NAME", "PATIENT")
        return self.patient_initials()

    def patient_short(self) -> Pieces:
        """What the patient is called in the middle of a sentence."""
        person = self._resident
        if self.chinese:
            return self._patient_short_zh()
        draw = self._stream.random()
        adult = person.age_on(self.day) >= 18
        if draw < 0.42 and adult:
            title = "Mr." if person.sex == "M" else one_of(self._stream, ("Ms.", "Mrs."))
            family = person.family_name
            if draw < 0.03:
                family = misspelt(self._stream, family)
            return (f"{title} ", Mark(family, "NAME", "PATIENT"))
        if draw < 0.55 and person.other_names and " " not in person.other_names[-1]:
            return (Mark(person.other_names[-1], "NAME", "PATIENT"),)
        if draw < 0.59:
            return (Mark(misspelt(self._stream, person.given_name), "NAME", "PATIENT"),)
        if draw < 0.62 and adult:
            return (Mark(f"{person.given_name} {person.family_name[0]}.", "NAME", "PATIENT"),)
        return (Mark(person.given_name, "NAME", "PATIENT"),)

    def _patient_short_zh(self) -> Pieces:
        person = self._resident
        age, draw = person.age_on(self.day), self._stream.random()
        surname = Mark(person.family_name, "NAME", "PATIENT")
        if age >= 60 and draw < 0.35:
            kin = (
                ("大爷", "老先生", "大伯")
                if person.sex == "M"
                else ("大娘", "阿婆", "奶奶", "阿姨")
            )
            return (surname, one_of(self._stream, kin))
        if age >= 45 and draw < 0.5:
            return ("老", surname)
        if 18 <= age < 40 and draw < 0.2:
            return ("小", surname)
        if age >= 18 and draw < 0.52:
            return (surname, "先生" if person.sex == "M" else "女士")
        if age < 14 and draw < 0.3 and person.other_names and len(person.other_names[0]) == 2:
            return (Mark(person.other_names[0], "NAME", "PATIENT"),)
        if draw < 0.56:
            return (Mark(pinyin(person.family_name, person.given_name), "NAME", "PATIENT"),)
        return (Mark(person.full_name, "NAME", "PATIENT"),)

    # Relatives

    @property
    def kin_sex(self) -> Sex:
        """Sex of the relative, as the kinship tells it."""
        relative = self.kin
        if relative is None or relative.relationship == "spouse":
            return "F" if self._resident.sex == "M" else "M"
        return "M" if relative.relationship in _MALE_KIN else "F"

    def kin_word(self) -> str:
        """``daughter``, ``女儿``."""
        relative = self.kin
        assert relative is not None
        if relative.relationship == "spouse":
            if self.chinese:
                mine = "妻子" if self._resident.sex == "M" else "丈夫"
                return one_of(self._stream, (mine, "老伴", "爱人"))
            return "wife" if self._resident.sex == "M" else "husband"
        words = KIN_ZH if self.chinese else KIN_EN
        return one_of(
            self._stream,
            words.get(relative.relationship, ("家属" if self.chinese else "relative",)),
        )

    def kin_name(self) -> Mark:
        """A relative's name: whole, or the given one."""
        relative = self.kin
        assert relative is not None
        name = relative.full_name
        if not self.chinese and happens(self._stream, 0.65):
            name = name.split()[0]
        return Mark(name, "NAME", "RELATIVE")

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

    def kin_phone(self) -> Mark:
        """The relative's telephone number."""
        phone = self.kin.phone if self.kin is not None else None
        return self.phone(phone or self._household.site.phone)

    # Staff and others

    def doctor(self) -> Pieces:
        """Who writes."""
        return self._staff(self._clinician)

    def doctor_name(self) -> Mark:
        """Name of who writes, without title."""
        return Mark(self._clinician.full_name, "NAME", "CLINICIAN")

    def colleague(self) -> Pieces:
        """Somebody else of the staff."""
        others = [c for c in self._household.site.staff if c is not self._clinician]
        return self._staff(one_of(self._stream, others or self._household.site.staff))

    def _staff(self, person: Clinician) -> Pieces:
        draw = self._stream.random()
        family = Mark(person.family_name, "NAME", "CLINICIAN")
        whole = Mark(person.full_name, "NAME", "CLINICIAN")
        if self.chinese:
            title = one_of(self._stream, ("医生", "大夫")) if person.is_doctor else "护士"
            if draw < 0.35:
                return (family, title)
            if draw < 0.42:
                return ("小" if not person.is_doctor else "", family, "" if draw < 0.39 else title)
            if draw < 0.47:
                return (Mark(f"{person.full_name[0]} {person.full_name[1:]}", "NAME", "CLINICIAN"),)
            if draw < 0.57:
                return (whole, title)
            return (whole,)
        given = person.full_name.split()[0]
        credentials = one_of(self._stream, (", MD", " MD", ", DO", ", M.D.")) if person.is_doctor \
            else one_of(self._stream, (" RN", ", RN", " LPN", ", BSN"))  # fmt: skip
        if draw < 0.3:
            titles = ("Dr. ", "Dr ", "dr. ") if person.is_doctor else ("Nurse ", "nurse ")
            return (one_of(self._stream, titles), family)
        if draw < 0.48:
            return (Mark(f"{given[0]}. {person.family_name}", "NAME", "CLINICIAN"), credentials)
        if draw < 0.55:
            initials = f"{given[0]}{person.family_name[0]}"
            form = one_of(self._stream, (initials.lower(), initials))
            return (Mark(form, "NAME", "CLINICIAN"),)
        if draw < 0.6:
            return (Mark(f"{person.family_name}, {given}", "NAME", "CLINICIAN"), credentials)
        if draw < 0.64:
            return (Mark(f"{given} {person.family_name[0]}.", "NAME", "CLINICIAN"), credentials)
        return (whole, credentials)

    def stranger(self) -> Pieces:
        """A neighbour, teacher, officer: in no table."""
        given, family = surroundings.passer_by(self._stream, self.chinese)
        draw = self._stream.random()
        if self.chinese:
            if draw < 0.4:
                titles: tuple[str, ...] = (
                    "主任",
                    "老师",
                    "师傅",
                    "阿姨",
                    "书记",
                    "经理",
                    "警官",
                    "大姐",
                )
                return (Mark(family, "NAME", "OTHER"), one_of(self._stream, titles))
            if draw < 0.55:
                return (one_of(self._stream, ("小", "老")), Mark(family, "NAME", "OTHER"))
            return (Mark(family + given, "NAME", "OTHER"),)
        if draw < 0.3:
            titles = ("Mr. ", "Mrs. ", "Ms. ", "Pastor ", "Officer ", "Deputy ", "Miss ")
            return (one_of(self._stream, titles), Mark(family, "NAME", "OTHER"))
        if draw < 0.5:
            return (Mark(given, "NAME", "OTHER"),)
        if draw < 0.58:
            return (Mark(f"{given} {family[0]}.", "NAME", "OTHER"),)
        return (Mark(f"{given} {family}", "NAME", "OTHER"),)

    def specialist(self) -> Pieces:
        """A doctor elsewhere."""
        given, family = surroundings.passer_by(self._stream, self.chinese)
        draw = self._stream.random()
        if self.chinese:
            if draw < 0.5:
                return (Mark(family, "NAME", "CLINICIAN"),
                        one_of(self._stream, ("医生", "主任", "大夫", "教授")))  # fmt: skip
            return (Mark(family + given, "NAME", "CLINICIAN"),)
        if draw < 0.5:
            return ("Dr. ", Mark(family, "NAME", "CLINICIAN"))
        return ("Dr. ", Mark(f"{given} {family}", "NAME", "CLINICIAN"))

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
        """The health centre."""
        return Mark(self._household.site.centre.name, "LOCATION", "HOSPITAL")

    # Numbers

    def own_phone(self) -> Mark:
        """The patient's telephone number; the centre's if there is none."""
        return self.phone(self._resident.phone or self._household.site.phone)

    def site_phone(self) -> Mark:
        """The centre's telephone number, perhaps with an extension."""
        mark = self.phone(self._household.site.phone)
        if self.chinese and happens(self._stream, 0.2):
            return Mark(f"{mark.text}转{self._stream.randrange(800, 900)}", "PHONE")
        if not self.chinese and happens(self._stream, 0.25):
            form = one_of(self._stream, (" x", " ext. ", " ext "))
            return Mark(f"{mark.text}{form}{self._stream.randrange(10, 99)}", "PHONE")
        return mark

    def phone(self, number: str) -> Mark:
        """A telephone number as people write it."""
        digits = "".join(c for c in number if c.isdigit())
        draw = int(self._stream.random() * 20)
        if not self.chinese:
            area, middle, last = digits[:3], digits[3:6], digits[6:]
            forms = {
                0: f"{area}.{middle}.{last}", 1: f"{area} {middle} {last}", 2: digits,
                3: f"1-{area}-{middle}-{last}", 4: f"({area}){middle}-{last}",
                5: f"{middle}-{last}",
                6: f"+1 {area} {middle} {last}", 7: f"{area}/{middle}-{last}",
            }  # fmt: skip
            default = number if draw < 13 else f"{area}-{middle}-{last}"
            return Mark(forms.get(draw, default), "PHONE")
        if "-" in number:
            area, rest = number.split("-", 1)
            forms = {0: f"({area}){rest}", 1: f"{area} {rest}", 2: f"{area}-{rest[:4]} {rest[4:]}",
                     3: f"（{area}）{rest}"}  # fmt: skip
            return Mark(forms.get(draw, number), "PHONE")
        first, second, third = digits[:3], digits[3:7], digits[7:]
        forms = {
            0: f"{first} {second} {third}", 1: f"{first}-{second}-{third}", 2: f"+86 {digits}",
            3: days.wide(digits), 4: f"+86-{first}-{second}-{third}", 5: f"{first} {second}{third}",
        }  # fmt: skip
        return Mark(forms.get(draw, digits), "PHONE")

    def spelt_phone(self) -> Mark:
        """The patient's number as read out into a dictating machine."""
        digits = "".join(
            c for c in self._resident.phone or self._household.site.phone if c.isdigit()
        )
        return Mark(spelt_digits(digits), "PHONE")

    def record(self) -> Mark:
        """Number of the chart."""
        numbers = self._resident.numbers
        if "RECORD_NO" in numbers:
            number = numbers["RECORD_NO"]
            if happens(self._stream, 0.08):
                number = f"{number[:6]}-{number[6:9]}-{number[9:12]}-{number[12:]}"
            return Mark(number, "ID", "RECORD_NO")
        return Mark(numbers["MRN"], "ID", "MRN")

    def card(self) -> Mark:
        """Number of the identity card or of social security."""
        numbers = self._resident.numbers
        if "ID_CARD" not in numbers:
            return Mark(numbers["SSN"], "ID", "SSN")
        number, draw = numbers["ID_CARD"], self._stream.random()
        if draw < 0.08:
            number = f"{number[:6]} {number[6:14]} {number[14:]}"
        elif draw < 0.12:
            number = days.wide(number)
        return Mark(number, "ID", "ID_CARD")

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
                text = f"{days.count_zh(age)}岁" if age < 100 else text
        else:
            text = str(age)
            if age >= 80 and happens(self._stream, 0.1) and age < 100:
                text = number_en(age, "-")
        return (Mark(text, "AGE_OVER_89") if age >= 90 else text,)


def _can_come(relative: Relative, day: dt.date) -> bool:
    """Is the relative alive, at home and old enough to come along or take a call on this day?"""
    person = relative.person
    if person is None:
        return True
    return person.age_on(day) >= 16 and person.lives_here(day) and not person.is_away(day)
