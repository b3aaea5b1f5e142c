# ruff: noqa: E501 -- an expression or a word list is read whole
"""Decides by context whether a Chinese word is somebody's name at this place."""

from __future__ import annotations

import re

from deid.text.document import SpanType
from deid.text.packs.base import Form
from deid.text.packs.zh.lexicon import KIN, STRONG_TITLES, has_han

LABELS = ["姓名", "患者", "患儿", "病人", "孕妇", "产妇", "就诊者", "受检者", "对象", "评估对象", "服务对象", "居民", "签名", "签字", "医生签字", "医师", "医生", "护士", "联系人", "家属", "监护人", "责任医生", "随访医生", "主治医师", "首诊医师", "接诊医生", "责任护士", "访视人", "调查人", "填表人", "记录人", "评估人", "治疗师", "主讲人", "组织者", "通知人", "报告人", "督导人员", "检查者", "操作者", "审核", "审核者", "检验者", "助产士", "护工", "本人", "户主", "名叫", "叫", "小名", "乳名", "曾用名", "别名", "昵称", "主诊", "主检医师", "药师", "经办人", "陪护", "陪同", "负责人", "申请人", "送检医生", "报告医师", "检查医生", "录入", "录入员", "见证人", "代签", "工友", "同事", "邻居", "同学", "民警", "村医", "网格员", "社工", "志愿者", "转诊医生", "接收人", "抄送", "收件人", "发件人", "委托人", "授权人", "法定代理人", "儿童", "学生", "新生儿", "申报人", "院长", "主任", "队长", "老人", "老师", "丈夫"]
_LABEL_BEFORE = re.compile(
    r"(?:"
    + "|".join(sorted((*LABELS, *KIN), key=len, reverse=True))
    + r")(?:[（(][^）)\n]{1,8}[）)])?[姓名]*[::]?[ \"“]*$"
)
_AFTER = re.compile(
    r"^(?:$|[,,。.;;、()（）\s::!?？！\"”]|男|女|的|之|\d|今年|自述|诉|说|表示|要求|来诊|陪|"
    + "|".join(STRONG_TITLES)
    + ")"
)
_SEPARATORS = re.compile(r"(?:^|[\n、,,。;;::\s(（\"“])$")


def name_fits(text: str, start: int, end: int, form: Form) -> bool:
    """Whether an uncertain form of a known name is that name here."""
    if form.type is not SpanType.NAME:
        return True
    found = text[start:end]
    before, after = text[max(0, start - 20) : start], text[end : end + 6]
    if not has_han(found):
        return found[:1].isupper() and not (before[-1:].isalnum() and before[-1:].isascii())
    if _LABEL_BEFORE.search(before) and _AFTER.match(after):
        return True
    if len(found) == 2 and (found[0] in "小阿" or found[0] == found[1]):
        return not re.match(r"[腿腹便时心叶脑]", found[1]) and bool(
            _SEPARATORS.search(before) or before[-1:] not in "大中"
        )
    return bool(_SEPARATORS.search(before)) and bool(_AFTER.match(after))
