"""Weed's database from a record: profile, past history, family, living environment, lifestyle.

Which heading an observation belongs under is decided by its name (``SECTIONS``, first match). Of
each named observation the latest value is shown; contacts keep only clinical observations.
"""

from __future__ import annotations

from dataclasses import dataclass

from casebank import rules
from casebank.family.building import FAMILY_HISTORY, build_family
from casebank.ledger import Ledger
from casebank.model import Background, Language, Source, Statement
from casebank.record import FEMALE, MALE, BirthYears, Event, Record
from casebank.relative import ages_band

WIDEST = 45
"""Years of birth that lie further apart say nothing of an age worth reading."""

# Told apart by name, in this order. "never" is shown nowhere: it would single a person out.
SECTIONS = (
    (
        "never",
        r"^address|sexual orientation|^race\b|ethnicity|hispanic|postcode|zip code|phone|"
        r"armed forces|hiv status",
    ),
    ("contact", r"^target|phq|gad-7|total score|\bscale\b|next follow|疼痛评分|^目标"),
    (
        "living_environment",
        r"housing|area of residence|lives? |living (alone|arrangement)|home|transport|kitchen|"
        r"toilet|drinking water|fuel|livestock|neighbou?rhood|safe where|unable to get|income|"
        r"厨房|燃料|饮水|厕所|禽畜|住房|居住|收入|经济",
    ),
    (
        "family",
        r"family (history|apgar)|marital|partner|household|living or staying|number of children|"
        r"family members|genetic|家族史|家庭|婚姻|子女|父亲|母亲|兄弟|遗传",
    ),
    (
        "lifestyle",
        r"smok|tobacco|cigarette|alcohol|audit|drink|exercise|physical activity|diet|salt|sleep|"
        r"stress level|see or talk|drug use|吸烟|饮酒|运动|锻炼|饮食|摄盐|主食|睡眠|心理调整|遵医",
    ),
    (
        "past_history",
        r"history of|allerg|previous|past (medical|surg)|transfusion|disability|exposure|"
        r"blood (group|type)|"
        r"既往|过敏|手术史|外伤史|输血|残疾|暴露|血型|疾病史",
    ),
    (
        "profile",
        r"employment|labor force|education|high school|insurance|occupation|job|work\b|language|"
        r"refugee|worker|school|payment|migrant|jail|"
        r"职业|文化程度|民族|医疗费用|支付方式|常住类型|就业|退休",
    ),
)
# Fields that every follow-up form asks: each contact keeps its own, and the latest is shown too.
REPEATED = (
    r"per day|per week|exercise session|intake|adherence|adjustment|compliance|smoking status|"
    r"alcohol use|每日|每天|每周|摄盐|主食|心理调整|遵医"
)
_KIN = (
    r"(grand)?(father|mother|parents?|brothers?|sisters?|siblings?|children|child|sons?)|daughters?|"
    r"父亲?|母亲?|兄弟|姐妹|兄弟姐妹|子女|祖父|祖母"
)
KIN_ALONE = rf"^({_KIN})([,，、 ]+({_KIN}))*$"
ALLERGEN_NAMES = (
    r"^(mold|animal dander|(grass|tree) pollen|house dust mite|bee venom|cow's milk|.* allergy)$"
)


@dataclass(frozen=True)
class Sorted:
    """The background, and which rows (table, row id) are therefore in no contact."""

    background: Background
    rows: frozenset[tuple[str, int]]
    left_out: dict[str, int]


