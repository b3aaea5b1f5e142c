"""Where partitions of notes are scrubbed: in processes of this machine, or elsewhere.

The partition function is :meth:`deid.build.partition.PartitionScrubber.scrub`; an executor maps it
over partitions. Results come in the order of the partitions, whatever is done beside each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from deid.build.partition import EngineRecipe, Partition, ScrubbedNotes


class Executor(Protocol):
    """Maps the partition function over partitions."""

    def scrub(self, recipe: EngineRecipe, parts: Iterable[Partition]) -> Iterator[ScrubbedNotes]:
        """What became of the notes of each partition, in order; few are held at a time.

        Raises:
            TextRefused: if what scrubs a partition ended unexpectedly.
        """
        ...
