"""Entities of a spaCy pipeline as mentions: ``spacy=en_core_web_sm`` or ``spacy=FOLDER``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deid.errors import ConfigurationError
from deid.text.document import Document, Mention
from deid.text.recognisers.labels import GENERAL, category
from deid.text.recognisers.options import RecogniserOptions
from deid.text.recognisers.windows import windows

WINDOW = 50_000
"""Characters a piece: spaCy's memory grows with it (about 1 GB for 100,000 by its manual)."""


class SpacyRecogniser:
    """Named entities (``doc.ents``) of one pipeline, in notes of the pipeline's language."""

    seconds_a_character = 2e-3

    def __init__(self, pipeline: Any, options: RecogniserOptions) -> None:
        import spacy

        self._pipeline = pipeline
        self._options = options
        meta = pipeline.meta
        self.languages: tuple[str, ...] | None = options.languages or (
            None if meta["lang"] == "xx" else (meta["lang"],)
        )
        self.name = f"spacy.{meta['lang']}_{meta['name']}"
        self.version = f"{spacy.__version__}/{meta['version']}/{options.fingerprint}"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of all entities whose label has a category."""
        options = self._options
        strength = options.strength_of(1.0)
        assert strength is not None
        for start, end in windows(document.text, min(WINDOW, self._pipeline.max_length)):
            for entity in self._pipeline(document.text[start:end]).ents:
                kind = category(entity.label_, options.labels, GENERAL)
                first, last = start + entity.start_char, start + entity.end_char
                if kind is not None and first < last:
                    yield Mention(first, last, kind, strength, self.name)


def make(options: RecogniserOptions) -> SpacyRecogniser:
    """The recogniser of an installed pipeline or of a folder.

    Raises:
        ConfigurationError: if there is none, or it recognises no entities.
    """
    pipeline = load_pipeline(options.model)
    if not {"ner", "entity_ruler", "span_ruler"} & set(pipeline.pipe_names):
        raise ConfigurationError(
            f"the spaCy pipeline {options.model} recognises no entities; it has "
            f"{', '.join(pipeline.pipe_names) or 'no components'}"
        )
    return SpacyRecogniser(pipeline, options)


def load_pipeline(model: str | None) -> Any:
    """A spaCy pipeline that is on this machine.

    Raises:
        ConfigurationError: if there is none.
    """
    import spacy

    installed = ", ".join(spacy.util.get_installed_models()) or "none"
    if not model:
        raise ConfigurationError(f"spacy=MODEL: name a pipeline; installed are {installed}")
    if not (spacy.util.is_package(model) or Path(model).is_dir()):
        raise ConfigurationError(
            f"no spaCy pipeline {model}; installed are {installed}; a folder can be named as well"
        )
    try:
        return spacy.load(model)
    except (OSError, ValueError, ImportError) as error:
        raise ConfigurationError(f"the spaCy pipeline {model} cannot be read: {error}") from None
