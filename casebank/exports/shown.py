"""What a stage shows, as lines under headings: for formats that have their own pages."""

from __future__ import annotations

from collections.abc import Iterator

from casebank.exports.words import word
from casebank.model import Case, Language
from casebank.relative import day_text

_BACKGROUND = ("profile", "past_history", "family", "living_environment", "lifestyle")
_SOAP = ("subjective", "objective", "assessment", "plan", "other")


def shown_lines(
    case: Case, ids: frozenset[str], language: Language
) -> Iterator[tuple[str, list[str]]]:
    """Heading and lines of the statements with those ids, in the record's order."""
    for name in _BACKGROUND:
        lines = [one.text for one in getattr(case.background, name) if one.id in ids]
        if lines:
            yield word(name, language), lines
    for contact in case.contacts:
        where = f"{contact.setting}, {day_text(contact.day, language)}"
        for part in _SOAP:
            lines = [one.text for one in getattr(contact.soap, part) if one.id in ids]
            if lines:
                name = word("notes" if part == "other" else part, language)
                yield f"{where}: {name}", lines
    written = {one.id for one in case.statements()}
    values = [
        f"{day_text(point.day, language)}: {series.name} {point.value:g} {series.unit}".rstrip()
        for sheet in case.flow_sheets
        for series in sheet.series
        for point in series.points
        if point.id in ids and point.id not in written
    ]
    if values:
        yield word("measured", language), values


def texts_of(case: Case) -> dict[str, str]:
    """Texts by the ids of their statements, as a contact words them where one does."""
    texts: dict[str, str] = {}
    at_contacts = (one for contact in case.contacts for one in contact.soap.statements)
    for one in (*at_contacts, *case.statements()):
        texts.setdefault(one.id, one.text)
    return texts
