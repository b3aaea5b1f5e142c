"""Drafts a case from one person of a release: reads, forms problems, writes up, numbers sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from casebank import rules
from casebank.background import (
    age_band_at_first_contact,
    build_background,
    is_child,
    sex_text,
)
from casebank.contacts import Meeting, find_meetings
from casebank.flowsheets import build_flow_sheets
from casebank.ledger import Ledger
from casebank.model import (
    Case,
    Contact,
    Language,
    Level,
    Outcome,
    Problem,
    Source,
    Statement,
)
from casebank.problems import find_problems, number_problems
from casebank.reader import read_record
from casebank.record import Record
from casebank.relative import span_text
from casebank.soap import Linker, build_soap
from casebank.timeline import build_timeline, drug_items, is_life_event
from deid.release import Release


def draft_case(
    release: Release, person_id: int, *, case_id: str, language: Language | None = None
) -> Case:
    """A first draft of a case from the record of ``person_id``.

    Without a ``language``, the case is in the one that most of the person's notes are written in.

    Raises:
        RecordNotFound: if the release has no such person.
        RecordUnusable: if nothing in the record has a date, or the release lacks a needed column.
        ValueError: for a malformed ``case_id``.
    """
    return draft_from_record(read_record(release, person_id, language), case_id=case_id)


def draft_from_record(record: Record, *, case_id: str) -> Case:
    """As :func:`draft_case`, from a record that is read already. Equal records, equal cases."""
    language = record.language
    ledger = Ledger(record, language)
    last_day = record.last_day
    sorted_out = build_background(record, ledger, language)
    found = find_problems(record, language)
    problems = number_problems(found, record, ledger, last_day)
    linker = Linker(problems, dict(enumerate((one.names for one in found), 1)))
    left_out = dict(sorted_out.left_out)
    for table, count in record.unnamed.items():
        left_out[f"rows of {table} without a name"] = count
    contacts = []
    meetings, between = [], []
    for meeting in find_meetings(record, sorted_out.rows):
        if not _history(meeting, record):
            meetings.append(meeting)
        elif meeting.start >= record.first_day:
            between += [ledger.event(event) for event in meeting.events]
    past_history = (*sorted_out.background.past_history, *between)
    for number, meeting in enumerate(meetings, 1):
        soap, dropped = build_soap(meeting.events, meeting.notes, linker, ledger)
        for reason, count in dropped.items():
            left_out[reason] = left_out.get(reason, 0) + count
        contacts.append(
            Contact(
                id=_contact_id(meeting, ledger),
                number=number,
                day=ledger.day(meeting.start),
                end_day=ledger.day(meeting.end),
                setting=_setting(meeting, language),
                derived=meeting.derived,
                soap=soap,
            )
        )
    drugs = drug_items(record.events, linker, ledger)
    case_contacts = tuple(contacts)
    names = [event.name for event in record.of("condition_occurrence")]
    names += [event.name for event in record.of("observation")]
    return Case(
        case_id=case_id,
        title=_title(record, case_contacts, language),
        level=_level(problems, case_contacts),
        language=language,
        background=replace(sorted_out.background, past_history=past_history),
        problems=problems,
        contacts=case_contacts,
        flow_sheets=build_flow_sheets(record.events, linker, drugs, ledger, language),
        timeline=build_timeline(record, case_contacts, problems, drugs, ledger, language),
        outcome=_outcome(record, problems, ledger, last_day, language),
        sensitive=_sensitive(names),
        left_out=left_out,
        sources=ledger.sources(),
    )


def _history(meeting: Meeting, record: Record) -> bool:
    """Whether it is no contact but history.

    Where visits tell who was seen when, an entry without a visit and without a note is history: all
    of it before the first contact, and later what is nothing but dated diagnoses and events of
    life. It stands under past history, with its day.
    """
    if not meeting.derived or meeting.notes or not record.follows_visits:
        return False
    return meeting.start < record.first_day or all(
        event.table == "condition_occurrence" or is_life_event(event) for event in meeting.events
    )


def _contact_id(meeting: Meeting, ledger: Ledger) -> str:
    sources = tuple(
        Source("visit_occurrence", visit.visit_id, "visit_start_date") for visit in meeting.visits
    )
    if not sources:
        sources = tuple(
            [Source(e.table, e.row_id, e.start_column) for e in meeting.events[:1]]
            or [Source("note", note.note_id, "note_date") for note in meeting.notes[:1]]
        )
    return ledger.id(sources)


def _setting(meeting: Meeting, language: Language) -> str:
    names = list(dict.fromkeys(visit.name for visit in meeting.visits if visit.name))
    if names:
        return " / ".join(names)
    return "接诊" if language == "zh" else "Contact"


def _title(record: Record, contacts: tuple[Contact, ...], language: Language) -> str:
    """Who, and what they came with: never a diagnosis, only a complaint that the record states."""
    band = age_band_at_first_contact(record)
    sex = sex_text(record.sex_concept_id, language, is_child(record))
    span = span_text(max((c.day for c in contacts), default=0), language)
    complaint = _complaint(record, contacts, language)
    if language == "zh":
        who = f"{band}岁{sex}" if band else sex or "一位居民"
        return f"{who}，{complaint}" if complaint else f"{who}，随访{span}"
    who = f"A {sex or 'person'}" + (f" of {band}" if band else "")
    return f"{who} with {complaint}" if complaint else f"{who}, followed for {span}"


def _complaint(record: Record, contacts: tuple[Contact, ...], language: Language) -> str:
    for contact in contacts:
        for statement in contact.soap.subjective:
            text = statement.text.casefold()
            found = [(text.find(word), word) for word in rules.COMPLAINTS[language] if word in text]
            stated = [word for place, word in sorted(found) if not _denied(text, place)]
            if stated:
                return stated[0]
    for event in record.of("condition_occurrence"):
        if rules.matches(rules.SYMPTOM, event.name):
            symptom = event.shown_name or event.name
            return symptom if language == "zh" else symptom[0].lower() + symptom[1:]
    return ""


def _denied(text: str, place: int) -> bool:
    before = text[max(0, place - 24) : place]
    return rules.matches(
        r"(\b(no|not|denies|denied|without|never)\b[^.;,]*|[无未否][^。；，]*)$", before
    )


def _level(problems: tuple[Problem, ...], contacts: tuple[Contact, ...]) -> Level:
    """A first guess by load, for the instructor to correct: problems on the master list count."""
    load = sum(1 for problem in problems if problem.listed == "master")
    if load <= 3 and len(contacts) <= 12:
        return "preclinical"
    return "clerkship" if load <= 8 else "residency"


def _outcome(
    record: Record,
    problems: tuple[Problem, ...],
    ledger: Ledger,
    last_day: date,
    language: Language,
) -> Outcome:
    statements: list[Statement] = []
    if record.death is not None:
        text = "死亡" if language == "zh" else "Died"
        if record.death_cause:
            text += ("：" if language == "zh" else ": ") + record.death_cause
        source = Source("death", record.person_id, "death_date")
        statements.append(ledger.statement(text, ledger.day(record.death), (source,)))
    statements += problem_outcomes(problems, language)
    return Outcome(ledger.day(last_day), record.death is not None, tuple(statements))


def problem_outcomes(problems: tuple[Problem, ...], language: Language) -> tuple[Statement, ...]:
    """How each problem of the master list stands at the end, in words."""
    words = {
        "en": {"active": "active", "inactive": "inactive", "resolved": "resolved"},
        "zh": {"active": "活动", "inactive": "静止", "resolved": "已解决"},
    }[language]
    return tuple(
        Statement(
            problem.evidence[-1].id,
            problem.resolved_day if problem.resolved_day is not None else problem.evidence[-1].day,
            f"#{problem.number} {problem.title}: {words[problem.status]}",
            (problem.number,),
        )
        for problem in problems
        if problem.listed == "master"
    )


def _sensitive(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted({found for name in names for found in rules.sensitive_categories(name)}))
