"""Which page of a long list is asked for."""

from __future__ import annotations

from typing import Final

from flask import request

LAST_PAGE: Final = 1_000_000
"""Further on there is nothing that a database could count to."""


def page_number() -> int:
    """The page that the address names, from 1."""
    return min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
