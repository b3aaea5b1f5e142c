"""Use cases around cases that leave and come back: export, a student's own print, import."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.database import Database
from app.db.models import CaseVersion, TeachingCase
from app.db.types import utc_now
from app.errors import BadInput, PermissionDenied
from app.permissions import Actor, Permission, can, check_permission
from app.services import attempt_state
from app.services import cases as case_service
from app.services.case_documents import parse_case, parse_lesson
from casebank.exports.formats import FORMATS, ExportOrder, export_case
from casebank.exports.package import Package, read_package
from casebank.exports.printed import Exporter
from casebank.model import Language

IMPORTED = "(imported)"
"""Stands for the release of a case that came without its sources."""


@dataclass(frozen=True)
class ExportedFile:
    """A file to hand out; its name tells the case's number, never what it is about."""

    name: str
    media_type: str
    data: bytes


def offered(session: Session, actor: Actor, case_id: int) -> list[str]:
    """Names of the formats that the case can be exported in now.

    Raises:
        NotFound, PermissionDenied: unless the actor writes cases.
        BadInput: if the case was withdrawn.
    """
    case = _exportable(session, actor, case_id)
    has_lesson = bool(_newest(session, case).lesson)
    published = case.state == case_service.PUBLISHED
    return [
        one.name
        for one in FORMATS.values()
        if (has_lesson or not one.needs_lesson) and (published or one.name in _OF_DRAFTS)
    ]


# A draft is looked at on paper and kept; other people's systems get what the gate let through.
_OF_DRAFTS = frozenset({"pdf-student", "pdf-teacher", "pdf-reading", "package-inside"})


def export(
    database: Database, actor: Actor, case_id: int, name: str, language: str = ""
) -> ExportedFile:
    """The case in one format: its newest published version, or the draft as it stands.

    No transaction is open while the file is made, which may take seconds; that it was made is in
    the audit log before it is handed out.

    Raises:
        NotFound, PermissionDenied: unless the actor writes cases.
        BadInput: for an unknown format or language, or one that this case is not offered in.
        ExportImpossible: from ``casebank``.
    """
    with database.reading() as session:
        if name not in offered(session, actor, case_id):
            raise BadInput("Choose one of the formats that the page offers for this case.")
        content = _newest(session, _exportable(session, actor, case_id))
    order = ExportOrder(Exporter(actor.name, utc_now()), _language(language))
    data = export_case(_package(content), name, order)
    detail = {
        "format": name,
        "version": content.number,
        "sha256": hashlib.sha256(data).hexdigest(),
        "with_sources": not FORMATS[name].leaves,
    }
    with database.writing() as session:
        _exportable(session, actor, case_id)  # it may have been withdrawn meanwhile
        record(session, actor, AuditEvent("case.exported", "case", case_id, detail))
    number = f"v{content.number}" if content.number else "draft"
    file_name = f"case-{case_id}-{number}{FORMATS[name].suffix}"
    return ExportedFile(file_name, FORMATS[name].media_type, data)


def own_print(database: Database, actor: Actor, attempt_id: int) -> ExportedFile:
    """A student's own print of the whole record, once the attempt is finished.

    Raises:
        NotFound: if the attempt is not the actor's own, or its case was withdrawn.
        PermissionDenied: before it is finished, or in an exam before the assignment has ended.
    """
    with database.reading() as session:
        version = _finished_version(session, actor, attempt_id)
        content = _Content(version.number, version.document, version.lesson, {}, version.title)
    order = ExportOrder(Exporter(actor.name, utc_now()))
    data = export_case(_package(content), "pdf-reading", order)
    detail = {"format": "pdf-reading", "version": content.number, "attempt": attempt_id}
    with database.writing() as session:
        case_id = _finished_version(session, actor, attempt_id).case_id
        record(session, actor, AuditEvent("case.printed", "case", case_id, detail))
    return ExportedFile(f"case-{case_id}-record.pdf", "application/pdf", data)


def import_case(session: Session, actor: Actor, data: bytes) -> TeachingCase:
    """A draft of the actor's from a package; it goes through the gate like any other.

    Raises:
        PermissionDenied: unless the actor writes cases.
        PackageRefused: if the file is not a package of ours.
        BadInput: if the same content is here already.
    """
    check_permission(actor, Permission.WRITE_CASES)
    if actor.user_id is None:
        raise PermissionDenied("A case needs a person as its author.")
    package = read_package(data)
    document = package.case.to_json().decode("utf-8")
    lesson = package.lesson.to_json().decode("utf-8") if package.lesson else ""
    twin = session.scalar(
        select(TeachingCase).where(
            TeachingCase.document == document,
            TeachingCase.lesson == lesson,
            TeachingCase.state != case_service.WITHDRAWN,
        )
    )
    if twin is not None:
        raise BadInput(f"This case is here already, as case {twin.id}.")
    sources = package.case.sources
    case = TeachingCase(
        release=sources.release if sources else IMPORTED,
        title=package.case.title,
        state=case_service.DRAFT,
        document=document,
        lesson=lesson,
        summary=case_service.summary_of(package.case),
        author_id=actor.user_id,
    )
    session.add(case)
    session.flush()
    detail = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "with_sources": sources is not None,
        "lesson": package.lesson is not None,
    }
    record(session, actor, AuditEvent("case.imported", "case", case.id, detail))
    return case


@dataclass(frozen=True)
class _Content:
    """What is exported: a version (number from 1) or the draft (0)."""

    number: int
    document: str
    lesson: str
    report: dict[str, object]
    title: str


def _exportable(session: Session, actor: Actor, case_id: int) -> TeachingCase:
    if not can(actor, Permission.WRITE_CASES):
        raise PermissionDenied("Only instructors export cases.")
    case = case_service.get_case(session, actor, case_id)
    if case.state == case_service.WITHDRAWN:
        raise BadInput("A withdrawn case does not leave.")
    return case


def _finished_version(session: Session, actor: Actor, attempt_id: int) -> CaseVersion:
    found = attempt_state.load(session, actor, attempt_id)
    if found.row.finished_at is None:
        raise PermissionDenied("The case can be printed when you have finished it.")
    if found.sealed_until is not None:
        raise PermissionDenied("The case can be printed when the exam is over for everybody.")
    return found.row.version


def _newest(session: Session, case: TeachingCase) -> _Content:
    query = (
        select(CaseVersion)
        .where(CaseVersion.case_id == case.id)
        .order_by(CaseVersion.number.desc())
        .limit(1)
    )
    found = session.scalar(query) if case.state == case_service.PUBLISHED else None
    if found is not None:
        return _Content(found.number, found.document, found.lesson, found.report, found.title)
    return _Content(0, case.document, case.lesson, {}, case.title)


def _package(content: _Content) -> Package:
    case = parse_case(content.document)
    lesson = parse_lesson(content.lesson) if content.lesson else None
    return Package(replace(case, title=content.title), lesson, content.report)


def _language(text: str) -> Language | None:
    if text not in {"", "en", "zh"}:
        raise BadInput("Choose English, Chinese, or the language of the record.")
    return "zh" if text == "zh" else "en" if text == "en" else None
