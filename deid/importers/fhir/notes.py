"""Notes: the texts of DocumentReference and DiagnosticReport.

Synthea and many servers send one text as both; it is loaded once, from the DocumentReference.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from deid.errors import ImportRefused
from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.context import Gathering
from deid.importers.fhir.links import UNKNOWN_ROW
from deid.importers.fhir.restoring import restored
from deid.importers.fhir.times import Moment, moment
from deid.vocabulary import names

_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"(?i)<(?:br|/p|/div|/tr|/li|/h\d)\b[^>]*>")
_CHARSET = re.compile(r"charset=([\w-]+)", re.IGNORECASE)
_CHINESE_SHARE = 0.1  # of a text's signs; Chinese notes are full of Latin drug names and numbers


def document_texts(entry: Entry) -> Iterator[tuple[str, ...]]:
    """A name for each text that a DocumentReference carries: whose it is, and its hash."""
    subject = str((entry.resource.get("subject") or {}).get("reference"))
    for content in entry.resource.get("content", []):
        text = attachment_text(content.get("attachment") or {}, entry.place)
        if text is not None:
            yield "text", subject, _hash(text)


def map_document(entry: Entry, gathered: Gathering) -> None:
    """A note for each text of a DocumentReference."""
    document = entry.resource
    context = document.get("context") or {}
    period = context.get("period") or {}
    when = moment(period.get("start")) or moment(document.get("date"))
    for number, content in enumerate(document.get("content", [])):
        attachment = content.get("attachment") or {}
        text = attachment_text(attachment, entry.place)
        if text is None:
            _count_unreadable(attachment, "DocumentReference", gathered)
            continue
        _add_note(
            entry,
            gathered,
            text,
            when,
            document.get("type"),
            (context.get("encounter") or [{}])[0],
            attachment,
            f"content{number}",
        )


def map_report(entry: Entry, gathered: Gathering) -> None:
    """A note for each text of a DiagnosticReport that no DocumentReference carries."""
    report = entry.resource
    subject = str(report["subject"].get("reference"))
    period = report.get("effectivePeriod") or {}
    when = (
        moment(report.get("effectiveDateTime"))
        or moment(period.get("start"))
        or moment(report.get("issued"))
    )
    forms: list[Resource] = report.get("presentedForm", [])
    for number, attachment in enumerate(forms):
        text = attachment_text(attachment, entry.place)
        if text is None:
            _count_unreadable(attachment, "DiagnosticReport", gathered)
        elif gathered.index.get("text", subject, _hash(text)):
            gathered.leave_out(
                "text of DiagnosticReport", "a DocumentReference carries the same text"
            )
        else:
            _add_note(
                entry,
                gathered,
                text,
                when,
                report.get("code"),
                report.get("encounter"),
                attachment,
                f"form{number}",
            )
    if report.get("conclusion"):
        _add_note(
            entry,
            gathered,
            report["conclusion"],
            when,
            report.get("code"),
            report.get("encounter"),
            {},
            "conclusion",
        )


def attachment_text(attachment: Mapping[str, Any], place: str) -> str | None:
    """The text of an attachment; None if it holds none that can be read as text.

    Raises:
        ImportRefused: if the data are not Base64 or not in their character set.
    """
    kind = str(attachment.get("contentType", "text/plain")).lower()
    if "data" not in attachment or not kind.startswith("text/"):
        return None
    charset = _CHARSET.search(kind)
    try:
        data = base64.b64decode(re.sub(r"\s", "", attachment["data"]), validate=True)
        text = data.decode(charset.group(1) if charset else "utf-8")
    except (binascii.Error, UnicodeDecodeError, LookupError):
        raise ImportRefused(f"{place}: an attachment's text cannot be decoded") from None
    if kind.startswith(("text/html", "text/xhtml")):
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    return text if text.strip() else None


def language_concept(text: str, tag: str | None) -> int:
    """The concept of a note's language: by its tag, or else by the share of Chinese signs."""
    if tag:
        known = {"en": names.ENGLISH, "zh": names.CHINESE}
        return known.get(tag.split("-")[0].lower(), 0)
    signs = [sign for sign in text if sign.isalnum()]
    chinese = sum("\u4e00" <= sign <= "\u9fff" for sign in signs)
    return names.CHINESE if signs and chinese / len(signs) > _CHINESE_SHARE else names.ENGLISH


def _add_note(
    entry: Entry,
    gathered: Gathering,
    text: str,
    when: Moment | None,
    kind: Any,
    encounter: Any,
    attachment: Mapping[str, Any],
    part: str,
) -> None:
    person_id = gathered.person(entry.resource["subject"])
    meant = gathered.code(kind, "Note")
    author = (entry.resource.get("author") or entry.resource.get("performer") or [{}])[0]
    gathered.add(
        entry,
        "note",
        {
            "person_id": person_id,
            "note_date": gathered.day(when),
            "note_datetime": when.time if when else None,
            "note_type_concept_id": names.EHR_NOTE,
            "note_class_concept_id": meant.concept_id,
            "note_title": meant.name,
            "note_text": text,
            "encoding_concept_id": names.UTF_8,
            "language_concept_id": language_concept(
                text, attachment.get("language") or entry.resource.get("language")
            ),
            "provider_id": gathered.provider(author),
            "visit_occurrence_id": gathered.visit(encounter),
            "note_source_value": meant.source_value,
            **restored(gathered, entry.resource, "note"),
        },
        part,
    )
    if person_id != UNKNOWN_ROW and when:
        gathered.span(person_id, when.date)


def _count_unreadable(attachment: Mapping[str, Any], kind: str, gathered: Gathering) -> None:
    if "data" in attachment:
        content = str(attachment.get("contentType", "no content type"))
        gathered.leave_out(f"attachment of {kind}", f"{content} is not text")
    else:
        gathered.leave_out(f"attachment of {kind}", "only its address is given, or it is empty")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
