"""Notes of a visit, in the language of its place, with the spans of all identifiers in them."""

from __future__ import annotations

from random import Random

from deid.synth.notes.old import chinese, english
from deid.synth.notes.old.mentions import Mentions
from deid.synth.notes.old.text import GoldNote, Note, Span
from deid.synth.people import Household
from deid.synth.visits import Form, Visit

__all__ = ["GoldNote", "Note", "Span", "write_note"]


def write_note(stream: Random, household: Household, visit: Visit, form: Form) -> Note:
    """The note of one form; every number in it is one of the form's."""
    mentions = Mentions(stream, household, visit.resident, visit.clinician, visit.day)
    grammar = chinese if household.locale == "zh_CN" else english
    return grammar.write(stream, mentions, household, visit, form)
