"""Key features: the critical steps of a case, where errors are likely (Page, Bordage, Allen 1995).

Too many choices, or a harmful one, cost the whole question: a shotgun is no answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class KeyFeature:
    """One question: what is right, what does harm, and how many may be chosen."""

    question: str
    right: frozenset[str]
    most: int
    harmful: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.right or self.most < len(self.right):
            raise ValueError("a question has right options, and at least as many may be chosen")
        if self.right & self.harmful:
            raise ValueError("an option is not right and harmful at once")

    def score(self, chosen: Collection[str]) -> float:
        """The share of the right options that was chosen; 0 for too many or a harmful one."""
        picked = frozenset(chosen)
        if len(picked) > self.most or picked & self.harmful:
            return 0.0
        return len(picked & self.right) / len(self.right)


def score_key_features(
    answers: Mapping[str, Collection[str]], features: Sequence[KeyFeature]
) -> float:
    """The mean over all questions, 0 to 1; a question without an answer earns nothing.

    Raises:
        ValueError: if there is no question.
    """
    if not features:
        raise ValueError("a case without key features has no such score")
    return sum(f.score(answers.get(f.question, ())) for f in features) / len(features)
