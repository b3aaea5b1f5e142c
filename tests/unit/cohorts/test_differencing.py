"""Counts of similar sets: which of them together would single out a few people."""

from __future__ import annotations

import itertools
import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.differencing import KnownSets, bits_of, size_of

PEOPLE, MINIMUM = 40, 4


def numbers(people: set[int]) -> np.ndarray:
    return np.array(sorted(people), dtype=np.int64)


def known(*sets: set[int], people: int = PEOPLE, minimum: int = MINIMUM) -> KnownSets:
    made = KnownSets(people, minimum)
    for one in sets:
        made.add(bits_of(numbers(one), people))
    return made


def too_close(made: KnownSets, one: set[int], people: int = PEOPLE) -> bool:
    return made.too_close(bits_of(numbers(one), people))


def by_arithmetic(earlier: list[set[int]], new: set[int]) -> bool:
    """The same, by adding and subtracting membership person by person."""
    everybody = set(range(PEOPLE))
    sets = [s for i, s in enumerate([everybody, *earlier]) if s not in [everybody, *earlier][:i]]

    def differing(*terms: tuple[int, set[int]]) -> int:
        return sum(sum(sign * (p in s) for sign, s in terms) != 0 for p in everybody)

    if any(differing((1, new), (-1, one)) < MINIMUM for one in sets):
        return True
    return any(
        0 < differing((1, side), (sign, a), (-1, b)) < MINIMUM
        for side in (new, everybody - new)
        for a, b in itertools.permutations(sets, 2)
        for sign in (1, -1)
    )


SETS = st.sets(st.integers(0, PEOPLE - 1), min_size=MINIMUM)


@settings(max_examples=60, deadline=None)
@given(st.lists(SETS, max_size=4), SETS, st.data())
def test_bitmaps_find_what_arithmetic_over_people_finds(
    earlier: list[set[int]], new: set[int], data: st.DataObject
) -> None:
    if len(earlier) > 1 and data.draw(st.booleans()):
        few = data.draw(st.sets(st.integers(0, PEOPLE - 1), max_size=MINIMUM))
        new = (earlier[0] | earlier[1]) ^ few
    assert too_close(known(*earlier), new) == by_arithmetic(earlier, new)


def test_a_set_that_leaves_out_a_few_people_of_an_earlier_one_is_too_close() -> None:
    earlier = known(set(range(20)))
    assert too_close(earlier, set(range(17)))
    assert too_close(earlier, set(range(20)))
    assert not too_close(earlier, set(range(10)))


def test_all_but_a_few_of_the_release_is_too_close_to_the_release() -> None:
    assert too_close(known(), set(range(2, PEOPLE)))
    assert not too_close(known(), set(range(PEOPLE // 2)))


def test_both_of_two_sets_and_a_few_more_is_too_close_to_the_two_and_exactly_both_is_not() -> None:
    women, men = set(range(12)), set(range(12, 24))
    assert too_close(known(women, men), women | men | {30})
    assert not too_close(known(women, men), women | men)


def test_what_two_sets_leave_of_the_release_is_too_close_if_a_few_are_missing() -> None:
    first, second = set(range(12)), set(range(12, 24))
    assert too_close(known(first, second), set(range(26, PEOPLE)))


def test_a_question_after_five_hundred_of_a_hundred_thousand_people_is_quick() -> None:
    people, chance = 100_000, np.random.default_rng(5)
    made = KnownSets(people, 11)
    for _ in range(500):
        made.add(bits_of(chance.choice(people, 20_000, replace=False), people))
    new = bits_of(chance.choice(people, 20_000, replace=False), people)
    began = time.process_time()
    assert not made.too_close(new)
    assert time.process_time() - began < 0.3
    assert size_of(new) == 20_000
