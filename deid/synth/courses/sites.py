"""The county hospital as the courses use it: its departments, and words for what they write."""

from __future__ import annotations

from random import Random

from deid.synth.care_sites import DEPARTMENTS, doctors_of
from deid.synth.people import CareSite, Clinician, Household, Locale
from deid.synth.recording.terms import TERMS
from deid.synth.streams import one_of

_WORDS: dict[str, tuple[str, str]] = {
    "advice.birth": (
        "Rest, breast-feed on demand, keep the wound clean; home visit within a week, check-up "
        "after six weeks.",
        "注意休息，按需哺乳，保持伤口清洁；一周内产后访视，42天复查。",
    ),
    "advice.rest": (
        "Rest at home, finish the medicines, come back at once if it gets worse.",
        "出院后注意休息，按时服药，如有加重及时就诊。",
    ),
    "advice.vascular": (
        "Take the tablets every day, low-salt low-fat diet, no smoking; blood pressure at the "
        "health centre every two weeks.",
        "坚持服药，低盐低脂饮食，戒烟；每两周到社区测血压。",
    ),
    "advice.lungs": (
        "No smoking, use the inhaler every day, flu vaccine in autumn.",
        "戒烟，坚持吸入用药，秋季接种流感疫苗。",
    ),
    "advice.surgery": (
        "Keep the wound dry, no heavy lifting for six weeks, stitches out after ten days.",
        "保持切口干燥，六周内避免重体力劳动，术后十天拆线。",
    ),
    "advice.bone": (
        "Walk with a frame, exercises every day, remove loose rugs; check after six weeks.",
        "助行器辅助行走，每日功能锻炼，家中防滑防跌倒；六周后复查。",
    ),
    "advice.cancer": (
        "Next course as booked; blood count every week, come at once with fever.",
        "按期返院化疗，每周复查血常规，发热立即就诊。",
    ),
    "advice.mind": (
        "Take the medicine under the family's eye; monthly visit by the health centre.",
        "家属监督服药，社区每月随访。",
    ),
    "advice.tuberculosis": (
        "Full course of treatment under supervision, own room, open windows, sputum every month.",
        "全程督导化疗，单独居室，开窗通风，每月复查痰。",
    ),
    "advice.diabetes": (
        "Measure glucose before meals, never skip insulin, carry sugar.",
        "餐前监测血糖，不可自行停用胰岛素，随身携带糖果。",
    ),
    "advice.child": (
        "Plenty of fluids, watch the temperature and the breathing, see the doctor in three days.",
        "多饮水，观察体温和呼吸，三天后复诊。",
    ),
    "reason.uncontrolled": (
        "not controlled at two visits in a row under treatment",
        "连续两次随访控制不满意",
    ),
    "reason.complication": ("new complication of a chronic disease", "出现新的并发症"),
    "reason.adverse": ("adverse reaction that is difficult to manage", "药物不良反应难以控制"),
    "reason.pregnancy": ("pregnancy at risk", "高危妊娠需上级医院进一步检查"),
    "reason.child": ("growth or development needs a specialist", "生长发育异常需进一步评估"),
    "reason.mood": ("low mood with a high score of the scale", "情绪量表评分高，需专科评估"),
    "reason.mental": ("state of mind not stable", "精神症状不稳定"),
    "reason.other": ("needs examination that is not possible here", "需进一步检查，本院条件有限"),
    "outcome.seen": (
        "examined, treatment adjusted, follow-up at the health centre",
        "已检查并调整治疗方案，回社区继续随访",
    ),
    "outcome.stay": (
        "stay in hospital ended, care goes back to the health centre",
        "住院治疗结束，病情稳定，转回社区继续管理",
    ),
    "rehabilitation.vascular": (
        "physiotherapy, blood pressure and tablets at the health centre, exercise within limits",
        "康复训练，社区监测血压并督促服药，适度活动",
    ),
    "rehabilitation.common": (
        "continue the medicines, visit of the health centre within two weeks",
        "继续服药，两周内社区随访",
    ),
    "consultation.drugs": (
        "several drugs at once; is the combination safe and can it be simplified?",
        "多药联用，请会诊评估用药方案能否简化",
    ),
    "consultation.pressure": (
        "blood pressure stays high on two drugs; please advise",
        "两种药物下血压仍高，请会诊",
    ),
    "consultation.glucose": (
        "glucose stays high; when to begin insulin?",
        "血糖控制不佳，是否启用胰岛素，请会诊",
    ),
    "consultation.mind": (
        "low mood beside a bodily disease; please advise",
        "躯体疾病伴情绪低落，请会诊",
    ),
    "consultation.stay": (
        "in hospital with a second disease; please see the patient",
        "住院患者合并其他系统疾病，请会诊",
    ),
    "opinion.drugs": (
        "one drug stopped, the rest in the lowest effective dose; check the kidneys in a month",
        "停用一种药物，其余予最低有效剂量，一月后复查肾功能",
    ),
    "opinion.pressure": (
        "add a third drug, look for kidney disease and sleep apnoea, salt under 5 g a day",
        "加用第三种降压药，排查肾脏疾病及睡眠呼吸暂停，限盐5g/日",
    ),
    "opinion.glucose": (
        "begin basal insulin at bedtime, teach injection, fasting glucose every day",
        "睡前加用基础胰岛素，指导注射，每日监测空腹血糖",
    ),
    "opinion.mind": (
        "sertraline in a low dose, talk every two weeks, ask about suicide each time",
        "小剂量舍曲林，每两周面谈一次，每次询问自杀意念",
    ),
    "opinion.stay": (
        "agree with the treatment; repeat the laboratory after a week",
        "同意目前治疗，一周后复查化验",
    ),
    "purpose.discharge": ("after the stay in hospital", "出院后随访"),
    "purpose.medicines": ("check of the medicines", "用药核查"),
    "purpose.missed": ("missed follow-up", "未按期随访，电话提醒"),
    "purpose.bereavement": ("visit after a death in the family", "丧亲慰问与心理支持"),
    "purpose.frail": ("yearly visit to a frail person", "高龄体弱老人入户巡访"),
}


def words(locale: Locale, key: str) -> str:
    """A phrase in the language of the place, or the name of a term of the vocabulary."""
    if key in _WORDS:
        return _WORDS[key][1 if locale == "zh_CN" else 0]
    term = TERMS[key]
    return term.zh if locale == "zh_CN" else term.en


def hospital_of(household: Household) -> CareSite:
    """The hospital that serves the household's county."""
    hospital = household.site.hospital
    if hospital is None:
        raise ValueError(f"care site {household.site.care_site_id} has no hospital")
    return hospital


def department(hospital: CareSite, name: str, stream: Random) -> Clinician:
    """One of the doctors of a department."""
    return one_of(stream, doctors_of(hospital, name))


__all__ = ["DEPARTMENTS", "department", "hospital_of", "words"]
