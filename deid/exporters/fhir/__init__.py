"""The vault as FHIR R4, with everything that identifies people; ``docs/fhir.md`` describes it."""

from deid.exporters.fhir.exporting import ExportReport, export_fhir

__all__ = ["ExportReport", "export_fhir"]
