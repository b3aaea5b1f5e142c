"""Notes of a visit, in the language of its place, with the spans of all identifiers in them.

A note is expanded from the grammar of its language (``grammars/en``, ``grammars/zh``) over the
facts of its form, in the style of its author, and ends on the page as the author's hand has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

from deid.synth.notes.facts import FACTS, facts_of
from deid.synth.notes.grammar import Grammar
from deid.synth.notes.mentions import Mentions
from deid.synth.notes.slots import SLOTS
from deid.synth.notes.styles import author_of, draw_style, draw_surface, written
from deid.synth.notes.telling import Telling
from deid.synth.notes.text import GoldNote, Mark, Note, Span, assemble
from deid.synth.people import Household, Locale
from deid.synth.visits import Form, Visit

__all__ = ["Chart", "GoldNote", "Note", "Span", "load_grammar", "write_note"]

ROOTS = ("note", "query", "nameless")
"""Productions that a text may begin with: a note, a short question to a colleague or a search
engine, a note that names nobody. Papers, below :data:`PAPER`, are the others."""
PAPER = "paper."
"""Prefix of the papers that no form asks for: reports, letters, threads."""
_TRIES = 20
"""So often a text is told anew in which an eponym is somebody's own name."""
_WORD = re.compile(r"[A-Z][a-z]+")
_FOLDERS: dict[Locale, str] = {"en_US": "en", "zh_CN": "zh"}


@cache
def load_grammar(locale: Locale) -> Grammar:
    """The grammar of a locale's language, parsed and checked.

    Raises:
        GrammarError: with file and line, if a grammar file is wrong.
    """
    folder = Path(__file__).with_name("grammars") / _FOLDERS[locale]
    return Grammar.load(folder, SLOTS.keys(), FACTS)


class Chart:
    """One resident's chart: writes a note for each form, in the order of the visits.

    It remembers the visit before, because authors look back and copy.
    """

    def __init__(self, stream: Random, household: Household) -> None:
        self._stream, self._household = stream, household
        self._grammar = load_grammar(household.locale)
        members = {member.family_name for member in household.members}
        # Family names that the grammar has as words too: Murphy of the sign, Long of the wait.
        self._clashing = self._grammar.names_in_words & members
        self._prior: Visit | None = None
        self._visit: Visit | None = None

    def turn_to(self, visit: Visit) -> None:
        """Remember a visit, whether or not something is written about it."""
        if visit is not self._visit:
            # The emergency room in which a stay began is no visit before it.
            if self._visit is not None and self._visit.day < visit.day:
                self._prior = self._visit
            self._visit = visit

    def write(self, visit: Visit, form: Form, root: str = "note") -> Note:
        """The note of one form; every number in it is one of the form's or of the visit before.

        ``root`` is one of :data:`ROOTS` or a paper: another piece of writing about the same
        person. Nothing is written where the grammar has nothing to say.
        """
        self.turn_to(visit)
        stream, household = self._stream, self._household
        site = visit.site or household.site
        mentions = Mentions(
            stream, household, visit.resident, visit.clinician, written_on(visit, form), site
        )
        author = author_of(visit.clinician, household.locale)
        style = draw_style(stream, author) if root == "note" else "prose"
        facts = facts_of(household, visit, form, mentions, self._prior)
        facts.add(style)
        if visit.clinician.is_doctor:
            facts.add("doctor")
        telling = Telling(
            stream,
            self._grammar,
            SLOTS,
            mentions,
            facts,
            household,
            visit,
            form,
            self._prior,
            author.habit,
        )
        pieces = telling.tell(root)
        clashing = self._clashing | self._grammar.names_in_words & {visit.clinician.family_name}
        for _ in range(_TRIES if clashing else 0):
            if not clashing & _words_of(pieces):
                break
            pieces = telling.tell(root)
        surface = draw_surface(stream, author, style, mentions.chinese)
        return assemble(telling.title, written(stream, pieces, surface, mentions.chinese))


def _words_of(pieces: Iterable[str | Mark]) -> set[str]:
    """The words that are no names."""
    text = " ".join(piece for piece in pieces if isinstance(piece, str))
    return set(_WORD.findall(text))


def written_on(visit: Visit, form: Form) -> date:
    """The day that a note bears: a summary of a stay, and the letter with it, that of discharge."""
    return visit.end if visit.end and form.kind in {"discharge", "referral back"} else visit.day


def write_note(stream: Random, household: Household, visit: Visit, form: Form) -> Note:
    """The note of one form by itself, of an author who does not look back."""
    return Chart(stream, household).write(visit, form)
