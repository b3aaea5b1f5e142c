"""How well a model learns a sensitive column from quasi-identifiers, before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

_FOLDS = 3


def accuracy(table: pa.Table, quasi_identifiers: Sequence[str], target: str) -> float | None:
    """Mean accuracy of a logistic model over three folds; each label is a category of its own.

    None if a value of the target is rarer than the folds, so that it cannot be in each of them.
    """
    columns = [
        table.column(name).cast(pa.string()).fill_null("").to_numpy() for name in quasi_identifiers
    ]
    values = table.column(target).cast(pa.string()).fill_null("").to_numpy()
    counts = np.unique(values, return_counts=True)[1]
    if len(counts) < 2 or counts.min() < _FOLDS:
        return None
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(max_iter=200))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    return float(cross_val_score(model, np.column_stack(columns), values, cv=folds).mean())


def commonest(table: pa.Table, target: str) -> float:
    """Accuracy of always saying the most frequent value."""
    counts = np.unique(table.column(target).cast(pa.string()).to_numpy(), return_counts=True)[1]
    return float(counts.max() / counts.sum())
