"""Scrubs the notes that stay: person-wise partitions over an executor.

A partition holds all notes of some people that are to be scrubbed. The result does not depend on
the executor: every note is scrubbed on its own, and surrogates are seeded with its person. A note
whose input did not change since the release before is not scrubbed again (:mod:`remembered
<deid.build.remembered>`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from deid.build.evidence import REMEMBERED, SPANS, WITHHELD_NOTES
from deid.build.executors import Executor
from deid.build.identities import Identities, language_tag
from deid.build.partition import (
    EngineRecipe,
    NoteRow,
    Partition,
    PartitionScrubber,
    ScrubbedNotes,
)
from deid.build.progress import Progress, Say
from deid.build.remembered import Decision, Fingerprints, Remembered, Seal
from deid.risk.canaries import NOTES_PLANTED, canary, plant
from deid.structured.queries import one_row
from deid.text.people import PersonName

if TYPE_CHECKING:
    from deid.text.people import KnownPerson

PARTITION_NOTES = 100
"""Notes after which a partition is closed at the next person."""
_INSERTED_AT_ONCE = 1000
_TABLES = {
    "scrubbed": "person_id BIGINT, note_id BIGINT, text VARCHAR, kept VARCHAR",
    WITHHELD_NOTES: "note_id BIGINT, reason VARCHAR",
    SPANS: 'note_id BIGINT, start INTEGER, "end" INTEGER, type VARCHAR, detectors VARCHAR, '
    "confidence DOUBLE",
    REMEMBERED: "person_id BIGINT, note_id BIGINT, fingerprint BLOB, sealed BLOB",
}

NotesOfPerson = tuple["KnownPerson", tuple[NoteRow, ...]]


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


@dataclass(frozen=True)
class Memory:
    """The keys of remembered decisions, and where those of the release before are, if anywhere."""

    fingerprints: bytes = field(repr=False)
    seal: Seal = field(repr=False)
    before: Path | None = None


def scrub_notes(
    working: duckdb.DuckDBPyConnection,
    identities: Identities,
    recipe: EngineRecipe,
    executor: Executor,
    memory: Memory,
    say: Say,
) -> NotesDone:
    """Make ``scrubbed(person_id, note_id, text, kept)`` for the notes in ``stays.note``.

    ``kept`` is what the engine left as it was, with :data:`deid.build.partition.REPLACED` where it
    put something else. A note that cannot be scrubbed has :data:`deid.build.partition.WITHHELD` for
    its text. The tables of :mod:`deid.build.evidence` are filled as well.

    Raises:
        TextRefused: if what scrubs a partition ended unexpectedly.
    """
    for table, columns in _TABLES.items():
        working.execute(f"CREATE TABLE {table} ({columns})")
    total = _staying(working)
    if not total:
        return NotesDone(0, 0, {})
    engine = recipe.make()
    fingerprints = Fingerprints(memory.fingerprints, recipe, dict(engine.versions))
    remembered = Remembered(memory.before, memory.seal, say) if memory.before else None
    progress = Progress(say, "scrubbing notes", total)
    withheld = recalled = 0
    of_note: dict[int, bytes] = {}

    def store(done: ScrubbedNotes) -> None:
        nonlocal withheld
        _insert(working, "scrubbed", done.people, done.ids, done.texts, done.kept)
        _insert(working, WITHHELD_NOTES, list(done.reasons), list(done.reasons.values()))
        _insert(working, SPANS, *zip(*done.spans, strict=True))
        people = dict(zip(done.ids, done.people, strict=True))
        marks = {note: of_note.pop(note) for note in done.ids}
        _insert(
            working,
            REMEMBERED,
            [people[note] for note in done.decisions],
            list(done.decisions),
            [marks[note] for note in done.decisions],
            [
                memory.seal.close(Decision(*decision), marks[note])
                for note, decision in done.decisions.items()
            ],
        )
        withheld += len(done.reasons)
        progress.add(len(done.ids))

    def to_be_scrubbed() -> Iterator[NotesOfPerson]:
        """Stores what is remembered and gives the others."""
        nonlocal recalled
        again = ScrubbedNotes()
        for person, rows in people_with_notes(working, identities):
            others = []
            for row in rows:
                of_note[row.note_id] = mark = fingerprints.of(person, row)
                known = remembered.recall(row, mark) if remembered else None
                if known and engine.would_repeat(row.of(person), known.spans, known.seen):
                    again.add(row, known.spans, seen=known.seen)
                else:
                    others.append(row)
            if len(again.ids) >= _INSERTED_AT_ONCE:
                recalled += len(again.ids)
                store(again)
                again = ScrubbedNotes()
            if others:
                yield person, tuple(others)
        recalled += len(again.ids)
        store(again)

    for done in executor.scrub(recipe, partitions(to_be_scrubbed())):
        store(done)
    progress.finish()
    if remembered:
        say(f"{recalled:,} of {total:,} notes are as in the release before and were not scrubbed")
    return NotesDone(total, withheld, dict(engine.versions))


def _staying(working: duckdb.DuckDBPyConnection) -> int:
    """Notes that stay; none if the policy drops the whole table."""
    (there,) = one_row(
        working,
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'stays' AND table_name = 'note'",
    )
    return int(one_row(working, "SELECT count(*) FROM stays.note")[0]) if there else 0


def _insert(working: duckdb.DuckDBPyConnection, table: str, *columns: Sequence[object]) -> None:
    if not columns or not columns[0]:
        return
    names = [str(number) for number in range(len(columns))]
    working.register("incoming", pa.table(list(map(pa.array, columns)), names=names))
    working.execute(f"INSERT INTO {table} SELECT * FROM incoming")
    working.unregister("incoming")


def people_with_notes(
    working: duckdb.DuckDBPyConnection, identities: Identities, limit: int | None = None
) -> Iterator[NotesOfPerson]:
    """The notes that stay, by person and note pseudonym; ``limit`` takes the first notes only."""
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
    rows: list[NoteRow] = []
    current: int | None = None
    born = 0
    while batch := reader.fetchmany(1000):
        for person_id, note_id, text, language_concept_id, shift, year, written in batch:
            if person_id != current:
                if current is not None:
                    yield identities.known_person(current, born), tuple(rows)
                    rows = []
                current, born = person_id, int(year)
            language = language_tag(language_concept_id) or identities.language(person_id)
            rows.append(NoteRow(person_id, note_id, language, shift, text or "", written))
    if current is not None:
        yield identities.known_person(current, born), tuple(rows)


def partitions(people: Iterable[NotesOfPerson]) -> Iterator[Partition]:
    """People with their notes in partitions of bounded size, in the same order."""
    part: list[NotesOfPerson] = []
    waiting = 0
    for person in people:
        part.append(person)
        waiting += len(person[1])
        if waiting >= PARTITION_NOTES:
            yield Partition(tuple(part))
            part, waiting = [], 0
    if part:
        yield Partition(tuple(part))


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
    for person, rows in people_with_notes(working, identities, NOTES_PLANTED):
        scrubber = scrubber or PartitionScrubber(recipe)
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
