"""Operations by name with arguments as text, as a form sends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cohorts.editing import operations
from cohorts.editing.operations import Edit
from cohorts.editing.paths import Document, whole
from cohorts.errors import DefinitionError

Arguments = Mapping[str, Sequence[str]]
# A concept of the vocabulary by its id, as Circe JSON has it.
FindConcept = Callable[[int], Document]


def perform(document: Document, arguments: Arguments, concept: FindConcept) -> Edit:
    """Carry out the operation that argument ``op`` names.

    Raises:
        DefinitionError: for an unknown operation, or one that cannot be carried out there.
    """
    operation = COMMANDS.get(_one(arguments, "op"))
    if operation is None:
        raise DefinitionError("$", "there is no such operation")
    return operation(document, arguments, concept)


def _set_values(document: Document, arguments: Arguments, concept: FindConcept) -> Edit:
    values = {
        path: {
            key.partition("|")[2]: texts
            for key, texts in arguments.items()
            if key.partition("|")[0] == path and "|" in key
        }
        for path in arguments.get("shown", ())
    }
    asked = {
        number
        for fields in values.values()
        for text in fields.get("", ())
        if (number := whole(text)) is not None
    }
    kinds = {path for path in values if operations.kind_at(path) == "[Concept]"}
    known = {number: concept(number) for number in asked} if kinds else {}
    return operations.set_values(document, values, known)


def _add_criterion(document: Document, arguments: Arguments, concept: FindConcept) -> Edit:
    chosen = _whole(arguments, "concept")
    return operations.add_criterion(
        document,
        _one(arguments, "path"),
        _one(arguments, "kind"),
        _whole(arguments, "set"),
        None if chosen is None else concept(chosen),
    )


def _add_concept_set(document: Document, arguments: Arguments, concept: FindConcept) -> Edit:
    chosen = _whole(arguments, "concept")
    return operations.add_concept_set(
        document, _one(arguments, "name"), None if chosen is None else concept(chosen)
    )


def _add_concept(document: Document, arguments: Arguments, concept: FindConcept) -> Edit:
    chosen = _whole(arguments, "concept")
    if chosen is None:
        raise DefinitionError(_one(arguments, "path"), "choose a concept")
    return operations.add_concept(document, _one(arguments, "path"), concept(chosen))


COMMANDS: Final[dict[str, Callable[[Document, Arguments, FindConcept], Edit]]] = {
    "set_values": _set_values,
    "add_criterion": _add_criterion,
    "add_concept_set": _add_concept_set,
    "add_concept": _add_concept,
    "add_demographic": lambda d, a, _: operations.add_demographic(d, _one(a, "path")),
    "add_group": lambda d, a, _: operations.add_group(d, _one(a, "path")),
    "add_rule": lambda d, a, _: operations.add_rule(d, _one(a, "name")[:200]),
    "add_part": lambda d, a, _: operations.add_part(d, _one(a, "path")),
    "set_end": lambda d, a, _: operations.set_end(d, _one(a, "kind"), _whole(a, "set")),
    "remove": lambda d, a, _: operations.remove(d, _one(a, "path")),
    "move": lambda d, a, _: operations.move(d, _one(a, "path"), _whole(a, "by") or 0),
    "duplicate": lambda d, a, _: operations.duplicate(d, _one(a, "path")),
    "set_json": lambda d, a, _: operations.set_json(d, _one(a, "path"), _one(a, "text")),
}


def _one(arguments: Arguments, name: str) -> str:
    texts = arguments.get(name) or [""]
    return texts[-1].strip() if name != "text" else texts[-1]


def _whole(arguments: Arguments, name: str) -> int | None:
    text = _one(arguments, name)
    if not text:
        return None
    number = whole(text)
    if number is None:
        raise DefinitionError("$", f"{name} is no whole number")
    return number
