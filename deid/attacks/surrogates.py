"""Surrogate inversion and frequency attack: which true name is behind an invented one?

*Frequency*: the attacker knows how common each name is in the county and counts how common each
invented name is in the notes. If one true name always got one invented name, the most common ones
would be each other's.

*Inversion*: the attacker has learned, for half of the people, which invented name stands for which
true one (their letters were found, or they told). He looks the invented names of the others up in
that list, and where they are not in it, weighs all true names by how common they are and by what
the learned pairs keep of a name: its first letter, its last, its length.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from deid.attacks.ground import Ground
from deid.attacks.model import AttackResult, outcome
from deid.attacks.surrogate_pairs import Pair, name_pairs

CANDIDATES = 300
"""Most common true names of each role that an inversion weighs."""
Features = tuple[bool, bool, bool]


def name_frequency(ground: Ground) -> AttackResult | None:
    """Match invented and true names of patients by their ranks of frequency."""
    pairs = [pair for pair in _pairs_of(ground) if not pair.of_staff]
    wins, expected = 0, 0.0
    for own in _by_role(pairs).values():
        real = Counter(pair.real for pair in own)
        guess = ranks_matched(real, Counter(pair.invented for pair in own))
        wins += sum(guess[pair.invented] == pair.real for pair in own)
        expected += sum(real[guess[pair.invented]] for pair in own) / len(own)
    return outcome(
        "name_frequency",
        attacker="Knows how common every name is in the county, and counts names in the notes.",
        question="Which true name is behind this invented one?",
        explanation=(
            f"{len(pairs):,} words of names in notes were guessed by their ranks of frequency. "
            "Chance is how often the guessed names would be right if invented names had been "
            "given out blindly."
        ),
        wins=wins,
        n=len(pairs),
        baseline=expected / max(len(pairs), 1),
    )


def surrogate_inversion(ground: Ground) -> AttackResult | None:
    """Learn from half of the people, invert the names of patients and relatives of the others."""
    return _inversion(ground, "surrogate_inversion", False, "")


def staff_inversion(ground: Ground) -> AttackResult | None:
    """The same for the names of staff."""
    return _inversion(
        ground,
        "staff_inversion",
        True,
        " A clinician keeps one invented name throughout a release; stated, not gated.",
    )


def _inversion(ground: Ground, name: str, of_staff: bool, remark: str) -> AttackResult | None:
    pairs = [pair for pair in _pairs_of(ground) if pair.of_staff is of_staff]
    people = sorted({pair.person for pair in pairs})
    order = ground.rng("learned pairs").permutation(len(people))
    learned_from = {people[i] for i in order[: len(people) // 2]}
    wins = blind = n = 0
    for own in _by_role(pairs).values():
        learned = [pair for pair in own if pair.person in learned_from]
        others = [pair for pair in own if pair.person not in learned_from]
        if not learned or not others:
            continue
        # The blind guess has the register of names, as the attacker has.
        usual = Counter(pair.real for pair in own).most_common(1)[0][0]
        invert = Inversion(learned, [pair.real for pair in own])
        n += len(others)
        wins += sum(invert(pair.invented) == pair.real for pair in others)
        blind += sum(usual == pair.real for pair in others)
    return outcome(
        name,
        attacker=(
            "Has learned which invented name stands for which true one in the notes of half of the "
            "people, and knows how common every name is."
        ),
        question="Which true name is behind an invented one in the notes of the others?",
        explanation=(
            f"{n:,} words of names of {'staff' if of_staff else 'patients and relatives'} were "
            f"inverted. Chance is to say the most common name every time.{remark}"
        ),
        wins=wins,
        n=n,
        baseline=blind / max(n, 1),
        gated=not of_staff,
    )


def _pairs_of(ground: Ground) -> list[Pair]:
    return ground.once("name pairs", lambda: name_pairs(ground))


def ranks_matched(real: Mapping[str, int], invented: Mapping[str, int]) -> dict[str, str]:
    """For each invented name the true name of the same rank; the rarest where there are too few."""
    names = _by_frequency(real)
    return {
        name: names[min(rank, len(names) - 1)] for rank, name in enumerate(_by_frequency(invented))
    }


class Inversion:
    """Guesses the true name behind an invented one, after learning from pairs."""

    def __init__(self, learned: Sequence[Pair], register: Iterable[str]) -> None:
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for pair in learned:
            seen[pair.invented][pair.real] += 1
        # A name seen once may be a coincidence; one seen with one partner only, twice, is a rule.
        self._list = {
            invented: reals.most_common(1)[0][0]
            for invented, reals in seen.items()
            if reals.most_common(1)[0][1] > 1 or len(reals) == 1
        }
        self._trusted = self._trust(learned)
        common = Counter(register)
        self._candidates = _by_frequency(common)[:CANDIDATES]
        self._prior = {name: math.log(common[name]) for name in self._candidates}
        self._weights = self._learn(learned)

    def __call__(self, invented: str) -> str:
        """The most likely true name."""
        if self._trusted and invented in self._list:
            return self._list[invented]
        return max(
            self._candidates,
            key=lambda name: self._prior[name] + self._weights[_features(name, invented)],
        )

    @staticmethod
    def _trust(learned: Sequence[Pair]) -> bool:
        """Whether equal invented names stand for equal true ones in different people's notes."""
        by_name: defaultdict[str, list[Pair]] = defaultdict(list)
        for pair in learned:
            by_name[pair.invented].append(pair)
        same = different = 0
        for pairs in by_name.values():
            for one, other in pairwise(pairs):
                if one.person != other.person:
                    same += one.real == other.real
                    different += one.real != other.real
        return same > different

    def _learn(self, learned: Sequence[Pair]) -> Mapping[Features, float]:
        """Log of how much more often true pairs have each combination than chance pairs do."""
        true: Counter[Features] = Counter(_features(p.real, p.invented) for p in learned)
        chance: Counter[Features] = Counter(
            _features(p.real, other.invented)
            for i, p in enumerate(learned)
            for other in (learned[(i + step) % len(learned)] for step in (1, 7, 31))
        )
        n, m = len(learned) + 1, 3 * len(learned) + 1
        return defaultdict(
            float,
            {
                kept: math.log((true[kept] + 0.5) / n) - math.log((chance[kept] + 0.5) / m)
                for kept in set(true) | set(chance)
            },
        )


def _features(real: str, invented: str) -> Features:
    return real[0] == invented[0], real[-1] == invented[-1], len(real) == len(invented)


def _by_role(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    found: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[pair.role].append(pair)
    return dict(sorted(found.items()))


def _by_frequency(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))
