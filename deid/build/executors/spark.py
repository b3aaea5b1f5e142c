"""Scrubs partitions on Apache Spark, with the same partition function.

Partitions travel to Spark's Python processes a wave at a time and what became of them comes back in
order, so the driver holds a wave and no more. Notes, identities and the surrogates' key leave this
process: on a cluster they do so over authenticated and encrypted connections only, and what Spark
writes to its own disks is encrypted.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from deid.build.partition import EngineRecipe, Partition, PartitionScrubber, ScrubbedNotes
from deid.errors import SparkUnavailable, TextRefused
from deid.local_spark import local_spark, running_spark

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import SparkSession

_WAVE_A_SLOT = 4
"""Partitions of one wave for each task that runs at once."""
PROTECTED: Final = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.io.encryption.enabled": "true",
}
"""What a cluster must have set, since identified notes travel and are spilled."""


@dataclass(frozen=True)
class OnSpark:
    """A running Spark."""

    session: SparkSession

    def scrub(self, recipe: EngineRecipe, parts: Iterable[Partition]) -> Iterator[ScrubbedNotes]:
        """As :class:`deid.build.executors.Executor` says."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        context = self.session.sparkContext
        size = _WAVE_A_SLOT * context.defaultParallelism
        work = partial(_scrub, context.broadcast(recipe), secrets.token_hex(8))
        waiting = iter(parts)
        while wave := list(islice(waiting, size)):
            try:
                done = context.parallelize(wave, len(wave)).mapPartitions(work).collect()
            except (PySparkException, Py4JError):
                # The cause is dropped: its text may quote a note.
                raise TextRefused(
                    "a Spark task that scrubs notes failed; nothing was published"
                ) from None
            yield from done


@contextmanager
def spark_executor(master: str, threads: int) -> Iterator[OnSpark]:
    """A Spark of this machine, or of the cluster at ``master``; stopped afterwards.

    A Spark that runs in this process already is used and left running.

    Raises:
        SparkUnavailable: if it does not start, or a cluster does not protect what it is given.
    """
    running = running_spark()
    if running is not None:
        _check_protected(running)
        yield OnSpark(running)
    elif not master:
        with local_spark(threads, {"spark.io.encryption.enabled": "true"}) as session:
            yield OnSpark(session)
    else:
        with _cluster(master) as session:
            _check_protected(session)
            yield OnSpark(session)


def unprotected(master: str, options: Mapping[str, str]) -> list[str]:
    """Settings for want of which a Spark would carry notes between machines in the clear."""
    if master == "local" or master.startswith("local["):
        return []
    return [name for name, value in PROTECTED.items() if options.get(name) != value]


def _check_protected(session: SparkSession) -> None:
    context = session.sparkContext
    missing = unprotected(str(context.master), dict(context.getConf().getAll()))
    if missing:
        raise SparkUnavailable(
            f"this Spark would carry notes in the clear: set {', '.join(missing)} to true"
        )


@contextmanager
def _cluster(master: str) -> Iterator[SparkSession]:
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise SparkUnavailable("pyspark is not installed; install carecommons[spark]") from None
    settings: dict[str, bool | float | int | str | None] = {
        **PROTECTED,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    try:
        builder = SparkSession.builder.master(master).appName("carecommons release build")
        session = builder.config(map=settings).getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise SparkUnavailable(
            f"no Spark at {master} ({type(error).__name__}); docs/scaling.md says what it needs"
        ) from None
    try:
        yield session
    finally:
        session.stop()


_made: tuple[str, PartitionScrubber] | None = None
"""The engine of this Python process of Spark, by the token of the build that it is for."""


def _scrub(
    recipe: Broadcast[EngineRecipe], build: str, parts: Iterable[Partition]
) -> Iterator[ScrubbedNotes]:
    global _made
    try:
        if _made is None or _made[0] != build:
            _made = (build, PartitionScrubber(recipe.value))
        for part in parts:
            yield _made[1].scrub(part)
    except Exception as error:
        # Spark logs what a task dies of, wherever it runs: the text may quote a note.
        raise TextRefused(f"a task failed ({type(error).__name__})") from None
