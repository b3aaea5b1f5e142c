"""Timeline and flow sheets: the same in picture, in table and in every run."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from casebank import (
    Case,
    FlowPoint,
    FlowSeries,
    FlowSheet,
    Lane,
    Target,
    Timeline,
    TimelineItem,
    day_text,
    draw_flow_sheet,
    draw_timeline,
    flow_table,
    timeline_table,
)
from casebank.flowsheets import compare_with_target
from casebank.svg import Axis

SVG = "{http://www.w3.org/2000/svg}"


def drawings(case: Case) -> list[str]:
    sheets = [draw_flow_sheet(sheet, case.language) for sheet in case.flow_sheets]
    return [draw_timeline(case.timeline, case.language), *sheets]


def test_a_drawing_is_well_formed_and_named_for_a_screen_reader(
    farmer: Case, teacher: Case
) -> None:
    for case in (farmer, teacher):
        for drawing in drawings(case):
            root = ElementTree.fromstring(drawing)
            assert root.get("role") == "img"
            ids = {element.get("id") for element in root.iter() if element.get("id")}
            named = (root.get("aria-labelledby") or "").split()
            assert len(named) == 2
            assert set(named) <= ids
            assert root.find(f"{SVG}title").text  # type: ignore[union-attr]
            assert root.find(f"{SVG}desc").text  # type: ignore[union-attr]


def test_a_drawing_holds_no_script_and_refers_to_nothing_outside_itself(farmer: Case) -> None:
    for drawing in drawings(farmer):
        assert "<script" not in drawing
        assert "href" not in drawing
        assert re.findall(r"https?://[^\"]+", drawing) == ["http://www.w3.org/2000/svg"]
        assert not re.search(r"\son\w+=", drawing)
        for target in re.findall(r"url\(#([^)]+)\)", drawing):
            assert f'id="{target}"' in drawing


def test_names_from_the_record_cannot_break_out_of_a_drawing() -> None:
    evil = '</text><script>alert("x")</script>&'
    lane = Lane("drugs", evil, (TimelineItem(evil, 0, 9), TimelineItem(evil, 20, None)))
    drawing = draw_timeline(Timeline(0, 30, (lane,)), "en")
    ElementTree.fromstring(drawing)
    assert "<script" not in drawing


def test_two_drawings_on_one_page_share_no_identifier(farmer: Case) -> None:
    one = draw_timeline(farmer.timeline, "en", "first")
    two = draw_timeline(farmer.timeline, "en", "second")
    assert not set(re.findall(r'id="([^"]+)"', one)) & set(re.findall(r'id="([^"]+)"', two))
    with pytest.raises(ValueError, match="identifier"):
        draw_timeline(farmer.timeline, "en", 'x"y')


def test_equal_data_give_equal_bytes(farmer: Case) -> None:
    again = Case.from_json(farmer.to_json())
    assert drawings(again) == drawings(farmer)


def test_states_are_told_by_pattern_and_shape_and_words(farmer: Case) -> None:
    drawing = draw_timeline(farmer.timeline, "en")
    assert 'fill="url(#timeline-open)"' in drawing
    assert "<path" in drawing
    assert "hatched bar: goes on" in drawing
    sheet = next(s for s in farmer.flow_sheets if s.key == "blood-pressure")
    picture = draw_flow_sheet(sheet, "en")
    assert "stroke-dasharray" in picture
    assert "(above)" in picture
    assert "(within)" in picture
    assert "target: 90–139 mmHg" in picture


def test_every_item_of_the_timeline_is_drawn_and_stands_in_its_table(farmer: Case) -> None:
    items = [item for lane in farmer.timeline.lanes for item in lane.items]
    drawing = draw_timeline(farmer.timeline, "en")
    table = timeline_table(farmer.timeline, "en")
    assert len(table.rows) == len(items)
    for item in items:
        assert day_text(item.start_day, "en") in drawing
        assert any(row[1] == item.label for row in table.rows)
    assert all(len(row) == len(table.headers) for row in table.rows)


def test_every_value_of_a_flow_sheet_is_drawn_and_stands_in_its_table(farmer: Case) -> None:
    for sheet in farmer.flow_sheets:
        points = [point for series in sheet.series for point in series.points]
        root = ElementTree.fromstring(draw_flow_sheet(sheet, "en"))
        marks = [
            element
            for element in root.iter()
            if element.tag in {f"{SVG}circle", f"{SVG}rect"}
            and (element.findtext(f"{SVG}title") or "").endswith(")")
            and "target" not in (element.findtext(f"{SVG}title") or "")
        ]
        assert len(marks) == len(points)
        assert len(flow_table(sheet, "en").rows) == len(points) + len(sheet.drugs)


def test_drugs_stand_on_the_flow_sheet_of_their_problem(farmer: Case) -> None:
    drugs = {sheet.key: [item.label for item in sheet.drugs] for sheet in farmer.flow_sheets}
    assert drugs == {"blood-pressure": ["amlodipine"], "hba1c": ["metformin"]}


@pytest.mark.parametrize(
    ("value", "state"), [(89, "below"), (90, "within"), (139, "within"), (139.5, "above")]
)
def test_a_value_is_compared_with_its_target_inclusively(
    farmer: Case, value: float, state: str
) -> None:
    assert compare_with_target(value, Target(90, 139, "test")) == state
    assert compare_with_target(value, None) == "no target"


def test_one_value_twice_on_one_day_can_be_drawn() -> None:
    points = (FlowPoint("d1", 5, 7.0, "no target"), FlowPoint("d2", 5, 7.0, "no target"))
    sheet = FlowSheet("x", "X", (FlowSeries("X", "", None, points),))
    ElementTree.fromstring(draw_flow_sheet(sheet, "en"))
    ElementTree.fromstring(draw_timeline(Timeline(0, 0, ()), "zh"))


def test_positions_rise_with_days_and_stay_inside() -> None:
    axis = Axis(-100, 4000)
    places = [axis.x(day) for day in range(-200, 4200, 50)]
    assert places == sorted(places)
    assert min(places) == axis.x(-100)
    assert max(places) == axis.x(4000)
    for first, last in ((0, 0), (0, 40), (-30, 500), (0, 30_000)):
        ticks = Axis(first, last).ticks()
        assert len(ticks) <= 8
        assert all(first <= tick <= last for tick in ticks)


def test_supplies_of_a_drug_with_short_gaps_are_one_bar(farmer: Case) -> None:
    drugs = next(lane for lane in farmer.timeline.lanes if lane.kind == "drugs")
    assert len([item for item in drugs.items if item.label == "amoxicillin"]) == 3
    assert len([item for item in drugs.items if item.label == "metformin"]) == 1


def test_an_unfinished_problem_goes_on_and_a_finished_one_does_not(farmer: Case) -> None:
    problems = next(lane for lane in farmer.timeline.lanes if lane.kind == "problems")
    by_label = {item.label: item for item in problems.items}
    assert by_label["#4 Type 2 diabetes mellitus"].open_ended
    assert not by_label["#3 Acute bronchitis"].open_ended


def test_death_is_a_life_event(teacher: Case) -> None:
    life = next(lane for lane in teacher.timeline.lanes if lane.kind == "life")
    assert [item.label for item in life.items] == ["死亡"]
    assert replace(teacher.timeline, lanes=()).lanes == ()
