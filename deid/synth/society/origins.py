"""Race and ethnicity of each person, as families hand them on."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from deid.synth.parameters import value
from deid.synth.people import Locale, Resident
from deid.synth.streams import happens, one_of, weighted

HAN = "汉族"
_MINORITIES = {"畲族": 0.7, "回族": 0.2, "土家族": 0.05, "苗族": 0.05}
_RACES = {
    "RACE_WHITE": 0.80,
    "RACE_BLACK": 0.10,
    "RACE_ASIAN": 0.05,
    "RACE_AMERICAN_INDIAN": 0.05,
}
"""Shares of origins by assumption: nearer to a county of the plains than to the whole country."""


def draw_origins(stream: Random, members: Iterable[Resident], locale: Locale) -> None:
    """Race and ethnicity; parents before their children.

    Children have those of one parent: in China the minority's, if one parent is of a minority.
    Couples are mostly of one origin.
    """
    for member in members:
        parents = [p for p in (member.father, member.mother) if p is not None]
        parents = parents or list(member.grandparents)
        spouse = member.spouse
        if parents:
            parent = one_of(stream, parents)
            if locale == "zh_CN":
                parent = next((p for p in parents if p.ethnicity != HAN), parent)
            member.race, member.ethnicity = parent.race, parent.ethnicity
        elif spouse is not None and spouse.ethnicity and happens(stream, value("origin.alike")):
            member.race, member.ethnicity = spouse.race, spouse.ethnicity
        elif locale == "zh_CN":
            minority = happens(stream, value("origin.minority.zh_cn"))
            member.race = "RACE_CHINESE"
            member.ethnicity = weighted(stream, _MINORITIES) if minority else HAN
        else:
            member.race = weighted(stream, _RACES)
            hispanic = happens(stream, value("origin.hispanic.en_us"))
            member.ethnicity = "HISPANIC" if hispanic else "NOT_HISPANIC"
