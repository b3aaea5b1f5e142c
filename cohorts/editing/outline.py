"""A draft as numbered sentences, each with the place in the document that it speaks of.

The document need not be valid: a part that cannot be read becomes a line that says why, and all
others stay readable. What is said is what :mod:`cohorts.plain_language` says, phrase by phrase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from cohorts.editing.lines import Line, Phrase, Section
from cohorts.editing.paths import Document, kind_at, whole
from cohorts.errors import DefinitionError
from cohorts.model import read_part
from cohorts.schema import UNSUPPORTED_CRITERIA, UNSUPPORTED_PROPERTIES
from cohorts.wording import Index, Tell, Wording, as_written

# Deeper parts are kept and shown as JSON.
MAX_DEPTH: Final = 12


def outline(document: Document, tell: Tell = as_written) -> list[Section]:
    """The whole definition, section by section, in the order in which it is evaluated.

    ``tell`` gives a message in the reader's language; titles, hints and problems stay in English.
    """
    return _Outline(document, tell).sections()


def sentence_at(document: Document, path: str, tell: Tell = as_written) -> str:
    """The sentence that speaks of a place, without those below it; empty if none does."""
    lines = [line for section in outline(document, tell) for line in section.lines]
    said = ""
    while lines:
        lines = [line for line in lines if path.startswith(line.path)]
        if lines:
            said = _sentence(max(lines, key=_length_of_path), tell)
        lines = [inner for line in lines for inner in line.lines]
    return said


def set_names(document: Document) -> dict[int, str]:
    """Names of the concept sets by id, as far as they can be read."""
    names: dict[int, str] = {}
    for entry in _list(document.get("ConceptSets")):
        identifier = whole(entry.get("id")) if isinstance(entry, dict) else None
        if identifier is not None:
            names[identifier] = str(entry.get("name") or "")
    return names


class _Outline:
    def __init__(self, document: Document, tell: Tell) -> None:
        self._document = document
        self._words = Wording(set_names(document), tell)
        self._say = self._words.say

    def sections(self) -> list[Section]:
        primary = _dict(self._document.get("PrimaryCriteria"))
        events = "$.PrimaryCriteria.CriteriaList"
        rules = _list(self._document.get("InclusionRules"))
        return [
            Section(
                "entry",
                "Who enters, and when",
                "Any one of these events lets a person enter on its day.",
                (
                    *self._criteria(primary.get("CriteriaList"), events),
                    self._observation(primary.get("ObservationWindow")),
                    self._limit(
                        primary.get("PrimaryCriteriaLimit"),
                        "$.PrimaryCriteria.PrimaryCriteriaLimit",
                        _ENTRY_LIMITS,
                    ),
                ),
                events,
            ),
            self._qualifying(),
            Section(
                "rules",
                "Inclusion rules",
                "People are counted after each rule, in this order.",
                (
                    *(self._rule(rule, index) for index, rule in enumerate(rules)),
                    self._limit(
                        self._document.get("ExpressionLimit"),
                        "$.ExpressionLimit",
                        _INCLUDED_LIMITS,
                    ),
                ),
                "$.InclusionRules",
            ),
            self._exit(),
            self._periods(),
        ]

    def _qualifying(self) -> Section:
        path = "$.AdditionalCriteria"
        group = self._document.get("AdditionalCriteria")
        lines: tuple[Line, ...] = ()
        if isinstance(group, dict):
            lines = (
                self._group(group, path, _KEPT_IF, "entry", 1),
                self._limit(
                    self._document.get("QualifiedLimit"),
                    "$.QualifiedLimit",
                    _QUALIFIED_LIMITS,
                ),
            )
        return Section(
            "qualifying",
            "Demands on the entry event",
            "Narrows the entry events before the rules, without a step of its own in the counts.",
            lines,
            path if not lines else "",
        )

    def _exit(self) -> Section:
        strategy = self._document.get("EndStrategy")
        path = "$.EndStrategy"
        try:
            node = None if strategy is None else read_part(strategy, "EndStrategy", path)
            leaving = Line(
                path, "EndStrategy", (Phrase(" ".join(self._words.leaving(node)), path),)
            )
        except DefinitionError as error:
            leaving = _unreadable(path, "EndStrategy", error)
        censoring = "$.CensoringCriteria"
        events = self._criteria(self._document.get("CensoringCriteria"), censoring)
        return Section(
            "exit",
            "When they leave",
            "At the first of these.",
            (leaving, *events),
            censoring,
        )

    def _periods(self) -> Section:
        lines = []
        for path, kind, value in (
            ("$.CollapseSettings", "CollapseSettings", self._document.get("CollapseSettings")),
            ("$.CensorWindow", "Period", self._document.get("CensorWindow")),
        ):
            try:
                node = read_part(value or {}, kind, path)
                if kind == "Period":
                    text = " ".join(self._words.counted_days(node))
                    text = text or self._say("All calendar days count.")
                else:
                    text = self._words.joined(int(node.get("EraPad", 0)))
                    text = text or self._say(
                        "Periods of one person that touch are joined into one."
                    )
                lines.append(Line(path, kind, (Phrase(text, path),)))
            except DefinitionError as error:
                lines.append(_unreadable(path, kind, error))
        return Section("periods", "Periods and calendar", "", tuple(lines))

    def _observation(self, window: Any) -> Line:
        path = "$.PrimaryCriteria.ObservationWindow"
        try:
            node = read_part(window or {}, "ObservationWindow", path)
        except DefinitionError as error:
            return _unreadable(path, "ObservationWindow", error)
        return Line(path, "ObservationWindow", (Phrase(self._words.observed(node), path),))

    def _limit(self, limit: Any, path: str, messages: Mapping[str, str]) -> Line:
        try:
            node = read_part(limit if limit is not None else {}, "ResultLimit", path)
        except DefinitionError as error:
            return _unreadable(path, "ResultLimit", error)
        kind = str(node.get("Type", "First")).upper()
        return Line(path, "ResultLimit", (Phrase(self._say(messages[kind]), f"{path}.Type"),))

    def _criteria(self, criteria: Any, path: str, depth: int = 1) -> Iterator[Line]:
        for index, criterion in enumerate(_list(criteria)):
            yield self._criterion(criterion, f"{path}[{index}]", depth, list_path=path)

    def _criterion(
        self,
        criterion: Any,
        path: str,
        depth: int,
        occurrence: Any = None,
        list_path: str = "",
    ) -> Line:
        try:
            kind, body, shallow = _shallow(criterion, path)
        except DefinitionError as error:
            return _unreadable(path, "Criteria", error, list_path)
        inner = f"{path}.{kind}"
        phrases = [
            Phrase(text, f"{inner}.{name}")
            for name, text in self._words.event(kind, shallow, occurrence)
        ]
        lines: list[Line] = []
        grows = ""
        if kind == "CustomEra":
            grows = f"{inner}.CriteriaList"
            gap = self._words.days(int(shallow.get("GapDays", 0)))
            text = self._say("joined over gaps of up to {0} from:", gap)
            phrases.append(Phrase(text, f"{inner}.GapDays"))
            lines += self._criteria(body.get("CriteriaList"), grows, depth + 1)
        group = body.get("CorrelatedCriteria")
        if isinstance(group, dict):
            lines.append(
                self._group(group, f"{inner}.CorrelatedCriteria", _AND_HAVING, "that", depth + 1)
            )
        problem = _unsupported(kind, body)
        return Line(path, "Criteria", tuple(phrases), tuple(lines), grows, list_path, problem)

    def _group(
        self, group: Any, path: str, before: str, index: Index, depth: int, list_path: str = ""
    ) -> Line:
        if depth > MAX_DEPTH:
            error = DefinitionError(path, "is nested deeply; it is kept and can be edited as JSON")
            return _unreadable(path, "CriteriaGroup", error, list_path)
        held = _dict(group)
        lines: list[Line] = []
        for number, correlated in enumerate(_list(held.get("CriteriaList"))):
            at = f"{path}.CriteriaList[{number}]"
            lines.append(self._correlated(correlated, at, index, depth, f"{path}.CriteriaList"))
        for number, demographic in enumerate(_list(held.get("DemographicCriteriaList"))):
            lines.append(self._demographic(demographic, path, number))
        for number, inner in enumerate(_list(held.get("Groups"))):
            at = f"{path}.Groups[{number}]"
            lines.append(self._group(inner, at, "", index, depth + 1, f"{path}.Groups"))
        try:
            heading = {name: held[name] for name in ("Type", "Count") if held.get(name) is not None}
            node = read_part(heading, "CriteriaGroup", path)
            if lines and "Type" not in node:
                raise DefinitionError(path, "does not say how many of its members are to be met")
            said = self._words.group(node, bool(lines))
        except DefinitionError as error:
            return _unreadable(path, "CriteriaGroup", error, list_path, tuple(lines), path)
        except KeyError:
            said = self._say("at least {0} of the following", 0)
        phrases = tuple(
            Phrase(text, place)
            for text, place in ((self._say(before) if before else "", ""), (said, f"{path}.Type"))
            if text
        )
        return Line(path, "CriteriaGroup", phrases, tuple(lines), path, list_path)

    def _correlated(
        self, correlated: Any, path: str, index: Index, depth: int, list_path: str
    ) -> Line:
        held = _dict(correlated)
        try:
            rest = {name: value for name, value in held.items() if name != "Criteria"}
            # A whole one is read with an event that any definition may have in its place.
            node = read_part({**rest, "Criteria": {"Death": {}}}, "CorrelatedCriteria", path)
        except DefinitionError as error:
            return _unreadable(path, "CorrelatedCriteria", error, list_path)
        event = self._criterion(held.get("Criteria"), f"{path}.Criteria", depth, node["Occurrence"])
        phrases = list(event.phrases)
        if event.kind == "Criteria" and phrases and not event.problem:
            phrases[0] = Phrase(phrases[0].text, f"{path}.Occurrence")
        phrases += [Phrase(text, f"{path}.{name}") for name, text in self._words.when(node, index)]
        return Line(
            path,
            "CorrelatedCriteria",
            tuple(phrases),
            event.lines,
            event.grows,
            list_path,
            event.problem,
        )

    def _demographic(self, demographic: Any, group: str, number: int) -> Line:
        list_path = f"{group}.DemographicCriteriaList"
        path = f"{list_path}[{number}]"
        try:
            node = read_part(demographic, "DemographicCriteria", path)
        except DefinitionError as error:
            return _unreadable(path, "DemographicCriteria", error, list_path)
        phrases = [Phrase(self._say("a person with"))]
        phrases += [
            Phrase(text, f"{path}.{name}" if name else "")
            for name, text in self._words.demographic(node)
        ]
        return Line(path, "DemographicCriteria", tuple(phrases), list_path=list_path)

    def _rule(self, rule: Any, index: int) -> Line:
        path = f"$.InclusionRules[{index}]"
        held = _dict(rule)
        name = str(held.get("name") or self._say("Rule {0}", index + 1))
        group = self._group(held.get("expression"), f"{path}.expression", _RULE_HAS, "entry", 1)
        heading = Phrase(self._say("{0}:", name), f"{path}.name")
        return Line(
            path,
            "InclusionRule",
            (heading, *group.phrases),
            group.lines,
            group.grows,
            "$.InclusionRules",
            group.problem,
        )


def _sentence(line: Line, tell: Tell) -> str:
    said = line.phrases[0].text
    for before, phrase in pairwise(line.phrases):
        apart = before.path and line.kind not in {"CriteriaGroup", "InclusionRule"}
        said = tell("{0}, {1}" if apart else "{0} {1}").format(said, phrase.text)
    return said


def _length_of_path(line: Line) -> int:
    return len(line.path)


_ENTRY_LIMITS: Final = {
    "FIRST": "Of these events, the earliest of each person counts.",
    "LAST": "Of these events, the latest of each person counts.",
    "ALL": "All these events of each person count.",
}
_QUALIFIED_LIMITS: Final = {
    "FIRST": "Of the events kept, the earliest of each person goes on.",
    "LAST": "Of the events kept, the latest of each person goes on.",
    "ALL": "All events kept go on.",
}
_INCLUDED_LIMITS: Final = {
    "FIRST": "Of the events that meet every rule, the earliest of each person is used.",
    "LAST": "Of the events that meet every rule, the latest of each person is used.",
    "ALL": "All events that meet every rule are used.",
}
_KEPT_IF: Final = "Entry events are kept if they have"
_RULE_HAS: Final = "the entry event has"
_AND_HAVING: Final = "and having"


def _shallow(criterion: Any, path: str) -> tuple[str, Document, Any]:
    """Type, body and validated body of a criterion, without the members that are lines."""
    held = _dict(criterion)
    kind = next(iter(held), "")
    body = held.get(kind)
    if len(held) != 1 or not isinstance(body, dict):
        read_part(criterion, "Criteria", path)
        raise DefinitionError(path, "is not a criterion")
    kind_at(f"{path}.{kind}")
    shallow = {name: value for name, value in body.items() if name != "CorrelatedCriteria"}
    if kind == "CustomEra":
        shallow["CriteriaList"] = [{"Death": {}}]
    node = read_part({kind: shallow}, "Criteria", path)
    return kind, body, node[kind]


def _unsupported(kind: str, body: Document) -> str:
    if kind in UNSUPPORTED_CRITERIA:
        return f"cannot be counted: it {UNSUPPORTED_CRITERIA[kind]}"
    for name in body:
        if name in UNSUPPORTED_PROPERTIES and body[name] is not None:
            return f"cannot be counted: {name} {UNSUPPORTED_PROPERTIES[name]}"
    return ""


def _unreadable(
    path: str,
    kind: str,
    error: DefinitionError,
    list_path: str = "",
    lines: tuple[Line, ...] = (),
    grows: str = "",
) -> Line:
    place = "" if error.path == path else f" at {error.path.removeprefix(path)}"
    return Line(
        path,
        kind,
        (Phrase("A part that cannot be read; it is kept as it is.", path),),
        lines,
        grows,
        list_path,
        f"{error.reason}{place}",
    )


def _dict(value: Any) -> Document:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
