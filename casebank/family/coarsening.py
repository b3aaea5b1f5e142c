"""Takes from a family what its members, their neighbours and classmates know it by.

Whoever knows a family knows its make-up better than any other data. The rules, each with the name
that it is counted under in ``Case.left_out``:

* an age is a band of ten years at the first contact, and 80 and over are one band;
* more than three siblings, children or grandchildren are one symbol, "4 or more", of no sex, with
  the diseases of all of them and without deaths (``large``);
* one spouse is shown, a living one before a dead one (``marriages``), and of the parents one of
  each sex (``parents``);
* of a spouse of the same sex as the index person no sex is shown (``couple``);
* a death before the age of 40 is not told (``early``);
* diseases of the sensitive categories are not told of relatives (``sensitive``), whatever the case
  was opted in for: the opt-in speaks of the index person;
* twins have no mark; who of siblings is older is told only where released years of birth differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from casebank import rules
from casebank.family.diseases import Disease
from casebank.family_model import Relation, Sex
from casebank.record import BirthYears, Event

MOST_DRAWN = 3
BAND = 10
OLDEST = 80
EARLY_DEATH = 40
UNREADABLE = 45
"""Years of birth that lie further apart say nothing of an age worth reading."""

LARGE = "relatives of a large family, shown as one symbol"
MARRIAGES = "further marriages"
PARENTS = "further parents"
COUPLE = "sex of a spouse"
EARLY = "early deaths in the family"
SENSITIVE = "sensitive diseases of relatives"


@dataclass(frozen=True)
class Kin:
    """A relative before any statement is made. ``dead`` and the last of a disease are years of the
    record (0: by the first contact); ``rows`` are ids of people in the release."""

    relation: Relation
    sex: Sex
    born: BirthYears | None
    rows: tuple[int, ...]
    parents: tuple[int, ...] = ()
    diseases: tuple[tuple[Disease, Event, int], ...] = ()
    dead: int | None = None
    oldest_at_death: int | None = None
    count: int = 1


def ten_year_band(born: BirthYears | None, year: int) -> str:
    """Bands of ten years of the ages that are possible in ``year``; "" if that says too little.

    >>> ten_year_band(BirthYears(1960, 1964), 2020), ten_year_band(BirthYears(1925, 1938), 2020)
    ('50–69', '80+')
    """
    if born is None or born.last - born.first > UNREADABLE:
        return ""
    youngest, oldest = (min(age, OLDEST) // BAND * BAND for age in born.ages(year))
    return f"{youngest}+" if oldest >= OLDEST else f"{youngest}–{oldest + BAND - 1}"


def coarsen(kin: Sequence[Kin], index_sex: Sex) -> tuple[list[Kin], Counter[str]]:
    """The family as it may be shown, and how often each rule took something away."""
    counts: Counter[str] = Counter()
    kept = [_without_sensitive(one, counts) for one in kin]
    kept = [_without_early_death(one, counts) for one in kept]
    kept = _one_spouse(kept, index_sex, counts)
    kept = _two_parents(kept, counts)
    for relation in ("sibling", "child", "grandchild"):
        kept = _grouped(kept, relation, counts)
    return kept, +counts


def _without_sensitive(one: Kin, counts: Counter[str]) -> Kin:
    open_ones = tuple(d for d in one.diseases if not rules.sensitive_categories(d[1].name))
    counts[SENSITIVE] += len(one.diseases) - len(open_ones)
    return replace(one, diseases=open_ones)


def _without_early_death(one: Kin, counts: Counter[str]) -> Kin:
    early = one.oldest_at_death is None or one.oldest_at_death < EARLY_DEATH
    if one.dead is None or not early:
        return one
    counts[EARLY] += 1
    return replace(one, dead=None, oldest_at_death=None)


def _one_spouse(kin: list[Kin], index_sex: Sex, counts: Counter[str]) -> list[Kin]:
    spouses = sorted(
        (one for one in kin if one.relation == "spouse"), key=lambda one: one.dead is not None
    )
    former = [one for one in kin if one.relation == "former spouse"]
    partners = (spouses or former)[:1]
    counts[MARRIAGES] += len(spouses) + len(former) - len(partners)
    if partners and partners[0].sex == index_sex != "unknown":
        counts[COUPLE] += 1
        partners = [replace(partners[0], sex="unknown")]
    others = [one for one in kin if one.relation not in {"spouse", "former spouse"}]
    return [*others, *partners]


def _two_parents(kin: list[Kin], counts: Counter[str]) -> list[Kin]:
    chosen: list[Kin] = []
    others = []
    for one in kin:
        if one.relation != "parent":
            others.append(one)
        elif len(chosen) < 2 and (one.sex == "unknown" or one.sex not in {c.sex for c in chosen}):
            chosen.append(one)
        else:
            counts[PARENTS] += 1
    return [*others, *chosen]


def _grouped(kin: list[Kin], relation: str, counts: Counter[str]) -> list[Kin]:
    alike = [one for one in kin if one.relation == relation]
    if len(alike) <= MOST_DRAWN:
        return kin
    counts[LARGE] += len(alike)
    diseases: dict[str, tuple[Disease, Event, int]] = {}
    for found in sorted((d for one in alike for d in one.diseases), key=lambda d: d[2]):
        diseases.setdefault(found[0].code, found)
    born = [one.born for one in alike if one.born is not None]
    shared = set(alike[0].parents).intersection(*(one.parents for one in alike))
    group = Kin(
        relation=alike[0].relation,
        sex="unknown",
        born=BirthYears(min(b.first for b in born), max(b.last for b in born)) if born else None,
        rows=tuple(row for one in alike for row in one.rows),
        parents=tuple(sorted(shared)),
        diseases=tuple(diseases.values()),
        count=MOST_DRAWN + 1,
    )
    return [*(one for one in kin if one.relation != relation), group]
