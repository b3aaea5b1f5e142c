"""The executor that the settings ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deid.build.executors import Executor
from deid.build.executors.processes import LocalProcesses
from deid.errors import ConfigurationError
from deid.settings import EngineSettings

EXECUTORS = ("processes", "spark")


def check_executor(settings: EngineSettings) -> None:
    """Raises:
    ConfigurationError: if there is no such executor.
    """
    if settings.executor not in EXECUTORS:
        raise ConfigurationError(
            f"no executor {settings.executor!r}; there are {' and '.join(EXECUTORS)}"
        )


@contextmanager
def executor_for(settings: EngineSettings) -> Iterator[Executor]:
    """Processes of this machine, or a Spark that is stopped afterwards.

    Raises:
        ConfigurationError: if there is no such executor.
        SparkUnavailable: if Spark is asked for and does not start.
    """
    check_executor(settings)
    if settings.executor == "processes":
        yield LocalProcesses(settings.processes)
        return
    # Not before it is asked for: Spark is an extra.
    from deid.build.executors.spark import spark_executor

    with spark_executor(settings.spark_master, settings.processes) as executor:
        yield executor
