"""A: what the case is for, for whom, and how long it takes. D2: how much is shown at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebank.gate.model import Finding, Submission
from casebank.gate.verbs import begins_with_verb
from casebank.lesson.model import Lesson

MOST_OBJECTIVES = 5
MOST_MINUTES = 45
MOST_WORDS = 350
MOST_DATA = 15
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\s\u3400-\u9fff]+")


def objectives(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """A1: one to five, each beginning with a verb and practised in an exercise."""
    if not 1 <= len(lesson.objectives) <= MOST_OBJECTIVES:
        yield Finding(
            "A1-number",
            "stop",
            "objectives",
            f"{len(lesson.objectives)} objectives",
            f"state one to {MOST_OBJECTIVES}",
        )
    for number, one in enumerate(lesson.objectives, 1):
        where = f"objective {number}"
        en, zh = begins_with_verb(one.text.en, one.text.zh)
        for given, good, language in ((one.text.en, en, "English"), (one.text.zh, zh, "Chinese")):
            if given.strip() and not good:
                yield Finding(
                    "A1-verb",
                    "stop",
                    where,
                    f"does not begin with a verb of the list in {language}",
                    "say what the student does: list, explain, rank, decide ...",
                )
        if not one.exercises:
            yield Finding(
                "A1-exercise", "stop", where, "no exercise practises it", "name its exercises"
            )


def level_and_time(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """A2: level and setting are set; the stated minutes are within bounds."""
    if not 1 <= lesson.minutes <= MOST_MINUTES:
        yield Finding(
            "A2-minutes",
            "stop",
            "lesson",
            f"{lesson.minutes} minutes",
            f"a case takes at most {MOST_MINUTES} minutes, a short one 20",
        )


def load(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """D2: new data and words that a stage shows at once, or an order opens."""
    texts = {item.id: item.text for item in submission.case.statements()}
    for number, stage in enumerate(lesson.stages, 1):
        shown = [(f"stage {number}", stage.reveals)]
        shown += [(f"stage {number}, {order.name}", order.data) for order in stage.orders]
        for where, ids in shown:
            words = sum(word_count(texts.get(one, "")) for one in ids)
            if len(ids) > MOST_DATA:
                yield Finding(
                    "D2-data",
                    "stop",
                    where,
                    f"{len(ids)} new data",
                    f"show at most {MOST_DATA}; make orders or another stage of the rest",
                )
            if words > MOST_WORDS:
                yield Finding(
                    "D2-words",
                    "stop",
                    where,
                    f"{words:.0f} words",
                    f"show at most {MOST_WORDS} words (twice as many Chinese characters)",
                )


def word_count(text: str) -> float:
    """Words; a Chinese character is half of one.

    >>> word_count("BP 152/94, dizzy"), word_count("头晕三天")
    (3.0, 2.0)
    """
    return len(_WORD.findall(text)) + len(_CHINESE.findall(text)) / 2
