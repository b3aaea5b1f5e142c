"""A lesson as a MedBiquitous virtual patient package (ANSI/MEDBIQ VP.10.1-2010).

``virtualpatientdata.xml`` has the data, ``dataavailabilitymodel.xml`` says which of them belong
together and what has to be asked for, ``activitymodel.xml`` the way through the stages, and
``metadata.xml`` who may use it. Questions are QTI 3 items within ``XtensibleInfo``, where the
standard puts what it has no element for. Elements, their order and what they must have are those of
the standard's schemas of 2008 and 2009.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from lxml import etree

from casebank.exports.archives import zip_of
from casebank.exports.package import TERMS
from casebank.exports.qti import items_of
from casebank.exports.shown import Line, said, shown_lines
from casebank.exports.words import word
from casebank.lesson import Lesson, Order
from casebank.model import Case, Language

VPD: Final = "http://ns.medbiq.org/virtualpatientdata/v1/"
DAM: Final = "http://ns.medbiq.org/dataavailabilitymodel/v1/"
ACTIVITY: Final = "http://ns.medbiq.org/activitymodel/v1/"
LOM: Final = "http://ltsc.ieee.org/xsd/LOM"
CP: Final = "http://www.imsglobal.org/xsd/imscp_v1p1"
ADL: Final = "http://www.adlnet.org/xsd/adlcp_v1p3"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
# XHTML 1.1, which the schema of the data imports, has no other attribute for a language.
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_KINDS: Final = {"history": "InterviewItem", "examination": "PhysicalExam"}
Part = tuple[str, list[Line]]
"""A heading and what stands under it."""
# lxml has no public type for an element.
Element = Any


def to_mvp(case: Case, lesson: Lesson, language: Language | None = None) -> bytes:
    """The package as a zip."""
    writer = _Writer(case, lesson, language or case.language)
    documents = {
        "virtualpatientdata.xml": writer.data(),
        "dataavailabilitymodel.xml": writer.availability(),
        "activitymodel.xml": writer.activities(),
        "metadata.xml": writer.metadata(),
    }
    contents = {"imsmanifest.xml": _bytes(_manifest(lesson, list(documents)))}
    contents |= {name: _bytes(root) for name, root in documents.items()}
    return zip_of(contents)


class _Writer:
    def __init__(self, case: Case, lesson: Lesson, language: Language) -> None:
        self.case, self.lesson, self.language = case, lesson, language
        self.numbers = range(1, len(lesson.stages) + 1)
        lanes = (lane for lane in case.timeline.lanes if lane.kind == "drugs")
        labels = dict.fromkeys(item.label for lane in lanes for item in lane.items)
        self.drugs: list[Line] = [(label, case.language) for label in labels]

    def data(self) -> Element:
        """The person; texts of stages, orders, drugs and expert; what is asked; what is examined.

        Kinds of data stand in the order of the schema. A ``Medication`` of the standard has dose,
        route and frequency, which a case does not know: drugs are a text.
        """
        root = etree.Element(f"{{{VPD}}}VirtualPatientData", nsmap={None: VPD})
        self._person(root)
        for number, stage in zip(self.numbers, self.lesson.stages, strict=True):
            found = list(shown_lines(self.case, frozenset(stage.reveals), self.language))
            self._text(root, f"stage-{number}", found or [(self._("nothing"), [])])
        for order in self._orders("test", "wait"):
            heading: Part = (order.label.text(self.language), [])
            self._text(root, f"order-{order.name}", [heading, *self._result(order)])
        if self.drugs:
            self._text(root, "drugs", [(self._("drugs"), self.drugs)])
        expert = self.lesson.expert
        told = [expert.summary, expert.script, *expert.take_home]
        lines: list[Line] = [(one.text(self.language), self.language) for one in told]
        self._text(root, "expert", [(self._("expert"), lines)])
        for order in self._orders("history"):
            item = _add(root, "InterviewItem", id=f"order-{order.name}")
            _add(item, "Question", order.label.text(self.language))
            _add(item, "Response", " ".join(_lines(self._result(order))))
        for order in self._orders("examination"):
            exam = _add(root, "PhysicalExam", id=f"order-{order.name}")
            _add(exam, "ExamName", order.label.text(self.language))
            _add(exam, "Finding", " ".join(_lines(self._result(order))))
            _add(exam, "Description", "; ".join(heading for heading, _ in self._result(order)))
        extra = _add(root, "XtensibleInfo")
        extra.extend(items_of(self.case, self.lesson, self.language).values())
        return root

    def availability(self) -> Element:
        """A node a stage: its text at once, its orders when they are asked for."""
        root = etree.Element(f"{{{DAM}}}DataAvailabilityModel", nsmap={None: DAM})
        for number, stage in zip(self.numbers, self.lesson.stages, strict=True):
            node = _add(root, "DAMNode", id=f"node-{number}")
            _add(node, "DAMNodeLabel", stage.title.text(self.language))
            _item(node, f"VPDText[@id='stage-{number}']", 0, "immediately")
            for place, order in enumerate(stage.orders, 1):
                kind = _KINDS.get(order.kind, "VPDText")
                _item(node, f"{kind}[@id='order-{order.name}']", place, "ontrigger")
        node = _add(root, "DAMNode", id="node-expert")
        _add(node, "DAMNodeLabel", word("expert", self.language))
        _item(node, "VPDText[@id='expert']", 0, "immediately")
        if self.drugs:
            _item(node, "VPDText[@id='drugs']", 1, "immediately")
        return root

    def activities(self) -> Element:
        """The stages in their order, then the expert's view."""
        root = etree.Element(f"{{{ACTIVITY}}}ActivityModel", nsmap={None: ACTIVITY})
        title = self.lesson.title.text(self.language)
        section = _add(_add(root, "ActivityNodes"), "NodeSection", id="case", label=title)
        labels = {str(n): s.title.text(self.language) for n, s in enumerate(self.lesson.stages, 1)}
        labels["expert"] = word("expert", self.language)
        for name, label in labels.items():
            node = _add(section, "ActivityNode", id=name, label=label)
            _add(node, "Content", f"/DataAvailabilityModel/DAMNode[@id='node-{name}']")
            rules = _add(node, "Rules")
            _add(rules, "Probability", "off")
            _add(rules, "NavigateGlobal", "off")
        links = _add(root, "Links")
        names = list(labels)
        for here, there in pairwise(names):
            link = _add(links, "Link", label=labels[there], display="true")
            path = "/ActivityModel/ActivityNodes/NodeSection/ActivityNode[@id='{}']"
            _add(link, "ActivityNodeA", path.format(here))
            _add(link, "ActivityNodeB", path.format(there))
        return root

    def metadata(self) -> Element:
        """Learning object metadata: title, language, objectives, time, and terms of use."""
        tag = "zh" if self.language == "zh" else "en"
        root = etree.Element(f"{{{LOM}}}lom", nsmap={None: LOM})
        general = _add(root, "general")
        identifier = _add(general, "identifier")
        _add(identifier, "catalog", "urn:carecommons:case")
        _add(identifier, "entry", self.lesson.case_id)
        _add(_add(general, "title"), "string", self.lesson.title.text(self.language), language=tag)
        _add(general, "language", tag)
        for one in self.lesson.objectives:
            description = _add(general, "description")
            _add(description, "string", one.text.text(self.language), language=tag)
        duration = _add(_add(root, "educational"), "typicalLearningTime")
        _add(duration, "duration", f"PT{self.lesson.minutes}M")
        rights = _add(root, "rights")
        for name, value in (("cost", "no"), ("copyrightAndOtherRestrictions", "yes")):
            held = _add(rights, name)
            _add(held, "source", "LOMv1.0")
            _add(held, "value", value)
        terms = TERMS[1 if self.language == "zh" else 0]
        _add(_add(rights, "description"), "string", terms, language=tag)
        return root

    def _(self, key: str) -> str:
        return word(key, self.language)

    def _orders(self, *kinds: str) -> list[Order]:
        every = (order for stage in self.lesson.stages for order in stage.orders)
        return [order for order in every if order.kind in kinds]

    def _result(self, order: Order) -> list[Part]:
        """What an order opens; it opens at least one datum."""
        return list(shown_lines(self.case, frozenset(order.data), self.language))

    def _person(self, root: Element) -> None:
        person = _add(root, "PatientDemographics", id="person")
        for number, statement in enumerate(self.case.background.profile, 1):
            one = _add(person, "DemographicCharacteristic", id=f"person-{number}")
            _add(one, "Title", self._("profile"))
            _add(one, "Description", said(self.case, statement, self.language)[0])

    def _text(self, root: Element, name: str, parts: list[Part]) -> None:
        text = _add(root, "VPDText", id=name, textType="narrative")
        holder = etree.SubElement(text, f"{{{_XHTML}}}div", nsmap={None: _XHTML})
        for heading, lines in parts:
            _add(holder, "h3", heading)
            if lines:
                listed = _add(holder, "ul")
                for line, spoken in lines:
                    item = _add(listed, "li", line)
                    if spoken != self.language:
                        item.set(_LANGUAGE, "zh-CN" if spoken == "zh" else "en")


