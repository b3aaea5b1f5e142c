"""A whole file of notes through the engine: lines in order, in parallel, resumable.

The output depends neither on the number of processes nor on where a run was cut off.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO

from deid.errors import TextRefused
from deid.scrubbing.checkpoint import Checkpoint, checkpoint
from deid.scrubbing.treating import LineTreatment, Recipe, Treated

BATCH_LINES = 100
"""Lines that a process treats at a time."""
SMALL = 200_000
"""Bytes of input below which starting other processes would take longer than the work."""
SAVE_EVERY = 2.0
"""Seconds between two checkpoints."""

_OUT, _WITHHELD, _EVIDENCE = "out.jsonl", "withheld.csv", "evidence.csv"

Advance = Callable[[int], object]
"""Receives the number of bytes of input that were done."""
Batch = list[bytes]


@dataclass(frozen=True)
class Outcome:
    """Notes written, notes withheld, and lines that an earlier run had done already."""

    scrubbed: int
    withheld: int
    resumed: int


@dataclass(frozen=True)
class Places:
    """Where the results go; ``evidence`` None writes none."""

    out: Path
    evidence: Path | None = None

    @property
    def withheld(self) -> Path:
        """The list of withheld notes; there only if there are any."""
        return self.out.with_name(f"{self.out.name}.withheld.csv")


def scrub_file(
    notes: Path,
    places: Places,
    recipe: Recipe,
    *,
    keyed: bool,
    processes: int = 1,
    advance: Advance = lambda _bytes: None,
) -> Outcome:
    """Scrub every note of ``notes``; nothing is seen at its place before all are done.

    ``keyed`` says that ``recipe.key`` comes from a keyring; a random one is kept in the staging
    folder until the run is complete, so that its second half agrees with the first.

    Raises:
        TextRefused: if another process is writing the output, or a process ended unexpectedly;
            what was done is kept, and the same call goes on with it.
    """
    run = {
        "input": _sha256(notes),
        "mode": recipe.mode,
        "shift_days": recipe.shift_days,
        "key": hashlib.sha256(b"scrub\x1f" + recipe.key).hexdigest() if keyed else None,
        "versions": LineTreatment(recipe).versions,
    }
    names = (_OUT, _WITHHELD) + ((_EVIDENCE,) if places.evidence else ())
    processes = 1 if notes.stat().st_size < SMALL else processes
    with (
        checkpoint(places.out, run, recipe.key, not keyed, names) as held,
        notes.open("rb") as file,
    ):
        record = _Record(held, places.evidence is not None)
        for batch in _batches(file, held.done.lines):
            record.pass_over(batch)
            advance(sum(map(len, batch)))
        saved = time.monotonic()
        for batch, treated in _treated(_batches(file), replace(recipe, key=held.key), processes):
            record.add(batch, treated)
            advance(sum(map(len, batch)))
            if time.monotonic() - saved > SAVE_EVERY:
                held.save(record.done)
                saved = time.monotonic()
        done = record.done
        if not done.withheld:
            places.withheld.unlink(missing_ok=True)
        held.publish(
            {
                **({_WITHHELD: places.withheld} if done.withheld else {}),
                **({_EVIDENCE: places.evidence} if places.evidence else {}),
                _OUT: places.out,
            }
        )
    return Outcome(done.scrubbed, done.withheld, held.done.lines)


class _Record:
    """Writes what became of the lines, in their order."""

    def __init__(self, held: Checkpoint, evidence: bool) -> None:
        self._held, self._evidence = held, evidence
        self.done = held.done
        # Digests, not ids: a file may have many millions of notes.
        self._ids: set[bytes] = set()
        if not held.done.lines:
            held.append(_WITHHELD, _csv("line", "id", "reason"))
            if evidence:
                header = ("id", "start", "end", "type", "detectors", "confidence")
                held.append(_EVIDENCE, _csv(*header))

    def pass_over(self, batch: Batch) -> None:
        """Lines that are done already; their ids may not come again."""
        for line in batch:
            try:
                self._is_new(str(json.loads(line)["id"]))
            except (ValueError, KeyError, TypeError, RecursionError):
                continue

    def add(self, batch: Batch, treated: list[Treated]) -> None:
        """Lines and what became of them. Empty lines are passed over."""
        for line, result in zip(batch, treated, strict=True):
            self.done = replace(self.done, lines=self.done.lines + 1)
            if not line.removeprefix(codecs.BOM_UTF8).strip():
                continue
            if result.note_id is not None and not self._is_new(result.note_id):
                result = Treated(result.note_id, withheld="its id was there before")
            if result.line is None:
                reason = result.withheld or ""
                self._held.append(_WITHHELD, _csv(self.done.lines, result.note_id or "", reason))
                self.done = replace(self.done, withheld=self.done.withheld + 1)
                continue
            self._held.append(_OUT, result.line.encode("utf-8") + b"\n")
            self.done = replace(self.done, scrubbed=self.done.scrubbed + 1)
            if self._evidence:
                for span in result.evidence:
                    row = (
                        result.note_id, span.start, span.end, span.type,
                        " ".join(span.detectors), f"{span.confidence:.2f}",
                    )  # fmt: skip
                    self._held.append(_EVIDENCE, _csv(*row))

    def _is_new(self, note_id: str) -> bool:
        digest = hashlib.blake2b(note_id.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if digest in self._ids:
            return False
        self._ids.add(digest)
        return True


def _batches(file: BinaryIO, lines: int | None = None) -> Iterator[Batch]:
    left = lines
    while left is None or left > 0:
        batch = list(islice(file, BATCH_LINES if left is None else min(BATCH_LINES, left)))
        if not batch:
            return
        left = None if left is None else left - len(batch)
        yield batch


def _treated(
    batches: Iterator[Batch], recipe: Recipe, processes: int
) -> Iterator[tuple[Batch, list[Treated]]]:
    """Batches with their results, in the order of the file."""
    if processes <= 1:
        treatment = LineTreatment(recipe)
        for batch in batches:
            yield batch, [treatment.treat(line) for line in batch]
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, _start_worker, (recipe,)) as pool:
        waiting: list[tuple[Batch, Future[list[Treated]]]] = []
        try:
            for batch in batches:
                waiting.append((batch, pool.submit(_work, batch)))
                if len(waiting) >= 4 * processes:
                    first, future = waiting.pop(0)
                    yield first, future.result()
            while waiting:
                first, future = waiting.pop(0)
                yield first, future.result()
        except BrokenProcessPool:
            raise TextRefused(
                "a process that scrubs notes ended unexpectedly; run the same command again: "
                "it goes on where this one stopped"
            ) from None
        finally:
            for _, future in waiting:
                future.cancel()


_worker: LineTreatment | None = None


def _start_worker(recipe: Recipe) -> None:
    global _worker
    _worker = LineTreatment(recipe)


def _work(batch: Batch) -> list[Treated]:
    assert _worker is not None
    return [_worker.treat(line) for line in batch]


def _csv(*cells: object) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
