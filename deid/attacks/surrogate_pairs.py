"""Which invented value stands for which true one: read from notes before and after.

Only for marking an attack's guesses and for what its attacker is said to have learned; nothing of
it leaves the attack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np

from deid.attacks.ground import SPANS, Ground

NOTES = 3_000
"""Notes that are read at most; of whole people, drawn by the seed."""
NAME = "NAME"


@dataclass(frozen=True, order=True)
class Pair:
    """One word of a name in one person's notes; equal pairs of a person count once.

    ``of_staff`` tells the names of the vault's providers from those of patients and relatives.
    """

    person: int
    of_staff: bool
    role: str
    real: str = field(repr=False)
    invented: str = field(repr=False)


def name_pairs(ground: Ground) -> list[Pair]:
    """Distinct words of names and what stands for them, sorted."""
    if not ground.has("note") or not _has_spans(ground.connection):
        return []
    staff = _provider_names(ground)
    words_of_staff = frozenset().union(*staff)
    found: set[Pair] = set()
    for person, before, after, spans in _notes(ground):
        for real, invented in replaced(before, after, spans, NAME):
            words = _words(real)
            if len(words) > 1 or _is_han(real):
                of_staff = any(words <= name for name in staff)
            elif words & words_of_staff:
                continue  # a single word may be anybody's
            else:
                of_staff = False
            found.update(Pair(person, of_staff, *three) for three in words_of(real, invented))
    return sorted(found)


def replaced(
    before: str, after: str, spans: Sequence[tuple[int, int, str]], kind: str
) -> Iterator[tuple[str, str]]:
    """True and invented text of each span of a kind; nothing if the two texts cannot be aligned."""
    ends = [0, *(end for _, end, _ in spans)]
    starts = [*(start for start, _, _ in spans), len(before)]
    kept = [before[end:start] for end, start in zip(ends, starts, strict=True)]
    if not after.startswith(kept[0]) or not after.endswith(kept[-1]):
        return
    found: list[str | None] = []
    place = len(kept[0])
    for number, piece in enumerate(kept[1:], 1):
        is_last = number == len(kept) - 1
        if not piece and not is_last:
            # Two spans side by side: where the one ends and the other begins cannot be told.
            found.append(None)
            continue
        end = len(after) - len(piece) if is_last else after.find(piece, place + 1)
        if end < place:
            return
        alone = number == 1 or bool(kept[number - 1])
        found.append(after[place:end] if alone else None)
        place = end + len(piece)
    for (start, end, span_kind), invented in zip(spans, found, strict=True):
        if span_kind == kind and invented:
            yield before[start:end], invented


def words_of(real: str, invented: str) -> Iterator[tuple[str, str, str]]:
    """Role (script and place in the name), true word and invented word."""
    if _is_han(real) and _is_han(invented):
        if len(real) > 1 and len(invented) > 1:
            yield "zh family", real[0], invented[0]
            yield "zh given", real[1:], invented[1:]
        return
    a, b = real.casefold().replace(",", " ").split(), invented.casefold().replace(",", " ").split()
    if len(a) != len(b):
        return
    for number, (word, other) in enumerate(zip(a, b, strict=True)):
        if len(word) > 2 and word.isalpha() and other.isalpha():
            yield "last" if number == len(a) - 1 else "first", word, other


def _provider_names(ground: Ground) -> frozenset[frozenset[str]]:
    rows = ground.connection.execute("SELECT DISTINCT provider_name FROM vault.provider").fetchall()
    return frozenset(_words(name) for (name,) in rows if name) or frozenset({frozenset[str]()})


def _words(name: str) -> frozenset[str]:
    """Words of a Latin name, a Chinese name as one."""
    return frozenset(name.casefold().replace(",", " ").replace(".", " ").split())


def _is_han(text: str) -> bool:
    return bool(text) and all("\u3400" <= c <= "\u9fff" for c in text)


def _has_spans(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(
        connection.execute(
            "SELECT 1 FROM information_schema.tables WHERE table_name = $1", [SPANS]
        ).fetchall()
    )


def _notes(ground: Ground) -> Iterator[tuple[int, str, str, list[tuple[int, int, str]]]]:
    """(person, text before, text after, spans with their types) of notes of drawn people."""
    people = ground.rng("notes").permutation(ground.shown.ids)
    ground.store("attacked_people", person_id=people, place=np.arange(len(people)))
    ground.connection.execute(
        "CREATE OR REPLACE TEMP TABLE drawn_note AS SELECT note_id FROM "
        f"attacked_people JOIN {ground.table('note')} USING (person_id) "
        f"ORDER BY place, note_id LIMIT {NOTES}"
    )
    rows = ground.connection.execute(
        "SELECT r.person_id, v.note_text, r.note_text, "
        'list((s.start, s."end", s.type) ORDER BY s.start) '
        f"FROM {ground.table('note')} r JOIN vault.note v USING (note_id) "
        f"JOIN {SPANS} s USING (note_id) WHERE note_id IN (SELECT note_id FROM drawn_note) "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for person, before, after, spans in rows:
        yield person, before or "", after or "", [tuple(span) for span in spans]
