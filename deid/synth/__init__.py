"""Synthetic residents: invented people with families, years of records, and notes.

Pure: nothing is read but the shipped vocabulary, nothing is written. The same arguments give the
same population, row for row.
"""

from deid.synth.notes import GoldNote, Span
from deid.synth.people import LOCALES, Locale
from deid.synth.population import Batch, generate, generate_batches, generate_with_gold
from deid.synth.rows import FIRST_ID
from deid.synth.visits import Fault

__all__ = [
    "FIRST_ID",
    "LOCALES",
    "Batch",
    "Fault",
    "GoldNote",
    "Locale",
    "Span",
    "generate",
    "generate_batches",
    "generate_with_gold",
]
