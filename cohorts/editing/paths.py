"""Places in a cohort expression: JSON paths as the model writes them, and what may stand there.

A document is Circe JSON as Python's ``json`` reads it. It is never changed in place: a change
copies the objects and lists on the way to it and shares everything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from cohorts.errors import DefinitionError
from cohorts.schema import OBJECTS, WRAPPERS, Fields

Document = dict[str, Any]
Step = str | int
ROOT: Final = "CohortExpression"
_STEP = re.compile(r"\.([A-Za-z_]{1,60})|\[(\d{1,6})\]")
_WHOLE = re.compile(r"-?[0-9]{1,10}")
_LONGEST: Final = 2000


def whole(value: Any) -> int | None:
    """A whole number, given as one or as its text, or ``None`` if it is none."""
    text = str(value).strip()
    return int(text) if _WHOLE.fullmatch(text) else None


class _Nothing:
    """Stands for a property that is not there; only as an argument or result."""


NOTHING: Final = _Nothing()


def parse_path(path: str) -> tuple[Step, ...]:
    """``$.InclusionRules[0].name`` as ``("InclusionRules", 0, "name")``.

    Raises:
        DefinitionError: if it is no path.
    """
    if not path.startswith("$") or len(path) > _LONGEST:
        raise DefinitionError("$", "expected a place such as $.InclusionRules[0]")
    steps: list[Step] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise DefinitionError("$", "expected a place such as $.InclusionRules[0]")
        steps.append(found[1] if found[1] is not None else int(found[2]))
        position = found.end()
    return tuple(steps)


def join_path(steps: tuple[Step, ...]) -> str:
    """The path of steps; undoes :func:`parse_path`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def parent_of(path: str) -> tuple[str, Step]:
    """The path around a place, and the last step to it.

    Raises:
        DefinitionError: for the whole definition, which has nothing around it.
    """
    steps = parse_path(path)
    if not steps:
        raise DefinitionError(path, "is the whole definition")
    return join_path(steps[:-1]), steps[-1]


def kind_at(path: str) -> str:
    """What the schema has at a place: a scalar kind, an object's name, a list as ``[Concept]``.

    The body of a criterion is called ``Criteria.ConditionOccurrence``.

    Raises:
        DefinitionError: if the schema has nothing there.
    """
    kind = ROOT
    for step in parse_path(path):
        inner: str | None = None
        if isinstance(step, int):
            inner = kind[1:-1] if kind.startswith("[") else None
        elif kind in WRAPPERS:
            inner = f"{kind}.{step}" if step in WRAPPERS[kind] else None
        else:
            inner = fields_of(kind).get(step)
        if inner is None:
            raise DefinitionError(path, "Circe has nothing of that name")
        kind = inner.rstrip("!")
    return kind


def fields_of(kind: str) -> Fields:
    """The properties of an object's kind; empty for anything else."""
    wrapper, _, name = kind.partition(".")
    if name:
        return WRAPPERS[wrapper][name]
    return OBJECTS.get(kind, {})


def find_at(document: Document, path: str) -> Any:
    """What stands at a place, or ``NOTHING``."""
    node: Any = document
    for step in parse_path(path):
        node = _inside(node, step)
        if node is NOTHING:
            return NOTHING
    return node


def get_at(document: Document, path: str) -> Any:
    """What stands at a place.

    Raises:
        DefinitionError: if there is nothing (any more).
    """
    found = find_at(document, path)
    if found is NOTHING:
        raise DefinitionError(path, "is no longer there")
    return found


def changed_at(document: Document, path: str, change: Callable[[Any], Any]) -> Document:
    """The document with ``change`` made to what stands at a place.

    ``change`` receives ``NOTHING`` where there is nothing, and removes by returning it. Objects
    that are missing on the way are made, unless nothing would stand in them; lists are not.

    Raises:
        DefinitionError: if the way leads through something else.
    """
    result: Document = _changed(document, parse_path(path), change, path)
    return result


def put_at(document: Document, path: str, value: Any) -> Document:
    """The document with ``value`` at a place, or with nothing there for ``NOTHING``.

    Raises:
        DefinitionError: if the way leads through something else.
    """
    return changed_at(document, path, lambda _: value)


def _changed(node: Any, steps: tuple[Step, ...], change: Callable[[Any], Any], path: str) -> Any:
    if not steps:
        return change(node)
    step, rest = steps[0], steps[1:]
    if node is NOTHING or node is None:
        if isinstance(step, int):
            raise DefinitionError(path, "is no longer there")
        made = _changed(NOTHING, rest, change, path)
        return NOTHING if made is NOTHING else {step: made}
    inner = _inside(node, step)
    if isinstance(node, list) and isinstance(step, int):
        if inner is NOTHING:
            raise DefinitionError(path, "is no longer there")
        made = _changed(inner, rest, change, path)
        middle = [] if made is NOTHING else [made]
        return [*node[:step], *middle, *node[step + 1 :]]
    if isinstance(node, dict) and isinstance(step, str):
        made = _changed(inner, rest, change, path)
        if made is NOTHING:
            return {key: value for key, value in node.items() if key != step}
        return {**node, step: made}
    raise DefinitionError(path, "is no longer there")


def _inside(node: Any, step: Step) -> Any:
    if isinstance(step, str) and isinstance(node, dict):
        return node.get(step, NOTHING)
    if isinstance(step, int) and isinstance(node, list) and step < len(node):
        return node[step]
    return NOTHING
