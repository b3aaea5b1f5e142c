"""Forms of the resident health record as CSV files, into the vault."""

from deid.importers.forms.importing import import_forms

__all__ = ["import_forms"]
