"""F3 and H1: what only people decide. Two of them sign, and neither wrote the case."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from casebank.gate.model import Finding, Signature, SignatureKind, Submission

KINDS: tuple[SignatureKind, ...] = ("clinical", "privacy")
ATTRIBUTES = {
    "relevant": "right level, objectives and setting",
    "realistic": "authentic, with distractors, disclosed step by step",
    "engaging": "rich, with more than one voice, and choices that matter",
    "challenging": "hard enough, and unusual where it teaches",
    "instructional": "builds on what is known, gives feedback and aids",
}
"""Kim 2006, Medical Education 40:867."""
LEAST_MEAN = 3.0


def signatures(submission: Submission) -> Iterator[Finding]:
    """F3: a clinical and a privacy reviewer signed this very content."""
    valid = standing(submission)
    for kind in KINDS:
        if kind in valid:
            continue
        voided = any(one.kind == kind for one in submission.signatures)
        yield Finding(
            f"F3-{kind}",
            "stop",
            f"{kind} reviewer",
            "the signature is void: the case was changed after it" if voided else "not signed yet",
            f"a {kind} reviewer who is neither author nor the other reviewer signs",
        )


def ratings(submission: Submission) -> Iterator[Finding]:
    """H1: Kim's five attributes, each 1 to 4, mean 3 at least and none 1."""
    signature = standing(submission).get("clinical")
    if signature is None:
        yield Finding(
            "H1-rating", "stop", "clinical reviewer", "not rated yet", "rate it on signing"
        )
        return
    given = signature.ratings
    if set(given) != set(ATTRIBUTES) or not all(1 <= value <= 4 for value in given.values()):
        yield Finding(
            "H1-rating", "stop", "clinical reviewer", "not all five were rated 1 to 4", "rate all"
        )
    elif min(given.values()) == 1 or mean(given.values()) < LEAST_MEAN:
        yield Finding(
            "H1-rating",
            "stop",
            "clinical reviewer",
            f"mean {mean(given.values()):.1f}, least {min(given.values())}",
            "the author mends what was rated low, and the case is reviewed again",
        )


def standing(submission: Submission) -> dict[SignatureKind, Signature]:
    """The last signature of each kind that is over this content and by one who may sign."""
    found: dict[SignatureKind, Signature] = {}
    content = submission.sha256
    for one in submission.signatures:
        other = found.get("privacy" if one.kind == "clinical" else "clinical")
        if one.sha256 != content or one.signer in submission.authors:
            continue
        if other is not None and other.signer == one.signer:
            continue
        found[one.kind] = one
    return found
