"""JSON as strictly as a definition needs it: bounded, and with text that databases can keep."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from cohorts.errors import DefinitionError

MAX_BYTES: Final = 8 * 1024 * 1024
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")


def parse_json(source: bytes) -> Any:
    """JSON as strictly as a definition needs it: no duplicate property, no NaN, no NUL, no bomb.

    Raises:
        DefinitionError: saying what is wrong.
    """
    if len(source) > MAX_BYTES:
        raise DefinitionError("$", f"longer than {MAX_BYTES} bytes")
    try:
        return json.loads(
            source.decode("utf-8-sig"),
            object_pairs_hook=_unique_object,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise DefinitionError("$", "not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise DefinitionError(
            "$", f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except RecursionError:
        raise DefinitionError("$", "nested too deeply") from None
    except ValueError:
        # Python refuses to read integers of thousands of digits.
        raise DefinitionError("$", "holds a number that is too long") from None


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DefinitionError("$", f"an object holds the property {twice[:60]!r} twice")
    if any(_unwritable(text) for pair in pairs for text in pair):
        raise DefinitionError("$", "holds half a character or a NUL, which no database keeps")
    return document


def _unwritable(value: Any) -> bool:
    """JSON may escape what UTF-8 and databases cannot hold: lone surrogates and NUL."""
    if isinstance(value, list):
        return any(_unwritable(entry) for entry in value)
    return isinstance(value, str) and _UNWRITABLE.search(value) is not None


def _refuse_constant(name: str) -> Any:
    raise DefinitionError("$", f"{name} is not a number of JSON")
