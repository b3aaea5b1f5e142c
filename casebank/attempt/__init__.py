"""A student's way through a lesson: modes, steps, answers, marks, feedback; pure functions.

The steps of an attempt are events; :func:`fold` makes its state from them. What a student may see
is always ``disclose(case, lesson, shown_progress(lesson, state))``.
"""

from casebank.attempt.answers import STANCES, Answer, Fields, read_answer, shown_options
from casebank.attempt.elements import Element, Forecast, elements_of, forecasts, missed
from casebank.attempt.feedback import Feedback, Row, give_feedback, hint, is_held, is_shown
from casebank.attempt.lexicon import Entry, Lexicon, Listing
from casebank.attempt.marking import (
    FORMATIVE,
    AttemptMark,
    Mark,
    mark_answer,
    mark_attempt,
)
from casebank.attempt.modes import MODES, Mode, ModeRules
from casebank.attempt.progress import (
    END,
    ENDED_EARLY,
    AttemptState,
    Event,
    EventKind,
    advance,
    begin,
    exercise_due,
    fold,
    happened,
    in_order,
    next_step,
    orders_offered,
    shown_progress,
)
from casebank.attempt.review import (
    FEWEST_PEERS,
    Cue,
    Peers,
    changes,
    cost,
    find_cues,
    see_peers,
)

__all__ = [
    "END",
    "ENDED_EARLY",
    "FEWEST_PEERS",
    "FORMATIVE",
    "MODES",
    "STANCES",
    "Answer",
    "AttemptMark",
    "AttemptState",
    "Cue",
    "Element",
    "Entry",
    "Event",
    "EventKind",
    "Feedback",
    "Fields",
    "Forecast",
    "Lexicon",
    "Listing",
    "Mark",
    "Mode",
    "ModeRules",
    "Peers",
    "Row",
    "advance",
    "begin",
    "changes",
    "cost",
    "elements_of",
    "exercise_due",
    "find_cues",
    "fold",
    "forecasts",
    "give_feedback",
    "happened",
    "hint",
    "in_order",
    "is_held",
    "is_shown",
    "mark_answer",
    "mark_attempt",
    "missed",
    "next_step",
    "orders_offered",
    "read_answer",
    "see_peers",
    "shown_options",
    "shown_progress",
]
