"""What a teacher puts on a record: stages, exercises and their keys, in both languages.

A :class:`~casebank.model.Case` is what happened; a :class:`Lesson` is how a student meets it. The
two are kept apart, so that a key can be changed without touching the record, and so that what is
written by a teacher can never be taken for what stands in the record.
"""

from casebank.lesson.disclosure import Progress, disclose
from casebank.lesson.model import (
    ConcordanceKey,
    DifferentialKey,
    ErrorsKey,
    Exercise,
    ExerciseKind,
    ExpertView,
    KeyDiagnosis,
    KeyFeatureKey,
    KeyProblem,
    Lesson,
    Link,
    ManagementKey,
    Objective,
    Option,
    Order,
    Origin,
    ProblemListKey,
    ReflectionKey,
    Stage,
    SummaryKey,
    Wording,
)

__all__ = [
    "ConcordanceKey",
    "DifferentialKey",
    "ErrorsKey",
    "Exercise",
    "ExerciseKind",
    "ExpertView",
    "KeyDiagnosis",
    "KeyFeatureKey",
    "KeyProblem",
    "Lesson",
    "Link",
    "ManagementKey",
    "Objective",
    "Option",
    "Order",
    "Origin",
    "ProblemListKey",
    "Progress",
    "ReflectionKey",
    "Stage",
    "SummaryKey",
    "Wording",
    "disclose",
]
