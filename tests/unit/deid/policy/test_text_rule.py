"""What a policy says of ages in notes."""

from __future__ import annotations

import pytest

from deid.errors import PolicyError
from deid.policy import load_policy, parse_policy
from deid.policy.model import TextRule


def test_research_keeps_ages_and_teaching_bands_them() -> None:
    assert load_policy("limited-research").text.age_band is None
    assert load_policy("teaching").text.age_band == 5


def test_a_policy_takes_the_rule_of_the_one_it_extends() -> None:
    parent = load_policy("teaching")
    text = (
        'format = "care-commons-policy/1"\nname = "own"\nversion = "1"\ntitle = "t"\n'
        'description = "d"\nextends = "teaching"\n'
    )
    assert parse_policy(text, "own.toml").text == parent.text


@pytest.mark.parametrize("rule", [{"ages": "guess"}, {"ages": "band", "age_band_years": 1}])
def test_an_impossible_rule_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(PolicyError):
        TextRule(**rule)  # type: ignore[arg-type]


def test_the_rule_is_part_of_the_fingerprint() -> None:
    text = (
        'format = "care-commons-policy/1"\nname = "own"\nversion = "1"\ntitle = "t"\n'
        'description = "d"\nextends = "teaching"\n'
    )
    kept = parse_policy(text + '[text]\nages = "keep"\n', "own.toml")
    assert kept.fingerprint != parse_policy(text, "own.toml").fingerprint
