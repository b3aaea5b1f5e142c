"""Every attack succeeds on a release that is broken where it looks, and not on a good one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deid.attacks.dictionary import GUESSED_KEYS, guesses
from deid.attacks.ground import Ground
from deid.attacks.model import AttackResult
from deid.attacks.running import ATTACKS, gated_values, run_attacks
from deid.errors import ConfigurationError
from deid.keys import Keyring
from deid.policy.model import ATTACK_THRESHOLDS
from deid.pseudonyms import Pseudonymiser
from tests.unit.deid.attacks.county import county

BREAKS: dict[str, dict[str, object]] = {
    "exact demographics": {"exact": True},
    "one region hidden": {"hides_one": True},
    "dates not shifted": {"shifted": False},
    "ends not cut": {"ends_cut": False},
    "rows as in the vault": {"shuffled": False},
    "one surrogate a name": {"surrogates": "by name"},
    "ids kept": {"pseudonyms": lambda domain, ids: ids + 0},
    "ids counted on": {"pseudonyms": lambda domain, ids: 5_000 + 3 * ids},
    "a guessable key": {"pseudonyms": Pseudonymiser(GUESSED_KEYS["zeros"]).ids},
    "a guessable master key": {
        "pseudonyms": lambda domain, ids: Pseudonymiser(
            Keyring("x", GUESSED_KEYS["password"]).derive("release", "county", "pseudonyms")
        ).ids(domain, ids)
    },
}
FOUND_BY = [
    ("exact demographics", "linkage_exact"),
    ("exact demographics", "linkage_fuzzy"),
    ("exact demographics", "singling_out"),
    ("exact demographics", "linkability"),
    ("exact demographics", "inference"),
    ("exact demographics", "membership"),
    ("exact demographics", "differencing"),
    ("one region hidden", "recoding_refinement"),
    ("dates not shifted", "offset_recovery"),
    ("ends not cut", "offset_recovery"),
    ("one surrogate a name", "name_frequency"),
    ("one surrogate a name", "surrogate_inversion"),
    ("ids kept", "id_dictionary"),
    ("ids counted on", "id_dictionary"),
    ("a guessable key", "id_dictionary"),
    ("a guessable master key", "id_dictionary"),
    ("rows as in the vault", "row_order"),
]


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ground]:
    made: dict[str, Ground] = {}

    def make(how: str) -> Ground:
        if how not in made:
            folder = tmp_path_factory.mktemp("release") / "county"
            made[how] = county(folder, **BREAKS.get(how, {}))  # type: ignore[arg-type]
        return made[how]

    return make


@pytest.fixture(scope="module")
def of_good(grounds: Callable[[str], Ground]) -> dict[str, AttackResult]:
    return {result.name: result for result in run_attacks(grounds("good"))}


@pytest.mark.parametrize(("how", "attack"), FOUND_BY)
def test_an_attack_succeeds_where_a_release_is_broken(
    how: str, attack: str, grounds: Callable[[str], Ground], of_good: dict[str, AttackResult]
) -> None:
    (result,) = run_attacks(grounds(how), [attack])
    assert result.excess_low > 0.1
    assert result.excess_low > of_good[attack].excess_high


@pytest.mark.parametrize("threshold", ATTACK_THRESHOLDS)
def test_no_gated_attack_goes_beyond_chance_on_a_good_release(
    threshold: str, of_good: dict[str, AttackResult]
) -> None:
    result = of_good[threshold.removeprefix("attack_")]
    # One's own record among seventy sways a vote on a diagnosis a little.
    assert result.excess_low < (0.12 if threshold == "attack_inference" else 0.05)
    assert result.low <= result.success <= result.high


@pytest.mark.parametrize(
    "attack", ["linkage_visits", "membership_by_visits", "project_join_intervals"]
)
def test_intervals_survive_shifting_and_it_is_said(
    attack: str, of_good: dict[str, AttackResult]
) -> None:
    assert of_good[attack].excess_low > 0.4
    assert of_good[attack].threshold is None


def test_equal_seeds_give_equal_results(grounds: Callable[[str], Ground]) -> None:
    names = ["linkage_fuzzy", "membership", "offset_recovery", "surrogate_inversion"]
    assert run_attacks(grounds("good"), names) == run_attacks(grounds("good"), names)


def test_a_result_holds_no_id_and_no_name(of_good: dict[str, AttackResult]) -> None:
    assert of_good.keys() == set(ATTACKS) - {"staff_inversion"}
    told = repr(list(of_good.values()))
    assert "Aldenwick" not in told
    assert "Brodmark" not in told
    assert all(len(word.strip(".,")) < 12 for word in told.split() if word.strip(".,").isdigit())


def test_what_could_not_be_tried_does_not_apply(tmp_path: Path) -> None:
    ground = county(tmp_path / "county")
    for table in ("visit_occurrence", "condition_occurrence", "note"):
        for path in (ground.folder / table).iterdir():
            path.unlink()
        (ground.folder / table).rmdir()
    done = {result.name for result in run_attacks(ground)}
    assert done == {
        "linkage_exact", "linkage_fuzzy", "singling_out", "membership", "recoding_refinement",
        "id_dictionary", "row_order",
    }  # fmt: skip
    assert gated_values(run_attacks(ground))["attack_offset_recovery"] is None


def test_an_attack_that_does_not_exist_is_refused(grounds: Callable[[str], Ground]) -> None:
    with pytest.raises(ConfigurationError, match="no attack telepathy; there are linkage_exact"):
        run_attacks(grounds("good"), ["telepathy"])


def test_a_dictionary_tries_the_ways_that_need_no_secret() -> None:
    ids = np.array([1, 2, 3])
    tried = [tuple(guess("person", ids).tolist()) for guess in guesses("county-v1")]
    assert len(set(tried)) == len(tried)
    assert tuple(ids.tolist()) in tried
