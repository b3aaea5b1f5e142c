"""Loads the vocabulary files of an Athena download into the vault, columnar and incremental.

Athena (athena.ohdsi.org) is where OHDSI distributes its vocabularies: nine files separated by tabs,
without quoting, with dates as ``YYYYMMDD`` (OMOP CDM v5.4, standardized vocabularies).
"""

from deid.importers.athena.loading import load_athena
from deid.importers.athena.report import VocabularyReport, VocabularyTableReport

__all__ = ["VocabularyReport", "VocabularyTableReport", "load_athena"]
