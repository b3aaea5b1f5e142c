"""What runs in families: blood groups by Mendel's rules, liability to disease by Falconer's model.

A person's liability is normal with variance one: an additive part from both parents, a part shared
under one roof, and the rest. Its rank among all people decides when the person falls ill, so that
relatives fall ill together while the share of the ill stays that of the prevalence curve (Falconer
1965 Ann Hum Genet 29:51; spouses mate at random).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import erfc, sqrt
from random import Random

from deid.synth.parameters import DISEASES, value
from deid.synth.people import Locale, Resident
from deid.synth.society.published import read_table
from deid.synth.streams import happens, one_of, weighted

FAMILY_HISTORY_AGE = 72
"""Age up to which the diseases of parents who are no residents are known of (assumption)."""


@dataclass(frozen=True)
class Heredity:
    """Shares of the variance of liability to one problem."""

    problem: str
    heritability: float
    shared: float
    source: str


HEREDITY: Mapping[str, Heredity] = {
    row["problem"]: Heredity(
        row["problem"], float(row["heritability"]), float(row["shared"]), row["source"]
    )
    for row in read_table("heredity")
}
_GROUPS = {"O": "BLOOD_O", "A": "BLOOD_A", "B": "BLOOD_B", "AB": "BLOOD_AB"}


def inherit(stream: Random, members: Iterable[Resident], locale: Locale) -> None:
    """Give everybody genes, parents before their children.

    Raises:
        ValueError: if a child comes before its parent.
    """
    alleles = {allele: value(f"blood.{locale.lower()}.{allele.lower()}") for allele in "ABO"}
    negative = value(f"blood.{locale.lower()}.rhesus_negative")
    for member in members:
        parents = [p for p in (member.father, member.mother) if p is not None]
        if any(not elder.genes for elder in (*parents, *member.grandparents)):
            raise ValueError("parents come before their children")
        known = [p.blood_genes[stream.getrandbits(1)] for p in parents]
        if member.grandparents:  # one of them handed on to the parent who is away
            elder = one_of(stream, member.grandparents)
            known.append(elder.blood_genes[stream.getrandbits(1)])
        pair = [*known, *(weighted(stream, alleles) for _ in range(2 - len(known)))]
        member.blood_genes = (pair[0], pair[1])
        member.blood_group = _GROUPS["".join(sorted(set(pair) - {"O"})) or "O"]
        rhesus = [p.rhesus_genes[stream.getrandbits(1)] for p in parents]
        rhesus += ["d" if happens(stream, negative) else "D" for _ in range(2 - len(parents))]
        member.rhesus_genes = (rhesus[0], rhesus[1])
        spread = sqrt(1 - len(parents) / 4 - len(member.grandparents) / 16)
        for problem in HEREDITY:
            mean = sum(parent.genes[problem] for parent in parents) / 2
            mean += sum(elder.genes[problem] for elder in member.grandparents) / 4
            member.genes[problem] = stream.gauss(mean, spread)


def draw_shared(stream: Random) -> dict[str, float]:
    """The part of liability that the people of one household share."""
    return {problem: stream.gauss(0, 1) for problem in HEREDITY}


def draw_rank(stream: Random, member: Resident, problem: str, shared: Mapping[str, float]) -> float:
    """A number of [0, 1), even over all people; the lower, the more liable."""
    heredity = HEREDITY.get(problem)
    if heredity is None:
        return stream.random()
    own = sqrt(max(1 - heredity.heritability - heredity.shared, 0.0))
    liability = (
        sqrt(heredity.heritability) * member.genes[problem]
        + sqrt(heredity.shared) * shared[problem]
        + own * stream.gauss(0, 1)
    )
    return min(0.5 * erfc(liability / sqrt(2)), 1 - 1e-12)


def remember_parents(stream: Random, member: Resident, locale: Locale) -> None:
    """Diseases of a father or mother who is no resident, as far as the family knows of them."""
    for model in DISEASES:
        heredity = HEREDITY.get(model.problem)
        if heredity is None or heredity.heritability == 0:
            continue
        kin = []
        for name, parent, sex in (
            ("father", member.father, model.men),
            ("mother", member.mother, model.women),
        ):
            if parent is not None:
                continue
            genes = stream.gauss(0.5 * member.genes[model.problem], sqrt(0.75))
            rest = sqrt(1 - heredity.heritability) * stream.gauss(0, 1)
            rank = 0.5 * erfc((sqrt(heredity.heritability) * genes + rest) / sqrt(2))
            ratio = sex * model.locale.get(locale, 1.0)
            if rank < model.prevalence(FAMILY_HISTORY_AGE) * ratio:
                kin.append(name)
        if kin:
            member.family_history[model.problem] = tuple(kin)
