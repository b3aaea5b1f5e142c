"""Findings of Microsoft Presidio's analyser as mentions.

``presidio`` runs its predefined patterns without a language model, ``presidio=en_core_web_sm`` (or
a folder) with that spaCy pipeline, and ``presidio=FILE.yaml`` the analyser that a configuration
file of Presidio's describes, recognisers of one's own included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deid.errors import ConfigurationError
from deid.text.document import Document, Mention, SpanType
from deid.text.recognisers.labels import PRESIDIO, category
from deid.text.recognisers.options import RecogniserOptions
from deid.text.recognisers.spacy_recogniser import load_pipeline
from deid.text.recognisers.windows import windows

WINDOW = 50_000


class PresidioRecogniser:
    """One analyser, in notes of the languages that it supports."""

    seconds_a_character = 5e-3

    def __init__(self, analyser: Any, model: str, options: RecogniserOptions) -> None:
        self._analyser = analyser
        self._options = options
        self._tags: tuple[str, ...] = tuple(analyser.supported_languages)
        self.languages: tuple[str, ...] | None = options.languages or self._tags
        self.name = f"presidio.{model}"
        self.version = f"{version('presidio-analyzer')}/{options.fingerprint}"
        # Only what is mapped is asked for. The recogniser of e-mail addresses, which is not, would
        # ask the internet for a list of domains.
        self._kinds = {tag: _kinds(analyser, tag, options) for tag in self._tags}

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of all findings whose entity has a category and whose score suffices."""
        for start, end in windows(document.text, WINDOW):
            text = document.text[start:end]
            for tag, kinds in self._kinds.items():
                if not kinds:
                    continue
                for result in self._analyser.analyze(text, language=tag, entities=list(kinds)):
                    strength = self._options.strength_of(result.score)
                    first, last = start + result.start, start + result.end
                    if strength is not None and first < last:
                        kind = kinds[result.entity_type]
                        yield Mention(first, last, kind, strength, self.name)


def _kinds(analyser: Any, tag: str, options: RecogniserOptions) -> dict[str, SpanType]:
    found = {}
    for entity in sorted(analyser.get_supported_entities(language=tag)):
        kind = category(entity, options.labels, PRESIDIO)
        if kind is not None:
            found[entity] = kind
    return found


def make(options: RecogniserOptions) -> PresidioRecogniser:
    """The recogniser of the options' model.

    Raises:
        ConfigurationError: if the model or the file is not there, or the file would have Presidio
            download a model.
    """
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NoOpNlpEngine, SpacyNlpEngine

    model = options.model
    if model and Path(model).suffix in {".yaml", ".yml"}:
        return PresidioRecogniser(_configured(Path(model)), Path(model).stem, options)
    tags = list(options.languages or ("en",))
    if model is None:
        nothing = NoOpNlpEngine([{"lang_code": tag, "model_name": "none"} for tag in tags])
        analyser = AnalyzerEngine(nlp_engine=nothing, supported_languages=tags)
        return PresidioRecogniser(analyser, "patterns", options)
    pipeline = load_pipeline(model)
    tag = pipeline.meta["lang"]
    reader: Any = SpacyNlpEngine([{"lang_code": tag, "model_name": model}])
    reader.nlp = {tag: pipeline}
    analyser = AnalyzerEngine(nlp_engine=reader, supported_languages=[tag])
    return PresidioRecogniser(analyser, f"{tag}_{pipeline.meta['name']}", options)


def _configured(path: Path) -> Any:
    from presidio_analyzer import AnalyzerEngineProvider

    if not path.is_file():
        raise ConfigurationError(f"Presidio's configuration {path} is not there")
    try:
        provider = AnalyzerEngineProvider(analyzer_engine_conf_file=path)
        _models_are_here(provider.configuration, path)
        return provider.create_engine()
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConfigurationError(f"Presidio's configuration {path}: {error}") from None


def _models_are_here(configuration: Mapping[str, Any], path: Path) -> None:
    """Presidio downloads a spaCy pipeline that is not installed; here it is refused."""
    reader = configuration.get("nlp_configuration")
    if reader is None:
        raise ConfigurationError(
            f"Presidio's configuration {path} says no nlp_configuration; without it Presidio "
            "downloads a large model"
        )
    if reader.get("nlp_engine_name") == "no_op":
        return
    for entry in reader.get("models", ()):
        name = entry.get("model_name")
        if reader.get("nlp_engine_name") != "spacy" or not isinstance(name, str):
            raise ConfigurationError(
                f"Presidio's configuration {path}: nlp_engine_name is spacy or no_op here; others "
                "download their models"
            )
        load_pipeline(name)
