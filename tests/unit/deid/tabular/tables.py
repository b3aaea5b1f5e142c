"""Small random tables with their hierarchies, and privacy models written out naively."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random

import pyarrow as pa
from hypothesis import strategies as st

from deid.tabular import Hierarchy, hierarchy_of

AGES = [
    [str(age), f"{age // 5 * 5}-{age // 5 * 5 + 4}", f"{age // 20 * 20}-{age // 20 * 20 + 19}", "*"]
    for age in range(20, 60)
]
TOWNS = [[town, town[0], "*"] for town in ("Aa", "Ab", "Ba", "Bb", "Bc", "Ca")]
SEXES = [["f", "*"], ["m", "*"]]
HIERARCHIES: dict[str, Hierarchy] = {
    "age": hierarchy_of(AGES, "ages"),
    "town": hierarchy_of(TOWNS, "towns"),
    "sex": hierarchy_of(SEXES, "sexes"),
}
QI = ("age", "town", "sex")


@st.composite
def tables(draw: st.DrawFn, least: int = 12, most: int = 60) -> pa.Table:
    """Rows with three quasi-identifiers and a sensitive column of three values."""
    size = draw(st.integers(least, most))
    random = Random(draw(st.integers(0, 2**32)))
    return pa.table(
        {
            "age": [str(random.choice((20, 21, 25, 33, 34, 47, 58))) for _ in range(size)],
            "town": [random.choice(TOWNS)[0] for _ in range(size)],
            "sex": [random.choice("fm") for _ in range(size)],
            "illness": [*"xxyz", *(random.choice("xxxyyz") for _ in range(size - 4))],
        }
    )


def classes_of(rows: Sequence[dict[str, str]], qi: Sequence[str]) -> list[list[str]]:
    """The sensitive values of each class."""
    classes: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in rows:
        classes[tuple(row[name] for name in qi)].append(row["illness"])
    return list(classes.values())


def naive_k(classes: list[list[str]]) -> int:
    return min(len(values) for values in classes)


def naive_l(classes: list[list[str]]) -> int:
    return min(len(set(values)) for values in classes)


def naive_entropy_l(classes: list[list[str]]) -> float:
    def entropy(values: list[str]) -> float:
        return -sum(n / len(values) * math.log(n / len(values)) for n in Counter(values).values())

    return math.exp(min(entropy(values) for values in classes))


def naive_recursive(classes: list[list[str]], c: float, l: int) -> bool:  # noqa: E741
    for values in classes:
        counts = sorted(Counter(values).values(), reverse=True)
        if not counts[0] < c * sum(counts[l - 1 :]):
            return False
    return True


def _shares(values: list[str], kinds: list[str]) -> list[float]:
    return [values.count(kind) / len(values) for kind in kinds]


def naive_t(classes: list[list[str]], ordered: bool = False) -> float:
    everybody = [value for values in classes for value in values]
    kinds = sorted(set(everybody))
    if len(kinds) == 1:
        return 0.0
    q = _shares(everybody, kinds)
    worst = 0.0
    for values in classes:
        p = _shares(values, kinds)
        if ordered:
            moved = [abs(sum(p[: j + 1]) - sum(q[: j + 1])) for j in range(len(kinds) - 1)]
            worst = max(worst, sum(moved) / (len(kinds) - 1))
        else:
            worst = max(worst, sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2)
    return worst


def naive_beta(classes: list[list[str]]) -> float:
    everybody = [value for values in classes for value in values]
    kinds = sorted(set(everybody))
    q = _shares(everybody, kinds)
    return max(
        (a - b) / b for values in classes for a, b in zip(_shares(values, kinds), q, strict=True)
    )
