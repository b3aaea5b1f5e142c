"""Rules of the problem list as data: kinds, self-limited problems, sensitive categories, merges.

Each rule has a name that is stored with what it decided, so that a reader can look it up here. The
first rule that matches decides. Names are matched in English and Chinese.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from casebank.model import ProblemKind

Comparison = Literal[">=", "<="]

ACTIVE_DAYS = 365
"""A problem without an end is active if something was recorded for it within this many days of the
record's last day; a year, because the resident record is reviewed yearly."""

SELF_LIMITED_DAYS = 42
"""A problem whose every episode ended within six weeks counts as self-limited."""

PROMOTION_OCCURRENCES = 3
"""A self-limited problem that came this often moves from the temporary to the master list."""

LINK_DAYS = 30
"""How far outside an episode a drug, or a test for a passing illness, may lie and belong to it."""

FOLLOW_DAYS = 365
"""How long before its onset or after its end a test may lie and belong to a lasting problem."""

EPISODE_GAP_DAYS = 30
"""Records of one problem nearer to each other than this are one episode."""


@dataclass(frozen=True)
class KindRule:
    """``kind`` of a problem whose title matches ``pattern``."""

    name: str
    kind: ProblemKind
    pattern: str


KIND_RULES = (
    KindRule(
        "family-problem",
        "family",
        r"partner abuse|domestic (abuse|violence)|marital|family (conflict|disruption|problem|"
        r"dysfunction|apgar)|caregiver|carer stress|caring for|within the family|"
        r"children have moved|bereave|widow|divorce|parent.child|"
        r"家庭暴力|家庭矛盾|"
        r"婚姻|丧偶|离异|家庭功能|照顾者|空巢|留守",
    ),
    KindRule(
        "social-problem",
        "social",
        r"social (isolation|contact)|isolated|homeless|housing|unemploy|transport|refugee|poverty|"
        r"financial|low income|education|literacy|criminal|prison|armed forces|violence in the "
        r"environment|living alone|社会|独居|贫困|失业|住房|经济困难|低保|文盲",
    ),
    KindRule(
        "psychological-problem",
        "psychological",
        r"stress|anxi|panic|depress|suicid|self.harm|mood|insomnia|psych|schizo|bipolar|grief|phobi|"
        r"attention deficit|personality|phq-9|gad-7|"
        r"抑郁|焦虑|失眠|惊恐|精神|双相|自杀|情绪|心理|恐惧",
    ),
    KindRule(
        "risk-factor",
        "risk",
        r"\brisk|smok|tobacco|nicotine|drinking|salt diet|lack of (physical )?exercise|"
        r"alcohol|drug abuse|misuses? |obes|overweight|body mass index|"
        r"prediabetes|family history|sedentary|carrier|allergy to|\ballergy$|exposure|hazard|"
        r"吸烟|饮酒|肥胖|超重|糖尿病前期|家族史|危险因素|久坐|高盐|过敏史|药物过敏|暴露",
    ),
)

# Facts about a life that some sources record among conditions. They belong to the database.
BACKGROUND_FINDING = (
    r"(full|part).time employment|not in labor force|received (higher|certificate|further)|"
    r"employment status|educated to|high school|normal pregnancy visit|medication review|"
    r"就业|在职|退休|文化程度"
)

SELF_LIMITED = (
    r"^(?!.*chronic).*(viral|acute (bronchitis|bacterial sinusitis|upper)|sinusitis|pharyngitis|"
    r"sore throat|common cold|otitis media|sprain|laceration|concussion with no|cystitis|"
    r"first degree burn|gastroenteritis|influenza|"
    r"upper respiratory|"
    r"上呼吸道感染|感冒|急性咽炎|急性支气管炎|扭伤|擦伤|腹泻)"
)

PASSING = SELF_LIMITED + r"|\bacute\b|急性"

# What heals and is over, although it may come again: no part of who somebody is.
HEALED = (
    PASSING + r"|infecti(on|ous)|burn|lacerat|sprain|contusion|\bbite\b|fracture|concussion|"
    r"conjunctivitis|pharyngitis|bronchitis|pneumonia|influenza|tonsillitis|cystitis|cellulitis|"
    r"urticaria|headache|vaginitis|dysmenorrh|pulpitis|otitis|zoster|shingles|colic|tinea|poison|wound|vertigo|"
    r"感染|烧|烫|裂伤|扭伤|挫伤|咬伤|虫咬|骨折|脑震荡|结膜炎|咽炎|肺炎|流感|流行性感冒|扁桃体|膀胱炎|蜂窝织炎|"
    r"荨麻疹|头痛|牙髓炎|中耳炎|带状疱疹|绞痛|足癣|中毒|伤口|眩晕|阴道炎|痛经"
)


