"""The estimators of population uniqueness, on populations whose uniques are counted."""

from __future__ import annotations

import numpy as np
import pytest

from deid.risk.population import fit_pitman, pitman, population_uniqueness, zayatz

PEOPLE = 20_000


def class_sizes(classes: np.ndarray) -> np.ndarray:
    sizes = np.bincount(classes)
    return sizes[sizes > 0]


def pitman_population(rng: np.random.Generator, alpha: float, theta: float) -> np.ndarray:
    """Classes of people one after the other, as Pitman's sampling scheme draws them."""
    classes, counts = [0], [1]
    for n in range(1, PEOPLE):
        if rng.random() < (theta + len(counts) * alpha) / (theta + n):
            classes.append(len(counts))
            counts.append(1)
            continue
        # A class with a chance of (size - alpha): that of somebody, given up with alpha / size.
        chosen = classes[int(rng.integers(n))]
        while rng.random() < alpha / counts[chosen]:
            chosen = classes[int(rng.integers(n))]
        classes.append(chosen)
        counts[chosen] += 1
    return np.array(classes)


def test_pitman_finds_its_own_parameters_and_the_uniques_of_its_population() -> None:
    rng = np.random.default_rng(5)
    population = pitman_population(rng, 0.6, 200.0)
    uniques = int((class_sizes(population) == 1).sum())
    sample = class_sizes(rng.permutation(population)[:1000])
    whole = fit_pitman(class_sizes(population))
    assert whole is not None
    assert whole == (pytest.approx(0.6, abs=0.03), pytest.approx(200, rel=0.25))
    assert pitman(sample, PEOPLE) == pytest.approx(uniques, rel=0.2)
    told = population_uniqueness(sample, PEOPLE)
    assert (told.method, told.sampling_fraction) == ("Pitman", 0.05)
    assert told.share == pytest.approx(uniques / PEOPLE, rel=0.2)


@pytest.mark.parametrize(("fraction", "tolerance"), [(0.3, 0.5), (0.6, 0.15)])
def test_zayatz_errs_to_the_safe_side_and_the_less_the_greater_the_sample(
    fraction: float, tolerance: float
) -> None:
    rng = np.random.default_rng(2)
    weights = rng.pareto(1.2, 8_000) + 1e-3
    population = rng.choice(8_000, PEOPLE, p=weights / weights.sum())
    uniques = int((class_sizes(population) == 1).sum())
    sample = class_sizes(rng.permutation(population)[: int(PEOPLE * fraction)])
    assert 0.95 * uniques < zayatz(sample, PEOPLE) < (1 + tolerance) * uniques
    told = population_uniqueness(sample, PEOPLE)
    assert told.method == "Zayatz"
    # A unique of the population is in the sample with the chance of the sampling fraction.
    assert told.of_release == pytest.approx(uniques * fraction / sample.sum(), rel=tolerance)


def test_a_sample_that_is_everybody_is_counted_and_one_without_uniques_estimates_none() -> None:
    assert population_uniqueness([1, 1, 3], 5).share == pytest.approx(2 / 5)
    assert population_uniqueness([1, 1, 3], 5).method == "counted"
    assert population_uniqueness([2, 3], 100).share == 0.0
    # Everybody alone: Pitman cannot be fitted, so that Zayatz tells it.
    assert population_uniqueness([1] * 20, 1000).method == "Zayatz"
    with pytest.raises(ValueError, match="no more than the population"):
        population_uniqueness([2, 3], 4)
