"""Synthetic residents: invented people with families, years of records, and notes.

Pure: nothing is read but the shipped vocabulary, nothing is written. The same arguments give the
same population, row for row.
"""

from deid.synth.notes import GoldNote, Span
from deid.synth.people import LOCALES, Locale
from deid.synth.population import Batch, generate, generate_batches, generate_with_gold
from deid.synth.rows import FIRST_ID

__all__ = [
    "FIRST_ID",
    "LOCALES",
    "Batch",
    "GoldNote",
    "Locale",
    "Span",
    "generate",
    "generate_batches",
    "generate_with_gold",
]
