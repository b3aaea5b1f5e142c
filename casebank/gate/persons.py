"""C: the person is more than an illness, and is heard."""

from __future__ import annotations

from collections.abc import Iterator

from casebank import rules
from casebank.gate.model import Finding, Submission
from casebank.lesson.model import Lesson

PSYCHOSOCIAL = frozenset({"psychological", "social", "family"})
BODILY = frozenset({"biological", "risk"})
_HEARD = (
    r"what the patient (thinks|worries|hopes)|ideas?, concerns?|"
    r"患者的(想法|担忧|担心|期望)|家属(诉|担心)"
)


def holism(submission: Submission) -> Iterator[Finding]:
    """C1: problems of body and of life, and something of family or community."""
    case = submission.case
    kinds = {problem.kind for problem in case.problems}
    todo = "correct the kind of a problem, or choose another record"
    if not kinds & PSYCHOSOCIAL:
        yield Finding(
            "C1-holism",
            "stop",
            "problems",
            "no psychological, social or family problem is listed",
            todo,
        )
    if not kinds & BODILY:
        yield Finding("C1-holism", "stop", "problems", "no problem of the body is listed", todo)
    community = submission.lesson is not None and submission.lesson.community is not None
    if not case.background.family and not community:
        # Without a lesson there is nowhere to write it.
        severe = submission.lesson is not None
        yield Finding(
            "C1-family",
            "stop" if severe else "look",
            "background",
            "nothing is known of family or community",
            "write a line on the community, or choose a record with a family",
        )


def perspectives(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """C2: the patient's ideas, concerns and expectations, or a relative's voice."""
    recorded = any(rules.matches(_HEARD, item.text) for item in submission.case.statements())
    if not lesson.perspectives and not recorded:
        yield Finding(
            "C2-perspective",
            "stop",
            "perspectives",
            "neither patient nor family is heard",
            "write what the patient may think, fear and hope; it is shown as the author's words",
        )
