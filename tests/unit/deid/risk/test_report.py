"""The charts of the risk report, and what amendments of a policy are offered."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from deid.policy import Treatment, load_policy
from deid.risk import sections
from deid.risk.charts import PATTERNS, Mark, Row, Spread, bars, intervals
from deid.risk.remedies import remedies

POLICY = load_policy("limited-research")


def parsed(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)


def texts(chart: str) -> list[str]:
    return [element.text or "" for element in parsed(chart).iter("text")]


def test_a_bar_is_as_long_as_its_value_and_says_its_number() -> None:
    chart = bars("t", ("a & b",), [Row("half <1>", (0.5,)), Row("one", (1.0,))], top=1.0)
    short, long = (float(r.get("width", "")) for r in parsed(chart).iter("rect"))
    assert short * 2 == pytest.approx(long, abs=0.2)
    assert texts(chart) == ["half <1>", "0.5", "one", "1"]


def test_series_differ_by_hatching_and_small_counts_are_said_to_be_hidden() -> None:
    chart = bars("t", ("worst", "random"), [Row("x", (0.5, None))], [Mark(0.2, "0.2")])
    fills = [element.get("fill") for element in parsed(chart).iter("rect")]
    assert fills == ["#1f4e79", "url(#stripes)"] * 2
    assert "hidden" in texts(chart)
    assert 'id="stripes"' in PATTERNS
    assert "0.2" in texts(chart)


def test_an_attack_is_drawn_with_interval_and_chance_and_told_in_a_table() -> None:
    chart = intervals("t", [Spread("linkage", 0.5, 0.25, 0.75, 0.1)])
    line = next(e for e in parsed(chart).iter("line") if e.get("stroke") == "#1f4e79")
    dot = next(e for e in parsed(chart).iter("circle") if e.get("cy") != "8")
    left, right = float(line.get("x1", "")), float(line.get("x2", ""))
    assert float(dot.get("cx", "")) == pytest.approx((left + right) / 2, abs=0.2)
    result = {
        "name": "linkage",
        "attacker": "knows <much>",
        "n": 200,
        "success": 0.5,
        "low": 0.25,
        "high": 0.75,
        "baseline": 0.1,
        "explanation": "half",
    }
    told = sections.attacks([result])
    assert "knows &lt;much&gt;" in told
    assert "0.5 (0.25 to 0.75)" in told
    assert "No attack was run" in sections.attacks([])


def test_each_failed_threshold_of_records_is_offered_what_may_mend_it() -> None:
    def texts_for(*names: str) -> list[str]:
        return [remedy.text for remedy in remedies(POLICY, names)]

    policy = replace(
        POLICY, risk=replace(POLICY.risk, thresholds={**POLICY.risk.thresholds, "marketer": 0.09})
    )
    assert remedies(policy, ["marketer"])[0].text == "k is 12 instead of 5"
    assert texts_for("family_unique_share") == ["fact_relationship is dropped"]
    assert texts_for("small_area_share")[-1] == "location.county, location.state dropped"
    assert "suppressed in" in texts_for("known_2_worst_share")[0]
    assert texts_for("identifiers_in_output") == []
    both = remedies(POLICY, ["family_unique_share", "rare_disease_share"])
    assert all("fact_relationship" not in remedy.policy.tables for remedy in both)
    rules = both[0].policy.tables["condition_occurrence"]
    assert rules["condition_concept_id"].treatment is Treatment.SUPPRESS_RARE
    assert rules["condition_source_value"].treatment is Treatment.DROP
    assert len({remedy.policy.fingerprint for remedy in both}) == len(both) <= 12
