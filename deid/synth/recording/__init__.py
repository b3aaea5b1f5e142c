"""From the facts of households and visits to rows of the vault's tables."""

from deid.synth.recording.people import record_household, record_source
from deid.synth.recording.visits import VisitRecord, record_visit

__all__ = ["VisitRecord", "record_household", "record_source", "record_visit"]
