"""The courses of visits that make a resident's record, one module each.

Each course has a random stream of its own, so that deepening one does not move the others. They
run in this order; a later one sees the visits of those before and may add forms to them, as a
referral does.
"""

from deid.synth.courses.chronic import follow_up
from deid.synth.courses.contacts import contacts
from deid.synth.courses.examinations import basic_information, examinations
from deid.synth.courses.life import Course, Life

COURSES: tuple[tuple[str, Course], ...] = (
    ("basic information", basic_information),
    ("chronic", follow_up),
    ("contacts", contacts),
    ("examinations", examinations),
)

__all__ = ["COURSES", "Course", "Life"]
