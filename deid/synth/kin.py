"""Relatives and contacts of each resident, in the household, elsewhere in the county and away."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from deid.synth.identities import draw_person_name
from deid.synth.numbers import chinese_mobile, us_phone
from deid.synth.people import Household, Relative, Resident, Sex
from deid.synth.society.life_events import Kin
from deid.synth.streams import happens, one_of

_NAMES = {
    "child": ("son", "daughter"),
    "sibling": ("brother", "sister"),
    "grandparent": ("grandfather", "grandmother"),
    "grandchild": ("grandson", "granddaughter"),
}


def list_relatives(stream: Random, surface: Any, household: Household, kin: Kin) -> None:
    """Everybody's relatives among the residents; for people without grown children who live on
    their own, and for children without their parents, one who lives elsewhere as well."""
    for member in household.members:
        found: list[tuple[str, Resident | None]] = [("father", member.father),
                                                    ("mother", member.mother)]  # fmt: skip
        if member.divorced_on is None:
            found.insert(0, ("spouse", member.spouse))
        for name, relatives in (
            ("child", kin.children(member)),
            ("sibling", kin.siblings(member)),
            ("grandparent", kin.grandparents(member)),
            ("grandchild", kin.grandchildren(member)),
        ):
            found += [(_NAMES[name][0 if r.sex == "M" else 1], r) for r in relatives]
        member.relatives = [
            Relative(relationship, person.full_name, person.phone, person.person_id, person)
            for relationship, person in found
            if person is not None
        ]
        if member.role in {"head", "spouse"} and not _has_grown_child(member):
            member.relatives.append(_relative_away(stream, surface, household, member))
        elif member.role == "child" and household.kind == "grandparents and grandchild":
            member.relatives.append(_parent_away(stream, surface, household, member))


def has_history(resident: Resident, kin_of: str, problem: str, day: date) -> bool:
    """Is it known by this day that the father or mother has or had a problem?"""
    parent = resident.father if kin_of == "father" else resident.mother
    if parent is None:
        return kin_of in resident.family_history.get(problem, ())
    onset = parent.problems.get(problem)
    return onset is not None and onset <= day


def _has_grown_child(member: Resident) -> bool:
    return any(kin.relationship in {"son", "daughter"} and kin.phone for kin in member.relatives)


def _relative_away(
    stream: Random, surface: Any, household: Household, member: Resident
) -> Relative:
    sex: Sex = one_of(stream, ("M", "F"))
    elder = household.kind.startswith("elder") or household.kind.startswith("grandparents")
    child = elder and happens(stream, 0.85)
    relationship = _NAMES["child" if child else "sibling"][0 if sex == "M" else 1]
    family = member.family_name
    father = member if member.sex == "M" else member.spouse
    if child and father is not None:
        family = father.family_name
    born = member.birth.year + (26 if child else one_of(stream, (-4, -2, 2, 4)))
    return _stranger(stream, surface, household, relationship, sex, family, born)


def _parent_away(stream: Random, surface: Any, household: Household, child: Resident) -> Relative:
    sex: Sex = one_of(stream, ("M", "F"))
    family = child.family_name if sex == "M" else None
    born = child.birth.year - 27
    relationship = "father" if sex == "M" else "mother"
    return _stranger(stream, surface, household, relationship, sex, family, born)


def _stranger(
    stream: Random, surface: Any, household: Household, relationship: str, sex: Sex,
    family: str | None, born: int,
) -> Relative:  # fmt: skip
    taken = {member.given_name for member in household.members}
    name = draw_person_name(surface, household.locale, sex, family, born)
    while name.given in taken:
        name = draw_person_name(surface, household.locale, sex, family, born)
    phone = us_phone(stream) if household.locale == "en_US" else chinese_mobile(stream)
    return Relative(relationship, name.full, phone, None)