def _lines(parts: list[Part]) -> list[str]:
    return [line for _, lines in parts for line, _ in lines]


def _item(node: Element, path: str, place: int, display: str) -> None:
    item = _add(node, "DAMNodeItem", display=display)
    _add(item, "ItemPath", f"/VirtualPatientData/{path}")
    _add(item, "ItemOrder", str(place))


def _manifest(lesson: Lesson, names: list[str]) -> Element:
    root = etree.Element(
        f"{{{CP}}}manifest",
        {"identifier": f"mvp-{lesson.case_id}"},
        nsmap={None: CP, "adlcp": ADL},
    )
    metadata = _add(root, "metadata")
    _add(metadata, "schema", "ADL SCORM")
    _add(metadata, "schemaversion", "2004 3rd Edition")
    _add(root, "organizations")
    resources = _add(root, "resources")
    for name in names:
        identifier = name.removesuffix(".xml")
        resource = _add(resources, "resource", identifier=identifier, type="webcontent", href=name)
        resource.set(f"{{{ADL}}}scormType", "asset")
        _add(resource, "file", href=name)
    return root


def _add(parent: Element, name: str, text: str | None = None, /, **attributes: str) -> Element:
    """A child in its parent's namespace."""
    namespace = etree.QName(parent).namespace
    made = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    made.text = text
    return made


def _bytes(root: Element) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written
