"""``carecommons scrub``: the text engine alone, from JSON lines to JSON lines."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deid.errors import TextRefused
from deid.keys import Keyring
from deid.text.api import MODES
from deid.text.packs import DEFAULT_TAGS

if TYPE_CHECKING:
    from deid.scrubbing.treating import Recipe

_FILE = click.Path(dir_okay=False, path_type=Path)
_STANDARD_INPUT = Path("-")


@click.command()
@click.argument(
    "notes", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option("-o", "--out", type=_FILE, help="Scrubbed notes, JSON lines.")
@click.option("--mode", type=click.Choice(MODES), default="surrogate", show_default=True)
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Keyring whose key makes the surrogates; without it they differ from run to run.",
)
@click.option(
    "--shift-days",
    type=int,
    default=None,
    help="Days by which dates move; by default each patient has its own whole weeks.",
)
@click.option(
    "--pack",
    "packs",
    multiple=True,
    default=DEFAULT_TAGS,
    show_default=True,
    help="Language pack; several times for several, the first that fits a note leads.",
)
@click.option(
    "--recogniser",
    "recognisers",
    multiple=True,
    metavar="NAME[=MODEL]",
    help="A further recogniser: spacy=MODEL, presidio, onnx=FOLDER, one of your own, or "
    "NAME=OPTIONS.toml. Several times for several.",
)
@click.option(
    "--evidence",
    type=_FILE,
    help="Table of all spans: id, offsets, type, detectors, confidence. Keep it with the notes.",
)
@click.option(
    "--review",
    type=_FILE,
    help="Page that shows the spans of a sample by type. It shows identifiers: keep it private.",
)
@click.option("--sample", type=click.IntRange(1), default=50, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Which sample is reviewed.")
@click.option(
    "--processes",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Parallel processes; 0 means one a core.",
)
def scrub(
    notes: Path,
    out: Path | None,
    mode: str,
    key_file: Path | None,
    shift_days: int | None,
    packs: tuple[str, ...],
    recognisers: tuple[str, ...],
    evidence: Path | None,
    review: Path | None,
    sample: int,
    seed: int,
    processes: int,
) -> None:
    """Replace identifiers in NOTES, a file of JSON lines, UTF-8; - reads standard input.

    Each line is {"id", "text", "lang"?, "patient"?: {...}?}. The output has one line a note:
    {"id", "text", "spans": [{"start", "end", "type", "surrogate"}]}, offsets in characters of the
    input. A note that cannot be scrubbed is withheld and listed, with its line and the reason, in
    OUT.withheld.csv; the command then ends with exit code 1. A run that was cut off goes on where
    it was when the same command is given again.
    """
    from deid.scrubbing.treating import Recipe

    if out is None and review is None:
        raise click.UsageError(
            "give -o OUT for scrubbed notes, --review PAGE for a sample, or both"
        )
    if evidence is not None and out is None:
        raise click.UsageError("--evidence needs -o OUT: it tells of the notes that are written")
    _check_places({"NOTES": notes, "-o": out, "--evidence": evidence, "--review": review})
    key = Keyring.load(key_file).derive("scrub", "surrogates") if key_file else None
    recipe = Recipe(
        key or secrets.token_bytes(32),
        mode,  # type: ignore[arg-type]
        shift_days,
        packs=packs,
        recognisers=recognisers,
    )
    with _readable_twice(notes) as file:
        if review is not None:
            from deid.scrubbing.review import write_review

            reviewed = write_review(file, review, recipe, sample, seed)
            click.echo(f"{reviewed} notes to review in {review}; it shows identifiers", err=True)
        if out is not None:
            _scrub(file, out, evidence, recipe, key is not None, processes or os.cpu_count() or 1)


@contextmanager
def _readable_twice(notes: Path) -> Iterator[Path]:
    """``notes`` itself; of standard input or another pipe a private copy, removed at the end."""
    if notes.is_file() and notes != _STANDARD_INPUT:
        yield notes
        return
    with (
        click.open_file(str(notes), "rb") as source,
        tempfile.NamedTemporaryFile(prefix="carecommons-notes-") as copy,
    ):
        shutil.copyfileobj(source, copy)
        copy.flush()
        yield Path(copy.name)


def _check_places(places: Mapping[str, Path | None]) -> None:
    """No file is written over another one of the command, nor over what is no ordinary file.

    Raises:
        UsageError: naming the options.
    """
    seen: dict[Path, str] = {}
    for option, path in places.items():
        if path is None:
            continue
        if path == _STANDARD_INPUT:
            if option == "NOTES":
                continue
            raise click.UsageError(f"{option}: give a file; it is written whole, or not at all")
        place = path.resolve()
        if place in seen:
            raise click.UsageError(f"{seen[place]} and {option} are the same file")
        seen[place] = option
        if option == "NOTES":
            continue
        if not place.parent.is_dir():
            raise click.UsageError(f"{option}: there is no folder {path.parent}")
        if path.is_symlink() or (place.exists() and not place.is_file()):
            raise click.UsageError(f"{option}: {path} is no ordinary file")


def _scrub(
    notes: Path, out: Path, evidence: Path | None, recipe: Recipe, keyed: bool, processes: int
) -> None:
    from deid.scrubbing.running import Places, scrub_file

    places = Places(out, evidence)
    with click.progressbar(length=notes.stat().st_size, label="scrubbing", file=sys.stderr) as bar:
        done = scrub_file(
            notes, places, recipe, keyed=keyed, processes=processes, advance=bar.update
        )
    if done.resumed:
        click.echo(f"{done.resumed:,} lines had been done by an earlier run", err=True)
    click.echo(f"{done.scrubbed:,} notes scrubbed into {out}", err=True)
    if done.withheld:
        raise TextRefused(
            f"{done.withheld:,} notes could not be scrubbed and were withheld; "
            f"{places.withheld} lists them with the reasons"
        )
