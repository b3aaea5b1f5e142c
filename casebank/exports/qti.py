"""A lesson as a QTI 3 content package: an item an exercise, and a test that leads through them.

The test is linear and each item is submitted before the next is shown, so that a stage's data come
after the commits of the stage before. Scores are computed by each item's response processing as
``casebank.scoring`` does it; summary and problem list are typed text, which a teacher marks. QTI
knows no order: what a student could ask for is shown with its stage, under its label. The test's
score is the sum of its items'.

Namespaces, types, elements and their order as in 1EdTech's QTI 3.0.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from lxml import etree

from casebank.errors import ExportImpossible
from casebank.exports import qti_scoring as scoring
from casebank.exports.archives import zip_of
from casebank.exports.package import LICENCE
from casebank.exports.qti_scoring import Element, element
from casebank.exports.shown import Line, lines_of, shown_lines, worded
from casebank.exports.words import word
from casebank.lesson import Exercise, Lesson, Option
from casebank.model import Case, Language
from casebank.scoring import item_credits
from casebank.scoring.script_concordance import OPTIONS, ConcordanceItem

MANIFEST_NAMESPACE: Final = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_SCHEMAS: Final = "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd"
_STANCES: Final = ("for", "against", "absent")


def to_qti(case: Case, lesson: Lesson, language: Language | None = None) -> bytes:
    """The package as a zip with ``imsmanifest.xml``, ``test.xml`` and ``items/``.

    Raises:
        ExportImpossible: if the lesson has no question.
    """
    if not lesson.exercises:
        raise ExportImpossible("QTI holds questions; the lesson has none yet")
    chosen = language or case.language
    items = items_of(case, lesson, chosen)
    contents = {
        "imsmanifest.xml": _bytes(_manifest(lesson, list(items))),
        "test.xml": _bytes(_test(lesson, chosen)),
    }
    contents |= {f"items/{name}.xml": _bytes(item) for name, item in items.items()}
    return zip_of(contents)


def items_of(case: Case, lesson: Lesson, language: Language) -> dict[str, Element]:
    """The items by the names of their exercises."""
    return {one.name: _Item(case, lesson, one, language).document() for one in lesson.exercises}


class _Item:
    """One exercise as an assessment item."""

    def __init__(self, case: Case, lesson: Lesson, exercise: Exercise, language: Language) -> None:
        self.case, self.lesson, self.exercise, self.language = case, lesson, exercise, language

    def document(self) -> Element:
        """The item: declarations, body, processing, and the explanation as feedback."""
        exercise = self.exercise
        root = _root(
            "qti-assessment-item",
            identifier=exercise.name,
            title=exercise.prompt.text(self.language)[:120],
            adaptive="false",
        )
        root.set("time-dependent", "false")
        root.set(f"{{{_XML}}}lang", _tag(self.language))
        response, interaction, processing = self._parts()
        human = processing is None
        score = scoring.outcome("SCORE", "float")
        if human:
            score.set("external-scored", "human")
        score.set("normal-maximum", "1")
        feedback = scoring.outcome("FEEDBACK", "identifier")
        body = element("qti-item-body")
        body.append(self._data())
        body.append(interaction)
        told = element(
            "qti-modal-feedback", outcome_identifier="FEEDBACK", show_hide="show", identifier="why"
        )
        content = element("qti-content-body")
        content.append(element("p", exercise.explanation.text(self.language)))
        content.append(element("p", f"{word('source', self.language)}: {exercise.source}"))
        told.append(content)
        steps = element("qti-response-processing")
        steps.extend(processing or [])
        steps.append(scoring.set_outcome("FEEDBACK", scoring.constant("identifier", "why")))
        root.extend([response, score, feedback, body, steps, told])
        return root

    def _data(self) -> Element:
        """What the stage shows, with the results of its orders."""
        stage = self.lesson.stages[self.exercise.stage - 1]
        data = element("div")
        heading = f"{word('stage', self.language)} {self.exercise.stage}"
        data.append(element("h2", f"{heading}: {stage.title.text(self.language)}"))
        self._add_lines(data, frozenset(stage.reveals))
        for order in stage.orders:
            data.append(element("h3", order.label.text(self.language)))
            self._add_lines(data, frozenset(order.data), "h4")
        return data

    def _add_lines(self, data: Element, ids: frozenset[str], level: str = "h3") -> None:
        for heading, lines in shown_lines(self.case, ids, self.language):
            data.append(element(level, heading))
            listed = element("ul")
            listed.extend(self._spoken("li", line) for line in lines)
            data.append(listed)

    def _parts(self) -> tuple[Element, Element, list[Element] | None]:
        """Response declaration, interaction and processing; None where a person marks."""
        makers: dict[str, Callable[[], tuple[Element, Element, list[Element] | None]]] = {
            "summary": self._text,
            "problem list": self._text,
            "differential": self._differential,
            "reflection": self._reflection,
            "key features": self._key_features,
            "script concordance": self._concordance,
            "management": self._management,
            "errors": self._errors,
        }
        return makers[self.exercise.kind]()

    def _prompt(self) -> Element:
        prompt = element("qti-prompt")
        prompt.append(element("p", self.exercise.prompt.text(self.language)))
        return prompt

    def _text(self) -> tuple[Element, Element, None]:
        interaction = element("qti-extended-text-interaction", response_identifier="RESPONSE")
        interaction.append(self._prompt())
        return scoring.response("single", "string"), interaction, None

    def _choices(
        self, codes: Sequence[tuple[str, Line]], most: int, kind: str = "qti-choice-interaction"
    ) -> Element:
        interaction = element(
            kind, response_identifier="RESPONSE", shuffle="true", max_choices=str(most)
        )
        interaction.append(self._prompt())
        for identifier, line in codes:
            interaction.append(self._spoken("qti-simple-choice", line, identifier=identifier))
        return interaction

    def _spoken(self, name: str, line: Line, **attributes: str) -> Element:
        """An element with a text, marked where it is in another language than the item."""
        text, its_own = line
        made = element(name, text, **attributes)
        if its_own != self.language:
            made.set(f"{{{_XML}}}lang", _tag(its_own))
        return made

    def _named(self, options: Iterable[Option]) -> tuple[dict[str, str], list[tuple[str, Line]]]:
        """Identifiers by code, and identifiers with texts in an order that tells nothing."""
        given = list(options)
        placed = sorted(given, key=lambda one: _lot(self.exercise.name, one.code))
        names = {one.code: f"c{place}" for place, one in enumerate(placed, 1)}
        return names, [(names[one.code], worded(one.text, self.language)) for one in placed]

    def _key_features(self) -> tuple[Element, Element, list[Element]]:
        key = self.exercise.key_features
        assert key is not None
        names, listed = self._named(key.options)
        right = [names[code] for code in key.right]
        harmful = [names[code] for code in key.harmful]
        declared = scoring.response(
            "multiple", "identifier", right, {name: 1 / len(right) for name in right}
        )
        steps = scoring.share_unless(harmful, key.most)
        return declared, self._choices(listed, key.most), steps

    def _management(self) -> tuple[Element, Element, list[Element]]:
        key = self.exercise.management
        assert key is not None
        names, listed = self._named(key.options)
        return self._overlapping([names[code] for code in key.asked], listed)

    def _errors(self) -> tuple[Element, Element, list[Element]]:
        key = self.exercise.errors
        assert key is not None
        lines = lines_of(self.case, self.language)
        listed = [(f"s-{one}", lines[one]) for one in key.candidates if one in lines]
        return self._overlapping([f"s-{one.code}" for one in key.wrong], listed)

    def _overlapping(
        self, right: list[str], listed: list[tuple[str, Line]]
    ) -> tuple[Element, Element, list[Element]]:
        declared = scoring.response("multiple", "identifier", right, dict.fromkeys(right, 1.0))
        return declared, self._choices(listed, 0), scoring.harmonic_mean(len(right))

    def _concordance(self) -> tuple[Element, Element, list[Element] | None]:
        key = self.exercise.script_concordance
        assert key is not None
        panel = {int(option): count for option, count in key.panel.items()}
        credit = (
            item_credits(ConcordanceItem(self.exercise.name, panel)) if any(panel.values()) else {}
        )
        names = {option: f"v{place}" for place, option in enumerate(OPTIONS, 1)}
        said = word("scale", self.language).split(" · ")
        interaction = element(
            "qti-choice-interaction",
            response_identifier="RESPONSE",
            shuffle="false",
            max_choices="1",
        )
        prompt = self._prompt()
        prompt.append(
            element(
                "p",
                f"{word('if', self.language)} {key.hypothesis.text(self.language)}, "
                f"{word('then', self.language)} {key.finding.text(self.language)}, "
                f"{word('becomes', self.language)}:",
            )
        )
        interaction.append(prompt)
        for option, text in zip(OPTIONS, said, strict=True):
            interaction.append(element("qti-simple-choice", text, identifier=names[option]))
        best = [names[option] for option, share in credit.items() if share == 1.0][:1]
        declared = scoring.response(
            "single",
            "identifier",
            best,
            {names[option]: share for option, share in credit.items()},
        )
        # Without a panel there is no credit, and a person marks.
        return declared, interaction, scoring.mapped() if credit else None

    def _differential(self) -> tuple[Element, Element, list[Element]]:
        key = self.exercise.differential
        assert key is not None
        options = [Option(one.code, one.title) for one in key.diagnoses]
        names, listed = self._named(options)
        grades = {names[one.code]: one.relevance for one in key.diagnoses}
        ideal = sorted(grades, key=lambda name: -grades[name])
        declared = scoring.response("ordered", "identifier", ideal)
        interaction = self._choices(listed, len(listed), "qti-order-interaction")
        return declared, interaction, scoring.discounted_gain_of(grades)

    def _reflection(self) -> tuple[Element, Element, list[Element]]:
        key = self.exercise.reflection
        assert key is not None
        findings, listed = self._named(key.findings)
        stances = {
            (one.code, stance): f"h{place}-{stance}"
            for place, one in enumerate(key.hypotheses, 1)
            for stance in _STANCES
        }
        right = [f"{findings[ln.finding]} {stances[ln.hypothesis, ln.stance]}" for ln in key.links]
        declared = scoring.response("multiple", "directedPair", right, dict.fromkeys(right, 1.0))
        interaction = element(
            "qti-match-interaction", response_identifier="RESPONSE", max_associations="0"
        )
        interaction.append(self._prompt())
        sources, targets = element("qti-simple-match-set"), element("qti-simple-match-set")
        for identifier, line in listed:
            choice = self._spoken("qti-simple-associable-choice", line, identifier=identifier)
            choice.set("match-max", "0")
            sources.append(choice)
        for one in key.hypotheses:
            for stance in _STANCES:
                text = f"{one.text.text(self.language)}: {word(stance, self.language)}"
                name = stances[one.code, stance]
                choice = element("qti-simple-associable-choice", text, identifier=name)
                choice.set("match-max", "0")
                targets.append(choice)
        interaction.extend([sources, targets])
        return declared, interaction, scoring.harmonic_mean(len(right))


def _test(lesson: Lesson, language: Language) -> Element:
    root = _root(
        "qti-assessment-test",
        identifier=f"test-{lesson.case_id}",
        title=lesson.title.text(language),
    )
    score = scoring.outcome("SCORE", "float")
    score.set("normal-maximum", str(len(lesson.exercises)))
    part = element(
        "qti-test-part", identifier="part", navigation_mode="linear", submission_mode="individual"
    )
    # One answer a question, and then its explanation, which is not shown by default.
    part.append(element("qti-item-session-control", max_attempts="1", show_feedback="true"))
    for number, stage in enumerate(lesson.stages, 1):
        exercises = lesson.at(number)
        if not exercises:
            continue
        section = element(
            "qti-assessment-section",
            identifier=f"stage-{number}",
            title=stage.title.text(language),
            visible="true",
        )
        for one in exercises:
            reference = element("qti-assessment-item-ref", identifier=one.name)
            reference.set("href", f"items/{one.name}.xml")
            section.append(reference)
        part.append(section)
    root.extend([score, part, scoring.sum_of_items()])
    return root


def _manifest(lesson: Lesson, names: list[str]) -> Element:
    def tag(name: str, text: str | None = None, **attributes: str) -> Element:
        made = etree.Element(f"{{{MANIFEST_NAMESPACE}}}{name}", attributes)
        made.text = text
        return made

    root = etree.Element(
        f"{{{MANIFEST_NAMESPACE}}}manifest",
        {"identifier": f"package-{lesson.case_id}"},
        nsmap={None: MANIFEST_NAMESPACE, "xsi": _XSI},
    )
    root.set(
        f"{{{_XSI}}}schemaLocation",
        f"{MANIFEST_NAMESPACE} {_SCHEMAS}/imsqtiv3p0_imscpv1p2_v1p0.xsd",
    )
    root.append(etree.Comment(f" {LICENCE} "))
    metadata = tag("metadata")
    metadata.extend([tag("schema", "QTI Package"), tag("schemaversion", "3.0.1")])
    resources = tag("resources")
    test = tag("resource", identifier="test", type="imsqti_test_xmlv3p0", href="test.xml")
    test.append(tag("file", href="test.xml"))
    test.extend(tag("dependency", identifierref=f"item-{name}") for name in names)
    resources.append(test)
    for name in names:
        href = f"items/{name}.xml"
        item = tag("resource", identifier=f"item-{name}", type="imsqti_item_xmlv3p0", href=href)
        item.append(tag("file", href=href))
        resources.append(item)
    root.extend([metadata, tag("organizations"), resources])
    return root


def _root(name: str, **attributes: str) -> Element:
    root = etree.Element(
        f"{{{scoring.NAMESPACE}}}{name}",
        attributes,
        nsmap={None: scoring.NAMESPACE, "xsi": _XSI},
    )
    location = f"{scoring.NAMESPACE} {_SCHEMAS}/imsqti_asiv3p0p1_v1p0.xsd"
    root.set(f"{{{_XSI}}}schemaLocation", location)
    return root


def _bytes(root: Element) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _lot(exercise: str, code: str) -> str:
    return hashlib.sha256(f"{exercise}/{code}".encode()).hexdigest()


def _tag(language: Language) -> str:
    return "zh-CN" if language == "zh" else "en"
