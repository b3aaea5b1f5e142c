"""What the builder's page shows of a draft: sentences, the open form, concepts, and findings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

import cohorts
from app.portal.translation import tell
from cohorts.age_margins import AgeBands, check_ages
from cohorts.checks import Finding
from cohorts.concepts import ConceptHit, ConceptPlace, IncludedConcepts
from cohorts.disclosure import DisclosureRule
from cohorts.editing import (
    NOTHING,
    Document,
    Field,
    Line,
    field_at,
    find_at,
    json_of,
    kind_at,
    object_fields,
    outline,
    references,
    set_names,
)
from cohorts.errors import CohortError, DefinitionError
from cohorts.schema import UNSUPPORTED_CRITERIA, WRAPPERS
from cohorts.words import NOUNS, label_of
from deid.release import Release

CRITERIA: Final = tuple(
    (kind, NOUNS[kind][0]) for kind in WRAPPERS["Criteria"] if kind not in UNSUPPORTED_CRITERIA
)
DOMAINS: Final = ("Condition", "Drug", "Measurement", "Observation", "Procedure", "Visit", "Device")
# Where the concepts that a property may have stand in the records.
COLUMNS: Final = {
    "Gender": ("person", "gender_concept_id"),
    "Race": ("person", "race_concept_id"),
    "Ethnicity": ("person", "ethnicity_concept_id"),
    "VisitType": ("visit_occurrence", "visit_concept_id"),
    "RouteConcept": ("drug_exposure", "route_concept_id"),
    "ConditionStatus": ("condition_occurrence", "condition_status_concept_id"),
    "ConditionType": ("condition_occurrence", "condition_type_concept_id"),
    "DrugType": ("drug_exposure", "drug_type_concept_id"),
    "ProcedureType": ("procedure_occurrence", "procedure_type_concept_id"),
    "MeasurementType": ("measurement", "measurement_type_concept_id"),
    "ObservationType": ("observation", "observation_type_concept_id"),
    "Operator": ("measurement", "operator_concept_id"),
    "Qualifier": ("observation", "qualifier_concept_id"),
    "DeathType": ("death", "death_type_concept_id"),
}
_OF_TABLE: Final = {
    "Unit": "unit_concept_id",
    "ValueAsConcept": "value_as_concept_id",
}
_TABLES: Final = {"Measurement": "measurement", "Observation": "observation"}
# What a page's address says is open: a form, a concept set, a place to add to, JSON, a search.
PLACES: Final = ("at", "set", "to", "json", "find", "domain", "kind", "about", "library")
OPENING: Final = {
    "add_criterion", "add_rule", "add_demographic", "add_group", "add_part", "duplicate", "set_end"
}  # fmt: skip
SEARCH_LIMIT: Final = 25


@dataclass(frozen=True)
class FormPart:
    """Some fields of the open form under one heading."""

    title: str
    fields: tuple[Field, ...]
    more: tuple[Field, ...] = ()
    removable: str = ""


class BuilderView:
    """A draft as its page shows it. ``where`` says what is open; ``typed`` what a form held."""

    def __init__(
        self,
        text: str,
        where: Mapping[str, str],
        typed: Mapping[str, Sequence[str]],
        ages: AgeBands | None = None,
    ) -> None:
        self.document: Document = json.loads(text)
        self.where = where
        self.typed = typed
        self.sections = outline(self.document, tell)
        self.sets = sorted(set_names(self.document).items())
        self.problem = self.problem_at = ""
        self.findings: list[Finding] = []
        self.words = ""
        self._lines = [line.path for section in self.sections for line in _every(section.lines)]
        try:
            definition = cohorts.load(text)
            self.findings = cohorts.check(definition)
            self.findings += check_ages(definition, ages) if ages is not None else []
            self.words = cohorts.describe(definition, tell)
        except DefinitionError as error:
            self.problem, self.problem_at = said_of(error), error.path

    criteria = CRITERIA
    domains = DOMAINS

    @property
    def concept_sets(self) -> list[dict[str, Any]]:
        """Each concept set with its place, name, number of concepts and of uses."""
        uses = [used for _, used in references(self.document)]
        found = []
        entries = self.document.get("ConceptSets")
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            held = entry if isinstance(entry, dict) else {}
            items = find_at(self.document, f"$.ConceptSets[{index}].expression.items")
            found.append(
                {
                    "path": f"$.ConceptSets[{index}]",
                    "id": held.get("id"),
                    "name": held.get("name") or f"concept set {held.get('id')}",
                    "size": len(items) if isinstance(items, list) else 0,
                    "uses": sum(str(used) == str(held.get("id")) for used in uses),
                }
            )
        return found

    def form(self, line: Line) -> list[FormPart]:
        """The fields of a line's form, part by part; empty if it has to be edited as JSON."""
        try:
            return [
                replace(
                    part,
                    fields=tuple(self._retyped(field) for field in part.fields),
                    more=tuple(self._retyped(field) for field in part.more),
                )
                for part in _parts(self.document, line.path, line.kind)
            ]
        except CohortError:
            return []

    def has(self, path: str) -> bool:
        """Whether something stands at a place."""
        try:
            found = find_at(self.document, path)
        except DefinitionError:
            return False
        return found is not NOTHING and found is not None

    def text(self, path: str, key: str = "") -> str:
        """One text of a property, as a form shows it."""
        field = field_at(self.document, path)
        return next((c.texts[0] for c in field.controls if c.key == key and c.texts), "")

    def json(self, path: str) -> str:
        """A part as JSON, as it was typed if it was."""
        if self.typed.get("op") == ["set_json"] and self.typed.get("path") == [path]:
            return self.typed.get("text", [""])[-1]
        return json_of(self.document, path)

    def end_kind(self) -> str:
        """How people leave: the end strategy's kind, or empty."""
        strategy = self.document.get("EndStrategy")
        return next(iter(strategy), "") if isinstance(strategy, dict) else ""

    def line_of(self, place: str) -> str:
        """The line on which a finding's place is to be looked at."""
        holding = [path for path in self._lines if place.startswith(path)]
        return max(holding, key=len, default="")

    def body_of(self, line: Line) -> str:
        """The path of a criterion's body, whose parts can be added to; empty for other lines."""
        path = f"{line.path}.Criteria" if line.kind == "CorrelatedCriteria" else line.path
        if line.kind not in {"Criteria", "CorrelatedCriteria"}:
            return ""
        held = find_at(self.document, path)
        kind = next(iter(held), "") if isinstance(held, dict) else ""
        return f"{path}.{kind}" if kind in WRAPPERS["Criteria"] else ""

    @property
    def back(self) -> str:
        """What is open now, as a form sends it to be led back here."""
        return urlencode({name: text for name, text in self.where.items() if text})

    def concept_names(self, path: str) -> list[tuple[str, str]]:
        """Ids and names of the concepts that a property has."""
        held = find_at(self.document, path)
        return [
            (str(entry.get("CONCEPT_ID")), str(entry.get("CONCEPT_NAME") or entry["CONCEPT_ID"]))
            for entry in (held if isinstance(held, list) else [])
            if isinstance(entry, dict) and entry.get("CONCEPT_ID") is not None
        ]

    def _retyped(self, field: Field) -> Field:
        """A field that shows what was typed, where a form could not be kept."""
        if field.path not in self.typed.get("shown", ()):
            return field
        return replace(
            field,
            controls=tuple(
                replace(control, texts=tuple(self.typed.get(f"{field.path}|{control.key}", ())))
                for control in field.controls
            ),
        )


