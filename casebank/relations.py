"""Which drugs and measurements belong to which problems: one small table, read by people too.

A relation says: a problem whose title matches ``problem`` is what a drug matching ``drug`` is given
for and a measurement matching ``measurement`` follows. It links entries of a record; it never adds
any. Names are matched, not codes, so that it works alike on RxNorm, LOINC, SNOMED and ICD names, on
local names and in both languages. The pairs are those of common formularies and of the forms of
the national basic public health service (hypertension, type 2 diabetes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache


@dataclass(frozen=True)
class Relation:
    """One family of problems, with what treats it and what follows it."""

    key: str
    problem: str
    drug: str = ""
    measurement: str = ""

    def fits(self, part: str, name: str) -> bool:
        """Whether ``name`` matches the pattern of ``part``: problem, drug or measurement."""
        pattern = getattr(self, part)
        return bool(pattern) and _compiled(pattern).search(name) is not None


_OPIOID = r"hydrocodone|oxycodone|morphine|tramadol|meperidine|吗啡|曲马多"
_NSAID = r"acetaminophen|paracetamol|ibuprofen|naproxen|diclofenac|celecoxib|meloxicam"
_PAIN_ZH = r"对乙酰氨基酚|布洛芬|双氯芬酸|塞来昔布|萘普生"
_ANTIBIOTIC = (
    r"amoxicillin|penicillin|ampicillin|cef\w+|azithromycin|clarithromycin|doxycycline|"
    r"levofloxacin|ciprofloxacin|阿莫西林|青霉素|头孢|阿奇霉素|左氧氟沙星"
)
_ALLERGEN = r"\bIgE\b|过敏原"

RELATIONS = (
    Relation(
        "diabetes",
        r"diabet|\bt?[12]?dm2?\b|hyperglyc|impaired glucose|糖尿病|血糖升高|糖耐量",
        r"metformin|gliclazide|glipizide|glimepiride|glyburide|insulin|acarbose|\w+gliptin|"
        r"\w+gliflozin|\w+glutide|pioglitazone|二甲双胍|格列|胰岛素|阿卡波糖|列汀|列净|鲁肽",
        r"glucose|a1c|microalbumin|foot|retinop|血糖|糖化血红蛋白|微量白蛋白|足背动脉",
    ),
    Relation(
        "hypertension",
        r"hypertensi(on|ve)|\bhtn\b|elevated blood pressure|高血压|血压升高",
        r"amlodipine|nifedipine|felodipine|\w+opril\b|\w+sartan|hydrochlorothiazide|indapamide|"
        r"metoprolol|bisoprolol|atenolol|氨氯地平|硝苯地平|非洛地平|普利|沙坦|氢氯噻嗪|吲达帕胺|美托洛尔|"
        r"比索洛尔",
        r"blood pressure|\bbp\b|systolic|diastolic|血压|收缩压|舒张压",
    ),
    Relation(
        "lipids",
        r"hyperlipid|hypercholesterol|hypertriglycerid|dyslipid|metabolic syndrome|"
        r"高脂血症|血脂异常",
        r"\w+statin\b|fenofibrate|ezetimibe|他汀|非诺贝特|依折麦布",
        r"cholesterol|triglycerid|\bldl\b|\bhdl\b|胆固醇|甘油三酯|血脂",
    ),
    Relation(
        "coronary",
        r"coronary|ischemic heart|myocardial infarction|\bangina|cardiac arrest|冠心病|冠状动脉|"
        r"心肌梗|心绞痛",
        r"aspirin|clopidogrel|nitroglycerin|isosorbide|\w+statin\b|metoprolol|amiodarone|阿司匹林|"
        r"氯吡格雷|硝酸甘油|他汀|美托洛尔",
        r"troponin|natriuretic|electrocardiogra|肌钙蛋白|心电图",
    ),
    Relation(
        "atrial-fibrillation",
        r"atrial fibrillation|心房颤动|房颤",
        r"warfarin|digoxin|verapamil|diltiazem|\w+xaban|华法林|地高辛|沙班",
        r"\binr\b|prothrombin|electrocardiogra|heart rate|凝血|心率|心电图",
    ),
    Relation(
        "heart-failure",
        r"heart failure|心力衰竭|心衰",
        r"furosemide|spironolactone|\w+opril\b|sacubitril|carvedilol|digoxin|呋塞米|螺内酯|地高辛",
        r"natriuretic|ejection|body weight|利钠肽|射血|体重",
    ),
    Relation(
        "stroke",
        r"cerebrovascular|stroke|cerebral infarct|transient ischemic|脑卒中|脑梗|脑血管|中风",
        r"aspirin|clopidogrel|alteplase|\w+statin\b|阿司匹林|氯吡格雷|他汀",
    ),
    Relation(
        "airways",
        r"asthma|emphysema|obstructive (pulmonary|lung|bronch)|\bcopd\b|emphysematous|哮喘|慢阻肺|"
        r"阻塞性肺|肺气肿|慢性支气管炎",
        r"albuterol|salbutamol|salmeterol|fluticasone|budesonide|tiotropium|montelukast|沙丁胺醇|布地奈德|"
        r"噻托溴铵|沙美特罗|茶碱",
        r"fev1|spirometry|respiratory function|peak flow|oxygen saturation|肺功能|血氧",
    ),
    Relation(
        "respiratory-infection",
        r"sinusitis|pharyngitis|bronchitis|sore throat|otitis|pneumonia|tonsil|covid|influenza|"
        r"upper respiratory|\buri\b|common cold|"
        r"上呼吸道感染|感冒|咽炎|支气管炎|肺炎|鼻窦炎|扁桃体|流感",
        rf"{_ANTIBIOTIC}|dextromethorphan|acetaminophen|感冒|止咳|右美沙芬",
        r"temperature|throat culture|respiratory rate|leukocyte|white blood|体温|白细胞|咽拭子",
    ),
    Relation(
        "urinary-infection",
        r"urinary tract|cystitis|pyelonephritis|尿路感染|膀胱炎|肾盂肾炎",
        rf"nitrofurantoin|phenazopyridine|trimethoprim|{_ANTIBIOTIC}|呋喃妥因",
        r"urine (culture|protein|leuk)|bacteria.*urine|尿常规|尿培养",
    ),
    Relation(
        "kidney",
        r"kidney disease|renal (failure|insuff)|nephropathy|慢性肾|肾功能|肾病",
        r"\w+opril\b|\w+sartan|erythropoietin|普利|沙坦",
        r"creatinine|urea|glomerular|\begfr\b|microalbumin|肌酐|尿素|肾小球|微量白蛋白",
    ),
    Relation(
        "thyroid",
        r"thyroid|甲状腺|甲亢|甲减",
        r"levothyroxine|methimazole|propylthiouracil|左甲状腺素|甲巯咪唑",
        r"thyrotropin|thyroxine|\btsh\b|促甲状腺|甲状腺素",
    ),
    Relation(
        "anaemia",
        r"an(a?)emia|hemorrhage|贫血|出血",
        r"ferrous|iron\b|vitamin b ?12|cyanocobalamin|folic|硫酸亚铁|叶酸|铁剂",
        r"^(?!.*a1c).*h[ae]+moglobin|hematocrit|erythrocyte|\bmcv\b|血红蛋白|红细胞",
    ),
    Relation(
        "musculoskeletal",
        r"osteoarth|arthritis|back pain|neck pain|arthralgia|关节炎|腰痛|颈椎|腰椎|关节痛|骨关节",
        rf"{_NSAID}|{_OPIOID}|{_PAIN_ZH}|glucosamine|methotrexate|氨基葡萄糖|甲氨蝶呤",
        r"pain severity|pain .*(score|scale)|疼痛评分",
    ),
    Relation(
        "injury",
        r"sprain|fracture|laceration|injury|concussion|whiplash|burn|wound|tear of|rupture of|"
        r"扭伤|骨折|外伤|挫伤|烧伤|裂伤",
        rf"{_NSAID}|{_OPIOID}|{_PAIN_ZH}",
    ),
    Relation(
        "osteoporosis",
        r"osteopor|骨质疏松",
        r"alendron|\w+dronate|calcium|vitamin d|colecalciferol|阿仑膦|钙片|碳酸钙|骨化三醇",
        r"bone density|t-score|\bdxa\b|calcium|骨密度|血钙",
    ),
    Relation(
        "gout",
        r"\bgout|hyperuric|痛风|高尿酸",
        r"allopurinol|febuxostat|colchicine|别嘌醇|非布司他|秋水仙碱",
        r"urate|uric acid|尿酸",
    ),
    Relation(
        "upper-gut",
        r"peptic ulcer|gastritis|esophagitis|reflux|gastric|消化性溃疡|胃炎|胃食管反流|胃溃疡",
        r"omeprazole|\w+prazole\b|famotidine|ranitidine|拉唑|法莫替丁|铝碳酸镁",
        r"helicobacter|幽门螺杆菌|碳13|碳14",
    ),
    Relation(
        "allergy",
        r"allerg|atopic|eczema|contact dermatitis|过敏|湿疹|皮炎",
        r"loratadine|cetirizine|diphenhydramine|chlorpheniramine|epinephrine|hydrocortisone|"
        r"astemizole|氯雷他定|西替利嗪|扑尔敏|氢化可的松",
        _ALLERGEN,
    ),
    Relation(
        "depression",
        r"depress|low mood|抑郁|情绪低落",
        r"sertraline|fluoxetine|citalopram|paroxetine|venlafaxine|mirtazapine|duloxetine|"
        r"舍曲林|氟西汀|西酞普兰|帕罗西汀|文拉法辛|米氮平",
        r"\bphq\b|phq-|patient health questionnaire|depression s|\bgds\b|抑郁",
    ),
    Relation(
        "anxiety",
        r"anxi|panic|stress|insomnia|焦虑|惊恐|失眠|压力",
        r"diazepam|lorazepam|alprazolam|buspirone|zolpidem|地西泮|阿普唑仑|劳拉西泮|佐匹克隆|唑吡坦",
        r"gad-7|anxiety disorder|stress level|焦虑",
    ),
    Relation(
        "cognition",
        r"alzheimer|dementia|cognitive impair|痴呆|阿尔茨海默|认知",
        r"donepezil|memantine|galantamine|rivastigmine|多奈哌齐|美金刚",
        r"\bmmse\b|mini.?mental|简易智力|认知功能",
    ),
    Relation(
        "epilepsy",
        r"epilep|seizure|癫痫",
        r"carbamazepine|valpro|levetiracetam|phenytoin|卡马西平|丙戊酸|左乙拉西坦",
    ),
    Relation(
        "weight",
        r"obes|overweight|body mass index 30|肥胖|超重",
        r"orlistat|奥利司他",
        r"body weight|body mass|waist|体重|腰围|\bbmi\b",
    ),
    Relation(
        "smoking",
        r"smok|tobacco|nicotine|吸烟|烟草",
        r"varenicline|nicotine|bupropion|伐尼克兰|尼古丁",
        r"smoking|cigarette|吸烟",
    ),
    Relation(
        "alcohol",
        r"alcohol|饮酒|酒精",
        r"naltrexone|disulfiram",
        r"audit-c|alcohol|饮酒",
    ),
    Relation(
        "pregnancy",
        r"pregnan|antenatal|妊娠|孕",
        r"folic|prenatal|叶酸",
        r"fetal|fundal|gestation|胎心|宫高|孕周",
    ),
    Relation(
        "bowel",
        r"ulcerative colitis|crohn|diverticul|polyp of colon|constipation|"
        r"溃疡性结肠炎|肠炎|便秘|结肠息肉",
        r"mesalazine|sulfasalazine|prednisone|lactulose|美沙拉|柳氮磺|乳果糖",
        r"colonoscop|occult blood|大便潜血|肠镜",
    ),
    Relation(
        "attention",
        r"attention deficit|注意缺陷|多动",
        r"methylphenidate|atomoxetine|哌甲酯|托莫西汀",
    ),
    Relation(
        "prostate",
        r"prostat|前列腺",
        r"tamsulosin|finasteride|坦索罗辛|非那雄胺",
        r"prostate.specific|\bpsa\b|前列腺特异",
    ),
)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@lru_cache(maxsize=65536)
def families(part: str, name: str) -> frozenset[str]:
    """Keys of the relations whose pattern for ``part`` matches ``name``."""
    return frozenset(relation.key for relation in RELATIONS if relation.fits(part, name))


def related(part: str, name: str, titles: dict[int, str]) -> tuple[int, ...]:
    """Numbers of the problems in ``titles`` that a drug or measurement called ``name`` serves."""
    mine = families(part, name)
    if not mine:
        return ()
    return tuple(number for number, title in titles.items() if mine & families("problem", title))
