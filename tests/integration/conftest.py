"""One Spark session for all tests of a process."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from deid.local_spark import java_is_there, local_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Tiny tables: one partition, and no effort on fast machine code for it.
QUICK_TO_START = {
    "spark.sql.shuffle.partitions": "1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what Spark's absent parts would run."""
    for item in items:
        if item.get_closest_marker("spark"):
            if importlib.util.find_spec("pyspark") is None:
                item.add_marker(pytest.mark.skip(reason="no pyspark: install carecommons[spark]"))
            elif not java_is_there():
                item.add_marker(
                    pytest.mark.skip(reason="no Java: install Debian's default-jre-headless")
                )


@pytest.fixture(scope="session")
def spark_session() -> Iterator[SparkSession]:
    """A Spark on this machine; one for all tests, since starting it takes seconds."""
    with local_spark(options=QUICK_TO_START) as session:
        yield session
