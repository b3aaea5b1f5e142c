"""FHIR R4 into the vault: clinical rows to OMOP tables, people's particulars to identity tables."""

from deid.importers.fhir.importing import import_fhir

__all__ = ["import_fhir"]
