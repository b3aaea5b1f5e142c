"""Incidence, survival, pathways, overlap and comparison over worlds small enough to count."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from xml.dom.minidom import parseString

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts import DisclosureRule, run
from cohorts.characterisation.answer import Line, number, significant
from cohorts.characterisation.at_risk import TimeAtRisk, outcome_of
from cohorts.characterisation.comparison import comparison
from cohorts.characterisation.incidence import Incidence, incidence
from cohorts.characterisation.overlap import overlap
from cohorts.characterisation.pathways import ENDS, PathwaySettings, pathways
from cohorts.characterisation.printed import PrintedTable
from cohorts.characterisation.survival import survival, survival_of_two
from cohorts.charts.bars import draw_table_one
from cohorts.charts.curves import draw_survival
from cohorts.charts.drawing import WIDTH
from cohorts.charts.flows import draw_pathways
from cohorts.charts.intervals import draw_comparison, draw_incidence
from cohorts.charts.sets import draw_overlap
from cohorts.disclosure import safe_table
from cohorts.errors import CohortError
from cohorts.result import CohortResult
from deid.release import Release
from tests.unit.cohorts.definitions import (
    ANGINA,
    ASTHMA,
    SALBUTAMOL,
    concept_set,
    condition,
    definition,
    expression,
    person_id,
    person_number,
    tiny_world,
)

MEN, WOMEN = range(1, 101), range(101, 201)
EVERYBODY = [*MEN, *WOMEN]
INDEX = date(2020, 1, 1)


def day(after: int) -> str:
    return (INDEX + timedelta(days=after)).isoformat()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """200 people with asthma on one day, observed for 1,000 days more; angina in some.

    Of the 100 men, 40 have angina on days 10, 20 ... 400; of the 100 women 20 on days 11 to 30, ten
    others had it before. 60 men take salbutamol, from day 5 for 90 days.
    """
    people = [
        {"person": str(p), "born": "1950", "sex": "male" if p in MEN else "female"}
        for p in EVERYBODY
    ]
    periods = [{"person": str(p), "from": "2015-01-01", "to": day(1000)} for p in EVERYBODY]
    events = [{"person": str(p), "concept": "asthma", "day": day(0)} for p in EVERYBODY]
    angina = {"concept": "angina"}
    events += [{"person": str(p), "day": day(10 * p), **angina} for p in range(1, 41)]
    events += [{"person": str(100 + p), "day": day(10 + p), **angina} for p in range(1, 21)]
    events += [{"person": str(p), "day": day(-500), **angina} for p in range(191, 201)]
    salbutamol = {"domain": "drug", "concept": "salbutamol"}
    events += [
        {"person": str(p), "day": day(5), "until": day(94), **salbutamol} for p in range(1, 61)
    ]
    return tiny_world(tmp_path_factory.mktemp("releases"), events, people=people, periods=periods)


def cohort_of(release: Release, concept: int) -> CohortResult:
    document = expression(condition(First=True), ConceptSets=[concept_set(0, concept)])
    del document["EndStrategy"]
    return run(definition(document), release)


@pytest.fixture(scope="module")
def asthma(release: Release) -> CohortResult:
    return cohort_of(release, ASTHMA)


@pytest.fixture(scope="module")
def angina(release: Release) -> CohortResult:
    return cohort_of(release, ANGINA)


def rate_of(found: Incidence, row: str, sex: str) -> tuple[str, float | None, str]:
    (rate,) = (one for one in found.by_age_and_sex if (one.rows, one.columns) == (row, sex))
    return str(rate.people), rate.person_years, str(rate.events)


def test_person_time_runs_to_the_event_or_the_end_of_observation(
    release: Release, asthma: CohortResult, angina: CohortResult
) -> None:
    outcome = outcome_of(angina, "angina", "a")
    found = incidence(release, asthma, outcome, TimeAtRisk()).result
    # Men: 40 events after 10 + 20 + ... + 400 days, 60 men for 1,000 days.
    years = (sum(range(10, 401, 10)) + 60 * 1000) / 365.25
    people, person_years, events = rate_of(found, "all", "male")
    assert (people, events) == ("100", "40")
    assert person_years == significant(significant(years / 100) * 100)
    assert rate_of(found, "all", "female")[0] == "90"
    assert (str(found.cohort), str(found.had_before)) == ("200", "<11")
    overall = found.overall
    assert str(overall.events) == "60"
    assert overall.rate == significant(1000 * 60 / (overall.person_years or 0))
    assert overall.low is not None
    assert overall.high is not None
    assert overall.low < (overall.rate or 0) < overall.high


@pytest.mark.parametrize(
    ("window", "people", "events"),
    [
        (TimeAtRisk(), "190", "60"),
        (TimeAtRisk(limit_days=25), "190", "15"),  # 2 men and 15 women, rounded
        (TimeAtRisk(first_day=31), "165", "35"),  # 3 men and 20 women had it by day 30
        (TimeAtRisk(washout_days=100), "190", "60"),  # their angina goes on: no end, no washout
        (TimeAtRisk(first_day=1001), "<11", "<11"),  # nobody is observed
    ],
)
def test_settings_say_who_is_at_risk_and_how_long(
    release: Release,
    asthma: CohortResult,
    angina: CohortResult,
    window: TimeAtRisk,
    people: str,
    events: str,
) -> None:
    outcome = outcome_of(angina, "angina", "a")
    overall = incidence(release, asthma, outcome, window).result.overall
    assert (str(overall.people), str(overall.events)) == (people, events)


def test_a_period_that_ended_before_the_washout_is_forgotten(
    release: Release, asthma: CohortResult
) -> None:
    document = expression(condition(First=True), ConceptSets=[concept_set(0, ANGINA)])
    short = outcome_of(run(definition(document), release), "angina", "a")  # ends after a day
    # It ended 499 days before the index date: 500 days before the first day at risk.
    for washout, people in ((499, "200"), (500, "190"), (None, "190")):
        window = TimeAtRisk(washout_days=washout)
        overall = incidence(release, asthma, short, window).result.overall
        assert str(overall.people) == people, washout


def test_prevalence_is_asked_on_the_index_date(
    release: Release, angina: CohortResult, asthma: CohortResult
) -> None:
    found = incidence(release, angina, outcome_of(asthma, "asthma", "b"), TimeAtRisk()).result
    point, ever, period = found.prevalence
    assert (str(point.cases), str(point.people), point.share) == ("60", "70", 60 / 70)
    assert str(ever.cases) == "60"
    # Ten have asthma only after their angina, but within observation.
    assert (str(period.cases), period.share) == ("70", 1.0)


@pytest.mark.parametrize(
    "settings_", [{"first_day": -1}, {"limit_days": 0}, {"washout_days": 10**6}]
)
def test_impossible_times_at_risk_are_refused(settings_: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"days|begins"):
        TimeAtRisk(**settings_)  # type: ignore[arg-type]


def test_a_hidden_stratum_hides_its_table_and_leaves_the_whole(
    release: Release, asthma: CohortResult, angina: CohortResult
) -> None:
    answer = incidence(release, asthma, outcome_of(angina, "angina", "a"), TimeAtRisk())
    shown = answer.result.without({"outcome a:all, male"})
    assert len(shown.by_age_and_sex) == 1
    assert str(shown.overall.events) == "60"
    assert str(answer.result.without({"outcome a:all"}).overall.events) == "hidden"


def test_incidence_and_survival_count_the_same_people_in_their_lines(
    release: Release, asthma: CohortResult, angina: CohortResult
) -> None:
    outcome, window = outcome_of(angina, "angina", "a"), TimeAtRisk()
    rates = incidence(release, asthma, outcome, window).lines
    for by in ("nothing", "sex", "age"):
        curves = survival(release, asthma, outcome, window, by=by).lines
        assert curves.keys() <= rates.keys()
        assert all(np.array_equal(ids, rates[line]) for line, ids in curves.items())


def test_curves_fall_where_enough_events_have_gathered(
    release: Release, asthma: CohortResult, angina: CohortResult
) -> None:
    outcome = outcome_of(angina, "angina", "a")
    found = survival(release, asthma, outcome, TimeAtRisk(), by="sex").result
    female, male = found.curves
    assert (str(male.people), str(male.events)) == ("100", "40")
    # Events of men every ten days: the eleventh on day 110, which the grid of 30 days makes 120.
    assert [step.day for step in male.steps] == [120, 240, 360]
    assert [step.survival for step in male.steps] == pytest.approx([0.9, 0.75, 0.65])
    assert [step.day for step in female.steps] == [30]
    assert female.steps[0].survival == pytest.approx(1 - 20 / 90)
    assert male.median is None
    assert found.p_value is not None
    assert 0 < found.p_value < 1
    hidden = found.without({"outcome a:all, male"})
    assert all(not curve.steps for curve in hidden.curves)


def test_curves_of_two_cohorts_are_those_of_each_alone(
    release: Release, asthma: CohortResult, angina: CohortResult
) -> None:
    outcome, window = outcome_of(angina, "angina", "a"), TimeAtRisk()
    alone = survival(release, asthma, outcome, window)
    both = survival_of_two(release, ("A & B", "C"), (asthma, asthma), outcome, window)
    for curve, name in zip(both.result.curves, ("A & B", "C"), strict=True):
        assert curve == replace(alone.result.curves[0], label=name)
    assert both.result.p_value == pytest.approx(1)
    for which in ("first", "second"):
        for line, ids in alone.lines.items():
            shown = both.lines[Line(f"{which}|{line.aspect}", line.setting)]
            assert np.array_equal(shown, ids)
    (line,) = (line for line in both.lines if line.aspect.startswith("second|outcome"))
    hidden = both.result.without({line.aspect})
    assert hidden.p_value is None
    assert all(not curve.steps for curve in hidden.curves)
    few = survival_of_two(release, ("A", "C"), (asthma, angina), outcome, window).result
    assert few.p_value is None
    svg = draw_survival(both.result, "two")
    assert "A &amp; B" in svg
    assert svg.count("People at risk") == 1
    names = [
        f"New users of {drug} with hypertension and no stroke before" for drug in ("one", "two")
    ]
    curves = tuple(
        replace(curve, label=name) for curve, name in zip(both.result.curves, names, strict=True)
    )
    long = draw_survival(replace(both.result, curves=curves), "two")
    assert [long.count(f">{number}: {name}<") for number, name in enumerate(names, 1)] == [3, 3]
    ticks = [float(x) for x in re.findall(r'<text x="([\d.]+)"[^>]*text-anchor="middle"', long)]
    assert max(ticks) - min(ticks) > WIDTH / 3


def test_pathways_follow_eras_combinations_and_switches(tmp_path: Path) -> None:
    """A for 100 days, then B; A with B, then B; A, a gap of 20 days, A."""
    drugs = {"salbutamol": "salbutamol", "other": "elsewhere"}

    def taken(person: int, drug: str, first: int, last: int) -> dict[str, str]:
        return {"person": str(person), "domain": "drug", "concept": drugs[drug],
                "day": day(first), "until": day(last)}  # fmt: skip

    events = [{"person": str(p), "concept": "asthma", "day": day(0)} for p in range(1, 96)]
    for p in range(1, 31):  # an overlap of 10 days is a switch
        events += [taken(p, "salbutamol", 0, 99), taken(p, "other", 90, 200)]
    for p in range(31, 56):  # an overlap of 60 days is a combination
        events += [taken(p, "salbutamol", 0, 99), taken(p, "other", 40, 200)]
    for p in range(56, 81):  # a gap that one era spans, and a short course that is passed over
        events += [taken(p, "salbutamol", 0, 50), taken(p, "salbutamol", 70, 150),
                   taken(p, "other", 160, 170)]  # fmt: skip
    world = tiny_world(tmp_path, events)
    found = pathways(world, cohort_of(world, ASTHMA), PathwaySettings(window_days=365)).result
    rows = {row[0]: row[1] for row in found.tables()[0].rows}
    other = next(name for name in found.drugs if name.startswith("concept"))
    # All 25 who take both go on with one, so that nobody ends there: the place is not divided.
    assert rows == {
        "everybody": "95",
        "salbutamol": "80",
        f"salbutamol → {other}": "30",
        f"salbutamol → {other} + salbutamol": "25",
        f"salbutamol → {ENDS}": "25",
        ENDS: "15",
    }
    one_class = PathwaySettings(window_days=365, drug_class=SALBUTAMOL)
    limited = pathways(world, cohort_of(world, ASTHMA), one_class).result
    assert [row[:2] for row in limited.tables()[0].rows] == [
        ("everybody", "95"),
        ("salbutamol", "80"),
        (ENDS, "15"),
    ]
    pruned = found.without({f"pathway:salbutamol → {other}"})
    assert {row[0] for row in pruned.tables()[0].rows} == {"everybody", "salbutamol", ENDS}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=12, max_size=120))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_branch_of_a_tree_is_below_the_minimum_and_each_place_adds_up(
    steps: list[tuple[int, int]],
) -> None:
    from cohorts.characterisation.pathways import _tree

    rule = DisclosureRule(5, 3)
    paths: dict[tuple[str, ...], list[int]] = {}
    for person, (first, second) in enumerate(steps):
        path = tuple(name for name in ("-abc"[first], "-abc"[second]) if name != "-")
        paths.setdefault(path, []).append(person)
    lines: dict[Line, np.ndarray] = {}
    everybody = np.arange(len(steps))
    taken = {path: np.array(ids) for path, ids in paths.items() if path}
    root = _tree(everybody, taken, (), PathwaySettings(), rule, lines)
    exact = {line.aspect: len(ids) for line, ids in lines.items()}
    for branch in root.walk():
        assert branch.people.shown is not None
        if branch.next:
            parts = [exact[one.aspect] for one in branch.next]
            assert min(parts) >= rule.minimum_cell
            assert sum(parts) == exact.get(branch.aspect, len(steps))


def of_people(cohort: CohortResult, people: range) -> CohortResult:
    wanted = pa.array([person_id(p) for p in people], pa.int64())
    return replace(cohort, rows=cohort.rows.filter(pc.is_in(cohort.rows["subject_id"], wanted)))


def test_cohorts_overlap_in_exclusive_combinations(asthma: CohortResult) -> None:
    first, second = of_people(asthma, range(1, 61)), of_people(asthma, range(41, 121))
    found = overlap(["a", "b"], [first, second]).result
    assert [str(one) for one in (*found.cohorts, found.anybody)] == ["60", "80", "120"]
    shown = {found.label(one): str(one.people) for one in found.combinations}
    assert shown == {"a only": "40", "b only": "60", "a and b": "20"}
    assert str(found.without({"overlap:x"}).anybody) == "hidden"


def test_a_combination_that_would_follow_by_subtraction_hides_the_others(
    asthma: CohortResult, angina: CohortResult
) -> None:
    answer = overlap(["asthma", "angina"], [asthma, angina])
    assert [str(one) for one in answer.result.cohorts] == ["200", "70"]
    assert {str(one.people) for one in answer.result.combinations} == {"hidden"}
    assert answer.lines == {}


@pytest.mark.parametrize("number_", [1, 6])
def test_an_overlap_is_of_two_to_five_cohorts(asthma: CohortResult, number_: int) -> None:
    with pytest.raises(CohortError, match="2 to 5"):
        overlap(["x"] * number_, [asthma] * number_)


def test_a_comparison_lists_both_cohorts_with_bounds_of_the_difference(
    release: Release, asthma: CohortResult, angina: CohortResult
) -> None:
    found = comparison(release, ("asthma", "angina"), (asthma, angina)).result
    lines = {(one.section, one.label): one for one in found.differences()}
    male = lines["Sex", "male"]
    assert (male.first, male.second) == ("100 (50.0 %)", "40 (57.1 %)")
    assert male.smd == pytest.approx((0.5 - 4 / 7) / ((0.25 + 12 / 49) / 2) ** 0.5)
    assert male.low is not None
    assert male.high is not None
    assert male.low < (male.smd or 0) < male.high
    drug = lines["Drugs in the baseline", "salbutamol"]
    assert (drug.first, drug.second) == ("<11", "35 (50.0 %)")
    assert drug.smd is None
    assert drug.noteworthy


def test_who_has_no_released_value_needs_no_protection_from_subtraction() -> None:
    assert [str(c) for c in safe_table([53, 63, 0]).cells] == ["hidden"] * 3
    assert [str(c) for c in safe_table([53, 63, 0], unprotected=(2,)).cells] == ["55", "65", "<11"]
    # Withheld cells beside it are protected as ever: two of nobody, of whom the first may not show.
    assert [str(c) for c in safe_table([62, 0, 0], unprotected=(2,)).cells] == ["hidden"] * 3


def test_every_chart_is_whole_xml_that_names_itself_and_holds_no_script_or_style(
    release: Release, asthma: CohortResult, angina: CohortResult
) -> None:
    from cohorts import table_one

    outcome, window = outcome_of(angina, "<i>angina</i>", "a"), TimeAtRisk()
    drawn = [
        draw_table_one(table_one(release, asthma).result, "A & B"),
        draw_incidence(incidence(release, asthma, outcome, window).result, "A & B"),
        draw_survival(survival(release, asthma, outcome, window, by="sex").result, "A & B"),
        draw_survival(survival(release, asthma, outcome, TimeAtRisk(1001)).result, "A & B"),
        draw_pathways(pathways(release, asthma, PathwaySettings()).result, "A & B"),
        draw_overlap(overlap(["<b>", "angina"], [asthma, angina]).result, "A & B"),
        draw_comparison(comparison(release, ("<b>", "y"), (asthma, angina)).result, "A & B"),
    ]
    for svg in drawn:
        root = parseString(svg).documentElement
        assert root is not None
        title, description = (
            root.getElementsByTagName("title")[0],
            root.getElementsByTagName("desc"),
        )
        assert title.firstChild.nodeValue == "A & B"  # type: ignore[union-attr]
        assert len(description) == 1
        assert not root.getElementsByTagName("script")
        assert " style=" not in svg
        assert "<i>" not in svg


def test_csv_keeps_words_from_being_run_and_numbers_from_being_words() -> None:
    table = PrintedTable(
        "t", "c", ("what", "n", "x"), (('=cmd|"x"', "1,230", "-0.5"), ("a", "<11", "-")), labels=1
    )
    rows = list(csv.reader(io.StringIO(table.to_csv())))
    assert rows == [["what", "n", "x"], ['\'=cmd|"x"', "1230", "-0.5"], ["a", "<11", "'-"]]


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, ""), (0.0, "0"), (1234.0, "1,234"), (45.6, "45.6"), (0.00123, "0.00123"), (100, "100")],
)
def test_numbers_are_written_with_the_digits_they_have(value: float | None, written: str) -> None:
    assert number(value) == written


def test_a_line_counts_released_people(release: Release, asthma: CohortResult,
                                       angina: CohortResult) -> None:  # fmt: skip
    outcome, window = outcome_of(angina, "angina", "a"), TimeAtRisk()
    lines = incidence(release, asthma, outcome, window).lines
    men = lines[Line("outcome a:all, male", window.setting)]
    assert [person_number(person) for person in men] == list(range(1, 41))
