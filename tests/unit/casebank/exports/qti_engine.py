"""A small delivery engine: carries out the response processing of a QTI 3 item."""

from __future__ import annotations

from typing import Any

from lxml import etree

NS = "{http://www.imsglobal.org/xsd/imsqtiasi_v3p0}"
Value = Any  # None is NULL; lists are containers


def outcomes(item: bytes, response: Value) -> dict[str, Value]:
    """The outcomes after ``response``; an empty container is NULL, as in QTI."""
    root = etree.fromstring(item)
    declared = root.find(f"{NS}qti-response-declaration")
    assert declared is not None
    engine = _Engine(declared, None if response in ([], "") else response)
    processing = root.find(f"{NS}qti-response-processing")
    assert processing is not None
    for step in processing:
        engine.carry_out(step)
    return engine.outcomes


class _Engine:
    def __init__(self, declared: Any, response: Value) -> None:
        self.response = response
        self.outcomes: dict[str, Value] = {}
        self.mapping = {
            entry.get("map-key"): float(entry.get("mapped-value"))
            for entry in declared.iter(f"{NS}qti-map-entry")
        }

    def carry_out(self, step: Any) -> bool:
        name = step.tag.removeprefix(NS)
        if name == "qti-set-outcome-value":
            self.outcomes[step.get("identifier")] = self.value(step[0])
        elif name == "qti-response-condition":
            for branch in step:
                test, rules = (None, branch) if "else" in branch.tag else (branch[0], branch[1:])
                if test is None or self.value(test) is True:
                    for rule in rules:
                        self.carry_out(rule)
                    break
        else:
            raise AssertionError(f"unknown rule {name}")
        return True

    def value(self, expression: Any) -> Value:
        name = expression.tag.removeprefix(NS + "qti-")
        if name == "base-value":
            kind = expression.get("base-type")
            return expression.text if kind == "identifier" else float(expression.text)
        if name == "variable":
            identifier = expression.get("identifier")
            return self.response if identifier == "RESPONSE" else self.outcomes.get(identifier)
        if name == "map-response":
            given = self.response if isinstance(self.response, list) else [self.response]
            return sum(self.mapping.get(one, 0.0) for one in set(given) if one is not None)
        parts = [self.value(part) for part in expression]
        if name == "is-null":
            return parts[0] is None
        if name == "container-size":
            return 0 if parts[0] is None else len(parts[0])
        if name == "or":
            return any(part is True for part in parts)
        if any(part is None for part in parts):
            return None
        if name == "index":
            place = int(expression.get("n"))
            return parts[0][place - 1] if place <= len(parts[0]) else None
        if name == "product":
            return parts[0] * parts[1]
        calculations = {
            "sum": lambda: sum(parts),
            "divide": lambda: parts[0] / parts[1] if parts[1] else None,
            "gt": lambda: parts[0] > parts[1],
            "match": lambda: parts[0] == parts[1],
            "member": lambda: parts[0] in parts[1],
        }
        return calculations[name]()
