"""How far two spellings of a name are apart."""

from __future__ import annotations


def swapped(left: str, right: str) -> bool:
    """Whether two neighbouring letters behind the first have changed places: Bteh."""
    places = [i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b]
    return (
        len(left) == len(right)
        and len(places) == 2
        and places[1] == places[0] + 1
        and left[places[0]] == right[places[1]]
        and left[places[1]] == right[places[0]]
    )


def within_distance(left: str, right: str, most: int) -> bool:
    """Whether few insertions, deletions, substitutions and swaps lead from one to the other."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return row[-1] <= most
