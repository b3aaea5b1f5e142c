"""Words of the genogram, its legend and its table, in both languages."""

TEXT = {
    "title": {"en": "Genogram", "zh": "家系图"},
    "desc": {
        "en": "{people} relatives in {rows} generations around the index person. "
        "The table beside it says the same in words.",
        "zh": "本人及{people}位亲属，共{rows}代。旁边的表格内容相同。",
    },
    "index": {"en": "index person", "zh": "本人"},
    "dead": {"en": "dead", "zh": "已故"},
    "alive": {"en": "no death recorded", "zh": "未记录死亡"},
    "legend": {"en": "Legend", "zh": "图例"},
    "male": {"en": "male", "zh": "男性"},
    "female": {"en": "female", "zh": "女性"},
    "unknown": {"en": "sex not told", "zh": "性别未示"},
    "x": {"en": "dead", "zh": "已故"},
    "double": {"en": "index person", "zh": "本人"},
    "many": {"en": "4 or more", "zh": "4人及以上"},
    "pregnancy": {"en": "pregnancy", "zh": "妊娠"},
    "couple": {"en": "couple or parents", "zh": "夫妻或父母"},
    "parted": {"en": "divorced", "zh": "离婚"},
    "descent": {"en": "child of", "zh": "子女"},
    "unclear": {"en": "exact link not told", "zh": "具体关系未示"},
    "loop": {"en": "one household", "zh": "同住一户"},
    "later": {
        "en": "y3: known by the third year of the record. Ages: at the first contact.",
        "zh": "y3：至记录第3年已知。年龄为首次接诊时。",
    },
    "circulation": {"en": "heart and circulation", "zh": "心脑血管"},
    "metabolism": {"en": "metabolism and bone", "zh": "代谢与骨"},
    "lungs, kidneys, growths": {"en": "lungs, kidneys, tumors", "zh": "肺、肾、肿瘤"},
    "mind and nerves": {"en": "mind and nerves", "zh": "精神与神经"},
    "caption": {
        "en": "The family, as the genogram shows it",
        "zh": "家系图的文字内容",
    },
    "nobody": {"en": "not recorded", "zh": "未记录"},
    "this person": {"en": "the index person", "zh": "本人"},
    "yes": {"en": "yes", "zh": "是"},
    "no": {"en": "not told", "zh": "未示"},
    "by year": {"en": "by year {n} of the record", "zh": "至记录第{n}年"},
}
HEADERS = {
    "en": ("Person", "Sex", "Age at first contact", "Life", "Diseases", "Child of", "Household"),
    "zh": ("成员", "性别", "首次接诊时年龄", "生存状况", "疾病", "父母", "是否同住"),
}
