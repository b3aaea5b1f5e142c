"""Propensity scores: the probability of treatment given what was known before it.

Rosenbaum PR, Rubin DB (1983) The central role of the propensity score in observational studies
for causal effects. Biometrika 70:41-55.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from cohorts.errors import MatchingError
from cohorts.matching.people import check_people, flags_of, in_order_of_id

# 0.2 of the standard deviation of the logit removes about 98 % of the bias of a normal confounder:
# Austin PC (2011) Pharmaceutical Statistics 10:150-161.
CALIPER: Final = 0.2
_SEPARATED: Final = 15.0


def design_matrix(people: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Covariates as numbers: categories as indicators without the first, numbers standardised."""
    columns: dict[str, pd.Series] = {}
    for name in covariates:
        values = people[name]
        if pd.api.types.is_bool_dtype(values.dtype):
            columns[name] = values.astype(float)
        elif pd.api.types.is_numeric_dtype(values.dtype):
            numbers = values.astype(float)
            spread = numbers.std(ddof=0)
            columns[name] = (numbers - numbers.mean()) / (spread if spread > 0 else 1.0)
        else:
            for level in sorted(values.unique(), key=str)[1:]:
                columns[f"{name}: {level}"] = (values == level).astype(float)
    return pd.DataFrame(columns, index=people.index)


def propensity_scores(
    people: pd.DataFrame, treatment: str, covariates: Sequence[str], squares: Sequence[str] = ()
) -> pd.Series:
    """Fitted probability of ``treatment`` by logistic regression without a penalty.

    Numbers enter as straight lines, those of ``squares`` also squared; other types as categories.
    A penalty would pull the scores together and leave imbalance behind, so there is none; then
    covariates that tell the groups apart have no finite estimate, and are refused.

    Raises:
        MatchingError: for missing values, an empty group, or covariates that separate the groups.
    """
    from sklearn.linear_model import LogisticRegression

    if not covariates:
        raise MatchingError("a propensity score needs at least one covariate")
    check_people(people, [treatment, *covariates, *squares])
    ordered = in_order_of_id(people)
    treated = flags_of(ordered, treatment)
    matrix = design_matrix(ordered, covariates)
    for name in squares:
        matrix[f"{name}²"] = design_matrix(ordered, [name])[name] ** 2
    model = LogisticRegression(C=np.inf, max_iter=1000, tol=1e-8).fit(matrix.to_numpy(), treated)
    linear = model.decision_function(matrix.to_numpy())
    if np.abs(linear).max() > _SEPARATED:
        raise MatchingError(
            "the covariates tell the groups apart: some people could only have been treated, or "
            "only not. Leave those people out, or a covariate that is the treatment by another name"
        )
    scores = pd.Series(model.predict_proba(matrix.to_numpy())[:, 1], ordered.index, name="score")
    return scores.reindex(people.index)


def logit(scores: pd.Series) -> pd.Series:
    """Log odds of the scores, on which distances near 0 and 1 count as they should."""
    return np.log(scores / (1 - scores)).rename("logit")


def caliper_width(people: pd.DataFrame, treatment: str, score: pd.Series) -> float:
    """0.2 of the pooled standard deviation of ``score`` (the logit), as Austin (2011) has it."""
    check_people(people, [treatment])
    treated = flags_of(people, treatment)
    values = score.reindex(people.index).to_numpy(dtype=float)
    variances = [float(np.var(values[group], ddof=1)) for group in (treated, ~treated)]
    return CALIPER * float(np.sqrt(np.mean(variances)))
