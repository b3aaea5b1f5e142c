"""A case as a FHIR R4 document: a Bundle whose Composition leads through the resources.

Time: a case has no calendar, and FHIR has no element for "day 400". A date element therefore has no
value; in its place stand HL7's extensions ``data-absent-reason`` (``masked``) and
``cqf-relativeDateTime``, which gives the distance from the first contact's start in days. Only the
moment of the export is a calendar date.

Every statement of the record is a resource of its own, and stands in the Composition's narrative
too. The patient has no name, birth date or identifier. Ids are made from the case's id, so that
equal cases give equal bundles; nothing leads back to a release.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from casebank.exports.words import word
from casebank.model import Case, Contact, FlowPoint, FlowSeries, Language, Problem, Statement
from casebank.relative import day_text

Resource = dict[str, Any]
RELATIVE_TIME: Final = "http://hl7.org/fhir/StructureDefinition/cqf-relativeDateTime"
ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"
SYSTEM: Final = "urn:carecommons:case"
_NAMESPACE: Final = uuid.UUID("6f2b7f0e-6a53-5c1c-9c0a-3d2f8f1f5d10")
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_TERMS: Final = "http://terminology.hl7.org/CodeSystem"

_ENCOUNTER_CLASSES = (
    (r"emergency|急诊", "EMER"),
    (r"inpatient|hospital stay|住院", "IMP"),
    (r"home|家庭|上门", "HH"),
    (r"tele|phone|电话|远程", "VR"),
    (r"outpatient|office|clinic|ambulatory|门诊|随访", "AMB"),
)
_INTERPRETATION = {"below": "L", "within": "N", "above": "H"}
_BACKGROUND = ("profile", "past_history", "living_environment", "lifestyle")


def to_fhir(case: Case, at: datetime, language: Language | None = None) -> bytes:
    """The document as JSON; ``at`` is the moment of the export, aware."""
    bundle = _Document(case.for_student(), at, language or case.language).bundle()
    text = json.dumps(bundle, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8")


class _Document:
    """Collects the entries of one document; each resource is added once, by its datum's id."""

    def __init__(self, case: Case, at: datetime, language: Language) -> None:
        self.case, self.at, self.language = case, at, language
        self.entries: dict[str, Resource] = {}
        self.sections: list[Resource] = []
        self.said: dict[str, list[str]] = {}
        self.first = next((one for one in case.contacts if one.day == 0), None)

    def bundle(self) -> Resource:
        """The whole document."""
        case = self.case
        self.add("patient", self._patient())
        for contact in case.contacts:
            self.add(contact.id, self._encounter(contact))
        self._background()
        for contact in case.contacts:
            self._contact(contact)
        for problem in case.problems:
            self.add(f"problem-{problem.number}", self._condition(problem))
        self._problem_section()
        self._values()
        self._drugs()
        self._outcome()
        composition = self._composition()
        ordered = {self.url("composition"): composition, **self.entries}
        return {
            "resourceType": "Bundle",
            "id": str(self.uuid("bundle")),
            "language": "zh-CN" if case.language == "zh" else "en",
            "identifier": {"system": SYSTEM, "value": case.case_id},
            "type": "document",
            "timestamp": self.at.isoformat(timespec="seconds"),
            "entry": [{"fullUrl": url, "resource": one} for url, one in ordered.items()],
        }

    def uuid(self, name: str) -> uuid.UUID:
        """The resource's id, the same in every export of the case."""
        return uuid.uuid5(_NAMESPACE, f"{self.case.case_id}/{name}")

    def url(self, name: str) -> str:
        return f"urn:uuid:{self.uuid(name)}"

    def name(self, one: Statement) -> str:
        """A statement's name: its id, and where the record says two things of one datum, more."""
        said = self.said.setdefault(one.id, [])
        if one.text not in said:
            said.append(one.text)
        place = said.index(one.text)
        return f"{one.id}/{place}" if place else one.id

    def reference(self, name: str) -> Resource:
        return {"reference": self.url(name)}

    def add(self, name: str, resource: Resource) -> None:
        """Put a resource into the document under its name, if it is not there."""
        self.entries.setdefault(self.url(name), {**resource, "id": str(self.uuid(name))})

    def when(self, element: str, day: int | None) -> Resource:
        """A date element without a value: masked, and where it is known, relative to day 0."""
        extensions: list[Resource] = [{"url": ABSENT, "valueCode": "masked"}]
        if day is None:
            extensions = [{"url": ABSENT, "valueCode": "unknown"}]
        elif self.first is not None:
            relation = "concurrent-with-start" if day == 0 else "before" if day < 0 else "after"
            extensions.append(
                {
                    "url": RELATIVE_TIME,
                    "extension": [
                        {"url": "target", "valueReference": self.reference(self.first.id)},
                        {"url": "targetPath", "valueString": "period.start"},
                        {"url": "relationship", "valueCode": relation},
                        {
                            "url": "offset",
                            "valueDuration": {
                                "value": abs(day),
                                "unit": "d",
                                "system": "http://unitsofmeasure.org",
                                "code": "d",
                            },
                        },
                    ],
                }
            )
        return {f"_{element}": {"extension": extensions}}

    def _patient(self) -> Resource:
        said = [one.text for one in self.case.background.profile]
        return {
            "resourceType": "Patient",
            "meta": {"security": [_coding(f"{_TERMS}/v3-ObservationValue", "PSEUDED")]},
            "text": self._narrative(
                [_paragraph(text) for text in said] or [_paragraph(self.case.title)]
            ),
        }

    def _encounter(self, contact: Contact) -> Resource:
        kind = next(
            (
                code
                for pattern, code in _ENCOUNTER_CLASSES
                if re.search(pattern, contact.setting, re.I)
            ),
            None,
        )
        period = self.when("start", contact.day)
        if contact.end_day != contact.day:
            period |= self.when("end", contact.end_day)
        if contact.day == 0 and contact is self.first:
            # The others are told from this one, so it has no distance of its own.
            period["_start"] = {"extension": [{"url": ABSENT, "valueCode": "masked"}]}
        return {
            "resourceType": "Encounter",
            "status": "finished",
            "class": _coding(f"{_TERMS}/v3-ActCode", kind)
            if kind
            else {"display": contact.setting},
            "type": [{"text": contact.setting}],
            "subject": self.reference("patient"),
            "period": period,
        }

    def _background(self) -> None:
        background = self.case.background
        for part in _BACKGROUND:
            statements: tuple[Statement, ...] = getattr(background, part)
            for one in statements:
                self.add(
                    self.name(one),
                    self._observation(one, "social-history", word(part, self.language)),
                )
            self._section(word(part, self.language), statements)
        for one in background.family:
            self.add(self.name(one), self._family(one))
        self._section(word("family", self.language), background.family)

    def _family(self, one: Statement) -> Resource:
        return {
            "resourceType": "FamilyMemberHistory",
            "status": "partial",
            "patient": self.reference("patient"),
            "relationship": {
                "coding": [_coding(f"{_TERMS}/v3-RoleCode", "FAMMEMB")],
                "text": word("family", self.language),
            },
            "note": [{"text": one.text}],
        }

    def _contact(self, contact: Contact) -> None:
        soap = contact.soap
        for one in soap.subjective:
            self.add(
                self.name(one),
                self._observation(one, "survey", word("subjective", self.language), contact),
            )
        for one in soap.objective:
            self.add(
                self.name(one),
                self._observation(one, "exam", word("objective", self.language), contact),
            )
        for one in soap.assessment:
            self.add(self.name(one), self._impression(one, contact))
        for one in soap.plan:
            self.add(self.name(one), self._plan(one, contact))
        for one in soap.other:
            self.add(
                self.name(one),
                self._observation(one, "survey", word("notes", self.language), contact),
            )
        title = f"{contact.number}. {contact.setting}, {day_text(contact.day, self.language)}"
        parts = []
        for name in ("subjective", "objective", "assessment", "plan", "other"):
            statements: tuple[Statement, ...] = getattr(soap, name)
            if statements:
                label = word("notes" if name == "other" else name, self.language)
                parts.append(f"<h3>{escape(label)}</h3>{_list(statements)}")
        entries = [self.reference(contact.id)]
        entries += [self.reference(self.name(one)) for one in soap.statements]
        self.sections.append(
            {
                "title": title,
                "text": self._narrative(parts or [_paragraph(title)]),
                "entry": _once(entries),
            }
        )

    def _observation(
        self, one: Statement, category: str, label: str, contact: Contact | None = None
    ) -> Resource:
        made: Resource = {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [_coding(f"{_TERMS}/observation-category", category)]}],
            "code": {"text": label},
            "subject": self.reference("patient"),
            **self.when("effectiveDateTime", one.day),
            "valueString": one.text,
        }
        if one.other:
            made["_valueString"] = {"extension": [self._translation(one)]}
        if contact is not None:
            made["encounter"] = self.reference(contact.id)
        return made

    def _translation(self, one: Statement) -> Resource:
        """The same datum in the case's other language, by HL7's extension."""
        return {
            "url": TRANSLATION,
            "extension": [
                {"url": "lang", "valueCode": "en" if self.case.language == "zh" else "zh-CN"},
                {"url": "content", "valueString": one.other},
            ],
        }

    def _impression(self, one: Statement, contact: Contact) -> Resource:
        made: Resource = {
            "resourceType": "ClinicalImpression",
            "status": "completed",
            "subject": self.reference("patient"),
            "encounter": self.reference(contact.id),
            **self.when("effectiveDateTime", one.day),
            "summary": one.text,
        }
        if one.problems:
            made["problem"] = [self.reference(f"problem-{number}") for number in one.problems]
        return made

    def _plan(self, one: Statement, contact: Contact) -> Resource:
        made: Resource = {
            "resourceType": "CarePlan",
            "status": "completed",
            "intent": "plan",
            "subject": self.reference("patient"),
            "encounter": self.reference(contact.id),
            **self.when("created", one.day),
            "description": one.text,
        }
        if one.problems:
            made["addresses"] = [self.reference(f"problem-{number}") for number in one.problems]
        return made

    def _condition(self, problem: Problem) -> Resource:
        status = {"active": "active", "inactive": "inactive", "resolved": "resolved"}
        for one in problem.evidence:
            # Evidence that is in no contact is a lone dated diagnosis.
            self.add(
                self.name(one), self._observation(one, "survey", word("problem", self.language))
            )
        made: Resource = {
            "resourceType": "Condition",
            "clinicalStatus": {
                "coding": [_coding(f"{_TERMS}/condition-clinical", status[problem.status])]
            },
            "verificationStatus": {
                "coding": [_coding(f"{_TERMS}/condition-ver-status", "confirmed")]
            },
            "category": [
                {"coding": [_coding(f"{_TERMS}/condition-category", "problem-list-item")]},
                {"text": problem.kind},
            ],
            "code": {"text": problem.title},
            "subject": self.reference("patient"),
            **self.when("onsetDateTime", problem.onset_day),
            "evidence": [
                {"detail": _once(self.reference(self.name(one)) for one in problem.evidence)}
            ],
        }
        if problem.resolved_day is not None:
            made |= self.when("abatementDateTime", problem.resolved_day)
        notes = [f"#{problem.number}, {problem.listed}"]
        if problem.see is not None:
            notes.append(f"part of #{problem.see}")
        made["note"] = [{"text": ", ".join(notes)}]
        return made

    def _problem_section(self) -> None:
        items = [
            f"<li>#{one.number} {escape(one.title)} ({escape(one.status)})</li>"
            for one in self.case.problems
        ]
        if items:
            section = {
                "title": word("problems", self.language),
                "code": {"coding": [_coding("http://loinc.org", "11450-4")]},
                "text": self._narrative([f"<ol>{''.join(items)}</ol>"]),
                "entry": [self.reference(f"problem-{one.number}") for one in self.case.problems],
            }
            self.sections.insert(0, section)

    def _values(self) -> None:
        """Measured values as quantities, beside the sentences that tell of them."""
        entries, rows = [], []
        for sheet in self.case.flow_sheets:
            for series in sheet.series:
                for point in series.points:
                    name = f"value-{point.id}"
                    self.add(name, self._value(series, point))
                    entries.append(self.reference(name))
                    rows.append(
                        f"<li>{escape(series.name)} {point.value:g} {escape(series.unit)}, "
                        f"{escape(day_text(point.day, self.language))}</li>"
                    )
        if entries:
            text = self._narrative([f"<ul>{''.join(rows)}</ul>"])
            title = word("flow", self.language)
            self.sections.append({"title": title, "text": text, "entry": _once(entries)})

    def _value(self, series: FlowSeries, point: FlowPoint) -> Resource:
        made: Resource = {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [_coding(f"{_TERMS}/observation-category", "vital-signs")]}]
            if "mmHg" in series.unit
            else [{"coding": [_coding(f"{_TERMS}/observation-category", "laboratory")]}],
            "code": {"text": series.name},
            "subject": self.reference("patient"),
            **self.when("effectiveDateTime", point.day),
            "valueQuantity": {
                "value": point.value,
                **({"unit": series.unit} if series.unit else {}),
            },
        }
        if point.id in {one.id for one in self.case.statements()}:
            made["derivedFrom"] = [self.reference(point.id)]
        target = series.target
        if target is not None:
            band = {
                name: {"value": bound}
                for name, bound in (("low", target.low), ("high", target.high))
                if bound is not None
            }
            made["referenceRange"] = [{**band, "text": target.origin}]
        if point.state in _INTERPRETATION:
            code = _coding(f"{_TERMS}/v3-ObservationInterpretation", _INTERPRETATION[point.state])
            made["interpretation"] = [{"coding": [code]}]
        return made

    def _drugs(self) -> None:
        entries, rows = [], []
        for lane in self.case.timeline.lanes:
            if lane.kind != "drugs":
                continue
            for number, item in enumerate(lane.items):
                name = f"drug-{number}"
                period = self.when("start", item.start_day)
                if item.end_day is not None:
                    period |= self.when("end", item.end_day)
                made: Resource = {
                    "resourceType": "MedicationStatement",
                    "status": "completed" if item.end_day is not None else "unknown",
                    "medicationCodeableConcept": {"text": item.label},
                    "subject": self.reference("patient"),
                    "effectivePeriod": period,
                }
                if item.problems:
                    made["reasonReference"] = [
                        self.reference(f"problem-{number}") for number in item.problems
                    ]
                self.add(name, made)
                entries.append(self.reference(name))
                begins = day_text(item.start_day, self.language)
                rows.append(f"<li>{escape(item.label)}, {escape(begins)}</li>")
        if entries:
            text = self._narrative([f"<ul>{''.join(rows)}</ul>"])
            self.sections.append(
                {
                    "title": word("drugs", self.language),
                    "code": {"coding": [_coding("http://loinc.org", "10160-0")]},
                    "text": text,
                    "entry": entries,
                }
            )

    def _outcome(self) -> None:
        outcome = self.case.outcome
        said = [f"{word('last', self.language)}: {day_text(outcome.last_day, self.language)}"]
        if outcome.died:
            said.append(word("died", self.language))
        for one in outcome.statements:
            self.add(
                self.name(one), self._observation(one, "survey", word("outcome", self.language))
            )
        parts = [_paragraph(text) for text in said]
        if outcome.statements:
            parts.append(_list(outcome.statements))
        section: Resource = {
            "title": word("outcome", self.language),
            "text": self._narrative(parts),
        }
        entries = _once(self.reference(self.name(one)) for one in outcome.statements)
        if entries:
            section["entry"] = entries
        self.sections.append(section)

    def _section(self, title: str, statements: tuple[Statement, ...]) -> None:
        if statements:
            self.sections.append(
                {
                    "title": title,
                    "text": self._narrative([_list(statements)]),
                    "entry": _once(self.reference(self.name(one)) for one in statements),
                }
            )

    def _composition(self) -> Resource:
        return {
            "resourceType": "Composition",
            "id": str(self.uuid("composition")),
            "status": "final",
            "type": {"coding": [_coding("http://loinc.org", "34133-9")]},
            "subject": self.reference("patient"),
            "date": self.at.isoformat(timespec="seconds"),
            "author": [{"display": "Care Commons"}],
            "title": self.case.title,
            "section": self.sections,
        }

    def _narrative(self, parts: Iterable[str]) -> Resource:
        return {"status": "generated", "div": f'<div xmlns="{_XHTML}">{"".join(parts)}</div>'}


_DISPLAY = {
    "11450-4": "Problem list - Reported",
    "10160-0": "History of Medication use Narrative",
    "34133-9": "Summary of episode note",
}


def _coding(system: str, code: str) -> Resource:
    shown = {"display": _DISPLAY[code]} if code in _DISPLAY else {}
    return {"system": system, "code": code, **shown}


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _list(statements: Iterable[Statement]) -> str:
    return "<ul>" + "".join(f"<li>{escape(one.text)}</li>" for one in statements) + "</ul>"


def _once(references: Iterable[Resource]) -> list[Resource]:
    return list({one["reference"]: one for one in references}.values())
