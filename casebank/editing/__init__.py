"""Edits of a case and its lesson: pure functions from a work to a work, whole or refused."""

from casebank.editing.commands import COMMANDS, Arguments, perform
from casebank.editing.data import LEVELS, REASONS
from casebank.editing.fields import Field, Pair, Part, Row, Rows, flatten, layout
from casebank.editing.forms import KEYS, Heading, Objectives, Question, StageForm
from casebank.editing.lessons import (
    EXERCISE_KINDS,
    exercise_texts,
    heading_of,
    set_panel,
)
from casebank.editing.problems import KINDS, LISTS, STATUSES, short
from casebank.editing.stages import NOT_SHOWN, place_words, places_of
from casebank.editing.work import Edit, Work, attempt

__all__ = [
    "COMMANDS",
    "EXERCISE_KINDS",
    "KEYS",
    "KINDS",
    "LEVELS",
    "LISTS",
    "NOT_SHOWN",
    "REASONS",
    "STATUSES",
    "Arguments",
    "Edit",
    "Field",
    "Heading",
    "Objectives",
    "Pair",
    "Part",
    "Question",
    "Row",
    "Rows",
    "StageForm",
    "Work",
    "attempt",
    "exercise_texts",
    "flatten",
    "heading_of",
    "layout",
    "perform",
    "place_words",
    "places_of",
    "set_panel",
    "short",
]
