"""Strict JSON for frozen dataclasses: what is unknown, missing or of another type is refused."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from casebank.errors import CaseFormatError

T = TypeVar("T")


def encode(value: Any) -> Any:
    """JSON-ready form of a dataclass: tuples become lists, dataclasses become objects.

    What is read again is written the same: an int where a field is a float becomes a float.
    """
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        floats = _floats(kind)
        return {
            f.name: float(item)
            if type(item := getattr(value, f.name)) is int and f.name in floats
            else encode(item)
            for f in dataclasses.fields(value)
        }
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return value


def to_bytes(document: Any) -> bytes:
    """Canonical JSON: sorted keys, UTF-8, one trailing newline."""
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def from_bytes(data: bytes) -> Any:
    """Parse JSON, refusing duplicate keys and numbers that are not finite.

    Raises:
        CaseFormatError: if ``data`` is not such JSON.
    """
    try:
        return json.loads(
            data, object_pairs_hook=_object_without_duplicates, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, CaseFormatError):
            raise
        raise CaseFormatError("the document is not JSON in UTF-8") from None


def decode(kind: type[T], value: Any, where: str = "case") -> T:
    """Build ``kind`` from JSON-ready ``value``.

    Raises:
        CaseFormatError: naming the place, never the value, of the first thing that does not fit.
    """
    return _decode(kind, value, where)


def _decode(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, value, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        (inner,) = (a for a in arguments if a is not type(None))
        return _decode(inner, value, where)
    if origin is Literal:
        _demand(isinstance(value, str) and value in arguments, where, f"one of {arguments}")
        return value
    if origin is tuple:
        _demand(isinstance(value, list), where, "a list")
        return tuple(_decode(arguments[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if origin is not None:
        _demand(isinstance(value, dict), where, "an object")
        return {key: _decode(arguments[1], v, f"{where}.*") for key, v in value.items()}
    if kind is float:
        good = isinstance(value, int | float) and not isinstance(value, bool)
        _demand(good and math.isfinite(value), where, "a finite number")
        return float(value)
    _demand(type(value) is kind, where, f"a value of type {kind.__name__}")
    return value


def _decode_dataclass(kind: Any, value: Any, where: str) -> Any:
    _demand(isinstance(value, dict), where, "an object")
    hints = _hints(kind)
    for name in sorted(set(value) - set(hints)):
        # A key could be anything, so only what was expected is named.
        raise CaseFormatError(f"{where}: a field of {len(name)} characters is not known there")
    missing = sorted(set(hints) - set(value) - _added(kind))
    _demand(not missing, where, f"the field {missing[0]}" if missing else "")
    fields = {
        name: _decode(hint, value[name], f"{where}.{name}")
        for name, hint in hints.items()
        if name in value
    }
    try:
        return kind(**fields)
    except ValueError as error:
        raise CaseFormatError(f"{where}: {error}") from None


@cache
def _added(kind: Any) -> frozenset[str]:
    """Fields that came into the schema later: a document from before has their default."""
    return frozenset(f.name for f in dataclasses.fields(kind) if f.metadata.get("added"))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@cache
def _floats(kind: Any) -> frozenset[str]:
    hints = _hints(kind).items()
    return frozenset(name for name, hint in hints if hint is float or float in get_args(hint))


def _demand(truth: bool, where: str, expected: str) -> None:
    if not truth:
        raise CaseFormatError(f"{where}: expected {expected}")


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise CaseFormatError("the document gives a field twice")
    return result


def _refuse_constant(name: str) -> Any:
    raise CaseFormatError("the document holds a number that is not finite")
