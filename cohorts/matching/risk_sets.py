"""Incidence-density sampling: controls for a case-control study nested in a cohort.

For each case, controls are drawn from the people at risk at the time of its event, so the odds
ratio of a conditional logistic regression estimates the hazard ratio of the cohort (Prentice RL,
Breslow NE 1978, Biometrika 65:153-158). A control may become a case later, and may be drawn for
several cases: to keep future cases out would bias the comparison (Lubin JH, Gail MH 1984,
Biometrics 40:63-75; Wacholder S et al. 1992, American Journal of Epidemiology 135:1042-1050).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from cohorts.errors import MatchingError
from cohorts.matching.people import check_people, in_order_of_id

_COLUMNS: Final = ("set", "person", "case", "time", "at_risk")


def sample_risk_sets(
    people: pd.DataFrame,
    *,
    start: str,
    end: str,
    event: str,
    controls: int = 4,
    exact: Sequence[str] = (),
    within: Mapping[str, float] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Sets of one case and up to ``controls`` controls, matched on time.

    ``start`` and ``end`` are the columns of entry and exit on one time scale, numbers or dates;
    ``event`` is whether the exit is the event. At risk at time t is who entered before t and has
    not left before t; who has the event at the very same t is a case of that time and no control.
    Controls are equal in ``exact`` and differ by at most ``within[column]``.

    Returns:
        One row a member: ``set``, ``person``, ``case``, ``time``, and ``at_risk``, the number of
        people (the case not counted) from whom the controls were drawn. A case for whom nobody was
        at risk stands alone, with ``at_risk`` 0.

    Raises:
        MatchingError: for missing values, exits before entries, or if there is no case.
    """
    within = dict(within or {})
    if controls < 1:
        raise MatchingError("controls is the number of controls for each case, at least 1")
    check_people(people, [start, end, event, *exact, *within])
    if not set(people[event].unique().tolist()) <= {True, False}:
        raise MatchingError(f"{event} is true or false (1 or 0) for each person")
    ordered = in_order_of_id(people)
    entry, leaving = ordered[start].to_numpy(), ordered[end].to_numpy()
    if (leaving < entry).any():
        raise MatchingError(f"for somebody {end} lies before {start}")
    is_case = ordered[event].to_numpy(dtype=bool)
    if not is_case.any():
        raise MatchingError(f"nobody has {event}: there is no case to sample controls for")
    strata = (
        ordered.groupby(list(exact), sort=True, observed=True).ngroup().to_numpy()
        if exact
        else np.zeros(len(ordered), dtype=np.int64)
    )
    near = [(ordered[name].to_numpy(dtype=float), width) for name, width in within.items()]
    generator = np.random.default_rng(seed)
    cases = np.flatnonzero(is_case)
    lines: list[tuple[int, int, bool, int]] = []
    for number, case in enumerate(cases[np.argsort(leaving[cases], kind="stable")]):
        time = leaving[case]
        eligible = (entry < time) & (leaving >= time) & (strata == strata[case])
        eligible &= ~(is_case & (leaving == time))
        for values, width in near:
            eligible &= np.abs(values - values[case]) <= width
        pool = np.flatnonzero(eligible)
        drawn = generator.choice(pool, min(controls, len(pool)), replace=False)
        lines.append((number, int(case), True, len(pool)))
        lines += [(number, int(control), False, len(pool)) for control in np.sort(drawn)]
    sets, places, flags, pools = zip(*lines, strict=True)
    times = leaving[cases[np.argsort(leaving[cases], kind="stable")]]
    values = (list(sets), ordered.index.take(list(places)), list(flags), times[list(sets)], pools)
    return pd.DataFrame(dict(zip(_COLUMNS, values, strict=True)))
