"""Matching people by what they have in common, over data frames with one row a person.

The index of a frame is the person; its name and type do not matter, its values are unique. Results
depend on the people, their values and the seed, and not on the order of the rows.

.. code-block:: python

    scores = propensity_scores(people, "treated", ["age", "sex", "systolic"])
    matching = match_nearest(people, "treated", score=logit(scores), caliper=caliper(...))
    balance = balance_table(people, "treated", ["age", "sex", "systolic"], matching)
"""

from cohorts.matching.balance import balance_table, love_plot
from cohorts.matching.pairing import Matching, match_exact, match_nearest, match_optimal
from cohorts.matching.propensity import caliper_width, logit, propensity_scores
from cohorts.matching.risk_sets import sample_risk_sets

__all__ = [
    "Matching",
    "balance_table",
    "caliper_width",
    "logit",
    "love_plot",
    "match_exact",
    "match_nearest",
    "match_optimal",
    "propensity_scores",
    "sample_risk_sets",
]
