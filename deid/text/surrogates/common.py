"""What surrogates of all languages share: dates, ages and numbers by category."""

from __future__ import annotations

from deid.text.document import SpanType
from deid.text.surrogates import numbers
from deid.text.surrogates.ages import banded
from deid.text.surrogates.dates import shift_written
from deid.text.surrogates.seed import Scene

POOLED_AGE = "90+"
_MAKERS = {
    SpanType.ID: numbers.identifier,
    SpanType.PHONE: numbers.phone,
    SpanType.EMAIL: numbers.email,
    SpanType.URL: numbers.url,
    SpanType.IP: numbers.ip_address,
}


def make_common(text: str, kind: SpanType, scene: Scene) -> str | None:
    """A surrogate for a category that does not depend on the language, else ``None``."""
    if kind is SpanType.DATE:
        return shift_written(text, scene.shift_days, scene.reference)
    if kind is SpanType.AGE:
        return banded(text, scene.age_band)
    if kind in _MAKERS:
        return _MAKERS[kind](text, scene)
    return None
