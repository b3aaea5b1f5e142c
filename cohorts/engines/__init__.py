"""Engines that run a cohort definition; DuckDB is the default and so far the only one."""

from cohorts.engines.duckdb import DEFAULT_LIMIT_SECONDS, run

__all__ = ["DEFAULT_LIMIT_SECONDS", "run"]