def said_of(error: DefinitionError) -> str:
    """What a draft lacks, as a sentence."""
    if error.path == "$.PrimaryCriteria.CriteriaList":
        return "There is no entry event yet."
    name = re.split(r"[.\[]", error.path.rstrip("]0123456789["))[-1]
    return f"{label_of(name).capitalize() if name != '$' else 'It'}: {error.reason}."


@dataclass(frozen=True)
class ConceptsView:
    """What the page shows of a release's vocabulary."""

    hits: list[ConceptHit] | None
    place: ConceptPlace | None
    included: IncludedConcepts | None
    unknown: frozenset[int]
    choices: dict[str, list[tuple[int, str]]]
    error: str = ""


def concepts_view(view: BuilderView, release: Release, rule: DisclosureRule) -> ConceptsView:
    """What is asked of the vocabulary by what is open on the page."""
    where = view.where
    hits, place, included, error = None, None, None, ""
    unknown: frozenset[int] = frozenset()
    choices: dict[str, list[tuple[int, str]]] = {}
    try:
        if where.get("find", "").strip():
            hits = cohorts.search_concepts(
                release,
                where["find"][:200],
                domain=where.get("domain") or None,
                limit=SEARCH_LIMIT,
                rule=rule,
            )
        if where.get("about", "").isdigit():
            place = cohorts.place_of_concept(release, int(where["about"]), rule=rule)
        items = find_at(view.document, f"{where['set']}.expression.items") if where["set"] else []
        if isinstance(items, list) and items:
            included = cohorts.include_concepts(release, items, rule=rule)
            ids = {item["concept"]["CONCEPT_ID"] for item in items}
            known = {hit.concept_id for hit in cohorts.find_concepts(release, ids, rule=rule)}
            unknown = frozenset(ids - known)
        if where.get("at"):
            choices = _choices(view, release, rule)
    except (CohortError, KeyError, TypeError) as failure:
        error = str(failure) if isinstance(failure, CohortError) else "cannot be read"
    return ConceptsView(hits, place, included, unknown, choices, error)


