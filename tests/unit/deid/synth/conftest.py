"""Populations that all tests of the generator share, one of them as DuckDB tables too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from deid.synth import GoldNote, generate_with_gold
from deid.synth.care_sites import build_care_sites
from deid.synth.county import neighbourhoods
from deid.synth.people import LOCALES, Household
from deid.synth.rows import RowStore
from deid.vocabulary import load_base_vocabulary

TODAY = date(2025, 6, 30)
Population = tuple[dict[str, pa.Table], list[GoldNote]]


@pytest.fixture(scope="session")
def population() -> Population:
    """240 residents, half of them Chinese, whose visits were not spoilt in the end."""
    return generate_with_gold(240, 20, today=TODAY, faults=False)


@pytest.fixture(scope="session")
def sql(population: Population) -> Iterator[duckdb.DuckDBPyConnection]:
    """The population's tables under their names."""
    connection = duckdb.connect()
    for name, rows in population[0].items():
        connection.register(name, rows)
    connection.register("concept", load_base_vocabulary()["concept"])
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def county() -> list[Household]:
    """Households with 8,000 residents, before anybody visits."""
    store = RowStore()
    return [
        household
        for locale in LOCALES
        for neighbours in neighbourhoods(
            4000, 3, locale, build_care_sites(3, locale, store), store, TODAY
        )
        for household in neighbours
    ]
