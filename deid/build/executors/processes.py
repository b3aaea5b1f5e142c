"""Scrubs partitions in processes of this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

from deid.build.partition import EngineRecipe, Partition, PartitionScrubber, ScrubbedNotes
from deid.errors import TextRefused

_WAITING_A_PROCESS = 4


@dataclass(frozen=True)
class LocalProcesses:
    """``processes`` processes; one means this process itself."""

    processes: int

    def scrub(self, recipe: EngineRecipe, parts: Iterable[Partition]) -> Iterator[ScrubbedNotes]:
        """As :class:`deid.build.executors.Executor` says."""
        if self.processes <= 1:
            scrubber: PartitionScrubber | None = None
            for part in parts:
                scrubber = scrubber or PartitionScrubber(recipe)
                yield scrubber.scrub(part)
            return
        context = get_context("spawn")
        with ProcessPoolExecutor(self.processes, context, _start_worker, (recipe,)) as pool:
            pending: deque[Future[ScrubbedNotes]] = deque()
            try:
                for part in parts:
                    pending.append(pool.submit(_work, part))
                    if len(pending) >= _WAITING_A_PROCESS * self.processes:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            except BrokenProcessPool:
                raise TextRefused(
                    "a process that scrubs notes ended unexpectedly; nothing was published"
                ) from None
            finally:
                for future in pending:
                    future.cancel()


_worker: PartitionScrubber | None = None


def _start_worker(recipe: EngineRecipe) -> None:
    global _worker
    _worker = PartitionScrubber(recipe)


def _work(part: Partition) -> ScrubbedNotes:
    assert _worker is not None
    return _worker.scrub(part)
