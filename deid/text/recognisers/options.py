"""What a user may say of a recogniser, on the command line or in a small TOML file."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from deid.errors import ConfigurationError
from deid.text.document import SpanType, Strength

DEFAULT_STRENGTH = 50
"""Over what only its shape speaks for, under what a list, label or the vault says."""
IGNORED = "ignore"


@dataclass(frozen=True)
class RecogniserOptions:
    """How one recogniser is used.

    ``model`` is the name of an installed package or a path; ``languages`` are tags of the notes it
    reads, ``None`` leaves that to the model. A finding of score 1 has ``strength``, others in
    proportion; below ``least_score`` it does not count. ``labels`` maps the model's own labels to
    categories, in place of or beside the table of :mod:`deid.text.recognisers.labels`; ``None``
    for a label that is left alone.
    """

    model: str | None = None
    languages: tuple[str, ...] | None = None
    strength: int = DEFAULT_STRENGTH
    least_score: float = 0.5
    labels: Mapping[str, SpanType | None] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def fingerprint(self) -> str:
        """Eight digits that differ where options differ; the model is told by its own version."""
        document = _decisive(self)
        return hashlib.sha256(repr(document).encode("utf-8")).hexdigest()[:8]

    def strength_of(self, score: float) -> int | None:
        """Strength of a finding; ``None`` if it does not count."""
        return max(1, round(self.strength * min(score, 1.0))) if score >= self.least_score else None


def _decisive(options: RecogniserOptions) -> list[tuple[str, object]]:
    """Everything but the model, in a fixed order."""
    return [
        ("languages", options.languages),
        ("strength", options.strength),
        ("least_score", options.least_score),
        ("labels", sorted((k, str(v)) for k, v in options.labels.items())),
    ]


def read_options(argument: str) -> RecogniserOptions:
    """Options from what stands after ``NAME=``: nothing, a model, or a file ending in ``.toml``.

    Raises:
        ConfigurationError: if the file cannot be read or says something that is no option.
    """
    if not argument.endswith(".toml"):
        return RecogniserOptions(model=argument or None)
    path = Path(argument)
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"options of a recogniser, {path}: {error}") from None
    try:
        return _options(document, path.parent)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"options of a recogniser, {path}: {error}") from None


def _options(document: Mapping[str, Any], folder: Path) -> RecogniserOptions:
    known = {"model", "languages", "strength", "least_score", "labels"}
    if unknown := sorted(set(document) - known):
        raise ValueError(f"unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    model = document.get("model")
    if model is not None and not isinstance(model, str):
        raise ValueError("model is a name or a path")
    if model and (folder / model).exists():
        model = str(folder / model)
    languages = document.get("languages")
    if languages is not None and not (
        isinstance(languages, list) and all(isinstance(tag, str) for tag in languages)
    ):
        raise ValueError("languages is a list of tags")
    strength = document.get("strength", DEFAULT_STRENGTH)
    if type(strength) is not int or not 1 <= strength < Strength.KNOWN:
        raise ValueError(f"strength is a whole number from 1 to {Strength.KNOWN - 1}")
    least = document.get("least_score", 0.5)
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        raise ValueError("least_score is a number from 0 to 1")
    return RecogniserOptions(
        model,
        tuple(languages) if languages is not None else None,
        strength,
        float(least),
        MappingProxyType(_labels(document.get("labels", {}))),
    )


def _labels(table: object) -> dict[str, SpanType | None]:
    kinds = {kind.value for kind in SpanType} - {SpanType.AGE.value}
    if not isinstance(table, dict) or not all(
        value == IGNORED or value in kinds for value in table.values()
    ):
        raise ValueError(f"labels maps labels to {IGNORED} or one of {', '.join(sorted(kinds))}")
    return {key: None if value == IGNORED else SpanType(value) for key, value in table.items()}
