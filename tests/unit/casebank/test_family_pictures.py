"""Genogram and ecomap: the same in picture and table, in both languages, and without colour."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from casebank import Case, draw_ecomap, draw_genogram, ecomap_table, genogram_table
from casebank.family import Family, FamilyProblem, Member
from casebank.family.diseases import DISEASES
from casebank.lesson import Lesson, Progress, disclose
from tests.unit.casebank.test_disclosure import _lesson

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def family(farmer: Case) -> Case:
    """The farmer's case with a family that has every symbol."""
    everything = tuple(FamilyProblem(one.code, one.en, 0, "d1") for one in DISEASES)
    members = (
        Member("g", "grandparent", "female", "80+", "d1", dead="d1"),
        Member("f", "parent", "male", "70–79", "d1", everything, dead="d1", parents=("g",)),
        Member("m", "parent", "female", "70–79", "d1"),
        Member("s", "sibling", "unknown", "40–69", "d1", count=4, parents=("f", "m")),
        Member("w", "former spouse", "female", "50–59", "d1"),
        Member("c", "child", "female", "10–19", "d1", parents=("index", "w"), in_household=True),
        Member("p", "pregnancy", "unknown", "", "d1", parents=("index",)),
        Member("k", "grandchild", "male", "", "d1"),
    )
    tree = Family(
        members, "male", "d1", "50–59", "d1", household=2, household_data="d1",
        index_in_household=True,
    )  # fmt: skip
    return replace(farmer, background=replace(farmer.background, family_tree=tree))


def drawings(case: Case) -> list[str]:
    return [draw(case, lang) for draw in (draw_genogram, draw_ecomap) for lang in ("en", "zh")]


def texts(drawing: str) -> str:
    return " ".join(ElementTree.fromstring(drawing).itertext())


def test_pictures_are_well_formed_named_and_refer_to_nothing_outside(family: Case) -> None:
    for drawing in drawings(family):
        root = ElementTree.fromstring(drawing)
        ids = {element.get("id") for element in root.iter() if element.get("id")}
        assert set((root.get("aria-labelledby") or "").split()) <= ids
        assert root.get("role") == "img"
        assert "<script" not in drawing
        assert "href" not in drawing
        assert {f"#{one}" for one in ids} >= set(re.findall(r"url\((#[^)]+)\)", drawing))


def test_every_cell_of_the_genograms_table_stands_in_the_picture(family: Case) -> None:
    picture = texts(draw_genogram(family, "en"))
    for name, _, age, _, diseases, _, _ in genogram_table(family, "en").rows:
        assert name in picture
        assert age in picture or age == "–"
        assert all(part in picture for part in diseases.split("; ") if part != "–")
    assert len(genogram_table(family, "en").rows) == 9


def test_the_symbols_are_those_of_mcgoldrick(family: Case) -> None:
    root = ElementTree.fromstring(draw_genogram(family, "en"))
    people = {
        (group.find(f"{SVG}title").text or "").split(",")[0].split(":")[0]: group  # type: ignore[union-attr]
        for group in root.findall(f"{SVG}g")
        if group.find(f"{SVG}title") is not None
    }
    assert people["mother"].find(f"{SVG}circle") is not None
    assert people["father"].find(f"{SVG}circle") is None
    assert len(people["father"].findall(f"{SVG}line")) == 2  # the X of the dead
    assert len(people["mother"].findall(f"{SVG}line")) == 0
    outlines = [r for r in people["index person"].findall(f"{SVG}rect") if r.get("stroke")]
    assert {float(r.get("width", "0")) for r in outlines} == {34.0, 41.0}  # the double outline
    quarters = [p for p in people["father"].findall(f"{SVG}path") if "url" in p.get("fill", "")]
    assert len({p.get("fill") for p in quarters}) == 4
    assert root.find(f".//{SVG}path[@stroke-dasharray='7 4']") is not None  # the household


def test_the_legend_is_always_printed(farmer: Case) -> None:
    alone = replace(farmer, background=replace(farmer.background, family_tree=Family()))
    picture = texts(draw_genogram(alone, "en"))
    for words in ("Legend", "sex not told", "divorced", "pregnancy", "one household"):
        assert words in picture


def test_a_chinese_picture_has_no_english_words(family: Case) -> None:
    words = set(re.findall(r"[A-Za-z]{2,}", texts(draw_genogram(family, "zh"))))
    assert words <= {one.code for one in DISEASES}
    table = genogram_table(family, "zh")
    assert table.headers[0] == "成员"


def test_pictures_show_no_more_than_the_stage_has_revealed(farmer: Case) -> None:
    tree = farmer.background.family_tree
    (wife,) = tree.of("spouse")
    lesson: Lesson = _lesson(farmer, [[wife.data], [wife.dead]], [])
    first = disclose(farmer, lesson, Progress(1))
    names = [row[0] for row in genogram_table(first, "en").rows]
    assert names == ["index person", "wife"]
    picture = texts(draw_genogram(first, "en"))
    assert "daughter" not in picture
    assert "wife, 80+, dead" not in picture
    assert "Type 2" not in picture
    second = disclose(farmer, lesson, Progress(2))
    assert "wife, 80+, dead" in texts(draw_genogram(second, "en"))
    assert [row[0] for row in ecomap_table(first, "en").rows] == []


def test_an_ecomap_says_with_each_tie_what_in_the_record_says_so(farmer: Case) -> None:
    rows = {row[0]: row[1:] for row in ecomap_table(farmer, "en").rows}
    assert rows["Neighbours, friends"] == ("weak", "Limited social contact")
    assert rows["Health centre"] == ("ordinary", "8 contacts in 4 years")
    picture = texts(draw_ecomap(farmer, "en"))
    for system, (tie, says) in rows.items():
        assert f"{system}, {tie}: {says}" in picture


def test_equal_families_give_equal_bytes(family: Case) -> None:
    assert drawings(Case.from_json(family.to_json())) == drawings(family)


def test_names_from_the_record_cannot_break_out_of_the_pictures(family: Case) -> None:
    evil = '"><script>alert(1)</script>unemployed'
    (first, *others) = family.problems
    case = replace(family, problems=(replace(first, title=evil, status="active"), *others))
    drawing = draw_ecomap(case, "en")
    ElementTree.fromstring(drawing)
    assert "<script" not in drawing
    assert "unemployed" in drawing
