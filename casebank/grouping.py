"""Puts the objective findings of a contact into groups a clinician reads one at a time.

An annual check writes forty rows. They are grouped by what they are (blood pressure and other vital
signs, body measures, laboratory, scores, examination), so that a page or a terminal shows a line a
group. A group is told by a statement's text, so that a case read from its file groups alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from casebank import rules
from casebank.model import Language, Statement


@dataclass(frozen=True)
class FindingGroup:
    """Statements of one kind, in the order in which they are read."""

    key: str
    label: str
    statements: tuple[Statement, ...]


# In the order in which they are looked for; a statement goes to the first that matches. The
# patterns of one group are in the order in which its statements are read.
GROUPS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("scores", "Scores", "评分", (r"total score|apgar|\bscore\b|总分|评分|指数（|自理能力评估",)),
    (
        "vital-signs",
        "Vital signs",
        "生命体征",
        (
            r"^systolic|^收缩压",
            r"^diastolic|^舒张压",
            r"(systolic|diastolic).*arm|blood pressure|[左右]臂.*压|血压",
            r"heart rate|pulse|心率|脉搏",
            r"body temperature|^体温",
            r"respiratory rate|^呼吸频率",
            r"oxygen saturation|血氧饱和度",
            r"pain severity|疼痛",
        ),
    ),
    (
        "body",
        "Body measures",
        "体格测量",
        (
            r"body weight|^体重[：:]",
            r"body height|body length|^身高",
            r"body mass index|^体(重|质)指数|\bBMI\b",
            r"waist|circumference|腰围|头围",
        ),
    ),
)
LABORATORY = ("laboratory", "Laboratory", "实验室检查")
EXAMINATION = ("examination", "Examination and other findings", "查体及其他")
_A_VALUE = re.compile(r"[:：] ?[<>≤≥]?-?\d[^:：]*$")


def group_findings(
    statements: tuple[Statement, ...], language: Language
) -> tuple[FindingGroup, ...]:
    """Groups with something in them: examination, vital signs, body, laboratory, scores.

    Every statement is in exactly one group.
    """
    found: dict[str, list[tuple[int, int, Statement]]] = {}
    for place, statement in enumerate(statements):
        key, rank = _group_of(statement.text)
        found.setdefault(key, []).append((rank, place, statement))
    order = (
        EXAMINATION,
        *(group[:3] for group in GROUPS if group[0] != "scores"),
        LABORATORY,
        *(group[:3] for group in GROUPS if group[0] == "scores"),
    )
    return tuple(
        FindingGroup(
            key,
            chinese if language == "zh" else english,
            tuple(one for _, _, one in sorted(found[key], key=lambda item: item[:2])),
        )
        for key, english, chinese in order
        if key in found
    )


def _group_of(text: str) -> tuple[str, int]:
    if not _A_VALUE.search(text):
        return EXAMINATION[0], 0
    for key, _, _, patterns in GROUPS:
        for rank, pattern in enumerate(patterns):
            if rules.matches(pattern, text):
                return key, rank
    return LABORATORY[0], 0
