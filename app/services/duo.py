"""Terms of the GA4GH Data Use Ontology: what a release may be used for, and what a request is for.

Codes and names are the ontology's own (http://purl.obolibrary.org/obo/duo.owl). A comparison of
the two is a machine's opinion: it is shown to the steward, who decides.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final

DUO_TERMS: dict[str, str] = {
    "DUO:0000042": "general research use",
    "DUO:0000006": "health or medical or biomedical research",
    "DUO:0000007": "disease specific research",
    "DUO:0000011": "population origins or ancestry research only",
    "DUO:0000015": "no general methods research",
    "DUO:0000018": "not for profit, non commercial use only",
    "DUO:0000019": "publication required",
    "DUO:0000021": "ethics approval required",
    "DUO:0000028": "institution specific restriction",
}
# The permissions among them: a request states one; the others modify.
PURPOSE_CODES = ("DUO:0000006", "DUO:0000007", "DUO:0000042", "DUO:0000011")
MODIFIER_CODES = tuple(code for code in DUO_TERMS if code not in PURPOSE_CODES)
TRAITS: Final = {
    "commercial": "It is for profit, or for a commercial organisation",
    "methods": "It develops methods rather than answering a question about health",
    "no_publication": "Its results will not be published",
}
"""What a request says of itself so that it can be compared with a release's modifiers."""
_NOTHING: Final = "nothing stated"
_AGAINST: Final = {
    "DUO:0000018": "commercial",
    "DUO:0000015": "methods",
    "DUO:0000019": "no_publication",
}
# A purpose is within a permission if it is the same, or narrower in the ontology's hierarchy:
# general research use allows all; health research allows research on a disease.
_WITHIN: Final = {
    "DUO:0000042": frozenset(PURPOSE_CODES),
    "DUO:0000006": frozenset({"DUO:0000006", "DUO:0000007"}),
    "DUO:0000007": frozenset({"DUO:0000007"}),
    "DUO:0000011": frozenset({"DUO:0000011"}),
}


class Opinion(Enum):
    """What the comparison says."""

    FITS = "fits"
    DOUBTFUL = "a person has to judge"
    DIFFERS = "does not fit"


@dataclass(frozen=True)
class Match:
    """The opinion with its reasons, one a term."""

    opinion: Opinion
    reasons: tuple[str, ...]


def match(
    permission: str, modifiers: Collection[str], purpose: str, traits: Collection[str], ethics: bool
) -> Match:
    """Compare a release's terms with a request: its purpose, its traits, whether ethics approved.

    What only a person can know, such as which disease or institution is meant, is never "fits".
    """
    against: list[str] = []
    open_: list[str] = []
    if purpose not in _WITHIN.get(permission, frozenset()):
        said = (
            f"The release is for {DUO_TERMS.get(permission, _NOTHING)}, the request is for "
            f"{DUO_TERMS.get(purpose, _NOTHING)}."
        )
        against.append(said)
    elif permission == "DUO:0000007":
        said = "Whether it is the disease that the release is for."
        open_.append(said)
    for code in modifiers:
        trait = _AGAINST.get(code)
        said = f"The release says: {DUO_TERMS.get(code, code)}."
        if trait in traits or (code == "DUO:0000021" and not ethics):
            against.append(said)
        elif trait is None and code != "DUO:0000021":
            open_.append(said)
    opinion = Opinion.DIFFERS if against else Opinion.DOUBTFUL if open_ else Opinion.FITS
    return Match(opinion, (*against, *open_))
