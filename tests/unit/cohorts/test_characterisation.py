"""Table 1 and concept search: right numbers underneath, safe numbers outside."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from cohorts import (
    DisclosureRule,
    resolve_concept_set,
    run,
    search_concepts,
    table_one,
)
from cohorts.characterisation.answer import Line
from cohorts.errors import CohortError
from deid.release import Release
from tests.unit.cohorts.definitions import (
    ASTHMA,
    SEVERE_ASTHMA,
    concept_set,
    condition,
    definition,
    expression,
    person_number,
    tiny_world,
)

ALL_ASTHMA = definition(expression(condition()))
MEN, WOMEN = range(1, 31), range(31, 61)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """60 people with asthma: 30 men of 20 and 30 women of 70; some drugs and measurements."""
    people = [
        {
            "person": str(p),
            "born": "2000" if p in MEN else "1950",
            "sex": "male" if p in MEN else "female",
        }
        for p in (*MEN, *WOMEN)
    ]
    events = [
        {
            "person": str(p),
            "concept": "severe asthma" if p <= 4 else "asthma",
            "day": "2020-06-01",
        }
        for p in (*MEN, *WOMEN)
    ]
    drug = {"domain": "drug", "concept": "salbutamol"}
    events += [{"person": str(p), "day": "2020-05-01", **drug} for p in range(1, 21)]
    events += [{"person": str(p), "day": "2018-05-01", **drug} for p in range(21, 61)]
    flow = {"domain": "measurement", "concept": "peak flow"}
    for p in range(1, 26):
        events.append({"person": str(p), "day": "2020-03-01", "value": "1000", **flow})
        events.append({"person": str(p), "day": "2020-05-01", "value": str(400 + p), **flow})
    events += [{"person": str(p), "concept": "angina", "day": "2020-05-01"} for p in range(1, 4)]
    return tiny_world(tmp_path_factory.mktemp("releases"), events, people=people)


def test_age_sex_and_baseline_records_are_counted(release: Release) -> None:
    table = table_one(release, run(ALL_ASTHMA, release)).result
    assert str(table.people) == "60"
    sections = {
        section.key: {row.label: str(row.people) for row in section.rows}
        for section in table.sections
    }
    assert sections["sex"] == {"female": "30", "male": "30"}
    assert sections["age"] == {"0-39": "30", "40+": "30"}
    assert sections["area"] == {"unknown": "60"}
    assert sections["drug"] == {"salbutamol": "20"}
    values = {row.key: row.mean for row in table.values}
    assert values["age"] == 45.0
    assert values["in cohort"] == 1.0
    assert values["follow-up"] == 3500.0  # 3,500 days from 2020-06-01 to 2029-12-31, to 3 digits


def test_rare_records_are_not_even_listed(release: Release) -> None:
    table = table_one(release, run(ALL_ASTHMA, release)).result
    (conditions,) = (s for s in table.sections if s.key == "condition")
    assert {row.label for row in conditions.rows} == {"asthma"}


def test_measurements_take_the_last_value_of_each_person(release: Release) -> None:
    table = table_one(release, run(ALL_ASTHMA, release)).result
    (flow,) = (row for row in table.values if row.key.startswith("measurement"))
    values = [400 + p for p in range(1, 26)]
    assert (flow.label, str(flow.people)) == ("peak flow", "25")
    assert flow.mean == round(statistics.mean(values))
    assert flow.sd == pytest.approx(statistics.stdev(values), abs=0.01)


def test_the_people_of_each_line_are_told_to_the_ledger(release: Release) -> None:
    lines = table_one(release, run(ALL_ASTHMA, release)).lines
    assert [person_number(p) for p in lines[Line("sex:male")]] == list(MEN)
    assert [person_number(p) for p in lines[Line("drug:104", "365 days")]] == list(range(1, 21))


def test_a_hidden_line_takes_its_whole_division_with_it(release: Release) -> None:
    table = table_one(release, run(ALL_ASTHMA, release)).result
    shown = table.without({"sex:male", "drug:104"})
    rows = {row.key: str(row.people) for section in shown.sections for row in section.rows}
    assert rows["sex:male"] == rows["sex:female"] == rows["drug:104"] == "hidden"
    assert rows["age:0-39"] == "30"


def test_a_small_cohort_is_not_described(release: Release) -> None:
    severe = definition(expression(condition(), ConceptSets=[concept_set(0, SEVERE_ASTHMA)]))
    answer = table_one(release, run(severe, release))
    assert str(answer.result.people) == "<11"
    assert answer.result.tables() == ()
    assert answer.lines == {}


def test_a_cohort_of_another_source_is_refused(release: Release, tmp_path: Path) -> None:
    other = tiny_world(tmp_path, [{"person": "1", "concept": "asthma", "day": "2020-01-01"}],
                       name="other-v1")  # fmt: skip
    with pytest.raises(CohortError, match="other-v1"):
        table_one(other, run(ALL_ASTHMA, release))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("asthma", ["asthma", "severe asthma"]),
        ("ASTHMA severe", ["severe asthma"]),
        ("expiratory", ["peak flow"]),
        ("t-103", ["angina"]),
        ("104", ["salbutamol"]),
        ("nothing of the kind", []),
        ("  ", []),
        ("100%_'; --", []),
    ],
)
def test_concepts_are_found_by_name_synonym_code_and_id(
    release: Release, words: str, names: list[str]
) -> None:
    assert [hit.name for hit in search_concepts(release, words)] == names


def test_concepts_come_with_safe_counts_of_people(release: Release) -> None:
    counts = {hit.name: str(hit.people) for hit in search_concepts(release, "asthma")}
    assert counts == {"asthma": "50+", "severe asthma": "<11"}
    (drug,) = search_concepts(release, "salbutamol", rule=DisclosureRule(70, 5))
    assert str(drug.people) == "<70"


def test_a_domain_narrows_the_search(release: Release) -> None:
    assert search_concepts(release, "asthma", domain="Drug") == []


def test_a_found_concept_can_be_put_into_a_definition(release: Release) -> None:
    (hit,) = search_concepts(release, "angina")
    items = [{"concept": hit.as_circe(), "includeDescendants": True}]
    found = {"id": 0, "name": "found", "expression": {"items": items}}
    result = run(definition(expression(condition(), ConceptSets=[found])), release)
    assert result.persons == 3


def test_a_concept_set_stands_for_its_descendants_less_what_is_excluded(release: Release) -> None:
    items = [{"concept": {"CONCEPT_ID": ASTHMA}, "includeDescendants": True}]
    without = [*items, {"concept": {"CONCEPT_ID": SEVERE_ASTHMA}, "isExcluded": True}]
    assert resolve_concept_set(release, items) == [(101, "asthma"), (102, "severe asthma")]
    assert resolve_concept_set(release, without) == [(101, "asthma")]
