"""Verbs that an objective may begin with: what a student does can be seen, in both languages.

After Bloom's revised taxonomy, from remembering to creating. "Know" and "understand" are left out,
since nobody can see whether they were done.
"""

from __future__ import annotations

_EN = """
list name state define describe recall recognise recognize identify locate record
explain summarise summarize interpret classify compare contrast discuss distinguish relate
apply calculate demonstrate use perform take choose select decide order prescribe plan
analyse analyze differentiate examine prioritise prioritize rank link separate find weigh
evaluate assess appraise judge justify defend critique monitor
formulate propose design develop construct write draft organise organize manage counsel
advise communicate refer
"""
VERBS_EN = frozenset(_EN.split())

VERBS_ZH = (
    *("列出", "说出", "写出", "描述", "陈述", "复述", "识别", "指出", "记录", "辨认"),
    *("解释", "概括", "总结", "归纳", "说明", "分类", "比较", "区分", "鉴别", "讨论", "解读"),
    *(
        "应用",
        "运用",
        "计算",
        "演示",
        "使用",
        "选择",
        "决定",
        "开具",
        "实施",
        "完成",
        "依据",
        "根据",
    ),
    *("分析", "判断", "排序", "评估", "评价", "权衡", "查找", "发现", "联系"),
    *(
        "制定",
        "拟定",
        "提出",
        "设计",
        "建立",
        "撰写",
        "组织",
        "管理",
        "指导",
        "沟通",
        "监测",
        "转诊",
    ),
)


def begins_with_verb(en: str, zh: str) -> tuple[bool, bool]:
    """Whether each wording begins with a listed verb; an empty one does not.

    >>> begins_with_verb("Rank the causes of cough.", "了解咳嗽")
    (True, False)
    """
    words = en.strip().casefold().split()
    return bool(words) and words[0].strip(",.:;") in VERBS_EN, zh.strip().startswith(VERBS_ZH)
