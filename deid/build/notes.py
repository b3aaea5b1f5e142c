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
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from deid.build.evidence import SPANS, WITHHELD_NOTES
from deid.build.identities import Identities, language_tag
from deid.build.partition import (
    EngineRecipe,
    NoteRow,
    Partition,
    PartitionScrubber,
    ScrubbedNotes,
)
from deid.build.progress import Progress, Say
from deid.errors import TextRefused
from deid.risk.canaries import NOTES_PLANTED, canary, plant
from deid.structured.queries import one_row
from deid.text.people import PersonName

if TYPE_CHECKING:
    from deid.text.people import KnownPerson

PARTITION_NOTES = 100
"""Notes after which a partition is closed at the next person."""


@dataclass(frozen=True)
class NotesDone:
    """How many notes there were, how many were withheld, and the versions that decided it."""

    notes: int
    withheld: int
    versions: dict[str, str]

    @property
    def withheld_share(self) -> float | None:
        """Share of the notes that were withheld; None without notes."""
        return self.withheld / self.notes if self.notes else None


def scrub_notes(
    working: duckdb.DuckDBPyConnection,
    identities: Identities,
    recipe: EngineRecipe,
    processes: int,
    say: Say,
) -> NotesDone:
    """Make ``scrubbed(person_id, note_id, text, kept)`` for the notes in ``stays.note``.

    ``kept`` is what the engine left as it was, with :data:`deid.build.partition.REPLACED` where it
    put something else. A note that cannot be scrubbed has :data:`deid.build.partition.WITHHELD` for
    its text. The tables of :mod:`deid.build.evidence` are filled as well.

    Raises:
        TextRefused: if a process ended unexpectedly.
    """
    working.execute(
        "CREATE TABLE scrubbed (person_id BIGINT, note_id BIGINT, text VARCHAR, kept VARCHAR)"
    )
    working.execute(f"CREATE TABLE {WITHHELD_NOTES} (note_id BIGINT, reason VARCHAR)")
    working.execute(
        f'CREATE TABLE {SPANS} (note_id BIGINT, start INTEGER, "end" INTEGER, type VARCHAR, '
        "detectors VARCHAR, confidence DOUBLE)"
    )
    total = _staying(working)
    if not total:
        return NotesDone(0, 0, {})
    versions = dict(recipe.make().versions)
    withheld = 0
    progress = Progress(say, "scrubbing notes", total)
    for done in _scrubbed(partitions(working, identities), recipe, processes):
        _insert(working, "scrubbed", done.people, done.ids, done.texts, done.kept)
        if done.reasons:
            _insert(working, WITHHELD_NOTES, list(done.reasons), list(done.reasons.values()))
        if done.spans:
            _insert(working, SPANS, *zip(*done.spans, strict=True))
        withheld += len(done.reasons)
        progress.add(len(done.ids))
    progress.finish()
    return NotesDone(total, withheld, versions)


def _staying(working: duckdb.DuckDBPyConnection) -> int:
    """Notes that stay; none if the policy drops the whole table."""
    (there,) = one_row(
        working,
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'stays' AND table_name = 'note'",
    )
    return int(one_row(working, "SELECT count(*) FROM stays.note")[0]) if there else 0


def _insert(working: duckdb.DuckDBPyConnection, table: str, *columns: Sequence[object]) -> None:
    names = [str(number) for number in range(len(columns))]
    working.register("incoming", pa.table(list(map(pa.array, columns)), names=names))
    working.execute(f"INSERT INTO {table} SELECT * FROM incoming")
    working.unregister("incoming")


def partitions(
    working: duckdb.DuckDBPyConnection, identities: Identities, limit: int | None = None
) -> Iterator[Partition]:
    """The notes that stay, by person and note pseudonym, in partitions of bounded size.

    ``limit`` takes the first notes only.
    """
    if not _staying(working):
        return
    # A cursor of its own: the connection goes on inserting results meanwhile.
    reader = working.cursor()
    reader.execute(
        "SELECT v.person_id, v.note_id, v.note_text, v.language_concept_id, p.shift_days, "
        "p.year_of_birth, year(v.note_date + p.shift_days::INTEGER) "
        "FROM vault.note v JOIN people p USING (person_id) "
        "WHERE v.note_id IN (SELECT id FROM stays.note) ORDER BY v.person_id, v.note_id"
        + (f" LIMIT {int(limit)}" if limit is not None else "")
    )
    people: list[tuple[KnownPerson, tuple[NoteRow, ...]]] = []
    rows: list[NoteRow] = []
    current: int | None = None
    born = waiting = 0
    while batch := reader.fetchmany(1000):
        for person_id, note_id, text, language_concept_id, shift, year, written in batch:
            if person_id != current:
                if current is not None:
                    people.append((identities.known_person(current, born), tuple(rows)))
                    rows = []
                    if waiting >= PARTITION_NOTES:
                        yield Partition(tuple(people))
                        people, waiting = [], 0
                current, born = person_id, int(year)
            waiting += 1
            language = language_tag(language_concept_id) or identities.language(person_id)
            rows.append(NoteRow(person_id, note_id, language, shift, text or "", written))
    if current is not None:
        people.append((identities.known_person(current, born), tuple(rows)))
        yield Partition(tuple(people))


def _scrubbed(
    parts: Iterator[Partition], recipe: EngineRecipe, processes: int
) -> Iterator[ScrubbedNotes]:
    if processes <= 1:
        scrubber = PartitionScrubber(recipe)
        for part in parts:
            yield scrubber.scrub(part)
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
    scrubber: PartitionScrubber | None = None
    number = 0
    # Pseudonyms are pseudorandom, so the first notes of the release are a random sample.
    for part in partitions(working, identities, NOTES_PLANTED):
        scrubber = scrubber or PartitionScrubber(recipe)
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
                (scrubbed,) = scrubber.scrub(Partition(((known, (note,)),))).texts
                survivors.update(hit.kind for hit in bird.index().find(scrubbed))
                planted.update(hit.kind for hit in bird.index().find(note.text))
                number += 1
    return (planted.total(), dict(sorted(survivors.items()))) if number else None


_worker: PartitionScrubber | None = None


def _start_worker(recipe: EngineRecipe) -> None:
    global _worker
    _worker = PartitionScrubber(recipe)


def _work(part: Partition) -> ScrubbedNotes:
    assert _worker is not None
    return _worker.scrub(part)
