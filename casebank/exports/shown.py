"""What a stage shows, as lines under headings: for formats that have their own pages."""

from __future__ import annotations

from collections.abc import Iterator

from casebank.exports.words import word
from casebank.lesson import Wording
from casebank.model import Case, FlowPoint, FlowSeries, Language, Statement
from casebank.relative import day_text

_BACKGROUND = ("profile", "past_history", "family", "living_environment", "lifestyle")
_SOAP = ("subjective", "objective", "assessment", "plan", "other")


Line = tuple[str, Language]
"""A text with the language that it is in."""


def said(case: Case, one: Statement, language: Language) -> Line:
    """A statement in ``language`` where the release names it so, else as the record has it."""
    if case.language != language and one.other:
        return one.other, language
    return one.text, case.language


def worded(wording: Wording, language: Language) -> Line:
    """A wording in ``language``, or in the one that it has."""
    text = wording.text(language)
    return text, "zh" if text == wording.zh and text != wording.en else "en"


def shown_lines(
    case: Case, ids: frozenset[str], language: Language
) -> Iterator[tuple[str, list[Line]]]:
    """Heading and lines of the statements with those ids, in the record's order."""
    for name in _BACKGROUND:
        statements: tuple[Statement, ...] = getattr(case.background, name)
        lines = [said(case, one, language) for one in statements if one.id in ids]
        if lines:
            yield word(name, language), lines
    for contact in case.contacts:
        where = f"{contact.setting}, {day_text(contact.day, language)}"
        for part in _SOAP:
            noted: tuple[Statement, ...] = getattr(contact.soap, part)
            lines = [said(case, one, language) for one in noted if one.id in ids]
            if lines:
                name = word("notes" if part == "other" else part, language)
                yield f"{where}: {name}", lines
    written = {one.id for one in case.statements()}
    values = [
        (value_text(series, point, language), case.language)
        for sheet in case.flow_sheets
        for series in sheet.series
        for point in series.points
        if point.id in ids and point.id not in written
    ]
    if values:
        yield word("measured", language), values


def value_text(series: FlowSeries, point: FlowPoint, language: Language) -> str:
    """A measured value with its day."""
    return f"{day_text(point.day, language)}: {series.name} {point.value:g} {series.unit}".rstrip()


def lines_of(case: Case, language: Language) -> dict[str, Line]:
    """Texts by the ids of their statements, as a contact words them where one does."""
    lines: dict[str, Line] = {}
    at_contacts = (one for contact in case.contacts for one in contact.soap.statements)
    for one in (*at_contacts, *case.statements()):
        lines.setdefault(one.id, said(case, one, language))
    return lines
