"""Characters that XML 1.0 cannot hold: nobody sees them, and one of them would stop an export.

In their place stands U+FFFD, which says that something was there.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Final

_UNFIT: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def readable(value: Any) -> Any:
    """The same texts, tuples, mappings and frozen dataclasses without such characters.

    >>> readable(("a\\x0bb", 1))
    ('a\N{REPLACEMENT CHARACTER}b', 1)
    """
    if isinstance(value, str):
        return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, tuple):
        return tuple(map(readable, value))
    if isinstance(value, Mapping):
        return {readable(key): readable(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
        changed = {name: new for name, old in held.items() if (new := readable(old)) != old}
        return dataclasses.replace(value, **changed) if changed else value
    return value
