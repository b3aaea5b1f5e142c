"""Shipped hierarchies hold every value they are for, and rules refuse what they do not fit."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from deid.errors import HierarchyError
from deid.tabular import shipped_hierarchy
from deid.tabular.shipped import FILES
from deid.vocabulary import load_terms


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_a_hierarchy(name: str) -> None:
    assert len(set(shipped_hierarchy(name, ()).labels[-1])) == 1


def test_occupations_are_the_answers_of_the_resident_record() -> None:
    text = (files("deid.forms") / "data" / "choices.csv").read_text("utf-8")
    answers = {
        row["key"] for row in csv.DictReader(text.splitlines()) if row["list"] == "occupation"
    }
    assert set(shipped_hierarchy("occupation", ()).leaves) == answers


@pytest.mark.parametrize(("name", "domain"), [("race", "Race"), ("ethnicity", "Ethnicity")])
def test_race_and_ethnicity_are_the_concepts_of_the_vocabulary(name: str, domain: str) -> None:
    concepts = {str(term.concept_id) for term in load_terms() if term.domain_id == domain}
    assert set(shipped_hierarchy(name, ()).leaves) == concepts | {"0"}


def test_dates_go_up_by_month_quarter_year_and_decade() -> None:
    tree = shipped_hierarchy("date", ["2021-05-09", "1999-12-31"])
    leaf = tree.leaves.index("2021-05-09")
    assert [labels[leaf] for labels in tree.labels] == [
        "2021-05-09",
        "2021-05",
        "2021-Q2",
        "2021",
        "2020s",
        "*",
    ]


def test_codes_of_places_lose_their_last_digits() -> None:
    assert shipped_hierarchy("zip", ["02139"]).labels[1] == ("021**",)
    assert shipped_hierarchy("division", ["110105"]).labels[1:3] == (("1101**",), ("11****",))


def test_a_rule_refuses_what_it_does_not_fit_without_showing_it() -> None:
    with pytest.raises(HierarchyError) as caught:
        shipped_hierarchy("date", ["2021-05-09", "Quxville"])
    assert "1 values" in str(caught.value)
    assert "Quxville" not in str(caught.value)
    with pytest.raises(HierarchyError, match="is shipped"):
        shipped_hierarchy("weather", [])
