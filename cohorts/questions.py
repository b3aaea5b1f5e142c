"""The sets of people that a cohort's answer counts, each with the question it answers.

A question is told by what it asks for and not by how it is written: names, captions and the order
of rules do not matter. The people who remain after some rules of a definition answer the same
question as a definition with those rules only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cohorts.differencing import Bits, bits_of
from cohorts.model import CohortDefinition
from cohorts.result import CohortResult

_CAPTIONS: Final = frozenset(
    {
        "name", "description", "Title", "cdmVersionRange", "CONCEPT_NAME", "CONCEPT_CODE",
        "DOMAIN_ID", "VOCABULARY_ID", "CONCEPT_CLASS_ID", "STANDARD_CONCEPT",
        "STANDARD_CONCEPT_CAPTION", "INVALID_REASON", "INVALID_REASON_CAPTION",
    }
)  # fmt: skip

Ids = npt.NDArray[np.int64]


def question_of(definition: CohortDefinition, rules: Collection[int] | None = None) -> str:
    """SHA-256 of the question that a definition asks with some of its inclusion rules, or all."""
    document = {key: value for key, value in definition.expression.items() if key != "Title"}
    all_rules = document.pop("InclusionRules", None) or ()
    chosen = [
        _canonical(rule) for index, rule in enumerate(all_rules) if rules is None or index in rules
    ]
    return hashlib.sha256("\n".join([_canonical(document), *sorted(chosen)]).encode()).hexdigest()


def people_by_rules(result: CohortResult, everybody: Ids) -> Callable[[Collection[int]], Bits]:
    """For some inclusion rules, the people whose best event meets all of them.

    ``everybody`` are the ids of all people of the source, ascending: the order of the bits. They
    are looked up once, so that many sets of one result cost little.

    Raises:
        ValueError: if the engine did not tell which rules each person meets.
    """
    if result.rules_met is None:
        raise ValueError("the engine did not tell which rules each person meets")
    places = np.searchsorted(everybody, result.rules_met["person_id"].to_numpy())
    masks = result.rules_met["mask"].to_numpy()

    def meeting(rules: Collection[int]) -> Bits:
        wanted = sum(1 << rule for rule in rules)
        return bits_of(places[masks & wanted == wanted], len(everybody))

    return meeting


def _canonical(node: Any) -> str:
    return json.dumps(_without_captions(node), sort_keys=True, separators=(",", ":"))


def _without_captions(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {k: _without_captions(v) for k, v in node.items() if k not in _CAPTIONS}
    if isinstance(node, list | tuple):
        return [_without_captions(entry) for entry in node]
    return node
