"""Neighbouring rows of an ordered table, put together until none of them is small.

Ages and years are shown in rows that each have at least the minimum of people. Nothing of such a
table is withheld, so that nothing can be worked out by subtraction, and a cohort of one age does
not lose its whole table to the empty rows beside it. From the rows a reader learns only what
"fewer than the minimum" would have told of the bands inside.
"""

from __future__ import annotations

from collections.abc import Sequence

Group = tuple[int, ...]


def merged(counts: Sequence[Sequence[int]], minimum: int) -> tuple[Group, ...]:
    """Places of bands that make one row each, in their order.

    ``counts`` has one sequence a band; in every row each of its numbers adds up to the minimum at
    least. Bands left at the end join the last row. If all bands together are too few, they are one
    row, which is as small.
    """
    groups: list[list[int]] = [[]]
    sums = [0] * (len(counts[0]) if counts else 0)
    for place, numbers in enumerate(counts):
        groups[-1].append(place)
        sums = [total + one for total, one in zip(sums, numbers, strict=True)]
        if all(total >= minimum for total in sums):
            groups.append([])
            sums = [0] * len(sums)
    rest = groups.pop()
    if rest:
        if groups:
            groups[-1] += rest
        else:
            groups = [rest]
    return tuple(tuple(group) for group in groups)


def common(first: Sequence[Group], second: Sequence[Group]) -> tuple[Group, ...]:
    """The finest rows of which both divisions are parts: they end where a row of each ends.

    Rows of both divisions add up to these, so that no difference between any of them is a band
    that was too small in either.
    """
    ends = {group[-1] for group in first if group} & {group[-1] for group in second if group}
    groups: list[list[int]] = [[]]
    for place in (place for group in first for place in group):
        groups[-1].append(place)
        if place in ends:
            groups.append([])
    return tuple(tuple(group) for group in groups if group)


def age_label(labels: Sequence[str]) -> str:
    """Name of neighbouring age bands, as ``18-64`` of ``18-39`` and ``40-64``."""
    low = labels[0].rstrip("+").split("-")[0]
    return f"{low}+" if labels[-1].endswith("+") else f"{low}-{labels[-1].split('-')[1]}"


def year_label(labels: Sequence[str]) -> str:
    """Name of neighbouring years; the first may be ``before`` some year."""
    if len(labels) == 1:
        return labels[0]
    if labels[0].startswith("before"):
        return f"until {labels[-1]}"
    return f"{labels[0]}-{labels[-1]}"
