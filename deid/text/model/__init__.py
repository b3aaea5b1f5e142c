"""Statistical models that review what the rules of a language found.

They stand above the packs, whose word lists they read; the engine asks for them by the pack's tag.
"""

from __future__ import annotations

import importlib
from functools import cache

from deid.text.packs.base import Reviewer

SHIPPED = {
    "en": "deid.text.model.review_en:EnglishModel",
    "zh": "deid.text.model.review_zh:ChineseModel",
}


@cache
def shipped_reviewers(tag: str) -> tuple[Reviewer, ...]:
    """The models that ship for a language; none for other languages."""
    if tag not in SHIPPED:
        return ()
    module, attribute = SHIPPED[tag].split(":")
    return (getattr(importlib.import_module(module), attribute)(),)
