"""What a text tells to be absent or normal: findings that were looked for and are not there."""

from __future__ import annotations

import re

_NEGATIVE = re.compile(
    r"\b(no|denies|denied|without|none|never|negative|absent|normal|unremarkable|"
    r"not (?:felt|heard|seen|present|enlarged|swollen|tender|palpable|distended)|"
    r"non-?tender|nad|ctab?|(?:chest|lungs?|lung fields)(?: (?:is|are|was|were|sounds?))? clear)\b|"
    r"[无未否]|没有|阴性|正常|不(?:大|肿|红|发热|发烧)|(?:肺|听诊|呼吸音)清|律齐|平软|[（(][-－—][）)]",
    re.IGNORECASE,
)


def count_negatives(text: str) -> int:
    """How many findings a text tells to be absent or normal.

    >>> count_negatives("Tonsils not enlarged, chest clear"), count_negatives("肺听诊清，未闻杂音")
    (2, 2)
    >>> count_negatives("Nose runs with a clear discharge"), count_negatives("Pulse: 72 /min")
    (0, 0)
    """
    return len(_NEGATIVE.findall(text))
