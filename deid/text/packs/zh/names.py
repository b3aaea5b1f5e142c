# ruff: noqa: E501 -- an expression or a word list is read whole
"""Finds names in Chinese notes without knowing the patient: labels, kin words, titles, surnames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.packs.zh.context import LABELS
from deid.text.packs.zh.lexicon import KIN, STRONG_TITLES, given_characters, surnames
from deid.text.packs.zh.words import ORDINARY

_FOREIGN = r"[\u4e00-\u9fff]{1,6}(?:·[\u4e00-\u9fff]{1,7}){1,3}"
_END = r"(?:$|[,，。.;；、()（）\s:：!?？！\"”]|[^\u4e00-\u9fff])"
# What follows a name in running text: verbs and roles, so that the name does not swallow them.
_FOLLOWERS = ["陪同", "陪护", "陪伴", "代签", "代诉", "代述", "诉", "自述", "说", "表示", "认为", "要求", "来诊", "来院", "就诊", "手机", "电话", "联系", "身份证", "住院", "男", "女", "的", "在", "与", "和", "及", "已", "为", "因", "于", "每", "向", "由", "将", "曾", "现", "今年", "患", "系", "是", "有", "旁听", "签名", "签字", "主任", "医生", "医师", "大夫", "护士", "老师", "先生", "女士", "同志", "等", "共同", "参加", "报告", "告知", "通知", "到", "去", "从", "对", "给", "称", "述", "拒绝", "同意", "照顾", "照护", "接送", "护送", "负责", "微信", "就职", "务工", "打工", "上班", "工作", "汇报", "随访", "家访", "家中", "介绍", "建议", "未", "无", "也", "都", "又", "并", "叫", "陈述", "确诊", "出现"]
_BAD_SECOND = set(
    "者员人科室院诊床号区县市省镇乡村路楼层组班级型期度位次日月年天时分秒的了着过是有在和与及或"
)
_NOT_NAMES = frozenset(
    ["医生", "医师", "护士", "家属", "本人", "患者", "病人", "签名", "签字", "姓名", "无", "不详", "未知", "拒绝", "同上", "配偶", "父亲", "母亲", "儿子", "女儿", "丈夫", "妻子", "负责", "方式", "电话", "联系", "同意", "时间", "日期", "地址", "关系", "已婚", "未婚", "离异", "丧偶", "体健", "健在", "已故", "均体", "高血", "糖尿", "高血压", "糖尿病", "冠心病", "患有", "否认", "身体", "年龄", "性别", "民族", "汉族", "职业", "单位", "意见", "要求", "陪同", "代签", "代诉", "知情", "告知", "和睦", "均体健", "有高血", "患高血", "有糖尿", "患糖尿", "健康", "因病", "病故", "去世", "车祸", "外出", "务工", "白班", "夜班", "常规", "常住", "平时", "时有", "多次", "经常", "全天", "全家", "全部", "连续", "温度", "成人", "成员", "应答", "应注", "项目", "计划", "方案", "程度", "安排", "任何", "万一", "关系", "关心", "费用", "单独", "严重", "包括", "和其", "双方", "双侧", "高度", "高危", "高热", "高烧", "水肿", "马上", "黄染", "黄疸", "白色", "青紫", "常见", "何时", "何种", "时常", "时间", "明确", "明显", "时候", "平卧", "支持", "支气", "房颤", "甘油", "谷丙", "车辆", "解释", "解除", "危险", "严格", "易怒", "简单", "单纯", "于今", "于是", "于昨", "成年", "经治", "经过", "后续", "应当", "应用", "沈阳", "江苏", "安徽", "曾患", "曾有", "曾于", "曾经", "汤药", "双肺", "双眼", "温水", "单位名", "管理", "管床", "左侧", "左右", "左手", "宫颈", "居住", "同住", "同事", "监护", "照顾", "照护", "家庭", "保健", "体检", "评估", "记录", "编号", "随访", "访视", "检查", "诊断", "处理", "指导", "教育", "用药", "服药", "血压", "血糖", "心率", "呼吸"]
)


@cache
def _surname_class() -> str:
    single = "".join(sorted(name for name in surnames() if len(name) == 1))
    double = "|".join(sorted(name for name in surnames() if len(name) == 2))
    return rf"(?:{double}|[{single}])"


@cache
def _expressions() -> dict[str, re.Pattern[str]]:
    surname = _surname_class()
    han = r"[\u4e00-\u9fff]"
    titles = "|".join(sorted(STRONG_TITLES, key=len, reverse=True))
    kin = "|".join(sorted((k for k in KIN if len(k) > 1), key=len, reverse=True))
    labels = "|".join(sorted(LABELS, key=len, reverse=True))
    followers = "|".join(sorted(_FOLLOWERS, key=len, reverse=True))
    after = rf"(?=$|[^\u4e00-\u9fff]|{followers}|{titles})"
    name = rf"(?:{_FOREIGN}|{surname}{han}{{1,2}}?|{surname})"
    full = rf"(?:{_FOREIGN}|{surname} ?{han} ?{han}?)"
    return {
        # 姓名：王秀兰 — a label with a colon takes what stands there, surname or not.
        "zh.name.label": re.compile(
            rf"(?:姓名|签名|签字|(?:{labels}))(?:[（(][^）)\n]{{1,8}}[）)])?[:：]\s*(?P<n>{_FOREIGN}|{full}(?={_END})|{surname}{han}{{1,2}}?{after}|{surname}(?={_END})|{surname}(?={titles}))"
        ),
        "zh.name.role": re.compile(
            rf"(?:{kin}|{labels})(?:[（(][^）)\n]{{1,6}}[）)])?[ \"“]?(?P<n>{_FOREIGN}|{surname}{han}{{1,2}}?{after}|{surname}(?={titles}))"
        ),
        "zh.name.title": re.compile(rf"(?P<n>{surname}{han}{{0,2}}?)(?:副)?(?:{titles})"),
        "zh.name.prefix": re.compile(
            rf"(?<![大中最很从缩减变年])(?:小|老|阿)(?P<n>{surname})(?=$|[^\u4e00-\u9fff]|头|{followers})"
        ),
        "zh.name.before_bracket": re.compile(
            rf"(?<![\u4e00-\u9fff])(?P<n>{surname}{han}{{1,2}})(?=[（(](?:{kin}|女|男|妻|夫|父|母|子|兄|弟|姐|妹|配偶|电话|\d{{7,}}))"
        ),
        "zh.name.sex": re.compile(
            rf"(?<![\u4e00-\u9fff])(?P<n>{full})(?=[,，、\s　]{{1,3}}[男女](?:[,，。\s　]|$))"
        ),
        "zh.name.foreign": re.compile(rf"(?P<n>{_FOREIGN})"),
        "zh.name.listed": re.compile(rf"(?<=[、，：,:])(?P<n>{full})(?=[、（(]|等)"),
        "zh.name.nickname": re.compile(
            rf"(?:小名|乳名|昵称|绰号|外号|人称)[:：\"“]?(?P<n>{han}{{2,3}})(?={_END})"
        ),
        "zh.name.line_start": re.compile(
            rf"(?m)^(?P<n>{full})(?=[,，\s　]{{1,3}}(?:[男女]|\d{{1,3}}岁))"
        ),
        "zh.name.pinyin_label": re.compile(
            r"(?:姓名|拼音|患者)[:：]?\s?(?P<n>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){1,2})"
        ),
    }


class NameAnnotator:
    """Names by label, kin word, title and prefix; names so found are looked for again."""

    name = "zh.names"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of people; titles and kin words stay outside."""
        plain = document.plain
        found: list[Mention] = []
        for detector, expression in _expressions().items():
            for match in expression.finditer(plain):
                start, end = match.span("n")
                if _is_name(plain, start, end, detector):
                    found.append(Mention(start, end, SpanType.NAME, Strength.LABELLED, detector))
        yield from found
        yield from _repeated(plain, found)


