"""Names and numbers of people, by the customs of their culture. All of them are made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from faker.providers.person.en_US import Provider as EnglishNames
from pypinyin import lazy_pinyin

from deid.synth.numbers import (
    chinese_identity_number,
    chinese_mobile,
    record_code,
    social_security_number,
    us_phone,
)
from deid.synth.people import Household, Locale, Resident, Sex
from deid.synth.rows import FIRST_ID
from deid.synth.streams import happens, one_of

# Given names by sex and their everyday short forms.
NICKNAMES = {
    "William": "Bill", "Robert": "Bob", "James": "Jim", "John": "Jack", "Michael": "Mike",
    "Richard": "Rick", "Thomas": "Tom", "Christopher": "Chris", "Daniel": "Dan",
    "Matthew": "Matt", "Anthony": "Tony", "Steven": "Steve", "Joseph": "Joe", "David": "Dave",
    "Elizabeth": "Liz", "Margaret": "Peggy", "Jennifer": "Jen", "Patricia": "Pat",
    "Deborah": "Debbie", "Susan": "Sue", "Katherine": "Kate", "Kimberly": "Kim",
    "Jessica": "Jess", "Rebecca": "Becky", "Christine": "Chris", "Pamela": "Pam",
    "Nicholas": "Nick", "Timothy": "Tim", "Gregory": "Greg", "Edward": "Ed", "Samantha": "Sam",
    "Victoria": "Vicky", "Cynthia": "Cindy", "Stephanie": "Steph", "Angela": "Angie",
}  # fmt: skip


# Faker's Chinese given names are too few and mix the sexes; these are by sex and generation.
_ZH_FIRST = {
    ("M", "old"): "国建志文德永明玉世光福金学新振",
    ("F", "old"): "秀桂玉淑凤春月兰素金美玲翠银惠",
    ("M", "young"): "俊浩子宇志家明晓海建伟泽嘉思文",
    ("F", "young"): "晓雅思佳丽雨欣静婷梦诗美海玉嘉",
}
_ZH_LAST = {
    ("M", "old"): "强华民生祥林平军荣昌根财山发清贵",
    ("F", "old"): "英兰珍芳梅花香莲珠琴娥云萍玲仙",
    ("M", "young"): "轩涛杰鹏飞辰宇斌磊博超凯豪阳航",
    ("F", "young"): "怡婷萱琳颖娜琪莹蕾雯瑶洁慧倩彤",
}
_ZH_SINGLE = {"M": "军勇刚伟涛斌磊峰鹏辉", "F": "芳敏静丽娟艳玲霞燕红"}


PHONE_AGE = 16
GROWN_DAYS = 8 * 365
"""Who is of age within the years of a record has a telephone."""


@dataclass(frozen=True)
class PersonName:
    """A name in its parts and as written."""

    family: str
    given: str
    full: str


def draw_person_name(
    surface: Any, locale: Locale, sex: Sex, family: str | None = None, born: int = 1970
) -> PersonName:
    """A name that fits sex and year of birth; ``surface`` is a Faker generator on its stream."""
    family = family or surface.last_name()
    if locale == "zh_CN":
        given = _chinese_given_name(surface.random, sex, born)
    else:
        given = surface.first_name_male() if sex == "M" else surface.first_name_female()
    return PersonName(family, given, full_name(locale, family, given))


def _chinese_given_name(stream: Random, sex: Sex, born: int) -> str:
    if happens(stream, 0.22):
        return one_of(stream, _ZH_SINGLE[sex])
    generation = (sex, "old" if born < 1978 else "young")
    first = one_of(stream, _ZH_FIRST[generation])
    last = one_of(stream, _ZH_LAST[generation].replace(first, ""))
    return first + last


def can_be_drawn(locale: Locale, family: str, given: str) -> bool:
    """May a resident have this name?"""
    if locale == "en_US":
        return given in EnglishNames.first_names and family in EnglishNames.last_names
    if len(given) == 1:
        return any(given in names for names in _ZH_SINGLE.values())
    return any(given[0] in _ZH_FIRST[key] and given[-1] in _ZH_LAST[key] for key in _ZH_FIRST)


def full_name(locale: Locale, family: str, given: str) -> str:
    """The name as written, in the order of its culture."""
    return family + given if locale == "zh_CN" else f"{given} {family}"


def name_members(stream: Random, surface: Any, household: Household) -> None:
    """Give every member a name; families share theirs by custom.

    en_US: seven wives of ten take their husband's name and keep the maiden name beside it. zh_CN:
    wives keep their name. Children have their father's, or their mother's if he is unknown.
    """
    locale = household.locale
    for member in household.members:
        parent = member.father or member.mother
        if member.grandparents and happens(stream, 0.75):  # a son's child
            parent = next((p for p in member.grandparents if p.sex == "M"), None)
        family = parent.family_name if parent is not None and parent.family_name else None
        name = draw_person_name(surface, locale, member.sex, family, member.birth.year)
        while any(name.given == other.given_name for other in household.members):
            name = draw_person_name(surface, locale, member.sex, family, member.birth.year)
        other_names: list[str] = []
        husband = member.spouse if member.sex == "F" else None
        if locale == "en_US":
            if husband is not None and husband.family_name and happens(stream, 0.7):
                other_names.append(full_name(locale, name.family, name.given))
                name = PersonName(
                    husband.family_name,
                    name.given,
                    full_name(locale, husband.family_name, name.given),
                )
            if name.given in NICKNAMES and happens(stream, 0.6):
                other_names.append(NICKNAMES[name.given])
        else:
            if member.role == "child" and happens(stream, 0.3):
                other_names.append(name.given[-1] * 2)
            if happens(stream, 0.2):
                other_names.append(pinyin(name.family, name.given))
        member.family_name, member.given_name = name.family, name.given
        member.full_name, member.other_names = name.full, tuple(other_names)


def pinyin(family: str, given: str) -> str:
    """A Chinese name in Latin letters, as in a passport: ``Wang Xiulan``."""
    return f"{''.join(lazy_pinyin(family)).title()} {''.join(lazy_pinyin(given)).title()}"


def number_members(stream: Random, household: Household) -> None:
    """Give every member numbers, and adults a telephone and perhaps an e-mail address."""
    site = household.site
    neighbourhood = site.centre.neighbourhoods.index(household.address.village) + 1
    for member in household.members:
        serial = member.person_id - FIRST_ID
        if household.locale == "zh_CN":
            committee = neighbourhood if household.area == "urban" else 100 + neighbourhood
            township = 1 if household.area == "urban" else 101
            member.numbers = {
                "ID_CARD": chinese_identity_number(
                    site.region_code, member.birth, member.sex, serial
                ),
                "RECORD_NO": record_code(site.region_code, township, committee, serial + 1),
                "INSURANCE": f"{one_of(stream, 'HJKLP')}{stream.randrange(10_000_000, 99_999_999)}",
            }
        else:
            member.numbers = {
                "SSN": social_security_number(serial + 1),
                "MRN": f"{site.region_code}-{serial + 1:07d}",
                "INSURANCE": f"MBX{stream.randrange(100_000_000, 999_999_999)}",
            }
        if member.age_on(household.record_start + timedelta(days=GROWN_DAYS)) >= PHONE_AGE:
            member.phone = _phone(stream, household.locale)
            if happens(stream, 0.35 if household.locale == "en_US" else 0.1):
                member.email = _email(stream, household.locale, member)


def _phone(stream: Random, locale: Locale) -> str:
    return us_phone(stream) if locale == "en_US" else chinese_mobile(stream)


def _email(stream: Random, locale: Locale, member: Resident) -> str:
    if locale == "zh_CN":
        local = "".join(lazy_pinyin(member.full_name))
    else:
        local = f"{member.given_name}.{member.family_name}".lower().replace(" ", "")
    return f"{local}{stream.randrange(10, 99)}@{one_of(stream, ('example.com', 'example.org'))}"
