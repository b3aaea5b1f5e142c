"""The table of slots: what a production may ask for, and who says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from deid.synth.notes import checklists, surroundings, visit_days, wording
from deid.synth.notes.telling import Slot, Telling
from deid.synth.notes.text import Mark
from deid.synth.streams import one_of

Say = Callable[[Telling], Slot]


def _sexed(man: str, woman: str) -> Say:
    return lambda t: man if t.visit.resident.sex == "M" else woman


def _person(t: Telling) -> str:
    """``man``, ``girl``."""
    child = t.visit.resident.age_on(t.visit.day) < 18
    if t.visit.resident.sex == "M":
        return "boy" if child else "man"
    return "girl" if child else "woman"


def _hospital_here(t: Telling) -> Mark:
    """Where the visit takes place."""
    return Mark((t.visit.site or t.household.site).centre.name, "LOCATION", "HOSPITAL")


def _school(t: Telling) -> Mark:
    """A school: for children one of their age, the same as long as they go there."""
    resident, age = t.visit.resident, t.visit.resident.age_on(t.visit.day)
    if age >= 18:
        return surroundings.school(t.stream, t.chinese, age)
    stage = surroundings.stage(age)
    own = Random(f"{resident.person_id}/{resident.full_name}/{stage}")  # noqa: S311  # nosec B311 # synthetic residents
    return surroundings.school(own, t.chinese, age)


def _mentioned(name: str) -> Say:
    return lambda t: getattr(t.mentions, name)()


_OF_PEOPLE = ("patient", "patient_listed", "patient_family", "patient_given", "patient_initials",
              "patient_wrapped", "patient_short", "patient_plain", "patient_query",
              "patient_spelt", "patient_latin",
              "patient_other", "pager", "doctor_initials", "other_initials", "relation_back",
              "reserved_mail", "doctor_latin", "stranger_name", "stranger_family",
              "great_age", "kin_word", "kin_name",
              "kin_phone", "health_centre", "county_hospital", "family_doctor",
              "came_from", "settled",
              "doctor", "doctor_name", "colleague", "stranger", "specialist",
              "age", "an_age", "address", "town", "site", "site_phone", "spelt_phone", "record",
              "card",
              "old_card", "insurance", "email", "handle", "qq", "date", "birth")  # fmt: skip
_PEOPLE: Mapping[str, Say] = {
    **{name: _mentioned(name) for name in _OF_PEOPLE},
    "kin": _mentioned("kin_said"),
    "phone": _mentioned("own_phone"),
    "he": _sexed("he", "she"), "his": _sexed("his", "her"), "him": _sexed("him", "her"),
    "ta": _sexed("他", "她"),
    "man_zh": _sexed("男", "女"), "sex": _sexed("male", "female"),
    "mf": _sexed("M", "F"),
    "person": _person,
}  # fmt: skip
_AROUND: Mapping[str, Say] = {
    "hospital": lambda t: surroundings.hospital(t.stream, t.chinese),
    "general_hospital": lambda t: surroundings.general_hospital(t.stream, t.chinese),
    "clinic": lambda t: surroundings.clinic(t.stream, t.chinese),
    "nursing_home": lambda t: surroundings.nursing_home(t.stream, t.chinese),
    "school": _school,
    "firm": lambda t: surroundings.firm(t.stream, t.chinese),
    "agency": lambda t: surroundings.agency(t.stream, t.chinese),
    "pharmacy": lambda t: surroundings.pharmacy(t.stream, t.chinese),
    "insurer": lambda t: surroundings.insurer(t.stream, t.chinese),
    "elsewhere": lambda t: surroundings.elsewhere(t.stream, t.chinese),
    "street": lambda t: surroundings.street(t.stream, t.chinese),
    "plate": lambda t: surroundings.plate(t.stream, t.chinese),
    "device": lambda t: surroundings.device(t.stream),
    "accession": lambda t: surroundings.accession(t.stream, t.visit.day.year, t.chinese),
    "licence": lambda t: surroundings.licence(t.stream, t.chinese),
    "office": lambda t: surroundings.office(t.stream, t.chinese),
    "url": lambda t: surroundings.url(t.stream, t.chinese),
    "ip": lambda t: surroundings.ip(t.stream),
    "employer": lambda t: Mark(t.visit.resident.employer or "", "ORGANIZATION", "EMPLOYER"),
    "hospital_here": _hospital_here,
}
_OF_FACTS: Mapping[str, Say] = {
    "title": lambda t: t.title,
    "title_up": lambda t: t.title.upper(),
    "days": lambda t: str(t.days),
    "lot": lambda t: f"{one_of(t.stream, 'ABCDEFHK')}{t.stream.randrange(1000, 99999)}",
    "small": lambda t: str(t.stream.randrange(2, 10)),
    "minutes": lambda t: str(5 * t.stream.randrange(2, 10)),
    "few": lambda t: str(t.stream.randrange(2, 5)),
    "home": lambda t: t.mentions.home(),
    "referred_to": lambda t: t.form.texts.get("REFERRED_TO", ""),
    "day_word": lambda t: "day" if t.days == 1 else "days",
    "clock": lambda t: t.clock(),
    "hour": lambda t: f"{t.stream.randrange(8, 17)}:{15 * t.stream.randrange(4):02d}",
    "cigarettes": lambda t: str(t.visit.resident.cigarettes),
    "liang": lambda t: f"{t.visit.resident.drinking_on(t.visit.day)[1]:g}",
}
_LISTS = ("vitals", "labs", "scores", "habits", "answers", "texts", "hints", "named")
_WORDS = ("symptoms", "diagnoses", "diagnosis", "problems", "event", "drugs", "last_drug",
          "stopped_drug", "raised_drug",
          "vaccines", "procedures", "query_drug")  # fmt: skip
_DAYS = ("prior", "prior_pressure", "some_weeks", "onset", "weeks_ago", "years_ago", "long_ago",
         "month_ago",
         "day_range", "feast", "lunar", "last_weekday", "weekday", "ordinal", "spoken_date",
         "admitted", "discharged", "nights", "query_day")  # fmt: skip
LOCAL = ("n", "low", "other", "label", "what", "often", "about")
"""Slots that only a production for an item of a list has."""
SLOTS: dict[str, Say] = {
    **_PEOPLE,
    **_AROUND,
    **_OF_FACTS,
    **{name: getattr(checklists, name) for name in _LISTS},
    **{name: getattr(wording, name) for name in _WORDS},
    **{name: getattr(visit_days, name) for name in _DAYS},
    "next": visit_days.next_visit,
    **dict.fromkeys(LOCAL, lambda _: ""),
}
