"""What somebody is to the index person, from the names of relationships and of relatives."""

from __future__ import annotations

import re

from casebank import rules
from casebank.family_model import Relation, Sex
from casebank.record import FEMALE, MALE

# In this order: "grandchild" holds "child", "former spouse" holds "spouse".
_RELATIONS: tuple[tuple[Relation, Relation, str], ...] = (
    ("grandparent", "grandchild", r"\bgrand(parent|father|mother)\b|祖父|祖母"),
    ("grandchild", "grandparent", r"\bgrand(child|son|daughter)\b|孙"),
    (
        "former spouse",
        "former spouse",
        r"\b(former|ex|divorced)[- ](spouse|wife|husband)\b|前妻|前夫",
    ),
    ("spouse", "spouse", r"\b(spouse|wife|husband|married to)\b|配偶|妻子|丈夫"),
    ("sibling", "sibling", r"\b(sibling|brother|sister)\b|兄弟|姐妹|同胞"),
    ("parent", "child", r"\b(parent|father|mother)\b|父|母"),
    ("child", "parent", r"\b(child|son|daughter)\b|子女|儿子|女儿"),
)
# Relatives by marriage, by fostering and further away are not drawn.
_NOT_DRAWN = (
    r"in.law|step|foster|adopt|god|half|great.|cousin|uncle|aunt|nephew|niece|继|养|岳|公婆"
)

FATHER = r"\bfather\b|父亲"
MOTHER = r"\bmother\b|母亲"


def relation_of(name: str, inverse: bool) -> Relation | None:
    """What the relative is to the person; ``inverse`` if ``name`` says what the person is."""
    if rules.matches(_NOT_DRAWN, name):
        return None
    for relation, other_way, pattern in _RELATIONS:
        if rules.matches(pattern, name):
            return other_way if inverse else relation
    return None


def sex_of(concept_id: int) -> Sex:
    """Sex by OMOP's concept."""
    if concept_id == MALE:
        return "male"
    return "female" if concept_id == FEMALE else "unknown"


_ASIDE = re.compile(r"[(（](?P<kin>[^()（）]*)[)）]$")
_CHINESE = {
    "father": "父亲",
    "mother": "母亲",
    "parents": "父母",
    "siblings": "兄弟姐妹",
    "brother": "兄弟",
    "sister": "姐妹",
    "children": "子女",
    "son": "儿子",
    "daughter": "女儿",
}


def split_kin(value: str) -> tuple[str, str]:
    """A disease, and whose it is, from a family history's value.

    >>> split_kin("Asthma (father, mother)")
    ('Asthma', 'father, mother')
    """
    aside = _ASIDE.search(value)
    return (value[: aside.start()].strip(), aside.group("kin")) if aside else (value, "")


def in_chinese(value: str) -> str:
    """A family history's value with the relatives in Chinese.

    >>> in_chinese("高脂血症 (father, mother)")
    '高脂血症（父亲、母亲）'
    """
    name, kin = split_kin(value)
    words = [word.strip() for word in re.split("[,，、]", kin)]
    if not kin or not all(word in _CHINESE for word in words):
        return value
    return f"{name}（{'、'.join(_CHINESE[word] for word in words)}）"
