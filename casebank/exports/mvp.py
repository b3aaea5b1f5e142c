"""A lesson as a MedBiquitous virtual patient package (ANSI/MEDBIQ VP.10.1-2010).

``virtualpatientdata.xml`` has the data, ``dataavailabilitymodel.xml`` says which of them belong
together and what has to be asked for, ``activitymodel.xml`` the way through the stages, and
``metadata.xml`` who may use it. Questions are QTI 3 items within ``XtensibleInfo``, where the
standard puts what it has no element for. Element names are those that OpenLabyrinth writes; the
standard's schemas could not be had.
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

    def data(self) -> Element:
        """Texts of stages, orders and expert; the person; questions and answers; drugs."""
        root = etree.Element(f"{{{VPD}}}VirtualPatientData", nsmap={None: VPD})
        for number, stage in zip(self.numbers, self.lesson.stages, strict=True):
            self._text(root, f"stage-{number}", frozenset(stage.reveals))
            for order in stage.orders:
                if order.kind != "history":
                    self._text(root, f"order-{order.name}", frozenset(order.data))
        expert = self.lesson.expert
        told = [expert.summary, expert.script, *expert.take_home]
        lines: list[Line] = [(one.text(self.language), self.language) for one in told]
        self._narrative(root, "expert", [(word("expert", self.language), lines)])
        demographics = etree.SubElement(root, f"{{{VPD}}}PatientDemographics")
        for number, statement in enumerate(self.case.background.profile, 1):
            one = _add(demographics, "PatientDemographic", id=f"person-{number}")
            characteristic = _add(one, "DemographicCharacteristic")
            _add(characteristic, "Title", word("profile", self.language))
            _add(characteristic, "Description", said(self.case, statement, self.language)[0])
        drugs = (
            item for lane in self.case.timeline.lanes if lane.kind == "drugs" for item in lane.items
        )
        for number, label in enumerate(dict.fromkeys(item.label for item in drugs), 1):
            _add(_add(root, "Medication", id=f"drug-{number}"), "MedicationName", label)
        for order in self._orders("history"):
            item = _add(root, "InterviewItem", id=f"order-{order.name}")
            _add(item, "Question", order.label.text(self.language))
            found = shown_lines(self.case, frozenset(order.data), self.language)
            _add(item, "Response", " ".join(line for _, lines in found for line, _ in lines))
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
                kind = "InterviewItem" if order.kind == "history" else "VPDText"
                _item(node, f"{kind}[@id='order-{order.name}']", place, "ontrigger")
        node = _add(root, "DAMNode", id="node-expert")
        _add(node, "DAMNodeLabel", word("expert", self.language))
        _item(node, "VPDText[@id='expert']", 0, "immediately")
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

    def _orders(self, kind: str) -> list[Order]:
        every = (order for stage in self.lesson.stages for order in stage.orders)
        return [order for order in every if order.kind == kind]

    def _text(self, root: Element, name: str, ids: frozenset[str]) -> None:
        found = list(shown_lines(self.case, ids, self.language))
        self._narrative(root, name, found or [(word("nothing", self.language), [])])

    def _narrative(self, root: Element, name: str, parts: list[tuple[str, list[Line]]]) -> None:
        text = _add(root, "VPDText", id=name, textType="narrative")
        holder = etree.SubElement(text, f"{{{_XHTML}}}div", nsmap={None: _XHTML})
        for heading, lines in parts:
            _add(holder, "h3", heading)
            if lines:
                listed = _add(holder, "ul")
                for line, spoken in lines:
                    item = _add(listed, "li", line)
                    if spoken != self.language:
                        item.set("lang", "zh-CN" if spoken == "zh" else "en")


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
