"""What may be told before the diagnosis: what is the patient's, and gives nothing away."""

from __future__ import annotations

import re

from casebank import rules, terms
from casebank.lesson.drafting.evidence import Datum, Evidence
from casebank.lesson.drafting.focus import Focus
from casebank.lesson.drafting.sentences import (
    MEASURED_AGAIN,
    is_clerical,
    is_empty,
    is_line_of_a_form,
    is_target,
    is_whole_form,
    tells_decision,
    tells_examined,
    tells_what_was_done,
)
from casebank.model import Case
from casebank.names import names_somebody
from casebank.negatives import count_negatives

LEAST_CLAUSE = 4
LEAST_NEGATIVES = 2
"""The gate asks for so many findings that are told to be absent or normal."""


class BeforeDiagnosis:
    """Judges the data of the visit that a lesson begins with."""

    def __init__(self, case: Case, evidence: Evidence, focus: Focus) -> None:
        self._evidence, self._focus = evidence, focus
        self._telling = focus.telling
        here = evidence.at(focus.contact)
        self._given = tuple(
            word.casefold()
            for one in here
            if one.event and one.event.table == "drug_exposure"
            for word in re.findall(r"[A-Za-z]{5,}|[\u4e00-\u9fff]{3,}", one.event.name)[:1]
        )
        said: dict[str, set[tuple[str, bool]]] = {}
        for sign in focus.signs:
            said.setdefault(sign.datum, set()).add((sign.finding, sign.present))
        self._signs = {datum: frozenset(found) for datum, found in said.items()}
        self._signs_of_rows = tuple(
            self._signs[one.id]
            for one in here
            if one.id in self._signs and one.event is not None and one.event.value_text
        )
        self._in_rows = tuple(
            (one.id, clause)
            for one in here
            if one.event and one.event.table == "observation" and one.event.value_text
            for clause in re.split(r"[,，;；]\s*", one.event.value_text.casefold())[:1]
            if len(clause) >= LEAST_CLAUSE
        )
        # A datum may be said again in other words, which name the problem that it reveals.
        self._naming = {
            one.id for one in case.statements() if terms.mentions(one.text, focus.hidden)
        }

    def gives_away(self, datum: Datum) -> bool:
        """Whether a datum names the diagnosis, in its own words or in those of its repeats."""
        return datum.id in self._naming or self._focus.gives_away(datum)

    def may_be_known(self, datum: Datum) -> bool:
        """Whether what was known before the visit gives nothing away."""
        earlier = datum.contact != self._focus.contact
        return earlier and datum.id not in self._naming and not self._focus.names(datum)

    def readable(self, datum: Datum) -> bool:
        """Whether a datum of the first visit is of the patient and gives nothing away."""
        if self.gives_away(datum) or datum.unanswered or self.prescribes(datum):
            return False
        if is_target(datum) or tells_what_was_done(datum) or _scores_nothing(datum):
            return False
        aside = datum.event is None and datum.id not in self._focus.complaint
        if aside and (
            names_somebody(datum.text)
            or is_empty(datum.text)
            or is_whole_form(datum)
            or tells_decision(datum)
            or is_line_of_a_form(datum)
            or rules.matches(MEASURED_AGAIN, datum.text)
        ):
            return False
        if datum.id in self._telling:
            return True
        if is_clerical(datum) or datum.part == "-":
            return False
        # What a note says of the examination stands here if it says something of a finding.
        return datum.part != "O" or datum.event is not None

    def prescribes(self, datum: Datum) -> bool:
        """Whether a sentence names what was given at this visit, which would tell for what."""
        folded = datum.text.casefold()
        return datum.event is None and any(word in folded for word in self._given)

    def said_by_a_row(self, datum: Datum) -> bool:
        """Whether a row of this visit says the same in a cleaner way: its first clause, or every
        finding that the sentence tells."""
        if datum.event is not None:
            return False
        folded = datum.text.casefold()
        told = self._signs.get(datum.id, frozenset())
        return any(clause in folded for _, clause in self._in_rows) or (
            bool(told) and any(told <= row for row in self._signs_of_rows)
        )

    def told_normal(self) -> list[Datum]:
        """What the note says of the examination that is absent or normal, in a sentence without
        numbers: it speaks for no diagnosis, so that it is shown only where little else is denied.
        """
        return [
            one
            for one in self._evidence.at(self._focus.contact, "S", "O", "-")
            if tells_examined(one)
            and not tells_decision(one)
            and count_negatives(one.text)
            and not (is_clerical(one) or self.gives_away(one) or self.prescribes(one))
            and not self.said_by_a_row(one)
        ][:LEAST_NEGATIVES]


def _scores_nothing(datum: Datum) -> bool:
    event = datum.event
    return event is not None and event.table == "observation" and event.value == 0
