"""Data classes as JSON: their JSON Schema, values of them as JSON, and JSON sent as values of them.

The one place where the description and what is checked come from the same type hints. Known are
text, numbers, truth values, dates, enumerations, ``None``, tuples, mappings, data classes and
:class:`Listing`; ``Annotated`` adds a :class:`Limit`.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from app.errors import BadInput

Item = TypeVar("Item")
Schema = dict[str, Any]


@dataclass(frozen=True)
class Limit:
    """What a value that is sent may be: longest text, smallest and largest number."""

    longest: int = 0
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Listing(Generic[Item]):
    """One page of a list, how many items there are in all, and how many pages."""

    items: tuple[Item, ...]
    total: int
    page: int
    pages: int


def schema_of(kind: Any, components: dict[str, Schema]) -> Schema:
    """The JSON Schema (2020-12) of a type; those of data classes are put into ``components``."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return schema_of(arguments[0], components) | _limits(arguments[1])
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(one, components) for one in arguments]}
    if origin is tuple:
        return {"type": "array", "items": schema_of(arguments[0], components)}
    if origin in (dict, Mapping) or kind is dict:
        return {"type": "object"}
    if is_dataclass(origin if origin is Listing else kind):
        return _reference(kind, components)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"type": "string", "enum": [one.value for one in kind]}
    return dict(_SIMPLE[kind])


_SIMPLE: dict[Any, Schema] = {
    Any: {},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def _limits(limit: Limit) -> Schema:
    found: Schema = {}
    if limit.longest:
        found["maxLength"] = limit.longest
    if limit.least is not None:
        found["minimum"] = limit.least
    if limit.most is not None:
        found["maximum"] = limit.most
    return found


def _reference(kind: Any, components: dict[str, Schema]) -> Schema:
    listed = get_args(kind)
    plain = get_origin(kind) or kind
    name = f"{listed[0].__name__}List" if listed else plain.__name__
    if name not in components:
        components[name] = {}  # so that a type within itself ends
        hints = _hints(kind)
        components[name] = {
            "type": "object",
            "description": " ".join((plain.__doc__ or "").split()),
            "properties": {one: schema_of(hint, components) for one, hint in hints.items()},
            "required": [
                one.name for one in fields(plain) if _is_required(one) or not _is_sent(plain)
            ],
            "additionalProperties": False,
        }
    return {"$ref": f"#/components/schemas/{name}"}


def _is_required(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _is_sent(kind: type) -> bool:
    """Whether programs send it to us, so that what has a default may be left out."""
    return bool(getattr(kind, "SENT", False))


def _hints(kind: Any) -> dict[str, Any]:
    plain, listed = get_origin(kind) or kind, get_args(kind)
    hints = get_type_hints(plain, include_extras=True)
    if listed:
        hints["items"] = tuple[listed[0], ...]  # type: ignore[valid-type]
    return {one.name: hints[one.name] for one in fields(plain)}


def to_json(value: Any) -> Any:
    """A value as what ``json`` writes."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: to_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    return value


def parse_body(kind: type[Item], data: bytes) -> Item:
    """A body as a data class.

    Raises:
        BadInput: naming the place (a JSON Pointer) of what cannot be used.
    """
    try:
        document = json.loads(data, parse_constant=_no_constant)
        text = json.dumps(document, ensure_ascii=False)
        text.encode("utf-8")
    except (ValueError, RecursionError):
        raise BadInput("The body is no JSON document in UTF-8.") from None
    if "\\u0000" in text:
        raise BadInput("Text has no character of the number zero.")
    if not isinstance(document, dict):
        raise BadInput("The body is a JSON object.")
    hints = _hints(kind)
    for name in document:
        if name not in hints:
            raise BadInput(f"There is no field {str(name)[:60]!r}; there are {', '.join(hints)}.")
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in document and _is_required(field):
            raise BadInput(f"The field {field.name} is missing.")
    return kind(**{name: _checked(hints[name], one, name) for name, one in document.items()})


def parse_query(kind: type[Item], sent: Mapping[str, list[str]]) -> Item:
    """Parameters of an address as a data class.

    Raises:
        BadInput: for a parameter that is unknown, said twice, or not of its kind.
    """
    hints = _hints(kind)
    values: dict[str, Any] = {}
    for name, said in sent.items():
        if name not in hints:
            known = ", ".join(hints) or "none"
            raise BadInput(f"There is no parameter {name[:60]!r}; there are: {known}.")
        if len(said) > 1:
            raise BadInput(f"The parameter {name} is said twice.")
        values[name] = _checked(hints[name], _read(hints[name], said[0]), name)
    return kind(**values)


def _read(hint: Any, text: str) -> Any:
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if plain is int:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text
    if plain is bool:
        return {"true": True, "false": False}.get(text, text)
    return text


def _checked(hint: Any, value: Any, where: str) -> Any:
    limit = Limit()
    if get_origin(hint) is Annotated:
        hint, limit = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint is int and (not isinstance(value, int) or isinstance(value, bool)):
        raise BadInput(f"{where} is a whole number.")
    if hint is bool and not isinstance(value, bool):
        raise BadInput(f"{where} is true or false.")
    if hint is str and not isinstance(value, str):
        raise BadInput(f"{where} is text.")
    if get_origin(hint) is dict and not isinstance(value, dict):
        raise BadInput(f"{where} is a JSON object.")
    if limit.longest and len(value) > limit.longest:
        raise BadInput(f"{where} has at most {limit.longest} characters.")
    if limit.least is not None and value < limit.least:
        raise BadInput(f"{where} is at least {limit.least}.")
    if limit.most is not None and value > limit.most:
        raise BadInput(f"{where} is at most {limit.most}.")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)