def build_background(record: Record, ledger: Ledger, language: Language) -> Sorted:
    """Sort observations into sections, and add person, relatives and earlier conditions."""
    latest: dict[str, dict[str, Event]] = {}
    rows: set[tuple[str, int]] = set()
    left_out = unanswered = 0
    for event in record.events:
        section = section_of(event)
        if event.table == "observation" and (event.unanswered or _is_kin_alone(event)):
            rows.add((event.table, event.row_id))
            unanswered += 1
            continue
        if section in {"", "contact"}:
            continue
        if not rules.matches(REPEATED, event.name):
            rows.add((event.table, event.row_id))
        if section == "never":
            left_out += 1
            continue
        # Events come by date, so that the last one of a name stays. History adds up instead.
        adds_up = section in {"past_history"} or rules.matches(FAMILY_HISTORY, event.name)
        key = f"{event.name} {event.value_text}" if adds_up else event.name
        latest.setdefault(section, {})[key] = event
    sections = {
        name: tuple(
            ledger.event(event)
            for event in sorted(events.values(), key=lambda e: (e.start, e.table, e.row_id))
        )
        for name, events in latest.items()
    }
    earlier = tuple(
        ledger.event(event)
        for event in record.events
        if event.start < record.first_day and (event.table, event.row_id) not in rows
    )
    family = build_family(record, ledger, language, age_band_at_first_contact(record))
    background = Background(
        profile=(*_person(record, ledger, language), *sections.get("profile", ())),
        past_history=(*earlier, *sections.get("past_history", ())),
        family=(
            *family.statements,
            *sections.get("family", ()),
        ),
        living_environment=sections.get("living_environment", ()),
        lifestyle=sections.get("lifestyle", ()),
        family_tree=family.family,
    )
    counts = {
        "observations that could single a person out": left_out,
        "questions without an answer": unanswered,
        **family.left_out,
    }
    return Sorted(background, frozenset(rows), {k: n for k, n in counts.items() if n})


def _is_kin_alone(event: Event) -> bool:
    """A family history whose disease was too rare to be released: only the relative is left."""
    return rules.matches(FAMILY_HISTORY, event.name) and rules.matches(KIN_ALONE, event.value_text)


def section_of(event: Event) -> str:
    """Section of the background that an event belongs to; empty for what belongs to contacts."""
    if event.table == "condition_occurrence":
        return "profile" if rules.matches(rules.BACKGROUND_FINDING, event.name) else ""
    if event.table == "measurement":
        private = rules.matches(SECTIONS[0][1], event.name)
        return "never" if private else ""
    if event.table != "observation":
        return ""
    if rules.matches(ALLERGEN_NAMES, event.name):
        return "past_history"
    for name, pattern in SECTIONS:
        if rules.matches(pattern, event.name):
            return name
    return ""


def sex_text(sex_concept_id: int, language: Language, child: bool = False) -> str:
    """Sex in words; empty if it is not recorded as male or female."""
    words: dict[int, dict[Language, str]] = {
        MALE: {"en": "boy", "zh": "男童"} if child else {"en": "man", "zh": "男性"},
        FEMALE: {"en": "girl", "zh": "女童"} if child else {"en": "woman", "zh": "女性"},
    }
    return words.get(sex_concept_id, {}).get(language, "")


def age_band_at_first_contact(record: Record) -> str:
    """Band of age on day 0; empty if no year of birth was released, or hardly anything of it."""
    return _band(record.born, record.first_day.year)


def is_child(record: Record) -> bool:
    """Whether the person was certainly under 15 at the first contact."""
    return record.born is not None and record.born.ages(record.first_day.year)[1] < 15


def _band(born: BirthYears | None, year: int) -> str:
    """Five-year bands of the ages that are possible in a year."""
    if born is None or born.last - born.first > WIDEST:
        return ""
    return ages_band(*born.ages(year))


def _person(record: Record, ledger: Ledger, language: Language) -> tuple[Statement, ...]:
    statements = []
    other = ledger.other_language
    sex = {
        MALE: {"en": "Sex: male", "zh": "性别：男"},
        FEMALE: {"en": "Sex: female", "zh": "性别：女"},
    }.get(record.sex_concept_id)
    if sex:
        source = Source("person", record.person_id, "gender_concept_id")
        statements.append(ledger.statement(sex[language], None, (source,), other=sex[other]))
    band = age_band_at_first_contact(record)
    if band:
        source = Source("person", record.person_id, "year_of_birth")
        age = {"en": f"Age at first contact: {band}", "zh": f"首次接诊时年龄：{band}岁"}
        statements.append(ledger.statement(age[language], 0, (source,), other=age[other]))
    return tuple(statements)
