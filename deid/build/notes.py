"""Scrubs the notes that stay: person-wise partitions over parallel processes.

A partition holds all notes of some people, so that one person's surrogates agree. The result does
not depend on the number of processes: partitions are cut by count of notes alone, every note is
scrubbed on its own, and results come back in the order in which they were sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from deid.build.identities import Identities, language_tag
from deid.build.progress import Progress, Say
from deid.errors import TextRefused
from deid.risk.canaries import NOTES_PLANTED, canary, plant
from deid.structured.queries import one_row
from deid.text.people import PersonName

if TYPE_CHECKING:
    from deid.text.api import Span, TextEngine
    from deid.text.people import KnownPerson, StaffDirectory

Scrubbed = tuple[list[int], list[str], list[str]]
REPLACED = "\u241f"
"""Stands for a replaced span in what was kept of a note: neither letter nor digit."""

PARTITION_NOTES = 100
"""Notes after which a partition is closed at the next person."""


@dataclass(frozen=True)
class NoteRow:
    """One note on its way to the engine; ``row`` is its place in the order of the release."""

    row: int
    note_id: int
    language: str | None
    shift_days: int
    text: str = field(repr=False)


@dataclass(frozen=True)
class Partition:
    """All notes of some people, with what is known of each of them."""

    people: tuple[tuple[KnownPerson, tuple[NoteRow, ...]], ...] = field(repr=False)

    @property
    def notes(self) -> int:
        """Number of notes."""
        return sum(len(rows) for _, rows in self.people)


@dataclass(frozen=True)
class EngineRecipe:
    """What a process needs to make its own engine: keys travel, engines do not."""

    surrogate_key: bytes = field(repr=False)
    forbidden: frozenset[str] = field(repr=False)
    staff: StaffDirectory = field(repr=False)
    age_band: int | None = None

    def make(self) -> TextEngine:
        """The engine."""
        from deid.text.api import TextEngine

        return TextEngine(
            self.surrogate_key,
            staff=self.staff,
            forbidden=self.forbidden,
            age_band=self.age_band,
        )


def scrub_notes(
    working: duckdb.DuckDBPyConnection,
    identities: Identities,
    recipe: EngineRecipe,
    processes: int,
    say: Say,
) -> dict[str, str]:
    """Make the table ``scrubbed(note_id, text, kept)`` for the notes in ``stays.note``.

    ``kept`` is what the engine left as it was, with :data:`REPLACED` where it put something else.

    Returns:
        versions of the language packs, by language.

    Raises:
        TextRefused: naming the row of the first note that could not be scrubbed.
    """
    working.execute("CREATE TABLE scrubbed (note_id BIGINT, text VARCHAR, kept VARCHAR)")
    row = one_row(working, "SELECT count(*) FROM stays.note")
    total = int(row[0])
    if not total:
        return {}
    versions = dict(recipe.make().versions)
    progress = Progress(say, "scrubbing notes", total)
    for ids, texts, kept in _scrubbed(partitions(working, identities), recipe, processes):
        working.register("incoming", pa.table({"note_id": ids, "text": texts, "kept": kept}))
        working.execute("INSERT INTO scrubbed SELECT * FROM incoming")
        working.unregister("incoming")
        progress.add(len(ids))
    progress.finish()
    return versions


def partitions(
    working: duckdb.DuckDBPyConnection, identities: Identities, limit: int | None = None
) -> Iterator[Partition]:
    """The notes that stay, by person and note pseudonym, in partitions of bounded size.

    ``limit`` takes the first notes only.
    """
    # A cursor of its own: the connection goes on inserting results meanwhile.
    reader = working.cursor()
    reader.execute(
        "SELECT v.person_id, v.note_id, v.note_text, v.language_concept_id, p.shift_days, "
        "p.year_of_birth "
        "FROM vault.note v JOIN people p USING (person_id) "
        "WHERE v.note_id IN (SELECT id FROM stays.note) ORDER BY v.person_id, v.note_id"
        + (f" LIMIT {int(limit)}" if limit is not None else "")
    )
    people: list[tuple[KnownPerson, tuple[NoteRow, ...]]] = []
    rows: list[NoteRow] = []
    current: int | None = None
    born = 0
    waiting = number = 0
    while batch := reader.fetchmany(1000):
        for person_id, note_id, text, language_concept_id, shift, year in batch:
            if person_id != current:
                if current is not None:
                    people.append((identities.known_person(current, born), tuple(rows)))
                    rows = []
                    if waiting >= PARTITION_NOTES:
                        yield Partition(tuple(people))
                        people, waiting = [], 0
                current, born = person_id, int(year)
            number += 1
            waiting += 1
            language = language_tag(language_concept_id) or identities.language(person_id)
            rows.append(NoteRow(number, note_id, language, shift, text or ""))
    if current is not None:
        people.append((identities.known_person(current, born), tuple(rows)))
        yield Partition(tuple(people))


def _scrubbed(
    parts: Iterator[Partition], recipe: EngineRecipe, processes: int
) -> Iterator[Scrubbed]:
    if processes <= 1:
        engine = recipe.make()
        for part in parts:
            yield scrub_partition(engine, part)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, _start_worker, (recipe,)) as pool:
        pending = []
        try:
            for part in parts:
                pending.append(pool.submit(_work, part))
                if len(pending) >= 4 * processes:
                    yield pending.pop(0).result()
            while pending:
                yield pending.pop(0).result()
        except BrokenProcessPool:
            raise TextRefused(
                "a process that scrubs notes ended unexpectedly; nothing was published"
            ) from None
        finally:
            for future in pending:
                future.cancel()


def canaries_surviving(
    working: duckdb.DuckDBPyConnection, identities: Identities, recipe: EngineRecipe
) -> tuple[int, dict[str, int]] | None:
    """Plant canaries in copies of some notes and count those that survive the engine.

    Returns:
        the number planted, and the survivors by kind; None if there are no notes.
    """
    planted: Counter[str] = Counter()
    survivors: Counter[str] = Counter()
    engine: TextEngine | None = None
    number = 0
    # Pseudonyms are pseudorandom, so the first notes of the release are a random sample.
    for part in partitions(working, identities, NOTES_PLANTED):
        engine = engine or recipe.make()
        for person, rows in part.people:
            for row in rows:
                bird = canary(number, row.language)
                known = replace(
                    person,
                    names=(*person.names, PersonName(bird.family, bird.given, bird.full)),
                    identifiers=(*person.identifiers, ("MRN", bird.number)),
                    contacts=(*person.contacts, ("phone", bird.phone), ("email", bird.email)),
                )
                note = replace(row, text=plant(row.text, bird.sentence, number))
                (scrubbed,) = scrub_partition(engine, Partition(((known, (note,)),)))[1]
                survivors.update(hit.kind for hit in bird.index().find(scrubbed))
                planted.update(hit.kind for hit in bird.index().find(note.text))
                number += 1
    return (planted.total(), dict(sorted(survivors.items()))) if number else None


_worker: TextEngine | None = None


def _start_worker(recipe: EngineRecipe) -> None:
    global _worker
    _worker = recipe.make()


def _work(part: Partition) -> Scrubbed:
    assert _worker is not None
    return scrub_partition(_worker, part)


def scrub_partition(engine: TextEngine, part: Partition) -> Scrubbed:
    """Note pseudonyms, scrubbed texts and what was kept of the notes of one partition.

    Raises:
        TextRefused: naming the note's row; the cause is dropped because it may quote the note.
    """
    from deid.text.api import NoteInput

    ids: list[int] = []
    texts: list[str] = []
    kept: list[str] = []
    for person, rows in part.people:
        for note in rows:
            try:
                output = engine.scrub(
                    NoteInput(
                        note_id=str(note.note_id),
                        text=note.text,
                        language=note.language,
                        person=person,
                        shift_days=note.shift_days,
                    )
                )
            except Exception as error:
                raise TextRefused(
                    f"note row {note.row} cannot be scrubbed ({type(error).__name__})"
                ) from None
            pieces = _pieces_kept(note.text, output.spans)
            surrogates = [span.surrogate for span in output.spans]
            rebuilt = "".join(
                piece + surrogate
                for piece, surrogate in zip(pieces, [*surrogates, ""], strict=True)
            )
            if rebuilt != output.text:
                raise TextRefused(f"note row {note.row}: the engine changed more than it says")
            ids.append(note.note_id)
            texts.append(output.text)
            kept.append(REPLACED.join(pieces))
    return ids, texts, kept


def _pieces_kept(text: str, spans: Sequence[Span]) -> list[str]:
    """The text before, between and after the spans, which are sorted and do not overlap."""
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    return [text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
