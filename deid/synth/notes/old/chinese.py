"""Chinese notes: sentences are drawn from pools, some terse, some long, none in every note."""

from __future__ import annotations

from random import Random

from deid.synth.notes.old.mentions import Mentions
from deid.synth.notes.old.text import Note, Writer
from deid.synth.people import Household
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form, Prescription, Visit
from deid.vocabulary import load_terms

TITLES = {
    "hypertension": ("高血压患者随访服务记录表", "高血压随访"),
    "diabetes": ("2型糖尿病患者随访服务记录表", "糖尿病随访"),
    "examination": ("健康体检表", "年度健康体检小结"),
    "contact": ("接诊记录表", "接诊记录"),
    "telephone": ("电话随访记录",),
    "basic information": ("个人基本信息表", "建档记录"),
}
HEADS = (
    "{title}\n姓名：{patient}　性别：{sex}　编号：{record}\n日期：{date}　{site}\n",
    "{title}\n姓名：{patient}　出生日期：{birth}　档案编号：{record}\n",
    "{date} {title}。{patient}，{sex}，{age}。\n",
    "{title}　{date}\n居民{patient}，身份证号{card}。\n",
    "{patient}（{record}），{sex}，{age}，{date}就诊。\n",
    "{site}{title}\n患者{patient}，{sex}，{age}，住{address}。\n",
)
TAILS = (
    "\n随访医生签名：{doctor}", "\n医生：{doctor}　{date}", "\n记录人：{doctor}",
    "\n{site}　{doctor}", "\n责任医生{doctor}",
)  # fmt: skip
SYMPTOM = {
    "headache": "头痛", "dizziness": "头晕", "palpitation": "心慌", "tinnitus": "耳鸣",
    "leg swelling": "下肢浮肿", "thirst": "口干多饮", "frequent urination": "尿频",
    "blurred vision": "视物模糊", "numb feet": "双足麻木", "weight loss": "消瘦",
    "runny nose": "流涕", "sore throat": "咽痛", "cough": "咳嗽", "phlegm": "咳痰",
    "fever": "发热", "muscle pain": "肌肉酸痛", "short of breath": "气促",
    "burning on urination": "尿痛", "constipation": "便秘", "itchy rash": "皮疹瘙痒",
    "sneezing": "打喷嚏", "low back pain": "腰痛", "knee pain": "膝关节疼痛",
    "stomach ache": "上腹痛", "heartburn": "烧心", "pain in the big toe": "足趾红肿疼痛",
    "poor sleep": "睡眠差", "low mood": "情绪低落", "worry": "紧张担心", "tiredness": "乏力",
    "chest tightness": "胸闷", "weakness of one side": "一侧肢体无力", "forgetfulness": "健忘",
}  # fmt: skip
WELL = (
    "主诉：无不适。", "S：{patient_short}自觉良好，无明显不适。",
    "自述与上次随访相仿，无新发症状。",
    "{patient_short}精神可，饮食睡眠正常。", "症状：无症状。", "本次无特殊不适，大小便正常。",
)  # fmt: skip
ILL = (
    "S：{symptoms}{days}天。", "主诉：{symptoms}。",
    "{patient_short}诉{symptoms}，已{days}天，休息后无明显缓解。",
    "症状：{symptoms}。", "近{days}天来{symptoms}，{patient_short}未予重视。",
    "因{symptoms}{days}天来诊。",
)  # fmt: skip
KIN = (
    "{kin}陪同。", "由{kin}代诉病情。", "联系人：{kin}，电话{kin_phone}。",
    "{kin}（{kin_phone}）要求告知结果。",
    "与{kin}同住。", "电话{kin_phone}联系{kin}核实用药。",
)  # fmt: skip
ASIDES = (
    "本人电话{phone}。", "现住址：{address}。", "身份证{card}已核对。", "医保卡号{insurance}。",
    "家住{town}，步行来诊。", "电话改为{phone}。",
)  # fmt: skip
ADHERENCE = {
    "ADHERENCE_REGULAR": ("服药依从性：规律。", "按时服药。", "每日规律服药，未漏服。"),
    "ADHERENCE_INTERMITTENT": (
        "服药依从性：间断。",
        "时服时停，自述“不难受就不吃”。",
        "经常漏服。",
    ),
    "ADHERENCE_NONE": ("服药依从性：不服药。", "已自行停药。", "拒绝服药，担心副作用。"),
}
CLASS = {
    "CLASS_CONTROLLED": ("控制满意",),
    "CLASS_UNCONTROLLED": ("控制不满意", "控制不佳（控制不满意）"),
    "CLASS_ADVERSE_REACTION": ("不良反应",),
    "CLASS_COMPLICATION": ("并发症",),
}
CHANGE = {
    "kept": ("继续原方案治疗。", "原方案不变。", "维持目前用药。", "嘱坚持服药。"),
    "added": ("加用{last_drug}。", "调整用药：加{last_drug}。", "在原方案上加{last_drug}。"),
    "referred": ("建议转上级医院诊治。", "转诊至县医院，两周内随访。", "开具转诊单。"),
    "switched": ("考虑药物不良反应，拟换药。", "停用可疑药物，两周后复查。"),
    "none": ("对症处理。", "嘱多饮水，注意休息。", "不适随诊。"),
}
NEXT = (
    "下次随访日期：{next}。",
    "预约{next}随访。",
    "{next}复诊。",
    "{next}复查，届时电话{phone}通知。",
)
TALK = {
    "BEREAVEMENT_SPOUSE": ("老伴去世后独自在家，常常流泪", "丧偶不久，心里空落"),
    "CAREGIVER_BURDEN": ("长期照料家中病人，身心疲惫", "夜间要照顾病人，睡不好"),
    "FINANCIAL_HARDSHIP": ("家庭经济困难，药费负担重", "收入少，常舍不得买药"),
    "FAMILY_CONFLICT": ("家中常有争吵", "与家人关系紧张"),
    "UNEMPLOYMENT_PROBLEM": ("失业在家，心烦", "厂里裁员后一直没找到工作"),
    "HAZARDOUS_DRINKING": ("近来饮酒增多", "几乎每晚饮酒"),
}
ENGLISH_MIX = (" BP控制目标<140/90。", " 心肺(-)。", " ECG未见明显异常。", " 复查FPG。", "")
ADVICE = ("合理膳食，适当运动。", "定期复查。", "纳入健康管理。", "每年体检一次。")
COMFORT = ("耐心倾听，心理疏导。", "已告知村委会，给予帮扶。", "两周后再次联系。",
           "健康教育并给予支持。")  # fmt: skip