def place_to_open(op: str, back: str, at: str) -> dict[str, str]:
    """What is open after an operation: what it made, or what the form goes back to."""
    where = dict.fromkeys(PLACES, "")
    if op in {"add_concept_set", "copy_set"}:
        return where | {"set": at}
    if at and op in OPENING:
        return where | {"at": at}
    given = parse_qs(back[:4000])
    return where | {name: given[name][-1] for name in PLACES if name in given}


def _choices(
    view: BuilderView, release: Release, rule: DisclosureRule
) -> dict[str, list[tuple[int, str]]]:
    """For every property of the open form that takes concepts, those that the release has."""
    found: dict[str, list[tuple[int, str]]] = {}
    lines = (line for section in view.sections for line in _every(section.lines))
    line = next((line for line in lines if line.path == view.where["at"]), None)
    for part in view.form(line) if line is not None else ():
        for field in (*part.fields, *part.more):
            if field.controls[0].kind != "concepts":
                continue
            table = _TABLES.get(field.path.rsplit(".", 2)[-2], "")
            place = COLUMNS.get(field.name) or (table, _OF_TABLE.get(field.name, ""))
            if all(place):
                found[field.path] = cohorts.concepts_in_column(release, *place, rule=rule)
    return found


def _parts(document: Document, path: str, kind: str) -> Iterator[FormPart]:
    if kind == "Criteria":
        yield from _criterion(document, path)
    elif kind == "CorrelatedCriteria":
        yield FormPart("How often", (field_at(document, f"{path}.Occurrence"),))
        for name, title in (("StartWindow", "When it starts"), ("EndWindow", "When it ends")):
            if isinstance(find_at(document, f"{path}.{name}"), dict):
                yield _window(document, f"{path}.{name}", title)
        flags = ("RestrictVisit", "IgnoreObservationPeriod")
        yield FormPart("", tuple(field_at(document, f"{path}.{name}") for name in flags))
        yield from _criterion(document, f"{path}.Criteria")
    elif kind == "InclusionRule":
        yield FormPart("", tuple(object_fields(document, path)))
        yield FormPart("", tuple(object_fields(document, f"{path}.expression")))
    elif kind == "EndStrategy":
        strategy = find_at(document, path)
        if isinstance(strategy, dict) and strategy:
            yield FormPart("", tuple(object_fields(document, f"{path}.{next(iter(strategy))}")))
    elif kind == "CollapseSettings":
        yield FormPart("", (field_at(document, f"{path}.EraPad"),))
    else:
        yield FormPart("", tuple(object_fields(document, path)))


def _criterion(document: Document, path: str) -> Iterator[FormPart]:
    held = find_at(document, path)
    kind = next(iter(held), "") if isinstance(held, dict) else ""
    if kind not in WRAPPERS["Criteria"]:
        raise DefinitionError(path, "is no criterion")
    fields = object_fields(document, f"{path}.{kind}")
    yield FormPart(
        tell(NOUNS[kind][0]).capitalize(),
        tuple(field for field in fields if field.common),
        tuple(field for field in fields if not field.common),
    )


def _window(document: Document, path: str, title: str) -> FormPart:
    names = ("Start", "End", "UseIndexEnd", "UseEventEnd")
    fields = tuple(field_at(document, f"{path}.{name}") for name in names)
    parent, _, name = path.rpartition(".")
    needed = kind_at(parent) == "CorrelatedCriteria" and name == "StartWindow"
    return FormPart(title, fields, removable="" if needed else path)


def _every(lines: Sequence[Line]) -> Iterator[Line]:
    for line in lines:
        yield line
        yield from _every(line.lines)