def _is_name(plain: str, start: int, end: int, detector: str) -> bool:
    text = plain[start:end].replace(" ", "")
    if "·" in text or text.isascii():
        return True
    if text in _NOT_NAMES or (detector != "zh.name.nickname" and len(text) > 4):
        return False
    if len(text) > 1 and any(c in _BAD_SECOND for c in text[1:]):
        return False
    strict = detector in {"zh.name.title", "zh.name.role", "zh.name.listed"}
    if strict and len(text) > 1:
        given = text[2:] if text[:2] in surnames() and len(text) > 2 else text[1:]
        if text in ORDINARY and detector != "zh.name.role":
            return False
        if not all(c in given_characters() for c in given):
            return False
    if detector == "zh.name.title" and start and len(text) <= 2:
        # 主治医师 and 全科医生 begin with surnames too; a title needs a clause before the name.
        before = plain[max(0, start - 2) : start]
        if (
            len(text) == 1
            and plain[start - 1] in "主副总全专住首接随转责本内外妇儿骨眼科级任诊查任高"
        ):
            return text not in "任" and plain[start - 1] not in "主副总全专住首责级"
        if text == "任" and before.endswith(("主", "责", "担")):
            return False
    return True


def _repeated(plain: str, found: list[Mention]) -> Iterator[Mention]:
    values = {plain[m.start : m.end] for m in found}
    for value in values:
        if len(value) < 2 or value in ORDINARY:
            continue
        place = plain.find(value)
        while place >= 0:
            yield Mention(
                place, place + len(value), SpanType.NAME, Strength.LISTED, "zh.name.repeated"
            )
            place = plain.find(value, place + 1)