def lasts(title: str) -> bool:
    """Whether a problem of this name is part of who somebody is, long after it was written down."""
    return matches(CHRONIC, title) or not matches(HEALED, title)


SYMPTOM = (
    r"^(suspected .*|.*\b(cough|fever|fatigue|dizziness|dizzy|headache|chest pain|chest tightness|"
    r"palpitation|dyspnea|shortness of breath|abdominal pain|nausea|vomiting|diarrhea|pain|ache|"
    r"loss of taste|sputum|thirst|polyuria|weight loss|numbness|blurred vision|rash|swelling|"
    r"oedema|edema|bleeding|itch|insomnia|weakness|constipation|dysuria|wheezing)\b.*)$"
)

# What people come with, in the words of notes. The first match in a first note's S names the case.
COMPLAINTS = {
    "en": (
        "chest pain",
        "chest tightness",
        "shortness of breath",
        "abdominal pain",
        "back pain",
        "knee pain",
        "joint pain",
        "neck pain",
        "sore throat",
        "blurred vision",
        "weight loss",
        "low mood",
        "poor sleep",
        "leg swelling",
        "numbness",
        "palpitations",
        "dizziness",
        "headache",
        "fatigue",
        "tired",
        "thirst",
        "cough",
        "fever",
        "nausea",
        "vomiting",
        "diarrhoea",
        "diarrhea",
        "constipation",
        "runny nose",
        "ringing in the ears",
        "rash",
        "worry",
    ),
    "zh": (
        "胸痛",
        "胸闷",
        "气短",
        "气促",
        "呼吸困难",
        "腹痛",
        "腰痛",
        "关节痛",
        "膝关节疼痛",
        "咽痛",
        "视物模糊",
        "消瘦",
        "体重下降",
        "情绪低落",
        "睡眠差",
        "失眠",
        "下肢水肿",
        "肢体麻木",
        "麻木",
        "心悸",
        "头晕",
        "头痛",
        "头胀",
        "乏力",
        "口渴",
        "多饮",
        "多尿",
        "咳嗽",
        "咳痰",
        "发热",
        "恶心",
        "呕吐",
        "腹泻",
        "便秘",
        "皮疹",
        "流涕",
        "打喷嚏",
        "心慌",
        "耳鸣",
        "浮肿",
        "心烦",
    ),
}

COMPLICATION = (
    r"\b(?:due to|caused by|associated with|secondary to)\s+(?P<cause>.+)$|"
    r"^(?P<prefix>糖尿病|高血压)(?:性)?(?:肾病|视网膜病变|足|周围神经病变|心脏病)"
)


@dataclass(frozen=True)
class Sensitive:
    """A category that is left out of teaching unless an instructor opts in with a reason."""

    name: str
    pattern: str


SENSITIVE = (
    Sensitive("HIV", r"\bhiv\b|\baids\b|immunodeficiency virus|艾滋病"),
    Sensitive("syphilis and other STI", r"syphilis|gonorrh|chlamydia|genital herpes|梅毒|淋病"),
    Sensitive("tuberculosis", r"tubercul|结核"),
    Sensitive(
        "severe mental disorder", r"schizo|bipolar|psychosis|psychotic|精神分裂|双相|重性精神"
    ),
    Sensitive("suicide and self-harm", r"suicid|self.harm|自杀|自伤"),
    Sensitive(
        "violence and abuse",
        r"^(?!.*(screen|drug|alcohol)).*\babuse(d)?\b|intimate partner|\brape\b|家庭暴力|虐待|性侵",
    ),
    Sensitive(
        "substance use",
        r"^(?!.*screen).*(misuses? drugs|opioid (use|abuse)|drug (abuse|dependence)|吸毒)",
    ),
    Sensitive(
        "pregnancy loss", r"miscarriage|abortion|blighted ovum|stillbirth|流产|死产|终止妊娠"
    ),
    Sensitive("sexual orientation", r"sexual orientation|gender identity"),
)


@dataclass(frozen=True)
class ScoreRule:
    """A problem that a score's value reveals, with the threshold's source."""

    name: str
    title: str
    title_zh: str
    kind: ProblemKind
    pattern: str
    comparison: Comparison
    threshold: float
    origin: str

    def fits(self, name: str, value: float | None) -> bool:
        """Whether a measurement or observation reveals this problem."""
        if value is None or not matches(self.pattern, name):
            return False
        return value >= self.threshold if self.comparison == ">=" else value <= self.threshold


