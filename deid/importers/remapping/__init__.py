"""Maps records again, from the source codes that the vault kept, after its vocabulary changed."""

from deid.importers.remapping.remap import remap
from deid.importers.remapping.report import RemapReport, RemapTable

__all__ = ["RemapReport", "RemapTable", "remap"]