TERMS = {term.key: term for term in load_terms()}


def write(
    stream: Random, mentions: Mentions, household: Household, visit: Visit, form: Form
) -> Note:
    """One note for one form of a visit."""
    resident = visit.resident
    title = one_of(stream, TITLES.get(form.kind, (form.kind,)))
    mentions.set(
        title=title,
        sex="男" if resident.sex == "M" else "女",
        days=str(stream.randrange(2, 15)),
        symptoms="、".join(SYMPTOM.get(symptom, symptom) for symptom in form.symptoms),
        last_drug=_drug(form.drugs[-1]) if form.drugs else "",
    )
    writer = Writer()
    writer.add(one_of(stream, HEADS), mentions)
    _subjective(stream, writer, mentions, form, visit)
    writer.add("\n" + _objective(stream, form))
    _assessment(stream, writer, mentions, form)
    writer.add(one_of(stream, TAILS), mentions)
    return writer.note(title)


def _subjective(
    stream: Random, writer: Writer, mentions: Mentions, form: Form, visit: Visit
) -> None:
    resident = visit.resident
    if form.event in TALK:
        writer.add("S：{patient_short}" + one_of(stream, TALK[form.event]) + "。", mentions)
    else:
        writer.add(one_of(stream, ILL if form.symptoms else WELL), mentions)
    if "DRUG_ADHERENCE" in form.answers and happens(stream, 0.85):
        writer.add(one_of(stream, ADHERENCE[form.answers["DRUG_ADHERENCE"]]))
    if mentions.kin is not None and happens(stream, 0.4):
        writer.add(one_of(stream, KIN if mentions.kin.phone else KIN[:2]), mentions)
    if resident.employer and happens(stream, 0.12):
        writer.add("在{employer}上班。", mentions)
    if resident.phone and happens(stream, 0.25):
        writer.add(one_of(stream, ASIDES), mentions)
    if resident.cigarettes and happens(stream, 0.5):
        writer.add(f"吸烟{resident.cigarettes}支/日。")
    if resident.liang and happens(stream, 0.5):
        writer.add(f"饮酒{resident.liang:.0f}两/日。")


