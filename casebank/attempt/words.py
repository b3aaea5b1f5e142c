"""What the casebank itself says about answers, in both languages."""

from __future__ import annotations

from typing import Final

from casebank.model import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "nothing written": ("Write your statement first.", "请先写出病情概述。"),
    "too long": ("At most {0} characters, please; you have {1}.", "最多{0}字，现有{1}字。"),
    "no problem": ("Name at least one problem.", "请至少写出一个问题。"),
    "few diagnoses": (
        "Name at least {0} diagnoses; you have {1}.",
        "请至少写出{0}个诊断，现有{1}个。",
    ),
    "many": ("At most {0} lines, please.", "最多{0}行。"),
    "unknown term": (
        "“{0}” is not in the list. Choose one of its names.",
        "“{0}”不在列表中，请从列表中选择。",
    ),
    "did you mean": (
        "“{0}” is not in the list. Did you mean: {1}?",
        "“{0}”不在列表中。您是指：{1}？",
    ),
    "twice": ("“{0}” is there twice. Keep it once.", "“{0}”重复，请只保留一次。"),
    "rank": (
        "Give each diagnosis a rank of its own: 1, 2, 3 …",
        "请为每个诊断给出不同的名次：1、2、3……",
    ),
    "confidence": (
        "Confidence is a whole number from 0 to 100.",
        "把握程度为0至100的整数。",
    ),
    "no link": (
        "Say of at least one finding whether it speaks for or against a diagnosis.",
        "请至少判断一项发现支持或不支持某个诊断。",
    ),
    "nothing chosen": ("Choose at least one.", "请至少选择一项。"),
    "too many chosen": ("Choose at most {0}; you chose {1}.", "最多选{0}项，您选了{1}项。"),
    "one of five": ("Choose one of the five answers.", "请从五个答案中选一个。"),
    "errors or none": (
        "Mark what is wrong, or tick that nothing is.",
        "请标出有误之处，或勾选“没有错误”。",
    ),
    "errors and none": (
        "You marked something and ticked that nothing is wrong. Undo one of the two.",
        "您既标出了错误又勾选了“没有错误”，请取消其一。",
    ),
    "not offered": ("Choose from what the page offers.", "请从页面所列中选择。"),
    "age": ("Age", "年龄"),
    "sex": ("Sex", "性别"),
    "context": ("What matters of the background", "相关背景"),
    "tempo": ("How it came (time course)", "起病与病程"),
    "qualifiers": ("Two semantic qualifiers", "两个语义限定词"),
    "syndrome": ("The syndrome", "综合征"),
    "length": ("Short enough", "长度适当"),
    "yes": ("yes", "有"),
    "no": ("no", "无"),
    "full": ("as the consensus", "与共识一致"),
    "near": ("near to the consensus (0.7)", "与共识接近（0.7）"),
    "none": ("not on the consensus list", "不在共识内"),
    "missed": ("you did not name it", "您未列出"),
    "relevance 3": ("leading", "首要"),
    "relevance 2": ("plausible", "很可能"),
    "relevance 1": ("acceptable", "可接受"),
    "relevance 0": ("not among the experts'", "不在专家列表内"),
    "must not miss": ("must not be missed", "不可漏诊"),
    "for": ("for", "支持"),
    "against": ("against", "不支持"),
    "absent": ("expected, but absent", "应有而未见"),
    "right": ("right", "正确"),
    "harmful": ("harmful", "有害"),
    "not needed": ("not needed", "非必要"),
    "chosen": ("chosen", "已选"),
    "not chosen": ("not chosen", "未选"),
    "asked": ("asked for", "规范要求"),
    "done": ("done", "已做"),
    "not done": ("not done", "未做"),
    "panel": ("{0} of {1}", "{0}/{1}人"),
    "wrong": ("wrong", "有误"),
    "sound": ("sound", "无误"),
    "agrees": ("As the rule asks, and as was done.", "符合规范，与实际处理一致。"),
    "agrees, record deviated": (
        "As the rule asks; the record did otherwise. A lesson about quality of care.",
        "符合规范；实际处理偏离规范，值得讨论医疗质量。",
    ),
    "deviates": ("Differs from what the rule asks for.", "与规范要求不一致。"),
    "hint problems": ("The consensus list has {0} problems.", "共识问题目录有{0}项。"),
    "hint diagnoses": (
        "The experts named {0} diagnoses; {1} of them must not be missed.",
        "专家列出{0}个诊断，其中{1}个不可漏诊。",
    ),
    "hint links": ("The experts made {0} links.", "专家作了{0}处判断。"),
    "hint errors": ("{0} statements are wrong.", "有{0}处错误。"),
    "hint summary": (
        "Say who it is, what matters of the background, how it came, and the syndrome, "
        "in at most 60 words.",
        "写明患者、相关背景、起病与病程及综合征，不超过120字。",
    ),
}


def say(key: str, language: Language, *values: object) -> str:
    """The words for ``key``, with ``values`` put in."""
    return WORDS[key][language == "zh"].format(*values)
