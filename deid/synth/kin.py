"""Relatives and contacts of each resident, in the household and away from it."""

from __future__ import annotations

from random import Random
from typing import Any

from deid.synth.identities import draw_person_name
from deid.synth.numbers import chinese_mobile, us_phone
from deid.synth.people import Household, Relative, Resident, Sex
from deid.synth.streams import happens, one_of


def list_relatives(stream: Random, surface: Any, household: Household) -> None:
    """Kin in the household, and for elders and people alone a child or sibling who lives away."""
    for member in household.members:
        kin = [("spouse", member.spouse), ("father", member.father), ("mother", member.mother)]
        for other in household.members:
            if member in (other.father, other.mother):
                kin.append(("son" if other.sex == "M" else "daughter", other))
        member.relatives = [
            Relative(relationship, person.full_name, person.phone, person.person_id)
            for relationship, person in kin
            if person is not None
        ]
        if member.role in {"head", "spouse"} and not _has_grown_child(member):
            member.relatives.append(_relative_away(stream, surface, household, member))


def _has_grown_child(member: Resident) -> bool:
    return any(kin.relationship in {"son", "daughter"} and kin.phone for kin in member.relatives)


def _relative_away(
    stream: Random, surface: Any, household: Household, member: Resident
) -> Relative:
    sex: Sex = one_of(stream, ("M", "F"))
    elder = household.kind.startswith("elder") or household.kind.startswith("grandparents")
    child = elder and happens(stream, 0.85)
    relationship = ("son" if sex == "M" else "daughter") if child else (
        "brother" if sex == "M" else "sister"
    )  # fmt: skip
    family = member.family_name
    father = member if member.sex == "M" else member.spouse
    if child and father is not None:
        family = father.family_name
    born = member.birth.year + (26 if child else one_of(stream, (-4, -2, 2, 4)))
    name = draw_person_name(surface, household.locale, sex, family, born)
    phone = us_phone(stream) if household.locale == "en_US" else chinese_mobile(stream)
    return Relative(relationship, name.full, phone, None)
