"""A case as a FHIR R4 document: a Bundle whose Composition leads through the resources.

Only the moment of the export is a calendar date; how the record's own time is told, see
``fhir_resources``.

Every statement of the record is a resource of its own, and stands in the Composition's narrative
too. The patient has no name, birth date or identifier. Ids are made from the case's id, so that
equal cases give equal bundles; nothing leads back to a release.
"""

from __future__ import annotations

import json
from datetime import datetime
from xml.sax.saxutils import escape

from casebank.exports.fhir_resources import (
    SYSTEM,
    Resource,
    Resources,
    coding,
    listed,
    once,
    paragraph,
)
from casebank.exports.words import word
from casebank.model import Case, Contact, Language, Problem, Statement
from casebank.relative import day_text

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
        self.made = Resources(case, language)

    def bundle(self) -> Resource:
        """The whole document."""
        case = self.case
        self.add("patient", self.made.patient())
        for contact in case.contacts:
            self.add(contact.id, self.made.encounter(contact))
        self._background()
        for contact in case.contacts:
            self._contact(contact)
        for problem in case.problems:
            self._problem(problem)
        self._problem_section()
        self._values()
        self._drugs()
        self._outcome()
        composition = self._composition()
        ordered = {self.made.url("composition"): composition, **self.entries}
        return {
            "resourceType": "Bundle",
            "id": str(self.made.uuid("bundle")),
            "language": "zh-CN" if case.language == "zh" else "en",
            "identifier": {"system": SYSTEM, "value": case.case_id},
            "type": "document",
            "timestamp": self.at.isoformat(timespec="seconds"),
            "entry": [{"fullUrl": url, "resource": one} for url, one in ordered.items()],
        }

    def add(self, name: str, resource: Resource) -> None:
        """Put a resource into the document under its name, if it is not there."""
        self.entries.setdefault(self.made.url(name), {**resource, "id": str(self.made.uuid(name))})

    def _add_observation(
        self, one: Statement, category: str, label: str, contact: Contact | None = None
    ) -> None:
        made = self.made.observation(one, category, word(label, self.language), contact)
        self.add(self.made.name(one), made)

    def _background(self) -> None:
        background = self.case.background
        for part in _BACKGROUND:
            statements: tuple[Statement, ...] = getattr(background, part)
            for one in statements:
                self._add_observation(one, "social-history", part)
            self._section(word(part, self.language), statements)
        for one in background.family:
            self.add(self.made.name(one), self.made.family(one))
        self._section(word("family", self.language), background.family)

    def _contact(self, contact: Contact) -> None:
        soap = contact.soap
        for one in soap.subjective:
            self._add_observation(one, "survey", "subjective", contact)
        for one in soap.objective:
            self._add_observation(one, "exam", "objective", contact)
        for one in soap.assessment:
            self.add(self.made.name(one), self.made.impression(one, contact))
        for one in soap.plan:
            self.add(self.made.name(one), self.made.plan(one, contact))
        for one in soap.other:
            self._add_observation(one, "survey", "notes", contact)
        title = f"{contact.number}. {contact.setting}, {day_text(contact.day, self.language)}"
        parts = []
        for name in ("subjective", "objective", "assessment", "plan", "other"):
            statements: tuple[Statement, ...] = getattr(soap, name)
            if statements:
                label = word("notes" if name == "other" else name, self.language)
                parts.append(f"<h3>{escape(label)}</h3>{listed(statements)}")
        entries = [self.made.reference(contact.id)]
        entries += [self.made.reference(self.made.name(one)) for one in soap.statements]
        self.sections.append(
            {
                "title": title,
                "text": self.made.narrative(parts or [paragraph(title)]),
                "entry": once(entries),
            }
        )

    def _problem(self, problem: Problem) -> None:
        for one in problem.evidence:
            # Evidence that is in no contact is a lone dated diagnosis.
            self._add_observation(one, "survey", "problem")
        self.add(f"problem-{problem.number}", self.made.condition(problem))

    def _problem_section(self) -> None:
        items = [
            f"<li>#{one.number} {escape(one.title)} ({escape(one.status)})</li>"
            for one in self.case.problems
        ]
        if items:
            section = {
                "title": word("problems", self.language),
                "code": {"coding": [coding("http://loinc.org", "11450-4")]},
                "text": self.made.narrative([f"<ol>{''.join(items)}</ol>"]),
                "entry": [
                    self.made.reference(f"problem-{one.number}") for one in self.case.problems
                ],
            }
            self.sections.insert(0, section)

    def _values(self) -> None:
        """Measured values as quantities, beside the sentences that tell of them."""
        entries, rows = [], []
        for sheet in self.case.flow_sheets:
            for series in sheet.series:
                for point in series.points:
                    name = f"value-{point.id}"
                    self.add(name, self.made.value(series, point))
                    entries.append(self.made.reference(name))
                    rows.append(
                        f"<li>{escape(series.name)} {point.value:g} {escape(series.unit)}, "
                        f"{escape(day_text(point.day, self.language))}</li>"
                    )
        if entries:
            text = self.made.narrative([f"<ul>{''.join(rows)}</ul>"])
            title = word("flow", self.language)
            self.sections.append({"title": title, "text": text, "entry": once(entries)})

    def _drugs(self) -> None:
        entries, rows = [], []
        for lane in self.case.timeline.lanes:
            if lane.kind != "drugs":
                continue
            for number, item in enumerate(lane.items):
                name = f"drug-{number}"
                period = self.made.when("start", item.start_day)
                if item.end_day is not None:
                    period |= self.made.when("end", item.end_day)
                made: Resource = {
                    "resourceType": "MedicationStatement",
                    "status": "completed" if item.end_day is not None else "unknown",
                    "medicationCodeableConcept": {"text": item.label},
                    "subject": self.made.reference("patient"),
                    "effectivePeriod": period,
                }
                if item.problems:
                    made["reasonReference"] = [
                        self.made.reference(f"problem-{number}") for number in item.problems
                    ]
                self.add(name, made)
                entries.append(self.made.reference(name))
                begins = day_text(item.start_day, self.language)
                rows.append(f"<li>{escape(item.label)}, {escape(begins)}</li>")
        if entries:
            text = self.made.narrative([f"<ul>{''.join(rows)}</ul>"])
            self.sections.append(
                {
                    "title": word("drugs", self.language),
                    "code": {"coding": [coding("http://loinc.org", "10160-0")]},
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
            self._add_observation(one, "survey", "outcome")
        parts = [paragraph(text) for text in said]
        if outcome.statements:
            parts.append(listed(outcome.statements))
        section: Resource = {
            "title": word("outcome", self.language),
            "text": self.made.narrative(parts),
        }
        entries = once(self.made.reference(self.made.name(one)) for one in outcome.statements)
        if entries:
            section["entry"] = entries
        self.sections.append(section)

    def _section(self, title: str, statements: tuple[Statement, ...]) -> None:
        if statements:
            self.sections.append(
                {
                    "title": title,
                    "text": self.made.narrative([listed(statements)]),
                    "entry": once(self.made.reference(self.made.name(one)) for one in statements),
                }
            )

    def _composition(self) -> Resource:
        return {
            "resourceType": "Composition",
            "id": str(self.made.uuid("composition")),
            "text": self.made.narrative([paragraph(self.case.title)]),
            "status": "final",
            "type": {"coding": [coding("http://loinc.org", "34133-9")]},
            "subject": self.made.reference("patient"),
            "date": self.at.isoformat(timespec="seconds"),
            "author": [{"display": "Care Commons"}],
            "title": self.case.title,
            "section": self.sections,
        }
