"""A family as the symbols of a genogram: who is drawn, in which generation, joined to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casebank.family.diseases import disease, disease_of
from casebank.family.wording import member_text
from casebank.family_model import INDEX, Family, FamilyProblem, Member, Relation, Sex
from casebank.model import Case, Language
from casebank.pictures.genogram_words import TEXT

PARTNERS: tuple[Relation, ...] = ("spouse", "former spouse")


@dataclass(frozen=True)
class Symbol:
    """A person as drawn; ``problems`` are the diseases with the year they are known by."""

    key: str
    name: str
    sex: Sex
    age: str
    dead: bool
    problems: tuple[FamilyProblem, ...]
    generation: int
    parents: tuple[str, ...]
    relation: Relation | None = None
    count: int = 1
    in_household: bool = False
    parents_said: bool = True


def disease_text(problem: FamilyProblem, language: Language) -> str:
    text = f"{problem.code} {disease(problem.code).name(language)}"
    if problem.year:
        text += f" ({TEXT['by year'][language].format(n=problem.year)})"
    return text


def symbols_of(case: Case, language: Language) -> list[Symbol]:
    family = case.background.family_tree
    own: dict[str, FamilyProblem] = {}
    for problem in case.problems:
        found = disease_of(problem.title)
        if found is not None and problem.listed == "master":
            data = problem.evidence[0].id
            own.setdefault(found.code, FamilyProblem(found.code, problem.title, 0, data))
    parents = tuple(member.key for member in family.of("parent"))
    index = Symbol(
        key=INDEX,
        name=TEXT["index"][language],
        sex=family.sex,
        age=family.age,
        dead=case.outcome.died,
        problems=tuple(own.values()),
        generation=0,
        parents=parents,
        in_household=family.index_in_household,
    )
    return [index, *(_relative(member, family, language) for member in family.members)]


def _relative(member: Member, family: Family, language: Language) -> Symbol:
    """A member as drawn; a child or sibling whose parents are not told hangs on a dashed line."""
    parents = member.parents
    said = bool(parents)
    if not said and member.relation == "child":
        parents = (INDEX,)
    if not said and member.relation == "sibling":
        parents = tuple(one.key for one in family.of("parent"))
    return Symbol(
        key=member.key,
        name=member_text(member, language),
        sex=member.sex,
        age=member.age,
        dead=bool(member.dead),
        problems=member.problems,
        generation=member.generation,
        parents=parents,
        relation=member.relation,
        count=member.count,
        in_household=member.in_household,
        parents_said=said,
    )


def generations(symbols: Sequence[Symbol]) -> list[list[Symbol]]:
    """Generations, the oldest first; couples stand side by side, the man to the left."""
    index = next(one for one in symbols if one.key == INDEX)
    by_relation: dict[Relation | None, list[Symbol]] = {}
    for symbol in symbols:
        by_relation.setdefault(symbol.relation, []).append(symbol)
    partners = [one for relation in PARTNERS for one in by_relation.get(relation, [])]
    couple = sorted([index, *partners], key=_male_first)
    # Siblings come by age, so that who is not known to be younger stands before the couple.
    siblings = by_relation.get("sibling", [])
    parents = sorted(by_relation.get("parent", []), key=_male_first)
    line_of = {key: n for n, one in enumerate(parents) for key in one.parents}
    grandparents = sorted(
        by_relation.get("grandparent", []),
        key=lambda one: (line_of.get(one.key, len(parents)), _male_first(one)),
    )
    children = by_relation.get("child", [])
    order = {one.key: n for n, one in enumerate(children)}
    grandchildren = sorted(
        by_relation.get("grandchild", []),
        key=lambda one: min((order.get(key, len(order)) for key in one.parents), default=0),
    )
    rows = [
        grandparents,
        parents,
        [*siblings, *couple],
        [*children, *by_relation.get("pregnancy", [])],
        grandchildren,
    ]
    return [row for row in rows if row]


def _male_first(symbol: Symbol) -> int:
    return {"male": 0, "unknown": 1, "female": 2}[symbol.sex]


def partner_of(symbols: Iterable[Symbol]) -> Symbol | None:
    return next((one for one in symbols if one.relation in PARTNERS), None)


def pairs_of(symbols: Sequence[Symbol]) -> list[tuple[str, str]]:
    """Who is joined by a line: parents of one person, and the index person with a partner."""
    pairs = {tuple(sorted(one.parents)) for one in symbols if len(one.parents) == 2}
    partner = partner_of(symbols)
    if partner is not None:
        pairs.add(tuple(sorted((INDEX, partner.key))))
    return sorted((one, two) for one, two in pairs)


def has_children_alone(symbol: Symbol, symbols: Sequence[Symbol]) -> bool:
    """Whether a line goes down from this person, who has children with nobody shown."""
    return any(one.parents == (symbol.key,) for one in symbols)
