"""The courses of visits that make a resident's record, one module each.

Each course has a random stream of its own, so that deepening one does not move the others. They
run in this order; a later one sees the visits of those before and may add forms to them, as a
referral does.
"""

from deid.synth.courses.aftermath import spare_stomach
from deid.synth.courses.childhood import childhood
from deid.synth.courses.chronic import follow_up
from deid.synth.courses.consultation import consultation
from deid.synth.courses.contacts import contacts
from deid.synth.courses.dementia import dementia
from deid.synth.courses.diagnosis import diagnosis
from deid.synth.courses.elderly import elderly
from deid.synth.courses.examinations import basic_information
from deid.synth.courses.family import family
from deid.synth.courses.hospital import hospital
from deid.synth.courses.immunization import immunization
from deid.synth.courses.life import Course, Life
from deid.synth.courses.maternity import maternity
from deid.synth.courses.mental_illness import mental_illness
from deid.synth.courses.outreach import outreach
from deid.synth.courses.pressure_watch import pressure_watch
from deid.synth.courses.referral import referral
from deid.synth.courses.tuberculosis import tuberculosis
from deid.synth.courses.yearly import examinations

COURSES: tuple[tuple[str, Course], ...] = (
    ("basic information", basic_information),
    ("chronic", follow_up),
    ("contacts", contacts),
    ("examinations", examinations),
    ("elderly", elderly),
    ("mental illness", mental_illness),
    ("tuberculosis", tuberculosis),
    ("maternity", maternity),
    ("dementia", dementia),
    ("hospital", hospital),
    ("childhood", childhood),
    ("immunization", immunization),
    ("diagnosis", diagnosis),
    ("stomach", spare_stomach),
    ("referral", referral),
    ("consultation", consultation),
    ("outreach", outreach),
    ("pressure watch", pressure_watch),
    ("family", family),
)

__all__ = ["COURSES", "Course", "Life"]
