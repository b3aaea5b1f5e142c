"""``carecommons train``: make the statistical models of the text engine again."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import click

LAST_DAY = date(2025, 12, 31)
LANGUAGES = ("en", "zh")
WRITTEN = Path(__file__).parents[2] / "tests" / "regression" / "text" / "corpora" / "seen"
DATA = Path(__file__).parent.parent / "text" / "model" / "data"


@click.command()
@click.option(
    "--language",
    "languages",
    type=click.Choice(LANGUAGES),
    multiple=True,
    default=LANGUAGES,
    show_default="both",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA,
    show_default="the package itself",
    help="Folder of the model files.",
)
@click.option(
    "--residents",
    type=click.IntRange(min=2),
    default=400,
    show_default=True,
    help="Residents of the generated part of the corpus.",
)
@click.option(
    "--written",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=WRITTEN,
    help="Folder of annotated notes written by hand, one folder a language; by default the "
    "checkout's own.",
)
def train(languages: tuple[str, ...], folder: Path, residents: int, written: Path) -> None:
    """Train the models of English and Chinese notes on generated corpora.

    The corpora are made anew from fixed seeds: notes of synthetic residents and notes written by
    hand, both with other people in them, and sentences of templates. The same code makes the same
    bytes. It takes minutes, one
    processor and about 2 GB, and needs the extra carecommons[train].
    """
    from deid.synth.corpus import write_corpus
    from deid.text.model.training.notes import read_notes
    from deid.text.model.training.recipes import RECIPES, train_model

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as held:
        corpus = Path(held) / "corpus"
        write_corpus(corpus, residents, 4242, until=LAST_DAY)
        for language in languages:
            by_hand = [
                note
                for path in sorted((written / language).glob("*.jsonl"))
                for note in read_notes(path)
            ]
            generated = read_notes(corpus / f"{language}.jsonl")
            model = train_model(RECIPES[language], generated, by_hand)
            path = folder / f"{language}.crf"
            path.write_bytes(model)
            click.echo(f"{path}: {len(model):,} bytes")
