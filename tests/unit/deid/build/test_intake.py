from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from deid.build.intake import check_injective, event_fields
from deid.errors import PseudonymCollision
from deid.policy import load_policy
from deid.vault.store import create_vault, read_tables

RULES = load_policy("limited-research").tables


def working(ids: list[int]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA vault")
    connection.register("incoming", pa.table({"person_id": np.array(ids, dtype=np.int64)}))
    connection.execute("CREATE TABLE vault.person AS SELECT * FROM incoming")
    return connection


def test_two_people_with_one_pseudonym_stop_the_build() -> None:
    check_injective(working([11, 12, 13]), "person", RULES["person"])
    with pytest.raises(PseudonymCollision, match="two ids of person"):
        check_injective(working([11, 12, 11]), "person", RULES["person"])


def test_the_vaults_own_vocabulary_says_which_table_a_field_concept_names(tmp_path: Path) -> None:
    engine = create_vault(f"sqlite:///{tmp_path / 'vault' / 'vault.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO concept VALUES (1147333, 'specimen.specimen_id', 'Metadata', 'CDM', "
            "'Field', 'S', 'CDM1', '1970-01-01', '2099-12-31', NULL), "
            "(1147334, 'specimen.specimen_date', 'Metadata', 'CDM', 'Field', 'S', 'CDM2', "
            "'1970-01-01', '2099-12-31', NULL)"
        )
    with read_tables(engine) as snapshot:
        fields = event_fields(snapshot)
    engine.dispose()
    assert fields[1147333] == "specimen"
    assert 1147334 not in fields
    assert fields[1147127] == "condition_occurrence"
