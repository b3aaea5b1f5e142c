"""FHIR R4 resources for what a case says: one for each contact, statement, problem and value.

Time: a case has no calendar, and FHIR has no element for "day 400". A date element therefore has no
value; in its place stand HL7's extensions ``data-absent-reason`` (``masked``) and
``cqf-relativeDateTime``, which gives the distance from the first contact's start in days.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any, Final
from xml.sax.saxutils import escape

from casebank.exports.words import word
from casebank.model import Case, Contact, FlowPoint, FlowSeries, Language, Problem, Statement

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


class Resources:
    """Makes the resources of one case, and their ids and references."""

    def __init__(self, case: Case, language: Language) -> None:
        self.case, self.language = case, language
        self.said: dict[str, list[str]] = {}
        self.first = next((one for one in case.contacts if one.day == 0), None)

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

    def patient(self) -> Resource:
        said = [one.text for one in self.case.background.profile]
        return {
            "resourceType": "Patient",
            "meta": {"security": [coding(f"{_TERMS}/v3-ObservationValue", "PSEUDED")]},
            "text": self.narrative(
                [paragraph(text) for text in said] or [paragraph(self.case.title)]
            ),
        }

    def encounter(self, contact: Contact) -> Resource:
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
            "class": coding(f"{_TERMS}/v3-ActCode", kind) if kind else {"display": contact.setting},
            "type": [{"text": contact.setting}],
            "subject": self.reference("patient"),
            "period": period,
        }

    def family(self, one: Statement) -> Resource:
        return {
            "resourceType": "FamilyMemberHistory",
            "status": "partial",
            "patient": self.reference("patient"),
            "relationship": {
                "coding": [coding(f"{_TERMS}/v3-RoleCode", "FAMMEMB")],
                "text": word("family", self.language),
            },
            "note": [{"text": one.text}],
        }

    def observation(
        self, one: Statement, category: str, label: str, contact: Contact | None = None
    ) -> Resource:
        made: Resource = {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [coding(f"{_TERMS}/observation-category", category)]}],
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

    def impression(self, one: Statement, contact: Contact) -> Resource:
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

    def plan(self, one: Statement, contact: Contact) -> Resource:
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

    def condition(self, problem: Problem) -> Resource:
        status = {"active": "active", "inactive": "inactive", "resolved": "resolved"}
        made: Resource = {
            "resourceType": "Condition",
            "clinicalStatus": {
                "coding": [coding(f"{_TERMS}/condition-clinical", status[problem.status])]
            },
            "verificationStatus": {
                "coding": [coding(f"{_TERMS}/condition-ver-status", "confirmed")]
            },
            "category": [
                {"coding": [coding(f"{_TERMS}/condition-category", "problem-list-item")]},
                {"text": problem.kind},
            ],
            "code": {"text": problem.title},
            "subject": self.reference("patient"),
            **self.when("onsetDateTime", problem.onset_day),
            "evidence": [
                {"detail": once(self.reference(self.name(one)) for one in problem.evidence)}
            ],
        }
        if problem.resolved_day is not None:
            made |= self.when("abatementDateTime", problem.resolved_day)
        notes = [f"#{problem.number}, {problem.listed}"]
        if problem.see is not None:
            notes.append(f"part of #{problem.see}")
        made["note"] = [{"text": ", ".join(notes)}]
        return made

    def value(self, series: FlowSeries, point: FlowPoint) -> Resource:
        made: Resource = {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [coding(f"{_TERMS}/observation-category", "vital-signs")]}]
            if "mmHg" in series.unit
            else [{"coding": [coding(f"{_TERMS}/observation-category", "laboratory")]}],
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
            code = coding(f"{_TERMS}/v3-ObservationInterpretation", _INTERPRETATION[point.state])
            made["interpretation"] = [{"coding": [code]}]
        return made

    def narrative(self, parts: Iterable[str]) -> Resource:
        return {"status": "generated", "div": f'<div xmlns="{_XHTML}">{"".join(parts)}</div>'}


_DISPLAY = {
    "11450-4": "Problem list - Reported",
    "10160-0": "History of Medication use Narrative",
    "34133-9": "Summary of episode note",
}


def coding(system: str, code: str) -> Resource:
    shown = {"display": _DISPLAY[code]} if code in _DISPLAY else {}
    return {"system": system, "code": code, **shown}


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def listed(statements: Iterable[Statement]) -> str:
    return "<ul>" + "".join(f"<li>{escape(one.text)}</li>" for one in statements) + "</ul>"


def once(references: Iterable[Resource]) -> list[Resource]:
    return list({one["reference"]: one for one in references}.values())
