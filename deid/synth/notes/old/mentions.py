"""The many ways in which a note names people, days, places and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random

from deid.synth.identities import pinyin
from deid.synth.notes.old.text import Mark, Pieces
from deid.synth.people import Clinician, Household, Relative, Resident
from deid.synth.streams import happens, one_of

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
KIN_EN = {"spouse": ("husband", "wife"), "father": ("father", "dad"), "mother": ("mother", "mom"),
          "son": ("son",), "daughter": ("daughter",), "brother": ("brother",),
          "sister": ("sister",)}  # fmt: skip
KIN_ZH = {"spouse": ("丈夫", "老伴"), "father": ("父亲",), "mother": ("母亲",), "son": ("儿子",),
          "daughter": ("女儿",), "brother": ("弟弟",), "sister": ("姐姐",)}  # fmt: skip


class Mentions(Mapping[str, "str | Mark | Pieces"]):
    """Slots of one note. Each look-up writes its subject anew, mostly in another way."""

    def __init__(
        self,
        stream: Random,
        household: Household,
        resident: Resident,
        clinician: Clinician,
        day: date,
    ) -> None:
        self._stream, self._household = stream, household
        self._resident, self._clinician, self.day = resident, clinician, day
        self.chinese = household.locale == "zh_CN"
        known = [r for r in resident.relatives if _can_come(r, household, day)]
        self.kin: Relative | None = one_of(stream, known) if known else None
        self._extra: dict[str, str | Mark | Pieces] = {}

    def set(self, **slots: str | Mark | Pieces) -> None:
        """Slots for this note's own facts."""
        self._extra |= slots

    def __getitem__(self, slot: str) -> str | Mark | Pieces:
        if slot in self._extra:
            return self._extra[slot]
        return getattr(self, f"_{slot}")()

    def __iter__(self) -> Iterator[str]:
        return iter(self._extra)

    def __len__(self) -> int:
        return len(self._extra)

    # People

    def _patient(self) -> Mark:
        return Mark(self._resident.full_name, "NAME")

    def _patient_listed(self) -> Mark:
        person = self._resident
        text = f"{person.family_name}, {person.given_name}"
        return Mark(text.upper() if happens(self._stream, 0.3) else text, "NAME")

    def _patient_short(self) -> Pieces:
        person = self._resident
        if self.chinese:
            return self._patient_short_zh()
        draw = self._stream.random()
        if draw < 0.4 and person.age_on(self.day) >= 18:
            title = "Mr." if person.sex == "M" else one_of(self._stream, ("Ms.", "Mrs."))
            return (f"{title} ", Mark(person.family_name, "NAME"))
        if draw < 0.55 and person.other_names and " " not in person.other_names[-1]:
            return (Mark(person.other_names[-1], "NAME"),)
        if draw < 0.6:
            return (Mark(_misspelt(self._stream, person.given_name), "NAME"),)
        return (Mark(person.given_name, "NAME"),)

    def _patient_short_zh(self) -> Pieces:
        person = self._resident
        age, draw = person.age_on(self.day), self._stream.random()
        surname = Mark(person.family_name, "NAME")
        if age >= 60 and draw < 0.35:
            return (surname, "大爷" if person.sex == "M" else "大娘")
        if age >= 45 and draw < 0.5:
            return ("老", surname)
        if age < 40 and draw < 0.2 and age >= 18:
            return ("小", surname)
        if draw < 0.56:
            return (Mark(pinyin(person.family_name, person.given_name), "NAME"),)
        return (Mark(person.full_name, "NAME"),)

    def _kin(self) -> Pieces:
        """The relative with the word for the kinship: ``her son Mark``, ``女儿李晓梅``."""
        relative = self.kin
        assert relative is not None
        if self.chinese:
            words = KIN_ZH[relative.relationship]
            if relative.relationship == "spouse":
                words = ("妻子", "老伴") if self._resident.sex == "M" else ("丈夫", "老伴")
            return (one_of(self._stream, words), Mark(relative.full_name, "NAME"))
        words = KIN_EN[relative.relationship]
        if relative.relationship == "spouse":
            words = ("wife",) if self._resident.sex == "M" else ("husband",)
        name = relative.full_name if happens(self._stream, 0.3) else relative.full_name.split()[0]
        return (f"{one_of(self._stream, words)} ", Mark(name, "NAME"))

    def _kin_phone(self) -> Mark:
        phone = self.kin.phone if self.kin is not None else None
        return self.phone(phone or self._household.site.phone)

    def _doctor(self) -> Pieces:
        person, draw = self._clinician, self._stream.random()
        if self.chinese:
            title = "医生" if person.is_doctor else "护士"
            if draw < 0.4:
                return (Mark(person.family_name, "NAME"), title)
            if draw < 0.45:
                return (Mark(f"{person.full_name[0]} {person.full_name[1:]}", "NAME"),)
            return (Mark(person.full_name, "NAME"),)
        given = person.full_name.split()[0]
        credentials = ", MD" if person.is_doctor else " RN"
        if draw < 0.4:
            return ("Dr. " if person.is_doctor else "Nurse ", Mark(person.family_name, "NAME"))
        if draw < 0.6:
            return (Mark(f"{given[0]}. {person.family_name}", "NAME"), credentials)
        if draw < 0.68:
            return (Mark(f"{given[0]}{person.family_name[0]}".lower(), "NAME"),)
        return (Mark(person.full_name, "NAME"), credentials)

    # Days

    def _date(self) -> Mark:
        return self.on(self.day)

    def _birth(self) -> Mark:
        return self.on(self._resident.birth, year=True)

    def on(self, day: date, year: bool | None = None) -> Mark:
        """A day, with its year unless the writer may leave it out."""
        full = year if year is not None else not happens(self._stream, 0.15)
        forms = self._chinese_days(day, full) if self.chinese else self._english_days(day, full)
        return Mark(one_of(self._stream, forms), "DATE")

    def _chinese_days(self, day: date, full: bool) -> tuple[str, ...]:
        if not full:
            return (f"{day.month}月{day.day}日",)
        return (
            f"{day.year}年{day.month}月{day.day}日",
            f"{day:%Y-%m-%d}",
            f"{day.year}.{day.month}.{day.day}",
            f"{day:%Y/%m/%d}",
        )

    def _english_days(self, day: date, full: bool) -> tuple[str, ...]:
        month = _MONTHS[day.month - 1]
        if not full:
            return (f"{day.month}/{day.day}", f"{month[:3]} {day.day}")
        return (
            f"{month} {day.day}, {day.year}",
            f"{day.month}/{day.day}/{day.year}",
            f"{day:%m/%d/%Y}",
            f"{day.month}/{day.day}/{day:%y}",
            f"{day:%Y-%m-%d}",
            f"{day.day} {month[:3]} {day.year}",
        )

    # Places and numbers

    def _address(self) -> Mark:
        home = self._household.address
        whole = happens(self._stream, 0.6)
        if self.chinese:
            return Mark(home.full_text if whole else f"{home.village}{home.line}", "LOCATION")
        return Mark(home.full_text if whole else home.line, "LOCATION")

    def _town(self) -> Mark:
        home = self._household.address
        return Mark(home.village if happens(self._stream, 0.5) else home.township, "LOCATION")

    def _site(self) -> Mark:
        return Mark(self._household.site.centre.name, "LOCATION")

    def _employer(self) -> Mark:
        return Mark(self._resident.employer or "", "ORGANIZATION")

    def _phone(self) -> Mark:
        return self.phone(self._resident.phone or self._household.site.phone)

    def _email(self) -> Mark:
        return Mark(self._resident.email or "", "EMAIL")

    def phone(self, number: str) -> Mark:
        """A telephone number as people write it."""
        digits = "".join(c for c in number if c.isdigit())
        forms: tuple[str, ...]
        first, second, third = digits[:3], digits[3:7], digits[7:]
        if not self.chinese:
            second, third = digits[3:6], digits[6:]
            forms = (
                number,
                f"{first}-{second}-{third}",
                f"{first}.{second}.{third}",
                f"{second}-{third}",
            )
        elif "-" in number:
            forms = (number,)
        else:
            forms = (
                digits,
                digits,
                f"{first} {second} {third}",
                f"{first}-{second}-{third}",
                f"+86 {digits}",
            )
        return Mark(one_of(self._stream, forms), "PHONE")

    def _record(self) -> Mark:
        numbers = self._resident.numbers
        return Mark(numbers.get("RECORD_NO") or numbers["MRN"], "ID")

    def _card(self) -> Mark:
        numbers = self._resident.numbers
        return Mark(numbers.get("ID_CARD") or numbers["SSN"], "ID")

    def _insurance(self) -> Mark:
        return Mark(self._resident.numbers["INSURANCE"], "ID")

    def _age(self) -> Pieces:
        age = self._resident.age_on(self.day)
        if age >= 90:
            return (Mark(f"{age}岁" if self.chinese else str(age), "AGE_OVER_89"),)
        return (f"{age}岁" if self.chinese else str(age),)


def _can_come(relative: Relative, household: Household, day: date) -> bool:
    """Is the relative alive and old enough to come along or take a call on this day?"""
    person = next((m for m in household.members if m.person_id == relative.person_id), None)
    if person is None:
        return True
    return person.age_on(day) >= 16 and (person.death is None or day < person.death)


def _misspelt(stream: Random, name: str) -> str:
    if len(name) < 4:
        return name
    place = stream.randrange(1, len(name) - 2)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
