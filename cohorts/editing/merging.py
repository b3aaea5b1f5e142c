"""Two people's changes of one definition put together, part by part.

Both began from the same version. What one of them changed is taken, whoever it was; what both
changed differently is a conflict, which somebody has to decide. Until then it stays as in ``mine``.

Members of a list are recognised by what they are: concept sets by id, concepts by theirs, others by
what they have in common, or else by where they stand. So a rule that was moved is no new rule, and
two that were added are both kept. Ranges, windows and other values that mean something only
together are one part.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from cohorts.editing.fields import FLAT
from cohorts.editing.paths import NOTHING, ROOT, Document, fields_of, put_at, whole
from cohorts.editing.references import references
from cohorts.schema import WRAPPERS

Side = Literal["mine", "theirs"]
SIDES: Final[tuple[Side, ...]] = ("mine", "theirs")
_ALIKE: Final = 0.4
"""The share of what two members say that has to be the same for them to be one that changed."""
_ONE_PART: Final = (FLAT - {"ObservationWindow"}) | {"Window", "EndStrategy"}
_GROUP_HEAD: Final = ("Type", "Count")


class Place(NamedTuple):
    """Paths of one part in the version that both began from, in mine, and in theirs."""

    before: str
    mine: str
    theirs: str

    def inside(self, name: str) -> Place:
        """Of a property of the part."""
        return Place(*(f"{path}.{name}" for path in self))


class Held(NamedTuple):
    """What stands at a place in each of the three; ``NOTHING`` where there is nothing."""

    before: Any
    mine: Any
    theirs: Any

    def inside(self, name: str) -> Held:
        """A property of three objects."""
        return Held(*(of.get(name, NOTHING) for of in self))


@dataclass(frozen=True)
class Conflict:
    """A part that both changed, each as it is in that document; ``NOTHING`` where it was removed.

    ``key`` names the conflict: the part's path in the version that both began from.
    """

    place: Place
    held: Held

    @property
    def key(self) -> str:
        """What a decision about it is named by."""
        return self.place.before


@dataclass(frozen=True)
class Merge:
    """The definition with the changes of both, and what both changed."""

    document: Document
    conflicts: tuple[Conflict, ...]

    def undecided(self, decisions: Mapping[str, Side]) -> tuple[Conflict, ...]:
        """Conflicts that nobody decided."""
        return tuple(one for one in self.conflicts if decisions.get(one.key) not in SIDES)


def merge(
    before: Document,
    mine: Document,
    theirs: Document,
    decisions: Mapping[str, Side] | None = None,
) -> Merge:
    """Put two changed definitions together; none of the three need be valid.

    A concept set that they added under an id that I gave to another gets a new id.
    """
    merger = _Merger(decisions or {})
    theirs = _with_own_ids(before, mine, theirs)
    document = merger.value(ROOT, Held(before, mine, theirs), Place("$", "$", "$"))
    return Merge(document, tuple(merger.conflicts))


class _Merger:
    def __init__(self, decisions: Mapping[str, Side]) -> None:
        self._decisions = decisions
        self.conflicts: list[Conflict] = []

    def value(self, kind: str, held: Held, place: Place) -> Any:
        """One part, put together from what the three have there."""
        if _same(held.mine, held.theirs) or _same(held.theirs, held.before):
            return held.mine
        if _same(held.mine, held.before):
            return held.theirs
        if kind.startswith("[") and all(isinstance(one, list) or _absent(one) for one in held):
            lists = Held(*([] if _absent(one) else one for one in held))
            return self._list(kind[1:-1], lists, place)
        if kind not in _ONE_PART and all(isinstance(one, dict) for one in held):
            if kind not in WRAPPERS:
                return self._object(kind, held, place)
            if len(held.mine) == 1 and held.mine.keys() == held.before.keys() == held.theirs.keys():
                (name,) = held.mine
                body = self.value(f"{kind}.{name}", held.inside(name), place.inside(name))
                return {name: body}
        self.conflicts.append(Conflict(place, held))
        return held.theirs if self._decisions.get(place.before) == "theirs" else held.mine

    def _object(self, kind: str, held: Held, place: Place) -> Document:
        fields = fields_of(kind)
        merged: Document = {}
        names = list(dict.fromkeys((*held.mine, *held.theirs)))
        if kind == "CriteriaGroup":
            # "At least" means nothing without its number.
            heads = Held(*({n: of[n] for n in _GROUP_HEAD if n in of} for of in held))
            merged = dict(self.value("ResultLimit", heads, place.inside("Type")))
            names = [name for name in names if name not in _GROUP_HEAD]
        for name in names:
            of_kind = fields.get(name, "any").rstrip("!")
            value = self.value(of_kind, held.inside(name), place.inside(name))
            if value is not NOTHING:
                merged[name] = value
        return merged

    def _list(self, kind: str, held: Held, place: Place) -> list[Any]:
        """Members in my order, or in theirs if only they moved any; new ones keep their place."""
        of_mine = _matched(kind, held.before, held.mine)
        of_theirs = _matched(kind, held.before, held.theirs)
        mine_leads = _in_order(of_theirs) or not _in_order(of_mine)
        lead, follow = (held.mine, held.theirs) if mine_leads else (held.theirs, held.mine)
        led, followed = (of_mine, of_theirs) if mine_leads else (of_theirs, of_mine)
        origins = {number: origin for origin, number in led.items()}
        merged: list[tuple[int | None, Any]] = []
        for number, member in enumerate(lead):
            if number not in origins:
                merged.append((_twin(member, follow, set(followed.values())), member))
                continue
            origin = origins[number]
            both = (origin, of_mine.get(origin), of_theirs.get(origin))
            merged.append((followed.get(origin), self._member(kind, held, both, place)))
        present = {number for number, _ in merged}
        left_out = {number: origin for origin, number in followed.items() if origin not in led}
        for number, member in enumerate(follow):
            if number in present:
                continue
            if number in left_out:
                origin = left_out[number]
                both = (origin, of_mine.get(origin), of_theirs.get(origin))
                member = self._member(kind, held, both, place)
            place_of_new = _place_after(merged, number, behind_new=mine_leads)
            merged.insert(place_of_new, (number, member))
        return [member for _, member in merged if member is not NOTHING]

    def _member(self, kind: str, lists: Held, numbers: tuple[int | None, ...], place: Place) -> Any:
        held = [
            NOTHING if number is None else of[number]
            for of, number in zip(lists, numbers, strict=True)
        ]
        paths = [
            path if number is None else f"{path}[{number}]"
            for path, number in zip(place, numbers, strict=True)
        ]
        return self.value(kind, Held(*held), Place(*paths))


def _matched(kind: str, before: Sequence[Any], after: Sequence[Any]) -> dict[int, int]:
    """Which member of a list became which: numbers before and after."""
    if kind in _NAMED:
        names = [[_NAMED[kind](member) for member in members] for members in (before, after)]
        if all(len({*of}) == len(of) and None not in of for of in names):
            return {n: names[1].index(name) for n, name in enumerate(names[0]) if name in names[1]}
    left = dict(enumerate(map(_json, after)))
    found: dict[int, int] = {}
    for number, text in enumerate(map(_json, before)):
        # A member that is there several times is looked for around where it was.
        same = [other for other, of in left.items() if of == text]
        if same:
            found[number] = min(same, key=lambda other: abs(other - number))
            del left[found[number]]
    said = {n: frozenset(_leaves(member)) for n, member in enumerate(before) if n not in found}
    says = {n: frozenset(_leaves(after[n])) for n in left}
    likeness = sorted(
        (-_likeness(one, other), abs(number - place), number, place)
        for number, one in said.items()
        for place, other in says.items()
    )
    for share, _, number, place in likeness:
        if -share >= _ALIKE and number not in found and place not in found.values():
            found[number] = place
    for number in range(len(before)):
        if number not in found and (places := _between(found, number, len(after))):
            found[number] = places[0]
    return found


def _between(found: Mapping[int, int], number: int, length: int) -> list[int]:
    """Free places where a member would be if it kept its own between its neighbours."""
    first = max(((one, at) for one, at in found.items() if one < number), default=(0, -1))[1]
    last = min(((one, at) for one, at in found.items() if one > number), default=(0, length))[1]
    return [at for at in range(first + 1, last) if at not in found.values()]


def _id_of(member: Any) -> int | None:
    return whole(member.get("id")) if isinstance(member, dict) else None


def _concept_of(member: Any) -> int | None:
    concept = member.get("concept", member) if isinstance(member, dict) else None
    return whole(concept.get("CONCEPT_ID")) if isinstance(concept, dict) else None


_NAMED: Final = {"ConceptSet": _id_of, "ConceptSetItem": _concept_of, "Concept": _concept_of}


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def _leaves(node: Any, path: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, f"{path}.{name}")
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value, f"{path}[]")
    else:
        yield f"{path}={_json(node)}"


def _in_order(matched: Mapping[int, int]) -> bool:
    places = [matched[number] for number in sorted(matched)]
    return places == sorted(places)


def _twin(member: Any, others: Sequence[Any], taken: set[int]) -> int | None:
    """Where the other list has the same new member, so that it is not there twice."""
    return next(
        (n for n, other in enumerate(others) if n not in taken and _same(member, other)), None
    )


def _place_after(merged: Sequence[tuple[int | None, Any]], number: int, *, behind_new: bool) -> int:
    """Behind the nearest member that comes before it in its own list, else in front.

    ``behind_new`` is for their members: what I added at the same place stays before them.
    """
    earlier = [(of, at) for at, (of, _) in enumerate(merged) if of is not None and of < number]
    at = max(earlier)[1] + 1 if earlier else 0
    while behind_new and at < len(merged) and merged[at][0] is None:
        at += 1
    return at


def _with_own_ids(before: Document, mine: Document, theirs: Document) -> Document:
    """Their definition with new ids for the sets they added under ids that I used for others."""
    old, own, added = (_sets(document) for document in (before, mine, theirs))
    used = {*old, *own, *added}
    changed = theirs
    for identifier in added.keys() - old.keys():
        if identifier in own and not _same(own[identifier][1], added[identifier][1]):
            free = max(used) + 1
            used.add(free)
            for path, number in references(theirs):
                if number == identifier:
                    changed = put_at(changed, path, free)
            path = f"$.ConceptSets[{added[identifier][0]}].id"
            changed = put_at(changed, path, free)
    return changed


def _sets(document: Document) -> dict[int, tuple[int, Any]]:
    """Concept sets by id, each with its number in the list."""
    entries = document.get("ConceptSets")
    found: dict[int, tuple[int, Any]] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        identifier = _id_of(entry)
        if identifier is not None:
            found.setdefault(identifier, (number, entry))
    return found


def _absent(value: Any) -> bool:
    return value is NOTHING or value is None


def _same(one: Any, other: Any) -> bool:
    """Whether two parts say the same; in Circe, null is as if it were not there."""
    if _absent(one) or _absent(other):
        return _absent(one) and _absent(other)
    return _json(one) == _json(other)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
