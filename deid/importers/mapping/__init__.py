"""From source codes to OMOP concepts, for all importers, through the vault's own vocabulary."""

from deid.importers.mapping.lookup import CodeLookup, Mapped
from deid.importers.mapping.unmapped import Unmapped

__all__ = ["CodeLookup", "Mapped", "Unmapped"]