def _objective(stream: Random, form: Form) -> str:
    readings = form.readings
    parts = []
    if "SYSTOLIC_BP" in readings:
        label = one_of(stream, ("血压", "BP", "Bp"))
        unit = one_of(stream, ("mmHg", "mmHg", ""))
        parts.append(f"{label}{readings['SYSTOLIC_BP']:.0f}/{readings['DIASTOLIC_BP']:.0f}{unit}")
    if "HEART_RATE" in readings:
        parts.append(f"心率{readings['HEART_RATE']:.0f}次/分")
    if "BODY_TEMPERATURE" in readings:
        parts.append(f"T{readings['BODY_TEMPERATURE']:.1f}℃")
    if "BODY_WEIGHT" in readings:
        parts.append(f"体重{readings['BODY_WEIGHT']:.1f}kg")
    if "BMI" in readings:
        parts.append(f"BMI {readings['BMI']:.1f}")
    for key, labels, decimals in _LABS:
        if key in readings:
            parts.append(f"{one_of(stream, labels)}{readings[key]:.{decimals}f}")
    for key, label in (("PHQ_9", "PHQ-9"), ("GAD_7", "GAD-7"), ("MMSE", "MMSE")):
        if key in form.amounts:
            parts.append(f"{label} {form.amounts[key]:.0f}分")
    if not parts:
        return one_of(stream, ("O：未查体。", "O：电话随访。", "查体：略。"))
    tail = one_of(stream, ("", "双肺呼吸音清。", "心律齐。", "双下肢无浮肿。", "神志清。"))
    return one_of(stream, ("O：", "查体：", "体征：", "")) + "，".join(parts) + "。" + tail


_LABS = (
    ("FASTING_GLUCOSE", ("空腹血糖", "FPG "), 1), ("HBA1C", ("糖化血红蛋白", "HbA1c "), 1),
    ("CHOLESTEROL", ("总胆固醇", "TC "), 2), ("TRIGLYCERIDE", ("甘油三酯", "TG "), 2),
    ("CREATININE", ("肌酐", "Cr "), 0), ("URIC_ACID", ("尿酸",), 0),
    ("ALT", ("谷丙转氨酶", "ALT "), 0),
    ("HEMOGLOBIN", ("血红蛋白", "Hb "), 0),
)  # fmt: skip


def _assessment(stream: Random, writer: Writer, mentions: Mentions, form: Form) -> None:
    names = [TERMS[key].zh for key in form.diagnoses[:6]]
    if form.diagnoses == ("ESSENTIAL_HYPERTENSION",):
        names = [one_of(stream, ("高血压", "原发性高血压", "高血压病"))]
    if form.diagnoses == ("TYPE_2_DIABETES",):
        names = [one_of(stream, ("2型糖尿病", "糖尿病", "T2DM"))]
    text = "；".join(names) or one_of(stream, ("未见明显异常", "体检无异常"))
    writer.add(f"\n{one_of(stream, ('A：', '评估：', '初步诊断：', '印象：'))}{text}。")
    written = form.answers.get("FOLLOW_UP_CLASS")
    if written is not None:
        writer.add(f"此次随访分类：{one_of(stream, CLASS[written])}。")
    if form.event in TERMS and form.event not in form.diagnoses:
        writer.add(f"新发：{TERMS[form.event].zh}。")
    label = one_of(stream, ("\nP：", "\n处理：", "\n处置："))
    writer.add(label)
    if form.kind in {"examination", "basic information"}:
        writer.add(one_of(stream, ADVICE))
    elif form.event in TALK:
        writer.add(one_of(stream, COMFORT))
    else:
        writer.add(one_of(stream, CHANGE[form.change]), mentions)
    if form.drugs and happens(stream, 0.9):
        writer.add("用药：" + "；".join(_drug(drug) for drug in form.drugs) + "。")
    if happens(stream, 0.2):
        writer.add(one_of(stream, ENGLISH_MIX))
    if form.next_day is not None:
        mentions.set(next=mentions.on(form.next_day))
        writer.add(one_of(stream, NEXT), mentions)


def _drug(drug: Prescription) -> str:
    name = TERMS[drug.drug].zh.split("片")[0].split("胶囊")[0]
    often = {1: "qd", 2: "bid", 3: "tid", 4: "qid"}[drug.times_a_day]
    return f"{name}{drug.dose.replace(' ', '')} {often}"
