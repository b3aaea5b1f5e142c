"""Response declarations and response processing of QTI 3: the scores of ``casebank.scoring``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from lxml import etree

from casebank.scoring.differential import DEPTH, discounted_gain

NAMESPACE: Final = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
# lxml has no public type for an element.
Element: TypeAlias = Any


def element(name: str, text: str | None = None, **attributes: str) -> Element:
    """An element of QTI; an underscore in an attribute's name stands for a hyphen."""
    named = {key.replace("_", "-"): value for key, value in attributes.items()}
    made = etree.Element(f"{{{NAMESPACE}}}{name}", named)
    made.text = text
    return made


def response(
    cardinality: str,
    base_type: str,
    correct: Sequence[str] = (),
    mapping: Mapping[str, float] | None = None,
) -> Element:
    """The declaration of ``RESPONSE``, with what is right and what each value is worth."""
    declared = element(
        "qti-response-declaration",
        identifier="RESPONSE",
        cardinality=cardinality,
        base_type=base_type,
    )
    if correct:
        right = element("qti-correct-response")
        right.extend(element("qti-value", value) for value in correct)
        declared.append(right)
    if mapping:
        mapped_values = element("qti-mapping", default_value="0")
        for key, value in mapping.items():
            mapped_values.append(element("qti-map-entry", map_key=key, mapped_value=_number(value)))
        declared.append(mapped_values)
    return declared


def outcome(identifier: str, base_type: str) -> Element:
    """The declaration of an outcome with one value."""
    return element(
        "qti-outcome-declaration",
        identifier=identifier,
        cardinality="single",
        base_type=base_type,
    )


def sum_of_items() -> Element:
    """Outcome processing of a test: the scores of its items together."""
    items = element("qti-test-variables", variable_identifier="SCORE")
    return _of("qti-outcome-processing", set_outcome("SCORE", _of("qti-sum", items)))


def mapped() -> list[Element]:
    """The score is the value of what was chosen."""
    return [set_outcome("SCORE", _map_response())]


def share_unless(harmful: Sequence[str], most: int) -> list[Element]:
    """The share of what is right; nothing for too many choices or a harmful one."""
    spoiled = _of("qti-gt", _size(), constant("integer", str(most)))
    if harmful:
        members = [_of("qti-member", constant("identifier", name), _variable()) for name in harmful]
        spoiled = _of("qti-or", spoiled, *members)
    return [
        _condition(
            spoiled,
            set_outcome("SCORE", constant("float", "0")),
            set_outcome("SCORE", _map_response()),
        )
    ]


def harmonic_mean(right: int) -> list[Element]:
    """Harmonic mean of precision and recall: twice the right ones, over chosen and asked.

    Where nothing is right, choosing nothing is all right.
    """
    if not right:
        return [
            _condition(
                _of("qti-is-null", _variable()),
                set_outcome("SCORE", constant("float", "1")),
                set_outcome("SCORE", constant("float", "0")),
            )
        ]
    twice = _of("qti-product", constant("float", "2"), _map_response())
    both = _of("qti-sum", _size(), constant("integer", str(right)))
    return [set_outcome("SCORE", _of("qti-divide", twice, both))]


def discounted_gain_of(grades: Mapping[str, int]) -> list[Element]:
    """Normalised discounted cumulative gain of an ordered response; ``grades`` by identifier."""
    ideal = discounted_gain(sorted(grades.values(), reverse=True))
    steps = [set_outcome("SCORE", constant("float", "0"))]
    for place in range(1, min(DEPTH, len(grades)) + 1):
        for name, grade in grades.items():
            gain = (2**grade - 1) / math.log2(place + 1) / ideal
            at_place = element("qti-index", n=str(place))
            at_place.append(_variable())
            stands = _of("qti-match", at_place, constant("identifier", name))
            total = _of("qti-sum", _variable("SCORE"), constant("float", _number(gain)))
            steps.append(_condition(stands, set_outcome("SCORE", total)))
    return steps


def set_outcome(identifier: str, value: Element) -> Element:
    """An outcome gets a value."""
    made = element("qti-set-outcome-value", identifier=identifier)
    made.append(value)
    return made


def constant(base_type: str, value: str) -> Element:
    """A value that is always the same."""
    return element("qti-base-value", value, base_type=base_type)


def _condition(test: Element, then: Element, otherwise: Element | None = None) -> Element:
    made = element("qti-response-condition")
    made.append(_of("qti-response-if", test, then))
    if otherwise is not None:
        made.append(_of("qti-response-else", otherwise))
    return made


def _map_response() -> Element:
    return element("qti-map-response", identifier="RESPONSE")


def _variable(identifier: str = "RESPONSE") -> Element:
    return element("qti-variable", identifier=identifier)


def _size() -> Element:
    return _of("qti-container-size", _variable())


def _of(name: str, *parts: Element) -> Element:
    made = element(name)
    made.extend(parts)
    return made


def _number(value: float) -> str:
    return repr(round(value, 12))
