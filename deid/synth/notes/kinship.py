"""Words for relatives, seen from the patient and from the relative."""

from __future__ import annotations

KIN_EN = {"spouse": ("husband", "wife"), "father": ("father", "dad"), "mother": ("mother", "mom"),
          "son": ("son", "boy"), "daughter": ("daughter", "dtr"),
          "brother": ("brother", "bro"),
          "sister": ("sister", "sis"), "grandson": ("grandson",),
          "granddaughter": ("granddaughter",), "grandfather": ("grandfather", "grandpa"),
          "grandmother": ("grandmother", "grandma")}  # fmt: skip
KIN_ZH = {"spouse": ("丈夫", "老伴"), "father": ("父亲", "爸爸"), "mother": ("母亲", "妈妈"),
          "son": ("儿子", "其子"), "daughter": ("女儿", "其女"), "brother": ("弟弟", "兄弟"),
          "sister": ("姐姐", "妹妹"), "grandson": ("孙子",), "granddaughter": ("孙女",),
          "grandfather": ("爷爷",), "grandmother": ("奶奶",)}  # fmt: skip
MALE_KIN = {"father", "son", "brother", "grandson", "grandfather"}
_BACK = {"spouse": "spouse", "father": "child", "mother": "child", "son": "parent",
         "daughter": "parent", "brother": "sibling", "sister": "sibling",
         "grandson": "grandparent", "granddaughter": "grandparent",
         "grandfather": "grandchild", "grandmother": "grandchild"}  # fmt: skip
_WORDS = {"spouse": ("husband", "wife"), "child": ("son", "daughter"),
          "parent": ("father", "mother"), "sibling": ("brother", "sister"),
          "grandparent": ("grandfather", "grandmother"),
          "grandchild": ("grandson", "granddaughter")}  # fmt: skip
_WORDS_ZH = {"spouse": ("丈夫", "妻子"), "child": ("儿子", "女儿"), "parent": ("父亲", "母亲"),
             "sibling": ("兄弟", "姐妹"), "grandparent": ("爷爷", "奶奶"),
             "grandchild": ("孙子", "孙女")}  # fmt: skip


def relation_back(relationship: str, man: bool, chinese: bool) -> str:
    """What somebody is to a relative of this kind: ``mother`` of a daughter."""
    words = (_WORDS_ZH if chinese else _WORDS)[_BACK[relationship]]
    return words[0 if man else 1]
