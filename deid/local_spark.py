"""Starts Apache Spark on this machine: silent, private, and for this process alone."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deid.errors import SparkUnavailable

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NO_LOG: Final = """\
rootLogger.level = off
rootLogger.appenderRef.nowhere.ref = nowhere
appender.nowhere.type = Null
appender.nowhere.name = nowhere
"""


@contextmanager
def local_spark(
    threads: int | None = None, options: Mapping[str, str] | None = None
) -> Iterator[SparkSession]:
    """A Spark of this process on this machine, with its files in a private folder.

    It listens on the loopback address alone, has no web page, and logs nothing: Spark's log
    quotes values. ``threads`` defaults to one a core; ``options`` are further settings of Spark.

    Raises:
        SparkUnavailable: if pyspark or Java is not installed, or a Spark runs in this process.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise SparkUnavailable("pyspark is not installed; install carecommons[spark]") from None
    if running_spark() is not None:
        raise SparkUnavailable("a Spark runs in this process already; hand its session over")
    if not java_is_there():
        raise SparkUnavailable(
            "Apache Spark needs Java 17 or later: install a JRE or set JAVA_HOME"
        )
    folder = Path(tempfile.mkdtemp(prefix="carecommons-spark-"))
    (folder / "log4j2.properties").write_text(NO_LOG)
    cores = threads or os.cpu_count() or 1
    settings: dict[str, bool | float | int | str | None] = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder}",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **(options or {}),
    }
    try:
        builder = SparkSession.builder.master(f"local[{cores}]").appName("carecommons")
        # Its Python processes are of this installation.
        with _environment(
            SPARK_CONF_DIR=str(folder), SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable
        ):
            session = builder.config(map=settings).getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise SparkUnavailable(
            f"Apache Spark does not start ({type(error).__name__}); it needs Java 17 or later"
        ) from None
    try:
        yield session
    finally:
        session.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Variables for the Java that is started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def running_spark() -> SparkSession | None:
    """The Spark that this process has started before, if it has."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        return None
    return SparkSession.getActiveSession()


def java_is_there() -> bool:
    """Whether Spark would find a Java."""
    home = os.environ.get("JAVA_HOME")
    return (Path(home) / "bin" / "java").is_file() if home else shutil.which("java") is not None
