"""A lesson as a MedBiquitous package: as the schemas demand, and every path leads somewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from casebank import Case
from casebank.exports.mvp import ACTIVITY, ADL, CP, DAM, VPD, to_mvp
from casebank.exports.shown import lines_of
from casebank.lesson import Lesson
from tests.unit.casebank.exports.grammars import check_documents, documents_of

Tree = Any


@pytest.fixture(scope="module")
def trees(farmer: Case, farmer_lesson: Lesson) -> dict[str, Tree]:
    return documents_of(to_mvp(farmer, farmer_lesson))


def test_each_document_is_as_its_schema_demands(farmer: Case, farmer_lesson: Lesson) -> None:
    first, second, third = farmer_lesson.stages
    (order,) = second.orders
    kinds = [replace(order, name=kind, kind=kind) for kind in ("history", "examination", "test")]
    stages = (replace(first, orders=tuple(kinds)), replace(second, orders=()), third)
    for lesson in (farmer_lesson, replace(farmer_lesson, stages=stages)):
        assert check_documents(to_mvp(farmer, lesson)) == 3


def _resolves(tree: Tree, path: str, namespace: str) -> bool:
    """Whether a path of the standard, which has no prefixes, leads to one element of ``tree``."""
    steps = path.strip("/").split("/")
    inner = "/".join(re.sub(r"^(\w+)", r"n:\1", step) for step in steps[1:])
    root = etree.QName(tree).localname == steps[0]
    return root and len(tree.xpath(inner, namespaces={"n": namespace})) == 1


def test_every_path_of_the_package_leads_to_one_element(trees: dict[str, Tree]) -> None:
    data, availability = trees["virtualpatientdata.xml"], trees["dataavailabilitymodel.xml"]
    activities = trees["activitymodel.xml"]
    paths = [one.text for one in availability.iter(f"{{{DAM}}}ItemPath")]
    # Three stages, an order, the expert's view and the drugs.
    assert len(paths) == 6
    assert all(_resolves(data, path, VPD) for path in paths)
    contents = [one.text for one in activities.iter(f"{{{ACTIVITY}}}Content")]
    assert len(contents) == 4
    assert all(_resolves(availability, path, DAM) for path in contents)
    names = (f"{{{ACTIVITY}}}ActivityNodeA", f"{{{ACTIVITY}}}ActivityNodeB")
    ends = [one.text for one in activities.iter(*names)]
    assert len(ends) == 6
    assert all(_resolves(activities, path, ACTIVITY) for path in ends)


def test_a_stages_text_has_what_it_reveals_and_an_order_waits_to_be_asked(
    trees: dict[str, Tree], farmer: Case, farmer_lesson: Lesson
) -> None:
    texts = {name: text for name, (text, _) in lines_of(farmer, "en").items()}
    data = trees["virtualpatientdata.xml"]
    for number, stage in enumerate(farmer_lesson.stages, 1):
        (node,) = data.xpath(f"n:VPDText[@id='stage-{number}']", namespaces={"n": VPD})
        said = "".join(node.itertext())
        assert all(texts[one] in said for one in stage.reveals)
    shown = [
        one.get("display")
        for one in trees["dataavailabilitymodel.xml"].iter(f"{{{DAM}}}DAMNodeItem")
    ]
    assert shown.count("ontrigger") == 1
    (answer,) = data.iter(f"{{{VPD}}}Response")
    assert answer.text == texts[farmer_lesson.stages[1].orders[0].data[0]]


def test_the_manifest_lists_every_document_as_an_asset(trees: dict[str, Tree]) -> None:
    resources = list(trees["imsmanifest.xml"].iter(f"{{{CP}}}resource"))
    assert {one.get("href") for one in resources} == set(trees) - {"imsmanifest.xml"}
    assert all(one.get(f"{{{ADL}}}scormType") == "asset" for one in resources)


def test_questions_travel_with_the_data(trees: dict[str, Tree], farmer_lesson: Lesson) -> None:
    extra = trees["virtualpatientdata.xml"].find(f"{{{VPD}}}XtensibleInfo")
    assert [one.get("identifier") for one in extra] == [one.name for one in farmer_lesson.exercises]


def test_nothing_of_the_release_is_in_the_package(farmer: Case, trees: dict[str, Tree]) -> None:
    assert farmer.sources is not None
    written = b"".join(etree.tostring(tree) for tree in trees.values()).decode()
    assert farmer.sources.release not in written
