"""The stage of the family life cycle, after Duvall: by the oldest child, then by the parents' age.

Released ages are bands, so that two stages and more can be possible; all of them are given.
"""

from __future__ import annotations

from collections.abc import Sequence

from casebank.family.coarsening import UNREADABLE, Kin
from casebank.family_model import LifeCycle, Member, Stage
from casebank.record import Record

RETIREMENT = 65
MOST_STAGES = 3
_BY_OLDEST_CHILD: tuple[tuple[float, Stage], ...] = (
    (2.5, "childbearing"),
    (6, "preschool children"),
    (13, "school children"),
    (20, "teenagers"),
)


def life_cycle(
    kin: Sequence[Kin], keys: Sequence[str], members: Sequence[Member], record: Record
) -> LifeCycle | None:
    """The stages possible at the first contact; None where the ages leave more than three.

    ``keys`` are those of ``kin`` among ``members``, in the same order.
    """
    if record.born is None or record.born.last - record.born.first > UNREADABLE:
        return None
    year = record.first_day.year
    youngest, oldest = record.born.ages(year)
    said = {member.key: member.data for member in members}
    children = [(one, key) for one, key in zip(kin, keys, strict=True) if one.relation == "child"]
    if not children:
        spouse = [m for m in members if m.relation == "spouse" and not m.dead]
        if not spouse or oldest >= RETIREMENT:
            return None
        return LifeCycle(("married, no children",), (spouse[0].data,))
    stages: list[Stage] = []
    if oldest >= RETIREMENT:
        stages.append("ageing family")
    if youngest < RETIREMENT:
        ages = [one.born.ages(year) for one, _ in children if one.born is not None]
        if len(ages) < len(children):
            return None
        # The first child is the oldest in either reading of the bands.
        from_age, to_age = max(a for a, _ in ages), max(b for _, b in ages)
        stages = [*_by_child(from_age, to_age), *stages]
    if len(stages) > MOST_STAGES:
        return None
    return LifeCycle(tuple(stages), tuple(said[key] for _, key in children))


def _by_child(youngest: int, oldest: int) -> list[Stage]:
    stages: list[Stage] = []
    low = 0.0
    for high, stage in _BY_OLDEST_CHILD:
        if youngest < high and oldest + 1 > low:
            stages.append(stage)
        low = high
    if oldest + 1 > low:
        stages += ["launching", "middle-aged parents"]
    return stages
