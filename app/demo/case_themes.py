"""Which records of the demonstration become cases, and in which of its six sets they stand.

A set is a theme: three of the body, one of the mind, two of how people live. A lesson is about its
theme: the diagnosis that leads it, or the matter of life that a plan is asked for; most of a
theme's lessons may be about what will do instead, as a county has few people whose complaint is
one of the mind. A record goes to the theme that has most room; no theme has more than a third of
one diagnosis, or more than it must in one language; of five records one is untypical of its county.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import casebank
from app.services.cases import new_case_id
from casebank import Case, Record, RecordReader, rules, terms
from casebank.finding import typicality
from casebank.lesson import Lesson
from casebank.lesson.drafting import Aim, lessons_about, under_its_title
from deid.release import Release

FOLLOWED = frozenset({"ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES"})
LEAST_CONSIDERED = 200
CONSIDERED = 15
"""So many candidates are looked at for each case that is wanted."""
MOST_OF_ONE_IN_ALL = 0.2
"""So large a part of all sets is of one leading diagnosis at most; two may always be."""
UNTYPICAL_EACH = 5
WIDEST_AGES = 10
"""Years of birth that the release leaves open, at most."""
MOST_OF_A_LANGUAGE = 0.6
MOST_INSTEAD = 0.75
"""So large a part of a set is about what will do instead before the whole county was looked at."""


@dataclass(frozen=True)
class Theme:
    """A set of the demonstration: what its lessons are about, and what will do if that is rare;
    how large a part of it one leading diagnosis may be."""

    title: str
    description: str
    aim: Aim
    second: Aim | None = None
    most_of_one: float = 0.3


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


THEMES = (
    Theme(
        "Heart, vessels and sugar · 心血管与代谢",
        "Pressure, glucose and what they do to the body over years; decisions at follow-up visits. "
        "血压、血糖及其多年影响，随访中的决策。",
        aim=Aim(
            leading=_codes(
                "ESSENTIAL_HYPERTENSION TYPE_2_DIABETES CORONARY_ARTERIOSCLEROSIS HEART_FAILURE "
                "ATRIAL_FIBRILLATION CEREBRAL_INFARCTION CHRONIC_KIDNEY_DISEASE HYPOTHYROIDISM GOUT"
            )
        ),
        second=Aim(decisions=2),
        most_of_one=0.5,
    ),
    Theme(
        "Breath, fever and throat · 呼吸与感染",
        "What passes by itself, what does not, and what must not be missed among them. "
        "自限性疾病与不可漏诊者的鉴别。",
        aim=Aim(
            leading=_codes(
                "PNEUMONIA ACUTE_BRONCHITIS ASTHMA COPD INFLUENZA TONSILLITIS PHARYNGITIS "
                "UPPER_RESPIRATORY_INFECTION ALLERGIC_RHINITIS OTITIS_MEDIA CONJUNCTIVITIS "
                "GASTROENTERITIS CYSTITIS CELLULITIS HAND_FOOT_MOUTH HERPANGINA"
            )
        ),
    ),
    Theme(
        "Pain, head and skin · 疼痛、头晕与皮肤",
        "Complaints of every day, each with one cause that is not. 常见主诉及其背后的危险病因。",
        aim=Aim(
            leading=_codes(
                "LOW_BACK_PAIN KNEE_OSTEOARTHRITIS OSTEOPOROSIS SHOULDER_PERIARTHRITIS "
                "ANKLE_SPRAIN WRIST_SPRAIN CONTUSION TENSION_HEADACHE MIGRAINE CONCUSSION "
                "POSITIONAL_VERTIGO ECZEMA URTICARIA INSECT_BITE TINEA_PEDIS SHINGLES "
                "ATOPIC_DERMATITIS RENAL_COLIC HEMORRHOIDS "
                "GERD CHRONIC_GASTRITIS CONSTIPATION TOOTHACHE BENIGN_PROSTATIC_HYPERPLASIA GOUT"
            )
        ),
    ),
    Theme(
        "Mind, mood and sleep · 心理、情绪与睡眠",
        "Low mood, worry, poor sleep and failing memory, alone or beside illness of the body. "
        "情绪低落、焦虑、失眠与记忆减退，单独或与躯体疾病并存。",
        aim=Aim(leading=_codes("DEPRESSIVE_DISORDER ANXIETY_DISORDER INSOMNIA DEMENTIA")),
        second=Aim(
            life=_codes(
                "DEPRESSIVE_DISORDER ANXIETY_DISORDER DEPRESSIVE_SYMPTOMS ANXIETY_SYMPTOMS "
                "INSOMNIA DIABETES_DISTRESS"
            )
        ),
    ),
    Theme(
        "Family and home · 家庭与照护",
        "Who lives with whom, who cares for whom, and what is lost. 同住、照护与丧失。",
        aim=Aim(
            life=_codes(
                "CAREGIVER_BURDEN BEREAVEMENT_SPOUSE BEREAVEMENT_CHILD LIVING_ALONE EMPTY_NEST "
                "FAMILY_CONFLICT FAMILY_DYSFUNCTION LEFT_BEHIND_ELDER LONELINESS"
            )
        ),
    ),
    Theme(
        "Work, money and habits · 工作、经济与生活方式",
        "What a plan costs, and what it asks somebody to give up. 治疗计划的代价与生活方式的改变。",
        aim=Aim(
            life=_codes(
                "UNEMPLOYMENT_PROBLEM FINANCIAL_HARDSHIP TOBACCO_DEPENDENCE HAZARDOUS_DRINKING "
                "OBESITY OVERWEIGHT HEALTH_LITERACY_PROBLEM PHYSICAL_INACTIVITY HIGH_SALT_DIET"
            )
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
    whole: int
    most_of_one: float
    room: int
    instead: int = 0
    leading: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    def takes(self, language: str) -> bool:
        """Whether there is room for one more in a language."""
        most = math.ceil(self.whole * MOST_OF_A_LANGUAGE)
        return self.room > 0 and self.languages[language] < most

    def takes_instead(self) -> bool:
        """Whether it may hold more of what will do instead."""
        return self.instead < math.ceil(self.whole * MOST_INSTEAD)

    @property
    def enough(self) -> frozenset[str]:
        """Diagnoses of which it has as many as it may."""
        most = max(2, math.floor(self.whole * self.most_of_one))
        return frozenset(lead for lead, number in self.leading.items() if number >= most)

    def put(self, lead: str, language: str, instead: bool) -> None:
        self.room -= 1
        self.instead += instead
        self.leading[lead] += 1
        self.languages[language] += 1


def choose_cases(
    release: Release,
    wanted: int,
    allowed: Callable[[Case], bool],
    passes: Callable[[Case, Lesson], bool],
    without: Collection[int] = (),
) -> Iterator[Chosen]:
    """Up to ``wanted`` records, the most teachable first, over all themes.

    ``allowed`` says whether the person may be in a case at all, ``passes`` whether nothing that a
    program decides stops a case; it is asked last, as it costs most. The people of ``without`` are
    not considered.
    """
    each = math.ceil(wanted / len(THEMES))
    shelves = [_Shelf(each, theme.most_of_one, each) for theme in THEMES]
    in_all: Counter[str] = Counter()
    limit = max(LEAST_CONSIDERED, CONSIDERED * wanted) + len(without)
    candidates = [one for one in _candidates(release, limit) if one.person not in without]
    left, settled = wanted, set[int]()
    for person, record, wishes in _records(release, candidates, shelves, settled):
        open_ = [one for one in wishes if shelves[one[0]].takes(record.language)]
        if not open_:
            continue
        settled.add(person)
        if not _of_an_age(record) or _names_what_is_sensitive(record):
            continue
        case = casebank.draft_from_record(record, case_id=new_case_id())
        if not allowed(case):
            continue
        settled.remove(person)
        most = max(2, math.floor(wanted * MOST_OF_ONE_IN_ALL))
        enough = {lead for lead, number in in_all.items() if number >= most}
        aims = [
            (number, replace(aim, without=shelves[place].enough | enough))
            for number, (place, aim) in enumerate(open_)
        ]
        for number, lesson in lessons_about(case, record, aims):
            place, aim = open_[number]
            lead = leading_of(lesson)
            titled = under_its_title(case, lesson)
            if passes(titled, lesson):
                shelves[place].put(lead, case.language, aim is THEMES[place].second)
                in_all[lead] += 1
                left -= 1
                settled.add(person)
                yield Chosen(person, place, titled, lesson)
                if not left:
                    return
                break


def _of_an_age(record: Record) -> bool:
    """Whether the release tells the age well enough to think of it, of somebody who lives."""
    ages = record.born
    if record.death is not None:
        return False
    return ages is not None and ages.last - ages.first <= WIDEST_AGES


def _names_what_is_sensitive(record: Record) -> bool:
    """Whether the gate would ask for a reason to show it: known before anything is drafted."""
    rows = (text for one in record.events for text in (one.name, one.value_text) if text)
    return any(
        rules.sensitive_categories(text) for text in (*rows, *(one.text for one in record.notes))
    )


@dataclass(frozen=True)
class Considered:
    """A person whose record may become a case, with the codes of what stands in it."""

    person: int
    codes: frozenset[str]


def _candidates(release: Release, limit: int) -> list[Considered]:
    """The most teachable people; of equals the typical first, with one untypical to each four."""
    found = casebank.find_candidates(release, limit=limit)
    ranks = typicality([one.facts for one in found])
    words = {person: one.word for person, one in ranks.items()}
    usual = [one for one in found if words.get(one.person_id) != "untypical"]
    usual.sort(key=lambda one: (-one.score, words.get(one.person_id) != "typical"))
    rare = [one for one in found if words.get(one.person_id) == "untypical"]
    mixed = []
    for number, one in enumerate(usual, 1):
        mixed.append(one)
        if number % (UNTYPICAL_EACH - 1) == 0 and rare:
            mixed.append(rare.pop(0))
    return [
        Considered(
            one.person_id,
            frozenset(terms.code_of(name) for name in (*one.facts.problems, *one.facts.items)),
        )
        for one in (*mixed, *rare)
    ]


def _records(
    release: Release,
    candidates: Sequence[Considered],
    shelves: Sequence[_Shelf],
    settled: Collection[int],
) -> Iterator[tuple[int, Record, list[tuple[int, Aim]]]]:
    """Records that some theme may still want, with the place and aim of each such theme: first for
    what the themes are about, or most of each for what will do instead; then the rest for
    that alone. Who is ``settled``, chosen or not to be in a case at all, does not come again.

    The fullest shelf waits; of equals the one of life, which fewer records are about.
    """

    def fullest_last(wish: tuple[int, Aim]) -> tuple[int, int]:
        return -shelves[wish[0]].room, -wish[0]

    with RecordReader(release, many=True) as reader:
        for alone, one in product((False, True), candidates):
            wishes = [
                (place, aim)
                for place, shelf in enumerate(shelves)
                if shelf.room
                for aim in _wanted(THEMES[place], shelf, alone)
                if one.codes & (aim.leading | aim.life | _followed(aim))
            ]
            if wishes and one.person not in settled:
                yield one.person, reader.read(one.person), sorted(wishes, key=fullest_last)


def _wanted(theme: Theme, shelf: _Shelf, alone: bool) -> list[Aim]:
    """What a theme wants; ``alone``: only what will do instead, however much of it."""
    instead = [theme.second] if theme.second is not None else []
    if alone:
        return instead
    return [theme.aim, *(instead if shelf.takes_instead() else [])]


def _followed(aim: Aim) -> frozenset[str]:
    return FOLLOWED if aim.decisions else frozenset()


def leading_of(lesson: Lesson) -> str:
    """Code of the diagnosis that leads a lesson's differential; empty if it asks for none."""
    for exercise in lesson.exercises:
        if exercise.differential is not None:
            return exercise.differential.diagnoses[0].code
    return ""
