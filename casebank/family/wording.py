"""The family in words, English and Chinese: relatives, stages of the life cycle, answers."""

from __future__ import annotations

from casebank.family_model import Family, Member, Relation, Sex, Stage
from casebank.model import Language

_WORDS: dict[tuple[Relation, Sex], tuple[str, str]] = {
    ("grandparent", "male"): ("grandfather", "祖父或外祖父"),
    ("grandparent", "female"): ("grandmother", "祖母或外祖母"),
    ("grandparent", "unknown"): ("grandparent", "祖父母或外祖父母"),
    ("parent", "male"): ("father", "父亲"),
    ("parent", "female"): ("mother", "母亲"),
    ("parent", "unknown"): ("parent", "父亲或母亲"),
    ("spouse", "male"): ("husband", "丈夫"),
    ("spouse", "female"): ("wife", "妻子"),
    ("spouse", "unknown"): ("spouse", "配偶"),
    ("former spouse", "male"): ("former husband", "前夫"),
    ("former spouse", "female"): ("former wife", "前妻"),
    ("former spouse", "unknown"): ("former spouse", "前配偶"),
    ("sibling", "male"): ("brother", "兄弟"),
    ("sibling", "female"): ("sister", "姐妹"),
    ("sibling", "unknown"): ("sibling", "兄弟姐妹"),
    ("child", "male"): ("son", "儿子"),
    ("child", "female"): ("daughter", "女儿"),
    ("child", "unknown"): ("child", "子女"),
    ("grandchild", "male"): ("grandson", "孙子或外孙"),
    ("grandchild", "female"): ("granddaughter", "孙女或外孙女"),
    ("grandchild", "unknown"): ("grandchild", "孙辈"),
    ("pregnancy", "unknown"): ("pregnancy", "妊娠"),
}
_MANY: dict[Relation, tuple[str, str]] = {
    "sibling": ("siblings, {n} or more", "兄弟姐妹{n}人以上"),
    "child": ("children, {n} or more", "子女{n}人以上"),
    "grandchild": ("grandchildren, {n} or more", "孙辈{n}人以上"),
}
_STAGES: dict[Stage, str] = {
    "married, no children": "新婚无子女期",
    "childbearing": "第一个孩子出生期",
    "preschool children": "有学龄前儿童期",
    "school children": "有学龄儿童期",
    "teenagers": "有青少年期",
    "launching": "孩子离家创业期",
    "middle-aged parents": "空巢期",
    "ageing family": "退休期",
}
APGAR = {
    "adaptation": ("Adaptation", "适应度"),
    "partnership": ("Partnership", "合作度"),
    "growth": ("Growth", "成长度"),
    "affection": ("Affection", "情感度"),
    "resolve": ("Resolve", "亲密度"),
}
_ANSWERS = (
    ("hardly ever", "几乎从不"),
    ("some of the time", "有时"),
    ("almost always", "几乎总是"),
)
_FUNCTION = (
    (7, "functional", "家庭功能良好"),
    (4, "moderately dysfunctional", "家庭功能中度障碍"),
    (0, "severely dysfunctional", "家庭功能严重障碍"),
)


def relation_text(relation: Relation, sex: Sex, count: int, language: Language) -> str:
    """Who it is: "father", "siblings, 4 or more"."""
    words = _WORDS[relation, sex if relation != "pregnancy" else "unknown"]
    if count > 1:
        words = tuple(text.format(n=count) for text in _MANY[relation])  # type: ignore[assignment]
    return words[1 if language == "zh" else 0]


def member_text(member: Member, language: Language) -> str:
    """A member in the words of :func:`relation_text`."""
    return relation_text(member.relation, member.sex, member.count, language)


def stage_text(family: Family, language: Language) -> str:
    """The stages of the life cycle that are possible; "" if the record tells none."""
    if family.life_cycle is None:
        return ""
    if language == "zh":
        return "或".join(_STAGES[stage] for stage in family.life_cycle.stages)
    return " or ".join(family.life_cycle.stages)


def answer_text(score: int, language: Language) -> str:
    """What 0, 1 or 2 points of an item of the family APGAR mean."""
    return _ANSWERS[score][1 if language == "zh" else 0]


def apgar_text(total: int, language: Language) -> str:
    """What a total of the family APGAR means, after Smilkstein 1978."""
    return next((zh if language == "zh" else en) for low, en, zh in _FUNCTION if total >= low)
