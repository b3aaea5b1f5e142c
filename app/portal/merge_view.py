"""What the page of a merge shows: what comes in, and both sides of what both changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.portal.translation import tell
from app.services.cohort_merging import Merging
from cohorts.comparison import Comparison, compare_definitions
from cohorts.editing import NOTHING, Conflict, Document, Side, parse_path, sentence_at
from cohorts.words import label_of

_LONGEST = 600


@dataclass(frozen=True)
class Choice:
    """One side of a conflict: the sentence that it stands in, and the part itself as JSON."""

    side: Side
    sentence: str
    text: str
    chosen: bool


@dataclass(frozen=True)
class MergeView:
    """A merge as far as it is decided."""

    merging: Merging
    decisions: Mapping[str, Side]

    @cached_property
    def comparison(self) -> Comparison:
        """What the merge changes in my draft."""
        mine, merged = (json.dumps(one) for one in (self.merging.mine, self.merging.made.document))
        return compare_definitions(mine, merged, tell)

    @property
    def conflicts(self) -> list[tuple[str, str, list[Choice]]]:
        """Key and label of each part that both changed, and its two sides."""
        return [(one.key, _label(one), self._choices(one)) for one in self.merging.made.conflicts]

    def _choices(self, conflict: Conflict) -> list[Choice]:
        sides: tuple[tuple[Side, Document, str, Any], ...] = (
            ("mine", self.merging.mine, conflict.place.mine, conflict.held.mine),
            ("theirs", self.merging.theirs, conflict.place.theirs, conflict.held.theirs),
        )
        return [
            Choice(
                side,
                "" if part is NOTHING else sentence_at(document, path, tell),
                "" if part is NOTHING else json.dumps(part, ensure_ascii=False)[:_LONGEST],
                self.decisions.get(conflict.key) == side,
            )
            for side, document, path, part in sides
        ]


def _label(conflict: Conflict) -> str:
    names = [step for step in parse_path(conflict.key) if isinstance(step, str)]
    return label_of(names[-1]) if names else ""