SCORE_RULES = (
    ScoreRule(
        "phq-9>=10",
        "Depressive symptoms (PHQ-9 10 or more)",
        "抑郁症状（PHQ-9≥10分）",
        "psychological",
        r"phq.?9",
        ">=",
        10,
        "PHQ-9: 10 is the lower limit of moderate",
    ),
    ScoreRule(
        "gad-7>=10",
        "Anxiety symptoms (GAD-7 10 or more)",
        "焦虑症状（GAD-7≥10分）",
        "psychological",
        r"gad.?7",
        ">=",
        10,
        "GAD-7: 10 is the lower limit of moderate",
    ),
    ScoreRule(
        "apgar<=6",
        "Family dysfunction (family APGAR 6 or less)",
        "家庭功能障碍（家庭APGAR≤6分）",
        "family",
        # Not its five items, of which none reaches three points.
        r"^(?!.*(\bitem\b|适应度|合作度|成长度|情感度|亲密度)).*"
        r"(family apgar|apgar.*family|家庭.*apgar|家庭关怀度|家庭功能.*(评分|指数))",
        "<=",
        6,
        "Smilkstein: 7-10 functional, 4-6 moderate, 0-3 severe dysfunction",
    ),
)

# Chronic by nature: without an end it stays active, even if nobody has written it down again.
CHRONIC_FAMILIES = frozenset(
    {
        "diabetes",
        "hypertension",
        "lipids",
        "coronary",
        "atrial-fibrillation",
        "heart-failure",
        "stroke",
        "airways",
        "kidney",
        "thyroid",
        "osteoporosis",
        "cognition",
        "epilepsy",
        "gout",
    }
)
CHRONIC = r"\bchronic\b|osteoarthritis|rheumatoid|ulcerative colitis|慢性|骨关节炎|类风湿"

# Findings that some sources keep in the observation table, although they are problems.
OBSERVED_PROBLEM = (
    r"^(body mass index 30\+|lack of access to|transport problems|reports of violence|"
    r"social isolation|limited social contact|unemployed|homeless|lives alone|housing unsatisf|"
    r"risk activity|肥胖$|超重$|独居$)"
)


@dataclass(frozen=True)
class Sameness:
    """Names that are one problem in different words."""

    key: str
    pattern: str


SAME = (
    Sameness(
        "hypertension",
        r"(essential |primary |benign )?(arterial )?hypertens(ion|ive disorder)|"
        r"(原发性)?高血压(病)?",
    ),
    Sameness(
        "type 2 diabetes",
        r"(type (2|ii) )?diabetes( mellitus)?( type (2|ii))?|(2型|Ⅱ型)?糖尿病",
    ),
    Sameness(
        "smoking",
        r"smoking|(nicotine|tobacco) (dependence|use disorder)|smokes tobacco daily|吸烟|"
        r"(尼古丁|烟草)依赖",
    ),
    Sameness("hyperlipidaemia", r"hyperlipida?emia|dyslipida?emia|高脂血症|血脂异常"),
)

CURRENT_SMOKER = (
    r"(?<!never )(?<!ex)\b(current|every day|daily|some day)\b.*smok|smokes|现在吸烟|每天吸烟"
)


@lru_cache(maxsize=1 << 16)
def matches(pattern: str, name: str) -> bool:
    """Whether ``pattern`` is found in ``name``, ignoring case."""
    return _compiled(pattern).search(name) is not None


def sameness_key(title: str) -> str:
    """What two titles have in common when they name one problem."""
    plain = re.sub(r"\s*\((disorder|finding|situation)\)$", "", title.strip(), flags=re.IGNORECASE)
    for rule in SAME:
        if _compiled(rule.pattern).fullmatch(plain):
            return rule.key
    return plain.casefold()


def kind_of(title: str) -> tuple[ProblemKind, str]:
    """Kind of a problem and the name of the rule that decided."""
    for rule in KIND_RULES:
        if matches(rule.pattern, title):
            return rule.kind, rule.name
    return "biological", "no other rule"


def cause_of(title: str) -> str:
    """The cause that a complication's title names; empty if it names none."""
    match = _compiled(COMPLICATION).search(title)
    return (match.group("cause") or match.group("prefix")) if match else ""


@lru_cache(maxsize=65536)
def sensitive_categories(name: str) -> tuple[str, ...]:
    """Names of the sensitive categories that ``name`` falls into."""
    return tuple(rule.name for rule in SENSITIVE if matches(rule.pattern, name))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
