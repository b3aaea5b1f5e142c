"""Engines that run a cohort definition: DuckDB, the default, PostgreSQL and Apache Spark.

Each is a module with one function, ``run(definition, source, limit_seconds, cancel)``, that gives
the same :class:`cohorts.result.CohortResult` from the same data. They differ in what they run
over: :class:`cohorts.cdm.DataSource`, :class:`cohorts.engines.postgresql.PostgresCdm` and
:class:`cohorts.cdm.ParquetSource`. Only DuckDB's is imported here: who needs another imports it.
"""

from cohorts.engines.common import DEFAULT_LIMIT_SECONDS
from cohorts.engines.duckdb import run

__all__ = ["DEFAULT_LIMIT_SECONDS", "run"]
