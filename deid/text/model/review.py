"""What a model adds to the rules' mentions, and which weak ones it takes back.

A model reads the whole note and sees what a word stands beside. It adds mentions where it is sure
enough, and it drops what only shape or a list told the rules if it gives it next to no probability.
Known values, labelled and checked mentions are never dropped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from deid.text.document import Mention, SpanType, Strength
from deid.text.model.crf import Floats, Model, read_model

PACKAGE = "deid.text.model"


@dataclass(frozen=True)
class Policy:
    """Thresholds. ``add``: the probability that a label needs; ``keep``: the probability of any
    identifier that a mention of a detector needs to stay."""

    add: Mapping[str, float]
    keep: Mapping[str, float]


@cache
def load_model(name: str) -> Model:
    """A model that ships with the package."""
    return read_model(files(PACKAGE).joinpath("data", f"{name}.crf").read_bytes())


class ShippedModel:
    """What the reviewers of all languages share: a name, and the version of the file they read."""

    language: str

    @property
    def name(self) -> str:
        """Detector of what the model adds."""
        return f"{self.language}.model"

    @property
    def version(self) -> str:
        """Hashes of the model's file and of its training data."""
        return load_model(self.language).version

    def __reduce__(self) -> tuple[object, ...]:
        # Tables do not travel; the other process reads the file again.
        return type(self), ()


@dataclass(frozen=True)
class Reading:
    """Tokens of a note as a model read them; ``starts`` has one entry more than ``tokens``."""

    tokens: Sequence[str]
    starts: Sequence[int]
    chances: Floats
    labels: tuple[str, ...]
    style: str = ""

    @cached_property
    def _any(self) -> list[float]:
        chances: list[float] = (1 - self.chances[:, 0]).tolist()
        return chances

    @cached_property
    def _entity(self) -> list[float]:
        columns = [i for i, label in enumerate(self.labels) if label in _ENTITIES]
        chances: list[float] = self.chances[:, columns].sum(axis=1).tolist()
        return chances

    def _tokens_of(self, start: int, end: int) -> slice:
        first = bisect_right(self.starts, start) - 1
        return slice(first, max(first + 1, bisect_left(self.starts, end)))

    def any_identifier(self, start: int, end: int) -> float:
        """The highest probability of an identifier among the tokens of a stretch of text."""
        return max(self._any[self._tokens_of(start, end)])

    def entity(self, start: int, end: int) -> float:
        """The highest probability of a name, place, organisation or role among these tokens."""
        return max(self._entity[self._tokens_of(start, end)])

    def chance(self, label: str, start: int, end: int) -> float:
        """The highest probability of one label among the tokens of a stretch of text."""
        return float(self.chances[self._tokens_of(start, end), self.labels.index(label)].max())


def keep_likely(reading: Reading, mentions: Sequence[Mention], policy: Policy) -> Iterator[Mention]:
    """The mentions that are strong, or that the model finds possible."""
    for mention in mentions:
        least = policy.keep.get(mention.detector)
        if least is None or mention.strength >= Strength.CHECKED:
            yield mention
            continue
        chance = reading.entity if mention.type is SpanType.NAME else reading.any_identifier
        if chance(mention.start, mention.end) >= least:
            yield mention


def chosen_labels(reading: Reading, policy: Policy) -> npt.NDArray[np.int8]:
    """For each token the number of the label that is added there, or 0.

    Names and places share their probability: what is surely one of them is taken as the likelier.
    """
    labels = reading.labels
    columns = [i for i, label in enumerate(labels) if label in _ENTITIES]
    chosen = np.zeros(len(reading.chances), np.int8)
    entity = reading.chances[:, columns]
    best = np.asarray(columns, np.int8)[entity.argmax(axis=1)]
    needed = np.ones(len(labels), np.float32)
    for label, least in policy.add.items():
        needed[labels.index(label)] = least
    sure = entity.sum(axis=1) >= needed[best]
    chosen[sure] = best[sure]
    for i, label in enumerate(labels):
        if i and label not in _ENTITIES and label in policy.add:
            chosen[(chosen == 0) & (reading.chances[:, i] >= needed[i])] = i
    return chosen


_ENTITIES = frozenset({"NAME", "LOCATION", "ORGANIZATION", "PROFESSION"})
_TYPES = {"CONTACT": SpanType.PHONE}


def spans_of(reading: Reading, chosen: npt.NDArray[np.int8], detector: str) -> Iterator[Mention]:
    """Runs of tokens with one label, without the space before them."""
    changes = np.flatnonzero(np.diff(chosen, prepend=np.int8(0), append=np.int8(0)))
    for first, after in pairwise(changes.tolist()):
        number = int(chosen[first])
        if not number:
            continue
        label = reading.labels[number]
        token = reading.tokens[first]
        start = int(reading.starts[first]) + len(token) - len(token.lstrip(" "))
        end = int(reading.starts[after])
        if start < end:
            kind = _TYPES.get(label) or SpanType(label)
            yield Mention(start, end, kind, Strength.MODELLED, detector)
