"""What each shipped model is made of, and the way from a recipe to a model file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from random import Random

from deid.text.model.crf import write_model
from deid.text.model.training import chinese, encode_en, encode_zh, english, swap, swap_zh
from deid.text.model.training.notes import Note
from deid.text.model.training.trainer import Parameters, averaged, fit, hash_notes, library


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a model, besides the code: corpora, parameters, seeds.

    The corpus is drawn once for each seed; the model is the mean of what each draw teaches.
    ``template_notes`` are filled from templates; ``generated_notes`` are taken from those of
    synthetic residents, and each note written by hand is taken ``copies`` times; both are given
    other people and places.
    """

    language: str
    seeds: tuple[int, ...]
    template_notes: int
    generated_notes: int
    copies: int
    parameters: Parameters


RECIPES = {
    "en": Recipe("en", (7, 17), 3400, 600, 4, Parameters(60, 0.15, 0.02, 3)),
    "zh": Recipe("zh", (8, 18), 3800, 600, 4, Parameters(70, 0.1, 0.02, 4)),
}
_LANGUAGES = {
    "en": (english.write_note, swap.swap_names, encode_en),
    "zh": (chinese.write_note, swap_zh.swap_names, encode_zh),
}


def smaller(recipe: Recipe, share: float) -> Recipe:
    """The same recipe on a part of one draw of its corpora, for trying something out."""
    return replace(
        recipe,
        seeds=recipe.seeds[:1],
        template_notes=int(recipe.template_notes * share),
        generated_notes=int(recipe.generated_notes * share),
    )


def corpus(
    recipe: Recipe, seed: int, generated: Sequence[Note], written: Sequence[Note]
) -> list[Note]:
    """Notes from templates, generated and hand-written ones with other people; in fixed order."""
    write, swap_people, _ = _LANGUAGES[recipe.language]
    stream = Random(seed)  # noqa: S311 -- invented text, reproducible on purpose  # nosec B311 # invented text
    notes = [write(stream) for _ in range(recipe.template_notes)]
    chosen = stream.sample(range(len(generated)), min(recipe.generated_notes, len(generated)))
    notes += [swap_people(stream, *generated[i]) for i in sorted(chosen)]
    for note in written:
        notes.append(swap_people(stream, *note))
        notes += [_recased(stream, swap_people(stream, *note)) for _ in range(recipe.copies - 1)]
    return notes


def _recased(stream: Random, note: Note) -> Note:
    """A tenth of the notes in small letters, another in capitals."""
    text, spans = note
    draw = stream.random()
    other = text.lower() if draw < 0.1 else text.upper() if draw < 0.2 else text
    return (other, spans) if len(other) == len(text) else note


def described(recipe: Recipe) -> dict[str, object]:
    """The recipe as it stands in the header of a model file."""
    return {**asdict(recipe), "seeds": list(recipe.seeds)}


def train_model(
    recipe: Recipe,
    generated: Sequence[Note],
    written: Sequence[Note] = (),
    verbose: bool = False,
) -> bytes:
    """The model file of a recipe; the same recipe and notes give the same bytes."""
    encoding = _LANGUAGES[recipe.language][2]
    notes: list[Note] = []
    parts = []
    for seed in recipe.seeds:
        drawn = corpus(recipe, seed, generated, written)
        notes += drawn
        parts.append(fit(encoding.sequences(drawn), encoding.LABELS, recipe.parameters, verbose))
    header = {
        "recipe": described(recipe),
        "data_sha256": hash_notes(notes),
        "notes": len(notes),
        "characters": sum(len(text) for text, _ in notes),
        "crfsuite": library(),
    }
    mean = averaged(parts)
    return write_model(header, encoding.LABELS, mean.transitions, mean.rows)
