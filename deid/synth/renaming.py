"""Gives households of an annotated corpus names from many cultures, and names that are words.

The county's own names come from one list a language, which is right for a county and too little
for a scrubber to learn from.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from deid.synth.identities import pinyin
from deid.synth.notes import naming, surroundings
from deid.synth.people import Household, Relative, Resident
from deid.synth.streams import happens

_RENAMED = {"en_US": 0.6, "zh_CN": 0.35}
"""Share of households that get other names."""


def rename(stream: Random, household: Household) -> None:
    """Perhaps give the members other names; who shared a family name still does."""
    if not happens(stream, _RENAMED[household.locale]):
        return
    chinese = household.locale == "zh_CN"
    families: dict[str, str] = {}
    written: dict[str, str] = {}
    for member in household.members:
        before = member.full_name
        if member.family_name not in families:
            families[member.family_name] = surroundings.family_name(stream, chinese)
        member.family_name = families[member.family_name]
        member.given_name = surroundings.given_name(stream, chinese, member.sex)
        separator = "" if chinese else " "
        parts = (member.family_name, member.given_name)
        member.full_name = separator.join(parts if chinese else reversed(parts))
        written[before] = member.full_name
        member.other_names = _other_names(stream, member, chinese)
        if member.email is not None:
            member.email = _email(member, chinese)
    for member in household.members:
        member.relatives = [_renamed(one, families, written, chinese) for one in member.relatives]


def _other_names(stream: Random, member: Resident, chinese: bool) -> tuple[str, ...]:
    if not happens(stream, 0.4):
        return ()
    if chinese:
        return (naming.familiar(stream, member.given_name),)
    return (naming.plain_letters(member.given_name).split(" ")[0][:4].strip().title(),)


def _email(member: Resident, chinese: bool) -> str:
    given, family = member.given_name, member.family_name
    local = pinyin(family, given) if chinese else f"{given}.{family}"
    _, _, host = (member.email or "").partition("@")
    return f"{naming.plain_letters(local).lower().replace(' ', '')}{member.birth:%y}@{host}"


def _renamed(
    relative: Relative, families: dict[str, str], written: dict[str, str], chinese: bool
) -> Relative:
    name = relative.full_name
    if name in written:
        return replace(relative, full_name=written[name])
    for old, new in families.items():
        if chinese and name.startswith(old):
            return replace(relative, full_name=new + name.removeprefix(old))
        if not chinese and name.endswith(f" {old}"):
            return replace(relative, full_name=f"{name.removesuffix(old)}{new}")
    return relative
