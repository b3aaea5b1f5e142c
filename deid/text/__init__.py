"""The text engine: finds identifiers in clinical notes and replaces them.

>>> from deid.text import scrub
>>> scrub("Seen by Dr. Okafor today.", mode="tag").text
'Seen by Dr. [NAME] today.'
"""

from __future__ import annotations

from typing import Any

__all__ = ["scrub"]


def __getattr__(name: str) -> Any:
    # The engine's expressions and word lists load only where a note is scrubbed.
    if name == "scrub":
        from deid.text.one_note import scrub

        return scrub
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
