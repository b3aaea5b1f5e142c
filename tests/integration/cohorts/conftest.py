"""The engines that tests of cohorts run on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.integration.cohorts.engines import Duckdb, Postgresql, Spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


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
def spark_engine(spark_session: SparkSession) -> Spark:
    """A Spark on this machine; one for all tests."""
    return Spark(spark_session)
