"""One Spark session and one PostgreSQL server for all tests of the engines."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from cohorts.engines.spark import java_is_there, local_spark
from tests.integration.cohorts.engines import QUICK_TO_START, Duckdb, Postgresql, Spark


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


@pytest.fixture(
    scope="session",
    params=[
        "duckdb",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("spark", marks=pytest.mark.spark),
    ],
)
def engine(request: pytest.FixtureRequest) -> Duckdb | Postgresql | Spark:
    """The engine under test."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql_engine")
    if request.param == "spark":
        return request.getfixturevalue("spark_engine")
    return Duckdb()


@pytest.fixture(scope="session")
def postgresql_engine(postgres_server: str) -> Iterator[Postgresql]:
    """Schemas of the server's own database, which are dropped at the end."""
    made = Postgresql(postgres_server)
    yield made
    made.drop()


@pytest.fixture(scope="session")
def spark_engine() -> Iterator[Spark]:
    """A Spark on this machine; one for all tests."""
    with local_spark(options=QUICK_TO_START) as session:
        yield Spark(session)
