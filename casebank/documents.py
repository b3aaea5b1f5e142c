"""Strict JSON for frozen dataclasses: what is unknown, missing or of another type is refused."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Callable, Mapping
from functools import cache
from json.encoder import encode_basestring
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from casebank.errors import CaseFormatError

T = TypeVar("T")

_PLAIN = frozenset({str, int, float, bool, type(None)})


def encode(value: Any) -> Any:
    """JSON-ready form of a dataclass: tuples become lists, dataclasses become objects.

    What is read again is written the same: an int where a field is a float becomes a float.
    """
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return [encode(item) for item in value]
    if dataclasses.is_dataclass(value):
        floats = _floats(kind)
        return {
            name: float(item)
            if type(item := getattr(value, name)) is int and name in floats
            else encode(item)
            for name in _names(kind)
        }
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return value


def to_bytes(document: Any) -> bytes:
    """Canonical JSON: sorted keys, UTF-8, one trailing newline."""
    try:
        text = _written(document, "\n")
    except TypeError:
        # A key or a value of another type, which only the library knows how to write.
        text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _written(value: Any, line: str) -> str:
    """What ``json.dumps`` writes with ``indent=1``, whose encoder is slow as soon as it indents.

    ``line`` begins a line at the depth of ``value``.
    """
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is dict or kind is list:
        if not value:
            return "{}" if kind is dict else "[]"
        inner = line + " "
        if kind is list:
            parts = [_written(item, inner) for item in value]
            return f"[{inner}{f',{inner}'.join(parts)}{line}]"
        parts = [
            f"{encode_basestring(key)}: {_written(value[key], inner)}" for key in sorted(value)
        ]
        return f"{{{inner}{f',{inner}'.join(parts)}{line}}}"
    if kind is int:
        return int.__repr__(value)
    if value is None:
        return "null"
    if kind in _PLAIN:
        return json.dumps(value, allow_nan=False)
    raise TypeError(kind.__name__)


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
    try:
        return cast(T, _decoder(cast(Any, kind))(value))
    except _Unfit as unfit:
        raise CaseFormatError(f"{where}{''.join(reversed(unfit.path))}: {unfit}") from None


class _Unfit(Exception):
    """What does not fit; ``path`` leads to it, innermost first."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.path: list[str] = []


_Decoder = Callable[[Any], Any]


@cache
def _decoder(kind: Any) -> _Decoder:
    """What turns JSON-ready values into ``kind``, made once: a case has some 100,000 of them."""
    if dataclasses.is_dataclass(kind):
        return _dataclass_decoder(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (_decoder(a) for a in arguments if a is not type(None))
        optional = type(None) in arguments
        return lambda value: None if value is None and optional else inner(value)
    if origin is Literal:
        allowed = frozenset(arguments)
        return _checked(lambda v: isinstance(v, str) and v in allowed, f"one of {arguments}")
    if origin is tuple:
        return _tuple_decoder(_decoder(arguments[0]))
    if origin is not None:
        return _mapping_decoder(_decoder(arguments[1]))
    if kind is float:
        return _finite
    return _checked(lambda value: type(value) is kind, f"a value of type {kind.__name__}")


def _checked(fits: Callable[[Any], bool], expected: str) -> _Decoder:
    def decoder(value: Any) -> Any:
        if not fits(value):
            raise _Unfit(f"expected {expected}")
        return value

    return decoder


def _finite(value: Any) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not (good and math.isfinite(value)):
        raise _Unfit("expected a finite number")
    return float(value)


def _tuple_decoder(item: _Decoder) -> _Decoder:
    def decoder(value: Any) -> Any:
        if not isinstance(value, list):
            raise _Unfit("expected a list")
        found: list[Any] = []
        try:
            for one in value:
                found.append(item(one))
        except _Unfit as unfit:
            unfit.path.append(f"[{len(found)}]")
            raise
        return tuple(found)

    return decoder


def _mapping_decoder(item: _Decoder) -> _Decoder:
    def decoder(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Unfit("expected an object")
        try:
            return {key: item(one) for key, one in value.items()}
        except _Unfit as unfit:
            unfit.path.append(".*")
            raise

    return decoder


def _dataclass_decoder(kind: Any) -> _Decoder:
    names = frozenset(_hints(kind))
    needed = names - _added(kind)

    def decoder(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Unfit("expected an object")
        if value.keys() != names:
            for key in sorted(value.keys() - names):
                # A key could be anything, so only what was expected is named.
                raise _Unfit(f"a field of {len(key)} characters is not known there")
            for name in sorted(needed - value.keys()):
                raise _Unfit(f"expected the field {name}")
        parts = _parts(kind)
        fields: dict[str, Any] = {}
        name = ""
        try:
            for name, one in value.items():
                fields[name] = parts[name](one)
        except _Unfit as unfit:
            unfit.path.append(f".{name}")
            raise
        try:
            return kind(**fields)
        except ValueError as error:
            raise _Unfit(str(error)) from None

    return decoder


@cache
def _parts(kind: Any) -> dict[str, _Decoder]:
    return {name: _decoder(hint) for name, hint in _hints(kind).items()}


@cache
def _added(kind: Any) -> frozenset[str]:
    """Fields that came into the schema later: a document from before has their default."""
    return frozenset(f.name for f in dataclasses.fields(kind) if f.metadata.get("added"))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _floats(kind: Any) -> frozenset[str]:
    hints = _hints(kind).items()
    return frozenset(name for name, hint in hints if hint is float or float in get_args(hint))


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise CaseFormatError("the document gives a field twice")
    return result


def _refuse_constant(name: str) -> Any:
    raise CaseFormatError("the document holds a number that is not finite")
