"""Which records of the demonstration become cases, and in which of its six sets they stand.

A set is a theme: three of the body, one of the mind, two of how people live. A record goes to the
theme that it fits and that has most room; no theme has more than two cases of one diagnosis, or
more than it must in one language.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import casebank
from app.services.cases import new_case_id
from casebank import Case, Record, RecordReader, terms
from casebank.lesson import Lesson
from casebank.lesson.drafting import lesson_if_any, under_its_title
from deid.release import Release

CONSIDERED = 5
"""So many candidates are looked at for each case that is wanted."""
MOST_OF_ONE = 2
MOST_OF_A_LANGUAGE = 0.6


@dataclass(frozen=True)
class Theme:
    """A set of the demonstration: diagnoses that lead its cases, or problems that they hold."""

    title: str
    description: str
    leading: frozenset[str] = frozenset()
    problems: frozenset[str] = frozenset()

    def fits(self, case: Case, lesson: Lesson) -> bool:
        """Whether a case belongs here."""
        if leading_of(lesson) in self.leading:
            return True
        return any(terms.code_of(one.title) in self.problems for one in case.problems)


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


THEMES = (
    Theme(
        "Heart, vessels and sugar · 心血管与代谢",
        "Pressure, glucose and what they do to the body over years; decisions at follow-up visits. "
        "血压、血糖及其多年影响，随访中的决策。",
        leading=_codes(
            "ESSENTIAL_HYPERTENSION TYPE_2_DIABETES CORONARY_ARTERIOSCLEROSIS HEART_FAILURE "
            "ATRIAL_FIBRILLATION CEREBRAL_INFARCTION CHRONIC_KIDNEY_DISEASE HYPOTHYROIDISM GOUT"
        ),
        problems=_codes("ESSENTIAL_HYPERTENSION TYPE_2_DIABETES CORONARY_ARTERIOSCLEROSIS"),
    ),
    Theme(
        "Breath, fever and throat · 呼吸与感染",
        "What passes by itself, what does not, and what must not be missed among them. "
        "自限性疾病与不可漏诊者的鉴别。",
        leading=_codes(
            "PNEUMONIA ACUTE_BRONCHITIS ASTHMA COPD INFLUENZA TONSILLITIS PHARYNGITIS "
            "UPPER_RESPIRATORY_INFECTION ALLERGIC_RHINITIS OTITIS_MEDIA CONJUNCTIVITIS "
            "GASTROENTERITIS CYSTITIS CELLULITIS HAND_FOOT_MOUTH HERPANGINA"
        ),
    ),
    Theme(
        "Pain, head and skin · 疼痛、头晕与皮肤",
        "Complaints of every day, each with one cause that is not. 常见主诉及其背后的危险病因。",
        leading=_codes(
            "LOW_BACK_PAIN KNEE_OSTEOARTHRITIS OSTEOPOROSIS SHOULDER_PERIARTHRITIS ANKLE_SPRAIN "
            "WRIST_SPRAIN CONTUSION TENSION_HEADACHE MIGRAINE CONCUSSION POSITIONAL_VERTIGO ECZEMA "
            "URTICARIA INSECT_BITE TINEA_PEDIS SHINGLES ATOPIC_DERMATITIS RENAL_COLIC HEMORRHOIDS "
            "GERD CHRONIC_GASTRITIS CONSTIPATION TOOTHACHE BENIGN_PROSTATIC_HYPERPLASIA GOUT"
        ),
    ),
    Theme(
        "Mind, mood and sleep · 心理、情绪与睡眠",
        "Low mood, worry, poor sleep and failing memory, alone or beside illness of the body. "
        "情绪低落、焦虑、失眠与记忆减退，单独或与躯体疾病并存。",
        leading=_codes("DEPRESSIVE_DISORDER ANXIETY_DISORDER INSOMNIA DEMENTIA"),
        problems=_codes("DEPRESSIVE_DISORDER ANXIETY_DISORDER INSOMNIA DEMENTIA DIABETES_DISTRESS"),
    ),
    Theme(
        "Family and home · 家庭与照护",
        "Who lives with whom, who cares for whom, and what is lost. 同住、照护与丧失。",
        problems=_codes(
            "CAREGIVER_BURDEN BEREAVEMENT_SPOUSE BEREAVEMENT_CHILD LIVING_ALONE EMPTY_NEST "
            "FAMILY_CONFLICT FAMILY_DYSFUNCTION LEFT_BEHIND_ELDER LEFT_BEHIND_CHILD LONELINESS"
        ),
    ),
    Theme(
        "Work, money and habits · 工作、经济与生活方式",
        "What a plan costs, and what it asks somebody to give up. 治疗计划的代价与生活方式的改变。",
        problems=_codes(
            "UNEMPLOYMENT_PROBLEM FINANCIAL_HARDSHIP TOBACCO_DEPENDENCE HAZARDOUS_DRINKING OBESITY "
            "OVERWEIGHT HEALTH_LITERACY_PROBLEM PHYSICAL_INACTIVITY HIGH_SALT_DIET"
        ),
    ),
)


@dataclass(frozen=True)
class Chosen:
    """A person whose record is to be a case, the place of its theme in ``THEMES``, the draft."""

    person_id: int
    theme: int
    case: Case = field(repr=False)
    lesson: Lesson = field(repr=False)


@dataclass
class _Shelf:
    room: int
    leading: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    def takes(self, lead: str, language: str, whole: int) -> bool:
        return (
            self.room > 0
            and self.leading[lead] < MOST_OF_ONE
            and self.languages[language] < math.ceil(whole * MOST_OF_A_LANGUAGE)
        )

    def put(self, lead: str, language: str) -> None:
        self.room -= 1
        self.leading[lead] += 1
        self.languages[language] += 1


def choose_cases(
    release: Release,
    wanted: int,
    allowed: Callable[[Case], bool],
    passes: Callable[[Case, Lesson], bool],
    candidates: Iterable[int] | None = None,
) -> Iterator[Chosen]:
    """Up to ``wanted`` records, the most teachable first, over all themes.

    ``allowed`` says whether the person may be in a case at all, ``passes`` whether nothing that a
    program decides stops a case; it is asked last, as it costs most. Without ``candidates`` the
    most teachable people are considered.
    """
    each = math.ceil(wanted / len(THEMES))
    shelves = [_Shelf(each) for _ in THEMES]
    left = wanted
    if candidates is None:
        found = casebank.find_candidates(release, limit=max(40, CONSIDERED * wanted))
        candidates = [one.person_id for one in found]
    for person, record in _records(release, candidates):
        if left <= 0:
            return
        case = casebank.draft_from_record(record, case_id=new_case_id())
        if not allowed(case):
            continue
        lesson = lesson_if_any(case, record)
        if lesson is None:
            continue
        case = under_its_title(case, lesson)
        lead = leading_of(lesson)
        fitting = [
            place
            for place, theme in enumerate(THEMES)
            if shelves[place].takes(lead, case.language, each) and theme.fits(case, lesson)
        ]
        if not fitting or not passes(case, lesson):
            continue
        # The fullest shelf waits; of equals the one of life, which fewer records are about.
        place = max(fitting, key=lambda one: (shelves[one].room, one))
        shelves[place].put(lead, case.language)
        left -= 1
        yield Chosen(person, place, case, lesson)


def _records(release: Release, people: Iterable[int]) -> Iterator[tuple[int, Record]]:
    with RecordReader(release, many=True) as reader:
        for person in people:
            yield person, reader.read(person)


def leading_of(lesson: Lesson) -> str:
    """Code of the diagnosis that leads a lesson's differential; empty if it asks for none."""
    for exercise in lesson.exercises:
        if exercise.differential is not None:
            return exercise.differential.diagnoses[0].code
    return ""
