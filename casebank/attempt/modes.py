"""The ways in which a student meets a lesson, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Mode = Literal["learn", "exam", "whole", "worked", "reading"]


@dataclass(frozen=True)
class ModeRules:
    """``staged``: stages are entered one after the other, otherwise all lie open at the start.

    ``answers``: exercises are answered, otherwise their keys are read. ``orders``: data are opened
    by choice, otherwise they lie open with their stage. ``feedback``: after each commit, otherwise
    at the end. ``timed``: ends by the server's clock.
    """

    staged: bool
    answers: bool
    orders: bool
    feedback: bool
    timed: bool = False


MODES: Final[Mapping[Mode, ModeRules]] = {
    "learn": ModeRules(staged=True, answers=True, orders=True, feedback=True),
    "exam": ModeRules(staged=True, answers=True, orders=True, feedback=False, timed=True),
    "whole": ModeRules(staged=False, answers=True, orders=False, feedback=True),
    "worked": ModeRules(staged=True, answers=False, orders=False, feedback=True),
    "reading": ModeRules(staged=False, answers=False, orders=False, feedback=True),
}
"""Learn: stage by stage with hints. Exam: timed, nothing told before the end. Whole: the whole
case at once, then the exercises. Worked: the experts' answers, step by step. Reading: the file.
"""
