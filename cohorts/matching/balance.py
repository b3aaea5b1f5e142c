"""Whether matching has made groups alike: standardised differences before and after.

Austin PC (2009) Balance diagnostics for comparing the distribution of baseline covariates between
treatment groups in propensity-score matched samples. Statistics in Medicine 28:3083-3107.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from cohorts.errors import MatchingError
from cohorts.matching.pairing import Matching
from cohorts.matching.people import check_people, flags_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Below 0.1 a difference is taken for negligible (Austin 2009).
NEGLIGIBLE: Final = 0.1
Numbers = npt.NDArray[np.float64]


def balance_table(
    people: pd.DataFrame, treatment: str, covariates: Sequence[str], matching: Matching
) -> pd.DataFrame:
    """One line a covariate, or level of one: means, standardised differences, variance ratios.

    ``smd`` is the difference of the means over the pooled standard deviation *before* matching,
    also after it, so that the two differ by the means alone (Stuart 2010). Categories and truth
    values are given by the share of each level and have no variance ratio.

    Raises:
        MatchingError: for missing values, or if nobody was matched.
    """
    check_people(people, [treatment, *covariates])
    if matching.pairs.empty:
        raise MatchingError("nobody was matched, so there is nothing to compare")
    treated = flags_of(people, treatment)
    weights = matching.weights.reindex(people.index).fillna(0.0).to_numpy(dtype=float)
    everybody = np.ones(len(people))
    lines: dict[str, dict[str, float]] = {}
    for name, values, continuous in _columns(people, covariates):
        before = [_moments(values[group], everybody[group]) for group in (treated, ~treated)]
        after = [_moments(values[group], weights[group]) for group in (treated, ~treated)]
        spread = float(np.sqrt((before[0][1] + before[1][1]) / 2))
        lines[name] = {
            "treated": after[0][0],
            "control before": before[1][0],
            "control after": after[1][0],
            "smd before": _over(before[0][0] - before[1][0], spread),
            "smd after": _over(after[0][0] - after[1][0], spread),
            "variance ratio before": _over(before[0][1], before[1][1]) if continuous else np.nan,
            "variance ratio after": _over(after[0][1], after[1][1]) if continuous else np.nan,
        }
    return pd.DataFrame.from_dict(lines, orient="index").rename_axis("covariate")


def love_plot(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Absolute standardised differences before and after, the largest on top, with the 0.1 line."""
    import matplotlib.pyplot as plt

    drawn = table.reindex(table["smd before"].abs().sort_values(kind="stable").index)
    places = np.arange(len(drawn))
    if axes is None:
        axes = plt.subplots(figsize=(7, 1.2 + 0.32 * len(drawn)))[1]
    before, after = drawn["smd before"].abs(), drawn["smd after"].abs()
    axes.hlines(places, np.minimum(before, after), np.maximum(before, after), "0.8", zorder=1)
    axes.scatter(before, places, marker="o", facecolors="white", edgecolors="C1", label="before")
    axes.scatter(after, places, marker="o", color="C0", label="after matching")
    axes.axvline(NEGLIGIBLE, color="0.5", linestyle="--", linewidth=1)
    axes.set_yticks(places, [str(name) for name in drawn.index])
    axes.set_xlim(left=0)
    axes.set_xlabel("Absolute standardised mean difference (dashed: 0.1)")
    axes.legend(loc="lower right")
    return axes


def _columns(
    people: pd.DataFrame, covariates: Sequence[str]
) -> Iterator[tuple[str, Numbers, bool]]:
    for name in covariates:
        values: Any = people[name]
        if pd.api.types.is_bool_dtype(values.dtype):
            yield name, values.to_numpy(dtype=float), False
        elif pd.api.types.is_numeric_dtype(values.dtype):
            yield name, values.to_numpy(dtype=float), True
        else:
            for level in sorted(values.unique(), key=str):
                yield f"{name}: {level}", (values == level).to_numpy(dtype=float), False


def _moments(values: Numbers, weights: Numbers) -> tuple[float, float]:
    """Weighted mean and variance; for equal weights the usual variance with ``n - 1``."""
    total = weights.sum()
    mean = float((weights * values).sum() / total)
    correction = total - float((weights**2).sum() / total)
    squares = float((weights * (values - mean) ** 2).sum())
    return mean, squares / correction if correction > 0 else 0.0


def _over(difference: float, scale: float) -> float:
    return difference / scale if scale > 0 else (0.0 if difference == 0 else float("nan"))
